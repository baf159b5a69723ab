//! How a pass of the network is cut into submissions that are short by the clock. Pure.

use std::ops::Range;
use std::time::Duration;

/// Submissions of a pass of whose dispatches nothing is known yet.
const FIRST: usize = 12;

/// What each dispatch of a network takes, as far as it was seen.
pub(super) struct Parts {
    /// In seconds.
    costs: Vec<f64>,
    budget: f64,
}

impl Parts {
    /// Of a network of `dispatches`, for submissions that take at most `budget` each, but for a single dispatch that takes longer.
    pub(super) fn new(dispatches: usize, budget: Duration) -> Self {
        let budget = budget.as_secs_f64();
        let dispatches = dispatches.max(1);
        Self { costs: vec![budget * FIRST as f64 / dispatches as f64; dispatches], budget }
    }

    /// All in one.
    pub(super) fn whole(dispatches: usize) -> Vec<Range<usize>> {
        std::iter::once(0..dispatches).collect()
    }

    /// Which dispatches go together, in order.
    pub(super) fn cut(&self) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let (mut from, mut sum) = (0, 0.0);
        for (at, cost) in self.costs.iter().enumerate() {
            if at > from && sum + cost > self.budget {
                parts.push(from..at);
                (from, sum) = (at, 0.0);
            }
            sum += cost;
        }
        parts.push(from..self.costs.len());
        parts
    }

    /// Takes what `part` took. What its dispatches were thought to take is corrected alike: parts that are cut elsewhere tell them apart.
    pub(super) fn note(&mut self, part: &Range<usize>, took: Duration) {
        let Some(costs) = self.costs.get_mut(part.clone()) else { return };
        let sum: f64 = costs.iter().sum();
        // A pass that was held up by something else says little about the next.
        let factor = (took.as_secs_f64() / sum.max(1e-9)).clamp(0.25, 4.0).sqrt();
        costs.iter_mut().for_each(|cost| *cost = (*cost * factor).max(1e-7));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_become_as_long_as_they_may_be() {
        // Sixty dispatches, the later ones much dearer, one of them longer than a part may be.
        let cost = |at: usize| if at == 40 { 0.009 } else { 0.0002 + 0.00004 * at as f64 };
        let took = |part: &Range<usize>| Duration::from_secs_f64(part.clone().map(cost).sum());
        let budget = Duration::from_millis(4);
        let mut parts = Parts::new(60, budget);
        assert_eq!(parts.cut().len(), FIRST);
        for _ in 0..40 {
            for part in parts.cut() {
                parts.note(&part, took(&part));
            }
        }
        let cut = parts.cut();
        let joined: Vec<usize> = cut.iter().flat_map(Clone::clone).collect();
        assert_eq!(joined, (0..60).collect::<Vec<_>>(), "each dispatch once, in order");
        for part in cut.iter().filter(|part| !part.contains(&40)) {
            assert!(took(part) < budget.mul_f64(1.6), "{part:?}: {:?}", took(part));
        }
        let whole: f64 = (0..60).map(cost).sum();
        assert!(cut.len() as f64 <= 2.5 * whole / budget.as_secs_f64(), "no more than there have to be: {}", cut.len());
    }
}
