//! From raw disparity to parallax, inside of the limits.

use super::Viewing;
use super::depths::Percentiles;
use crate::stage::plates::Plates;

/// Most parallax in front of the screen, in %.
pub const FRONT_LIMIT: f32 = 1.0;

/// The distance of the eyes in metres: more parallax than that behind the screen makes them diverge.
pub const EYE_DISTANCE: f32 = 0.063;

/// Part of the width at each side over which what is in front of the screen comes back to it.
pub const FRONT_FADE: f32 = 0.08;

/// The same for what is behind.
pub const BEHIND_FADE: f32 = 0.05;

/// How far beyond the percentiles depth is shown, as a part of their span: it bounds how far the stereo kernel has to look.
pub const OUTLIERS: f32 = 0.25;

/// The parallax that may be shown, in % of the width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Most in front of the screen, ≤ 0.
    pub front: f32,
    /// Most behind it, ≥ 0.
    pub behind: f32,
}

impl Limits {
    /// For a picture that is seen as `viewing` says.
    pub fn of(viewing: Viewing) -> Self {
        let behind = if viewing.width > 0.0 { 100.0 * EYE_DISTANCE / viewing.width } else { 0.0 };
        Self { front: -FRONT_LIMIT, behind: behind.min(100.0) }
    }
}

/// From raw disparity to parallax: p = clamp(gain · d + offset, min, max), then faded towards the side edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mapping {
    /// % of width per unit of raw disparity.
    pub gain: f32,
    /// % of width.
    pub offset: f32,
    /// Nearest parallax shown, ≤ 0 unless a whole shot lies behind the screen.
    pub min: f32,
    /// Farthest parallax shown, ≥ 0 unless a whole shot lies in front of it.
    pub max: f32,
    /// Width of the fade at each side for p < 0, as a part of the width.
    pub front_fade: f32,
    /// The same for p > 0.
    pub behind_fade: f32,
    /// Parallax of the shot's 2nd percentile: white in 8-bit depth pictures.
    pub near: f32,
    /// Parallax of the shot's 98th percentile: black there.
    pub far: f32,
    /// The shot's span in raw units, at least what a flat shot counts as: the measure for what is an edge.
    pub span: f32,
    /// Where the parallax is this, whatever the disparity says: writing over the picture.
    pub plates: Plates,
}

impl Mapping {
    /// Both eyes see the source.
    pub const FLAT: Self = Self {
        gain: 0.0,
        offset: 0.0,
        min: 0.0,
        max: 0.0,
        front_fade: FRONT_FADE,
        behind_fade: BEHIND_FADE,
        near: 0.0,
        far: 0.0,
        span: 1.0,
        plates: Plates::NONE,
    };

    /// For a shot of `range` that is to span `strength` % of the width, with what lies at `convergence` (0 its farthest, 1 its nearest) on the screen.
    /// Where that goes beyond the limits the gain yields, not the convergence. A range below `flat_span` gets the gain of one that has it.
    pub fn new(range: Percentiles, flat_span: f32, strength: f32, convergence: f32, limits: Limits) -> Self {
        let span = (range.far - range.near).max(0.0);
        let (in_front, behind) = (span * (1.0 - convergence), span * convergence);
        let mut gain = strength / span.max(flat_span);
        if gain * in_front > -limits.front {
            gain = -limits.front / in_front;
        }
        if gain * behind > limits.behind {
            gain = limits.behind / behind;
        }
        let screen = range.far - span * convergence;
        let mapping = Self { gain, offset: -gain * screen, span: span.max(flat_span), ..Self::FLAT };
        mapping.bounded(gain * (range.near - screen), gain * (range.far - screen), limits)
    }

    /// With these ends of the range, and a little beyond them shown.
    fn bounded(self, near: f32, far: f32, limits: Limits) -> Self {
        let beyond = OUTLIERS * (far - near);
        Self { near, far, min: (near - beyond).max(limits.front), max: (far + beyond).min(limits.behind), ..self }
    }

