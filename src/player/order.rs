//! Which film of the list plays, and what comes after it.

use std::time::Instant;

use super::contract::{Error, Playlist, SceneSource};
use super::live::Live;
use super::options::Idle;
use super::seeking::Seeking;
use super::{Coming, Player};
use crate::film::SeekMode;
use crate::playlist::{Entry, Loop, Place};
use crate::time::Time;

/// How long before the end of a film the next one is opened.
const BEFORE_END: Time = Time::from_nanoseconds(10_000_000_000);
/// Failures that are kept at most.
const MOST_FAILURES: usize = 1000;

impl<P: Playlist> Player<P> {
    /// Opens what comes first.
    pub(super) fn begin(&mut self) {
        self.list.add(self.playlist.entries(), Place::Instead);
        let start = self.options.playlist_start.filter(|start| *start < self.list.len());
        if start.is_some() {
            self.options.playlist_start = None;
        }
        self.list.set_current(start);
        if self.options.shuffle {
            self.list.shuffle();
        }
        if !self.list.is_empty() {
            self.open(self.list.current().unwrap_or(0), 1);
        }
    }

    /// Opens the film at that place of the list or, where that fails, the next one in `direction`.
    pub(super) fn open(&mut self, index: usize, direction: i32) {
        let mut index = Some(index);
        while let Some(at) = index {
            self.close();
            self.list.set_current(Some(at));
            let Some(entry) = self.list.entry().cloned() else { break };
            index = match self.playlist.open(&entry) {
                Ok(mut film) => match film.take_list() {
                    Some((inside, first)) => self.put_inside(inside, first),
                    None => {
                        self.film = Some(film);
                        self.opened += 1;
                        return;
                    }
                },
                Err(error) => {
                    self.note_failure(error);
                    self.neighbour(direction)
                }
            };
        }
        self.finish();
    }

    /// Lets go of the film that plays: another one begins at its beginning.
    fn close(&mut self) {
        (self.film, self.turning, self.coming, self.prepared) = (None, None, Coming::Unknown, None);
        self.times.clear();
        self.seeking = Seeking::default();
        self.live = Live::default();
        self.repeat.begin(self.part().ab_loop);
        self.buffering = false;
        (self.epoch, self.at_end) = (0, false);
        self.clock.stand(Time::ZERO);
        self.phase = self.phase.sought();
    }

    /// Nothing plays any more.
    pub(super) fn finish(&mut self) {
        self.film = None;
        if self.is_idle() {
            self.close();
            self.playlist.prepare(None);
            self.list.set_current(None);
            self.shown = None;
        }
    }

    /// Whether it is waited for something to play.
    pub(super) fn is_idle(&self) -> bool {
        self.film.is_none()
            && match self.options.idle {
                Idle::No => false,
                Idle::Once => self.opened == 0,
                Idle::Yes => true,
            }
    }

    /// What was opened has turned out to be a list of these: they take its place, and the first of them, or the one at `first`, is opened.
    pub(super) fn unfold(&mut self, inside: Vec<Entry>, first: usize) {
        // What was opened was no film.
        self.opened = self.opened.saturating_sub(1);
        match self.put_inside(inside, first) {
            Some(index) => self.open(index, 1),
            None => self.finish(),
        }
    }

    fn put_inside(&mut self, inside: Vec<Entry>, first: usize) -> Option<usize> {
        let asked = self.options.playlist_start.take().filter(|start| *start < inside.len());
        let count = inside.len();
        self.list.unfold(inside, asked.unwrap_or(first));
        if self.list.is_shuffled() && count > 1 {
            self.list.shuffle();
        }
        self.list.current()
    }

    /// With several files each failure is told at once; its words name the file.
    fn note_failure(&mut self, error: Error) {
        if self.list.ever() > 1 || self.options.idle != Idle::No {
            tracing::error!("{error}");
        }
        let Some(id) = self.list.entry().map(|entry| entry.id) else { return };
        // Of a file that fails each time in an endless round, the first failure is enough.
        if self.failures.len() < MOST_FAILURES && !self.failures.iter().any(|(known, _)| *known == id) {
            self.failures.push((id, error));
        }
    }

    /// The file after (or before) the present one. Beginning again ends where a whole round has shown nothing.
    pub(super) fn neighbour(&mut self, direction: i32) -> Option<usize> {
        if let Some(next) = self.list.neighbour(direction) {
            return Some(next);
        }
        let all = self.list.len();
        if !self.loop_playlist.is_on() || all == 0 {
            return None;
        }
        if direction < 0 {
            return all.checked_sub(1);
        }
        if !std::mem::take(&mut self.anything) && self.loop_playlist != Loop::Force {
            return None;
        }
        self.loop_playlist = self.loop_playlist.after();
        if self.list.is_shuffled() {
            self.list.set_current(None);
            self.list.shuffle();
        }
        Some(0)
    }

    /// The film that many places on in the list, or back, is opened; where there is none nothing happens, or with `force` all is over.
    pub(super) fn step(&mut self, by: i32, force: bool) {
        let wanted = match by {
            -1..=1 => self.neighbour(by),
            _ => self.list.neighbour(by),
        };
        match wanted {
            Some(next) => {
                self.unfollow();
                self.open(next, by);
            }
            None if force => self.finish(),
            None => {}
        }
    }

    /// What comes after this film by itself, as far as that is known.
    fn following(&self) -> Option<&Entry> {
        if self.again().is_some() {
            return None;
        }
        let first = || {
            let again = self.loop_playlist.is_on() && self.anything && !self.list.is_shuffled();
            (again && self.list.len() > 1).then_some(0)
        };
        let next = self.list.neighbour(1).or_else(first)?;
        self.list.entries().get(next).map(|entry| &**entry)
    }

    /// Lets the playlist get ready for the film after this one when its end is near, and no more where somebody goes back from there, or changes the list.
    pub(super) fn prepare(&mut self, now: Instant) {
        let Some(film) = self.film.as_ref().filter(|_| !self.phase.is_seeking()) else { return };
        let left = film.duration().map(|end| end - self.clock.time(now));
        let near = matches!(self.coming, Coming::End) || left.is_some_and(|left| left < BEFORE_END);
        let next = self.following().filter(|_| near).cloned();
        let id = next.as_ref().map(|entry| entry.id);
        if id != self.prepared {
            self.unfollow();
            self.playlist.prepare(next.as_ref());
            self.prepared = id;
        }
    }

    /// The film cannot go on: the next one's turn.
    pub(super) fn fail(&mut self, error: Error) {
        self.note_failure(error);
        match self.neighbour(1) {
            Some(next) => self.open(next, 1),
            None => self.finish(),
        }
    }

    /// The film, or its part after the place sought, is over.
    pub(super) fn advance(&mut self) {
        if let Some(again) = self.again() {
            self.repeat.count();
            self.seek(again, SeekMode::Exact);
            return;
        }
        let alone = self.list.len() == 1;
        match self.neighbour(1) {
            Some(_) if alone => self.seek(self.beginning(), SeekMode::Exact),
            Some(next) => {
                self.over = self.opened;
                self.open(next, 1);
            }
            None => {
                self.over = self.opened;
                self.finish();
            }
        }
    }
}
