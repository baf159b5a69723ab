//! The wish that something ends, from any thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends a [`Source`](super::Source)'s work from another thread: opening, reading and seeking then return
/// [`MediaError::Stopped`](super::MediaError::Stopped) within about a tenth of a second. Clones share the flag.
#[derive(Debug, Clone, Default)]
pub struct StopFlag {
    own: Arc<AtomicBool>,
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
        Self { own: Arc::default(), parent: Some(Arc::new(self.clone())) }
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
}
