//! The browser in front of the picture: places at the left, what is in one at the right, and a search.
//!
//! Only the rows that are seen are built, and only of them thumbnails are wanted: a place may have any number of items.

mod atlas;
mod keyboard;
mod keys;
mod rows;

use std::sync::Arc;

use egui::{Align2, Rect, pos2, vec2};

use super::icon::Icon;
use super::pass::{BRIGHT, BUTTON, DIM, Face, MARGIN, Pass};
use crate::browser::{Item, ItemKind, Listing, Place, Shelf, State};
use crate::location::Location;
use atlas::Atlas;

/// No wider than this.
const WIDEST: f32 = 1100.0;
/// Between it and the edges of what it stands in front of.
const EDGE: f32 = 14.0;
/// Width of the column of places, and height of one of them.
const PLACES: f32 = 168.0;
const PLACE: f32 = 42.0;
/// Height of the line at the bottom.
const FOOT: f32 = 26.0;
/// Width of the search.
const SEARCH: f32 = 220.0;
/// Letters that a search has at most.
const LONGEST: usize = 60;

/// What the viewer wants of the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// To be where one begins.
    Begin,
    /// To go there.
    Go(Place),
    /// More of these items, which are seen.
    See(Vec<usize>),
    /// To play this instead of all.
    Play(Location),
    /// To play this behind all.
    Append(Location),
}

/// The browser's own state.
#[derive(Default)]
pub(super) struct Browsing {
    open: bool,
    shelf: Option<Shelf>,
    search: String,
    /// Letters to be clicked are there.
    keyboard: bool,
    /// The items that fit the search, and of which listing and search they are.
    fitting: Vec<usize>,
    fitting_of: Option<(Arc<Listing>, String)>,
    /// Which of them the keys are at.
    cursor: usize,
    /// How far they are scrolled, in points.
    scroll: f32,
    /// How many are seen at once.
    page: usize,
    /// The cursor is to be seen.
    follow: bool,
    /// Where one came from: that is to be under the cursor.
    from: Option<Place>,
    seen: Vec<usize>,
    wishes: Vec<Wish>,
    atlas: Atlas,
}

impl Browsing {
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// It comes, or goes.
    pub(super) fn toggle(&mut self) {
        self.open = !self.open;
        self.keyboard = false;
        if self.open {
            self.wishes.push(Wish::Begin);
        } else {
            self.search.clear();
            self.see(Vec::new());
        }
    }

    pub(super) fn take_wishes(&mut self) -> Vec<Wish> {
        std::mem::take(&mut self.wishes)
    }

    fn see(&mut self, items: Vec<usize>) {
        if self.seen != items {
            self.wishes.push(Wish::See(items.clone()));
            self.seen = items;
        }
    }

    /// Looks at what there is now.
    fn take(&mut self, shelf: &Shelf) {
        self.shelf = Some(shelf.clone());
        let fits = self.fitting_of.as_ref();
        if fits.is_some_and(|(listing, search)| Arc::ptr_eq(listing, &shelf.listing) && *search == self.search) {
            return;
        }
        let search = self.search.to_lowercase();
        let words: Vec<&str> = search.split_whitespace().collect();
        let items = shelf.listing.items.iter().enumerate();
        let fitting = items.filter(|(_, item)| words.iter().all(|word| item.search.contains(word)));
        self.fitting = fitting.map(|(index, _)| index).collect();
        self.fitting_of = Some((Arc::clone(&shelf.listing), self.search.clone()));
        (self.cursor, self.scroll, self.follow) = (0, 0.0, false);
        let from = self.from.take_if(|_| !shelf.listing.items.is_empty());
        if let Some(Place::Folder(from)) = from {
            let came =
                |index: &usize| shelf.listing.items.get(*index).is_some_and(|item| item.location.path() == Some(&from));
            self.cursor = self.fitting.iter().position(came).unwrap_or(0);
            self.follow = true;
        }
    }

    /// The item under the cursor.
    fn item(&self) -> Option<Item> {
        let index = *self.fitting.get(self.cursor)?;
        self.shelf.as_ref()?.listing.items.get(index).cloned()
    }

    fn go(&mut self, place: Place) {
        self.search.clear();
        self.wishes.push(Wish::Go(place));
    }

    /// To the folder above.
    fn go_up(&mut self) {
        let Some(place) = self.shelf.as_ref().map(|shelf| shelf.listing.place.clone()) else { return };
        if let Some(above) = place.above() {
            self.from = Some(place);
            self.go(above);
        }
    }

    /// Goes into a folder, or plays all else; `append`: behind what plays.
    fn choose(&mut self, item: Item, append: bool) {
        match (item.kind, item.location) {
            (ItemKind::Folder, Location::File(folder)) if !append => self.go(Place::Folder(folder)),
            (_, location) if append => self.wishes.push(Wish::Append(location)),
            (_, location) => {
                self.wishes.push(Wish::Play(location));
                self.toggle();
            }
        }
    }

    fn type_letter(&mut self, letter: &str) {
        if self.search.chars().count() < LONGEST {
            self.search.push_str(letter);
        }
    }

