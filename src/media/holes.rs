//! What is missing in a container's middle. FFmpeg looks for the next thing that makes sense and goes on; the user is to hear of it.

use crate::time::Time;

/// A shorter step is no hole that anybody misses.
const LEAST: Time = Time::from_nanoseconds(500_000_000);

/// Looks for steps of a track's times over damage.
#[derive(Debug, Default)]
pub(super) struct Holes {
    tracks: Vec<Track>,
    count: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Track {
    end: Option<Time>,
    /// How often FFmpeg had complained then.
    complaints: u64,
}

impl Holes {
    /// The next packet of `track`, from `time` to `end`, after that many complaints in all. The hole before it, as (from, to), the first time that
    /// there is one.
    pub(super) fn look(&mut self, track: usize, (time, end): (Time, Time), complaints: u64) -> Option<(Time, Time)> {
        if track >= self.tracks.len() {
            self.tracks.resize(track + 1, Track::default());
        }
        let before = std::mem::replace(&mut self.tracks[track], Track { end: Some(end), complaints });
        // A gap over which nothing was wrong is the film's own.
        let from = before.end.filter(|before_end| complaints > before.complaints && time > *before_end + LEAST)?;
        self.count += 1;
        (self.count == 1).then_some((from, time))
    }

    /// After going to another place.
    pub(super) fn reset(&mut self) {
        self.tracks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_over_damage_is_a_hole_and_a_gap_is_not() {
        let ms = |milliseconds: i64| Time::from_nanoseconds(milliseconds * 1_000_000);
        let mut holes = Holes::default();
        let mut look = |track, at, complaints| holes.look(track, (ms(at), ms(at + 40)), complaints);
        assert_eq!((look(0, 0, 0), look(0, 5000, 0), look(0, 5040, 3)), (None, None, None));
        assert_eq!((look(1, 0, 3), look(0, 9000, 4)), (None, Some((ms(5080), ms(9000)))));
        // Of the other tracks over the same hole, and of later ones, nothing is said again.
        assert_eq!(look(1, 9000, 4), None);
    }
}
