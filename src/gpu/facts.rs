//! What a GPU is and can do.

use std::ffi::CStr;

use ash::{khr, vk};

use super::error::GpuError;
use super::matrix::{self, CooperativeMatrices};
use super::queue::{Places, family_with};

/// What the kernels and the reports need to know about the GPU.
#[derive(Debug, Clone)]
pub struct Facts {
    /// As the driver names it.
    pub name: String,
    /// Driver name and version.
    pub driver: String,
    /// Vulkan version of the device, "1.3.230".
    pub api: String,
    /// Discrete, integrated, virtual, CPU.
    pub kind: vk::PhysicalDeviceType,
    /// Whether the "GPU" is the CPU (lavapipe): other kernels pay there.
    pub is_cpu: bool,
    /// Lanes of a subgroup.
    pub subgroup_size: u32,
    /// Whether the lanes of a subgroup can read each other's registers.
    pub subgroup_shuffle: bool,
    /// Nanoseconds a timestamp tick.
    pub timestamp_period: f32,
    /// Whether compute work can be timed.
    pub timestamps: bool,
    /// Largest texel buffer, in texels.
    pub max_texel_elements: u32,
    /// Largest storage buffer binding, in bytes.
    pub max_storage_bytes: u32,
    /// Largest side of an image, in pixels.
    pub max_image_side: u32,
    /// Shared memory of a workgroup, in bytes.
    pub max_shared_bytes: u32,
    /// Arithmetic on 16-bit floats, and their storage in buffers.
    pub float16: bool,
    /// Whether the network gets a queue of its own beside the one that all else goes to. Of a GPU that is only listed: beside the first that draws.
    pub network_queue: bool,
    /// Whether the window system tells when a picture is seen (VK_KHR_present_id with VK_KHR_present_wait); of a GPU in use only where it presents.
    pub present_wait: bool,
    /// Products of whole matrices.
    pub matrices: Option<CooperativeMatrices>,
}

impl Facts {
    /// Whether copying to device-local memory gains nothing.
    pub fn unified_memory(&self) -> bool {
        self.is_cpu || self.kind == vk::PhysicalDeviceType::INTEGRATED_GPU
    }
}

/// The loader, or how to get it.
pub(super) fn load() -> Result<ash::Entry, GpuError> {
    // SAFETY: loading libvulkan runs its initialisers, which have no preconditions.
    unsafe { ash::Entry::load() }.map_err(|error| GpuError::NoLoader(error.to_string()))
}

/// The facts about every GPU with Vulkan 1.3, in the order that `--gpu NUMBER` counts.
pub fn list() -> Result<Vec<Facts>, GpuError> {
    let entry = load()?;
    let app = vk::ApplicationInfo::default().application_name(c"deep3d").api_version(vk::API_VERSION_1_3);
    // SAFETY: plain creation, enumeration and destruction of an instance that nobody else sees.
    unsafe {
        let instance = entry
            .create_instance(&vk::InstanceCreateInfo::default().application_info(&app), None)
            .map_err(|_| GpuError::NoDevice)?;
        let devices = instance.enumerate_physical_devices().unwrap_or_default();
        let facts = devices.into_iter().filter_map(|physical| facts(&entry, &instance, physical)).collect();
        instance.destroy_instance(None);
        Ok(facts)
    }
}

