//! The colour kernel in plain Rust (`shaders/colour.comp`).

use super::constants::{ColourConstants, Curve, REFERENCE_WHITE};
use crate::frame::{Orientation, Picture};

/// For each pixel of the turned picture: coded x is the dot product of the first row and (x, y, 1), coded y that of the second.
pub(super) fn turning(orientation: Orientation, coded: [u32; 2]) -> [[i32; 3]; 2] {
    let [width, height] = coded.map(|side| side as i32);
    let (x, y) = match orientation.quarter_turns % 4 {
        0 => ([1, 0, 0], [0, 1, 0]),
        1 => ([0, 1, 0], [-1, 0, height - 1]),
        2 => ([-1, 0, width - 1], [0, -1, height - 1]),
        _ => ([0, -1, width - 1], [1, 0, 0]),
    };
    let x = if orientation.mirror { [-x[0], -x[1], width - 1 - x[2]] } else { x };
    [x, y]
}

/// The picture as it is to be seen: RGBA, 8 bits each, tight rows. `None` where a plane is too short.
pub fn colour(picture: &Picture) -> Option<Vec<u8>> {
    let constants = ColourConstants::new(picture.shape.format, &picture.shape.colour);
    let size = picture.shape.orientation.apply_size(picture.shape.size);
    let [to_x, to_y] = turning(picture.shape.orientation, picture.shape.size);
    let mut result = Vec::with_capacity(size[0] as usize * size[1] as usize * 4);
    for y in 0..size[1] as i32 {
        for x in 0..size[0] as i32 {
            let at = [to_x, to_y].map(|row| row[0] * x + row[1] * y + row[2]);
            let rgb = pixel(picture, &constants, at)?;
            result.extend(rgb.map(|v| (v * 255.0).round_ties_even() as u8));
            result.push(255);
        }
    }
    Some(result)
}

/// Places of a pixel that are looked at, each way, to make a picture small.
const TAPS: u32 = 3;

/// The picture as it is to be seen, made smaller (or larger) to `size`: RGBA, 8 bits each, tight rows. Quick rather than good: each pixel is the mean of
/// a few of its part of the picture. `None` where a plane is too short.
pub fn small(picture: &Picture, size: [u32; 2]) -> Option<Vec<u8>> {
    let constants = ColourConstants::new(picture.shape.format, &picture.shape.colour);
    let whole = picture.shape.orientation.apply_size(picture.shape.size);
    let [to_x, to_y] = turning(picture.shape.orientation, picture.shape.size);
    let place = |axis: usize, at: u32, tap: u32| {
        let share = (f64::from(at) + (f64::from(tap) + 0.5) / f64::from(TAPS)) / f64::from(size[axis].max(1));
        ((share * f64::from(whole[axis])) as i32).min(whole[axis] as i32 - 1)
    };
    let mut result = Vec::with_capacity(size[0] as usize * size[1] as usize * 4);
    for y in 0..size[1] {
        for x in 0..size[0] {
            let mut sum = [0.0; 3];
            for tap in 0..TAPS * TAPS {
                let (x, y) = (place(0, x, tap % TAPS), place(1, y, tap / TAPS));
                let at = [to_x, to_y].map(|row| row[0] * x + row[1] * y + row[2]);
                let rgb = pixel(picture, &constants, at)?;
                sum = [0, 1, 2].map(|channel| sum[channel] + rgb[channel]);
            }
            result.extend(sum.map(|v: f32| (v * 255.0 / (TAPS * TAPS) as f32).round() as u8));
            result.push(255);
        }
    }
    Some(result)
}

fn pixel(picture: &Picture, constants: &ColourConstants, at: [i32; 2]) -> Option<[f32; 3]> {
    let first = sample(picture, 0, at[0], at[1])?;
    let [second, third] = if constants.chroma == 0 { [0.0, 0.0] } else { chroma(picture, constants, at)? };
    let rgb = constants.matrix.map(|row| row[0] * first + row[1] * second + row[2] * third + row[3]);
    let light = match constants.curve {
        Curve::Straight => return Some(rgb.map(|v| v.clamp(0.0, 1.0))),
        Curve::Wide => rgb.map(|v| v.max(0.0).powf(2.4)),
        Curve::Pq => tone(constants, rgb.map(pq_to_light)),
        Curve::Hlg => tone(constants, hlg_to_light(rgb)),
    };
    let shown = constants.primaries.map(|row| row[0] * light[0] + row[1] * light[1] + row[2] * light[2]);
    Some(shown.map(|v| v.clamp(0.0, 1.0).powf(1.0 / 2.4)))
}

