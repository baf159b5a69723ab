//! Pictures put into others: copied, scaled, made smaller, cleared.

use std::sync::Arc;

use ash::vk;
use ash::vk::Handle;

use super::barrier::Access;
use super::error::GpuError;
use super::memory::Image;
use super::recorder::{Recorder, corner, layers};

impl Recorder<'_> {
    /// Copies the first level of `from` to that of `to`, another image of the same size and format.
    pub fn copy_image(&mut self, from: &Arc<Image>, to: &Arc<Image>) -> Result<(), GpuError> {
        if from.size() != to.size() {
            return Err(GpuError::Misuse("a picture was copied to an image of another size".to_owned()));
        }
        self.copy_image_to_part(from, to, [0, 0])
    }

    /// Copies the first level of `from` into that of `to`, another image of the same format, where its upper left pixel comes to `at`.
    pub fn copy_image_to_part(&mut self, from: &Arc<Image>, to: &Arc<Image>, at: [u32; 2]) -> Result<(), GpuError> {
        self.uses_images()?;
        let size @ [width, height] = from.size();
        if from.format() != to.format() || from.handle == to.handle || !is_inside(to, at, size) {
            return Err(GpuError::Misuse("a picture was copied to an image that cannot take it".to_owned()));
        }
        self.touch(&[(from.handle.as_raw(), Access::Read), (to.handle.as_raw(), Access::Write)]);
        let region = vk::ImageCopy::default()
            .src_subresource(layers(0))
            .dst_subresource(layers(0))
            .dst_offset(vk::Offset3D { x: at[0] as i32, y: at[1] as i32, z: 0 })
            .extent(vk::Extent3D { width, height, depth: 1 });
        let general = vk::ImageLayout::GENERAL;
        // SAFETY: both images have the region and are kept alive below.
        unsafe {
            let (device, commands) = (self.device(), self.commands.buffer);
            device.cmd_copy_image(commands, from.handle, general, to.handle, general, &[region]);
        }
        self.keep_both(from, to);
        Ok(())
    }

    /// Fills the rectangle of `size` at `at` of `to`'s first level with all of `from`'s, read between its pixels (linear filter, which is for what is not made
    /// smaller). Only a queue that draws can do that ([`super::Gpu::can_draw`]).
    pub fn scale_image_to_part(
        &mut self,
        from: &Arc<Image>,
        to: &Arc<Image>,
        at: [u32; 2],
        size: [u32; 2],
    ) -> Result<(), GpuError> {
        self.uses_images()?;
        if from.handle == to.handle || !is_inside(to, at, size) {
            return Err(GpuError::Misuse("a picture was scaled into an image that cannot take it".to_owned()));
        }
        self.touch(&[(from.handle.as_raw(), Access::Read), (to.handle.as_raw(), Access::Write)]);
        let [near, far] = [at, [at[0] + size[0], at[1] + size[1]]];
        let blit = vk::ImageBlit {
            src_subresource: layers(0),
            src_offsets: [vk::Offset3D::default(), corner(from.size())],
            dst_subresource: layers(0),
            dst_offsets: [vk::Offset3D { x: near[0] as i32, y: near[1] as i32, z: 0 }, corner(far)],
        };
        let (general, linear) = (vk::ImageLayout::GENERAL, vk::Filter::LINEAR);
        // SAFETY: the rectangle is inside the image; both are kept alive below.
        unsafe {
            let (device, commands) = (self.device(), self.commands.buffer);
            device.cmd_blit_image(commands, from.handle, general, to.handle, general, &[blit], linear);
        }
        self.keep_both(from, to);
        Ok(())
    }

    /// Makes the first level of `image` (R8G8B8A8_UNORM) black, and opaque.
    pub fn make_black(&mut self, image: &Arc<Image>) -> Result<(), GpuError> {
        self.uses_images()?;
        self.touch(&[(image.handle.as_raw(), Access::Write)]);
        let range = [vk::ImageSubresourceRange::default()
            .aspect_mask(vk::ImageAspectFlags::COLOR)
            .level_count(1)
            .layer_count(1)];
        let black = vk::ClearColorValue { float32: [0.0, 0.0, 0.0, 1.0] };
        // SAFETY: the image is in the layout named, and kept alive below.
        unsafe {
            let (device, commands) = (self.device(), self.commands.buffer);
            device.cmd_clear_color_image(commands, image.handle, vk::ImageLayout::GENERAL, &black, &range);
        }
        self.keep(Arc::clone(image));
        Ok(())
    }

    /// Makes the smaller levels of `image` from its first one, each half the one before (linear filter).
    pub fn make_mips(&mut self, image: &Arc<Image>) {
        let [mut width, mut height] = image.size();
        let identity = image.handle.as_raw();
        for level in 1..image.mips() {
            self.touch(&[(identity, Access::Write)]);
            let next = [(width / 2).max(1), (height / 2).max(1)];
            self.blit_level((image.handle, level - 1, [width, height]), (image.handle, level, next));
            [width, height] = next;
        }
        self.keep(Arc::clone(image));
    }

    /// Scales one level (of an image in layout GENERAL, its size given) into another one.
    pub(super) fn blit_level(&self, from: (vk::Image, u32, [u32; 2]), to: (vk::Image, u32, [u32; 2])) {
        let zero = vk::Offset3D::default();
        let blit = vk::ImageBlit {
            src_subresource: layers(from.1),
            src_offsets: [zero, corner(from.2)],
            dst_subresource: layers(to.1),
            dst_offsets: [zero, corner(to.2)],
        };
        let (general, linear) = (vk::ImageLayout::GENERAL, vk::Filter::LINEAR);
        // SAFETY: the callers name levels that exist, with their sizes, of images that are alive.
        unsafe { self.device().cmd_blit_image(self.commands.buffer, from.0, general, to.0, general, &[blit], linear) };
    }
}

/// Whether a rectangle lies in `image` and is something.
fn is_inside(image: &Image, at: [u32; 2], size: [u32; 2]) -> bool {
    let axis = |axis: usize| at[axis].checked_add(size[axis]).is_some_and(|end| end <= image.size()[axis]);
    !size.contains(&0) && axis(0) && axis(1)
}
