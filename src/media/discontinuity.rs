//! Jumps of a container's clock (FFmpeg's "timestamp discontinuity"), mended in the packets for all tracks alike.
//!
//! Where one recording was joined to another, a counter wrapped or a sender began anew, all tracks jump, but not in the same packet. The first
//! packet behind a jump gives the shift that continues its own track; the other tracks then take the same shift, so that they stay together.

use crate::time::Time;

/// A longer step ahead of all tracks is a jump, in containers whose clock may break.
const LONGEST_GAP: Time = Time::from_nanoseconds(10_000_000_000);
/// A shorter step back of the decoding time is untidiness, a longer one a jump. Other times come in any order; there it is a gap's length.
const LONGEST_STEP_BACK: Time = Time::from_nanoseconds(250_000_000);
/// Shifts that stragglers may still need.
const MOST_SHIFTS: usize = 8;

/// One packet's place in its track.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    /// The container's own time.
    pub(super) time: Time,
    /// Whether that is the decoding time, which only grows.
    pub(super) decoding: bool,
    pub(super) length: Time,
    /// Of a track with gaps (subtitles), which says little about the clock.
    pub(super) sparse: bool,
}

/// The shifts that mend a container's clock.
#[derive(Debug)]
pub(super) struct Discontinuities {
    /// The container's clock may jump ahead (MPEG-TS); in others a gap is a gap.
    may_break: bool,
    /// Added to times, the newest last.
    shifts: Vec<Time>,
    tracks: Vec<Progress>,
    /// The latest mended time of all tracks without gaps.
    reached: Option<Time>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// The shift in force; none before the first packet.
    shift: Option<Time>,
    /// Mended decoding time of the last packet that had one.
    decoded: Option<Time>,
    /// The latest mended time of a packet, and its end.
    latest: Option<(Time, Time)>,
}

impl Discontinuities {
    pub(super) fn new(may_break: bool) -> Self {
        Self { may_break, shifts: vec![Time::ZERO], tracks: Vec::new(), reached: None }
    }

    /// After going to another place: nothing that came before counts.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.may_break);
    }

    /// What has to be added to the times of the next packet of `track`.
    pub(super) fn shift(&mut self, track: usize, stamp: Stamp) -> Time {
        if track >= self.tracks.len() {
            self.tracks.resize(track + 1, Progress::default());
        }
        let progress = self.tracks[track];
        let newest = self.shifts.last().copied().unwrap_or(Time::ZERO);
        let current = progress.shift.unwrap_or(newest);
        let shift = if self.fits(stamp, current, progress) {
            current
        } else {
            let known = self.shifts.iter().rev().copied().find(|shift| self.joins(stamp, *shift, progress));
            match known {
                Some(shift) => shift,
                None if stamp.sparse => newest,
                None => self.begin(stamp, progress),
            }
        };
        let time = stamp.time + shift;
        let begun = progress.shift != Some(shift);
        let latest = progress.latest.filter(|(latest, _)| !begun && *latest > time);
        self.tracks[track] = Progress {
            shift: Some(shift),
            decoded: if stamp.decoding { Some(time) } else { progress.decoded.filter(|_| !begun) },
            latest: latest.or(Some((time, time + stamp.length))),
        };
        if !stamp.sparse {
            self.reached = Some(self.reached.map_or(time, |reached| reached.max(time)));
        }
        shift
    }

    /// Whether a track just goes on with `shift`.
    fn fits(&self, stamp: Stamp, shift: Time, progress: Progress) -> bool {
        let time = stamp.time + shift;
        if stamp.sparse {
            return self.shifts.len() == 1 || self.reached.is_none_or(|reached| is_near(time, reached));
        }
        let latest = progress.latest.map(|(latest, _)| latest - LONGEST_GAP);
        let decoded = progress.decoded.filter(|_| stamp.decoding).map(|decoded| decoded - LONGEST_STEP_BACK);
        let steps_back = latest.max(decoded).is_some_and(|earliest| time < earliest);
        let jumps = self.may_break && self.reached.is_some_and(|reached| time > reached + LONGEST_GAP);
        !steps_back && !jumps
    }

    /// Whether a track that cannot just go on belongs to a shift that another one has found.
    fn joins(&self, stamp: Stamp, shift: Time, progress: Progress) -> bool {
        self.fits(stamp, shift, progress) && self.reached.is_none_or(|reached| is_near(stamp.time + shift, reached))
    }

    /// A jump that no other track has made yet: the track goes on where it was.
    fn begin(&mut self, stamp: Stamp, progress: Progress) -> Time {
        let expected = progress.latest.map(|(_, end)| end).or(self.reached).unwrap_or(stamp.time);
        let shift = expected - stamp.time;
        tracing::debug!("the stream's clock jumps to {}; film time goes on at {expected}", stamp.time);
        self.shifts.push(shift);
        if self.shifts.len() > MOST_SHIFTS {
            self.shifts.remove(0);
        }
        shift
    }
}

