//! What is played of a film, and what of it again and again.

use std::time::Instant;

use super::Player;
use super::contract::{Playlist, SceneSource};
use crate::film::SeekMode;
use crate::playlist::{Loop, Part};
use crate::time::Time;

/// What is repeated of a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Repeat {
    /// The ends of an A-B loop, as they were set.
    a: Option<Time>,
    b: Option<Time>,
    /// How often each film, or its part, is played again.
    file: Loop,
    /// How often this one still is.
    left: Loop,
}

impl Repeat {
    /// Of each film so often.
    pub(super) fn new(file: Loop) -> Self {
        Self { file, left: file, ..Self::default() }
    }

    /// Another film has other places.
    pub(super) fn begin(&mut self, [a, b]: [Option<Time>; 2]) {
        *self = Self { a, b, ..Self::new(self.file) };
    }

    /// The A-B loop lies there.
    pub(super) fn set_places(&mut self, [a, b]: [Option<Time>; 2]) {
        (self.a, self.b) = (a, b);
    }

    /// So often from now on.
    pub(super) fn set_file(&mut self, file: Loop) {
        (self.file, self.left) = (file, file);
    }

    /// What is repeated begins once more.
    pub(super) fn count(&mut self) {
        if self.a.is_none() {
            self.left = self.left.after();
        }
    }

    /// Sets A, then B, then neither, at `time`.
    fn mark(&mut self, time: Time) {
        (self.a, self.b) = match (self.a, self.b) {
            (None, _) => (Some(time), None),
            (Some(a), None) if a != time => (Some(a.min(time)), Some(a.max(time))),
            _ => (None, None),
        };
    }
}

impl<P: Playlist> Player<P> {
    /// The ends of the A-B loop, as far as they are set.
    pub fn ab_loop(&self) -> [Option<Time>; 2] {
        [self.repeat.a, self.repeat.b]
    }

    /// How often the film is played again.
    pub fn loop_file(&self) -> Loop {
        self.repeat.file
    }

    pub(super) fn mark_ab(&mut self, now: Instant) {
        let position = self.position(now);
        self.repeat.mark(position);
    }

    pub(super) fn set_ab(&mut self, places: [Option<Time>; 2]) {
        self.repeat.set_places(places);
    }

    pub(super) fn toggle_loop_file(&mut self) {
        self.repeat.set_file(if self.repeat.file.is_on() { Loop::No } else { Loop::Endless });
    }

    /// The part of the film that is played: what was said of this one, then what was said of all.
    pub(super) fn part(&self) -> Part {
        let own = self.list.entry().map_or_else(Part::default, |entry| entry.part);
        own.or(self.options.part)
    }

    /// Film time at which playing begins.
    pub(super) fn beginning(&self) -> Time {
        self.part().first(self.duration(), &self.chapters())
    }

    /// Film time at which it ends before the film does.
    pub(super) fn last(&self) -> Option<Time> {
        self.part().last(self.film.as_ref().and_then(SceneSource::duration), &self.chapters())
    }

    /// Where to go on when the film is over, if it is to be seen again. What has shown nothing since is not.
    pub(super) fn again(&self) -> Option<Time> {
        if self.phase.is_seeking() {
            return None;
        }
        self.repeat.a.or_else(|| self.repeat.left.is_on().then(|| self.beginning()))
    }

    /// Where the A-B loop ends, while that is still to come: from beyond it nothing is repeated, as in mpv.
    fn b(&self) -> Option<Time> {
        let shown = self.shown.as_ref().filter(|_| !self.phase.is_seeking())?;
        self.repeat.b.filter(|b| shown.pts < *b)
    }

    /// Goes back to A where B has come. True when it did.
    pub(super) fn repeats(&mut self, now: Instant) -> bool {
        let (Some(a), Some(b)) = (self.repeat.a, self.b()) else { return false };
        let come = self.clock.time(now) >= b;
        if come {
            self.seek(a, SeekMode::Exact);
        }
        come
    }

    /// When B will have come.
    pub(super) fn repeats_at(&self) -> Option<Instant> {
        self.clock.when(self.b()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_loop_are_set_in_any_order_and_cleared() {
        let [early, late] = [1.0, 2.0].map(Time::from_seconds);
        let mut repeat = Repeat::default();
        repeat.mark(late);
        assert_eq!((repeat.a, repeat.b), (Some(late), None));
        repeat.mark(early);
        assert_eq!((repeat.a, repeat.b), (Some(early), Some(late)));
        repeat.mark(early);
        assert_eq!(repeat, Repeat::default());
        repeat.mark(early);
        repeat.mark(early);
        assert_eq!(repeat, Repeat::default(), "a loop of nothing is none");
    }
}
