//! Which pairs are worth learning from, and why the others are not. Pure.
//!
//! Whether the eyes are exchanged is told by the ground: in nearly every shot what is lower in the picture is nearer, so parallax (positive
//! behind) falls from top to bottom. The measure is the rank correlation of parallax with the row over all matched places, its median over
//! the shot's pairs. It is wrong for a shot under a low ceiling or through leaves; so such a shot is only left out, and the user is asked
//! about the film when most shots that tell anything tell the same.

use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::matching::{Grey, Match, Matches};
use crate::statistics::{self, Ties, rank_correlation};

/// Why a pair was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Hardly any light in it.
    Dark,
    /// As the one before it.
    Repeated,
    /// The eyes differ in brightness or colour.
    Colour,
    /// Too little of one eye is found in the other.
    Unmatched,
    /// One eye is higher, turned or larger.
    Vertical,
    /// The same picture twice, or nothing but a shift.
    Flat,
    /// The eyes seem exchanged, over the shot.
    Swapped,
}

impl Reason {
    /// All, in the order in which they are asked after.
    pub const ALL: [Self; 7] =
        [Self::Dark, Self::Repeated, Self::Colour, Self::Unmatched, Self::Vertical, Self::Flat, Self::Swapped];

    /// For the table.
    pub fn text(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Repeated => "as the pair before",
            Self::Colour => "eyes of unlike colour",
            Self::Unmatched => "eyes that do not match",
            Self::Vertical => "one eye higher or turned",
            Self::Flat => "without depth",
            Self::Swapped => "eyes exchanged",
        }
    }
}

/// Mean brightness (0..=255) below which a pair is dark.
const DARK_MEAN: f32 = 14.0;
/// A pair whose brightest twentieth stays below this is dark too.
const DARK_LIGHTS: u8 = 40;
/// Mean difference of brightness to the pair before up to which it is the same.
const REPEATED: f32 = 0.5;
/// Difference of a channel's mean, and ratio of its deviation, up to which eyes are alike in colour.
const COLOUR_MEAN: f32 = 12.0;
const COLOUR_RATIO: f32 = 1.25;
/// Share of textured places that must be found.
const MATCHED: f64 = 0.4;
/// Median vertical parallax, in % of the height, up to which a pair is aligned.
const MOST_VERTICAL: f32 = 0.3;
/// Span of parallax, in % of the width, from which a pair has depth.
const LEAST_SPAN: f32 = 0.15;
/// Rank correlation of parallax with the row from which a shot tells the order of its eyes.
const TELLING: f32 = 0.35;

/// What was measured of a good pair.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Measure {
    /// The 2nd, 25th, 50th, 75th and 98th percentile of parallax in % of the width, positive behind.
    pub(super) parallax: [f32; 5],
    /// Median vertical parallax in % of the height.
    pub(super) vertical: f32,
    /// Share of textured places that were found.
    pub(super) matched: f32,
    /// Rank correlation of parallax and row; negative where lower is nearer.
    pub(super) slope: f32,
}

/// Looks at a pair without its bars; `before` is the brightness of the pair before it in the shot. Gives its own brightness too.
pub(super) fn judge(eyes: [&RgbImage; 2], before: Option<&Grey>) -> (Result<Measure, Reason>, Grey) {
    let [left, right] = eyes.map(Grey::of);
    let verdict = verdict(eyes, [&left, &right], before);
    (verdict, left)
}

