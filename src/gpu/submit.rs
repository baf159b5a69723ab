//! Recording commands, handing them to the queue, and knowing when they are done.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ash::vk;
use ash::vk::Handle;

use super::barrier::{Access, Hazards};
use super::debug;
use super::device::{Gpu, lock};
use super::error::GpuError;
use super::memory::{Buffer, Garbage, Image};
use super::pipeline::Bindings;

/// A place on the GPU's timeline: reached when everything submitted up to it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Point(u64);

/// Binary semaphores around a submission, for a swapchain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Semaphores {
    /// Waited for before any command runs.
    pub wait: Option<vk::Semaphore>,
    /// Signalled when all have run.
    pub signal: Option<vk::Semaphore>,
}

/// How long the GPU may take over one submission before it is taken for lost: software drivers at 8K are slow, but not that slow.
const PATIENCE: Duration = Duration::from_secs(120);

impl Gpu {
    /// Hands recorded commands to the queue. They may be submitted again without recording anew.
    pub fn submit(&self, commands: &mut Commands) -> Result<Point, GpuError> {
        self.submit_with(commands, Semaphores::default())
    }

    /// As [`Gpu::submit`], between a swapchain's semaphores.
    pub fn submit_with(&self, commands: &mut Commands, semaphores: Semaphores) -> Result<Point, GpuError> {
        let shared = &self.shared;
        shared.collect();
        // The command buffer is not "simultaneous use": its last run has to be over.
        self.wait(commands.point)?;
        let everything = vk::PipelineStageFlags2::ALL_COMMANDS;
        let binary = |semaphore| vk::SemaphoreSubmitInfo::default().semaphore(semaphore).stage_mask(everything);
        let wait: Vec<_> = semaphores.wait.map(binary).into_iter().collect();
        let mut signal: Vec<_> = semaphores.signal.map(binary).into_iter().collect();
        let buffers = [vk::CommandBufferSubmitInfo::default().command_buffer(commands.buffer)];
        let queue = lock(&shared.queue);
        let value = shared.submitted.load(Ordering::Acquire) + 1;
        signal.push(binary(shared.timeline).value(value));
        let info = vk::SubmitInfo2::default()
            .wait_semaphore_infos(&wait)
            .command_buffer_infos(&buffers)
            .signal_semaphore_infos(&signal);
        // SAFETY: the command buffer is recorded and not pending, what it uses is kept alive by it, and the queue is locked.
        unsafe { shared.device.queue_submit2(*queue, &[info], vk::Fence::null()) }
            .map_err(GpuError::while_doing("handing work to the GPU"))?;
        shared.submitted.store(value, Ordering::Release);
        commands.point = Point(value);
        Ok(commands.point)
    }

    /// Whether `point` is reached; never waits.
    pub fn reached(&self, point: Point) -> Result<bool, GpuError> {
        // SAFETY: the semaphore is a timeline of this device.
        unsafe { self.shared.device.get_semaphore_counter_value(self.shared.timeline) }
            .map(|value| value >= point.0)
            .map_err(GpuError::while_doing("asking the GPU how far it is"))
    }

    /// Waits until `point` is reached.
    pub fn wait(&self, point: Point) -> Result<(), GpuError> {
        if point.0 == 0 || self.reached(point)? {
            return Ok(());
        }
        let (semaphores, values) = ([self.shared.timeline], [point.0]);
        let info = vk::SemaphoreWaitInfo::default().semaphores(&semaphores).values(&values);
        // SAFETY: the semaphore is a timeline of this device.
        unsafe { self.shared.device.wait_semaphores(&info, PATIENCE.as_nanos() as u64) }.map_err(
            |result| match result {
                vk::Result::TIMEOUT => GpuError::Lost("working for two minutes on one picture"),
                other => GpuError::while_doing("waiting for the GPU")(other),
            },
        )
    }
}

