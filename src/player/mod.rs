//! The player: which scene is to be seen now, what the viewer's keys do to film time, and which file comes next.
//!
//! ```text
//! Playlist ─ open ─► SceneSource ─ scenes ─► Player (Clock) ─ the newest scene that is due and ready ─► Painter ─► window
//! ```
//!
//! [`Player`] is a state machine without threads or waiting: whoever shows the film calls [`Player::tick`] with the time, on one thread,
//! and gets to know whether there is something new and when to call again. The film's own threads work behind [`SceneSource`].
//!
//! Film time begins with the first scene after opening or seeking, and then runs with what is heard, or without sound with the wall clock: a scene that
//! comes late is shown if nothing newer is due, and dropped otherwise.

mod asked;
mod buffering;
mod change;
mod coming;
mod commands;
mod contract;
mod controls;
mod cues;
mod endings;
mod gapless;
mod keep_open;
mod list;
mod live;
mod memory;
mod message;
pub mod null;
mod opening;
mod options;
mod order;
mod painting;
mod phase;
pub mod quality;
mod repeat;
mod resume;
mod screen;
pub mod script;
mod seeking;
mod shots;
mod signs;
mod sound;
pub mod statistics;
mod status;
mod times;
mod tracks;
mod turning;
mod watch;
mod words;

use std::time::{Duration, Instant};

pub use buffering::CachePause;
pub use contract::{Error, Maker, Next, Painter, Playlist, SceneFacts, SceneSource, Taken};
pub use controls::Controls;
pub use endings::Endings;
pub use keep_open::KeepOpen;
pub use list::Films;
pub use live::LiveDelay;
pub use memory::{MemoryOptions, Remembering};
pub use message::{OnSeek, OsdOptions};
pub use opening::Opening;
pub use options::{Idle, PlayerOptions};
pub use resume::ResumePoint;
pub use screen::{PlayError, play, play_in_headset};
pub use seeking::HrSeek;
pub use shots::{NameError, ShotFormat, ShotOptions};
pub use sound::{SPEEDS, SoundLevels};
pub use watch::WatchOptions;

use crate::clock::Clock;
use crate::frame::Frame;
use crate::playlist::List;
pub use crate::playlist::{Loop, Part};
use crate::sink::{Action, Tick};
use crate::time::Time;
use live::Live;
use memory::MemoryWish;
use message::Message;
use painting::Painting;
use phase::{Pause, Phase};
use repeat::Repeat;
use seeking::Seeking;
use shots::Shots;
use sound::{Heard, SoundEnd};
use times::Times;
use turning::Turning;

/// How soon to look again for a scene that is being made.
const POLL: Duration = Duration::from_millis(3);
/// How soon to look again whether a picture that stands has got its depth.
const RENEWAL: Duration = Duration::from_millis(20);
/// How long the last picture is seen where the film does not say.
const LAST: Time = Time::from_nanoseconds(40_000_000);

/// What has been shown so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Scenes that were due in time.
    pub shown: u64,
    /// Frames left out for being late, here or before the network.
    pub dropped: u64,
}

/// What a film has given after the scene that is shown.
enum Coming<S> {
    /// Nothing yet.
    Unknown,
    /// The next scene, taken out of the ring.
    Scene(Frame<S>),
    /// There is none: this epoch is over.
    End,
}

/// How a film stands that gives no further scene just now.
enum End {
    /// More will come.
    Open,
    /// The last picture has its time until then.
    At(Instant),
    /// There is nothing to be seen from here on.
    Passed,
    /// The last picture stays until the viewer goes on.
    Held,
}

/// The state machine.
pub struct Player<P: Playlist> {
    playlist: P,
    options: PlayerOptions,
    list: List,
    /// How often the list begins again.
    loop_playlist: Loop,
    /// `None` when everything is over.
    film: Option<P::Source>,
    epoch: u32,
    /// How many films were opened.
    opened: u64,
    /// Which of those was over last.
    over: u64,
    /// What the viewer wants of the memory.
    wish: Option<MemoryWish>,
    clock: Clock,
    heard: Heard,
    phase: Phase,
    seeking: Seeking,
    live: Live,
    repeat: Repeat,
    message: Message,
    /// A cue of the subtitles that is looked for.
    cue: Option<cues::Sought>,
    shots: Shots,
    shown: Option<Frame<<P::Source as SceneSource>::Scene>>,
    coming: Coming<<P::Source as SceneSource>::Scene>,
    times: Times,
    counts: Counts,
    painter: Painting,
    /// By the numbers of their entries.
    failures: Vec<(u64, Error)>,
    /// Whether the present round over the playlist has shown anything.
    anything: bool,
    /// The number of the film that is being got ready, as it is likely to come next.
    prepared: Option<u64>,
    /// Film time stands until more of the film has come.
    buffering: bool,
    turning: Option<Turning<P::Source>>,
    /// The film is over and stands at its last picture.
    at_end: bool,
}

