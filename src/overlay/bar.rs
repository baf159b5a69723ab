//! A bar over the picture that says how much of something there is, as mpv's OSD has it: how loud it is, where the film is.

use super::{Area, Bitmap};

/// Its width and height as parts of the picture's, and where it stands between the upper and the lower edge: mpv's.
const WIDE: f64 = 0.75;
const HIGH: f64 = 0.031_25;
const DOWN: f64 = 0.75;
/// Its lines are that part of the picture's height.
const LINE: f64 = 1.0 / 480.0;

const WHITE: [u8; 4] = [255; 4];
/// Around it and inside of it, behind what is there: half black.
const SHADE: [u8; 4] = [0, 0, 0, 128];
const BLACK: [u8; 4] = [0, 0, 0, 255];

/// How much of something there is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// The part that is there, 0 to 1.
    pub share: f32,
    /// A part that is marked: the usual one.
    pub mark: Option<f32>,
}

/// What is to be read over the picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Told {
    /// Lines at the upper left corner.
    pub text: String,
    /// A bar below the middle.
    pub bar: Option<Bar>,
}

impl Bar {
    /// It over a picture that is shown so.
    pub fn bitmap(&self, area: Area) -> Bitmap {
        let [width, height] = area.size.map(|side| f64::from(side.max(1)));
        // Where the pixels shown are not square, upright lines are as wide as the others are high.
        let narrow = (width / height / area.aspect.clamp(0.01, 100.0)).clamp(0.1, 10.0);
        let high = (height * LINE).round().max(1.0);
        let line = [(high * narrow).round().max(1.0) as u32, high as u32];
        let size = [((width * WIDE) as u32).max(line[0] * 8), ((height * HIGH).round() as u32).max(line[1] * 8)];
        let at = [(width - f64::from(size[0])) / 2.0, (height - f64::from(size[1])) * DOWN].map(|at| at.round() as i32);
        // The shade, the frame, a gap, and what is filled.
        let inner = [0, 1].map(|axis| [line[axis] * 3, size[axis] - line[axis] * 3]);
        let along = |share: f32| {
            inner[0][0] + (f64::from(inner[0][1] - inner[0][0]) * f64::from(share.clamp(0.0, 1.0))).round() as u32
        };
        let filled = along(self.share);
        let marked = self.mark.map(along);
        let texel = |x: u32, y: u32| {
            let depth = |at: u32, axis: usize| at.min(size[axis] - 1 - at) / line[axis];
            let depth = depth(x, 0).min(depth(y, 1));
            let is_full = x < filled;
            let is_mark =
                marked.is_some_and(|mark| (x + line[0]).saturating_sub(mark) < 2 * line[0] && x + line[0] >= mark);
            let near_edge =
                (y - inner[1][0].min(y)).min(inner[1][1].saturating_sub(y + 1)) * 3 < inner[1][1] - inner[1][0];
            match depth {
                1 => WHITE,
                0 | 2 => SHADE,
                _ if is_mark && near_edge => {
                    if is_full {
                        BLACK
                    } else {
                        WHITE
                    }
                }
                _ if is_full => WHITE,
                _ => SHADE,
            }
        };
        let texels = (0..size[1]).flat_map(|y| (0..size[0]).flat_map(move |x| texel(x, y))).collect();
        Bitmap { at, size, texels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many texels of the middle row are filled, the frame left out, as a part of all.
    fn filled(bitmap: &Bitmap) -> f64 {
        let [width, height] = bitmap.size.map(|side| side as usize);
        let row = &bitmap.texels[height / 2 * width * 4..][..width * 4];
        row.chunks_exact(4).filter(|texel| *texel == WHITE).count() as f64 / width as f64
    }

    #[test]
    fn a_bar_is_as_long_as_what_it_tells() {
        let area = Area { size: [1280, 720], aspect: 16.0 / 9.0 };
        let of = |share| Bar { share, mark: None }.bitmap(area);
        let half = of(0.5);
        assert_eq!((half.at, half.size), ([160, 523], [960, 23]));
        let lengths = [0.0, 0.25, 0.5, 1.0].map(|share| filled(&of(share)));
        for (length, share) in lengths.into_iter().zip([0.0, 0.25, 0.5, 1.0]) {
            assert!((length - share).abs() < 0.02, "{length} for {share}");
        }
        assert_eq!(of(7.0), of(1.0));
        assert_eq!(of(f32::NAN).size, half.size);
        let marked = Bar { share: 0.5, mark: Some(0.75) }.bitmap(area);
        assert!(marked != half && filled(&marked) == filled(&half), "the mark is at the edges");
        // In a half layout it is half as wide, and its lines are thin.
        let narrow = Bar { share: 0.5, mark: None }.bitmap(Area { size: [640, 720], ..area });
        assert_eq!((narrow.size, narrow.at), ([480, 23], [80, 523]));
        let tiny = Bar { share: 0.5, mark: Some(0.5) }.bitmap(Area { size: [1, 1], aspect: 1.0 });
        assert_eq!(tiny.texels.len(), (tiny.size[0] * tiny.size[1] * 4) as usize);
    }
}
