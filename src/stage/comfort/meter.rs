//! The comfort meter: measures the parallax that is really shown, of every pixel, after all that comes between the network and the eyes.
//!
//! [`Meter::record`] counts on the GPU; what it leaves in [`Meter::counts`] is read back by whoever submitted it and made a [`Reading`] of.

use std::sync::Arc;

use ash::vk;

use super::mapping::Limits;
use crate::gpu::{Bind, Bindings, Buffer, BufferKind, Gpu, GpuError, Kernel, KernelSource, Recorder, TexelView};
use crate::stage::StageError;
use crate::stage::bars::Crop;

const METER: KernelSource = KernelSource {
    name: "meter",
    spirv: include_bytes!("../../../spirv/meter.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageReadWrite],
    push_bytes: size_of::<Push>() as u32,
};

/// Classes of parallax that are told apart.
pub const CLASSES: usize = 256;

/// Width of a class in % of the picture's width; the first and the last class also hold what is beyond them.
pub const CLASS: f32 = 0.05;

/// The class that begins at no parallax.
const ZERO: usize = 96;

/// Counts after the classes: beyond the front limit, beyond the one behind, in front of the screen at a side edge, all.
const OTHERS: usize = 4;

/// Rounding may take a pixel so far beyond a limit, in % of the width: it cannot be seen.
const TOLERANCE: f32 = 0.002;

/// Pixels of a workgroup, across and down.
const GROUP: [u32; 2] = [256, 8];

/// Bytes of what is counted.
pub const BYTES: u64 = ((CLASSES + OTHERS) * 4) as u64;

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Push {
    size: [u32; 2],
    first: u32,
    last: u32,
    front: f32,
    behind: f32,
    step: f32,
    clear: u32,
    unit: f32,
}

impl Push {
    fn new(size: [u32; 2], crop: Crop, limits: Limits, unit: f32) -> Self {
        let pixels = size[0] as f32 / 100.0;
        Self {
            size,
            first: crop.at[0],
            last: crop.at[0] + crop.size[0].max(1) - 1,
            front: (limits.front - TOLERANCE) * pixels,
            behind: (limits.behind + TOLERANCE) * pixels,
            step: CLASS * pixels,
            clear: 0,
            unit,
        }
    }
}

/// What was measured of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Pixels in each class; class i holds parallax from `parallax_of(i)` on.
    pub classes: Vec<u32>,
    /// Pixels in front of the front limit.
    pub front: u32,
    /// Pixels behind the limit behind.
    pub behind: u32,
    /// Pixels in front of the screen right at the picture's left or right edge, where the screen's frame would cut them.
    pub sides: u32,
    /// Pixels in all.
    pub pixels: u32,
}

/// Where class `class` begins, in % of the width.
pub fn parallax_of(class: usize) -> f32 {
    (class as f32 - ZERO as f32) * CLASS
}

impl Reading {
    /// Of what [`Meter::counts`] holds. `None` where that is too short.
    pub fn new(counts: &[u32]) -> Option<Self> {
        let (classes, others) = counts.split_at_checked(CLASSES)?;
        let &[front, behind, sides, pixels, ..] = others else { return None };
        Some(Self { classes: classes.to_vec(), front, behind, sides, pixels })
    }

    /// Of a picture of `pixels` pixels that both eyes see alike.
    pub fn flat(pixels: u32) -> Self {
        let mut classes = vec![0; CLASSES];
        classes[ZERO] = pixels;
        Self { classes, front: 0, behind: 0, sides: 0, pixels }
    }

    /// Whether anything was beyond a limit.
    pub fn is_outside(&self) -> bool {
        self.front + self.behind + self.sides > 0
    }

    /// The parallax, in % of the width, below which `share` (0..=1) of the pixels lie, to a class.
    pub fn percentile(&self, share: f32) -> f32 {
        percentile(&self.classes.iter().map(|count| u64::from(*count)).collect::<Vec<_>>(), share)
    }
}

/// The same of classes summed up over many pictures; inside a class values are taken to be spread evenly.
pub(super) fn percentile(classes: &[u64], share: f32) -> f32 {
    let wanted = f64::from(share.clamp(0.0, 1.0)) * classes.iter().sum::<u64>() as f64;
    let mut below = 0.0;
    for (class, count) in classes.iter().enumerate() {
        let count = *count as f64;
        if count > 0.0 && below + count >= wanted {
            // What is not bent at all lies at a class's very beginning.
            let inside = if class == ZERO { 0.0 } else { ((wanted - below) / count) as f32 };
            return parallax_of(class) + inside * CLASS;
        }
        below += count;
    }
    0.0
}

