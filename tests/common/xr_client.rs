//! The least of an OpenXR program: a Vulkan session that can fill swapchains with one colour. It shows that a runtime, real or
//! fake, works without any of ours; messages of the Vulkan validation layer are collected.
#![allow(dead_code)]

use std::ffi::{CStr, c_void};
use std::sync::Mutex;

use ash::vk;
use ash::vk::Handle as _;
use deep3d::gpu::testing::Watch;
use openxr as xr;

type Messages = Mutex<Vec<String>>;

unsafe extern "system" fn listen(
    _severity: vk::DebugUtilsMessageSeverityFlagsEXT,
    _kind: vk::DebugUtilsMessageTypeFlagsEXT,
    data: *const vk::DebugUtilsMessengerCallbackDataEXT<'_>,
    messages: *mut c_void,
) -> vk::Bool32 {
    // SAFETY: Vulkan's message, and the list that was given with the listener.
    let (text, messages) = unsafe { (CStr::from_ptr((*data).p_message), &*messages.cast::<Messages>()) };
    messages.lock().unwrap().push(text.to_string_lossy().into_owned());
    vk::FALSE
}

/// Instance, device and queue, made by the runtime.
pub(crate) struct Vulkan {
    pub(crate) instance: ash::Instance,
    pub(crate) physical: vk::PhysicalDevice,
    pub(crate) device: ash::Device,
    pub(crate) queue: vk::Queue,
    pub(crate) family: u32,
    pool: vk::CommandPool,
    messages: Box<Messages>,
    messenger: (ash::ext::debug_utils::Instance, vk::DebugUtilsMessengerEXT),
    _entry: ash::Entry,
    /// Held until the instance is gone: fields go after `drop`.
    _watch: Watch,
}