impl<P: Playlist> Player<P> {
    /// Opens the first file.
    pub fn new(playlist: P, options: PlayerOptions) -> Self {
        let heard = Heard::new(options.sound.clone(), options.levels);
        let repeat = Repeat::new(options.loop_file);
        let loop_playlist = options.loop_playlist;
        let (message, shots) = (Message::new(options.osd), Shots::new(options.shots.clone()));
        let paused = options.paused.then(Pause::default);
        let mut player = Self {
            playlist,
            options,
            heard,
            list: List::default(),
            loop_playlist,
            film: None,
            epoch: 0,
            opened: 0,
            over: 0,
            wish: None,
            clock: Clock::default(),
            phase: Phase::Seeking(paused),
            seeking: Seeking::default(),
            live: Live::default(),
            repeat,
            message,
            cue: None,
            shots,
            shown: None,
            coming: Coming::Unknown,
            times: Times::default(),
            counts: Counts::default(),
            painter: Painting::default(),
            failures: Vec::new(),
            anything: false,
            prepared: None,
            buffering: false,
            turning: None,
            at_end: false,
        };
        player.begin();
        player
    }

    /// Carries out what the viewer wants; actions that are not about film time change nothing.
    pub fn act(&mut self, action: Action, now: Instant) {
        let pause = self.phase.pause();
        match action {
            Action::Pause if pause.is_some() => self.set_pause(None, now),
            Action::Pause => self.set_pause(Some(Pause::default()), now),
            Action::Away(true) if pause.is_none() => self.set_pause(Some(Pause { away: true, step: false }), now),
            Action::Away(false) if pause.is_some_and(|pause| pause.away) => self.set_pause(None, now),
            Action::Step => self.set_pause(Some(Pause { step: true, ..pause.unwrap_or_default() }), now),
            Action::StepBack => {
                self.set_pause(Some(pause.unwrap_or_default()), now);
                self.step_back();
            }
            Action::Deinterlace => self.toggle_deinterlacing(now),
            Action::Rotate(degrees) => self.rotate(degrees, now),
            Action::OsdLevel(level) => self.message.set_level(level),
            Action::SetLoopFile(times) => self.repeat.set_file(Loop::from(times)),
            Action::SetLoopPlaylist(times) => self.loop_playlist = Loop::from(times),
            Action::Shuffle(shuffled) => self.shuffle(shuffled),
            Action::OsdBar => self.message.toggle_bar(),
            Action::Remember => self.wish = Some(MemoryWish::Write),
            Action::Forget => self.wish = Some(MemoryWish::Forget),
            Action::File(direction) => {
                self.step(direction, false);
            }
            _ => {
                self.heard.act(action);
                self.choose(action, now);
                self.seek_cue(action, now);
                self.go(action, now);
            }
        }
    }

    fn set_pause(&mut self, pause: Option<Pause>, now: Instant) {
        self.phase = self.phase.with(pause);
        self.follow_phase(now);
    }

    /// Lets film time run or stand.
    fn follow_phase(&mut self, now: Instant) {
        match self.phase {
            Phase::Playing if !self.buffering => self.run_clock(now),
            _ => self.stop_clock(now),
        }
    }

    /// Pictures are seen so long after they are begun to be painted: that much before their time each is shown.
    pub fn set_lead(&mut self, lead: Duration) {
        self.painter.lead = lead;
    }

    /// Whether what paints the pictures can begin none now: the next one waits for that, and is the newest that is due then.
    pub fn set_busy(&mut self, busy: bool, now: Instant) {
        self.painter.set_busy(busy, now);
    }

    /// Brings the state up to `now`: shows what is due, and goes on to the next file where one is over.
    pub fn tick(&mut self, now: Instant) -> Tick {
        let mut repaint = false;
        let renewed = self.renew();
        let turning = self.mind_turning(now);
        let mut listening = self.listen(now);
        let wake = loop {
            self.fetch();
            let Some(film) = &mut self.film else {
                let wake = self.message_changes(now);
                return Tick { repaint: repaint || renewed, finished: !self.is_idle(), wake, ..Tick::default() };
            };
            let running = self.clock.is_running();
            let wanted = running || self.phase.wants_any();
            // What is painted now is seen then.
            let seen = now + self.painter.lead;
            film.set_now(running.then(|| self.clock.time(seen)));
            if running && self.repeats(now) {
                continue;
            }
            let Some(film) = &mut self.film else { continue };
            let Coming::Scene(coming) = &self.coming else {
                match self.end() {
                    End::Open if wanted => break Some(now + POLL),
                    End::Open => break None,
                    End::At(over) if over > now => break Some(over),
                    End::At(_) | End::Passed => {
                        if !self.keeps_open(now) {
                            self.advance();
                        }
                        continue;
                    }
                    End::Held => {
                        self.phase = self.phase.stepped();
                        break None;
                    }
                }
            };
            match film.is_ready(&coming.data) {
                Ok(true) => {}
                Ok(false) => break wanted.then(|| now + POLL),
                Err(error) => {
                    self.fail(error);
                    continue;
                }
            }
            if !(self.phase.wants_any() || (running && coming.pts <= self.clock.time(seen))) {
                break self.clock.when(coming.pts).map(|when| when.checked_sub(self.painter.lead).unwrap_or(when));
            }
            // The newest that is due when it is free is taken then, and until then nothing newer has to be made.
            if running && self.painter.busy && self.clock.time(seen) < coming.pts + painting::HOLD {
                break Some(now + POLL);
            }
            if repaint {
                // The one before was never seen.
                self.counts.shown -= 1;
                self.counts.dropped += 1;
            }
            self.show(now);
            listening |= self.listen(now);
            repaint = true;
            if self.phase.wants_any() {
                break Some(now + POLL);
            }
        };
        self.prepare(now);
        self.mind_next();
        self.drag_on(now);
        self.mind_cache(now);
        // A picture that stands may get its depth yet.
        let unfinished = !self.clock.is_running() && self.is_unfinished();
        let again = unfinished.then(|| now + RENEWAL);
        let listening = (listening || turning || self.cue.is_some() || self.shots.is_busy()).then(|| now + POLL);
        let buffering = self.buffering.then(|| now + buffering::LOOK);
        let others = [self.mind_live(now), self.repeats_at(), self.message_changes(now), self.mind_drag(now)];
        let wake = [wake, again, listening, buffering].into_iter().chain(others).flatten().min();
        Tick { repaint: repaint || renewed, wake, ..Tick::default() }
    }

