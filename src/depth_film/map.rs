//! Disparity in main memory, and how a grey picture becomes it. Pure.

use crate::depth_film::Scale;
use crate::frame::{Orientation, Picture, Range};

/// Raw disparity, row by row; more is farther.
#[derive(Debug, Clone, PartialEq)]
pub struct DepthMap {
    /// Width and height.
    pub size: [u32; 2],
    /// So many values.
    pub values: Vec<f32>,
}

/// A rectangle of a map, in its pixels: upper left corner, width and height. It may reach beyond the map, whose edge goes on there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Its upper left corner.
    pub at: [f64; 2],
    /// Its width and height.
    pub size: [f64; 2],
}

impl DepthMap {
    /// Of the brightness of `picture` (of R'G'B' the green counts), turned as it is to be seen, at `size`: brightest is [`Scale::near`], darkest [`Scale::far`].
    pub fn of(picture: &Picture, scale: Scale, size: [u32; 2]) -> Self {
        let (bytes, stride) = picture.planes.plane(0);
        let sample_bytes = picture.shape.format.sample_bytes();
        let shift = picture.shape.format.shift.min(15);
        let depth = picture.shape.format.depth.clamp(8, 16);
        let (black, white) = match picture.shape.colour.range {
            Range::Full => (0.0, ((1u32 << depth) - 1) as f32),
            Range::Limited => ((16u32 << (depth - 8)) as f32, (235u32 << (depth - 8)) as f32),
        };
        let unit = (scale.near - scale.far) / (white - black);
        let from = picture.shape.orientation.apply_size(picture.shape.size);
        let disparity = |x: u32, y: u32| {
            let [x, y] = before_turning([x, y], picture.shape.size, picture.shape.orientation);
            let at = y as usize * stride + x as usize * sample_bytes;
            let code = match bytes.get(at..at + sample_bytes) {
                Some(&[low, high]) => u16::from_le_bytes([low, high]),
                Some(&[only]) => u16::from(only),
                _ => 0,
            };
            scale.far + (f32::from(code >> shift).clamp(black, white) - black) * unit
        };
        let row = |y: u32, row: &mut Vec<f32>| {
            row.clear();
            row.extend((0..from[0]).map(|x| disparity(x, y)));
        };
        resample(from, row, Window::whole(from), size)
    }

    /// What `window` shows, at `size`: a triangle as wide as it shrinks, linear between pixels where it grows; the same size is the same values.
    pub fn seen(&self, window: Window, size: [u32; 2]) -> Self {
        if window == Window::whole(self.size) && size == self.size {
            return self.clone();
        }
        let width = self.size[0] as usize;
        let row = |y: u32, row: &mut Vec<f32>| {
            row.clear();
            row.extend(self.values.iter().skip(y as usize * width).take(width));
        };
        resample(self.size, row, window, size)
    }
}

impl Window {
    /// All of a map of `size`.
    pub fn whole(size: [u32; 2]) -> Self {
        Self { at: [0.0; 2], size: size.map(f64::from) }
    }
}

/// Where what is at `at` of the turned picture lies in the picture of `size` before it was turned.
fn before_turning([x, y]: [u32; 2], size: [u32; 2], orientation: Orientation) -> [u32; 2] {
    let [right, bottom] = size.map(|side| side.saturating_sub(1));
    let [x, y] = match orientation.quarter_turns % 4 {
        0 => [x, y],
        1 => [y, bottom.saturating_sub(x)],
        2 => [right.saturating_sub(x), bottom.saturating_sub(y)],
        _ => [right.saturating_sub(y), x],
    };
    [if orientation.mirror { right.saturating_sub(x) } else { x }, y]
}

/// What a pixel along one axis is made of: the first pixel of the source and the weights from there on.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

fn taps(from: u32, at: f64, extent: f64, to: u32) -> Vec<Taps> {
    let step = extent / f64::from(to.max(1));
    let reach = step.max(1.0);
    let last = from.saturating_sub(1) as i64;
    let of = |pixel: u32| {
        let place = at + (f64::from(pixel) + 0.5) * step - 0.5;
        // Beyond the edge the edge goes on.
        let place = place.clamp(0.0, last as f64);
        let begin = ((place - reach).floor() as i64 + 1).max(0);
        let end = ((place + reach).ceil() as i64 - 1).min(last);
        let weights: Vec<f64> =
            (begin..=end).map(|source| (1.0 - (source as f64 - place).abs() / reach).max(0.0)).collect();
        let sum: f64 = weights.iter().sum();
        Taps { first: begin as usize, weights: weights.iter().map(|weight| (weight / sum.max(1e-9)) as f32).collect() }
    };
    (0..to).map(of).collect()
}

