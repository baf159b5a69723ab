//! From a picture and a disparity map to the surfaces of each pixel.

use std::sync::Arc;

use ash::vk;

use super::kernels::{
    BLEND, BOUNDS, BlendPush, BoundsPush, FIT, GUIDE, GuidePush, MATTE, PLAIN, PLATE, PlainPush, SETTLE, SettlePush,
    SpreadPush, TRIM, TrimPush, UPSAMPLE,
};
use super::lists::{List, Lists};
use super::plates::PlatePush;
use super::surfaces::RUN;
use super::{Numbers, Source, rim};
use crate::gpu::{Bindings, Buffer, BufferKind, Gpu, GpuError, Kernel, Recorder, Resource, TexelView};
use crate::stage::StageError;
use crate::stage::bars::Crop;
use crate::stage::comfort::Mapping;

/// What the eyes are made of.
pub(super) struct Made {
    /// The surfaces of each pixel of the source picture, row by row.
    pub(super) surfaces: Arc<Buffer>,
    /// What parallax there is in each run of pixels.
    pub(super) bounds: Arc<Buffer>,
    /// For what the edges of the map need for a while, and the eyes after that: a word a pixel.
    pub(super) spare: Arc<Buffer>,
}

/// The kernels up to there, bound.
pub(super) struct Parallax {
    size: [u32; 2],
    small: [u32; 2],
    guide: Vec<Arc<Bindings>>,
    fit: Arc<Bindings>,
    blend: Vec<Arc<Bindings>>,
    /// Instead of those three, where there are no mattes.
    plain: Vec<Arc<Bindings>>,
    upsample: Arc<Bindings>,
    matte: Vec<Arc<Bindings>>,
    trim: Arc<Bindings>,
    settle: Arc<Bindings>,
    plate: Arc<Bindings>,
    bounds: Arc<Bindings>,
}

/// Runs of pixels in a picture of this size, and its rows.
pub(super) fn runs([width, height]: [u32; 2]) -> [u32; 2] {
    [width.div_ceil(RUN), height]
}

impl Parallax {
    /// For every one of `sources`, with pictures of `size`; `small` is the disparity's width and height.
    pub(super) fn new(
        gpu: &Gpu,
        sources: &[Source],
        size: [u32; 2],
        small: [u32; 2],
        lists: &Lists,
    ) -> Result<(Self, Made), StageError> {
        let area = |[width, height]: [u32; 2]| u64::from(width) * u64::from(height);
        let buffer = |name: &str, bytes: u64| Buffer::new(gpu, name, bytes, BufferKind::Device);
        let places = |name: &str| TexelView::new(&buffer(name, area(small) * 16)?, vk::Format::R32G32B32A32_SFLOAT);
        let words = |buffer: &Arc<Buffer>| TexelView::new(buffer, vk::Format::R32_UINT);
        let (guide_texels, range) = (places("guide")?, places("range of disparity")?);
        let found = places("fits")?;
        let calm = words(&buffer("disparity, and where edges are", area(small) * 4)?)?;
        let (model, blended) = (places("disparity by colour")?, places("disparity by colour, smooth")?);
        let made = Made {
            surfaces: buffer("surfaces", area(size) * 4)?,
            bounds: buffer("bounds of parallax", area(runs(size)) * 4)?,
            spare: buffer("surfaces near edges, then mixed pixels", area(runs(size)) * u64::from(RUN) * 4)?,
        };
        let (surfaces, bounds, trimmed) = (words(&made.surfaces)?, words(&made.bounds)?, words(&made.spare)?);
        let edges = buffer("runs near edges", area(runs(size)) * 4)?;
        let (heads, listed) = (Resource::from(lists.heads()), words(&edges)?);
        let list = [heads.clone(), (&listed).into()];
        let kernel = |source| Kernel::new(gpu, source, &[]);
        let (guide, fit, blend, matte) = (kernel(&GUIDE)?, kernel(&FIT)?, kernel(&BLEND)?, kernel(&MATTE)?);
        let disparity =
            |source: &Source| TexelView::part(&source.disparity, vk::Format::R32_SFLOAT, 0, area(small) * 4);
        let bind_guide = |source: &Source| {
            let disparity = disparity(source)?;
            Bindings::new(&guide, &[(&source.picture).into(), (&disparity).into(), (&guide_texels).into()])
        };
        let plain = kernel(&PLAIN)?;
        let bind_plain = |source: &Source| Bindings::new(&plain, &[(&disparity(source)?).into(), (&calm).into()]);
        let bind_blend = |source: &Source| {
            let inputs = [Resource::from(&source.picture), (&guide_texels).into(), (&model).into(), (&found).into()];
            Bindings::new(&blend, &[&inputs[..], &[(&blended).into(), (&range).into(), (&calm).into()]].concat())
        };
        let bind_matte = |source: &Source| {
            let inputs = [Resource::from(&source.picture), (&blended).into(), (&range).into()];
            Bindings::new(&matte, &[&inputs[..], &list, &[Resource::from(&surfaces)]].concat())
        };
        let outputs = [Resource::from(&surfaces), (&bounds).into()];
        let upsample = [&[Resource::from(&calm)], &outputs[..], &[heads, (&edges).into()]].concat();
        let trim = [&[Resource::from(&surfaces)], &list[..], &[(&trimmed).into()]].concat();
        let settle = [&[Resource::from(&trimmed)], &list[..], &outputs].concat();
        let parallax = Self {
            size,
            small,
            guide: sources.iter().map(bind_guide).collect::<Result<_, GpuError>>()?,
            fit: Bindings::new(&fit, &[(&guide_texels).into(), (&model).into(), (&found).into()])?,
            blend: sources.iter().map(bind_blend).collect::<Result<_, GpuError>>()?,
            plain: sources.iter().map(bind_plain).collect::<Result<_, GpuError>>()?,
            upsample: Bindings::new(&kernel(&UPSAMPLE)?, &upsample)?,
            matte: sources.iter().map(bind_matte).collect::<Result<_, GpuError>>()?,
            trim: Bindings::new(&kernel(&TRIM)?, &trim)?,
            settle: Bindings::new(&kernel(&SETTLE)?, &settle)?,
            plate: Bindings::new(&kernel(&PLATE)?, &[(&made.surfaces).into()])?,
            bounds: Bindings::new(&kernel(&BOUNDS)?, &outputs)?,
        };
        Ok((parallax, made))
    }