fn is_near(a: Time, b: Time) -> bool {
    (a - b).nanoseconds().abs() <= LONGEST_GAP.nanoseconds()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: i64) -> Time {
        Time::from_nanoseconds(milliseconds * 1_000_000)
    }

    fn stamp(at: i64, length: i64) -> Stamp {
        Stamp { time: ms(at), decoding: true, length: ms(length), sparse: false }
    }

    /// Mended times, in milliseconds, of packets of (track, time).
    fn mended(may_break: bool, packets: &[(usize, i64)]) -> Vec<i64> {
        let mut clock = Discontinuities::new(may_break);
        let mend = |&(track, at): &(usize, i64)| (ms(at) + clock.shift(track, stamp(at, 40))).nanoseconds() / 1_000_000;
        packets.iter().map(mend).collect()
    }

    #[test]
    fn all_tracks_jump_by_the_same() {
        // Picture and sound, 10 ms apart, jump by ten hours, the picture first; then back to the beginning, the sound first.
        let packets = [(0, 0), (1, 10), (0, 40), (1, 50), (0, 36_000_080), (1, 90), (1, 36_000_130), (0, 36_000_120)];
        assert_eq!(mended(true, &packets), [0, 10, 40, 50, 80, 90, 130, 120]);
        let packets = [(0, 5000), (1, 5010), (1, 10), (0, 0), (0, 40), (1, 50)];
        assert_eq!(mended(false, &packets), [5000, 5010, 5050, 5040, 5080, 5090]);
    }

    #[test]
    fn a_gap_of_one_track_is_a_gap() {
        let packets = [(0, 0), (1, 0), (0, 9000), (0, 18_000), (0, 27_000), (1, 27_010)];
        assert_eq!(mended(true, &packets), [0, 0, 9000, 18_000, 27_000, 27_010]);
        // A clock that cannot break makes gaps of any length.
        assert_eq!(mended(false, &[(0, 0), (0, 3_600_000)]), [0, 3_600_000]);
        assert_eq!(mended(true, &[(0, 0), (0, 3_600_000)]), [0, 40]);
    }

    #[test]
    fn untidy_times_are_left_as_they_are() {
        assert_eq!(mended(true, &[(0, 0), (0, 300), (0, 100), (0, 400)]), [0, 300, 100, 400]);
        let mut clock = Discontinuities::new(true);
        let any_order = |at| Stamp { decoding: false, ..stamp(at, 40) };
        assert!([0, 2000, 500].into_iter().all(|at| clock.shift(0, any_order(at)) == Time::ZERO));
        // Matroska's first packets have no decoding time, and those that follow begin before them.
        assert_eq!(clock.shift(0, stamp(0, 40)), Time::ZERO);
    }

    #[test]
    fn subtitles_follow_the_others_and_lead_nobody() {
        let mut clock = Discontinuities::new(true);
        let cue = |at| Stamp { sparse: true, ..stamp(at, 1000) };
        assert_eq!(clock.shift(0, stamp(0, 40)), Time::ZERO);
        // Cues are written ahead and in any order.
        assert_eq!(clock.shift(2, cue(90_000)), Time::ZERO);
        assert_eq!(clock.shift(2, cue(100)), Time::ZERO);
        let shift = clock.shift(0, stamp(900_000, 40));
        assert_eq!(clock.shift(2, cue(900_100)), shift);
        assert_eq!(shift, ms(40 - 900_000));
    }
}
