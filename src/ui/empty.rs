//! What is said where nothing plays: what a viewer may do.

use egui::{Align2, Rect, pos2, vec2};

use super::pass::{BRIGHT, BUTTON, DIM, Face, Pass};
use crate::sink::Action;

/// Width and height of the ground.
const SIZE: [f32; 2] = [420.0, 176.0];

/// In the middle of `size` points.
pub(super) fn build(pass: &mut Pass<'_>, size: [f32; 2]) {
    let middle = pos2(size[0] / 2.0, size[1] / 2.0);
    let ground = Rect::from_center_size(middle, vec2(SIZE[0].min(size[0]), SIZE[1].min(size[1])));
    pass.ground(ground);
    let headset = pass.is_in_headset();
    let (head, more) = match headset {
        true => ("Nothing is playing", "Choose a film with the ray or your hand"),
        false => ("Drop films here", "to play them; with Shift they go behind what plays"),
    };
    pass.text(ground.min + vec2(ground.width() / 2.0, 24.0), Align2::CENTER_TOP, head, 24.0, BRIGHT);
    pass.text(ground.min + vec2(ground.width() / 2.0, 60.0), Align2::CENTER_TOP, more, 15.0, DIM);
    let rect = Rect::from_center_size(pos2(middle.x, ground.max.y - 22.0 - BUTTON / 2.0), vec2(220.0, BUTTON));
    let text = if headset { "Browse" } else { "Browse  (B)" };
    if pass.button(rect, "open browser", Face::Text(text), false) {
        pass.actions.push(Action::Browse);
    }
}
