//! What the panel says by itself: that a film is waited for.

use std::time::{Duration, Instant};

use super::Player;
use super::contract::Playlist;
use crate::ui::Waiting;

/// How long the picture at a place sought may take before a sign says so.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is to be said, and since when there is reason for it.
#[derive(Debug, Default)]
pub(super) struct Signs {
    sought: Option<Instant>,
    pub(super) waiting: Option<Waiting>,
    /// There is nothing to play.
    pub(super) idle: bool,
}

impl Signs {
    /// Looks what is to be said now; true where that has changed.
    pub(super) fn look<P: Playlist>(&mut self, player: &Player<P>, now: Instant) -> bool {
        self.sought = player.is_seeking().then(|| self.sought.unwrap_or(now));
        let long = self.sought.is_some_and(|since| now.saturating_duration_since(since) > PATIENCE);
        let waiting = match player.buffering() {
            Some(_) => Some(Waiting::Buffering),
            None => long.then_some(Waiting::Seeking),
        };
        let idle = player.is_idle();
        let changed = (self.waiting, self.idle) != (waiting, idle);
        (self.waiting, self.idle) = (waiting, idle);
        changed
    }
}
