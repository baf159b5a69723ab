//! What a player is asked by whoever shows its films: where it is, what is shown, what it has counted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::contract::{Error, Playlist, SceneFacts, SceneSource};
use super::{Counts, Player};
use crate::film::{Pass, Preview};
use crate::frame::{Chapter, Frame};
use crate::media::Cached;
use crate::playlist::List;
use crate::time::Time;

impl<P: Playlist> Player<P> {
    /// The scene to be seen now.
    pub fn shown(&self) -> Option<&Frame<<P::Source as SceneSource>::Scene>> {
        self.shown.as_ref()
    }

    /// Film time at the moment `now`, for the viewer: never beyond the end.
    pub fn position(&self, now: Instant) -> Time {
        let end = self.duration().unwrap_or(Time::from_nanoseconds(i64::MAX));
        self.clock.time(now).min(end)
    }

    /// The film's length, where it is known.
    pub fn duration(&self) -> Option<Time> {
        self.film.as_ref().and_then(SceneSource::duration)
    }

    /// The film's chapters, or those that its list gives it.
    pub fn chapters(&self) -> Arc<[Chapter]> {
        if let Some(entry) = self.list.entry().filter(|entry| !entry.chapters.is_empty()) {
            return Arc::clone(&entry.chapters);
        }
        self.film.as_ref().map_or_else(Arc::default, SceneSource::chapters)
    }

    /// Width and height of the film's pictures, where they are known.
    pub fn size(&self) -> Option<[u32; 2]> {
        self.film.as_ref().and_then(SceneSource::size)
    }

    /// Width and height of its pictures as they are coded, where they are known.
    pub fn coded_size(&self) -> Option<[u32; 2]> {
        self.film.as_ref().and_then(SceneSource::coded_size)
    }

    /// The film's pictures a second, where known.
    pub fn frame_rate(&self) -> Option<f64> {
        self.film.as_ref().and_then(SceneSource::frame_rate)
    }

    /// How many seeks there were in it.
    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The number of the list's entry that is played.
    pub(super) fn entry(&self) -> Option<u64> {
        self.list.entry().map(|entry| entry.id)
    }

    /// The list as it is now.
    pub fn list(&self) -> &List {
        &self.list
    }

    /// Whether film time runs.
    pub(super) fn is_running(&self) -> bool {
        self.clock.is_running()
    }

    /// What is known of the scene shown.
    pub(super) fn facts(&self) -> Option<SceneFacts> {
        Some(self.film.as_ref()?.facts(&self.shown.as_ref()?.data))
    }

    /// The network's passes since this was asked last.
    pub(super) fn take_passes(&mut self) -> Vec<Pass> {
        self.film.as_mut().map_or_else(Vec::new, SceneSource::take_passes)
    }

    /// A pass of the network begins no sooner after the one before.
    pub(super) fn set_network_interval(&mut self, interval: Duration) {
        if let Some(film) = &mut self.film {
            film.set_network_interval(interval);
        }
    }

    /// What of the film is at hand, where it is read ahead.
    pub fn cached(&self) -> Option<Cached> {
        self.film.as_ref()?.cached()
    }

    /// When the scene shown was due; `None` while film time stands.
    pub fn due(&self) -> Option<Instant> {
        self.clock.when(self.shown.as_ref()?.pts)
    }

    /// Whether there is a file before and one after the present one.
    pub fn neighbours(&self) -> [bool; 2] {
        let again = self.loop_playlist.is_on() && self.list.len() > 1;
        [-1, 1].map(|by| again || self.list.neighbour(by).is_some())
    }

    /// A small picture out of the film, as [`SceneSource::preview`] gives it.
    pub fn preview(&mut self, time: Option<Time>) -> Option<Preview> {
        self.film.as_mut()?.preview(time)
    }

    /// Whether film time stands because the viewer wants it to.
    pub fn is_paused(&self) -> bool {
        self.phase.pause().is_some()
    }

    /// Whether the picture at a place sought has yet to come.
    pub fn is_seeking(&self) -> bool {
        self.film.is_some() && self.phase.is_seeking() && self.epoch > 0
    }

    /// What the present file is called.
    pub fn name(&self) -> String {
        let own = || self.list.entry().map_or_else(String::new, |entry| entry.name());
        self.options.media_title.clone().unwrap_or_else(own)
    }

    /// What has been shown so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What could not be played, by the number of its entry. Taken by the one who reports it.
    pub fn take_failures(&mut self) -> Vec<(u64, Error)> {
        std::mem::take(&mut self.failures)
    }
}
