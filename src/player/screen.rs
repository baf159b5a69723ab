//! The player in a window or a headset, with the panel in front.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::commands::Shown;
use super::contract::{Error, Painter, Playlist, SceneSource};
use super::controls::Controls;
use super::signs::Signs;
use super::watch::{Watch, WatchOptions};
use super::{Counts, Idle, Player, PlayerOptions, ResumePoint};
use crate::browser::{Browser, Shelf};
use crate::gpu::{Gpu, GpuError, Image, ImageOptions, Recorder};
use crate::location::Location;
use crate::media::TrackKind;
use crate::overlay::Told;
use crate::playlist::{Change, Entry};
use crate::sink::panel::{PanelInput, PanelOutput};
use crate::sink::window::{self, WindowError, WindowOptions};
use crate::sink::xr::{self, HeadsetOptions, Statistics, XrError};
use crate::sink::{
    Action, App, Asked, Canvas, EyePicture, EyesApp, Layout, Painted, ScreenSettings, Tick, Waker, WindowState,
};
use crate::time::Time;
use crate::ui::{Panel, PanelModel, Wish, shown_time};

/// Why playing failed.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The window, or the GPU behind it.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// The headset, or the GPU behind it.
    #[error(transparent)]
    Headset(#[from] XrError),
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// A film, or the painting of its scenes.
    #[error("{0}")]
    Film(Error),
    /// What ended a film in the middle.
    #[error("{error}; the film stood at {at}, and --start {at} goes on there")]
    Interrupted {
        /// The reason.
        error: Box<Self>,
        /// Film time.
        at: Time,
    },
    /// Some of several films; each has been named when it failed.
    #[error("{failed} of {all} files could not be played")]
    Some {
        /// How many.
        failed: usize,
        /// Of how many.
        all: usize,
    },
}

impl From<Error> for PlayError {
    fn from(error: Error) -> Self {
        Self::Film(error)
    }
}

/// What has been shown, or why not: the last word on a player that is over.
pub(super) fn outcome<P: Playlist>(player: &mut Player<P>) -> Result<Counts, PlayError> {
    let all = player.list.ever();
    let mut failures = player.take_failures();
    if player.options.idle != Idle::No {
        // They have been told, and the viewer has gone on to something else.
        failures.clear();
    }
    match (all, failures.len()) {
        (_, 0) => Ok(player.counts()),
        (1, _) => Err(failures.swap_remove(0).1.into()),
        (_, failed) => Err(PlayError::Some { failed, all }),
    }
}

/// Shows the player's scenes, as `painter` paints them, in a window until the films are over or the viewer quits.
/// `start` makes both as soon as the GPU is there. To be called from the main thread, once in a process.
pub fn play<P, A, S>(
    start: S,
    player: PlayerOptions,
    watch: WatchOptions,
    control: Controls,
    window: WindowOptions,
) -> Result<Counts, PlayError>
where
    P: Playlist,
    A: Painter<<P::Source as SceneSource>::Scene>,
    S: FnMut(&Gpu) -> Result<(P, A), Error>,
{
    let mut screen = Screen::new(start, player, watch, control);
    window::run(&mut screen, window)?;
    screen.outcome
}

/// The same in a headset. Where its runtime goes away and comes back, `start` is called again, the painter keeps its settings and the film goes on
/// where it was.
pub fn play_in_headset<P, A, S>(
    start: S,
    player: PlayerOptions,
    watch: WatchOptions,
    control: Controls,
    headset: &HeadsetOptions,
    screen: &mut ScreenSettings,
) -> Result<(Counts, Statistics), PlayError>
where
    P: Playlist,
    A: Painter<<P::Source as SceneSource>::Scene>,
    S: FnMut(&Gpu) -> Result<(P, A), Error>,
{
    let mut app = Screen::new(start, player, watch, control);
    let ran = xr::run(&mut app, headset, screen);
    let statistics = ran.map_err(|error| match app.kept {
        Some((_, point)) if point.time > Time::ZERO => {
            PlayError::Interrupted { error: Box::new(error), at: point.time }
        }
        _ => error,
    })?;
    Ok((app.outcome?, statistics))
}

