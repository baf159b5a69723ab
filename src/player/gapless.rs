//! From one film of a list to the next without a break in what is heard.

use super::contract::Playlist;
use super::phase::Phase;
use super::sound::SoundEnd;
use super::{Coming, Player};
use crate::sound::StreamId;
use crate::time::Time;

/// Pictures may end so much later than the sound: times are rounded.
const SLACK: Time = Time::from_nanoseconds(50_000_000);

impl<P: Playlist> Player<P> {
    /// Lets the sound of the next film follow this one's, once it is known that this one ends with its sound.
    pub(super) fn mind_next(&mut self) {
        if self.phase != Phase::Playing || self.prepared.is_none() || self.last().is_some() || self.again().is_some() {
            return;
        }
        let SoundEnd::At(end) = self.sound_end() else { return };
        // The device is given the end some time before the last picture is shown: the film's length tells sooner.
        let pictures = match (&self.coming, &self.shown) {
            (Coming::End, Some(shown)) => Some(shown.pts + shown.duration),
            _ => self.duration(),
        };
        if pictures.is_none_or(|pictures| pictures > end + SLACK) {
            return;
        }
        let Some(listener) = self.heard.listener.as_mut().filter(|listener| listener.following().is_none()) else {
            return;
        };
        if let Some(sound) = self.playlist.next_sound() {
            listener.follow_with(StreamId::new(sound, 0));
        }
    }

    /// This film is not played to its end: what was to follow it has given its first sound away, and is opened anew in its time.
    pub(super) fn unfollow(&mut self) {
        if self.heard.listener.as_ref().is_some_and(|listener| listener.following().is_some()) {
            self.playlist.prepare(None);
            self.prepared = None;
        }
    }
}
