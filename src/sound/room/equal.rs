//! A filter that makes the mean of many even: the diffuse field of a dummy head becomes what it is without a head.

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use crate::sound::error::SoundError;

/// Below the first and above the second, in Hz, nothing is known: the loudspeaker of the measurement had no bass, and its microphones saw little beyond.
const KNOWN: [f64; 2] = [200.0, 16_000.0];
/// Power that is nothing.
const NOTHING: f64 = 1e-7;

/// The filter, `taps` long and of least phase, for the mean power of `all` at `rate`.
pub(super) fn equaliser(all: &[Vec<f32>], rate: u32, taps: usize) -> Result<Vec<f32>, SoundError> {
    let failed = |error: realfft::FftError| SoundError::Room(error.to_string());
    let longest = all.iter().map(Vec::len).max().unwrap_or(1).max(taps);
    let size = (8 * longest).next_power_of_two();
    let mut planner = RealFftPlanner::<f64>::new();
    let (forward, back) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
    let (mut time, mut bins) = (forward.make_input_vec(), forward.make_output_vec());
    let mut power = vec![0.0; bins.len()];
    for one in all {
        time.fill(0.0);
        time.iter_mut().zip(one).for_each(|(place, sample)| *place = f64::from(*sample));
        forward.process(&mut time, &mut bins).map_err(failed)?;
        power.iter_mut().zip(&bins).for_each(|(sum, bin)| *sum += bin.norm_sqr() / all.len() as f64);
    }
    let bin = |hertz: f64| ((hertz / f64::from(rate.max(1)) * size as f64) as usize).min(power.len() - 1);
    let [least, most] = KNOWN.map(bin);
    let wanted = |at: usize| -0.5 * power[at.clamp(least, most)].max(NOTHING).ln();
    // The cepstrum, folded onto what comes after the beginning: the same loudness at each frequency, as early as can be.
    bins.iter_mut().enumerate().for_each(|(at, bin)| *bin = Complex::new(wanted(at), 0.0));
    back.process(&mut bins, &mut time).map_err(failed)?;
    for (at, place) in time.iter_mut().enumerate() {
        let fold = match at {
            0 => 1.0,
            _ if at == size / 2 => 1.0,
            _ if at < size / 2 => 2.0,
            _ => 0.0,
        };
        *place *= fold / size as f64;
    }
    forward.process(&mut time, &mut bins).map_err(failed)?;
    bins.iter_mut().for_each(|bin| *bin = bin.exp());
    // What has no turning at its ends is real.
    if let [first, .., last] = &mut bins[..] {
        (first.im, last.im) = (0.0, 0.0);
    }
    back.process(&mut bins, &mut time).map_err(failed)?;
    let fade = |at: usize| ((taps - at) as f64 / (taps as f64 / 2.0)).min(1.0);
    Ok(time.iter().take(taps).enumerate().map(|(at, sample)| (sample / size as f64 * fade(at)) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_coloured_becomes_even() {
        // A resonance at 3 kHz and a little beside.
        let rate = 48_000;
        let ring = |at: usize| {
            let t = at as f64 / f64::from(rate);
            ((-t * 4000.0).exp() * (std::f64::consts::TAU * 3000.0 * t).sin()) as f32
        };
        let coloured: Vec<f32> = (0..192).map(|at| if at == 0 { 1.0 } else { 0.3 * ring(at) }).collect();
        let even = equaliser(std::slice::from_ref(&coloured), rate, 192).unwrap();
        let gain = |filters: &[&[f32]], hertz: f64| {
            let one = |filter: &[f32]| {
                let at = |at: usize| Complex::cis(-std::f64::consts::TAU * hertz * at as f64 / f64::from(rate));
                filter.iter().enumerate().map(|(place, tap)| at(place) * f64::from(*tap)).sum::<Complex<f64>>().norm()
            };
            20.0 * filters.iter().map(|filter| one(filter)).product::<f64>().log10()
        };
        assert!(gain(&[&coloured], 3000.0) > 3.0);
        for hertz in [250.0, 1000.0, 2500.0, 3000.0, 3500.0, 8000.0, 15_000.0] {
            let left = gain(&[&coloured, &even], hertz);
            assert!(left.abs() < 0.5, "{left} dB at {hertz} Hz");
        }
    }
}
