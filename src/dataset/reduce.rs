//! A piece of a decoded picture, made smaller by area averages and brought to R'G'B'.
//!
//! Samples are averaged before they are coloured, so that a film of any size costs one pass over its planes.

use image::RgbImage;

use crate::frame::{Chroma, ChromaSite, OwnedPlanes, Picture, PixelFormat, Range, Shape};
use crate::stage::colour::reference::colour;

/// The samples that one target sample covers: the first, and the share of each. The shares sum to one.
struct Cover {
    first: usize,
    shares: Vec<f32>,
}

/// Divides the samples from `from` to `to` (fractions of samples, within 0..=`limit`) evenly among `count`.
fn covers(from: f64, to: f64, count: u32, limit: u32) -> Vec<Cover> {
    let step = (to - from) / f64::from(count.max(1));
    let last = limit.saturating_sub(1);
    let cover = |target: u32| {
        let begin = (from + step * f64::from(target)).clamp(0.0, f64::from(last));
        let end = (begin + step).clamp(begin + 1e-6, f64::from(limit.max(1)));
        let first = begin.floor() as usize;
        let mut shares: Vec<f32> = (first..(end.ceil() as usize).max(first + 1))
            .map(|sample| ((end.min(sample as f64 + 1.0) - begin.max(sample as f64)).max(0.0)) as f32)
            .collect();
        let sum: f32 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum.max(1e-9));
        Cover { first, shares }
    };
    (0..count).map(cover).collect()
}

/// Averages of one plane's samples, every `step`th from `offset` on, as codes. `None` where the plane is too short.
fn average(
    (bytes, stride): (&[u8], usize),
    format: PixelFormat,
    [offset, step]: [usize; 2],
    [across, down]: [&[Cover]; 2],
) -> Option<Vec<f32>> {
    let left = across.iter().map(|cover| cover.first).min()?;
    let right = across.iter().map(|cover| cover.first + cover.shares.len()).max()?;
    let sample_bytes = format.sample_bytes();
    let mut result = Vec::with_capacity(across.len() * down.len());
    let mut sums = vec![0.0f32; right - left];
    for rows in down {
        sums.fill(0.0);
        for (row, share) in rows.shares.iter().enumerate() {
            let begin = (rows.first + row) * stride + (left * step + offset) * sample_bytes;
            let end = begin + ((right - left - 1) * step + 1) * sample_bytes;
            let row = bytes.get(begin..end)?;
            if sample_bytes == 1 {
                sums.iter_mut().zip(row.iter().step_by(step)).for_each(|(sum, code)| *sum += share * f32::from(*code));
            } else {
                for (sum, code) in sums.iter_mut().zip(row.chunks(2 * step)) {
                    let code = u16::from_le_bytes([*code.first()?, *code.get(1)?]) >> format.shift.min(15);
                    *sum += share * f32::from(code);
                }
            }
        }
        result.extend(across.iter().map(|cover| {
            let sums = &sums[cover.first - left..];
            cover.shares.iter().zip(sums).map(|(share, sum)| share * sum).sum::<f32>()
        }));
    }
    Some(result)
}