fn sample(picture: &Picture, plane: usize, x: i32, y: i32) -> Option<f32> {
    let (bytes, stride) = picture.planes.plane(plane);
    let width = picture.shape.format.sample_bytes();
    let at = usize::try_from(y).ok()? * stride + usize::try_from(x).ok()? * width;
    let code = match *bytes.get(at..at + width)? {
        [low, high] => u16::from_le_bytes([low, high]),
        [only] => u16::from(only),
        _ => return None,
    };
    Some(f32::from(code >> picture.shape.format.shift))
}

fn chroma(picture: &Picture, constants: &ColourConstants, at: [i32; 2]) -> Option<[f32; 2]> {
    let [samples, rows] = picture.shape.format.plane_size(1, picture.shape.size);
    let last = [if picture.shape.format.semi_planar { samples / 2 } else { samples }, rows].map(|side| side as i32 - 1);
    let one = |x: i32, y: i32| {
        Some(if picture.shape.format.semi_planar {
            [sample(picture, 1, 2 * x, y)?, sample(picture, 1, 2 * x + 1, y)?]
        } else {
            [sample(picture, 1, x, y)?, sample(picture, 2, x, y)?]
        })
    };
    let [(x0, x1, wx), (y0, y1, wy)] = [0, 1].map(|axis| {
        if constants.subsampled[axis] == 0 {
            return (at[axis], at[axis], 0.0);
        }
        let place = (at[axis] as f32 - constants.site[axis]) * 0.5;
        let low = place.floor();
        ((low as i32).clamp(0, last[axis]), (low as i32 + 1).min(last[axis]), place - low)
    });
    let mix = |a: [f32; 2], b: [f32; 2], t: f32| [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
    Some(mix(mix(one(x0, y0)?, one(x1, y0)?, wx), mix(one(x0, y1)?, one(x1, y1)?, wx), wy))
}

fn pq_to_light(code: f32) -> f32 {
    let e = code.clamp(0.0, 1.0).powf(1.0 / 78.84375);
    10_000.0 * ((e - 0.835_937_5).max(0.0) / (18.851_563 - 18.6875 * e)).powf(1.0 / 0.159_301_76)
}

fn light_to_pq(light: f32) -> f32 {
    let y = (light / 10_000.0).clamp(0.0, 1.0).powf(0.159_301_76);
    ((0.835_937_5 + 18.851_563 * y) / (1.0 + 18.6875 * y)).powf(78.84375)
}

/// BT.2390's EETF with black at 0, on a PQ code.
fn bend(constants: &ColourConstants, code: f32) -> f32 {
    let white = constants.white_share;
    let e = (code / constants.peak_code).min(1.0);
    let knee = 1.5 * white - 0.5;
    if white >= 1.0 || e < knee {
        return e * constants.peak_code;
    }
    let t = (e - knee) / (1.0 - knee);
    let (t2, t3) = (t * t, t * t * t);
    let bent = (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee) + (3.0 * t2 - 2.0 * t3) * white;
    bent * constants.peak_code
}

fn hlg_to_light(code: [f32; 3]) -> [f32; 3] {
    let scene = code.map(|e| {
        let e = e.clamp(0.0, 1.0);
        if e <= 0.5 { e * e / 3.0 } else { (((e - 0.559_910_7) / 0.178_832_77).exp() + 0.284_668_92) / 12.0 }
    });
    let luminance = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2];
    scene.map(|e| 1000.0 * luminance.max(1e-6).powf(0.2) * e)
}

/// The brightest of the three lights goes through the curve, the others keep their share of it: hue and saturation stay.
fn tone(constants: &ColourConstants, light: [f32; 3]) -> [f32; 3] {
    let brightest = light[0].max(light[1]).max(light[2]).max(1e-4);
    let bent = pq_to_light(bend(constants, light_to_pq(brightest)));
    light.map(|v| v * (bent / brightest) / REFERENCE_WHITE as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_covers_the_picture() {
        // Upper left corner of a 3×2 picture after each way of turning, worked out by hand.
        let cases = [
            (false, 0, [0, 0]),
            (true, 0, [2, 0]),
            (false, 1, [0, 1]),
            (false, 2, [2, 1]),
            (false, 3, [2, 0]),
            (true, 1, [2, 1]),
        ];
        for (mirror, quarter_turns, corner) in cases {
            let rows = turning(Orientation { mirror, quarter_turns }, [3, 2]);
            assert_eq!(rows.map(|row| row[2]), corner, "mirror {mirror}, {quarter_turns} turns");
        }
    }
}
