//! Going on where a film stood, with another GPU.

use std::time::Instant;

use super::Player;
use super::contract::Playlist;
use super::phase::Pause;
use crate::film::SeekMode;
use crate::time::Time;

/// Where a viewer is in a list of films.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResumePoint {
    index: usize,
    /// Film time.
    pub time: Time,
    pause: Option<Pause>,
}

impl<P: Playlist> Player<P> {
    /// Where the viewer is, to go on there with another GPU.
    pub fn resume_point(&self, now: Instant) -> ResumePoint {
        ResumePoint { index: self.index, time: self.position(now), pause: self.phase.stepped().pause() }
    }

    /// Goes there.
    pub fn resume(&mut self, point: ResumePoint, now: Instant) {
        if point.index != self.index {
            self.open(point.index, 1);
        }
        if point.time > Time::ZERO {
            self.seek(point.time, SeekMode::Exact);
        }
        self.set_pause(point.pause, now);
    }
}
