//! What can go wrong with a network and its weights, in words for the user.

use crate::gpu::GpuError;
use crate::output::OutputError;
use std::path::PathBuf;

/// An error of the network engine or of a weights file.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The network cannot take pictures of this size.
    #[error("the network {network} takes pictures of {wanted}, not of {width}×{height}: give another --network-size")]
    Size {
        /// The network's name.
        network: &'static str,
        /// What it takes, in words.
        wanted: String,
        /// The width asked for.
        width: u32,
        /// The height asked for.
        height: u32,
    },
    /// A name that is no network's.
    #[error("there is no network \"{0}\": choose deep3d or deep3d-2016")]
    UnknownNetwork(String),
    /// A weights file whose contents cannot be used.
    #[error("{file} is no usable weights file: {reason}")]
    Weights {
        /// The file, or what stands for it.
        file: String,
        /// What is wrong and what helps.
        reason: String,
    },
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The selection layer was asked of a network that has none.
    #[error("--render selection belongs to the network deep3d-2016, not to {0}: use --render warp")]
    Selection(&'static str),
    /// Half precision was asked of a device without it.
    #[error("{0} stores no 16-bit numbers: leave --precision half out")]
    NoHalf(String),
    /// The GPU failed.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// A graph that does not fit together; a mistake in this program.
    #[error("the network's graph does not fit together at {layer}: {reason}; please report this")]
    Graph {
        /// The layer.
        layer: String,
        /// What does not fit.
        reason: String,
    },
}

impl NetError {
    /// A weights error about `file`.
    pub(crate) fn weights(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Weights { file: file.into(), reason: reason.into() }
    }
}
