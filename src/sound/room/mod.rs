//! The room: each channel of a film is a loudspeaker that stands still around the viewer, whose head turns between them.
//!
//! ```text
//! Outlet ─8 channels─► Stage ┬ treble, a speaker each ─► its two filters ─► ears ┬► Limiter ─► device
//!                            └ bass, all together ────────────────────────────┘
//! sink: Room::place ─directions, lock-free─► the turning thread ─filters─► Stage, which fades from one to the next
//! ```
//!
//! What an ear hears of a direction was measured on a dummy head ([`ears`]); `sofar` interpolates it and convolves. The device's thread never waits for the
//! thread that makes filters, nor does the sink.

mod bass;
mod directions;
mod ears;
mod equal;
mod limiter;
mod stage;
mod turning;

use std::sync::{Arc, Mutex, PoisonError};

pub use directions::{Directions, SPEAKERS, Speaker};
use ears::Ears;
pub(super) use stage::Stage;

use super::error::SoundError;
use directions::Cell;

/// Channels of what is heard in it: FFmpeg's 7.1, a loudspeaker each but the one for effects.
pub(super) const CHANNELS: u16 = 8;

/// Where the loudspeakers are from the head. Clones are the same room. One place moves it, and never waits.
#[derive(Clone, Default)]
pub struct Room {
    cell: Arc<Cell>,
    /// What was made for a rate, for the next device.
    ears: Arc<Mutex<Option<Arc<Ears>>>>,
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Room").field("directions", &self.directions()).finish_non_exhaustive()
    }
}

impl Room {
    /// From now on the loudspeakers are there, seen from the head. They stay until this is called again.
    pub fn place(&self, directions: &Directions) {
        self.cell.set(directions);
    }

    /// Where they are.
    pub fn directions(&self) -> Directions {
        self.cell.get()
    }

    /// The ears at `rate`.
    fn ears(&self, rate: u32) -> Result<Arc<Ears>, SoundError> {
        let mut place = self.ears.lock().unwrap_or_else(PoisonError::into_inner);
        match &*place {
            Some(ears) if ears.rate() == rate => Ok(Arc::clone(ears)),
            _ => {
                let ears = Arc::new(Ears::new(rate)?);
                *place = Some(Arc::clone(&ears));
                Ok(ears)
            }
        }
    }
}
