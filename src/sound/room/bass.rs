//! What is too low to have a direction: it goes to both ears alike, as the dummy head's loudspeaker had no bass.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// Where bass ends, in Hz: wavelengths of more than a metre and a half. There the dummy head's filters go on in step with it.
const CROSSING: f64 = 200.0;
/// Less than this is nothing: what dies away for ever would cost ever more.
const NOTHING: f64 = 1e-15;

/// A filter of the second order.
#[derive(Debug, Clone, Copy, Default)]
struct Second {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Second {
    /// Butterworth's low pass, or high pass.
    fn new(rate: u32, high: bool) -> Self {
        let turn = TAU * (CROSSING / f64::from(rate.max(1))).min(0.4);
        let (sin, cos) = turn.sin_cos();
        let alpha = sin * FRAC_1_SQRT_2;
        let (outer, middle) = if high { ((1.0 + cos) / 2.0, -(1.0 + cos)) } else { ((1.0 - cos) / 2.0, 1.0 - cos) };
        let over = 1.0 + alpha;
        let b = [outer, middle, outer].map(|b| b / over);
        Self { b, a: [-2.0 * cos / over, (1.0 - alpha) / over], state: [0.0; 2] }
    }

    fn step(&mut self, sample: f64) -> f64 {
        let out = self.b[0] * sample + self.state[0];
        let next = [self.b[1] * sample - self.a[0] * out + self.state[1], self.b[2] * sample - self.a[1] * out];
        self.state = next.map(|state| if state.abs() < NOTHING { 0.0 } else { state });
        out
    }
}

/// Parts a channel into bass and treble, whose sum is as loud at every frequency (Linkwitz and Riley's crossover of the fourth order).
#[derive(Debug, Clone)]
pub(super) struct Crossover {
    low: [Second; 2],
    high: [Second; 2],
}

impl Crossover {
    pub(super) fn new(rate: u32) -> Self {
        Self { low: [Second::new(rate, false); 2], high: [Second::new(rate, true); 2] }
    }

    /// Bass and treble of the next sample.
    pub(super) fn part(&mut self, sample: f32) -> [f32; 2] {
        let through =
            |filters: &mut [Second; 2]| filters.iter_mut().fold(f64::from(sample), |it, by| by.step(it)) as f32;
        [through(&mut self.low), through(&mut self.high)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_together_are_as_loud_as_the_whole() {
        for rate in [44_100, 96_000] {
            for hertz in [20.0, 80.0, 200.0, 400.0, 4000.0] {
                let mut crossover = Crossover::new(rate);
                let (mut whole, mut bass, mut treble) = (0.0, 0.0, 0.0);
                for at in 0..rate {
                    let [low, high] = crossover.part((TAU * hertz * f64::from(at) / f64::from(rate)).sin() as f32);
                    if at > rate / 2 {
                        let power = |sample: f32| f64::from(sample * sample) / f64::from(rate / 4);
                        (whole, bass, treble) = (whole + power(low + high), bass + power(low), treble + power(high));
                    }
                }
                assert!((whole - 1.0).abs() < 0.01, "{whole} at {hertz} Hz");
                let (more, less) = if hertz < CROSSING { (bass, treble) } else { (treble, bass) };
                assert!(hertz == CROSSING || more > 8.0 * less, "{bass} {treble} at {hertz} Hz");
            }
        }
    }
}