fn verdict(eyes: [&RgbImage; 2], [left, right]: [&Grey; 2], before: Option<&Grey>) -> Result<Measure, Reason> {
    if is_dark(left) {
        return Err(Reason::Dark);
    }
    if before.is_some_and(|before| mean_difference(before, left) <= REPEATED) {
        return Err(Reason::Repeated);
    }
    if !colours_agree(eyes) {
        return Err(Reason::Colour);
    }
    let matches = Matches::between(left, right);
    let matched = matches.share().filter(|share| *share >= MATCHED).ok_or(Reason::Unmatched)?;
    let mut vertical: Vec<f32> = matches.found.iter().filter_map(|found| found.vertical).collect();
    // Its size, so that a turn, which lifts one side and lowers the other, counts.
    let mut sizes: Vec<f32> = vertical.iter().map(|offset| offset.abs()).collect();
    if percentile(&mut sizes, 0.5) > MOST_VERTICAL {
        return Err(Reason::Vertical);
    }
    let mut parallax: Vec<f32> = matches.found.iter().map(|found| found.parallax).collect();
    let percentiles = [0.02, 0.25, 0.5, 0.75, 0.98].map(|share| percentile(&mut parallax, share));
    if percentiles[4] - percentiles[0] < LEAST_SPAN {
        return Err(Reason::Flat);
    }
    let [rows, parallax]: [Vec<f32>; 2] = [|found: &Match| found.row, |found: &Match| found.parallax]
        .map(|value| matches.found.iter().map(value).collect());
    Ok(Measure {
        parallax: percentiles,
        vertical: percentile(&mut vertical, 0.5),
        matched: matched as f32,
        slope: rank_correlation(&rows, &parallax, Ties::Shared) as f32,
    })
}

fn is_dark(picture: &Grey) -> bool {
    let samples = picture.samples();
    let mean = samples.iter().map(|value| f32::from(*value)).sum::<f32>() / samples.len().max(1) as f32;
    let lights = samples.iter().filter(|value| **value >= DARK_LIGHTS).count();
    mean < DARK_MEAN || lights * 20 < samples.len()
}

fn mean_difference(one: &Grey, other: &Grey) -> f32 {
    let (one, other) = (one.samples(), other.samples());
    if one.len() != other.len() {
        return f32::MAX;
    }
    let sum: u64 = one.iter().zip(other).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f32 / one.len().max(1) as f32
}

fn colours_agree(eyes: [&RgbImage; 2]) -> bool {
    let [left, right] = eyes.map(|eye| {
        let (mut sums, mut squares, count) = ([0.0f64; 3], [0.0f64; 3], (eye.as_raw().len() / 3).max(1) as f64);
        for pixel in eye.as_raw().chunks_exact(3) {
            for channel in 0..3 {
                let value = f64::from(pixel[channel]);
                sums[channel] += value;
                squares[channel] += value * value;
            }
        }
        [0, 1, 2].map(|channel| {
            let mean = sums[channel] / count;
            [mean as f32, (squares[channel] / count - mean * mean).max(0.0).sqrt() as f32]
        })
    });
    left.iter().zip(&right).all(|([mean, spread], [other_mean, other_spread])| {
        let (least, most) = (spread.min(*other_spread) + 2.0, spread.max(*other_spread) + 2.0);
        (mean - other_mean).abs() <= COLOUR_MEAN && most <= COLOUR_RATIO * least
    })
}

/// As [`statistics::percentile`]. Sorts.
fn percentile(values: &mut [f32], share: f64) -> f32 {
    values.sort_by(f32::total_cmp);
    statistics::percentile(values, share) as f32
}

/// What a shot says about the order of its eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Right,
    Swapped,
    Unknown,
}

/// The order of the eyes by the slopes of a shot's good pairs.
pub(super) fn order(slopes: &mut [f32]) -> Order {
    match percentile(slopes, 0.5) {
        slope if slope >= TELLING => Order::Swapped,
        slope if slope <= -TELLING => Order::Right,
        _ => Order::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slopes_of_a_shot_tell_the_order_of_its_eyes() {
        assert_eq!(order(&mut [0.5, 0.4, -0.9]), Order::Swapped);
        assert_eq!(order(&mut [-0.5, 0.1, -0.9]), Order::Right);
        assert_eq!(order(&mut []), Order::Unknown);
    }
}
