//! The player's side of the sound: what is to be heard, what is heard now, and how loud.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ringbuf::traits::{Consumer, Producer};

use super::keeper::Sound;
use super::message::{Command, StreamId};
use super::ring::Steering;
use super::timeline::Timeline;
use crate::clock::Clock;
use crate::time::Time;

/// How long film time waits for a device that is being opened, and for its first word.
const OPENING: Duration = Duration::from_secs(2);
/// How long a film is waited for that is to follow another without a break.
const FOLLOWING: Duration = Duration::from_millis(700);
/// Film time that is farther off than this jumps to where it belongs.
const JUMP: Time = Time::from_nanoseconds(80_000_000);
/// Film time that is not is led there, so many seconds a second: a millisecond a frame.
const SLEW: f64 = 0.025;

/// What is known of what is heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hearing {
    /// No device tells: film time goes by the system's clock.
    Nothing,
    /// What is wanted is about to be heard.
    Soon,
    /// This.
    Film {
        /// Film time.
        time: Time,
        /// Seconds of film in a second: 0 where film time stands.
        speed: f64,
    },
}

/// Hears, and says what is to be heard. Never waits.
pub struct Listener {
    sound: Sound,
    /// Which device this is about.
    generation: u32,
    device: Option<(Steering, Timeline)>,
    stream: StreamId,
    /// What is heard next without a break.
    following: Option<StreamId>,
    /// The device is to have gone over to what is wanted by itself; since when that is waited for.
    gone_over: Option<Option<Instant>>,
    running: bool,
    /// What is heard counts after so many commands.
    awaited: u64,
    /// Since when there has been nothing to go by, although something was wanted.
    since: Option<Instant>,
    /// Film time has gone by the system's clock.
    alone: bool,
    followed: Option<Instant>,
}

impl Listener {
    /// Of `sound`, of which there is one.
    pub fn new(sound: Sound) -> Self {
        Self {
            sound,
            generation: 0,
            device: None,
            stream: StreamId::default(),
            following: None,
            gone_over: None,
            running: false,
            awaited: 0,
            since: None,
            alone: false,
            followed: None,
        }
    }

    /// The handle that films and settings take.
    pub fn sound(&self) -> &Sound {
        &self.sound
    }

    /// From now on this is to be heard, once film time runs ([`Listener::go`]). What was heard before breaks off, unless it is the same.
    pub fn select(&mut self, stream: StreamId) {
        if stream == self.stream {
            return;
        }
        if self.following.take() == Some(stream) {
            // The device has gone over to it by itself, or does so now.
            (self.stream, self.since, self.gone_over) = (stream, None, Some(None));
            self.sound.shared().current.store(stream.number(), Ordering::Release);
            self.sound.shared().following.store(0, Ordering::Release);
            return;
        }
        self.sound.shared().following.store(0, Ordering::Release);
        (self.stream, self.running, self.alone, self.since, self.gone_over) = (stream, false, false, None, None);
        self.sound.shared().current.store(stream.number(), Ordering::Release);
        self.send_and_await(Command::Select(stream));
    }

    /// When all that is wanted now has been heard, `stream` is to be heard from its beginning on without a break.
    pub fn follow_with(&mut self, stream: StreamId) {
        if self.following != Some(stream) {
            self.following = Some(stream);
            self.send(Command::Follow(stream));
            self.sound.shared().following.store(stream.number(), Ordering::Release);
        }
    }

    /// What is to be heard next without a break.
    pub fn following(&self) -> Option<StreamId> {
        self.following
    }

    /// The same for a film that runs: it goes on, and this is heard as soon as there is sound of where it is then.
    pub fn join(&mut self, stream: StreamId) {
        if stream != self.stream {
            self.select(stream);
            (self.running, self.alone) = (true, true);
        }
    }

    /// Film time runs: from `film` on, or from where it was held.
    pub fn go(&mut self, film: Option<Time>) {
        self.running = true;
        self.send_and_await(Command::Go { film: film.map(Time::seconds), since: None });
    }

    /// Film time stands.
    pub fn hold(&mut self) {
        if std::mem::take(&mut self.running) {
            self.send(Command::Hold);
        }
    }

    /// Whether film time is to run.
    pub fn is_running(&self) -> bool {
        self.running
    }

