//! One session's cinema: the screen before the viewer, and what happens from one display frame to the next.

use std::time::{Duration, Instant};

use ash::vk;
use openxr as xr;

use super::error::XrError;
use super::geometry::{Placed, Pose, picture_size};
use super::gestures::{Around, Gestures};
use super::hands::Hands;
use super::layers::{Layer, ScreenLayer, surface};
use super::panel::{Doing, PanelQuad};
use super::room::Ray;
use super::runtime::Runtime;
use super::session::{DisplayFrame, Eye, Happening, Session};
use super::sheets::{SheetOptions, Sheets, choose_format};
use super::statistics::Statistics;
use super::surroundings::{Scenery, Surroundings};
use super::{HeadsetOptions, Stop, refresh, speakers};
use crate::gpu::{Gpu, Prompt};
use crate::sink::{Action, EyePicture, EyesApp, Painted, ScreenSettings, Tick, screen};
use crate::stage::comfort::Viewing;

/// How long to rest while the runtime wants no pictures.
const REST: Duration = Duration::from_millis(10);
/// How fast the screen follows the head: after this time, in seconds, about two thirds of the way are done.
const FOLLOW: f32 = 0.35;
/// How long the screen's size has to stand before its pictures are made anew in another size.
const SETTLED: Duration = Duration::from_millis(600);
/// Width to height of a screen on which there is nothing yet.
const WIDE: f32 = 16.0 / 9.0;
/// The runtime gets this long to let us go.
const FAREWELL: Duration = Duration::from_secs(3);

pub(super) struct Cinema<'a> {
    // In the order in which they go.
    hands: Hands,
    panel: PanelQuad,
    surroundings: Surroundings,
    screen: Option<Sheets>,
    /// The screen's pictures from now on, until the first of them is handed over.
    coming: Option<Sheets>,
    session: Session,
    runtime: &'a Runtime,
    options: &'a HeadsetOptions,
    gpu: &'a Gpu,
    format: vk::Format,
    settings: ScreenSettings,
    /// Where the viewer was recentred to, in LOCAL space.
    origin: Option<Pose>,
    gestures: Gestures,
    /// The hands' rays, in LOCAL space.
    rays: [Option<Ray>; 2],
    /// What has been painted and not handed over; nothing where the same picture was painted anew.
    painted: Option<Painted>,
    last_id: Option<u64>,
    /// The app has something new to paint.
    repaint: bool,
    /// Nothing plays: what was on the screen is of a film that is over.
    dark: bool,
    /// The screen's settings have changed then.
    changed: Option<Instant>,
    /// The film's rate that the display was set for.
    rated: Option<f64>,
    /// Nobody wears the headset, and the film waits.
    away: bool,
    /// Worn, as far as the runtime says.
    present: bool,
    /// We have asked to go, then.
    leaving: Option<Instant>,
    last_frame: Option<Instant>,
    /// What the app was last brought up to.
    moment: Option<Instant>,
}

impl<'a> Cinema<'a> {
    pub(super) fn new(
        runtime: &'a Runtime,
        gpu: &'a Gpu,
        options: &'a HeadsetOptions,
        settings: ScreenSettings,
    ) -> Result<Self, XrError> {
        let session = Session::new(runtime, gpu)?;
        let offered = session.handle.enumerate_swapchain_formats();
        let offered = offered.map_err(XrError::while_doing("asking for the headset's formats"))?;
        let format = choose_format(&offered).ok_or_else(|| XrError::Lacks {
            runtime: runtime.name.clone(),
            what: "take pictures of 8 or 16 bits a colour".to_owned(),
        })?;
        Ok(Self {
            hands: Hands::new(runtime, &session)?,
            panel: PanelQuad::new(gpu, format),
            surroundings: Surroundings::new(gpu, runtime, format)?,
            screen: None,
            coming: None,
            session,
            runtime,
            options,
            gpu,
            format,
            settings,
            origin: None,
            gestures: Gestures::default(),
            rays: [None; 2],
            painted: None,
            last_id: None,
            repaint: true,
            dark: false,
            changed: None,
            rated: None,
            away: false,
            present: true,
            leaving: None,
            last_frame: None,
            moment: None,
        })
    }

    /// The screen as the viewer has left it.
    pub(super) fn settings(&self) -> ScreenSettings {
        self.settings
    }

    /// Lets go of everything.
    pub(super) fn close(self) {
        let Self { hands, panel, surroundings, screen, coming, session, gpu, .. } = self;
        drop((hands, panel, surroundings, screen, coming));
        gpu.with_queue(|_| drop(session));
    }

