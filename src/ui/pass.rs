//! One building of the panel: what its parts read and write, and the widgets that all of them are made of.
//!
//! Everything is grey: through coloured glasses a colour is seen by one eye alone.

use std::borrow::Cow;
use std::cell::RefCell;

use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, Color32, FontId, Id, Painter, Pos2, Rect, Response, Sense, Ui, Vec2, pos2, vec2};

use super::icon::{self, Icon};
use super::model::PanelModel;
use crate::sink::Action;
use crate::sink::panel::PanelPlace;
use crate::time::Time;

/// Side of a button, in points: a ray's end trembles, and so do fingers.
pub(super) const BUTTON: f32 = 46.0;
/// Height of a slider with its name.
pub(super) const SLIDER: f32 = 60.0;
/// Between a pane's edge and what is in it.
pub(super) const MARGIN: f32 = 12.0;
/// Round corners of the panel's parts.
const CORNER: f32 = 10.0;

/// Behind everything.
pub(super) const GROUND: Color32 = Color32::from_rgba_premultiplied(15, 15, 16, 222);
/// Under words that can be clicked.
const WORD: Color32 = Color32::from_rgba_premultiplied(22, 22, 22, 22);
/// Under the pointer.
pub(super) const HOVERED: Color32 = Color32::from_rgba_premultiplied(44, 44, 44, 44);
/// What is switched on.
pub(super) const CHOSEN: Color32 = Color32::from_rgba_premultiplied(72, 72, 72, 72);
/// Not yet filled.
pub(super) const TRACK: Color32 = Color32::from_gray(84);
/// Read ahead.
pub(super) const READ: Color32 = Color32::from_gray(126);
/// Letters, signs and what is filled.
pub(super) const BRIGHT: Color32 = Color32::from_gray(238);
/// What matters less.
pub(super) const DIM: Color32 = Color32::from_gray(168);

/// A sign or a word.
#[derive(Clone, Copy)]
pub(super) enum Face<'a> {
    Icon(Icon),
    Text(&'a str),
}

/// One building.
pub(super) struct Pass<'a> {
    pub(super) ui: &'a Ui,
    pub(super) model: &'a PanelModel,
    pub(super) place: PanelPlace,
    pub(super) scrubbing: Option<Time>,
    /// Notches that the wheel has turned.
    pub(super) wheel: f32,
    /// What the viewer wants.
    pub(super) actions: Vec<Action>,
    /// What the panel covers.
    pub(super) covered: Vec<Rect>,
    /// All widgets, by name.
    pub(super) widgets: RefCell<Vec<(Cow<'static, str>, Rect)>>,
    /// The film time of which a picture is wanted.
    pub(super) preview: Option<Time>,
}

/// What a slider is for.
pub(super) struct Slider<'a> {
    pub(super) name: &'static str,
    pub(super) value: f32,
    /// Least and most.
    pub(super) range: [f32; 2],
    /// Equal steps multiply instead of adding.
    pub(super) logarithmic: bool,
    /// What a notch of the wheel adds.
    pub(super) step: f32,
    /// Words at values.
    pub(super) marks: &'a [(f32, &'a str)],
}

pub(super) fn font(size: f32) -> FontId {
    FontId::proportional(size)
}

