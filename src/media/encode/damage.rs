//! Counts what cannot be read of a track, so that it is told in one line.

use crate::time::Time;

/// Packets of a track that could not be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Damage {
    count: u64,
    first: Option<Time>,
}

impl Damage {
    /// One more, at `time` of what is written.
    pub(super) fn note(&mut self, time: Time) {
        self.count += 1;
        self.first.get_or_insert(time);
    }

    pub(super) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.or(other.first);
    }

    /// Tells it, if there is any: `what` ends the sentence.
    pub(super) fn tell(&self, name: &str, what: &str) {
        if let Some(first) = self.first {
            let packets = if self.count == 1 { "1 packet".to_owned() } else { format!("{} packets", self.count) };
            tracing::warn!("{name}: {packets} from {first} on {what}");
        }
    }
}
