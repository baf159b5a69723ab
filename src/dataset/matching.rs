//! Which place of the left eye's picture lies where in the right one's: a robust matcher of blocks, coarse to fine.
//!
//! A block is looked for by the sum of squared differences after its mean is taken off, so that eyes of unlike exposure still match; it counts
//! only where it has texture, where it explains most of its own variance, and where the way back from the right picture leads home. Accurate
//! to about a quarter of a pixel. Pure.

use image::RgbImage;

/// Brightness of a picture, 8 bits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grey {
    size: [usize; 2],
    samples: Vec<u8>,
}

impl Grey {
    /// By BT.709's weights on the encoded values.
    pub(super) fn of(picture: &RgbImage) -> Self {
        let grey = |pixel: &[u8]| {
            ((u32::from(pixel[0]) * 54 + u32::from(pixel[1]) * 183 + u32::from(pixel[2]) * 19 + 128) >> 8) as u8
        };
        let size = [picture.width() as usize, picture.height() as usize];
        Self { size, samples: picture.as_raw().chunks_exact(3).map(grey).collect() }
    }

    pub(super) fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// At half its size; an odd last row or column is dropped.
    fn halved(&self) -> Self {
        let size = self.size.map(|side| side / 2);
        let mut samples = Vec::with_capacity(size[0] * size[1]);
        for y in 0..size[1] {
            let rows = [0, 1].map(|row| &self.samples[(2 * y + row) * self.size[0]..][..self.size[0]]);
            samples.extend((0..size[0]).map(|x| {
                let sum: u16 = rows.iter().map(|row| u16::from(row[2 * x]) + u16::from(row[2 * x + 1])).sum();
                ((sum + 2) / 4) as u8
            }));
        }
        Self { size, samples }
    }

    fn row(&self, x: usize, y: usize, length: usize) -> &[u8] {
        &self.samples[y * self.size[0] + x..][..length]
    }
}

/// One place of the left picture, found in the right one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    /// Row of the block's middle, 0 (top) to 1.
    pub(super) row: f32,
    /// x in the right picture less x in the left one, in % of the width: positive is behind the screen.
    pub(super) parallax: f32,
    /// y in the right picture less y in the left one, in % of the height; `None` for blocks without upright texture.
    pub(super) vertical: Option<f32>,
}

/// All places of a pair.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Matches {
    /// Blocks with texture.
    pub(super) textured: usize,
    /// Those that were found.
    pub(super) found: Vec<Match>,
}

/// Side of a block at the coarse size; twice that at the fine one.
const BLOCK: usize = 8;
/// How far is looked, in shares of the width and of the height.
const REACH: [f32; 2] = [0.05, 0.025];
/// Mean squared slope, in 8-bit steps, from which a block has texture.
const TEXTURE: f32 = 12.0;
/// Share of a block's variance that may stay unexplained.
const UNEXPLAINED: f32 = 0.3;
/// Fewer textured blocks say nothing.
const FEWEST: usize = 20;

impl Matches {
    /// Matches two pictures of the same size; none where they are too small.
    pub(super) fn between(left: &Grey, right: &Grey) -> Self {
        let mut matches = Self::default();
        if left.size != right.size || left.size[0] < 64 || left.size[1] < 36 {
            return matches;
        }
        let [width, height] = left.size;
        let coarse = [left.halved(), right.halved()];
        let reach = [0, 1].map(|axis| ((coarse[0].size[axis] as f32 * REACH[axis]).ceil() as i32).max(2));
        for y in (0..=coarse[0].size[1] - BLOCK).step_by(BLOCK) {
            for x in (0..=coarse[0].size[0] - BLOCK).step_by(BLOCK) {
                let Some(upright) = texture(&coarse[0], [x, y]) else { continue };
                matches.textured += 1;
                let Some(shift) = there_and_back(&coarse, [x, y], reach) else { continue };
                let fine = refine([left, right], [2 * x, 2 * y], shift.map(|by| 2 * by));
                matches.found.push(Match {
                    row: (2 * y + BLOCK) as f32 / height as f32,
                    parallax: 100.0 * fine[0] / width as f32,
                    vertical: upright.then_some(100.0 * fine[1] / height as f32),
                });
            }
        }
        matches
    }

