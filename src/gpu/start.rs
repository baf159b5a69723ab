//! Making the instance, choosing the GPU, making the device.

use std::ffi::{CStr, CString};

use ash::{ext::debug_utils, khr, vk};

use super::debug::{self, Messages};
use super::error::GpuError;
use super::facts::{Facts, facts};
use super::host::{DeviceHost, GpuOptions};
use super::queue::{Places, family_with};

/// More is better.
fn rank(kind: vk::PhysicalDeviceType) -> u32 {
    match kind {
        vk::PhysicalDeviceType::DISCRETE_GPU => 4,
        vk::PhysicalDeviceType::INTEGRATED_GPU => 3,
        vk::PhysicalDeviceType::VIRTUAL_GPU => 2,
        vk::PhysicalDeviceType::CPU => 1,
        _ => 0,
    }
}

pub(super) fn create_instance(
    entry: &ash::Entry,
    host: &dyn DeviceHost,
    messages: &Messages,
    watched: bool,
) -> Result<ash::Instance, GpuError> {
    // SAFETY: asks the loader only.
    let version = unsafe { entry.try_enumerate_instance_version() }.ok().flatten().unwrap_or(vk::API_VERSION_1_0);
    if version < vk::API_VERSION_1_3 {
        return Err(GpuError::NoDevice);
    }
    let mut extensions = host.instance_extensions();
    let mut layers = Vec::new();
    if watched {
        // SAFETY: asks the loader only.
        let present = unsafe { entry.enumerate_instance_layer_properties() }.unwrap_or_default();
        if !present.iter().any(|layer| layer.layer_name_as_c_str() == Ok(debug::LAYER)) {
            return Err(GpuError::NoValidation);
        }
        layers.push(debug::LAYER.as_ptr());
        extensions.push(debug_utils::NAME);
    }
    extensions.sort_unstable();
    extensions.dedup();
    let extensions: Vec<_> = extensions.into_iter().map(CStr::as_ptr).collect();
    let app = vk::ApplicationInfo::default()
        .application_name(c"deep3d")
        .engine_name(c"deep3d")
        .api_version(vk::API_VERSION_1_3);
    let enabled = [vk::ValidationFeatureEnableEXT::SYNCHRONIZATION_VALIDATION];
    let mut features = vk::ValidationFeaturesEXT::default().enabled_validation_features(&enabled);
    let mut messenger = debug::messenger_info(messages);
    let mut info = vk::InstanceCreateInfo::default()
        .application_info(&app)
        .enabled_layer_names(&layers)
        .enabled_extension_names(&extensions);
    if watched {
        info = info.push_next(&mut features).push_next(&mut messenger);
    }
    // SAFETY: everything `info` points to lives until the call returns, and `messages` beyond the instance.
    unsafe { host.create_instance(entry, &info) }
}

