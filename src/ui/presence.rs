//! When the panel is there: it comes with the mouse or by its key, and goes when nothing happens.

use std::time::{Duration, Instant};

/// How long it stays after the pointer moved.
const AFTER_POINTER: Duration = Duration::from_secs(2);
/// How long it stays where a key or a button called it.
const AFTER_CALL: Duration = Duration::from_secs(5);

/// Whether the panel is to be seen. It never goes while it is held: under the pointer, or while something of it is dragged.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Presence {
    until: Option<Instant>,
}

impl Presence {
    /// The pointer did something.
    pub(super) fn stir(&mut self, now: Instant) {
        self.stay(now + AFTER_POINTER);
    }

    /// It was called, or sent away where it is there.
    pub(super) fn toggle(&mut self, now: Instant) {
        match self.is_visible(now) {
            true => self.until = None,
            false => self.call(now),
        }
    }

    /// It was called, whether it is there already or not.
    pub(super) fn call(&mut self, now: Instant) {
        self.stay(now + AFTER_CALL);
    }

    fn stay(&mut self, until: Instant) {
        self.until = Some(self.until.map_or(until, |already| already.max(until)));
    }

    /// Whether it is there.
    pub(super) fn is_visible(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// The moment at which it goes.
    pub(super) fn goes(&self) -> Option<Instant> {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_and_goes() {
        let start = Instant::now();
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut presence = Presence::default();
        assert!(!presence.is_visible(start));
        presence.stir(start);
        assert!(presence.is_visible(after(1999)) && !presence.is_visible(after(2000)));
        assert_eq!(presence.goes(), Some(after(2000)));
        presence.toggle(after(3000));
        assert!(presence.is_visible(after(7999)) && !presence.is_visible(after(8000)));
        presence.stir(after(3000));
        assert!(presence.is_visible(after(7999)), "moving the mouse does not shorten it");
        presence.toggle(after(4000));
        assert!(!presence.is_visible(after(4000)));
    }
}
