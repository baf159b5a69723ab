//! What the runtime has to offer: the test sets it before the client asks.

use ash::vk;
use openxr::sys;

/// Whether there is a runtime with a headset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Availability {
    Ready,
    /// xrCreateInstance fails.
    NoRuntime,
    /// xrGetSystem fails: the headset is not plugged in.
    NoHeadset,
}

/// The fake's abilities and limits.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) availability: Availability,
    pub(crate) runtime_name: String,
    pub(crate) system_name: String,
    /// The newest OpenXR version that it takes.
    pub(crate) api_version: (u16, u16),
    pub(crate) layers: Vec<&'static str>,
    pub(crate) extensions: Vec<&'static str>,
    /// Lowest and highest Vulkan version of xrGetVulkanGraphicsRequirements2KHR.
    pub(crate) vulkan: [(u16, u16); 2],
    /// Recommended and largest size of a view.
    pub(crate) view_size: [u32; 2],
    pub(crate) largest_view: [u32; 2],
    pub(crate) largest_swapchain: [u32; 2],
    pub(crate) most_layers: u32,
    pub(crate) blend_modes: Vec<sys::EnvironmentBlendMode>,
    /// In the runtime's order of preference.
    pub(crate) formats: Vec<vk::Format>,
    pub(crate) images_per_swapchain: u32,
    /// Makes sRGB images that shaders write through a view of another format: few runtimes do.
    pub(crate) extended_usage: bool,
    pub(crate) stage: bool,
    pub(crate) refresh_rates: Vec<f32>,
    pub(crate) passthrough: bool,
    pub(crate) user_presence: bool,
    pub(crate) position_tracking: bool,
    /// The headset's own device for sound (XR_OCULUS_audio_device_guid); none makes the function fail.
    pub(crate) sound_device: Option<&'static str>,
    /// The session walks to FOCUSED by itself as the client takes part; else the test says every step.
    pub(crate) walks_by_itself: bool,
}

impl Default for Offer {
    fn default() -> Self {
        Self {
            availability: Availability::Ready,
            runtime_name: "Fake".to_owned(),
            system_name: "Fake headset".to_owned(),
            api_version: (1, 1),
            layers: Vec::new(),
            extensions: vec![
                "XR_KHR_vulkan_enable2",
                "XR_KHR_composition_layer_cylinder",
                "XR_KHR_convert_timespec_time",
                "XR_FB_display_refresh_rate",
                "XR_FB_passthrough",
                "XR_EXT_debug_utils",
                "XR_EXT_hand_interaction",
                "XR_EXT_user_presence",
                "XR_BD_controller_interaction",
                "XR_EXT_hp_mixed_reality_controller",
                "XR_HTC_vive_focus3_controller_interaction",
                "XR_MSFT_hand_interaction",
                "XR_OCULUS_audio_device_guid",
            ],
            vulkan: [(1, 0), (1, 3)],
            view_size: [320, 320],
            largest_view: [4096, 4096],
            largest_swapchain: [8192, 8192],
            most_layers: 16,
            blend_modes: vec![sys::EnvironmentBlendMode::OPAQUE],
            formats: vec![
                vk::Format::R8G8B8A8_SRGB,
                vk::Format::B8G8R8A8_SRGB,
                vk::Format::R8G8B8A8_UNORM,
                vk::Format::B8G8R8A8_UNORM,
                vk::Format::R16G16B16A16_SFLOAT,
                vk::Format::D32_SFLOAT,
            ],
            images_per_swapchain: 3,
            extended_usage: false,
            stage: true,
            refresh_rates: vec![72.0, 90.0, 120.0],
            passthrough: true,
            user_presence: true,
            position_tracking: true,
            sound_device: None,
            walks_by_itself: true,
        }
    }
}

impl Offer {
    /// The same without one extension.
    pub(crate) fn without(mut self, extension: &str) -> Self {
        self.extensions.retain(|name| *name != extension);
        self
    }
}
