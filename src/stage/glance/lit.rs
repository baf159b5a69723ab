//! How much of each row and each column of a picture is lit.

use super::{Row, largest};
use crate::frame::{Picture, Range};

/// Brightness up to which a sample is black, as a part of the whole range: above limited range's own black.
const BLACK: [f32; 2] = [24.0 / 255.0, 10.0 / 255.0];
/// So many samples along a row are looked at.
const SAMPLES: usize = 160;

/// The lit parts of a picture as it is coded.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in super::super) struct Lit {
    /// Of each row, 0..=1.
    pub(in super::super) rows: Vec<f32>,
    /// Of each column, 0..=1.
    pub(in super::super) columns: Vec<f32>,
    /// Samples that are lit in each column.
    counts: Vec<u16>,
    /// The largest code that is black, as it stands in memory.
    black: u16,
    /// Width and height, and of each the distance between samples that are looked at.
    size: [usize; 2],
    step: [usize; 2],
}

impl Lit {
    pub(super) fn begin(&mut self, picture: &Picture) {
        let format = picture.shape.format;
        let black = BLACK[usize::from(picture.shape.colour.range == Range::Full)] * largest(format);
        // What is shifted in below the sample makes no black one lit.
        let (black, shift) = (black as u32, format.shift.min(15));
        self.black = u16::try_from(((black + 1) << shift) - 1).unwrap_or(u16::MAX);
        self.size = picture.shape.size.map(|side| side as usize);
        self.step = self.size.map(|side| (side / SAMPLES).max(1));
        self.rows.clear();
        self.columns.clear();
        self.counts.clear();
        self.counts.resize(self.size[0], 0);
    }

    pub(super) fn add(&mut self, y: usize, row: Row<'_>) {
        let (black, [across, down]) = (self.black, self.step);
        let count = match row {
            Row::Bytes(codes) => {
                let codes = &codes[..codes.len().min(self.size[0])];
                codes.iter().step_by(across).filter(|code| u16::from(**code) > black).count()
            }
            Row::Pairs(codes) => {
                let codes = &codes[..codes.len().min(self.size[0])];
                codes.iter().step_by(across).filter(|code| u16::from_le_bytes(**code) > black).count()
            }
        };
        self.rows.push(self.part(count, 0));
        if y.is_multiple_of(down) {
            match row {
                Row::Bytes(codes) => {
                    let columns = self.counts.iter_mut().zip(codes);
                    columns.for_each(|(count, code)| *count += u16::from(u16::from(*code) > black));
                }
                Row::Pairs(codes) => {
                    let columns = self.counts.iter_mut().zip(codes);
                    columns.for_each(|(count, code)| *count += u16::from(u16::from_le_bytes(*code) > black));
                }
            }
        }
    }

    pub(super) fn end(&mut self) {
        let mut columns = std::mem::take(&mut self.columns);
        columns.extend(self.counts.iter().map(|count| self.part(usize::from(*count), 1)));
        self.columns = columns;
    }

    /// `count` of the samples along a side that are looked at, as a part of them.
    fn part(&self, count: usize, axis: usize) -> f32 {
        count as f32 / self.size[axis].div_ceil(self.step[axis]).max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::super::Glance;
    use super::super::tests::{code, pictures};
    use super::*;

    /// The same, sample by sample.
    fn plain(picture: &Picture) -> [Vec<f32>; 2] {
        let [width, height] = picture.shape.size.map(|side| side as usize);
        let black = BLACK[usize::from(picture.shape.colour.range == Range::Full)] * largest(picture.shape.format);
        let is_lit = |x: usize, y: usize| f32::from(code(picture, 0, x, y)) > black;
        let step = |of: usize| (of / SAMPLES).max(1);
        let share = |count: usize, of: usize| count as f32 / of.div_ceil(step(of)).max(1) as f32;
        let row = |y: usize| share((0..width).step_by(step(width)).filter(|x| is_lit(*x, y)).count(), width);
        let column = |x: usize| share((0..height).step_by(step(height)).filter(|y| is_lit(x, *y)).count(), height);
        [(0..height).map(row).collect(), (0..width).map(column).collect()]
    }

    #[test]
    fn rows_and_columns_are_counted_as_one_sample_after_the_other_would_be() {
        for picture in pictures() {
            let Lit { rows, columns, .. } = Glance::of(&picture).lit;
            assert_eq!([rows, columns], plain(&picture), "{picture:?}");
        }
    }
}
