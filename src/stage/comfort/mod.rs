//! How much depth a viewer gets: the network's raw disparity is mapped to a parallax that is pleasant and safe. Pure, on the CPU; [`meter`] measures
//! on the GPU what came of it.
//!
//! Parallax p is in % of the picture's width, both eyes together, positive behind the screen; raw disparity `d` has the same sense
//! (more is farther), in the network's own unit.
//!
//! One [`Comfort`] lives beside a film. For each frame, in order, [`Comfort::follow`] takes what is known of it ([`Observation`]);
//! [`Comfort::mapping`] then answers for any settings, at once, also while paused. The rules:
//!
//! - The gain makes the shot's 2nd to 98th percentile span a strength, which the viewer sets or the shot itself asks for ([`Strength::Auto`]). A
//!   shot whose raw span is below `flat_span` gets the gain of one that has it, so a flat shot stays flat.
//! - The convergence says which depth lies on the screen: 0 the shot's farthest (98th percentile), 1 its nearest (2nd); by itself
//!   ([`Convergence::Auto`]) what is looked at.
//! - Nothing lies farther behind than makes the eyes diverge (63 mm on the screen), nor more than 1 % in front; where strength and
//!   convergence ask for more, the gain yields, not the convergence.
//! - Over a cut the depth of what is looked at jumps by less than 0.3 % ([`JUMP`]): the new shot begins moved as a whole and goes to its own place with the
//!   time constant [`SLEW`]. Where it has no room there it begins with less depth.
//! - Parallax fades out towards the left and right edges: what is in front of the screen must not be cut by its frame, and the frame itself stays straight.

mod auto;
mod depths;
mod mapping;
pub mod meter;
pub mod tally;

use std::collections::VecDeque;

pub use depths::{Depths, Percentiles};
pub use mapping::{BEHIND_FADE, EYE_DISTANCE, FRONT_FADE, FRONT_LIMIT, Limits, Mapping, OUTLIERS};

/// Time constant of following a shot, in seconds.
pub const SLEW: f32 = 0.3;

/// Most that the depth of what is looked at jumps over a cut, in % of the width.
pub const JUMP: f32 = 0.25;

/// Time constant of following a shot's motion, in seconds.
const MOTION: f32 = 1.0;
/// Time constant with which a shot comes to a depth that was not there when it began, in seconds: after 0.3 s it has 95 % of it.
const ARRIVAL: f32 = 0.1;

/// Shots whose depth is remembered: after as many time constants as they last, nothing is left of those before.
const SHOTS: usize = 6;

/// Shots whose lengths make the pace.
const PACE: usize = 4;

/// Parallax below which a moved shot is where it belongs, in % of the width.
const ARRIVED: f32 = 0.005;

/// How much depth a shot gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strength {
    /// As the shot, its motion and the screen ask for.
    Auto,
    /// The parallax that it spans, in % of the width; 0 is 2D.
    Percent(f32),
}

impl Strength {
    /// Little depth.
    pub const SOFT: Self = Self::Percent(0.8);
    /// As 3D films have it.
    pub const FILM: Self = Self::Percent(1.5);
    /// Much depth.
    pub const STRONG: Self = Self::Percent(2.5);
}

/// Which depth lies on the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Convergence {
    /// What is looked at.
    Auto,
    /// 0: the shot's farthest, 1: its nearest.
    At(f32),
}

/// How the picture is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewing {
    /// Physical width of the picture in metres.
    pub width: f32,
    /// Distance of the eyes from it in metres.
    pub distance: f32,
}

impl Viewing {
    /// Widths from which a screen is looked at where nothing is known: the picture fills 37°, as in a good seat of a cinema.
    pub const DISTANCE: f32 = 1.5;

    /// A picture of `width` metres, seen from a usual distance.
    pub const fn of_width(width: f32) -> Self {
        Self { width, distance: width * Self::DISTANCE }
    }