    /// With `share` (0..=1) of its depth: everything comes nearer to the screen.
    pub fn scaled(self, share: f32) -> Self {
        if share >= 1.0 {
            return self;
        }
        let [gain, offset, min, max, near, far] =
            [self.gain, self.offset, self.min, self.max, self.near, self.far].map(|value| value * share.max(0.0));
        Self { gain, offset, min, max, near, far, ..self }
    }

    /// Moved as a whole by `shift` %, towards the viewer where that is negative. What would leave the limits comes nearer to the disparity `fixed`,
    /// whose parallax is kept: depth yields.
    pub fn shifted(self, shift: f32, fixed: f32, limits: Limits) -> Self {
        if shift == 0.0 {
            return self;
        }
        let place = self.at(fixed);
        let kept = (place + shift).clamp(limits.front, limits.behind);
        let share = |end: f32, limit: f32| {
            let (wanted, room) = ((end - place).abs(), (limit - kept).abs());
            if wanted > room { room / wanted } else { 1.0 }
        };
        let share = share(self.near.min(place), limits.front).min(share(self.far.max(place), limits.behind));
        let end = |end: f32| kept + (end - place) * share;
        let moved = Self { gain: self.gain * share, offset: kept + (self.offset - place) * share, ..self };
        moved.bounded(end(self.near), end(self.far), limits)
    }

    /// Pushed back as a whole by `push` %, so that in front of it there is as much more room. What would get farther than the limits comes nearer to
    /// what is in front: depth yields.
    pub fn pushed_back(self, push: f32, limits: Limits) -> Self {
        if push <= 0.0 || self.is_flat() {
            return self;
        }
        let (deep, room) = (self.max - limits.front, (limits.behind - limits.front - push).max(0.0));
        let share = if deep > room { room / deep } else { 1.0 };
        let place = |p: f32| limits.front + push + (p - limits.front) * share;
        let [offset, min, max, near, far] = [self.offset, self.min, self.max, self.near, self.far].map(place);
        Self { gain: self.gain * share, offset, min, max, near, far, plates: self.plates.map(place), ..self }
    }

    /// What has parallax `p` under `other`, of which this has been made, has this one here.
    pub fn moved(&self, p: f32, other: &Self) -> f32 {
        if self == other {
            return p;
        }
        let share = if other.gain == 0.0 { 1.0 } else { self.gain / other.gain };
        self.offset + (p - other.offset) * share
    }

    /// Both eyes see the source, untouched.
    pub fn is_flat(&self) -> bool {
        self.gain == 0.0 && self.offset == 0.0
    }

    /// Parallax of raw disparity `d` away from the sides.
    pub fn at(&self, d: f32) -> f32 {
        (self.gain * d + self.offset).clamp(self.min, self.max)
    }

