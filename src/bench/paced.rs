//! `deep3d bench --paced`: a film at its own pace, and a viewer who presses keys and seeks: how long everything takes until it is seen.

use std::fmt::Write as _;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::figures::{self, Figures};
use super::plot::{self, PlotError};
use super::report::{Device, System};
use crate::gpu::Facts;
use crate::player::script::{Script, Situation};
use crate::player::statistics::{Event, PictureShown};
use crate::series::Series;
use crate::sink::Action;
use crate::time::Time;
use crate::trace;

/// Places that are sought.
const SEEKS: usize = 20;
/// Keys that are pressed.
const KEYS: usize = 10;
/// From one key to the next.
const BETWEEN: Duration = Duration::from_millis(300);
/// What does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was measured. Times are seconds; an age is film time.
#[derive(Debug, Serialize)]
pub struct PacedReport {
    /// Version of this layout of keys.
    pub schema: u32,
    /// Version of deep3d.
    pub deep3d: &'static str,
    /// What ran it.
    pub device: Option<Device>,
    /// Where.
    pub system: System,
    /// How it is known when a picture is seen.
    pub shown_by: &'static str,
    /// Pictures shown, and left out, while the film played.
    pub pictures: u64,
    /// Those left out.
    pub dropped: u64,
    /// Seconds of that.
    pub seconds: f64,
    /// Passes of the network meanwhile.
    pub passes: u64,
    /// Pictures that were flat for want of depth.
    pub flat: u64,
    /// From the start of the program to the first picture.
    pub start_to_picture: Option<f64>,
    /// From the beginning of decoding until it is shown.
    pub latency: Figures,
    /// How long after its time a picture was shown.
    pub late: Figures,
    /// Age of a picture's depth, older or newer.
    pub depth_age: Figures,
    /// From a key to the picture that it has changed.
    pub key_to_picture: Figures,
    /// From dragging along the seek bar to the picture of a key frame.
    pub drag_to_picture: Figures,
    /// From an exact seek to its first picture.
    pub seek_to_picture: Figures,
    /// And to the first one with depth.
    pub seek_to_depth: Figures,
}

impl PacedReport {
    /// For people.
    pub fn table(&self) -> String {
        let mut text = String::new();
        let Self { pictures, dropped, seconds, passes, flat, .. } = self;
        if let Some(device) = &self.device {
            let _ = writeln!(text, "{}", device.name);
        }
        let rate = |count: u64| count as f64 / seconds.max(1e-3);
        let _ = writeln!(
            text,
            "{pictures} pictures in {seconds:.1} s ({:.1}/s), {dropped} left out, {flat} flat",
            rate(*pictures)
        );
        let _ = writeln!(text, "{passes} passes of the network ({:.1}/s)", rate(*passes));
        if let Some(start) = self.start_to_picture {
            let _ = writeln!(text, "start to first picture {:.0} ms", start * 1e3);
        }
        let _ = writeln!(text, "a picture counts as shown by {}", self.shown_by);
        text += &figures::heading();
        for (name, figures) in self.strips() {
            text += &figures::line(name, figures);
        }
        text
    }

    /// For people: all of it over the time of playing, as SVG.
    pub fn plot(&self) -> Result<String, PlotError> {
        plot::svg("a film at its own pace", &self.strips())
    }

    fn strips(&self) -> [(&'static str, &Figures); 7] {
        [
            ("latency", &self.latency),
            ("late", &self.late),
            ("depth age", &self.depth_age),
            ("key", &self.key_to_picture),
            ("drag", &self.drag_to_picture),
            ("seek", &self.seek_to_picture),
            ("seek depth", &self.seek_to_depth),
        ]
    }
}

/// What the viewer is at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// Watches until so many pictures were shown.
    Watching,
    /// Waits for the moment of the next key, or the picture that it changes.
    Keys { done: usize, pressed: Option<Instant>, next: Instant },
    /// Waits for a seek's first picture or, where it is an exact one, its depth.
    Seeks { exact: bool, done: usize, epoch: u32, at: Instant, picture: bool },
}

/// The viewer, and what was seen.
#[derive(Default)]
struct Seen {
    began: Option<Instant>,
    ended: Option<Instant>,
    pictures: u64,
    dropped: u64,
    passes: u64,
    flat: u64,
    start: Option<f64>,
    latency: Series,
    late: Series,
    age: Series,
    key: Series,
    drag: Series,
    seek: Series,
    depth: Series,
}

