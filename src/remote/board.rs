//! How the player stands, where all programs look.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::control::Status;
use crate::sink::Waker;

#[derive(Default)]
struct State {
    status: Option<Arc<Status>>,
    /// Counts what was published.
    version: u64,
    clients: usize,
    /// Somebody of our own looks, who is in no hurry.
    watched: bool,
    /// Programs that wait for the first one.
    waiting: usize,
    over: bool,
    waker: Option<Waker>,
}

/// Shared by the player and the threads of all programs.
#[derive(Default)]
pub(super) struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

impl Board {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_waker(&self, waker: Waker) {
        self.state().waker = Some(waker);
    }

    /// Lets the player look what is wanted.
    pub(super) fn wake(&self) {
        let waker = self.state().waker.clone();
        if let Some(waker) = waker {
            waker();
        }
    }

    pub(super) fn publish(&self, status: Status) {
        let mut state = self.state();
        state.status = Some(Arc::new(status));
        state.version += 1;
        drop(state);
        self.changed.notify_all();
    }

    /// It is over, for all.
    pub(super) fn close(&self) {
        self.state().over = true;
        self.changed.notify_all();
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().over
    }

    /// One program more, unless there are that many already.
    pub(super) fn enter(&self, most: usize) -> bool {
        let mut state = self.state();
        let room = state.clients < most && !state.over;
        if room {
            state.clients += 1;
            if state.clients == 1 {
                // What was told to others before is old.
                state.status = None;
            }
        }
        room
    }

    /// One program less.
    pub(super) fn leave(&self) {
        let mut state = self.state();
        state.clients = state.clients.saturating_sub(1);
        drop(state);
        self.changed.notify_all();
    }

    /// From now on somebody of our own looks, too, who is in no hurry.
    pub(super) fn watch(&self) {
        self.state().watched = true;
    }

    pub(super) fn is_watched(&self) -> bool {
        self.state().watched
    }

    pub(super) fn has_clients(&self) -> bool {
        self.state().clients > 0
    }

    pub(super) fn is_waited_for(&self) -> bool {
        self.state().waiting > 0
    }

    /// How the player stands; waits until that is known for the first time. None where it is over.
    pub(super) fn status(&self) -> Option<Arc<Status>> {
        let mut state = self.state();
        if state.status.is_none() && !state.over {
            state.waiting += 1;
            drop(state);
            self.wake();
            state = self.state();
            while state.status.is_none() && !state.over {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.waiting -= 1;
        }
        if state.over { None } else { state.status.clone() }
    }

    /// The same without waiting.
    pub(super) fn latest(&self) -> Option<Arc<Status>> {
        self.state().status.clone()
    }

    /// Waits until something newer than `seen` was published, for `patience` at most, and gives its number. None where it is over.
    pub(super) fn newer(&self, seen: u64, patience: Duration) -> Option<u64> {
        let until = Instant::now() + patience;
        let mut state = self.state();
        while !state.over && (state.version == seen || state.status.is_none()) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Some(seen);
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        (!state.over).then_some(state.version)
    }

    /// For `patience` at most.
    pub(super) fn wait_for_all_to_leave(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut state = self.state();
        while state.clients > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
