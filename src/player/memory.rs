//! What is remembered of each film while it plays, and how it is begun the next time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Player;
use super::commands::Shown;
use super::contract::{Painter, Playlist, SceneSource};
use crate::browser::{self, Nothing, Recent};
use crate::control::{Command, Status, find};
use crate::film::FilmOptions;
use crate::location::Location;
use crate::media::{TrackChoice, TrackKind};
use crate::memory::{Memory, Recalled, Record, Seen};
use crate::position::Position;
use crate::sink::Asked;
use crate::time::Time;
use crate::ui::shown_time;

/// How soon what has changed is noted: who kills the program loses no more.
const SOON: Duration = Duration::from_secs(1);
/// For so long the end of the program waits for a disk.
const PATIENCE: Duration = Duration::from_secs(1);
/// For so long after a film was opened it is looked how things are: not all is known at once.
const LEARNING: Duration = Duration::from_secs(2);
/// How soon it is tried again to set what could not be set.
const AGAIN: Duration = Duration::from_millis(20);
/// How long the viewer is told that the film goes on where it stood.
const TOLD: Duration = Duration::from_secs(3);

/// Where the film stands, by mpv's name for where it begins.
const START: &str = "start";
/// What is chosen when a film is opened.
const TRACKS: [(&str, TrackKind); 3] =
    [("vid", TrackKind::Video), ("aid", TrackKind::Audio), ("sid", TrackKind::Subtitle)];
/// What is nobody's choice while each shot has its own.
const AUTOMATIC: [&str; 2] = ["strength", "convergence"];

/// How films are remembered.
#[derive(Debug, Clone)]
pub struct MemoryOptions {
    /// Where.
    pub memory: Memory,
    /// Films begin as they are remembered.
    pub resume: bool,
    /// What the viewer does is noted, and not only where they ask for that.
    pub save: bool,
    /// What is remembered, by mpv's names and ours.
    pub names: Arc<[String]>,
    /// What of it the command line says, which goes before what is remembered.
    pub given: Arc<[String]>,
}

impl MemoryOptions {
    /// What is remembered, unless told otherwise: what belongs to a film, and not to the room that it is watched in.
    pub const NAMES: &'static [&'static str] = &[
        START,
        "vid",
        "aid",
        "sid",
        "strength",
        "convergence",
        "layout",
        "swap-eyes",
        "2d",
        "speed",
        "audio-delay",
        "sub-delay",
        "sub-pos",
        "sub-scale",
        "sub-visibility",
        "secondary-sub-visibility",
        "sub-ass-override",
        "deinterlace",
    ];

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// How `location` is opened that would otherwise be opened with `options`, and what is remembered of it. Waits for the disk.
    pub(super) fn recall(&self, location: &Location, options: FilmOptions) -> (FilmOptions, Option<Arc<Recalled>>) {
        let Some(mut recalled) = self.memory.recall(location) else { return (options, None) };
        let mut options = options;
        if let Some(record) = recalled.record.as_ref().filter(|_| self.resume) {
            if let (None, Some(position), true) = (options.start, record.position(), self.has(START)) {
                options.start = Some(Position::FromStart(position));
                recalled.resumed = Some(position);
            }
            let choose = |choice: &mut TrackChoice, name: &str| {
                let kept = record.options.get(name).filter(|_| self.has(name)).and_then(|kept| kept.parse().ok());
                if let (TrackChoice::Auto, Some(kept)) = (*choice, kept) {
                    *choice = kept;
                }
            };
            choose(&mut options.wanted.video, "vid");
            choose(&mut options.wanted.audio, "aid");
            if let Some(subtitles) = &mut options.subtitles {
                choose(&mut subtitles.choice, "sid");
            }
        }
        (options, Some(Arc::new(recalled)))
    }
}

/// What the viewer wants of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemoryWish {
    /// To keep how the film stands.
    Write,
    /// To keep nothing of it.
    Forget,
}

/// The film that plays.
struct Following {
    recalled: Arc<Recalled>,
    /// Which tracks played at first: video, sound, subtitles.
    tracks: Option<[Option<u32>; 3]>,
    /// What was noted last.
    noted: Option<Record>,
    /// The viewer does not want it to be remembered.
    forgotten: bool,
}

/// Whether anything has to be painted again, and when to look again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Remembered {
    pub(super) repaint: bool,
    pub(super) wake: Option<Instant>,
}

/// What the memory has to know of the film that plays. By default nothing is remembered.
#[derive(Default)]
pub struct Remembering {
    options: Option<MemoryOptions>,
    film: Option<Following>,
    /// Which of the films that were opened that is.
    opened: u64,
    /// How everything was set before a film was remembered.
    usual: BTreeMap<String, String>,
    /// What was set for the film that plays, and what it was before.
    before: Vec<(String, String)>,
    /// What is to be set for it as soon as that can be: how subtitles are shown is known with the first picture.
    pending: Vec<(String, String)>,
    /// Until when it is looked how things usually are.
    learning: Option<Instant>,
    /// When it was looked at last, and whether it was paused, how many seeks there were.
    looked: Option<(Instant, bool, u32)>,
}

