//! What can be recorded: dispatches, copies of buffers, drawing, timestamps, with barriers put between those that depend on each other.

use std::any::Any;
use std::sync::Arc;

use ash::vk;
use ash::vk::Handle;

use super::barrier::{Access, Hazards};
use super::error::GpuError;
use super::memory::{Buffer, Image};
use super::pipeline::Bindings;
use super::queue::QueueKind;
use super::submit::{Commands, Lease};

/// Memory accesses of compute and transfer work.
pub(super) const WORK: vk::AccessFlags2 =
    vk::AccessFlags2::from_raw(vk::AccessFlags2::MEMORY_READ.as_raw() | vk::AccessFlags2::MEMORY_WRITE.as_raw());

/// Compute, what it reads its numbers of workgroups with, and transfers: all that is recorded here.
pub(super) const STAGES: vk::PipelineStageFlags2 = vk::PipelineStageFlags2::from_raw(
    vk::PipelineStageFlags2::COMPUTE_SHADER.as_raw()
        | vk::PipelineStageFlags2::DRAW_INDIRECT.as_raw()
        | vk::PipelineStageFlags2::ALL_TRANSFER.as_raw(),
);

pub(super) fn layers(level: u32) -> vk::ImageSubresourceLayers {
    vk::ImageSubresourceLayers::default().aspect_mask(vk::ImageAspectFlags::COLOR).mip_level(level).layer_count(1)
}

pub(super) fn corner([width, height]: [u32; 2]) -> vk::Offset3D {
    vk::Offset3D { x: width as i32, y: height as i32, z: 1 }
}

impl Commands {
    /// Records anew what `work` asks for; waits first if the last submission is still running. An error of `work` is handed on: nothing of it may be
    /// submitted then.
    pub fn record<E: From<GpuError>>(
        &mut self,
        work: impl FnOnce(&mut Recorder<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.gpu.wait(self.point())?;
        self.keep.clear();
        self.run = Arc::default();
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
}

/// Takes commands while [`Commands::record`] runs, and puts barriers between those that depend on each other.
pub struct Recorder<'a> {
    pub(super) commands: &'a mut Commands,
    pub(super) hazards: Hazards,
}

impl Recorder<'_> {
    pub(super) fn device(&self) -> ash::Device {
        self.commands.gpu.shared.device.clone()
    }

    pub(super) fn barrier(&self, from: vk::PipelineStageFlags2, to: vk::PipelineStageFlags2, access: vk::AccessFlags2) {
        let barriers = [vk::MemoryBarrier2::default()
            .src_stage_mask(from)
            .src_access_mask(vk::AccessFlags2::MEMORY_WRITE)
            .dst_stage_mask(to)
            .dst_access_mask(access)];
        let info = vk::DependencyInfo::default().memory_barriers(&barriers);
        // SAFETY: the buffer is being recorded.
        unsafe { self.commands.gpu.shared.device.cmd_pipeline_barrier2(self.commands.buffer, &info) };
    }

    pub(super) fn touch(&mut self, accesses: &[(u64, Access)]) {
        if self.hazards.barrier_before(accesses) {
            self.barrier(STAGES, STAGES, WORK);
        }
    }

    /// Images belong to the main queue's family.
    pub(super) fn uses_images(&self) -> Result<(), GpuError> {
        match self.commands.queue {
            QueueKind::Main => Ok(()),
            QueueKind::Network => Err(GpuError::Misuse("an image was used on the network's queue".to_owned())),
        }
    }

    /// Runs `groups` workgroups of the kernel behind `bindings` with `push` as its push constants.
    pub fn dispatch(&mut self, bindings: &Arc<Bindings>, push: &[u8], groups: [u32; 3]) -> Result<(), GpuError> {
        self.bind(bindings, push, None)?;
        // SAFETY: kernel, set and push constants were just bound.
        unsafe { self.device().cmd_dispatch(self.commands.buffer, groups[0], groups[1], groups[2]) };
        self.commands.keep.push(bindings.keep());
        Ok(())
    }

