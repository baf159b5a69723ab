//! Both eyes at the film's full resolution, from a picture and a disparity map at the network's.
//!
//! 1. `guide`: the picture at the map's size beside the map. `fit`: whether there is an edge around a place, its two disparities, and how
//!    disparity goes with colour there; `blend`: the same, smooth, and only where it decides clearly for the picture's own pixels.
//! 2. `upsample`: for every pixel of the picture the surface in front, the one behind it, and how much of the pixel is the one in front (its
//!    matte), by its colour; then the comfort mapping to parallax in pixels. `trim` takes gaps and specks out of the mattes and the unclean rim
//!    beside silhouettes out of what is behind. Then `plate`: writing over the picture lies at one depth.
//! 3. `bounds`: what parallax there is in each run of 16 pixels.
//! 4. `warp`, for each eye: what lands on a pixel is looked for along its row, the nearest wins, neighbours on one surface are read between.
//!    Mixed pixels are composed anew over what is behind them there, and what nobody has seen is continued from beside it.
//!
//! Created once for a format; [`Stereo::record`] is cheap and made anew for each showing, as the mapping travels in push constants.

use std::sync::Arc;

use ash::vk;

use super::StageError;
use super::bars::Crop;
use super::comfort::Mapping;
use crate::gpu::{
    Bindings, Buffer, BufferKind, Gpu, GpuError, Image, ImageOptions, Kernel, Recorder, Resource, TexelView,
};
use kernels::{
    BLEND, BOUNDS, BlendPush, FIT, GUIDE, GuidePush, PLATE, TRIM, TrimPush, UPSAMPLE, UpsamplePush, WARP, WarpPush,
};
use plates::PlatePush;

pub mod depth;
mod kernels;
pub mod layers;
mod plates;
pub mod reference;
mod surfaces;

pub(super) use kernels::RUN;

/// Which eye sees the film as it was shot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SourceEye {
    /// Neither: each gets half the shift, and holes are half as wide.
    #[default]
    Centre,
    /// The left one; the right gets all of the shift.
    Left,
}

impl SourceEye {
    /// The part of the parallax that the left and the right eye take.
    pub fn shares(self) -> [f32; 2] {
        match self {
            Self::Centre => [-0.5, 0.5],
            Self::Left => [0.0, 1.0],
        }
    }
}

/// How a scene is to be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// From disparity to parallax; [`Mapping::FLAT`] (or any that [is flat](Mapping::is_flat)) is 2D: both eyes see the source, untouched.
    pub mapping: Mapping,
    /// Which eye sees the source.
    pub source_eye: SourceEye,
}

/// A scene on the GPU.
#[derive(Clone)]
pub struct Source {
    /// The picture, R8G8B8A8_UNORM.
    pub picture: Arc<Image>,
    /// Raw disparity: `f32`, row by row, more is farther.
    pub disparity: Arc<Buffer>,
}

/// The kernels' numbers for one view, from plain arithmetic; shared with the twin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numbers {
    /// Parts of the shot's span per raw unit.
    scale: f32,
    /// Parallax in pixels per part of the span, and its offset and bounds in pixels.
    gain: f32,
    offset: f32,
    low: f32,
    high: f32,
    front_fade: f32,
    behind_fade: f32,
}

impl Numbers {
    /// For a picture `width` pixels wide, of which `seen` lie between its bars.
    fn new(mapping: &Mapping, width: u32, seen: u32) -> Self {
        let pixels = width as f32 / 100.0;
        let span = mapping.span.max(1e-9);
        Self {
            scale: span.recip(),
            gain: mapping.gain * span * pixels,
            offset: mapping.offset * pixels,
            low: mapping.min * pixels,
            high: mapping.max * pixels,
            front_fade: (mapping.front_fade * seen as f32).max(1.0),
            behind_fade: (mapping.behind_fade * seen as f32).max(1.0),
        }
    }

