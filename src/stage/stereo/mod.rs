//! Both eyes at the film's full resolution, from a picture and a disparity map at the network's.
//!
//! 1. `guide`: the picture at the map's size beside the map, and how far each value is trusted (little on soft edges).
//! 2. `refine`: each place takes the disparity of trusted places around it that have its colour; where these show two surfaces, one of them.
//! 3. `upsample`: the same from 4×4 places for every pixel of the picture; then the comfort mapping. The result is parallax in pixels, with
//!    edges where the picture has them; `median`, of five along the rows and the columns, takes out its specks and streaks.
//!    Then `plate`: writing over the picture lies at one depth.
//! 4. `widen`: what is in front takes the soft pixels of its edges along; `bounds`: what parallax there is in each run of 16 pixels.
//! 5. `warp`, for each eye: what lands on a pixel is looked for along its row, the nearest wins, neighbours on one surface are read between.
//!    Holes are filled by the surface behind them, mirrored at the hole's edge.
//!
//! Created once for a format; [`Stereo::record`] is cheap and made anew for each showing, as the mapping travels in push constants.

use std::sync::Arc;

use ash::vk;

use super::StageError;
use super::bars::Crop;
use super::comfort::Mapping;
use crate::gpu::{
    Bind, Bindings, Buffer, BufferKind, Gpu, GpuError, Image, ImageOptions, Kernel, KernelSource, Recorder, Resource,
    TexelView,
};

pub mod depth;
pub mod layers;
pub mod plates;
pub mod reference;