    /// Share of textured places that were found; `None` where there are too few to tell.
    pub(super) fn share(&self) -> Option<f64> {
        (self.textured >= FEWEST).then(|| self.found.len() as f64 / self.textured as f64)
    }
}

/// Whether a block has texture across, without which it cannot be placed (`None`), and whether it has it upright too.
fn texture(picture: &Grey, [x, y]: [usize; 2]) -> Option<bool> {
    let (mut across, mut upright) = (0, 0);
    for row in y..y + BLOCK - 1 {
        let (here, below) = (picture.row(x, row, BLOCK), picture.row(x, row + 1, BLOCK));
        for column in 0..BLOCK - 1 {
            let square = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
            across += square(here[column], here[column + 1]);
            upright += square(here[column], below[column]);
        }
    }
    let enough = TEXTURE * ((BLOCK - 1) * (BLOCK - 1)) as f32;
    (across as f32 >= enough).then_some(upright as f32 >= enough)
}

/// Squared difference of two blocks of `side`, means taken off, and the variance of the first (times its count). `None` outside.
fn difference(from: &Grey, to: &Grey, [x, y]: [usize; 2], [dx, dy]: [i32; 2], side: usize) -> Option<[f32; 2]> {
    let inside = |at: usize, by: i32, limit: usize| {
        let at = usize::try_from(at as i32 + by).ok()?;
        (at + side <= limit).then_some(at)
    };
    let (there_x, there_y) = (inside(x, dx, to.size[0])?, inside(y, dy, to.size[1])?);
    inside(x, 0, from.size[0])?;
    inside(y, 0, from.size[1])?;
    let (mut sum, mut squares, mut own_sum, mut own_squares) = (0i32, 0i32, 0i32, 0i32);
    for row in 0..side {
        for (a, b) in from.row(x, y + row, side).iter().zip(to.row(there_x, there_y + row, side)) {
            let (a, d) = (i32::from(*a), i32::from(*a) - i32::from(*b));
            sum += d;
            squares += d * d;
            own_sum += a;
            own_squares += a * a;
        }
    }
    let count = (side * side) as f32;
    let centred = |squares: i32, sum: i32| squares as f32 - (sum as f32) * (sum as f32) / count;
    Some([centred(squares, sum), centred(own_squares, own_sum)])
}

/// The best shift of a coarse block, if it is good and nothing farther than a pixel beside it is as good.
fn search(from: &Grey, to: &Grey, at: [usize; 2], reach: [i32; 2]) -> Option<[i32; 2]> {
    let across = (2 * reach[0] + 1) as usize;
    // For each shift across the best over the shifts up and down.
    let mut best = vec![(f32::MAX, 0i32); across];
    let mut own = 0.0;
    for dy in -reach[1]..=reach[1] {
        for (place, best) in best.iter_mut().enumerate() {
            if let Some([difference, variance]) = difference(from, to, at, [place as i32 - reach[0], dy], BLOCK) {
                own = variance;
                // Of equals the one nearer to the row.
                if (difference, dy.abs()) < (best.0, best.1.abs()) {
                    *best = (difference, dy);
                }
            }
        }
    }
    let (place, &(least, dy)) = best.iter().enumerate().min_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
    let others = best.iter().enumerate().filter(|(other, _)| other.abs_diff(place) > 2).map(|(_, best)| best.0);
    let second = others.fold(f32::MAX, f32::min);
    (least <= UNEXPLAINED * own && least < 0.8 * second).then_some([place as i32 - reach[0], dy])
}

fn there_and_back([left, right]: &[Grey; 2], at: [usize; 2], reach: [i32; 2]) -> Option<[i32; 2]> {
    let shift = search(left, right, at, reach)?;
    let there = [0, 1].map(|axis| (at[axis] as i32 + shift[axis]).max(0) as usize);
    let back = search(right, left, there, reach)?;
    ((shift[0] + back[0]).abs() <= 1 && (shift[1] + back[1]).abs() <= 1).then_some(shift)
}

