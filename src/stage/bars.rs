//! Black bars above and below a picture, or at its sides, found over time: one dark frame is no bar, and one dark scene is none. Pure, on the CPU.
//!
//! A bar is black all along while right beside it the picture is lit along most of its length, equally wide on both sides, in several frames that follow each
//! other; of a film's first picture, and so of a still, one is enough, so that letterboxed films begin as they go on. Frames whose edge is not lit like that (night, fades) say nothing for bars; a row that is lit says at once that it is none.

use super::glance::{Glance, Lit};
use crate::frame::Orientation;

/// A rectangle of a picture, in pixels: what of it is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Crop {
    /// Its upper left pixel.
    pub at: [u32; 2],
    /// Its width and height.
    pub size: [u32; 2],
}

impl Crop {
    /// All of a picture of `size`.
    pub const fn whole(size: [u32; 2]) -> Self {
        Self { at: [0, 0], size }
    }

    /// The same of a picture of size `to` that was made of one of size `from`.
    pub fn scaled(self, from: [u32; 2], to: [u32; 2]) -> Self {
        let place = |at: u32, axis: usize| {
            let (from, to) = (u64::from(from[axis].max(1)), u64::from(to[axis]));
            ((2 * u64::from(at) * to + from) / (2 * from)) as u32
        };
        let at = [0, 1].map(|axis| place(self.at[axis], axis));
        Self { at, size: [0, 1].map(|axis| (place(self.at[axis] + self.size[axis], axis) - at[axis]).max(1)) }
    }

    /// As parts of a picture of `size`: left, top, right, bottom.
    pub fn part_of(self, size: [u32; 2]) -> [f32; 4] {
        let side = |pixel: u32, axis: usize| pixel as f32 / size[axis].max(1) as f32;
        let [right, bottom] = [0, 1].map(|axis| side(self.at[axis] + self.size[axis], axis));
        [side(self.at[0], 0), side(self.at[1], 1), right, bottom]
    }

    /// The same of the picture of `size` that is turned by `orientation`.
    pub fn turned(self, size: [u32; 2], orientation: Orientation) -> Self {
        let Self { at: [x, y], size: [width, height] } = self;
        let x = if orientation.mirror { size[0] - x - width } else { x };
        let (across, down) = (size[0] - x - width, size[1] - y - height);
        match orientation.quarter_turns % 4 {
            0 => Self { at: [x, y], size: [width, height] },
            1 => Self { at: [down, x], size: [height, width] },
            2 => Self { at: [across, down], size: [width, height] },
            _ => Self { at: [y, across], size: [height, width] },
        }
    }
}

/// Part of a bar's row that may be lit: specks.
const SPECKS: f32 = 0.01;
/// Part of the row beside a bar that is lit.
const EDGE: f32 = 0.5;
/// Part of an outermost row that is lit where there are no bars any more; less may be a subtitle.
const OPEN: f32 = 0.5;
/// Bars are at least this part of the side, and all together leave at least that.
const THIN: f32 = 0.02;
const LEFT: f32 = 0.4;
/// By so many pixels both sides may differ, and one frame from the next.
const APART: usize = 3;
/// So many frames must say the same.
const FRAMES: usize = 6;

/// Follows a film of one size.
#[derive(Debug, Clone, Default)]
pub struct Bars {
    size: [u32; 2],
    /// A picture of this size has been seen.
    begun: bool,
    /// Pixels of bar at each side, for rows and for columns.
    found: [usize; 2],
    /// What the last frames said, and how many of them.
    said: [(usize, usize); 2],
}

impl Bars {
    /// Takes the next picture; what of it is seen, as coded, before turning.
    pub fn look(&mut self, glance: &Glance) -> Crop {
        if self.size != glance.size {
            *self = Self { size: glance.size, ..Self::default() };
        }
        let Lit { rows, columns, .. } = &glance.lit;
        let enough = if std::mem::replace(&mut self.begun, true) { FRAMES } else { 1 };
        for (axis, lit) in [rows, columns].into_iter().enumerate() {
            self.follow(axis, lit, enough);
        }
        let [rows, columns] = self.found.map(|bar| bar as u32);
        let [width, height] = self.size;
        Crop { at: [columns, rows], size: [width - 2 * columns, height - 2 * rows] }
    }

