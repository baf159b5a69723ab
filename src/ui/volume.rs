//! How loud the film is: a button that mutes and a slider in the bar.

use egui::{Rect, Sense, pos2, vec2};

use super::icon::Icon;
use super::model::VolumeModel;
use super::pass::{BRIGHT, BUTTON, DIM, Face, Pass, TRACK};
use crate::sink::Action;

/// Width of the slider, and the least that is of use.
const WIDTH: f32 = 120.0;
const LEAST: f32 = 40.0;
/// Percent that a notch of the wheel changes: as much as a key does.
const STEP: f32 = 2.0;
/// The volume at which nothing is changed, in percent.
const USUAL: f32 = 100.0;

/// Builds both, their left upper corner at `at` and at most so wide; what does not fit is left out.
pub(super) fn build(pass: &mut Pass<'_>, at: egui::Pos2, room: f32, model: &VolumeModel) {
    if room < BUTTON {
        return;
    }
    let button = Rect::from_min_size(at, vec2(BUTTON, BUTTON));
    let icon = if model.mute { Icon::Muted } else { Icon::Sound };
    let mute = pass.button(button, "mute", Face::Icon(icon), false);
    if mute {
        pass.actions.push(Action::Mute);
    }
    let width = WIDTH.min(room - BUTTON);
    let slider = Rect::from_min_size(button.right_top(), vec2(if width < LEAST { 0.0 } else { width }, BUTTON));
    let wanted = if slider.width() > 0.0 { slide(pass, slider, model) } else { None };
    let over = pass.ui.rect_contains_pointer(button.union(slider));
    let turned = (over && pass.wheel != 0.0).then_some(model.volume + pass.wheel * STEP);
    let wanted = wanted.or(turned).map(|volume| volume.clamp(0.0, model.most.max(USUAL)));
    if let Some(volume) = wanted.filter(|volume| volume.is_finite() && (*volume != model.volume || model.mute)) {
        pass.actions.push(Action::SetVolume(volume));
    }
}

/// The slider; the volume where the pointer drags it.
fn slide(pass: &Pass<'_>, rect: Rect, model: &VolumeModel) -> Option<f32> {
    let response = pass.interact(rect, "volume", Sense::click_and_drag());
    let most = model.most.max(USUAL);
    let (left, right, y) = (rect.min.x + 8.0, rect.max.x - 8.0, rect.center().y);
    let x = |volume: f32| left + (right - left) * if volume > 0.0 { (volume / most).min(1.0) } else { 0.0 };
    let painter = pass.ui.painter();
    let (filled, at) = (if model.mute { DIM } else { BRIGHT }, x(model.volume));
    painter.rect_filled(Rect::from_min_max(pos2(left, y - 2.0), pos2(right, y + 2.0)), 2.0, TRACK);
    painter.rect_filled(Rect::from_min_max(pos2(left, y - 2.0), pos2(at, y + 2.0)), 2.0, filled);
    painter.rect_filled(Rect::from_center_size(pos2(x(USUAL), y), vec2(2.0, 10.0)), 0.0, DIM);
    let held = response.dragged() || response.is_pointer_button_down_on();
    painter.circle_filled(pos2(at, y), if held || response.hovered() { 9.0 } else { 7.0 }, filled);
    let pointer = response.interact_pointer_pos().filter(|_| held || response.clicked())?;
    Some((most * ((pointer.x - left) / (right - left)).clamp(0.0, 1.0)).round())
}
