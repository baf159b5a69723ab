//! `deep3d eval` and `deep3d sheet`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};

use super::NetworkOptions;
use super::error::CliError;
use super::options::{ReadingOptions, location};
use super::print::{print, print_lines};
use super::setup::{check_validation, gpu_options, load_weights};
use super::stop::stop_on_interrupt;
use crate::eval::sheet::SheetOptions;
use crate::eval::{self, EvalOptions, Rival, sheet};
use crate::film::{FilmOptions, LOOK_AHEAD};
use crate::gpu::{Gpu, Headless};
use crate::location::{Location, os_string};

#[derive(Debug, Args)]
pub(crate) struct EvalArguments {
    /// The folder: NAME_left and NAME_right pictures, NAME_disp.png where measured (with scale.csv), and films
    folder: PathBuf,
    /// Score another method too: a folder of NAME.png, grey, brighter is nearer
    #[arg(long = "rival", value_name = "NAME=DIR", value_parser = OsStringValueParser::new().try_map(named_folder))]
    rivals: Vec<(String, PathBuf)>,
    /// Show this pair, but do not count it in the means
    #[arg(long, value_name = "NAME")]
    uncounted: Vec<String>,
    /// Frames of each film to look for flicker in
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    frames: u32,
    /// Only look how well cuts are found in the films that have FILM.cuts.csv beside them; needs no GPU
    #[arg(long, conflicts_with_all = ["rivals", "uncounted"])]
    cuts: bool,
    /// Only look how right the right view is around silhouettes, on pairs whose disparity is known exactly
    #[arg(long, conflicts_with_all = ["rivals", "uncounted", "cuts"])]
    edges: bool,
    /// With --edges: write the right views into this folder, as PNG
    #[arg(long, value_name = "DIR", requires = "edges")]
    views: Option<PathBuf>,
    /// Overwrite views that are there
    #[arg(long, requires = "views")]
    force: bool,
    /// Frames after it that each frame's depth is made with, and cuts are found with
    #[arg(long, default_value_t = LOOK_AHEAD as u8, value_name = "FRAMES", value_parser = clap::value_parser!(u8).range(0..=8))]
    look_ahead: u8,
    /// Take each frame's disparity as the network gives it, unfiltered
    #[arg(long)]
    raw: bool,
    /// Print JSON (its keys: docs/eval.md)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    network: NetworkOptions,
}

#[derive(Debug, Args)]
pub(crate) struct SheetArguments {
    /// Pictures, films, and folders of them
    #[arg(required = true, value_name = "IN", value_parser = location())]
    inputs: Vec<Location>,
    /// The picture to write
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Pictures in a row, each with its disparity
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=16))]
    columns: u32,
    /// Width of each picture on the sheet, in pixels
    #[arg(long, default_value_t = 320, value_parser = clap::value_parser!(u32).range(32..=2048))]
    width: u32,
    /// Frames of each film, evenly over its length
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    frames: u32,
    /// Overwrite what is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    reading: ReadingOptions,
    #[command(flatten)]
    network: NetworkOptions,
}

/// `NAME=DIR`.
fn named_folder(text: OsString) -> Result<(String, PathBuf), String> {
    let named = || {
        let bytes = text.as_encoded_bytes();
        let at = bytes.iter().position(|byte| *byte == b'=').filter(|at| (1..bytes.len() - 1).contains(at))?;
        let name = std::str::from_utf8(&bytes[..at]).ok()?;
        Some((name.to_owned(), os_string(bytes[at + 1..].to_vec())?.into()))
    };
    named().ok_or_else(|| format!("'{}' names no folder: write NAME=DIR", text.display()))
}

fn film_options(network: &NetworkOptions) -> FilmOptions {
    FilmOptions { network_area: network.network_size, precision: network.precision, ..FilmOptions::default() }
}

pub(super) fn eval(arguments: &EvalArguments) -> Result<(), CliError> {
    let look_ahead = usize::from(arguments.look_ahead);
    if arguments.cuts {
        let report = eval::cuts::run(&arguments.folder, look_ahead, &stop_on_interrupt(|| Some(PathBuf::new())))?;
        return print(&report, arguments.json, || report.table());
    }
    let views = match &arguments.views {
        Some(folder) => {
            let outputs = arguments.network.outputs(arguments.force);
            Some(eval::silhouettes::Views::new(folder, &arguments.folder, outputs)?)
        }
        None => None,
    };
    let weights = load_weights(&arguments.network)?;
    let gpu = Gpu::new(&Headless, &gpu_options(arguments.network.gpu.clone()))?;
    let rival = |(name, folder): &(String, _)| Rival { name: name.clone(), folder: PathBuf::clone(folder) };
    let options = EvalOptions {
        folder: arguments.folder.clone(),
        rivals: arguments.rivals.iter().map(rival).collect(),
        uncounted: arguments.uncounted.clone(),
        frames: arguments.frames,
        film: FilmOptions { look_ahead, steady: !arguments.raw, ..film_options(&arguments.network) },
    };
    if arguments.edges {
        let report = eval::silhouettes::run(
            &gpu,
            &weights,
            &options,
            views.as_ref(),
            &stop_on_interrupt(|| Some(PathBuf::new())),
        )?;
        print(&report, arguments.json, || report.table())?;
        return check_validation(&gpu);
    }
    let report = eval::run(&gpu, &weights, &options, &stop_on_interrupt(|| Some(PathBuf::new())))?;
    print(&report, arguments.json, || report.table())?;
    check_validation(&gpu)
}

pub(super) fn sheet(arguments: &SheetArguments) -> Result<(), CliError> {
    let files = sheet::files(&arguments.inputs)?;
    let mut outputs = arguments.network.outputs(arguments.force);
    files.iter().for_each(|file| outputs.protect(file));
    outputs.take(&arguments.output)?;
    outputs.sweep();
    let weights = load_weights(&arguments.network)?;
    let gpu = Gpu::new(&Headless, &gpu_options(arguments.network.gpu.clone()))?;
    let options = SheetOptions {
        columns: arguments.columns,
        width: arguments.width,
        frames: arguments.frames,
        film: FilmOptions { reading: arguments.reading.reading(), ..film_options(&arguments.network) },
        force: arguments.force,
    };
    let names =
        sheet::run(&gpu, &weights, &files, &arguments.output, &options, &stop_on_interrupt(|| Some(PathBuf::new())))?;
    for row in names.chunks(arguments.columns as usize) {
        print_lines(&format!("{}\n", row.join(" | ")))?;
    }
    check_validation(&gpu)
}
