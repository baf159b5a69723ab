//! What the network sees: the picture made small, in the channel order and range that its weights were trained with.

use std::sync::Arc;

use ash::vk;

use super::StageError;
use super::bars::Crop;
use crate::gpu::{Bind, Bindings, Buffer, Gpu, GpuError, Image, Kernel, KernelSource, Recorder, Resource, TexelView};

/// How a network wants its pictures; part of a weights file's metadata.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputOptions {
    /// Channels in the order B, G, R.
    pub reversed: bool,
    /// Filtered as far as it shrinks (a triangle, as PIL and PyTorch do it); otherwise plain bilinear, rounded to 8 bits (as OpenCV does it).
    pub antialias: bool,
    /// Taken off each channel, of values 0..=255.
    pub mean: [f32; 3],
    /// What remains is divided by this.
    pub deviation: [f32; 3],
}

impl InputOptions {
    /// What `deep3d-2016` was trained with: raw B, G, R from 0 to 255.
    pub const DEEP3D_2016: Self = Self { reversed: true, antialias: false, mean: [0.0; 3], deviation: [1.0; 3] };
}

const NETWORK_INPUT: KernelSource = KernelSource {
    name: "network_input",
    spirv: include_bytes!("../../spirv/network_input.spv"),
    bindings: &[Bind::Sampled, Bind::StorageTexelWrite],
    push_bytes: 24,
};

/// `shaders/triangle.glsl`: pixels each way that a filter without loops takes.
const MOST_TAPS: u32 = 12;

/// The stage from pictures to the network's input.
pub struct NetworkInput {
    bindings: Vec<Arc<Bindings>>,
    push: [[i32; 2]; 3],
}

impl NetworkInput {
    /// From every one of `pictures` (all of one size) to `buffer`: `size` = width × height texels of four `f32` (three channels and 0), row by row.
    pub fn new(
        gpu: &Gpu,
        options: &InputOptions,
        pictures: &[Arc<Image>],
        buffer: &Arc<Buffer>,
        size: [u32; 2],
    ) -> Result<Self, StageError> {
        let from = pictures.first().map_or([1, 1], |picture| picture.size());
        let mut constants = vec![u32::from(options.reversed), u32::from(options.antialias)];
        constants.extend(options.mean.map(f32::to_bits));
        constants.extend(options.deviation.map(|v| v.recip().to_bits()));
        // Of a part of the picture (`with_crop`) it takes no more.
        constants.extend(known_taps(if options.antialias { taps(from, size) } else { [2, 2] }));
        let kernel = Kernel::new(gpu, &NETWORK_INPUT, &constants)?;
        let bytes = u64::from(size[0]) * u64::from(size[1]) * 16;
        let texels = TexelView::part(buffer, vk::Format::R32G32B32A32_SFLOAT, 0, bytes)?;
        let bind = |picture| Bindings::new(&kernel, &[Resource::from(picture), Resource::from(&texels)]);
        let bindings = pictures.iter().map(bind).collect::<Result<_, GpuError>>()?;
        Ok(Self { bindings, push: [[0, 0], from, size].map(|size| size.map(|side| side as i32)) })
    }

    /// Of the pictures only `crop` is seen, which lies inside of them.
    pub fn with_crop(mut self, crop: Crop) -> Self {
        [self.push[0], self.push[1]] = [crop.at, crop.size].map(|size| size.map(|side| side as i32));
        self
    }

    /// Records the making of the input from picture `picture` (an index into `new`'s pictures).
    pub fn record(&self, recorder: &mut Recorder<'_>, picture: usize) -> Result<(), GpuError> {
        let [width, height] = self.push[2].map(|side| side as u32);
        let bindings = &self.bindings[picture % self.bindings.len()];
        recorder.dispatch(bindings, bytemuck::bytes_of(&self.push), [width.div_ceil(8), height.div_ceil(8), 1])
    }
}

/// How many pixels of a picture of size `from` the triangle filter (`shaders/triangle.glsl`) takes at most each way for one of size `to`.
pub fn taps(from: [u32; 2], to: [u32; 2]) -> [u32; 2] {
    [0, 1].map(|axis| (2.0 * (from[axis] as f32 / to[axis].max(1) as f32).max(1.0)).ceil() as u32)
}

/// Those as the kernels' constants, which know them only where they are few.
fn known_taps(taps: [u32; 2]) -> [u32; 2] {
    if taps.iter().all(|taps| *taps <= MOST_TAPS) { taps } else { [0, 0] }
}

