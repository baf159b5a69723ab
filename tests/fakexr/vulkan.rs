//! XR_KHR_vulkan_enable2: a real instance and device, made with the client's functions, and a session's images.

use std::ffi::{c_char, c_void};

use ash::vk;
use ash::vk::Handle as _;
use openxr::sys::{self, SwapchainUsageFlags, platform};

use super::call::{call, given, put, wanted};
use super::state::State;
use super::system::check_system;

/// What an XrInstance knows of the client's Vulkan.
#[derive(Default)]
pub(super) struct Vulkan {
    /// xrGetVulkanGraphicsRequirements2KHR was called.
    pub(super) requirements_asked: bool,
    pub(super) instance: Option<ash::Instance>,
    pub(super) physical: Option<vk::PhysicalDevice>,
    pub(super) device: Option<Device>,
}

pub(super) struct Device {
    device: ash::Device,
    /// Queue families and how many queues of each.
    queues: Vec<(u32, u32)>,
}

fn instance_info(state: &mut State, handle: u64) -> Result<&mut Vulkan, sys::Result> {
    let found = state.instances.get_mut(&handle).map(|instance| &mut instance.vulkan);
    found.ok_or(sys::Result::ERROR_HANDLE_INVALID)
}

pub(super) unsafe extern "system" fn get_vulkan_graphics_requirements(
    handle: sys::Instance,
    system: sys::SystemId,
    requirements: *mut sys::GraphicsRequirementsVulkanKHR,
) -> sys::Result {
    call("xrGetVulkanGraphicsRequirements2KHR", handle, |state, handle| {
        check_system(state, system)?;
        // SAFETY: the client's structure.
        let requirements = unsafe { wanted(state, requirements, sys::GraphicsRequirementsVulkanKHR::TYPE)? };
        let [least, most] = state.offer.vulkan.map(|(major, minor)| sys::Version::new(major, minor, 0));
        (requirements.min_api_version_supported, requirements.max_api_version_supported) = (least, most);
        instance_info(state, handle)?.requirements_asked = true;
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn create_vulkan_instance(
    handle: sys::Instance,
    info: *const sys::VulkanInstanceCreateInfoKHR,
    instance: *mut platform::VkInstance,
    result: *mut platform::VkResult,
) -> sys::Result {
    call("xrCreateVulkanInstanceKHR", handle, |state, handle| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::VulkanInstanceCreateInfoKHR::TYPE)? };
        check_system(state, info.system_id)?;
        if !instance_info(state, handle)?.requirements_asked {
            let text = "xrGetVulkanGraphicsRequirements2KHR did not come before";
            return Err(state.misuse(text, sys::Result::ERROR_GRAPHICS_REQUIREMENTS_CALL_MISSING));
        }
        let (Some(get), false) = (info.pfn_get_instance_proc_addr, info.vulkan_create_info.is_null()) else {
            return Err(state.invalid("vkGetInstanceProcAddr or VkInstanceCreateInfo is missing"));
        };
        // SAFETY: the client's Vulkan loader and create info; both names of the function's type mean the same.
        let (raw, code, loaded) = unsafe {
            type Get = unsafe extern "system" fn(vk::Instance, *const c_char) -> Option<unsafe extern "system" fn()>;
            let get_instance_proc_addr = std::mem::transmute::<platform::VkGetInstanceProcAddr, Get>(get);
            let Some(create) = get_instance_proc_addr(vk::Instance::null(), c"vkCreateInstance".as_ptr()) else {
                return Err(state.invalid("vkGetInstanceProcAddr does not know vkCreateInstance"));
            };
            let create = std::mem::transmute::<unsafe extern "system" fn(), vk::PFN_vkCreateInstance>(create);
            let mut raw = vk::Instance::null();
            let code = create(info.vulkan_create_info.cast(), info.vulkan_allocator.cast(), &mut raw);
            let statics = ash::StaticFn { get_instance_proc_addr };
            let loaded = (code == vk::Result::SUCCESS).then(|| ash::Instance::load(&statics, raw));
            (raw, code, loaded)
        };
        instance_info(state, handle)?.instance = loaded;
        // SAFETY: the client's places.
        unsafe {
            put(state, result, code.as_raw())?;
            put(state, instance, raw.as_raw() as *const c_void)
        }
    })
}

