//! From a scene and the viewer's settings to the picture that a sink shows: parallax, both eyes, layout. At display rate.
//!
//! One [`Eyes`] belongs to one sink and its thread. It makes its GPU objects when it first sees a chain's scenes or a new target, and then again
//! only when the film's format, the layout's kind or the target changes.

mod measure;

use std::collections::HashMap;
use std::sync::Arc;

use crate::film::{Layout as SceneLayout, Scene, Slot};
use crate::gpu::{Buffer, BufferKind, Gpu, GpuError, Image, Recorder};
use crate::net::selection::Selection;
use crate::net::{NetError, Network};
use crate::sink::Layout;
use crate::sink::compose::{Arrangement, Compose, Composition, fit};
use crate::stage::StageError;
use crate::stage::comfort::{self, Limits, Mapping};
use crate::stage::stereo::depth::Depth;
use crate::stage::stereo::layers::{Layers, PlaneStack};
use crate::stage::stereo::{Source, SourceEye, Stereo, View};

pub use measure::Measured;
use measure::{Expected, Measure};

/// What the viewer has set: one snapshot, good for one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// How the eyes are arranged.
    pub layout: Layout,
    /// How much depth.
    pub comfort: comfort::Settings,
    /// Left for right.
    pub swap_eyes: bool,
    /// Both eyes see the film as it is.
    pub flat: bool,
    /// Whose picture is the source.
    pub source_eye: SourceEye,
    /// The other eye by the original's selection layer instead of by warping.
    pub selection: bool,
}

impl Settings {
    /// Whether scenes have to bring their planes along.
    pub fn needs_planes(&self) -> bool {
        self.selection || self.layout == Layout::Layers
    }
}

/// What goes wrong between a scene and its picture.
#[derive(Debug, thiserror::Error)]
pub enum EyesError {
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The stages.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The selection layer.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The layout shows planes that the scenes do not carry.
    #[error("this film was opened without its planes: start again with --layout layers")]
    NoPlanes,
}

/// Where the picture goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Fills the target, whose size is the layout's output size.
    File,
    /// Fitted into the target with its aspect kept; the place of the target's upper left pixel on the screen.
    Window([i32; 2]),
}

/// The timestamps that [`Eyes::record`] takes, from this index on: start, eyes done, laid out.
pub const TIMESTAMPS: u32 = 3;

/// The stage objects for one chain's scenes.
struct Shown {
    layout: Arc<SceneLayout>,
    stereo: Stereo,
    depth: Option<Depth>,
    layers: Option<Layers>,
    selection: Option<Vec<Selection>>,
    measure: Option<Measure>,
    composes: HashMap<(Kind, usize), (Arc<Image>, Compose)>,
}

/// A picture and the softmax over its planes.
type PicturePlanes = (Arc<Image>, Arc<Buffer>);

/// Which pair of pictures is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Eyes,
    Depth,
    Layers,
}

/// Renders scenes for a sink.
pub struct Eyes {
    gpu: Gpu,
    shown: Option<Shown>,
    metered: bool,
}

/// Targets remembered at once: a window that is being resized goes through many.
const TARGETS: usize = 6;

impl Eyes {
    /// Makes nothing yet.
    pub fn new(gpu: &Gpu) -> Self {
        Self { gpu: gpu.clone(), shown: None, metered: false }
    }

    /// Records the making of `scene`'s picture under `settings` into `target` (R8G8B8A8_UNORM), with timestamps from `timestamp` on.
    pub fn record(
        &mut self,
        recorder: &mut Recorder<'_>,
        scene: &Scene,
        settings: &Settings,
        target: &Arc<Image>,
        place: Place,
        timestamp: u32,
    ) -> Result<(), EyesError> {
        let gpu = self.gpu.clone();
        let shown = self.shown(&scene.layout)?;
        recorder.timestamp(timestamp);
        let kind = shown.render(recorder, &gpu, scene, settings)?;
        recorder.timestamp(timestamp + 1);
        let (eye, aspect) = (scene.layout.size, scene.layout.pixel_aspect);
        let composition = composition(settings.layout, settings.swap_eyes, eye, aspect, target.size(), place);
        shown.compose(&gpu, kind, target)?.record(recorder, &composition)?;
        recorder.timestamp(timestamp + 2);
        self.meter(recorder, scene, settings)
    }

    /// Records the making of the pictures for the left and the right eye of `scene` into `targets` (R8G8B8A8_UNORM), filling them, whatever layout
    /// `settings` name.
    pub fn record_eyes(
        &mut self,
        recorder: &mut Recorder<'_>,
        scene: &Scene,
        settings: &Settings,
        targets: [&Arc<Image>; 2],
    ) -> Result<(), EyesError> {
        let gpu = self.gpu.clone();
        let shown = self.shown(&scene.layout)?;
        let settings = &Settings { layout: Layout::Sbs, ..*settings };
        let kind = shown.render(recorder, &gpu, scene, settings)?;
        for (target, arrangement) in targets.into_iter().zip([Arrangement::Left, Arrangement::Right]) {
            let whole = Composition::whole(arrangement, target.size());
            let composition = Composition { swap_eyes: settings.swap_eyes, ..whole };
            shown.compose(&gpu, kind, target)?.record(recorder, &composition)?;
        }
        self.meter(recorder, scene, settings)
    }

