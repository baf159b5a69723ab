//! Thin bright strokes, and for how many frames each has stood where it is.

use super::rectangle::Rectangle;

/// Half of a stroke's greatest width, and how far beside it the ground is looked for, in cells.
const REACH: usize = 5;
/// By so much a stroke is brighter than what is on both sides of it, of 255.
const CONTRAST: u8 = 36;
/// No stroke is darker than this.
const LEAST: u8 = 120;
/// By so much a stroke that stands may change from one frame to the next: writing that fades in.
const CHANGE: u8 = 22;
/// So many cells more in one direction than in the other say that something moves.
const DRIFTING: u32 = 40;
/// So many frames before are known: what drifts slowly has gone a cell by then.
pub(super) const BACK: usize = 3;

/// Strokes of one film on a grid of one size.
#[derive(Debug, Clone, Default)]
pub(super) struct Strokes {
    /// Width and height.
    pub(super) size: [usize; 2],
    /// Frames since the stroke of this cell came, itself counted; 0 where there is none.
    pub(super) age: Vec<u8>,
    /// 255 where there is a stroke now.
    pub(super) now: Vec<u8>,
    /// And in the frames before, the last one first.
    before: [Vec<u8>; BACK],
    /// Brightness.
    pub(super) light: Vec<u8>,
    sides: [Vec<u8>; 2],
}

impl Strokes {
    /// Takes the next frame's brightness.
    pub(super) fn follow(&mut self, size: [usize; 2], light: &[u8]) {
        if self.size != size {
            let empty = || vec![0; size[0] * size[1]];
            *self = Self {
                size,
                age: empty(),
                now: empty(),
                before: [empty(), empty(), empty()],
                light: empty(),
                sides: [vec![0; size[0]], vec![0; size[0]]],
            };
        }
        self.before.rotate_right(1);
        std::mem::swap(&mut self.now, &mut self.before[0]);
        let width = size[0].max(1);
        let rows = light.chunks_exact(width).zip(self.now.chunks_exact_mut(width));
        let rows = rows.zip(self.age.chunks_exact_mut(width)).zip(self.light.chunks_exact_mut(width));
        for (((light, now), age), last) in rows {
            mark(light, now, &mut self.sides);
            for (((light, now), age), last) in light.iter().zip(now).zip(age).zip(last) {
                let stays = if light.abs_diff(*last) <= CHANGE { *age } else { 0 };
                *age = stays.saturating_add(1) & *now;
                *last = *light;
            }
        }
    }
}

impl Strokes {
    /// Takes the next frame of `of` for strokes that move `rows` rows down with each frame (up where that is below 0): here age counts for how long a
    /// stroke has moved so.
    pub(super) fn follow_moving(&mut self, of: &Self, rows: isize) {
        if self.size != of.size {
            *self = Self { size: of.size, ..Self::default() };
            for cells in [&mut self.age, &mut self.now, &mut self.light] {
                cells.resize(of.now.len(), 0);
            }
        }
        let [width, height] = self.size;
        for index in 0..height {
            // In this order nothing is overwritten before it is read.
            let y = if rows > 0 { height - 1 - index } else { index };
            let row = y * width..(y + 1) * width;
            let from = y as isize - rows;
            if (0..height as isize).contains(&from) {
                let from = from as usize * width;
                self.age.copy_within(from..from + width, row.start);
                self.light.copy_within(from..from + width, row.start);
            } else {
                self.age[row.clone()].fill(0);
            }
            let cells = self.age[row.clone()].iter_mut().zip(&mut self.light[row.clone()]);
            for ((age, last), (light, now)) in cells.zip(of.light[row.clone()].iter().zip(&of.now[row.clone()])) {
                // A part of a cell too far or too near changes what a cell holds.
                let stays = if light.abs_diff(*last) <= 3 * CHANGE { *age } else { 0 };
                *age = stays.saturating_add(1) & *now;
                *last = *light;
            }
        }
        self.now.copy_from_slice(&of.now);
    }