    /// A parallax of `percent` of the width as an angle in degrees: how much less (more, where negative) the eyes converge than for the screen.
    pub fn degrees(self, percent: f32) -> f32 {
        let converged = |depth: f32| 2.0 * (0.5 * depth).atan2(self.distance.max(1e-3)).to_degrees();
        converged(EYE_DISTANCE) - converged(EYE_DISTANCE - self.width * percent / 100.0)
    }
}

/// What the viewer may set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// How much depth.
    pub strength: Strength,
    /// What lies on the screen.
    pub convergence: Convergence,
    /// How large and from how far the picture is seen.
    pub viewing: Viewing,
}

impl Default for Settings {
    fn default() -> Self {
        Self { strength: Strength::Auto, convergence: Convergence::Auto, viewing: Viewing::of_width(1.0) }
    }
}

/// What is known of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Its raw disparity; `None` where it tells nothing, as in a flash.
    pub depths: Option<Depths>,
    /// Speed of what is seen, in % of the width a second; `None` where unknown.
    pub motion: Option<f32>,
    /// Seconds since the frame before.
    pub seconds: f32,
    /// A new shot begins with it.
    pub cut: bool,
    /// How much of its depth it should have, 0..=1: none for a title on plain ground.
    pub share: f32,
}

impl Observation {
    /// With `depths` alone: the first frame of a shot.
    pub fn of(depths: impl Into<Depths>) -> Self {
        Self { depths: Some(depths.into()), motion: None, seconds: 0.0, cut: true, share: 1.0 }
    }
}

/// A shot as it is followed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shot {
    depths: Depths,
    motion: Option<f32>,
    /// Mean length of the last shots, in seconds.
    pace: Option<f32>,
    share: f32,
}

/// A shot in time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    /// Its own depth has been seen; else it has that of the shot before.
    known: bool,
    first: Shot,
    last: Shot,
    seconds: f32,
}

/// What a shot has got under some settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chosen {
    /// Parallax that it spans by strength alone, in % of the width: limits may leave less.
    pub strength: f32,
    /// What lies on the screen: 0 its farthest, 1 its nearest.
    pub convergence: f32,
    /// Parallax of what is looked at, in % of the width.
    pub attended: f32,
}

/// Follows a film's depth.
#[derive(Debug, Clone)]
pub struct Comfort {
    flat_span: f32,
    /// The last shots, the present one last.
    runs: VecDeque<Run>,
    share: f32,
    /// The present shot has got its depth after it had begun, and comes to it.
    arriving: bool,
}

impl Comfort {
    /// `flat_span`: the span of raw disparity below which a shot counts as flat (about a quarter of what a usual shot of the network spans).
    pub fn new(flat_span: f32) -> Self {
        Self { flat_span: flat_span.max(1e-6), runs: VecDeque::with_capacity(SHOTS), share: 1.0, arriving: false }
    }

    /// The span of raw disparity below which a shot counts as flat.
    pub fn flat_span(&self) -> f32 {
        self.flat_span
    }

