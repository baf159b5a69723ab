//! Statistics over the picture: how many pictures and passes there are a second, how late and how old they are, and what they cost.

use egui::{Align2, Rect, pos2, vec2};

use super::pass::{BRIGHT, Pass};

/// Height of a line.
const LINE: f32 = 20.0;
/// Between its edge and what is in it.
const MARGIN: f32 = 12.0;
/// Its width, where there is room for it.
const WIDTH: f32 = 430.0;

/// At the upper right corner of `size` points.
pub(super) fn build(pass: &mut Pass<'_>, size: [f32; 2], lines: &[String]) {
    let width = WIDTH.min(size[0] - 28.0).max(120.0);
    let height = 2.0 * MARGIN + LINE * lines.len() as f32;
    let whole = Rect::from_min_size(pos2(size[0] - 14.0 - width, 14.0), vec2(width, height));
    pass.shade(whole);
    for (row, line) in lines.iter().enumerate() {
        let at = whole.min + vec2(MARGIN, MARGIN + LINE * row as f32);
        pass.text(at, Align2::LEFT_TOP, line, 14.0, BRIGHT);
    }
}
