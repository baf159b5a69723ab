//! Lines that tell the viewer for a while what has changed, at the picture's upper left corner: mpv's OSD.

use std::time::{Duration, Instant};

use crate::overlay::{Bar, Told};
use crate::time::Time;
use crate::ui::shown_time;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OsdOptions {
    /// 0: nothing; 1: what has changed; 2: the time as well, always; 3: the length, too.
    pub level: u8,
    /// How long a line is there.
    pub duration: Duration,
    /// A bar tells how loud it is.
    pub bar: bool,
    /// What tells where the film is after a seek.
    pub on_seek: OnSeek,
}

/// What tells where the film is after a seek, by mpv's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum OnSeek {
    /// Nothing
    No,
    /// A bar
    Bar,
    /// The time
    Msg,
    /// Both
    #[default]
    MsgBar,
}

impl Default for OsdOptions {
    /// mpv's, but for the time after a seek.
    fn default() -> Self {
        Self { level: 1, duration: Duration::from_secs(1), bar: true, on_seek: OnSeek::default() }
    }
}

/// Where the film is, as a line tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Progress {
    pub(super) position: Time,
    pub(super) duration: Option<Time>,
}

impl Progress {
    /// Position, length and how much of it that is.
    pub(super) fn line(&self) -> String {
        let position = shown_time(self.position, false);
        match self.duration.filter(|duration| *duration > Time::ZERO) {
            Some(duration) => {
                let part = 100.0 * self.position.seconds() / duration.seconds();
                format!("{position} / {} ({:.0}%)", shown_time(duration, false), part.clamp(0.0, 100.0).floor())
            }
            None => position,
        }
    }
}

/// What there is to tell.
#[derive(Debug)]
pub(super) struct Message {
    options: OsdOptions,
    /// The last line, and until when it is there.
    told: Option<(String, Instant)>,
    /// Where the film is, is told until then.
    progress: Option<Instant>,
    /// A bar is there until then.
    bar: Option<(Measure, Instant)>,
}

/// What a bar tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Place,
    Volume,
}

/// Steps of a bar that tells where the film is.
const STEPS: f64 = 500.0;

impl Message {
    pub(super) fn new(options: OsdOptions) -> Self {
        Self { options, told: None, progress: None, bar: None }
    }

    /// Something is told at all.
    pub(super) fn is_on(&self) -> bool {
        self.options.level > 0
    }

    /// A line, for that time or for as long as usual.
    pub(super) fn tell(&mut self, text: String, time: Option<Duration>, now: Instant) {
        (self.told, self.progress) = (Some((text, now + time.unwrap_or(self.options.duration))), None);
        self.bar = None;
    }

    /// Where the film is, for as long as usual.
    pub(super) fn tell_progress(&mut self, now: Instant) {
        let until = now + self.options.duration;
        (self.told, self.progress) = (None, Some(until));
        self.bar = self.options.bar.then_some((Measure::Place, until));
    }

    /// The same after a seek, as far as the viewer wants it.
    pub(super) fn tell_sought(&mut self, now: Instant) {
        self.tell_progress(now);
        if matches!(self.options.on_seek, OnSeek::No | OnSeek::Bar) {
            self.progress = None;
        }
        if matches!(self.options.on_seek, OnSeek::No | OnSeek::Msg) {
            self.bar = None;
        }
    }

    /// How loud it is, in words and by a bar.
    pub(super) fn tell_volume(&mut self, text: String, now: Instant) {
        self.tell(text, None, now);
        self.bar = self.options.bar.then_some((Measure::Volume, now + self.options.duration));
    }

    /// How much is told.
    pub(super) fn level(&self) -> u8 {
        self.options.level
    }

    /// From now on so much is told.
    pub(super) fn set_level(&mut self, level: u8) {
        self.options.level = level.min(3);
    }

    /// Bars are there.
    pub(super) fn has_bar(&self) -> bool {
        self.options.bar
    }

    /// From now on they are, or no longer.
    pub(super) fn toggle_bar(&mut self) {
        self.options.bar = !self.options.bar;
    }

    /// The last line, while it is to be seen.
    pub(super) fn line(&self, now: Instant) -> Option<&str> {
        let told = self.told.as_ref().filter(|(_, until)| self.is_on() && now < *until);
        told.map(|(text, _)| text.as_str())
    }

    /// All that is to be seen.
    pub(super) fn text(&self, progress: Progress, now: Instant) -> Option<String> {
        let sought = self.progress.is_some_and(|until| now < until);
        let status = match self.options.level {
            0 => return None,
            1 if !sought => None,
            2 if !sought => Some(shown_time(progress.position, false)),
            _ => Some(progress.line()),
        };
        match (status, self.line(now)) {
            (Some(status), Some(line)) => Some(format!("{status}\n{line}")),
            (status, line) => status.or_else(|| line.map(str::to_owned)),
        }
    }

    /// All of it; `volume` in percent, and the most that it can be.
    pub(super) fn all(&self, progress: Progress, volume: [f64; 2], now: Instant) -> Option<Told> {
        let text = self.text(progress, now).unwrap_or_default();
        let bar = self.bar.filter(|(_, until)| self.is_on() && now < *until);
        let bar = bar.and_then(|(measure, _)| match measure {
            Measure::Place => {
                let share = progress.position.seconds() / progress.duration.filter(|all| *all > Time::ZERO)?.seconds();
                // It need not be drawn anew for less than can be seen.
                Some(Bar { share: ((share * STEPS).round() / STEPS) as f32, mark: None })
            }
            Measure::Volume => {
                let [now, most] = volume.map(|volume| volume.max(1e-6));
                let mark = (most > 100.0).then(|| (100.0 / most) as f32);
                Some(Bar { share: (now / most) as f32, mark })
            }
        });
        (!text.is_empty() || bar.is_some()).then_some(Told { text, bar })
    }

