//! What of a film is at hand, for whoever shows that.

use std::sync::Arc;

use super::facts::Facts;
use super::state::Shared;
use crate::media::info::Cached;
use crate::time::Time;

/// Tells what of a film is at hand. Any thread may ask; clones tell of the same film. It keeps nothing alive but the answer.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
    /// The container's clock at film time zero.
    origin: Time,
    live: bool,
    bound: bool,
}

impl Cache {
    /// Of a container of which `facts` are known; `remote` where it comes over the network.
    pub(super) fn new(shared: &Arc<Shared>, facts: &Facts, remote: bool) -> Self {
        let bound = !facts.can_seek;
        let live = facts.duration.is_none() && (bound || remote);
        Self { shared: Arc::clone(shared), origin: facts.start.unwrap_or(Time::ZERO), live, bound }
    }

    /// How it is just now. Never waits long.
    pub fn look(&self) -> Cached {
        let cached = self.shared.lock().cached();
        let range = cached.range.map(|(from, to)| ((from - self.origin).max(Time::ZERO), to - self.origin));
        Cached { range, live: self.live, bound: self.bound, ..cached }
    }
}
