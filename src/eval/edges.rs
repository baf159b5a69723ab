//! How sharp the disparity's edges are where things move. Pure.
//!
//! An edge is where the disparity changes much over few pixels. Of those that lie on something that moves, the width is looked at: how far the disparity
//! between the two sides takes to go from one to the other. Filtering over time that mixes places of different frames makes it wider.

use super::view::Map;

/// How far each side of an edge is looked for, in values of disparity.
const REACH: usize = 4;
/// A smaller change than this part of the span is no edge.
const LEAST: f32 = 0.15;

/// Sum of the sharpness of all edges of `map` that run down (each the largest change between neighbours as a part of that between both sides: 1 is a step
/// from one value to the next, 1/8 a ramp), and their number. Only where `moves` says so.
pub fn sharpness(map: &Map, span: f32, moves: impl Fn(usize, usize) -> bool) -> (f64, usize) {
    let [width, height] = map.size.map(|side| side as usize);
    let (mut sum, mut count) = (0.0, 0);
    for y in 0..height {
        let row = &map.values[y * width..(y + 1) * width];
        let change: Vec<f32> = row.windows(2).map(|two| (two[1] - two[0]).abs()).collect();
        for x in REACH..change.len().saturating_sub(REACH) {
            let around = &change[x - REACH..=x + REACH];
            // The steepest place around, the first of several.
            let steepest =
                around.iter().enumerate().all(|(at, other)| change[x] > *other || at >= REACH && change[x] >= *other);
            let across = (row[x + REACH] - row[x + 1 - REACH]).abs();
            if steepest && across > LEAST * span && moves(x, y) {
                sum += f64::from((change[x] / across).min(1.0));
                count += 1;
            }
        }
    }
    (sum, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An edge of height 1 that takes `width` values.
    fn edge(width: usize) -> Map {
        let value = |x: usize| ((x as f32 - 10.0) / width as f32).clamp(0.0, 1.0);
        Map { size: [24, 2], values: (0..48).map(|at| value(at % 24)).collect() }
    }

    #[test]
    fn a_soft_edge_is_less_sharp() {
        let of = |width| {
            let (sum, count) = sharpness(&edge(width), 1.0, |_, _| true);
            assert_eq!(count, 2, "one a row");
            sum / 2.0
        };
        assert!((of(1) - 1.0).abs() < 1e-6 && (of(2) - 0.5).abs() < 1e-6 && (of(4) - 0.25).abs() < 1e-6);
        assert_eq!(sharpness(&edge(1), 10.0, |_, _| true).1, 0, "a small step is none");
        assert_eq!(sharpness(&edge(1), 1.0, |_, _| false).1, 0);
    }
}
