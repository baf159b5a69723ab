//! Buffers, views of them, and images.

use std::sync::{Arc, Mutex};

use ash::vk;
use gpu_allocator::MemoryLocation;
use gpu_allocator::vulkan::{Allocation, AllocationCreateDesc, AllocationScheme};

use super::debug;
use super::device::{Gpu, Shared};
use super::error::GpuError;
use super::garbage::Garbage;
use super::lock::lock;
use super::submit::Commands;

fn allocate(
    shared: &Shared,
    name: &str,
    requirements: vk::MemoryRequirements,
    location: MemoryLocation,
    linear: bool,
) -> Result<Allocation, GpuError> {
    let mut allocator = lock(&shared.allocator);
    let allocator =
        allocator.as_mut().ok_or_else(|| GpuError::Misuse("memory was asked for after the end".to_owned()))?;
    let scheme = AllocationScheme::GpuAllocatorManaged;
    let description = AllocationCreateDesc { name, requirements, location, linear, allocation_scheme: scheme };
    let allocation = allocator
        .allocate(&description)
        .map_err(|_| GpuError::OutOfMemory { name: name.to_owned(), bytes: requirements.size })?;
    shared.count_memory(allocation.size());
    Ok(allocation)
}

/// Where a buffer lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BufferKind {
    /// The GPU's own memory.
    Device,
    /// Written by the CPU, read by the GPU.
    Upload,
    /// Written by the GPU, read by the CPU.
    Readback,
}

/// A piece of memory, usable as storage buffer, texel buffer, for copies, and to read numbers of workgroups from.
pub struct Buffer {
    gpu: Gpu,
    pub(super) handle: vk::Buffer,
    name: String,
    bytes: u64,
    kind: BufferKind,
    allocation: Mutex<Option<Allocation>>,
}

impl Buffer {
    /// A buffer of `bytes` (at least one), its content undefined.
    pub fn new(gpu: &Gpu, name: &str, bytes: u64, kind: BufferKind) -> Result<Arc<Self>, GpuError> {
        let shared = &gpu.shared;
        let usage = vk::BufferUsageFlags::STORAGE_BUFFER
            | vk::BufferUsageFlags::UNIFORM_TEXEL_BUFFER
            | vk::BufferUsageFlags::STORAGE_TEXEL_BUFFER
            | vk::BufferUsageFlags::INDIRECT_BUFFER
            | vk::BufferUsageFlags::TRANSFER_SRC
            | vk::BufferUsageFlags::TRANSFER_DST;
        let bytes = bytes.max(1);
        let mut info = vk::BufferCreateInfo::default().size(bytes).usage(usage);
        let families = shared.queues.families();
        if let Some(families) = &families {
            info = info.sharing_mode(vk::SharingMode::CONCURRENT).queue_family_indices(families);
        }
        // SAFETY: plain creation; the handle is given to its owner below before anything can fail.
        let handle =
            unsafe { shared.device.create_buffer(&info, None) }.map_err(GpuError::while_doing("creating a buffer"))?;
        let buffer =
            Self { gpu: gpu.clone(), handle, name: name.to_owned(), bytes, kind, allocation: Mutex::new(None) };
        let location = match kind {
            BufferKind::Device => MemoryLocation::GpuOnly,
            BufferKind::Upload => MemoryLocation::CpuToGpu,
            BufferKind::Readback => MemoryLocation::GpuToCpu,
        };
        // SAFETY: the buffer is alive; the memory is of the size and type that it asked for.
        unsafe {
            let allocation =
                allocate(shared, name, shared.device.get_buffer_memory_requirements(handle), location, true)?;
            let (memory, offset) = (allocation.memory(), allocation.offset());
            *lock(&buffer.allocation) = Some(allocation);
            shared
                .device
                .bind_buffer_memory(handle, memory, offset)
                .map_err(GpuError::while_doing("binding memory"))?;
        }
        debug::name(shared.utils.as_ref(), handle, name);
        shared.count_object();
        Ok(Arc::new(buffer))
    }

