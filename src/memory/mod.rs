//! What is remembered of each film from one time that it is played to the next: a small file for each in a folder.
//!
//! ```text
//! opening of a film ─ recall ─► Record ─► where it begins, what is set
//! player ─ note, each second ─► thread ─► <path>-<content>.json, whole or not at all
//! ```
//!
//! A file's name says where the film is and what it holds ([`Key`]): a film that was moved is found again, and one that took its place is another one.
//! [`Memory`] may be used from any thread; [`Memory::note`] waits for nothing, the others for the disk.

mod key;
mod record;
mod seen;
mod store;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

pub use key::{Key, name_of};
pub use record::{Record, RecordError};
pub use seen::{Seen, Watched};

use crate::location::Location;
use crate::time::Time;
use store::Store;

/// What the thread is to do.
enum Job {
    /// Write what is noted of this film.
    Write(Key),
    /// Remove its file.
    Forget(Key),
    /// Say when all before is done.
    Tell(Sender<()>),
}

/// What was noted in this run and may not be on the disk yet.
#[derive(Default)]
struct Noted {
    /// The newest of each film; nothing of one that was forgotten.
    records: HashMap<Key, Option<Record>>,
    /// Films whose [`Job::Write`] has not begun.
    waiting: Vec<Key>,
}

struct Inner {
    store: Store,
    noted: Mutex<Noted>,
}

impl Inner {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A film that was opened, and what is remembered of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalled {
    /// Where it is.
    pub location: Location,
    /// By what it is known.
    pub key: Key,
    /// What was kept.
    pub record: Option<Record>,
    /// Film time at which it was therefore begun.
    pub resumed: Option<Time>,
}

/// A folder of what is remembered.
#[derive(Clone)]
pub struct Memory {
    inner: Arc<Inner>,
    jobs: Sender<Job>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Memory").field(&self.inner.store.folder()).finish()
    }
}

impl Memory {
    /// What is remembered in `folder`, which is made when something is written. Starts a thread, which ends with the last of its kind.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn new(folder: PathBuf) -> std::io::Result<Self> {
        let inner = Arc::new(Inner { store: Store::new(folder), noted: Mutex::default() });
        let (jobs, received) = channel();
        let own = Arc::clone(&inner);
        thread::Builder::new().name("memory".to_owned()).spawn(move || work(&own, &received))?;
        Ok(Self { inner, jobs })
    }

    /// Which film this is, and what is remembered of it. Reads the film's beginning and end; nothing of what cannot be known again: a pipe, an address
    /// with a password.
    pub fn recall(&self, location: &Location) -> Option<Recalled> {
        let key = Key::of(location)?;
        let noted = self.inner.noted().records.get(&key).cloned();
        let record = noted.unwrap_or_else(|| self.inner.store.find(&key, location));
        Some(Recalled { location: location.clone(), key, record, resumed: None })
    }

    /// Keeps `record` of a film, instead of what was kept before. Waits for nothing.
    pub fn note(&self, key: Key, record: Record) {
        let mut noted = self.inner.noted();
        noted.records.insert(key, Some(record));
        if !noted.waiting.contains(&key) {
            noted.waiting.push(key);
            // Without the thread there is nobody to write.
            let _ = self.jobs.send(Job::Write(key));
        }
    }

    /// Keeps nothing of a film. Waits for nothing.
    pub fn forget(&self, key: Key) {
        self.inner.noted().records.insert(key, None);
        let _ = self.jobs.send(Job::Forget(key));
    }

    /// All that is remembered, read anew: on a thread that may wait.
    pub fn seen(&self) -> Seen {
        Seen::new(self.inner.store.all())
    }

    /// The films played last, the last one first.
    pub fn recent(&self) -> Vec<Watched> {
        self.seen().recent().to_vec()
    }

    /// Waits until all that was noted is written, but for so long at most.
    pub fn finish(&self, patience: Duration) {
        let (done, wait) = channel();
        let _ = self.jobs.send(Job::Tell(done));
        if wait.recv_timeout(patience).is_err() {
            tracing::debug!("what was noted last is not written yet");
        }
    }
}

/// Writes until nobody notes anything any more.
fn work(inner: &Inner, jobs: &Receiver<Job>) {
    inner.store.prune();
    let mut told = false;
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Write(key) => {
                let record = {
                    let mut noted = inner.noted();
                    noted.waiting.retain(|waiting| *waiting != key);
                    noted.records.get(&key).cloned().flatten()
                };
                let Some(record) = record else { continue };
                if let Err(error) = inner.store.write(&key, &record)
                    && !std::mem::replace(&mut told, true)
                {
                    tracing::warn!("where you are in films cannot be remembered: {error}");
                }
            }
            Job::Forget(key) => inner.store.remove(&key),
            Job::Tell(done) => {
                let _ = done.send(());
            }
        }
    }
}
