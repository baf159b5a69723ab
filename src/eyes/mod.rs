//! From a scene and the viewer's settings to the picture that a sink shows: parallax, both eyes, layout. At display rate.
//!
//! One [`Eyes`] belongs to one sink and its thread. It makes its GPU objects when it first sees a chain's scenes or a new target, and then again
//! only when the film's format, the layout's kind or the target changes.

mod composition;
mod kernels;
mod measure;
mod renderer;
mod text;
mod turned;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::film::{Layout as SceneLayout, Scene};
use crate::gpu::{Buffer, BufferKind, Gpu, GpuError, Image, Recorder};
use crate::net::NetError;
use crate::overlay::Told;
use crate::sink::compose::{Arrangement, Composition};
use crate::sink::{Adjustments, Layout};
use crate::stage::StageError;
use crate::stage::comfort::{self, Limits, Mapping};
use crate::stage::placement::CuePlan;
use crate::stage::stereo::SourceEye;
use crate::stage::stereo::depth::Depth;

pub use composition::composition;
pub use kernels::Kernels;
pub use measure::Measured;
use renderer::Renderer;
use text::Text;
use turned::Turned;

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
    /// Colours, and which part of the picture is seen where.
    pub adjustments: Adjustments,
}

impl Settings {
    /// Whether scenes have to bring their planes along.
    pub fn needs_planes(&self) -> bool {
        self.selection || self.layout == Layout::Layers
    }

    /// Whether what is seen is no eye's picture.
    fn is_bare(&self) -> bool {
        matches!(self.layout, Layout::Depth | Layout::Layers)
    }

    /// Width and height of an eye in a file, of a film's of size `film`.
    pub fn eye(&self, film: [u32; 2]) -> [u32; 2] {
        self.turned().map_or(film, |turned| turned.seen(film)[1])
    }

    /// Width to height of a sample in a file, where it is `own` in a film of size `film`.
    pub fn sample_aspect(&self, film: [u32; 2], own: (u32, u32)) -> (u32, u32) {
        let (width, height) = own;
        let before = f64::from(width.max(1)) / f64::from(height.max(1));
        let after = self.adjustments.pixel_aspect(film, before);
        if after == before { own } else { ((after * 10_000.0).round().max(1.0) as u32, 10_000) }
    }