impl Vulkan {
    fn new(xr: &xr::Instance, system: xr::SystemId) -> xr::Result<Self> {
        let watch = Watch::begin().unwrap();
        // SAFETY: the system's Vulkan loader; every create info lives until its call returns.
        unsafe {
            let entry = ash::Entry::load().expect("the Vulkan loader (Debian: apt install libvulkan1)");
            let get = std::mem::transmute::<vk::PFN_vkGetInstanceProcAddr, xr::sys::platform::VkGetInstanceProcAddr>(
                entry.static_fn().get_instance_proc_addr,
            );
            let messages: Box<Messages> = Box::default();
            let severity =
                vk::DebugUtilsMessageSeverityFlagsEXT::WARNING | vk::DebugUtilsMessageSeverityFlagsEXT::ERROR;
            let mut listener = vk::DebugUtilsMessengerCreateInfoEXT::default()
                .message_severity(severity)
                .message_type(vk::DebugUtilsMessageTypeFlagsEXT::VALIDATION)
                .pfn_user_callback(Some(listen))
                .user_data((&raw const *messages).cast_mut().cast());
            let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_3);
            let layers = [c"VK_LAYER_KHRONOS_validation".as_ptr()];
            let extensions = [ash::ext::debug_utils::NAME.as_ptr()];
            let info = vk::InstanceCreateInfo::default()
                .application_info(&application)
                .enabled_layer_names(&layers)
                .enabled_extension_names(&extensions)
                .push_next(&mut listener);
            let raw = xr.create_vulkan_instance(system, get, (&raw const info).cast())?.expect("vkCreateInstance");
            let instance = ash::Instance::load(entry.static_fn(), vk::Instance::from_raw(raw as u64));
            let utils = ash::ext::debug_utils::Instance::new(&entry, &instance);
            listener.p_next = std::ptr::null();
            let messenger = utils.create_debug_utils_messenger(&listener, None).expect("a messenger");
            let physical = xr.vulkan_graphics_device(system, instance.handle().as_raw() as _)?;
            let physical = vk::PhysicalDevice::from_raw(physical as u64);
            let queues = [vk::DeviceQueueCreateInfo::default().queue_family_index(0).queue_priorities(&[1.0])];
            let info = vk::DeviceCreateInfo::default().queue_create_infos(&queues);
            let raw = xr.create_vulkan_device(system, get, physical.as_raw() as _, (&raw const info).cast())?;
            let device =
                ash::Device::load(instance.fp_v1_0(), vk::Device::from_raw(raw.expect("vkCreateDevice") as u64));
            let queue = device.get_device_queue(0, 0);
            let pool = device.create_command_pool(&vk::CommandPoolCreateInfo::default(), None).expect("a command pool");
            let messenger = (utils, messenger);
            Ok(Self {
                instance,
                physical,
                device,
                queue,
                family: 0,
                pool,
                messages,
                messenger,
                _entry: entry,
                _watch: watch,
            })
        }
    }

    /// What the validation layer said.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.messages.lock().unwrap().clone()
    }

    /// Clears layer `layer` of a swapchain's image, which is and stays in COLOR_ATTACHMENT_OPTIMAL.
    fn clear(&self, image: vk::Image, layer: u32, colour: [f32; 4]) {
        let range = vk::ImageSubresourceRange::default()
            .aspect_mask(vk::ImageAspectFlags::COLOR)
            .level_count(1)
            .base_array_layer(layer)
            .layer_count(1);
        let barrier = |from, to| {
            vk::ImageMemoryBarrier::default()
                .image(image)
                .subresource_range(range)
                .old_layout(from)
                .new_layout(to)
                .src_access_mask(vk::AccessFlags::MEMORY_WRITE)
                .dst_access_mask(vk::AccessFlags::MEMORY_READ | vk::AccessFlags::MEMORY_WRITE)
                .src_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
                .dst_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
        };
        let (rest, transfer) = (vk::ImageLayout::COLOR_ATTACHMENT_OPTIMAL, vk::ImageLayout::TRANSFER_DST_OPTIMAL);
        let (all, none) = (vk::PipelineStageFlags::ALL_COMMANDS, vk::DependencyFlags::empty());
        let info = vk::CommandBufferAllocateInfo::default().command_pool(self.pool).command_buffer_count(1);
        let device = &self.device;
        // SAFETY: one thread, one queue, and everything is waited for before it is freed.
        unsafe {
            let commands = device.allocate_command_buffers(&info).unwrap();
            device.begin_command_buffer(commands[0], &vk::CommandBufferBeginInfo::default()).unwrap();
            device.cmd_pipeline_barrier(commands[0], all, all, none, &[], &[], &[barrier(rest, transfer)]);
            let colour = vk::ClearColorValue { float32: colour };
            device.cmd_clear_color_image(commands[0], image, transfer, &colour, &[range]);
            device.cmd_pipeline_barrier(commands[0], all, all, none, &[], &[], &[barrier(transfer, rest)]);
            device.end_command_buffer(commands[0]).unwrap();
            let submit = vk::SubmitInfo::default().command_buffers(&commands);
            device.queue_submit(self.queue, &[submit], vk::Fence::null()).unwrap();
            device.queue_wait_idle(self.queue).unwrap();
            device.free_command_buffers(self.pool, &commands);
        }
    }
}

impl Drop for Vulkan {
    fn drop(&mut self) {
        // SAFETY: the session, its images and all work are gone.
        unsafe {
            self.device.destroy_command_pool(self.pool, None);
            self.device.destroy_device(None);
            self.messenger.0.destroy_debug_utils_messenger(self.messenger.1, None);
            self.instance.destroy_instance(None);
        }
    }
}

/// The program. Its fields go in their order: the session before the device.
pub(crate) struct Client {
    pub(crate) local: xr::Space,
    pub(crate) view: xr::Space,
    pub(crate) stream: xr::FrameStream<xr::Vulkan>,
    pub(crate) waiter: xr::FrameWaiter,
    pub(crate) session: xr::Session<xr::Vulkan>,
    pub(crate) vulkan: Vulkan,
    pub(crate) system: xr::SystemId,
    pub(crate) instance: xr::Instance,
    pub(crate) state: xr::SessionState,
    running: bool,
}