    fn send(&mut self, command: Command) {
        let Some((steering, _)) = &mut self.device else { return };
        if steering.commands.try_push(command).is_ok() {
            steering.sent += 1;
        }
    }

    /// What was given to the device before does not count any more.
    fn send_and_await(&mut self, command: Command) {
        self.send(command);
        self.awaited = self.device.as_ref().map_or(0, |(steering, _)| steering.sent);
    }

    /// What is heard at the moment `now`, when film time is `film` if it runs.
    pub fn hear(&mut self, now: Instant, film: Option<Time>) -> Hearing {
        self.attend(now);
        let opening = self.sound.is_opening();
        let Some((steering, timeline)) = &mut self.device else {
            return if opening { self.nothing(now) } else { self.by_the_system() };
        };
        while let Some(report) = steering.reports.try_pop() {
            timeline.note(report);
        }
        if !timeline.is_clock(now) {
            return self.nothing(now);
        }
        let place = timeline.heard(now);
        if std::mem::take(&mut self.alone)
            && let Some(film) = film.filter(|_| self.running)
        {
            self.send_and_await(Command::Go { film: Some(film.seconds()), since: Some(now) });
            return Hearing::Soon;
        }
        match place.filter(|place| place.obeyed >= self.awaited && place.stream == self.stream) {
            Some(place) => {
                (self.since, self.gone_over) = (None, None);
                Hearing::Film { time: Time::from_seconds(place.film), speed: place.speed }
            }
            None => {
                if let Some(since) = &mut self.gone_over
                    && now.saturating_duration_since(*since.get_or_insert(now)) > FOLLOWING
                {
                    // It gives no sound.
                    self.gone_over = None;
                    self.send(Command::Select(self.stream));
                    self.send_and_await(Command::Go { film: None, since: None });
                }
                Hearing::Soon
            }
        }
    }

    /// There may be something soon; not for ever.
    fn nothing(&mut self, now: Instant) -> Hearing {
        let since = *self.since.get_or_insert(now);
        if self.alone || now.saturating_duration_since(since) > OPENING { self.by_the_system() } else { Hearing::Soon }
    }

    fn by_the_system(&mut self) -> Hearing {
        self.alone |= self.running;
        Hearing::Nothing
    }

    /// Turns to the device that is open now, if that is another one.
    fn attend(&mut self, now: Instant) {
        let generation = self.sound.shared().generation.load(Ordering::Acquire);
        if generation == self.generation {
            return;
        }
        self.generation = generation;
        // What was to follow is in the ring of the device before.
        (self.following, self.gone_over) = (None, None);
        self.sound.shared().following.store(0, Ordering::Release);
        self.device = self.sound.shared().take_steering().map(|steering| {
            let timeline = Timeline::new(steering.format.rate, now);
            (steering, timeline)
        });
        // Film time has gone on, or stands where no device has been heard yet.
        self.send_and_await(Command::Select(self.stream));
        self.alone |= self.running;
    }

    /// Whether a device tells what is heard.
    pub fn is_heard(&self) -> bool {
        self.device.is_some() && !self.alone
    }

    /// The end of the sound that is wanted, in film time, once all of it has been made.
    pub fn end(&self) -> Option<Time> {
        self.sound.shared().end_of(self.stream)
    }

    /// Brings `clock`, which runs, to the film time heard: slowly, or at once where it is far off.
    pub fn follow(&mut self, clock: &mut Clock, film: Time, speed: f64, now: Instant) {
        if (clock.rate() - speed).abs() > 1e-9 {
            // What has passed at this speed already is known only now.
            clock.set_rate(speed, now);
            clock.set(film, now);
        }
        let off = film - clock.time(now);
        let since =
            self.followed.replace(now).map_or(0.0, |before| now.saturating_duration_since(before).as_secs_f64());
        if off > JUMP || off < Time::ZERO - JUMP {
            clock.set(film, now);
            return;
        }
        let most = Time::from_seconds(since.min(0.1) * SLEW);
        clock.set(clock.time(now) + off.clamp(Time::ZERO - most, most), now);
    }
}

impl Drop for Listener {
    /// Another one may listen on.
    fn drop(&mut self) {
        if let Some((mut steering, _)) = self.device.take() {
            if steering.commands.try_push(Command::Hold).is_ok() {
                steering.sent += 1;
            }
            self.sound.shared().return_steering(steering, self.generation);
        }
    }
}
