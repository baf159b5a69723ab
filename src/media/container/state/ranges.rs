//! Parts of a film that were read before the reader went elsewhere: going back to one reads nothing, and the reader goes on where it ends.

use std::collections::VecDeque;

use super::super::heard::LEAD;
use super::super::lane::Lane;
use super::super::reader::Place;
use super::{Ending, State};
use crate::time::Time;

/// One part.
struct Range {
    pictures: Lane,
    sounds: Vec<Lane>,
    /// It begins where the container does.
    from_beginning: bool,
    /// It ends where the container does.
    to_end: bool,
}

impl Range {
    fn bytes(&self) -> usize {
        self.lanes().map(|lane| lane.ahead() + lane.behind()).sum()
    }

    fn lanes(&self) -> impl Iterator<Item = &Lane> {
        std::iter::once(&self.pictures).chain(&self.sounds)
    }

    /// Whether what is shown at `time` can be decoded, and the sound of that stream from its time on.
    fn covers(&self, time: Time, sound: Option<(usize, Time)>) -> bool {
        let goes_far_enough = self.to_end || self.pictures.latest().is_some_and(|latest| latest > time);
        let sound_too = sound.is_none_or(|(stream, from)| {
            let mut lanes = self.sounds.iter().filter(|lane| lane.stream == stream);
            self.from_beginning || lanes.any(|lane| lane.first_time().is_some_and(|first| first <= from))
        });
        goes_far_enough && sound_too && self.pictures.key_at(time).is_some()
    }

    /// Drops what comes last until no more than so many bytes are left: one that is too large would drive out all others.
    fn shorten(&mut self, most: usize) {
        let mut bytes = self.bytes();
        while bytes > most {
            let lanes = std::iter::once(&mut self.pictures).chain(&mut self.sounds);
            let Some(last) = lanes.filter(|lane| lane.latest().is_some()).max_by_key(|lane| lane.latest()) else {
                return;
            };
            bytes = bytes.saturating_sub(last.drop_last());
            self.to_end = false;
        }
    }

    /// Where all its tracks have come to.
    fn end(&self) -> Option<Time> {
        self.lanes().filter_map(Lane::latest).min()
    }
}

/// Those that are kept, the eldest first.
#[derive(Default)]
pub(super) struct Ranges {
    kept: VecDeque<Range>,
    /// Any are kept.
    wanted: bool,
}

impl Ranges {
    /// Bytes of all.
    pub(super) fn bytes(&self) -> usize {
        self.kept.iter().map(Range::bytes).sum()
    }

    /// From when to when each has pictures.
    pub(super) fn spans(&self) -> impl Iterator<Item = (Time, Time)> {
        self.kept.iter().filter_map(|range| range.pictures.first_time().zip(range.pictures.latest()))
    }

    /// Forgets the eldest. False where there is none.
    pub(super) fn forget_eldest(&mut self) -> bool {
        self.kept.pop_front().is_some()
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }
}

impl State {
    /// From now on parts are kept that the reader leaves. Packets have to have times that never jump.
    pub(in super::super) fn keep_ranges(&mut self) {
        self.ranges.wanted = true;
    }

    /// Keeps what is at hand, before the reader goes elsewhere.
    pub(super) fn keep_range(&mut self) {
        if !self.ranges.wanted || self.others.is_some() || self.pictures.first_key().is_none() {
            return;
        }
        let mut range = Range {
            pictures: self.pictures.hand_over(),
            sounds: self.sounds.hand_over(),
            from_beginning: self.from_beginning,
            to_end: self.ending == Some(Ending::End),
        };
        range.shorten(self.limits.behind / 2);
        self.ranges.kept.push_back(range);
        while self.ranges.bytes() > self.limits.behind && self.ranges.forget_eldest() {}
    }

    /// From which packet on what is shown at `time` can be decoded, where a part that is kept has that: it is what is at hand then.
    pub(in super::super) fn recall(&mut self, time: Time) -> Option<usize> {
        let sound = self.sounds.wanted();
        let place = self.ranges.kept.iter().rposition(|range| range.covers(time, sound))?;
        self.take_up(place)?;
        self.pictures.key_at(time)
    }

    /// The same of the container's beginning.
    pub(in super::super) fn recall_beginning(&mut self) -> Option<usize> {
        let place = self.ranges.kept.iter().rposition(|range| range.from_beginning)?;
        self.take_up(place).map(|()| 0)
    }

    fn take_up(&mut self, place: usize) -> Option<()> {
        let mut range = self.ranges.kept.remove(place)?;
        self.keep_range();
        let end = range.end();
        std::iter::once(&mut range.pictures).chain(&mut range.sounds).for_each(Lane::join);
        (self.pictures, self.from_beginning) = (range.pictures, range.from_beginning);
        self.sounds.take_up(range.sounds);
        self.ending = range.to_end.then_some(Ending::End);
        (self.aim, self.reach, self.hungry, self.wish) = (None, None, false, None);
        // What is read just now belongs elsewhere. Where more is wanted the reader goes to a little before the end of what there is.
        self.void = self.busy;
        self.resume = end.filter(|_| !range.to_end).map(|end| Place::Before(end - LEAD));
        Some(())
    }
}
