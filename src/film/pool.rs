//! A fixed set of things that are lent, and come back by being dropped.

use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

struct Shared<T> {
    free: Mutex<Vec<Arc<T>>>,
    returned: Condvar,
}

/// The set.
pub(super) struct Pool<T>(Arc<Shared<T>>);

impl<T> Pool<T> {
    pub(super) fn new(all: Vec<T>) -> Self {
        let free = Mutex::new(all.into_iter().map(Arc::new).collect());
        Self(Arc::new(Shared { free, returned: Condvar::new() }))
    }

    /// One of them, waiting at most `patience` for it.
    pub(super) fn take(&self, patience: Duration) -> Option<Lent<T>> {
        let free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut free, _) = self
            .0
            .returned
            .wait_timeout_while(free, patience, |free| free.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        free.pop().map(|thing| Lent { thing, home: Arc::clone(&self.0) })
    }
}

/// Something lent by a pool.
pub(super) struct Lent<T> {
    thing: Arc<T>,
    home: Arc<Shared<T>>,
}

impl<T> Deref for Lent<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.thing
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        self.home.free.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&self.thing));
        self.home.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lent_comes_back() {
        let pool = Pool::new(vec![1, 2]);
        let (one, two) = (pool.take(Duration::ZERO).unwrap(), pool.take(Duration::ZERO).unwrap());
        assert_eq!(*one + *two, 3);
        assert!(pool.take(Duration::from_millis(1)).is_none());
        drop(one);
        assert!(pool.take(Duration::ZERO).is_some());
    }
}
