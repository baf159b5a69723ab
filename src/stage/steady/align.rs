//! Scale and shift of a frame's disparity against the frame before: a network gives both anew for each frame, and a shot has but one. Pure, on the CPU.

use crate::stage::flow::{FOUND, Vector, blocks};

/// From one disparity to another: `scale · d + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Align {
    /// More than 0.
    pub scale: f32,
    /// In units of the disparity that it leads to.
    pub offset: f32,
}

impl Align {
    /// Changes nothing.
    pub const NONE: Self = Self { scale: 1.0, offset: 0.0 };

    /// A disparity, changed.
    pub fn apply(self, d: f32) -> f32 {
        self.scale * d + self.offset
    }

    /// First `self`, then `next`.
    pub fn then(self, next: Self) -> Self {
        Self { scale: next.scale * self.scale, offset: next.apply(self.offset) }
    }
}

/// Fewer places than this say nothing.
const LEAST: usize = 64;
/// How often the fit looks again without what does not fit.
const ROUNDS: usize = 4;
/// No frame is so far from the one before.
const SCALES: [f32; 2] = [0.8, 1.25];
/// Alignments go back to none in so many seconds: what a shot does slowly is its own.
const LEAK: f32 = 1.5;

/// Disparities of the same thing: in this frame, and in the one before.
pub type Pair = [f32; 2];

/// The fit from each pair's first to its second: robust, and the same forth and back, so that many in a row do not shrink the depth. `None` where too
/// little is known.
pub fn fit(pairs: &[Pair]) -> Option<Align> {
    if pairs.len() < LEAST {
        return None;
    }
    let mut apart: Vec<f32> = pairs.iter().map(|[now, before]| before - now).collect();
    let middle = apart.len() / 2;
    let offset = *apart.select_nth_unstable_by(middle, f32::total_cmp).1;
    let mut found = Align { scale: 1.0, offset };
    let mut width = 0.0;
    for round in 0..ROUNDS {
        let off = |[now, before]: &Pair| (before - found.apply(*now)).abs();
        if round == 0 {
            let mut off: Vec<f32> = pairs.iter().map(off).collect();
            width = 2.0 * *off.select_nth_unstable_by(middle, f32::total_cmp).1 + 1e-6;
        }
        let mut sums = [0.0_f64; 6];
        for pair in pairs {
            let share = off(pair) / width;
            let weight = f64::from(1.0 / (1.0 + share * share)).powi(2);
            let [now, before] = pair.map(f64::from);
            let terms = [1.0, now, before, now * now, before * before, now * before];
            sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += weight * term);
        }
        let [weight, now, before, ..] = sums;
        let (now, before) = (now / weight, before / weight);
        let spread = [sums[3] / weight - now * now, sums[4] / weight - before * before];
        let together = sums[5] / weight - now * before;
        // Where depths do not go together there is no scale to be had of them.
        let known = spread[0] > 1e-12 && together > 0.5 * (spread[0] * spread[1]).max(0.0).sqrt();
        let scale = if known { (spread[1] / spread[0]).sqrt() as f32 } else { 1.0 };
        let scale = scale.clamp(SCALES[0], SCALES[1]);
        found = Align { scale, offset: (before - f64::from(scale) * now) as f32 };
    }
    (found.scale.is_finite() && found.offset.is_finite()).then_some(found)
}

/// What is found again of one frame in the one before: both raw disparities of `small` (width, height), the movement of each 4×4 pixels of the
/// picture of `guide` size, from this frame to the one before.
pub fn pairs(now: &[f32], before: &[f32], small: [u32; 2], guide: [u32; 2], flow: &[Vector]) -> Vec<Pair> {
    let blocks = blocks(guide);
    let scale = [0, 1].map(|axis| small[axis] as f32 / guide[axis].max(1) as f32);
    let value = |map: &[f32], pixel: [i32; 2]| {
        let inside = [0, 1].map(|axis| (0..guide[axis] as i32).contains(&pixel[axis]));
        let at = [0, 1].map(|axis| ((pixel[axis] as f32 * scale[axis]) as usize).min(small[axis] as usize - 1));
        let value = *map.get(at[1] * small[0] as usize + at[0])?;
        (inside == [true; 2] && value.abs() < 1e6).then_some(value)
    };
    let mut found = Vec::with_capacity(flow.len());
    for (at, [across, down, cost, _]) in flow.iter().enumerate() {
        let here = [at as u32 % blocks[0], at as u32 / blocks[0]].map(|block| block as i32 * 4 + 2);
        if *cost <= FOUND
            && let (Some(now), Some(before)) = (value(now, here), value(before, [here[0] + across, here[1] + down]))
        {
            found.push([now, before]);
        }
    }
    found
}