struct Running<P: Playlist, A> {
    player: Player<P>,
    painter: A,
    watch: Watch,
    panel: Panel,
    signs: Signs,
    /// What is told over the picture.
    told: Option<Told>,
    /// What there is to choose among, once that was asked for.
    browser: Option<Browser>,
    /// When the picture changes by itself.
    repaint: Option<Instant>,
    /// There is no picture.
    is_dark: bool,
    /// What is seen then: new images are black.
    nothing: Option<Arc<Image>>,
    gpu: Gpu,
    /// The sink can begin no picture now.
    busy: bool,
    /// The moment that the player was last brought up to.
    now: Instant,
}

impl<P: Playlist, A> Running<P, A> {
    fn shown(&mut self, window: WindowState) -> Shown<'_, P, A> {
        let Self { player, painter, panel, told, .. } = self;
        Shown { player, painter, panel: Some(panel), told, window }
    }

    /// Where nothing plays all is black.
    fn paint_nothing(&mut self, recorder: &mut Recorder<'_>, canvas: &Canvas) -> Result<(), PlayError> {
        let size = canvas.image.size();
        let black = match self.nothing.take() {
            Some(black) if black.size() == size => black,
            _ => Image::new(&self.gpu, "nothing", ImageOptions { size, format: canvas.image.format(), mips: 1 })?,
        };
        recorder.copy_image(&black, &canvas.image)?;
        self.nothing = Some(black);
        Ok(())
    }
}

/// Does what the viewer wants of the browser.
fn choose<P: Playlist>(player: &mut Player<P>, browser: &Browser, wish: Wish, now: Instant) {
    let change = match wish {
        Wish::Begin if browser.look(now).version > 0 => return,
        Wish::Begin => return browser.go(browser.beginning(), now),
        Wish::Go(place) => return browser.go(place, now),
        Wish::See(items) => return browser.want(items),
        Wish::Play(location) => Change::play(vec![Entry::new(location)]),
        Wish::Append(location) => {
            let entry = Entry::new(location);
            player.tell(format!("Added: {}", entry.name()), None, now);
            Change::append(vec![entry])
        }
    };
    // There is room for it wherever it plays.
    let _ = player.change(change, now);
}

struct Screen<P: Playlist, A, S> {
    start: S,
    options: PlayerOptions,
    /// While nothing runs.
    watch: Option<Watch>,
    control: Controls,
    window: WindowState,
    running: Option<Running<P, A>>,
    /// What is kept while there is no GPU.
    kept: Option<(A, ResumePoint)>,
    outcome: Result<Counts, PlayError>,
}

impl<P: Playlist, A, S> Screen<P, A, S> {
    fn new(start: S, options: PlayerOptions, watch: WatchOptions, control: Controls) -> Self {
        Self {
            start,
            options,
            watch: Some(Watch::new(watch)),
            control,
            window: WindowState::default(),
            running: None,
            kept: None,
            outcome: Ok(Counts::default()),
        }
    }
}

