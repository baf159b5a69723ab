//! The pictures that meshes are covered with, on the GPU.

use std::sync::Arc;

use ash::vk;

use super::error::PanelError;
use crate::gpu::{Buffer, BufferKind, Gpu, GpuError, Image, ImageOptions, Lease, Recorder};

/// Bytes of a texel.
const TEXEL: u32 = 4;

/// Descriptor sets for textures, of the layout that the renderer's pipeline has.
pub(super) struct Sets {
    gpu: Gpu,
    layout: vk::DescriptorSetLayout,
    pool: vk::DescriptorPool,
}

/// At most so many textures at once: letters, previews, and those that are on their way out.
const MOST: u32 = 64;

impl Sets {
    pub(super) fn new(gpu: &Gpu) -> Result<Self, PanelError> {
        let (.., device, _) = gpu.handles();
        let mut sets =
            Self { gpu: gpu.clone(), layout: vk::DescriptorSetLayout::null(), pool: vk::DescriptorPool::null() };
        sets.layout = egui_ash_renderer::vulkan::create_vulkan_descriptor_set_layout(device)?;
        sets.pool = egui_ash_renderer::vulkan::create_vulkan_descriptor_pool(device, MOST)?;
        Ok(sets)
    }
}

impl Drop for Sets {
    fn drop(&mut self) {
        let (.., device, _) = self.gpu.handles();
        // SAFETY: the renderer, which owns these, has waited for the GPU; destroying null handles is allowed.
        unsafe {
            device.destroy_descriptor_pool(self.pool, None);
            device.destroy_descriptor_set_layout(self.layout, None);
        }
    }
}

/// One texture. Not freed by dropping, because the GPU may use it: [`Texture::free`].
pub(super) struct Texture {
    image: Arc<Image>,
    pub(super) set: vk::DescriptorSet,
    /// Command buffers that use it.
    pub(super) uses: Vec<Lease>,
}

impl Texture {
    /// A texture of `size`, in sRGB: the renderer's shader wants it so.
    pub(super) fn new(sets: &Sets, size: [u32; 2]) -> Result<Self, PanelError> {
        let options = ImageOptions { size, format: vk::Format::R8G8B8A8_SRGB, mips: 1 };
        let image = Image::new(&sets.gpu, "panel texture", options)?;
        let (.., device, _) = sets.gpu.handles();
        let layouts = [sets.layout];
        let info = vk::DescriptorSetAllocateInfo::default().descriptor_pool(sets.pool).set_layouts(&layouts);
        // SAFETY: pool and layout are alive.
        let made = unsafe { device.allocate_descriptor_sets(&info) };
        let made = made.map_err(GpuError::while_doing("making a texture of the panel"))?;
        let set = made.first().copied().unwrap_or_default();
        let images = [vk::DescriptorImageInfo::default()
            .sampler(sets.gpu.linear_sampler())
            .image_view(image.view())
            .image_layout(vk::ImageLayout::GENERAL)];
        let writes = [vk::WriteDescriptorSet::default()
            .dst_set(set)
            .descriptor_type(vk::DescriptorType::COMBINED_IMAGE_SAMPLER)
            .image_info(&images)];
        // SAFETY: the set is new; sampler and view live as long as the image, which lives as long as the set is used.
        unsafe { device.update_descriptor_sets(&writes, &[]) };
        Ok(Self { image, set, uses: Vec::new() })
    }

    pub(super) fn size(&self) -> [u32; 2] {
        self.image.size()
    }

    /// Records that the rectangle of `size` at `at` becomes `texels`.
    pub(super) fn write(
        &self,
        gpu: &Gpu,
        recorder: &mut Recorder<'_>,
        at: [u32; 2],
        size: [u32; 2],
        texels: &[u8],
    ) -> Result<(), GpuError> {
        let staging = Buffer::new(gpu, "panel texels", texels.len() as u64, BufferKind::Upload)?;
        staging.write(0, texels)?;
        recorder.copy_buffer_to_part(&staging, &self.image, at, size, TEXEL)
    }

    /// Notes that what is being recorded uses it, and forgets those that are done.
    pub(super) fn note_use(&mut self, gpu: &Gpu, recorder: &mut Recorder<'_>) -> Result<(), GpuError> {
        let mut failure = None;
        self.uses.retain(|lease| match lease.is_over(gpu) {
            Ok(over) => !over,
            Err(error) => {
                failure = Some(error);
                true
            }
        });
        self.uses.push(recorder.lease());
        recorder.keep(Arc::clone(&self.image));
        failure.map_or(Ok(()), Err)
    }

    /// Whether the GPU is done with it. Never waits.
    pub(super) fn is_free(&self, gpu: &Gpu) -> Result<bool, GpuError> {
        for lease in &self.uses {
            if !lease.is_over(gpu)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives its set back. To be called when [`Texture::is_free`].
    pub(super) fn free(self, sets: &Sets) {
        let (.., device, _) = sets.gpu.handles();
        // SAFETY: the pool allows it and the GPU is done with the set. A failure costs no more than the set.
        let _ = unsafe { device.free_descriptor_sets(sets.pool, &[self.set]) };
    }
}
