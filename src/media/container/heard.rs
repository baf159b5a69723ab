//! The lane of the audio track that plays, with the seeks that its packets follow.

use ffmpeg_next::packet::Packet;

use super::lane::Lane;
use crate::time::Time;

/// What a decoder of sound has to run up, and how far apart containers put sound and picture.
pub(super) const LEAD: Time = Time::from_nanoseconds(1_000_000_000);
/// As much as this is sooner read on through than sought.
const NEAR: Time = Time::from_nanoseconds(2_000_000_000);

/// What [`SoundPackets::next`](super::SoundPackets::next) finds.
pub enum SoundRead {
    /// The next packet, in the container's order.
    Packet {
        /// Its times are on the container's clock, without that clock's jumps.
        packet: Packet,
        /// The epoch of the seek that it follows.
        epoch: u32,
    },
    /// The source goes elsewhere: what came before is void, and packets follow from some time before `target` on. It may come more than once for one
    /// seek, with the same epoch.
    Sought {
        /// That of the frames from there.
        epoch: u32,
        /// The film time that is wanted.
        target: Time,
    },
    /// There is no more of this epoch, for now: packets still come where the container keeps its tracks too far apart. Given once.
    End {
        /// The epoch that ended.
        epoch: u32,
    },
    /// Nothing came in time.
    Yet,
    /// The source is gone.
    Over,
}

/// The packets of the sound that plays.
pub(super) struct Heard {
    pub(super) lane: Lane,
    /// The container's clock at film time zero.
    origin: Time,
    epoch: u32,
    /// Of the last seek.
    target: Option<Time>,
    /// That seek was told, and nothing has been thrown away since.
    told: bool,
    /// Nothing is given before it is known where to go on.
    moving: bool,
    /// The end was told.
    ended: bool,
}

impl Heard {
    pub(super) fn new(lane: Lane, origin: Time, epoch: u32) -> Self {
        Self { lane, origin, epoch, target: None, told: false, moving: false, ended: false }
    }

    /// What comes next; none yet. `starved`: nothing more comes to the lane for now.
    pub(super) fn next(&mut self, starved: bool) -> Option<SoundRead> {
        let epoch = self.epoch;
        if let Some(target) = self.target.filter(|_| !self.told) {
            self.told = true;
            return Some(SoundRead::Sought { epoch, target });
        }
        if self.moving {
            return None;
        }
        if let Some(packet) = self.lane.take() {
            self.ended = false;
            return Some(SoundRead::Packet { packet, epoch });
        }
        (starved && !std::mem::replace(&mut self.ended, true)).then_some(SoundRead::End { epoch })
    }

    /// What comes from now on is wanted for `target`, in that epoch.
    pub(super) fn begin_seek(&mut self, target: Time, epoch: u32) {
        (self.epoch, self.target) = (epoch, Some(target));
        (self.told, self.moving, self.ended) = (false, true, false);
    }

    /// Wherever the search led, sound goes on from there.
    pub(super) fn end_seek(&mut self) {
        self.moving = false;
    }

    /// From where on, on the container's clock, packets are wanted.
    fn from(&self) -> Option<Time> {
        self.target.map(|target| self.origin + target - LEAD)
    }

    /// The same where no search is under way and none of them can come from where the reader is: they lie before what is kept, or much farther on.
    pub(super) fn far(&self, from_beginning: bool) -> Option<Time> {
        let from = self.from().filter(|_| !self.moving)?;
        let begins = from_beginning || self.lane.first_time().is_some_and(|first| first <= from);
        let reached = self.lane.latest().unwrap_or(self.origin) + NEAR;
        (!begins || reached < from).then_some(from)
    }

    /// Whether all that is wanted is in the lane, or will come behind it.
    pub(super) fn covers(&self, from_beginning: bool) -> bool {
        let from = self.from().filter(|_| self.moving);
        from_beginning || from.is_none_or(|from| self.lane.first_time().is_some_and(|first| first <= from))
    }

    /// Goes to what is wanted in the lane, where that was not done yet.
    pub(super) fn go(&mut self) {
        if let Some(from) = self.from().filter(|_| self.moving) {
            self.lane.go_to(self.lane.index_at(from));
        }
        self.moving = false;
    }

    /// The reader goes elsewhere.
    pub(super) fn leave(&mut self) {
        // What was given already will come again.
        self.told &= self.moving;
        (self.moving, self.ended) = (false, false);
        self.lane.clear();
        self.lane.skip_to(self.from());
    }
}
