//! Disparity made steady over time: filtered from the frames before and those ahead along motion, all in the shot's scale and shift. At the network's size.
//!
//! 1. `steady_guide`, `steady_small`: brightness of the network's input, packed for matching.
//! 2. `flow_coarse`, `flow`: where each 4×4 pixels are in the frame before, and back.
//! 3. On the CPU [`align`]: scale and shift of the frame's disparity against the shot's.
//! 4. `steady`: the frame's own disparity, the last result and the frames ahead, each believed as far as the picture, the way back and the disparity agree; `steady_clean` takes out specks.
//!
//! Frames are counted by whoever uses it; it keeps those that [`Steady::record`] can look at in rings. One thread. Nothing is made after [`Steady::new`].

use std::sync::Arc;

use ash::vk;

use super::StageError;
use super::input::InputOptions;
use crate::gpu::{
    Bind, Bindings, Buffer, BufferKind, Gpu, GpuError, Kernel, KernelSource, Recorder, Resource, TexelView,
};

pub mod align;
pub mod reference;

use align::Align;

/// Most frames ahead that can be used.
pub const MOST_AHEAD: usize = 8;

macro_rules! kernel {
    ($name:literal, $bindings:expr, $push:ty) => {
        KernelSource {
            name: $name,
            spirv: include_bytes!(concat!("../../../spirv/", $name, ".spv")),
            bindings: $bindings,
            push_bytes: size_of::<$push>() as u32,
        }
    };
}

const GUIDE: KernelSource = kernel!("steady_guide", &[Bind::UniformTexel, Bind::StorageTexelWrite], GuidePush);
const SMALL: KernelSource = kernel!("steady_small", &[Bind::UniformTexel, Bind::StorageTexelWrite], SmallPush);
const COARSE: KernelSource = kernel!("flow_coarse", &[Bind::UniformTexel, Bind::StorageTexelWrite], CoarsePush);
const FLOW: KernelSource =
    kernel!("flow", &[Bind::UniformTexel, Bind::UniformTexel, Bind::StorageTexelWrite], FlowPush);
const STEADY: KernelSource = kernel!(
    "steady",
    &[Bind::UniformTexel, Bind::UniformTexel, Bind::UniformTexel, Bind::UniformTexel, Bind::StorageTexelWrite],
    SteadyPush
);

const CLEAN: KernelSource = kernel!("steady_clean", &[Bind::UniformTexel, Bind::StorageTexelWrite], GuidePush);

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

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct SteadyPush {
    size: [u32; 2],
    guide_size: [u32; 2],
    blocks: [u32; 2],
    ring: u32,
    frame: u32,
    ahead: u32,
    newer: u32,
    past: f32,
    unit: f32,
    aligned: [[f32; 2]; MOST_AHEAD + 1],
}

/// How strongly what agrees counts; the kernel's specialization constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// Brightness of 255 by which the same thing may differ.
    pub alike: f32,
    /// Parts of the shot's span by which disparities of the same thing may differ.
    pub agree: f32,
    /// And by which neighbours on one surface may.
    pub surface: f32,
    /// Weight of each frame ahead, that of the frame's own disparity being 1.
    pub ahead: f32,
    /// Weight of the last result where frames ahead are used.
    pub past: f32,
    /// Weight of the last result where it stands alone.
    pub past_alone: f32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { alike: 14.0, agree: 0.3, surface: 0.16, ahead: 1.0, past: 12.0, past_alone: 5.0 }
    }
}

/// Sides of all that is kept of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Of the disparity.
    pub small: [u32; 2],
    /// Of the network's input.
    pub guide: [u32; 2],
}

impl Sizes {
    /// Blocks of 4×4 pixels of the guide: so many movements.
    pub fn blocks(&self) -> [u32; 2] {
        self.guide.map(|side| side.div_ceil(4))
    }

    /// Blocks of 8×8 pixels.
    pub fn coarse(&self) -> [u32; 2] {
        self.blocks().map(|side| side.div_ceil(2))
    }
}

fn area(size: [u32; 2]) -> u32 {
    size[0].saturating_mul(size[1])
}

/// What is known of a frame when it is made steady.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Past {
    /// The frame begins a shot.
    None,
    /// The last result belongs to the frame before.
    Known,
    /// As `Known`, and the frame itself says nothing (a flash): the last result stays.
    Alone,
}

/// One frame's turn.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Which frame.
    pub frame: u64,
    /// What of the last result holds.
    pub past: Past,
    /// From raw disparity to the shot's: of the frame, and of each frame ahead that is of the same shot.
    pub aligned: &'a [Align],
    /// The span of the shot's disparity.
    pub span: f32,
}

