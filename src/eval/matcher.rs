//! A stereo matcher for pairs without measured disparity: semi-global matching (Hirschmüller 2008) as OpenCV's StereoSGBM does it in its
//! five-direction mode, with the one set of parameters that makes numbers compare. Pure.
//!
//! Costs after Birchfield and Tomasi (1998) on the horizontal Sobel and on the samples themselves, summed over 5×5; penalties 600 and 2400;
//! disparities −64 … 63; a best that is not 10 % better than others is dropped; so is what the right picture contradicts by more than
//! a pixel; a 3×3 median; islands of up to 100 pixels are dropped. Then the mirrored pair is matched too, and what agrees within 1.5 pixels is kept.

/// Least disparity looked for, in pixels.
const LEAST: i32 = -64;
/// How many disparities.
const COUNT: usize = 128;
/// Half of the block's side.
const RADIUS: usize = 2;
/// Penalty for a step of one, and for a larger one.
const SMALL_STEP: u16 = 8 * 75;
const LARGE_STEP: u16 = 32 * 75;
/// Sobel values are cut here.
const CAP: i32 = 31;
/// Parts of a pixel in which disparities are counted.
const PARTS: i32 = 16;
const UNKNOWN: i16 = ((LEAST - 1) * PARTS) as i16;
/// Islands up to this size go, where neighbours differ by at most…
const ISLAND: usize = 100;
/// …this much, in parts of a pixel.
const ISLAND_STEP: i16 = (2 * PARTS) as i16;

/// A picture as channels of rows: three of samples, three of their Sobel.
struct Channels {
    width: usize,
    height: usize,
    planes: [Vec<u8>; 6],
}

impl Channels {
    /// Of R'G'B' samples, three a pixel.
    fn new(samples: &[u8], [width, height]: [usize; 2], mirrored: bool) -> Self {
        let column = |x: usize| if mirrored { width - 1 - x } else { x };
        let plane = |channel: usize| -> Vec<u8> {
            (0..width * height).map(|at| samples[(at / width * width + column(at % width)) * 3 + channel]).collect()
        };
        let plain = [plane(0), plane(1), plane(2)];
        let sobel = plain.each_ref().map(|plane| {
            let at = |x: usize, y: usize| i32::from(plane[y * width + x]);
            let mut result = vec![CAP as u8; width * height];
            for y in 0..height {
                let (up, down) = (y.saturating_sub(1), (y + 1).min(height - 1));
                for x in 1..width.saturating_sub(1) {
                    let slope = |y: usize| at(x + 1, y) - at(x - 1, y);
                    let value = 2 * slope(y) + slope(up) + slope(down);
                    result[y * width + x] = (value.clamp(-CAP, CAP) + CAP) as u8;
                }
            }
            result
        });
        let ([a, b, c], [d, e, f]) = (plain, sobel);
        Self { width, height, planes: [a, b, c, d, e, f] }
    }

    /// The least and the greatest of a row's samples and of what lies half-way to their neighbours.
    fn bounds(row: &[u8]) -> Vec<[i32; 3]> {
        let last = row.len() - 1;
        let at = |x: usize| i32::from(row[x]);
        let bound = |x: usize| {
            let (v, left, right) = (at(x), (at(x) + at(x.saturating_sub(1))) / 2, (at(x) + at((x + 1).min(last))) / 2);
            [v, v.min(left).min(right), v.max(left).max(right)]
        };
        (0..row.len()).map(bound).collect()
    }
}

/// The cost of each disparity at each column of row `y` from `first` on: columns × [`COUNT`].
fn row_costs(left: &Channels, right: &Channels, y: usize, first: usize, columns: usize) -> Vec<u16> {
    let mut costs = vec![0_u16; columns * COUNT];
    for channel in 0..6 {
        let row =
            |picture: &Channels| Channels::bounds(&picture.planes[channel][y * picture.width..(y + 1) * picture.width]);
        let (left, right) = (row(left), row(right));
        // Samples count a quarter of their Sobel.
        let shift = if channel < 3 { 2 } else { 0 };
        for (column, costs) in costs.chunks_exact_mut(COUNT).enumerate() {
            let x = first + column;
            let [u, u0, u1] = left[x];
            for (index, cost) in costs.iter_mut().enumerate() {
                let [v, v0, v1] = right[(x as i32 - LEAST) as usize - index];
                let one = 0.max(u - v1).max(v0 - u);
                let other = 0.max(v - u1).max(u0 - v);
                *cost += (one.min(other) >> shift) as u16;
            }
        }
    }
    costs
}

