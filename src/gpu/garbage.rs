//! What was dropped while the GPU may still use it.

use std::sync::Mutex;

use ash::vk;
use gpu_allocator::vulkan::{Allocation, Allocator};

use super::lock::lock;

/// Something dropped whose turn to be freed comes when the timelines have passed.
pub(super) enum Garbage {
    Buffer(vk::Buffer, Option<Allocation>),
    BufferView(vk::BufferView),
    Image(vk::Image, [vk::ImageView; 2], Option<Allocation>),
    Pipeline(vk::Pipeline, vk::PipelineLayout, vk::DescriptorSetLayout),
    DescriptorPool(vk::DescriptorPool),
    CommandPool(vk::CommandPool, vk::QueryPool),
}

impl Garbage {
    /// Frees it, and tells how many bytes of memory it had of `allocator`.
    ///
    /// # Safety
    /// It is of `device`, nobody else has its handles, and the GPU is done with it.
    pub(super) unsafe fn destroy(self, device: &ash::Device, allocator: &Mutex<Option<Allocator>>) -> u64 {
        // SAFETY: as the caller says.
        unsafe {
            match self {
                Self::Buffer(buffer, allocation) => {
                    device.destroy_buffer(buffer, None);
                    return free(allocator, allocation);
                }
                Self::BufferView(view) => device.destroy_buffer_view(view, None),
                Self::Image(image, views, allocation) => {
                    views.into_iter().for_each(|view| device.destroy_image_view(view, None));
                    device.destroy_image(image, None);
                    return free(allocator, allocation);
                }
                Self::Pipeline(pipeline, layout, set_layout) => {
                    device.destroy_pipeline(pipeline, None);
                    device.destroy_pipeline_layout(layout, None);
                    device.destroy_descriptor_set_layout(set_layout, None);
                }
                Self::DescriptorPool(pool) => device.destroy_descriptor_pool(pool, None),
                Self::CommandPool(pool, queries) => {
                    device.destroy_command_pool(pool, None);
                    device.destroy_query_pool(queries, None);
                }
            }
        }
        0
    }
}

fn free(allocator: &Mutex<Option<Allocator>>, allocation: Option<Allocation>) -> u64 {
    let (mut allocator, Some(allocation)) = (lock(allocator), allocation) else { return 0 };
    let Some(allocator) = allocator.as_mut() else { return 0 };
    let bytes = allocation.size();
    if let Err(error) = allocator.free(allocation) {
        tracing::error!("GPU memory was not freed: {error}");
    }
    bytes
}
