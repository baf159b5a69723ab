//! What a film tells the thread that makes its sound, and what that tells the film.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::media::SoundPackets;
use crate::time::Time;

/// What the thread is told.
pub(super) enum Wish {
    /// Another track plays, from that film time on.
    Track(Box<SoundPackets>, Time),
    /// None does.
    Nothing,
}

/// Where the film tells its sound's thread what to play, and that tells the film what it plays.
#[derive(Default)]
pub(super) struct Desk {
    wish: Mutex<Option<Wish>>,
    changed: Condvar,
    /// The number of the way to the device; 0 is none.
    heard: AtomicU32,
}

impl Desk {
    pub(super) fn tell(&self, wish: Wish) {
        *self.wish.lock().unwrap_or_else(PoisonError::into_inner) = Some(wish);
        self.changed.notify_all();
    }

    /// What the thread is told, once; waits for it no longer than `timeout`.
    pub(super) fn take(&self, timeout: Duration) -> Option<Wish> {
        let wish = self.wish.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(wish, timeout, |wish| wish.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }

    /// Whether there is something to take.
    pub(super) fn is_told(&self) -> bool {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The number of the way to the device of what plays.
    pub(super) fn heard(&self) -> Option<u32> {
        Some(self.heard.load(Ordering::Acquire)).filter(|number| *number > 0)
    }

    pub(super) fn set_heard(&self, number: Option<u32>) {
        self.heard.store(number.unwrap_or_default(), Ordering::Release);
    }
}