/// The stage.
pub struct Meter {
    size: [u32; 2],
    counts: Arc<Buffer>,
    bindings: Arc<Bindings>,
}

impl Meter {
    /// For the parallax ([`Stereo::parallax`](crate::stage::stereo::Stereo::parallax)) of pictures of `size` (width, height).
    pub fn new(gpu: &Gpu, parallax: &Arc<Buffer>, size: [u32; 2]) -> Result<Self, StageError> {
        let counts = Buffer::new(gpu, "counts of parallax", BYTES, BufferKind::Device)?;
        let kernel = Kernel::new(gpu, &METER, &[])?;
        let parallax = TexelView::new(parallax, vk::Format::R16G16_SINT)?;
        let bindings = Bindings::new(&kernel, &[(&parallax).into(), (&counts).into()])?;
        Ok(Self { size, counts, bindings })
    }

    /// What was counted: [`BYTES`] of `u32`, for [`Reading::new`].
    pub fn counts(&self) -> &Arc<Buffer> {
        &self.counts
    }

    /// Records the counting, of a picture of which `crop` lies between its bars, after the parallax was made, which is counted in `unit`
    /// ([`unit_of`](crate::stage::stereo::unit_of) its mapping).
    pub fn record(&self, recorder: &mut Recorder<'_>, crop: Crop, limits: Limits, unit: f32) -> Result<(), GpuError> {
        let push = Push::new(self.size, crop, limits, unit);
        recorder.dispatch(&self.bindings, bytemuck::bytes_of(&Push { clear: 1, ..push }), [1, 1, 1])?;
        let groups = [self.size[0].div_ceil(GROUP[0]), self.size[1].div_ceil(GROUP[1]), 1];
        recorder.dispatch(&self.bindings, bytemuck::bytes_of(&push), groups)
    }
}

/// The kernel in plain Rust (`shaders/meter.comp`), on parallax in pixels.
pub fn reference(parallax: &[f32], size: [u32; 2], crop: Crop, limits: Limits) -> Reading {
    let push = Push::new(size, crop, limits, 1.0);
    let mut reading = Reading { classes: vec![0; CLASSES], front: 0, behind: 0, sides: 0, pixels: 0 };
    for (at, p) in parallax.iter().copied().enumerate() {
        let x = at as u32 % size[0].max(1);
        let class = ((p / push.step).floor() as i32 + ZERO as i32).clamp(0, CLASSES as i32 - 1);
        reading.classes[class as usize] += 1;
        reading.front += u32::from(p < push.front);
        reading.behind += u32::from(p > push.behind);
        reading.sides += u32::from((x == push.first || x == push.last) && p < -push.step);
        reading.pixels += 1;
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beyond_the_limits_is_counted() {
        let (size, limits) = ([200, 1], Limits { front: -1.0, behind: 2.0 });
        let crop = Crop { at: [10, 0], size: [180, 1] };
        let mut parallax = vec![0.0; 200];
        let still = reference(&parallax, size, crop, limits);
        assert!(!still.is_outside() && still == Reading::flat(200));
        // In pixels: a % is two of them.
        parallax[50..53].copy_from_slice(&[-2.1, 4.1, -1.9]);
        (parallax[10], parallax[189], parallax[9]) = (-0.5, -1.0, -0.5);
        let reading = reference(&parallax, size, crop, limits);
        assert_eq!((reading.front, reading.behind, reading.sides, reading.pixels), (1, 1, 2, 200));
        assert!(reading.is_outside());
    }

    #[test]
    fn percentiles_are_those_of_the_pixels() {
        let parallax: Vec<f32> = (0..1000).map(|at| (at as f32 / 1000.0 - 0.25) * 2.0 * 10.0).collect();
        let crop = Crop { at: [0, 0], size: [1000, 1] };
        let reading = reference(&parallax, [1000, 1], crop, Limits { front: -1.0, behind: 2.0 });
        assert!((reading.percentile(0.5) - 0.5).abs() < 0.03, "{}", reading.percentile(0.5));
        assert!((reading.percentile(0.02) + 0.46).abs() < 0.03 && (reading.percentile(0.98) - 1.46).abs() < 0.03);
        assert_eq!(Reading::flat(10).percentile(0.98), 0.0);
    }
}
