//! The original network's own renderer: the right eye's picture from the left one's and the softmax over its planes.
//!
//! Made once for an engine and two images, recorded after [`Engine::record`] into the same or a later command buffer. Any thread may use it.

use super::engine::Engine;
use super::error::NetError;
use super::graph::Network;
use super::kernels::{Path, Tuning};
use super::precision::Precision;
use crate::gpu::{Bind, Bindings, Buffer, Gpu, GpuError, Image, Kernel, KernelSource, Recorder, Resource, TexelView};
use ash::vk;
use std::sync::Arc;

const TEXEL: KernelSource = KernelSource {
    name: "selection",
    spirv: include_bytes!("../../spirv/selection.spv"),
    bindings: &[Bind::UniformTexel, Bind::SampledNearest, Bind::ImageWrite],
    push_bytes: size_of::<Push>() as u32,
};

const STORAGE: KernelSource = KernelSource {
    name: "selection_storage",
    spirv: include_bytes!("../../spirv/selection_storage.spv"),
    bindings: &[Bind::StorageRead, Bind::SampledNearest, Bind::ImageWrite],
    push_bytes: size_of::<Push>() as u32,
};

#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Push {
    size: [i32; 2],
    low_size: [i32; 2],
    scale: [f32; 2],
    whole: i32,
    truncate: i32,
}

/// A selection layer that is ready to be recorded.
pub struct Selection {
    bindings: Arc<Bindings>,
    push: Push,
    groups: [u32; 3],
}

impl Selection {
    /// From `picture` (the left eye's; any size and float or normalised format) into `eye` (the right one's, of the same size). An 8-bit eye
    /// is truncated as the original does. Only for an engine of `deep3d-2016`.
    pub fn new(gpu: &Gpu, engine: &Engine, picture: &Arc<Image>, eye: &Arc<Image>) -> Result<Self, NetError> {
        if engine.network() != Network::Deep3d2016 {
            return Err(NetError::Selection(engine.network().name()));
        }
        Self::from_planes(gpu, engine.planes()?, engine.output_size(), picture, eye)
    }

    /// As [`Selection::new`] with the planes of a picture that is kept beside the engine: `shares` laid out as [`Engine::planes`] says,
    /// `low_size` wide and high.
    pub fn from_planes(
        gpu: &Gpu,
        shares: &Arc<Buffer>,
        low_size: [u32; 2],
        picture: &Arc<Image>,
        eye: &Arc<Image>,
    ) -> Result<Self, NetError> {
        let size = eye.size();
        if picture.size() != size {
            let reason = format!("a picture of {:?} and an eye of {size:?}", picture.size());
            return Err(NetError::Graph { layer: "selection".into(), reason });
        }
        // The planes are single precision whatever the network's values are.
        let (source, shares) = match Tuning::of(gpu.facts(), Precision::Single).path {
            Path::Texel => (TEXEL, Resource::from(&TexelView::new(shares, vk::Format::R32G32B32A32_SFLOAT)?)),
            Path::Storage | Path::Half => (STORAGE, Resource::from(shares)),
        };
        let kernel = Kernel::new(gpu, &source, &[LANES])?;
        let bindings = Bindings::new(&kernel, &[shares, Resource::from(picture), Resource::from(eye)])?;
        let [width, height] = size.map(|side| side as f32);
        let scale = [width / low_size[0] as f32, height / low_size[1] as f32];
        let push = Push {
            size: size.map(|side| side as i32),
            low_size: low_size.map(|side| side as i32),
            scale,
            whole: i32::from(size[0].is_multiple_of(low_size[0])),
            truncate: i32::from(eye.format() == vk::Format::R8G8B8A8_UNORM),
        };
        let pixels = u64::from(size[0]) * u64::from(size[1]);
        Ok(Self { bindings, push, groups: super::plan::workgroups(pixels, LANES) })
    }

    /// Records it; the engine must have run before.
    pub fn record(&self, recorder: &mut Recorder<'_>) -> Result<(), GpuError> {
        recorder.dispatch(&self.bindings, bytemuck::bytes_of(&self.push), self.groups)
    }
}

const LANES: u32 = 64;
