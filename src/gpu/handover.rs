//! Pictures handed over: copies into images of a swapchain and of a headset's runtime.

use std::any::Any;
use std::sync::Arc;

use ash::vk;
use ash::vk::Handle;

use super::barrier::Access;
use super::memory::Image;
use super::recorder::{Recorder, STAGES, WORK, corner, layers};

impl Recorder<'_> {
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

    /// Copies the first level of `from` (R8G8B8A8_UNORM holding sRGB-encoded values) into an image of a headset's runtime, and makes its smaller levels
    /// by averaging light, not codes. The result means the same in any format: where `to` is not R8G8B8A8_SRGB, `bridge` is an image of that format
    /// and of `from`'s size that the values go through.
    ///
    /// # Safety
    /// `to` is an image of this device with transfer-source and -destination usage, of `from`'s size and with `levels` levels and one layer. Nobody else
    /// uses it until the submission is done, and it stays alive as long. It is in layout COLOR_ATTACHMENT_OPTIMAL then.
    pub unsafe fn copy_to_runtime(
        &mut self,
        from: &Arc<Image>,
        to: vk::Image,
        levels: u32,
        bridge: Option<&Arc<Image>>,
    ) {
        let general = vk::ImageLayout::GENERAL;
        let all = vk::PipelineStageFlags2::ALL_COMMANDS;
        self.transition(to, (all, vk::AccessFlags2::NONE), (all, WORK), vk::ImageLayout::UNDEFINED, general);
        match bridge {
            None => {
                self.touch(&[(from.handle.as_raw(), Access::Read)]);
                self.copy_whole(from.handle, to, from.size());
            }
            Some(bridge) => {
                self.touch(&[(from.handle.as_raw(), Access::Read), (bridge.handle.as_raw(), Access::Write)]);
                self.copy_whole(from.handle, bridge.handle, from.size());
                self.touch(&[(bridge.handle.as_raw(), Access::Read)]);
                self.blit_level((bridge.handle, 0, from.size()), (to, 0, from.size()));
                self.commands.keep.push(Arc::clone(bridge) as Arc<dyn Any + Send + Sync>);
            }
        }
        let mut size = from.size();
        for level in 1..levels {
            self.barrier(STAGES, STAGES, WORK);
            let next = size.map(|side| (side / 2).max(1));
            self.blit_level((to, level - 1, size), (to, level, next));
            size = next;
        }
        let attachment = vk::ImageLayout::COLOR_ATTACHMENT_OPTIMAL;
        let (written, seen) = (vk::AccessFlags2::MEMORY_WRITE, vk::AccessFlags2::MEMORY_READ);
        self.transition(to, (all, written), (all, seen), general, attachment);
        self.commands.keep.push(Arc::clone(from) as Arc<dyn Any + Send + Sync>);
    }

    /// Copies the first level of one image into that of another, bit by bit: both of this size, in layout GENERAL, with texels of one size.
    fn copy_whole(&self, from: vk::Image, to: vk::Image, [width, height]: [u32; 2]) {
        let region = vk::ImageCopy::default()
            .src_subresource(layers(0))
            .dst_subresource(layers(0))
            .extent(vk::Extent3D { width, height, depth: 1 });
        let general = vk::ImageLayout::GENERAL;
        let device = &self.commands.gpu.shared.device;
        // SAFETY: the callers name images that are alive and as said above.
        unsafe { device.cmd_copy_image(self.commands.buffer, from, general, to, general, &[region]) };
    }
}
