//! The times of cues: which one is so many on or back, and gaps and overlaps that are too small to be meant.

use crate::time::Time;

/// Gaps and overlaps up to so long are removed, as mpv has it.
const SMALL: Time = Time::from_nanoseconds(210_000_000);
/// But not those of cues that are shorter than this.
const SHORT: Time = Time::from_nanoseconds(400_000_000);
const MOMENT: Time = Time::from_nanoseconds(1_000_000);

/// When the cue begins that is `skip` on from `now`, or back: on by their beginnings, back by their ends, 0 is the one that began last. Where there are
/// not so many it is the last of them.
pub(super) fn step(cues: impl Iterator<Item = (Time, Time)>, now: Time, skip: i32) -> Option<Time> {
    if skip == 0 {
        return cues.map(|(start, _)| start).filter(|start| *start <= now).max();
    }
    // Those that count, by how far away they are: with their beginnings.
    let mut all: Vec<(Time, Time)> = match skip > 0 {
        true => cues.filter(|(start, _)| *start > now).map(|(start, _)| (start, start)).collect(),
        false => cues.filter(|(_, end)| *end < now).map(|(start, end)| (Time::ZERO - end, start)).collect(),
    };
    all.sort_unstable();
    all.dedup_by_key(|(place, _)| *place);
    let at = (skip.unsigned_abs() as usize - 1).min(all.len().checked_sub(1)?);
    all.get(at).map(|(_, start)| *start)
}

/// Beginning, end and look of a cue.
pub(super) type Timed<'a> = (Time, Time, &'a str);

/// The time at which `near`, the cues within [`SMALL`] of `time`, are to be looked at: of two of one look the first is seen up to the second.
pub(super) fn fixed(time: Time, near: &[Timed<'_>]) -> Time {
    let [one, other] = near else { return time };
    let (first, second) = if one.0 <= other.0 { (one, other) } else { (other, one) };
    let ((from, to, look), (next, end, other_look)) = (first, second);
    let brief = *to - *from < SHORT || *end - *next < SHORT;
    if look != other_look || to >= end || brief {
        return time;
    }
    let apart = *next - *to;
    if (*to..*next).contains(&time) && apart <= SMALL {
        *to - MOMENT
    } else if (*next..=*to).contains(&time) && Time::ZERO - apart <= SMALL {
        *to
    } else {
        time
    }
}

/// So far around a time cues are looked for.
pub(super) const AROUND: Time = SMALL;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Time {
        Time::from_seconds(seconds)
    }

    #[test]
    fn cues_are_gone_through_by_their_beginnings_and_back_by_their_ends() {
        let cues = [(5.0, 9.0), (1.0, 2.0), (3.0, 4.0), (3.0, 3.5), (20.0, 21.0)].map(|(from, to)| (at(from), at(to)));
        let step = |now: f64, skip: i32| step(cues.iter().copied(), at(now), skip).map(Time::seconds);
        assert_eq!([1, 2, 3, 9].map(|skip| step(3.2, skip)), [Some(5.0), Some(20.0), Some(20.0), Some(20.0)]);
        assert_eq!([-1, -2, -3, i32::MIN].map(|skip| step(6.0, skip)), [Some(3.0), Some(3.0), Some(1.0), Some(1.0)]);
        assert_eq!((step(5.5, 0), step(15.0, 0), step(0.5, 0)), (Some(5.0), Some(5.0), None));
        assert_eq!((step(20.0, 1), step(2.0, -1)), (None, None));
    }

    #[test]
    fn small_gaps_and_overlaps_are_removed() {
        let of = |first: (f64, f64), second: (f64, f64), look: &str, time: f64| {
            let cues = [(at(second.0), at(second.1), look), (at(first.0), at(first.1), "a")];
            fixed(at(time), &cues).seconds()
        };
        assert_eq!(of((1.0, 2.0), (2.2, 3.0), "a", 2.1), 1.999, "the first is seen up to the second");
        assert_eq!(of((1.0, 2.0), (2.3, 3.0), "a", 2.1), 2.1, "a gap that is meant");
        assert_eq!(of((1.0, 2.0), (1.9, 3.0), "a", 1.95), 2.0, "the first is over when the second begins");
        assert_eq!(of((1.0, 2.0), (1.7, 3.0), "a", 1.95), 1.95);
        assert_eq!(of((1.0, 2.0), (2.2, 3.0), "b", 2.1), 2.1, "signs are left alone");
        assert_eq!(of((1.7, 2.0), (2.2, 3.0), "a", 2.1), 2.1, "brief ones, too");
        assert_eq!(of((1.0, 4.0), (1.9, 3.0), "a", 1.95), 1.95);
        assert_eq!(fixed(at(2.0), &[(at(1.0), at(3.0), "a")]), at(2.0));
    }
}
