//! The bar at the lower edge: the film's name, the seek bar, and a row of buttons.
//!
//! Between the time and the buttons at the right end there is the volume, and room for what is to come: the list.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, Rect, pos2, vec2};

use super::icon::Icon;
use super::pass::{BRIGHT, BUTTON, DIM, Face, Pass, font};
use super::{Pane, shown_time, tracks, volume};
use crate::sink::Action;
use crate::sink::panel::PanelPlace;

/// The bar is no wider than this.
const WIDEST: f32 = 1100.0;
/// Between the bar and the edges of what it stands in front of.
const EDGE: f32 = 14.0;
const MARGIN: f32 = 10.0;
/// Heights of the name's line and of the seek bar, above the buttons.
const NAME: f32 = 22.0;
const SEEK: f32 = 40.0;
/// Seconds that the two buttons beside play seek.
const SKIP: i32 = 10;

/// Where the bar stands in `size` points, and its seek bar within.
pub(super) fn places(size: [f32; 2]) -> (Rect, Rect) {
    let width = (size[0] - 2.0 * EDGE).clamp(100.0, WIDEST);
    let height = NAME + SEEK + BUTTON + 2.0 * MARGIN;
    let bar = Rect::from_min_size(pos2((size[0] - width) / 2.0, size[1] - EDGE - height), vec2(width, height));
    let seek = Rect::from_min_size(bar.min + vec2(MARGIN, MARGIN + NAME), vec2(width - 2.0 * MARGIN, SEEK));
    (bar, seek)
}

/// Builds all of it but the seek bar.
pub(super) fn build(pass: &mut Pass<'_>, bar: Rect, pane: &mut Pane) {
    let model = pass.model;
    pass.ground(bar);
    name(pass, bar);
    let top = bar.max.y - MARGIN - BUTTON;
    let mut x = bar.min.x + MARGIN;
    let mut next = |width: f32| {
        let rect = Rect::from_min_size(pos2(x, top), vec2(width, BUTTON));
        x += width;
        rect
    };
    let several = model.has_previous || model.has_next;
    if several && pass.button(next(BUTTON), "previous", Face::Icon(Icon::Previous), false) {
        pass.actions.push(Action::File(-1));
    }
    if pass.button(next(BUTTON), "back", Face::Text("−10"), false) {
        pass.actions.push(Action::Seek(-SKIP));
    }
    let play = if model.paused { Icon::Play } else { Icon::Pause };
    if pass.button(next(BUTTON + 8.0), "play", Face::Icon(play), false) {
        pass.actions.push(Action::Pause);
    }
    if pass.button(next(BUTTON), "on", Face::Text("+10"), false) {
        pass.actions.push(Action::Seek(SKIP));
    }
    if several && pass.button(next(BUTTON), "next", Face::Icon(Icon::Next), false) {
        pass.actions.push(Action::File(1));
    }
    let end = time(pass, next(0.0).left_center() + vec2(10.0, 0.0));

    let mut x = bar.max.x - MARGIN;
    let mut before = || {
        x -= BUTTON;
        Rect::from_min_size(pos2(x, top), vec2(BUTTON, BUTTON))
    };
    if pass.button(before(), "quit", Face::Icon(Icon::Quit), false) {
        pass.actions.push(Action::Quit);
    }
    match pass.place {
        PanelPlace::Window { full_screen, .. } => {
            let icon = if full_screen { Icon::LeaveFullScreen } else { Icon::FullScreen };
            if pass.button(before(), "full screen", Face::Icon(icon), false) {
                pass.actions.push(Action::FullScreen);
            }
        }
        PanelPlace::Headset(_) => {
            if pass.button(before(), "recentre", Face::Icon(Icon::Recentre), false) {
                pass.actions.push(Action::Recentre);
            }
            if pass.button(before(), "screen", Face::Icon(Icon::Screen), *pane == Pane::Screen) {
                *pane = if *pane == Pane::Screen { Pane::None } else { Pane::Screen };
            }
        }
    }
    let open = matches!(pane, Pane::Depth | Pane::Layouts);
    if model.depth.is_some() && pass.button(before(), "depth", Face::Text("3D"), open) {
        *pane = if open { Pane::None } else { Pane::Depth };
    }
    let open = *pane == Pane::Tracks;
    if tracks::is_wanted(&model.tracks) && pass.button(before(), "tracks", Face::Icon(Icon::Tracks), open) {
        *pane = if open { Pane::None } else { Pane::Tracks };
    }
    if pass.button(before(), "browse", Face::Icon(Icon::Folder), false) {
        pass.actions.push(Action::Browse);
    }
    if let Some(volume) = &model.volume {
        let from = end + 18.0;
        volume::build(pass, pos2(from, top), before().max.x - 8.0 - from, volume);
    }
}

/// The film's name, cut where it is too long.
fn name(pass: &Pass<'_>, bar: Rect) {
    let format = TextFormat { font_id: font(16.0), color: BRIGHT, ..TextFormat::default() };
    let mut job = LayoutJob::single_section(pass.model.name.replace(['\n', '\r'], " "), format);
    job.wrap.max_width = bar.width() - 2.0 * MARGIN - 16.0;
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    let galley = pass.ui.painter().layout_job(job);
    pass.ui.painter().galley(bar.min + vec2(MARGIN + 8.0, MARGIN), galley, BRIGHT);
}

/// Position and length, or of a live stream how far behind the newest it is; gives where they end, which is the same for all positions of a film.
fn time(pass: &Pass<'_>, at: egui::Pos2) -> f32 {
    let model = pass.model;
    let position = pass.text(at, Align2::LEFT_CENTER, &shown_time(model.position, model.paused), 18.0, BRIGHT);
    let rest = match (model.duration, model.live_delay) {
        (Some(duration), _) => format!(" / {}", shown_time(duration, false)),
        (None, Some(delay)) => format!("  live −{:.0} s", delay.seconds()),
        (None, None) => String::new(),
    };
    pass.text(position.right_center(), Align2::LEFT_CENTER, &rest, 18.0, DIM);
    let widest = shown_time(model.duration.unwrap_or(model.position), true).replace(|c: char| c.is_ascii_digit(), "0");
    at.x + pass.width(&(widest + &rest), 18.0)
}
