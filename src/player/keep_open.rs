//! What stands at its last picture instead of being over.

use std::time::Instant;

use clap::ValueEnum;

use super::Player;
use super::contract::{Playlist, SceneSource};
use super::phase::Pause;
use crate::film::SeekMode;
use crate::time::Time;

/// How far before the end of a film its last picture is looked for, when somebody goes beyond it.
const LAST_PICTURE: Time = Time::from_nanoseconds(100_000_000);

/// Which films stand at their last picture when they are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum KeepOpen {
    /// None
    #[default]
    No,
    /// The last of the list
    Yes,
    /// All
    Always,
}

impl<P: Playlist> Player<P> {
    /// Whether the film stands at its end.
    pub fn is_at_end(&self) -> bool {
        self.film.is_some() && self.at_end
    }

    /// The film is over: lets it stand at its last picture, where that is wanted.
    pub(super) fn keeps_open(&mut self, now: Instant) -> bool {
        let last = self.list.neighbour(1).is_none() && !self.loop_playlist.is_on();
        let wanted = match self.options.keep_open {
            KeepOpen::No => false,
            KeepOpen::Yes => last,
            KeepOpen::Always => true,
        };
        if !wanted || self.again().is_some() {
            return false;
        }
        if self.phase.is_seeking() {
            // Beyond the last picture: back to it, once.
            let end = self.film.as_ref().and_then(SceneSource::duration).filter(|_| !self.at_end);
            let Some(end) = end else { return false };
            self.seek(end - LAST_PICTURE, SeekMode::Exact);
        }
        self.at_end = true;
        self.set_pause(Some(Pause::default()), now);
        true
    }
}
