//! What can end the commands that need films.

use super::stop::INTERRUPTED;
use crate::convert::ConvertError;
use crate::convert::plan::PlanError;
use crate::dataset::DatasetError;
use crate::eval::EvalError;
use crate::gpu::GpuError;
use crate::media::encode::EncodeError;
use crate::player::PlayError;
use crate::remote::RemoteError;
use crate::sink::window::WindowError;

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
    Remote(#[from] RemoteError),
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl FilmCommandError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Remote(_) => 2,
            Self::Plan(error) if error.is_usage() => 2,
            Self::Dataset(error) if error.is_usage() => 2,
            Self::Convert(ConvertError::Interrupted { .. })
            | Self::Dataset(DatasetError::Interrupted(_))
            | Self::Eval(EvalError::Interrupted) => INTERRUPTED,
            _ => 1,
        }
    }
}

/// What can go wrong with the test pattern.
#[derive(Debug, thiserror::Error)]
pub(super) enum PatternError {
    #[error(transparent)]
    Gpu(#[from] GpuError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(transparent)]
    Window(#[from] WindowError),
}