/// The plan: watch, press keys, drag, seek.
struct Plan {
    frames: u64,
    warm_up: u64,
    step: Step,
    seen: Seen,
    shown: u64,
    random: u64,
    done: Sender<Seen>,
}

/// Where the figures come out when the plan is through.
pub struct Measured(Receiver<Seen>);

/// A viewer who watches `frames` pictures after `warm_up` others, then presses keys, drags along the seek bar and seeks.
pub fn viewer(frames: u32, warm_up: u32) -> (Box<dyn Script>, Measured) {
    let (done, measured) = channel();
    let plan = Plan {
        frames: frames.into(),
        warm_up: warm_up.into(),
        step: Step::Watching,
        seen: Seen::default(),
        shown: 0,
        random: 0x9e37_79b9_7f4a_7c15,
        done,
    };
    (Box::new(plan), Measured(measured))
}

impl Measured {
    /// The report, once playing is over. `shown_by`: how it was known when a picture was seen.
    pub fn report(&self, facts: Option<&Facts>, shown_by: &'static str) -> PacedReport {
        let seen = self.0.try_recv().unwrap_or_default();
        let seconds = seen.began.zip(seen.ended).map_or(0.0, |(from, to)| (to - from).as_secs_f64());
        PacedReport {
            schema: 1,
            deep3d: env!("CARGO_PKG_VERSION"),
            device: facts.map(Device::of),
            system: System::this(),
            shown_by,
            pictures: seen.pictures,
            dropped: seen.dropped,
            seconds,
            passes: seen.passes,
            flat: seen.flat,
            start_to_picture: seen.start,
            latency: Figures::of(&seen.latency),
            late: Figures::of(&seen.late),
            depth_age: Figures::of(&seen.age),
            key_to_picture: Figures::of(&seen.key),
            drag_to_picture: Figures::of(&seen.drag),
            seek_to_picture: Figures::of(&seen.seek),
            seek_to_depth: Figures::of(&seen.depth),
        }
    }
}

impl Plan {
    /// From 0 to 1. Marsaglia's xorshift: the same places each time.
    fn place(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    fn since(&self, at: Instant) -> Duration {
        self.seen.began.map_or(Duration::ZERO, |began| at.saturating_duration_since(began))
    }

    fn picture(&mut self, picture: &PictureShown, at: Instant) {
        self.seen.start = self.seen.start.or_else(|| trace::process_age().map(|age| age.as_secs_f64()));
        self.shown += 1;
        if self.shown == self.warm_up.max(1) {
            self.seen.began = Some(at);
        }
        let since = self.since(at);
        if let Step::Seeks { exact, done, epoch, at: pressed, picture: had } = self.step
            && picture.epoch == epoch
        {
            if !had {
                let series = if exact { &mut self.seen.seek } else { &mut self.seen.drag };
                series.push(since, at - pressed);
                self.step = Step::Seeks { exact, done, epoch, at: pressed, picture: true };
            }
            if exact && picture.depth_pts.is_some() {
                self.seen.depth.push(since, at - pressed);
            }
            if !exact || picture.depth_pts.is_some() {
                self.step = Step::Seeks { exact, done: done + 1, epoch: u32::MAX, at, picture: false };
            }
        }
        if let Step::Seeks { exact, done, epoch, .. } = self.step
            && epoch < u32::MAX
            && picture.epoch > epoch
        {
            // The film has ended there and begun again: its length is not what it says.
            self.step = Step::Seeks { exact, done: done + 1, epoch: u32::MAX, at, picture: false };
        }
        if self.step != Step::Watching || self.seen.began.is_none() {
            return;
        }
        self.seen.pictures += 1;
        self.seen.latency.push(since, Duration::from_secs_f64(picture.latency.max(0.0)));
        if let Some(late) = picture.late {
            self.seen.late.push(since, Duration::from_secs_f64(late.max(0.0)));
        }
        match picture.depth_age {
            Some(age) => self.seen.age.push(since, Duration::from_secs_f64(age.abs())),
            None => self.seen.flat += 1,
        }
        if self.seen.pictures >= self.frames {
            self.seen.ended = Some(at);
            self.step = Step::Keys { done: 0, pressed: None, next: at + BETWEEN };
        }
    }
}

impl Script for Plan {
    fn next(&mut self, now: Instant, situation: &Situation) -> Option<Action> {
        match self.step {
            Step::Watching => None,
            Step::Keys { done, .. } if done >= KEYS => {
                self.step = Step::Seeks { exact: false, done: 0, epoch: u32::MAX, at: now, picture: false };
                None
            }
            Step::Keys { done, pressed: None, next } if next <= now => {
                self.step = Step::Keys { done, pressed: Some(now), next };
                Some(Action::Strength(if done % 2 == 0 { 1 } else { -1 }))
            }
            Step::Keys { done, pressed: Some(pressed), .. } if now - pressed > PATIENCE => {
                self.step = Step::Keys { done: done + 1, pressed: None, next: now };
                None
            }
            Step::Keys { .. } => None,
            Step::Seeks { exact: false, done, .. } if done >= SEEKS => {
                self.step = Step::Seeks { exact: true, done: 0, epoch: u32::MAX, at: now, picture: false };
                None
            }
            Step::Seeks { done, .. } if done >= SEEKS => {
                // Nobody may be left to take it.
                let _ = self.done.send(std::mem::take(&mut self.seen));
                Some(Action::Quit)
            }
            Step::Seeks { exact, done, epoch: u32::MAX, .. } => {
                let whole = situation.duration.map_or(0.0, |duration| duration.seconds());
                // The end has to be far enough away for depth to come.
                let to = Time::from_seconds(self.place() * (whole - 1.5).max(0.0));
                self.step = Step::Seeks { exact, done, epoch: situation.epoch + 1, at: now, picture: false };
                Some(if exact { Action::SeekTo(to) } else { Action::Drag(to) })
            }
            Step::Seeks { exact, done, at, .. } if now - at > PATIENCE => {
                self.step = Step::Seeks { exact, done: done + 1, epoch: u32::MAX, at: now, picture: false };
                None
            }
            Step::Seeks { .. } => None,
        }
    }

