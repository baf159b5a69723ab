//! A line that tells what has changed.

use egui::text::{LayoutJob, TextFormat};
use egui::{Rect, pos2, vec2};

use super::pass::{BRIGHT, Pass, font};

/// Between its edge and its words.
const MARGIN: f32 = 10.0;
/// Between it and the edge of what it stands in front of.
const EDGE: f32 = 14.0;

/// At the upper left corner of `size` points, no wider than half of them.
pub(super) fn build(pass: &Pass<'_>, size: [f32; 2], text: &str) {
    let format = TextFormat { font_id: font(17.0), color: BRIGHT, ..TextFormat::default() };
    let mut job = LayoutJob::single_section(text.to_owned(), format);
    job.wrap.max_width = (size[0] / 2.0 - 2.0 * MARGIN - EDGE).max(100.0);
    job.wrap.max_rows = 3;
    job.wrap.break_anywhere = true;
    let galley = pass.ui.painter().layout_job(job);
    let whole = Rect::from_min_size(pos2(EDGE, EDGE), galley.size() + vec2(2.0 * MARGIN, 2.0 * MARGIN));
    pass.shade(whole);
    pass.ui.painter().galley(whole.min + vec2(MARGIN, MARGIN), galley, BRIGHT);
}
