//! `--strength auto`: how much depth a shot gets by what it is, and what of it lies on the screen.
//!
//! Rules of stereographers (Mendiburu, "3D Movie Making", 2009, ch. 5 and 6; Shibata et al., "The zone of comfort", 2011), each a factor:
//!
//! - **The screen**: what tires is measured in degrees, so a screen that fills more of the view gets a smaller part of its width.
//! - **Wide or close**: a wide view bears more depth than a face that fills the picture.
//! - **Motion**: eyes converge slowly (some 0.3 s); what moves fast, or is passed fast, gets less.
//! - **Pace**: so do shots that follow each other fast.
//!
//! What is looked at lies on the screen, where it is sharp for the eyes at the distance at which they converge, as far as that
//! leaves the rest of the shot its room.

use super::depths::Depths;
use super::{Shot, Viewing};

/// Degrees that a usual shot spans.
const DEGREES: f32 = 0.6;
/// Least and most that the screen's size asks for, in % of the width.
const BY_SCREEN: [f32; 2] = [0.7, 2.0];
/// Least and most of everything together.
const STRENGTH: [f32; 2] = [0.4, 2.4];
/// Least and most of convergence: never more of a shot before the screen than behind it, and some of it before it.
const CONVERGENCE: [f32; 2] = [0.5, 0.9];

/// A factor for `value`: `ends` of it lead to `factors`, what is between is even in `value`'s logarithm.
fn factor(value: f32, ends: [f32; 2], factors: [f32; 2]) -> f32 {
    let share = ((value.max(1e-6) / ends[0]).ln() / (ends[1] / ends[0]).ln()).clamp(0.0, 1.0);
    factors[0] + (factors[1] - factors[0]) * share
}

/// Parallax that `shot` is to span, in % of the width.
pub(super) fn strength(shot: &Shot, viewing: Viewing) -> f32 {
    let screen = (DEGREES / viewing.degrees(1.0).max(1e-3)).clamp(BY_SCREEN[0], BY_SCREEN[1]);
    let distance = factor(shot.depths.close, [0.15, 0.6], [1.15, 0.75]);
    let motion = shot.motion.map_or(1.0, |speed| factor(speed, [4.0, 60.0], [1.1, 0.7]));
    let pace = shot.pace.map_or(1.0, |seconds| factor(seconds, [1.0, 4.0], [0.7, 1.0]));
    (screen * distance * motion * pace).clamp(STRENGTH[0], STRENGTH[1])
}

/// What lies on the screen: 0 the shot's farthest, 1 its nearest.
pub(super) fn convergence(depths: &Depths, flat_span: f32) -> f32 {
    let range = depths.range;
    let span = (range.far - range.near).max(0.1 * flat_span);
    ((range.far - depths.attended) / span).clamp(CONVERGENCE[0], CONVERGENCE[1])
}

#[cfg(test)]
mod tests {
    use super::super::Percentiles;
    use super::*;

    fn shot(close: f32, motion: f32, pace: f32) -> Shot {
        let depths = Depths { close, ..Depths::from(Percentiles { near: 0.0, far: 1.0 }) };
        Shot { depths, motion: Some(motion), pace: Some(pace), share: 1.0 }
    }

    #[test]
    fn wide_slow_shots_get_more_than_close_and_fast_ones() {
        let viewing = Viewing::of_width(1.0);
        let of = |close, motion, pace| strength(&shot(close, motion, pace), viewing);
        let wide = of(0.1, 2.0, 8.0);
        assert!((1.8..2.1).contains(&wide), "{wide}");
        for (name, less) in [("close", of(0.8, 2.0, 8.0)), ("fast", of(0.1, 80.0, 8.0)), ("cut", of(0.1, 2.0, 0.8))] {
            assert!(less < 0.75 * wide, "{name}: {less}, {wide}");
        }
        assert!(of(0.9, 200.0, 0.3) >= STRENGTH[0]);
    }

    #[test]
    fn larger_screens_get_a_smaller_part_of_their_width() {
        let of = |width, distance| strength(&shot(0.3, 10.0, 4.0), Viewing { width, distance });
        let (sofa, cinema) = (of(1.2, 2.5), of(12.0, 9.0));
        assert!(cinema < 0.65 * sofa, "{sofa} {cinema}");
    }

    #[test]
    fn what_is_looked_at_lies_on_the_screen() {
        let depths = |attended| Depths { attended, ..Depths::from(Percentiles { near: 2.0, far: 4.0 }) };
        assert!((convergence(&depths(2.6), 0.1) - 0.7).abs() < 1e-6);
        assert_eq!(convergence(&depths(4.0), 0.1), CONVERGENCE[0]);
        assert_eq!(convergence(&depths(2.0), 0.1), CONVERGENCE[1]);
    }
}
