//! Depth pictures, in the source's size, of the parallax that is really shown (after strength, convergence and comfort).

use std::sync::Arc;

use ash::vk;

use super::{Stereo, unit_of};
use crate::gpu::{
    Bind, Bindings, Buffer, BufferKind, Gpu, GpuError, Image, ImageOptions, Kernel, KernelSource, Recorder, TexelView,
};
use crate::stage::StageError;
use crate::stage::comfort::Mapping;

const DEPTH: KernelSource = KernelSource {
    name: "depth",
    spirv: include_bytes!("../../../spirv/depth.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageWrite, Bind::ImageWrite],
    push_bytes: 20,
};

/// Workgroups in a row, so that large pictures stay below Vulkan's limit of 65,535.
const ROW: u32 = 1024;

/// The stage from parallax to depth pictures.
pub struct Depth {
    size: [u32; 2],
    deep: Arc<Buffer>,
    grey: Arc<Image>,
    bindings: Arc<Bindings>,
}

impl Depth {
    /// For what `stereo` makes.
    pub fn new(gpu: &Gpu, stereo: &Stereo) -> Result<Self, StageError> {
        let size = stereo.size();
        let pixels = u64::from(size[0]) * u64::from(size[1]);
        let deep = Buffer::new(gpu, "depth, 16 bits", pixels.div_ceil(2) * 4, BufferKind::Device)?;
        let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
        let grey = Image::new(gpu, "depth, 8 bits", options)?;
        let kernel = Kernel::new(gpu, &DEPTH, &[])?;
        let parallax = TexelView::new(stereo.parallax(), vk::Format::R16G16_SINT)?;
        let bindings = Bindings::new(&kernel, &[(&parallax).into(), (&deep).into(), (&grey).into()])?;
        Ok(Self { size, deep, grey, bindings })
    }

    /// 16 bits a pixel, tight rows, little-endian: clamp(round(32768 − 3277 · p)), p in % of the width. Brighter is nearer, 32768 the screen.
    pub fn deep(&self) -> &Arc<Buffer> {
        &self.deep
    }

    /// 8 bits (R = G = B): the shot's range stretched, near white.
    pub fn grey(&self) -> &Arc<Image> {
        &self.grey
    }

    /// Records both, after [`Stereo::record_parallax`] with the same `mapping`.
    pub fn record(&self, recorder: &mut Recorder<'_>, mapping: &Mapping) -> Result<(), GpuError> {
        let pairs = (u64::from(self.size[0]) * u64::from(self.size[1])).div_ceil(2);
        let groups = u32::try_from(pairs.div_ceil(64)).unwrap_or(u32::MAX);
        let unit = unit_of(mapping, self.size[0]);
        let push = [self.size[0], self.size[1], mapping.near.to_bits(), mapping.far.to_bits(), unit.to_bits()];
        recorder.dispatch(&self.bindings, bytemuck::bytes_of(&push), [groups.min(ROW), groups.div_ceil(ROW), 1])
    }
}

/// The kernel in plain Rust (`shaders/depth.comp`): 16 and 8 bits a pixel from parallax in pixels.
pub fn reference(parallax: &[f32], width: u32, mapping: &Mapping) -> (Vec<u16>, Vec<u8>) {
    let range = mapping.far - mapping.near;
    let percent = |p: &f32| p * 100.0 / width as f32;
    let deep = |p: f32| (32768.0 - 3277.0 * p).round_ties_even().clamp(0.0, 65535.0) as u16;
    let grey = |p: f32| if range > 1e-6 { ((mapping.far - p) / range).clamp(0.0, 1.0) } else { 0.5 };
    parallax.iter().map(percent).map(|p| (deep(p), (grey(p) * 255.0).round_ties_even() as u8)).unzip()
}
