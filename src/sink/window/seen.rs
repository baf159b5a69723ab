//! When pictures are seen. The display tells only those who wait for it, so a thread of its own does (VK_KHR_present_wait).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::display::{Display, Picture};
use super::error::WindowError;

/// How long one wait lasts at most: so long may ending it take.
const SLICE: Duration = Duration::from_millis(4);
/// A window that nobody can see may never show a picture: after so long the moment counts at which it was handed over.
const PATIENCE: Duration = Duration::from_millis(250);

/// A painting that is seen since `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) painting: u64,
    pub(super) at: Instant,
}

/// What both threads know.
#[derive(Default)]
struct Shared {
    /// Pictures that are waited for or are to be.
    waiting: AtomicUsize,
    /// No picture up to this number is waited for any more.
    given_up: AtomicU64,
}

/// Tells of pictures that were handed over when they are seen; belongs to the thread that hands them over.
pub(super) struct Watcher {
    /// Without them the display does not tell.
    to_do: Option<Sender<(Picture, Instant)>>,
    seen: Sender<Seen>,
    shared: Arc<Shared>,
}

/// What becomes known.
pub(super) struct Sight {
    seen: Receiver<Seen>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the thread where `display` tells when pictures are seen. It ends after the [`Watcher`].
pub(super) fn watch(display: &Arc<dyn Display>) -> Result<(Watcher, Sight), WindowError> {
    let shared = Arc::new(Shared::default());
    let (seen, sight) = channel();
    let (mut to_do, mut thread) = (None, None);
    if display.tells() {
        let (sender, pictures) = channel::<(Picture, Instant)>();
        let (display, shared, seen) = (Arc::clone(display), Arc::clone(&shared), seen.clone());
        let run = move || {
            for (picture, handed_over) in pictures {
                let at = wait(&*display, &shared, &picture, handed_over);
                // Without somebody who wants to know there is nobody to wait for either.
                let _ = seen.send(Seen { painting: picture.painting, at });
                shared.waiting.fetch_sub(1, Ordering::AcqRel);
            }
        };
        thread = Some(Builder::new().name("display".to_owned()).spawn(run).map_err(WindowError::no_thread)?);
        to_do = Some(sender);
    }
    Ok((Watcher { to_do, seen, shared: Arc::clone(&shared) }, Sight { seen: sight, shared, thread }))
}

/// When `picture` is seen; when it was handed over, if nobody can tell.
fn wait(display: &dyn Display, shared: &Shared, picture: &Picture, handed_over: Instant) -> Instant {
    while handed_over.elapsed() < PATIENCE && shared.given_up.load(Ordering::Acquire) < picture.id {
        match display.wait(picture, SLICE) {
            Ok(true) => return Instant::now(),
            Ok(false) => {}
            // What is wrong with the chain is told by the next picture.
            Err(_) => break,
        }
    }
    handed_over
}

impl Watcher {
    /// `picture` was handed over at that moment.
    pub(super) fn handed_over(&self, picture: Picture, at: Instant) {
        let Picture { painting, .. } = picture;
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        if self.to_do.as_ref().is_none_or(|to_do| to_do.send((picture, at)).is_err()) {
            self.shared.waiting.fetch_sub(1, Ordering::AcqRel);
            // As in the thread.
            let _ = self.seen.send(Seen { painting, at });
        }
    }
}

impl Sight {
    /// The next that is seen. Never waits.
    pub(super) fn next(&self) -> Option<Seen> {
        self.seen.try_recv().ok()
    }

    /// Whether there is more to come.
    pub(super) fn is_waiting(&self) -> bool {
        self.shared.waiting.load(Ordering::Acquire) > 0
    }

    /// Pictures up to number `id` are not waited for any more, so that their chain can be retired: once this says true. Never waits.
    pub(super) fn rest(&self, id: u64) -> bool {
        self.shared.given_up.fetch_max(id, Ordering::AcqRel);
        !self.is_waiting()
    }
}

impl Drop for Sight {
    fn drop(&mut self) {
        self.rest(u64::MAX);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that waits for the display ended badly");
        }
    }
}
