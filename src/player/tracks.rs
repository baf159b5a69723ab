//! Which of a film's tracks play, and how the viewer chooses among them.

use std::sync::Arc;
use std::time::Instant;

use super::Player;
use super::contract::{Playlist, SceneSource};
use crate::media::{TrackInfo, TrackKind, next_track};
use crate::sink::Action;

impl<P: Playlist> Player<P> {
    /// The film's tracks.
    pub fn tracks(&self) -> Arc<[TrackInfo]> {
        self.film.as_ref().map_or_else(Arc::default, SceneSource::tracks)
    }

    /// The number of the track of that kind that plays.
    pub fn playing(&self, kind: TrackKind) -> Option<u32> {
        self.film.as_ref()?.playing(kind)
    }

    /// What has changed, in a line, while the viewer is to be told.
    pub fn message(&self, now: Instant) -> Option<&str> {
        self.message.text(now)
    }

    /// Carries out what the viewer wants of tracks.
    pub(super) fn choose(&mut self, action: Action, now: Instant) {
        let (kind, number) = match action {
            Action::SetTrack(kind, number) => (kind, number),
            Action::CycleTrack(kind, step) => {
                let next = next_track(&self.tracks(), kind, self.playing(kind), step).map(|track| track.number);
                (kind, next)
            }
            _ => return,
        };
        self.unfollow();
        let position = self.position(now);
        let Some(film) = &mut self.film else { return };
        let chosen = film.choose(kind, number, position);
        let text = self.describe(kind, number, chosen);
        self.message.tell(text, now);
    }

    /// What came of choosing the track of that number.
    fn describe(&self, kind: TrackKind, number: Option<u32>, chosen: bool) -> String {
        let name = match kind {
            TrackKind::Video => "video track",
            TrackKind::Audio => "audio track",
            TrackKind::Subtitle => "subtitle track",
        };
        let tracks = self.tracks();
        let all: Vec<&TrackInfo> = tracks.iter().filter(|track| track.kind == kind && !track.cover).collect();
        match number.map(|number| (number, all.iter().find(|track| track.number == number))) {
            _ if all.is_empty() => format!("there is no {name}"),
            None if chosen => format!("no {name}"),
            Some((number, Some(track))) if chosen => {
                format!("{name} {number} of {}: {}", all.len(), track.describe())
            }
            Some((number, _)) => format!("{name} {number} cannot be had here"),
            None => format!("there is no other {name}"),
        }
    }
}
