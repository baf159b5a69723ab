//! The seek bar: where the film is, where the pointer would bring it, and the picture there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, Color32, Galley, Rect, Sense, Stroke, TextureId, pos2, vec2};

use super::pass::{BRIGHT, DIM, GROUND, Pass, READ, TRACK, font};
use super::shown_time;
use crate::frame::chapter_at;
use crate::sink::Action;
use crate::time::Time;

/// How often a drag goes elsewhere at most.
const EVERY: Duration = Duration::from_millis(100);
/// Characters of a chapter's name that are shown.
const LONGEST_NAME: usize = 40;
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
        if !held {
            pass.actions.push(Action::SeekTo(wanted));
        } else if drag.last.is_none_or(|(last, at)| last != wanted && now - at >= EVERY) {
            pass.actions.push(Action::Drag(wanted));
            drag.last = Some((wanted, now));
        }
    }
    if !held {
        drag.last = None;
    }
    if response.hovered() && pass.wheel != 0.0 {
        pass.actions.push(Action::Seek((pass.wheel.round() as i32).saturating_mul(WHEEL)));
    }
    for (from, to) in &model.cached {
        track(x(*from), x(*to), READ);
    }
    marks(pass, x, y);
    let shown = pass.scrubbing.or(pointer);
    let at = if held { shown.unwrap_or(model.position) } else { pass.scrubbing.unwrap_or(model.position) };
    track(left, x(at), BRIGHT);
    let radius = if held || response.hovered() { 10.0 } else { 7.0 };
    // A place whose picture has yet to come is marked by a ring.
    if model.seeking && !held {
        pass.ui.painter().circle(pos2(x(at), y), radius, GROUND, Stroke::new(2.5, BRIGHT));
    } else {
        pass.ui.painter().circle_filled(pos2(x(at), y), radius, BRIGHT);
    }
    let Some(shown) = shown else { return };
    pass.preview = Some(shown);
    if !held && pass.scrubbing.is_none() {
        let mark = Rect::from_center_size(pos2(x(shown), y), vec2(2.0, 16.0));
        pass.ui.painter().rect_filled(mark, 0.0, BRIGHT);
    }
    // Above the bar, on a ground of its own; it does not take the pointer.
    let picture = picture(shown);
    let size = picture.map_or([0.0, 0.0], |picture| picture.size);
    let text = label(pass, shown);
    let width = size[0].max(text.size().x).max(72.0) + 8.0;
    let height = size[1] + 30.0;
    let centre = x(shown).clamp(rect.min.x + width / 2.0, (rect.max.x - width / 2.0).max(rect.min.x + width / 2.0));
    let ground = Rect::from_min_size(pos2(centre - width / 2.0, above - 6.0 - height), vec2(width, height));
    let painter = pass.ui.painter();
    painter.rect_filled(ground, 6.0, Color32::from_rgba_premultiplied(15, 15, 16, 235));
    if let Some(picture) = picture {
        let rect = Rect::from_min_size(pos2(centre - size[0] / 2.0, ground.min.y + 4.0), size.into());
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(picture.texture, rect, whole, Color32::WHITE);
    }
    let corner = pos2(centre, ground.max.y - 14.0) - text.size() / 2.0;
    painter.galley(corner, text, BRIGHT);
}

/// The time that the pointer is at, after the name of the chapter there, cut where that is long.
fn label(pass: &Pass<'_>, time: Time) -> Arc<Galley> {
    let format = TextFormat { font_id: font(16.0), color: BRIGHT, ..TextFormat::default() };
    let at = shown_time(time, false);
    let name = chapter_at(&pass.model.chapters, time).map_or("", |index| &pass.model.chapters[index].name);
    let name =
        name.char_indices().nth(LONGEST_NAME).map_or_else(|| name.to_owned(), |(end, _)| format!("{}…", &name[..end]));
    let text = if name.is_empty() { at } else { format!("{name} – {at}") };
    pass.ui.painter().layout_job(LayoutJob::single_section(text, format))
}

/// Where chapters begin, and the part that is repeated.
fn marks(pass: &Pass<'_>, x: impl Fn(Time) -> f32, y: f32) {
    let model = pass.model;
    let mark = |time: Time, height: f32, colour: Color32| {
        let rect = Rect::from_center_size(pos2(x(time), y), vec2(2.0, height));
        pass.ui.painter().rect_filled(rect, 0.0, colour);
    };
    // The film's own beginning needs no mark.
    for chapter in model.chapters.iter().filter(|chapter| chapter.start > Time::ZERO) {
        mark(chapter.start, 12.0, DIM);
    }
    if let [Some(a), Some(b)] = model.ab_loop {
        let rect = Rect::from_min_max(pos2(x(a), y + 5.0), pos2(x(b), y + 8.0));
        pass.ui.painter().rect_filled(rect, 0.0, BRIGHT);
    }
    for end in model.ab_loop.into_iter().flatten() {
        mark(end, 18.0, BRIGHT);
    }
}
