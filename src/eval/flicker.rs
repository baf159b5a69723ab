//! How much of the disparity changes from frame to frame without anything having moved. Pure.
//!
//! Motion is found between the pictures at twice the disparity's size by matching blocks both ways; only blocks count whose content is found again
//! and whose way back leads to where they came from. Everything else (uncovered places, blur, water) says nothing about flicker.

use super::edges;
use super::measures::luma;
use super::view::{Map, Samples};
use crate::statistics::percentile;

/// Side of a block in pixels; half as many values of disparity.
const BLOCK: usize = 8;
/// How far motion is looked for, in pixels.
const REACH: i32 = 16;
/// Most mean difference of luma (0–255) of a block that was found again.
const SAME: f32 = 5.0;
/// Farthest that a block's way back may end from where it began, in pixels.
const RETURN: i32 = 1;
/// A pixel of motion must pay by this much mean luma, so that plain places rest.
const REST: f32 = 0.05;
/// What moves does so by this much at least, in pixels across and down together.
const MOVES: i32 = 2;
/// Spans below this (raw units, % of the width) are counted as this: a flat shot's noise is not seen.
const FLAT: f64 = 0.1;

/// A frame as far as flicker is concerned.
#[derive(Debug, Clone)]
pub struct Still {
    luma: Vec<f32>,
    nearness: Map,
}

impl Still {
    /// From the picture (any size) and its disparity.
    pub fn new(picture: &Samples, nearness: Map) -> Self {
        let size = nearness.size.map(|side| side * 2);
        Self { luma: luma(&picture.resized(size).values), nearness }
    }

    fn span(&self) -> f64 {
        let mut sorted = self.nearness.values.clone();
        sorted.sort_by(f32::total_cmp);
        (percentile(&sorted, 0.98) - percentile(&sorted, 0.02)).max(FLAT)
    }
}

/// Where a block of `now` was in `before`: columns and rows to go, and the mean difference that is left.
fn find(now: &[f32], before: &[f32], [width, height]: [usize; 2], [x, y]: [usize; 2]) -> ([i32; 2], f32) {
    let bound = |at: usize, side: usize| (-REACH).max(-(at as i32))..=REACH.min((side - BLOCK - at) as i32);
    let mut best = ([0, 0], f32::INFINITY, f32::INFINITY);
    for down in bound(y, height) {
        for across in bound(x, width) {
            let rest = REST * across.abs().max(down.abs()) as f32;
            let mut sum = 0.0;
            for row in 0..BLOCK {
                let from = (y + row) * width + x;
                let there = ((y + row) as i32 + down) as usize * width + (x as i32 + across) as usize;
                let rows = now[from..from + BLOCK].iter().zip(&before[there..there + BLOCK]);
                sum += rows.map(|(a, b)| (a - b).abs()).sum::<f32>();
                if sum / (BLOCK * BLOCK) as f32 + rest >= best.1 {
                    break;
                }
            }
            let mean = sum / (BLOCK * BLOCK) as f32;
            if mean + rest < best.1 {
                best = ([across, down], mean + rest, mean);
            }
        }
    }
    (best.0, best.2)
}

/// What two frames that follow each other say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Mean change of the disparity along motion, as a part of its 2nd-to-98th percentile span.
    pub flicker: f64,
    /// Part of the picture that could be compared.
    pub part: f64,
    /// Sum of the sharpness of `now`'s edges on what moves ([`edges`]), and their number.
    pub edges: (f64, usize),
}

