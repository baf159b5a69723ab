//! The command line: what may be said, and who does it.
//!
//! Results go to stdout, logs and errors to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

#[cfg(feature = "media")]
mod adjust;
#[cfg(feature = "media")]
mod cache;
mod config;
#[cfg(feature = "media")]
mod convert;
#[cfg(feature = "media")]
mod convert_report;
#[cfg(feature = "media")]
mod dataset;
mod error;
#[cfg(feature = "media")]
mod eval;
#[cfg(feature = "media")]
mod film_error;
#[cfg(feature = "media")]
mod films;
mod folders;
#[cfg(feature = "media")]
mod headset;
#[cfg(feature = "media")]
mod input;
mod log;
#[cfg(feature = "media")]
mod memory;
mod options;
#[cfg(feature = "media")]
mod osd;
mod outputs;
#[cfg(feature = "media")]
mod paced;
mod pages;
#[cfg(feature = "media")]
mod painter;
#[cfg(feature = "media")]
mod pattern;
#[cfg(feature = "media")]
mod picture;
#[cfg(feature = "media")]
mod play;
#[cfg(feature = "media")]
mod playlist;
mod plot;
mod print;
mod run;
mod setup;
#[cfg(feature = "media")]
mod shots;
#[cfg(feature = "media")]
mod sound;
mod spelling;
mod start;
mod stop;
#[cfg(feature = "media")]
mod subtitle_style;
#[cfg(feature = "media")]
mod subtitles;
#[cfg(feature = "media")]
mod tracks;
#[cfg(feature = "media")]
mod window;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::location::Location;
use clap::{Args, Parser, Subcommand};
#[cfg(feature = "media")]
use films::FilmCommand;
#[cfg(feature = "media")]
use headset::HeadsetBench;

pub use options::{KeptOptions, NetworkOptions, PictureOptions, QueueOptions, SceneOptions};
pub use run::run;
pub use start::start;

/// Plays any 2D film in 3D, live.
#[derive(Debug, Parser)]
#[command(name = "deep3d", version, about, max_term_width = 110, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Say more on stderr (-vv: everything)
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    /// Take this set of options of config.toml, too; several are parted by commas
    #[arg(long, global = true, value_name = "NAME,…", value_delimiter = ',')]
    profile: Vec<String>,
    /// Leave config.toml and input.conf alone
    #[arg(long, global = true)]
    no_config: bool,
    /// Write the log, as with -vv, behind what is in this file, too
    #[arg(long, global = true, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// List every option of play with its value, and what it is without
    #[arg(long, global = true)]
    list_options: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

impl Cli {
    /// What a command has to know of the options of all of them, and of the words as they were written.
    fn hand_on(&mut self, #[cfg_attr(not(feature = "media"), allow(unused))] words: &[OsString]) {
        #[cfg(feature = "media")]
        if let Command::Film(command) = &mut self.command
            && let FilmCommand::Play(arguments) = &mut **command
        {
            arguments.input.without_usual = self.no_config;
            arguments.memory.given = memory::given(words);
        }
    }

    /// What the log shows, as `tracing` writes it.
    fn log_filter(&self) -> &'static str {
        match (self.quiet, self.verbose) {
            // The sound server's client complains of a server that ends, which is told in our words.
            (true, _) => "error,pulseaudio=off",
            // winit remarks on the window system, which nobody at the terminal can change.
            (_, 0) => "warn,winit=error,pulseaudio=off",
            (_, 1) => "info,pulseaudio=off",
            (_, 2) => "debug",
            _ => "trace",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[cfg(feature = "media")]
    #[command(flatten)]
    Film(Box<FilmCommand>),
    /// Measure how fast films are turned into 3D here
    Bench(Box<BenchArguments>),
    /// Measure every kernel path of a GPU, accuracy first
    BenchGpu(BenchGpuArguments),
    /// Import and look into weights files
    #[command(subcommand)]
    Weights(WeightsCommand),
    /// Say what this machine has, what is missing, and the cure
    Doctor,
    /// Write what a shell needs to complete command lines
    Completions(pages::CompletionsArguments),
    /// Write a man page
    Man(pages::ManArguments),
}

#[derive(Debug, Args)]
pub(super) struct BenchArguments {
    /// The film to measure with; without it 1280×720 pictures made up on the way
    #[arg(value_parser = options::location())]
    pub(super) file: Option<Location>,
    /// Frames to measure
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) frames: u32,
    /// Frames to run first without measuring
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(super) warm_up: u32,
    /// Print JSON (its keys: docs/performance.md)
    #[arg(long)]
    pub(super) json: bool,
    /// Draw what was measured over time into this SVG
    #[arg(long, value_name = "FILE.svg")]
    pub(super) plot: Option<PathBuf>,
    /// Overwrite what is there
    #[arg(long)]
    pub(super) force: bool,
    #[cfg(feature = "media")]
    #[command(flatten)]
    pub(super) headset: HeadsetBench,
    #[command(flatten)]
    pub(super) scene: SceneOptions,
}

#[derive(Debug, Args)]
pub(super) struct BenchGpuArguments {
    /// One small size of each and a few runs: whether it works, rather than how fast
    #[arg(long)]
    pub(super) quick: bool,
    /// Print JSON (its keys: docs/performance.md); the table goes to stderr
    #[arg(long)]
    pub(super) json: bool,
    /// The GPU: a number from `deep3d doctor` or part of its name
    #[arg(long, value_name = "GPU")]
    pub(super) gpu: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum WeightsCommand {
    /// Make a safetensors file of MXNet's .params
    Import {
        /// The .params file (deep3d-0050.params, say)
        file: PathBuf,
        /// The file to write
        #[arg(short, long)]
        output: PathBuf,
        /// Read the batch norms' moving_inv_var as a variance (cuDNN 5 and newer) instead of an inverse deviation
        #[arg(long)]
        variance: bool,
        /// Overwrite what is there
        #[arg(long)]
        force: bool,
    },
    /// Show what a weights file holds
    Inspect {
        /// A .safetensors or .params file
        file: PathBuf,
    },
}
