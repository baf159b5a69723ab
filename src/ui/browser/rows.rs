//! The rows of the browser: a thumbnail, a name, and what is known besides.

use egui::{Align2, Color32, Rect, Sense, pos2, vec2};

use super::Browsing;
use crate::browser::{Facts, Item, ItemKind, Shelf, State};
use crate::ui::icon::Icon;
use crate::ui::pass::{BRIGHT, CHOSEN, DIM, HOVERED, Pass, TRACK};
use crate::ui::shown_time;

/// Height of a row: with a ray it has to be larger.
const ROW: f32 = 68.0;
const ROW_IN_HEADSET: f32 = 76.0;
/// Width and height of a thumbnail, in points.
const THUMBNAIL: [f32; 2] = [104.0, 58.5];
/// Rows that a notch of the wheel moves.
const NOTCH: f32 = 2.0;
/// Width of the scroll bar, and its least length.
const BAR: f32 = 14.0;
const LEAST: f32 = 36.0;
/// Letters that matter less, on what is chosen.
const ON_CHOSEN: Color32 = Color32::from_gray(214);
/// Behind what has no picture.
const BLANK: Color32 = Color32::from_gray(36);
/// From here on a film counts as watched.
const SEEN: f32 = 0.95;

pub(super) fn build(browsing: &mut Browsing, pass: &mut Pass<'_>, shelf: &Shelf, body: Rect) {
    let row = if pass.is_in_headset() { ROW_IN_HEADSET } else { ROW };
    browsing.page = (body.height() / row).max(1.0) as usize;
    let said = match &shelf.state {
        State::Reading => None,
        State::Silent => Some("This place does not answer yet …".to_owned()),
        State::Failed(error) => Some(format!("It cannot be read: {error}")),
        State::Read if shelf.listing.items.is_empty() => Some("There is nothing here that can be played".to_owned()),
        State::Read if browsing.fitting.is_empty() => Some("Nothing here has such a name".to_owned()),
        State::Read => None,
    };
    if let Some(said) = said {
        pass.text(body.center(), Align2::CENTER_CENTER, &said, 16.0, DIM);
    }
    let whole = browsing.fitting.len() as f32 * row;
    let most = (whole - body.height()).max(0.0);
    if pass.ui.rect_contains_pointer(body) && pass.wheel != 0.0 {
        browsing.scroll -= pass.wheel * NOTCH * row;
        browsing.follow = false;
    }
    if std::mem::take(&mut browsing.follow) {
        let top = browsing.cursor as f32 * row;
        browsing.scroll = browsing.scroll.clamp((top + row - body.height()).min(top), top);
    }
    let list = Rect::from_min_max(body.min, pos2(body.max.x - BAR - 4.0, body.max.y));
    let response = pass.interact(list, "rows", Sense::click_and_drag());
    if response.dragged() {
        browsing.scroll -= response.drag_delta().y;
    }
    if most > 0.0 {
        scroll_bar(browsing, pass, Rect::from_min_max(pos2(body.max.x - BAR, body.min.y), body.max), whole, most);
    }
    browsing.scroll = browsing.scroll.clamp(0.0, most);
    let first = (browsing.scroll / row) as usize;
    let count = (body.height() / row).ceil() as usize + 1;
    let seen: Vec<usize> = browsing.fitting.iter().skip(first).take(count).copied().collect();
    browsing.atlas.turn();
    let clip = pass.ui.painter().with_clip_rect(list.expand(1.0));
    let at = |line: usize| {
        let top = body.min.y + (first + line) as f32 * row - browsing.scroll;
        Rect::from_min_size(pos2(list.min.x, top), vec2(list.width(), row))
    };
    let rects: Vec<Rect> = (0..seen.len()).map(at).collect();
    let pointer = response.hover_pos().filter(|_| !response.dragged());
    for ((line, index), rect) in seen.iter().enumerate().zip(&rects) {
        let Some(item) = shelf.listing.items.get(*index) else { continue };
        pass.note(format!("row {}", first + line), rect.intersect(list));
        let shown = rect.shrink2(vec2(2.0, 2.0));
        if first + line == browsing.cursor {
            clip.rect_filled(shown, 8.0, CHOSEN);
        }
        if pointer.is_some_and(|at| rect.contains(at)) {
            clip.rect_filled(shown, 8.0, HOVERED);
        }
        let plain = if first + line == browsing.cursor { ON_CHOSEN } else { DIM };
        build_row(browsing, pass, &clip, item, shelf.facts.get(index), shown, plain);
    }
    if response.clicked()
        && let Some(at) = response.interact_pointer_pos()
        && let Some(line) = rects.iter().position(|rect| rect.contains(at))
        && let Some(item) = seen.get(line).and_then(|index| shelf.listing.items.get(*index))
    {
        browsing.cursor = first + line;
        browsing.choose(item.clone(), false);
        return;
    }
    browsing.see(seen);
}