/// Sums over 2·[`RADIUS`] + 1 columns, the outermost repeated.
fn sum_along(costs: &[u16], columns: usize) -> Vec<u16> {
    let mut sums = vec![0_u16; costs.len()];
    for column in 0..columns {
        for offset in 0..=2 * RADIUS {
            let from = (column + offset).saturating_sub(RADIUS).min(columns - 1);
            let (sum, cost) = (&mut sums[column * COUNT..][..COUNT], &costs[from * COUNT..][..COUNT]);
            sum.iter_mut().zip(cost).for_each(|(sum, cost)| *sum += cost);
        }
    }
    sums
}

/// One direction at one pixel: the path costs so far, and their least.
#[derive(Clone)]
struct Path {
    costs: [u16; COUNT],
    least: u16,
}

impl Path {
    const START: Self = Self { costs: [0; COUNT], least: 0 };

    /// The path of the next pixel, of matching costs `here`.
    fn extend(&self, here: &[u16]) -> Self {
        let mut next = Self { costs: [0; COUNT], least: u16::MAX };
        let jump = self.least.saturating_add(LARGE_STEP);
        for (index, here) in here.iter().enumerate() {
            let below = if index > 0 { self.costs[index - 1].saturating_add(SMALL_STEP) } else { u16::MAX };
            let above = if index + 1 < COUNT { self.costs[index + 1].saturating_add(SMALL_STEP) } else { u16::MAX };
            let before = self.costs[index].min(below).min(above).min(jump);
            next.costs[index] = here.saturating_add(before - self.least);
        }
        next.least = next.costs.iter().copied().min().unwrap_or(0);
        next
    }
}

/// Disparities of one row in parts of a pixel from the sums of its five paths.
fn decide(sums: &[Vec<u16>], width: usize, first: usize) -> Vec<i16> {
    let mut row = vec![UNKNOWN; width];
    // What the right picture would take: its disparity and what that costs.
    let mut right: Vec<(i32, u16)> = vec![(LEAST - 1, u16::MAX); width];
    for (column, sums) in sums.iter().enumerate() {
        let x = first + column;
        let (best, least) = sums
            .iter()
            .enumerate()
            .fold((0, u16::MAX), |found, (at, cost)| if *cost < found.1 { (at, *cost) } else { found });
        let unclear =
            |(at, cost): (usize, &u16)| u32::from(*cost) * 90 < u32::from(least) * 100 && at.abs_diff(best) > 1;
        if sums.iter().enumerate().any(unclear) {
            continue;
        }
        let disparity = best as i32 + LEAST;
        if let Some(other) = right.get_mut((x as i32 - disparity) as usize)
            && other.1 > least
        {
            *other = (disparity, least);
        }
        let mut parts = disparity * PARTS;
        if best > 0 && best + 1 < COUNT {
            let [low, here, high] = [best - 1, best, best + 1].map(|at| i32::from(sums[at]));
            let bend = (low + high - 2 * here).max(1);
            parts += ((low - high) * PARTS + bend) / (bend * 2);
        }
        row[x] = parts as i16;
    }
    for (x, found) in row.iter_mut().enumerate().skip(first).take(sums.len()).filter(|(_, found)| **found != UNKNOWN) {
        let parts = i32::from(*found);
        let contradicts = |disparity: i32| {
            let other = usize::try_from(x as i32 - disparity).ok().and_then(|at| right.get(at));
            other.is_some_and(|(theirs, _)| *theirs >= LEAST && (theirs - disparity).abs() > 1)
        };
        if contradicts(parts >> 4) && contradicts((parts + PARTS - 1) >> 4) {
            *found = UNKNOWN;
        }
    }
    row
}