    /// One axis: `lit` is the lit part of each row (or column); `enough` frames have to say the same.
    fn follow(&mut self, axis: usize, lit: &[f32], enough: usize) {
        let count = lit.len();
        let black = |at: &f32| *at <= SPECKS;
        let first = lit.iter().take_while(|at| black(at)).count();
        let last = lit.iter().rev().take_while(|at| black(at)).count();
        if first >= count {
            return;
        }
        // A picture in the bars' place, and not a line of text: they are over at once.
        let found = self.found[axis];
        let open = |at: usize| lit[at] > OPEN && lit[count - 1 - at] > OPEN;
        if found > 0 && (0..found.saturating_sub(APART)).any(open) {
            self.found[axis] = 0;
            self.said[axis] = (0, 0);
        }
        let bar = first.min(last);
        let wide = bar as f32 >= THIN * count as f32 && (count - 2 * bar) as f32 >= LEFT * count as f32;
        // Scaling and coding mix the row beside a bar.
        let beside = |at: usize| (0..=2).any(|off| lit.get(at + off).is_some_and(|lit| *lit > EDGE));
        let edged = first.abs_diff(last) <= APART
            && beside(first)
            && (0..=2).any(|off| lit[(count - 1 - last).saturating_sub(off)] > EDGE);
        if !edged {
            return;
        }
        let says = if wide { first.max(last) + 1 } else { 0 };
        let (said, times) = &mut self.said[axis];
        *times = if said.abs_diff(says) <= APART { *times + 1 } else { 1 };
        *said = says;
        if *times >= enough && self.found[axis].abs_diff(says) > APART {
            self.found[axis] = says + says % 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Chroma, Colour, OwnedPlanes, Picture, PixelFormat, Range, Shape};

    /// A glance at a grey picture of 160×90, lit where `light` says so.
    fn picture(light: impl Fn(usize, usize) -> u8) -> Glance {
        let rows = (0..160 * 90).map(|at| light(at % 160, at / 160)).collect();
        Glance::of(&Picture {
            shape: Shape {
                size: [160, 90],
                format: PixelFormat { chroma: Chroma::Grey, depth: 8, shift: 0, semi_planar: false },
                colour: Colour { range: Range::Limited, ..Colour::SRGB },
                sample_aspect: (1, 1),
                orientation: Orientation::default(),
            },
            planes: Box::new(OwnedPlanes(vec![(rows, 160)])),
        })
    }

    fn letterbox(y: usize) -> bool {
        (12..78).contains(&y)
    }

    const WHOLE: Crop = Crop::whole([160, 90]);
    const SEEN: Crop = Crop { at: [0, 14], size: [160, 62] };

    #[test]
    fn bars_are_found_over_time() {
        let mut bars = Bars::default();
        let film = picture(|_, y| if letterbox(y) { 120 } else { 16 });
        let open = picture(|_, _| 120);
        assert_eq!(bars.look(&open), WHOLE);
        let seen: Vec<Crop> = (0..8).map(|_| bars.look(&film)).collect();
        assert_eq!(seen[..FRAMES - 1], [WHOLE; FRAMES - 1]);
        assert_eq!(seen[FRAMES..], [SEEN; 8 - FRAMES]);
        // A night, black, a subtitle in the bar: they stay.
        let night = picture(|x, y| if (40..60).contains(&x) && (40..50).contains(&y) { 90 } else { 16 });
        let black = picture(|_, _| 16);
        let subtitle =
            picture(|x, y| if letterbox(y) || (82..86).contains(&y) && x % 5 < 2 && x > 40 { 120 } else { 16 });
        for other in [&night, &black, &subtitle] {
            (0..20).for_each(|_| assert_eq!(bars.look(other), SEEN));
        }
        // The picture opens, and closes again.
        assert_eq!(bars.look(&open), WHOLE);
        for _ in 0..FRAMES {
            bars.look(&film);
        }
        assert_eq!(bars.look(&film), SEEN);
    }

    #[test]
    fn a_first_picture_with_bars_is_enough() {
        let film = picture(|_, y| if letterbox(y) { 120 } else { 16 });
        let mut bars = Bars::default();
        assert_eq!(bars.look(&film), SEEN);
        // It was none after all.
        assert_eq!(bars.look(&picture(|_, _| 120)), WHOLE);
        assert_eq!(bars.look(&film), WHOLE);
        // Black says nothing, and the picture after it is the second.
        let mut bars = Bars::default();
        assert_eq!(bars.look(&picture(|_, _| 16)), WHOLE);
        assert_eq!(bars.look(&film), WHOLE);
    }

    #[test]
    fn pillars_are_found_and_dark_scenes_are_none() {
        let mut bars = Bars::default();
        bars.look(&picture(|_, _| 120));
        let film = picture(|x, _| if (20..140).contains(&x) { 120 } else { 17 });
        for _ in 0..FRAMES {
            bars.look(&film);
        }
        assert_eq!(bars.look(&film), Crop { at: [22, 0], size: [116, 90] });
        let mut bars = Bars::default();
        // A lamp in the dark, and a ground that is darker than the sky: no two straight edges.
        for scene in [
            picture(|x, y| if (60..100).contains(&x) && (30..60).contains(&y) { 200 } else { 16 }),
            picture(|_, y| if y < 60 { 120 } else { 16 }),
        ] {
            (0..30).for_each(|_| assert_eq!(bars.look(&scene), WHOLE));
        }
    }

    #[test]
    fn a_crop_turns_with_its_picture() {
        let crop = Crop { at: [10, 20], size: [30, 40] };
        let turned = |mirror, quarter_turns| crop.turned([100, 90], Orientation { mirror, quarter_turns });
        assert_eq!(turned(false, 0), crop);
        assert_eq!(turned(true, 0).at, [60, 20]);
        // Clockwise: what was below is at the left.
        assert_eq!(turned(false, 1), Crop { at: [30, 10], size: [40, 30] });
        assert_eq!(turned(false, 2), Crop { at: [60, 30], size: [30, 40] });
        assert_eq!(turned(false, 3), Crop { at: [20, 60], size: [40, 30] });
    }
}
