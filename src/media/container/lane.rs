//! One track's packets between the reader and whoever takes them: those that wait, and those taken already, as far as they are kept.

use std::collections::VecDeque;

use ffmpeg_next::ffi;
use ffmpeg_next::packet::{Mut, Packet, Ref};

use crate::time::Time;

/// The stream of a lane that nothing comes to: of what has no pictures.
pub(super) const NONE: usize = usize::MAX;
/// Where packets have no times, each counts as so long.
const TIMELESS: i64 = 40_000_000;

/// What a packet takes of the memory, in bytes: itself, and what it is kept in.
pub(super) fn weight(packet: &Packet) -> usize {
    packet.size() + 512
}

/// The same bytes once more, without a copy of them where FFmpeg counts who has them, as it does with all that it reads.
pub(super) fn share(packet: &Packet) -> Packet {
    let mut same = Packet::empty();
    // SAFETY: both are valid, and the new one is empty.
    let code = unsafe { ffi::av_packet_ref(same.as_mut_ptr(), packet.as_ptr()) };
    if code >= 0 { same } else { packet.clone() }
}

/// One packet with its times on the container's clock.
struct Kept {
    packet: Packet,
    /// When it is decoded.
    time: Option<Time>,
    /// When what is in it is shown.
    shown: Option<Time>,
}

/// The packets of one track, in the order in which they were read.
pub(super) struct Lane {
    pub(super) stream: usize,
    time_base: (i32, i32),
    packets: VecDeque<Kept>,
    /// The one that is taken next.
    at: usize,
    /// Bytes of those that wait.
    ahead: usize,
    /// Bytes of those taken.
    behind: usize,
    /// The latest time of all since the reader went elsewhere.
    latest: Option<Time>,
    /// Packets before it are passed over as they come.
    skip: Option<Time>,
    /// The last one that is kept, up to which what comes is here already.
    joins: Option<Joint>,
}

/// What a packet is known by that is read once more.
#[derive(Debug, Clone, Copy)]
struct Joint {
    time: Time,
    pts: Option<i64>,
    size: usize,
}

impl Joint {
    fn of(kept: &Kept) -> Option<Self> {
        Some(Self { time: kept.time?, pts: kept.packet.pts(), size: kept.packet.size() })
    }
}

impl Lane {
    pub(super) fn new(stream: usize, time_base: (i32, i32)) -> Self {
        let packets = VecDeque::new();
        Self { stream, time_base, packets, at: 0, ahead: 0, behind: 0, latest: None, skip: None, joins: None }
    }

    /// When a packet is to be decoded.
    pub(super) fn time_of(&self, packet: &Packet) -> Option<Time> {
        packet.dts().or(packet.pts()).map(|ticks| self.time(ticks))
    }

    fn time(&self, ticks: i64) -> Time {
        Time::from_ticks(ticks, self.time_base.0, self.time_base.1)
    }

    /// Puts one behind all others.
    pub(super) fn push(&mut self, packet: Packet) {
        let time = self.time_of(&packet);
        if let Some(last) = self.joins {
            let is_it = packet.pts() == last.pts && packet.size() == last.size;
            self.joins = self.joins.filter(|_| !is_it && time.is_none_or(|time| time <= last.time));
            if is_it || self.joins.is_some() {
                return;
            }
        }
        let shown = packet.pts().map(|ticks| self.time(ticks)).or(time);
        self.latest = self.latest.max(time);
        self.ahead += weight(&packet);
        self.packets.push_back(Kept { packet, time, shown });
        if self.skip.is_some_and(|skip| time.is_some_and(|time| time < skip)) && self.waiting() == 1 {
            self.pass();
        } else {
            self.skip = None;
        }
    }

    /// The next one; it stays among those behind.
    pub(super) fn take(&mut self) -> Option<Packet> {
        let packet = share(&self.packets.get(self.at)?.packet);
        self.pass();
        Some(packet)
    }

