//! The panel in front of the picture, built with egui: transport bar, 3D settings and, in a headset, those of its screen.
//!
//! [`Panel`] reads a [`PanelModel`] and what the pointer did, and gives meshes and the viewer's wishes as [`crate::sink::Action`]s; it changes nothing
//! itself and needs no GPU. A sink reaches it through [`crate::sink::App::panel`], from its own thread. egui runs only while the panel is visible,
//! and only when something has changed.

mod browser;
mod convert;
mod depth;
mod empty;
mod icon;
mod meter;
mod model;
mod pass;
mod presence;
mod preview;
mod screen;
mod seek;
mod sign;
mod statistics;
mod tracks;
mod transport;
mod volume;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Context, FontData, FontDefinitions, FontFamily, Pos2, RawInput, Rect, ViewportId};

use browser::Browsing;
pub use browser::Wish;
pub use model::{DepthModel, MeterModel, PanelModel, VolumeModel};
use pass::Pass;
use presence::Presence;
use preview::Previewed;

use crate::film::Preview;
use crate::sink::panel::{PanelInput, PanelOutput, PanelPicture, PanelPlace, Pointer};
use crate::time::Time;

/// Which pane is open above the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Pane {
    #[default]
    None,
    Depth,
    Layouts,
    Screen,
    Tracks,
}

/// Why a film is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// It comes more slowly than it is watched.
    Buffering,
    /// The picture at the place sought takes long.
    Seeking,
}

/// How long the statistics stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Until(Instant),
    UntilHidden,
}

/// How long statistics stay that were asked for once, as in mpv.
const STATISTICS: Duration = Duration::from_secs(4);
/// How soon to look for a preview that is being made.
const PREVIEW: Duration = Duration::from_millis(40);
/// How soon egui runs again at the earliest where it asks for that.
const FRAME: Duration = Duration::from_millis(16);
/// How soon to look for what the comfort meter has measured, and what the statistics have counted.
const METER: Duration = Duration::from_millis(200);
/// How soon to look for what the browser is still finding out.
const BROWSE: Duration = Duration::from_millis(60);
/// Steps of the position on the bar, at most so many over the film's length.
const STEPS: i64 = 1000;
/// The least step of the position while the film plays.
const STEP: Time = Time::from_nanoseconds(250_000_000);

/// What has to be the same for the meshes to be the same.
#[derive(PartialEq)]
struct Seen {
    model: PanelModel,
    size: [f32; 2],
    pixels_per_point: f32,
    place: PanelPlace,
    scrubbing: Option<Time>,
    waiting: Option<Waiting>,
    empty: bool,
    /// All of it, or the comfort meter, the statistics and signs alone.
    whole: bool,
}

/// The panel.
pub struct Panel {
    context: Context,
    began: Instant,
    presence: Presence,
    /// The comfort meter is there, with the panel or without it.
    metered: bool,
    /// So is the sign that the film is waited for.
    waiting: Option<Waiting>,
    /// Nothing plays, and the panel says what to do.
    empty: bool,
    /// The statistics are there until then.
    statistics: Option<Shown>,
    pane: Pane,
    pointer: Option<Pos2>,
    drag: seek::Drag,
    /// Where the lists of tracks begin.
    scroll: tracks::Scroll,
    covered: Vec<Rect>,
    widgets: Vec<(Cow<'static, str>, Rect)>,
    seen: Option<Seen>,
    /// When egui wants to run again.
    again: Option<Instant>,
    preview: Previewed,
    browsing: Browsing,
    /// A key has changed something.
    pressed: bool,
    wanted: Option<Time>,
}

impl Default for Panel {
    fn default() -> Self {
        Self::new()
    }
}

impl Panel {
    /// A panel that is not there yet.
    pub fn new() -> Self {
        let context = Context::default();
        let name = "Ubuntu-Light".to_owned();
        let data = Arc::new(FontData::from_static(epaint_default_fonts::UBUNTU_LIGHT));
        let families = [FontFamily::Proportional, FontFamily::Monospace].map(|family| (family, vec![name.clone()]));
        let font_data = BTreeMap::from([(name, data)]);
        context.set_fonts(FontDefinitions { font_data, families: families.into() });
        context.all_styles_mut(|style| style.animation_time = 0.0);
        context.options_mut(|options| {
            // All places are known beforehand: a second pass would do the viewer's wishes twice.
            options.max_passes = NonZeroUsize::MIN;
            // A ray trembles, and a slow machine is late.
            options.input_options.max_click_dist = 16.0;
            options.input_options.max_click_duration = 3.0;
        });
        Self {
            context,
            began: Instant::now(),
            presence: Presence::default(),
            metered: false,
            waiting: None,
            empty: false,
            statistics: None,
            pane: Pane::None,
            pointer: None,
            drag: seek::Drag::default(),
            scroll: tracks::Scroll::default(),
            covered: Vec::new(),
            widgets: Vec::new(),
            seen: None,
            again: None,
            preview: Previewed::default(),
            browsing: Browsing::default(),
            pressed: false,
            wanted: None,
        }
    }