pub(super) unsafe extern "system" fn get_vulkan_graphics_device(
    handle: sys::Instance,
    info: *const sys::VulkanGraphicsDeviceGetInfoKHR,
    physical: *mut platform::VkPhysicalDevice,
) -> sys::Result {
    call("xrGetVulkanGraphicsDevice2KHR", handle, |state, handle| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::VulkanGraphicsDeviceGetInfoKHR::TYPE)? };
        check_system(state, info.system_id)?;
        let vulkan = instance_info(state, handle)?;
        let own = vulkan.instance.as_ref().filter(|own| own.handle().as_raw() == info.vulkan_instance as u64);
        let Some(own) = own else {
            let text = "the VkInstance is not the one that xrCreateVulkanInstanceKHR made";
            return Err(state.misuse(text, sys::Result::ERROR_HANDLE_INVALID));
        };
        // SAFETY: the instance lives: the client gave it.
        let devices = unsafe { own.enumerate_physical_devices() }.unwrap_or_default();
        let Some(first) = devices.first().copied() else { return Err(sys::Result::ERROR_RUNTIME_FAILURE) };
        vulkan.physical = Some(first);
        // SAFETY: the client's place.
        unsafe { put(state, physical, first.as_raw() as *const c_void) }
    })
}

pub(super) unsafe extern "system" fn create_vulkan_device(
    handle: sys::Instance,
    info: *const sys::VulkanDeviceCreateInfoKHR,
    device: *mut platform::VkDevice,
    result: *mut platform::VkResult,
) -> sys::Result {
    call("xrCreateVulkanDeviceKHR", handle, |state, handle| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::VulkanDeviceCreateInfoKHR::TYPE)? };
        check_system(state, info.system_id)?;
        let vulkan = instance_info(state, handle)?;
        let physical = vulkan.physical.filter(|own| own.as_raw() == info.vulkan_physical_device as u64);
        let (Some(physical), Some(instance)) = (physical, vulkan.instance.clone()) else {
            let text = "the VkPhysicalDevice is not the one of xrGetVulkanGraphicsDevice2KHR";
            return Err(state.misuse(text, sys::Result::ERROR_HANDLE_INVALID));
        };
        if info.vulkan_create_info.is_null() {
            return Err(state.invalid("VkDeviceCreateInfo is missing"));
        }
        // SAFETY: the client's create info, for this device.
        let (raw, code, made) = unsafe {
            let create: &vk::DeviceCreateInfo<'_> = &*info.vulkan_create_info.cast();
            let mut raw = vk::Device::null();
            let code = (instance.fp_v1_0().create_device)(physical, create, info.vulkan_allocator.cast(), &mut raw);
            let infos = super::call::slice(create.p_queue_create_infos, create.queue_create_info_count);
            let queues = infos.iter().map(|queue| (queue.queue_family_index, queue.queue_count)).collect();
            let made = (code == vk::Result::SUCCESS)
                .then(|| Device { device: ash::Device::load(instance.fp_v1_0(), raw), queues });
            (raw, code, made)
        };
        instance_info(state, handle)?.device = made;
        // SAFETY: the client's places.
        unsafe {
            put(state, result, code.as_raw())?;
            put(state, device, raw.as_raw() as *const c_void)
        }
    })
}

/// What a session draws with. It uses the queue only inside of the calls that the specification lists for that.
pub(super) struct Graphics {
    pub(super) device: ash::Device,
    pub(super) memory: vk::PhysicalDeviceMemoryProperties,
    instance: ash::Instance,
    physical: vk::PhysicalDevice,
    queue: vk::Queue,
    pool: vk::CommandPool,
}