/// A command buffer of its own, with room for timestamps.
pub struct Commands {
    gpu: Gpu,
    pool: vk::CommandPool,
    buffer: vk::CommandBuffer,
    queries: vk::QueryPool,
    query_count: u32,
    written: Vec<bool>,
    point: Point,
    keep: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Commands {
    /// An empty command buffer; `timestamps` is how many [`Recorder::timestamp`] may be taken in it.
    pub fn new(gpu: &Gpu, name: &str, timestamps: u32) -> Result<Self, GpuError> {
        let shared = &gpu.shared;
        let count = if shared.facts.timestamps { timestamps } else { 0 };
        let mut commands = Self {
            gpu: gpu.clone(),
            pool: vk::CommandPool::null(),
            buffer: vk::CommandBuffer::null(),
            queries: vk::QueryPool::null(),
            query_count: count,
            written: vec![false; count as usize],
            point: Point::default(),
            keep: Vec::new(),
        };
        let failed = GpuError::while_doing("creating a command buffer");
        // SAFETY: plain creation; each handle is given to its owner at once.
        unsafe {
            let pool_info = vk::CommandPoolCreateInfo::default().queue_family_index(shared.family);
            commands.pool = shared.device.create_command_pool(&pool_info, None).map_err(&failed)?;
            let info = vk::CommandBufferAllocateInfo::default().command_pool(commands.pool).command_buffer_count(1);
            let buffers = shared.device.allocate_command_buffers(&info).map_err(&failed)?;
            commands.buffer = buffers.into_iter().next().unwrap_or_default();
            if count > 0 {
                let info = vk::QueryPoolCreateInfo::default().query_type(vk::QueryType::TIMESTAMP).query_count(count);
                commands.queries = shared.device.create_query_pool(&info, None).map_err(&failed)?;
            }
        }
        debug::name(shared.utils.as_ref(), commands.buffer, name);
        shared.count_object();
        Ok(commands)
    }

    /// Records anew what `work` asks for; waits first if the last submission is still running.
    pub fn record(&mut self, work: impl FnOnce(&mut Recorder<'_>) -> Result<(), GpuError>) -> Result<(), GpuError> {
        self.gpu.wait(self.point)?;
        self.keep.clear();
        self.written.fill(false);
        let gpu = self.gpu.clone();
        let device = &gpu.shared.device;
        let failed = GpuError::while_doing("recording commands");
        let begin = vk::CommandBufferBeginInfo::default();
        // SAFETY: the buffer is not pending (just waited for) and its pool is used by nobody else.
        unsafe {
            device.reset_command_pool(self.pool, vk::CommandPoolResetFlags::empty()).map_err(&failed)?;
            device.begin_command_buffer(self.buffer, &begin).map_err(&failed)?;
            if self.query_count > 0 {
                device.cmd_reset_query_pool(self.buffer, self.queries, 0, self.query_count);
            }
        }
        let mut recorder = Recorder { commands: self, hazards: Hazards::default() };
        // What earlier submissions wrote is seen, and what they read may be overwritten.
        recorder.barrier(vk::PipelineStageFlags2::ALL_COMMANDS, vk::PipelineStageFlags2::ALL_COMMANDS, WORK);
        let result = work(&mut recorder);
        recorder.barrier(
            vk::PipelineStageFlags2::ALL_COMMANDS,
            vk::PipelineStageFlags2::HOST,
            vk::AccessFlags2::HOST_READ,
        );
        // SAFETY: recording was begun above.
        unsafe { device.end_command_buffer(self.buffer) }.map_err(&failed)?;
        result
    }

    /// The timestamps taken in the last run, by index, as time since the first one; `None` for those not taken or not supported.
    /// Call when its point has been reached.
    pub fn timestamps(&self) -> Result<Vec<Option<Duration>>, GpuError> {
        let mut ticks = vec![0u64; self.query_count as usize];
        let mut first = None;
        let mut times = Vec::with_capacity(ticks.len());
        for (index, tick) in (0u32..).zip(ticks.iter_mut()) {
            if !self.written[index as usize] {
                times.push(None);
                continue;
            }
            // SAFETY: the query was recorded in the buffer that has run.
            unsafe {
                self.gpu.shared.device.get_query_pool_results(
                    self.queries,
                    index,
                    std::slice::from_mut(tick),
                    vk::QueryResultFlags::TYPE_64 | vk::QueryResultFlags::WAIT,
                )
            }
            .map_err(GpuError::while_doing("reading timestamps"))?;
            let since = tick.wrapping_sub(*first.get_or_insert(*tick));
            times.push(Some(Duration::from_nanos(
                (since as f64 * f64::from(self.gpu.shared.facts.timestamp_period)) as u64,
            )));
        }
        Ok(times)
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        self.gpu.shared.discard(Garbage::CommandPool(self.pool, self.queries));
    }
}

/// Memory accesses of compute and transfer work.
const WORK: vk::AccessFlags2 =
    vk::AccessFlags2::from_raw(vk::AccessFlags2::MEMORY_READ.as_raw() | vk::AccessFlags2::MEMORY_WRITE.as_raw());

/// Compute and transfers: all that is recorded here.
const STAGES: vk::PipelineStageFlags2 = vk::PipelineStageFlags2::from_raw(
    vk::PipelineStageFlags2::COMPUTE_SHADER.as_raw() | vk::PipelineStageFlags2::ALL_TRANSFER.as_raw(),
);

fn layers(level: u32) -> vk::ImageSubresourceLayers {
    vk::ImageSubresourceLayers::default().aspect_mask(vk::ImageAspectFlags::COLOR).mip_level(level).layer_count(1)
}

fn corner([width, height]: [u32; 2]) -> vk::Offset3D {
    vk::Offset3D { x: width as i32, y: height as i32, z: 1 }
}

/// Takes commands while [`Commands::record`] runs, and puts barriers between those that depend on each other.
pub struct Recorder<'a> {
    commands: &'a mut Commands,
    hazards: Hazards,
}

impl Recorder<'_> {
    fn device(&self) -> ash::Device {
        self.commands.gpu.shared.device.clone()
    }