    /// It comes, or goes.
    pub fn toggle(&mut self, now: Instant) {
        self.presence.toggle(now);
    }

    /// Whether the comfort meter is to be seen, which comes and goes by itself.
    pub fn set_metered(&mut self, metered: bool) {
        self.metered = metered;
    }

    /// What the film is waited for, where a sign is to say so.
    pub fn set_waiting(&mut self, waiting: Option<Waiting>) {
        self.waiting = waiting;
    }

    /// Whether nothing plays: the panel says what to do then.
    pub fn set_empty(&mut self, empty: bool) {
        self.empty = empty;
    }

    /// The browser comes, or goes.
    pub fn toggle_browser(&mut self) {
        self.browsing.toggle();
        self.pressed = true;
    }

    /// Whether the browser is there.
    pub fn is_browsing(&self) -> bool {
        self.browsing.is_open()
    }

    /// A key of that name, as input.conf has it, was pressed; false where it is not for the panel.
    pub fn key(&mut self, name: &str) -> bool {
        let taken = self.browsing.is_open() && self.browsing.key(name);
        self.pressed |= taken;
        taken
    }

    /// What the viewer wants of the browser, in order.
    pub fn take_wishes(&mut self) -> Vec<Wish> {
        self.browsing.take_wishes()
    }

    /// The statistics come to stay, or go: with the panel or without it.
    pub fn toggle_statistics(&mut self, now: Instant) {
        self.statistics = (!self.shows_statistics(now)).then_some(Shown::UntilHidden);
    }

    /// The statistics come for a few seconds, unless they are there to stay.
    pub fn show_statistics(&mut self, now: Instant) {
        if self.statistics != Some(Shown::UntilHidden) {
            self.statistics = Some(Shown::Until(now + STATISTICS));
        }
    }

    /// Whether the statistics are to be seen.
    pub fn shows_statistics(&self, now: Instant) -> bool {
        match self.statistics {
            None => false,
            Some(Shown::UntilHidden) => true,
            Some(Shown::Until(until)) => now < until,
        }
    }

    /// The film time of which a picture is wanted on the seek bar.
    pub fn wanted_preview(&self) -> Option<Time> {
        self.wanted
    }

    /// Where the widget of this name is: its upper left and lower right corner, in points. For tests.
    pub fn widget(&self, name: &str) -> Option<[[f32; 2]; 2]> {
        let (_, rect) = self.widgets.iter().find(|(known, _)| *known == name)?;
        Some([rect.min.into(), rect.max.into()])
    }

    /// Whether it is there, as far as was known when it last ran.
    pub fn is_visible(&self) -> bool {
        self.seen.is_some()
    }

