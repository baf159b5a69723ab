//! What of a film is at hand, for whoever shows that.

use std::sync::Arc;

use super::state::Shared;
use crate::media::info::Cached;
use crate::time::Time;

/// Tells what of a film is at hand. Any thread may ask; clones tell of the same film. It keeps nothing alive but the answer.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
    /// The container's clock at film time zero.
    origin: Time,
}

impl Cache {
    pub(super) fn new(shared: &Arc<Shared>, origin: Time) -> Self {
        Self { shared: Arc::clone(shared), origin }
    }

    /// How it is just now. Never waits long.
    pub fn look(&self) -> Cached {
        let cached = self.shared.lock().cached();
        let range = cached.range.map(|(from, to)| ((from - self.origin).max(Time::ZERO), to - self.origin));
        Cached { range, ..cached }
    }
}