    /// From now on measures (or does not) the parallax of what is recorded; see [`Eyes::measured`].
    pub fn set_metered(&mut self, metered: bool) {
        self.metered = metered;
    }

    /// The oldest picture measured that was not yet asked for; `None` where none is done. Never waits. Pictures that show no parallax map (the
    /// original's selection, its planes) are not measured, nor are those that come while several wait to be asked for.
    pub fn measured(&mut self) -> Result<Option<Measured>, EyesError> {
        let measure = self.shown.as_mut().and_then(|shown| shown.measure.as_mut());
        Ok(measure.map(|measure| measure.take(&self.gpu)).transpose()?.flatten())
    }

    /// Records the measuring of what was just rendered, where that is wanted.
    fn meter(&mut self, recorder: &mut Recorder<'_>, scene: &Scene, settings: &Settings) -> Result<(), EyesError> {
        match &mut self.shown {
            Some(shown) if self.metered => shown.meter(recorder, &self.gpu, scene, settings),
            _ => Ok(()),
        }
    }

    /// The stage objects for scenes of this chain.
    fn shown(&mut self, layout: &Arc<SceneLayout>) -> Result<&mut Shown, EyesError> {
        let shown = match self.shown.take() {
            Some(shown) if shown.layout.chain == layout.chain => shown,
            _ => Shown::new(&self.gpu, layout)?,
        };
        Ok(self.shown.insert(shown))
    }

    /// The 16-bit depth of the scene recorded last with [`Layout::Depth`]: two bytes a pixel, little-endian, tight rows.
    pub fn deep(&self) -> Option<&Arc<Buffer>> {
        self.shown.as_ref()?.depth.as_ref().map(Depth::deep)
    }

    /// A buffer to read a picture or a depth of `bytes` back with.
    pub fn readback(&self, bytes: u64) -> Result<Arc<Buffer>, GpuError> {
        Buffer::new(&self.gpu, "picture read back", bytes, BufferKind::Readback)
    }
}

impl Shown {
    fn new(gpu: &Gpu, layout: &Arc<SceneLayout>) -> Result<Self, EyesError> {
        let source =
            |slot: &Slot| Source { picture: Arc::clone(&slot.picture), disparity: Arc::clone(&slot.disparity) };
        let sources: Vec<_> = layout.slots.iter().map(source).collect();
        Ok(Self {
            layout: Arc::clone(layout),
            stereo: Stereo::new(gpu, &sources, layout.disparity_size)?.with_crop(layout.crop),
            depth: None,
            layers: None,
            selection: None,
            measure: None,
            composes: HashMap::new(),
        })
    }

    /// Records the pictures for the eyes, or what `settings` want to be seen instead of them.
    fn render(
        &mut self,
        recorder: &mut Recorder<'_>,
        gpu: &Gpu,
        scene: &Scene,
        settings: &Settings,
    ) -> Result<Kind, EyesError> {
        let mapping = mapping(scene, settings);
        let slot = scene.slot().index;
        let kind = match settings.layout {
            Layout::Depth => Kind::Depth,
            Layout::Layers => Kind::Layers,
            _ => Kind::Eyes,
        };
        match kind {
            Kind::Eyes if settings.selection && !settings.flat => {
                self.stereo.record(
                    recorder,
                    slot,
                    &View { mapping: Mapping::FLAT, source_eye: settings.source_eye },
                )?;
                if let Some(selection) = self.selection(gpu)?.get(slot) {
                    selection.record(recorder)?;
                }
            }
            Kind::Eyes => self.stereo.record(recorder, slot, &View { mapping, source_eye: settings.source_eye })?,
            Kind::Depth => {
                self.stereo.record_parallax(recorder, slot, &mapping)?;
                self.depth(gpu)?.record(recorder, &mapping)?;
            }
            Kind::Layers => self.layers(gpu)?.record(recorder, slot)?,
        }
        Ok(kind)
    }

    /// Records the measuring of the parallax that was recorded last.
    fn meter(
        &mut self,
        recorder: &mut Recorder<'_>,
        gpu: &Gpu,
        scene: &Scene,
        settings: &Settings,
    ) -> Result<(), EyesError> {
        if settings.selection || settings.layout == Layout::Layers {
            return Ok(());
        }
        let measure = match &mut self.measure {
            Some(measure) => measure,
            none => none.insert(Measure::new(gpu, &self.stereo)?),
        };
        let chosen = scene.chosen(&settings.comfort).filter(|_| !settings.flat);
        let expected = Expected { chosen, limits: Limits::of(settings.comfort.viewing), cut: scene.is_cut() };
        if mapping(scene, settings).is_flat() {
            measure.note_flat(expected);
            return Ok(());
        }
        Ok(measure.record(recorder, self.layout.crop, expected)?)
    }