    /// Parallax of raw disparity `d` at the place `across` (0..=1 from the left edge to the right).
    pub fn parallax(&self, d: f32, across: f32) -> f32 {
        let p = self.at(d);
        let fade = if p < 0.0 { self.front_fade } else { self.behind_fade };
        let t = (across.min(1.0 - across) / fade.max(1e-6)).clamp(0.0, 1.0);
        p * t * t * (3.0 - 2.0 * t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: Percentiles = Percentiles { near: -1.0, far: 3.0 };
    const LIMITS: Limits = Limits { front: -1.0, behind: 2.1 };

    #[test]
    fn the_limits_are_those_of_the_eyes() {
        let Limits { front, behind } = Limits::of(Viewing::of_width(3.0));
        assert!(front == -1.0 && (behind - 2.1).abs() < 1e-5, "{front} {behind}");
        assert_eq!(Limits::of(Viewing::of_width(0.0)).behind, 0.0);
    }

    #[test]
    fn less_depth_comes_nearer_to_the_screen() {
        let whole = Mapping::new(RANGE, 0.5, 1.5, 0.5, LIMITS);
        let half = whole.scaled(0.5);
        for d in [-9.0, -1.0, 0.5, 3.0] {
            assert!((half.parallax(d, 0.5) - 0.5 * whole.parallax(d, 0.5)).abs() < 1e-6);
            assert_eq!(whole.scaled(0.0).parallax(d, 0.5), 0.0);
        }
        assert_eq!(whole.scaled(1.0), whole);
    }

    #[test]
    fn what_is_moved_keeps_its_fixed_depth_and_the_limits() {
        let mapping = Mapping::new(RANGE, 0.5, 1.5, 0.5, LIMITS);
        for shift in [-3.0, -0.7, -0.2, 0.0, 0.3, 1.9] {
            for fixed in [-1.0, 0.3, 3.0] {
                let moved = mapping.shifted(shift, fixed, LIMITS);
                let wanted = (mapping.at(fixed) + shift).clamp(LIMITS.front, LIMITS.behind);
                assert!((moved.at(fixed) - wanted).abs() < 1e-5, "{shift} {fixed}: {} {wanted}", moved.at(fixed));
                for d in [-99.0, -1.0, 0.0, 1.0, 3.0, 99.0] {
                    assert!((LIMITS.front - 1e-6..=LIMITS.behind + 1e-6).contains(&moved.at(d)), "{shift} {fixed} {d}");
                }
                assert!(moved.near >= LIMITS.front - 1e-6 && moved.far <= LIMITS.behind + 1e-6 && moved.gain >= 0.0);
            }
        }
        // Where there is room nothing is squeezed.
        assert!((mapping.shifted(0.2, 0.3, LIMITS).gain - mapping.gain).abs() < 1e-7);
        assert!(!Mapping::FLAT.shifted(0.2, 0.0, LIMITS).is_flat());
    }

    #[test]
    fn what_is_pushed_back_keeps_its_shape_and_the_limits() {
        let mapping = Mapping::new(RANGE, 0.5, 1.9, 0.5, LIMITS);
        assert_eq!(mapping.pushed_back(0.0, LIMITS), mapping);
        assert_eq!(Mapping::FLAT.pushed_back(0.3, LIMITS), Mapping::FLAT);
        let all = [-99.0, -1.4, -1.0, -0.3, 0.0, 1.0, 3.0, 3.3, 99.0];
        let pushed = mapping.pushed_back(0.23, LIMITS);
        for d in all {
            assert!((pushed.at(d) - mapping.at(d) - 0.23).abs() < 1e-6, "{d}: nothing is flattened");
            assert!((pushed.moved(mapping.at(d), &mapping) - pushed.at(d)).abs() < 1e-5, "{d}");
        }
        // Where the far end has no room it stays within the limits, and the near end has all that was wanted.
        for behind in [0.3, 0.5, 1.0] {
            let limits = Limits { behind, ..LIMITS };
            let mapping = Mapping::new(RANGE, 0.5, 9.0, behind / (1.0 + behind), limits);
            let pushed = mapping.pushed_back(0.2, limits);
            let apart = |mapping: &Mapping| mapping.at(0.2) - mapping.at(0.1);
            let near = pushed.at(-1.0) - mapping.at(-1.0);
            assert!(
                (0.7..0.95).contains(&(apart(&pushed) / apart(&mapping))) && (near - 0.2).abs() < 1e-5,
                "{behind}: {near}"
            );
            all.iter().for_each(|d| assert!(pushed.at(*d) <= behind + 1e-6 && pushed.at(*d) >= -0.8 - 1e-6));
        }
    }

    #[test]
    fn a_flat_shot_stays_flat() {
        let mapping = Mapping::new(Percentiles { near: 1.0, far: 1.05 }, 0.5, 1.5, 0.5, LIMITS);
        assert!((mapping.far - mapping.near - 0.15).abs() < 1e-5);
    }
}
