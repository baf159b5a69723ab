//! The rings: bounded queues between two threads, with back-pressure, on `ringbuf`.
//!
//! One thread holds the [`Sender`], one the [`Receiver`]. A full ring makes the sender wait; either end going away, or [`Closer::close`],
//! wakes the other at once. Nothing is allocated after [`ring`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

#[derive(Default)]
struct Signal {
    closed: AtomicBool,
    turn: Mutex<()>,
    changed: Condvar,
}

impl Signal {
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Taking the lock first means that nobody is between its look at the ring and its wait.
    fn notify(&self) {
        drop(self.lock());
        self.changed.notify_all();
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.notify();
    }

    /// Waits for `ready` until `deadline`; true when it came.
    fn wait(&self, deadline: Option<Instant>, mut ready: impl FnMut() -> bool) -> bool {
        let mut turn = self.lock();
        loop {
            if ready() {
                return true;
            }
            turn = match deadline {
                None => self.changed.wait(turn).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.changed.wait_timeout(turn, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

/// A ring that holds at most `depth` values (at least one).
pub fn ring<T>(depth: usize) -> (Sender<T>, Receiver<T>) {
    let (producer, consumer) = HeapRb::new(depth.max(1)).split();
    let signal = Arc::new(Signal::default());
    (Sender { producer, signal: Arc::clone(&signal) }, Receiver { consumer, signal })
}

/// Why nothing was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// Nothing yet.
    Yet,
    /// The ring is closed and drained: nothing will come.
    ForGood,
}

/// The end that values go in.
pub struct Sender<T> {
    producer: HeapProd<T>,
    signal: Arc<Signal>,
}

impl<T> Sender<T> {
    /// Puts `value` in, waiting for room. Gives it back when the ring is closed.
    pub fn send(&mut self, value: T) -> Result<(), T> {
        let Self { producer, signal } = self;
        signal.wait(None, || signal.closed.load(Ordering::Acquire) || !producer.is_full());
        if signal.closed.load(Ordering::Acquire) {
            return Err(value);
        }
        producer.try_push(value)?;
        signal.notify();
        Ok(())
    }

    /// Whether there is room for a value, or nobody to take one, waiting for it until `timeout` has passed.
    pub fn wait_for_room(&self, timeout: Duration) -> bool {
        let Self { producer, signal } = self;
        signal.wait(Some(Instant::now() + timeout), || signal.closed.load(Ordering::Acquire) || !producer.is_full())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.signal.close();
    }
}

/// The end that values come out of. Values that were in the ring when it was closed still come out.
pub struct Receiver<T> {
    consumer: HeapCons<T>,
    signal: Arc<Signal>,
}

impl<T> Receiver<T> {
    /// The next value, or at once why there is none.
    pub fn try_receive(&mut self) -> Result<T, Empty> {
        // Closed is read before the ring: what was sent before closing is then seen.
        let closed = self.signal.closed.load(Ordering::Acquire);
        match self.consumer.try_pop() {
            Some(value) => {
                self.signal.notify();
                Ok(value)
            }
            None if closed => Err(Empty::ForGood),
            None => Err(Empty::Yet),
        }
    }

    /// The next value, waiting for it until `timeout` has passed (for ever without one).
    pub fn receive(&mut self, timeout: Option<Duration>) -> Result<T, Empty> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let Self { consumer, signal } = &*self;
        signal.wait(deadline, || !consumer.is_empty() || signal.closed.load(Ordering::Acquire));
        self.try_receive()
    }

    /// Something that closes the ring from any thread.
    pub fn closer(&self) -> Closer {
        Closer(Arc::clone(&self.signal))
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.signal.close();
    }
}

/// Closes a ring from outside: both ends wake, the sender gets its value back.
#[derive(Clone)]
pub struct Closer(Arc<Signal>);

impl Closer {
    /// Closes the ring; more than once is fine.
    pub fn close(&self) {
        self.0.close();
    }
}

/// A place for one value, of which only the newest counts: it takes the place of one that nobody has taken. Clones share it; nobody waits.
pub struct Latest<T>(Arc<Mutex<Option<T>>>);

impl<T> Latest<T> {
    /// Puts `value` there.
    pub fn put(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    /// What is there, if anything.
    pub fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Latest<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn order_is_kept_and_the_sender_waits_for_room() {
        let (mut sender, mut receiver) = ring(2);
        let thread = thread::spawn(move || (0..1000).for_each(|value| sender.send(value).unwrap()));
        for value in 0..1000 {
            assert!(receiver.consumer.occupied_len() <= 2);
            assert_eq!(receiver.receive(None), Ok(value));
        }
        assert_eq!(receiver.receive(None), Err(Empty::ForGood));
        thread.join().unwrap();
    }

    #[test]
    fn closing_wakes_a_waiting_sender_and_keeps_what_was_sent() {
        let (mut sender, mut receiver) = ring(1);
        let closer = receiver.closer();
        sender.send(1).unwrap();
        let thread = thread::spawn(move || sender.send(2));
        thread::sleep(Duration::from_millis(20));
        closer.close();
        assert_eq!(thread.join().unwrap(), Err(2));
        assert_eq!(receiver.receive(None), Ok(1));
        assert_eq!(receiver.receive(None), Err(Empty::ForGood));
    }

    #[test]
    fn an_empty_ring_gives_up_when_the_time_is_over() {
        let (_sender, mut receiver) = ring::<u8>(1);
        assert_eq!(receiver.try_receive(), Err(Empty::Yet));
        assert_eq!(receiver.receive(Some(Duration::from_millis(5))), Err(Empty::Yet));
    }

    #[test]
    fn only_the_newest_counts() {
        let (place, other) = (Latest::default(), Latest::clone(&Latest::<u8>::default()));
        let same = place.clone();
        place.put(1);
        place.put(2);
        assert_eq!((same.take(), place.take(), other.take()), (Some(2), None, None));
    }

    #[test]
    fn room_is_waited_for() {
        let (mut sender, mut receiver) = ring(1);
        assert!(sender.wait_for_room(Duration::ZERO));
        sender.send(1).unwrap();
        assert!(!sender.wait_for_room(Duration::from_millis(5)));
        receiver.try_receive().unwrap();
        assert!(sender.wait_for_room(Duration::ZERO));
    }
}
