//! The seek bar: where the film is, where the pointer would bring it, and the picture there.

use std::time::{Duration, Instant};

use egui::{Align2, Color32, Rect, Sense, TextureId, pos2, vec2};

use super::pass::{BRIGHT, DIM, Pass, TRACK};
use super::shown_time;
use crate::sink::Action;
use crate::time::Time;

/// How often a drag seeks at most; a seek takes its time.
const EVERY: Duration = Duration::from_millis(250);
/// Seconds that a notch of the wheel seeks.
const WHEEL: i32 = 5;

/// A drag along the bar.
#[derive(Debug, Default)]
pub(super) struct Drag {
    /// The last seek: where to, and when.
    last: Option<(Time, Instant)>,
}

/// A preview on the GPU.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture {
    pub(super) texture: TextureId,
    /// Width and height in pixels.
    pub(super) size: [f32; 2],
}

/// Builds the bar in `rect`, whose upper edge the label and the picture stand on `above`.
pub(super) fn build(
    pass: &mut Pass<'_>,
    rect: Rect,
    above: f32,
    drag: &mut Drag,
    picture: impl Fn(Time) -> Option<Picture>,
    now: Instant,
) {
    let model = pass.model;
    let (left, right, y) = (rect.min.x + 8.0, rect.max.x - 8.0, rect.center().y);
    let track = |from: f32, to: f32, colour: Color32| {
        let rect = Rect::from_min_max(pos2(from, y - 3.0), pos2(to.max(from), y + 3.0));
        pass.ui.painter().rect_filled(rect, 3.0, colour);
    };
    track(left, right, TRACK);
    let Some(duration) = model.duration.filter(|duration| *duration > Time::ZERO) else {
        pass.text(pos2(right, y - 6.0), Align2::RIGHT_BOTTOM, "the length is not known", 12.0, DIM);
        return;
    };
    let x = |time: Time| left + (right - left) * (time.seconds() / duration.seconds()).clamp(0.0, 1.0) as f32;
    let time = |x: f32| {
        let share = f64::from((x - left) / (right - left).max(1.0)).clamp(0.0, 1.0);
        Time::from_seconds(duration.seconds() * share)
    };
    let response = pass.interact(rect, "seek", Sense::click_and_drag());
    let held = response.dragged() || response.is_pointer_button_down_on();
    let pointer = response.interact_pointer_pos().or_else(|| response.hover_pos()).map(|at| time(at.x));
    if let Some(wanted) = pointer.filter(|_| held || response.clicked() || response.drag_stopped()) {
        let due = drag.last.is_none_or(|(last, at)| last != wanted && now - at >= EVERY);
        let let_go = !held && drag.last.is_none_or(|(last, _)| last != wanted);
        if due || let_go {
            pass.actions.push(Action::SeekTo(wanted));
            drag.last = Some((wanted, now));
        }
    }
    if !held {
        drag.last = None;
    }
    if response.hovered() && pass.wheel != 0.0 {
        pass.actions.push(Action::Seek((pass.wheel.round() as i32).saturating_mul(WHEEL)));
    }
    let shown = pass.scrubbing.or(pointer);
    let at = if held { shown.unwrap_or(model.position) } else { pass.scrubbing.unwrap_or(model.position) };
    track(left, x(at), BRIGHT);
    pass.ui.painter().circle_filled(pos2(x(at), y), if held || response.hovered() { 10.0 } else { 7.0 }, BRIGHT);
    let Some(shown) = shown else { return };
    pass.preview = Some(shown);
    if !held && pass.scrubbing.is_none() {
        let mark = Rect::from_center_size(pos2(x(shown), y), vec2(2.0, 16.0));
        pass.ui.painter().rect_filled(mark, 0.0, BRIGHT);
    }
    // Above the bar, on a ground of its own; it does not take the pointer.
    let picture = picture(shown);
    let size = picture.map_or([0.0, 0.0], |picture| picture.size);
    let label = [size[0].max(72.0) + 8.0, size[1] + 30.0];
    let centre =
        x(shown).clamp(rect.min.x + label[0] / 2.0, (rect.max.x - label[0] / 2.0).max(rect.min.x + label[0] / 2.0));
    let ground = Rect::from_min_size(pos2(centre - label[0] / 2.0, above - 6.0 - label[1]), label.into());
    let painter = pass.ui.painter();
    painter.rect_filled(ground, 6.0, Color32::from_rgba_premultiplied(15, 15, 16, 235));
    if let Some(picture) = picture {
        let rect = Rect::from_min_size(pos2(centre - size[0] / 2.0, ground.min.y + 4.0), size.into());
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(picture.texture, rect, whole, Color32::WHITE);
    }
    let text = shown_time(shown, false);
    pass.text(pos2(centre, ground.max.y - 14.0), Align2::CENTER_CENTER, &text, 16.0, BRIGHT);
}