fn median(disparity: &[i16], width: usize, height: usize) -> Vec<i16> {
    let mut result = Vec::with_capacity(disparity.len());
    for y in 0..height {
        let rows = [y.saturating_sub(1), y, (y + 1).min(height - 1)];
        for x in 0..width {
            let columns = [x.saturating_sub(1), x, (x + 1).min(width - 1)];
            let mut nine = [0; 9];
            for (at, value) in nine.iter_mut().enumerate() {
                *value = disparity[rows[at / 3] * width + columns[at % 3]];
            }
            nine.sort_unstable();
            result.push(nine[4]);
        }
    }
    result
}

/// Drops small islands.
fn drop_islands(disparity: &mut [i16], width: usize, height: usize) {
    let mut seen = vec![false; disparity.len()];
    let mut island = Vec::new();
    for start in 0..disparity.len() {
        if seen[start] || disparity[start] == UNKNOWN {
            continue;
        }
        island.clear();
        island.push(start);
        seen[start] = true;
        let mut next = 0;
        while let Some(at) = island.get(next).copied() {
            next += 1;
            let (x, y) = (at % width, at / width);
            let around = [
                (x > 0).then(|| at - 1),
                (x + 1 < width).then(|| at + 1),
                (y > 0).then(|| at.wrapping_sub(width)),
                (y + 1 < height).then(|| at + width),
            ];
            for other in around.into_iter().flatten() {
                let near = disparity[other] != UNKNOWN && (disparity[other] - disparity[at]).abs() <= ISLAND_STEP;
                if near && !seen[other] {
                    seen[other] = true;
                    island.push(other);
                }
            }
        }
        if island.len() <= ISLAND {
            island.iter().for_each(|at| disparity[*at] = UNKNOWN);
        }
    }
}

/// Disparities in parts of a pixel, [`UNKNOWN`] where there is none.
fn match_one_way(left: &Channels, right: &Channels) -> Vec<i16> {
    let (width, height) = (left.width, left.height);
    let mut result = Vec::with_capacity(width * height);
    // Only where every disparity has a place in the other picture.
    let first = (COUNT as i32 + LEAST) as usize;
    let columns = width.saturating_sub(first + LEAST.unsigned_abs() as usize);
    if columns == 0 || height == 0 {
        return vec![UNKNOWN; width * height];
    }
    let sums_of = |y: usize| sum_along(&row_costs(left, right, y, first, columns), columns);
    let mut rows: Vec<Vec<u16>> = (0..=RADIUS).map(|y| sums_of(y.min(height - 1))).collect();
    for _ in 0..RADIUS {
        rows.insert(0, rows[0].clone());
    }
    // From the upper left, from above and from the upper right.
    let mut above = vec![[Path::START, Path::START, Path::START]; columns];
    for y in 0..height {
        let mut costs = vec![0_u16; columns * COUNT];
        for row in &rows {
            costs.iter_mut().zip(row).for_each(|(sum, cost)| *sum += cost);
        }
        let here = |column: usize| &costs[column * COUNT..(column + 1) * COUNT];
        let mut sums = vec![vec![0_u16; COUNT]; columns];
        let add = |sum: &mut [u16], path: &Path| {
            sum.iter_mut().zip(&path.costs).for_each(|(sum, cost)| *sum = sum.saturating_add(*cost));
        };
        let mut next = Vec::with_capacity(columns);
        let mut along = Path::START;
        for (column, sum) in sums.iter_mut().enumerate() {
            let from = |at: Option<usize>, direction: usize| {
                at.and_then(|at| above.get(at)).map_or(&Path::START, |paths| &paths[direction])
            };
            let paths = [
                from(column.checked_sub(1), 0).extend(here(column)),
                from(Some(column), 1).extend(here(column)),
                from(Some(column + 1), 2).extend(here(column)),
            ];
            along = along.extend(here(column));
            paths.iter().chain([&along]).for_each(|path| add(sum, path));
            next.push(paths);
        }
        above = next;
        let mut back = Path::START;
        for column in (0..columns).rev() {
            back = back.extend(here(column));
            add(&mut sums[column], &back);
        }
        result.extend(decide(&sums, width, first));
        rows.remove(0);
        rows.push(if y + RADIUS + 1 < height { sums_of(y + RADIUS + 1) } else { rows[rows.len() - 1].clone() });
    }
    let mut result = median(&result, width, height);
    drop_islands(&mut result, width, height);
    result
}

