//! Brightness of a picture on a grid small enough to look at each frame.

use super::Row;
use crate::frame::{Orientation, Picture, Transfer};

/// Most cells along the longer side: writing of 20 rows in a picture 1920 wide is still seven high.
const CELLS: usize = 640;
/// Most rows that are added up for one of the grid's.
const TAPS: usize = 4;

/// The code of white writing in PQ films (203 cd/m², ITU-R BT.2408) and in HLG ones (75 %), as parts of the range.
const PQ_WHITE: f32 = 0.58;
const HLG_WHITE: f32 = 0.75;

/// What brings a sum of so many samples back to one, times 65536: white writing is 255 in films of high dynamic range, too.
fn scale(transfer: Transfer, samples: usize) -> u32 {
    let white = match transfer {
        Transfer::Sdr => 1.0,
        Transfer::Pq => PQ_WHITE,
        Transfer::Hlg => HLG_WHITE,
    };
    (65536.0 / (samples as f32 * white)) as u32
}

fn brought_back(sum: u32, scale: u32) -> u8 {
    ((sum * scale) >> 16).min(255) as u8
}

/// A row's sums of `FACTOR` columns each; the compiler makes something quicker of a known number.
fn across<const FACTOR: usize>(sums: &[u16], scale: u32, out: &mut [u8]) {
    for (cell, some) in out.iter_mut().zip(sums.as_chunks::<FACTOR>().0) {
        *cell = brought_back(some.iter().map(|sum| u32::from(*sum)).sum(), scale);
    }
}

/// Brightness, 0 to 255 whatever the film's depth, turned as the picture is to be seen.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Grid {
    /// Width and height.
    pub(in super::super) size: [usize; 2],
    /// Pixels of the picture that a cell covers, each way.
    pub(in super::super) factor: usize,
    /// Row by row.
    pub(in super::super) light: Vec<u8>,
    /// The same, before turning: width and height, and row by row.
    coded_size: [usize; 2],
    coded: Vec<u8>,
    /// Sums of the picture's rows for one of the grid's, how many are added up, and how many of them have been.
    sums: Vec<u16>,
    taps: usize,
    added: usize,
    /// Bits to shift samples down by to 8, and what brings sums back.
    down: u32,
    scale: u32,
}

impl Grid {
    /// Makes memory only where the picture's size is another than the last one's.
    pub(super) fn begin(&mut self, picture: &Picture) {
        let [width, height] = picture.shape.size.map(|side| side as usize);
        self.factor = width.max(height).div_ceil(CELLS).max(1);
        self.coded_size = [width, height].map(|side| (side / self.factor).max(1));
        self.coded.resize(self.coded_size[0] * self.coded_size[1], 0);
        self.sums.resize(width, 0);
        self.taps = self.factor.min(TAPS);
        self.down = picture.shape.format.shift.min(15) + picture.shape.format.depth.clamp(8, 16) - 8;
        self.scale = scale(picture.shape.colour.transfer, self.factor * self.taps);
    }

    pub(super) fn add(&mut self, y: usize, row: Row<'_>) {
        let (into, within) = (y / self.factor, y % self.factor);
        if into >= self.coded_size[1] {
            return;
        }
        if within == 0 {
            self.sums.fill(0);
            self.added = 0;
        }
        if self.added >= self.taps || within != self.added * self.factor / self.taps {
            return;
        }
        self.added += 1;
        match row {
            Row::Bytes(codes) => self.sums.iter_mut().zip(codes).for_each(|(sum, code)| *sum += u16::from(*code)),
            Row::Pairs(codes) => {
                let code = |pair: &[u8; 2]| (u16::from_le_bytes(*pair) >> self.down).min(255);
                self.sums.iter_mut().zip(codes).for_each(|(sum, pair)| *sum += code(pair));
            }
        }
        if self.added == self.taps {
            self.reduce(into);
        }
    }

    pub(super) fn end(&mut self, picture: &Picture) {
        // A picture that is lower than one cell.
        if self.added < self.taps {
            self.reduce(0);
        }
        self.turn(self.coded_size, picture.shape.orientation);
    }

    /// Row `index` of the grid from the sums of rows.
    fn reduce(&mut self, index: usize) {
        let [columns, _] = self.coded_size;
        let (scale, out) = (self.scale, &mut self.coded[index * columns..][..columns]);
        match self.factor {
            1 => across::<1>(&self.sums, scale, out),
            2 => across::<2>(&self.sums, scale, out),
            3 => across::<3>(&self.sums, scale, out),
            4 => across::<4>(&self.sums, scale, out),
            6 => across::<6>(&self.sums, scale, out),
            factor => {
                for (cell, some) in out.iter_mut().zip(self.sums.chunks_exact(factor)) {
                    *cell = brought_back(some.iter().map(|sum| u32::from(*sum)).sum(), scale);
                }
            }
        }
    }

    /// From the picture as coded to the picture as seen.
    fn turn(&mut self, [columns, rows]: [usize; 2], orientation: Orientation) {
        if orientation == Orientation::default() {
            self.size = [columns, rows];
            std::mem::swap(&mut self.light, &mut self.coded);
            return;
        }
        self.size = orientation.apply_size([columns as u32, rows as u32]).map(|side| side as usize);
        let [width, height] = self.size;
        self.light.resize(width * height, 0);
        for (at, cell) in self.light.iter_mut().enumerate() {
            let (x, y) = (at % width, at / width);
            let (x, y) = match orientation.quarter_turns % 4 {
                0 => (x, y),
                1 => (y, rows - 1 - x),
                2 => (columns - 1 - x, rows - 1 - y),
                _ => (columns - 1 - y, x),
            };
            let x = if orientation.mirror { columns - 1 - x } else { x };
            *cell = self.coded[y * columns + x];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Glance;
    use super::super::tests::{code, pictures};
    use super::*;

    #[test]
    fn cells_are_what_one_sample_after_the_other_says() {
        for picture in pictures() {
            let grid = Glance::of(&picture).grid;
            let [width, height] = picture.shape.size.map(|side| side as usize);
            let factor = width.max(height).div_ceil(CELLS).max(1);
            let (columns, rows, taps) = ((width / factor).max(1), (height / factor).max(1), factor.min(TAPS));
            let scale = scale(picture.shape.colour.transfer, factor * taps);
            let cell = |x: usize, y: usize| {
                let samples = (0..taps).flat_map(|tap| (0..factor).map(move |column| (tap, column)));
                let sum = samples.map(|(tap, column)| {
                    let [x, y] = [x * factor + column, y * factor + tap * factor / taps];
                    let inside = width >= factor && y < height;
                    let code = if inside { code(&picture, 0, x, y) } else { 0 };
                    u32::from((code >> (picture.shape.format.depth - 8)).min(255))
                });
                brought_back(sum.sum(), scale)
            };
            let coded = (0..rows).flat_map(|y| (0..columns).map(move |x| cell(x, y))).collect();
            let mut seen = Grid { coded, ..Grid::default() };
            seen.turn([columns, rows], picture.shape.orientation);
            assert_eq!((grid.size, grid.light), (seen.size, seen.light), "{picture:?}");
        }
    }
}