/// Width and height for the network: sides multiples of `multiple`, their product near `area`, and their ratio near the picture's
/// `display_aspect` (width to height as it is seen). Extreme aspects are bounded to an area of at most about half as much again.
pub fn network_size(display_aspect: f64, area: u32, multiple: u32) -> [u32; 2] {
    let multiple = f64::from(multiple.max(1));
    let area = f64::from(area.max(1)).max(multiple * multiple);
    let most = (area * 1.5 / (multiple * multiple)).floor().max(1.0);
    let aspect = if display_aspect.is_finite() { display_aspect.clamp(1.0 / most, most) } else { 1.0 };
    // The shape of what is seen matters more than how many pixels there are of it.
    let cost = |[width, height]: [f64; 2]| {
        (width / height / aspect).ln().abs() + 0.5 * (width * height * multiple * multiple / area).ln().abs()
    };
    let (width, height) = ((area * aspect).sqrt() / multiple, (area / aspect).sqrt() / multiple);
    let mut best = [1.0, 1.0];
    let mut least = f64::INFINITY;
    for columns in [width.floor() - 1.0, width.floor(), width.ceil(), width.ceil() + 1.0] {
        for rows in [height.floor() - 1.0, height.floor(), height.ceil(), height.ceil() + 1.0] {
            let rows = rows.max(1.0);
            let size = [columns.clamp(1.0, (most / rows).floor().max(1.0)), rows];
            if cost(size) < least {
                (best, least) = (size, cost(size));
            }
        }
    }
    best.map(|side| (side * multiple) as u32)
}

/// The kernel in plain Rust (`shaders/network_input.comp`): what `crop` shows of the RGBA 8-bit `picture`, `width` pixels
/// wide → `to` texels of four `f32`.
pub fn reference(picture: &[u8], width: u32, crop: Crop, to: [u32; 2], options: &InputOptions) -> Vec<f32> {
    let from = crop.size;
    let rows = (crop.at[1]..crop.at[1] + from[1]).map(|y| (y * width + crop.at[0]) as usize * 4);
    let picture: Vec<u8> = rows.flat_map(|at| &picture[at..at + from[0] as usize * 4]).copied().collect();
    let picture = &picture[..];
    let step = [0, 1].map(|axis| from[axis] as f32 / to[axis] as f32);
    let mut result = Vec::with_capacity(to[0] as usize * to[1] as usize * 4);
    for y in 0..to[1] {
        for x in 0..to[0] {
            let place = [(x as f32 + 0.5) * step[0] - 0.5, (y as f32 + 0.5) * step[1] - 0.5];
            let mut value = if options.antialias {
                read_triangle(picture, from, place, step).map(|v| v * 255.0)
            } else {
                let inside = [0, 1].map(|axis| place[axis].clamp(0.0, from[axis] as f32 - 1.0));
                read_triangle(picture, from, inside, [1.0, 1.0]).map(|v| (v * 255.0).round())
            };
            if options.reversed {
                value.reverse();
            }
            result
                .extend([0, 1, 2].map(|channel| (value[channel] - options.mean[channel]) / options.deviation[channel]));
            result.push(0.0);
        }
    }
    result
}

/// `shaders/triangle.glsl` over the whole picture: R, G, B in 0..=1 at `place`, filtered over `step` pixels.
pub(crate) fn read_triangle(picture: &[u8], size: [u32; 2], place: [f32; 2], step: [f32; 2]) -> [f32; 3] {
    let taps = |axis: usize| {
        let reach = step[axis].max(1.0);
        let begin = ((place[axis] - reach).floor() as i64 + 1).max(0);
        let end = ((place[axis] + reach).ceil() as i64 - 1).min(i64::from(size[axis]) - 1);
        (begin..=end).map(move |at| (at as usize, (1.0 - (at as f32 - place[axis]).abs() / reach).max(0.0)))
    };
    let (mut sum, mut total) = ([0.0; 3], 0.0);
    for (y, wy) in taps(1) {
        for (x, wx) in taps(0) {
            let at = (y * size[0] as usize + x) * 4;
            for (channel, sum) in sum.iter_mut().enumerate() {
                *sum += wx * wy * f32::from(picture[at + channel]) / 255.0;
            }
            total += wx * wy;
        }
    }
    sum.map(|v| v / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_sizes_keep_the_aspect_as_well_as_multiples_allow() {
        let size = |width: f64, height: f64| network_size(width / height, 384 * 160, 32);
        assert_eq!(size(2.4, 1.0), [384, 160]);
        assert_eq!(size(16.0, 9.0), [320, 192]);
        assert_eq!(size(1.85, 1.0), [352, 192]);
        assert_eq!(size(4.0, 3.0), [288, 224]);
        assert_eq!(size(9.0, 16.0), [192, 320]);
        assert_eq!(size(1.0, 1.0), [256, 256]);
        for (width, height) in [(1e9, 1.0), (1.0, 1e9), (f64::NAN, 1.0), (0.0, 1.0), (40.0, 1.0)] {
            let [w, h] = size(width, height);
            assert!(w % 32 == 0 && h % 32 == 0 && w > 0 && h > 0, "{w}×{h}");
            assert!(w * h <= 384 * 160 * 3 / 2, "{w}×{h}");
        }
        assert_eq!(network_size(1.5, 100, 32), [32, 32]);
    }
}
