//! Kernels (compute pipelines) and what is bound to them.

use std::any::Any;
use std::sync::{Arc, Weak};
use std::time::Instant;

use ash::vk;

use super::barrier::Access;
use super::debug;
use super::device::Gpu;
use super::error::GpuError;
use super::garbage::Garbage;
use super::lock::lock;
use super::memory::{Buffer, Image, TexelView};

/// Largest push constants that every GPU takes, in bytes (Vulkan's required limit).
const MAX_PUSH_BYTES: u32 = 128;

/// How a kernel uses one binding. The recorder's barriers follow from it, so a kernel must not write what is declared as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bind {
    /// `readonly buffer`.
    StorageRead,
    /// `writeonly buffer`, or one that is written in parts.
    StorageWrite,
    /// `buffer`.
    StorageReadWrite,
    /// `textureBuffer` / `samplerBuffer`.
    UniformTexel,
    /// `imageBuffer`, written.
    StorageTexelWrite,
    /// `sampler2D`, linear, clamped to the edge.
    Sampled,
    /// `sampler2D`, nearest, clamped to the edge.
    SampledNearest,
    /// `writeonly image2D` (first level).
    ImageWrite,
}

impl Bind {
    fn descriptor(self) -> vk::DescriptorType {
        match self {
            Self::StorageRead | Self::StorageWrite | Self::StorageReadWrite => vk::DescriptorType::STORAGE_BUFFER,
            Self::UniformTexel => vk::DescriptorType::UNIFORM_TEXEL_BUFFER,
            Self::StorageTexelWrite => vk::DescriptorType::STORAGE_TEXEL_BUFFER,
            Self::Sampled | Self::SampledNearest => vk::DescriptorType::COMBINED_IMAGE_SAMPLER,
            Self::ImageWrite => vk::DescriptorType::STORAGE_IMAGE,
        }
    }

    fn access(self) -> Access {
        match self {
            Self::StorageRead | Self::UniformTexel | Self::Sampled | Self::SampledNearest => Access::Read,
            Self::StorageWrite | Self::StorageReadWrite | Self::StorageTexelWrite | Self::ImageWrite => Access::Write,
        }
    }
}

/// A compiled kernel and its interface: set 0, binding i as `bindings[i]` says; entry point `main`.
#[derive(Debug, Clone, Copy)]
pub struct KernelSource {
    /// For messages and capture tools.
    pub name: &'static str,
    /// The SPIR-V module.
    pub spirv: &'static [u8],
    /// What is bound where.
    pub bindings: &'static [Bind],
    /// Size of the push constants.
    pub push_bytes: u32,
}

/// A compute pipeline.
pub struct Kernel {
    gpu: Gpu,
    pub(super) source: KernelSource,
    pub(super) pipeline: vk::Pipeline,
    pub(super) layout: vk::PipelineLayout,
    set_layout: vk::DescriptorSetLayout,
}

impl Kernel {
    /// Compiles `source` with `constants` for the specialization constants 0, 1, 2, … One that is in use somewhere already is shared.
    pub fn new(gpu: &Gpu, source: &KernelSource, constants: &[u32]) -> Result<Arc<Self>, GpuError> {
        Self::shared(gpu, source, constants, None)
    }

    /// As [`Kernel::new`], for a kernel with cooperative matrices: its workgroups consist of whole subgroups of
    /// [`super::CooperativeMatrices::subgroup_size`] lanes.
    pub fn with_matrices(gpu: &Gpu, source: &KernelSource, constants: &[u32]) -> Result<Arc<Self>, GpuError> {
        let Some(matrices) = &gpu.facts().matrices else {
            return Err(GpuError::Misuse(format!("kernel {} multiplies matrices, which this GPU cannot", source.name)));
        };
        Self::shared(gpu, source, constants, Some(matrices.subgroup_size))
    }

