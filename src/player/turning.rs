//! Another video track: the film is opened once more for it, and goes on in its stead when its first picture is due. Until then the one before plays.

use std::time::Instant;

use super::contract::{Next, Playlist, SceneSource};
use super::{Coming, Player};
use crate::film::SeekMode;
use crate::frame::Frame;
use crate::media::TrackKind;
use crate::time::Time;

/// So far ahead of film time the other one begins: it takes some time to be opened.
const AHEAD: Time = Time::from_nanoseconds(700_000_000);

/// The film with another video track, while it is being opened.
pub(super) struct Turning<S: SceneSource> {
    film: S,
    epoch: u32,
    /// The number of that track.
    number: u32,
    first: Option<Frame<S::Scene>>,
}

impl<S: SceneSource> Turning<S> {
    /// Its first picture, where it has one by now; an error where it will have none.
    fn first(&mut self) -> Result<Option<&Frame<S::Scene>>, String> {
        while self.first.is_none() {
            match self.film.next() {
                Next::Scene(frame) if frame.epoch == self.epoch => self.first = Some(frame),
                Next::Scene(_) => {}
                Next::Yet => return Ok(None),
                Next::End(epoch) if epoch == self.epoch => return Err("it is over before".to_owned()),
                Next::Failed(_, error) => return Err(error.to_string()),
                Next::End(_) => {}
            }
        }
        let ready = self.first.as_ref().map(|first| self.film.is_ready(&first.data));
        match ready {
            Some(Ok(true)) => Ok(self.first.as_ref()),
            Some(Err(error)) => Err(error.to_string()),
            _ => Ok(None),
        }
    }

    /// Another place is wanted.
    pub(super) fn seek(&mut self, time: Time, mode: SeekMode) {
        self.epoch = self.film.seek(time, mode);
        self.first = None;
    }
}

impl<P: Playlist> Player<P> {
    /// The number of the video track that is shown, or will be soon.
    pub(super) fn turned_to(&self) -> Option<u32> {
        self.turning.as_ref().map(|turning| turning.number).or_else(|| self.playing(TrackKind::Video))
    }

    /// Begins to turn to the video track of that number. False where the film cannot be opened once more.
    pub(super) fn turn(&mut self, number: u32, now: Instant) -> bool {
        let audio = self.playing(TrackKind::Audio);
        let Some(entry) = self.list.entry().cloned() else { return false };
        let ahead = if self.clock.is_running() { AHEAD } else { Time::ZERO };
        match self.playlist.open_track(&entry, number, audio) {
            Ok(mut film) => {
                let epoch = film.seek(self.position(now) + ahead, SeekMode::Exact);
                self.turning = Some(Turning { film, epoch, number, first: None });
                true
            }
            Err(error) => {
                tracing::warn!("{error}");
                false
            }
        }
    }

    /// Lets the film with the other track take over, once its first picture is due. True while that is waited for, or another track of sound.
    pub(super) fn mind_turning(&mut self, now: Instant) -> bool {
        let position = self.position(now);
        let opening = self.film.as_mut().is_some_and(|film| film.mind(position));
        let Some(turning) = &mut self.turning else { return opening };
        let running = self.clock.is_running();
        match turning.first() {
            Ok(Some(first)) if !running || first.pts <= self.clock.time(now) => {}
            Ok(_) => return true,
            Err(error) => {
                let name = self.list.entry().map_or_else(String::new, |entry| entry.name());
                tracing::warn!("{name}: video track {}: {error}", turning.number);
                self.turning = None;
                return false;
            }
        }
        let Some(Turning { film, epoch, first: Some(first), .. }) = self.turning.take() else { return false };
        (self.film, self.epoch, self.coming) = (Some(film), epoch, Coming::Scene(first));
        self.times.clear();
        if let Some(shown) = &mut self.shown {
            // Its number is that of another film's picture.
            shown.epoch = u32::MAX;
        }
        if !running {
            self.phase = self.phase.sought();
        }
        false
    }
}