    /// Where an eye that takes `share` has to look, relative to its own pixel.
    fn reach(&self, share: f32) -> [i32; 2] {
        // Bars and the picture's sides are on the screen whatever the shot's depth.
        let (a, b) = (-share * self.low.min(0.0), -share * self.high.max(0.0));
        [a.min(b).floor() as i32 - 2, a.max(b).ceil() as i32 + 2]
    }
}

/// Over how many pixels beside a silhouette a film `width` pixels wide shows what is behind unclean.
fn rim(width: u32) -> u32 {
    (width / 400).clamp(2, 8)
}

/// Within how many pixels of a silhouette both of its surfaces are known: `shaders/fit.comp` looks at 7×7 places of a map `small` wide.
fn reach(crop: &Crop, small: [u32; 2]) -> u32 {
    (crop.size[0] * 5).div_ceil(small[0].max(1)).clamp(16, 96)
}

/// The stage from scenes to eyes.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use deep3d::gpu::{Commands, Gpu, GpuOptions, Headless};
/// # use deep3d::frame::Picture;
/// # use deep3d::stage::{colour::Colour, comfort, stereo::{Source, SourceEye, Stereo, View}, upload::Upload};
/// # fn example(picture: &Picture, disparity: Arc<deep3d::gpu::Buffer>, size: [u32; 2]) -> Result<(), Box<dyn std::error::Error>> {
/// let gpu = Gpu::new(&Headless, &GpuOptions::default())?;
/// // At start, and when the format changes:
/// let upload = Upload::new(&gpu, &picture.shape, 1)?;
/// let image = Colour::picture(&gpu, &upload)?;
/// let colour = Colour::new(&gpu, &upload, &[Arc::clone(&image)])?;
/// let stereo = Stereo::new(&gpu, &[Source { picture: image, disparity }], size)?;
/// let mut commands = Commands::new(&gpu, "frame", 0)?;
/// // For each frame:
/// upload.put(0, picture)?;
/// let mapping = comfort::Mapping::FLAT; // from comfort::Comfort
/// commands.record(|recorder| {
///     upload.record(recorder, 0)?;
///     colour.record(recorder, 0, 0)?;
///     // … the network writes `disparity` …
///     stereo.record(recorder, 0, &View { mapping, source_eye: SourceEye::Centre })
/// })?;
/// let shown = gpu.submit(&mut commands)?; // then stereo.left() and stereo.right() hold the eyes
/// # let _ = shown; Ok(()) }
/// ```
pub struct Stereo {
    size: [u32; 2],
    crop: Crop,
    small: [u32; 2],
    parallax: Arc<Buffer>,
    eyes: [Arc<Image>; 2],
    guide: Vec<Arc<Bindings>>,
    fit: Arc<Bindings>,
    blend: Vec<Arc<Bindings>>,
    upsample: Vec<Arc<Bindings>>,
    trim: Arc<Bindings>,
    plate: Arc<Bindings>,
    bounds: Arc<Bindings>,
    warp: Vec<[Arc<Bindings>; 2]>,
}

