//! Ending what FFmpeg waits for: on request, or when nothing has come for too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::stop::StopFlag;

/// What FFmpeg's interrupt callback looks at. Shared between the callback and the demuxer.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    stop: StopFlag,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    origin: Instant,
    /// Milliseconds after `origin`; zero: no limit.
    deadline: AtomicU64,
    expired: AtomicBool,
}

impl Watch {
    pub(super) fn new(stop: StopFlag) -> Self {
        let shared = Shared { origin: Instant::now(), deadline: AtomicU64::new(0), expired: AtomicBool::new(false) };
        Self { stop, shared: Arc::new(shared) }
    }

    /// From now on `limit` may pass; none: any time.
    pub(super) fn allow(&self, limit: Option<Duration>) {
        let milliseconds = limit.map_or(0, |limit| (self.shared.origin.elapsed() + limit).as_millis().max(1) as u64);
        self.shared.expired.store(false, Ordering::Relaxed);
        self.shared.deadline.store(milliseconds, Ordering::Relaxed);
    }

    /// Whether FFmpeg is to give up.
    pub(super) fn must_end(&self) -> bool {
        let deadline = self.shared.deadline.load(Ordering::Relaxed);
        if deadline != 0 && self.shared.origin.elapsed().as_millis() as u64 > deadline {
            self.shared.expired.store(true, Ordering::Relaxed);
            return true;
        }
        self.stop.is_stopped()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_stopped()
    }

    /// Whether the time was over.
    pub(super) fn has_expired(&self) -> bool {
        self.shared.expired.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_by_request_or_by_time() {
        let stop = StopFlag::default();
        let watch = Watch::new(stop.clone());
        assert!(!watch.must_end());
        watch.allow(Some(Duration::from_millis(1)));
        std::thread::sleep(Duration::from_millis(5));
        assert!(watch.must_end() && watch.has_expired());
        watch.allow(None);
        assert!(!watch.must_end() && !watch.has_expired());
        stop.stop();
        assert!(watch.must_end() && !watch.has_expired());
    }
}
