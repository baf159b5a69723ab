//! Which of a film's tracks play, and how the viewer chooses among them.

use std::sync::Arc;
use std::time::{Duration, Instant};

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

    /// The number of the second subtitle track that is shown.
    pub fn second_subtitle(&self) -> Option<u32> {
        self.film.as_ref()?.subtitles()?.second()
    }

    /// The number of the subtitle track after the one of that number, or before it, that is not the `other` one; none where none comes next.
    fn next_subtitle(&self, now: Option<u32>, step: i32, other: Option<u32>) -> Option<u32> {
        let tracks = self.tracks();
        let next = |now| next_track(&tracks, TrackKind::Subtitle, now, step).map(|track| track.number);
        next(now).and_then(|number| if Some(number) == other { next(other) } else { Some(number) })
    }

    fn choose_second(&mut self, number: Option<u32>, now: Instant) {
        let subtitles = self.film.as_ref().and_then(SceneSource::subtitles);
        let chosen = subtitles.is_some_and(|subtitles| subtitles.choose_second(number));
        let text = self.describe(TrackKind::Subtitle, number, chosen);
        self.tell(format!("second {text}"), None, now);
    }

    /// Lets the viewer read `text` for that time, or as long as usual.
    pub fn tell(&mut self, text: String, time: Option<Duration>, now: Instant) {
        self.message.tell(text, time, now);
    }

    /// Carries out what the viewer wants of tracks.
    pub(super) fn choose(&mut self, action: Action, now: Instant) {
        let (kind, number) = match action {
            Action::SetTrack(kind, number) => (kind, number),
            Action::CycleTrack(TrackKind::Video, step) => (TrackKind::Video, self.next_video(step)),
            Action::CycleTrack(kind @ TrackKind::Subtitle, step) => {
                (kind, self.next_subtitle(self.playing(kind), step, self.second_subtitle()))
            }
            Action::SetSecondSub(number) => return self.choose_second(number, now),
            Action::CycleSecondSub(step) => {
                let first = self.playing(TrackKind::Subtitle);
                return self.choose_second(self.next_subtitle(self.second_subtitle(), step, first), now);
            }
            Action::CycleTrack(kind, step) => {
                let next = next_track(&self.tracks(), kind, self.playing(kind), step).map(|track| track.number);
                (kind, next)
            }
            _ => return,
        };
        self.unfollow();
        let position = self.position(now);
        let chosen = match (kind, number) {
            (TrackKind::Video, Some(number)) => self.turn(number, now),
            _ => self.film.as_mut().is_some_and(|film| film.choose(kind, number, position)),
        };
        let text = self.describe(kind, number, chosen);
        self.tell(text, None, now);
    }

    /// The number of the video track after the one that is shown, or before it; none where there is no other.
    fn next_video(&self, step: i32) -> Option<u32> {
        let (tracks, now) = (self.tracks(), self.turned_to());
        let next = next_track(&tracks, TrackKind::Video, now, step);
        // There are always pictures.
        let next = next.or_else(|| next_track(&tracks, TrackKind::Video, None, step))?;
        Some(next.number).filter(|number| Some(*number) != now)
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