    /// Takes what happened and gives what is to be seen and done. `model` is asked for only where the panel is there.
    pub fn run(&mut self, mut input: PanelInput, model: impl FnOnce() -> PanelModel, now: Instant) -> PanelOutput {
        input.pointer.retain(convert::is_sound);
        let stirs = matches!(input.place, PanelPlace::Window { .. });
        for pointer in &input.pointer {
            self.follow(*pointer, stirs, now);
        }
        if input.scrubbing.is_some() || (self.is_visible() && self.is_held()) {
            self.presence.stir(now);
        }
        let whole = self.presence.is_visible(now) || self.browsing.is_open();
        let told = self.shows_statistics(now);
        if !whole {
            self.fold();
            if !self.metered && self.waiting.is_none() && !told && !self.empty {
                return self.hide();
            }
        }
        let model = model();
        let fine = model.duration.map_or(STEP, |whole| Time::from_nanoseconds(whole.nanoseconds() / STEPS));
        let seen = Seen {
            model: model.seen(fine.max(STEP)),
            size: input.size,
            pixels_per_point: input.pixels_per_point,
            place: input.place,
            scrubbing: input.scrubbing,
            waiting: self.waiting,
            empty: self.empty,
            whole,
        };
        let due = self.again.is_some_and(|at| at <= now);
        let pressed = std::mem::take(&mut self.pressed);
        let changed = self.seen.as_ref() != Some(&seen) || due || pressed || !input.pointer.is_empty();
        let (picture, actions) = match changed {
            true => {
                let (picture, actions) = self.build(&input, &model, whole, now);
                (Some(picture), actions)
            }
            false => (None, Vec::new()),
        };
        self.seen = Some(seen);
        let held = self.is_held();
        if held {
            self.presence.stir(now);
        }
        let settled = |preview: &Preview| Some(preview.time) == self.wanted && preview.settled;
        let missing = self.wanted.is_some() && model.preview.as_ref().is_some_and(|preview| !settled(preview));
        let look = missing.then(|| now + PREVIEW);
        let goes = self.presence.goes().filter(|_| whole && !self.browsing.is_open());
        let busy = model.browser.as_ref().is_some_and(|shelf| shelf.busy) && self.browsing.is_open();
        let browse = busy.then(|| now + BROWSE);
        let meter = (self.metered || self.waiting.is_some() || told).then(|| now + METER);
        let wake = [goes, look, self.again, meter, browse].into_iter().flatten().min();
        PanelOutput { visible: true, picture, takes_pointer: held, actions, wake }
    }

    fn follow(&mut self, pointer: Pointer, stirs: bool, now: Instant) {
        match pointer {
            Pointer::Moved(at) | Pointer::Pressed(at) | Pointer::Released(at) => {
                let at = Pos2::from(at);
                // A pointer that only appears has not been moved; nor has one that trembles.
                let moved = self.pointer.is_some_and(|before| before.distance(at) >= 1.0);
                let pressed = matches!(pointer, Pointer::Pressed(_)) && self.presence.is_visible(now);
                if (moved && stirs) || pressed {
                    self.presence.stir(now);
                }
                if moved || self.pointer.is_none() {
                    self.pointer = Some(at);
                }
            }
            Pointer::Wheel(_) => {}
            Pointer::Gone => self.pointer = None,
        }
    }

    /// The pointer is on it, or drags something of it.
    fn is_held(&self) -> bool {
        let over = self.pointer.is_some_and(|at| self.covered.iter().any(|rect| rect.contains(at)));
        over || self.context.egui_is_using_pointer()
    }

    /// All but the comfort meter and the statistics goes.
    fn fold(&mut self) {
        if self.seen.as_ref().is_some_and(|seen| seen.whole) {
            (self.pane, self.wanted, self.again) = (Pane::None, None, None);
            self.covered.clear();
            self.widgets.clear();
            self.context.stop_dragging();
        }
    }

    fn hide(&mut self) -> PanelOutput {
        let was = self.seen.take().is_some();
        PanelOutput { picture: was.then(PanelPicture::default), ..PanelOutput::default() }
    }