/// The stage.
pub struct Steady {
    sizes: Sizes,
    ring: u32,
    tuning: Tuning,
    newer: u32,
    raw: Arc<Buffer>,
    flow: Arc<Buffer>,
    result: Arc<Buffer>,
    guide_bindings: Arc<Bindings>,
    small_bindings: Arc<Bindings>,
    coarse_bindings: Arc<Bindings>,
    flow_bindings: Arc<Bindings>,
    steady_bindings: Arc<Bindings>,
    clean_bindings: Arc<Bindings>,
}

impl Steady {
    /// For a network whose `input` (as [`super::input::NetworkInput`] makes it by `options`) and disparity have these `sizes`, with up to `look_ahead`
    /// frames ahead: at most [`MOST_AHEAD`], and fewer where the GPU's buffers are too small ([`Steady::look_ahead`]).
    pub fn new(
        gpu: &Gpu,
        input: &Arc<Buffer>,
        options: &InputOptions,
        sizes: Sizes,
        look_ahead: usize,
        tuning: Tuning,
    ) -> Result<Self, StageError> {
        let most = gpu.facts().max_texel_elements / area(sizes.guide).max(1);
        let ring = (look_ahead.min(MOST_AHEAD) as u32 + 2).min(most.max(2));
        let buffer = |name: &str, bytes: u64| Buffer::new(gpu, name, bytes, BufferKind::Device);
        let of = |size: [u32; 2], count: u32, bytes: u64| u64::from(area(size)) * u64::from(count) * bytes;
        let raw = buffer("disparity of several frames", of(sizes.small, ring, 4))?;
        let guide = buffer("brightness of several frames", of(sizes.guide, ring, 4))?;
        let small = buffer("brightness, small", of(sizes.blocks(), ring, 4))?;
        let coarse = buffer("coarse motion", of(sizes.coarse(), 2, 16))?;
        let flow = buffer("motion of several frames", of(sizes.blocks(), 2 * ring, 16))?;
        let draft = buffer("steady disparity with specks", of(sizes.small, 1, 4))?;
        let result = buffer("steady disparity", of(sizes.small, 2, 4))?;
        let input_bytes = of(sizes.guide, 1, 16);
        let input = TexelView::part(input, vk::Format::R32G32B32A32_SFLOAT, 0, input_bytes)?;
        let packed = vk::Format::R8G8B8A8_UINT;
        let (guide, small) = (TexelView::new(&guide, packed)?, TexelView::new(&small, packed)?);
        let vectors = vk::Format::R32G32B32A32_SINT;
        let (coarse, flow_texels) = (TexelView::new(&coarse, vectors)?, TexelView::new(&flow, vectors)?);
        let number = vk::Format::R32_SFLOAT;
        let draft = TexelView::new(&draft, number)?;
        let (raw_texels, result_texels) = (TexelView::new(&raw, number)?, TexelView::new(&result, number)?);
        let bind = |source: &KernelSource, constants: &[u32], resources: &[&Arc<TexelView>]| {
            let resources: Vec<Resource> = resources.iter().map(|view| Resource::from(*view)).collect();
            Bindings::new(&Kernel::new(gpu, source, constants)?, &resources)
        };
        let Tuning { alike, agree, surface, ahead, .. } = tuning;
        let [alike, agree, surface, ahead] = [alike, agree, surface, ahead].map(f32::to_bits);
        Ok(Self {
            sizes,
            ring,
            tuning,
            newer: 0,
            guide_bindings: bind(&GUIDE, &brightness(options).map(f32::to_bits), &[&input, &guide])?,
            small_bindings: bind(&SMALL, &[], &[&guide, &small])?,
            coarse_bindings: bind(&COARSE, &[], &[&small, &coarse])?,
            flow_bindings: bind(&FLOW, &[], &[&guide, &coarse, &flow_texels])?,
            steady_bindings: bind(
                &STEADY,
                &[alike, agree, surface, ahead, ring - 2],
                &[&raw_texels, &guide, &flow_texels, &result_texels, &draft],
            )?,
            clean_bindings: bind(&CLEAN, &[], &[&draft, &result_texels])?,
            raw,
            flow,
            result,
        })
    }

    /// How many frames ahead can be used.
    pub fn look_ahead(&self) -> usize {
        self.ring as usize - 2
    }

    /// Sides of all that is kept of a frame.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// Bytes of the motion that [`Steady::record_motion`] copies: for each block columns, rows and cost, `i32` each, and 0.
    pub fn motion_bytes(&self) -> u64 {
        u64::from(area(self.sizes.blocks())) * 16
    }

