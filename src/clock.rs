//! Film time against the wall clock: where a film stands, since when it runs, and how fast. Pure: whoever asks says what time it is.

use std::time::{Duration, Instant};

use crate::time::Time;

/// Maps moments to film time. It never slows down by itself: what is late is dropped by others.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Film time at `since`, or while the clock stands.
    base: Time,
    /// `None` while it stands.
    since: Option<Instant>,
    /// Seconds of film time a second.
    rate: f64,
}

impl Default for Clock {
    fn default() -> Self {
        Self::standing(Time::ZERO)
    }
}

impl Clock {
    /// A clock of normal speed that stands at `film`.
    pub fn standing(film: Time) -> Self {
        Self { base: film, since: None, rate: 1.0 }
    }

    /// Film time at the moment `at`.
    pub fn time(&self, at: Instant) -> Time {
        match self.since {
            Some(since) => {
                let passed = at.saturating_duration_since(since).as_nanos() as f64 * self.rate;
                self.base + Time::from_nanoseconds(passed.round() as i64)
            }
            None => self.base,
        }
    }

    /// Film time is `film` at the moment `at`; the clock runs on or stands as before.
    pub fn set(&mut self, film: Time, at: Instant) {
        self.base = film;
        self.since = self.since.map(|_| at);
    }

    /// Lets it run from the moment `at` on.
    pub fn start(&mut self, at: Instant) {
        self.since.get_or_insert(at);
    }

    /// Lets it stand at the film time it has at the moment `at`.
    pub fn stop(&mut self, at: Instant) {
        self.stand(self.time(at));
    }

    /// Lets it stand at `film`.
    pub fn stand(&mut self, film: Time) {
        (self.base, self.since) = (film, None);
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.since.is_some()
    }

    /// How fast film time runs while it does: 1 is the film's own speed.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// From the moment `at` on film time runs `rate` times as fast as the film's own speed; 0, to which what is below is raised, holds it.
    pub fn set_rate(&mut self, rate: f64, at: Instant) {
        self.set(self.time(at), at);
        self.rate = rate.max(0.0);
    }

    /// The moment from which on film time is `film` or later; `None` while it does not advance. What is over already gives a moment that is, too.
    pub fn when(&self, film: Time) -> Option<Instant> {
        let since = self.since.filter(|_| self.rate > 0.0)?;
        let span = |film: Time| film.to_duration().as_nanos() as f64 / self.rate;
        if film < self.base {
            let over = Duration::from_nanos(span(self.base - film) as u64);
            return Some(since.checked_sub(over).unwrap_or(since));
        }
        since.checked_add(Duration::from_nanos(span(film - self.base).ceil() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: f64) -> Time {
        Time::from_seconds(seconds)
    }

    #[test]
    fn it_runs_steadily_and_stands_still() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut clock = Clock::default();
        clock.set(second(10.0), start);
        assert_eq!((clock.time(after(5)), clock.when(second(11.0))), (second(10.0), None));
        clock.start(after(5));
        clock.start(after(6));
        assert_eq!(clock.time(after(7)), second(12.0), "starting twice changes nothing");
        assert_eq!(clock.when(second(13.0)), Some(after(8)));
        clock.set(second(60.0), after(7));
        assert_eq!(clock.time(after(8)), second(61.0));
        clock.stop(after(9));
        assert_eq!(clock.time(after(100)), second(62.0));
    }

    #[test]
    fn its_rate_counts_from_where_it_changes() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs_f64(seconds);
        let mut clock = Clock::standing(second(10.0));
        clock.set_rate(1.5, start);
        assert_eq!(clock.time(after(4.0)), second(10.0), "it stands");
        clock.start(after(4.0));
        assert_eq!(clock.time(after(6.0)), second(13.0));
        assert_eq!(clock.when(second(16.0)), Some(after(8.0)));
        // Where it was set anew, what is over is told as if it had always been so.
        clock.set(second(13.0), after(6.0));
        assert_eq!(clock.when(second(11.5)), Some(after(5.0)));
        clock.set_rate(0.5, after(6.0));
        assert_eq!((clock.rate(), clock.time(after(8.0))), (0.5, second(14.0)));
        assert_eq!(clock.when(second(14.0)), Some(after(8.0)));
        for rate in [0.0, -1.0, f64::NAN] {
            clock.set_rate(rate, after(8.0));
            assert_eq!((clock.time(after(9.0)), clock.when(second(14.0))), (second(14.0), None));
        }
        // It stands where it is sought, and keeps its rate.
        clock.set_rate(2.0, after(9.0));
        clock.stand(second(1.0));
        assert!(!clock.is_running());
        clock.start(after(10.0));
        assert_eq!(clock.time(after(11.0)), second(3.0));
    }

    /// Whoever waits until then finds that it is time.
    #[test]
    fn a_deadline_is_never_too_early() {
        let start = Instant::now();
        for rate in [1.0, 0.25, 0.9, 1.1, 1.0 / 3.0, 3.7] {
            let mut clock = Clock::standing(Time::from_nanoseconds(7));
            clock.set_rate(rate, start);
            clock.start(start);
            for film in (1..2000).map(|n| Time::from_ticks(1001 * n, 1, 24_000)) {
                let when = clock.when(film).unwrap();
                assert!(clock.time(when) >= film && clock.time(when) - film < Time::from_nanoseconds(5), "{film}");
            }
        }
    }
}
