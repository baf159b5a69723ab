//! Where one shot ends and the next begins: told from the pictures around a frame, before it is shown. Pure, on the CPU.
//!
//! A frame begins a shot where it is far from the frame before it, whatever the camera did ([`Fingerprint::distance`]), and much farther than the steps
//! before and after are wide. Three things look like that and are no cut:
//!
//! - A flash or a lamp: light alone changes (the correlation stays), or the shot comes back within the frames that can be seen ahead.
//! - Fast action: steps are wide before or after, too.
//! - A dissolve: no single step of it is large. It is not marked; what follows motion by the picture rejects it by itself.

mod fingerprint;

pub use fingerprint::{Distance, Fingerprint};

/// A step this large begins a shot.
const FAR: f32 = 0.09;
/// In dark and grey shots so much is enough, if the pictures have nothing in common.
const DARK: f32 = 0.015;
const UNRELATED: f32 = 0.6;
/// By so much a cut is wider than the steps before and after it.
const STANDS_OUT: f32 = 2.0;
/// No action is as fast as this: it need not stand out.
const WHATEVER: f32 = 0.25;
/// A shot has come back where it is nearer than this part of the step, within these bounds.
const BACK: f32 = 0.35;
const BACK_NEAR: [f32; 2] = [0.06, 0.12];
/// Pictures this alike but for their light are of one shot.
const SAME_SHAPE: f32 = 0.9;
/// No flash is longer, in frames.
const FLASH: usize = 6;
/// No shot is shorter, in frames: what changes that soon after a cut belongs to it.
const SHORTEST: usize = 4;

/// What a frame is to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// The shot goes on.
    Same,
    /// A shot begins.
    Cut,
    /// Light for a moment: the picture says nothing about depth.
    Flash,
}

/// Whether what follows could be another shot, as far as two frames can tell: nothing should be blended across it.
pub fn is_step(distance: Distance) -> bool {
    distance.difference > FAR || (distance.difference > DARK && distance.correlation < UNRELATED)
}

/// A flash that is going on.
#[derive(Debug, Clone)]
struct Flash {
    /// The frame before it.
    before: Fingerprint,
    /// How near the shot must come to that to be back.
    near: f32,
    frames: usize,
}

/// Follows a film.
#[derive(Debug, Clone, Default)]
pub struct Cuts {
    last: Option<Fingerprint>,
    flash: Option<Flash>,
    /// The step before.
    step: f32,
    /// Frames since the last cut.
    since: usize,
}