impl Graphics {
    /// For the client's binding, judged.
    pub(super) fn new(
        state: &mut State,
        handle: u64,
        binding: &sys::GraphicsBindingVulkanKHR,
    ) -> Result<Self, sys::Result> {
        let vulkan = instance_info(state, handle)?;
        if !vulkan.requirements_asked {
            let text = "xrGetVulkanGraphicsRequirements2KHR did not come before";
            return Err(state.misuse(text, sys::Result::ERROR_GRAPHICS_REQUIREMENTS_CALL_MISSING));
        }
        let instance = vulkan.instance.clone().filter(|own| own.handle().as_raw() == binding.instance as u64);
        let physical = vulkan.physical.filter(|own| own.as_raw() == binding.physical_device as u64);
        let device = vulkan.device.as_ref().filter(|own| own.device.handle().as_raw() == binding.device as u64);
        let (Some(instance), Some(physical), Some(made)) = (instance, physical, device) else {
            let text = "instance, physical device or device are not the ones made through this XrInstance";
            return Err(state.misuse(text, sys::Result::ERROR_GRAPHICS_DEVICE_INVALID));
        };
        let (family, index) = (binding.queue_family_index, binding.queue_index);
        if !made.queues.iter().any(|(made, count)| *made == family && index < *count) {
            let text = format!("the device has no queue {index} of family {family}");
            return Err(state.misuse(text, sys::Result::ERROR_GRAPHICS_DEVICE_INVALID));
        }
        let device = made.device.clone();
        let info = vk::CommandPoolCreateInfo::default().queue_family_index(family);
        // SAFETY: the client's device lives as long as the session.
        let (queue, pool, memory) = unsafe {
            (
                device.get_device_queue(family, index),
                device.create_command_pool(&info, None).map_err(|_| sys::Result::ERROR_RUNTIME_FAILURE)?,
                instance.get_physical_device_memory_properties(physical),
            )
        };
        Ok(Self { device, memory, instance, physical, queue, pool })
    }

    /// Frees what the session made; the images are gone before.
    pub(super) fn destroy(&mut self) {
        // SAFETY: every submission was waited for.
        unsafe { self.device.destroy_command_pool(self.pool, None) };
    }

    pub(super) fn memory_type(&self, bits: u32, flags: vk::MemoryPropertyFlags) -> Option<u32> {
        let fits =
            |(index, kind): &(u32, &vk::MemoryType)| bits & (1 << index) != 0 && kind.property_flags.contains(flags);
        (0..).zip(self.memory.memory_types_as_slice()).find(fits).map(|(index, _)| index)
    }

    /// A swapchain's images, or that the device cannot make such.
    pub(super) fn make_images(
        &self,
        info: &sys::SwapchainCreateInfo,
        format: vk::Format,
        count: u32,
        extended: bool,
    ) -> Result<Vec<(vk::Image, vk::DeviceMemory)>, sys::Result> {
        let mut usage = vk::ImageUsageFlags::TRANSFER_SRC;
        for (asked, given) in [
            (SwapchainUsageFlags::COLOR_ATTACHMENT, vk::ImageUsageFlags::COLOR_ATTACHMENT),
            (SwapchainUsageFlags::DEPTH_STENCIL_ATTACHMENT, vk::ImageUsageFlags::DEPTH_STENCIL_ATTACHMENT),
            (SwapchainUsageFlags::UNORDERED_ACCESS, vk::ImageUsageFlags::STORAGE),
            (SwapchainUsageFlags::TRANSFER_SRC, vk::ImageUsageFlags::TRANSFER_SRC),
            (SwapchainUsageFlags::TRANSFER_DST, vk::ImageUsageFlags::TRANSFER_DST),
            (SwapchainUsageFlags::SAMPLED, vk::ImageUsageFlags::SAMPLED),
            (SwapchainUsageFlags::INPUT_ATTACHMENT, vk::ImageUsageFlags::INPUT_ATTACHMENT),
        ] {
            if info.usage_flags.contains(asked) {
                usage |= given;
            }
        }
        let mut flags = vk::ImageCreateFlags::empty();
        if info.usage_flags.contains(SwapchainUsageFlags::MUTABLE_FORMAT) {
            flags |= vk::ImageCreateFlags::MUTABLE_FORMAT;
            if extended {
                flags |= vk::ImageCreateFlags::EXTENDED_USAGE;
            }
        }
        let (kind, tiling) = (vk::ImageType::TYPE_2D, vk::ImageTiling::OPTIMAL);
        // SAFETY: the physical device lives with the client's instance.
        let able = unsafe {
            self.instance.get_physical_device_image_format_properties(self.physical, format, kind, tiling, usage, flags)
        };
        if able.is_err() {
            return Err(sys::Result::ERROR_FEATURE_UNSUPPORTED);
        }
        let image = vk::ImageCreateInfo::default()
            .flags(flags)
            .image_type(kind)
            .format(format)
            .extent(vk::Extent3D { width: info.width, height: info.height, depth: 1 })
            .mip_levels(info.mip_count)
            .array_layers(info.array_size)
            .samples(vk::SampleCountFlags::TYPE_1)
            .tiling(tiling)
            .usage(usage);
        (0..count).map(|_| self.make_image(&image).map_err(|_| sys::Result::ERROR_RUNTIME_FAILURE)).collect()
    }

