//! What is heard now: from what the device was given, and from when it says each of it is heard.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::message::{Report, Stamp, StreamId};

/// The moments that devices tell scatter, and now and then one is wrong by far: the median of so many counts.
const MOMENTS: usize = 5;
/// The first moments that a device tells, before it knows itself how much it holds, and those that are needed before it is believed.
const IGNORED: u32 = 2;
const NEEDED: usize = 2;
/// What is remembered of what the device was given.
const REMEMBERED: usize = 256;
/// A device that has not asked for so long is none for now.
const SILENT: Duration = Duration::from_millis(500);
/// Over how long it is watched how fast a device takes its samples.
const WATCHED: Duration = Duration::from_secs(2);
/// A device that takes more in a second than this many seconds' worth is no clock.
const FASTEST: f64 = 1.05;

/// What is heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) stream: StreamId,
    pub(super) obeyed: u64,
    /// Film time, in seconds.
    pub(super) film: f64,
    /// Seconds of film in a second: 0 where film time stands.
    pub(super) speed: f64,
}

/// A device's frames in time.
pub(super) struct Timeline {
    rate: f64,
    /// The moment that others are told from.
    base: Instant,
    /// By how much later than after the frames before it a frame is heard, in seconds after `base`: of the last times.
    delays: VecDeque<f64>,
    /// How many moments it has told.
    told: u32,
    asked: Option<Instant>,
    given: VecDeque<Report>,
    /// Where the watch over its pace began.
    watched: Option<(Instant, u64)>,
    fast: bool,
}

impl Timeline {
    pub(super) fn new(rate: u32, base: Instant) -> Self {
        Self {
            rate: f64::from(rate.max(1)),
            base,
            delays: VecDeque::new(),
            told: 0,
            asked: None,
            given: VecDeque::new(),
            watched: None,
            fast: false,
        }
    }

    /// Takes what the device was given.
    pub(super) fn note(&mut self, report: Report) {
        if let Some(Stamp { asked, heard }) = report.stamp {
            if self.has_stood(asked) {
                (self.delays, self.watched) = (VecDeque::new(), None);
            }
            self.watch(asked, report.frame);
            self.asked = Some(asked);
            self.told = self.told.saturating_add(1);
            if self.told > IGNORED {
                let heard = seconds_after(self.base, heard);
                self.delays.push_back(heard - report.frame as f64 / self.rate);
            }
            if self.delays.len() > MOMENTS {
                self.delays.pop_front();
            }
        }
        self.given.push_back(report);
        if self.given.len() > REMEMBERED {
            self.given.pop_front();
        }
    }

    fn has_stood(&self, asked: Instant) -> bool {
        self.asked.is_some_and(|before| asked.saturating_duration_since(before) > SILENT)
    }

    /// A device that takes what it is given faster than it can be heard plays it nowhere.
    fn watch(&mut self, asked: Instant, frame: u64) {
        let Some((since, first)) = self.watched else {
            self.watched = Some((asked, frame));
            return;
        };
        let passed = asked.saturating_duration_since(since);
        if passed < WATCHED {
            return;
        }
        let pace = (frame - first) as f64 / self.rate / passed.as_secs_f64();
        if pace > FASTEST && !std::mem::replace(&mut self.fast, true) {
            tracing::warn!(
                "the sound device takes {pace:.2} seconds of sound in a second: it is no clock, and the film goes by the system's"
            );
        }
        self.watched = Some((asked, frame));
    }

    /// Whether the device was there lately and can be believed.
    pub(super) fn is_clock(&self, now: Instant) -> bool {
        let known = self.delays.len() >= NEEDED;
        !self.fast && known && self.asked.is_some_and(|asked| now.saturating_duration_since(asked) < SILENT)
    }

    /// What is heard at the moment `now`; none before the device's first frame.
    pub(super) fn heard(&self, now: Instant) -> Option<Place> {
        let frame = (seconds_after(self.base, now) - self.delay()?) * self.rate;
        let report = self.given.iter().rev().find(|report| report.frame as f64 <= frame)?;
        let Report { stream, obeyed, film, speed, .. } = *report;
        Some(Place { stream, obeyed, film: film + (frame - report.frame as f64) / self.rate * speed, speed })
    }

    fn delay(&self) -> Option<f64> {
        let mut delays: Vec<f64> = self.delays.iter().copied().collect();
        delays.sort_by(f64::total_cmp);
        delays.get(delays.len() / 2).copied()
    }
}

fn seconds_after(base: Instant, moment: Instant) -> f64 {
    match moment.checked_duration_since(base) {
        Some(after) => after.as_secs_f64(),
        None => -base.duration_since(moment).as_secs_f64(),
    }
}
