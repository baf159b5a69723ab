//! Which frames of a film that plays are made where there is no time for all: as many as there is time for, evenly apart. Pure.
//!
//! What a picture takes shows in how fast scenes leave while whoever shows them takes each later than it was due: nothing but the work is waited for then.
//! That is the time from one frame to the next that is made; the frames between are left out before anything is done for them. Where whoever shows them
//! has had nothing to do for a while, it is tried shorter.

use std::time::{Duration, Instant};

use crate::time::Time;

/// A scene that is taken later than this part of a frame was waited for.
const LATE: f64 = 0.25;

/// What has been late is made up for over so many pictures: as many as are on their way, and some more.
const MAKE_UP: f64 = 12.0;

/// Less time than this part of it without work is chance.
const CHANCE: f64 = 0.04;

/// Where there was no work at all, a picture is thought to take so much less.
const EASIER: f64 = 0.12;

/// A single wait says no more than that a picture takes so many times of what was thought.
const MOST: f64 = 2.0;

/// And the first no more than this, in seconds: kernels are used for the first time.
const FIRST: f64 = 0.2;

/// Where pictures take a little less than a whole number of frames, by this part of a frame, each has that number: even is worth more than many.
const WHOLE: f64 = 0.1;

/// How a scene has left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// Its film time, and how long it lasts.
    pub(super) pts: Time,
    pub(super) duration: Time,
    /// Film time of the pictures that are begun to be shown at the moment `at`, when there was room for it: the scene before the one before it had been taken.
    pub(super) now: Time,
    pub(super) at: Instant,
    /// In which part of the time whoever shows them had nothing to do.
    pub(super) idle: f64,
}

/// Chooses frames.
#[derive(Debug, Clone, Default)]
pub(super) struct Rhythm {
    /// What a picture takes, in seconds.
    cost: f64,
    /// How often that was seen.
    seen: u32,
    /// How late scenes are taken, in seconds.
    late: f64,
    /// The next frame that is wanted begins then or later.
    next: Option<Time>,
    /// The two scenes sent last, the newer one first: their film times, and when that was.
    sent: [Option<(Time, Instant)>; 2],
}

impl Rhythm {
    /// What a picture takes: the time from one to the next while none is waited for.
    pub(super) fn cost(&self) -> Duration {
        Duration::from_secs_f64(self.cost)
    }

    /// Whether the frame at `pts` is to be made while pictures of film time `now` are begun to be shown and `ahead` of them are on their way. To be asked in
    /// the order of the frames.
    pub(super) fn wants(&mut self, pts: Time, duration: Time, now: Time, ahead: usize) -> bool {
        let frame = duration.seconds();
        let mut interval = self.cost + self.late / MAKE_UP;
        if frame > 0.0 && (interval / frame).ceil() - interval / frame < WHOLE {
            interval = (interval / frame).ceil() * frame;
        }
        let there = now + Time::from_seconds(self.cost * ahead as f64);
        let interval = Time::from_seconds(interval);
        // One from before the last was sought.
        let next = self.next.filter(|next| *next <= pts + interval + duration);
        let half = Time::from_seconds(frame / 2.0 + self.cost / 2.0);
        if next.is_some_and(|next| pts < next) || pts + duration + half < there {
            return false;
        }
        let earliest = pts + interval - duration;
        self.next = Some(next.map_or(pts + interval, |next| (next + interval).max(earliest)));
        true
    }

    /// Film time stands, or another place is sought: the next frame is wanted whatever it is.
    pub(super) fn rest(&mut self) {
        (self.next, self.sent, self.late) = (None, [None; 2], 0.0);
    }

