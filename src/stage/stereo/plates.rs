//! Plates laid on the parallax: the kernel's parameters, and the kernel in plain Rust.
//!
//! Where a plate ends its depth fades into what is around it, inside of the picture; the picture's own edges stay on the screen.

use super::surfaces::{RUN, Surfaces, unit_of};
use crate::stage::bars::Crop;
use crate::stage::comfort::Mapping;
use crate::stage::plates::Plate;

/// Over this part of the width a plate fades at each side, if there is room.
const SOFT: f32 = 0.03;
/// A plate nearer to the picture's side than this part of the width comes back to the screen, as there is no room to fade.
const ROOM: f32 = 0.02;

/// What the kernel is told of one plate: `shaders/plate.comp`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct PlatePush {
    size: [i32; 2],
    first: [i32; 2],
    last: [i32; 2],
    from: [i32; 2],
    to: [i32; 2],
    nothing: [i32; 2],
    soft: [i32; 3],
    parallax: f32,
    share: f32,
    unit: f32,
}

impl PlatePush {
    /// For the plates of `mapping` on a picture of `size` of which `crop` lies between bars; without those of which nothing can be seen.
    pub(super) fn all(mapping: &Mapping, size: [u32; 2], crop: Crop) -> impl Iterator<Item = Self> {
        let unit = unit_of(mapping, size[0]);
        let parallax = |plate: &Plate| mapping.plates.parallax(plate, mapping.min, mapping.max);
        let one = move |plate: &Plate| Self::new(plate, parallax(plate), size, crop, unit);
        mapping.plates.iter().filter_map(one)
    }

    fn new(plate: &Plate, percent: f32, size: [u32; 2], crop: Crop, unit: f32) -> Option<Self> {
        let bound = |value: u32, axis: usize| value.min(size[axis]) as i32;
        let from = [0, 1].map(|axis| bound(plate.at[axis], axis));
        let to = [0, 1].map(|axis| bound(plate.at[axis].saturating_add(plate.size[axis]), axis));
        if from[0] >= to[0] || from[1] >= to[1] || plate.share <= 0.0 {
            return None;
        }
        let soft = ((SOFT * size[0] as f32).round() as i32).max(1);
        let side = [crop.at[0] as i32, (crop.at[0] + crop.size[0]) as i32];
        let beside = [(from[0] - side[0]).max(0), (side[1] - to[0]).max(0)];
        let t = (beside[0].min(beside[1]) as f32 / (ROOM * size[0] as f32).max(1.0)).min(1.0);
        let [left, right] = beside.map(|beside| soft.min(beside));
        Some(Self {
            size: size.map(|side| side as i32),
            first: [from[0] - left, (from[1] - soft).max(0)],
            last: [to[0] + right, (to[1] + soft).min(size[1] as i32)],
            from,
            to,
            nothing: [0; 2],
            soft: [left, right, soft],
            parallax: percent * size[0] as f32 / 100.0 * t * t * (3.0 - 2.0 * t),
            share: plate.share.min(1.0),
            unit,
        })
    }

    /// The first run of pixels in whose bounds it counts, and the one after the last.
    pub(super) fn runs(&self) -> [[u32; 2]; 2] {
        let [first, last] = [self.first, self.last].map(|place| place.map(|side| side.max(0) as u32));
        // The run before ends beside it.
        [[(first[0] / RUN).saturating_sub(1), first[1]], [last[0].div_ceil(RUN), last[1]]]
    }

    /// Workgroups of 32×4.
    pub(super) fn groups(&self) -> [u32; 3] {
        let side = |axis: usize| (self.last[axis] - self.first[axis]).max(0) as u32;
        [side(0).div_ceil(32), side(1).div_ceil(4), 1]
    }

