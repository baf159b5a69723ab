//! A few numbers by which a picture is known again.

use super::super::glance::{COLUMNS, FIELDS, Glance, ROWS, SAMPLES};

/// How far the camera may have moved, in fields.
const REACH: [i32; 2] = [5, 3];
/// So many neighbouring classes of brightness count as the same.
const PLAIN: usize = 5;
/// Below this the camera's movement is not looked for: the pictures are alike as they are.
const ALIKE: f32 = 0.02;

/// Mean brightness and two means of colour (0..=1 each) of `COLUMNS` × `ROWS` fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Fingerprint {
    planes: [[f32; FIELDS]; 3],
    /// Mean difference of neighbouring samples, of each field.
    detail: [f32; FIELDS],
    plain: f32,
}

/// How far apart two pictures are, the camera's movement taken off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance {
    /// Mean absolute difference of brightness and of both colours together, 0..=3. Frames of one shot stay below 0.06 but for the fastest movements.
    pub difference: f32,
    /// Correlation of brightness, −1..=1: it takes no notice of a change of light.
    pub correlation: f32,
}

impl Fingerprint {
    /// Of the picture that `glance` was at.
    pub fn of(glance: &Glance) -> Self {
        let fields = &glance.fields;
        let mut planes = fields.means;
        if fields.rgb {
            // Planes are G, B, R.
            let [green, blue, red] = &mut planes;
            for ((green, blue), red) in green.iter_mut().zip(blue).zip(red) {
                let light = 0.25 * *red + 0.5 * *green + 0.25 * *blue;
                let towards = |colour: f32| 0.5 + 0.5 * (colour - light);
                (*green, *blue, *red) = (light, towards(*blue), towards(*red));
            }
        }
        let most = fields.codes.windows(PLAIN).map(|some| some.iter().sum::<u32>()).max().unwrap_or(0);
        Self { planes, detail: fields.detail, plain: most as f32 / SAMPLES as f32 }
    }

    /// The part of the picture that has one and the same brightness, 0..=1: the ground of titles and credits, of which films of the world have little.
    pub fn plain(&self) -> f32 {
        self.plain
    }

    /// How much detail there is at a place (0..=1 each, from the left and from above): the mean difference of neighbouring samples of brightness, 0..=1.
    pub fn detail(&self, across: f32, down: f32) -> f32 {
        let field = |part: f32, count: usize| ((part * count as f32) as usize).min(count - 1);
        self.detail[field(down, ROWS) * COLUMNS + field(across, COLUMNS)]
    }

    /// Bytes of [`Fingerprint::digest`].
    pub const DIGEST: usize = 48;

    /// Brightness of 8 × 6 parts of the picture, a byte each: enough to know it again.
    pub fn digest(&self) -> [u8; Self::DIGEST] {
        let mut sums = [0.0f32; Self::DIGEST];
        for (at, light) in self.planes[0].iter().enumerate() {
            sums[at / COLUMNS / 3 * 8 + at % COLUMNS / 4] += light;
        }
        sums.map(|sum| (sum / 12.0 * 255.0).round() as u8)
    }

    /// Mean brightness, 0..=1.
    pub fn brightness(&self) -> f32 {
        self.planes[0].iter().sum::<f32>() / FIELDS as f32
    }

    /// How far `next` is from `self`.
    pub fn distance(&self, next: &Self) -> Distance {
        let rest = self.moved(next, [0, 0]);
        if rest.difference < ALIKE {
            return rest;
        }
        let mut best = rest;
        for down in -REACH[1]..=REACH[1] {
            for across in -REACH[0]..=REACH[0] {
                let moved = self.moved(next, [across, down]);
                best.difference = best.difference.min(moved.difference);
                best.correlation = best.correlation.max(moved.correlation);
            }
        }
        best
    }

