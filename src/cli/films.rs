//! The commands that need films, and what shows them: not there in a program without FFmpeg (feature `media`).

use clap::Subcommand;

use super::convert::{self, ConvertArguments};
use super::dataset::{self, DatasetArguments};
use super::error::CliError;
use super::eval::{self, EvalArguments, SheetArguments};
use super::film_error::PatternError;
use super::pattern::{self, TestPatternArguments};
use super::play::{self, PlayArguments};
use crate::convert::ConvertError;
use crate::convert::plan::PlanError;
use crate::dataset::DatasetError;
use crate::eval::EvalError;
use crate::player::PlayError;
use crate::remote::RemoteError;

#[derive(Debug, Subcommand)]
pub(crate) enum FilmCommand {
    /// Play films and streams in 3D
    #[command(display_order = 0)]
    Play(Box<PlayArguments>),
    /// Convert films and pictures into 3D files
    #[command(display_order = 0)]
    Convert(Box<ConvertArguments>),
    /// Take pairs of eyes out of 3D films, to train with
    Dataset(DatasetArguments),
    /// Score the depth on stereo pairs and films (docs/eval.md)
    Eval(EvalArguments),
    /// Write a contact sheet of pictures and films with their disparity beside them
    Sheet(SheetArguments),
    /// Show or write a picture to check eyes and glasses with
    TestPattern(TestPatternArguments),
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
from!(PlanError, ConvertError, DatasetError, EvalError, PlayError, RemoteError, PatternError);

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
