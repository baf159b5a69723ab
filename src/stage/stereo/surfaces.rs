//! What a pixel of the picture is made of, where something near stands before something far: `shaders/surfaces.glsl` in plain Rust.

/// Surfaces that are nearer to each other than this, in pixels of parallax, are one.
pub(super) const APART: f32 = 1.0;
/// A smaller share is nothing, and as much short of one is all.
pub(super) const NOTHING: f32 = 0.04;
/// The parallax of what is not there.
pub(super) const ABSENT: f32 = 1e9;
/// This share says that neither surface is seen clean at a pixel.
pub(super) const RIM: f32 = 0.02;

/// Steps a pixel in which the way from one surface to the other is kept.
const STEPS: f32 = 256.0;
/// Steps of a whole share.
const SHARES: f32 = 65535.0;

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

    /// As it is when it was kept in its buffers: the parallax of the greater share, and beside it the way to the other one and the share.
    pub(super) fn kept(self) -> Self {
        let share = (self.share * SHARES).round_ties_even() / SHARES;
        let step = ((self.far - self.near).clamp(0.0, 255.0) * STEPS).round_ties_even() / STEPS;
        let parallax = self.parallax();
        if share >= 0.5 {
            Self { near: parallax, far: parallax + step, share }
        } else {
            Self { near: parallax - step, far: parallax, share }
        }
    }
}
