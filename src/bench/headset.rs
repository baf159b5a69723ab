//! What playing in a headset came to, as a table and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::figures::Figures;
use super::plot::{self, PlotError};
use crate::sink::xr::Statistics;

/// The report of `deep3d bench --sink vr`. Times are seconds.
#[derive(Debug, Serialize)]
pub struct HeadsetReport {
    /// Version of this layout of keys.
    pub schema: u32,
    /// Version of deep3d.
    pub deep3d: &'static str,
    /// The OpenXR runtime's name and version.
    pub runtime: String,
    /// Pictures of the display a second.
    pub display_rate: f64,
    /// Pictures of the display that were made.
    pub display_frames: u64,
    /// Pictures of the display that went by while one was made.
    pub display_missed: u64,
    /// Pictures of the film that were shown.
    pub film_frames: u64,
    /// Those that came later than in the first picture of the display after they were due.
    pub film_late: u64,
    /// Pictures of the film left out for being late.
    pub film_dropped: u64,
    /// From the beginning of decoding to the display.
    pub latency: Figures,
}

impl HeadsetReport {
    /// Of what the sink has counted, and the pictures left out before it.
    pub fn new(film_dropped: u64, statistics: &Statistics) -> Self {
        let period = statistics.period.as_secs_f64();
        Self {
            schema: 1,
            deep3d: env!("CARGO_PKG_VERSION"),
            runtime: statistics.runtime.clone(),
            display_rate: if period > 0.0 { 1.0 / period } else { 0.0 },
            display_frames: statistics.display_frames,
            display_missed: statistics.display_missed,
            film_frames: statistics.film_frames,
            film_late: statistics.film_late,
            film_dropped,
            latency: Figures::of(&statistics.latency),
        }
    }

    /// For people: latency over the time of playing, as SVG.
    pub fn plot(&self) -> Result<String, PlotError> {
        plot::svg(&format!("in the headset, {}", self.runtime), &[("latency", &self.latency)])
    }

    /// For people.
    pub fn table(&self) -> String {
        let milliseconds = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{:.1}", v * 1e3));
        let mut text = String::new();
        let Self { runtime, display_rate, display_frames, display_missed, .. } = self;
        let Self { film_frames, film_late, film_dropped, latency, .. } = self;
        let _ = writeln!(text, "runtime   {runtime}");
        let _ = writeln!(text, "display   {display_rate:.1} Hz, {display_frames} pictures, {display_missed} missed");
        let _ = writeln!(text, "film      {film_frames} pictures, {film_late} late, {film_dropped} left out");
        let [p50, p95, p99] = [latency.p50, latency.p95, latency.p99].map(milliseconds);
        let _ = writeln!(text, "latency   p50 {p50} ms, p95 {p95} ms, p99 {p99} ms (decoding to display)");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_the_runtime_and_what_was_late() {
        let statistics =
            Statistics { runtime: "Fake 1.0".to_owned(), film_frames: 7, film_late: 2, ..Statistics::default() };
        let table = HeadsetReport::new(3, &statistics).table();
        assert!(table.contains("Fake 1.0") && table.contains("7 pictures, 2 late, 3 left out"), "{table}");
        assert!(table.contains("p50 - ms"), "{table}");
    }
}
