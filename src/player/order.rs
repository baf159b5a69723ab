//! Which film of the list plays, and what comes after it.

use std::time::Instant;

use super::contract::{Error, Playlist, SceneSource};
use super::live::Live;
use super::seeking::Seeking;
use super::{Coming, Player};
use crate::film::SeekMode;
use crate::time::Time;

/// How long before the end of a film the next one is opened.
const BEFORE_END: Time = Time::from_nanoseconds(10_000_000_000);

impl<P: Playlist> Player<P> {
    /// Opens file `index` or, where that fails, the next one in `direction`.
    pub(super) fn open(&mut self, mut index: usize, direction: i32) {
        (self.film, self.turning, self.coming, self.prepared) = (None, None, Coming::Unknown, false);
        self.times.clear();
        self.seeking = Seeking::default();
        self.live = Live::default();
        self.repeat.set_places(self.options.part.ab_loop);
        loop {
            self.index = index;
            match self.playlist.open(index) {
                Ok(film) => {
                    self.film = Some(film);
                    self.epoch = 0;
                    self.opened += 1;
                    self.clock.stand(Time::ZERO);
                    self.phase = self.phase.sought();
                    return;
                }
                Err(error) => self.note_failure(error),
            }
            match self.neighbour(direction) {
                Some(next) => index = next,
                None => return,
            }
        }
    }

    /// With several files each failure is told at once; its words name the file.
    fn note_failure(&mut self, error: Error) {
        if self.playlist.count() > 1 {
            tracing::error!("{error}");
        }
        // Of a file that fails each time in an endless round, the first failure is enough.
        if !self.failures.iter().any(|(index, _)| *index == self.index) {
            self.failures.push((self.index, error));
        }
    }

    /// The file after (or before) the present one. Beginning again ends where a whole round has shown nothing.
    pub(super) fn neighbour(&mut self, direction: i32) -> Option<usize> {
        let count = self.playlist.count();
        if direction < 0 {
            return self.index.checked_sub(1);
        }
        let next = self.index + 1;
        if next < count {
            return Some(next);
        }
        let again = self.options.repeat && std::mem::take(&mut self.anything);
        again.then_some(0)
    }

    /// The film that many places on in the list, or back.
    pub(super) fn wanted(&mut self, by: i32) -> Option<usize> {
        match by {
            -1..=1 => self.neighbour(by),
            _ => self.index.checked_add_signed(by as isize).filter(|index| *index < self.playlist.count()),
        }
    }

    /// Lets the playlist get ready for the film after this one when its end is near, and no more where somebody goes back from there.
    pub(super) fn prepare(&mut self, now: Instant) {
        let Some(film) = self.film.as_ref().filter(|_| !self.phase.is_seeking()) else { return };
        let left = film.duration().map(|end| end - self.clock.time(now));
        let near = matches!(self.coming, Coming::End) || left.is_some_and(|left| left < BEFORE_END);
        if near == self.prepared {
            return;
        }
        self.prepared = near;
        let count = self.playlist.count();
        let next = match self.index + 1 {
            next if next < count => Some(next),
            _ => (self.options.repeat && self.anything && count > 1).then_some(0),
        };
        self.playlist.prepare(next.filter(|_| near));
    }

    /// The film cannot go on: the next one's turn.
    pub(super) fn fail(&mut self, error: Error) {
        self.note_failure(error);
        match self.neighbour(1) {
            Some(next) => self.open(next, 1),
            None => self.film = None,
        }
    }

    /// The film, or its part after the place sought, is over.
    pub(super) fn advance(&mut self) {
        if let Some(again) = self.again() {
            self.seek(again, SeekMode::Exact);
            return;
        }
        let alone = self.playlist.count() == 1;
        match self.neighbour(1) {
            Some(_) if alone => self.seek(self.beginning(), SeekMode::Exact),
            Some(next) => self.open(next, 1),
            None => self.film = None,
        }
    }
}
