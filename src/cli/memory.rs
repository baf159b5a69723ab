//! The options about what is remembered of films.

use std::path::PathBuf;

use clap::Args;

use super::folders;
use super::options::yes_or_no;
use crate::control;
use crate::memory::Memory;
use crate::player::MemoryOptions;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Memory")]
pub(crate) struct MemoryArguments {
    /// Go on where a film stood when it was played last, set as it was then; --start goes before
    #[arg(long, alias = "resume", value_name = "yes|no", value_parser = yes_or_no)]
    resume_playback: Option<bool>,
    /// Keep that while a film plays, each second; without it only Q does
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    save_position_on_quit: Option<bool>,
    /// What is kept of a film (docs/playing.md has those that are kept otherwise)
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    watch_later_options: Option<Vec<String>>,
    /// The folder where it is kept, instead of deep3d/films in the user's folder for state
    #[arg(long, alias = "watch-later-dir", value_name = "FOLDER")]
    watch_later_directory: Option<PathBuf>,
    /// The options that stand in the command line itself.
    #[arg(skip)]
    pub(super) given: Vec<String>,
}

impl MemoryArguments {
    /// What is remembered; where nobody watches, only what was asked for.
    pub(super) fn options(&self, seen: bool) -> Option<MemoryOptions> {
        let [resume, save] = [self.resume_playback, self.save_position_on_quit].map(|given| given.unwrap_or(seen));
        let asked = self.resume_playback.is_some() || self.save_position_on_quit.is_some();
        if !seen && !asked {
            return None;
        }
        let folder = self.watch_later_directory.clone().or_else(|| Some(folders::state()?.join("films")))?;
        let memory = match Memory::new(folder) {
            Ok(memory) => memory,
            Err(error) => {
                tracing::warn!("where you are in films cannot be remembered: {error}");
                return None;
            }
        };
        let usual = || MemoryOptions::NAMES.iter().map(|name| (*name).to_owned()).collect();
        let names: Vec<String> = self.watch_later_options.clone().unwrap_or_else(usual);
        for name in names.iter().filter(|name| *name != "start" && control::find(name).is_err()) {
            tracing::warn!("--watch-later-options {name}: there is no such property; it is left out");
        }
        Some(MemoryOptions { memory, resume, save, names: names.into(), given: self.given.clone().into() })
    }
}

/// The names of the options that stand in a command line.
pub(super) fn given(arguments: &[std::ffi::OsString]) -> Vec<String> {
    let options = arguments.iter().take_while(|word| *word != "--");
    let name = |word: &std::ffi::OsString| word.to_str()?.strip_prefix("--")?.split('=').next().map(str::to_owned);
    options.filter_map(name).collect()
}
