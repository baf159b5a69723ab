//! The options that choose among the tracks of a film.

use clap::Args;

use super::options::location;
use crate::film::SubAuto;
use crate::location::Location;
use crate::media::{Languages, TrackChoice, TrackOptions};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tracks")]
pub(crate) struct TrackArguments {
    /// The audio track: its number, counted from 1, auto or no
    #[arg(long, default_value = "auto", value_name = "auto|no|NUMBER", hide_default_value = true)]
    aid: TrackChoice,
    /// The video track, likewise; without one, sound is heard and the cover or a plain picture seen
    #[arg(long, alias = "video", default_value = "auto", value_name = "auto|no|NUMBER", hide_default_value = true)]
    vid: TrackChoice,
    /// Languages of the sound, the one wanted most first (de,en); auto stands for the system's
    #[arg(long, default_value = "", value_name = "CODE,…", hide_default_value = true)]
    alang: Languages,
    /// A file with sound for the film, which goes before the film's own; may be given several times
    #[arg(long = "audio-file", value_name = "FILE|URL", value_parser = location())]
    audio_files: Vec<Location>,
    /// Which files beside a film are taken for its sound, too
    #[arg(long, value_enum, default_value = "no", value_name = "no|exact|fuzzy|all", hide_possible_values = true)]
    pub(super) audio_file_auto: SubAuto,
}

impl TrackArguments {
    pub(super) fn options(&self) -> TrackOptions {
        TrackOptions {
            video: self.vid,
            audio: self.aid,
            audio_languages: self.alang.clone(),
            audio_files: self.audio_files.clone(),
        }
    }

    /// The files that are named.
    pub(super) fn files(&self) -> &[Location] {
        &self.audio_files
    }
}