impl Cuts {
    /// Forgets the film, as after a seek: the next frame begins a shot.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// What the frame `print` is; `ahead` are the frames after it, as many as there are. Frames are asked about in order, once each.
    pub fn judge<'a>(
        &mut self,
        print: &Fingerprint,
        mut ahead: impl Iterator<Item = &'a Fingerprint> + Clone,
    ) -> Passage {
        let Some(last) = self.last.replace(print.clone()) else { return Passage::Cut };
        self.since += 1;
        let distance = last.distance(print);
        let before = std::mem::replace(&mut self.step, distance.difference);
        if let Some(Flash { before, near, frames }) = self.flash.take() {
            // The way back from a flash is no step of the shot.
            self.step = 0.0;
            if before.distance(print).difference < near {
                return Passage::Same;
            }
            let light = distance.correlation > SAME_SHAPE;
            if frames >= FLASH && light {
                // The light has changed for good.
                return Passage::Same;
            }
            let comes_back = || ahead.clone().any(|later| before.distance(later).difference < near);
            if frames < FLASH && (light || comes_back()) {
                self.flash = Some(Flash { before, near, frames: frames + 1 });
                return Passage::Flash;
            }
            // It was the beginning of something else after all.
            return self.cut();
        }
        if !is_step(distance) || self.since < SHORTEST {
            return Passage::Same;
        }
        let near = (BACK * distance.difference).clamp(BACK_NEAR[0], BACK_NEAR[1]);
        // What comes back is nearer to the shot before than to what has interrupted it.
        let is_back = |later: &Fingerprint| {
            let from_before = last.distance(later).difference;
            from_before < near && from_before < print.distance(later).difference
        };
        if distance.correlation > SAME_SHAPE && print.brightness() < last.brightness() {
            // A lamp goes out.
            return Passage::Same;
        }
        if distance.correlation > SAME_SHAPE || ahead.clone().any(is_back) {
            self.flash = Some(Flash { before: last, near, frames: 1 });
            return Passage::Flash;
        }
        let after = ahead.next().map_or(0.0, |next| print.distance(next).difference);
        if distance.difference < WHATEVER && distance.difference < STANDS_OUT * before.max(after) {
            return Passage::Same;
        }
        self.cut()
    }

    fn cut(&mut self) -> Passage {
        self.step = 0.0;
        self.since = 0;
        Passage::Cut
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint::tests::print;
    use super::*;

    /// What the frames of a film are, seeing `look_ahead` frames ahead.
    fn judged(film: &[Fingerprint], look_ahead: usize) -> Vec<Passage> {
        let mut cuts = Cuts::default();
        let judge = |at: usize| cuts.judge(&film[at], film[at + 1..].iter().take(look_ahead));
        (0..film.len()).map(judge).collect()
    }

    fn cuts(film: &[Fingerprint], look_ahead: usize) -> Vec<usize> {
        let judged = judged(film, look_ahead);
        (0..film.len()).filter(|at| judged[*at] == Passage::Cut).collect()
    }

    fn shot(seed: f32, speed: f32, frames: u32) -> impl Iterator<Item = Fingerprint> {
        (0..frames).map(move |at| print(seed, at as f32 * speed, 1.0, 0.0))
    }

    #[test]
    fn shots_begin_where_they_begin() {
        let film: Vec<_> = shot(1.0, 8.0, 10).chain(shot(2.6, 0.0, 10)).chain(shot(4.1, 30.0, 10)).collect();
        for look_ahead in [0, 1, 3, 8] {
            assert_eq!(cuts(&film, look_ahead), [0, 10, 20], "{look_ahead} ahead");
        }
        let black = || shot(0.0, 0.0, 4).map(|_| print(1.0, 0.0, 0.0, 0.0));
        assert_eq!(cuts(&black().collect::<Vec<_>>(), 3), [0], "black stays black");
        // The lamp at a fifth: dark, but another place.
        let dark = |seed: f32| (0..6).map(move |_| print(seed, 0.0, 0.2, 0.0));
        assert_eq!(cuts(&dark(1.0).chain(dark(2.6)).collect::<Vec<_>>(), 3), [0, 6]);
    }

    #[test]
    fn a_flash_is_none() {
        let flash = |light: f32| print(1.0, 0.0, 1.0, light);
        let film: Vec<_> =
            shot(1.0, 0.0, 6).chain([flash(0.9), flash(0.6), flash(0.3)]).chain(shot(1.0, 0.0, 6)).collect();
        for look_ahead in [0, 3, 4] {
            let judged = judged(&film, look_ahead);
            assert_eq!(cuts(&film, look_ahead), [0], "{look_ahead} ahead: {judged:?}");
            assert_eq!(judged[6], Passage::Flash, "{look_ahead} ahead");
            assert_eq!(judged[10], Passage::Same, "{look_ahead} ahead");
        }
        // White between two shots: one cut, not none and not two.
        let film: Vec<_> = shot(1.0, 0.0, 6).chain([flash(1.0)]).chain(shot(2.6, 0.0, 6)).collect();
        assert_eq!(cuts(&film, 3), [0, 6]);
    }

    #[test]
    fn a_dissolve_is_none() {
        let (from, to) = (print(1.0, 0.0, 1.0, 0.0), print(2.6, 0.0, 1.0, 0.0));
        let film: Vec<_> = (0..24).map(|at| from.mixed(&to, (at as f32 - 5.0) / 12.0)).collect();
        assert_eq!(cuts(&film, 3), [0]);
    }
}