/// `None` below Vulkan 1.3.
pub(super) fn facts(entry: &ash::Entry, instance: &ash::Instance, physical: vk::PhysicalDevice) -> Option<Facts> {
    let mut vulkan11 = vk::PhysicalDeviceVulkan11Properties::default();
    let mut vulkan12 = vk::PhysicalDeviceVulkan12Properties::default();
    let mut properties = vk::PhysicalDeviceProperties2::default();
    let mut features11 = vk::PhysicalDeviceVulkan11Features::default();
    let mut features12 = vk::PhysicalDeviceVulkan12Features::default();
    let mut features = vk::PhysicalDeviceFeatures2::default();
    // SAFETY: the device is of this instance; the chains are those of Vulkan 1.2, asked only of devices that have it.
    let basic = unsafe { instance.get_physical_device_properties(physical) };
    if basic.api_version < vk::API_VERSION_1_3 {
        return None;
    }
    properties = properties.push_next(&mut vulkan11).push_next(&mut vulkan12);
    features = features.push_next(&mut features11).push_next(&mut features12);
    // SAFETY: as above.
    unsafe {
        instance.get_physical_device_properties2(physical, &mut properties);
        instance.get_physical_device_features2(physical, &mut features);
    }
    // SAFETY: as above.
    let families = unsafe { instance.get_physical_device_queue_family_properties(physical) };
    let able = |flags| family_with(&families, flags, |_| true);
    let main = able(vk::QueueFlags::COMPUTE | vk::QueueFlags::GRAPHICS).or_else(|| able(vk::QueueFlags::COMPUTE));
    let network_queue = main.is_some_and(|main| Places::of(&families, main).are_two());
    let limits = basic.limits;
    let text = |bytes: Option<&CStr>| bytes.map_or_else(String::new, |text| text.to_string_lossy().into_owned());
    let version = basic.api_version;
    let float16 = features12.shader_float16 == vk::TRUE && features11.storage_buffer16_bit_access == vk::TRUE;
    Some(Facts {
        name: text(basic.device_name_as_c_str().ok()),
        driver: format!(
            "{} {}",
            text(vulkan12.driver_name_as_c_str().ok()),
            text(vulkan12.driver_info_as_c_str().ok())
        )
        .trim()
        .to_owned(),
        api: format!(
            "{}.{}.{}",
            vk::api_version_major(version),
            vk::api_version_minor(version),
            vk::api_version_patch(version)
        ),
        kind: basic.device_type,
        is_cpu: basic.device_type == vk::PhysicalDeviceType::CPU,
        subgroup_size: vulkan11.subgroup_size,
        subgroup_shuffle: vulkan11.subgroup_supported_operations.contains(vk::SubgroupFeatureFlags::SHUFFLE)
            && vulkan11.subgroup_supported_stages.contains(vk::ShaderStageFlags::COMPUTE),
        timestamp_period: limits.timestamp_period,
        timestamps: limits.timestamp_compute_and_graphics == vk::TRUE,
        max_texel_elements: limits.max_texel_buffer_elements,
        max_storage_bytes: limits.max_storage_buffer_range,
        max_image_side: limits.max_image_dimension2_d,
        max_shared_bytes: limits.max_compute_shared_memory_size,
        float16,
        network_queue,
        present_wait: present_wait(instance, physical),
        matrices: matrix::query(entry, instance, physical, float16),
    })
}

/// Whether `physical` has both extensions that tell when a picture is seen, and does what they are for.
fn present_wait(instance: &ash::Instance, physical: vk::PhysicalDevice) -> bool {
    // SAFETY: the physical device is of this instance.
    let extensions = unsafe { instance.enumerate_device_extension_properties(physical) }.unwrap_or_default();
    let has = |name| extensions.iter().any(|extension| extension.extension_name_as_c_str() == Ok(name));
    if !has(khr::present_id::NAME) || !has(khr::present_wait::NAME) {
        return false;
    }
    let mut id = vk::PhysicalDevicePresentIdFeaturesKHR::default();
    let mut wait = vk::PhysicalDevicePresentWaitFeaturesKHR::default();
    let mut features = vk::PhysicalDeviceFeatures2::default().push_next(&mut id).push_next(&mut wait);
    // SAFETY: a Vulkan 1.3 device of this instance, which has both extensions.
    unsafe { instance.get_physical_device_features2(physical, &mut features) };
    id.present_id == vk::TRUE && wait.present_wait == vk::TRUE
}
