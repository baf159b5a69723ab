//! What can end a command, the line that says so, and its exit code.

use crate::bench::{BenchError, PlotError, SuiteError};
use crate::gpu::GpuError;
use crate::net::NetError;
use crate::output::OutputError;
use crate::terminal;

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Bench(#[from] BenchError),
    #[error(transparent)]
    Plot(#[from] PlotError),
    #[error(transparent)]
    Gpu(#[from] GpuError),
    #[error(transparent)]
    Net(#[from] NetError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[cfg(feature = "media")]
    #[error(transparent)]
    Film(super::film_error::FilmCommandError),
    /// Something essential is missing here.
    #[error("films cannot be played here: see the lines marked FATAL")]
    Unhealthy,
    #[error(transparent)]
    Suite(#[from] SuiteError),
    #[error(
        "a kernel path computes wrongly here: see the lines marked WRONG or FAILED; please report it with your driver's version"
    )]
    Inaccurate,
    #[error("the Vulkan validation layer objects:\n{0}")]
    Validation(String),
    /// Told before, one by one.
    #[cfg(feature = "media")]
    #[error("{missing} of {all} files were not made: see above")]
    Partly { missing: usize, all: usize },
    #[error("stdout does not take the result: {0}")]
    Stdout(#[from] std::io::Error),
}

impl CliError {
    pub(super) fn tell(&self) {
        match self {
            // Each message is a line of its own.
            Self::Validation(messages) => {
                terminal::say("deep3d: the Vulkan validation layer objects:");
                messages.lines().for_each(terminal::say);
            }
            other => terminal::say(&format!("deep3d: {other}")),
        }
    }

    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Output(error) if error.is_usage() => 2,
            #[cfg(feature = "media")]
            Self::Film(error) => error.exit_code(),
            _ => 1,
        }
    }
}
