//! What is laid over a picture, as subtitles are: bitmaps with their places. Plain values.

mod bar;

pub use bar::{Bar, Told};

use crate::time::Time;

/// A bitmap with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    /// Its upper left corner, in pixels of the overlay's area.
    pub at: [i32; 2],
    /// Width and height.
    pub size: [u32; 2],
    /// R'G'B' and alpha, multiplied in, 8 bits each, rows tightly packed.
    pub texels: Vec<u8>,
}

/// All that is laid over one picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overlay {
    /// Width and height of what it is laid over, in pixels as they are shown.
    pub area: [u32; 2],
    /// What belongs together is one bitmap: it lies at one depth. Later ones lie over earlier ones.
    pub bitmaps: Vec<Bitmap>,
    /// Beginnings and ends of the cues that they are of.
    pub cues: Vec<(Time, Time)>,
}

/// How a picture is seen that something is laid over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Width and height in pixels as they are shown.
    pub size: [u32; 2],
    /// Width to height of the picture as it is seen, whatever its pixels.
    pub aspect: f64,
}

/// A rectangle of both eyes that something lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Its upper left corner; it lies inside of the area.
    pub at: [i32; 2],
    /// Width and height.
    pub size: [u32; 2],
    /// The left and the right eye's texels, as a [`Bitmap`]'s.
    pub texels: [Vec<u8>; 2],
}

/// Left, top, right and bottom; the last two are the first pixel outside.
type Sides = [i32; 4];

fn meet(a: Sides, b: Sides) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

