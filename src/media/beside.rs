//! Sound that lies elsewhere than a film's pictures: in files that the viewer names, or at a page's second address. Each container is read by itself, only
//! while one of its tracks plays, and goes along wherever the film goes.

use std::ffi::OsStr;

use super::container::{Along, AudioTracks, Container, OtherTracks};
use super::error::MediaError;
use super::file::Head;
use super::info::{SoundChoice, SourceOptions};
use super::listed;
use super::tracks::{TrackChoice, TrackInfo, TrackKind, TrackOptions};
use crate::location::Location;
use crate::terminal;
use crate::time::Time;

/// The containers, in the order in which they were named.
#[derive(Default)]
pub(super) struct Beside {
    along: Along,
    /// Their audio tracks; the numbers count from 1 over all of them.
    tracks: Vec<TrackInfo>,
    /// The same, to choose among them.
    audio: AudioTracks,
    /// The highest number of each container's own tracks.
    last: Vec<u32>,
}

impl Beside {
    /// The files that `options` name. What cannot be had is told, and the film plays without it.
    pub(super) fn open(options: &SourceOptions) -> Result<Self, MediaError> {
        let mut beside = Self::default();
        if options.sound == SoundChoice::None && !options.tracks {
            return Ok(beside);
        }
        for file in &options.wanted.audio_files {
            let name = file.file_name().map_or_else(|| file.to_string(), |name| OsStr::to_string_lossy(name).into());
            beside.add(file, options, Some(&terminal::line(&name)))?;
        }
        Ok(beside)
    }

    /// Adds what lies at `location`; its tracks are `named` so where they are not to pass for the film's own. What cannot be had is told; it is an error only
    /// where the user has stopped it.
    pub(super) fn add(
        &mut self,
        location: &Location,
        options: &SourceOptions,
        named: Option<&str>,
    ) -> Result<(), MediaError> {
        let options = SourceOptions {
            start: None,
            end: None,
            wanted: TrackOptions {
                video: TrackChoice::No,
                audio_languages: options.wanted.audio_languages.clone(),
                ..TrackOptions::default()
            },
            sound: if options.tracks { SoundChoice::None } else { SoundChoice::Later },
            subtitles: false,
            ..options.clone()
        };
        let container = match open(location, &options) {
            Ok(container) => container,
            Err(error @ MediaError::Stopped) => return Err(error),
            Err(error) => {
                tracing::warn!("{error}; the film plays without it");
                return Ok(());
            }
        };
        let sounds = container.facts.tracks.iter().filter(|track| track.kind == TrackKind::Audio);
        let sounds = sounds.map(|track| TrackInfo { outside: named.map(str::to_owned), ..track.clone() });
        let last = listed::last_number(&self.tracks);
        self.audio = self.audio.with(&container.all_audio(location, &options, &self.along), last);
        self.tracks = listed::joined(std::mem::take(&mut self.tracks), &sounds.collect::<Vec<_>>());
        self.last.push(listed::last_number(&container.facts.tracks));
        self.along.add(container);
        Ok(())
    }

    /// None as yet, for containers that come before these.
    pub(super) fn before(&self) -> Self {
        Self { along: self.along.clone(), ..Self::default() }
    }

    /// These, which were begun [before](Self::before) `other`, and that behind them.
    pub(super) fn with(mut self, other: Self) -> Self {
        self.audio = self.audio.with(&other.audio, listed::last_number(&self.tracks));
        self.tracks = listed::joined(self.tracks, &other.tracks);
        // Both have the same containers, in the order in which they were opened.
        let mut containers = self.along.take();
        containers.rotate_left(other.last.len());
        containers.into_iter().for_each(|container| self.along.add(container));
        self.last.extend(other.last);
        self
    }

    /// The containers, to which others may come.
    pub(super) fn along(&self) -> &Along {
        &self.along
    }

    /// The audio tracks; their numbers count from 1.
    pub(super) fn tracks(&self) -> &[TrackInfo] {
        &self.tracks
    }

    /// The same, to choose among them.
    pub(super) fn audio(&self) -> &AudioTracks {
        &self.audio
    }

    /// Those to be written along, from film time `film` on; of all of them those whose numbers `is_wanted` has.
    pub(super) fn into_others(self, film: Time, is_wanted: impl Fn(u32) -> bool) -> Vec<OtherTracks> {
        let mut last = 0;
        let others = self.along.take().into_iter().zip(self.last).filter_map(|(container, count)| {
            let first = last;
            last += count;
            OtherTracks::alone(container, film, |number| is_wanted(first + number))
        });
        others.collect()
    }
}

fn open(location: &Location, options: &SourceOptions) -> Result<Container, MediaError> {
    let head = location.path().map(Head::read).transpose()?.flatten();
    let opened = Container::open(location, options, &[]);
    opened.map_err(|error| head.map_or_else(|| error.clone(), |head| head.explain(error.clone())))
}
