//! From the runtime's times to ours.

use std::time::{Duration, Instant};

use openxr as xr;

/// A predicted time that is farther from now than this shows that the two clocks have drifted apart.
const DRIFT: Duration = Duration::from_millis(250);

/// Maps the runtime's predicted display times to [`Instant`]s: exactly where the runtime can convert times (XR_KHR_convert_timespec_time, or on
/// Windows XR_KHR_win32_convert_performance_counter_time), otherwise by taking the first prediction for one display period ahead.
pub(super) struct DisplayClock {
    anchor: Option<(Instant, xr::Time)>,
    exact: bool,
}

impl DisplayClock {
    pub(super) fn new(instance: &xr::Instance) -> Self {
        #[cfg(not(windows))]
        let convertible = instance.exts().khr_convert_timespec_time.is_some();
        #[cfg(windows)]
        let convertible = instance.exts().khr_win32_convert_performance_counter_time.is_some();
        let now = if convertible { instance.now().ok() } else { None };
        Self { anchor: now.map(|now| (Instant::now(), now)), exact: now.is_some() }
    }

    /// The moment `time`, which the runtime has just predicted with `period` from one picture to the next.
    pub(super) fn instant(&mut self, time: xr::Time, period: Duration) -> Instant {
        self.instant_at(time, period, Instant::now())
    }

    fn instant_at(&mut self, time: xr::Time, period: Duration, now: Instant) -> Instant {
        let mapped = self.anchor.and_then(|(anchor, base)| {
            let nanoseconds = time.as_nanos().saturating_sub(base.as_nanos());
            let distance = Duration::from_nanos(nanoseconds.unsigned_abs());
            if nanoseconds >= 0 { anchor.checked_add(distance) } else { anchor.checked_sub(distance) }
        });
        let drifted = |mapped: &Instant| {
            let apart = mapped.saturating_duration_since(now).max(now.saturating_duration_since(*mapped));
            !self.exact && apart > DRIFT
        };
        match mapped.filter(|mapped| !drifted(mapped)) {
            Some(mapped) => mapped,
            None => {
                self.anchor = Some((now + period, time));
                now + period
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_millis(10);

    fn time(milliseconds: i64) -> xr::Time {
        xr::Time::from_nanos(milliseconds * 1_000_000)
    }

    #[test]
    fn without_conversion_the_first_prediction_is_one_period_ahead_and_drift_is_caught() {
        let mut clock = DisplayClock { anchor: None, exact: false };
        let now = Instant::now();
        assert_eq!(clock.instant_at(time(5000), PERIOD, now), now + PERIOD);
        assert_eq!(clock.instant_at(time(5010), PERIOD, now + PERIOD), now + 2 * PERIOD);
        let later = now + Duration::from_secs(9);
        assert_eq!(clock.instant_at(time(6000), PERIOD, later), later + PERIOD, "it slept meanwhile");
    }

    #[test]
    fn with_conversion_only_the_runtime_counts() {
        let now = Instant::now();
        let mut clock = DisplayClock { anchor: Some((now, time(1000))), exact: true };
        assert_eq!(clock.instant_at(time(4000), PERIOD, now), now + Duration::from_secs(3));
        assert_eq!(clock.instant_at(time(999), PERIOD, now), now - Duration::from_millis(1));
    }
}