    /// When it changes by itself; where film time is told, when that has a second more, at `speed` seconds in a second.
    pub(super) fn changes(&self, progress: Progress, speed: f64, now: Instant) -> Option<Instant> {
        let ends = [self.told.as_ref().map(|(_, until)| *until), self.progress, self.bar.map(|(_, until)| until)];
        let ends = ends.into_iter().flatten().filter(|until| self.is_on() && now < *until);
        let counts = self.options.level >= 2 || (self.is_on() && self.progress.is_some_and(|until| now < until));
        let rest = 1.0 - progress.position.seconds().rem_euclid(1.0);
        let next = (counts && speed > 0.0).then(|| now + Duration::from_secs_f64((rest / speed).clamp(0.005, 4.0)));
        ends.chain(next).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Progress {
        Progress { position: Time::from_seconds(seconds), duration: Some(Time::from_seconds(60.0)) }
    }

    #[test]
    fn a_line_is_there_for_a_second_and_the_last_one_counts() {
        let (mut message, now) = (Message::new(OsdOptions::default()), Instant::now());
        let after = |milliseconds| now + Duration::from_millis(milliseconds);
        assert_eq!((message.text(at(12.0), now), message.changes(at(12.0), 1.0, now)), (None, None));
        message.tell("one".to_owned(), None, now);
        message.tell("two".to_owned(), Some(Duration::from_secs(5)), after(500));
        assert_eq!(message.text(at(12.0), after(4000)).as_deref(), Some("two"));
        message.tell("three".to_owned(), None, after(4000));
        assert_eq!(message.text(at(12.0), after(4900)).as_deref(), Some("three"));
        assert_eq!(message.changes(at(12.0), 1.0, after(4900)), Some(after(5000)));
        assert_eq!(message.text(at(12.0), after(5000)), None);
        message.tell_progress(after(6000));
        assert_eq!(message.text(at(12.3), after(6000)).as_deref(), Some("0:12 / 1:00 (20%)"));
        let next = message.changes(at(12.3), 2.0, after(6000)).unwrap() - after(6000);
        assert!(next.abs_diff(Duration::from_millis(350)) < Duration::from_millis(1), "{next:?}");
        assert_eq!(Progress { duration: None, ..at(75.9) }.line(), "1:15");
    }

    #[test]
    fn a_bar_tells_how_loud_it_is_and_where_the_film_is() {
        let (now, volume) = (Instant::now(), [65.0, 130.0]);
        let bar = |message: &Message| message.all(at(15.0), volume, now).and_then(|told| told.bar);
        let of = |options: OsdOptions| {
            let mut message = Message::new(options);
            message.tell_sought(now);
            (message.text(at(15.0), now).is_some(), bar(&message).map(|bar| bar.share))
        };
        let with = |on_seek| of(OsdOptions { on_seek, ..OsdOptions::default() });
        assert_eq!([OnSeek::No, OnSeek::Bar].map(with), [(false, None), (false, Some(0.25))]);
        assert_eq!([OnSeek::Msg, OnSeek::MsgBar].map(with), [(true, None), (true, Some(0.25))]);
        assert_eq!(of(OsdOptions { level: 0, ..OsdOptions::default() }), (false, None));
        let mut message = Message::new(OsdOptions::default());
        message.tell_volume("Volume: 65%".to_owned(), now);
        assert_eq!(bar(&message), Some(Bar { share: 0.5, mark: Some((100.0 / 130.0) as f32) }));
        assert_eq!(message.changes(at(15.0), 1.0, now), Some(now + Duration::from_secs(1)));
        assert!(message.all(at(15.0), volume, now + Duration::from_secs(1)).is_none());
        message.tell_volume("Volume: 65%".to_owned(), now);
        message.tell("other".to_owned(), None, now);
        assert!(bar(&message).is_none(), "it goes with its words");
        let mut plain = Message::new(OsdOptions { bar: false, ..OsdOptions::default() });
        plain.tell_volume("Volume: 65%".to_owned(), now);
        assert!(bar(&plain).is_none() && plain.text(at(15.0), now).is_some());
    }

    #[test]
    fn levels_are_those_of_mpv() {
        let now = Instant::now();
        let of = |level| {
            let mut message = Message::new(OsdOptions { level, ..OsdOptions::default() });
            let before = message.text(at(30.0), now);
            message.tell("line".to_owned(), None, now);
            (before, message.text(at(30.0), now), message)
        };
        let words = |text: &str| Some(text.to_owned());
        assert!(matches!(of(0), (None, None, _)) && of(0).2.changes(at(30.0), 1.0, now).is_none());
        assert_eq!((of(1).0, of(1).1), (None, words("line")));
        assert_eq!((of(2).0, of(2).1), (words("0:30"), words("0:30\nline")));
        assert_eq!(of(3).1, words("0:30 / 1:00 (50%)\nline"));
        let (.., mut message) = of(0);
        message.set_level(9);
        assert_eq!((message.level(), message.text(at(30.0), now)), (3, words("0:30 / 1:00 (50%)\nline")));
    }
}
