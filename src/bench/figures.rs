//! The figures of one thing that was measured, for JSON, and their line in a table.

use serde::Serialize;

use crate::series::Series;

/// Percentiles (nearest rank) of many samples, in seconds; `null` where there is none.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
    /// Every sample, in the order of the frames.
    pub samples: Vec<f64>,
    /// When each was there, since measuring began.
    pub at: Vec<f64>,
}

impl Figures {
    /// Of `series`.
    pub fn of(series: &Series) -> Self {
        let share = |share| series.samples().percentile(share);
        Self {
            p50: share(0.5),
            p95: share(0.95),
            p99: share(0.99),
            max: share(1.0),
            samples: series.samples().values().to_vec(),
            at: series.times().to_vec(),
        }
    }

    /// p50, p95, p99 and the longest in milliseconds, in words.
    pub fn shown(&self) -> [String; 4] {
        [self.p50, self.p95, self.p99, self.max].map(milliseconds)
    }
}

/// The heading of a table of lines.
pub(super) fn heading() -> String {
    format!("{:<10}{:>10}{:>10}{:>10}{:>10}   milliseconds\n", "", "p50", "p95", "p99", "max")
}

/// The figures of `name` as a line of a table.
pub(super) fn line(name: &str, figures: &Figures) -> String {
    let [p50, p95, p99, max] = figures.shown();
    format!("{name:<10}{p50:>10}{p95:>10}{p99:>10}{max:>10}\n")
}

fn milliseconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{:.2}", seconds * 1e3))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_sample_is_kept_with_its_time() {
        let mut series = Series::default();
        for (at, span) in [(100, 30), (200, 10), (450, 20)] {
            series.push(Duration::from_millis(at), Duration::from_millis(span));
        }
        let figures = Figures::of(&series);
        assert_eq!((&figures.samples[..], &figures.at[..]), (&[0.03, 0.01, 0.02][..], &[0.1, 0.2, 0.45][..]));
        assert_eq!((figures.p50, figures.max), (Some(0.02), Some(0.03)));
        assert_eq!(line("network", &figures), "network        20.00     30.00     30.00     30.00\n");
        assert_eq!(line("decode", &Figures::default()), "decode             -         -         -         -\n");
        assert_eq!(heading().find("p50"), Some(17));
    }
}