    fn place(&self, frame: u64) -> u32 {
        (frame % u64::from(self.ring)) as u32
    }

    /// Records what is kept of a frame's picture, when the network's input has been made.
    pub fn record_picture(&self, recorder: &mut Recorder<'_>, frame: u64) -> Result<(), GpuError> {
        let Sizes { guide, .. } = self.sizes;
        let base = self.place(frame) * area(guide);
        let push = GuidePush { size: guide, base };
        recorder.dispatch(&self.guide_bindings, bytemuck::bytes_of(&push), groups(guide, 1))?;
        let cells = self.sizes.blocks();
        let push = SmallPush { size: guide, cells, base, small_base: self.place(frame) * area(cells) };
        recorder.dispatch(&self.small_bindings, bytemuck::bytes_of(&push), groups(cells, 1))
    }

    /// Records the finding of motion between `frame` and the one before; the way back from it is copied to `to`.
    pub fn record_motion(&self, recorder: &mut Recorder<'_>, frame: u64, to: &Arc<Buffer>) -> Result<(), GpuError> {
        let (guide, blocks, coarse) = (self.sizes.guide, self.sizes.blocks(), self.sizes.coarse());
        let places = [self.place(frame), self.place(frame + u64::from(self.ring) - 1)];
        let push = CoarsePush { cells: blocks, blocks: coarse, bases: places.map(|place| place * area(blocks)) };
        recorder.dispatch(&self.coarse_bindings, bytemuck::bytes_of(&push), groups(coarse, 2))?;
        let flow_base = places[0] * 2 * area(blocks);
        let bases = places.map(|place| place * area(guide));
        let push = FlowPush { size: guide, blocks, coarse_blocks: coarse, bases, flow_base };
        recorder.dispatch(&self.flow_bindings, bytemuck::bytes_of(&push), groups(blocks, 2))?;
        recorder.copy_buffer(&self.flow, u64::from(flow_base) * 16, to, 0, self.motion_bytes())
    }

    /// Records the keeping of a frame's raw disparity (`f32`, row by row).
    pub fn record_disparity(&self, recorder: &mut Recorder<'_>, frame: u64, raw: &Arc<Buffer>) -> Result<(), GpuError> {
        let bytes = u64::from(area(self.sizes.small)) * 4;
        recorder.copy_buffer(raw, 0, &self.raw, u64::from(self.place(frame)) * bytes, bytes)
    }

    /// Records the making of a frame's steady disparity, into `to`. Frames come in order, each once, when all that is kept of it and of the frames
    /// ahead has been recorded.
    pub fn record(
        &mut self,
        recorder: &mut Recorder<'_>,
        moment: &Moment<'_>,
        to: &Arc<Buffer>,
    ) -> Result<(), GpuError> {
        let push = self.push(moment);
        self.newer = 1 - self.newer;
        recorder.dispatch(&self.steady_bindings, bytemuck::bytes_of(&push), groups(self.sizes.small, 1))?;
        let clean = GuidePush { size: self.sizes.small, base: push.newer * area(self.sizes.small) };
        recorder.dispatch(&self.clean_bindings, bytemuck::bytes_of(&clean), groups(self.sizes.small, 1))?;
        let bytes = u64::from(area(self.sizes.small)) * 4;
        recorder.copy_buffer(&self.result, u64::from(push.newer) * bytes, to, 0, bytes)
    }

    fn push(&self, moment: &Moment<'_>) -> SteadyPush {
        let ahead = moment.aligned.len().saturating_sub(1).min(self.look_ahead());
        let mut aligned = [[0.0; 2]; MOST_AHEAD + 1];
        for (to, from) in aligned.iter_mut().zip(moment.aligned).take(ahead + 1) {
            *to = [from.scale, from.offset];
        }
        let weight = if ahead == 0 { self.tuning.past_alone } else { self.tuning.past };
        let past = match moment.past {
            Past::None => 0.0,
            Past::Known => weight,
            Past::Alone => {
                aligned[0] = [0.0; 2];
                -weight
            }
        };
        SteadyPush {
            size: self.sizes.small,
            guide_size: self.sizes.guide,
            blocks: self.sizes.blocks(),
            ring: self.ring,
            frame: self.place(moment.frame),
            ahead: ahead as u32,
            newer: 1 - self.newer,
            past,
            unit: moment.span.max(1e-6).recip(),
            aligned,
        }
    }
}

fn groups([width, height]: [u32; 2], depth: u32) -> [u32; 3] {
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