    /// Builds all of it in `size` points.
    pub(super) fn build(&mut self, pass: &mut Pass<'_>, size: [f32; 2]) {
        let Some(shelf) = pass.model.browser.clone() else { return };
        self.take(&shelf);
        let width = (size[0] - 2.0 * EDGE).clamp(200.0, WIDEST);
        let height = (size[1] - 2.0 * EDGE).max(160.0);
        let all = Rect::from_min_size(pos2((size[0] - width) / 2.0, EDGE), vec2(width, height));
        pass.ground(all);
        let inner = all.shrink(MARGIN);
        // A narrow window has no room for places.
        let places = if width >= 560.0 { PLACES } else { 0.0 };
        let right =
            Rect::from_min_max(inner.min + vec2(if places > 0.0 { places + MARGIN } else { 0.0 }, 0.0), inner.max);
        self.build_head(pass, &shelf, Rect::from_min_size(inner.min, vec2(inner.width(), BUTTON)));
        let body = Rect::from_min_max(right.min + vec2(0.0, BUTTON + 8.0), right.max - vec2(0.0, FOOT));
        let body = match self.keyboard {
            true => {
                let keys = keyboard::height(body);
                let (rows, letters) = body.split_top_bottom_at_y(body.max.y - keys);
                keyboard::build(self, pass, letters);
                rows
            }
            false => body,
        };
        if places > 0.0 {
            let column = Rect::from_min_max(pos2(inner.min.x, body.min.y), pos2(inner.min.x + places, inner.max.y));
            self.build_places(pass, &shelf, column);
        }
        rows::build(self, pass, &shelf, body);
        self.build_foot(pass, &shelf, Rect::from_min_max(pos2(right.min.x, right.max.y - FOOT + 6.0), right.max));
    }

    /// Where one is, the search, and the way out.
    fn build_head(&mut self, pass: &mut Pass<'_>, shelf: &Shelf, place: Rect) {
        let button = |x: f32| Rect::from_min_size(pos2(x, place.min.y), vec2(BUTTON, BUTTON));
        if pass.button(button(place.max.x - BUTTON), "close browser", Face::Icon(Icon::Quit), false) {
            self.toggle();
            return;
        }
        let mut x = place.min.x;
        if shelf.listing.place.above().is_some() {
            if pass.button(button(x), "up", Face::Icon(Icon::Up), false) {
                self.go_up();
            }
            x += BUTTON + 8.0;
        }
        let room = SEARCH.min(place.width() * 0.35);
        let field = Rect::from_min_size(pos2(place.max.x - BUTTON - 8.0 - room, place.min.y), vec2(room, BUTTON));
        if pass.button(field, "search", Face::Text(""), self.keyboard) {
            self.keyboard = !self.keyboard;
        }
        let (text, colour) = match self.search.as_str() {
            "" => ("Search", if self.keyboard { BRIGHT } else { DIM }),
            search => (search, BRIGHT),
        };
        pass.icon(pos2(field.min.x + 22.0, field.center().y), Icon::Search, DIM);
        let shown = if self.search.is_empty() { text.to_owned() } else { format!("{text}|") };
        // Of a long one the end is seen.
        let most = ((field.width() - 56.0) / 9.0).max(4.0) as usize;
        let skip = shown.chars().count().saturating_sub(most);
        let shown: String = shown.chars().skip(skip).collect();
        pass.text(pos2(field.min.x + 42.0, field.center().y), Align2::LEFT_CENTER, &shown, 16.0, colour);
        let (name, path) = match &shelf.listing.place {
            Place::Recent => ("Recent".to_owned(), "what was played last".to_owned()),
            Place::Folder(folder) => {
                let name = folder
                    .file_name()
                    .map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into());
                (name, folder.display().to_string())
            }
        };
        let width = field.min.x - 12.0 - x;
        pass.line(pos2(x, place.min.y + 2.0), &name, 19.0, BRIGHT, width);
        pass.line(pos2(x, place.min.y + 27.0), &path, 13.0, DIM, width);
    }

    fn build_places(&mut self, pass: &mut Pass<'_>, shelf: &Shelf, column: Rect) {
        for (index, item) in shelf.places.iter().enumerate() {
            let top = column.min.y + index as f32 * PLACE;
            if top + PLACE > column.max.y {
                return;
            }
            let rect = Rect::from_min_size(pos2(column.min.x, top), vec2(column.width(), PLACE));
            let here = item.place == shelf.listing.place;
            if pass.button(rect, format!("place {index}"), Face::Text(""), here) && !here {
                self.go(item.place.clone());
            }
            let icon = if item.place == Place::Recent { Icon::Recent } else { Icon::Folder };
            pass.icon(pos2(rect.min.x + 22.0, rect.center().y), icon, DIM);
            pass.line(pos2(rect.min.x + 42.0, rect.center().y - 9.0), &item.name, 15.0, BRIGHT, rect.width() - 50.0);
        }
    }

    fn build_foot(&self, pass: &Pass<'_>, shelf: &Shelf, place: Rect) {
        let (all, fitting) = (shelf.listing.items.len(), self.fitting.len());
        let text = match &shelf.state {
            State::Reading | State::Silent | State::Failed(_) => String::new(),
            State::Read if self.search.is_empty() => format!("{all} {}", if all == 1 { "item" } else { "items" }),
            State::Read => format!("{fitting} of {all}"),
        };
        pass.text(place.left_center(), Align2::LEFT_CENTER, &text, 13.0, DIM);
        if !pass.is_in_headset() && place.width() > 520.0 {
            let hint = "Enter plays   Shift+Enter adds   Backspace goes up   type to search   Esc closes";
            pass.text(place.right_center(), Align2::RIGHT_CENTER, hint, 13.0, DIM);
        }
    }
}
