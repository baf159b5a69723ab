//! Brightness of a picture on a grid small enough to look at each frame.

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
pub(super) struct Grid {
    /// Width and height.
    pub(super) size: [usize; 2],
    /// Pixels of the picture that a cell covers, each way.
    pub(super) factor: usize,
    /// Row by row.
    pub(super) light: Vec<u8>,
    coded: Vec<u8>,
    sums: Vec<u16>,
}

impl Grid {
    /// Takes the next picture. Makes memory only where its size is another than the last one's.
    pub(super) fn fill(&mut self, picture: &Picture) {
        let [width, height] = picture.size.map(|side| side as usize);
        let factor = width.max(height).div_ceil(CELLS).max(1);
        let (columns, rows) = ((width / factor).max(1), (height / factor).max(1));
        let taps = factor.min(TAPS);
        self.factor = factor;
        self.sums.resize(width, 0);
        self.coded.resize(columns * rows, 0);
        let (bytes, stride) = picture.planes.plane(0);
        let wide = picture.format.sample_bytes() == 2;
        let down = picture.format.shift.min(15) + picture.format.depth.clamp(8, 16) - 8;
        let scale = scale(picture.colour.transfer, factor * taps);
        for (row, out) in self.coded.chunks_exact_mut(columns).enumerate() {
            self.sums.fill(0);
            for tap in 0..taps {
                let y = row * factor + tap * factor / taps;
                let line = bytes.get(y * stride..).unwrap_or_default();
                if wide {
                    let code = |pair: &[u8; 2]| (u16::from_le_bytes(*pair) >> down).min(255);
                    self.sums.iter_mut().zip(line.as_chunks().0).for_each(|(sum, pair)| *sum += code(pair));
                } else {
                    self.sums.iter_mut().zip(line).for_each(|(sum, code)| *sum += u16::from(*code));
                }
            }
            match factor {
                1 => across::<1>(&self.sums, scale, out),
                2 => across::<2>(&self.sums, scale, out),
                3 => across::<3>(&self.sums, scale, out),
                4 => across::<4>(&self.sums, scale, out),
                6 => across::<6>(&self.sums, scale, out),
                _ => {
                    for (cell, some) in out.iter_mut().zip(self.sums.chunks_exact(factor)) {
                        *cell = brought_back(some.iter().map(|sum| u32::from(*sum)).sum(), scale);
                    }
                }
            }
        }
        self.turn([columns, rows], picture.orientation);
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