    fn is_unfinished(&self) -> bool {
        self.film.as_ref().zip(self.shown.as_ref()).is_some_and(|(film, shown)| film.is_unfinished(&shown.data))
    }

    /// Takes the scene shown once more, where the film has it with more depth now.
    fn renew(&mut self) -> bool {
        let (Some(film), Some(shown)) = (&mut self.film, &mut self.shown) else { return false };
        let newer = film.once_more().filter(|newer| (newer.epoch, newer.id) == (shown.epoch, shown.id));
        newer.map(|newer| *shown = newer).is_some()
    }

    /// Takes the next scene of this epoch out of the ring, where there is one.
    fn fetch(&mut self) {
        while let Coming::Unknown = self.coming {
            let Some(film) = &mut self.film else { return };
            if let Some((inside, first)) = film.take_list() {
                self.unfold(inside, first);
                continue;
            }
            match film.next() {
                Next::Scene(frame) if frame.epoch == self.epoch => {
                    let beyond = self.last().is_some_and(|end| frame.pts >= end);
                    self.coming = if beyond { Coming::End } else { Coming::Scene(frame) };
                }
                Next::Scene(_) => {}
                Next::Yet => return,
                Next::End(epoch) if epoch == self.epoch => self.coming = Coming::End,
                Next::End(_) => {}
                Next::Failed(epoch, error) if epoch == self.epoch => self.fail(error),
                Next::Failed(..) => {}
            }
        }
    }

    /// Whether the film is over, when no further scene of it is there.
    fn end(&self) -> End {
        if !matches!(self.coming, Coming::End) {
            return End::Open;
        }
        let Some(shown) = self.shown.as_ref().filter(|_| !self.phase.is_seeking()) else {
            // Sought beyond the last picture.
            return End::Passed;
        };
        let still = shown.id == 0 && shown.duration <= Time::ZERO;
        if self.is_paused() || (still && self.options.hold_stills) {
            return End::Held;
        }
        let length = match shown.duration > Time::ZERO {
            true => shown.duration,
            false if still => Time::ZERO,
            false => LAST,
        };
        let end = shown.pts + length;
        let end = match (self.last(), self.sound_end()) {
            (None, SoundEnd::Open) => return End::Open,
            (None, SoundEnd::None) => end,
            (None, SoundEnd::At(sound)) => end.max(sound),
            (Some(last), SoundEnd::Open) => last,
            (Some(last), SoundEnd::None) => end.min(last),
            (Some(last), SoundEnd::At(sound)) => end.max(sound).min(last),
        };
        self.clock.when(end).map_or(End::Open, End::At)
    }

    /// Makes the coming scene the one shown.
    fn show(&mut self, now: Instant) {
        let Coming::Scene(frame) = std::mem::replace(&mut self.coming, Coming::Unknown) else { return };
        let idle = self.painter.give(now);
        if let Some(film) = &mut self.film {
            film.set_idle(idle);
        }
        let before = self.shown.as_ref().filter(|shown| shown.epoch == frame.epoch && !self.phase.is_seeking());
        let left_out = before.map_or(0, |shown| frame.id.saturating_sub(shown.id + 1));
        self.counts.shown += 1;
        self.counts.dropped += left_out;
        self.anything = true;
        if self.phase.wants_any() {
            let first = self.first_time(frame.pts, now);
            self.clock.set(first, now);
        }
        self.phase = self.phase.shown();
        self.follow_phase(now + self.painter.lead);
        self.times.note(frame.pts);
        self.shown = Some(frame);
    }
}