    /// As [`Recorder::dispatch`], of the workgroups from `first` on only, `groups` each way: `gl_WorkGroupID` begins there, `gl_NumWorkGroups` is `groups`.
    pub fn dispatch_part(
        &mut self,
        bindings: &Arc<Bindings>,
        push: &[u8],
        first: [u32; 3],
        groups: [u32; 3],
    ) -> Result<(), GpuError> {
        self.bind(bindings, push, None)?;
        let [x, y, z] = first;
        // SAFETY: kernel, set and push constants were just bound, and every kernel is made for a base.
        unsafe {
            self.device().cmd_dispatch_base(self.commands.buffer, x, y, z, groups[0], groups[1], groups[2]);
        }
        self.commands.keep.push(bindings.keep());
        Ok(())
    }

    /// As [`Recorder::dispatch`], with the numbers of workgroups read from three `u32` at byte `offset` (a multiple of four) of `counts`, which commands
    /// before may have written.
    pub fn dispatch_indirect(
        &mut self,
        bindings: &Arc<Bindings>,
        push: &[u8],
        counts: &Arc<Buffer>,
        offset: u64,
    ) -> Result<(), GpuError> {
        if !offset.is_multiple_of(4) || offset.checked_add(12).is_none_or(|end| end > counts.bytes()) {
            return Err(GpuError::Misuse("numbers of workgroups were to be read outside of their buffer".to_owned()));
        }
        self.bind(bindings, push, Some(counts))?;
        // SAFETY: kernel, set and push constants were just bound; the numbers are inside the buffer, which is kept alive below.
        unsafe { self.device().cmd_dispatch_indirect(self.commands.buffer, counts.handle, offset) };
        self.keep_both(bindings, counts);
        Ok(())
    }

