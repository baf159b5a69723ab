//! The packets of the subtitle tracks that wait for whoever draws them.

use std::collections::VecDeque;

use ffmpeg_next::packet::Packet;

use super::lane::weight;

/// The most bytes that wait for whoever takes them; the oldest go first.
const MOST_WAITING: usize = 64 << 20;

/// What comes next.
pub enum SubtitleRead {
    /// A packet; [`Packet::stream`] says of which track. Its times are on the container's clock, without that clock's jumps.
    Packet(Packet),
    /// The source has gone elsewhere: decoders forget what they hold.
    Sought,
    /// A packet from before what is read there, for a decoder of its own: it belongs to no packet that comes otherwise.
    Earlier(Packet),
    /// What comes of those is from elsewhere.
    EarlierSought,
    /// Nothing for now.
    Yet,
    /// The source is gone.
    Over,
}

/// The packets that wait.
pub(super) struct Cues {
    streams: Vec<usize>,
    packets: VecDeque<Packet>,
    bytes: usize,
    sought: bool,
    /// Those from before what is read; none where they begin elsewhere.
    earlier: VecDeque<Option<Packet>>,
}

impl Cues {
    pub(super) fn new(streams: Vec<usize>) -> Self {
        Self { streams, packets: VecDeque::new(), bytes: 0, sought: false, earlier: VecDeque::new() }
    }

    /// Whether the packets of that stream are wanted.
    pub(super) fn takes(&self, stream: usize) -> bool {
        self.streams.contains(&stream)
    }

    pub(super) fn push(&mut self, packet: Packet) {
        self.bytes += weight(&packet);
        self.packets.push_back(packet);
        while self.bytes > MOST_WAITING && self.drop_first() {}
    }

    fn drop_first(&mut self) -> bool {
        let first = self.packets.pop_front();
        self.bytes = self.bytes.saturating_sub(first.as_ref().map_or(0, weight));
        first.is_some()
    }

    /// The reader goes elsewhere.
    pub(super) fn leave(&mut self) {
        self.packets.clear();
        self.earlier.clear();
        (self.bytes, self.sought) = (0, true);
    }

    /// A packet from before what is read; none: what comes is from elsewhere.
    pub(super) fn push_earlier(&mut self, packet: Option<Packet>) {
        let size = packet.as_ref().map_or(0, weight);
        if self.bytes + size <= MOST_WAITING {
            self.bytes += size;
            self.earlier.push_back(packet);
        }
    }

    pub(super) fn next(&mut self) -> SubtitleRead {
        if std::mem::take(&mut self.sought) {
            return SubtitleRead::Sought;
        }
        let packet = self.packets.pop_front();
        if packet.is_none()
            && let Some(earlier) = self.earlier.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(earlier.as_ref().map_or(0, weight));
            return earlier.map_or(SubtitleRead::EarlierSought, SubtitleRead::Earlier);
        }
        self.bytes = self.bytes.saturating_sub(packet.as_ref().map_or(0, weight));
        packet.map_or(SubtitleRead::Yet, SubtitleRead::Packet)
    }
}

#[cfg(test)]
mod tests {
    use super::super::lane::tests::packet;
    use super::*;

    #[test]
    fn what_nobody_takes_does_not_fill_the_memory() {
        let mut cues = Cues::new(vec![2, 5]);
        assert!(cues.takes(5) && !cues.takes(1));
        (0..100).for_each(|at| cues.push(packet(2, at, 1 << 20, true)));
        assert!(cues.bytes <= MOST_WAITING && cues.packets.len() == 63, "{}", cues.packets.len());
        let SubtitleRead::Packet(first) = cues.next() else { panic!("the newest are kept") };
        assert_eq!(first.pts(), Some(37));
        cues.leave();
        assert!(matches!(cues.next(), SubtitleRead::Sought) && matches!(cues.next(), SubtitleRead::Yet));
    }
}