    /// Two threads that want the same one at once may both make it; only then there are two.
    fn shared(
        gpu: &Gpu,
        source: &KernelSource,
        constants: &[u32],
        subgroup_size: Option<u32>,
    ) -> Result<Arc<Self>, GpuError> {
        // The code tells kernels of one name apart. Not its address: a constant that is used in two places may lie in two.
        let key = (source.name, source.spirv, constants.to_vec());
        let known = lock(&gpu.shared.kernels).get(&key).and_then(Weak::upgrade);
        if let Some(kernel) = known.and_then(|known| known.downcast().ok()) {
            return Ok(kernel);
        }
        let kernel = Self::make(gpu, source, constants, subgroup_size)?;
        let mut kernels = lock(&gpu.shared.kernels);
        kernels.retain(|_, kernel| kernel.strong_count() > 0);
        let shared: Arc<dyn Any + Send + Sync> = Arc::clone(&kernel) as _;
        kernels.insert(key, Arc::downgrade(&shared));
        Ok(kernel)
    }

    fn make(
        gpu: &Gpu,
        source: &KernelSource,
        constants: &[u32],
        subgroup_size: Option<u32>,
    ) -> Result<Arc<Self>, GpuError> {
        let device = &gpu.shared.device;
        gpu.note_wait(&format!("compiling the kernel {}", source.name));
        if source.push_bytes > MAX_PUSH_BYTES {
            return Err(GpuError::Misuse(format!(
                "kernel {} pushes {} bytes, more than every GPU takes",
                source.name, source.push_bytes
            )));
        }
        let words = ash::util::read_spv(&mut std::io::Cursor::new(source.spirv))
            .map_err(|error| GpuError::Misuse(format!("kernel {} is no SPIR-V: {error}", source.name)))?;
        let mut kernel = Self {
            gpu: gpu.clone(),
            source: *source,
            pipeline: vk::Pipeline::null(),
            layout: vk::PipelineLayout::null(),
            set_layout: vk::DescriptorSetLayout::null(),
        };
        let bindings: Vec<_> = (0u32..)
            .zip(source.bindings)
            .map(|(index, bind)| {
                vk::DescriptorSetLayoutBinding::default()
                    .binding(index)
                    .descriptor_type(bind.descriptor())
                    .descriptor_count(1)
                    .stage_flags(vk::ShaderStageFlags::COMPUTE)
            })
            .collect();
        let entries: Vec<_> = (0u32..)
            .zip(constants)
            .map(|(index, _)| vk::SpecializationMapEntry { constant_id: index, offset: index * 4, size: 4 })
            .collect();
        let specialization =
            vk::SpecializationInfo::default().map_entries(&entries).data(bytemuck::cast_slice(constants));
        let failed = GpuError::while_doing("creating a kernel");
        // SAFETY: create infos and the arrays behind them live through their calls; each handle is given to its owner at once,
        // and destroying null handles is allowed. The module may go once the pipeline is there.
        unsafe {
            let set_info = vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings);
            kernel.set_layout = device.create_descriptor_set_layout(&set_info, None).map_err(&failed)?;
            let sets = [kernel.set_layout];
            let ranges = [vk::PushConstantRange::default()
                .stage_flags(vk::ShaderStageFlags::COMPUTE)
                .size(source.push_bytes.max(4))];
            let mut layout_info = vk::PipelineLayoutCreateInfo::default().set_layouts(&sets);
            if source.push_bytes > 0 {
                layout_info = layout_info.push_constant_ranges(&ranges);
            }
            kernel.layout = device.create_pipeline_layout(&layout_info, None).map_err(&failed)?;
            let module = device
                .create_shader_module(&vk::ShaderModuleCreateInfo::default().code(&words), None)
                .map_err(&failed)?;
            let mut stage = vk::PipelineShaderStageCreateInfo::default()
                .stage(vk::ShaderStageFlags::COMPUTE)
                .module(module)
                .name(c"main")
                .specialization_info(&specialization);
            let mut required = vk::PipelineShaderStageRequiredSubgroupSizeCreateInfo::default()
                .required_subgroup_size(subgroup_size.unwrap_or_default());
            if subgroup_size.is_some() {
                let flags = vk::PipelineShaderStageCreateFlags::REQUIRE_FULL_SUBGROUPS;
                stage = stage.flags(flags).push_next(&mut required);
            }
            let mut whole = vk::PipelineCreationFeedback::default();
            let mut stages = [vk::PipelineCreationFeedback::default()];
            let mut feedback = vk::PipelineCreationFeedbackCreateInfo::default()
                .pipeline_creation_feedback(&mut whole)
                .pipeline_stage_creation_feedbacks(&mut stages);
            // So that a part of a dispatch can be run ([`super::Recorder::dispatch_part`]).
            let info = vk::ComputePipelineCreateInfo::default()
                .flags(vk::PipelineCreateFlags::DISPATCH_BASE)
                .stage(stage)
                .layout(kernel.layout)
                .push_next(&mut feedback);
            let began = Instant::now();
            let made = device.create_compute_pipelines(gpu.shared.cache.handle, &[info], None);
            device.destroy_shader_module(module, None);
            kernel.pipeline = made.map_err(|(_, result)| failed(result))?.into_iter().next().unwrap_or_default();
            gpu.shared.cache.count(whole.flags);
            tracing::debug!("the kernel {} with {constants:?} took {:?}", source.name, began.elapsed());
        }
        let utils = gpu.shared.utils.as_ref();
        debug::name(utils, kernel.pipeline, source.name);
        debug::name(utils, kernel.layout, source.name);
        debug::name(utils, kernel.set_layout, source.name);
        gpu.shared.count_object();
        Ok(Arc::new(kernel))
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        self.gpu.shared.discard(Garbage::Pipeline(self.pipeline, self.layout, self.set_layout));
    }
}