    /// Learns from how a scene has left.
    pub(super) fn send(&mut self, sent: &Sent) {
        let &Sent { pts, duration, now, at, idle } = sent;
        if let [Some((_, last)), Some((taken, _))] = self.sent {
            let (late, frame) = ((now - taken).seconds(), duration.seconds());
            self.late = late.max(0.0);
            let least = frame / 2.0;
            if late > LATE * frame {
                let took = at.saturating_duration_since(last).as_secs_f64();
                let most = if self.seen == 0 { FIRST } else { MOST * self.cost.max(least) };
                self.seen = (self.seen + 1).min(4);
                self.cost += (took.min(most) - self.cost) / f64::from(self.seen);
            } else {
                self.cost = (self.cost * (1.0 - EASIER * (idle - CHANCE).clamp(0.0, 1.0))).max(least);
            }
        }
        self.sent = [Some((pts, at)), self.sent[0]];
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const FRAME: f64 = 0.04;
    /// Frames that wait to be sent.
    const WAITING: usize = 5;

    /// A film of 25 frames a second played for `seconds` on something that takes `cost(time)` for a picture: the film times of those shown, and how late each was taken.
    fn play(seconds: f64, cost: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        let began = Instant::now();
        let mut rhythm = Rhythm::default();
        let frames = (seconds / FRAME).round() as usize;
        let mut coming = (0..frames).map(|frame| frame as f64 * FRAME);
        let duration = Time::from_seconds(FRAME);
        let mut waiting = VecDeque::new();
        let mut ring = VecDeque::new();
        let mut shown = Vec::new();
        let (mut taken, mut free, mut idle) = (0.0_f64, 0.0_f64, 0.0_f64);
        loop {
            while waiting.len() < WAITING
                && let Some(pts) = coming.next()
            {
                let now = Time::from_seconds(taken);
                if rhythm.wants(Time::from_seconds(pts), duration, now, waiting.len() + ring.len()) {
                    waiting.push_back(pts);
                }
            }
            // One in the ring, one taken out of it that is not due yet.
            while ring.len() < 2
                && let Some(pts) = waiting.pop_front()
            {
                let at = began + Duration::from_secs_f64(taken);
                let [scene, now] = [pts, taken].map(Time::from_seconds);
                rhythm.send(&Sent { pts: scene, duration, now, at, idle });
                ring.push_back(pts);
            }
            let Some(pts) = ring.pop_front() else { return shown };
            let before = taken;
            taken = free.max(pts);
            idle = (taken - free) / (taken - before).max(1e-9);
            shown.push((pts, taken - pts));
            free = taken + cost(taken);
        }
    }

    fn steps(shown: &[(f64, f64)]) -> Vec<usize> {
        shown.windows(2).map(|pair| ((pair[1].0 - pair[0].0) / FRAME).round() as usize).collect()
    }

    #[test]
    fn where_there_is_time_for_all_none_is_left_out() {
        for cost in [0.0, 0.03, 0.039] {
            assert_eq!(play(10.0, |_| cost).len(), 250, "{cost}");
        }
    }

    #[test]
    fn at_half_the_rate_it_is_every_second_picture() {
        for cost in [0.077, 0.08] {
            let shown = play(20.0, |_| cost);
            let steps = steps(&shown[50..]);
            let others = steps.iter().filter(|step| **step != 2).count();
            assert!(others * 10 <= steps.len(), "{cost}: {steps:?}");
        }
    }

    #[test]
    fn pictures_are_evenly_apart_and_in_time_whatever_they_take() {
        for cost in [0.045, 0.055, 0.065, 0.1, 0.13, 0.21] {
            let shown = play(20.0, |_| cost);
            let settled = &shown[shown.len() / 3..];
            let rate = settled.len() as f64 / (settled[settled.len() - 1].0 - settled[0].0);
            assert!(rate > 0.9 / cost, "{cost}: {rate} a second");
            let least = (cost / FRAME).floor() as usize;
            let odd = steps(settled).iter().filter(|step| !(least..=least + 1).contains(step)).count();
            assert!(odd * 10 <= settled.len(), "{cost}: {:?}", steps(settled));
            let late = settled.iter().map(|(_, late)| late).sum::<f64>() / settled.len() as f64;
            assert!(late < FRAME.max(cost / 2.0), "{cost}: {late} s late");
        }
    }

    #[test]
    fn it_follows_what_changes() {
        let shown = play(30.0, |time| if (10.0..20.0).contains(&time) { 0.1 } else { 0.02 });
        let between = |from: f64, to: f64| shown.iter().filter(|(pts, _)| (from..to).contains(pts)).count();
        assert_eq!(between(4.0, 9.0), 125);
        assert!((45..56).contains(&between(14.0, 19.0)), "{}", between(14.0, 19.0));
        assert!(between(25.0, 30.0) >= 120, "{}", between(25.0, 30.0));
    }

    #[test]
    fn one_long_wait_is_not_what_pictures_take() {
        let shown = play(20.0, |time| if (10.0..10.06).contains(&time) { 0.8 } else { 0.065 });
        assert!(shown.iter().any(|(_, late)| *late > 0.6), "there was one");
        let after: Vec<_> = shown.iter().filter(|(pts, _)| *pts > 13.0).collect();
        assert!(after.len() as f64 > 0.85 * 7.0 / 0.065, "{}", after.len());
        assert!(after.iter().all(|(_, late)| *late < 3.0 * FRAME), "{after:?}");
    }

    #[test]
    fn after_a_seek_the_next_frame_is_wanted() {
        let duration = Time::from_seconds(FRAME);
        let mut rhythm = Rhythm { cost: 0.5, ..Rhythm::default() };
        let wants = |rhythm: &mut Rhythm, at: f64| rhythm.wants(Time::from_seconds(at), duration, Time::ZERO, 0);
        assert!(wants(&mut rhythm, 60.0) && !wants(&mut rhythm, 60.2));
        assert!(wants(&mut rhythm, 3.0), "one from before");
        assert!(!wants(&mut rhythm, 3.04));
        rhythm.rest();
        assert!(wants(&mut rhythm, 3.08));
    }
}
