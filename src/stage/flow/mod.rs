//! Where things are in the frame before: motion between the pictures of a film, by brightness alone, at the size of a network's input.
//!
//! 1. `flow_guide`, `flow_small`: brightness of the small picture, packed for matching.
//! 2. `flow_coarse`, `flow`: where each 4×4 pixels are in the frame before, and where those of the frame before are in this one.
//!
//! Frames are counted by whoever uses it; what is found of the newest ones is kept in rings. One thread. Nothing is made after [`Flow::new`].

use std::sync::Arc;

use ash::vk;

use super::StageError;
use super::input::InputOptions;
use crate::gpu::{
    Bind, Bindings, Buffer, BufferKind, Gpu, GpuError, Kernel, KernelSource, Recorder, Resource, TexelView,
};

pub mod reference;
pub mod trail;

/// Only what is found again this well counts: the cost of a vector, summed over 16 pixels.
pub const FOUND: i32 = 16 * 8;

/// Movement of a block: columns, rows, cost (0 to 4080), 0.
pub type Vector = [i32; 4];

const GUIDE: KernelSource = kernel!("flow_guide", &[Bind::UniformTexel, Bind::StorageTexelWrite], GuidePush);
const SMALL: KernelSource = kernel!("flow_small", &[Bind::UniformTexel, Bind::StorageTexelWrite], SmallPush);
const COARSE: KernelSource = kernel!("flow_coarse", &[Bind::UniformTexel, Bind::StorageTexelWrite], CoarsePush);
const FLOW: KernelSource =
    kernel!("flow", &[Bind::UniformTexel, Bind::UniformTexel, Bind::StorageTexelWrite], FlowPush);

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct GuidePush {
    size: [u32; 2],
    base: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct SmallPush {
    size: [u32; 2],
    cells: [u32; 2],
    base: u32,
    small_base: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct CoarsePush {
    cells: [u32; 2],
    blocks: [u32; 2],
    bases: [u32; 2],
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct FlowPush {
    size: [u32; 2],
    blocks: [u32; 2],
    coarse_blocks: [u32; 2],
    bases: [u32; 2],
    flow_base: u32,
}

/// Blocks of 4×4 pixels of a picture of `size`: so many vectors.
pub fn blocks(size: [u32; 2]) -> [u32; 2] {
    size.map(|side| side.div_ceil(4))
}

/// Blocks of 8×8 pixels.
pub fn coarse(size: [u32; 2]) -> [u32; 2] {
    blocks(size).map(|side| side.div_ceil(2))
}

fn area(size: [u32; 2]) -> u32 {
    size[0].saturating_mul(size[1])
}

/// The stage.
pub struct Flow {
    size: [u32; 2],
    ring: u32,
    guide_buffer: Arc<Buffer>,
    guide: Arc<TexelView>,
    vectors: Arc<Buffer>,
    vector_texels: Arc<TexelView>,
    guide_bindings: Arc<Bindings>,
    small_bindings: Arc<Bindings>,
    coarse_bindings: Arc<Bindings>,
    flow_bindings: Arc<Bindings>,
}

impl Flow {
    /// For a small picture of `size` in `input`, as [`super::input::NetworkInput`] makes it by `options`. What is found of `frames` frames is kept: two
    /// at least, and fewer than asked for where the GPU's buffers are too small ([`Flow::frames`]).
    pub fn new(
        gpu: &Gpu,
        input: &Arc<Buffer>,
        options: &InputOptions,
        size: [u32; 2],
        frames: usize,
    ) -> Result<Self, StageError> {
        let most = gpu.facts().max_texel_elements / area(size).max(1);
        let ring = u32::try_from(frames).unwrap_or(u32::MAX).max(2).min(most.max(2));
        let buffer = |name: &str, bytes: u64| Buffer::new(gpu, name, bytes, BufferKind::Device);
        let of = |size: [u32; 2], count: u32, bytes: u64| u64::from(area(size)) * u64::from(count) * bytes;
        let guide = buffer("brightness of several frames", of(size, ring, 4))?;
        let small = buffer("brightness, small", of(blocks(size), ring, 4))?;
        let coarse = buffer("coarse motion", of(coarse(size), 2, 16))?;
        let vectors = buffer("motion of several frames", of(blocks(size), 2 * ring, 16))?;
        let input = TexelView::part(input, vk::Format::R32G32B32A32_SFLOAT, 0, of(size, 1, 16))?;
        let packed = vk::Format::R8G8B8A8_UINT;
        let guide_buffer = guide;
        let (guide, small) = (TexelView::new(&guide_buffer, packed)?, TexelView::new(&small, packed)?);
        let whole = vk::Format::R32G32B32A32_SINT;
        let (coarse, vector_texels) = (TexelView::new(&coarse, whole)?, TexelView::new(&vectors, whole)?);
        let bind = |source: &KernelSource, constants: &[u32], resources: &[&Arc<TexelView>]| {
            let resources: Vec<Resource> = resources.iter().map(|view| Resource::from(*view)).collect();
            Bindings::new(&Kernel::new(gpu, source, constants)?, &resources)
        };
        Ok(Self {
            size,
            ring,
            guide_bindings: bind(&GUIDE, &brightness(options).map(f32::to_bits), &[&input, &guide])?,
            small_bindings: bind(&SMALL, &[], &[&guide, &small])?,
            coarse_bindings: bind(&COARSE, &[], &[&small, &coarse])?,
            flow_bindings: bind(&FLOW, &[], &[&guide, &coarse, &vector_texels])?,
            guide_buffer,
            guide,
            vectors,
            vector_texels,
        })
    }

    /// How many frames are kept.
    pub fn frames(&self) -> u32 {
        self.ring
    }

    /// Width and height of the small picture.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// Bytes of the motion that [`Flow::record_motion`] copies.
    pub fn bytes(&self) -> u64 {
        u64::from(area(blocks(self.size))) * size_of::<Vector>() as u64
    }

    /// Where in the rings a frame is.
    pub(super) fn place(&self, frame: u64) -> u32 {
        (frame % u64::from(self.ring)) as u32
    }

    /// The ring of packed brightness.
    pub(super) fn guide(&self) -> &Arc<TexelView> {
        &self.guide
    }

    /// The same, to copy from.
    pub(super) fn guide_buffer(&self) -> &Arc<Buffer> {
        &self.guide_buffer
    }

    /// The ring of vectors: of each frame those to the frame before, then those from there.
    pub(super) fn vectors(&self) -> &Arc<TexelView> {
        &self.vector_texels
    }

    /// Records what is kept of a frame's picture, when the small picture has been made.
    pub fn record_picture(&self, recorder: &mut Recorder<'_>, frame: u64) -> Result<(), GpuError> {
        let base = self.place(frame) * area(self.size);
        let push = GuidePush { size: self.size, base };
        recorder.dispatch(&self.guide_bindings, bytemuck::bytes_of(&push), groups(self.size, 1))?;
        let cells = blocks(self.size);
        let push = SmallPush { size: self.size, cells, base, small_base: self.place(frame) * area(cells) };
        recorder.dispatch(&self.small_bindings, bytemuck::bytes_of(&push), groups(cells, 1))
    }

    /// Records the finding of motion between `frame` and the one before; where each block was in the one before is copied to `to`.
    pub fn record_motion(&self, recorder: &mut Recorder<'_>, frame: u64, to: &Arc<Buffer>) -> Result<(), GpuError> {
        let (size, blocks, coarse) = (self.size, blocks(self.size), coarse(self.size));
        let places = [self.place(frame), self.place(frame + u64::from(self.ring) - 1)];
        let push = CoarsePush { cells: blocks, blocks: coarse, bases: places.map(|place| place * area(blocks)) };
        recorder.dispatch(&self.coarse_bindings, bytemuck::bytes_of(&push), groups(coarse, 2))?;
        let flow_base = places[0] * 2 * area(blocks);
        let bases = places.map(|place| place * area(size));
        let push = FlowPush { size, blocks, coarse_blocks: coarse, bases, flow_base };
        recorder.dispatch(&self.flow_bindings, bytemuck::bytes_of(&push), groups(blocks, 2))?;
        recorder.copy_buffer(&self.vectors, u64::from(flow_base) * 16, to, 0, self.bytes())
    }
}

pub(super) fn groups([width, height]: [u32; 2], depth: u32) -> [u32; 3] {
    [width.div_ceil(8), height.div_ceil(8), depth]
}

/// Brightness (BT.601's weights, 0 to 255) of a texel of the network's input: what each channel counts, and what is added.
pub fn brightness(options: &InputOptions) -> [f32; 4] {
    let mut weights = [0.299, 0.587, 0.114];
    if options.reversed {
        weights.reverse();
    }
    let offset = weights.iter().zip(options.mean).map(|(weight, mean)| weight * mean).sum();
    let [first, second, third] = [0, 1, 2].map(|channel| weights[channel] * options.deviation[channel]);
    [first, second, third, offset]
}

/// How fast the picture moves: the mean of how far its blocks were moved, in % of the width. `None` where nothing is found again.
pub fn motion(size: [u32; 2], flow: &[Vector]) -> Option<f32> {
    let found = flow.iter().filter(|[_, _, cost, _]| *cost <= FOUND);
    let (sum, count) = found
        .fold((0.0, 0), |(sum, count), [across, down, ..]| (sum + (*across as f32).hypot(*down as f32), count + 1));
    (count > 0).then(|| 100.0 * sum / count as f32 / size[0].max(1) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_found_again_moves() {
        assert_eq!(motion([16, 8], &[[-4, 0, 0, 0]; 8]), Some(25.0));
        assert_eq!(motion([16, 8], &[[0, 0, FOUND + 1, 0]; 8]), None);
    }
}