impl Client {
    /// Starts a session with these extensions and API layers.
    pub(crate) fn start(entry: &xr::Entry, extensions: &xr::ExtensionSet, layers: &[&str]) -> xr::Result<Self> {
        let mut extensions = extensions.clone();
        extensions.khr_vulkan_enable2 = true;
        let application = xr::ApplicationInfo { application_name: "test client", ..Default::default() };
        let instance = entry.create_instance(&application, &extensions, layers, &())?;
        let system = instance.system(xr::FormFactor::HEAD_MOUNTED_DISPLAY)?;
        instance.graphics_requirements::<xr::Vulkan>(system)?;
        let vulkan = Vulkan::new(&instance, system)?;
        let info = xr::vulkan::SessionCreateInfo {
            instance: vulkan.instance.handle().as_raw() as _,
            physical_device: vulkan.physical.as_raw() as _,
            device: vulkan.device.handle().as_raw() as _,
            queue_family_index: vulkan.family,
            queue_index: 0,
        };
        // SAFETY: the handles are alive, and the queue is this thread's.
        let (session, waiter, stream) = unsafe { instance.create_session::<xr::Vulkan>(system, &info)? };
        let local = session.create_reference_space(xr::ReferenceSpaceType::LOCAL, xr::Posef::IDENTITY)?;
        let view = session.create_reference_space(xr::ReferenceSpaceType::VIEW, xr::Posef::IDENTITY)?;
        let state = xr::SessionState::UNKNOWN;
        Ok(Self { local, view, stream, waiter, session, vulkan, system, instance, state, running: false })
    }

    /// Takes all events; begins and ends the session as they say. Gives the states passed through.
    pub(crate) fn poll(&mut self) -> xr::Result<Vec<xr::SessionState>> {
        let mut states = Vec::new();
        let mut buffer = xr::EventDataBuffer::new();
        while let Some(event) = self.instance.poll_event(&mut buffer)? {
            let xr::Event::SessionStateChanged(event) = event else { continue };
            self.state = event.state();
            states.push(self.state);
            match self.state {
                xr::SessionState::READY => {
                    self.session.begin(xr::ViewConfigurationType::PRIMARY_STEREO)?;
                    self.running = true;
                }
                xr::SessionState::STOPPING => {
                    self.session.end()?;
                    self.running = false;
                }
                _ => {}
            }
        }
        Ok(states)
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running
    }

    /// A swapchain of one mip that can be cleared.
    pub(crate) fn swapchain(&self, format: vk::Format, size: [u32; 2], layers: u32) -> xr::Result<Swapchain> {
        let chain = self.session.create_swapchain(&xr::SwapchainCreateInfo {
            create_flags: xr::SwapchainCreateFlags::EMPTY,
            usage_flags: xr::SwapchainUsageFlags::COLOR_ATTACHMENT
                | xr::SwapchainUsageFlags::SAMPLED
                | xr::SwapchainUsageFlags::TRANSFER_DST,
            format: format.as_raw() as u32,
            sample_count: 1,
            width: size[0],
            height: size[1],
            face_count: 1,
            array_size: layers,
            mip_count: 1,
        })?;
        let images = chain.enumerate_images()?;
        Ok(Swapchain { chain, images, size })
    }

    /// Gives each layer of the next image its colour (linear) and releases it.
    pub(crate) fn fill(&self, swapchain: &mut Swapchain, colours: &[[f32; 4]]) -> xr::Result<()> {
        let index = swapchain.chain.acquire_image()?;
        swapchain.chain.wait_image(xr::Duration::INFINITE)?;
        let image = vk::Image::from_raw(swapchain.images[index as usize]);
        for (layer, colour) in (0..).zip(colours) {
            self.vulkan.clear(image, layer, *colour);
        }
        swapchain.chain.release_image()
    }

    /// One whole frame; `layers` gets its display time.
    pub(crate) fn frame(
        &mut self,
        show: impl FnOnce(&xr::Space, &mut dyn FnMut(&[&xr::CompositionLayerBase<'_, xr::Vulkan>])),
    ) -> xr::Result<xr::FrameState> {
        let state = self.waiter.wait()?;
        self.stream.begin()?;
        let mut result = Ok(());
        let stream = &mut self.stream;
        show(&self.local, &mut |layers| {
            result = stream.end(state.predicted_display_time, xr::EnvironmentBlendMode::OPAQUE, layers);
        });
        result.map(|()| state)
    }
}

/// Images to show.
pub(crate) struct Swapchain {
    pub(crate) chain: xr::Swapchain<xr::Vulkan>,
    images: Vec<u64>,
    pub(crate) size: [u32; 2],
}

impl Swapchain {
    /// The whole of one layer.
    pub(crate) fn sub_image(&self, layer: u32) -> xr::SwapchainSubImage<'_, xr::Vulkan> {
        let [width, height] = self.size.map(|side| side as i32);
        xr::SwapchainSubImage::new()
            .swapchain(&self.chain)
            .image_array_index(layer)
            .image_rect(xr::Rect2Di { offset: xr::Offset2Di { x: 0, y: 0 }, extent: xr::Extent2Di { width, height } })
    }
}