pub(super) fn choose(
    entry: &ash::Entry,
    instance: &ash::Instance,
    host: &dyn DeviceHost,
    options: &GpuOptions,
) -> Result<(vk::PhysicalDevice, Places, Facts), GpuError> {
    // SAFETY: the instance is alive.
    let all = unsafe { instance.enumerate_physical_devices() }.map_err(|_| GpuError::NoDevice)?;
    let candidates: Vec<_> =
        all.into_iter().filter_map(|physical| Some((physical, facts(entry, instance, physical)?))).collect();
    if candidates.is_empty() {
        return Err(GpuError::NoDevice);
    }
    let forced = host.physical_device(instance)?;
    let names = || {
        candidates
            .iter()
            .enumerate()
            .map(|(index, (_, facts))| format!("{index}: {}", facts.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let wanted = |index: usize, physical: vk::PhysicalDevice, facts: &Facts| match (&forced, &options.select) {
        (Some(forced), _) => *forced == physical,
        (None, None) => true,
        (None, Some(text)) => match text.parse::<usize>() {
            Ok(number) => number == index,
            Err(_) => facts.name.to_lowercase().contains(&text.to_lowercase()),
        },
    };
    let mut chosen: Vec<_> = candidates
        .iter()
        .enumerate()
        .filter(|(index, (physical, facts))| wanted(*index, *physical, facts))
        .map(|(_, candidate)| candidate)
        .collect();
    if chosen.is_empty() {
        return Err(GpuError::UnknownDevice { wanted: options.select.clone().unwrap_or_default(), have: names() });
    }
    chosen.sort_by_key(|(_, facts)| std::cmp::Reverse(rank(facts.kind)));
    let mut lacking = None;
    for (physical, facts) in chosen {
        match usable_queues(entry, instance, host, *physical) {
            Ok(places) => {
                let present_wait = facts.present_wait && host.device_extensions().contains(&khr::swapchain::NAME);
                let facts = Facts { network_queue: places.are_two(), present_wait, ..facts.clone() };
                return Ok((*physical, places, facts));
            }
            Err(what) => lacking = Some(GpuError::Lacks { device: facts.name.clone(), what }),
        }
    }
    Err(lacking.unwrap_or(GpuError::NoDevice))
}

/// Where the queues are to be, or what the device cannot do.
fn usable_queues(
    entry: &ash::Entry,
    instance: &ash::Instance,
    host: &dyn DeviceHost,
    physical: vk::PhysicalDevice,
) -> Result<Places, String> {
    // SAFETY: the physical device is of this instance.
    let (families, extensions) = unsafe {
        (
            instance.get_physical_device_queue_family_properties(physical),
            instance.enumerate_device_extension_properties(physical).unwrap_or_default(),
        )
    };
    for needed in host.device_extensions() {
        if !extensions.iter().any(|extension| extension.extension_name_as_c_str() == Ok(needed)) {
            return Err(format!("do {}", needed.to_string_lossy()));
        }
    }
    // Graphics too, because blits (the way into a window) need it.
    let all = vk::QueueFlags::COMPUTE | vk::QueueFlags::GRAPHICS;
    let able = |flags| family_with(&families, flags, |index| host.can_present(entry, instance, physical, index));
    // A pure compute accelerator has no graphics; without a window it does all the same.
    able(all)
        .or_else(|| host.device_extensions().is_empty().then(|| able(vk::QueueFlags::COMPUTE)).flatten())
        .map(|main| Places::of(&families, main))
        .ok_or_else(|| "compute and show its pictures here".to_owned())
}

pub(super) fn create_device(
    instance: &ash::Instance,
    host: &dyn DeviceHost,
    physical: vk::PhysicalDevice,
    places: Places,
    facts: &Facts,
) -> Result<ash::Device, GpuError> {
    let mut has12 = vk::PhysicalDeviceVulkan12Features::default();
    let mut has13 = vk::PhysicalDeviceVulkan13Features::default();
    let mut has = vk::PhysicalDeviceFeatures2::default().push_next(&mut has12).push_next(&mut has13);
    // SAFETY: a Vulkan 1.3 device of this instance.
    unsafe { instance.get_physical_device_features2(physical, &mut has) };
    let has10 = has.features;
    if has12.timeline_semaphore == vk::FALSE
        || has13.synchronization2 == vk::FALSE
        || has10.shader_storage_image_write_without_format == vk::FALSE
    {
        return Err(GpuError::Lacks {
            device: facts.name.clone(),
            what: "write images of any format from shaders".to_owned(),
        });
    }
    let mut extensions: Vec<CString> = host.device_extensions().into_iter().map(CStr::to_owned).collect();
    if facts.matrices.is_some() {
        extensions.push(khr::cooperative_matrix::NAME.to_owned());
    }
    if facts.present_wait {
        extensions.extend([khr::present_id::NAME, khr::present_wait::NAME].map(CStr::to_owned));
    }
    let extensions: Vec<_> = extensions.iter().map(|name| name.as_ptr()).collect();
    let float16 = facts.float16;
    let features10 = vk::PhysicalDeviceFeatures::default()
        .shader_storage_image_write_without_format(true)
        .shader_int16(has10.shader_int16 == vk::TRUE);
    let mut features11 = vk::PhysicalDeviceVulkan11Features::default().storage_buffer16_bit_access(float16);
    let mut features12 = vk::PhysicalDeviceVulkan12Features::default()
        .timeline_semaphore(true)
        .shader_float16(float16)
        .vulkan_memory_model(facts.matrices.is_some());
    let mut features13 = vk::PhysicalDeviceVulkan13Features::default()
        .synchronization2(true)
        .dynamic_rendering(true)
        .maintenance4(true)
        .subgroup_size_control(has13.subgroup_size_control == vk::TRUE)
        .compute_full_subgroups(has13.compute_full_subgroups == vk::TRUE);
    let queues = places.create_infos();
    let mut matrices = vk::PhysicalDeviceCooperativeMatrixFeaturesKHR::default().cooperative_matrix(true);
    let mut present_id = vk::PhysicalDevicePresentIdFeaturesKHR::default().present_id(true);
    let mut present_wait = vk::PhysicalDevicePresentWaitFeaturesKHR::default().present_wait(true);
    let mut info = vk::DeviceCreateInfo::default()
        .queue_create_infos(&queues)
        .enabled_extension_names(&extensions)
        .enabled_features(&features10)
        .push_next(&mut features11)
        .push_next(&mut features12)
        .push_next(&mut features13);
    if facts.matrices.is_some() {
        info = info.push_next(&mut matrices);
    }
    if facts.present_wait {
        info = info.push_next(&mut present_id).push_next(&mut present_wait);
    }
    // SAFETY: every feature and extension switched on was reported by this device.
    unsafe { host.create_device(instance, physical, &info) }
}
