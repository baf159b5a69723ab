//! A line that tells the viewer for a while what has changed.

use std::time::{Duration, Instant};

/// How long it is there.
const SHOWN: Duration = Duration::from_secs(3);

/// The last line that there was to tell.
#[derive(Debug, Default)]
pub(super) struct Message(Option<(String, Instant)>);

impl Message {
    pub(super) fn tell(&mut self, text: String, now: Instant) {
        self.tell_for(text, SHOWN, now);
    }

    pub(super) fn tell_for(&mut self, text: String, time: Duration, now: Instant) {
        self.0 = Some((text, now + time));
    }

    /// It, while it is to be seen.
    pub(super) fn text(&self, now: Instant) -> Option<&str> {
        self.0.as_ref().filter(|(_, until)| now < *until).map(|(text, _)| text.as_str())
    }

    /// When it goes, while it is there.
    pub(super) fn goes(&self, now: Instant) -> Option<Instant> {
        self.0.as_ref().map(|(_, until)| *until).filter(|until| now < *until)
    }
}
