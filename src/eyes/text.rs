//! Subtitles over the eyes: taken from the film's, placed in depth, laid over what is composed.

use std::sync::Arc;

use super::EyesError;
use crate::film::{Scene, Seen};
use crate::gpu::{Gpu, Recorder};
use crate::overlay::{Area, Bitmap, Overlay};
use crate::sink::compose::{Compose, Composition};
use crate::sink::overlay::Overlays;
use crate::stage::comfort::{Limits, Mapping};
use crate::stage::placement::{CuePlan, Moment, Piece, Placement, Room, moved};

/// Subtitles on their way over the eyes of one sink.
pub(super) struct Text {
    overlays: Overlays,
    placement: Placement,
    /// The film was looked through before.
    pub(super) plan: Option<CuePlan>,
    /// They are waited for.
    pub(super) patient: bool,
    /// Those of the picture looked at last are being drawn.
    pub(super) is_coming: bool,
    /// What is to be laid over it, and for the left and the right eye where.
    laid: Option<(Arc<Overlay>, Vec<[i32; 2]>)>,
}

impl Text {
    pub(super) fn new(gpu: &Gpu) -> Self {
        Self {
            overlays: Overlays::new(gpu),
            placement: Placement::default(),
            plan: None,
            patient: false,
            is_coming: false,
            laid: None,
        }
    }

    /// Takes what is seen with `scene`, each eye of which is shown at that size; `mapping` is how its disparity becomes parallax by itself. How it does
    /// with room for text.
    pub(super) fn look(&mut self, scene: &Scene, size: [u32; 2], mapping: Mapping, limits: Limits) -> Mapping {
        (self.is_coming, self.laid) = (false, None);
        let Some(subtitles) = scene.subtitles() else { return mapping };
        let (time, area) = (scene.time(), area(scene, size));
        let overlay = match self.patient {
            true => subtitles.wait(time, area),
            false => {
                let Seen { overlay, is_coming } = subtitles.look(time, area);
                self.is_coming = is_coming;
                overlay
            }
        };
        if mapping.is_flat() {
            let places = vec![[0, 0]; overlay.bitmaps.len()];
            self.laid = Some((overlay, places));
            return mapping;
        }
        let room = Room { front: limits.front, nearer: subtitles.settings().depth as f32 };
        let moment = Moment { time, shot: scene.shot(), cues: overlay.cues.clone() };
        let seen = pieces(scene, &overlay, &mapping);
        let (mapping, places) = match &self.plan {
            Some(plan) => (mapping.pushed_back(plan.push(time, room), limits), plan.place(&moment, &seen, room)),
            None => {
                let soon = subtitles.soon(time, area);
                let soon: Vec<_> = soon.iter().flat_map(|overlay| pieces(scene, overlay, &mapping)).collect();
                let push = self.placement.push(&moment, &seen, &soon, room, mapping.min);
                let mapping = mapping.pushed_back(push, limits);
                (mapping, self.placement.place(&moment, &pieces(scene, &overlay, &mapping), room))
            }
        };
        let moved = places.into_iter().map(|place| moved(place, size[0])).collect();
        self.laid = Some((overlay, moved));
        mapping
    }

    /// Lays it over what `compose` has made as `composition`.
    pub(super) fn lay(
        &mut self,
        recorder: &mut Recorder<'_>,
        compose: &Compose,
        composition: &Composition,
    ) -> Result<(), EyesError> {
        if let Some((overlay, moved)) = self.laid.as_ref().filter(|(overlay, _)| !overlay.bitmaps.is_empty()) {
            self.overlays.set(recorder, overlay, moved)?;
            self.overlays.record(recorder, compose, composition)?;
        }
        Ok(())
    }
}

/// How `scene` is seen, each eye of it at that size.
fn area(scene: &Scene, size: [u32; 2]) -> Area {
    let [width, height] = scene.layout.size.map(f64::from);
    Area { size, aspect: width * scene.layout.pixel_aspect / height.max(1.0) }
}

/// What stands where over `scene`, and the nearest that each piece covers.
fn pieces(scene: &Scene, overlay: &Overlay, mapping: &Mapping) -> Vec<Piece> {
    let area = overlay.area.map(|side| side.max(1) as f32);
    let (film, crop) = (scene.layout.size.map(|side| side.max(1) as f32), scene.layout.crop);
    let piece = |bitmap: &Bitmap| {
        let from = [0, 1].map(|axis| bitmap.at[axis] as f32 / area[axis]);
        let to = [0, 1].map(|axis| (bitmap.at[axis] as f32 + bitmap.size[axis] as f32) / area[axis]);
        // The eyes see it moved, over what is moved itself: by less than a hundredth either way.
        let sides = [from[0] - 0.01, from[1], to[0] + 0.01, to[1]];
        // The disparity is of what lies between bars; those are on the screen.
        let inside = |at: f32, axis: usize| (at * film[axis] - crop.at[axis] as f32) / crop.size[axis].max(1) as f32;
        let within = [inside(sides[0], 0), inside(sides[1], 1), inside(sides[2], 0), inside(sides[3], 1)];
        let covers = within[0] < 1.0 && within[1] < 1.0 && within[2] > 0.0 && within[3] > 0.0;
        let on_bars = within[0] < 0.0 || within[1] < 0.0 || within[2] > 1.0 || within[3] > 1.0;
        // Towards the sides what is behind the screen comes back to it.
        let ends = [within[0].max(0.0), within[2].min(1.0)];
        let nearest = |d: f32| ends.map(|across| mapping.parallax(d, across)).into_iter().fold(mapping.at(d), f32::min);
        let near = scene.near().filter(|_| covers).and_then(|near| near.within(within)).map(nearest);
        let nearest = match (near, on_bars) {
            (Some(near), true) => Some(near.min(0.0)),
            (near, false) => near,
            (None, true) => Some(0.0),
        };
        Piece { sides, nearest }
    };
    overlay.bitmaps.iter().map(piece).collect()
}

/// Takes the text over `scene` into `plan`, as it will be seen at that size.
pub(super) fn plan(plan: &mut CuePlan, scene: &Scene, size: [u32; 2], mapping: &Mapping) {
    let Some(subtitles) = scene.subtitles() else { return };
    let overlay = subtitles.wait(scene.time(), area(scene, size));
    if !overlay.bitmaps.is_empty() && !mapping.is_flat() {
        let moment = Moment { time: scene.time(), shot: scene.shot(), cues: overlay.cues.clone() };
        plan.add(&moment, &pieces(scene, &overlay, mapping));
    }
}
