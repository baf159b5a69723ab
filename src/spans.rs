//! Spans of time by their numbers: which of them are there at a time is found without a look at all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::time::Time;

/// Spans up to so long are looked for alike: 2^30 ns, a second.
const SHORT: u32 = 30;

/// Numbered spans. Plain value.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    /// Beginnings and numbers, by length: those of key `k` are no longer than 2^k ns.
    by_length: BTreeMap<u32, BTreeSet<(Time, u32)>>,
}

/// The least power of two that is no shorter.
fn power(from: Time, to: Time) -> u32 {
    let length = (to - from).nanoseconds().max(1).unsigned_abs();
    (u64::BITS - (length - 1).leading_zeros()).clamp(SHORT, i64::BITS - 1)
}

impl Spans {
    /// Adds the span of that number; one that ends where it begins, or before, is never there.
    pub fn add(&mut self, number: u32, from: Time, to: Time) {
        if from < to {
            self.by_length.entry(power(from, to)).or_default().insert((from, number));
        }
    }

    /// The numbers of all that are there at `time`, in no order; among them some that are over already, no more than twice as many of those that are longer
    /// than a second.
    pub fn near(&self, time: Time) -> impl Iterator<Item = u32> {
        let begun = move |(power, spans): (&u32, &BTreeSet<(Time, u32)>)| {
            let longest = 1_i64.checked_shl(*power).filter(|length| *length > 0);
            // What is longer than half of all time may have begun at any.
            let first = longest.map_or(i64::MIN, |length| time.nanoseconds().saturating_sub(length));
            let spans = spans.range((Time::from_nanoseconds(first), 0)..=(time, u32::MAX));
            spans.map(|(_, number)| *number).collect::<Vec<_>>()
        };
        self.by_length.iter().flat_map(begun)
    }

    /// When the first begins after `time`.
    pub fn next(&self, time: Time) -> Option<Time> {
        let after = (Bound::Excluded((time, u32::MAX)), Bound::Unbounded);
        self.by_length.values().filter_map(|spans| spans.range(after).next()).map(|(from, _)| *from).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_whatever_its_length() {
        // The same numbers each time, over ten orders of magnitude.
        let mut state = 7_u64;
        let mut next = |end: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 20) % end
        };
        let all: Vec<_> = (0..5000)
            .map(|_| {
                let from = next(7_200_000_000_000) as i64;
                let longest = 10_u64.pow(3 + next(10) as u32);
                let length = next(longest) as i64;
                (Time::from_nanoseconds(from), Time::from_nanoseconds(from + length))
            })
            .chain([
                (Time::from_nanoseconds(5), Time::from_nanoseconds(i64::MAX)),
                (Time::from_nanoseconds(i64::MIN), Time::from_nanoseconds(i64::MAX)),
                (Time::from_nanoseconds(9), Time::from_nanoseconds(9)),
                (Time::from_nanoseconds(9), Time::from_nanoseconds(3)),
            ])
            .collect();
        let mut spans = Spans::default();
        (0..).zip(&all).for_each(|(number, (from, to))| spans.add(number, *from, *to));
        let ends = all.iter().take(500).flat_map(|(from, to)| [*from, *to, *to - Time::from_nanoseconds(1)]);
        for time in ends.chain([Time::from_nanoseconds(9), Time::from_nanoseconds(i64::MAX - 1)]) {
            let there = |number: &u32| all[*number as usize].0 <= time && time < all[*number as usize].1;
            let mut found: Vec<u32> = spans.near(time).filter(there).collect();
            found.sort_unstable();
            let expected: Vec<u32> = (0..all.len() as u32).filter(there).collect();
            assert_eq!(found, expected, "{time}");
            let next = all.iter().filter(|(from, to)| *from > time && from < to).map(|(from, _)| *from).min();
            assert_eq!(spans.next(time), next);
            assert!(spans.near(time).count() <= 10 + 3 * expected.len(), "{time}: {}", spans.near(time).count());
        }
    }
}
