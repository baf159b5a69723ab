//! Going on where a film stood, with another GPU.

use std::time::Instant;

use super::Player;
use super::contract::Playlist;
use super::phase::Pause;
use crate::film::SeekMode;
use crate::playlist::{List, Loop};
use crate::time::Time;

/// Where a viewer is in a list of films.
#[derive(Debug, Clone, PartialEq)]
pub struct ResumePoint {
    list: List,
    loop_playlist: Loop,
    /// Film time.
    pub time: Time,
    pause: Option<Pause>,
}

impl<P: Playlist> Player<P> {
    /// Where the viewer is, to go on there with another GPU.
    pub fn resume_point(&self, now: Instant) -> ResumePoint {
        ResumePoint {
            list: self.list.clone(),
            loop_playlist: self.loop_playlist,
            time: self.position(now),
            pause: self.phase.stepped().pause(),
        }
    }

    /// Goes there.
    pub fn resume(&mut self, point: ResumePoint, now: Instant) {
        let present = self.list.entry().cloned();
        self.list = point.list;
        self.loop_playlist = point.loop_playlist;
        match self.list.current() {
            Some(_) if self.list.entry() == present.as_ref() => {}
            Some(index) => self.open(index, 1),
            None => self.finish(),
        }
        if point.time > Time::ZERO {
            self.seek(point.time, SeekMode::Exact);
        }
        self.set_pause(point.pause, now);
    }
}
