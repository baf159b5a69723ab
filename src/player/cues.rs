//! Going from cue to cue of the subtitles, which their own thread looks up.

use std::time::{Duration, Instant};

use super::contract::{Playlist, SceneSource};
use super::{LAST, Player};
use crate::film::CueWanted;
use crate::sink::Action;
use crate::time::Time;

/// A cue that has not been found by then is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(1);
/// A cue begins so long before the moment that it is to be seen in, as in mpv: times are rounded.
const OFFSET: Time = Time::from_nanoseconds(10_000_000);

/// A cue that is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    cue: CueWanted,
    /// Subtitles are to be moved to here, and not the film to there.
    step: bool,
    until: Instant,
}

impl<P: Playlist> Player<P> {
    /// Begins to look for the cue that the viewer wants.
    pub(super) fn seek_cue(&mut self, action: Action, now: Instant) {
        let (skip, second, step) = match action {
            Action::SubSeek(skip, second) => (skip, second, false),
            Action::SubStep(skip, second) => (skip, second, true),
            _ => return,
        };
        let cue = CueWanted { skip, second, from: self.position(now) };
        let subtitles = self.film.as_ref().and_then(SceneSource::subtitles);
        let asked = subtitles.is_some_and(|subtitles| subtitles.find(cue));
        self.cue = asked.then_some(Sought { cue, step, until: now + PATIENCE });
    }

    /// What the cue that is looked for leads to, once it is known.
    pub(super) fn mind_cue(&mut self, now: Instant) -> Option<Action> {
        let Sought { cue, step, until } = self.cue?;
        let subtitles = self.film.as_ref().and_then(SceneSource::subtitles);
        let found = subtitles.and_then(|subtitles| subtitles.found(cue));
        if found.is_some() || now >= until {
            self.cue = None;
        }
        let begins = found??;
        if step {
            let sooner = begins - cue.from + OFFSET;
            return Some(Action::SubDelay(-i32::try_from(sooner.nanoseconds() / 1_000_000).ok()?));
        }
        // The first picture that begins with the cue, or in it.
        let length = self.shown.as_ref().map(|shown| shown.duration).filter(|length| *length > Time::ZERO);
        Some(Action::SeekExactTo(begins + length.unwrap_or(LAST).max(OFFSET)))
    }
}
