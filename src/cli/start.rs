//! From the system's arguments to a command line that is understood, or the words for one that is not.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{Command, CommandFactory, FromArgMatches};
use tracing_subscriber::EnvFilter;

use super::config::{self, Completed};
use super::{Cli, log, pages, spelling};
use crate::terminal;

/// Reads the command line and starts the log.
///
/// # Errors
/// Help and version, which have been printed, or wrong usage, which has been told: the code to end with.
pub fn start() -> Result<Cli, ExitCode> {
    let command = spelling::with_values(Cli::command());
    let words = spelling::plain(&command, alone(std::env::args_os().collect()));
    if words.iter().take_while(|word| *word != "--").any(|word| word == "--list-options") {
        return Err(match pages::list_options() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                error.tell();
                ExitCode::from(error.exit_code())
            }
        });
    }
    let Completed { arguments, faults } = config::complete(&command, words.clone());
    let mut cli = read(&command, &arguments).map_err(|error| told(&error, &command, &arguments))?;
    let filter = EnvFilter::try_from_env("DEEP3D_LOG").unwrap_or_else(|_| EnvFilter::new(cli.log_filter()));
    if let Err(error) = log::start(filter, cli.log_file.as_deref()) {
        error.tell();
        return Err(ExitCode::from(error.exit_code()));
    }
    tracing::debug!("deep3d {}: {words:?}", env!("CARGO_PKG_VERSION"));
    faults.iter().for_each(|fault| tracing::warn!("{fault}; this is left out"));
    cli.hand_on(&words);
    Ok(cli)
}

/// Started without a word where there is a desktop, the program opens a window that says what to do.
fn alone(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let named = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    let desktop = cfg!(windows) || named("DISPLAY") || named("WAYLAND_DISPLAY");
    if cfg!(feature = "media") && arguments.len() == 1 && desktop {
        arguments.push("play".into());
    }
    arguments
}

fn read(command: &Command, arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut matches = command.clone().try_get_matches_from(arguments)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command.clone()))
}

/// clap quotes what it does not understand as it is: let it look at what is fit for a terminal.
fn told(error: &clap::Error, command: &Command, arguments: &[OsString]) -> ExitCode {
    let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    if !error.use_stderr() {
        return match error.print() {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                terminal::say(&format!("deep3d: stdout does not take the result: {error}"));
                ExitCode::FAILURE
            }
            _ => code,
        };
    }
    let safe = arguments.iter().map(|argument| terminal::line(&argument.to_string_lossy()).into_owned().into());
    // Escapes that make it right are beyond what can be told; so is whatever stderr does not take.
    if let Err(error) = read(command, &safe.collect::<Vec<_>>()) {
        let _ = error.print();
    }
    code
}