    /// What the viewer has turned, where that is to be seen: of depth and planes nothing but the aspect.
    fn turned(&self) -> Option<Adjustments> {
        Some(self.adjustments).filter(|adjustments| !(self.is_bare() || adjustments.leaves_as_it_is()))
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

/// Renders scenes for a sink.
pub struct Eyes {
    gpu: Gpu,
    renderer: Option<Renderer>,
    metered: bool,
    scale: f32,
    mattes: bool,
    text: Text,
    /// The size that the eyes should have and have not yet, and since when.
    wanted: Option<([u32; 2], Instant)>,
}

/// A window that is being resized has one size after the other: the eyes follow when it has had one for so long.
const SETTLED: Duration = Duration::from_millis(200);
/// How soon to look again for subtitles that are being drawn.
const TEXT: Duration = Duration::from_millis(15);

impl Eyes {
    /// Makes nothing yet.
    pub fn new(gpu: &Gpu) -> Self {
        Self {
            gpu: gpu.clone(),
            renderer: None,
            metered: false,
            scale: 1.0,
            mattes: true,
            text: Text::new(gpu),
            wanted: None,
        }
    }

    /// The GPU that it renders on.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
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
        let film = scene.layout.size;
        let aspect = settings.adjustments.pixel_aspect(film, scene.layout.pixel_aspect);
        let turned = settings.turned();
        let part = turned.map_or(film, |turned| turned.seen(film)[1]);
        let mut composition = composition(settings.layout, settings.swap_eyes, part, aspect, target.size(), place);
        if let (Some(_), Place::Window(_)) = (turned.filter(Adjustments::moves), place) {
            // It may cover what was black.
            composition.fill(target.size());
        }
        let size = composition::seen(&composition);
        let turned = turned.map(|turned| {
            let part_aspect = f64::from(part[0]) / f64::from(part[1].max(1)) * aspect;
            let around = match place {
                Place::File => part_aspect,
                Place::Window(_) => composition::eye_aspect(settings.layout, composition.fitted),
            };
            Turned { place: turned.place(part_aspect, around), adjustments: turned, around }
        });
        let seen = match place {
            // The depth that is kept is that of each of the film's pixels.
            Place::File => Some(film).filter(|_| settings.layout != Layout::Depth),
            Place::Window(_) => Some(turned.map_or(size, |turned| turned.needs(film, size))),
        };
        self.renderer(&scene.layout, settings, seen)?;
        let Self { renderer: Some(renderer), text, .. } = self else { return Ok(()) };
        let mapping = renderer.mapping(scene, settings);
        let shape = f64::from(film[0]) / f64::from(film[1].max(1)) * aspect;
        text.aspect = Some(turned.map_or(shape, |turned| turned.around));
        let mapping = text.look(scene, size, mapping, limits(settings), settings.is_bare());
        recorder.timestamp(timestamp);
        let kind = renderer.render(recorder, &gpu, scene, settings, mapping)?;
        let kind = renderer.turn(recorder, &gpu, kind, turned.as_ref(), size)?;
        recorder.timestamp(timestamp + 1);
        let compose = renderer.compose(&gpu, kind, target)?;
        compose.record(recorder, &composition)?;
        text.lay(recorder, compose, &composition)?;
        recorder.timestamp(timestamp + 2);
        self.meter(recorder, scene, settings, mapping)
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
        let settings = &Settings { layout: Layout::Sbs, ..*settings };
        let (film, size) = (scene.layout.size, targets[0].size());
        // The screen keeps the film's shape.
        let aspect = |part: [u32; 2], pixel: f64| f64::from(part[0]) / f64::from(part[1].max(1)) * pixel;
        let own = scene.layout.pixel_aspect;
        let pixel = settings.adjustments.pixel_aspect(film, own);
        let turned = Some(settings.adjustments).filter(|turned| !turned.leaves_as_it_is() || pixel != own);
        let turned = turned.map(|turned| {
            let around = aspect(film, own);
            let place = turned.place(aspect(turned.seen(film)[1], pixel), around);
            Turned { place, adjustments: turned, around }
        });
        self.renderer(&scene.layout, settings, Some(turned.map_or(size, |turned| turned.needs(film, size))))?;
        let Self { renderer: Some(renderer), text, .. } = self else { return Ok(()) };
        let mapping = renderer.mapping(scene, settings);
        text.aspect = None;
        let mapping = text.look(scene, size, mapping, limits(settings), false);
        let kind = renderer.render(recorder, &gpu, scene, settings, mapping)?;
        let kind = renderer.turn(recorder, &gpu, kind, turned.as_ref(), size)?;
        for (target, arrangement) in targets.into_iter().zip([Arrangement::Left, Arrangement::Right]) {
            let whole = Composition::whole(arrangement, target.size());
            let composition = Composition { swap_eyes: settings.swap_eyes, ..whole };
            let compose = renderer.compose(&gpu, kind, target)?;
            compose.record(recorder, &composition)?;
            text.lay(recorder, compose, &composition)?;
        }
        self.meter(recorder, scene, settings, mapping)
    }

    /// From now on measures (or does not) the parallax of what is recorded; see [`Eyes::measured`].
    pub fn set_metered(&mut self, metered: bool) {
        self.metered = metered;
    }

    /// The oldest picture measured that was not yet asked for; `None` where none is done. Never waits. Pictures that show no parallax map (the
    /// original's selection, its planes) are not measured, nor are those that come while several wait to be asked for.
    pub fn measured(&mut self) -> Result<Option<Measured>, EyesError> {
        let measure = self.renderer.as_mut().and_then(|renderer| renderer.measure.as_mut());
        Ok(measure.map(|measure| measure.take(&self.gpu)).transpose()?.flatten())
    }

    /// Records the measuring of what was just rendered, where that is wanted.
    fn meter(
        &mut self,
        recorder: &mut Recorder<'_>,
        scene: &Scene,
        settings: &Settings,
        mapping: Mapping,
    ) -> Result<(), EyesError> {
        match &mut self.renderer {
            Some(renderer) if self.metered => renderer.meter(recorder, &self.gpu, scene, settings, mapping),
            _ => Ok(()),
        }
    }

    /// From now on the eyes have `scale` of the size at which they are seen, each way: 1 is all of it. In files they are seen at the film's.
    pub fn set_scale(&mut self, scale: f32) {
        self.scale = scale;
    }

    /// From now on silhouettes have mattes or, for less work, do not. Files always do.
    pub fn set_mattes(&mut self, mattes: bool) {
        self.mattes = mattes;
    }

    /// From now on that is seen over the picture, or nothing. It is drawn by a thread, which begins with the first call.
    pub fn set_message(&mut self, told: Option<&Told>) {
        self.text.messages.set(told);
    }

    /// From now on subtitles are waited for, or are not: for files.
    pub fn set_patient(&mut self, patient: bool) {
        self.text.patient = patient;
    }

    /// Looks at the subtitles of `scene` before any is shown: how near they will have to lie, laid out as `settings` say in a file. Waits for them.
    pub fn plan(plan: &mut CuePlan, scene: &Scene, settings: &Settings) {
        if settings.flat || settings.selection {
            return;
        }
        let (film, aspect) = (settings.adjustments.seen(scene.layout.size)[1], scene.layout.pixel_aspect);
        let size = settings.layout.output_size(film);
        let composition = composition(settings.layout, settings.swap_eyes, film, aspect, size, Place::File);
        text::plan(plan, scene, composition::seen(&composition), &scene.mapping(&settings.comfort));
    }

    /// From now on subtitles lie where `plan` says.
    pub fn set_plan(&mut self, plan: CuePlan) {
        self.text.plan = Some(plan);
    }

    /// When the picture should be recorded again although it stands: its eyes have not yet the size at which they are seen, or its subtitles are being
    /// drawn.
    pub fn repaint_after(&self) -> Option<Duration> {
        let size = self.wanted.map(|(_, since)| SETTLED.saturating_sub(since.elapsed()));
        let text = self.text.is_coming.then_some(TEXT);
        size.into_iter().chain(text).min()
    }

    /// Width and height of the eyes recorded last.
    pub fn size(&self) -> Option<[u32; 2]> {
        self.renderer.as_ref().map(Renderer::size)
    }

    /// What renders scenes of this chain for eyes that are `seen` at a size; without one they have the film's.
    fn renderer(
        &mut self,
        layout: &Arc<SceneLayout>,
        settings: &Settings,
        seen: Option<[u32; 2]>,
    ) -> Result<&mut Renderer, EyesError> {
        // The planes go with the film's own pictures.
        let seen = seen.filter(|_| !settings.needs_planes());
        let size = seen.map_or(layout.size, |seen| eye_size(layout.size, seen, self.scale));
        let have = self.renderer.take().filter(|renderer| renderer.layout.chain == layout.chain);
        let renderer = match have {
            Some(renderer) if renderer.size() == size => {
                self.wanted = None;
                renderer
            }
            Some(renderer) if seen.is_some() && self.is_unsettled(size) => renderer,
            _ => {
                self.wanted = None;
                Renderer::new(&self.gpu, layout, size)?
            }
        };
        let renderer = self.renderer.insert(renderer);
        renderer.set_mattes(self.mattes);
        Ok(renderer)
    }

    /// Whether `size` has been wanted for a short time only.
    fn is_unsettled(&mut self, size: [u32; 2]) -> bool {
        let (_, since) = *self.wanted.take_if(|(wanted, _)| *wanted == size).get_or_insert((size, Instant::now()));
        self.wanted = Some((size, since));
        since.elapsed() < SETTLED
    }

    /// The 16-bit depth of the scene recorded last with [`Layout::Depth`]: two bytes a pixel, little-endian, tight rows.
    pub fn deep(&self) -> Option<&Arc<Buffer>> {
        self.renderer.as_ref()?.depth.as_ref().map(Depth::deep)
    }

    /// A buffer to read a picture or a depth of `bytes` back with.
    pub fn readback(&self, bytes: u64) -> Result<Arc<Buffer>, GpuError> {
        Buffer::new(&self.gpu, "picture read back", bytes, BufferKind::Readback)
    }
}

fn limits(settings: &Settings) -> Limits {
    Limits::of(settings.comfort.viewing)
}

/// Width and height of eyes of a `film`'s size that are `seen` at another, by `scale` each way: no larger than the film, and never nothing.
fn eye_size(film: [u32; 2], seen: [u32; 2], scale: f32) -> [u32; 2] {
    [0, 1].map(|axis| {
        let side = (seen[axis].min(film[axis]) as f32 * scale.clamp(0.1, 1.0)).ceil() as u32;
        side.clamp(16.min(film[axis]), film[axis].max(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eyes_are_no_larger_than_the_film_or_what_shows_them() {
        assert_eq!(eye_size([3840, 2160], [1920, 1080], 1.0), [1920, 1080]);
        assert_eq!(eye_size([1280, 720], [1920, 1080], 1.0), [1280, 720]);
        assert_eq!(eye_size([1280, 720], [640, 720], 0.75), [480, 540]);
        assert_eq!(eye_size([8, 8], [2, 2], 0.5), [8, 8]);
    }
}
