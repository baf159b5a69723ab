//! What can go wrong between a decoded picture and two eyes.

use crate::gpu::GpuError;

/// Why a stage could not be set up or fed.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The GPU refused something.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// A plane is smaller than the picture's size says.
    #[error(
        "the decoder handed over a picture whose plane {plane} holds {have} bytes where {need} are needed; the frame is skipped"
    )]
    ShortPlane {
        /// Which plane.
        plane: usize,
        /// What it holds.
        have: usize,
        /// What the size and format ask for.
        need: usize,
    },
    /// No pixels, or more than the GPU can address.
    #[error(
        "a picture of {width}×{height} cannot be shown on this GPU (sides from 1 to {limit} pixels): scale the film down first"
    )]
    Size {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// The longest side taken.
        limit: u32,
    },
    /// More samples in a plane than the GPU reads.
    #[error(
        "a picture of {width}×{height} has more samples than this GPU reads at once ({most}): make the film or picture smaller first, or choose another GPU with --gpu"
    )]
    Samples {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// The most samples of a plane.
        most: usize,
    },
    /// A sample format outside 8..=16 bits.
    #[error("samples of {0} bits are not known (8 to 16 are): convert the film first")]
    Depth(u32),
    /// The picture does not have the shape that the stage was made for.
    #[error("the picture's format changed; the stage must be made anew for it")]
    Changed,
}
