//! Who makes instance and device, and what they are asked for.

use std::ffi::CStr;
use std::path::PathBuf;

use ash::vk;

use super::debug::Validation;
use super::error::GpuError;

/// Who makes instance and device. The window and the headset bring their own wishes; [`Headless`] has none. `gpu` never names either.
pub trait DeviceHost {
    /// Instance extensions that have to be on.
    fn instance_extensions(&self) -> Vec<&'static CStr> {
        Vec::new()
    }

    /// Device extensions that have to be on; GPUs without them are passed over.
    fn device_extensions(&self) -> Vec<&'static CStr> {
        Vec::new()
    }

    /// Makes the instance.
    ///
    /// # Safety
    /// `info` is valid for `entry`, as for [`ash::Entry::create_instance`].
    unsafe fn create_instance(
        &self,
        entry: &ash::Entry,
        info: &vk::InstanceCreateInfo<'_>,
    ) -> Result<ash::Instance, GpuError> {
        // SAFETY: handed on to the caller.
        unsafe { entry.create_instance(info, None) }.map_err(GpuError::while_doing("creating the instance"))
    }

    /// The one physical device that the host can work with, where it dictates it.
    fn physical_device(&self, _instance: &ash::Instance) -> Result<Option<vk::PhysicalDevice>, GpuError> {
        Ok(None)
    }

    /// Whether the host can show what queue family `family` of `physical` has drawn.
    fn can_present(
        &self,
        _entry: &ash::Entry,
        _instance: &ash::Instance,
        _physical: vk::PhysicalDevice,
        _family: u32,
    ) -> bool {
        true
    }

    /// Makes the device.
    ///
    /// # Safety
    /// `info` is valid for `physical`, as for [`ash::Instance::create_device`].
    unsafe fn create_device(
        &self,
        instance: &ash::Instance,
        physical: vk::PhysicalDevice,
        info: &vk::DeviceCreateInfo<'_>,
    ) -> Result<ash::Device, GpuError> {
        // SAFETY: handed on to the caller.
        unsafe { instance.create_device(physical, info, None) }.map_err(GpuError::while_doing("creating the device"))
    }
}

/// No display at all: files, benchmarks and tests.
pub struct Headless;

impl DeviceHost for Headless {}

/// Which GPU, and how closely it is watched.
#[derive(Debug, Clone, Default)]
pub struct GpuOptions {
    /// A number from `deep3d doctor`'s list, or part of a name in any case; the most capable GPU without it.
    pub select: Option<String>,
    /// The validation layer.
    pub validation: Validation,
    /// The folder in which compiled kernels are remembered; none of them are without it.
    pub cache: Option<PathBuf>,
}
