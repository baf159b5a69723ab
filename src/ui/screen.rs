//! The pane of the headset's screen: its place, its shape, and what is around it.

use egui::{Align2, Rect, pos2, vec2};

use super::pass::{BUTTON, DIM, Face, MARGIN, Pass, Slider};
use crate::sink::screen::Surroundings;
use crate::sink::{Action, ScreenSettings};

/// Height of a slider's line: there are five of them.
const LINE: f32 = 46.0;

/// The pane above `bar`, as wide as it.
pub(super) fn build(pass: &mut Pass<'_>, bar: Rect, screen: ScreenSettings) {
    let inner = pass.pane(bar, vec2(bar.width().min(800.0) - 2.0 * MARGIN, 5.0 * LINE));
    let (left, right) = inner.split_left_right_at_fraction(0.56);
    let left = Rect::from_min_max(left.min, pos2(left.max.x - MARGIN, left.max.y));
    let mut line = 0.0;
    let mut slide = |slider: Slider<'_>, shown: String| {
        let rect = Rect::from_min_size(left.min + vec2(0.0, line), vec2(left.width(), LINE));
        line += LINE;
        pass.slider(rect, &slider, &shown).unwrap_or(slider.value)
    };
    let lengths = |name, value, range| Slider { logarithmic: true, ..Slider::new(name, value, range, 0.1) };
    let metres = |value: f32| format!("{value:.2} m");
    let width = slide(lengths("Width", screen.width, ScreenSettings::WIDTH), metres(screen.width));
    let distance = slide(lengths("Distance", screen.distance, ScreenSettings::DISTANCE), metres(screen.distance));
    let height = slide(Slider::new("Height", screen.height, [-3.0, 3.0], 0.05), metres(screen.height));
    let tilt = slide(Slider::new("Tilt", screen.tilt, ScreenSettings::TILT, 1.0), format!("{:.0}°", screen.tilt));
    let share = format!("{:.0} %", screen.curvature * 100.0);
    let curvature = slide(Slider::new("Curvature", screen.curvature, [0.0, 1.0], 0.05), share);
    let mut wanted = ScreenSettings { width, distance, height, tilt, curvature, ..screen };
    let row = |index: f32| Rect::from_min_size(right.min + vec2(0.0, index * LINE), vec2(right.width(), BUTTON));
    if pass.button(row(0.0), "follow head", Face::Text("Follows the head"), screen.follow_head) {
        wanted.follow_head = !screen.follow_head;
    }
    if pass.button(row(1.0), "lying", Face::Text("Lying down"), screen.lying) {
        wanted.lying = !screen.lying;
    }
    pass.text(row(2.0).left_center() + vec2(4.0, 0.0), Align2::LEFT_CENTER, "Around it", 15.0, DIM);
    let (places, all) = (row(3.0), [Surroundings::Theatre, Surroundings::Void, Surroundings::Passthrough]);
    let each = vec2(places.width() / all.len() as f32, places.height());
    for (index, surroundings) in all.into_iter().enumerate() {
        let rect = Rect::from_min_size(places.min + vec2(index as f32 * each.x, 0.0), each);
        let name = match surroundings {
            Surroundings::Theatre => "theatre",
            Surroundings::Void => "nothing",
            Surroundings::Passthrough => "my room",
        };
        if pass.button(rect, name, Face::Text(name), screen.surroundings == surroundings) {
            wanted.surroundings = surroundings;
        }
    }
    if pass.button(row(4.0), "reset", Face::Text("Reset"), false) {
        wanted = ScreenSettings::default();
    }
    if wanted != screen {
        pass.actions.push(Action::Screen(wanted.checked()));
    }
}