    fn depth(&mut self, gpu: &Gpu) -> Result<&Depth, EyesError> {
        let depth = match self.depth.take() {
            Some(depth) => depth,
            None => Depth::new(gpu, &self.stereo)?,
        };
        Ok(self.depth.insert(depth))
    }

    /// Pictures and planes of all slots.
    fn planes(&self) -> Result<Vec<PicturePlanes>, EyesError> {
        let both = |slot: &Slot| Some((Arc::clone(&slot.picture), slot.planes.clone()?));
        self.layout.slots.iter().map(both).collect::<Option<_>>().ok_or(EyesError::NoPlanes)
    }

    fn layers(&mut self, gpu: &Gpu) -> Result<&Layers, EyesError> {
        let layers = match self.layers.take() {
            Some(layers) => layers,
            None => {
                // The original's plane 0 stands for no depth.
                let planes = self.layout.planes.ok_or(EyesError::NoPlanes)?;
                let first = u32::from(planes.network == Network::Deep3d2016);
                let count = planes.count - first;
                let stack = PlaneStack { size: self.layout.disparity_size, first, count };
                Layers::new(gpu, &self.planes()?, stack)?
            }
        };
        Ok(self.layers.insert(layers))
    }

    fn selection(&mut self, gpu: &Gpu) -> Result<&[Selection], EyesError> {
        let selection = match self.selection.take() {
            Some(selection) => selection,
            None => {
                let make = |(picture, planes): &PicturePlanes| {
                    Selection::from_planes(gpu, planes, self.layout.disparity_size, picture, self.stereo.right())
                };
                self.planes()?.iter().map(make).collect::<Result<_, _>>()?
            }
        };
        Ok(self.selection.insert(selection))
    }

    fn compose(&mut self, gpu: &Gpu, kind: Kind, target: &Arc<Image>) -> Result<&Compose, EyesError> {
        let key = (kind, Arc::as_ptr(target) as usize);
        if !self.composes.contains_key(&key) {
            if self.composes.len() >= TARGETS {
                self.composes.clear();
            }
            let (left, right) = match kind {
                Kind::Eyes => (self.stereo.left(), self.stereo.right()),
                Kind::Depth => {
                    let depth = Arc::clone(self.depth(gpu)?.grey());
                    let compose = Compose::new(gpu, &depth, &depth, target);
                    return Ok(&self.composes.entry(key).or_insert((Arc::clone(target), compose)).1);
                }
                Kind::Layers => {
                    let layers = Arc::clone(self.layers(gpu)?.result());
                    let compose = Compose::new(gpu, &layers, &layers, target);
                    return Ok(&self.composes.entry(key).or_insert((Arc::clone(target), compose)).1);
                }
            };
            let compose = Compose::new(gpu, left, right, target);
            // The target is held, so that its address stays its own.
            self.composes.insert(key, (Arc::clone(target), compose));
        }
        self.composes.get(&key).map(|(_, compose)| compose).ok_or(EyesError::NoPlanes)
    }
}

/// How `scene`'s disparity becomes parallax under `settings`.
fn mapping(scene: &Scene, settings: &Settings) -> Mapping {
    if settings.flat { Mapping::FLAT } else { scene.mapping(&settings.comfort) }
}

/// How two eyes of `eye` (width × height, pixels of `pixel_aspect`) go into a target of size `target`.
pub fn composition(
    layout: Layout,
    swap_eyes: bool,
    eye: [u32; 2],
    pixel_aspect: f64,
    target: [u32; 2],
    place: Place,
) -> Composition {
    let arrangement = match layout {
        Layout::Sbs | Layout::HalfSbs => Arrangement::SideBySide,
        Layout::Tab | Layout::HalfTab => Arrangement::TopAndBottom,
        Layout::Rows => Arrangement::Rows,
        Layout::Columns => Arrangement::Columns,
        Layout::Checkerboard => Arrangement::Checkerboard,
        Layout::Right => Arrangement::Right,
        Layout::Anaglyph => Arrangement::RED_CYAN,
        Layout::AnaglyphGreenMagenta => Arrangement::GREEN_MAGENTA,
        Layout::AnaglyphAmberBlue => Arrangement::AMBER_BLUE,
        Layout::AnaglyphGrey => Arrangement::GREY,
        Layout::Left | Layout::Depth | Layout::Layers | Layout::Wiggle => Arrangement::Left,
    };
    let mut composition = Composition::whole(arrangement, target);
    composition.swap_eyes = swap_eyes && !matches!(layout, Layout::Depth | Layout::Layers);
    if let Place::Window(origin) = place {
        // A half layout in a window is for a screen that stretches it: shown squeezed, without the layout's aspect factor.
        let [width, height] = layout.output_size(eye).map(f64::from);
        (composition.at, composition.fitted) = fit(width / height.max(1.0) * pixel_aspect, target);
        composition.origin = origin;
    }
    composition
}
