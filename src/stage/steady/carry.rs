//! Disparity of an earlier frame carried to a later one, along the motion between them: for frames that the network had no time for.

use std::sync::Arc;

use ash::vk;

use super::{Steady, Tuning};
use crate::gpu::{
    Bind, Bindings, Buffer, BufferKind, Gpu, GpuError, Kernel, KernelSource, Recorder, Resource, TexelView,
};
use crate::stage::StageError;
use crate::stage::flow::{Flow, Vector, blocks, groups};

const CARRY: KernelSource = KernelSource {
    name: "carry",
    spirv: include_bytes!("../../../spirv/carry.spv"),
    bindings: &[
        Bind::UniformTexel,
        Bind::UniformTexel,
        Bind::UniformTexel,
        Bind::UniformTexel,
        Bind::StorageTexelWrite,
    ],
    push_bytes: size_of::<CarryPush>() as u32,
};

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct CarryPush {
    size: [u32; 2],
    guide_size: [u32; 2],
    blocks: [u32; 2],
    frame: u32,
}

/// The stage, for one earlier frame at a time. One thread; nothing is made after [`Carry::new`].
pub struct Carry {
    guide: Arc<Buffer>,
    earlier: Arc<Buffer>,
    trail: Arc<Buffer>,
    bindings: Arc<Bindings>,
    size: [u32; 2],
    guide_size: [u32; 2],
}

impl Carry {
    /// From `disparity` (`f32`, row by row, of the size that `steady` has) into what `steady` keeps.
    pub fn new(
        gpu: &Gpu,
        flow: &Flow,
        steady: &Steady,
        disparity: &Arc<Buffer>,
        tuning: &Tuning,
    ) -> Result<Self, StageError> {
        let (size, guide_size) = (steady.sizes().small, flow.size());
        let texels = |[width, height]: [u32; 2]| u64::from(width) * u64::from(height);
        let earlier = Buffer::new(gpu, "brightness of an earlier frame", texels(guide_size) * 4, BufferKind::Device)?;
        let trail_bytes = texels(blocks(guide_size)) * size_of::<Vector>() as u64;
        let trail = Buffer::new(gpu, "motion over several frames", trail_bytes, BufferKind::Upload)?;
        let kernel = Kernel::new(gpu, &CARRY, &[tuning.alike.to_bits()])?;
        let of = |buffer: &Arc<Buffer>, format: vk::Format, bytes: u64| TexelView::part(buffer, format, 0, bytes);
        let resources = [
            Resource::from(&of(disparity, vk::Format::R32_SFLOAT, texels(size) * 4)?),
            Resource::from(flow.guide()),
            Resource::from(&TexelView::new(&earlier, vk::Format::R8G8B8A8_UINT)?),
            Resource::from(&TexelView::new(&trail, vk::Format::R32G32B32A32_SINT)?),
            Resource::from(steady.raw()),
        ];
        Ok(Self {
            guide: Arc::clone(flow.guide_buffer()),
            earlier,
            trail,
            bindings: Bindings::new(&kernel, &resources)?,
            size,
            guide_size,
        })
    }

    /// Records the keeping of the brightness of a frame, which is the earlier one from then on. `flow` still has it.
    pub fn record_earlier(&self, recorder: &mut Recorder<'_>, flow: &Flow, frame: u64) -> Result<(), GpuError> {
        let bytes = self.earlier.bytes();
        recorder.copy_buffer(&self.guide, u64::from(flow.place(frame)) * bytes, &self.earlier, 0, bytes)
    }

    /// Where the blocks of the later frame were in the earlier one. The GPU is done with the last ones.
    pub fn put(&self, trail: &[Vector]) -> Result<(), GpuError> {
        self.trail.write(0, bytemuck::cast_slice(trail))
    }

    /// Records the making of the later frame's disparity, as if the network had looked at it.
    pub fn record(&self, recorder: &mut Recorder<'_>, flow: &Flow, frame: u64) -> Result<(), GpuError> {
        let push = CarryPush {
            size: self.size,
            guide_size: self.guide_size,
            blocks: blocks(self.guide_size),
            frame: flow.place(frame),
        };
        recorder.dispatch(&self.bindings, bytemuck::bytes_of(&push), groups(self.size, 1))
    }
}
