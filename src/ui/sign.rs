//! Signs in the middle of the picture, which come and go by themselves, with the panel or without it.

use egui::{Align2, Rect, pos2, vec2};

use super::pass::{BRIGHT, DIM, Pass, TRACK};

/// Width and height of a sign.
const SIZE: [f32; 2] = [200.0, 56.0];

/// In the middle of `size` points: `text`, and under it a line that is full to `part`, 0 to 1, where there is one.
pub(super) fn build(pass: &Pass<'_>, size: [f32; 2], text: &str, part: Option<f64>) {
    let whole = Rect::from_center_size(pos2(size[0] / 2.0, size[1] / 2.0), SIZE.into());
    pass.shade(whole);
    let raised = if part.is_some() { 8.0 } else { 0.0 };
    pass.text(whole.center() - vec2(0.0, raised), Align2::CENTER_CENTER, text, 16.0, BRIGHT);
    let Some(part) = part else { return };
    let line = Rect::from_min_size(whole.left_bottom() + vec2(16.0, -16.0), vec2(SIZE[0] - 32.0, 4.0));
    pass.ui.painter().rect_filled(line, 2.0, TRACK);
    let done = Rect::from_min_size(line.min, vec2(line.width() * part.clamp(0.0, 1.0) as f32, line.height()));
    pass.ui.painter().rect_filled(done, 2.0, DIM);
}