    fn note(&mut self, event: &Event, at: Instant) {
        let counts = self.step == Step::Watching && self.seen.began.is_some();
        match event {
            Event::Picture(picture) => self.picture(picture, at),
            Event::Dropped { count, .. } if counts => self.seen.dropped += count,
            Event::Pass { .. } if counts => self.seen.passes += 1,
            _ => {}
        }
    }

    fn shown(&mut self, at: Instant) {
        if let Step::Keys { done, pressed: Some(pressed), .. } = self.step {
            let since = self.since(at);
            self.seen.key.push(since, at - pressed);
            self.step = Step::Keys { done: done + 1, pressed: None, next: at + BETWEEN };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(epoch: u32, depth: bool) -> Event {
        Event::Picture(PictureShown {
            wall: 0.0,
            pts: 1.0,
            late: Some(0.01),
            latency: 0.1,
            depth_pts: depth.then_some(0.9),
            depth_age: depth.then_some(0.1),
            shot: 0.0,
            eyes: None,
            epoch,
        })
    }

    #[test]
    fn it_watches_presses_keys_and_seeks() {
        let (mut script, measured) = viewer(3, 2);
        let mut now = Instant::now();
        let mut epoch = 0;
        let mut actions = Vec::new();
        for _ in 0..2000 {
            now += Duration::from_millis(20);
            let duration = Some(Time::from_seconds(10.0));
            match script.next(now, &Situation { epoch, duration }) {
                Some(Action::Quit) => break,
                Some(action) => {
                    if let Action::SeekTo(to) | Action::Drag(to) = action {
                        assert!(to >= Time::ZERO && to < Time::from_seconds(8.5));
                        epoch += 1;
                        now += Duration::from_millis(50);
                        script.note(&picture(epoch, false), now);
                        now += Duration::from_millis(30);
                        script.note(&picture(epoch, true), now);
                    } else {
                        now += Duration::from_millis(15);
                        script.shown(now);
                    }
                    actions.push(action);
                }
                None => script.note(&picture(epoch, true), now),
            }
        }
        assert_eq!(actions.len(), KEYS + 2 * SEEKS);
        assert!(actions[KEYS..][..SEEKS].iter().all(|action| matches!(action, Action::Drag(_))));
        let report = measured.report(None, "hand");
        assert_eq!((report.pictures, report.flat, report.seek_to_picture.samples.len()), (3, 0, SEEKS));
        assert_eq!(report.drag_to_picture.samples.len(), SEEKS);
        let close = |seconds: Option<f64>, wanted: f64| (seconds.unwrap() - wanted).abs() < 1e-6;
        assert!(close(report.key_to_picture.p50, 0.015) && close(report.seek_to_picture.max, 0.05));
        assert!(close(report.seek_to_depth.p95, 0.08) && close(report.depth_age.p50, 0.1));
        assert!(report.table().contains("seek depth") && report.plot().unwrap().contains("<svg"));
    }
}
