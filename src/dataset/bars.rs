//! Black bars around a picture, found over a shot: one frame's night sky is no bar. Pure.

use image::RgbImage;
use image::imageops::crop_imm;

/// 8-bit values up to this are black, with some room for noise and coding.
const BLACK: u8 = 24;
/// Share of a row that may be lighter: specks, not subtitles.
const SPECKS: f32 = 0.02;
/// Bars that leave less than this of the width or height are none: the shot is dark.
const LEAST: f32 = 0.4;

/// What of a picture is seen between its bars: x, y, width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crop {
    pub(super) at: [u32; 2],
    pub(super) size: [u32; 2],
}

impl Crop {
    /// Applies it.
    pub(super) fn of(&self, picture: &RgbImage) -> RgbImage {
        crop_imm(picture, self.at[0], self.at[1], self.size[0], self.size[1]).to_image()
    }
}

/// Rows and columns of one size of picture that have been light at some time, in either eye.
#[derive(Debug, Clone)]
pub(super) struct Bars {
    columns: Vec<bool>,
    rows: Vec<bool>,
}

impl Bars {
    pub(super) fn new([width, height]: [u32; 2]) -> Self {
        Self { columns: vec![false; width as usize], rows: vec![false; height as usize] }
    }

    /// Takes a picture into account; all have the size that was given to `new`.
    pub(super) fn look(&mut self, picture: &RgbImage) {
        let width = self.columns.len();
        let (mut columns, mut rows) = (vec![0u32; width], vec![0u32; self.rows.len()]);
        for (at, pixel) in picture.as_raw().chunks_exact(3).enumerate() {
            if pixel.iter().any(|value| *value > BLACK) {
                columns[at % width] += 1;
                rows[at / width] += 1;
            }
        }
        let mark = |lit: &mut [bool], counts: &[u32], length: usize| {
            let specks = SPECKS * length as f32;
            lit.iter_mut().zip(counts).for_each(|(lit, count)| *lit |= *count as f32 > specks);
        };
        mark(&mut self.columns, &columns, rows.len());
        mark(&mut self.rows, &rows, width);
    }

    /// What lies between the bars. The row or column next to a bar goes with it: scaling has mixed it.
    pub(super) fn crop(&self) -> Crop {
        let between = |lit: &[bool]| {
            let (first, last) = (lit.iter().position(|lit| *lit), lit.iter().rposition(|lit| *lit));
            let (Some(first), Some(last)) = (first, last) else { return [0, lit.len()] };
            let begin = if first > 0 { first + 1 } else { 0 };
            let end = if last + 1 < lit.len() { last } else { lit.len() };
            if (end.saturating_sub(begin) as f32) < LEAST * lit.len() as f32 { [0, lit.len()] } else { [begin, end] }
        };
        let [[left, right], [top, bottom]] = [&self.columns, &self.rows].map(|lit| between(lit).map(|at| at as u32));
        Crop { at: [left, top], size: [right - left, bottom - top] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    fn picture(lit: impl Fn(u32, u32) -> bool) -> RgbImage {
        RgbImage::from_fn(100, 60, |x, y| Rgb(if lit(x, y) { [90, 60, 30] } else { [8, 8, 8] }))
    }

    #[test]
    fn bars_are_what_stays_black_in_both_eyes() {
        let mut bars = Bars::new([100, 60]);
        bars.look(&picture(|_, y| (10..40).contains(&y)));
        bars.look(&picture(|x, y| (10..50).contains(&y) || (x == 3 && y > 50)));
        assert_eq!(bars.crop(), Crop { at: [0, 11], size: [100, 38] });
        let mut pillars = Bars::new([100, 60]);
        pillars.look(&picture(|x, _| (12..88).contains(&x)));
        assert_eq!(pillars.crop(), Crop { at: [13, 0], size: [74, 60] });
    }

    #[test]
    fn a_dark_shot_has_no_bars() {
        let whole = Crop { at: [0, 0], size: [100, 60] };
        let mut bars = Bars::new([100, 60]);
        assert_eq!(bars.crop(), whole);
        bars.look(&picture(|x, y| x > 40 && x < 60 && y > 30 && y < 45));
        assert_eq!(bars.crop(), whole);
    }
}
