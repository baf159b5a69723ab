//! Where sound goes: what is asked of a device, whether the system's or a test's.

use super::error::SoundError;
use super::format::Format;
use super::outlet::Outlet;

/// A device as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceName {
    /// What `--audio-device` takes.
    pub id: String,
    /// What people call it.
    pub description: String,
}

/// A way to devices. One thread owns it and may wait in it.
pub trait Output: Send {
    /// The devices there are.
    fn devices(&mut self) -> Result<Vec<DeviceName>, SoundError>;

    /// Opens `device`, or the default one. `outlet` makes what it is filled from, once it is known what the device wants. It is asked for samples from a
    /// thread of the device's own until what is returned is dropped.
    fn open(
        &mut self,
        device: Option<&str>,
        outlet: &mut dyn FnMut(Format) -> Outlet,
    ) -> Result<Box<dyn Open>, SoundError>;
}

/// A device that is open.
pub trait Open {
    /// What it is called.
    fn name(&self) -> String;

    /// Why it has to be opened anew, if it has: it failed, or it was the default device and another one is by now.
    fn lost(&mut self) -> Option<String>;
}