    /// Passes over those that wait and are decoded before `time`.
    pub(super) fn pass_before(&mut self, time: Time) {
        while self.next_time().is_some_and(|next| next < time) {
            self.pass();
        }
    }

    fn pass(&mut self) {
        if let Some(kept) = self.packets.get(self.at) {
            let weight = weight(&kept.packet);
            self.ahead = self.ahead.saturating_sub(weight);
            self.behind += weight;
            self.at += 1;
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.packets.len() - self.at
    }

    /// Bytes of those that wait.
    pub(super) fn ahead(&self) -> usize {
        self.ahead
    }

    /// Bytes of those that were taken and are kept.
    pub(super) fn behind(&self) -> usize {
        self.behind
    }

    /// How long those that wait last.
    pub(super) fn length(&self) -> Time {
        let Some(next) = self.packets.get(self.at) else { return Time::ZERO };
        match self.latest.zip(next.time) {
            Some((latest, time)) => (latest - time).max(Time::ZERO),
            None => Time::from_nanoseconds(TIMELESS.saturating_mul(self.waiting() as i64)),
        }
    }

    /// The time of the next one.
    pub(super) fn next_time(&self) -> Option<Time> {
        self.packets.get(self.at).and_then(|kept| kept.time)
    }

    /// The time of the first one that is kept.
    pub(super) fn first_time(&self) -> Option<Time> {
        self.packets.front().and_then(|kept| kept.time)
    }

    /// The latest time of all since the reader went elsewhere.
    pub(super) fn latest(&self) -> Option<Time> {
        self.latest
    }

    /// The end of the last one, as far as that is known.
    pub(super) fn end(&self) -> Option<Time> {
        let last = self.packets.back();
        let end = last.and_then(|kept| Some(kept.time? + self.time(kept.packet.duration().max(0))));
        end.max(self.latest)
    }

    /// The last from which what is shown at `time` can be decoded.
    pub(super) fn key_at(&self, time: Time) -> Option<usize> {
        let is_key = |kept: &Kept| kept.packet.is_key() && kept.shown.is_some_and(|shown| shown <= time);
        self.packets.iter().rposition(is_key)
    }

    /// The first from which decoding can begin.
    pub(super) fn first_key(&self) -> Option<usize> {
        self.packets.iter().position(|kept| kept.packet.is_key() && kept.shown.is_some())
    }

    /// The last that is decoded at `time` or before; the first where all are later.
    pub(super) fn index_at(&self, time: Time) -> usize {
        self.packets.iter().rposition(|kept| kept.time.is_some_and(|other| other <= time)).unwrap_or(0)
    }

    /// The one of that index is taken next.
    pub(super) fn go_to(&mut self, index: usize) {
        self.at = index.min(self.packets.len());
        let bytes = |kept: &Kept| weight(&kept.packet);
        self.behind = self.packets.iter().take(self.at).map(bytes).sum();
        self.ahead = self.packets.iter().skip(self.at).map(bytes).sum();
        self.skip = None;
    }

    /// What comes before `time` is passed over.
    pub(super) fn skip_to(&mut self, time: Option<Time>) {
        self.skip = time;
    }

    /// Forgets the eldest that were taken: up to the next from which decoding can begin, else all of them. How many.
    pub(super) fn forget_some(&mut self) -> usize {
        let taken = self.packets.iter().take(self.at + 1);
        let key = taken.skip(1).position(|kept| kept.packet.is_key()).map(|index| index + 1);
        self.forget(key.unwrap_or(self.at))
    }

    /// Forgets those that were taken and are decoded before `time`. How many.
    pub(super) fn forget_before(&mut self, time: Time) -> usize {
        let early = self.packets.iter().take(self.at);
        let count = early.take_while(|kept| kept.time.is_none_or(|other| other < time)).count();
        self.forget(count)
    }

    /// Forgets all that were taken. How many.
    pub(super) fn forget_taken(&mut self) -> usize {
        self.forget(self.at)
    }

    fn forget(&mut self, count: usize) -> usize {
        let count = count.min(self.at);
        let bytes: usize = self.packets.drain(..count).map(|kept| weight(&kept.packet)).sum();
        self.behind = self.behind.saturating_sub(bytes);
        self.at -= count;
        count
    }

    /// All of it, for whoever keeps it; nothing is left here.
    pub(super) fn hand_over(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.stream, self.time_base))
    }

    /// What comes from now on is read from somewhere before its end: what is here already is not taken twice.
    pub(super) fn join(&mut self) {
        (self.joins, self.skip) = (self.packets.back().and_then(Joint::of), None);
    }

    /// Drops the last one: its bytes.
    pub(super) fn drop_last(&mut self) -> usize {
        let bytes = self.packets.pop_back().map_or(0, |kept| weight(&kept.packet));
        match self.at > self.packets.len() {
            true => (self.at, self.behind) = (self.packets.len(), self.behind.saturating_sub(bytes)),
            false => self.ahead = self.ahead.saturating_sub(bytes),
        }
        self.latest = self.packets.back().and_then(|kept| kept.time);
        bytes
    }

    /// Forgets everything: it belongs to another place.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.stream, self.time_base);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A packet of `stream` at so many milliseconds.
    pub(in super::super) fn packet(stream: usize, milliseconds: i64, size: usize, key: bool) -> Packet {
        let mut packet = Packet::new(size);
        packet.set_stream(stream);
        packet.set_pts(Some(milliseconds));
        packet.set_dts(Some(milliseconds));
        if key {
            packet.set_flags(ffmpeg_next::packet::Flags::KEY);
        }
        packet
    }

    pub(in super::super) fn ms(milliseconds: i64) -> Time {
        Time::from_nanoseconds(milliseconds * 1_000_000)
    }

    /// Ten packets, 100 ms apart, of which the first and every fourth after it is a key frame.
    fn lane() -> Lane {
        let mut lane = Lane::new(0, (1, 1000));
        (0..10).for_each(|n| lane.push(packet(0, n * 100, 1000, n % 4 == 0)));
        lane
    }

    #[test]
    fn what_was_taken_can_be_gone_back_to_as_far_as_it_is_kept() {
        let mut lane = lane();
        assert_eq!((lane.length(), lane.ahead(), lane.behind()), (ms(900), 15_120, 0));
        let taken: Vec<_> = (0..6).map(|_| lane.take().unwrap().pts().unwrap()).collect();
        assert_eq!(taken, [0, 100, 200, 300, 400, 500]);
        assert_eq!((lane.length(), lane.ahead(), lane.behind()), (ms(300), 4 * 1512, 6 * 1512));
        assert_eq!([399, 400, 799, 5000].map(|at| lane.key_at(ms(at))), [Some(0), Some(4), Some(4), Some(8)]);
        assert_eq!(lane.forget_some(), 4);
        assert_eq!((lane.first_time(), lane.key_at(ms(399)), lane.behind()), (Some(ms(400)), None, 2 * 1512));
        lane.go_to(0);
        assert_eq!((lane.take().unwrap().pts(), lane.ahead()), (Some(400), 5 * 1512));
        // There is no key frame to stop at.
        assert_eq!((lane.forget_some(), lane.behind(), lane.next_time()), (1, 0, Some(ms(500))));
        assert_eq!(std::iter::from_fn(|| lane.take()).count(), 5);
        assert_eq!((lane.length(), lane.ahead(), lane.latest()), (ms(0), 0, Some(ms(900))));
    }

    #[test]
    fn early_packets_are_passed_over() {
        let mut lane = Lane::new(0, (1, 1000));
        lane.skip_to(Some(ms(250)));
        (0..10).for_each(|n| lane.push(packet(0, n * 100, 1000, true)));
        assert_eq!((lane.next_time(), lane.waiting(), lane.behind()), (Some(ms(300)), 7, 3 * 1512));
        assert_eq!((lane.index_at(ms(150)), lane.index_at(ms(-1))), (1, 0));
        assert_eq!((lane.forget_before(ms(200)), lane.first_time()), (2, Some(ms(200))));
    }
}
