//! From a picture and the surfaces of its pixels to both eyes' pictures.

use std::sync::Arc;

use ash::vk;

use super::kernels::{EvenPush, WARP, WARP_EDGES, WARP_LIST, WARP_MIXED, WarpPush};
use super::lists::{List, Lists};
use super::parallax::{Made, runs};
use super::{Numbers, Source, View};
use crate::gpu::{
    Bindings, Buffer, BufferKind, Gpu, GpuError, Image, ImageOptions, Kernel, KernelSource, Recorder, Resource,
    TexelView,
};
use crate::stage::StageError;

/// Makes both eyes.
pub(super) struct Warp {
    sources: Vec<Arc<Image>>,
    /// Where nothing but one even surface is seen: both eyes, or the right one alone.
    both: Vec<Arc<Bindings>>,
    right: Vec<Arc<Bindings>>,
    eyes: [Eye; 2],
}

/// One eye: its picture, and the kernels for what is not even.
struct Eye {
    picture: Arc<Image>,
    list: Arc<Bindings>,
    edges: Vec<Arc<Bindings>>,
    mixed: Vec<Arc<Bindings>>,
}

/// `kernel` with each source's picture and `rest`.
fn bind(kernel: &Arc<Kernel>, sources: &[Source], rest: &[Resource]) -> Result<Vec<Arc<Bindings>>, GpuError> {
    let one = |source: &Source| Bindings::new(kernel, &[&[Resource::from(&source.picture)], rest].concat());
    sources.iter().map(one).collect()
}

impl Eye {
    /// The left (`number` 0) or the right one (1), of pictures of `size`; `mixed` is where its mixed pixels are listed.
    fn new(
        gpu: &Gpu,
        number: usize,
        sources: &[Source],
        size: [u32; 2],
        (made, mixed): (&Made, &Arc<Buffer>),
        lists: &Lists,
    ) -> Result<Self, StageError> {
        let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
        let picture = Image::new(gpu, ["left eye", "right eye"][number.min(1)], options)?;
        let kernel = |source: &KernelSource| Kernel::new(gpu, source, &[number as u32]);
        let words = |buffer: &Arc<Buffer>| TexelView::new(buffer, vk::Format::R32_UINT);
        let rough = Buffer::new(gpu, "rough runs", made.bounds.bytes() * 2, BufferKind::Device)?;
        let listed = TexelView::new(&rough, vk::Format::R32G32_UINT)?;
        let (surfaces, bounds, mixed_texels) = (words(&made.surfaces)?, words(&made.bounds)?, words(mixed)?);
        let (heads, eye) = (Resource::from(lists.heads()), Resource::from(&picture));
        let edges = [Resource::from(&surfaces), heads.clone(), (&listed).into(), mixed.into(), eye.clone()];
        let blend = [Resource::from(&surfaces), (&bounds).into(), heads.clone(), (&mixed_texels).into(), eye];
        Ok(Self {
            list: Bindings::new(&kernel(&WARP_LIST)?, &[(&bounds).into(), heads, (&rough).into()])?,
            edges: bind(&kernel(&WARP_EDGES)?, sources, &edges)?,
            mixed: bind(&kernel(&WARP_MIXED)?, sources, &blend)?,
            picture,
        })
    }
}

impl Warp {
    /// For every one of `sources`, with pictures of `size`, from what was made of them.
    pub(super) fn new(
        gpu: &Gpu,
        sources: &[Source],
        size: [u32; 2],
        made: &Made,
        lists: &Lists,
    ) -> Result<Self, StageError> {
        let mixed = Buffer::new(gpu, "mixed pixels", made.spare.bytes(), BufferKind::Device)?;
        let eye = |number, mixed| Eye::new(gpu, number, sources, size, (made, mixed), lists);
        let eyes = [eye(0, &made.spare)?, eye(1, &mixed)?];
        let parallax = TexelView::new(&made.surfaces, vk::Format::R16G16_SINT)?;
        let rest = [Resource::from(&parallax), (&eyes[0].picture).into(), (&eyes[1].picture).into()];
        let even = |both: bool| bind(&Kernel::new(gpu, &WARP, &[both.into()])?, sources, &rest);
        Ok(Self {
            sources: sources.iter().map(|source| Arc::clone(&source.picture)).collect(),
            both: even(true)?,
            right: even(false)?,
            eyes,
        })
    }

    /// The picture of the left (0) or the right (1) eye.
    pub(super) fn picture(&self, eye: usize) -> &Arc<Image> {
        &self.eyes[eye.min(1)].picture
    }

    /// Records both eyes from source `source`, of which `seen` columns have depth; a surface behind another is looked for within `reach` pixels.
    pub(super) fn record(
        &self,
        recorder: &mut Recorder<'_>,
        lists: &Lists,
        source: usize,
        (seen, reach): (u32, u32),
        view: &View,
    ) -> Result<(), GpuError> {
        let source = source % self.sources.len().max(1);
        let size = self.eyes[0].picture.size();
        let numbers = Numbers::new(&view.mapping, size[0], seen);
        let unit = numbers.unit;
        let shares = if view.mapping.is_flat() { [0.0; 2] } else { view.source_eye.shares() };
        for (eye, _) in self.eyes.iter().zip(shares).filter(|(_, share)| *share == 0.0) {
            recorder.copy_image(&self.sources[source], &eye.picture)?;
        }
        let groups =
            |[width, height]: [u32; 2], [across, down]: [u32; 2]| [width.div_ceil(across), height.div_ceil(down), 1];
        let even = match shares {
            [0.0, 0.0] => return Ok(()),
            [0.0, _] => &self.right,
            _ => &self.both,
        };
        lists.forget_eyes(recorder)?;
        let push = EvenPush { size, shares, unit };
        // 64 lanes of four pixels.
        recorder.dispatch(&even[source], bytemuck::bytes_of(&push), groups(size, [256, 1]))?;
        // Step by step for both, so that the two may run side by side.
        let parts = || {
            (0..).zip(&self.eyes).zip(shares).filter(|(_, share)| *share != 0.0).map(|((number, eye), share)| {
                let [first, last] = numbers.reach(share);
                (number, eye, WarpPush { size, first, last, share, reach, unit })
            })
        };
        for (_, eye, push) in parts() {
            recorder.dispatch(&eye.list, bytemuck::bytes_of(&push), groups(runs(size), [8, 8]))?;
        }
        for (number, eye, push) in parts() {
            lists.run(recorder, List::Rough(number), &eye.edges[source], bytemuck::bytes_of(&push))?;
        }
        for (number, eye, push) in parts() {
            lists.run(recorder, List::Mixed(number), &eye.mixed[source], bytemuck::bytes_of(&push))?;
        }
        Ok(())
    }
}