impl Stereo {
    /// For every one of `sources`, all with pictures of one size (at least one); `small` is the disparity's width and height.
    pub fn new(gpu: &Gpu, sources: &[Source], small: [u32; 2]) -> Result<Self, StageError> {
        let size = sources.first().map_or([1, 1], |source| source.picture.size());
        let texels = u64::from(small[0]) * u64::from(small[1]);
        let buffer = |name: &str, bytes: u64| Buffer::new(gpu, name, bytes, BufferKind::Device);
        let small_texels = |name: &str| TexelView::new(&buffer(name, texels * 16)?, vk::Format::R32G32B32A32_SFLOAT);
        let pixels = u64::from(size[0]) * u64::from(size[1]);
        let numbers = |name: &str| TexelView::new(&buffer(name, pixels * 4)?, vk::Format::R32_SFLOAT);
        let words = |buffer: &Arc<Buffer>| TexelView::new(buffer, vk::Format::R32_UINT);
        let (guide_texels, range) = (small_texels("guide")?, small_texels("range of disparity")?);
        let found = small_texels("fits")?;
        let (model, blended) = (small_texels("disparity by colour")?, small_texels("disparity by colour, smooth")?);
        let (parallax, layer) = (buffer("parallax", pixels * 4)?, buffer("layer", pixels * 4)?);
        let (parallax_texels, layer_texels) = (TexelView::new(&parallax, vk::Format::R32_SFLOAT)?, words(&layer)?);
        let (raw_parallax, raw_layer) = (
            numbers("parallax, untrimmed, then of what is in front")?,
            words(&buffer("layer, untrimmed", pixels * 4)?)?,
        );
        // Nobody needs the one when the other is made.
        let front = &raw_parallax;
        let runs = buffer("bounds of parallax", u64::from(size[0].div_ceil(RUN)) * u64::from(size[1]) * 8)?;
        let runs = TexelView::new(&runs, vk::Format::R32G32_SFLOAT)?;
        let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
        let eyes = [Image::new(gpu, "left eye", options)?, Image::new(gpu, "right eye", options)?];
        let kernel = |source| Kernel::new(gpu, source, &[]);
        let (guide, fit, blend) = (kernel(&GUIDE)?, kernel(&FIT)?, kernel(&BLEND)?);
        let (upsample, bounds, warp) = (kernel(&UPSAMPLE)?, kernel(&BOUNDS)?, kernel(&WARP)?);
        let raw = [Resource::from(&raw_parallax), (&raw_layer).into()];
        let surfaces = [Resource::from(&parallax_texels), (&layer_texels).into()];
        let bind_guide = |source: &Source| {
            let disparity = TexelView::part(&source.disparity, vk::Format::R32_SFLOAT, 0, texels * 4)?;
            Bindings::new(&guide, &[(&source.picture).into(), (&disparity).into(), (&guide_texels).into()])
        };
        let bind_blend = |source: &Source| {
            let inputs = [Resource::from(&source.picture), (&guide_texels).into(), (&model).into(), (&found).into()];
            Bindings::new(&blend, &[&inputs[..], &[(&blended).into(), (&range).into()]].concat())
        };
        let bind_upsample = |source: &Source| {
            let inputs = [Resource::from(&source.picture), (&blended).into(), (&range).into()];
            Bindings::new(&upsample, &[&inputs[..], &raw].concat())
        };
        let bind_warp = |source: &Source| {
            let picture = [Resource::from(&source.picture)];
            let inputs = [&picture[..], &surfaces, &[front.into(), (&runs).into()]].concat();
            let bind = |eye| Bindings::new(&warp, &[&inputs[..], &[Resource::from(eye)]].concat());
            Ok([bind(&eyes[0])?, bind(&eyes[1])?])
        };
        Ok(Self {
            size,
            crop: Crop::whole(size),
            small,
            guide: sources.iter().map(bind_guide).collect::<Result<_, GpuError>>()?,
            fit: Bindings::new(&fit, &[(&guide_texels).into(), (&model).into(), (&found).into()])?,
            blend: sources.iter().map(bind_blend).collect::<Result<_, GpuError>>()?,
            upsample: sources.iter().map(bind_upsample).collect::<Result<_, GpuError>>()?,
            trim: Bindings::new(&kernel(&TRIM)?, &[&raw[..], &surfaces].concat())?,
            plate: Bindings::new(&kernel(&PLATE)?, &[(&parallax).into(), (&layer).into()])?,
            bounds: Bindings::new(&bounds, &[&surfaces[..], &[front.into(), (&runs).into()]].concat())?,
            warp: sources.iter().map(bind_warp).collect::<Result<_, GpuError>>()?,
            parallax,
            eyes,
        })
    }

    /// The disparity is that of `crop`, which lies inside of the pictures; what is beside it stays on the screen.
    pub fn with_crop(mut self, crop: Crop) -> Self {
        self.crop = crop;
        self
    }