/// Disparity of every pixel of `left` in pixels (nearer is larger), `None` where matching both ways does not agree. Both are R'G'B' samples, three
/// a pixel, of `size`.
pub fn stereo_match(left: &[u8], right: &[u8], size: [u32; 2]) -> Vec<Option<f32>> {
    let size = size.map(|side| side as usize);
    let [width, _] = size;
    let (forth, back) = std::thread::scope(|scope| {
        let mirrored =
            scope.spawn(|| match_one_way(&Channels::new(right, size, true), &Channels::new(left, size, true)));
        let forth = match_one_way(&Channels::new(left, size, false), &Channels::new(right, size, false));
        (forth, mirrored.join().unwrap_or_else(|_| vec![UNKNOWN; size[0] * size[1]]))
    });
    let pixels = |parts: i16| f32::from(parts) / PARTS as f32;
    let agreed = |(at, parts): (usize, &i16)| {
        let disparity = pixels(*parts);
        let (x, y) = (at % width, at / width);
        let there = (x as i32 - disparity.round_ties_even() as i32).clamp(0, width as i32 - 1) as usize;
        // The mirrored pair's disparity has the same sign as this one's.
        let theirs = pixels(back[y * width + (width - 1 - there)]);
        (disparity > LEAST as f32 && (disparity - theirs).abs() < 1.5).then_some(disparity)
    };
    forth.iter().enumerate().map(agreed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of noise whose middle part lies 12 pixels nearer in the right eye.
    fn pair() -> (Vec<u8>, Vec<u8>, [u32; 2]) {
        let (width, height) = (256, 48);
        let noise = |x: i32, y: i32| {
            let mut z = (x as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (y as u64).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 30)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z >> 32) & 0xFF) as u8
        };
        let near = |x: i32| (100..160).contains(&x);
        let left = |x: i32, y: i32| if near(x) { noise(x, y) } else { noise(x + 1000, y) };
        let right = |x: i32, y: i32| if near(x + 12) { noise(x + 12, y) } else { noise(x + 1000 + 3, y) };
        let draw = |eye: &dyn Fn(i32, i32) -> u8| -> Vec<u8> {
            (0..height).flat_map(|y| (0..width).flat_map(move |x| [(x, y); 3])).map(|(x, y)| eye(x, y)).collect()
        };
        (draw(&left), draw(&right), [width as u32, height as u32])
    }

    #[test]
    fn two_planes_are_found_with_their_disparities() {
        let (left, right, size) = pair();
        let found = stereo_match(&left, &right, size);
        let at = |x: usize, y: usize| found[y * 256 + x];
        for y in [10, 24, 40] {
            for (x, wanted) in [(70, 3.0), (85, 3.0), (110, 12.0), (130, 12.0), (150, 12.0), (185, 3.0)] {
                let disparity = at(x, y).unwrap_or(f32::NAN);
                assert!((disparity - wanted).abs() < 0.5, "({x}, {y}): {disparity}, not {wanted}");
            }
        }
        // Nothing is claimed at the sides, where not every disparity could be looked at.
        assert!(at(20, 24).is_none() && at(250, 24).is_none());
    }

    #[test]
    fn pictures_of_different_things_do_not_match() {
        let (left, _, size) = pair();
        let other: Vec<u8> = left.iter().rev().map(|value| value.wrapping_mul(37)).collect();
        let found = stereo_match(&left, &other, size).iter().flatten().count();
        assert!(found < left.len() / 3 / 50, "{found} pixels agree");
    }

    #[test]
    fn small_pictures_have_no_disparity() {
        assert!(stereo_match(&[0; 3 * 100 * 4], &[0; 3 * 100 * 4], [100, 4]).iter().all(Option::is_none));
    }
}
