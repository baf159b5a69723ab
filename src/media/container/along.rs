//! Containers that are read beside a film, each for its sound alone: they go along wherever the film goes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Container;
use crate::media::error::MediaError;
use crate::time::Time;

#[derive(Default)]
struct Kept {
    containers: Vec<Container>,
    /// That of the film's last search.
    epoch: u32,
}

/// The containers. Clones hold the same.
#[derive(Clone, Default)]
pub(in crate::media) struct Along(Arc<Mutex<Kept>>);

/// The same, for whoever does not keep them.
pub(super) struct AlongWith(Weak<Mutex<Kept>>);

impl AlongWith {
    /// The containers, as long as the film is there.
    pub(super) fn get(&self) -> Option<Along> {
        self.0.upgrade().map(Along)
    }
}

impl Along {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn downgrade(&self) -> AlongWith {
        AlongWith(Arc::downgrade(&self.0))
    }

    /// One more, of which nobody hears anything yet.
    pub(in crate::media) fn add(&self, container: Container) {
        let mut kept = self.lock();
        container.set_alone(kept.epoch);
        kept.containers.push(container);
    }

    /// Whether there are none.
    pub(in crate::media) fn is_empty(&self) -> bool {
        self.lock().containers.is_empty()
    }

    /// Goes along to `target`. What cannot is silent.
    pub(in crate::media) fn seek(&self, target: Time, epoch: u32) -> Result<(), MediaError> {
        let mut kept = self.lock();
        kept.epoch = epoch;
        for container in &kept.containers {
            // That one cannot be sent there is told where it happens.
            if let Err(error @ (MediaError::Stopped | MediaError::Interrupted)) = container.go_along(target, epoch) {
                return Err(error);
            }
        }
        Ok(())
    }

    /// All of them; none are left.
    pub(in crate::media) fn take(&self) -> Vec<Container> {
        std::mem::take(&mut self.lock().containers)
    }
}
