//! A device that stands in a test's hands: its clock, its format, its failures and its lies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::SoundError;
use super::format::Format;
use super::outlet::Outlet;
use super::output::{DeviceName, Open, Output};

struct State {
    format: Format,
    there: bool,
    outlet: Option<Outlet>,
    lost: Option<String>,
    opened: u32,
    asked: Option<String>,
}

/// The test's end. Clones are the same device.
#[derive(Clone)]
pub struct FakeDevice(Arc<Mutex<State>>);

impl FakeDevice {
    /// A device that wants `format`.
    pub fn new(format: Format) -> Self {
        Self(Arc::new(Mutex::new(State { format, there: true, outlet: None, lost: None, opened: 0, asked: None })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program's end.
    pub fn output(&self) -> Box<dyn Output> {
        Box::new(self.clone())
    }

    /// How often it has been opened.
    pub fn opened(&self) -> u32 {
        self.state().opened
    }

    /// As what it was opened last; none where it was as the default one.
    pub fn asked(&self) -> Option<String> {
        self.state().asked.clone()
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.state().outlet.is_some()
    }

    /// It is drawn, or comes back with `format`.
    pub fn set_there(&self, format: Option<Format>) {
        let mut state = self.state();
        state.there = format.is_some();
        match format {
            Some(format) => state.format = format,
            None => (state.lost, state.outlet) = (Some("it is gone".to_owned()), None),
        }
    }

    /// It asks for so many frames at the moment `asked`, which it says are heard `latency` later. None while it is not open.
    pub fn ask(&self, frames: usize, asked: Instant, latency: Duration) -> Option<Vec<f32>> {
        let mut state = self.state();
        let channels = usize::from(state.format.channels);
        let outlet = state.outlet.as_mut()?;
        let mut out = vec![f32::NAN; frames * channels];
        outlet.fill(&mut out, asked, asked + latency);
        Some(out)
    }
}

impl Output for FakeDevice {
    fn devices(&mut self) -> Result<Vec<DeviceName>, SoundError> {
        Ok(vec![DeviceName { id: "fake".to_owned(), description: "a test's device".to_owned() }])
    }

    fn open(
        &mut self,
        device: Option<&str>,
        outlet: &mut dyn FnMut(Format) -> Outlet,
    ) -> Result<Box<dyn Open>, SoundError> {
        let mut state = self.state();
        match device {
            Some(name) if name != "fake" => Err(SoundError::Unknown(name.to_owned())),
            _ if !state.there => Err(SoundError::NoDevice),
            _ => {
                state.outlet = Some(outlet(state.format));
                state.lost = None;
                state.opened += 1;
                state.asked = device.map(str::to_owned);
                Ok(Box::new(OpenFake(self.clone())))
            }
        }
    }
}

struct OpenFake(FakeDevice);

impl Open for OpenFake {
    fn name(&self) -> String {
        "a test's device".to_owned()
    }

    fn lost(&mut self) -> Option<String> {
        self.0.state().lost.clone()
    }
}