fn build_row(
    browsing: &mut Browsing,
    pass: &Pass<'_>,
    painter: &egui::Painter,
    item: &Item,
    facts: Option<&Facts>,
    rect: Rect,
    plain: Color32,
) {
    let picture = Rect::from_min_size(pos2(rect.min.x + 4.0, rect.center().y - THUMBNAIL[1] / 2.0), THUMBNAIL.into());
    let texture = facts
        .and_then(|facts| facts.picture.as_ref())
        .and_then(|small| Some((small.size, browsing.atlas.place(pass.ui.ctx(), small)?)));
    if item.kind != ItemKind::Folder {
        painter.rect_filled(picture, 4.0, BLANK);
    }
    match texture {
        Some((size, (texture, uv))) => {
            let [width, height] = size.map(|side| side as f32);
            let scale = (picture.width() / width).min(picture.height() / height);
            let inside = Rect::from_center_size(picture.center(), vec2(width * scale, height * scale));
            painter.image(texture, inside, uv, Color32::WHITE);
        }
        None => {
            let icon = match item.kind {
                ItemKind::Folder => Icon::Folder,
                ItemKind::Film => Icon::Film,
                ItemKind::Sound => Icon::Note,
                ItemKind::Picture => Icon::Picture,
                ItemKind::List => Icon::Tracks,
            };
            crate::ui::icon::draw(painter, icon, picture.center(), plain);
        }
    }
    let watched = facts.and_then(|facts| facts.watched).filter(|share| *share > 0.01);
    if let Some(share) = watched {
        let bar = Rect::from_min_max(pos2(picture.min.x, picture.max.y - 5.0), picture.max);
        painter.rect_filled(bar, 0.0, TRACK);
        let done = Rect::from_min_size(bar.min, vec2(bar.width() * share, bar.height()));
        painter.rect_filled(done, 0.0, BRIGHT);
    }
    let left = picture.max.x + 14.0;
    let width = rect.max.x - left - 8.0;
    pass.line_by(painter, pos2(left, rect.center().y - 23.0), &item.name, 17.0, BRIGHT, width);
    pass.line_by(painter, pos2(left, rect.center().y + 3.0), &about(item, facts), 14.0, plain, width);
}

/// What is known of an item, in words.
fn about(item: &Item, facts: Option<&Facts>) -> String {
    let kind = match item.kind {
        ItemKind::Folder => return "Folder".to_owned(),
        ItemKind::List => return "Playlist".to_owned(),
        ItemKind::Film => "Film",
        ItemKind::Sound => "Sound",
        ItemKind::Picture => "Picture",
    };
    let Some(facts) = facts else { return kind.to_owned() };
    let duration = facts.duration.map(|duration| shown_time(duration, false));
    let watched = facts.watched.filter(|share| *share > 0.01).map(|share| match share {
        share if share >= SEEN => "watched".to_owned(),
        share => format!("{:.0} % watched", share * 100.0),
    });
    let words: Vec<String> = duration.into_iter().chain(watched).collect();
    if words.is_empty() { kind.to_owned() } else { words.join("  ·  ") }
}

/// The bar at the right edge, which can be dragged.
fn scroll_bar(browsing: &mut Browsing, pass: &Pass<'_>, bar: Rect, whole: f32, most: f32) {
    let response = pass.interact(bar, "scroll", Sense::click_and_drag());
    let length = (bar.height() * bar.height() / whole.max(1.0)).clamp(LEAST.min(bar.height()), bar.height());
    let room = (bar.height() - length).max(1.0);
    let held = response.dragged() || response.is_pointer_button_down_on();
    if let Some(at) = response.interact_pointer_pos().filter(|_| held || response.clicked()) {
        browsing.scroll = ((at.y - bar.min.y - length / 2.0) / room).clamp(0.0, 1.0) * most;
    }
    let top = bar.min.y + (browsing.scroll / most).clamp(0.0, 1.0) * room;
    let painter = pass.ui.painter();
    let slim = Rect::from_center_size(bar.center(), vec2(4.0, bar.height()));
    painter.rect_filled(slim, 2.0, Color32::from_gray(52));
    let thumb = Rect::from_min_size(pos2(bar.min.x + 3.0, top), vec2(bar.width() - 6.0, length));
    painter.rect_filled(thumb, 4.0, if held || response.hovered() { BRIGHT } else { TRACK });
}
