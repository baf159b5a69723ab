//! How near the nearest is, in each part of a picture.

use std::sync::Arc;

/// Fields across and down whose nearest is known.
const FIELDS: [usize; 2] = [64, 36];

/// How near the nearest is, in each part of a picture: raw disparity, more is farther.
#[derive(Debug, Clone)]
pub struct Near(Arc<[f32]>);

impl Near {
    /// Of raw disparity of `size`.
    pub fn of(disparity: &[f32], size: [u32; 2]) -> Self {
        let [width, height] = size.map(|side| side.max(1) as usize);
        let mut fields = vec![f32::INFINITY; FIELDS[0] * FIELDS[1]];
        for (y, row) in disparity.chunks_exact(width).take(height).enumerate() {
            // A map of fewer rows than there are fields says the same for several.
            for line in y * FIELDS[1] / height..=((y + 1) * FIELDS[1] - 1) / height {
                for column in 0..FIELDS[0] {
                    let [from, to] = [column, column + 1].map(|column| column * width / FIELDS[0]);
                    let cells = row.get(from..to.max(from + 1)).unwrap_or_default();
                    let near = cells.iter().copied().filter(|d| d.is_finite()).fold(f32::INFINITY, f32::min);
                    if let Some(field) = fields.get_mut(line * FIELDS[0] + column) {
                        *field = field.min(near);
                    }
                }
            }
        }
        Self(fields.into())
    }

    /// Every disparity changed by `change`, which keeps their order.
    pub fn map(&self, change: impl Fn(f32) -> f32) -> Self {
        Self(self.0.iter().map(|near| if near.is_finite() { change(*near) } else { *near }).collect())
    }

    /// The nearer of both, everywhere.
    pub fn nearer(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(other.0.iter()).map(|(a, b)| a.min(*b)).collect())
    }

    /// In a part of the picture: left, top, right and bottom as parts of its width and height. `None` where nothing is known.
    pub fn within(&self, [left, top, right, bottom]: [f32; 4]) -> Option<f32> {
        let range = |from: f32, to: f32, axis: usize| {
            let count = FIELDS[axis] as f32;
            let first = (from * count).floor().clamp(0.0, count - 1.0) as usize;
            first..(to * count).ceil().clamp(first as f32 + 1.0, count) as usize
        };
        let fields = range(top, bottom, 1).flat_map(|row| range(left, right, 0).map(move |at| row * FIELDS[0] + at));
        fields.filter_map(|at| self.0.get(at).copied()).filter(|near| near.is_finite()).min_by(f32::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_that_of_the_place() {
        let size = [128, 72];
        let mut map = vec![5.0; 128 * 72];
        map[60 * 128 + 70] = 1.0;
        map[10 * 128 + 10] = f32::NAN;
        let near = Near::of(&map, size);
        assert_eq!(near.within([0.5, 0.8, 0.6, 0.9]), Some(1.0));
        assert_eq!(near.within([0.0, 0.0, 0.5, 0.8]), Some(5.0));
        assert_eq!(near.within([0.58, 0.8, 2.0, 7.0]), Some(5.0), "it lies beside");
        assert_eq!(near.map(|d| d * 2.0).nearer(&Near::of(&[1.5; 9], [3, 3])).within([0.0, 0.0, 1.0, 1.0]), Some(1.5));
        assert_eq!(Near::of(&[], [0, 0]).within([0.0; 4]), None);
        // A map smaller than the fields.
        let small = Near::of(&[1.0, 2.0, 3.0, 4.0], [2, 2]);
        assert_eq!(
            [[0.1, 0.1, 0.2, 0.2], [0.8, 0.8, 0.9, 0.9]].map(|sides| small.within(sides)),
            [Some(1.0), Some(4.0)]
        );
    }
}
