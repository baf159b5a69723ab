//! What is played of a film, and what of it again and again.

use std::time::Instant;

use super::Player;
use super::contract::{Playlist, SceneSource};
use crate::film::SeekMode;
use crate::frame::Chapter;
use crate::position::Position;
use crate::time::Time;

/// The part of each film that is played.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Part {
    /// Where it begins; the film's beginning where not given.
    pub start: Option<Position>,
    /// Where it ends; the film's end where not given.
    pub end: Option<Position>,
    /// How long it is at most.
    pub length: Option<Time>,
    /// The ends of the A-B loop in each film; none where they are not set.
    pub ab_loop: [Option<Time>; 2],
}

impl Part {
    /// Film time of its beginning, in a film of `duration`.
    fn first(self, duration: Option<Time>, chapters: &[Chapter]) -> Time {
        self.start.and_then(|start| start.resolve(duration, chapters)).unwrap_or(Time::ZERO)
    }

    /// Film time of its end; `None` where that is the film's own.
    fn last(self, duration: Option<Time>, chapters: &[Chapter]) -> Option<Time> {
        let end = self.end.and_then(|end| end.resolve(duration, chapters));
        let length = self.length.map(|length| self.first(duration, chapters) + length);
        [end, length].into_iter().flatten().min()
    }
}

/// What is repeated of a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Repeat {
    /// The ends of an A-B loop, as they were set.
    a: Option<Time>,
    b: Option<Time>,
    /// The whole film, or its part.
    file: bool,
}

impl Repeat {
    /// Another film has other places.
    pub(super) fn set_places(&mut self, [a, b]: [Option<Time>; 2]) {
        (self.a, self.b) = (a, b);
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

    /// Whether the film is repeated.
    pub fn repeats_file(&self) -> bool {
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
        self.repeat.file = !self.repeat.file;
    }

    /// Film time at which playing begins.
    pub(super) fn beginning(&self) -> Time {
        self.options.part.first(self.duration(), &self.chapters())
    }

    /// Film time at which it ends before the film does.
    pub(super) fn last(&self) -> Option<Time> {
        self.options.part.last(self.film.as_ref().and_then(SceneSource::duration), &self.chapters())
    }

    /// Where to go on when the film is over, if it is to be seen again. What has shown nothing since is not.
    pub(super) fn again(&self) -> Option<Time> {
        if self.phase.is_seeking() {
            return None;
        }
        self.repeat.a.or_else(|| self.repeat.file.then(|| self.beginning()))
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
    fn a_part_ends_where_the_first_of_its_ends_is() {
        let second = Time::from_seconds;
        let whole = Some(second(100.0));
        let mut part = Part { start: Some(Position::Percent(10.0)), ..Part::default() };
        assert_eq!(
            (part.first(whole, &[]), part.last(whole, &[]), part.first(None, &[])),
            (second(10.0), None, Time::ZERO)
        );
        part.length = Some(second(5.0));
        assert_eq!(part.last(whole, &[]), Some(second(15.0)));
        part.end = Some(Position::FromEnd(second(88.0)));
        assert_eq!(part.last(whole, &[]), Some(second(12.0)));
        assert_eq!(
            part.last(None, &[]),
            Some(second(5.0)),
            "without a length it is not known where its start and end are"
        );
    }

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
