//! What is played of a film.

use crate::frame::Chapter;
use crate::position::Position;
use crate::time::Time;

/// The part of a film that is played.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Part {
    /// Where it begins; the film's beginning where not given.
    pub start: Option<Position>,
    /// Where it ends; the film's end where not given.
    pub end: Option<Position>,
    /// How long it is at most.
    pub length: Option<Time>,
    /// The ends of the A-B loop in it; none where they are not set.
    pub ab_loop: [Option<Time>; 2],
}

impl Part {
    /// This, and of `other` what this does not say.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            start: self.start.or(other.start),
            end: self.end.or(other.end),
            length: self.length.or(other.length),
            ab_loop: if self.ab_loop == [None; 2] { other.ab_loop } else { self.ab_loop },
        }
    }

    /// Film time of its beginning, in a film of `duration`.
    pub fn first(self, duration: Option<Time>, chapters: &[Chapter]) -> Time {
        self.start.and_then(|start| start.resolve(duration, chapters)).unwrap_or(Time::ZERO)
    }

    /// Film time of its end; `None` where that is the film's own.
    pub fn last(self, duration: Option<Time>, chapters: &[Chapter]) -> Option<Time> {
        let end = self.end.and_then(|end| end.resolve(duration, chapters));
        let length = self.length.map(|length| self.first(duration, chapters) + length);
        [end, length].into_iter().flatten().min()
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
        let other = Part { start: Some(Position::Percent(50.0)), ..Part::default() };
        assert_eq!(other.or(part), Part { start: other.start, ..part });
    }
}
