//! What the two ears hear of a loudspeaker in some direction: filters of a dummy head, measured by Gardner and Martin (MIT, 1994).

use sofar::reader::{Filter, OpenOptions, Sofar};

use super::equal::equaliser;
use crate::sound::error::SoundError;

/// KEMAR with its normal pinnae, 710 directions.
const MEASURED: &[u8] = include_bytes!("../../../assets/kemar.sofa");
/// From how far it was measured, in metres.
const DISTANCE: f32 = 1.4;
/// How much of what was measured is used, in seconds: later there is only noise.
const HEARD: f32 = 0.004;
/// The part of that in which it fades.
const FADING: f32 = 0.25;
/// Directions over which the ears are made even.
const EVEN: u16 = 600;
/// Rates for which filters are made.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=384_000;

/// The ears at one rate.
pub(super) struct Ears {
    measured: Sofar,
    rate: u32,
    heard: usize,
    /// What makes the mean over all directions even: without it everything would sound as through a second pair of ears, and without bass.
    even: Vec<f32>,
}

impl Ears {
    /// # Errors
    /// A rate for which nothing can be made.
    pub(super) fn new(rate: u32) -> Result<Self, SoundError> {
        if !RATES.contains(&rate) {
            return Err(SoundError::Room(format!("the device takes {rate} samples a second")));
        }
        let measured = OpenOptions::new().sample_rate(rate as f32).open_data(MEASURED);
        let measured = measured.map_err(|error| SoundError::Room(error.to_string()))?;
        let heard = ((rate as f32 * HEARD) as usize).clamp(16, measured.filter_len().max(16));
        let mut ears = Self { measured, rate, heard, even: vec![1.0] };
        let mut filter = Filter::new(ears.taps());
        let mut all = Vec::with_capacity(2 * usize::from(EVEN));
        for index in 0..EVEN {
            ears.filter(spread(index), &mut filter);
            all.extend([filter.left.to_vec(), filter.right.to_vec()]);
        }
        ears.even = equaliser(&all, rate, heard)?;
        Ok(ears)
    }

    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// How long the filters are.
    pub(super) fn taps(&self) -> usize {
        self.heard + self.even.len() - 1
    }

    /// The filters for a loudspeaker in that direction, in the head's axes as [`super::Directions`] has them, into `filter` of [`Ears::taps`].
    pub(super) fn filter(&self, [right, up, back]: [f32; 3], filter: &mut Filter) {
        let mut raw = Filter::new(self.measured.filter_len());
        // SOFA's axes: ahead, to the left, up.
        let length = (right * right + up * up + back * back).sqrt();
        let [x, y, z] = match length > 1e-3 && length.is_finite() {
            true => [-back, -right, up].map(|way| way / length * DISTANCE),
            false => [DISTANCE, 0.0, 0.0],
        };
        self.measured.filter(x, y, z, &mut raw);
        for (raw, ear) in [(&raw.left, &mut filter.left), (&raw.right, &mut filter.right)] {
            ear.fill(0.0);
            for (at, sample) in raw.iter().take(self.heard).enumerate() {
                let left = (self.heard - at) as f32 / (self.heard as f32 * FADING);
                let sample = sample * if left < 1.0 { (1.0 - (left * std::f32::consts::PI).cos()) / 2.0 } else { 1.0 };
                ear[at..].iter_mut().zip(&self.even).for_each(|(out, even)| *out += sample * even);
            }
        }
    }
}

/// Directions that lie evenly around the head.
fn spread(index: u16) -> [f32; 3] {
    let up = 1.0 - 2.0 * (f32::from(index) + 0.5) / f32::from(EVEN);
    let around = f32::from(index) * 2.399_963;
    let level = (1.0 - up * up).sqrt();
    [level * around.cos(), up, level * around.sin()]
}