    fn barrier(&self, from: vk::PipelineStageFlags2, to: vk::PipelineStageFlags2, access: vk::AccessFlags2) {
        let barriers = [vk::MemoryBarrier2::default()
            .src_stage_mask(from)
            .src_access_mask(vk::AccessFlags2::MEMORY_WRITE)
            .dst_stage_mask(to)
            .dst_access_mask(access)];
        let info = vk::DependencyInfo::default().memory_barriers(&barriers);
        // SAFETY: the buffer is being recorded.
        unsafe { self.commands.gpu.shared.device.cmd_pipeline_barrier2(self.commands.buffer, &info) };
    }

    fn touch(&mut self, accesses: &[(u64, Access)]) {
        if self.hazards.barrier_before(accesses) {
            self.barrier(STAGES, STAGES, WORK);
        }
    }

    /// Runs `groups` workgroups of the kernel behind `bindings` with `push` as its push constants.
    pub fn dispatch(&mut self, bindings: &Arc<Bindings>, push: &[u8], groups: [u32; 3]) -> Result<(), GpuError> {
        let kernel = &bindings.kernel;
        if push.len() != kernel.source.push_bytes as usize {
            let message = format!(
                "kernel {} pushes {} bytes and was given {}",
                kernel.source.name,
                kernel.source.push_bytes,
                push.len()
            );
            return Err(GpuError::Misuse(message));
        }
        self.touch(&bindings.accesses);
        let (device, buffer) = (self.device(), self.commands.buffer);
        let compute = vk::PipelineBindPoint::COMPUTE;
        // SAFETY: kernel and set fit each other by construction and are kept alive below.
        unsafe {
            device.cmd_bind_pipeline(buffer, compute, kernel.pipeline);
            device.cmd_bind_descriptor_sets(buffer, compute, kernel.layout, 0, &[bindings.set], &[]);
            if !push.is_empty() {
                device.cmd_push_constants(buffer, kernel.layout, vk::ShaderStageFlags::COMPUTE, 0, push);
            }
            device.cmd_dispatch(buffer, groups[0], groups[1], groups[2]);
        }
        self.commands.keep.push(bindings.keep());
        Ok(())
    }

    /// Copies `bytes` between buffers.
    pub fn copy_buffer(
        &mut self,
        from: &Arc<Buffer>,
        from_offset: u64,
        to: &Arc<Buffer>,
        to_offset: u64,
        bytes: u64,
    ) -> Result<(), GpuError> {
        let inside = |buffer: &Buffer, offset: u64| offset.checked_add(bytes).is_some_and(|end| end <= buffer.bytes());
        if bytes == 0 || !inside(from, from_offset) || !inside(to, to_offset) {
            return Err(GpuError::Misuse("a copy reaches beyond its buffers".to_owned()));
        }
        self.touch(&[(from.handle.as_raw(), Access::Read), (to.handle.as_raw(), Access::Write)]);
        let regions = [vk::BufferCopy { src_offset: from_offset, dst_offset: to_offset, size: bytes }];
        // SAFETY: both ranges are inside their buffers, which are kept alive below.
        unsafe { self.device().cmd_copy_buffer(self.commands.buffer, from.handle, to.handle, &regions) };
        self.keep_both(from, to);
        Ok(())
    }

