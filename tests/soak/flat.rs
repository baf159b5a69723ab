//! Whether a row of figures grows.

use crate::sample::Sample;

/// Growth over the second half, as a part of the middle value, from which on something is said to grow.
const MOST: f64 = 0.05;
/// Growth that is none for small numbers: a thread, a descriptor, a MiB more or less at the time of looking.
const LEAST: f64 = 2.0;

/// What the second half of the time says: the first one warms up.
pub(crate) struct Judged {
    /// The middle value.
    median: f64,
    least: f64,
    most: f64,
    /// By the middle one of all slopes between two samples, which a few high or low ones do not turn.
    growth: f64,
}

/// Judges the measure at `index`.
pub(crate) fn judge(samples: &[Sample], index: usize) -> Judged {
    let half = &samples[samples.len() / 2..];
    let points: Vec<(f64, f64)> = half.iter().map(|sample| (sample.seconds, sample.values[index])).collect();
    let mut slopes = Vec::new();
    for (place, (time, value)) in points.iter().enumerate() {
        slopes.extend(points[place + 1..].iter().map(|(later, other)| (other - value) / (later - time)));
    }
    let span = points.last().map_or(0.0, |last| last.0) - points.first().map_or(0.0, |first| first.0);
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    Judged {
        least: values.iter().copied().fold(f64::INFINITY, f64::min),
        most: values.iter().copied().fold(0.0, f64::max),
        median: median(values),
        growth: median(slopes) * span,
    }
}

impl Judged {
    pub(crate) fn is_flat(&self) -> bool {
        self.growth <= (self.median * MOST).max(LEAST)
    }

    pub(crate) fn text(&self, unit: &str) -> String {
        let Self { median, least, most, growth } = self;
        let verdict = if self.is_flat() { "flat" } else { "GROWS" };
        format!(
            "{verdict}: {least:.0} to {most:.0}, in the middle {median:.0} {unit}, {growth:+.1} over the second half"
        )
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
