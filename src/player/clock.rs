//! Film time: a steady clock that runs with the wall clock, or stands.

use std::time::{Duration, Instant};

use crate::time::Time;

/// Maps wall-clock time to film time. It never slows down: what is late is dropped by others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    base: Time,
    since: Option<Instant>,
}

impl Clock {
    /// A clock that stands at `film`.
    pub fn standing(film: Time) -> Self {
        Self { base: film, since: None }
    }

    /// Film time at the moment `at`.
    pub fn time(&self, at: Instant) -> Time {
        match self.since {
            Some(since) => self.base + Time::from(at.saturating_duration_since(since)),
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
        *self = Self::standing(self.time(at));
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.since.is_some()
    }

    /// The moment at which film time is `film`; `None` while the clock stands. What is over already gives a moment that is, too.
    pub fn when(&self, film: Time) -> Option<Instant> {
        let ahead: Duration = (film - self.base).to_duration();
        self.since.and_then(|since| since.checked_add(ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_steadily_and_stands_still() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let second = |seconds| Time::from_seconds(seconds);
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
}