    /// Copies the first level of `image` into `buffer`, rows tightly packed; `texel_bytes` is the size of one texel.
    pub fn copy_image_to_buffer(
        &mut self,
        image: &Arc<Image>,
        buffer: &Arc<Buffer>,
        texel_bytes: u32,
    ) -> Result<(), GpuError> {
        let region = Self::whole_image(image, buffer, texel_bytes)?;
        self.touch(&[(image.handle.as_raw(), Access::Read), (buffer.handle.as_raw(), Access::Write)]);
        let general = vk::ImageLayout::GENERAL;
        // SAFETY: the buffer holds the whole image; both are kept alive below.
        unsafe {
            self.device().cmd_copy_image_to_buffer(
                self.commands.buffer,
                image.handle,
                general,
                buffer.handle,
                &[region],
            );
        };
        self.keep_both(image, buffer);
        Ok(())
    }

    /// Fills the first level of `image` from `buffer`, rows tightly packed.
    pub fn copy_buffer_to_image(
        &mut self,
        buffer: &Arc<Buffer>,
        image: &Arc<Image>,
        texel_bytes: u32,
    ) -> Result<(), GpuError> {
        let region = Self::whole_image(image, buffer, texel_bytes)?;
        self.touch(&[(buffer.handle.as_raw(), Access::Read), (image.handle.as_raw(), Access::Write)]);
        let general = vk::ImageLayout::GENERAL;
        // SAFETY: as above.
        unsafe {
            self.device().cmd_copy_buffer_to_image(
                self.commands.buffer,
                buffer.handle,
                image.handle,
                general,
                &[region],
            );
        };
        self.keep_both(buffer, image);
        Ok(())
    }

    fn whole_image(image: &Image, buffer: &Buffer, texel_bytes: u32) -> Result<vk::BufferImageCopy, GpuError> {
        let [width, height] = image.size();
        if u64::from(width) * u64::from(height) * u64::from(texel_bytes) > buffer.bytes() {
            return Err(GpuError::Misuse(format!(
                "a picture of {width}×{height} does not fit its buffer of {} bytes",
                buffer.bytes()
            )));
        }
        Ok(vk::BufferImageCopy::default().image_subresource(layers(0)).image_extent(vk::Extent3D {
            width,
            height,
            depth: 1,
        }))
    }

    /// Makes the smaller levels of `image` from its first one, each half the one before (linear filter).
    pub fn make_mips(&mut self, image: &Arc<Image>) {
        let [mut width, mut height] = image.size();
        let identity = image.handle.as_raw();
        for level in 1..image.mips() {
            self.touch(&[(identity, Access::Write)]);
            let next = [(width / 2).max(1), (height / 2).max(1)];
            let zero = vk::Offset3D::default();
            let blit = vk::ImageBlit {
                src_subresource: layers(level - 1),
                src_offsets: [zero, corner([width, height])],
                dst_subresource: layers(level),
                dst_offsets: [zero, corner(next)],
            };
            let general = vk::ImageLayout::GENERAL;
            // SAFETY: both levels exist; the image is kept alive below.
            unsafe {
                self.device().cmd_blit_image(
                    self.commands.buffer,
                    image.handle,
                    general,
                    image.handle,
                    general,
                    &[blit],
                    vk::Filter::LINEAR,
                );
            }
            [width, height] = next;
        }
        self.commands.keep.push(Arc::clone(image) as Arc<dyn Any + Send + Sync>);
    }

    /// Writes the time at which everything recorded before is done as number `index`; ignored where the GPU has no timestamps.
    pub fn timestamp(&mut self, index: u32) {
        if index < self.commands.query_count {
            // SAFETY: the query exists and was reset at the start of this recording.
            unsafe {
                self.device().cmd_write_timestamp2(
                    self.commands.buffer,
                    vk::PipelineStageFlags2::ALL_COMMANDS,
                    self.commands.queries,
                    index,
                );
            }
            self.commands.written[index as usize] = true;
        }
    }

