//! Plates: rectangles of a picture that lie at one depth, whatever the disparity says, so that the writing on them is not bent.
//! [`super::stereo`] lays them on the parallax.

/// A picture has at most so many.
pub const MOST: usize = 12;

/// A rectangle at one depth.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Plate {
    /// Its upper left pixel.
    pub at: [u32; 2],
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Where in the shot's depth it lies: 0 at its nearest, 1 at its farthest, below 0 in front of all ([`Plates::between`]).
    pub depth: f32,
    /// How much of it counts, 0..=1: a plate that goes is 0 in the end.
    pub share: f32,
}

/// All plates of a picture, in the order in which they are laid on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plates {
    all: [Plate; MOST],
    count: usize,
    /// Parallax of depth 0 and of depth 1, in %.
    ends: [f32; 2],
}

impl Default for Plates {
    fn default() -> Self {
        Self::NONE
    }
}

impl Plates {
    /// None.
    pub const NONE: Self =
        Self { all: [Plate { at: [0; 2], size: [0; 2], depth: 0.0, share: 0.0 }; MOST], count: 0, ends: [0.0; 2] };

    /// One more; beyond [`MOST`] it is left out.
    pub fn push(&mut self, plate: Plate) {
        if let Some(place) = self.all.get_mut(self.count) {
            *place = plate;
            self.count += 1;
        }
    }

    /// With depth from parallax `near` (0) to `far` (1), in % of the width.
    pub fn between(self, near: f32, far: f32) -> Self {
        Self { ends: [near, far], ..self }
    }

    /// Every parallax changed by `change`.
    pub fn map(self, change: impl Fn(f32) -> f32) -> Self {
        Self { ends: self.ends.map(change), ..self }
    }

    /// With the depth of `other`.
    pub fn as_deep_as(self, other: &Self) -> Self {
        Self { ends: other.ends, ..self }
    }

    /// Parallax of the nearest of them, from `min` to `max`, in a part of a picture of `size`: left, top, right and bottom as parts of its width and height.
    pub fn nearest(&self, size: [u32; 2], [left, top, right, bottom]: [f32; 4], min: f32, max: f32) -> Option<f32> {
        let meets = |plate: &&Plate| {
            let [from, to] = [0, 1].map(|end| {
                [0, 1].map(|axis| (plate.at[axis] + end * plate.size[axis]) as f32 / size[axis].max(1) as f32)
            });
            from[0] < right && left < to[0] && from[1] < bottom && top < to[1]
        };
        self.iter().filter(meets).map(|plate| self.parallax(plate, min, max)).min_by(f32::total_cmp)
    }

    /// Parallax of `plate` in % of the width, from `min` to `max` and as far as the screen.
    pub(super) fn parallax(&self, plate: &Plate, min: f32, max: f32) -> f32 {
        let [near, far] = self.ends;
        let percent = near + plate.depth * (far - near);
        if percent.is_finite() { percent.clamp(min.min(0.0), max.max(0.0)) } else { 0.0 }
    }

    /// The same for a picture of size `to` that was made of one of size `from`.
    pub fn scaled(mut self, from: [u32; 2], to: [u32; 2]) -> Self {
        for plate in self.all.iter_mut().take(self.count).filter(|_| from != to) {
            for axis in 0..2 {
                let (from, to) = (u64::from(from[axis].max(1)), u64::from(to[axis]));
                let low = u64::from(plate.at[axis]) * to / from;
                let high = ((u64::from(plate.at[axis]) + u64::from(plate.size[axis])) * to).div_ceil(from).min(to);
                (plate.at[axis], plate.size[axis]) = (low as u32, high.saturating_sub(low) as u32);
            }
        }
        self
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Plate> {
        self.all.iter().take(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_plate_is_found_where_it_lies() {
        let mut plates = Plates::NONE;
        for (at, depth) in [([100, 300], -0.1), ([120, 310], 0.5), ([400, 20], 0.2)] {
            plates.push(Plate { at, size: [80, 20], depth, share: 1.0 });
        }
        let plates = plates.as_deep_as(&Plates::NONE.between(-0.5, 1.5));
        let rounded = |p: f32| (p * 1000.0).round() / 1000.0;
        let nearest = |sides| plates.nearest([640, 360], sides, -1.0, 2.0).map(rounded);
        assert_eq!(nearest([0.1, 0.8, 0.9, 0.95]), Some(-0.7), "the nearer of two");
        assert_eq!(nearest([0.6, 0.0, 0.7, 0.1]), Some(-0.1));
        assert_eq!(nearest([0.1, 0.3, 0.9, 0.8]), None);
        assert_eq!(
            plates.nearest([640, 360], [0.0, 0.0, 1.0, 1.0], -0.3, 2.0),
            Some(-0.3),
            "no nearer than anything is"
        );
    }
}
