//! Subtitles over the eyes: taken from the film's, placed in depth, laid over what is composed.

use std::sync::Arc;

use super::EyesError;
use crate::film::{Scene, Seen};
use crate::gpu::{Gpu, Recorder};
use crate::overlay::{Area, Overlay};
use crate::sink::compose::{Compose, Composition};
use crate::sink::overlay::Overlays;
use crate::stage::comfort::Mapping;
use crate::stage::placement::{CuePlan, Moment, Piece, Placement, moved};

/// Subtitles on their way over the eyes of one sink.
pub(super) struct Text {
    overlays: Overlays,
    placement: Placement,
    /// The film was looked through before.
    pub(super) plan: Option<CuePlan>,
    /// They are waited for.
    pub(super) patient: bool,
    /// Those of the picture recorded last are being drawn.
    pub(super) is_coming: bool,
    /// There is something to be laid over.
    any: bool,
}

impl Text {
    pub(super) fn new(gpu: &Gpu) -> Self {
        Self {
            overlays: Overlays::new(gpu),
            placement: Placement::default(),
            plan: None,
            patient: false,
            is_coming: false,
            any: false,
        }
    }

    /// Takes what is seen with `scene`, each eye of which is shown at that size; `mapping` is how its disparity becomes parallax.
    pub(super) fn take(
        &mut self,
        recorder: &mut Recorder<'_>,
        scene: &Scene,
        size: [u32; 2],
        mapping: &Mapping,
    ) -> Result<(), EyesError> {
        (self.is_coming, self.any) = (false, false);
        let Some(Seen { overlay, is_coming }) = seen(scene, size, self.patient) else { return Ok(()) };
        self.is_coming = is_coming;
        self.any = !overlay.bitmaps.is_empty();
        if !self.any {
            return Ok(());
        }
        let places = if mapping.is_flat() {
            Vec::new()
        } else {
            let (moment, pieces) = pieces(scene, &overlay, mapping);
            match &self.plan {
                Some(plan) => plan.place(&moment, &pieces),
                None => self.placement.place(&moment, &pieces),
            }
        };
        let further = scene.subtitles().map_or(0.0, |subtitles| subtitles.settings().depth) as f32;
        let moved: Vec<_> = places.into_iter().map(|place| moved(place - further, size[0])).collect();
        Ok(self.overlays.set(recorder, &overlay, &moved)?)
    }

    /// Lays it over what `compose` has made as `composition`.
    pub(super) fn lay(
        &mut self,
        recorder: &mut Recorder<'_>,
        compose: &Compose,
        composition: &Composition,
    ) -> Result<(), EyesError> {
        if self.any {
            self.overlays.record(recorder, compose, composition)?;
        }
        Ok(())
    }
}

/// What is seen of the subtitles with `scene`, shown at that size.
fn seen(scene: &Scene, size: [u32; 2], patient: bool) -> Option<Seen> {
    let subtitles = scene.subtitles()?;
    let [width, height] = scene.layout.size.map(f64::from);
    let area = Area { size, aspect: width * scene.layout.pixel_aspect / height.max(1.0) };
    Some(match patient {
        true => Seen { overlay: subtitles.wait(scene.time(), area), is_coming: false },
        false => subtitles.look(scene.time(), area),
    })
}

/// What stands where over `scene`, and the nearest that each piece covers.
fn pieces(scene: &Scene, overlay: &Overlay, mapping: &Mapping) -> (Moment, Vec<Piece>) {
    let area = overlay.area.map(|side| side.max(1) as f32);
    let (film, crop) = (scene.layout.size.map(|side| side.max(1) as f32), scene.layout.crop);
    let piece = |bitmap: &crate::overlay::Bitmap| {
        let from = [0, 1].map(|axis| bitmap.at[axis] as f32 / area[axis]);
        let to = [0, 1].map(|axis| (bitmap.at[axis] as f32 + bitmap.size[axis] as f32) / area[axis]);
        // The eyes see it moved, over what is moved itself: by less than a hundredth either way.
        let sides = [from[0] - 0.01, from[1], to[0] + 0.01, to[1]];
        // The disparity is of what lies between bars; those are on the screen.
        let inside = |at: f32, axis: usize| (at * film[axis] - crop.at[axis] as f32) / crop.size[axis].max(1) as f32;
        let within = [inside(sides[0], 0), inside(sides[1], 1), inside(sides[2], 0), inside(sides[3], 1)];
        let covers = within[0] < 1.0 && within[1] < 1.0 && within[2] > 0.0 && within[3] > 0.0;
        let on_bars = within[0] < 0.0 || within[1] < 0.0 || within[2] > 1.0 || within[3] > 1.0;
        let near = scene.near().filter(|_| covers).and_then(|near| near.within(within)).map(|d| mapping.at(d));
        let nearest = match (near, on_bars) {
            (Some(near), true) => Some(near.min(0.0)),
            (near, false) => near,
            (None, true) => Some(0.0),
        };
        Piece { sides, nearest }
    };
    let moment = Moment { time: scene.time(), shot: scene.shot(), cues: overlay.cues.clone() };
    (moment, overlay.bitmaps.iter().map(piece).collect())
}

/// Takes the text over `scene` into `plan`, as it will be seen at that size.
pub(super) fn plan(plan: &mut CuePlan, scene: &Scene, size: [u32; 2], mapping: &Mapping) {
    let overlay: Arc<Overlay> = seen(scene, size, true).map(|seen| seen.overlay).unwrap_or_default();
    if !overlay.bitmaps.is_empty() && !mapping.is_flat() {
        let (moment, pieces) = pieces(scene, &overlay, mapping);
        plan.add(&moment, &pieces);
    }
}