    /// By how many rows strokes have gone down since the frame before (up where that is below 0), as far as `most`; 0 where none have: what stands is found
    /// again as often above as below.
    pub(super) fn drift(&self, most: isize) -> isize {
        let (width, height) = (self.size[0], self.size[1]);
        let mut best = (DRIFTING, 0);
        for rows in 1..=most {
            // Every second row is enough.
            let found = |off: usize, other: usize| -> u32 {
                let pair = |y: usize| {
                    (&self.now[(y + off) * width..][..width], &self.before[0][(y + other) * width..][..width])
                };
                let same = |(now, before): (&[u8], &[u8])| {
                    now.chunks(128)
                        .zip(before.chunks(128))
                        .map(|(now, before)| {
                            let both = now.iter().zip(before).map(|(now, before)| now & before & 1);
                            u32::from(both.sum::<u8>())
                        })
                        .sum::<u32>()
                };
                (0..height.saturating_sub(rows as usize)).step_by(2).map(pair).map(same).sum()
            };
            let (down, up) = (found(rows as usize, 0), found(0, rows as usize));
            let sign = if down > up { 1 } else { -1 };
            best = best.max((down.abs_diff(up), sign * rows));
        }
        best.1
    }

    /// Forgets for how long strokes have stood.
    pub(super) fn reset(&mut self) {
        self.age.fill(0);
        self.now.fill(0);
    }

    /// Cells in `there` whose strokes have stood for `old` frames or more.
    pub(super) fn standing(&self, there: &Rectangle, old: u8) -> u32 {
        let rows = (there.from[1]..there.to[1]).map(|y| y * self.size[0]);
        let row = |at: usize| {
            let cells = &self.age[at + there.from[0]..at + there.to[0]];
            cells.iter().map(|age| u32::from(*age >= old)).sum::<u32>()
        };
        rows.map(row).sum()
    }

    /// Cells in `there` with a stroke that the frame `back` before (1 to [`BACK`]) has, too, so many columns farther left and rows higher.
    pub(super) fn found_again(&self, there: &Rectangle, back: usize, [columns, rows]: [isize; 2]) -> u32 {
        let (width, height) = (self.size[0] as isize, self.size[1] as isize);
        let Some(before) = self.before.get(back.wrapping_sub(1)) else { return 0 };
        // What has come from outside is not found again.
        let [from, to] = [there.from, there.to].map(|[x, y]| [x as isize, y as isize]);
        let (left, right) = (from[0].max(columns), to[0].min(width + columns));
        let mut sum = 0;
        for y in from[1].max(rows)..to[1].min(height + rows) {
            let part = |x: isize, y: isize| (y * width + x).max(0) as usize;
            let here = part(left, y)..part(right, y).max(part(left, y));
            let other = part(left - columns, y - rows);
            let pairs = self.now[here.clone()].iter().zip(&before[other..other + here.len()]);
            sum += pairs.map(|(now, before)| u32::from(now & before & 1)).sum::<u32>();
        }
        sum
    }
}

/// A row: 255 where it is brighter than the darkest on the left and the darkest on the right.
fn mark(light: &[u8], now: &mut [u8], [left, right]: &mut [Vec<u8>; 2]) {
    let width = light.len();
    now.fill(0);
    if width <= 2 * REACH {
        return;
    }
    let inner = width - 2 * REACH;
    let [left, right] = [&mut left[..inner], &mut right[..inner]];
    left.fill(255);
    right.fill(255);
    for off in 0..REACH {
        left.iter_mut().zip(&light[off..]).for_each(|(least, light)| *least = (*least).min(*light));
        right.iter_mut().zip(&light[REACH + 1 + off..]).for_each(|(least, light)| *least = (*least).min(*light));
    }
    let sides = left.iter().zip(right);
    for ((now, light), (left, right)) in now[REACH..].iter_mut().zip(&light[REACH..]).zip(sides) {
        let ground = (*left).max(*right);
        *now = if light.saturating_sub(ground) >= CONTRAST && *light >= LEAST { 255 } else { 0 };
    }
}
