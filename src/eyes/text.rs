//! Subtitles and messages over the eyes: taken from whoever draws them, placed in depth, laid over what is composed.

use std::sync::Arc;

use super::EyesError;
use crate::film::{Messages, Scene, Seen};
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
    /// Width to height of what an eye sees, where that is not the film's.
    pub(super) aspect: Option<f64>,
    /// Messages of whoever shows it, which are nobody's subtitles.
    pub(super) messages: Messages,
    told: Placement,
    /// What is to be laid over it.
    laid: Laid,
    /// A subtitle and a message that were seen together, and both in one.
    together: Option<[Arc<Overlay>; 3]>,
}

/// What is laid over a picture, and for the left and the right eye where.
#[derive(Default)]
struct Laid {
    overlay: Arc<Overlay>,
    moved: Vec<[i32; 2]>,
}

impl Text {
    pub(super) fn new(gpu: &Gpu) -> Self {
        Self {
            overlays: Overlays::new(gpu),
            placement: Placement::default(),
            plan: None,
            patient: false,
            is_coming: false,
            aspect: None,
            messages: Messages::default(),
            told: Placement::default(),
            laid: Laid::default(),
            together: None,
        }
    }

    /// Takes what is seen with `scene`, each eye of which is shown at that size; `mapping` is how its disparity becomes parallax by itself. How it does
    /// with room for text. Where no eyes are seen (`bare`) there are messages alone, on the screen.
    pub(super) fn look(
        &mut self,
        scene: &Scene,
        size: [u32; 2],
        mapping: Mapping,
        limits: Limits,
        bare: bool,
    ) -> Mapping {
        (self.is_coming, self.laid) = (false, Laid::default());
        let area = area(scene, size);
        let area = Area { aspect: self.aspect.unwrap_or(area.aspect), ..area };
        let pushed = self.look_at_subtitles(scene, area, mapping, limits);
        if bare {
            self.laid = Laid::default();
        }
        if let Some(message) = self.messages.look(area) {
            self.is_coming |= message.is_coming;
            let mapping = if bare { Mapping::FLAT } else { pushed };
            self.add(message.overlay, scene, mapping, limits);
        }
        pushed
    }

    /// Lays a message over it, too: in front of what it covers as far as the limits let it. Nothing moves for it.
    fn add(&mut self, message: Arc<Overlay>, scene: &Scene, mapping: Mapping, limits: Limits) {
        let moved = if mapping.is_flat() {
            vec![[0, 0]; message.bitmaps.len()]
        } else {
            let moment = Moment { time: scene.time(), shot: scene.shot(), cues: message.cues.clone() };
            let room = Room { front: limits.front, nearer: 0.0 };
            let places = self.told.place(&moment, &pieces(scene, &message, &mapping), room);
            places.into_iter().map(|place| moved(place, message.area[0])).collect()
        };
        let Laid { overlay, moved: before } = std::mem::take(&mut self.laid);
        if overlay.bitmaps.is_empty() {
            self.laid = Laid { overlay: message, moved };
            return;
        }
        let known =
            self.together.take().filter(|[one, other, _]| Arc::ptr_eq(one, &overlay) && Arc::ptr_eq(other, &message));
        let [_, _, both] = self.together.insert(known.unwrap_or_else(|| {
            let bitmaps = overlay.bitmaps.iter().chain(&message.bitmaps).cloned().collect();
            let both = Overlay { area: overlay.area, bitmaps, cues: overlay.cues.clone() };
            [overlay, message, Arc::new(both)]
        }));
        self.laid = Laid { overlay: Arc::clone(both), moved: [before, moved].concat() };
    }

    fn look_at_subtitles(&mut self, scene: &Scene, area: Area, mapping: Mapping, limits: Limits) -> Mapping {
        let Some(subtitles) = scene.subtitles() else { return mapping };
        let time = scene.time();
        let overlay = match self.patient {
            true => subtitles.wait(time, area),
            false => {
                let Seen { overlay, is_coming } = subtitles.look(time, area);
                self.is_coming = is_coming;
                overlay
            }
        };
        if mapping.is_flat() {
            let moved = vec![[0, 0]; overlay.bitmaps.len()];
            self.laid = Laid { overlay, moved };
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
        let moved = places.into_iter().map(|place| moved(place, area.size[0])).collect();
        self.laid = Laid { overlay, moved };
        mapping
    }

    /// Lays it over what `compose` has made as `composition`.
    pub(super) fn lay(
        &mut self,
        recorder: &mut Recorder<'_>,
        compose: &Compose,
        composition: &Composition,
    ) -> Result<(), EyesError> {
        let Laid { overlay, moved } = &self.laid;
        if !overlay.bitmaps.is_empty() {
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
    let plates = scene.plates().as_deep_as(&mapping.plates);
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
        let plate = plates.nearest(scene.layout.size, sides, mapping.min, mapping.max);
        let near = near.into_iter().chain(plate).min_by(f32::total_cmp);
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