impl<P, A, S> App for Screen<P, A, S>
where
    P: Playlist,
    A: Painter<<P::Source as SceneSource>::Scene>,
    S: FnMut(&Gpu) -> Result<(P, A), Error>,
{
    type Error = PlayError;

    fn start(&mut self, gpu: &Gpu) -> Result<(), PlayError> {
        let (playlist, mut painter) = (self.start)(gpu)?;
        let mut player = Player::new(playlist, self.options.clone());
        if let Some((kept, point)) = self.kept.take() {
            painter = kept;
            painter.attach(gpu);
            player.resume(point, Instant::now());
        }
        let watch = self.watch.take().unwrap_or_else(|| Watch::new(WatchOptions::default()));
        let now = Instant::now();
        if player.tells() {
            painter.set_message(None);
        }
        let (panel, signs, told) = (Panel::new(), Signs::default(), None);
        self.running = Some(Running {
            player,
            painter,
            watch,
            panel,
            signs,
            told,
            browser: None,
            repaint: None,
            is_dark: false,
            nothing: None,
            gpu: gpu.clone(),
            busy: false,
            now,
        });
        Ok(())
    }

    fn size(&self) -> Option<[u32; 2]> {
        let Running { player, painter, .. } = self.running.as_ref()?;
        player.size().map(|size| painter.output_size(size))
    }

    fn set_busy(&mut self, busy: bool) {
        if let Some(running) = &mut self.running {
            running.busy = busy;
        }
    }

    fn tick(&mut self, now: Instant) -> Result<Tick, PlayError> {
        let Some(running) = &mut self.running else { return Ok(Tick { finished: true, ..Tick::default() }) };
        running.now = now;
        running.player.set_busy(running.busy, now);
        let mut tick = running.player.tick(now);
        let wishes = running.watch.tick(&mut running.player, &mut running.painter, now);
        tick.repaint |= wishes.repaint;
        tick.finished |= wishes.finished;
        tick.repaint |= running.shown(self.window).mind(now);
        let is_dark = running.player.shown().is_none();
        tick.repaint |= std::mem::replace(&mut running.is_dark, is_dark) != is_dark;
        tick.panel = running.signs.look(&running.player, now);
        if running.repaint.is_some_and(|at| at <= now) {
            running.repaint = None;
            tick.repaint = true;
        }
        let remembered = self.control.memory.tick(&mut running.shown(self.window), now);
        tick.repaint |= remembered.repaint;
        let told = self.control.remote.as_ref().and_then(|remote| remote.wake(running.player.is_running()));
        tick.wake = [tick.wake, running.repaint, told, remembered.wake].into_iter().flatten().min();
        Ok(tick)
    }

    fn paint(&mut self, recorder: &mut Recorder<'_>, canvas: &Canvas) -> Result<(), PlayError> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let Some(shown) = running.player.shown() else { return running.paint_nothing(recorder, canvas) };
        running.nothing = None;
        running.painter.paint(recorder, &shown.data, canvas)?;
        running.watch.painted(&running.player, &running.painter, Instant::now());
        running.repaint = running.painter.repaint_after().map(|after| Instant::now() + after);
        Ok(())
    }

    fn shown(&mut self, at: Instant, before: usize) {
        if let Some(running) = &mut self.running {
            running.watch.shown(at, before);
        }
    }

    fn took(&mut self, painting: Duration) {
        if let Some(running) = &mut self.running {
            running.watch.took(painting);
        }
    }

    fn act(&mut self, action: Action, now: Instant) -> bool {
        let window = self.window;
        self.running.as_mut().is_some_and(|running| running.shown(window).act(action, false, now))
    }

    fn set_window(&mut self, window: WindowState) {
        self.window = window;
    }

    fn key(&mut self, name: &str, repeated: bool, now: Instant) -> Asked {
        let mut asked = Asked::default();
        let Some(running) = &mut self.running else { return asked };
        if running.panel.key(name) {
            return asked;
        }
        for command in self.control.keyboard.press(name, repeated) {
            if let Err(error) = running.shown(self.window).command(&command, false, &mut asked, now) {
                tracing::debug!("the key {name}: {error}");
            }
        }
        asked
    }

    fn dropped(&mut self, files: Vec<PathBuf>, append: bool, now: Instant) {
        let Some(running) = &mut self.running else { return };
        let entries = files.into_iter().map(|file| Entry::new(Location::File(file))).collect();
        let change = if append { Change::append(entries) } else { Change::play(entries) };
        // There is room for them wherever it plays.
        let _ = running.player.change(change, now);
    }

    fn set_waker(&mut self, waker: Waker) {
        if let Some(remote) = &mut self.control.remote {
            remote.set_waker(waker);
        }
    }

    fn asked(&mut self, now: Instant) -> Asked {
        let mut asked = Asked::default();
        let Controls { remote, keyboard, .. } = &mut self.control;
        if let (Some(running), Some(remote)) = (&mut self.running, remote) {
            running.shown(self.window).serve(remote, keyboard, &mut asked, now);
        }
        asked
    }

    fn layout(&self) -> Layout {
        let depth = self.running.as_ref().and_then(|running| running.painter.depth());
        depth.map_or(Layout::Left, |depth| depth.layout)
    }

    fn panel(&mut self, input: PanelInput, now: Instant) -> PanelOutput {
        let Some(Running { player, painter, watch, panel, signs, browser, .. }) = &mut self.running else {
            return PanelOutput::default();
        };
        panel.set_waiting(signs.waiting);
        panel.set_empty(signs.idle);
        let wanted = panel.wanted_preview();
        let told = panel.shows_statistics(now);
        let shelf = browser.as_ref().filter(|_| panel.is_browsing()).map(|browser| browser.look(now));
        let shelf = shelf.or_else(|| panel.is_browsing().then(Shelf::default));
        let model = || {
            let [has_previous, has_next] = player.neighbours();
            PanelModel {
                name: player.name(),
                position: player.position(now),
                duration: player.duration(),
                live_delay: player.live_delay(),
                chapters: player.chapters(),
                ab_loop: player.ab_loop(),
                cached: player.cached().map(|cached| cached.ranges).unwrap_or_default(),
                buffering: player.buffering(),
                seeking: player.is_seeking(),
                volume: player.volume(),
                tracks: player.tracks(),
                playing: [TrackKind::Video, TrackKind::Audio, TrackKind::Subtitle].map(|kind| player.playing(kind)),
                sub_delay: painter.subtitles().map(|settings| settings.delay),
                paused: player.is_paused(),
                has_previous,
                has_next,
                depth: painter.depth(),
                meter: painter.meter(),
                statistics: told.then(|| watch.summary(now).lines()),
                browser: shelf,
                preview: player.preview(wanted),
            }
        };
        let output = panel.run(input, model, now);
        for wish in panel.take_wishes() {
            let browser = browser.get_or_insert_with(|| Browser::new(self.control.memory.shelves()));
            choose(player, browser, wish, now);
        }
        output
    }

    fn title(&self) -> String {
        let Some(Running { player, painter, .. }) = &self.running else { return String::new() };
        if player.is_idle() {
            return "deep3d".to_owned();
        }
        let position = player.position(Instant::now());
        let mut title = format!("{} – {}", player.name(), shown_time(position, player.is_paused()));
        if let Some(duration) = player.duration() {
            title += &format!(" / {}", shown_time(duration, false));
        }
        if let Some(delay) = player.live_delay() {
            title += &format!(" – live, {:.0} s behind", delay.seconds());
        }
        title += &format!(" – {}", painter.describe());
        if player.is_paused() {
            title += " – paused";
        }
        if player.buffering().is_some() {
            title += " – buffering";
        }
        if let Some(sound) = player.describe_sound() {
            title += &format!(" – {sound}");
        }
        title
    }

    fn end(&mut self) {
        if let Some(running) = &mut self.running {
            let now = running.now;
            self.control.memory.end(&mut running.shown(self.window), now);
        }
        if let Some(Running { mut player, mut painter, watch, now, .. }) = self.running.take() {
            self.watch = Some(watch);
            self.outcome = outcome(&mut player);
            painter.release();
            self.kept = Some((painter, player.resume_point(now)));
        }
    }
}

