//! The synthetic clock: XrTime is whatever the test says, one display period a frame.

use std::time::{Duration, Instant};

/// Whether xrWaitFrame sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Never: the time jumps.
    Synthetic,
    /// Until one period before the frame is shown, on the clock that CLOCK_MONOTONIC counts.
    Real,
}

/// Times in nanoseconds.
pub(super) struct Clock {
    pub(super) period: i64,
    /// When the last predicted frame is shown.
    pub(super) last: i64,
    /// So many frames the client will find missed at its next xrWaitFrame.
    pub(super) miss: u32,
    pub(super) pace: Pace,
    pub(super) should_render: bool,
    /// A real moment and its XrTime.
    anchor: (Instant, i64),
}

impl Clock {
    pub(super) fn new(start: i64, period: i64) -> Self {
        let anchor = (Instant::now(), start);
        Self { period, last: start, miss: 0, pace: Pace::Synthetic, should_render: true, anchor }
    }

    /// Starts to follow the real clock, whose XrTime is `now`.
    pub(super) fn follow(&mut self, now: i64) {
        self.anchor = (Instant::now(), now);
        self.pace = Pace::Real;
        self.last = now + self.period;
    }

    /// The present.
    pub(super) fn now(&self) -> i64 {
        match self.pace {
            Pace::Synthetic => self.last - self.period,
            Pace::Real => {
                let (moment, time) = self.anchor;
                time.saturating_add_unsigned(moment.elapsed().as_nanos().try_into().unwrap_or(u64::MAX))
            }
        }
    }

    /// When the next frame is shown, and how long to sleep before the client may go on.
    pub(super) fn next_frame(&mut self) -> (i64, Duration) {
        self.last += self.period * (1 + i64::from(std::mem::take(&mut self.miss)));
        if self.pace == Pace::Synthetic {
            return (self.last, Duration::ZERO);
        }
        let now = self.now();
        if self.last - self.period < now {
            self.last += (now - self.last + self.period).div_euclid(self.period) * self.period;
        }
        (self.last, Duration::from_nanos((self.last - self.period - now).max(0).unsigned_abs()))
    }
}
