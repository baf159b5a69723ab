//! What keeps both ears below full scale: seven loudspeakers at once may be more than one device can say.

/// Nothing is larger than this.
const MOST: f32 = 0.99;
/// How far it looks ahead, in seconds.
const AHEAD: f32 = 0.0015;
/// After what time two thirds of a reduction are gone, in seconds.
const RELEASE: f32 = 0.15;

/// Makes what would be too loud quieter, smoothly and for both ears alike, before it comes.
#[derive(Debug)]
pub(super) struct Limiter {
    /// Frames on their way, and what each of them allows.
    frames: Vec<([f32; 2], f32)>,
    /// The gains that the mean is taken of.
    gains: Vec<f32>,
    sum: f64,
    at: usize,
    gain: f32,
    release: f32,
}

impl Limiter {
    pub(super) fn new(rate: u32) -> Self {
        let ahead = ((rate as f32 * AHEAD) as usize).max(1);
        Self {
            frames: vec![([0.0; 2], 1.0); ahead],
            gains: vec![1.0; ahead],
            sum: ahead as f64,
            at: 0,
            gain: 1.0,
            release: 1.0 - (-1.0 / (RELEASE * rate.max(1) as f32)).exp(),
        }
    }

    /// Takes a frame and gives one that it took before.
    pub(super) fn step(&mut self, frame: [f32; 2]) -> [f32; 2] {
        let peak = frame[0].abs().max(frame[1].abs());
        let allows = if peak > MOST { MOST / peak } else { 1.0 };
        let (leaving, allowed) = std::mem::replace(&mut self.frames[self.at], (frame, allows));
        // The least that any frame allows that has not left, and the one that does; then back slowly.
        let least = self.frames.iter().fold(allowed, |least, (_, allows)| least.min(*allows));
        self.gain = if least < self.gain { least } else { self.gain + (least - self.gain) * self.release };
        let before = std::mem::replace(&mut self.gains[self.at], self.gain);
        self.sum += f64::from(self.gain) - f64::from(before);
        self.at = (self.at + 1) % self.frames.len();
        let gain = (self.sum / self.gains.len() as f64) as f32;
        leaving.map(|sample| (sample * gain).clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_left_alone_and_what_does_not_is_bent_and_not_cut() {
        let mut limiter = Limiter::new(48_000);
        let tone = |at: u32, height: f32| height * (std::f32::consts::TAU * 440.0 / 48_000.0 * at as f32).sin();
        let ahead = limiter.frames.len() as u32;
        for at in 0..4800 {
            let [left, right] = limiter.step([tone(at, 0.9), 0.0]);
            let wanted = if at < ahead { 0.0 } else { tone(at - ahead, 0.9) };
            assert!((left - wanted).abs() < 1e-6 && right == 0.0, "{left} {wanted}");
        }
        let (mut last, mut steepest, mut most) = (tone(4799 - ahead, 0.9), 0.0_f32, 0.0_f32);
        // From one height to the other where it passes through zero.
        for at in 4800..20_000 {
            let [left, right] = limiter.step([tone(at, 4.0), tone(at, 0.4)]);
            assert!(at < 4800 + ahead || (left - 10.0 * right).abs() < 1e-4, "both ears alike");
            (steepest, most, last) = (steepest.max((left - last).abs()), most.max(left.abs()), left);
        }
        assert!(most < 1.0 && most > 0.9, "{most}");
        // A tone at full scale has 0.058 at its steepest.
        assert!(steepest < 0.09, "{steepest}");
        // And back.
        for at in 20_000..80_000 {
            limiter.step([tone(at, 0.5); 2]);
        }
        let wanted = tone(80_000 - ahead, 0.5);
        assert!((limiter.step([0.0; 2])[0] - wanted).abs() < 1e-3);
    }
}
