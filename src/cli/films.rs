//! The commands that need films, and what shows them: not there in a program without FFmpeg (feature `media`).

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::convert::{self, ConvertArguments};
use super::dataset::{self, DatasetArguments};
use super::eval::{self, EvalArguments, SheetArguments};
use super::headset::HeadsetArguments;
use super::pattern::{self, PatternError};
use super::play::{self, PlayError};
use super::run::CliError;
use super::stop::INTERRUPTED;
use super::{NetworkOptions, SceneOptions, options};
use crate::convert::ConvertError;
use crate::convert::plan::PlanError;
use crate::dataset::DatasetError;
use crate::eval::EvalError;
use crate::location::Location;
use crate::output::Outputs;
use crate::sink::Layout;
use crate::time::Position;

#[derive(Debug, Subcommand)]
pub(crate) enum FilmCommand {
    /// Play films and streams in 3D
    #[command(display_order = 0)]
    Play(PlayArguments),
    /// Convert films and pictures into 3D files
    #[command(display_order = 0)]
    Convert(ConvertArguments),
    /// Take pairs of eyes out of 3D films, to train with
    Dataset(DatasetArguments),
    /// Score the depth on stereo pairs and films (docs/eval.md)
    Eval(EvalArguments),
    /// Write a contact sheet of pictures and films with their disparity beside them
    Sheet(SheetArguments),
    /// Show or write a picture to check eyes and glasses with
    TestPattern(TestPatternArguments),
}

/// What ends one of them early.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilmCommandError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Convert(#[from] ConvertError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Eval(#[from] EvalError),
    #[error(transparent)]
    Play(#[from] PlayError),
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl FilmCommandError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Plan(error) if error.is_usage() => 2,
            Self::Dataset(error) if error.is_usage() => 2,
            Self::Convert(ConvertError::Interrupted { .. })
            | Self::Dataset(DatasetError::Interrupted(_))
            | Self::Eval(EvalError::Interrupted) => INTERRUPTED,
            _ => 1,
        }
    }
}

/// So that `?` takes what the commands' modules give.
macro_rules! from {
    ($($error:ty),*) => {$(
        impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::Film(error.into())
            }
        }
    )*};
}
from!(PlanError, ConvertError, DatasetError, EvalError, PlayError, PatternError);

/// Where a film goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SinkKind {
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
pub(crate) enum BenchSink {
    /// Nowhere, as fast as it goes
    Null,
    /// A headset, at the film's pace
    Vr,
}

#[derive(Debug, Args)]
pub(crate) struct PlayArguments {
    /// Films to play, one after another: files or http(s), HLS and RTSP addresses
    #[arg(required = true, value_name = "FILE|URL", value_parser = options::location())]
    pub(super) inputs: Vec<Location>,
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
    pub(super) headset: HeadsetArguments,
    #[command(flatten)]
    pub(super) scene: SceneOptions,
}

#[derive(Debug, Args)]
pub(crate) struct TestPatternArguments {
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

/// Measuring in a headset.
#[derive(Debug, Args)]
pub(crate) struct HeadsetBench {
    /// Where it goes
    #[arg(long, value_enum, default_value = "null")]
    pub(super) sink: BenchSink,
    #[command(flatten)]
    pub(super) headset: HeadsetArguments,
}

impl SceneOptions {
    /// The outputs of a command that reads what stands here.
    pub(super) fn outputs(&self, force: bool) -> Outputs {
        let mut outputs = self.network.outputs(force);
        if let Some(depth) = &self.kept.depth {
            outputs.protect(depth);
        }
        outputs
    }
}

impl NetworkOptions {
    /// The outputs of a command that reads what stands here.
    pub(super) fn outputs(&self, force: bool) -> Outputs {
        let mut outputs = Outputs::new(force);
        if let Some(weights) = &self.weights {
            outputs.protect(&weights.into());
        }
        outputs
    }
}

/// Does what was asked for.
pub(super) fn run(command: &FilmCommand) -> Result<(), CliError> {
    match command {
        FilmCommand::Play(arguments) => play::play(arguments),
        FilmCommand::Convert(arguments) => convert::convert(arguments),
        FilmCommand::Dataset(arguments) => dataset::dataset(arguments),
        FilmCommand::Eval(arguments) => eval::eval(arguments),
        FilmCommand::Sheet(arguments) => eval::sheet(arguments),
        FilmCommand::TestPattern(arguments) => pattern::show(arguments),
    }
}
