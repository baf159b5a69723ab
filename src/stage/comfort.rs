//! How much depth a viewer gets: the network's raw disparity is mapped to a parallax that is pleasant and safe. Pure, on the CPU.
//!
//! Parallax p is in % of the picture's width, both eyes together, positive behind the screen; raw disparity `d` has the same sense
//! (more is farther), in the network's own unit.
//!
//! One [`Comfort`] lives beside a film. For each frame, in order, [`Comfort::follow`] takes the frame's [`Percentiles`];
//! [`Comfort::mapping`] then answers for any settings, at once, also while paused. The rules:
//!
//! - The gain makes the shot's 2nd to 98th percentile span [`Settings::strength`]. A shot whose raw span is below `flat_span` gets
//!   the gain of one that has it, so a flat shot stays flat.
//! - [`Settings::convergence`] says which depth lies on the screen: 0 the shot's farthest (98th percentile), 1 its nearest (2nd).
//! - Nothing lies farther behind than makes the eyes diverge (63 mm on the screen), nor more than 1 % in front; where strength and
//!   convergence ask for more, the gain yields, not the convergence.
//! - Parallax fades out towards the left and right edges: what is in front of the screen must not be cut by its frame, and the frame itself stays straight.

/// The part of a frame's raw disparity that counts: what is nearer or farther than all but 2 % of it is left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    /// The 2nd percentile.
    pub near: f32,
    /// The 98th percentile.
    pub far: f32,
}

impl Percentiles {
    /// Of a map of raw disparity; values that are no numbers are passed over. `None` for a map without any.
    pub fn of(disparity: &[f32]) -> Option<Self> {
        const BINS: usize = 1024;
        let finite = || disparity.iter().copied().filter(|d| d.is_finite());
        let (low, high) = finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), d| (low.min(d), high.max(d)));
        if low > high {
            return None;
        }
        let width = (high - low) / BINS as f32;
        if width <= 0.0 || !width.is_finite() {
            return Some(Self { near: low, far: high });
        }
        let mut bins = [0u32; BINS];
        for d in finite() {
            bins[(((d - low) / width) as usize).min(BINS - 1)] += 1;
        }
        let count: u32 = bins.iter().sum();
        // Inside a class the values are taken to be spread evenly.
        let percentile = |share: f32| {
            let wanted = share * count as f32;
            let mut below = 0.0;
            for (bin, number) in bins.iter().enumerate() {
                let number = *number as f32;
                if below + number >= wanted && number > 0.0 {
                    return low + (bin as f32 + (wanted - below) / number) * width;
                }
                below += number;
            }
            high
        };
        Some(Self { near: percentile(0.02), far: percentile(0.98) })
    }
}

/// What the viewer may set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Parallax that a shot spans, in % of the width; 0 is 2D.
    pub strength: f32,
    /// 0: the shot's farthest on the screen plane, 1: its nearest.
    pub convergence: f32,
    /// Physical width of the picture in metres.
    pub screen_width: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { strength: 1.5, convergence: 0.5, screen_width: 1.0 }
    }
}

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

/// Time constant of following a shot, in seconds.
pub const SLEW: f32 = 0.3;

/// From raw disparity to parallax: p = clamp(gain · d + offset, min, max), then faded towards the side edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mapping {
    /// % of width per unit of raw disparity.
    pub gain: f32,
    /// % of width.
    pub offset: f32,
    /// Nearest parallax shown, ≤ 0.
    pub min: f32,
    /// Farthest parallax shown, ≥ 0.
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
    };

    /// With `share` (0..=1) of its depth: everything comes nearer to the screen.
    pub fn scaled(self, share: f32) -> Self {
        if share >= 1.0 {
            return self;
        }
        let [gain, offset, min, max, near, far] =
            [self.gain, self.offset, self.min, self.max, self.near, self.far].map(|value| value * share.max(0.0));
        Self { gain, offset, min, max, near, far, ..self }
    }

    /// Parallax of raw disparity `d` at the place `across` (0..=1 from the left edge to the right).
    pub fn parallax(&self, d: f32, across: f32) -> f32 {
        let p = (self.gain * d + self.offset).clamp(self.min, self.max);
        let fade = if p < 0.0 { self.front_fade } else { self.behind_fade };
        let t = (across.min(1.0 - across) / fade.max(1e-6)).clamp(0.0, 1.0);
        p * t * t * (3.0 - 2.0 * t)
    }
}

/// Follows a film's depth.
#[derive(Debug, Clone)]
pub struct Comfort {
    flat_span: f32,
    followed: Option<Percentiles>,
}

impl Comfort {
    /// `flat_span`: the span of raw disparity below which a shot counts as flat (about a quarter of what a usual shot of the network spans).
    pub fn new(flat_span: f32) -> Self {
        Self { flat_span: flat_span.max(1e-6), followed: None }
    }

    /// The span of raw disparity below which a shot counts as flat.
    pub fn flat_span(&self) -> f32 {
        self.flat_span
    }

    /// Takes the next frame: its percentiles, the seconds since the last one, and whether a new shot begins with it.
    pub fn follow(&mut self, frame: Percentiles, seconds: f32, cut: bool) {
        if !(frame.near.is_finite() && frame.far.is_finite()) {
            return;
        }
        self.followed = Some(match self.followed {
            Some(last) if !cut => {
                let share = 1.0 - (-seconds.max(0.0) / SLEW).exp();
                Percentiles {
                    near: last.near + (frame.near - last.near) * share,
                    far: last.far + (frame.far - last.far) * share,
                }
            }
            _ => frame,
        });
    }

