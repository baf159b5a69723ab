//! What an mpv user does in the first ten minutes, done to mpv and to this program, and docs/mpv.md made of it. `./x test-mpv` runs it.
//!
//! Arguments: `--write` makes docs/mpv.md anew; words choose the rows that hold them.
#![cfg_attr(not(target_os = "linux"), allow(unused))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/display.rs"]
mod display;
#[path = "../common/ffmpeg.rs"]
mod ffmpeg;
mod films;
mod page;
mod player;
mod rows;
mod run;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let write = arguments.iter().any(|argument| argument == "--write");
    let words: Vec<_> =
        arguments.iter().filter(|argument| !["--write", "--nocapture"].contains(&argument.as_str())).collect();
    let chosen = |row: &rows::Row| words.is_empty() || words.iter().any(|word| row.text().contains(word.as_str()));
    let folder = tempfile::tempdir().unwrap();
    films::make(folder.path());
    let wrong = run::all(folder.path(), chosen);
    let page = page::page();
    if write {
        std::fs::write(page::PATH, &page).unwrap();
    }
    let stale = std::fs::read_to_string(page::PATH).ok().as_ref() != Some(&page);
    if stale {
        eprintln!("docs/mpv.md is not what the rows say: ./x test-mpv --write");
    }
    println!("{} rows, {} not as they say", rows::ROWS.len(), wrong.len());
    if wrong.is_empty() && !stale { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