    /// Copies the first level of `from` into a swapchain's image of the same size, whatever its channel order, and leaves that ready to be presented.
    ///
    /// # Safety
    /// `to` is an image of this device with transfer-destination usage and of `from`'s size, and stays alive until the submission is done.
    pub unsafe fn blit_to_swapchain(&mut self, from: &Arc<Image>, to: vk::Image) {
        self.touch(&[(from.handle.as_raw(), Access::Read)]);
        let (none, all) = (vk::AccessFlags2::NONE, vk::PipelineStageFlags2::ALL_COMMANDS);
        let write = vk::AccessFlags2::TRANSFER_WRITE;
        let (undefined, destination, present) =
            (vk::ImageLayout::UNDEFINED, vk::ImageLayout::TRANSFER_DST_OPTIMAL, vk::ImageLayout::PRESENT_SRC_KHR);
        self.transition(to, (all, none), (vk::PipelineStageFlags2::ALL_TRANSFER, write), undefined, destination);
        let whole = [vk::Offset3D::default(), corner(from.size())];
        let blit = vk::ImageBlit {
            src_subresource: layers(0),
            src_offsets: whole,
            dst_subresource: layers(0),
            dst_offsets: whole,
        };
        // SAFETY: the caller vouches for `to`; `from` is kept alive below.
        unsafe {
            self.device().cmd_blit_image(
                self.commands.buffer,
                from.handle,
                vk::ImageLayout::GENERAL,
                to,
                destination,
                &[blit],
                vk::Filter::NEAREST,
            );
        }
        self.transition(to, (vk::PipelineStageFlags2::ALL_TRANSFER, write), (all, none), destination, present);
        self.commands.keep.push(Arc::clone(from) as Arc<dyn Any + Send + Sync>);
    }

    /// Brings a new image into layout GENERAL and makes it black.
    pub(super) fn initialise(&mut self, image: &Arc<Image>) -> Result<(), GpuError> {
        let (all, general) = (vk::PipelineStageFlags2::ALL_COMMANDS, vk::ImageLayout::GENERAL);
        let none = vk::AccessFlags2::NONE;
        self.transition(
            image.handle,
            (all, none),
            (all, vk::AccessFlags2::MEMORY_WRITE),
            vk::ImageLayout::UNDEFINED,
            general,
        );
        let range = [vk::ImageSubresourceRange::default()
            .aspect_mask(vk::ImageAspectFlags::COLOR)
            .level_count(vk::REMAINING_MIP_LEVELS)
            .layer_count(1)];
        // SAFETY: the image is in the layout named, and kept alive below.
        unsafe {
            self.device().cmd_clear_color_image(
                self.commands.buffer,
                image.handle,
                general,
                &vk::ClearColorValue::default(),
                &range,
            );
        }
        self.commands.keep.push(Arc::clone(image) as Arc<dyn Any + Send + Sync>);
        Ok(())
    }

    fn transition(
        &self,
        image: vk::Image,
        from: (vk::PipelineStageFlags2, vk::AccessFlags2),
        to: (vk::PipelineStageFlags2, vk::AccessFlags2),
        old: vk::ImageLayout,
        new: vk::ImageLayout,
    ) {
        let range = vk::ImageSubresourceRange::default()
            .aspect_mask(vk::ImageAspectFlags::COLOR)
            .level_count(vk::REMAINING_MIP_LEVELS)
            .layer_count(1);
        let barriers = [vk::ImageMemoryBarrier2::default()
            .image(image)
            .src_stage_mask(from.0)
            .src_access_mask(from.1)
            .dst_stage_mask(to.0)
            .dst_access_mask(to.1)
            .old_layout(old)
            .new_layout(new)
            .subresource_range(range)];
        let info = vk::DependencyInfo::default().image_memory_barriers(&barriers);
        // SAFETY: the image is alive (the callers see to it) and of this device.
        unsafe { self.commands.gpu.shared.device.cmd_pipeline_barrier2(self.commands.buffer, &info) };
    }

    fn keep_both<A: Any + Send + Sync, B: Any + Send + Sync>(&mut self, one: &Arc<A>, other: &Arc<B>) {
        self.commands.keep.push(Arc::clone(one) as Arc<dyn Any + Send + Sync>);
        self.commands.keep.push(Arc::clone(other) as Arc<dyn Any + Send + Sync>);
    }
}
