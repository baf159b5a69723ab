//! The options that choose among the tracks of a film.

use clap::Args;

use crate::media::{Languages, TrackChoice, TrackOptions};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tracks")]
pub(crate) struct TrackArguments {
    /// The audio track: its number, counted from 1, auto or no
    #[arg(long, default_value = "auto", value_name = "auto|no|NUMBER", hide_default_value = true)]
    aid: TrackChoice,
    /// The video track, likewise
    #[arg(long, default_value = "auto", value_name = "auto|NUMBER", hide_default_value = true, value_parser = video)]
    vid: TrackChoice,
    /// Languages of the sound, the one wanted most first (de,en); auto stands for the system's
    #[arg(long, default_value = "", value_name = "CODE,…", hide_default_value = true)]
    alang: Languages,
}

impl TrackArguments {
    pub(super) fn options(&self) -> TrackOptions {
        TrackOptions { video: self.vid, audio: self.aid, audio_languages: self.alang.clone() }
    }
}

fn video(text: &str) -> Result<TrackChoice, String> {
    match text.parse()? {
        TrackChoice::No => Err("without pictures there is nothing to show".to_owned()),
        choice => Ok(choice),
    }
}
