//! What became of the pictures: for `deep3d bench --sink vr`.

use std::time::{Duration, Instant};

use crate::series::Series;
use crate::sink::Painted;

/// Counts and times of one or more sessions.
#[derive(Debug, Clone, Default)]
pub struct Statistics {
    /// The runtime's name and version.
    pub runtime: String,
    /// From one picture of the display to the next, as the runtime last said.
    pub period: Duration,
    /// Pictures of the display that were made.
    pub display_frames: u64,
    /// Pictures of the display that went by while one was made.
    pub display_missed: u64,
    /// Pictures of the film that were handed over.
    pub film_frames: u64,
    /// Those of them that came later than in the first picture of the display after they were due.
    pub film_late: u64,
    /// When the first of them was seen.
    pub begun: Option<Instant>,
    /// From the beginning of decoding to the display, since then.
    pub latency: Series,
}

impl Statistics {
    /// The display shows a picture at `now` that follows the one at `last`.
    pub(super) fn display(&mut self, last: Option<Instant>, now: Instant, period: Duration) {
        self.period = period;
        self.display_frames += 1;
        if let Some(last) = last {
            let periods = now.saturating_duration_since(last).as_secs_f64() / period.as_secs_f64().max(1e-4);
            self.display_missed += (periods.round() as u64).saturating_sub(1);
        }
    }

    /// `painted` is seen from `now` on.
    pub(super) fn film(&mut self, painted: &Painted, now: Instant, period: Duration) {
        self.film_frames += 1;
        // A millisecond for runtimes whose predictions tremble.
        let allowed = period + Duration::from_millis(1);
        self.film_late += u64::from(painted.due.is_some_and(|due| now.saturating_duration_since(due) > allowed));
        let at = now.saturating_duration_since(*self.begun.get_or_insert(now));
        self.latency.push(at, now.saturating_duration_since(painted.born));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_missed_pictures_and_late_is_more_than_one() {
        let period = Duration::from_millis(10);
        let begin = Instant::now();
        let mut statistics = Statistics::default();
        statistics.display(None, begin, period);
        statistics.display(Some(begin), begin + period, period);
        statistics.display(Some(begin + period), begin + 5 * period, period);
        assert_eq!((statistics.display_frames, statistics.display_missed), (3, 3));
        let painted = Painted { id: 0, born: begin, due: Some(begin + period) };
        statistics.film(&painted, begin + 2 * period, period);
        statistics.film(&painted, begin + 3 * period, period);
        statistics.film(&Painted { due: None, ..painted }, begin + 9 * period, period);
        assert_eq!((statistics.film_frames, statistics.film_late), (3, 1));
        assert_eq!(statistics.latency.samples().percentile(0.5), Some(0.03));
        assert_eq!(statistics.latency.times(), [0.0, 0.01, 0.07]);
    }
}