    /// The left eye's picture, of the sources' size, R8G8B8A8_UNORM.
    pub fn left(&self) -> &Arc<Image> {
        &self.eyes[0]
    }

    /// The right eye's picture.
    pub fn right(&self) -> &Arc<Image> {
        &self.eyes[1]
    }

    /// Width and height of the sources and the eyes.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// Parallax of every pixel of the source picture: `f32`, in pixels, row by row, as last recorded. Undefined until then. Of a pixel with two
    /// surfaces it is that of the one with the greater share.
    pub fn parallax(&self) -> &Arc<Buffer> {
        &self.parallax
    }

    /// Records the making of both eyes from source `source` (an index into `new`'s sources).
    pub fn record(&self, recorder: &mut Recorder<'_>, source: usize, view: &View) -> Result<(), GpuError> {
        if !view.mapping.is_flat() {
            self.record_parallax(recorder, source, &view.mapping)?;
        }
        self.record_eyes(recorder, source, view)
    }

    /// Records the making of the parallax alone, as depth pictures need it.
    pub fn record_parallax(
        &self,
        recorder: &mut Recorder<'_>,
        source: usize,
        mapping: &Mapping,
    ) -> Result<(), GpuError> {
        let Crop { at: corner, size: seen } = self.crop;
        let numbers = Numbers::new(mapping, self.size[0], seen[0]);
        let source = source % self.guide.len();
        let small_groups = [self.small[0].div_ceil(8), self.small[1].div_ceil(8), 1];
        let push = GuidePush { corner, from: seen, to: self.small, scale: numbers.scale };
        recorder.dispatch(&self.guide[source], bytemuck::bytes_of(&push), small_groups)?;
        recorder.dispatch(&self.fit, bytemuck::bytes_of(&self.small), small_groups)?;
        let push = BlendPush { corner, from: seen, size: self.small };
        recorder.dispatch(&self.blend[source], bytemuck::bytes_of(&push), small_groups)?;
        let Numbers { gain, offset, low, high, front_fade, behind_fade, .. } = numbers;
        let push = UpsamplePush {
            size: self.size,
            corner,
            seen,
            small: self.small,
            gain,
            offset,
            low,
            high,
            front_fade,
            behind_fade,
        };
        recorder.dispatch(&self.upsample[source], bytemuck::bytes_of(&push), self.groups())?;
        let push = TrimPush { size: self.size, rim: rim(self.size[0]) };
        recorder.dispatch(&self.trim, bytemuck::bytes_of(&push), self.groups())?;
        for push in PlatePush::all(mapping, self.size, self.crop) {
            recorder.dispatch(&self.plate, bytemuck::bytes_of(&push), push.groups())?;
        }
        let groups = [self.size[0].div_ceil(RUN * 16), self.size[1].div_ceil(8), 1];
        recorder.dispatch(&self.bounds, bytemuck::bytes_of(&self.size), groups)
    }

    /// Records the making of both eyes from a parallax that is there already.
    pub fn record_eyes(&self, recorder: &mut Recorder<'_>, source: usize, view: &View) -> Result<(), GpuError> {
        let numbers = Numbers::new(&view.mapping, self.size[0], self.crop.size[0]);
        let flat = view.mapping.is_flat();
        for (bindings, share) in self.warp[source % self.warp.len()].iter().zip(view.source_eye.shares()) {
            let share = if flat { 0.0 } else { share };
            let [first, last] = numbers.reach(share);
            let push = WarpPush { size: self.size, first, last, share, reach: reach(&self.crop, self.small) };
            recorder.dispatch(bindings, bytemuck::bytes_of(&push), self.groups())?;
        }
        Ok(())
    }

    fn groups(&self) -> [u32; 3] {
        [self.size[0].div_ceil(32), self.size[1].div_ceil(4), 1]
    }
}