    /// Forgets the film, as after a seek.
    pub fn reset(&mut self) {
        self.followed = None;
    }

    /// The mapping for the frame that was followed last.
    pub fn mapping(&self, settings: &Settings) -> Mapping {
        self.followed.map_or(Mapping::FLAT, |shot| mapping(shot, self.flat_span, settings))
    }
}

/// The mapping for a shot, pure: see the module's rules.
pub fn mapping(shot: Percentiles, flat_span: f32, settings: &Settings) -> Mapping {
    let strength = if settings.strength.is_finite() { settings.strength.max(0.0) } else { 0.0 };
    let convergence = if settings.convergence.is_finite() { settings.convergence.clamp(0.0, 1.0) } else { 0.5 };
    let behind_limit = if settings.screen_width > 0.0 { 100.0 * EYE_DISTANCE / settings.screen_width } else { 0.0 };
    let behind_limit = behind_limit.min(100.0);
    let span = (shot.far - shot.near).max(0.0);
    let (in_front, behind) = (span * (1.0 - convergence), span * convergence);
    let mut gain = strength / span.max(flat_span);
    if gain * in_front > FRONT_LIMIT {
        gain = FRONT_LIMIT / in_front;
    }
    if gain * behind > behind_limit {
        gain = behind_limit / behind;
    }
    let screen = shot.far - span * convergence;
    let (near, far) = (gain * (shot.near - screen), gain * (shot.far - screen));
    let beyond = OUTLIERS * (far - near);
    Mapping {
        gain,
        offset: -gain * screen,
        min: (near - beyond).max(-FRONT_LIMIT),
        max: (far + beyond).min(behind_limit),
        near,
        far,
        span: span.max(flat_span),
        ..Mapping::FLAT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOT: Percentiles = Percentiles { near: -1.0, far: 3.0 };

    fn settings(strength: f32, convergence: f32, screen_width: f32) -> Settings {
        Settings { strength, convergence, screen_width }
    }

    #[test]
    fn percentiles_of_an_even_spread() {
        let even: Vec<f32> = (0..10_000).map(|i| i as f32 / 100.0).collect();
        let Percentiles { near, far } = Percentiles::of(&even).unwrap();
        assert!((near - 2.0).abs() < 0.02 && (far - 98.0).abs() < 0.02, "{near} {far}");
        assert_eq!(Percentiles::of(&[f32::NAN, f32::INFINITY]), None);
        assert_eq!(Percentiles::of(&[]), None);
        assert_eq!(Percentiles::of(&[7.0, 7.0]), Some(Percentiles { near: 7.0, far: 7.0 }));
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
            let mapping = mapping(SHOT, 0.5, &settings(strength, convergence, width));
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
        for strength in [0.0, 0.5, 1.5, 3.0, 50.0, f32::NAN, f32::INFINITY] {
            for convergence in [-1.0, 0.0, 0.3, 1.0, 2.0, f32::NAN] {
                for width in [0.1, 1.0, 3.0, 12.0] {
                    let mapping = mapping(SHOT, 0.5, &settings(strength, convergence, width));
                    for d in [-1e9, -4.0, -1.0, 0.0, 1.0, 3.0, 5.0, 1e9] {
                        let p = mapping.parallax(d, 0.5);
                        assert!((-1.0..=6.3001 / width).contains(&p), "{strength} {convergence} {width} {d}: {p}");
                        assert_eq!(mapping.parallax(d, 0.0), 0.0);
                        assert_eq!(mapping.parallax(d, 1.0), 0.0);
                    }
                }
            }
        }
    }

    #[test]
    fn less_depth_comes_nearer_to_the_screen() {
        let whole = mapping(SHOT, 0.5, &Settings::default());
        let half = whole.scaled(0.5);
        for d in [-9.0, -1.0, 0.5, 3.0] {
            assert!((half.parallax(d, 0.5) - 0.5 * whole.parallax(d, 0.5)).abs() < 1e-6);
            assert_eq!(whole.scaled(0.0).parallax(d, 0.5), 0.0);
        }
        assert_eq!(whole.scaled(1.0), whole);
    }

    #[test]
    fn a_flat_shot_stays_flat() {
        let flat = Percentiles { near: 1.0, far: 1.05 };
        let mapping = mapping(flat, 0.5, &Settings::default());
        assert!((mapping.far - mapping.near - 0.15).abs() < 1e-5);
    }

    #[test]
    fn a_shot_is_followed_and_a_cut_resets() {
        let mut comfort = Comfort::new(0.5);
        assert_eq!(comfort.mapping(&Settings::default()), Mapping::FLAT);
        comfort.follow(SHOT, 0.0, true);
        let before = comfort.mapping(&Settings::default()).gain;
        let half = Percentiles { near: 0.0, far: 2.0 };
        // After one time constant 63 % of the way is done, whatever the frame rate.
        for rate in [10, 60] {
            let mut comfort = comfort.clone();
            for _ in 0..rate {
                comfort.follow(half, SLEW / rate as f32, false);
            }
            let span = 1.5 / comfort.mapping(&Settings::default()).gain;
            assert!((span - (2.0 + 2.0 * (-1.0f32).exp())).abs() < 1e-3, "{span}");
        }
        comfort.follow(half, 0.04, true);
        assert!((comfort.mapping(&Settings::default()).gain - 2.0 * before).abs() < 1e-5);
    }
}