    /// Records it for source `source`, of which `crop` is what the disparity is of. Without `mattes` it is read between the map's places and no more.
    pub(super) fn record(
        &self,
        recorder: &mut Recorder<'_>,
        lists: &Lists,
        source: usize,
        crop: Crop,
        mapping: &Mapping,
        mattes: bool,
    ) -> Result<(), GpuError> {
        let Crop { at: corner, size: seen } = crop;
        let (size, small) = (self.size, self.small);
        let Numbers { scale, gain, offset, low, high, front_fade, behind_fade, unit } =
            Numbers::new(mapping, size[0], seen[0]);
        let source = source % self.guide.len();
        let groups = |[width, height]: [u32; 2]| [width.div_ceil(8), height.div_ceil(8), 1];
        if mattes {
            let push = GuidePush { corner, from: seen, to: small, scale };
            recorder.dispatch(&self.guide[source], bytemuck::bytes_of(&push), groups(small))?;
            recorder.dispatch(&self.fit, bytemuck::bytes_of(&small), groups(small))?;
            let push = BlendPush { corner, from: seen, size: small, gain: gain.abs() / size[0] as f32 };
            recorder.dispatch(&self.blend[source], bytemuck::bytes_of(&push), groups(small))?;
        } else {
            let places = small[0] * small[1];
            let push = PlainPush { places, scale };
            recorder.dispatch(&self.plain[source], bytemuck::bytes_of(&push), [places.div_ceil(64), 1, 1])?;
        }
        let push = SpreadPush { size, corner, seen, small, gain, offset, low, high, front_fade, behind_fade, unit };
        let push = bytemuck::bytes_of(&push);
        lists.forget_edges(recorder)?;
        recorder.dispatch(&self.upsample, push, groups(runs(size)))?;
        if mattes {
            lists.run(recorder, List::Edges, &self.matte[source], push)?;
            let push = TrimPush { size, rim: rim(size[0]), unit };
            lists.run(recorder, List::Edges, &self.trim, bytemuck::bytes_of(&push))?;
            let push = SettlePush { size, unit };
            lists.run(recorder, List::Edges, &self.settle, bytemuck::bytes_of(&push))?;
        }
        for push in PlatePush::all(mapping, size, crop) {
            recorder.dispatch(&self.plate, bytemuck::bytes_of(&push), push.groups())?;
            let [first, last] = push.runs();
            let push = BoundsPush { size, first, last, unit };
            let side = |axis: usize| last[axis].saturating_sub(first[axis]);
            recorder.dispatch(&self.bounds, bytemuck::bytes_of(&push), groups([side(0), side(1)]))?;
        }
        Ok(())
    }
}