/// Follows a shot: what leads from each frame's raw disparity to the shot's.
#[derive(Debug, Clone, Copy)]
pub struct Shot(Align);

impl Default for Shot {
    fn default() -> Self {
        Self(Align::NONE)
    }
}

impl Shot {
    /// The next frame's alignment. `fit` leads from its raw disparity to that of the frame before, `middle` is some disparity in its midst.
    pub fn follow(&mut self, fit: Option<Align>, middle: f32, seconds: f32) -> Align {
        let aligned = fit.unwrap_or(Align::NONE).then(self.0);
        let keep = (-seconds.max(0.0) / LEAK).exp();
        let scale = aligned.scale.max(1e-3).powf(keep).clamp(0.5, 2.0);
        let moved = (aligned.apply(middle) - middle) * keep;
        self.0 = Align { scale, offset: middle + moved - scale * middle };
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Disparities of a scene, changed by `by` and with a tenth of them wrong.
    fn scene(by: Align) -> Vec<Pair> {
        let depth = |at: usize| ((at * 37 % 101) as f32 / 50.0 - 1.0) + (at % 3) as f32 * 0.01;
        (0..1000).map(|at| [depth(at), if at % 10 == 0 { 1.5 } else { by.apply(depth(at)) }]).collect()
    }

    #[test]
    fn scale_and_shift_are_found_whatever_moves() {
        for by in [Align::NONE, Align { scale: 1.1, offset: -0.2 }, Align { scale: 0.9, offset: 0.3 }] {
            let found = fit(&scene(by)).unwrap();
            assert!(
                (found.scale - by.scale).abs() < 0.01 && (found.offset - by.offset).abs() < 0.01,
                "{found:?}, {by:?}"
            );
        }
        assert_eq!(fit(&scene(Align::NONE)[..10]), None);
        // Flat: no scale to be had.
        let flat: Vec<Pair> = (0..200).map(|at| [0.5, 0.7 + (at % 2) as f32 * 1e-4]).collect();
        let found = fit(&flat).unwrap();
        assert!((found.apply(0.5) - 0.7).abs() < 1e-3 && found.scale == 1.0, "{found:?}");
    }

    #[test]
    fn a_shot_pumps_no_more_and_keeps_its_own_course() {
        let mut shot = Shot::default();
        let mut pumped = Align::NONE;
        for frame in 0..200 {
            // Pumps from frame to frame by 10 %, about the middle.
            let next = Align { scale: if frame % 2 == 0 { 1.1 } else { 1.0 }, offset: 0.05 * (frame % 2) as f32 };
            let back = |a: Align| Align { scale: a.scale.recip(), offset: -a.offset / a.scale };
            let fit = back(next).then(pumped);
            pumped = next;
            let aligned = shot.follow(Some(fit), next.apply(0.0), 0.04);
            if frame > 100 {
                let spans = next.then(aligned);
                assert!((spans.scale - 1.05).abs() < 0.03, "{spans:?}");
            }
        }
        // What grows slowly may: after a while most of it is seen.
        let mut shot = Shot::default();
        let mut last = Align::NONE;
        for _ in 0..120 {
            last = shot.follow(Some(Align { scale: 1.0 / 1.01, offset: 0.0 }), 0.0, 0.04);
        }
        assert!(last.scale > 0.6, "{last:?}");
    }

    #[test]
    fn things_are_paired_along_their_movement() {
        let (small, guide) = ([8, 4], [16, 8]);
        let before: Vec<f32> = (0..32).map(|at| (at % 8) as f32).collect();
        // Everything has moved two places of disparity to the right.
        let now: Vec<f32> = (0..32).map(|at| (at % 8) as f32 - 2.0).collect();
        let flow = [[-4, 0, 0, 0]; 8];
        let found = pairs(&now, &before, small, guide, &flow);
        assert_eq!(found.len(), 6, "what came in from the left is not paired");
        assert!(found.iter().all(|[now, before]| now == before), "{found:?}");
        assert!(pairs(&now, &before, small, guide, &[[0, 0, FOUND + 1, 0]; 8]).is_empty());
    }
}