    /// The kernel in plain Rust, on the surfaces of each pixel, row by row.
    pub(super) fn lay(&self, surfaces: &mut [Surfaces]) {
        let fade = |beyond: i32, soft: i32| {
            let t = (beyond as f32 / soft.max(1) as f32).clamp(0.0, 1.0);
            1.0 - t * t * (3.0 - 2.0 * t)
        };
        for y in self.first[1]..self.last[1] {
            for x in self.first[0]..self.last[0] {
                let share = self.share
                    * fade(self.from[0] - x, self.soft[0])
                    * fade(x - self.to[0] + 1, self.soft[1])
                    * fade((self.from[1] - y).max(y - self.to[1] + 1), self.soft[2]);
                let here = &mut surfaces[(y * self.size[0] + x) as usize];
                let moved = |p: f32| p + (self.parallax - p) * share;
                *here = Surfaces { near: moved(here.near), far: moved(here.far), ..*here }.kept(self.unit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::plates::{MOST, Plates};

    const SIZE: [u32; 2] = [400, 100];
    const MAPPING: Mapping = Mapping { min: -2.0, max: 1.8, ..Mapping::FLAT };

    fn push(plate: Plate, crop: Crop) -> Option<PlatePush> {
        let mut plates = Plates::NONE.between(-1.5, 1.5);
        plates.push(plate);
        PlatePush::all(&Mapping { plates, ..MAPPING }, SIZE, crop).next()
    }

    fn laid(plate: Plate, crop: Crop) -> Vec<f32> {
        // A slope, as the scene behind a subtitle is.
        let slope = (0..400 * 100).map(|at| Surfaces::single((at % 400) as f32 * 0.02 - 4.0));
        laid_on(slope.collect(), plate, crop)
    }

    fn laid_on(mut surfaces: Vec<Surfaces>, plate: Plate, crop: Crop) -> Vec<f32> {
        push(plate, crop).unwrap().lay(&mut surfaces);
        surfaces.iter().map(Surfaces::parallax).collect()
    }

    #[test]
    fn a_plate_is_even_and_fades_into_what_is_around() {
        let plate = Plate { at: [100, 40], size: [200, 20], depth: 0.0, share: 1.0 };
        let parallax = laid(plate, Crop::whole(SIZE));
        for y in 40..60 {
            for x in 100..300 {
                assert!((parallax[y * 400 + x] + 6.0).abs() < 1e-3, "{x} {y}");
            }
        }
        // Twelve pixels beyond nothing is changed, and between lies no step but a slope: eight pixels of parallax over twelve.
        assert!((parallax[50 * 400 + 312] - (312.0 * 0.02 - 4.0)).abs() < 1e-3);
        for x in 80..320 {
            assert!((parallax[50 * 400 + x + 1] - parallax[50 * 400 + x]).abs() < 1.05, "{x}");
        }
        let half = laid(Plate { share: 0.5, ..plate }, Crop::whole(SIZE));
        assert!((half[50 * 400 + 200] - (-6.0 + 0.0) / 2.0).abs() < 1e-3);
    }

    #[test]
    fn the_pictures_sides_stay_on_the_screen() {
        for (at, size) in [([0, 40], [100, 20]), ([396, 40], [4, 20]), ([0, 0], [400, 100]), ([2, 10], [390, 20])] {
            let plate = Plate { at, size, depth: 0.0, share: 1.0 };
            let parallax = laid_on(vec![Surfaces::single(0.0); 400 * 100], plate, Crop::whole(SIZE));
            for y in 0..100 {
                assert!(parallax[y * 400].abs() < 0.05 && parallax[y * 400 + 399].abs() < 0.05, "{at:?} {y}");
            }
        }
        // Beside bars it ends where the picture does.
        let crop = Crop { at: [50, 0], size: [300, 100] };
        let plate = Plate { at: [62, 40], size: [60, 20], depth: 0.0, share: 1.0 };
        let parallax = laid_on(vec![Surfaces::single(0.0); 400 * 100], plate, crop);
        assert!(parallax[50 * 400 + 49] == 0.0 && (parallax[50 * 400 + 70] + 6.0).abs() < 1e-3);
    }

    #[test]
    fn the_limits_hold_for_plates_too() {
        for (depth, pixels) in
            [(0.0, -6.0), (0.5, 0.0), (1.0, 6.0), (-0.1, -7.2), (-9.0, -8.0), (9.0, 7.2), (f32::NAN, 0.0)]
        {
            let plate = Plate { at: [100, 40], size: [200, 20], depth, share: 1.0 };
            let laid = laid(plate, Crop::whole(SIZE))[50 * 400 + 200];
            assert!((laid - pixels).abs() < 1e-3, "{depth}: {laid}");
        }
    }

    #[test]
    fn what_lies_outside_is_left_out() {
        let outside = Plate { at: [500, 10], size: [10, 10], depth: 0.0, share: 1.0 };
        assert!(push(outside, Crop::whole(SIZE)).is_none());
        let nothing = Plate { at: [0, 10], size: [10, 10], depth: 0.0, share: 0.0 };
        assert!(push(nothing, Crop::whole(SIZE)).is_none());
        let huge = Plate { at: [10, 10], size: [u32::MAX, u32::MAX], depth: 0.0, share: 1.0 };
        laid(huge, Crop::whole(SIZE));
        let mut plates = Plates::default();
        (0..40).for_each(|_| plates.push(nothing));
        assert_eq!(plates.iter().count(), MOST);
    }
}
