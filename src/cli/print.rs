//! Results on stdout.

use std::io::Write;

use super::error::CliError;
use crate::terminal;

/// The result on stdout.
pub(super) fn print(report: &impl serde::Serialize, json: bool, table: impl Fn() -> String) -> Result<(), CliError> {
    let mut stdout = std::io::stdout();
    if json {
        let text = serde_json::to_string_pretty(report).map_err(std::io::Error::from)?;
        Ok(writeln!(stdout, "{}", terminal::json(&text))?)
    } else {
        print_lines(&table())
    }
}

/// Lines for people on stdout.
pub(super) fn print_lines(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout();
    write!(stdout, "{}", terminal::lines(text))?;
    Ok(stdout.flush()?)
}