/// The best shift near `guess` at the fine size, to parts of a pixel by a parabola through the neighbours.
fn refine([left, right]: [&Grey; 2], at: [usize; 2], guess: [i32; 2]) -> [f32; 2] {
    const AROUND: i32 = 2;
    let cost = |shift: [i32; 2]| difference(left, right, at, shift, 2 * BLOCK).map_or(f32::MAX, |cost| cost[0]);
    let mut best = (f32::MAX, guess);
    for dy in -AROUND..=AROUND {
        for dx in -AROUND..=AROUND {
            let shift = [guess[0] + dx, guess[1] + dy];
            let cost = cost(shift);
            if cost < best.0 {
                best = (cost, shift);
            }
        }
    }
    let (least, shift) = best;
    [0, 1].map(|axis| {
        let beside = [-1, 1].map(|by| {
            let mut there = shift;
            there[axis] += by;
            cost(there)
        });
        let bend = beside[0] - 2.0 * least + beside[1];
        let part =
            if bend > 0.0 && bend < f32::MAX { ((beside[0] - beside[1]) / (2.0 * bend)).clamp(-0.5, 0.5) } else { 0.0 };
        shift[axis] as f32 + part
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rough texture of 320×180 under an even light; `shift` moves what is drawn right and down, by parts of a pixel too.
    fn texture_moved(shift: [f32; 2], light: f32, seed: f32) -> Grey {
        let value = |x: f32, y: f32| {
            let wave = (x * 0.28 * seed + (y * 0.05).sin() * 3.0).sin()
                * (y * 0.22 * seed + (x * 0.04).cos() * 4.0).cos()
                + (x * 0.11 - y * 0.17 * seed + (x * y * 0.0004 * seed).sin() * 5.0).sin()
                + (x * 0.053 + y * 0.31 * seed).cos() * (x * 0.023 * seed + y * 0.06).sin();
            ((wave / 6.0 + 0.5) * 200.0 * light).clamp(0.0, 255.0) as u8
        };
        let samples =
            (0..180).flat_map(|y| (0..320).map(move |x| value(x as f32 - shift[0], y as f32 - shift[1]))).collect();
        Grey { size: [320, 180], samples }
    }

    fn median(mut values: Vec<f32>) -> f32 {
        values.sort_by(f32::total_cmp);
        values[values.len() / 2]
    }

    #[test]
    fn shifts_are_found_to_parts_of_a_pixel_in_any_light() {
        let left = texture_moved([0.0; 2], 1.0, 1.3);
        for (shift, light) in [([0.0, 0.0], 1.0), ([6.5, 0.0], 1.0), ([-11.25, 1.5], 0.8)] {
            let matches = Matches::between(&left, &texture_moved(shift, light, 1.3));
            assert!(matches.share().unwrap() > 0.6, "{shift:?} {:?}", matches.share());
            let parallax = median(matches.found.iter().map(|found| found.parallax).collect()) * 3.2;
            let vertical = median(matches.found.iter().filter_map(|found| found.vertical).collect()) * 1.8;
            assert!((parallax - shift[0]).abs() < 0.3, "{parallax} for {shift:?}");
            assert!((vertical - shift[1]).abs() < 0.3, "{vertical} for {shift:?}");
        }
    }

    #[test]
    fn other_pictures_and_plain_ones_do_not_match() {
        let left = texture_moved([0.0; 2], 1.0, 1.3);
        let other = Matches::between(&left, &texture_moved([90.0, 40.0], 1.0, 4.7));
        assert!(other.share().unwrap() < 0.3, "{:?}", other.share());
        let plain = Grey { size: [320, 180], samples: vec![90; 320 * 180] };
        assert_eq!(Matches::between(&plain, &plain), Matches::default());
        let tiny = Grey { size: [8, 4], samples: vec![0; 32] };
        assert_eq!(Matches::between(&tiny, &tiny).share(), None);
    }
}
