//! The eyes' pictures as the viewer has turned them, on the GPU: in other colours, a part of them, larger, elsewhere. What lies over them comes later.

use std::collections::HashMap;
use std::sync::Arc;

use ash::vk;

use super::adjustments::{Colours, Window};
use crate::gpu::{Bind, Bindings, Gpu, GpuError, Image, ImageOptions, Kernel, KernelSource, Recorder};
use crate::stage::input::read_triangle;

const ADJUST: KernelSource = KernelSource {
    name: "adjust",
    spirv: include_bytes!("../../spirv/adjust.spv"),
    bindings: &[Bind::SampledNearest, Bind::ImageWrite],
    push_bytes: size_of::<Push>() as u32,
};

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Push {
    size: [u32; 2],
    eye: [u32; 2],
    origin: [f32; 2],
    step: [f32; 2],
    matrix: [[f32; 3]; 3],
    offset: f32,
    exponent: f32,
}

/// Pixels that the kernel's filter takes each way: few where it makes nothing smaller, else any number.
const TAPS: [u32; 2] = [2, 0];

/// The stage from two eyes' pictures to the same as they are seen.
pub struct AdjustEyes {
    eyes: [Arc<Image>; 2],
    results: [Arc<Image>; 2],
    /// By the filter's pixels, for each eye.
    bindings: HashMap<u32, [Arc<Bindings>; 2]>,
}

impl AdjustEyes {
    /// From `left` and `right` (of one size) to pictures of `size`.
    ///
    /// # Errors
    /// The GPU's.
    pub fn new(gpu: &Gpu, left: &Arc<Image>, right: &Arc<Image>, size: [u32; 2]) -> Result<Self, GpuError> {
        let image = || {
            let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
            Image::new(gpu, "eye as it is turned", options)
        };
        let (eyes, results) = ([left, right].map(Arc::clone), [image()?, image()?]);
        let mut bindings = HashMap::new();
        for taps in TAPS {
            let kernel = Kernel::new(gpu, &ADJUST, &[taps, taps])?;
            let bind = |at: usize| Bindings::new(&kernel, &[(&eyes[at]).into(), (&results[at]).into()]);
            bindings.insert(taps, [bind(0)?, bind(1)?]);
        }
        Ok(Self { eyes, results, bindings })
    }

    /// The pictures that it makes.
    pub fn results(&self) -> &[Arc<Image>; 2] {
        &self.results
    }

    /// Records the making of them.
    ///
    /// # Errors
    /// The GPU's.
    pub fn record(&self, recorder: &mut Recorder<'_>, window: &Window, colours: &Colours) -> Result<(), GpuError> {
        let grows = window.step.iter().all(|step| *step <= 1.0);
        let Some(bindings) = self.bindings.get(&TAPS[usize::from(!grows)]) else { return Ok(()) };
        let size = self.results[0].size();
        let push = Push {
            size,
            eye: self.eyes[0].size(),
            origin: window.origin,
            step: window.step,
            matrix: colours.matrix,
            offset: colours.offset,
            exponent: colours.exponent,
        };
        let groups = [size[0].div_ceil(32), size[1].div_ceil(4), 1];
        bindings.iter().try_for_each(|eye| recorder.dispatch(eye, bytemuck::bytes_of(&push), groups))
    }
}

/// The kernel in plain Rust (`shaders/adjust.comp`): RGBA of `size` from an RGBA picture of size `eye`.
pub fn reference(picture: &[u8], eye: [u32; 2], size: [u32; 2], window: &Window, colours: &Colours) -> Vec<u8> {
    let mut result = Vec::with_capacity(size[0] as usize * size[1] as usize * 4);
    for y in 0..size[1] {
        for x in 0..size[0] {
            let place = [x, y].map(|side| side as f32 + 0.5);
            let at = [0, 1].map(|axis| window.origin[axis] + place[axis] * window.step[axis]);
            let inside = (0..2).all(|axis| at[axis] >= 0.0 && at[axis] < eye[axis] as f32);
            let colour = if inside {
                let read = read_triangle(picture, eye, at.map(|at| at - 0.5), window.step);
                colours.matrix.map(|row| {
                    let value = row[0] * read[0] + row[1] * read[1] + row[2] * read[2] + colours.offset;
                    value.clamp(0.0, 1.0).powf(colours.exponent)
                })
            } else {
                [0.0; 3]
            };
            result.extend(colour.map(|value| (value * 255.0).round_ties_even() as u8));
            result.push(255);
        }
    }
    result
}
