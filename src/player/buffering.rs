//! Waiting for a film that comes more slowly than it is watched: film time stands until enough is at hand, as mpv's `--cache-pause` does it.

use std::time::{Duration, Instant};

use super::contract::Playlist;
use super::phase::Phase;
use super::{Coming, LAST, Player};
use crate::time::Time;

/// How soon to look again whether enough has come.
pub(super) const LOOK: Duration = Duration::from_millis(50);
/// The last picture may be seen so much longer before film time stands.
const GRACE: Time = Time::from_nanoseconds(250_000_000);

/// When film time stands for what has yet to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachePause {
    /// It does at all.
    pub pause: bool,
    /// How much has to be at hand before it goes on.
    pub wait: Time,
}

impl Default for CachePause {
    /// It does, until a second is at hand.
    fn default() -> Self {
        Self { pause: true, wait: Time::from_nanoseconds(1_000_000_000) }
    }
}

impl<P: Playlist> Player<P> {
    /// Which part of what is waited for is at hand, 0 to 1; none where nothing is waited for.
    pub fn buffering(&self) -> Option<f64> {
        let wait = self.options.cache_pause.wait.seconds().max(1e-3);
        let part = || (self.cached().map_or(0.0, |cached| cached.ahead.seconds()) / wait).clamp(0.0, 1.0);
        self.buffering.then(part)
    }

    /// Lets film time stand where nothing more is at hand, and go on when enough is.
    pub(super) fn mind_cache(&mut self, now: Instant) {
        let CachePause { pause, wait } = self.options.cache_pause;
        let least = if self.buffering { wait } else { Time::from_nanoseconds(1) };
        // Who reads is only asked where it matters.
        let asks = pause && self.phase == Phase::Playing && (self.buffering || self.is_over(now));
        let buffering = asks && self.cached().is_some_and(|cached| !cached.complete && cached.ahead < least);
        if std::mem::replace(&mut self.buffering, buffering) != buffering {
            self.follow_phase(now);
        }
    }

    /// Whether the last picture has been seen for long enough, and no other one is there.
    fn is_over(&self, now: Instant) -> bool {
        let shown = self.shown.as_ref().filter(|_| matches!(self.coming, Coming::Unknown));
        shown.is_some_and(|shown| self.clock.time(now) > shown.pts + shown.duration.max(LAST) + GRACE)
    }
}