    /// How far `next` is from `self` seen `across` fields to the right and `down` fields lower. Two flat pictures are alike.
    fn moved(&self, next: &Self, [across, down]: [i32; 2]) -> Distance {
        let (width, height) = (COLUMNS - across.unsigned_abs() as usize, ROWS - down.unsigned_abs() as usize);
        let begin = |offset: i32| [offset.max(0) as usize, (-offset).max(0) as usize];
        let (x, y) = (begin(across), begin(down));
        let row = |which: usize, index: usize| {
            let from = (y[which] + index) * COLUMNS + x[which];
            from..from + width
        };
        let count = (width * height) as f32;
        let mut difference = 0.0;
        for (mine, theirs) in self.planes.iter().zip(&next.planes) {
            for index in 0..height {
                let (mine, theirs) = (&mine[row(0, index)], &theirs[row(1, index)]);
                difference += mine.iter().zip(theirs).map(|(a, b)| (a - b).abs()).sum::<f32>();
            }
        }
        let (mut sums, mut products) = ([0.0f32; 2], [0.0f32; 3]);
        for index in 0..height {
            let mine = &self.planes[0][row(0, index)];
            let theirs = &next.planes[0][row(1, index)];
            for (a, b) in mine.iter().zip(theirs) {
                sums[0] += a;
                sums[1] += b;
                products[0] += a * b;
                products[1] += a * a;
                products[2] += b * b;
            }
        }
        let [a, b] = sums;
        let about = |product: f32, of: f32| product - of / count;
        let noise = 1e-3;
        let shared = about(products[0], a * b) + noise;
        let own = (about(products[1], a * a) + noise) * (about(products[2], b * b) + noise);
        Distance { difference: difference / count, correlation: shared / own.max(noise * noise).sqrt() }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::frame::{Chroma, Colour, Matrix, OwnedPlanes, Picture, PixelFormat, Shape};

    /// A grey picture of blobs: `seed` chooses the place they are in, `across` moves the camera, `light` the lamp, `flash` adds light.
    pub(in super::super) fn print(seed: f32, across: f32, light: f32, flash: f32) -> Fingerprint {
        let size = [320u32, 180];
        let value = |x: f32, y: f32| {
            let (x, y) = (x * (0.5 + 0.5 * seed), y * (1.6 - 0.3 * seed));
            let wave =
                (x * 0.031 + seed).sin() + (y * 0.043 + 2.0 * seed).sin() + (x * 0.011 - y * 0.017 + 5.0 * seed).cos();
            ((wave / 6.0 + 0.5) * 230.0 * light * (1.0 - flash) + 255.0 * flash) as u8
        };
        let rows = (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| value(x as f32 + across, y as f32))).collect();
        Fingerprint::of(&Glance::of(&Picture {
            shape: Shape {
                size,
                format: PixelFormat { chroma: Chroma::Grey, depth: 8, shift: 0, semi_planar: false },
                colour: Colour::SRGB,
                sample_aspect: (1, 1),
                orientation: Default::default(),
            },
            planes: Box::new(OwnedPlanes(vec![(rows, 320)])),
        }))
    }

    impl Fingerprint {
        /// A dissolve: `share` of `other`.
        pub(in super::super) fn mixed(&self, other: &Self, share: f32) -> Self {
            let mut result = self.clone();
            let all = result.planes.as_flattened_mut().iter_mut().zip(other.planes.as_flattened());
            all.for_each(|(mine, theirs)| *mine += (theirs - *mine) * share.clamp(0.0, 1.0));
            result
        }
    }

    #[test]
    fn the_cameras_movement_and_the_lamp_change_little() {
        let here = print(1.0, 0.0, 1.0, 0.0);
        assert!(here.distance(&here).difference == 0.0);
        let other = here.distance(&print(2.6, 0.0, 1.0, 0.0));
        assert!(other.difference > 0.15 && other.correlation < 0.6, "{other:?}");
        for (name, print) in [("a fast pan", print(1.0, 40.0, 1.0, 0.0)), ("a lamp", print(1.0, 0.0, 0.9, 0.0))] {
            let near = here.distance(&print);
            assert!(near.difference < 0.06 && near.correlation > 0.95, "{name}: {near:?}");
        }
        let flash = here.distance(&print(1.0, 0.0, 1.0, 0.7));
        assert!(flash.difference > 0.2 && flash.correlation > 0.9, "{flash:?}");
        assert!(print(1.0, 0.0, 1.0, 0.7).brightness() > here.brightness() + 0.2);
    }