/// `row` fills the vector with a row of the source of size `from`.
fn resample(from: [u32; 2], row: impl Fn(u32, &mut Vec<f32>), window: Window, to: [u32; 2]) -> DepthMap {
    let columns = taps(from[0], window.at[0], window.size[0], to[0]);
    let rows = taps(from[1], window.at[1], window.size[1], to[1]);
    let width = to[0] as usize;
    let mut source = Vec::with_capacity(from[0] as usize);
    // Rows of the source made narrow, from the first that is still needed on.
    let mut narrow: std::collections::VecDeque<Vec<f32>> = std::collections::VecDeque::new();
    let mut begun = 0;
    let mut values = Vec::with_capacity(width * to[1] as usize);
    for taps in &rows {
        while begun < taps.first {
            narrow.pop_front();
            begun += 1;
        }
        while narrow.len() < taps.weights.len() {
            row((begun + narrow.len()) as u32, &mut source);
            let sum = |taps: &Taps| {
                let pixels = source.iter().skip(taps.first);
                pixels.zip(&taps.weights).map(|(value, weight)| value * weight).sum::<f32>()
            };
            narrow.push_back(columns.iter().map(sum).collect());
        }
        let start = values.len();
        values.resize(start + width, 0.0);
        for (source, weight) in narrow.iter().zip(&taps.weights) {
            values[start..].iter_mut().zip(source).for_each(|(sum, value)| *sum += value * weight);
        }
    }
    DepthMap { size: to, values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Chroma, Colour, OwnedPlanes, PixelFormat, Shape};

    const SCALE: Scale = Scale { near: -1.0, far: 3.0, flat: 0.5 };

    fn grey(codes: &[u16], size: [u32; 2], depth: u32, range: Range, orientation: Orientation) -> Picture {
        let wide = |code: &u16| if depth > 8 { code.to_le_bytes().to_vec() } else { vec![*code as u8] };
        let stride = size[0] as usize * if depth > 8 { 2 } else { 1 };
        Picture {
            shape: Shape {
                size,
                format: PixelFormat { chroma: Chroma::Grey, depth, shift: 0, semi_planar: false },
                colour: Colour { range, ..Colour::SRGB },
                sample_aspect: (1, 1),
                orientation,
            },
            planes: Box::new(OwnedPlanes(vec![(codes.iter().flat_map(wide).collect(), stride)])),
        }
    }

    #[test]
    fn brightest_is_nearest_at_every_depth_and_range() {
        for (depth, range, dark, bright) in [
            (8, Range::Full, 0, 255),
            (8, Range::Limited, 16, 235),
            (10, Range::Full, 0, 1023),
            (10, Range::Limited, 64, 940),
            (12, Range::Full, 0, 4095),
            (16, Range::Full, 0, 65535),
        ] {
            let upright = Orientation::default();
            let map = DepthMap::of(&grey(&[dark, bright], [2, 1], depth, range, upright), SCALE, [2, 1]);
            let near = |value: f32, wanted: f32| (value - wanted).abs() < 1e-5;
            assert!(near(map.values[0], 3.0) && near(map.values[1], -1.0), "{depth} bits, {range:?}: {map:?}");
        }
        // What is outside of the range is its end.
        let beyond = grey(&[0, 255], [2, 1], 8, Range::Limited, Orientation::default());
        let ends = DepthMap::of(&beyond, SCALE, [2, 1]).values;
        assert!((ends[0] - 3.0).abs() < 1e-5 && (ends[1] + 1.0).abs() < 1e-5, "{ends:?}");
    }

    #[test]
    fn a_map_is_turned_as_its_picture() {
        let turned = |mirror, quarter_turns| {
            let orientation = Orientation { mirror, quarter_turns };
            let picture = grey(&[0, 1, 2, 3, 4, 5], [3, 2], 8, Range::Full, orientation);
            let size = orientation.apply_size([3, 2]);
            let scale = Scale { near: 255.0, far: 0.0, flat: 1.0 };
            DepthMap::of(&picture, scale, size).values.iter().map(|value| value.round() as i32).collect::<Vec<_>>()
        };
        assert_eq!(turned(false, 0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(turned(true, 0), [2, 1, 0, 5, 4, 3]);
        // Clockwise: what was below is at the left.
        assert_eq!(turned(false, 1), [3, 0, 4, 1, 5, 2]);
        assert_eq!(turned(false, 2), [5, 4, 3, 2, 1, 0]);
        assert_eq!(turned(false, 3), [2, 5, 1, 4, 0, 3]);
    }

    #[test]
    fn windows_and_sizes_keep_a_ramp_a_ramp() {
        let values: Vec<f32> = (0..32 * 16).map(|at| (at % 32) as f32 + 0.5 + 100.0 * (at / 32) as f32).collect();
        let ramp = DepthMap { size: [32, 16], values };
        assert_eq!(ramp.seen(Window::whole([32, 16]), [32, 16]), ramp);
        let window = Window { at: [8.0, 4.0], size: [16.0, 8.0] };
        let part = ramp.seen(window, [16, 8]);
        assert_eq!(part.values[0], ramp.values[4 * 32 + 8]);
        for (size, step) in [([32, 8], 0.5), ([8, 8], 2.0)] {
            let seen = ramp.seen(window, size);
            for (at, value) in seen.values[..size[0] as usize].iter().enumerate() {
                let wanted = 8.0 + (at as f32 + 0.5) * step + 400.0;
                assert!((value - wanted).abs() < 1e-3, "{at} of {size:?}: {value} for {wanted}");
            }
        }
        // Beyond the edges the edges go on.
        let wide = ramp.seen(Window { at: [-8.0, -4.0], size: [48.0, 24.0] }, [48, 24]);
        assert_eq!((wide.values[0], wide.values[47]), (0.5, 31.5));
        assert_eq!(wide.values[4 * 48 + 8..][..32], ramp.values[..32]);
    }
}