/// Something that can be bound.
#[derive(Clone)]
pub enum Resource {
    /// A whole buffer.
    Buffer(Arc<Buffer>),
    /// Texels of a buffer.
    Texel(Arc<TexelView>),
    /// An image.
    Image(Arc<Image>),
}

impl From<&Arc<Buffer>> for Resource {
    fn from(buffer: &Arc<Buffer>) -> Self {
        Self::Buffer(Arc::clone(buffer))
    }
}

impl From<&Arc<TexelView>> for Resource {
    fn from(view: &Arc<TexelView>) -> Self {
        Self::Texel(Arc::clone(view))
    }
}

impl From<&Arc<Image>> for Resource {
    fn from(image: &Arc<Image>) -> Self {
        Self::Image(Arc::clone(image))
    }
}

impl Resource {
    /// What hazards are kept by: the memory behind it.
    fn identity(&self) -> u64 {
        use vk::Handle;
        match self {
            Self::Buffer(buffer) => buffer.handle.as_raw(),
            Self::Texel(view) => view.buffer.handle.as_raw(),
            Self::Image(image) => image.handle.as_raw(),
        }
    }
}

/// A kernel with its resources: one descriptor set, made once. Keeps all of them alive.
pub struct Bindings {
    pub(super) kernel: Arc<Kernel>,
    pub(super) set: vk::DescriptorSet,
    pub(super) accesses: Vec<(u64, Access)>,
    /// There are images among the resources.
    pub(super) images: bool,
    pool: vk::DescriptorPool,
    _resources: Vec<Resource>,
}