impl Pass<'_> {
    pub(super) fn is_in_headset(&self) -> bool {
        matches!(self.place, PanelPlace::Headset(_))
    }

    /// A part of the panel: its ground is drawn, and the pointer on it belongs to the panel.
    pub(super) fn ground(&mut self, rect: Rect) {
        self.shade(rect);
        self.covered.push(rect);
    }

    /// A ground that the pointer goes through.
    pub(super) fn shade(&self, rect: Rect) {
        self.ui.painter().rect_filled(rect, CORNER, GROUND);
    }

    /// The ground of a pane of `size` above `bar`, at its right end; gives what is inside its margin.
    pub(super) fn pane(&mut self, bar: Rect, size: Vec2) -> Rect {
        let outer = size + Vec2::splat(2.0 * MARGIN);
        let rect = Rect::from_min_size(pos2(bar.max.x - outer.x, bar.min.y - outer.y - 8.0), outer);
        self.ground(rect);
        rect.shrink(MARGIN)
    }

    pub(super) fn text(&self, at: Pos2, anchor: Align2, text: &str, size: f32, colour: Color32) -> Rect {
        self.ui.painter().text(at, anchor, text, font(size), colour)
    }

    /// A line at `at`, its upper left corner, cut where it is wider than `width`.
    pub(super) fn line(&self, at: Pos2, text: &str, size: f32, colour: Color32, width: f32) {
        self.line_by(self.ui.painter(), at, text, size, colour, width);
    }

    /// The same by another painter.
    pub(super) fn line_by(&self, painter: &Painter, at: Pos2, text: &str, size: f32, colour: Color32, width: f32) {
        let format = TextFormat { font_id: font(size), color: colour, ..TextFormat::default() };
        let mut job = LayoutJob::single_section(text.replace(['\n', '\r'], " "), format);
        (job.wrap.max_width, job.wrap.max_rows, job.wrap.break_anywhere) = (width.max(20.0), 1, true);
        painter.galley(at, painter.layout_job(job), colour);
    }

    /// A sign around `centre`.
    pub(super) fn icon(&self, centre: Pos2, icon: Icon, colour: Color32) {
        icon::draw(self.ui.painter(), icon, centre, colour);
    }

    /// What is at `rect` is called so, without being a widget of its own.
    pub(super) fn note(&self, name: impl Into<Cow<'static, str>>, rect: Rect) {
        self.widgets.borrow_mut().push((name.into(), rect));
    }

    /// How wide `text` is.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        self.ui.painter().layout_no_wrap(text.to_owned(), font(size), BRIGHT).size().x
    }

    /// A widget of the panel, its name the same from one building to the next.
    pub(super) fn interact(&self, rect: Rect, name: impl Into<Cow<'static, str>>, sense: Sense) -> Response {
        let name = name.into();
        let id = Id::new(("panel", &*name));
        self.widgets.borrow_mut().push((name, rect));
        self.ui.interact(rect, id, sense)
    }

    /// Where the pointer is: a mouse's arrow is in one eye's picture alone, and a ray has none.
    pub(super) fn mark_pointer(&self, at: Pos2) {
        let painter = self.ui.painter();
        painter.circle_filled(at, 6.0, Color32::from_black_alpha(150));
        painter.circle_filled(at, 4.0, BRIGHT);
    }

    /// A button that fills `rect`; true when it is clicked.
    pub(super) fn button(&self, rect: Rect, name: impl Into<Cow<'static, str>>, face: Face<'_>, chosen: bool) -> bool {
        let response = self.interact(rect, name, Sense::click());
        let shown = rect.shrink(2.0);
        let ground = if chosen { Some(CHOSEN) } else { (rect.width() > 2.0 * BUTTON).then_some(WORD) };
        if let Some(ground) = ground {
            self.ui.painter().rect_filled(shown, CORNER - 2.0, ground);
        }
        if response.hovered() || response.is_pointer_button_down_on() {
            self.ui.painter().rect_filled(shown, CORNER - 2.0, HOVERED);
        }
        match face {
            Face::Icon(sign) => icon::draw(self.ui.painter(), sign, rect.center(), BRIGHT),
            Face::Text(text) => {
                self.text(rect.center(), Align2::CENTER_CENTER, text, 15.0, BRIGHT);
            }
        }
        response.clicked()
    }

    /// A slider with its name and `shown`, its value in words, above it; the new value where it is moved.
    pub(super) fn slider(&self, rect: Rect, slider: &Slider<'_>, shown: &str) -> Option<f32> {
        let Slider { name, value, range: [least, most], .. } = *slider;
        let response = self.interact(rect, name, Sense::click_and_drag());
        let painter = self.ui.painter();
        self.text(rect.min, Align2::LEFT_TOP, name, 15.0, DIM);
        self.text(rect.right_top(), Align2::RIGHT_TOP, shown, 15.0, BRIGHT);
        let (left, right, y) = (rect.min.x + 8.0, rect.max.x - 8.0, rect.min.y + 30.0);
        let x = |value: f32| left + (right - left) * slider.share(value);
        painter.rect_filled(Rect::from_min_max(pos2(left, y - 2.0), pos2(right, y + 2.0)), 2.0, TRACK);
        painter.rect_filled(Rect::from_min_max(pos2(left, y - 2.0), pos2(x(value), y + 2.0)), 2.0, BRIGHT);
        for (at, word) in slider.marks {
            let place = pos2(x(*at), y);
            painter.rect_filled(Rect::from_center_size(place, vec2(2.0, 10.0)), 0.0, DIM);
            let anchor = match slider.share(*at) {
                share if share < 0.1 => Align2::LEFT_TOP,
                share if share > 0.9 => Align2::RIGHT_TOP,
                _ => Align2::CENTER_TOP,
            };
            self.text(place + vec2(0.0, 8.0), anchor, word, 12.0, DIM);
        }
        let held = response.dragged() || response.is_pointer_button_down_on();
        let radius = if held || response.hovered() { 9.0 } else { 7.0 };
        painter.circle_filled(pos2(x(value), y), radius, BRIGHT);
        if let Some(pointer) = response.interact_pointer_pos().filter(|_| held || response.clicked()) {
            let wanted = slider.at_share((pointer.x - left) / (right - left).max(1.0));
            return (wanted != value).then_some(wanted);
        }
        let turned = response.hovered() && self.wheel != 0.0;
        turned.then(|| (value + self.wheel * slider.step).clamp(least, most)).filter(|wanted| *wanted != value)
    }
}

impl Slider<'_> {
    /// With equal steps and no words.
    pub(super) fn new(name: &'static str, value: f32, range: [f32; 2], step: f32) -> Self {
        Self { name, value, range, step, logarithmic: false, marks: &[] }
    }

    /// Where `value` lies between the ends, 0 to 1.
    fn share(&self, value: f32) -> f32 {
        let [least, most] = self.range;
        let share = match self.logarithmic {
            true => (value.max(least) / least).ln() / (most / least).ln(),
            false => (value - least) / (most - least),
        };
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The value there.
    fn at_share(&self, share: f32) -> f32 {
        let ([least, most], share) = (self.range, share.clamp(0.0, 1.0));
        match self.logarithmic {
            true => least * (most / least).powf(share),
            false => least + (most - least) * share,
        }
    }
}