fn union(a: Sides, b: Sides) -> Sides {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

impl Overlay {
    /// For each eye its own places: bitmap `i` is moved to the right by `moved[i]` pixels (none: not at all). The patches do not meet.
    pub fn patches(&self, moved: &[[i32; 2]]) -> Vec<Patch> {
        let limit = self.area.map(|side| i32::try_from(side).unwrap_or(i32::MAX));
        let shift = |index: usize, eye: usize| moved.get(index).map_or(0, |moved| moved[eye]);
        let mut places: Vec<(Sides, Vec<usize>)> = Vec::new();
        for (index, bitmap) in self.bitmaps.iter().enumerate() {
            let side = |at: i32, size: u32| at.saturating_add(i32::try_from(size).unwrap_or(i32::MAX));
            let [top, bottom] = [bitmap.at[1], side(bitmap.at[1], bitmap.size[1])];
            let of = |eye| {
                let left = bitmap.at[0].saturating_add(shift(index, eye));
                [left, top, side(left, bitmap.size[0]), bottom]
            };
            let both = union(of(0), of(1));
            let mut sides = [both[0].max(0), both[1].max(0), both[2].min(limit[0]), both[3].min(limit[1])];
            if sides[0] >= sides[2] || sides[1] >= sides[3] {
                continue;
            }
            let mut members = vec![index];
            // What it meets becomes one with it, and may meet others then.
            while let Some(other) = places.iter().position(|(place, _)| meet(*place, sides)) {
                let (place, others) = places.swap_remove(other);
                sides = union(sides, place);
                members.extend(others);
            }
            members.sort_unstable();
            places.push((sides, members));
        }
        let patch = |(sides, members): (Sides, Vec<usize>)| {
            let size = [sides[2] - sides[0], sides[3] - sides[1]].map(|side| side.unsigned_abs());
            let texels = [0, 1].map(|eye| {
                let mut texels = vec![0; size[0] as usize * size[1] as usize * 4];
                for index in &members {
                    if let Some(bitmap) = self.bitmaps.get(*index) {
                        let at = [bitmap.at[0].saturating_add(shift(*index, eye)) - sides[0], bitmap.at[1] - sides[1]];
                        lay(&mut texels, size, bitmap, at);
                    }
                }
                texels
            });
            Patch { at: [sides[0], sides[1]], size, texels }
        };
        places.into_iter().map(patch).collect()
    }
}

/// Lays `bitmap` at `at` over the texels of a rectangle of `size`.
fn lay(texels: &mut [u8], size: [u32; 2], bitmap: &Bitmap, at: [i32; 2]) {
    let width = size[0] as usize;
    for row in 0..bitmap.size[1] {
        let Some(y) = at[1].checked_add_unsigned(row).and_then(|y| u32::try_from(y).ok()).filter(|y| *y < size[1])
        else {
            continue;
        };
        let first = at[0].min(0).unsigned_abs().min(bitmap.size[0]);
        let left = at[0].max(0).unsigned_abs();
        let count = (bitmap.size[0] - first).min(size[0].saturating_sub(left)) as usize;
        let from = ((row * bitmap.size[0] + first) * 4) as usize;
        let to = (y as usize * width + left as usize) * 4;
        let (Some(source), Some(target)) =
            (bitmap.texels.get(from..from + count * 4), texels.get_mut(to..to + count * 4))
        else {
            continue;
        };
        for (under, over) in target.chunks_exact_mut(4).zip(source.chunks_exact(4)) {
            blend(under, over);
        }
    }
}

/// Lays one texel over another.
pub fn blend(under: &mut [u8], over: &[u8]) {
    let through = 255 - u32::from(over[3]);
    for (under, over) in under.iter_mut().zip(over) {
        // Alpha is multiplied in, so that this stays in a byte but for rounding.
        *under = (u32::from(*over) + (u32::from(*under) * through + 127) / 255).min(255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bitmap(at: [i32; 2], size: [u32; 2], value: u8) -> Bitmap {
        Bitmap { at, size, texels: vec![value; size[0] as usize * size[1] as usize * 4] }
    }

    #[test]
    fn each_eye_has_the_same_pixels_at_its_own_place() {
        let text = Bitmap { texels: (0..6 * 2 * 4).map(|at| at as u8).collect(), ..bitmap([10, 4], [6, 2], 0) };
        let bitmaps = vec![text.clone(), bitmap([30, 15], [4, 4], 255)];
        let overlay = Overlay { area: [40, 20], bitmaps, cues: Vec::new() };
        let patches = overlay.patches(&[[3, -2], [0, 0]]);
        assert_eq!((patches.len(), patches[0].at, patches[0].size), (2, [8, 4], [11, 2]));
        let part = |eye: usize, x: usize| {
            let row = |y: usize| (y * 11 + x) * 4..(y * 11 + x + 6) * 4;
            [0, 1].map(|y| patches[0].texels[eye][row(y)].to_vec()).concat()
        };
        assert_eq!((part(0, 5), part(1, 0)), (text.texels.clone(), text.texels));
        assert_eq!(patches[1].texels[0], vec![255; 64]);
    }

    #[test]
    fn what_meets_is_one_patch_and_what_lies_outside_is_none() {
        let overlay = |bitmaps| Overlay { area: [40, 20], bitmaps, cues: Vec::new() };
        let patches = overlay(vec![
            bitmap([0, 0], [4, 4], 100),
            bitmap([20, 0], [4, 4], 1),
            bitmap([3, 3], [18, 4], 255),
            bitmap([50, 0], [9, 9], 1),
            bitmap([-20, -20], [9, 9], 1),
            bitmap([i32::MAX, i32::MIN], [9, 9], 1),
        ])
        .patches(&[]);
        assert_eq!((patches.len(), patches[0].at, patches[0].size), (1, [0, 0], [24, 7]));
        assert_eq!(patches[0].texels[0][..4], [100; 4]);
        assert_eq!(patches[0].texels[0][(3 * 24 + 3) * 4..][..4], [255; 4], "later ones lie over earlier ones");
        let cut = overlay(vec![bitmap([-2, 18], [100, 9], 7)]).patches(&[[-3, 5]]);
        assert_eq!((cut[0].at, cut[0].size), ([0, 18], [40, 2]));
        assert_eq!(cut[0].texels[1][..16], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7]);
    }
}