impl Bindings {
    /// Binds `resources[i]` to binding i of `kernel`.
    pub fn new(kernel: &Arc<Kernel>, resources: &[Resource]) -> Result<Arc<Self>, GpuError> {
        let gpu = &kernel.gpu;
        let device = &gpu.shared.device;
        let source = &kernel.source;
        if source.bindings.len() != resources.len() {
            let message = format!(
                "kernel {} has {} bindings and was given {}",
                source.name,
                source.bindings.len(),
                resources.len()
            );
            return Err(GpuError::Misuse(message));
        }
        let sizes: Vec<_> = source
            .bindings
            .iter()
            .map(|bind| vk::DescriptorPoolSize::default().ty(bind.descriptor()).descriptor_count(1))
            .collect();
        let mut bindings = Self {
            kernel: Arc::clone(kernel),
            set: vk::DescriptorSet::null(),
            accesses: source
                .bindings
                .iter()
                .zip(resources)
                .map(|(bind, resource)| (resource.identity(), bind.access()))
                .collect(),
            images: resources.iter().any(|resource| matches!(resource, Resource::Image(_))),
            pool: vk::DescriptorPool::null(),
            _resources: resources.to_vec(),
        };
        let failed = GpuError::while_doing("binding resources");
        let layouts = [kernel.set_layout];
        // SAFETY: plain creation; the pool is large enough for the one set.
        unsafe {
            let pool_info = vk::DescriptorPoolCreateInfo::default().max_sets(1).pool_sizes(&sizes);
            bindings.pool = device.create_descriptor_pool(&pool_info, None).map_err(&failed)?;
            let info = vk::DescriptorSetAllocateInfo::default().descriptor_pool(bindings.pool).set_layouts(&layouts);
            bindings.set =
                device.allocate_descriptor_sets(&info).map_err(&failed)?.into_iter().next().unwrap_or_default();
        }
        debug::name(gpu.shared.utils.as_ref(), bindings.pool, source.name);
        debug::name(gpu.shared.utils.as_ref(), bindings.set, source.name);
        for (index, (bind, resource)) in (0u32..).zip(source.bindings.iter().zip(resources)) {
            bindings.write(gpu, index, *bind, resource)?;
        }
        gpu.shared.count_object();
        Ok(Arc::new(bindings))
    }

    fn write(&self, gpu: &Gpu, index: u32, bind: Bind, resource: &Resource) -> Result<(), GpuError> {
        let write =
            vk::WriteDescriptorSet::default().dst_set(self.set).dst_binding(index).descriptor_type(bind.descriptor());
        let general = vk::ImageLayout::GENERAL;
        let (buffer_info, image_info, view_info);
        let write = match (bind, resource) {
            (Bind::StorageRead | Bind::StorageWrite | Bind::StorageReadWrite, Resource::Buffer(buffer)) => {
                buffer_info = [vk::DescriptorBufferInfo::default().buffer(buffer.handle).range(vk::WHOLE_SIZE)];
                write.buffer_info(&buffer_info)
            }
            (Bind::UniformTexel | Bind::StorageTexelWrite, Resource::Texel(view)) => {
                view_info = [view.handle];
                write.texel_buffer_view(&view_info)
            }
            (Bind::Sampled | Bind::SampledNearest, Resource::Image(image)) => {
                let linear = bind == Bind::Sampled;
                let sampler = if linear { gpu.shared.linear_sampler } else { gpu.shared.nearest_sampler };
                image_info =
                    [vk::DescriptorImageInfo::default().sampler(sampler).image_view(image.view).image_layout(general)];
                write.image_info(&image_info)
            }
            (Bind::ImageWrite, Resource::Image(image)) => {
                image_info = [vk::DescriptorImageInfo::default().image_view(image.storage_view).image_layout(general)];
                write.image_info(&image_info)
            }
            _ => {
                let message = format!(
                    "binding {index} of kernel {} is {bind:?} and was given something else",
                    self.kernel.source.name
                );
                return Err(GpuError::Misuse(message));
            }
        };
        // SAFETY: the set was just made and no command uses it yet; the resource is alive and kept so by `self`.
        unsafe { gpu.shared.device.update_descriptor_sets(&[write], &[]) };
        Ok(())
    }

    pub(super) fn keep(self: &Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(self) as Arc<dyn Any + Send + Sync>
    }
}

impl Drop for Bindings {
    fn drop(&mut self) {
        self.kernel.gpu.shared.discard(Garbage::DescriptorPool(self.pool));
    }
}
