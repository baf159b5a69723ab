//! A glance at a decoded picture: the few numbers that all who look at pictures on the CPU work from ([`super::bars`], [`super::cut`], [`super::text`]),
//! so that nothing waits for the GPU. Pure.
//!
//! It is made in one pass over the picture: each row of brightness is read from the decoder's memory once.

mod fields;
mod grid;
mod lit;

use crate::frame::{Picture, PixelFormat};
pub(super) use fields::{COLUMNS, FIELDS, Fields, ROWS, SAMPLES};
pub(super) use grid::Grid;
pub(super) use lit::Lit;

/// What one look at a picture gives. Used again for the next picture of the same size it makes no new memory.
#[derive(Debug, Clone, Default)]
pub struct Glance {
    /// The picture's coded width and height, before turning.
    pub(super) size: [u32; 2],
    /// How much of each row and column is not black.
    pub(super) lit: Lit,
    /// Means of brightness and colour.
    pub(super) fields: Fields,
    /// Brightness on a small grid.
    pub(super) grid: Grid,
}

impl Glance {
    /// A glance at one picture only.
    pub fn of(picture: &Picture) -> Self {
        let mut glance = Self::default();
        glance.take(picture);
        glance
    }

    /// Looks at the next picture.
    pub fn take(&mut self, picture: &Picture) {
        self.size = picture.shape.size;
        self.lit.begin(picture);
        self.fields.begin(picture);
        self.grid.begin(picture);
        let brightness = Plane::of(picture, 0);
        for y in 0..picture.shape.size[1] as usize {
            let row = brightness.row(y);
            self.lit.add(y, row);
            self.fields.add(y, row);
            self.grid.add(y, row);
        }
        self.lit.end();
        self.fields.end(picture);
        self.grid.end(picture);
    }
}

/// One plane of a picture.
struct Plane<'a> {
    bytes: &'a [u8],
    stride: usize,
    format: PixelFormat,
}

impl<'a> Plane<'a> {
    fn of(picture: &'a Picture, index: usize) -> Self {
        let (bytes, stride) = picture.planes.plane(index);
        Self { bytes, stride, format: picture.shape.format }
    }

    fn row(&self, y: usize) -> Row<'a> {
        let bytes = self.bytes.get(y * self.stride..).unwrap_or_default();
        if self.format.sample_bytes() == 2 { Row::Pairs(bytes.as_chunks().0) } else { Row::Bytes(bytes) }
    }
}

/// The samples of one row, and perhaps more behind them; fewer where the plane ends.
#[derive(Clone, Copy)]
enum Row<'a> {
    /// Of 8 bits.
    Bytes(&'a [u8]),
    /// Of more, little-endian, still shifted up as [`PixelFormat::shift`] says.
    Pairs(&'a [[u8; 2]]),
}

impl Row<'_> {
    /// Sample `x` as it stands in memory; nothing beyond the plane.
    fn at(self, x: usize) -> u16 {
        match self {
            Row::Bytes(codes) => codes.get(x).copied().map_or(0, u16::from),
            Row::Pairs(codes) => codes.get(x).copied().map_or(0, u16::from_le_bytes),
        }
    }
}

/// The largest code of the samples of `format`.
fn largest(format: PixelFormat) -> f32 {
    ((1u32 << format.depth.clamp(8, 16)) - 1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Chroma, Colour, Orientation, OwnedPlanes, Range, Shape, Transfer};

    /// Pictures of all kinds of memory and of awkward sizes, filled with noise, dark in part; some end early.
    pub(super) fn pictures() -> Vec<Picture> {
        let format = |chroma, depth, shift, semi_planar| PixelFormat { chroma, depth, shift, semi_planar };
        let formats = [
            format(Chroma::Grey, 8, 0, false),
            format(Chroma::C420, 8, 0, false),
            format(Chroma::C420, 8, 0, true),
            format(Chroma::C422, 10, 0, false),
            format(Chroma::C420, 10, 6, true),
            format(Chroma::C444, 16, 0, false),
        ];
        let sizes =
            [[1, 1], [3, 2], [5, 700], [700, 5], [160, 90], [641, 361], [1300, 50], [1921, 90], [2600, 31], [5000, 19]];
        let mut seed = 1u32;
        let mut all = Vec::new();
        for (number, size) in sizes.into_iter().enumerate() {
            for (kind, format) in formats.into_iter().enumerate() {
                let mut noise = |_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let value = (seed >> 24) as u8;
                    if seed >> 20 & 15 < 9 { value } else { value >> 4 }
                };
                let planes = (0..format.planes()).map(|plane| {
                    let [width, height] = format.plane_size(plane, size).map(|side| side as usize);
                    let stride = width * format.sample_bytes() + 6 * kind;
                    let whole = stride * height;
                    // Now and then a third of the rows is not there.
                    let bytes = if (number + kind) % 5 == 4 { whole * 2 / 3 } else { whole };
                    ((0..bytes).map(&mut noise).collect(), stride)
                });
                all.push(Picture {
                    shape: Shape {
                        size,
                        format,
                        colour: Colour {
                            range: if kind % 2 == 0 { Range::Full } else { Range::Limited },
                            transfer: [Transfer::Sdr, Transfer::Pq, Transfer::Hlg][number % 3],
                            ..Colour::SRGB
                        },
                        sample_aspect: (1, 1),
                        orientation: Orientation { mirror: number % 2 == 1, quarter_turns: (kind % 4) as u8 },
                    },
                    planes: Box::new(OwnedPlanes(planes.collect())),
                });
            }
        }
        all
    }

    /// A sample shifted down, as whoever knows nothing of rows reads it.
    pub(super) fn code(picture: &Picture, plane: usize, x: usize, y: usize) -> u16 {
        let (bytes, stride) = picture.planes.plane(plane);
        let (length, shift) = (picture.shape.format.sample_bytes(), picture.shape.format.shift);
        let at = y * stride + x * length;
        match bytes.get(at..at + length) {
            Some(&[low, high]) => u16::from_le_bytes([low, high]) >> shift,
            Some(&[only]) => u16::from(only),
            _ => 0,
        }
    }

    #[test]
    fn a_glance_used_again_is_a_new_one() {
        let mut glance = Glance::default();
        for picture in pictures().iter().filter(|picture| picture.shape.size.iter().all(|side| *side > 30)) {
            glance.take(picture);
            let new = Glance::of(picture);
            assert_eq!((&glance.lit, &glance.fields), (&new.lit, &new.fields), "{picture:?}");
            assert_eq!((glance.grid.size, &glance.grid.light), (new.grid.size, &new.grid.light), "{picture:?}");
        }
    }
}
