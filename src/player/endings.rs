//! Films that are over: a thread of its own waits for theirs, so that whoever shows the next one goes on.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use super::contract::Error;

/// Where films are let go of. Clones share one thread; the last of them to go waits until it has let go of all.
#[derive(Clone)]
pub struct Endings(Arc<Thread>);

struct Thread {
    /// `None` once it is to end.
    over: Option<Sender<Box<dyn Send>>>,
    thread: Option<JoinHandle<()>>,
}

impl Endings {
    /// Starts the thread.
    pub fn new() -> Result<Self, Error> {
        let (over, films) = channel::<Box<dyn Send>>();
        let thread = Builder::new().name("endings".to_owned()).spawn(move || films.into_iter().for_each(drop))?;
        Ok(Self(Arc::new(Thread { over: Some(over), thread: Some(thread) })))
    }

    /// Lets go of `film`, without waiting for what it waits for then.
    pub fn end(&self, film: impl Send + 'static) {
        if let Some(over) = &self.0.over {
            // The thread lives as long as this does.
            let _ = over.send(Box::new(film));
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.over = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a film ended badly");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    use super::*;

    /// A film whose threads take their time.
    struct Slow(Arc<AtomicU32>);

    impl Drop for Slow {
        fn drop(&mut self) {
            std::thread::sleep(Duration::from_millis(100));
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn nobody_waits_for_a_film_that_is_over_but_at_the_end() {
        let (endings, gone) = (Endings::new().unwrap(), Arc::<AtomicU32>::default());
        let began = Instant::now();
        let films = [0; 3].map(|_| endings.clone());
        films.iter().for_each(|endings| endings.end(Slow(Arc::clone(&gone))));
        drop(films);
        assert!(began.elapsed() < Duration::from_millis(80), "{:?}", began.elapsed());
        drop(endings);
        assert_eq!(gone.load(Ordering::Relaxed), 3);
    }
}
