//! How busy what paints the pictures is.

use std::time::{Duration, Instant};

use crate::time::Time;

/// A picture that is due waits at most so long for what paints it to be free: it may never be, as when nobody sees the window.
pub(super) const HOLD: Time = Time::from_nanoseconds(250_000_000);

/// What the player knows of what paints its pictures.
#[derive(Debug, Default)]
pub(super) struct Painting {
    /// From being told of a picture until that is seen.
    pub(super) lead: Duration,
    /// It can begin none now.
    pub(super) busy: bool,
    /// Since when it could begin one.
    free: Option<Instant>,
    /// When it was given the last one.
    given: Option<Instant>,
}

impl Painting {
    pub(super) fn set_busy(&mut self, busy: bool, now: Instant) {
        self.busy = busy;
        self.free = (!busy).then(|| self.free.unwrap_or(now));
    }

    /// It gets a picture: in which part of the time since the last one it had nothing to do.
    pub(super) fn give(&mut self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.given.replace(now).unwrap_or(now)).as_secs_f64();
        let free = now.saturating_duration_since(self.free.take().unwrap_or(now)).as_secs_f64();
        if passed > 0.0 { (free / passed).min(1.0) } else { 0.0 }
    }
}