    /// Shows `app` until the film is over, the viewer has quit, or the runtime wants us gone.
    pub(super) fn run<A: EyesApp>(&mut self, app: &mut A, statistics: &mut Statistics) -> Result<(), Stop<A::Error>> {
        self.tell_viewing(app, Instant::now());
        loop {
            while let Some(happening) = self.session.poll()? {
                match happening {
                    Happening::Exiting => return Ok(()),
                    Happening::Recentred => self.origin = None,
                    Happening::Presence(present) => self.present = present,
                }
            }
            self.mind_absence(app);
            let enough = self.options.film_frames.is_some_and(|frames| statistics.film_frames >= frames);
            if self.options.stop.is_stopped() || enough {
                self.leave()?;
            }
            if self.leaving.is_some_and(|since| since.elapsed() > FAREWELL) {
                tracing::debug!("the runtime did not answer the farewell");
                return Ok(());
            }
            if self.session.is_running() {
                self.frame(app, statistics)?;
                continue;
            }
            if self.leaving.is_some() && self.session.state() == xr::SessionState::IDLE {
                return Ok(());
            }
            self.take_asked(app, Instant::now())?;
            let Tick { finished, repaint, .. } = app.tick(Instant::now()).map_err(Stop::App)?;
            self.repaint |= repaint;
            if finished {
                return Ok(());
            }
            std::thread::sleep(REST);
        }
    }

    /// The present moment: that for which the last picture was made, while pictures are made.
    fn now(&self) -> Instant {
        self.moment.filter(|_| self.session.is_running()).unwrap_or_else(Instant::now)
    }

    /// The session is lost: the film waits until there is another.
    pub(super) fn interrupt<A: EyesApp>(&mut self, app: &mut A) {
        if !self.options.play_when_off {
            app.act(Action::Away(true), self.now());
        }
    }

    /// Asks the runtime to let us go.
    fn leave(&mut self) -> Result<(), XrError> {
        if self.leaving.is_none() {
            self.leaving = Some(Instant::now());
            self.session.request_exit()?;
        }
        Ok(())
    }

    /// The film waits for a viewer who has taken the headset off.
    fn mind_absence<A: EyesApp>(&mut self, app: &mut A) {
        let watched = self.session.is_visible() && self.present;
        let away = !(watched || self.options.play_when_off);
        if away != self.away {
            self.away = away;
            let now = self.now();
            self.repaint |= app.act(Action::Away(away), now);
        }
    }

    /// Parallax is limited by how wide the screen stands before the viewer.
    fn tell_viewing<A: EyesApp>(&mut self, app: &mut A, now: Instant) {
        let ScreenSettings { width, distance, .. } = self.settings;
        self.repaint |= app.act(Action::Viewing(Viewing { width, distance }), now);
    }

    /// One picture of the display.
    fn frame<A: EyesApp>(&mut self, app: &mut A, statistics: &mut Statistics) -> Result<(), Stop<A::Error>> {
        let _prompt = Prompt::begin();
        let frame = self.session.frames.begin()?;
        statistics.display(self.last_frame, frame.instant, frame.period);
        // What is painted now is handed over with the next frame.
        let moment = frame.instant + frame.period;
        self.moment = Some(moment);
        self.take_asked(app, moment)?;
        let Tick { repaint, panel, finished, .. } = app.tick(moment).map_err(Stop::App)?;
        self.repaint |= repaint;
        if panel {
            self.panel.tell();
        }
        if finished {
            self.leave()?;
        }
        let passed = self.follow_head(&frame)?;
        self.tell_room(app.eye().map_or(WIDE, |eye| eye.aspect), &frame)?;
        self.use_hands(app, &frame, passed)?;
        self.mind_refresh_rate(app)?;
        // What is drawn now is shown with the next picture.
        let eyes = if frame.visible { self.session.eyes(frame.next())? } else { None };
        if let (true, Some(eye)) = (frame.visible, app.eye()) {
            self.mind_size(eye, eyes.as_ref(), frame.instant)?;
            if let Some(screen) = self.coming.as_mut().or(self.screen.as_mut()) {
                let handed_over = screen.hand_over()?;
                if handed_over && let Some(painted) = self.painted.take() {
                    statistics.film(&painted, frame.instant, frame.period);
                    app.shown(frame.instant, 0);
                }
                if self.repaint && screen.is_free()? {
                    screen.draw(|recorder, canvases| match canvases {
                        [left, right] => app.paint_eyes(recorder, [left, right]).map_err(Stop::App),
                        _ => Ok(()),
                    })?;
                    self.repaint = false;
                    self.painted = app.painted().filter(|painted| self.last_id.replace(painted.id) != Some(painted.id));
                }
                if handed_over && let Some(coming) = self.coming.take() {
                    self.screen = Some(coming);
                }
            }
        }
        self.dark = app.is_idle();
        let place = self.placed(app.eye().map_or(WIDE, |eye| eye.aspect));
        self.furnish(&frame, eyes.as_ref(), place.as_ref())?;
        self.show(&frame, place.as_ref())?;
        Ok(())
    }

