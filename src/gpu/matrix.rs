//! Cooperative matrices (VK_KHR_cooperative_matrix): whether a GPU multiplies matrices of halves with a whole subgroup, and of which sizes.

use ash::{khr, vk};

/// What a GPU multiplies at once: a matrix of M × K halves by one of K × N, added to M × N sums in single precision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CooperativeMatrices {
    /// M, N and K of all kinds.
    pub sizes: Vec<[u32; 3]>,
    /// Lanes of the subgroups that the kernels ask for.
    pub subgroup_size: u32,
}

/// Intel, by the number that the PCI consortium gave it.
const INTEL: u32 = 0x8086;

/// What `physical` can do; none where any of it is missing: the extension, the memory model that its kernels must be written in, 16-bit
/// numbers, whole subgroups of a size asked for.
pub(super) fn query(
    entry: &ash::Entry,
    instance: &ash::Instance,
    physical: vk::PhysicalDevice,
    float16: bool,
) -> Option<CooperativeMatrices> {
    // SAFETY: the physical device is of this instance.
    let extensions = unsafe { instance.enumerate_device_extension_properties(physical) }.unwrap_or_default();
    let name = Ok(khr::cooperative_matrix::NAME);
    if !float16 || !extensions.iter().any(|extension| extension.extension_name_as_c_str() == name) {
        return None;
    }
    let mut matrix = vk::PhysicalDeviceCooperativeMatrixFeaturesKHR::default();
    let mut has12 = vk::PhysicalDeviceVulkan12Features::default();
    let mut has13 = vk::PhysicalDeviceVulkan13Features::default();
    let mut has =
        vk::PhysicalDeviceFeatures2::default().push_next(&mut matrix).push_next(&mut has12).push_next(&mut has13);
    let mut is11 = vk::PhysicalDeviceVulkan11Properties::default();
    let mut is13 = vk::PhysicalDeviceVulkan13Properties::default();
    let mut is = vk::PhysicalDeviceProperties2::default().push_next(&mut is11).push_next(&mut is13);
    // SAFETY: a Vulkan 1.3 device of this instance, which has the extension.
    unsafe {
        instance.get_physical_device_features2(physical, &mut has);
        instance.get_physical_device_properties2(physical, &mut is);
    }
    let vendor = is.properties.vendor_id;
    let able = matrix.cooperative_matrix == vk::TRUE
        && has12.vulkan_memory_model == vk::TRUE
        && has13.subgroup_size_control == vk::TRUE
        && has13.compute_full_subgroups == vk::TRUE
        && is13.required_subgroup_size_stages.contains(vk::ShaderStageFlags::COMPUTE);
    // Intel's matrices want its smallest subgroups; the others' work with the usual ones.
    let subgroup_size = if vendor == INTEL { is13.min_subgroup_size } else { is11.subgroup_size };
    let in_range = (is13.min_subgroup_size..=is13.max_subgroup_size).contains(&subgroup_size);
    if !able || !in_range || !subgroup_size.is_power_of_two() {
        return None;
    }
    let loader = khr::cooperative_matrix::Instance::new(entry, instance);
    // SAFETY: as above.
    let kinds = unsafe { loader.get_physical_device_cooperative_matrix_properties(physical) }.ok()?;
    let (half, single) = (vk::ComponentTypeKHR::FLOAT16, vk::ComponentTypeKHR::FLOAT32);
    let sizes: Vec<_> = (kinds.iter())
        .filter(|kind| {
            [kind.a_type, kind.b_type] == [half; 2]
                && [kind.c_type, kind.result_type] == [single; 2]
                && kind.scope == vk::ScopeKHR::SUBGROUP
        })
        .map(|kind| [kind.m_size, kind.n_size, kind.k_size])
        .collect();
    (!sizes.is_empty()).then_some(CooperativeMatrices { sizes, subgroup_size })
}
