//! Where one shot ends and the next begins, told from the decoded samples alone, so that nothing waits for the GPU.

use crate::frame::Picture;

const COLUMNS: usize = 32;
const ROWS: usize = 18;
const BINS: usize = 32;

/// A few numbers of a picture: enough to tell a cut from a moving camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Fingerprint {
    /// Mean brightness (0..=1) of `COLUMNS` × `ROWS` fields.
    thumbnail: [f32; COLUMNS * ROWS],
    /// Shares of `BINS` classes of brightness.
    histogram: [f32; BINS],
}

/// Samples taken of each field, each way.
const GRID: usize = 4;

impl Fingerprint {
    /// Of the first plane of `picture`: brightness, or green. Costs some microseconds.
    pub fn of(picture: &Picture) -> Self {
        let (bytes, stride) = picture.planes.plane(0);
        let [width, height] = picture.size.map(|side| side as usize);
        let sample_bytes = picture.format.sample_bytes();
        let whole = ((1u32 << picture.format.depth.clamp(8, 16)) - 1) as f32;
        let sample = |x: usize, y: usize| {
            let at = y * stride + x * sample_bytes;
            let code = match bytes.get(at..at + sample_bytes) {
                Some(&[low, high]) => u16::from_le_bytes([low, high]),
                Some(&[only]) => u16::from(only),
                _ => 0,
            };
            f32::from(code >> picture.format.shift.min(15)) / whole
        };
        let mut print = Self { thumbnail: [0.0; COLUMNS * ROWS], histogram: [0.0; BINS] };
        let (across, down) = (COLUMNS * GRID, ROWS * GRID);
        for row in 0..down {
            let y = (2 * row + 1) * height / (2 * down);
            for column in 0..across {
                let value = sample((2 * column + 1) * width / (2 * across), y);
                print.thumbnail[row / GRID * COLUMNS + column / GRID] += value / (GRID * GRID) as f32;
                print.histogram[((value * BINS as f32) as usize).min(BINS - 1)] += 1.0 / (across * down) as f32;
            }
        }
        print
    }

    /// How far apart the classes of brightness are: 0 alike, 1 nothing in common. Neighbouring classes count as near.
    fn histogram_distance(&self, other: &Self) -> f32 {
        let smooth =
            |h: &[f32; BINS], i: usize| 0.25 * h[i.saturating_sub(1)] + 0.5 * h[i] + 0.25 * h[(i + 1).min(BINS - 1)];
        0.5 * (0..BINS).map(|i| (smooth(&self.histogram, i) - smooth(&other.histogram, i)).abs()).sum::<f32>()
    }

    /// Correlation of the thumbnails: 1 alike, 0 unrelated. Two flat pictures are alike.
    fn correlation(&self, other: &Self) -> f32 {
        let mean = |t: &[f32]| t.iter().sum::<f32>() / t.len() as f32;
        let (a, b) = (mean(&self.thumbnail), mean(&other.thumbnail));
        let mut sums = [1e-3f32; 3];
        for (x, y) in self.thumbnail.iter().zip(&other.thumbnail) {
            sums[0] += (x - a) * (y - b);
            sums[1] += (x - a) * (x - a);
            sums[2] += (y - b) * (y - b);
        }
        sums[0] / (sums[1] * sums[2]).sqrt()
    }

    /// Whether a new shot begins between `self` and `next`.
    pub fn is_cut(&self, next: &Self) -> bool {
        let (distance, correlation) = (self.histogram_distance(next), self.correlation(next));
        (distance > 0.2 && correlation < 0.5) || correlation < 0.15
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Chroma, Colour, OwnedPlanes, PixelFormat};

    /// A grey picture of blobs: `seed` chooses the place they are in, `across` moves the camera, `light` the lamp.
    fn print(seed: f32, across: f32, light: f32) -> Fingerprint {
        let size = [320u32, 180];
        let value = |x: f32, y: f32| {
            let wave =
                (x * 0.031 + seed).sin() + (y * 0.043 + 2.0 * seed).sin() + (x * 0.011 - y * 0.017 + 5.0 * seed).cos();
            ((wave / 6.0 + 0.5) * 230.0 * light) as u8
        };
        let rows = (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| value(x as f32 + across, y as f32))).collect();
        Fingerprint::of(&Picture {
            size,
            format: PixelFormat { chroma: Chroma::Grey, depth: 8, shift: 0, semi_planar: false },
            colour: Colour::SRGB,
            sample_aspect: (1, 1),
            orientation: Default::default(),
            planes: Box::new(OwnedPlanes(vec![(rows, 320)])),
        })
    }

    #[test]
    fn another_place_is_a_cut_and_a_moving_camera_is_none() {
        let here = print(1.0, 0.0, 1.0);
        assert!(!here.is_cut(&here));
        assert!(!here.is_cut(&print(1.0, 8.0, 1.0)), "a pan");
        assert!(!here.is_cut(&print(1.0, 30.0, 1.0)), "a fast pan");
        assert!(!here.is_cut(&print(1.0, 0.0, 0.85)), "a lamp goes down");
        assert!(here.is_cut(&print(2.6, 0.0, 1.0)), "another place");
        let flat = Fingerprint { thumbnail: [0.0; COLUMNS * ROWS], histogram: [1.0 / BINS as f32; BINS] };
        assert!(!flat.is_cut(&flat), "black stays black");
    }
}
