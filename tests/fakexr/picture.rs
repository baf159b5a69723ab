//! What a swapchain's image shows, in host memory.

use ash::vk;

use super::state::State;
use super::vulkan::{Graphics, whole};

/// An image's bytes, as the format says, rows without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) format: vk::Format,
    pub(crate) size: [u32; 2],
    pub(crate) bytes: Vec<u8>,
}

/// Bytes a pixel of the formats that can be read.
fn pixel_bytes(format: vk::Format) -> Option<usize> {
    match format {
        vk::Format::R8G8B8A8_SRGB
        | vk::Format::B8G8R8A8_SRGB
        | vk::Format::R8G8B8A8_UNORM
        | vk::Format::B8G8R8A8_UNORM
        | vk::Format::A2B10G10R10_UNORM_PACK32
        | vk::Format::D32_SFLOAT => Some(4),
        vk::Format::R16G16B16A16_SFLOAT => Some(8),
        _ => None,
    }
}

impl Picture {
    /// The stored values of an 8-bit pixel, in the order red, green, blue, alpha.
    pub(crate) fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let at = (y as usize * self.size[0] as usize + x as usize) * 4;
        let [a, b, c, d] = [0, 1, 2, 3].map(|offset| self.bytes[at + offset]);
        match self.format {
            vk::Format::B8G8R8A8_SRGB | vk::Format::B8G8R8A8_UNORM => [c, b, a, d],
            vk::Format::R8G8B8A8_SRGB | vk::Format::R8G8B8A8_UNORM => [a, b, c, d],
            other => panic!("{other:?} has no 8-bit pixels"),
        }
    }

    /// The whole as an image of stored values (sRGB formats: as on a screen).
    pub(crate) fn image(&self) -> image::RgbaImage {
        image::RgbaImage::from_fn(self.size[0], self.size[1], |x, y| image::Rgba(self.pixel(x, y)))
    }
}

/// Copies one layer and mip of an image out. Nobody else may use the queue meanwhile.
pub(super) fn read(state: &mut State, swapchain: u64, index: u32, layer: u32, mip: u32) -> Option<Picture> {
    let chain = state.swapchains.get(&swapchain)?;
    let (image, _) = *chain.images.get(index as usize)?;
    let size = chain.size.map(|side| (side >> mip).max(1));
    let length = size[0] as usize * size[1] as usize * pixel_bytes(chain.format)?;
    let (layout, aspect) = (chain.layout(), chain.aspect());
    let graphics = &state.sessions.get(&chain.session)?.graphics;
    let bytes = copy(graphics, length, |device, commands, buffer| {
        let all = vk::PipelineStageFlags::ALL_COMMANDS;
        let source = vk::ImageLayout::TRANSFER_SRC_OPTIMAL;
        let barrier = |from, to| {
            vk::ImageMemoryBarrier::default()
                .image(image)
                .subresource_range(whole(aspect))
                .old_layout(from)
                .new_layout(to)
                .src_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
                .dst_queue_family_index(vk::QUEUE_FAMILY_IGNORED)
                .src_access_mask(vk::AccessFlags::MEMORY_WRITE)
                .dst_access_mask(vk::AccessFlags::MEMORY_READ | vk::AccessFlags::MEMORY_WRITE)
        };
        let region = vk::BufferImageCopy::default()
            .image_subresource(vk::ImageSubresourceLayers {
                aspect_mask: aspect,
                mip_level: mip,
                base_array_layer: layer,
                layer_count: 1,
            })
            .image_extent(vk::Extent3D { width: size[0], height: size[1], depth: 1 });
        let none = vk::DependencyFlags::empty();
        // SAFETY: recording; image and buffer outlive the submission, which is waited for.
        unsafe {
            device.cmd_pipeline_barrier(commands, all, all, none, &[], &[], &[barrier(layout, source)]);
            device.cmd_copy_image_to_buffer(commands, image, source, buffer, &[region]);
            device.cmd_pipeline_barrier(commands, all, all, none, &[], &[], &[barrier(source, layout)]);
            let to_host = vk::MemoryBarrier::default()
                .src_access_mask(vk::AccessFlags::TRANSFER_WRITE)
                .dst_access_mask(vk::AccessFlags::HOST_READ);
            let (copy, host) = (vk::PipelineStageFlags::TRANSFER, vk::PipelineStageFlags::HOST);
            device.cmd_pipeline_barrier(commands, copy, host, none, &[to_host], &[], &[]);
        }
    })?;
    Some(Picture { format: state.swapchains.get(&swapchain)?.format, size, bytes })
}

/// Runs `record` with a buffer of `length` bytes, and gives what is in it then.
fn copy(
    graphics: &Graphics,
    length: usize,
    record: impl FnOnce(&ash::Device, vk::CommandBuffer, vk::Buffer),
) -> Option<Vec<u8>> {
    let device = &graphics.device;
    let info = vk::BufferCreateInfo::default().size(length as u64).usage(vk::BufferUsageFlags::TRANSFER_DST);
    // SAFETY: the client's device lives as long as the session; the buffer is ours and the copy is waited for.
    unsafe {
        let buffer = device.create_buffer(&info, None).ok()?;
        let needs = device.get_buffer_memory_requirements(buffer);
        let flags = vk::MemoryPropertyFlags::HOST_VISIBLE | vk::MemoryPropertyFlags::HOST_COHERENT;
        let kind = graphics.memory_type(needs.memory_type_bits, flags)?;
        let allocation = vk::MemoryAllocateInfo::default().allocation_size(needs.size).memory_type_index(kind);
        let memory = device.allocate_memory(&allocation, None).ok()?;
        device.bind_buffer_memory(buffer, memory, 0).ok()?;
        let done = graphics.submit(|device, commands| record(device, commands, buffer));
        let mapped = device.map_memory(memory, 0, vk::WHOLE_SIZE, vk::MemoryMapFlags::empty()).ok()?;
        let bytes = std::slice::from_raw_parts(mapped.cast::<u8>(), length).to_vec();
        device.destroy_buffer(buffer, None);
        device.free_memory(memory, None);
        done.then_some(bytes)
    }
}
