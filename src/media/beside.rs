//! Sound that lies elsewhere than a film's pictures: in files that the viewer names, or at a page's second address. Each container is read by itself, only
//! while one of its tracks plays, and goes along wherever the film goes.

use std::ffi::OsStr;

use super::container::{AudioTracks, Container, OtherTracks};
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
    containers: Vec<Container>,
    /// Their audio tracks; the numbers count from 1 over all of them.
    tracks: Vec<TrackInfo>,
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
        // All that is written along, or none until it is chosen.
        let audio = if options.tracks { TrackChoice::Auto } else { TrackChoice::No };
        let options = SourceOptions {
            start: None,
            end: None,
            wanted: TrackOptions { video: TrackChoice::No, audio, ..TrackOptions::default() },
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
        container.set_alone();
        let sounds = container.facts.tracks.iter().filter(|track| track.kind == TrackKind::Audio);
        let sounds = sounds.map(|track| TrackInfo { outside: named.map(str::to_owned), ..track.clone() });
        self.tracks = listed::joined(std::mem::take(&mut self.tracks), &sounds.collect::<Vec<_>>());
        self.containers.push(container);
        Ok(())
    }

    /// `other` behind these.
    pub(super) fn with(mut self, other: Self) -> Self {
        self.tracks = listed::joined(self.tracks, &other.tracks);
        self.containers.extend(other.containers);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.containers.is_empty()
    }

    /// The audio tracks; their numbers count from 1.
    pub(super) fn tracks(&self) -> &[TrackInfo] {
        &self.tracks
    }

    /// The same, to choose among them.
    pub(super) fn audio(&self) -> AudioTracks {
        let mut last = 0;
        self.containers.iter().fold(AudioTracks::none(), |all, container| {
            let all = all.with(container.audio(), last);
            last += listed::last_number(&container.facts.tracks);
            all
        })
    }

    /// Goes along to `target`. What cannot is silent.
    pub(super) fn seek(&self, target: Time, epoch: u32) -> Result<(), MediaError> {
        for container in &self.containers {
            match container.go_along(target, epoch) {
                Err(error @ (MediaError::Stopped | MediaError::Interrupted)) => return Err(error),
                // That it cannot be sent there is told where it happens.
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Those to be written along, from film time `film` on; of all of them those whose numbers `is_wanted` has.
    pub(super) fn into_others(self, film: Time, is_wanted: impl Fn(u32) -> bool) -> Vec<OtherTracks> {
        let mut last = 0;
        let others = self.containers.into_iter().filter_map(|container| {
            let first = last;
            last += listed::last_number(&container.facts.tracks);
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