    /// Takes the next frame.
    pub fn follow(&mut self, moment: &Observation) {
        let seconds = if moment.seconds.is_finite() { moment.seconds.max(0.0) } else { 0.0 };
        let share_of = |constant: f32| 1.0 - (-seconds / constant).exp();
        let cut = moment.cut || self.runs.is_empty();
        let wanted = moment.share.clamp(0.0, 1.0);
        let slew = if self.arriving { ARRIVAL } else { SLEW };
        self.share = if moment.cut { wanted } else { self.share + (wanted - self.share) * share_of(slew) };
        self.arriving &= !moment.cut && self.share < wanted - 0.01;
        let depths = moment.depths.filter(|depths| depths.is_finite());
        if !cut && let Some(run) = self.runs.back_mut() {
            run.seconds += seconds;
            let last = &mut run.last;
            last.share = self.share;
            if let Some(depths) = depths {
                if run.known {
                    last.depths = last.depths.towards(depths, share_of(SLEW));
                } else {
                    (run.known, self.arriving) = (true, true);
                    (run.first.depths, last.depths) = (depths, depths);
                }
            }
            last.motion = match (last.motion, moment.motion.filter(|motion| motion.is_finite())) {
                (Some(before), Some(now)) => Some(before + (now - before) * share_of(MOTION)),
                (before, now) => now.or(before),
            };
            return;
        }
        let before = self.runs.back().map(|run| run.last.depths);
        self.arriving = !moment.cut;
        let known = depths.is_some();
        let Some(depths) = depths.or(before) else { return };
        let lengths = self.runs.iter().rev().take(PACE).map(|run| run.seconds);
        let count = lengths.len();
        let pace = (count > 0).then(|| lengths.sum::<f32>() / count as f32);
        let shot = Shot { depths, motion: moment.motion, pace, share: self.share };
        if self.runs.len() == SHOTS {
            self.runs.pop_front();
        }
        self.runs.push_back(Run { known, first: shot, last: shot, seconds: 0.0 });
    }

    /// Forgets the film, as after a seek.
    pub fn reset(&mut self) {
        self.runs.clear();
        self.share = 1.0;
        self.arriving = false;
    }

    /// Whether the present shot has got its depth late and is still on its way to it.
    pub fn is_arriving(&self) -> bool {
        self.arriving
    }

    /// The mapping for the frame that was followed last.
    pub fn mapping(&self, settings: &Settings) -> Mapping {
        self.seen(settings).map_or(Mapping::FLAT, |(mapping, _)| mapping)
    }

    /// The same as it will be when the last cut has been smoothed: writing that stands does not move with the shot behind it.
    pub fn settled(&self, settings: &Settings) -> Mapping {
        let limits = Limits::of(settings.viewing);
        self.runs.back().map_or(Mapping::FLAT, |run| self.own(&run.last, settings, limits).0)
    }

    /// What that frame's shot has got. `None` before the first frame.
    pub fn chosen(&self, settings: &Settings) -> Option<Chosen> {
        self.seen(settings).map(|(_, chosen)| chosen)
    }

    fn seen(&self, settings: &Settings) -> Option<(Mapping, Chosen)> {
        let limits = Limits::of(settings.viewing);
        let mut seen: Option<(Mapping, Chosen)> = None;
        for run in &self.runs {
            // How far the shot has to be moved for what is looked at to be near to where the viewer looks.
            let (_, first) = self.own(&run.first, settings, limits);
            let shift = seen.map_or(0.0, |(_, before)| {
                let jump = first.attended - before.attended;
                jump.clamp(-JUMP, JUMP) - jump
            });
            let shift = shift * (-run.seconds / SLEW).exp();
            let (own, chosen) = self.own(&run.last, settings, limits);
            let shift = if shift.abs() < ARRIVED { 0.0 } else { shift };
            let moved = own.shifted(shift, run.last.depths.attended, limits);
            seen = Some((moved, Chosen { attended: moved.at(run.last.depths.attended), ..chosen }));
        }
        seen
    }

