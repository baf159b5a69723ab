//! What a pixel of the picture is made of, where something near stands before something far: `shaders/surfaces.glsl` in plain Rust.

use crate::stage::comfort::Mapping;

/// Pixels in a row that are looked at together.
pub(in crate::stage) const RUN: u32 = 8;
/// Surfaces that are nearer to each other than this, in pixels of parallax, are one.
pub(super) const APART: f32 = 1.0;
/// A smaller share is nothing, and as much short of one is all.
pub(super) const NOTHING: f32 = 0.04;
/// The parallax of what is not there.
pub(super) const ABSENT: f32 = 1e9;
/// This share says that neither surface is seen clean at a pixel.
pub(super) const RIM: f32 = 0.02;

/// Units of parallax in one of the way from one surface to the other.
const STEP: f32 = 128.0;
/// The farthest such way.
const FARTHEST: f32 = 511.0;
/// Steps of a whole share.
const SHARES: f32 = 127.0;

/// In how many pixels parallax is counted, of a picture `width` pixels wide: a power of two, so that whole pixels are kept exactly, and so small that
/// 15 bits hold the greatest parallax that `mapping` shows.
pub fn unit_of(mapping: &Mapping, width: u32) -> f32 {
    let most = mapping.min.abs().max(mapping.max.abs()) * width as f32 / 100.0;
    let mut whole = 1.0;
    while whole <= most && whole < 65536.0 {
        whole *= 2.0;
    }
    whole / 32768.0
}

/// The parallax in pixels of a pixel's word, as [`super::Stereo::parallax`] holds them.
pub fn parallax_of(word: u32, unit: f32) -> f32 {
    f32::from(word as u16 as i16) * unit
}

/// The surface in front and the one behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Surfaces {
    /// Parallax in pixels.
    pub(super) near: f32,
    /// No less than `near`.
    pub(super) far: f32,
    /// How much of the pixel is the one in front, 0 … 1.
    pub(super) share: f32,
}

impl Surfaces {
    /// One surface, of this parallax.
    pub(super) fn single(parallax: f32) -> Self {
        Self { near: parallax, far: parallax, share: 1.0 }
    }

    /// Parallax of the one with the greater share.
    pub(super) fn parallax(&self) -> f32 {
        if self.share >= 0.5 { self.near } else { self.far }
    }

    /// Whether the two are one.
    pub(super) fn is_single(&self) -> bool {
        self.far - self.near < APART
    }

    /// Whether what is behind can be seen.
    pub(super) fn is_bare(&self) -> bool {
        self.share < 0.5 * RIM || self.is_single()
    }

    /// As it is when it was kept in a word: the parallax of the greater share in units, and beside it the way to the other one and the share.
    pub(super) fn kept(self, unit: f32) -> Self {
        let way = ((self.far - self.near) / (unit * STEP)).round_ties_even().min(FARTHEST) * (unit * STEP);
        let share = (self.share * SHARES).round_ties_even() / SHARES;
        let parallax = (Self { share, ..self }.parallax() / unit).round_ties_even() * unit;
        match way > 0.0 {
            false => Self::single(parallax),
            true if share >= 0.5 => Self { near: parallax, far: parallax + way, share },
            true => Self { near: parallax - way, far: parallax, share },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_parallax_fits_and_whole_pixels_are_exact() {
        for (percent, width) in [(0.0, 640), (1.25, 640), (1.5, 1280), (2.0, 7680), (100.0, 3840)] {
            let mapping = Mapping { min: -percent, max: percent * 0.7, ..Mapping::FLAT };
            let (unit, most) = (unit_of(&mapping, width), percent * width as f32 / 100.0);
            assert!(most / unit <= 32767.0 && (1.0 / unit).fract() == 0.0, "{percent} % of {width}: {unit}");
            let both = Surfaces { near: -most, far: most * 0.7, share: 0.3 };
            let kept = both.kept(unit);
            assert!(
                (kept.far - both.far).abs() <= 0.5 * unit && (kept.near - both.near).abs() <= (0.5 * STEP + 0.5) * unit
            );
            assert!((kept.share - both.share).abs() < 0.004 || kept.share == 1.0);
            assert_eq!(Surfaces::single(most.floor()).kept(unit).near, most.floor());
        }
    }
}
