//! The command line: what may be said, and who does it.
//!
//! Results go to stdout, logs and errors to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

mod dataset;
mod eval;
mod folders;
pub mod headset;
mod options;
mod pattern;
mod play;
mod run;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use options::{NetworkOptions, PictureOptions, QueueOptions, SceneOptions};
pub use run::run;

use crate::sink::Layout;
use crate::time::Position;

/// Plays any 2D film in 3D, live.
#[derive(Debug, Parser)]
#[command(name = "deep3d", version, about, max_term_width = 110, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Say more on stderr (-vv: everything)
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

impl Cli {
    /// What the log shows, as `tracing` writes it.
    pub fn log_filter(&self) -> &'static str {
        match (self.quiet, self.verbose) {
            (true, _) => "error",
            // winit remarks on the window system, which nobody at the terminal can change.
            (_, 0) => "warn,winit=error",
            (_, 1) => "info",
            (_, 2) => "debug",
            _ => "trace",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Play films and streams in 3D
    Play(PlayArguments),
    /// Convert films and pictures into 3D files
    Convert(ConvertArguments),
    /// Measure how fast films are turned into 3D here
    Bench(BenchArguments),
    /// Take pairs of eyes out of 3D films, to train with
    Dataset(dataset::DatasetArguments),
    /// Score the depth on stereo pairs and films (docs/eval.md)
    Eval(eval::EvalArguments),
    /// Write a contact sheet of pictures and films with their disparity beside them
    Sheet(eval::SheetArguments),
    /// Import and look into weights files
    #[command(subcommand)]
    Weights(WeightsCommand),
    /// Say what this machine has, what is missing, and the cure
    Doctor,
    /// Show or write a picture to check eyes and glasses with
    TestPattern(TestPatternArguments),
}

/// Where a film goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SinkKind {
    /// The window
    Auto,
    /// A desktop window
    Window,
    /// A headset, through OpenXR
    Vr,
    /// Nowhere: for measuring
    Null,
}

/// Where a measured film goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BenchSink {
    /// Nowhere, as fast as it goes
    Null,
    /// A headset, at the film's pace
    Vr,
}

#[derive(Debug, Args)]
pub(super) struct PlayArguments {
    /// Films to play, one after another: files or http(s), HLS and RTSP addresses
    #[arg(required = true, value_name = "FILE|URL")]
    pub(super) inputs: Vec<String>,
    /// Where to show them
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) sink: SinkKind,
    /// Begin again at the end
    #[arg(long = "loop")]
    pub(super) repeat: bool,
    /// Where to begin: seconds, mm:ss, hh:mm:ss, -30 (from the end) or 50%
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) start: Option<Position>,
    /// Fill the screen
    #[arg(long)]
    pub(super) fullscreen: bool,
    #[command(flatten)]
    pub(super) headset: headset::HeadsetArguments,
    #[command(flatten)]
    pub(super) scene: SceneOptions,
}

#[derive(Debug, Args)]
pub(super) struct ConvertArguments {
    /// Films and pictures to convert
    #[arg(required = true, value_name = "IN")]
    pub(super) inputs: Vec<String>,
    /// The file to write, its kind told by its extension; a folder for several inputs
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: PathBuf,
    /// Where to begin: seconds, mm:ss, hh:mm:ss, -30 (from the end) or 50%
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) start: Option<Position>,
    /// Where to end, written likewise
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) end: Option<Position>,
    /// The film's codec; without it H.264 up to 4096 pixels of width and HEVC beyond
    #[arg(long, value_name = "h264|hevc|av1")]
    pub(super) codec: Option<crate::media::encode::Codec>,
    /// Quality: lower is better and larger; without it a good middle for the codec
    #[arg(long)]
    pub(super) crf: Option<u8>,
    /// Time that the encoder may take: slower is smaller
    #[arg(long, value_enum, default_value = "medium", hide_possible_values = true, value_name = "ultrafast..veryslow")]
    pub(super) preset: crate::media::encode::Preset,
    /// Overwrite what is there
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) scene: SceneOptions,
}

#[derive(Debug, Args)]
pub(super) struct BenchArguments {
    /// The film to measure with; without it 1280×720 pictures made up on the way
    pub(super) file: Option<String>,
    /// Frames to measure
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) frames: u32,
    /// Frames to run first without measuring
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(super) warm_up: u32,
    /// Where it goes
    #[arg(long, value_enum, default_value = "null")]
    pub(super) sink: BenchSink,
    /// Print JSON (its keys: docs/performance.md)
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) headset: headset::HeadsetArguments,
    #[command(flatten)]
    pub(super) scene: SceneOptions,
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

#[derive(Debug, Args)]
pub(super) struct TestPatternArguments {
    /// Write this picture instead of showing a window
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: Option<PathBuf>,
    /// How the two eyes are arranged
    #[arg(long, default_value = "sbs", value_name = "LAYOUT")]
    pub(super) layout: Layout,
    /// Width and height of one eye's picture in pixels
    #[arg(long, default_value = "1920x1080", value_name = "WxH", value_parser = options::size)]
    pub(super) size: [u32; 2],
    /// Fill the screen
    #[arg(long)]
    pub(super) fullscreen: bool,
    /// Exchange the eyes
    #[arg(long)]
    pub(super) swap_eyes: bool,
    /// Overwrite what is there
    #[arg(long)]
    pub(super) force: bool,
    /// The GPU: a number from `deep3d doctor` or part of its name
    #[arg(long, value_name = "GPU")]
    pub(super) gpu: Option<String>,
}
