//! How often a source connects: a good many times at once, then slowly, unless something comes of it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// As many connections as a player may make at once: each variant of a film with its first segments.
const AT_ONCE: f64 = 60.0;
/// Then so many in a second.
const RATE: f64 = 10.0;
/// A connection that brought so many bytes was worth it and does not count.
pub(super) const WORTH: u64 = 64 << 10;

/// The connections of one source.
#[derive(Debug)]
pub(super) struct Pace {
    left: Mutex<(f64, Instant)>,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { left: Mutex::new((AT_ONCE, Instant::now())) }
    }

    /// Counts one more: how long it has to wait.
    pub(super) fn take(&self) -> Duration {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> Duration {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (had, since) = *left;
        let has = (had + now.saturating_duration_since(since).as_secs_f64() * RATE).min(AT_ONCE) - 1.0;
        *left = (has, now.max(since));
        Duration::from_secs_f64((-has / RATE).max(0.0))
    }

    /// One was worth it.
    pub(super) fn give_back(&self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.0 = (left.0 + 1.0).min(AT_ONCE);
    }
}

/// How long to wait before each of several attempts: twice as long each time, and not for ever.
#[derive(Debug, Default)]
pub(in crate::media) struct Patience {
    failures: u32,
}

impl Patience {
    /// The longest wait.
    const LONGEST: Duration = Duration::from_secs(5);
    /// With six attempts the waits make 12.75 seconds.
    const ATTEMPTS: u32 = 6;

    /// Before the next attempt; none when it is enough.
    pub(in crate::media) fn next(&mut self) -> Option<Duration> {
        self.failures += 1;
        let delay = Duration::from_millis(125) * 2_u32.pow(self.failures.min(16));
        (self.failures <= Self::ATTEMPTS).then_some(delay.min(Self::LONGEST))
    }

    /// It went on.
    pub(super) fn renew(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_that_bring_nothing_become_ten_a_second() {
        let (pace, began) = (Pace::new(), Instant::now());
        let mut now = began;
        let mut made = Vec::new();
        while now - began < Duration::from_secs(20) {
            now += pace.take_at(now);
            made.push(now - began);
        }
        let within = |from: u64, to: u64| {
            let range = Duration::from_secs(from)..Duration::from_secs(to);
            made.iter().filter(|at| range.contains(at)).count()
        };
        assert!((60..=71).contains(&within(0, 1)), "{}", within(0, 1));
        assert!((95..=105).contains(&within(5, 15)), "{}", within(5, 15));
    }

    #[test]
    fn connections_that_bring_something_never_wait() {
        let (pace, now) = (Pace::new(), Instant::now());
        for _ in 0..10_000 {
            assert_eq!(pace.take_at(now), Duration::ZERO);
            pace.give_back();
        }
    }

    #[test]
    fn attempts_come_slower_and_end() {
        let mut patience = Patience::default();
        let waits: Vec<_> = std::iter::from_fn(|| patience.next()).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 5000]);
        patience.renew();
        assert_eq!(patience.next(), Some(Duration::from_millis(250)));
    }
}
