//! How near the nearest is, in each part of a picture.

use std::sync::Arc;

/// Fields across and down, for text that is laid over the picture.
const FINE: [usize; 2] = [64, 36];
/// The same for writing that is found in it, whose place is not known as well.
const COARSE: [usize; 2] = [32, 18];
/// So many values of each coarse field are enough, each way.
const ASKED: usize = 6;
/// The part of a coarse field that may be nearer: noise, specks.
const NEARER: f32 = 0.08;

/// How near the nearest is, in each part of a picture: raw disparity, more is farther.
#[derive(Debug, Clone)]
pub struct Near {
    /// Fields across and down.
    size: [usize; 2],
    fields: Arc<[f32]>,
}

impl Near {
    /// Of raw disparity of `size`, to its last value.
    pub fn of(disparity: &[f32], size: [u32; 2]) -> Self {
        let [width, height] = size.map(|side| side.max(1) as usize);
        let mut fields = vec![f32::INFINITY; FINE[0] * FINE[1]];
        for (y, row) in disparity.chunks_exact(width).take(height).enumerate() {
            // A map of fewer rows than there are fields says the same for several.
            for line in y * FINE[1] / height..=((y + 1) * FINE[1] - 1) / height {
                for column in 0..FINE[0] {
                    let [from, to] = [column, column + 1].map(|column| column * width / FINE[0]);
                    let cells = row.get(from..to.max(from + 1)).unwrap_or_default();
                    let near = cells.iter().copied().filter(|d| d.is_finite()).fold(f32::INFINITY, f32::min);
                    if let Some(field) = fields.get_mut(line * FINE[0] + column) {
                        *field = field.min(near);
                    }
                }
            }
        }
        Self { size: FINE, fields: fields.into() }
    }

    /// The same coarsely, and without what is nearer than all but a little around it. `values` is memory to work in.
    pub fn but_specks(disparity: &[f32], [width, height]: [u32; 2], values: &mut Vec<f32>) -> Self {
        let [width, height] = [width, height].map(|side| side as usize);
        let bound = |index: usize, axis: usize, side: usize| index * side / COARSE[axis];
        let mut fields = vec![f32::INFINITY; COARSE[0] * COARSE[1]];
        let step = [width / COARSE[0], height / COARSE[1]].map(|side| (side / ASKED).max(1));
        for row in 0..COARSE[1] {
            for column in 0..COARSE[0] {
                values.clear();
                for y in (bound(row, 1, height)..bound(row + 1, 1, height)).step_by(step[1]) {
                    let cells = y * width + bound(column, 0, width)..y * width + bound(column + 1, 0, width);
                    let finite = disparity.get(cells).unwrap_or_default().iter().filter(|d| d.is_finite());
                    values.extend(finite.step_by(step[0]));
                }
                let at = (values.len() as f32 * NEARER) as usize;
                if !values.is_empty() {
                    fields[row * COARSE[0] + column] = *values.select_nth_unstable_by(at, f32::total_cmp).1;
                }
            }
        }
        Self { size: COARSE, fields: fields.into() }
    }

    /// Every disparity changed by `change`, which keeps their order.
    pub fn map(&self, change: impl Fn(f32) -> f32) -> Self {
        let fields = self.fields.iter().map(|near| if near.is_finite() { change(*near) } else { *near });
        Self { fields: fields.collect(), ..*self }
    }

    /// The nearer of both, which have as many fields, everywhere.
    pub fn nearer(&self, other: &Self) -> Self {
        Self { fields: self.fields.iter().zip(other.fields.iter()).map(|(a, b)| a.min(*b)).collect(), ..*self }
    }

    /// In a part of the picture: left, top, right and bottom as parts of its width and height. `None` where nothing is known.
    pub fn within(&self, [left, top, right, bottom]: [f32; 4]) -> Option<f32> {
        let range = |from: f32, to: f32, axis: usize| {
            let count = self.size[axis] as f32;
            let first = (from * count).floor().clamp(0.0, count - 1.0) as usize;
            first..(to * count).ceil().clamp(first as f32 + 1.0, count) as usize
        };
        let across = self.size[0];
        let fields = range(top, bottom, 1).flat_map(|row| range(left, right, 0).map(move |at| row * across + at));
        fields.filter_map(|at| self.fields.get(at).copied()).filter(|near| near.is_finite()).min_by(f32::total_cmp)
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

    #[test]
    fn specks_are_passed_over_where_that_is_wanted() {
        let size = [128, 72];
        let mut map = vec![5.0; 128 * 72];
        map[60 * 128 + 70] = 1.0;
        (0..8).for_each(|y| map[(16 + y) * 128 + 32..][..8].fill(2.0));
        let near = Near::but_specks(&map, size, &mut Vec::new());
        assert_eq!(near.within([0.0, 0.5, 1.0, 1.0]), Some(5.0), "a speck");
        assert_eq!(near.within([0.2, 0.2, 0.4, 0.4]), Some(2.0), "a thing");
        assert_eq!(Near::but_specks(&[], [0, 0], &mut Vec::new()).within([0.0, 0.0, 1.0, 1.0]), None);
    }
}
