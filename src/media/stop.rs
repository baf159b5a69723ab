//! The wish that something ends, from any thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends a [`Source`](super::Source)'s work from another thread: opening, reading and seeking then return
/// [`MediaError::Stopped`](super::MediaError::Stopped) within about a tenth of a second. Clones share the flag.
#[derive(Debug, Clone, Default)]
pub struct StopFlag {
    own: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
    parent: Option<Arc<StopFlag>>,
}

impl StopFlag {
    /// Asks for the end; there is no way back.
    pub fn stop(&self) {
        self.own.store(true, Ordering::Release);
    }

    /// Whether the end was asked for, of this or of one it is a child of.
    pub fn is_stopped(&self) -> bool {
        self.own.load(Ordering::Acquire) || self.parent.as_deref().is_some_and(Self::is_stopped)
    }

    /// A flag that counts as raised when this one is, but not the other way: for one of several that all have to end together.
    pub fn child(&self) -> Self {
        Self { parent: Some(Arc::new(self.clone())), ..Self::default() }
    }

    /// Ends what a source from a web server waits for just now, so that it can be sent elsewhere: reading and seeking return
    /// [`MediaError::Interrupted`](super::MediaError::Interrupted) within about a tenth of a second, until [`StopFlag::resume`]. Then only a seek leads to
    /// meaningful pictures. Its children are not interrupted.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Release);
    }

    /// Reading goes on.
    pub fn resume(&self) {
        self.interrupted.store(false, Ordering::Release);
    }

    /// Whether it is to be sent elsewhere.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_ends_with_its_parent_but_not_the_other_way() {
        let all = StopFlag::default();
        let (one, other) = (all.child(), all.child().child());
        let same = one.clone();
        same.stop();
        assert!(one.is_stopped() && one.child().is_stopped() && !other.is_stopped() && !all.is_stopped());
        all.stop();
        assert!(other.is_stopped() && all.child().is_stopped());
    }

    #[test]
    fn an_interruption_is_no_stop() {
        let flag = StopFlag::default();
        flag.interrupt();
        assert!(flag.is_interrupted() && !flag.is_stopped() && !flag.child().is_interrupted());
        flag.resume();
        assert!(!flag.is_interrupted());
    }
}
