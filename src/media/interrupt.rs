//! Ending what FFmpeg waits for: on request, when nothing has come for too long, or because what it wants is refused.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::MediaError;
use super::stop::StopFlag;

/// How often a wait looks whether it is to end.
pub(super) const TICK: Duration = Duration::from_millis(100);

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
    /// The limit that it came from, in milliseconds.
    allowed: AtomicU64,
    expired: AtomicBool,
    /// Somebody wants it to be elsewhere.
    interrupted: AtomicBool,
    /// Files and connections opened since the last [`Watch::allow`].
    parts: AtomicU32,
    /// It has pieces whose headers lie elsewhere.
    headers: AtomicBool,
    refused: AtomicBool,
    /// Why the whole source is given up.
    refusal: Mutex<Option<MediaError>>,
    /// Why reading ended early, until something else is tried.
    loss: Mutex<Option<MediaError>>,
}

impl Watch {
    pub(super) fn new(stop: StopFlag) -> Self {
        let shared = Shared {
            origin: Instant::now(),
            deadline: AtomicU64::new(0),
            allowed: AtomicU64::new(0),
            expired: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            parts: AtomicU32::new(0),
            headers: AtomicBool::new(false),
            refused: AtomicBool::new(false),
            refusal: Mutex::default(),
            loss: Mutex::default(),
        };
        Self { stop, shared: Arc::new(shared) }
    }

    /// From now on `limit` may pass; none: any time. Begins the count of parts anew and forgets a loss.
    pub(super) fn allow(&self, limit: Option<Duration>) {
        self.shared.expired.store(false, Ordering::Relaxed);
        self.shared.parts.store(0, Ordering::Relaxed);
        *self.shared.loss.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.shared.allowed.store(limit.map_or(0, |limit| limit.as_millis() as u64), Ordering::Relaxed);
        self.shared.deadline.store(limit.map_or(0, |limit| self.after(limit)), Ordering::Relaxed);
    }

    /// The limit that was set last.
    pub(super) fn allowed(&self) -> Duration {
        Duration::from_millis(self.shared.allowed.load(Ordering::Relaxed))
    }

    /// As [`Watch::allow`], where no limit is set.
    pub(super) fn limit(&self, limit: Duration) {
        let deadline = self.after(limit);
        let _ = self.shared.deadline.compare_exchange(0, deadline, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn after(&self, limit: Duration) -> u64 {
        (self.shared.origin.elapsed() + limit).as_millis().max(1) as u64
    }

    /// Whether FFmpeg is to give up.
    pub(super) fn must_end(&self) -> bool {
        let deadline = self.shared.deadline.load(Ordering::Relaxed);
        if deadline != 0 && self.shared.origin.elapsed().as_millis() as u64 > deadline {
            self.shared.expired.store(true, Ordering::Relaxed);
            return true;
        }
        self.stop.is_stopped() || self.is_interrupted() || self.shared.refused.load(Ordering::Relaxed)
    }

    /// Ends what is waited for just now, so that the reader can be sent elsewhere.
    pub(super) fn interrupt(&self) {
        self.shared.interrupted.store(true, Ordering::Release);
    }

    /// Reading goes on.
    pub(super) fn resume(&self) {
        self.shared.interrupted.store(false, Ordering::Release);
    }

    /// Whether somebody wants to be elsewhere.
    pub(super) fn is_interrupted(&self) -> bool {
        self.shared.interrupted.load(Ordering::Acquire)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_stopped()
    }

    /// Whether the time was over.
    pub(super) fn has_expired(&self) -> bool {
        self.shared.expired.load(Ordering::Relaxed)
    }

    /// Waits; false where that was ended early.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        loop {
            if self.must_end() {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(TICK));
        }
    }

    /// One more file or connection is opened: how many that makes since [`Watch::allow`].
    pub(super) fn count_part(&self) -> u32 {
        self.shared.parts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The source is made of pieces whose headers lie elsewhere.
    pub(super) fn note_headers(&self) {
        self.shared.headers.store(true, Ordering::Relaxed);
    }

    /// Whether it is.
    pub(super) fn has_headers(&self) -> bool {
        self.shared.headers.load(Ordering::Relaxed)
    }

    /// Gives the source up for good. The first reason stays.
    pub(super) fn refuse(&self, why: MediaError) {
        self.shared.refusal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        self.shared.refused.store(true, Ordering::Relaxed);
    }

    /// What was to come will not, unless it is asked for again. The first reason stays.
    pub(super) fn lose(&self, why: MediaError) {
        self.shared.loss.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }

    /// Why nothing more will be had: a stop, a refusal.
    pub(super) fn end(&self) -> Option<MediaError> {
        if self.is_stopped() {
            return Some(MediaError::Stopped);
        }
        self.shared.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why FFmpeg's work ended, where that is known here: a stop, a refusal, a loss. It may call any of these an error or the end.
    pub(super) fn verdict(&self) -> Option<MediaError> {
        self.end().or_else(|| self.shared.loss.lock().unwrap_or_else(PoisonError::into_inner).clone())
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
        watch.limit(Duration::from_millis(1));
        std::thread::sleep(Duration::from_millis(5));
        assert!(watch.must_end() && !watch.wait(Duration::ZERO));
        watch.allow(Some(Duration::from_secs(60)));
        watch.limit(Duration::from_millis(1));
        std::thread::sleep(Duration::from_millis(5));
        assert!(watch.wait(Duration::from_millis(1)), "a limit that is set stays");
        stop.interrupt();
        assert!(!watch.must_end(), "who waits for packets minds it");
        watch.interrupt();
        assert!(watch.must_end() && !watch.has_expired() && watch.verdict().is_none());
        watch.resume();
        assert!(!watch.must_end());
        stop.stop();
        assert!(watch.must_end() && !watch.has_expired());
        assert_eq!(watch.verdict(), Some(MediaError::Stopped));
    }

    #[test]
    fn a_loss_is_forgotten_and_a_refusal_is_not() {
        let watch = Watch::new(StopFlag::default());
        watch.lose(MediaError::Empty("a".to_owned()));
        watch.lose(MediaError::Empty("b".to_owned()));
        assert_eq!((watch.must_end(), watch.verdict()), (false, Some(MediaError::Empty("a".to_owned()))));
        assert_eq!((watch.count_part(), watch.count_part()), (1, 2));
        watch.allow(None);
        assert_eq!((watch.count_part(), watch.verdict()), (1, None));
        watch.refuse(MediaError::Unknown("c".to_owned()));
        watch.allow(None);
        assert_eq!((watch.must_end(), watch.verdict()), (true, Some(MediaError::Unknown("c".to_owned()))));
    }
}