    /// A device buffer that holds `content`; waits for the copy. For weights and tables, at start.
    pub fn with_content(gpu: &Gpu, name: &str, content: &[u8]) -> Result<Arc<Self>, GpuError> {
        let staging = Self::new(gpu, "staging", content.len() as u64, BufferKind::Upload)?;
        staging.write(0, content)?;
        if gpu.facts().unified_memory() {
            return Ok(staging);
        }
        let buffer = Self::new(gpu, name, content.len() as u64, BufferKind::Device)?;
        let mut commands = Commands::new(gpu, "upload", 0)?;
        commands.record(|recorder| recorder.copy_buffer(&staging, 0, &buffer, 0, content.len() as u64))?;
        let point = gpu.submit(&mut commands)?;
        gpu.wait(point)?;
        Ok(buffer)
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes `content` from byte `offset` on. Only for [`BufferKind::Upload`], and while the GPU does not read it.
    pub fn write(&self, offset: u64, content: &[u8]) -> Result<(), GpuError> {
        self.with_mut(|bytes| {
            let place =
                usize::try_from(offset).ok().and_then(|from| bytes.get_mut(from..from.checked_add(content.len())?));
            place.map(|place| place.copy_from_slice(content))
        })?
        .ok_or_else(|| {
            GpuError::Misuse(format!("{} bytes were written at {offset} of a buffer of {}", content.len(), self.bytes))
        })
    }

    /// Hands out the mapped bytes to be written. Only for [`BufferKind::Upload`], and while the GPU does not read them.
    pub fn with_mut<T>(&self, work: impl FnOnce(&mut [u8]) -> T) -> Result<T, GpuError> {
        let mut allocation = lock(&self.allocation);
        let bytes =
            allocation.as_mut().filter(|_| self.kind == BufferKind::Upload).and_then(Allocation::mapped_slice_mut);
        let whole = bytes.and_then(|bytes| bytes.get_mut(..self.bytes as usize));
        whole.map(work).ok_or_else(|| GpuError::Misuse("a buffer that is not for upload was written".to_owned()))
    }

    /// Hands out the mapped bytes. Only for [`BufferKind::Readback`], after the point of the submission that wrote them was reached.
    pub fn read<T>(&self, work: impl FnOnce(&[u8]) -> T) -> Result<T, GpuError> {
        let allocation = lock(&self.allocation);
        let bytes =
            allocation.as_ref().filter(|_| self.kind == BufferKind::Readback).and_then(Allocation::mapped_slice);
        let whole = bytes.and_then(|bytes| bytes.get(..self.bytes as usize));
        whole.map(work).ok_or_else(|| GpuError::Misuse("a buffer that is not for reading back was read".to_owned()))
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let allocation = lock(&self.allocation).take();
        self.gpu.shared.discard(Garbage::Buffer(self.handle, allocation));
    }
}

/// A buffer seen as an array of texels.
pub struct TexelView {
    pub(super) buffer: Arc<Buffer>,
    pub(super) handle: vk::BufferView,
}

impl TexelView {
    /// The whole of `buffer` as texels of `format`.
    pub fn new(buffer: &Arc<Buffer>, format: vk::Format) -> Result<Arc<Self>, GpuError> {
        Self::part(buffer, format, 0, vk::WHOLE_SIZE)
    }

    /// `bytes` from `offset` on (both multiples of the device's texel alignment, at most 256) as texels of `format`.
    pub fn part(buffer: &Arc<Buffer>, format: vk::Format, offset: u64, bytes: u64) -> Result<Arc<Self>, GpuError> {
        let shared = &buffer.gpu.shared;
        if bytes != vk::WHOLE_SIZE && offset.checked_add(bytes).is_none_or(|end| end > buffer.bytes) {
            return Err(GpuError::Misuse(format!(
                "a view of {bytes} bytes at {offset} reaches beyond a buffer of {}",
                buffer.bytes
            )));
        }
        let info = vk::BufferViewCreateInfo::default().buffer(buffer.handle).format(format).offset(offset).range(bytes);
        // SAFETY: the buffer is alive and kept so by the view; the range is inside it.
        let handle = unsafe { shared.device.create_buffer_view(&info, None) }
            .map_err(GpuError::while_doing("creating a texel view"))?;
        debug::name(shared.utils.as_ref(), handle, &buffer.name);
        shared.count_object();
        Ok(Arc::new(Self { buffer: Arc::clone(buffer), handle }))
    }
}

impl Drop for TexelView {
    fn drop(&mut self) {
        self.buffer.gpu.shared.discard(Garbage::BufferView(self.handle));
    }
}

/// What an image is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageOptions {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// The texels' format.
    pub format: vk::Format,
    /// Levels of detail; 1 for the picture alone, 0 for as many as there can be.
    pub mips: u32,
}

