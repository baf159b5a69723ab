//! The runtime: the loader, the OpenXR instance with what it offers, the headset, and the Vulkan device that the runtime makes.

use std::ffi::c_void;

use ash::vk::{self, Handle};
use openxr as xr;
use openxr::sys::Result as Answer;

use super::error::XrError;
use crate::gpu::{DeviceHost, GpuError};

/// Where OpenXR's functions come from.
#[derive(Clone, Default)]
pub enum Loader {
    /// The library installed on this system.
    #[default]
    Installed,
    /// These functions; for runtimes that live in this process.
    Given(xr::Entry),
}

impl Loader {
    fn entry(&self) -> Result<xr::Entry, XrError> {
        match self {
            Self::Given(entry) => Ok(entry.clone()),
            // SAFETY: the library of that name is Khronos's loader, whose initialisers have no preconditions.
            Self::Installed => unsafe { xr::Entry::load(&()) }.map_err(|error| XrError::NoLoader(error.to_string())),
        }
    }
}

/// The stereo pair that every headset has.
pub(super) const VIEWS: xr::ViewConfigurationType = xr::ViewConfigurationType::PRIMARY_STEREO;

/// An OpenXR instance and the headset behind it.
pub(super) struct Runtime {
    pub(super) instance: xr::Instance,
    pub(super) system: xr::SystemId,
    /// The runtime's name and version.
    pub(super) name: String,
    /// Width and height of the pictures that the runtime would like to have of one eye, in pixels.
    pub(super) view_size: [u32; 2],
    /// Largest side of a picture handed over, in pixels.
    pub(super) most: u32,
    /// How the room around the viewer can be mixed in, the runtime's favourite first.
    pub(super) blend_modes: Vec<xr::EnvironmentBlendMode>,
}

/// What we use of what the runtime offers. All but the first are done without where they are missing.
fn wanted(offered: &xr::ExtensionSet) -> xr::ExtensionSet {
    let mut set = xr::ExtensionSet::default();
    set.khr_vulkan_enable2 = offered.khr_vulkan_enable2;
    set.khr_composition_layer_cylinder = offered.khr_composition_layer_cylinder;
    #[cfg(not(windows))]
    {
        set.khr_convert_timespec_time = offered.khr_convert_timespec_time;
    }
    #[cfg(windows)]
    {
        set.khr_win32_convert_performance_counter_time = offered.khr_win32_convert_performance_counter_time;
    }
    set.oculus_audio_device_guid = offered.oculus_audio_device_guid;
    set.fb_display_refresh_rate = offered.fb_display_refresh_rate;
    set.fb_passthrough = offered.fb_passthrough;
    set.ext_user_presence = offered.ext_user_presence;
    set.ext_hand_interaction = offered.ext_hand_interaction;
    set.bd_controller_interaction = offered.bd_controller_interaction;
    set
}

impl Runtime {
    /// Connects to the active runtime and finds its headset.
    pub(super) fn connect(loader: &Loader) -> Result<Self, XrError> {
        let entry = loader.entry()?;
        let silent = |answer: Answer| XrError::NoRuntime(answer.to_string());
        let offered = entry.enumerate_extensions().map_err(silent)?;
        let application = xr::ApplicationInfo {
            application_name: "deep3d",
            application_version: 1,
            engine_name: "deep3d",
            engine_version: 1,
            api_version: xr::Version::new(1, 0, 0),
        };
        if !offered.khr_vulkan_enable2 {
            let what = "be drawn for with Vulkan (XR_KHR_vulkan_enable2)".to_owned();
            return Err(XrError::Lacks { runtime: "the headset's runtime".to_owned(), what });
        }
        let instance = entry.create_instance(&application, &wanted(&offered), &[], &()).map_err(silent)?;
        let failed = XrError::while_doing("asking for the runtime's properties");
        let properties = instance.properties().map_err(&failed)?;
        let name = format!("{} {}", properties.runtime_name, properties.runtime_version);
        let system = instance.system(xr::FormFactor::HEAD_MOUNTED_DISPLAY).map_err(|answer| match answer {
            Answer::ERROR_FORM_FACTOR_UNAVAILABLE | Answer::ERROR_FORM_FACTOR_UNSUPPORTED => {
                XrError::NoHeadset(properties.runtime_name.clone())
            }
            answer => XrError::while_doing("looking for the headset")(answer),
        })?;
        let views = instance
            .enumerate_view_configuration_views(system, VIEWS)
            .map_err(XrError::while_doing("asking for the headset's views"))?;
        let [left, _] = views[..] else {
            let what = "show two eyes".to_owned();
            return Err(XrError::Lacks { runtime: properties.runtime_name, what });
        };
        let headset = instance.system_properties(system).map_err(&failed)?;
        let limits = headset.graphics_properties;
        let most = limits.max_swapchain_image_width.min(limits.max_swapchain_image_height);
        let blend_modes = instance.enumerate_environment_blend_modes(system, VIEWS).map_err(&failed)?;
        tracing::info!("headset: {} ({name})", headset.system_name);
        let view_size = [
            left.recommended_image_rect_width.clamp(1, left.max_image_rect_width.max(1)),
            left.recommended_image_rect_height.clamp(1, left.max_image_rect_height.max(1)),
        ];
        Ok(Self { instance, system, name, view_size, most, blend_modes })
    }

