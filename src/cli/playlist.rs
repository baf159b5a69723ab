//! The options about the list of what is played.

use clap::{Args, ValueEnum};

use super::options;
use crate::location::Location;
use crate::player::{Idle, Loop, PlayerOptions};
use crate::playlist::{Autocreate, DirectoryMode, Entry, Unfolding};

/// `--idle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IdleChoice {
    /// The program ends when nothing is left to play
    No,
    /// It waits until something is played for the first time
    Once,
    /// It waits for something to play until it is told to quit
    Yes,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Playlist")]
pub(crate) struct PlaylistArguments {
    /// A list of files: m3u, pls, cue, or plain text with a name a line; behind those that are named
    #[arg(long, value_name = "FILE", value_parser = options::location())]
    playlist: Vec<Location>,
    /// Which of the list comes first, counted from 0
    #[arg(long, value_name = "auto|no|NUMBER", default_value = "auto", value_parser = start)]
    playlist_start: PlaylistStart,
    /// Play the list in an order by chance
    #[arg(long)]
    shuffle: bool,
    /// How often each file is repeated: inf, no or a number
    #[arg(long, value_name = "N|inf|no", num_args = 0..=1, require_equals = true, default_value = "no", default_missing_value = "inf")]
    loop_file: Loop,
    /// How often the list is played: inf, force (also where nothing of it can be), no or a number
    #[arg(long, value_name = "N|inf|force|no", num_args = 0..=1, require_equals = true, default_missing_value = "inf")]
    loop_playlist: Option<Loop>,
    /// Begin again at the end: --loop-playlist=inf
    #[arg(long = "loop", conflicts_with = "loop_playlist")]
    repeat: bool,
    /// What becomes of folders in folders
    #[arg(long, value_name = "MODE", value_enum, default_value = "auto")]
    directory_mode: DirectoryMode,
    /// What else of its folder is played with a file
    #[arg(long, value_name = "WHAT", value_enum, default_value = "no")]
    autocreate_playlist: Autocreate,
    /// Whether to wait for something to play where there is nothing; by default if nothing is named
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    idle: Option<IdleChoice>,
}

/// `--playlist-start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PlaylistStart(Option<usize>);

fn start(text: &str) -> Result<PlaylistStart, String> {
    match text {
        "auto" | "no" => Ok(PlaylistStart(None)),
        _ => match text.parse() {
            Ok(place) => Ok(PlaylistStart(Some(place))),
            Err(_) => Err(format!("'{text}' is no place in the list: auto, no, or a number from 0 on")),
        },
    }
}

impl PlaylistArguments {
    /// What is played: `inputs`, then the lists.
    pub(super) fn entries(&self, inputs: &[Location]) -> Vec<Entry> {
        let lists = self.playlist.iter().map(|list| Entry::list(list.clone()));
        inputs.iter().map(Entry::from).chain(lists).collect()
    }

    /// How folders are read.
    pub(super) fn unfolding(&self) -> Unfolding {
        Unfolding { directories: self.directory_mode, autocreate: self.autocreate_playlist, shuffled: self.shuffle }
    }

    /// `options` with these; `is_empty`: nothing is named.
    pub(super) fn player(&self, options: PlayerOptions, is_empty: bool) -> PlayerOptions {
        let again = match self.loop_playlist.unwrap_or_default() {
            _ if self.repeat => Loop::Endless,
            // The first time counts.
            Loop::Times(times) => Loop::from(Some(times.saturating_sub(1))),
            other => other,
        };
        let idle = match self.idle {
            Some(IdleChoice::No) => Idle::No,
            Some(IdleChoice::Once) => Idle::Once,
            Some(IdleChoice::Yes) => Idle::Yes,
            None if is_empty => Idle::Yes,
            None => Idle::No,
        };
        PlayerOptions {
            loop_playlist: again,
            loop_file: self.loop_file,
            shuffle: self.shuffle,
            playlist_start: self.playlist_start.0,
            idle,
            ..options
        }
    }

    /// Whether it is waited for something to play, whatever is named.
    pub(super) fn waits(&self) -> bool {
        matches!(self.idle, Some(IdleChoice::Once | IdleChoice::Yes))
    }
}