impl<P, A, S> EyesApp for Screen<P, A, S>
where
    P: Playlist,
    A: Painter<<P::Source as SceneSource>::Scene>,
    S: FnMut(&Gpu) -> Result<(P, A), Error>,
{
    fn eye(&self) -> Option<EyePicture> {
        let size = self.running.as_ref()?.player.size()?;
        Some(EyePicture { size, aspect: size[0].max(1) as f32 / size[1].max(1) as f32 })
    }

    fn is_idle(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.player.is_idle())
    }

    fn position(&self, now: Instant) -> Time {
        self.running.as_ref().map_or(Time::ZERO, |running| running.player.position(now))
    }

    fn frame_rate(&self) -> Option<f64> {
        self.running.as_ref()?.player.frame_rate()
    }

    fn paint_eyes(&mut self, recorder: &mut Recorder<'_>, eyes: [&Arc<Image>; 2]) -> Result<(), PlayError> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let Some(shown) = running.player.shown() else { return Ok(()) };
        running.painter.paint_eyes(recorder, &shown.data, eyes)?;
        running.watch.painted(&running.player, &running.painter, Instant::now());
        Ok(())
    }

    fn painted(&self) -> Option<Painted> {
        let player = &self.running.as_ref()?.player;
        let shown = player.shown()?;
        Some(Painted { id: shown.id, born: shown.trace.born, due: player.due() })
    }
}