    /// The headset's own device for sound, as Windows names it (XR_OCULUS_audio_device_guid).
    pub(super) fn sound_device(&self) -> Option<String> {
        let functions = self.extensions().oculus_audio_device_guid?;
        let mut name = [0; xr::sys::MAX_AUDIO_DEVICE_STR_SIZE_OCULUS];
        // SAFETY: the instance lives, and the name has the size that the function writes at most.
        let answer = unsafe { (functions.get_audio_output_device_guid)(self.instance.as_raw(), name.as_mut_ptr()) };
        if answer != Answer::SUCCESS {
            tracing::debug!("the runtime does not name the headset's sound device: {answer}");
            return None;
        }
        // Braces, digits and letters of hexadecimal numbers, in what C has for wide characters here.
        let letters = name.into_iter().take_while(|letter| *letter != 0);
        Some(letters.filter_map(|letter| char::from_u32(letter as u32)).collect())
    }

    /// What is switched on.
    pub(super) fn extensions(&self) -> &xr::InstanceExtensions {
        self.instance.exts()
    }
}

/// Vulkan's `vkGetInstanceProcAddr` as the runtime wants it.
fn get_instance_proc_addr(entry: &ash::Entry) -> xr::sys::platform::VkGetInstanceProcAddr {
    // SAFETY: the same C function in the terms of two crates: handles are pointers, and both results are nullable function pointers.
    unsafe { std::mem::transmute(entry.static_fn().get_instance_proc_addr) }
}

/// The runtime's way of making instance and device (XR_KHR_vulkan_enable2), for [`crate::gpu::Gpu::new`].
pub(super) struct XrHost<'a>(pub(super) &'a Runtime);

fn host_error(doing: &'static str) -> impl Fn(Answer) -> GpuError {
    move |answer| GpuError::Host(format!("the headset's runtime failed while {doing}: {answer}"))
}

impl DeviceHost for XrHost<'_> {
    unsafe fn create_instance(
        &self,
        entry: &ash::Entry,
        info: &vk::InstanceCreateInfo<'_>,
    ) -> Result<ash::Instance, GpuError> {
        let Runtime { instance, system, name, .. } = self.0;
        let doing = "making the Vulkan instance";
        let needed = instance.graphics_requirements::<xr::Vulkan>(*system).map_err(host_error(doing))?;
        let ours = xr::Version::new(1, 3, 0);
        // The upper bound is what the runtime was tested with, and the lower one what it cannot do without.
        if needed.min_api_version_supported > ours {
            return Err(GpuError::Host(format!(
                "{name} asks for Vulkan {}, newer than deep3d's 1.3: choose another OpenXR runtime",
                needed.min_api_version_supported
            )));
        }
        if needed.max_api_version_supported < ours {
            tracing::warn!("{name} was tested with Vulkan up to {}, and gets 1.3", needed.max_api_version_supported);
        }
        // SAFETY: `info` is valid by the caller's word, and the handle that comes back is a new instance, owned by the caller.
        unsafe {
            let info = std::ptr::from_ref(info).cast::<c_void>();
            let handle = instance
                .create_vulkan_instance(*system, get_instance_proc_addr(entry), info)
                .map_err(host_error(doing))?
                .map_err(|result| GpuError::while_doing(doing)(vk::Result::from_raw(result)))?;
            Ok(ash::Instance::load(entry.static_fn(), vk::Instance::from_raw(handle as u64)))
        }
    }

    fn physical_device(&self, instance: &ash::Instance) -> Result<Option<vk::PhysicalDevice>, GpuError> {
        let handle = instance.handle().as_raw() as *const c_void;
        // SAFETY: the instance was made by this runtime above.
        let physical = unsafe { self.0.instance.vulkan_graphics_device(self.0.system, handle) }
            .map_err(host_error("choosing the GPU"))?;
        Ok(Some(vk::PhysicalDevice::from_raw(physical as u64)))
    }

    unsafe fn create_device(
        &self,
        instance: &ash::Instance,
        physical: vk::PhysicalDevice,
        info: &vk::DeviceCreateInfo<'_>,
    ) -> Result<ash::Device, GpuError> {
        let doing = "making the Vulkan device";
        // SAFETY: loading the loader again gives the same functions that the instance was made with.
        let entry = unsafe { ash::Entry::load() }.map_err(|error| GpuError::NoLoader(error.to_string()))?;
        // SAFETY: `info` is valid by the caller's word, and the handle that comes back is a new device, owned by the caller.
        unsafe {
            let handle = self
                .0
                .instance
                .create_vulkan_device(
                    self.0.system,
                    get_instance_proc_addr(&entry),
                    physical.as_raw() as *const c_void,
                    std::ptr::from_ref(info).cast::<c_void>(),
                )
                .map_err(host_error(doing))?
                .map_err(|result| GpuError::while_doing(doing)(vk::Result::from_raw(result)))?;
            Ok(ash::Device::load(instance.fp_v1_0(), vk::Device::from_raw(handle as u64)))
        }
    }
}