const GUIDE: KernelSource = KernelSource {
    name: "guide",
    spirv: include_bytes!("../../../spirv/guide.spv"),
    bindings: &[Bind::SampledNearest, Bind::UniformTexel, Bind::StorageTexelWrite, Bind::StorageTexelWrite],
    push_bytes: size_of::<GuidePush>() as u32,
};
const REFINE: KernelSource = KernelSource {
    name: "refine",
    spirv: include_bytes!("../../../spirv/refine.spv"),
    bindings: &[Bind::UniformTexel, Bind::UniformTexel, Bind::StorageTexelWrite],
    push_bytes: 8,
};
const UPSAMPLE: KernelSource = KernelSource {
    name: "upsample",
    spirv: include_bytes!("../../../spirv/upsample.spv"),
    bindings: &[Bind::SampledNearest, Bind::UniformTexel, Bind::StorageTexelWrite],
    push_bytes: size_of::<UpsamplePush>() as u32,
};
const MEDIAN: KernelSource = KernelSource {
    name: "median",
    spirv: include_bytes!("../../../spirv/median.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageTexelWrite],
    push_bytes: 16,
};
const PLATE: KernelSource = KernelSource {
    name: "plate",
    spirv: include_bytes!("../../../spirv/plate.spv"),
    bindings: &[Bind::StorageReadWrite],
    push_bytes: size_of::<PlatePush>() as u32,
};
const WIDEN: KernelSource = KernelSource {
    name: "widen",
    spirv: include_bytes!("../../../spirv/widen.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageTexelWrite],
    push_bytes: 12,
};
const BOUNDS: KernelSource = KernelSource {
    name: "bounds",
    spirv: include_bytes!("../../../spirv/bounds.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageTexelWrite],
    push_bytes: 8,
};
const WARP: KernelSource = KernelSource {
    name: "warp",
    spirv: include_bytes!("../../../spirv/warp.spv"),
    bindings: &[Bind::SampledNearest, Bind::UniformTexel, Bind::UniformTexel, Bind::ImageWrite],
    push_bytes: size_of::<WarpPush>() as u32,
};

use plates::PlatePush;

/// Pixels that share one pair of bounds; as in `shaders/{bounds,warp}.comp`.
pub(super) const RUN: u32 = 16;

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct GuidePush {
    corner: [u32; 2],
    from: [u32; 2],
    to: [u32; 2],
    scale: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct UpsamplePush {
    size: [u32; 2],
    corner: [u32; 2],
    seen: [u32; 2],
    small: [u32; 2],
    gain: f32,
    offset: f32,
    low: f32,
    high: f32,
    front_fade: f32,
    behind_fade: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct WarpPush {
    size: [u32; 2],
    first: i32,
    last: i32,
    share: f32,
}

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

/// Over how many pixels a film `width` pixels wide has soft edges, to each side.
fn soft_edge(width: u32) -> u32 {
    (width / 640).clamp(1, 6)
}

/// The stage from scenes to eyes.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use deep3d::gpu::{Commands, Gpu, GpuOptions, Headless};
/// # use deep3d::frame::Picture;
/// # use deep3d::stage::{colour::Colour, comfort, stereo::{Source, SourceEye, Stereo, View}, upload::{Shape, Upload}};
/// # fn example(picture: &Picture, disparity: Arc<deep3d::gpu::Buffer>, size: [u32; 2]) -> Result<(), Box<dyn std::error::Error>> {
/// let gpu = Gpu::new(&Headless, &GpuOptions::default())?;
/// // At start, and when the format changes:
/// let upload = Upload::new(&gpu, &Shape::of(picture), 1)?;
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
    refine: Arc<Bindings>,
    upsample: Vec<Arc<Bindings>>,
    /// Along the rows, then along the columns and back to where it came from.
    median: [Arc<Bindings>; 2],
    plate: Arc<Bindings>,
    widen: Arc<Bindings>,
    bounds: Arc<Bindings>,
    warp: Vec<[Arc<Bindings>; 2]>,
}

impl Stereo {
    /// For every one of `sources`, all with pictures of one size (at least one); `small` is the disparity's width and height.
    pub fn new(gpu: &Gpu, sources: &[Source], small: [u32; 2]) -> Result<Self, StageError> {
        let size = sources.first().map_or([1, 1], |source| source.picture.size());
        let texels = u64::from(small[0]) * u64::from(small[1]);
        let buffer = |name: &str, bytes: u64| Buffer::new(gpu, name, bytes, BufferKind::Device);
        let guide_texels = TexelView::new(&buffer("guide", texels * 16)?, vk::Format::R32G32B32A32_SFLOAT)?;
        let trust = TexelView::new(&buffer("trust", texels * 4)?, vk::Format::R32_SFLOAT)?;
        let refined = TexelView::new(&buffer("refined disparity", texels * 16)?, vk::Format::R32G32B32A32_SFLOAT)?;
        let parallax = buffer("parallax", u64::from(size[0]) * u64::from(size[1]) * 4)?;
        let parallax_texels = TexelView::new(&parallax, vk::Format::R32_SFLOAT)?;
        let other = buffer("parallax between two steps", parallax.bytes())?;
        let other = TexelView::new(&other, vk::Format::R32_SFLOAT)?;
        let runs = buffer("bounds of parallax", u64::from(size[0].div_ceil(RUN)) * u64::from(size[1]) * 8)?;
        let runs = TexelView::new(&runs, vk::Format::R32G32_SFLOAT)?;
        let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
        let eyes = [Image::new(gpu, "left eye", options)?, Image::new(gpu, "right eye", options)?];
        let kernel = |source| Kernel::new(gpu, source, &[]);
        let (guide, refine, upsample) = (kernel(&GUIDE)?, kernel(&REFINE)?, kernel(&UPSAMPLE)?);
        let (median, widen, bounds, warp) = (kernel(&MEDIAN)?, kernel(&WIDEN)?, kernel(&BOUNDS)?, kernel(&WARP)?);
        let step = |kernel: &Arc<Kernel>, from: &Arc<TexelView>, to: &Arc<TexelView>| {
            Bindings::new(kernel, &[Resource::from(from), Resource::from(to)])
        };
        let bind_guide = |source: &Source| {
            let disparity = TexelView::part(&source.disparity, vk::Format::R32_SFLOAT, 0, texels * 4)?;
            let picture = Resource::from(&source.picture);
            Bindings::new(&guide, &[picture, Resource::from(&disparity), (&guide_texels).into(), (&trust).into()])
        };
        let bind_upsample = |source: &Source| {
            Bindings::new(&upsample, &[(&source.picture).into(), (&refined).into(), (&parallax_texels).into()])
        };
        let bind_warp = |source: &Source| {
            let inputs = [Resource::from(&source.picture), (&other).into(), (&runs).into()];
            let bind = |eye| {
                let [picture, parallax, bounds] = inputs.clone();
                Bindings::new(&warp, &[picture, parallax, bounds, Resource::from(eye)])
            };
            Ok([bind(&eyes[0])?, bind(&eyes[1])?])
        };
        Ok(Self {
            size,
            crop: Crop::whole(size),
            small,
            guide: sources.iter().map(bind_guide).collect::<Result<_, GpuError>>()?,
            refine: Bindings::new(&refine, &[(&guide_texels).into(), (&trust).into(), (&refined).into()])?,
            upsample: sources.iter().map(bind_upsample).collect::<Result<_, GpuError>>()?,
            median: [step(&median, &parallax_texels, &other)?, step(&median, &other, &parallax_texels)?],
            plate: Bindings::new(&kernel(&PLATE)?, &[(&parallax).into()])?,
            widen: step(&widen, &parallax_texels, &other)?,
            bounds: step(&bounds, &other, &runs)?,
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

    /// Parallax of every pixel of the source picture: `f32`, in pixels, row by row, as last recorded. Undefined until then.
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
        recorder.dispatch(&self.refine, bytemuck::bytes_of(&self.small), small_groups)?;
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
        for (bindings, axis) in self.median.iter().zip([[1, 0], [0, 1]]) {
            recorder.dispatch(bindings, bytemuck::bytes_of(&[self.size, axis]), self.groups())?;
        }
        for push in PlatePush::all(mapping, self.size, self.crop) {
            recorder.dispatch(&self.plate, bytemuck::bytes_of(&push), push.groups())?;
        }
        let push = [self.size[0], self.size[1], soft_edge(self.size[0])];
        recorder.dispatch(&self.widen, bytemuck::bytes_of(&push), self.groups())?;
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
            let push = WarpPush { size: self.size, first, last, share };
            recorder.dispatch(bindings, bytemuck::bytes_of(&push), self.groups())?;
        }
        Ok(())
    }

    fn groups(&self) -> [u32; 3] {
        [self.size[0].div_ceil(32), self.size[1].div_ceil(4), 1]
    }
}
