//! The stereo kernels in plain Rust: `shaders/{guide,fit,blend,upsample,matte,trim,plate}.comp` and `shaders/warp*.comp`.

use super::plates::PlatePush;
use super::surfaces::Surfaces;
use super::{Numbers, View, reach, rim};
use crate::stage::bars::Crop;

mod fit;
mod shares;
mod warp;

/// A scene in main memory.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// RGBA, 8 bits each, tight rows.
    pub picture: &'a [u8],
    /// Width and height of the picture.
    pub size: [u32; 2],
    /// Raw disparity, row by row, more is farther.
    pub disparity: &'a [f32],
    /// Width and height of the disparity.
    pub small: [u32; 2],
    /// What of the picture the disparity is of.
    pub crop: Crop,
}

impl Scene<'_> {
    fn colour(&self, x: i32, y: i32) -> [f32; 3] {
        let at = (y as usize * self.size[0] as usize + x as usize) * 4;
        [0, 1, 2].map(|channel| f32::from(self.picture[at + channel]) / 255.0)
    }

    fn inner(&self, [x, y]: [i32; 2]) -> [f32; 3] {
        let Crop { at, size } = self.crop;
        let inner = |place: i32, axis: usize| place.clamp(at[axis] as i32, (at[axis] + size[axis]) as i32 - 1);
        self.colour(inner(x, 0), inner(y, 1))
    }

    /// The mean of a pixel and the next ones to the right and below.
    fn mean_of_four(&self, [x, y]: [i32; 2]) -> [f32; 3] {
        let four = [[x, y], [x + 1, y], [x, y + 1], [x + 1, y + 1]].map(|place| self.inner(place));
        [0, 1, 2].map(|c| four.iter().map(|colour| colour[c]).sum::<f32>() * 0.25)
    }

    /// The mean around a pixel, of what lies between the bars.
    fn calm_colour(&self, [x, y]: [i32; 2]) -> [f32; 3] {
        const WEIGHTS: [f32; 3] = [0.25, 0.5, 0.25];
        let mut sum = [0.0; 3];
        for (dy, down) in (-1..).zip(WEIGHTS) {
            for (dx, across) in (-1..).zip(WEIGHTS) {
                let colour = self.inner([x + dx, y + dy]);
                sum = [0, 1, 2].map(|c| sum[c] + down * across * colour[c]);
            }
        }
        sum
    }
}

/// Left and right eye, RGBA, and the parallax of each source pixel in pixels.
pub fn stereo(scene: &Scene<'_>, view: &View) -> ([Vec<u8>; 2], Vec<f32>) {
    let numbers = Numbers::new(&view.mapping, scene.size[0], scene.crop.size[0]);
    let guide = guide(scene, &numbers);
    let (model, range) =
        fit::blend(scene, &fit::fit(&guide, scene.small), &guide, numbers.gain.abs() / scene.size[0] as f32);
    eyes(scene, view, &numbers, &model, &range)
}

/// The same without mattes.
pub fn plain(scene: &Scene<'_>, view: &View) -> ([Vec<u8>; 2], Vec<f32>) {
    let numbers = Numbers::new(&view.mapping, scene.size[0], scene.crop.size[0]);
    let places = guide(scene, &numbers);
    let range: Vec<_> = places.iter().map(|(_, own)| fit::Range::single(*own)).collect();
    eyes(scene, view, &numbers, &vec![([0.0; 3], 0.0); range.len()], &range)
}

fn eyes(
    scene: &Scene<'_>,
    view: &View,
    numbers: &Numbers,
    model: &[fit::Model],
    range: &[fit::Range],
) -> ([Vec<u8>; 2], Vec<f32>) {
    let raw = shares::upsample(scene, model, range, numbers);
    let mut surfaces = shares::trim(&raw, scene.size, rim(scene.size[0]), numbers.unit);
    for plate in PlatePush::all(&view.mapping, scene.size, scene.crop) {
        plate.lay(&mut surfaces);
    }
    let row = warp::Rows { scene, surfaces: &surfaces, reach: reach(&scene.crop, scene.small) as i32 };
    let flat = view.mapping.is_flat();
    let eye = |share: f32| row.eye(numbers.reach(share), if flat { 0.0 } else { share });
    (view.source_eye.shares().map(eye), surfaces.iter().map(Surfaces::parallax).collect())
}

/// Colour and disparity in parts of the span.
type Texel = ([f32; 3], f32);

fn places([width, height]: [u32; 2]) -> impl Iterator<Item = [i32; 2]> {
    (0..height as i32).flat_map(move |y| (0..width as i32).map(move |x| [x, y]))
}

fn index([x, y]: [i32; 2], [width, height]: [u32; 2]) -> usize {
    y.clamp(0, height as i32 - 1) as usize * width as usize + x.clamp(0, width as i32 - 1) as usize
}

fn guide(scene: &Scene<'_>, numbers: &Numbers) -> Vec<Texel> {
    let step = [0, 1].map(|axis| scene.crop.size[axis] as f32 / scene.small[axis] as f32);
    let taps = step.map(|step| (step.ceil() as i32).clamp(1, 4));
    places(scene.small)
        .map(|[x, y]| {
            let mut sum = [0.0; 3];
            for row in 0..taps[1] {
                for column in 0..taps[0] {
                    let place = |here: i32, tap: i32, axis: usize| {
                        let place = (here as f32 + (tap as f32 + 0.5) / taps[axis] as f32) * step[axis];
                        scene.crop.at[axis] as i32 + (place as i32).min(scene.crop.size[axis] as i32 - 1)
                    };
                    let colour = scene.colour(place(x, column, 0), place(y, row, 1));
                    sum.iter_mut().zip(colour).for_each(|(sum, v)| *sum += v);
                }
            }
            let d = scene.disparity[index([x, y], scene.small)] * numbers.scale;
            (sum.map(|v| v / (taps[0] * taps[1]) as f32), if d.abs() < 1e6 { d } else { 0.0 })
        })
        .collect()
}

fn dot(one: [f32; 3], other: [f32; 3]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn smoothstep(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn mix(a: f32, b: f32, part: f32) -> f32 {
    a + (b - a) * part
}
