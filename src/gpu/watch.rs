//! One watched GPU at a time.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use super::error::GpuError;

/// The thread that has the validation layer for itself, if any has.
static HOLDER: Mutex<Option<ThreadId>> = Mutex::new(None);
static FREED: Condvar = Condvar::new();

/// How long another thread's GPU is waited for: tests of one program stand in a queue here.
const OTHERS: Duration = Duration::from_secs(900);
/// How long a GPU of the same thread is waited for: a last clone may still be in another thread's hands for a moment.
const OWN: Duration = Duration::from_secs(10);

/// The right to use the validation layer, which one instance in a process has at a time.
///
/// The layer looks its data up in a map for each call of each instance, without a lock (versions up to 1.3.239 at least, which Debian 12 has;
/// KhronosGroup/Vulkan-ValidationLayers issue 4391), and making or destroying an instance or a device changes that map. With two watched GPUs in
/// one process, as tests in threads have, a call in one thread then reads the map while another thread rebuilds it, and now and then the
/// program crashes.
#[derive(Debug)]
pub struct Watch(());

impl Watch {
    /// Waits until nobody else in this process has it. Where this thread itself has it, waiting would never end, and that is an error.
    pub fn begin() -> Result<Self, GpuError> {
        let (own, began) = (thread::current().id(), Instant::now());
        let mut holder = HOLDER.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(other) = *holder {
            let most = if other == own { OWN } else { OTHERS };
            let Some(left) = most.checked_sub(began.elapsed()) else {
                return Err(GpuError::Misuse(
                    "a second GPU was to be watched while the first one was in use".to_owned(),
                ));
            };
            holder = FREED.wait_timeout(holder, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *holder = Some(own);
        Ok(Self(()))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        *HOLDER.lock().unwrap_or_else(PoisonError::into_inner) = None;
        FREED.notify_one();
    }
}