    /// Binds a kernel with its resources for the dispatch that follows, behind the barrier that it needs.
    fn bind(&mut self, bindings: &Arc<Bindings>, push: &[u8], counts: Option<&Arc<Buffer>>) -> Result<(), GpuError> {
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
        if bindings.images {
            self.uses_images()?;
        }
        match counts {
            Some(counts) => {
                self.touch(&[&bindings.accesses[..], &[(counts.handle.as_raw(), Access::Read)]].concat());
            }
            None => self.touch(&bindings.accesses),
        }
        let (device, buffer) = (self.device(), self.commands.buffer);
        let compute = vk::PipelineBindPoint::COMPUTE;
        // SAFETY: kernel and set fit each other by construction and are kept alive by the callers.
        unsafe {
            device.cmd_bind_pipeline(buffer, compute, kernel.pipeline);
            device.cmd_bind_descriptor_sets(buffer, compute, kernel.layout, 0, &[bindings.set], &[]);
            if !push.is_empty() {
                device.cmd_push_constants(buffer, kernel.layout, vk::ShaderStageFlags::COMPUTE, 0, push);
            }
        }
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
        let region = self.whole_image(image, buffer, texel_bytes)?;
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
        let region = self.whole_image(image, buffer, texel_bytes)?;
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

    fn whole_image(&self, image: &Image, buffer: &Buffer, texel_bytes: u32) -> Result<vk::BufferImageCopy, GpuError> {
        self.uses_images()?;
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

    /// Fills the rectangle of `size` at `at` of `image`'s first level from `buffer`, rows tightly packed.
    pub fn copy_buffer_to_part(
        &mut self,
        buffer: &Arc<Buffer>,
        image: &Arc<Image>,
        at: [u32; 2],
        size: [u32; 2],
        texel_bytes: u32,
    ) -> Result<(), GpuError> {
        self.uses_images()?;
        let inside = |axis: usize| at[axis].checked_add(size[axis]).is_some_and(|end| end <= image.size()[axis]);
        let bytes = u64::from(size[0]) * u64::from(size[1]) * u64::from(texel_bytes);
        if size.contains(&0) || !inside(0) || !inside(1) || bytes > buffer.bytes() {
            return Err(GpuError::Misuse("a part of a picture does not fit its buffer or its image".to_owned()));
        }
        self.touch(&[(buffer.handle.as_raw(), Access::Read), (image.handle.as_raw(), Access::Write)]);
        let region = vk::BufferImageCopy::default()
            .image_subresource(layers(0))
            .image_offset(vk::Offset3D { x: at[0] as i32, y: at[1] as i32, z: 0 })
            .image_extent(vk::Extent3D { width: size[0], height: size[1], depth: 1 });
        let general = vk::ImageLayout::GENERAL;
        // SAFETY: the rectangle is inside the image, the buffer holds it, and both are kept alive below.
        unsafe {
            let (device, commands) = (self.device(), self.commands.buffer);
            device.cmd_copy_buffer_to_image(commands, buffer.handle, image.handle, general, &[region]);
        };
        self.keep_both(buffer, image);
        Ok(())
    }

    /// Draws to `target` (`R8G8B8A8_UNORM`) with graphics commands, which `work` records between `vkCmdBeginRendering` and `vkCmdEndRendering`:
    /// over what is there or, with `background`, over that colour. Barriers before and after are seen to.
    ///
    /// # Safety
    /// The queue can draw ([`super::Gpu::can_draw`]). What `work` records is valid for one colour attachment of the target's size and format, ends
    /// nothing that it has not begun, and writes to nothing else. What it uses stays alive until they can
    /// no longer use it ([`Recorder::keep`], [`Recorder::lease`]).
    pub unsafe fn draw<T>(
        &mut self,
        target: &Arc<Image>,
        background: Option<[f32; 4]>,
        work: impl FnOnce(vk::CommandBuffer) -> T,
    ) -> Result<T, GpuError> {
        self.uses_images()?;
        if target.format() != vk::Format::R8G8B8A8_UNORM {
            return Err(GpuError::Misuse("an image that cannot be drawn to was drawn to".to_owned()));
        }
        let graphics = vk::PipelineStageFlags2::ALL_GRAPHICS;
        self.barrier(STAGES, graphics, WORK);
        self.hazards = Hazards::default();
        let [width, height] = target.size();
        let attachment = vk::RenderingAttachmentInfo::default()
            .image_view(target.storage_view)
            .image_layout(vk::ImageLayout::GENERAL)
            .load_op(if background.is_some() { vk::AttachmentLoadOp::CLEAR } else { vk::AttachmentLoadOp::LOAD })
            .store_op(vk::AttachmentStoreOp::STORE)
            .clear_value(vk::ClearValue { color: vk::ClearColorValue { float32: background.unwrap_or_default() } });
        let attachments = [attachment];
        let info = vk::RenderingInfo::default()
            .render_area(vk::Rect2D { offset: vk::Offset2D::default(), extent: vk::Extent2D { width, height } })
            .layer_count(1)
            .color_attachments(&attachments);
        let (device, buffer) = (self.device(), self.commands.buffer);
        // SAFETY: the target can be drawn to, is in the layout named and kept alive below; the caller vouches for what comes between.
        let result = unsafe {
            device.cmd_begin_rendering(buffer, &info);
            let result = work(buffer);
            device.cmd_end_rendering(buffer);
            result
        };
        self.barrier(graphics, STAGES, WORK);
        self.keep(Arc::clone(target));
        Ok(result)
    }

    /// Keeps `thing` until the commands are recorded anew, which waits for their last run, or dropped.
    pub fn keep<T: Any + Send + Sync>(&mut self, thing: Arc<T>) {
        self.commands.keep.push(thing);
    }

    /// Tells whoever holds it when these commands can no longer use what they are given.
    pub fn lease(&mut self) -> Lease {
        Lease::new(self.commands)
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

    pub(super) fn transition(
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

    pub(super) fn keep_both<A: Any + Send + Sync, B: Any + Send + Sync>(&mut self, one: &Arc<A>, other: &Arc<B>) {
        self.commands.keep.push(Arc::clone(one) as Arc<dyn Any + Send + Sync>);
        self.commands.keep.push(Arc::clone(other) as Arc<dyn Any + Send + Sync>);
    }
}
