//! Long gaps in a sound that is coded anew: kept as times, not as samples. An hour without sound costs nothing.

/// Where samples belong, and where they lie in the encoder's stream, which has no long gaps. Counted in samples of what is written.
pub(super) struct Gaps {
    /// Shorter gaps are filled with silence.
    longest: i64,
    /// Samples of one of the encoder's packets, and those that it puts before the first.
    frame: i64,
    padding: i64,
    /// Places in the encoder's stream, always between two packets, and what the packets from there on are moved by.
    moves: Vec<(i64, i64)>,
    /// Where the next samples are expected to belong.
    expected: i64,
    /// The end of what has been given to the encoder's stream.
    reached: i64,
}

impl Gaps {
    pub(super) fn new(rate: i32, frame: i32, padding: i32) -> Self {
        let (frame, padding) = (i64::from(frame).max(1), i64::from(padding).max(0));
        Self { longest: i64::from(rate), frame, padding, moves: Vec::new(), expected: 0, reached: 0 }
    }

    /// Where `length` samples that belong to `time` (none: right behind the last) lie in the encoder's stream, and whether a long gap is before them.
    pub(super) fn place(&mut self, time: Option<i64>, length: i64) -> (i64, bool) {
        let time = time.unwrap_or(self.expected);
        let gap = time.saturating_sub(self.expected) > self.longest;
        if gap {
            // The place where the next of the encoder's packets begins, so that none holds sound from both sides.
            let end = self.expected.max(0) - self.moved_by();
            // Rounded up: neither is negative.
            let packets = (end + self.padding + self.frame - 1) / self.frame;
            let place = packets * self.frame - self.padding;
            self.moves.push((place, time - place));
        }
        self.expected = time.saturating_add(length);
        (time - self.moved_by(), gap)
    }

    /// `length` samples have been given to the encoder's stream at `place`.
    pub(super) fn given(&mut self, place: i64, length: i64) {
        self.reached = place.saturating_add(length);
    }

    /// The end of what has been given to the encoder's stream.
    pub(super) fn reached(&self) -> i64 {
        self.reached
    }

    /// Where what lies at `place` of the encoder's stream belongs.
    pub(super) fn moved(&self, place: i64) -> i64 {
        let by = self.moves.iter().rev().find(|(from, _)| *from <= place).map_or(0, |(_, by)| *by);
        place.saturating_add(by)
    }

    fn moved_by(&self) -> i64 {
        self.moves.last().map_or(0, |(_, by)| *by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_gap_is_a_time() {
        let mut gaps = Gaps::new(48_000, 1024, 1024);
        assert_eq!(gaps.place(Some(0), 1000), (0, false));
        // Less than a second is left to the filters.
        assert_eq!(gaps.place(Some(40_000), 1000), (40_000, false));
        // An hour later: the next packet's first sample.
        let hour = 3600 * 48_000;
        assert_eq!(gaps.place(Some(hour), 1000), (41 * 1024, true));
        assert_eq!(gaps.place(None, 1000), (41 * 1024 + 1000, false));
        assert_eq!((gaps.moved(40 * 1024), gaps.moved(41 * 1024), gaps.moved(-1024)), (40 * 1024, hour, -1024));
    }

    #[test]
    fn sound_that_begins_late_does_so_in_time() {
        let mut gaps = Gaps::new(48_000, 960, 312);
        assert_eq!(gaps.place(Some(30 * 48_000), 960), (648, true));
        assert_eq!((gaps.moved(-312), gaps.moved(648)), (-312, 30 * 48_000));
    }
}
