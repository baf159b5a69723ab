//! What a container says of where its packets are: its index, as FFmpeg has it.

use ffmpeg_next::ffi;
use ffmpeg_next::packet::Packet;

use super::Reader;
use crate::time::Time;

impl Reader {
    /// The time of a packet on the container's clock.
    pub(in super::super) fn time_of(&self, packet: &Packet) -> Option<Time> {
        let base = self.input.stream(packet.stream())?.time_base();
        let ticks = packet.dts().or(packet.pts())?;
        Some(Time::from_ticks(ticks, base.numerator(), base.denominator()))
    }

    /// How many packets of those streams are in the index.
    pub(in super::super) fn indexed(&self, streams: &[usize]) -> usize {
        let count = |index: &usize| {
            let stream = self.input.stream(*index)?;
            // SAFETY: the stream belongs to the open context.
            let count = unsafe { ffi::avformat_index_get_entries_count(stream.as_ptr()) };
            usize::try_from(count).ok()
        };
        streams.iter().filter_map(count).sum()
    }

    /// When the first packet of those streams after `time` comes, by the index.
    pub(in super::super) fn next_indexed(&mut self, streams: &[usize], time: Time) -> Option<Time> {
        let next = |index: &usize| {
            let mut stream = self.input.stream_mut(*index)?;
            let base = stream.time_base();
            let after = time.to_ticks(base.numerator(), base.denominator()).saturating_add(1);
            // SAFETY: the stream belongs to the open context; an entry is read before anything else is done with that.
            let entry = unsafe { ffi::avformat_index_get_entry_from_timestamp(stream.as_mut_ptr(), after, 0).as_ref() };
            entry.map(|entry| Time::from_ticks(entry.timestamp, base.numerator(), base.denominator()))
        };
        streams.iter().filter_map(next).min()
    }
}
