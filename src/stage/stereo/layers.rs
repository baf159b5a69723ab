//! The picture with its disparity planes beside it, near to far: how the network sees the scene.

use std::sync::Arc;

use ash::vk;

use crate::gpu::{
    Bind, Bindings, Buffer, Gpu, GpuError, Image, ImageOptions, Kernel, KernelSource, Recorder, Resource, TexelView,
};
use crate::stage::StageError;

const LAYERS: KernelSource = KernelSource {
    name: "layers",
    spirv: include_bytes!("../../../spirv/layers.spv"),
    bindings: &[Bind::SampledNearest, Bind::UniformTexel, Bind::ImageWrite],
    push_bytes: 24,
};

/// Planes of probability as a network leaves them: `f32`, pixel by pixel, row by row; of each pixel all its planes (near to far),
/// filled up with zeroes to a multiple of four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaneStack {
    /// Width and height of a plane.
    pub size: [u32; 2],
    /// The first plane that stands for a depth (`deep3d-2016`'s plane 0 does not).
    pub first: u32,
    /// How many there are from there on, at least 12: they are shown in twelve groups.
    pub count: u32,
}

impl PlaneStack {
    /// Numbers from one pixel to the next.
    pub fn pitch(&self) -> u32 {
        (self.first + self.count).next_multiple_of(4)
    }
}

/// The stage from a picture and its planes to the picture of both.
pub struct Layers {
    size: [u32; 2],
    stack: PlaneStack,
    result: Arc<Image>,
    bindings: Vec<Arc<Bindings>>,
}

impl Layers {
    /// For each of `sources`: a picture (all of one size) and its planes.
    pub fn new(gpu: &Gpu, sources: &[(Arc<Image>, Arc<Buffer>)], stack: PlaneStack) -> Result<Self, StageError> {
        let size = sources.first().map_or([1, 1], |(picture, _)| picture.size());
        let options = ImageOptions { size: layers_size(size), format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
        let result = Image::new(gpu, "layers", options)?;
        let kernel = Kernel::new(gpu, &LAYERS, &[])?;
        let bytes = u64::from(stack.pitch()) * u64::from(stack.size[0]) * u64::from(stack.size[1]) * 4;
        let bind = |(picture, planes): &(Arc<Image>, Arc<Buffer>)| {
            let texels = TexelView::part(planes, vk::Format::R32_SFLOAT, 0, bytes)?;
            Bindings::new(&kernel, &[Resource::from(picture), Resource::from(&texels), Resource::from(&result)])
        };
        let bindings = sources.iter().map(bind).collect::<Result<_, GpuError>>()?;
        Ok(Self { size, stack, result, bindings })
    }

    /// Of [`layers_size`]; R8G8B8A8_UNORM.
    pub fn result(&self) -> &Arc<Image> {
        &self.result
    }

    /// Records it from source `source` (an index into `new`'s sources).
    pub fn record(&self, recorder: &mut Recorder<'_>, source: usize) -> Result<(), GpuError> {
        let PlaneStack { size: [width, height], first, count } = self.stack;
        let push = [self.size[0], self.size[1], width, height, first, count];
        let [across, down] = self.result.size();
        let groups = [across.div_ceil(32), down.div_ceil(4), 1];
        recorder.dispatch(&self.bindings[source % self.bindings.len()], bytemuck::bytes_of(&push), groups)
    }
}

/// Width and height of the result: the picture, and on its right four columns and three rows of planes, each a third as large.
pub fn layers_size([width, height]: [u32; 2]) -> [u32; 2] {
    [width + 4 * width.div_ceil(3), 3 * height.div_ceil(3)]
}

/// The kernel in plain Rust (`shaders/layers.comp`): RGBA of [`layers_size`].
pub fn reference(picture: &[u8], [width, height]: [u32; 2], planes: &[f32], stack: &PlaneStack) -> Vec<u8> {
    let [small_width, small_height] = stack.size;
    let at = |plane: u32, x: u32, y: u32| {
        let pixel = y.min(small_height - 1) * small_width + x.min(small_width - 1);
        planes[(pixel * stack.pitch() + plane) as usize]
    };
    let cell_size = [width.div_ceil(3), height.div_ceil(3)];
    let [across, down] = layers_size([width, height]);
    let mut result = Vec::with_capacity((across * down * 4) as usize);
    for y in 0..down {
        if y < height {
            let row = (y * width * 4) as usize;
            result.extend_from_slice(&picture[row..row + (width * 4) as usize]);
        } else {
            result.extend([0, 0, 0, 255].repeat(width as usize));
        }
        for x in 0..across - width {
            let cell = [x / cell_size[0], y / cell_size[1]];
            let number = cell[1] * 4 + cell[0];
            let from = [x, y].map(|v| v as f32 + 0.5);
            let [from_x, from_y] = [0, 1].map(|axis| {
                let inside = from[axis] - (cell[axis] * cell_size[axis]) as f32;
                (inside * stack.size[axis] as f32 / cell_size[axis] as f32 - 0.5).max(0.0)
            });
            let (low_x, low_y) = (from_x as u32, from_y as u32);
            let (part_x, part_y) = (from_x - low_x as f32, from_y - low_y as f32);
            let group = stack.first + number * stack.count / 12..stack.first + (number + 1) * stack.count / 12;
            let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
            let one = |plane: u32| {
                let upper = mix(at(plane, low_x, low_y), at(plane, low_x + 1, low_y), part_x);
                let lower = mix(at(plane, low_x, low_y + 1), at(plane, low_x + 1, low_y + 1), part_x);
                mix(upper, lower, part_y)
            };
            let value = (group.map(one).sum::<f32>().clamp(0.0, 1.0) * 255.0).round_ties_even() as u8;
            result.extend([value, value, value, 255]);
        }
    }
    result
}
