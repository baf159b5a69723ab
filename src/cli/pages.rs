//! What the command line says of itself: the man pages, completions for shells, and the list of options.

use std::io::{self, Write};

use clap::builder::Arg;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::error::CliError;
use super::print::print_lines;
use super::{Cli, spelling};

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// For which shell
    shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// The page of this command, instead of the program's
    command: Option<String>,
}

fn program() -> Command {
    let mut program = spelling::with_values(Cli::command());
    program.build();
    program
}

/// What a shell has to read to complete command lines.
pub(super) fn completions(arguments: &CompletionsArguments) -> Result<(), CliError> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut spelling::with_values(Cli::command()), "deep3d", &mut text);
    written(&text)
}

/// A man page, in roff.
pub(super) fn man(arguments: &ManArguments) -> Result<(), CliError> {
    let program = program();
    let page = match &arguments.command {
        None => program,
        Some(name) => {
            let missing = || CliError::Usage(format!("there is no command '{name}': `deep3d help` lists them"));
            program.find_subcommand(name).ok_or_else(missing)?.clone()
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    written(&text)
}

fn written(text: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout();
    stdout.write_all(text)?;
    Ok(stdout.flush()?)
}

/// Every option of the command that plays, or of all where there is none: its name, its value and what it is without.
pub(super) fn list_options() -> Result<(), CliError> {
    let program = program();
    let own = program.find_subcommand("play").unwrap_or(&program);
    let mut lines: Vec<String> = own.get_arguments().filter_map(line).collect();
    lines.sort();
    print_lines(&format!("Options:\n\n{}\n\nTotal: {} options\n", lines.join("\n"), lines.len()))
}

fn line(option: &Arg) -> Option<String> {
    let name = option.get_long().filter(|_| !option.is_hide_set())?;
    let possible: Vec<String> = option.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let value = match option.get_value_names() {
        _ if !option.get_action().takes_values() => "Flag".to_owned(),
        _ if !possible.is_empty() => possible.join("|"),
        Some(names) => names.iter().map(|name| name.to_string()).collect::<Vec<_>>().join(" "),
        None => String::new(),
    };
    let default: Vec<String> =
        option.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    let default = if default.is_empty() { String::new() } else { format!(" (default: {})", default.join(",")) };
    Some(format!(" --{name:<32} {value}{default}"))
}
