//! How a pass of the network is cut into submissions that are short by the clock. Pure.

use std::ops::Range;
use std::time::Duration;

/// Submissions of a pass of whose dispatches nothing is known yet.
const FIRST: usize = 12;

/// Pieces of one dispatch at most, lest one that was held up once is cut to dust.
const MOST_PIECES: f64 = 64.0;

/// What goes into one submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// These dispatches, in order.
    pub(super) dispatches: Range<usize>,
    /// Of a single one only this piece: its number, and of how many. 0 of 1 is all of it.
    pub(super) piece: [u32; 2],
}

/// What each dispatch of a network takes, as far as it was seen.
pub(super) struct Parts {
    /// In seconds.
    costs: Vec<f64>,
    budget: f64,
}

impl Parts {
    /// Of a network of `dispatches`, for submissions that take at most `budget` each.
    pub(super) fn new(dispatches: usize, budget: Duration) -> Self {
        let budget = budget.as_secs_f64();
        let dispatches = dispatches.max(1);
        Self { costs: vec![budget * FIRST as f64 / dispatches as f64; dispatches], budget }
    }

    /// All in one.
    pub(super) fn whole(dispatches: usize) -> Vec<Part> {
        vec![Part { dispatches: 0..dispatches, piece: [0, 1] }]
    }

    /// Which dispatches go together, in order, and which are cut into pieces.
    pub(super) fn cut(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let (mut from, mut sum) = (0, 0.0);
        for (at, cost) in self.costs.iter().enumerate() {
            if at > from && sum + cost > self.budget {
                parts.push(Part { dispatches: from..at, piece: [0, 1] });
                (from, sum) = (at, 0.0);
            }
            sum += cost;
            // Alone already, and still too long.
            if at == from && sum > self.budget {
                let of = (sum / self.budget).ceil().min(MOST_PIECES) as u32;
                parts.extend((0..of).map(|piece| Part { dispatches: at..at + 1, piece: [piece, of] }));
                (from, sum) = (at + 1, 0.0);
            }
        }
        if from < self.costs.len() {
            parts.push(Part { dispatches: from..self.costs.len(), piece: [0, 1] });
        }
        parts
    }

    /// Takes what `part` took. What its dispatches were thought to take is corrected alike: parts that are cut elsewhere tell them apart.
    pub(super) fn note(&mut self, part: &Part, took: Duration) {
        let Some(costs) = self.costs.get_mut(part.dispatches.clone()) else { return };
        let [_, of] = part.piece;
        let sum = costs.iter().sum::<f64>() / f64::from(of);
        // A pass that was held up by something else says little about the next. Pieces of one dispatch together count as one part.
        let factor = (took.as_secs_f64() / sum.max(1e-9)).clamp(0.25, 4.0).powf(0.5 / f64::from(of));
        costs.iter_mut().for_each(|cost| *cost = (*cost * factor).max(1e-7));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_become_as_long_as_they_may_be() {
        // Sixty dispatches, the later ones much dearer, one of them longer than a part may be.
        let cost = |at: usize| if at == 40 { 0.019 } else { 0.0002 + 0.00004 * at as f64 };
        let took = |part: &Part| {
            let all: f64 = part.dispatches.clone().map(cost).sum();
            Duration::from_secs_f64(all / f64::from(part.piece[1]))
        };
        let budget = Duration::from_millis(4);
        let mut parts = Parts::new(60, budget);
        assert_eq!(parts.cut().len(), FIRST);
        for _ in 0..40 {
            for part in parts.cut() {
                parts.note(&part, took(&part));
            }
        }
        let cut = parts.cut();
        let begun = cut.iter().filter(|part| part.piece[0] == 0);
        let joined: Vec<usize> = begun.flat_map(|part| part.dispatches.clone()).collect();
        assert_eq!(joined, (0..60).collect::<Vec<_>>(), "each dispatch once, in order");
        let pieces: Vec<[u32; 2]> =
            cut.iter().filter(|part| part.dispatches == (40..41)).map(|part| part.piece).collect();
        let of = pieces.len() as u32;
        assert!((4..=6).contains(&of), "{pieces:?}");
        assert_eq!(pieces, (0..of).map(|piece| [piece, of]).collect::<Vec<_>>());
        for part in &cut {
            assert!(took(part) < budget.mul_f64(1.6), "{part:?}: {:?}", took(part));
        }
        let whole: f64 = (0..60).map(cost).sum();
        assert!(cut.len() as f64 <= 2.5 * whole / budget.as_secs_f64(), "no more than there have to be: {}", cut.len());
    }
}