/// How `now` differs from `before`, the frame before. `None` where less than a twentieth of the picture could be compared.
pub fn between(before: &Still, now: &Still) -> Option<Change> {
    let small = now.nearness.size.map(|side| side as usize);
    if before.nearness.size != now.nearness.size || small.iter().any(|side| side * 2 < BLOCK) {
        return None;
    }
    let size = small.map(|side| side * 2);
    let (mut change, mut count, mut all) = (0.0_f64, 0_usize, 0_usize);
    let columns = size[0] / BLOCK;
    let mut moves = vec![false; columns * (size[1] / BLOCK)];
    for y in (0..=size[1] - BLOCK).step_by(BLOCK) {
        for x in (0..=size[0] - BLOCK).step_by(BLOCK) {
            all += 1;
            let ([across, down], left) = find(&now.luma, &before.luma, size, [x, y]);
            moves[y / BLOCK * columns + x / BLOCK] = across.abs() + down.abs() >= MOVES;
            if left > SAME {
                continue;
            }
            let there = [(x as i32 + across) as usize, (y as i32 + down) as usize];
            let ([back, up], _) = find(&before.luma, &now.luma, size, there);
            if (across + back).abs() > RETURN || (down + up).abs() > RETURN {
                continue;
            }
            count += 1;
            // An odd motion falls between two values: the nearer of both neighbours would flicker by itself, so their mean.
            let at = |map: &Map, x: f32, y: f32| {
                let [low_x, low_y] = [x.floor(), y.floor()].map(|v| v.max(0.0) as usize);
                let value = |x: usize, y: usize| map.values[y.min(small[1] - 1) * small[0] + x.min(small[0] - 1)];
                let row = |y: usize| value(low_x, y) + (value(low_x + 1, y) - value(low_x, y)) * x.fract();
                row(low_y) + (row(low_y + 1) - row(low_y)) * y.fract()
            };
            let half = |v: i32| v as f32 / 2.0;
            let mut sum = 0.0_f64;
            for row in 0..BLOCK / 2 {
                for column in 0..BLOCK / 2 {
                    let here = [(x / 2 + column) as f32, (y / 2 + row) as f32];
                    let new = at(&now.nearness, here[0], here[1]);
                    let old = at(&before.nearness, (here[0] + half(across)).max(0.0), (here[1] + half(down)).max(0.0));
                    sum += f64::from((new - old).abs());
                }
            }
            change += sum / (BLOCK * BLOCK / 4) as f64;
        }
    }
    if count * 20 < all {
        return None;
    }
    let (old, new) = (before.span(), now.span());
    // A block's neighbours move with it: an edge lies between what moves and what does not.
    let near = |x: usize, y: usize| {
        let half = BLOCK / 2;
        [(x.saturating_sub(half), y), (x, y), (x + half, y)]
            .into_iter()
            .any(|(x, y)| moves.get((y / half) * columns + (x / half).min(columns - 1)).is_some_and(|moves| *moves))
    };
    Some(Change {
        flicker: change / count as f64 / ((old + new) / 2.0),
        part: count as f64 / all as f64,
        edges: edges::sharpness(&now.nearness, new as f32, near),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [u32; 2] = [96, 64];

    /// A picture of smooth blobs moved right by `shift` pixels, with a disparity of the same shape plus `noise`.
    fn frame(shift: i32, noise: f32) -> Still {
        let shape = |x: i32, y: i32| {
            let (x, y) = (f64::from(x - shift), f64::from(y));
            127.0 + 60.0 * (x * 0.31 + (y * 0.17).sin() * 2.0).sin() + 60.0 * (y * 0.27 + (x * 0.11).sin() * 3.0).sin()
        };
        let [width, height] = SIZE.map(|side| side as i32);
        let values =
            (0..width * height).flat_map(|at| [shape(at % width, at / width).clamp(0.0, 255.0) as u8; 3]).collect();
        let picture = Samples { size: SIZE, values };
        let flip = |at: i32| if (at / 7 + at % 5) % 2 == 0 { noise } else { -noise };
        let near = (0..width * height / 4)
            .map(|at| (shape(at % (width / 2) * 2, at / (width / 2) * 2) / 100.0) as f32 + flip(at))
            .collect();
        Still::new(&picture, Map { size: [48, 32], values: near })
    }

    #[test]
    fn what_moves_along_does_not_flicker() {
        let Change { flicker, part, .. } = between(&frame(0, 0.0), &frame(4, 0.0)).unwrap();
        assert!(flicker < 0.02 && part > 0.5, "{flicker} of {part}");
    }

    #[test]
    fn disparity_that_changes_by_itself_does() {
        let Change { flicker, .. } = between(&frame(0, 0.0), &frame(0, 0.2)).unwrap();
        let span = frame(0, 0.0).span();
        assert!((flicker * span - 0.2).abs() < 0.05, "{flicker} of {span}");
        // Standing still while the picture moves is a change too.
        let standing = Still { nearness: frame(0, 0.0).nearness, ..frame(6, 0.0) };
        assert!(between(&frame(0, 0.0), &standing).unwrap().flicker > 0.05);
    }

    #[test]
    fn pictures_of_different_things_say_nothing() {
        let noise: Vec<u8> =
            (0..96 * 64 * 3_u32).map(|at| (at / 3).wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        let other = Still::new(&Samples { size: SIZE, values: noise }, frame(0, 0.0).nearness);
        assert_eq!(between(&frame(0, 0.0), &other), None);
    }
}
