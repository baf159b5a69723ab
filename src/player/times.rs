//! The times of the pictures shown last, for stepping back.

use std::collections::VecDeque;

use crate::time::Time;

/// So many are remembered.
const REMEMBERED: usize = 256;

/// Times that follow each other without a gap, in order.
#[derive(Debug, Default)]
pub(super) struct Times(VecDeque<Time>);

impl Times {
    /// A picture of this time was shown. One from elsewhere begins anew.
    pub(super) fn note(&mut self, pts: Time) {
        if self.0.back().is_some_and(|last| *last >= pts) {
            if self.0.contains(&pts) {
                return;
            }
            self.0.clear();
        }
        self.0.push_back(pts);
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }

    /// The time of the picture before `pts`, where it is known.
    pub(super) fn before(&self, pts: Time) -> Option<Time> {
        self.0.iter().rev().copied().find(|time| *time < pts)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_is_known_until_something_else_is() {
        let second = |seconds: i32| Time::from_seconds(f64::from(seconds));
        let mut times = Times::default();
        (0..300).for_each(|number| times.note(second(number)));
        assert_eq!(times.0.len(), REMEMBERED);
        times.note(second(100));
        assert_eq!((times.before(second(101)), times.before(second(299))), (Some(second(100)), Some(second(298))));
        times.note(second(5));
        assert_eq!((times.before(second(101)), times.before(second(5))), (Some(second(5)), None));
    }
}