    fn build(
        &mut self,
        input: &PanelInput,
        model: &PanelModel,
        whole: bool,
        now: Instant,
    ) -> (PanelPicture, Vec<crate::sink::Action>) {
        self.preview.load(&self.context, model.preview.as_ref());
        let size = input.size.map(convert::side);
        let mut raw = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size.into())),
            time: Some((now - self.began).as_secs_f64()),
            events: input.pointer.iter().copied().filter_map(convert::event).collect(),
            ..RawInput::default()
        };
        if let Some(viewport) = raw.viewports.get_mut(&ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(convert::pixels_per_point(input.pixels_per_point));
        }
        let wheel = |pointer: &Pointer| if let Pointer::Wheel(notches) = pointer { *notches } else { 0.0 };
        let wheel: f32 = input.pointer.iter().map(wheel).sum();
        let before = self.pane;
        let (waiting, empty) = (self.waiting, self.empty);
        let Self { context, pane, drag, scroll, preview, widgets, pointer, browsing, .. } = self;
        let (mut actions, mut covered, mut wanted) = (Vec::new(), Vec::new(), None);
        let output = context.run_ui(raw, |ui| {
            let mut pass = Pass {
                ui,
                model,
                place: input.place,
                scrubbing: input.scrubbing,
                wheel,
                actions: Vec::new(),
                covered: Vec::new(),
                widgets: RefCell::default(),
                preview: None,
            };
            if let Some(meter) = &model.meter {
                meter::build(&mut pass, size, meter);
            }
            match (waiting, model.buffering) {
                (_, Some(part)) => sign::build(&pass, size, "Buffering …", Some(part)),
                (Some(Waiting::Seeking), None) => sign::build(&pass, size, "Seeking …", None),
                _ => {}
            }
            if let Some(lines) = &model.statistics {
                statistics::build(&mut pass, size, lines);
            }
            if browsing.is_open() {
                browsing.build(&mut pass, size);
            } else {
                if empty {
                    empty::build(&mut pass, size);
                }
                if whole {
                    let (bar, seek) = transport::places(size);
                    transport::build(&mut pass, bar, pane);
                    match (*pane, &model.depth, input.place) {
                        (Pane::Depth | Pane::Layouts, Some(depth), _) => depth::build(&mut pass, bar, depth, pane),
                        (Pane::Screen, _, PanelPlace::Headset(screen)) => screen::build(&mut pass, bar, screen),
                        (Pane::Tracks, ..) if tracks::is_wanted(&model.tracks) => tracks::build(&mut pass, bar, scroll),
                        _ => *pane = Pane::None,
                    }
                    let picture = |time: Time| preview.picture(time, model.duration);
                    seek::build(&mut pass, seek, bar.min.y, drag, picture, now);
                }
            }
            if let (Some(at), true) = (*pointer, marks(input.place) && (whole || empty)) {
                pass.mark_pointer(at);
            }
            (actions, covered, wanted) = (pass.actions, pass.covered, pass.preview);
            *widgets = pass.widgets.into_inner();
        });
        (self.covered, self.wanted) = (covered, wanted);
        let delay = output.viewport_output.get(&ViewportId::ROOT).map(|viewport| viewport.repaint_delay);
        self.again = delay.and_then(|delay| now.checked_add(delay.max(FRAME))).filter(|_| delay < Some(Duration::MAX));
        if self.pane != before {
            self.again = Some(now);
        }
        let textures = convert::textures(output.textures_delta);
        let meshes = self.context.tessellate(output.shapes, output.pixels_per_point);
        (PanelPicture { meshes, textures }, actions)
    }
}

/// Whether the pointer is to be seen on the panel itself.
fn marks(place: PanelPlace) -> bool {
    match place {
        PanelPlace::Window { both_eyes, .. } => both_eyes,
        PanelPlace::Headset(_) => true,
    }
}

/// Whole seconds; with `exact` milliseconds, too.
pub fn shown_time(time: Time, exact: bool) -> String {
    let mut text = time.to_string();
    if !exact {
        text.truncate(text.len() - ".000".len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_seconds_and_milliseconds_when_exact() {
        assert_eq!(shown_time(Time::from_seconds(83.9), false), "1:23");
        assert_eq!(shown_time(Time::from_seconds(83.9), true), "1:23.900");
    }
}
