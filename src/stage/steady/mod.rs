//! Disparity made steady over time: filtered from the frames before and those ahead along motion, all in the shot's scale and shift. At the network's size.
//!
//! 1. On the CPU [`align`]: scale and shift of the frame's disparity against the shot's.
//! 2. `steady`: the frame's own disparity, the last result and the frames ahead, each believed as far as the picture, the way back ([`super::flow`]) and the
//!    disparity agree; `steady_clean` takes out specks.
//!
//! Frames are counted by whoever uses it; it keeps those that [`Steady::record`] can look at in rings. One thread. Nothing is made after [`Steady::new`].

use std::sync::Arc;

use ash::vk;

use super::StageError;
use super::flow::{Flow, blocks, groups};
use crate::gpu::{
    Bind, Bindings, Buffer, BufferKind, Gpu, GpuError, Kernel, KernelSource, Recorder, Resource, TexelView,
};

pub mod align;
pub mod carry;
pub mod reference;

use align::Align;

/// Most frames ahead that can be used.
pub const MOST_AHEAD: usize = 8;

const STEADY: KernelSource = kernel!(
    "steady",
    &[Bind::UniformTexel, Bind::UniformTexel, Bind::UniformTexel, Bind::UniformTexel, Bind::StorageTexelWrite],
    SteadyPush
);

const CLEAN: KernelSource = kernel!("steady_clean", &[Bind::UniformTexel, Bind::StorageTexelWrite], CleanPush);

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct CleanPush {
    size: [u32; 2],
    base: u32,
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
    /// Of the pictures between which motion is found.
    pub guide: [u32; 2],
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
    Known {
        /// Frames since one had a disparity of its own, this one counted: 1 where each has. The more, the less the last result counts against a new one.
        frames: u32,
    },
    /// The last result belongs to the frame before, and stays: the frame itself says nothing (a flash).
    Alone,
}

/// One frame's turn.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Which frame.
    pub frame: u64,
    /// What of the last result holds.
    pub past: Past,
    /// From raw disparity to the shot's: of the frame, and of each frame ahead that is of the same shot; `None` for those that have none.
    pub aligned: &'a [Option<Align>],
    /// The span of the shot's disparity.
    pub span: f32,
}

/// The stage.
pub struct Steady {
    sizes: Sizes,
    ring: u32,
    look_ahead: u32,
    tuning: Tuning,
    newer: u32,
    raw: Arc<Buffer>,
    raw_texels: Arc<TexelView>,
    result: Arc<Buffer>,
    steady_bindings: Arc<Bindings>,
    clean_bindings: Arc<Bindings>,
}

impl Steady {
    /// For disparity of `small` (width, height) of the frames between which `flow` finds motion, with as many frames ahead as are kept there besides the
    /// frame itself and the one before, [`MOST_AHEAD`] at most ([`Steady::look_ahead`]).
    pub fn new(gpu: &Gpu, flow: &Flow, small: [u32; 2], tuning: Tuning) -> Result<Self, StageError> {
        let ring = flow.frames();
        let look_ahead = (ring - 2).min(MOST_AHEAD as u32);
        let sizes = Sizes { small, guide: flow.size() };
        let buffer = |name: &str, count: u32| {
            Buffer::new(gpu, name, u64::from(area(small)) * u64::from(count) * 4, BufferKind::Device)
        };
        let raw = buffer("disparity of several frames", ring)?;
        let draft = buffer("steady disparity with specks", 1)?;
        let result = buffer("steady disparity", 2)?;
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
            look_ahead,
            tuning,
            newer: 0,
            steady_bindings: bind(
                &STEADY,
                &[alike, agree, surface, ahead, look_ahead],
                &[&raw_texels, flow.guide(), flow.vectors(), &result_texels, &draft],
            )?,
            clean_bindings: bind(&CLEAN, &[], &[&draft, &result_texels])?,
            raw,
            raw_texels,
            result,
        })
    }

    /// How many frames ahead can be used.
    pub fn look_ahead(&self) -> usize {
        self.look_ahead as usize
    }

    /// Sides of all that is kept of a frame.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn place(&self, frame: u64) -> u32 {
        (frame % u64::from(self.ring)) as u32
    }

    /// The ring of raw disparities.
    fn raw(&self) -> &Arc<TexelView> {
        &self.raw_texels
    }

    /// Records the keeping of a frame's raw disparity (`f32`, row by row).
    pub fn record_disparity(&self, recorder: &mut Recorder<'_>, frame: u64, raw: &Arc<Buffer>) -> Result<(), GpuError> {
        let bytes = u64::from(area(self.sizes.small)) * 4;
        recorder.copy_buffer(raw, 0, &self.raw, u64::from(self.place(frame)) * bytes, bytes)
    }

    /// Records the copying of a frame's raw disparity to `to`.
    pub fn record_raw(&self, recorder: &mut Recorder<'_>, frame: u64, to: &Arc<Buffer>) -> Result<(), GpuError> {
        let bytes = u64::from(area(self.sizes.small)) * 4;
        recorder.copy_buffer(&self.raw, u64::from(self.place(frame)) * bytes, to, 0, bytes)
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
        let clean = CleanPush { size: self.sizes.small, base: push.newer * area(self.sizes.small) };
        recorder.dispatch(&self.clean_bindings, bytemuck::bytes_of(&clean), groups(self.sizes.small, 1))?;
        let bytes = u64::from(area(self.sizes.small)) * 4;
        recorder.copy_buffer(&self.result, u64::from(push.newer) * bytes, to, 0, bytes)
    }

    fn push(&self, moment: &Moment<'_>) -> SteadyPush {
        let ahead = moment.aligned.len().saturating_sub(1).min(self.look_ahead());
        let mut aligned = [[0.0; 2]; MOST_AHEAD + 1];
        for (to, from) in aligned.iter_mut().zip(moment.aligned).take(ahead + 1) {
            *to = from.map_or([0.0; 2], |from| [from.scale, from.offset]);
        }
        if moment.aligned.first().is_some_and(Option::is_none) {
            aligned[0] = [-1.0, 0.0];
        }
        let weight = if ahead == 0 { self.tuning.past_alone } else { self.tuning.past };
        let past = match moment.past {
            Past::None => 0.0,
            Past::Known { frames } => over(weight, frames),
            Past::Alone => {
                if aligned[0][0] > 0.0 {
                    aligned[0] = [0.0; 2];
                }
                -weight
            }
        };
        SteadyPush {
            size: self.sizes.small,
            guide_size: self.sizes.guide,
            blocks: blocks(self.sizes.guide),
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

/// The weight of a result that has stood for `frames` frames, against that of a new disparity, 1: so that it goes at the same pace whether each frame has
/// one of its own or every so manieth. `weight` is that of one frame.
fn over(weight: f32, frames: u32) -> f32 {
    if frames <= 1 {
        return weight;
    }
    let kept = (weight / (weight + 1.0)).powi(frames.min(1000) as i32);
    kept / (1.0 - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_goes_at_one_pace() {
        // A step from 0 to 1, each frame or every fifth: the same after 20.
        let after = |every: u32| {
            (0..20 / every).fold(0.0_f32, |value, _| {
                let weight = over(12.0, every);
                (value * weight + 1.0) / (weight + 1.0)
            })
        };
        assert!((after(1) - after(5)).abs() < 1e-4, "{} {}", after(1), after(5));
        assert_eq!(over(12.0, 1), 12.0);
    }
}
