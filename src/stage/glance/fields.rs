//! Means of a picture's brightness and colours over the fields of a coarse raster.

use super::{Plane, Row, largest};
use crate::frame::{Chroma, Matrix, Picture};

/// Fields across and down.
pub(in super::super) const COLUMNS: usize = 32;
pub(in super::super) const ROWS: usize = 18;
pub(in super::super) const FIELDS: usize = COLUMNS * ROWS;
/// Samples of brightness taken of each field, each way; of colour half as many.
const GRID: usize = 4;
/// Samples of brightness that are taken.
pub(in super::super) const SAMPLES: usize = FIELDS * GRID * GRID;
/// Classes of brightness that are told apart.
const CODES: usize = 256;

/// What the samples of each field say, taken from the planes as they are coded.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Fields {
    /// Means of brightness and of both colours, 0..=1 each.
    pub(in super::super) means: [[f32; FIELDS]; 3],
    /// They are those of G, B and R instead.
    pub(in super::super) rgb: bool,
    /// Mean difference of neighbouring samples of brightness, 0..=1.
    pub(in super::super) detail: [f32; FIELDS],
    /// How many samples of brightness are in each class.
    pub(in super::super) codes: [u32; CODES],
    places: Places<{ COLUMNS * GRID }, { ROWS * GRID }>,
    /// The next row of samples.
    next: usize,
    /// Bits to shift samples down by, and their largest code.
    shift: u32,
    largest: f32,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            means: [[0.5; FIELDS]; 3],
            rgb: false,
            detail: [0.0; FIELDS],
            codes: [0; CODES],
            places: Places::of([0, 0]),
            next: 0,
            shift: 0,
            largest: 1.0,
        }
    }
}

impl Fields {
    pub(super) fn begin(&mut self, picture: &Picture) {
        *self = Self {
            means: [[0.0; FIELDS], [0.5; FIELDS], [0.5; FIELDS]],
            rgb: picture.shape.colour.matrix == Matrix::Rgb && picture.shape.format.chroma != Chroma::Grey,
            places: Places::of(picture.shape.size.map(|side| side as usize)),
            shift: picture.shape.format.shift.min(15),
            largest: largest(picture.shape.format),
            ..Self::default()
        };
    }

    pub(super) fn add(&mut self, y: usize, row: Row<'_>) {
        let Places { size: [width, _], columns, rows } = &self.places;
        let value = |x: usize| f32::from(row.at(x) >> self.shift) / self.largest;
        // Small pictures have fewer rows than are taken: one stands for several.
        while rows.get(self.next) == Some(&y) {
            let fields = self.next / GRID * COLUMNS;
            for (column, x) in columns.iter().enumerate() {
                let light = value(*x);
                let field = fields + column / GRID;
                self.codes[((light * (CODES - 1) as f32).round() as usize).min(CODES - 1)] += 1;
                self.means[0][field] += light / (GRID * GRID) as f32;
                if *width >= 4 {
                    let x = (*x).min(width - 3);
                    self.detail[field] += (value(x) - value(x + 2)).abs() / (GRID * GRID) as f32;
                }
            }
            self.next += 1;
        }
    }

    /// Colours are looked at in few places only.
    pub(super) fn end(&mut self, picture: &Picture) {
        match (picture.shape.format.chroma, picture.shape.format.semi_planar) {
            (Chroma::Grey, _) => {}
            (_, false) => {
                self.means[1] = self.colour(picture, 1, 0, 1);
                self.means[2] = self.colour(picture, 2, 0, 1);
            }
            (_, true) => {
                self.means[1] = self.colour(picture, 1, 0, 2);
                self.means[2] = self.colour(picture, 1, 1, 2);
            }
        }
    }

    /// Means of plane `plane`, of every `step`th sample from `first` on.
    fn colour(&self, picture: &Picture, plane: usize, first: usize, step: usize) -> [f32; FIELDS] {
        const HALF: usize = GRID / 2;
        let [width, height] = picture.shape.format.plane_size(plane, picture.shape.size).map(|side| side as usize);
        let places = Places::<{ COLUMNS * HALF }, { ROWS * HALF }>::of([(width / step).max(1), height]);
        let plane = Plane::of(picture, plane);
        let mut means = [0.0; FIELDS];
        for (index, y) in places.rows.iter().enumerate() {
            let row = plane.row(*y);
            for (column, x) in places.columns.iter().enumerate() {
                let value = f32::from(row.at(x * step + first) >> self.shift) / self.largest;
                means[index / HALF * COLUMNS + column / HALF] += value / (HALF * HALF) as f32;
            }
        }
        means
    }
}

/// Where samples are taken of a plane of a size: evenly, so many across and down.
#[derive(Debug, Clone, PartialEq)]
struct Places<const ACROSS: usize, const DOWN: usize> {
    size: [usize; 2],
    columns: [usize; ACROSS],
    rows: [usize; DOWN],
}

impl<const ACROSS: usize, const DOWN: usize> Places<ACROSS, DOWN> {
    fn of([width, height]: [usize; 2]) -> Self {
        Self {
            size: [width, height],
            columns: std::array::from_fn(|column| (2 * column + 1) * width / (2 * ACROSS)),
            rows: std::array::from_fn(|row| (2 * row + 1) * height / (2 * DOWN)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Glance;
    use super::super::tests::{code, pictures};
    use super::*;

    /// Means of a plane, sample by sample.
    fn means(picture: &Picture, plane: usize, [first, step]: [usize; 2], grid: usize) -> [f32; FIELDS] {
        let [width, height] = picture.shape.format.plane_size(plane, picture.shape.size).map(|side| side as usize);
        let width = (width / step).max(1);
        let mut means = [0.0; FIELDS];
        let (across, down) = (COLUMNS * grid, ROWS * grid);
        for (row, column) in (0..down).flat_map(|row| (0..across).map(move |column| (row, column))) {
            let (x, y) = ((2 * column + 1) * width / (2 * across), (2 * row + 1) * height / (2 * down));
            let value = f32::from(code(picture, plane, x * step + first, y)) / largest(picture.shape.format);
            means[row / grid * COLUMNS + column / grid] += value / (grid * grid) as f32;
        }
        means
    }

    #[test]
    fn fields_are_what_one_sample_after_the_other_says() {
        for picture in pictures() {
            let fields = Glance::of(&picture).fields;
            assert_eq!(fields.means[0], means(&picture, 0, [0, 1], GRID), "{picture:?}");
            let colours = match (picture.shape.format.chroma, picture.shape.format.semi_planar) {
                (Chroma::Grey, _) => [[0.5; FIELDS]; 2],
                (_, true) => [0, 1].map(|first| means(&picture, 1, [first, 2], GRID / 2)),
                (_, false) => [1, 2].map(|plane| means(&picture, plane, [0, 1], GRID / 2)),
            };
            assert_eq!(fields.means[1..], colours, "{picture:?}");
            assert_eq!(fields.codes.iter().sum::<u32>(), SAMPLES as u32);
        }
    }
}
