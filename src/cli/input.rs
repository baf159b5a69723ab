//! The options about keys, and the file that binds them.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use clap::Args;

use super::error::CliError;
use super::folders;
use super::options::yes_or_no;
use crate::control::{Bindings, Keyboard};
use crate::player::{Controls, MemoryOptions, Remembering};
use crate::remote::{DesktopOptions, Remote};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Controls")]
pub(crate) struct InputArguments {
    /// The file that binds keys, as mpv's does (docs/keys.md), instead of input.conf in the folder for settings
    #[arg(long, value_name = "FILE")]
    input_conf: Option<PathBuf>,
    /// Whether keys do what they do where that file does not name them
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = yes_or_no)]
    input_default_bindings: bool,
    /// Make a socket at which other programs may tell the player what to do, in mpv's JSON protocol (docs/control.md)
    #[arg(long, value_name = "PATH")]
    input_ipc_server: Option<PathBuf>,
    /// Whether the desktop's player controls and media keys work on the player
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    media_controls: Option<bool>,
    /// Whether the screen saver is held off while a film runs
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    stop_screensaver: Option<bool>,
    /// Files that nobody has named are left alone.
    #[arg(skip)]
    pub(super) without_usual: bool,
}

impl InputArguments {
    /// Who may tell the player what to do.
    pub(super) fn control(&self, memory: Option<MemoryOptions>, seen: bool) -> Result<Controls, CliError> {
        // Where nobody watches, only what was asked for.
        let [controls, screen_saver] = [self.media_controls, self.stop_screensaver].map(|given| given.unwrap_or(seen));
        let desktop = DesktopOptions { controls, screen_saver };
        let remote = Remote::new(self.input_ipc_server.as_deref(), desktop)?;
        Ok(Controls { keyboard: self.keyboard()?, remote, memory: Remembering::new(memory) })
    }

    /// What the keys do.
    fn keyboard(&self) -> Result<Keyboard, CliError> {
        let mut bindings = if self.input_default_bindings { Bindings::default() } else { Bindings::none() };
        let (file, text) = match &self.input_conf {
            Some(file) => {
                let wrong = |error: io::Error| CliError::Usage(format!("--input-conf {}: {error}", file.display()));
                (file.clone(), Some(folders::read_settings(file).map_err(wrong)?))
            }
            None if self.without_usual => return Ok(Keyboard::new(bindings)),
            None => match folders::settings().map(|folder| folder.join("input.conf")) {
                Some(file) => {
                    let text = usual(&file);
                    (file, text)
                }
                None => return Ok(Keyboard::new(bindings)),
            },
        };
        for error in bindings.read(&text.unwrap_or_default()) {
            tracing::warn!("{}: {error}; the line is left out", file.display());
        }
        Ok(Keyboard::new(bindings))
    }
}

/// What the usual file says, where there is one.
fn usual(file: &Path) -> Option<String> {
    match folders::read_settings(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!("{}: {error}; keys do what they usually do", file.display());
            None
        }
    }
}
