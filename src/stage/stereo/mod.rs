//! Both eyes at the film's full resolution, from a picture and a disparity map at the network's.
//!
//! 1. `guide`: the picture at the map's size beside the map. `fit`: whether there is an edge around a place, its two disparities, and how
//!    disparity goes with colour there; `blend`: the same, smooth, and only where it decides clearly for the picture's own pixels.
//! 2. `upsample`: disparity read between the map's places for every pixel of the picture, and the comfort mapping to parallax in pixels; what
//!    parallax there is in each run of 8 pixels. Runs near an edge of the map are listed, and the rest of this is for them alone.
//!    `matte`: for each of their pixels the surface in front, the one behind it, and how much of the pixel is the one in front (its
//!    matte), by its colour. `trim` takes gaps and specks out of the mattes and the unclean rim beside silhouettes out of what is behind;
//!    `settle` puts that in its place. Then `plate`: writing over the picture lies at one depth (`bounds`: the runs' parallax anew).
//! 3. `warp`: where all around is one even surface, a step or two lead to what lands on a pixel of an eye. `warp_list` lists the other runs, in which
//!    `warp_edges` looks along the row: the nearest wins, neighbours on one surface are read between. Mixed pixels and holes are listed in turn:
//!    `warp_mixed` composes them anew over what is behind them there, and what nobody has seen is continued from beside it.
//!
//! Created once for a format; [`Stereo::record`] is cheap and made anew for each showing, as the mapping travels in push constants.

use std::sync::Arc;

use super::StageError;
use super::bars::Crop;
use super::comfort::Mapping;
use crate::gpu::{Buffer, Gpu, GpuError, Image, Recorder};
use lists::Lists;
use parallax::Parallax;
use warp::Warp;

pub mod depth;
mod kernels;
pub mod layers;
mod lists;
mod parallax;
mod plates;
pub mod reference;
mod surfaces;
mod warp;

pub(super) use surfaces::RUN;
pub use surfaces::{parallax_of, unit_of};

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
    /// Pixels in which parallax is counted.
    unit: f32,
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
            unit: unit_of(mapping, width),
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
    lists: Lists,
    parallax: Parallax,
    surfaces: Arc<Buffer>,
    warp: Warp,
    mattes: bool,
}

impl Stereo {
    /// For every one of `sources`, all with pictures of one size (at least one); `small` is the disparity's width and height.
    pub fn new(gpu: &Gpu, sources: &[Source], small: [u32; 2]) -> Result<Self, StageError> {
        let size = sources.first().map_or([1, 1], |source| source.picture.size());
        let lists = Lists::new(gpu)?;
        let (parallax, made) = Parallax::new(gpu, sources, size, small, &lists)?;
        let warp = Warp::new(gpu, sources, size, &made, &lists)?;
        Ok(Self { size, crop: Crop::whole(size), small, lists, parallax, surfaces: made.surfaces, warp, mattes: true })
    }

    /// The disparity is that of `crop`, which lies inside of the pictures; what is beside it stays on the screen.
    pub fn with_crop(mut self, crop: Crop) -> Self {
        self.crop = crop;
        self
    }

    /// Whether silhouettes are found in the picture, with mattes, as they are from the beginning; else they lie where the disparity map has them, soft
    /// ones are bent, and it costs less. All that both need is made already.
    pub fn set_mattes(&mut self, mattes: bool) {
        self.mattes = mattes;
    }

    /// The left eye's picture, of the sources' size, R8G8B8A8_UNORM.
    pub fn left(&self) -> &Arc<Image> {
        self.warp.picture(0)
    }

    /// The right eye's picture.
    pub fn right(&self) -> &Arc<Image> {
        self.warp.picture(1)
    }

    /// Width and height of the sources and the eyes.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// Parallax of every pixel of the source picture as last recorded, row by row: a `u32` each, of which [`parallax_of`] makes pixels with the
    /// [`unit_of`] its mapping. Undefined until then. Of a pixel with two surfaces it is that of the one with the greater share.
    pub fn parallax(&self) -> &Arc<Buffer> {
        &self.surfaces
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
        self.parallax.record(recorder, &self.lists, source, self.crop, mapping, self.mattes)
    }

    /// Records the making of both eyes from a parallax that is there already.
    pub fn record_eyes(&self, recorder: &mut Recorder<'_>, source: usize, view: &View) -> Result<(), GpuError> {
        let around = (self.crop.size[0], reach(&self.crop, self.small));
        self.warp.record(recorder, &self.lists, source, around, view)
    }
}
