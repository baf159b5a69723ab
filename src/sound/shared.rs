//! What the threads around the sound share: the keeper's, the films' and the player's. The device's is not among them.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::message::StreamId;
use super::ring::{Inlet, Steering};
use super::room::Room;
use super::settings::Settings;
use crate::time::Time;

/// So many ends are remembered: that of what is heard, and of what comes before and after it.
const ENDS: usize = 8;

/// What the threads share: the device's is not among them.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) settings: Arc<Settings>,
    /// Where loudspeakers stand, if a film's channels are to be such.
    pub(super) room: Option<Room>,
    /// The headset's own device, as its runtime names it.
    pub(super) headset: Mutex<Option<String>>,
    /// The stream to be heard.
    pub(super) current: AtomicU64,
    /// The one to be heard when all of that has been; 0 is none.
    pub(super) following: AtomicU64,
    /// Counts devices opened and closed.
    pub(super) generation: AtomicU32,
    pub(super) inlet: Mutex<Option<Inlet>>,
    steering: Mutex<Option<Steering>>,
    /// What has been made whole of late, and where it ends.
    ends: Mutex<Vec<(StreamId, Time)>>,
    /// Tracks that there were.
    pub(super) tracks: AtomicU32,
    /// A device is being opened for the first time.
    pub(super) opening: AtomicBool,
    /// All is to end.
    pub(super) stopped: Mutex<bool>,
    pub(super) changed: Condvar,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Of sound in a room.
    pub(super) fn of(room: Room) -> Self {
        Self { room: Some(room), ..Self::default() }
    }

    pub(super) fn take_steering(&self) -> Option<Steering> {
        lock(&self.steering).take()
    }

    /// Gives it back, unless another device is open by now.
    pub(super) fn return_steering(&self, steering: Steering, generation: u32) {
        let mut place = lock(&self.steering);
        if self.generation.load(Ordering::Acquire) == generation {
            *place = Some(steering);
        }
    }

    pub(super) fn inlet(&self) -> MutexGuard<'_, Option<Inlet>> {
        lock(&self.inlet)
    }

    pub(super) fn set_end(&self, stream: StreamId, end: Time) {
        let mut ends = lock(&self.ends);
        ends.retain(|(of, _)| *of != stream);
        if ends.len() >= ENDS {
            ends.remove(0);
        }
        ends.push((stream, end));
    }

    pub(super) fn end_of(&self, stream: StreamId) -> Option<Time> {
        lock(&self.ends).iter().find(|(of, _)| *of == stream).map(|(_, end)| *end)
    }

    /// A device is open, or none any more.
    pub(super) fn set_ends(&self, ends: Option<(Inlet, Steering)>) {
        let (inlet, steering) = ends.unzip();
        *lock(&self.inlet) = inlet;
        let mut place = lock(&self.steering);
        *place = steering;
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits; true when all is to end.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let stopped = lock(&self.stopped);
        *self.changed.wait_timeout_while(stopped, time, |stopped| !*stopped).unwrap_or_else(PoisonError::into_inner).0
    }
}