    /// A shot at its own place.
    fn own(&self, shot: &Shot, settings: &Settings, limits: Limits) -> (Mapping, Chosen) {
        let strength = match settings.strength {
            Strength::Auto => auto::strength(shot, settings.viewing),
            Strength::Percent(percent) if percent.is_finite() => percent.max(0.0),
            Strength::Percent(_) => 0.0,
        };
        let convergence = match settings.convergence {
            Convergence::At(share) if share.is_finite() => share.clamp(0.0, 1.0),
            _ => auto::convergence(&shot.depths, self.flat_span),
        };
        let whole = Mapping::new(shot.depths.range, self.flat_span, strength, convergence, limits);
        // What is left of it after a second is nothing that can be seen.
        let mapping = whole.scaled(if shot.share < 0.02 { 0.0 } else { shot.share });
        (mapping, Chosen { strength, convergence, attended: mapping.at(shot.depths.attended) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOT: Percentiles = Percentiles { near: -1.0, far: 3.0 };

    fn settings(strength: f32, convergence: f32, screen_width: f32) -> Settings {
        Settings {
            strength: Strength::Percent(strength),
            convergence: Convergence::At(convergence),
            viewing: Viewing::of_width(screen_width),
        }
    }

    fn of(shot: Percentiles, settings: &Settings) -> Mapping {
        let mut comfort = Comfort::new(0.5);
        comfort.follow(&Observation::of(shot));
        comfort.mapping(settings)
    }

    #[test]
    fn strength_and_convergence_mean_what_they_say() {
        // (strength, convergence, screen width in m) → parallax of the shot's nearest and farthest
        let table = [
            ((1.5, 0.5, 1.0), (-0.75, 0.75)),
            ((1.0, 0.0, 1.0), (-1.0, 0.0)),
            ((1.0, 1.0, 1.0), (0.0, 1.0)),
            ((2.0, 0.75, 1.0), (-0.5, 1.5)),
            // In front ≤ 1 %: the gain yields.
            ((3.0, 0.0, 1.0), (-1.0, 0.0)),
            ((3.0, 0.5, 1.0), (-1.0, 1.0)),
            // Behind ≤ 63 mm: 2.1 % of 3 m, 0.63 % of 10 m.
            ((3.0, 1.0, 3.0), (0.0, 2.1)),
            ((1.5, 0.5, 10.0), (-0.63, 0.63)),
            ((0.0, 0.5, 1.0), (0.0, 0.0)),
        ];
        for ((strength, convergence, width), (near, far)) in table {
            let mapping = of(SHOT, &settings(strength, convergence, width));
            let got = (mapping.parallax(SHOT.near, 0.5), mapping.parallax(SHOT.far, 0.5));
            assert!(
                (got.0 - near).abs() < 1e-5 && (got.1 - far).abs() < 1e-5,
                "{strength} {convergence} {width}: {got:?}"
            );
            assert!((mapping.near - near).abs() < 1e-5 && (mapping.far - far).abs() < 1e-5);
        }
    }

    #[test]
    fn the_limits_hold_for_whatever_comes() {
        let mut all = vec![Settings::default(), Settings { viewing: Viewing::of_width(12.0), ..Settings::default() }];
        for strength in [0.0, 0.5, 1.5, 3.0, 50.0, f32::NAN, f32::INFINITY] {
            for convergence in [-1.0, 0.0, 0.3, 1.0, 2.0, f32::NAN] {
                all.extend([0.1, 1.0, 3.0, 12.0].map(|width| settings(strength, convergence, width)));
            }
        }
        let shots = [SHOT, Percentiles { near: -30.0, far: 0.0 }, Percentiles { near: 2.0, far: 2.1 }];
        for settings in all {
            let width = settings.viewing.width;
            let mut comfort = Comfort::new(0.5);
            for frame in 0..40 {
                let range = shots[frame / 5 % 3];
                let attended = [range.near, range.far, 0.5 * (range.near + range.far)][frame / 3 % 3];
                let depths = Depths { range, attended, close: 0.3 };
                let share = if frame / 7 % 3 == 2 { 0.0 } else { 1.0 };
                let cut = frame % 5 == 0;
                comfort.follow(&Observation { depths: Some(depths), motion: Some(9.0), seconds: 0.04, cut, share });
                let mapping = comfort.mapping(&settings);
                for d in [-1e9, -4.0, -1.0, 0.0, 1.0, 3.0, 5.0, 1e9] {
                    let p = mapping.parallax(d, 0.5);
                    assert!((-1.00001..=6.3001 / width).contains(&p), "{settings:?} {frame} {d}: {p}");
                    assert_eq!(mapping.parallax(d, 0.0), 0.0);
                    assert_eq!(mapping.parallax(d, 1.0), 0.0);
                }
            }
        }
    }

    #[test]
    fn a_shot_is_followed_and_a_cut_resets() {
        let settings = settings(1.5, 0.5, 1.0);
        let mut comfort = Comfort::new(0.5);
        assert_eq!(comfort.mapping(&settings), Mapping::FLAT);
        comfort.follow(&Observation::of(SHOT));
        let before = comfort.mapping(&settings).gain;
        let half = Percentiles { near: 0.0, far: 2.0 };
        // After one time constant 63 % of the way is done, whatever the frame rate.
        for rate in [10, 60] {
            let mut comfort = comfort.clone();
            for _ in 0..rate {
                comfort.follow(&Observation { seconds: SLEW / rate as f32, cut: false, ..Observation::of(half) });
            }
            let span = 1.5 / comfort.mapping(&settings).gain;
            assert!((span - (2.0 + 2.0 * (-1.0f32).exp())).abs() < 1e-3, "{span}");
        }
        comfort.follow(&Observation::of(half));
        assert!((comfort.mapping(&settings).gain - 2.0 * before).abs() < 1e-5);
    }

    #[test]
    fn what_is_looked_at_does_not_jump_over_cuts() {
        let manual = settings(2.0, 0.5, 1.0);
        for settings in [manual, Settings::default()] {
            let mut comfort = Comfort::new(0.5);
            let (mut last, mut most_within, mut apart) = (None::<f32>, 0.0f32, Vec::new());
            for frame in 0..400 {
                // Shots of 0.2 to 2 s, what is looked at now near and now far; every fifth a title.
                let shot = [0, 5, 55, 70, 120, 170, 200, 260, 300, 330].iter().filter(|start| **start <= frame).count();
                let cut = [0, 5, 55, 70, 120, 170, 200, 260, 300, 330].contains(&frame);
                let attended = if shot % 2 == 0 { SHOT.near } else { SHOT.far };
                let share = if shot % 5 == 4 { 0.0 } else { 1.0 };
                let depths = Depths { range: SHOT, attended, close: 0.3 };
                comfort.follow(&Observation { depths: Some(depths), motion: None, seconds: 0.04, cut, share });
                let now = comfort.chosen(&settings).unwrap().attended;
                if let Some(last) = last.filter(|_| cut) {
                    assert!((now - last).abs() < 0.3, "{frame}: {last} → {now}");
                } else if let Some(last) = last {
                    most_within = most_within.max((now - last).abs());
                }
                if frame == 54 || frame == 169 {
                    apart.push(now);
                }
                last = Some(now);
            }
            assert!(most_within < 0.3, "{most_within}");
            // Two seconds after the cut each shot is where it belongs.
            assert!(settings != manual || (apart[0] - apart[1]).abs() > 1.9, "{apart:?}");
        }
    }

    #[test]
    fn two_dimensions_stay_two() {
        let settings = settings(0.0, 0.5, 1.0);
        let mut comfort = Comfort::new(0.5);
        for attended in [SHOT.near, SHOT.far] {
            comfort.follow(&Observation::of(Depths { range: SHOT, attended, close: 0.3 }));
            assert!(comfort.mapping(&settings).is_flat());
        }
    }

    #[test]
    fn angles_are_those_of_the_eyes() {
        // 1 % of 1 m from 1.5 m: 10 mm, 0.382°.
        assert!((Viewing::of_width(1.0).degrees(1.0) - 0.382).abs() < 0.002);
        assert!((Viewing::of_width(1.0).degrees(-1.0) + 0.382).abs() < 0.002);
        // Parallel eyes: what the screen's distance alone makes.
        let far = Viewing { width: 6.3, distance: 2.0 };
        assert!((far.degrees(1.0) - 2.0 * (0.0315f32 / 2.0).atan().to_degrees()).abs() < 1e-3);
    }
}