    fn make_image(&self, info: &vk::ImageCreateInfo<'_>) -> Result<(vk::Image, vk::DeviceMemory), vk::Result> {
        // SAFETY: the client's device, and a create info that it can do.
        unsafe {
            let image = self.device.create_image(info, None)?;
            let needs = self.device.get_image_memory_requirements(image);
            let flags = vk::MemoryPropertyFlags::DEVICE_LOCAL;
            let kind = self.memory_type(needs.memory_type_bits, flags).ok_or(vk::Result::ERROR_OUT_OF_DEVICE_MEMORY)?;
            let allocation = vk::MemoryAllocateInfo::default().allocation_size(needs.size).memory_type_index(kind);
            let memory = self.device.allocate_memory(&allocation, None)?;
            self.device.bind_image_memory(image, memory, 0)?;
            Ok((image, memory))
        }
    }

    /// Frees a swapchain's images: the client has seen to it that they are not in use.
    pub(super) fn free_images(&self, images: &[(vk::Image, vk::DeviceMemory)]) {
        for (image, memory) in images {
            // SAFETY: ours, and no longer in use.
            unsafe {
                self.device.destroy_image(*image, None);
                self.device.free_memory(*memory, None);
            }
        }
    }

    /// Brings a new image into the layout that the client is promised.
    pub(super) fn bring_into(&self, image: vk::Image, layout: vk::ImageLayout, aspect: vk::ImageAspectFlags) {
        let range = whole(aspect);
        self.submit(|device, commands| {
            let barrier = vk::ImageMemoryBarrier::default()
                .image(image)
                .subresource_range(range)
                .old_layout(vk::ImageLayout::UNDEFINED)
                .new_layout(layout)
                .src_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
                .dst_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
                .dst_access_mask(vk::AccessFlags::MEMORY_READ | vk::AccessFlags::MEMORY_WRITE);
            let all = vk::PipelineStageFlags::ALL_COMMANDS;
            // SAFETY: recording.
            unsafe {
                let none = vk::DependencyFlags::empty();
                device.cmd_pipeline_barrier(commands, all, all, none, &[], &[], &[barrier]);
            }
        });
    }

    /// Records, submits and waits.
    pub(super) fn submit(&self, record: impl FnOnce(&ash::Device, vk::CommandBuffer)) -> bool {
        let device = &self.device;
        let work = || -> Result<(), vk::Result> {
            let info = vk::CommandBufferAllocateInfo::default()
                .command_pool(self.pool)
                .level(vk::CommandBufferLevel::PRIMARY)
                .command_buffer_count(1);
            let begin = vk::CommandBufferBeginInfo::default().flags(vk::CommandBufferUsageFlags::ONE_TIME_SUBMIT);
            // SAFETY: the pool is ours and the fake's mutex is held; OpenXR leaves us the queue in the calls this runs in.
            unsafe {
                let commands = device.allocate_command_buffers(&info)?;
                device.begin_command_buffer(commands[0], &begin)?;
                record(device, commands[0]);
                device.end_command_buffer(commands[0])?;
                let fence = device.create_fence(&vk::FenceCreateInfo::default(), None)?;
                let submit = vk::SubmitInfo::default().command_buffers(&commands);
                device.queue_submit(self.queue, &[submit], fence)?;
                device.wait_for_fences(&[fence], true, u64::MAX)?;
                device.destroy_fence(fence, None);
                device.free_command_buffers(self.pool, &commands);
            }
            Ok(())
        };
        work().is_ok()
    }
}

pub(super) fn whole(aspect_mask: vk::ImageAspectFlags) -> vk::ImageSubresourceRange {
    vk::ImageSubresourceRange {
        aspect_mask,
        base_mip_level: 0,
        level_count: vk::REMAINING_MIP_LEVELS,
        base_array_layer: 0,
        layer_count: vk::REMAINING_ARRAY_LAYERS,
    }
}
