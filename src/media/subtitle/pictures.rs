//! The cues of a track of pictures, as far as they are kept.

use super::cue::{Body, Cue, Picture};
use super::lines::UNKNOWN;
use crate::time::Time;

/// The most memory that they take, in bytes; the farthest go first.
const MOST: usize = 96 << 20;

struct Shown {
    start: Time,
    end: Option<Time>,
    pictures: Vec<Picture>,
}

impl Shown {
    fn weight(&self) -> usize {
        self.pictures.iter().map(Picture::weight).sum::<usize>() + 64
    }
}

/// In the order of their beginnings.
#[derive(Default)]
pub(super) struct Pictures {
    all: Vec<Shown>,
    bytes: usize,
}

impl Pictures {
    /// Adds a cue; one of the same beginning is replaced.
    pub(super) fn add(&mut self, cue: Cue) {
        let Body::Pictures(pictures) = cue.body else { return };
        let shown = Shown { start: cue.start, end: cue.end, pictures };
        self.bytes += shown.weight();
        let at = self.all.partition_point(|other| other.start < shown.start);
        match self.all.get_mut(at) {
            Some(same) if same.start == shown.start => {
                self.bytes -= same.weight();
                *same = shown;
            }
            _ => self.all.insert(at, shown),
        }
        while self.bytes > MOST && self.all.len() > 1 {
            let gone = if at * 2 > self.all.len() { self.all.remove(0) } else { self.all.remove(self.all.len() - 1) };
            self.bytes -= gone.weight();
        }
    }

    /// When the first begins after `time`.
    pub(super) fn next(&self, time: Time) -> Option<Time> {
        let next = self.all.partition_point(|shown| shown.start <= time);
        self.all.get(next..)?.iter().find(|shown| !shown.pictures.is_empty()).map(|shown| shown.start)
    }

    /// Beginnings and ends of all.
    pub(super) fn all(&self) -> impl Iterator<Item = (Time, Time)> {
        let after = self.all.iter().skip(1).map(|shown| Some(shown.start)).chain([None]);
        let seen = self.all.iter().zip(after).filter(|(shown, _)| !shown.pictures.is_empty());
        seen.map(|(shown, after)| {
            let end = shown.end.into_iter().chain(after).min();
            (shown.start, end.unwrap_or(shown.start + UNKNOWN))
        })
    }

    /// What is seen at `time`, with its beginning.
    pub(super) fn at(&self, time: Time) -> Option<(&[Picture], Time)> {
        let next = self.all.partition_point(|shown| shown.start <= time);
        let shown = self.all.get(next.checked_sub(1)?)?;
        let after = self.all.get(next).map(|shown| shown.start);
        let end = match (shown.end, after) {
            (Some(end), Some(after)) => Some(end.min(after)),
            (end, after) => end.or(after),
        };
        let seen = !shown.pictures.is_empty() && end.is_none_or(|end| time < end);
        seen.then_some((&shown.pictures, shown.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cue(start: f64, end: Option<f64>, count: usize, pixels: usize) -> Cue {
        let picture = Picture {
            at: [0, 0],
            size: [1, 1],
            canvas: None,
            pixels: vec![0; pixels],
            colours: Vec::new(),
            forced: false,
        };
        let body = Body::Pictures(vec![picture; count]);
        Cue { start: Time::from_seconds(start), end: end.map(Time::from_seconds), body }
    }

    #[test]
    fn a_picture_is_seen_until_it_ends_or_another_begins() {
        let mut pictures = Pictures::default();
        for one in [cue(5.0, None, 1, 1), cue(1.0, Some(2.0), 2, 1), cue(7.0, None, 0, 1), cue(1.5, Some(9.0), 3, 1)] {
            pictures.add(one);
        }
        let seen = |at: f64| pictures.at(Time::from_seconds(at)).map(|(pictures, _)| pictures.len());
        let next = |at: f64| pictures.next(Time::from_seconds(at)).map(Time::seconds);
        assert_eq!([0.0, 1.0, 1.5, 4.9, 5.0].map(next), [Some(1.0), Some(1.5), Some(5.0), Some(5.0), None]);
        assert_eq!(
            [0.5, 1.2, 1.6, 4.9, 5.0, 6.9, 7.1].map(seen),
            [None, Some(2), Some(3), Some(3), Some(1), Some(1), None]
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut pictures = Pictures::default();
        (0..30).for_each(|at| pictures.add(cue(f64::from(at), None, 1, 10 << 20)));
        assert!(pictures.bytes <= MOST && pictures.all.len() == 9, "{} {}", pictures.bytes, pictures.all.len());
        assert!(pictures.at(Time::from_seconds(29.5)).is_some(), "the newest is kept");
        let weight: usize = pictures.all.iter().map(Shown::weight).sum();
        assert_eq!(weight, pictures.bytes);
    }
}