    /// Lets the hands, and the panel through them, do what they want.
    fn use_hands<A: EyesApp>(&mut self, app: &mut A, frame: &DisplayFrame, passed: Duration) -> Result<(), XrError> {
        let Some(origin) = self.origin else { return Ok(()) };
        let now = self.now();
        let hands = self.hands.read(&self.session, frame.time)?;
        let screen = self.placed(app.eye().map_or(WIDE, |eye| eye.aspect));
        let panel = self.panel.placed(&origin, &self.settings);
        let around = Around {
            screen: screen.as_ref(),
            panel: panel.as_ref().map(|placed| (placed, PanelQuad::points())),
            origin: &origin,
            settings: &self.settings,
            position: app.position(now),
            passed,
        };
        let wishes = self.gestures.follow(&hands, &around);
        self.rays = wishes.rays;
        for (index, _) in wishes.ticks.into_iter().enumerate().filter(|(_, tick)| *tick) {
            self.hands.tick(&self.session, index);
        }
        self.origin = wishes.origin.or(self.origin);
        let screen = wishes.screen.map(Action::Screen);
        for action in wishes.actions.into_iter().chain(screen) {
            self.act(app, action, now)?;
        }
        let doing = Doing { pointer: wishes.pointer, scrubbing: wishes.scrubbing, settings: self.settings, now };
        for action in self.panel.tend(app, &self.session, doing)? {
            self.act(app, action, now)?;
        }
        Ok(())
    }

    /// Does what others than the viewer want.
    fn take_asked<A: EyesApp>(&mut self, app: &mut A, now: Instant) -> Result<(), XrError> {
        let asked = app.asked(now);
        self.repaint |= asked.repaint;
        asked.actions.into_iter().try_for_each(|action| self.act(app, action, now))
    }

    /// Does what the viewer wants, whatever it was said with.
    fn act<A: EyesApp>(&mut self, app: &mut A, action: Action, now: Instant) -> Result<(), XrError> {
        match action {
            Action::Quit => self.leave()?,
            Action::Recentre => self.origin = None,
            Action::Screen(settings) => {
                let lying = self.settings.lying;
                self.settings = settings.checked();
                self.tell_viewing(app, now);
                if self.settings.lying != lying {
                    self.origin = None;
                }
            }
            // A headset has no window to fill.
            Action::FullScreen | Action::LeaveFullScreen => {}
            action => self.repaint |= app.act(action, now),
        }
        self.panel.tell();
        Ok(())
    }

    /// Draws what is around the screen, for where the eyes will be when it is shown.
    fn furnish(
        &mut self,
        frame: &DisplayFrame,
        eyes: Option<&[Eye; 2]>,
        screen: Option<&Placed>,
    ) -> Result<(), XrError> {
        let (Some(screen), Some(origin), true) = (screen, &self.origin, frame.visible) else { return Ok(()) };
        let seen = self.settings.surroundings;
        let through = seen == screen::Surroundings::Passthrough;
        self.surroundings.mind_passthrough(self.runtime, &self.session, through)?;
        let Some(eyes) = eyes else { return Ok(()) };
        let scenery = Scenery {
            place: origin.upright(),
            screen: *screen,
            draws_screen: self.options.layer == ScreenLayer::Projection,
            // Whoever lies down looks at the ceiling, where no cinema has its screen.
            theatre: seen == screen::Surroundings::Theatre && !self.settings.lying,
            rays: self.rays,
        };
        let films = self.screen.as_ref().and_then(|screen| match screen.canvases() {
            [left, right] if !self.dark => Some([left, right]),
            _ => None,
        });
        self.surroundings.draw(&self.session, &scenery, eyes, films)
    }

    /// Where the screen stands for a picture of `aspect`, once the headset knows where it is.
    fn placed(&self, aspect: f32) -> Option<Placed> {
        let curved = match self.options.layer {
            ScreenLayer::Auto | ScreenLayer::Cylinder => {
                self.runtime.extensions().khr_composition_layer_cylinder.is_some()
            }
            ScreenLayer::Quad => false,
            ScreenLayer::Projection => true,
        };
        Some(Placed::screen(&self.settings, aspect, self.origin.as_ref()?, curved))
    }

