//! The pane of the tracks: which there are of each kind, and which of them play.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, Rect, pos2, vec2};

use super::pass::{BRIGHT, BUTTON, DIM, Face, MARGIN, Pass, font};
use crate::media::{TrackInfo, TrackKind};
use crate::sink::Action;
use crate::time::Time;

/// Height of a row: with a ray it has to be larger.
const ROW: f32 = 34.0;
const ROW_IN_HEADSET: f32 = 42.0;
/// Height of what stands above the rows.
const HEAD: f32 = 24.0;
/// The pane is no wider than this, and has no more rows.
const WIDEST: f32 = 860.0;
const MOST: usize = 9;

/// Which rows of each kind are seen, where there is no room for all: the first.
pub(super) type Scroll = [usize; 3];

/// A column of the pane.
struct Column<'a> {
    kind: TrackKind,
    title: &'static str,
    /// For the names of its rows.
    word: &'static str,
    /// None may be one of them, and its row says so.
    none: Option<&'static str>,
    tracks: Vec<&'a TrackInfo>,
    playing: Option<u32>,
}

impl Column<'_> {
    fn rows(&self) -> usize {
        self.tracks.len() + usize::from(self.none.is_some())
    }

    /// What row `index` stands for, and what it says.
    fn row(&self, index: usize) -> Option<(Option<u32>, String)> {
        match (self.none, index) {
            (Some(none), 0) => Some((None, none.to_owned())),
            (none, index) => {
                let track = self.tracks.get(index - usize::from(none.is_some()))?;
                Some((Some(track.number), format!("{}  {}", track.number, track.describe())))
            }
        }
    }
}

/// Whether there is anything to choose.
pub(super) fn is_wanted(tracks: &[TrackInfo]) -> bool {
    tracks.iter().any(|track| track.kind != TrackKind::Video) || tracks.iter().filter(|track| !track.cover).count() > 1
}

/// The pane above `bar`; where its rows begin is kept in `scroll`.
pub(super) fn build(pass: &mut Pass<'_>, bar: Rect, scroll: &mut Scroll) {
    let model = pass.model;
    let of = |kind: TrackKind| model.tracks.iter().filter(move |track| track.kind == kind && !track.cover).collect();
    let [video, audio, subtitle] = model.playing;
    let (none, off) = (Some("none"), Some("off"));
    let column = |kind, title, word, none, playing| Column { kind, title, word, none, tracks: of(kind), playing };
    let columns: Vec<_> = [
        column(TrackKind::Video, "Video", "video", None, video),
        column(TrackKind::Audio, "Audio", "audio", none, audio),
        column(TrackKind::Subtitle, "Subtitles", "subtitle", off, subtitle),
    ]
    .into_iter()
    .filter(|column| !column.tracks.is_empty())
    .collect();
    let row = if pass.is_in_headset() { ROW_IN_HEADSET } else { ROW };
    let delay = model.sub_delay.filter(|_| columns.iter().any(|column| column.kind == TrackKind::Subtitle));
    let foot = if delay.is_some() { BUTTON } else { 0.0 };
    let room = ((bar.min.y - 2.0 * MARGIN - 20.0 - HEAD - foot) / row).max(1.0) as usize;
    let rows = columns.iter().map(Column::rows).max().unwrap_or(0).min(MOST).min(room);
    let width = (bar.width() - 2.0 * MARGIN).min(WIDEST * columns.len().max(1) as f32 / 3.0);
    let inner = pass.pane(bar, vec2(width, HEAD + rows as f32 * row + foot));
    let each = inner.width() / columns.len().max(1) as f32;
    for (index, column) in columns.iter().enumerate() {
        let at = inner.min + vec2(index as f32 * each, 0.0);
        let place = Rect::from_min_size(at, vec2(each - 8.0, inner.height()));
        let first = &mut scroll[column.kind as usize];
        build_column(pass, place, row, rows, column, first);
        if let Some(delay) = delay.filter(|_| column.kind == TrackKind::Subtitle) {
            build_delay(pass, Rect::from_min_max(pos2(place.min.x, place.max.y - BUTTON), place.max), delay);
        }
    }
}

fn build_column(pass: &mut Pass<'_>, place: Rect, row: f32, rows: usize, column: &Column<'_>, first: &mut usize) {
    pass.text(place.min + vec2(8.0, 0.0), Align2::LEFT_TOP, column.title, 14.0, DIM);
    let all = column.rows();
    if pass.ui.rect_contains_pointer(place) && pass.wheel != 0.0 {
        *first = first.saturating_add_signed(-pass.wheel.round() as isize);
    }
    *first = (*first).min(all.saturating_sub(rows));
    let hidden = all > rows;
    for line in 0..rows {
        let rect = Rect::from_min_size(place.min + vec2(0.0, HEAD + line as f32 * row), vec2(place.width(), row));
        // What is not seen is behind the last row, or before the first.
        let more = hidden.then_some(match line {
            0 if *first > 0 => Some(first.saturating_sub(rows.saturating_sub(2).max(1))),
            last if last + 1 == rows && *first + rows < all => Some(*first + rows.saturating_sub(2).max(1)),
            _ => None,
        });
        if let Some(Some(further)) = more {
            let name = format!("{} {}", column.word, if further < *first { "back" } else { "on" });
            if pass.button(rect, name, Face::Text("…"), false) {
                *first = further;
                return;
            }
            continue;
        }
        let Some((number, text)) = column.row(*first + line) else { return };
        let name = number.map_or_else(|| format!("{} none", column.word), |number| format!("{} {number}", column.word));
        let plays = number == column.playing;
        if pass.button(rect, name, Face::Text(""), plays) && !plays {
            pass.actions.push(Action::SetTrack(column.kind, number));
        }
        let format = TextFormat { font_id: font(15.0), color: BRIGHT, ..TextFormat::default() };
        let mut job = LayoutJob::single_section(text.replace(['\n', '\r'], " "), format);
        (job.wrap.max_width, job.wrap.max_rows, job.wrap.break_anywhere) = ((rect.width() - 16.0).max(20.0), 1, true);
        let galley = pass.ui.painter().layout_job(job);
        let at = pos2(rect.min.x + 8.0, rect.center().y - galley.size().y / 2.0);
        pass.ui.painter().galley(at, galley, BRIGHT);
    }
}

/// How much later subtitles come, and buttons that change it.
fn build_delay(pass: &mut Pass<'_>, place: Rect, delay: Time) {
    let button = vec2(BUTTON, place.height());
    let less = Rect::from_min_size(place.min, button);
    let more = Rect::from_min_size(pos2(place.max.x - button.x, place.min.y), button);
    if pass.button(less, "subtitles sooner", Face::Text("−"), false) {
        pass.actions.push(Action::SubDelay(-100));
    }
    if pass.button(more, "subtitles later", Face::Text("+"), false) {
        pass.actions.push(Action::SubDelay(100));
    }
    let text = format!("delay {:+.1} s", delay.seconds()).replace("-0.0", "+0.0").replace('-', "−");
    pass.text(place.center(), Align2::CENTER_CENTER, &text, 15.0, BRIGHT);
}