impl Remembering {
    /// As `options` says.
    pub fn new(options: Option<MemoryOptions>) -> Self {
        Self { options, ..Self::default() }
    }

    /// Begins what was opened, and notes what has changed. After the player's own tick.
    pub(super) fn tick<P, A>(&mut self, shown: &mut Shown<'_, P, A>, now: Instant) -> Remembered
    where
        P: Playlist,
        A: Painter<<P::Source as SceneSource>::Scene>,
    {
        let Some(options) = self.options.clone() else { return Remembered::default() };
        if shown.player.film.is_none() || shown.player.opened != self.opened {
            self.leave(&options, shown.player.over);
            self.opened = shown.player.opened;
        }
        let mut repaint = false;
        if self.film.is_none()
            && let Some(recalled) = shown.player.recalled()
        {
            repaint = self.begin(&options, recalled, shown, now);
        }
        if self.learning.is_some() {
            repaint |= self.learn(&options, shown, now);
        }
        let Some(film) = &mut self.film else { return Remembered::default() };
        // What cannot be set yet can be with the next picture, after which nothing else may happen.
        let soon = self.learning.filter(|_| !self.pending.is_empty()).map(|_| now + AGAIN);
        if shown.player.phase.is_seeking() {
            return Remembered { repaint, wake: soon };
        }
        let wish = shown.player.wish.take();
        match wish {
            Some(MemoryWish::Forget) => {
                options.memory.forget(film.recalled.key);
                (film.forgotten, film.noted) = (true, None);
            }
            Some(MemoryWish::Write) => film.forgotten = false,
            None => {}
        }
        let (paused, epoch) = (shown.player.is_paused(), shown.player.epoch());
        let due = self.looked.is_none_or(|(looked, was_paused, was_epoch)| {
            now.saturating_duration_since(looked) >= SOON || (paused, epoch) != (was_paused, was_epoch)
        });
        if wish == Some(MemoryWish::Write) || (due && options.save) {
            self.looked = Some((now, paused, epoch));
            self.note(&options, shown.status(now));
        }
        let look = self.looked.filter(|_| !due && options.save).map(|(looked, ..)| looked + SOON);
        Remembered { repaint, wake: [soon, look].into_iter().flatten().min() }
    }

    /// Notes how the film stands at the end of the program, and waits for the disk, but not for long.
    pub(super) fn end<P, A>(&mut self, shown: &mut Shown<'_, P, A>, now: Instant)
    where
        P: Playlist,
        A: Painter<<P::Source as SceneSource>::Scene>,
    {
        self.looked = None;
        self.tick(shown, now);
        self.film = None;
        if let Some(options) = &self.options {
            options.memory.finish(PATIENCE);
        }
    }

    /// Sets what is remembered of a film that is open now. True where there is something new to be seen.
    fn begin<P, A>(
        &mut self,
        options: &MemoryOptions,
        recalled: Arc<Recalled>,
        shown: &mut Shown<'_, P, A>,
        now: Instant,
    ) -> bool
    where
        P: Playlist,
        A: Painter<<P::Source as SceneSource>::Scene>,
    {
        let mut repaint = false;
        for (name, value) in std::mem::take(&mut self.before) {
            repaint |= set(shown, &name, &value, now);
        }
        let record = recalled.record.as_ref().filter(|_| options.resume);
        let kept = record.map(|record| &record.options).into_iter().flatten();
        let wanted = kept.filter(|(name, _)| {
            !is_track(name) && options.has(name) && !options.given.contains(name) && find(name).is_ok()
        });
        self.pending = wanted.map(|(name, value)| (name.clone(), value.clone())).collect();
        self.learning = Some(now + LEARNING);
        if let Some(time) = recalled.resumed {
            let text = format!("Resumed at {} (Home: from the beginning)", shown_time(time, false));
            shown.player.tell(text, Some(TOLD), now);
            repaint |= shown.tell(now);
        }
        self.film = Some(Following { recalled, tracks: None, noted: None, forgotten: false });
        self.looked = None;
        repaint
    }

    /// Looks how things usually are, and sets what can be set for this film. True where there is something new to be seen.
    fn learn<P, A>(&mut self, options: &MemoryOptions, shown: &mut Shown<'_, P, A>, now: Instant) -> bool
    where
        P: Playlist,
        A: Painter<<P::Source as SceneSource>::Scene>,
    {
        self.learning = self.learning.filter(|until| now < *until);
        let mut repaint = false;
        let known: BTreeMap<String, String> = values(options, &shown.status(now)).collect();
        for (name, value) in &known {
            self.usual.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let (now_possible, later): (Vec<(String, String)>, _) =
            std::mem::take(&mut self.pending).into_iter().partition(|(name, _)| known.contains_key(name));
        self.pending = later;
        for (name, value) in now_possible {
            repaint |= set(shown, &name, &value, now);
            self.before.extend(known.get(&name).map(|before| (name, before.clone())));
        }
        repaint
    }

    /// Another film's turn, or nobody's; `over` is the number of the one that came to its end.
    fn leave(&mut self, options: &MemoryOptions, over: u64) {
        if let Some(film) = self.film.take()
            && let Some(noted) = film.noted.filter(|_| over == self.opened)
        {
            options.memory.note(film.recalled.key, noted.over());
        }
    }

    /// Notes how the film stands, where that has changed.
    fn note(&mut self, options: &MemoryOptions, status: Status) {
        let Some(film) = self.film.as_mut().filter(|film| !film.forgotten) else { return };
        let place = options.has(START) && status.live_delay.is_none();
        let duration = status.duration.filter(|duration| *duration > Time::ZERO);
        let position = duration.filter(|_| place).map(|_| status.position);
        let Some(mut record) = Record::new(&film.recalled.location, position, duration, false) else { return };
        for (name, value) in values(options, &status) {
            let automatic = AUTOMATIC.contains(&name.as_str()) && status.depth.is_some_and(|depth| depth.automatic);
            let usual = self.usual.entry(name.clone()).or_insert_with(|| value.clone());
            if !automatic && *usual != value {
                record.options.insert(name, value);
            }
        }
        record.options.extend(self.pending.iter().cloned());
        let first = film.tracks.get_or_insert(status.playing);
        for ((name, kind), first) in TRACKS.into_iter().zip(*first) {
            let now = status.playing(kind);
            let was_kept = film.recalled.record.as_ref().is_some_and(|record| record.options.contains_key(name));
            // There are always pictures.
            if options.has(name) && (now != first || was_kept) && (now.is_some() || kind != TrackKind::Video) {
                let value = now.map_or_else(|| "no".to_owned(), |number| number.to_string());
                record.options.insert(name.to_owned(), value);
            }
        }
        if film.noted.as_ref().is_none_or(|noted| !noted.says_what(&record)) {
            options.memory.note(film.recalled.key, record.clone());
            film.noted = Some(record);
        }
    }
}

fn is_track(name: &str) -> bool {
    TRACKS.iter().any(|(track, _)| *track == name)
}

/// Makes a property what it was; one that cannot be that stays as it is. True where it has to be painted again.
fn set<P, A>(shown: &mut Shown<'_, P, A>, name: &str, value: &str, now: Instant) -> bool
where
    P: Playlist,
    A: Painter<<P::Source as SceneSource>::Scene>,
{
    let mut asked = Asked::default();
    let words = ["set", name, value].map(str::to_owned);
    let done = Command::parse(&words).and_then(|command| shown.command(&command, true, &mut asked, now));
    if let Err(error) = done {
        tracing::debug!("{name} is not set as it was: {error}");
    }
    asked.repaint
}

/// What is to be remembered as it is now, but for tracks and places.
fn values(options: &MemoryOptions, status: &Status) -> impl Iterator<Item = (String, String)> {
    let others = options.names.iter().filter(|name| !is_track(name));
    others.filter_map(|name| Some((name.clone(), find(name).ok()?.text(status)?)))
}

/// What the browser shows of it: read once, when that is asked for, and again where it is older than this.
const READ_AGAIN: Duration = Duration::from_secs(5);

struct Shelves {
    memory: Memory,
    seen: Mutex<Option<(Instant, Arc<Seen>)>>,
}

impl Shelves {
    fn seen(&self) -> Arc<Seen> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match &*seen {
            Some((read, seen)) if read.elapsed() < READ_AGAIN => Arc::clone(seen),
            _ => {
                let read = Arc::new(self.memory.seen());
                *seen = Some((Instant::now(), Arc::clone(&read)));
                read
            }
        }
    }
}

impl browser::Remembered for Shelves {
    fn recent(&self) -> Vec<Recent> {
        let title = |location: &Location| {
            location.file_name().map_or_else(|| location.to_string(), |name| name.to_string_lossy().into_owned())
        };
        let seen = self.seen();
        let recent =
            seen.recent().iter().map(|film| Recent { location: film.location.clone(), title: title(&film.location) });
        recent.collect()
    }

    fn watched(&self, film: &Path) -> Option<browser::Watched> {
        let seen = self.seen();
        let (position, duration) = seen.watched(film).map(|film| (film.position, film.duration))?;
        Some(browser::Watched { position, duration })
    }
}

impl Remembering {
    /// What a browser may show of it.
    pub(super) fn shelves(&self) -> Arc<dyn browser::Remembered> {
        match &self.options {
            Some(options) => Arc::new(Shelves { memory: options.memory.clone(), seen: Mutex::default() }),
            None => Arc::new(Nothing),
        }
    }
}

impl<P: Playlist> Player<P> {
    /// What is remembered of the film, once it is open.
    fn recalled(&self) -> Option<Arc<Recalled>> {
        self.film.as_ref()?.recalled()
    }
}
