//! Order statistics of plain numbers. Pure.

/// How equal values are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// In the order in which they stand.
    InOrder,
    /// They share their mean rank.
    Shared,
}

/// The place of each value among all, from 0.
fn ranks(values: &[f32], ties: Ties) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut begin = 0;
    while begin < order.len() {
        let equal = order[begin..].iter().take_while(|at| values[**at] == values[order[begin]]).count().max(1);
        for (place, at) in order[begin..begin + equal].iter().enumerate() {
            ranks[*at] = match ties {
                Ties::InOrder => (begin + place) as f64,
                Ties::Shared => begin as f64 + (equal - 1) as f64 / 2.0,
            };
        }
        begin += equal;
    }
    ranks
}

/// Spearman's rank correlation, −1 … 1, of two equally long rows of numbers; 0 where either does not vary.
pub fn rank_correlation(one: &[f32], other: &[f32], ties: Ties) -> f64 {
    let middle = one.len().saturating_sub(1) as f64 / 2.0;
    let [mut both, mut first, mut second] = [0.0; 3];
    for (a, b) in ranks(one, ties).iter().zip(ranks(other, ties)) {
        let (a, b) = (a - middle, b - middle);
        both += a * b;
        first += a * a;
        second += b * b;
    }
    if first * second > 0.0 { both / (first * second).sqrt() } else { 0.0 }
}

/// The value below which `share` (0 … 1) of the sorted values lie, between neighbours linearly; 0 of none.
pub fn percentile(sorted: &[f32], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let below = place.floor() as usize;
    let at = |index: usize| sorted.get(index).or(sorted.last()).copied().map_or(0.0, f64::from);
    at(below) + (at(below + 1) - at(below)) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_all_that_rank_correlation_sees() {
        let measured: Vec<f32> = (1..=1000).map(|value| value as f32).collect();
        let bent: Vec<f32> = measured.iter().map(|value| value.powi(3)).collect();
        let down: Vec<f32> = measured.iter().map(|value| -value).collect();
        for ties in [Ties::InOrder, Ties::Shared] {
            assert!((rank_correlation(&bent, &measured, ties) - 1.0).abs() < 1e-12);
            assert!((rank_correlation(&down, &measured, ties) + 1.0).abs() < 1e-12);
            // By hand: ranks 0 1 2 3 against 1 0 3 2: covariance 3, variances 5.
            assert!((rank_correlation(&[1.0, 2.0, 3.0, 4.0], &[2.0, 1.0, 4.0, 3.0], ties) - 0.6).abs() < 1e-12);
            assert_eq!(rank_correlation(&[], &[], ties), 0.0);
        }
    }

    #[test]
    fn ties_share_their_rank_or_keep_their_order() {
        let (one, other) = ([0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 2.0, 3.0]);
        let shared = rank_correlation(&one, &other, Ties::Shared);
        assert!((shared - 0.894).abs() < 1e-3, "{shared}");
        assert_eq!(rank_correlation(&one, &other, Ties::InOrder), 1.0);
        assert_eq!(rank_correlation(&[0.0, 1.0], &[1.0, 1.0], Ties::Shared), 0.0);
    }

    #[test]
    fn percentiles_lie_between_neighbours() {
        assert_eq!(percentile(&[1.0, 2.0, 3.0], 0.5), 2.0);
        assert_eq!(percentile(&[1.0, 2.0], 0.25), 1.25);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }
}