/// The region (x, y, width, height in coded samples, within the picture) at `size`; turning is left out. `None` where a plane is too short.
pub(super) fn reduce(picture: &Picture, [x, y, width, height]: [u32; 4], size: [u32; 2]) -> Option<RgbImage> {
    let format = picture.shape.format;
    // Codes become 16 bits, of which limited range takes the same share as of fewer; a full range ends at the largest code.
    let whole = |depth: u32| f64::from((1u32 << depth.clamp(8, 16)) - 1);
    let gain = match picture.shape.colour.range {
        Range::Full => whole(16) / whole(format.depth),
        Range::Limited => f64::from(1u32 << 16u32.saturating_sub(format.depth)),
    } as f32;
    let (shift_x, shift_y) = format.chroma.shifts();
    let site = match picture.shape.colour.site {
        ChromaSite::Left => [0.25, 0.0],
        ChromaSite::Centre => [0.0, 0.0],
        ChromaSite::TopLeft => [0.25, 0.25],
    };
    let mut planes = Vec::new();
    for part in 0..if format.chroma == Chroma::Grey { 1 } else { 3 } {
        let (plane, pick) = match part {
            0 => (0, [0, 1]),
            part if format.semi_planar => (1, [part - 1, 2]),
            part => (part, [0, 1]),
        };
        let shifts = if part == 0 { [0, 0] } else { [shift_x, shift_y] };
        let axis = |begin: u32, length: u32, index: usize| {
            let parts = f64::from(1u32 << shifts[index]);
            let moved = if shifts[index] > 0 { site[index] } else { 0.0 };
            let limit = picture.shape.size[index].div_ceil(1 << shifts[index]);
            let (from, to) = (f64::from(begin) / parts + moved, f64::from(begin + length) / parts + moved);
            covers(from, to, size[index], limit)
        };
        let (across, down) = (axis(x, width, 0), axis(y, height, 1));
        let codes = average(picture.planes.plane(plane), format, pick, [&across, &down])?;
        let bytes = codes.iter().flat_map(|code| ((code * gain).round().clamp(0.0, 65_535.0) as u16).to_le_bytes());
        planes.push((bytes.collect(), size[0] as usize * 2));
    }
    let chroma = if format.chroma == Chroma::Grey { Chroma::Grey } else { Chroma::C444 };
    let small = Picture {
        shape: Shape {
            size,
            format: PixelFormat { chroma, depth: 16, shift: 0, semi_planar: false },
            colour: picture.shape.colour,
            sample_aspect: (1, 1),
            orientation: Default::default(),
        },
        planes: Box::new(OwnedPlanes(planes)),
    };
    let rgba = colour(&small)?;
    let rgb = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    RgbImage::from_raw(size[0], size[1], rgb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Colour, Matrix};

    /// 8×4 in limited-range BT.709 4:2:0: the left half white, the right half black.
    fn picture(depth: u32, semi_planar: bool) -> Picture {
        let up = 1u16 << (depth - 8);
        let bytes = |codes: Vec<u16>| -> Vec<u8> {
            match depth {
                8 => codes.iter().map(|code| *code as u8).collect(),
                _ => codes.iter().flat_map(|code| (code * up).to_le_bytes()).collect(),
            }
        };
        let samples = if depth == 8 { 1 } else { 2 };
        let luma = (0..32).map(|at| if at % 8 < 4 { 235 } else { 16 }).collect();
        let chroma = vec![128; 8];
        let mut planes = vec![(bytes(luma), 8 * samples)];
        if semi_planar {
            planes.push((bytes(vec![128; 16]), 8 * samples));
        } else {
            planes.extend([(bytes(chroma.clone()), 4 * samples), (bytes(chroma), 4 * samples)]);
        }
        Picture {
            shape: Shape {
                size: [8, 4],
                format: PixelFormat { chroma: Chroma::C420, depth, shift: 0, semi_planar },
                colour: Colour { matrix: Matrix::Bt709, range: Range::Limited, site: ChromaSite::Left, ..Colour::SRGB },
                sample_aspect: (1, 1),
                orientation: Default::default(),
            },
            planes: Box::new(OwnedPlanes(planes)),
        }
    }

    #[test]
    fn areas_are_averaged_in_every_depth_and_layout() {
        for (depth, semi_planar) in [(8, false), (8, true), (10, false)] {
            let picture = picture(depth, semi_planar);
            let row = |region, size| reduce(&picture, region, size).unwrap().into_raw();
            assert_eq!(row([0, 0, 8, 4], [2, 1]), [255, 255, 255, 0, 0, 0], "{depth}");
            let middle = row([2, 0, 4, 4], [1, 1]);
            assert!(middle.iter().all(|value| (126..=129).contains(value)), "{depth} {middle:?}");
            assert_eq!(row([4, 2, 4, 2], [1, 1]), [0, 0, 0]);
            // Larger than it is: repeated.
            assert_eq!(row([0, 0, 2, 2], [4, 4]), [255; 48]);
        }
    }

    #[test]
    fn short_planes_give_nothing() {
        let mut short = picture(8, false);
        short.planes = Box::new(OwnedPlanes(vec![(vec![0; 9], 8)]));
        assert!(reduce(&short, [0, 0, 8, 4], [2, 2]).is_none());
    }
}