    #[test]
    fn detail_is_where_neighbours_differ() {
        let value = |x: u32| if x < 160 { 100 } else { 100 + (x / 2 % 2 * 60) as u8 };
        let rows = (0..180).flat_map(|_| (0..320).map(value)).collect();
        let print = Fingerprint::of(&Glance::of(&Picture {
            shape: Shape {
                size: [320, 180],
                format: PixelFormat { chroma: Chroma::Grey, depth: 8, shift: 0, semi_planar: false },
                colour: Colour::SRGB,
                sample_aspect: (1, 1),
                orientation: Default::default(),
            },
            planes: Box::new(OwnedPlanes(vec![(rows, 320)])),
        }));
        assert_eq!(print.detail(0.2, 0.9), 0.0);
        assert!((print.detail(0.8, 0.1) - 60.0 / 255.0).abs() < 1e-3 && print.detail(1.0, 1.0) > 0.2);
    }

    #[test]
    fn a_digest_tells_pictures_apart() {
        let of = |seed| print(seed, 0.0, 1.0, 0.0).digest();
        let apart = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| f32::from(a.abs_diff(*b))).sum::<f32>() / 48.0;
        assert_eq!(of(1.0), of(1.0));
        assert!(apart(&of(1.0), &of(2.6)) > 20.0);
        // The upper left corner is the first byte, the lower right one the last.
        let print = print(1.0, 0.0, 1.0, 0.0);
        let corner =
            (0..3).flat_map(|y| (0..4).map(move |x| y * COLUMNS + x)).map(|at| print.planes[0][at]).sum::<f32>();
        assert_eq!(print.digest()[0], (corner / 12.0 * 255.0).round() as u8);
    }

    #[test]
    fn a_title_has_a_plain_ground_and_a_scene_has_none() {
        assert!(print(1.0, 0.0, 1.0, 0.0).plain() < 0.3);
        assert!(print(1.0, 0.0, 0.0, 0.0).plain() > 0.99);
    }

    #[test]
    fn colours_count_in_whatever_planes_they_come() {
        let of = |chroma: Chroma, semi_planar: bool, matrix: Matrix, values: [u8; 3]| {
            let format = PixelFormat { chroma, depth: 8, shift: 0, semi_planar };
            let planes = (0..format.planes())
                .map(|plane| {
                    let [width, rows] = format.plane_size(plane, [64, 36]).map(|side| side as usize);
                    let value = |at: usize| if semi_planar && plane == 1 { values[1 + at % 2] } else { values[plane] };
                    ((0..width * rows).map(value).collect(), width)
                })
                .collect();
            Fingerprint::of(&Glance::of(&Picture {
                shape: Shape {
                    size: [64, 36],
                    format,
                    colour: Colour { matrix, ..Colour::SRGB },
                    sample_aspect: (1, 1),
                    orientation: Default::default(),
                },
                planes: Box::new(OwnedPlanes(planes)),
            }))
        };
        let three = of(Chroma::C420, false, Matrix::Bt709, [100, 90, 160]);
        let two = of(Chroma::C420, true, Matrix::Bt709, [100, 90, 160]);
        assert!(three.distance(&two).difference < 1e-5);
        let other = three.distance(&of(Chroma::C420, false, Matrix::Bt709, [100, 160, 90]));
        assert!((other.difference - 140.0 / 255.0).abs() < 1e-3, "{other:?}");
        let [red, blue] = [[0, 0, 200], [0, 200, 0]].map(|colour| of(Chroma::C444, false, Matrix::Rgb, colour));
        assert!(red.distance(&blue).difference > 0.5);
    }
}
