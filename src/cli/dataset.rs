//! `deep3d dataset`: pairs of eyes out of 3D films.

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::options::location;
use super::print::print_lines;
use super::stop::stop_on_interrupt;
use crate::dataset::{self, DatasetOptions, SourceLayout};
use crate::location::Location;
use crate::time::Time;

#[derive(Debug, Args)]
pub(crate) struct DatasetArguments {
    /// 3D films, side by side or one above the other
    #[arg(required = true, value_name = "FILM", value_parser = location())]
    films: Vec<Location>,
    /// The folder for the shards
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// How the films are packed
    #[arg(long, value_enum, default_value = "auto", value_name = "LAYOUT")]
    source_layout: SourceLayout,
    /// Exchange the eyes
    #[arg(long)]
    swap_eyes: bool,
    /// Seconds of film between two pairs
    #[arg(long, default_value = "0.5", value_name = "SECONDS", value_parser = seconds)]
    every: f64,
    /// Width of an eye's picture in pixels, before its bars are taken off; never enlarged
    #[arg(long, default_value_t = 640, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(64..=4096))]
    width: u32,
    /// The most pairs in a shard
    #[arg(long, default_value_t = 1000, value_name = "PAIRS", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    shard: u64,
    /// Begin anew where shards are there already
    #[arg(long)]
    force: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    if (0.01..=3600.0).contains(&value) { Ok(value) } else { Err("it is from 0.01 to 3600 seconds".to_owned()) }
}

pub(super) fn dataset(arguments: &DatasetArguments) -> Result<(), CliError> {
    let options = DatasetOptions {
        layout: arguments.source_layout,
        swap_eyes: arguments.swap_eyes,
        every: Time::from_seconds(arguments.every),
        width: arguments.width,
        shard: arguments.shard,
        force: arguments.force,
    };
    let mut told = Ok(());
    let stop = stop_on_interrupt(|| Some(PathBuf::new()));
    let result = dataset::run(&arguments.films, &arguments.output, &options, &stop, |report| {
        if told.is_ok() {
            told = print_lines(&report.to_string());
        }
    });
    result?;
    told
}