/// Shaders store to few sRGB formats, and we to none: those images are for conversion by copies.
fn usage(format: vk::Format) -> vk::ImageUsageFlags {
    let always = vk::ImageUsageFlags::SAMPLED | vk::ImageUsageFlags::TRANSFER_SRC | vk::ImageUsageFlags::TRANSFER_DST;
    match format {
        vk::Format::R8G8B8A8_SRGB => always,
        vk::Format::R8G8B8A8_UNORM => always | vk::ImageUsageFlags::STORAGE | vk::ImageUsageFlags::COLOR_ATTACHMENT,
        _ => always | vk::ImageUsageFlags::STORAGE,
    }
}

/// A two-dimensional image for storage, sampling and copies, always in layout GENERAL. Starts black. One of `R8G8B8A8_UNORM` can also be drawn to.
pub struct Image {
    gpu: Gpu,
    pub(super) handle: vk::Image,
    /// All levels, for sampling.
    pub(super) view: vk::ImageView,
    /// The first level, for storing and drawing.
    pub(super) storage_view: vk::ImageView,
    options: ImageOptions,
    allocation: Mutex<Option<Allocation>>,
}

impl Image {
    /// An image of `options`. What is handed to the main queue from now on finds it cleared; nobody waits for that.
    pub fn new(gpu: &Gpu, name: &str, options: ImageOptions) -> Result<Arc<Self>, GpuError> {
        let shared = &gpu.shared;
        let [width, height] = options.size;
        let most = shared.facts.max_image_side;
        if width == 0 || height == 0 || width > most || height > most {
            let device = shared.facts.name.clone();
            return Err(GpuError::ImageSize { device, width, height, most });
        }
        let whole_chain = 32 - width.max(height).leading_zeros();
        let options = ImageOptions {
            mips: if options.mips == 0 { whole_chain } else { options.mips.min(whole_chain) },
            ..options
        };
        let info = vk::ImageCreateInfo::default()
            .image_type(vk::ImageType::TYPE_2D)
            .format(options.format)
            .extent(vk::Extent3D { width, height, depth: 1 })
            .mip_levels(options.mips)
            .array_layers(1)
            .samples(vk::SampleCountFlags::TYPE_1)
            .tiling(vk::ImageTiling::OPTIMAL)
            .usage(usage(options.format));
        let mut image = Self {
            gpu: gpu.clone(),
            handle: vk::Image::null(),
            view: vk::ImageView::null(),
            storage_view: vk::ImageView::null(),
            options,
            allocation: Mutex::new(None),
        };
        let failed = GpuError::while_doing("creating an image");
        // SAFETY: plain creation; each handle is given to its owner before the next step can fail, and destroying null handles is allowed.
        unsafe {
            image.handle = shared.device.create_image(&info, None).map_err(&failed)?;
            let requirements = shared.device.get_image_memory_requirements(image.handle);
            let allocation = allocate(shared, name, requirements, MemoryLocation::GpuOnly, false)?;
            let (memory, offset) = (allocation.memory(), allocation.offset());
            *lock(&image.allocation) = Some(allocation);
            shared.device.bind_image_memory(image.handle, memory, offset).map_err(&failed)?;
            let view = |levels| {
                let range = vk::ImageSubresourceRange::default()
                    .aspect_mask(vk::ImageAspectFlags::COLOR)
                    .level_count(levels)
                    .layer_count(1);
                let info = vk::ImageViewCreateInfo::default()
                    .image(image.handle)
                    .view_type(vk::ImageViewType::TYPE_2D)
                    .format(options.format)
                    .subresource_range(range);
                shared.device.create_image_view(&info, None).map_err(&failed)
            };
            let (all, first) = (view(options.mips), view(1));
            image.view = all?;
            image.storage_view = first?;
        }
        debug::name(shared.utils.as_ref(), image.handle, name);
        debug::name(shared.utils.as_ref(), image.view, name);
        debug::name(shared.utils.as_ref(), image.storage_view, name);
        shared.count_object();
        let image = Arc::new(image);
        let mut commands = Commands::new(gpu, "clear", 0)?;
        commands.record(|recorder| recorder.initialise(&image))?;
        gpu.submit(&mut commands)?;
        Ok(image)
    }

    /// Width and height in pixels.
    pub fn size(&self) -> [u32; 2] {
        self.options.size
    }

    /// The texels' format.
    pub fn format(&self) -> vk::Format {
        self.options.format
    }

    /// The view of all levels, for a descriptor of a sink's own (layout GENERAL). Valid as long as the image lives.
    pub fn view(&self) -> vk::ImageView {
        self.view
    }

    /// Levels of detail.
    pub fn mips(&self) -> u32 {
        self.options.mips
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let allocation = lock(&self.allocation).take();
        self.gpu.shared.discard(Garbage::Image(self.handle, [self.view, self.storage_view], allocation));
    }
}