    /// Hands the layers over.
    fn show(&mut self, frame: &DisplayFrame, placed: Option<&Placed>) -> Result<(), XrError> {
        let views = self.surroundings.views().filter(|_| frame.visible);
        let space = &self.session.local;
        let (mut layers, blend) = self.surroundings.behind(self.settings.surroundings, views.as_ref(), space);
        if !frame.visible {
            layers.clear();
        }
        let layered = self.options.layer != ScreenLayer::Projection && frame.visible && !self.dark;
        if let (true, Some(placed), Some(screen)) = (layered, placed, &self.screen) {
            for (index, eyes) in [xr::EyeVisibility::LEFT, xr::EyeVisibility::RIGHT].into_iter().enumerate() {
                if let Some(sheet) = screen.shown(index) {
                    layers.push(surface(sheet, screen.options(), placed, space, eyes, false));
                }
            }
        }
        let panel = self.origin.as_ref().and_then(|origin| self.panel.placed(origin, &self.settings));
        layers.extend(self.panel.layer(panel.as_ref(), space).filter(|_| frame.visible));
        let bases: Vec<_> = layers.iter().map(Layer::base).collect();
        self.session.frames.end(frame, blend, &bases)
    }

    /// Brings the screen before the viewer at first, and wherever the head goes if it is to follow.
    /// Gives the time since the last frame.
    fn follow_head(&mut self, frame: &DisplayFrame) -> Result<Duration, XrError> {
        let passed = self.last_frame.map_or(Duration::ZERO, |last| frame.instant.saturating_duration_since(last));
        let seconds = passed.as_secs_f32();
        self.last_frame = Some(frame.instant);
        if self.origin.is_some() && !self.settings.follow_head {
            return Ok(passed);
        }
        let Some(head) = self.session.head(frame.time)? else { return Ok(passed) };
        let wanted = if self.settings.lying || self.settings.follow_head { head } else { head.upright() };
        self.origin = Some(match self.origin {
            Some(origin) => origin.towards(&wanted, 1.0 - (-seconds / FOLLOW).exp()),
            None => wanted,
        });
        Ok(passed)
    }

    /// Tells where the head is between the loudspeakers. Where nobody knows, it is where it was.
    fn tell_room(&self, aspect: f32, frame: &DisplayFrame) -> Result<(), XrError> {
        let (Some(room), Some(origin)) = (&self.options.room, &self.origin) else { return Ok(()) };
        if let (Some(head), Some(screen)) = (self.session.head(frame.time)?, self.placed(aspect)) {
            room.place(&speakers::around(&head, origin, &screen));
        }
        Ok(())
    }

    /// Sets the display to a rate that suits the film's.
    fn mind_refresh_rate<A: EyesApp>(&mut self, app: &A) -> Result<(), XrError> {
        let rate = app.frame_rate();
        if rate == self.rated || self.runtime.extensions().fb_display_refresh_rate.is_none() {
            return Ok(());
        }
        self.rated = rate;
        let failed = XrError::while_doing("choosing the display's refresh rate");
        let rates = self.session.handle.enumerate_display_refresh_rates().map_err(&failed)?;
        if let Some(chosen) = rate.and_then(|rate| refresh::choose(&rates, rate)) {
            let present = self.session.handle.get_display_refresh_rate().map_err(&failed)?;
            if (present - chosen).abs() > 0.1 {
                tracing::info!("display at {chosen} Hz for a film of {:.3}", rate.unwrap_or_default());
                // A runtime that would rather not is no reason to stop.
                if let Err(answer) = self.session.handle.request_display_refresh_rate(chosen) {
                    tracing::warn!("the display stays at {present} Hz: {answer}");
                }
            }
        }
        Ok(())
    }

    /// Makes the screen's pictures as large as they are seen; anew when that has changed for good.
    fn mind_size(&mut self, eye: EyePicture, eyes: Option<&[Eye; 2]>, now: Instant) -> Result<(), XrError> {
        let Some([left, _]) = eyes else { return Ok(()) };
        let across = (left.fov.angle_right.tan() - left.fov.angle_left.tan()).clamp(0.1, 20.0);
        let density = self.runtime.view_size[0] as f32 / across;
        let most = self.runtime.most.min(self.gpu.facts().max_image_side);
        let size = picture_size(eye.size, &self.settings, density, most);
        let have = self.coming.as_ref().or(self.screen.as_ref()).map(|screen| screen.options().size);
        let close = |a: u32, b: u32| (f64::from(a) / f64::from(b.max(1)) - 1.0).abs() < 0.15;
        if have.is_some_and(|have| have == size || (close(have[0], size[0]) && close(have[1], size[1]))) {
            self.changed = None;
            return Ok(());
        }
        if have.is_some() && self.changed.get_or_insert(now).checked_add(SETTLED).is_some_and(|settled| now < settled) {
            return Ok(());
        }
        self.changed = None;
        // In a projection layer it is the room's picture that the runtime gets, with the screen drawn into it.
        let for_runtime = self.options.layer != ScreenLayer::Projection;
        let options = SheetOptions { name: "screen", size, count: 2, mips: true, for_runtime };
        self.coming = Some(Sheets::new(self.gpu, &self.session, self.format, options)?);
        self.repaint = true;
        Ok(())
    }
}
