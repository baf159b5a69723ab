//! What of a film is at hand, for whoever shows that.

use std::sync::Arc;

use super::facts::Facts;
use super::state::Shared;
use crate::media::info::Cached;
use crate::time::Time;

/// Tells what of a film is at hand. Any thread may ask; clones tell of the same film. It keeps nothing alive but the answer.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
    /// The container's clock at film time zero.
    origin: Time,
    live: bool,
    bound: bool,
}

impl Cache {
    /// Of a container of which `facts` are known; `remote` where it comes over the network.
    pub(super) fn new(shared: &Arc<Shared>, facts: &Facts, remote: bool) -> Self {
        let bound = !facts.can_seek;
        let live = facts.duration.is_none() && (bound || remote);
        Self { shared: Arc::clone(shared), origin: facts.start.unwrap_or(Time::ZERO), live, bound }
    }

    /// How it is just now. Never waits long.
    pub fn look(&self) -> Cached {
        let cached = self.shared.lock().cached();
        let film = |(from, to): (Time, Time)| ((from - self.origin).max(Time::ZERO), to - self.origin);
        let ranges = joined(cached.ranges.into_iter().map(film).collect());
        Cached { range: cached.range.map(film), ranges, live: self.live, bound: self.bound, ..cached }
    }
}

/// The same in the order of their times, as one where they touch.
fn joined(mut ranges: Vec<(Time, Time)>) -> Vec<(Time, Time)> {
    ranges.sort_unstable();
    ranges.dedup_by(|(from, to), (_, before)| {
        let touches = *from <= *before;
        if touches {
            *before = (*before).max(*to);
        }
        touches
    });
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_is_one() {
        let spans = |spans: &[(i64, i64)]| -> Vec<_> {
            spans.iter().map(|(from, to)| (Time::from_nanoseconds(*from), Time::from_nanoseconds(*to))).collect()
        };
        let all = spans(&[(50, 60), (0, 10), (10, 12), (70, 90), (2, 5), (75, 80)]);
        assert_eq!(joined(all), spans(&[(0, 12), (50, 60), (70, 90)]));
    }
}
