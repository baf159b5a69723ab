//! The packets of the tracks beside the picture that are to be written along, in the container's order.

use std::collections::VecDeque;

use ffmpeg_next::packet::Packet;

use super::lane::weight;
use crate::time::Time;

/// The most bytes that wait for whoever writes them. Containers interleave their tracks; one that does not, read from a pipe, ends here.
const MOST_BYTES: usize = 256 << 20;

/// One of the sounds.
pub(super) struct SoundTrack {
    pub(super) stream: usize,
    pub(super) time_base: (i32, i32),
    /// The last time of it that was read, on the container's clock.
    pub(super) last: Option<Time>,
}

/// Packets that wait to be written along.
pub(super) struct Waiting {
    packets: VecDeque<Packet>,
    bytes: usize,
    sounds: Vec<SoundTrack>,
    /// Up to where they are wanted, on the container's clock.
    pub(super) end: Option<Time>,
    /// All up to there was read.
    pub(super) settled: bool,
    /// Somebody takes what comes.
    pub(super) attended: bool,
    /// Nobody ever will.
    closed: bool,
}

impl Waiting {
    pub(super) fn new(sounds: Vec<SoundTrack>) -> Self {
        Self { packets: VecDeque::new(), bytes: 0, sounds, end: None, settled: false, attended: false, closed: false }
    }

    /// Puts one behind all others.
    pub(super) fn push(&mut self, packet: Packet) {
        if let Some(sound) = self.sounds.iter_mut().find(|sound| sound.stream == packet.stream()) {
            let time = |ticks| Time::from_ticks(ticks, sound.time_base.0, sound.time_base.1);
            sound.last = packet.dts().or(packet.pts()).map(time).or(sound.last);
        }
        if !self.closed {
            self.bytes += weight(&packet);
            self.packets.push_back(packet);
        }
    }

    pub(super) fn take(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?;
        self.bytes = self.bytes.saturating_sub(weight(&packet));
        Some(packet)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(super) fn first_of(&self, stream: usize) -> Option<Packet> {
        self.packets.iter().find(|packet| packet.stream() == stream).cloned()
    }

    /// More waits than may.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > MOST_BYTES
    }

    /// So much waits that it should be taken soon.
    pub(super) fn is_pressing(&self) -> bool {
        self.bytes > MOST_BYTES / 2
    }

    /// Each sound has come so far; or has begun.
    pub(super) fn has_come_to(&self, time: Option<Time>) -> bool {
        self.sounds.iter().all(|sound| sound.last.is_some_and(|last| time.is_none_or(|time| last >= time)))
    }

    /// The reader goes elsewhere.
    pub(super) fn leave(&mut self) {
        self.packets.clear();
        (self.bytes, self.settled) = (0, false);
        self.sounds.iter_mut().for_each(|sound| sound.last = None);
    }

    /// Nobody takes them any more.
    pub(super) fn close(&mut self) {
        self.leave();
        self.closed = true;
    }
}
