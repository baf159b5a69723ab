//! What can stop a conversion.

use std::path::PathBuf;

use crate::eyes::EyesError;
use crate::film::FilmError;
use crate::gpu::GpuError;
use crate::location::Location;
use crate::media::encode::EncodeError;
use crate::sink::Layout;
use crate::time::Time;

/// What can stop a conversion.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// Reading, decoding or the network.
    #[error(transparent)]
    Film(#[from] FilmError),
    /// Making the eyes.
    #[error(transparent)]
    Eyes(#[from] EyesError),
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// Writing.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The folder for several files.
    #[error("the folder '{}' could not be made: {reason}; give another with -o", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's words.
        reason: std::io::Error,
    },
    /// A place that is counted from an end which is not known, or a chapter that there is not.
    #[error(
        "'{0}' does not say how long it is, or has no such chapter: give --start and --end in seconds from the beginning"
    )]
    NoPlace(Location),
    /// Nothing between start and end.
    #[error("'{input}' has no picture from {start} on: give an earlier --start or a later --end")]
    Nothing {
        /// The film.
        input: Location,
        /// Where it was to begin.
        start: Time,
    },
    /// A picture that is larger than a film's first one came.
    #[error(
        "'{0}' changes its size in mid-film, which a file cannot: convert the parts one by one with --start and --end"
    )]
    SizeChanged(Location),
    /// Larger than the GPU's largest image.
    #[error(
        "--layout {layout} makes a picture of {}×{} of it, and this GPU holds {most} a side: {}make it smaller first",
        .size[0], .size[1], cure(*.smaller)
    )]
    LayoutSize {
        /// The layout asked for.
        layout: Layout,
        /// Width and height that it comes to.
        size: [u32; 2],
        /// The GPU's largest side.
        most: u32,
        /// A layout that fits.
        smaller: Option<Layout>,
    },
    /// Ctrl-C.
    #[error("interrupted; nothing of '{}' was kept{}", .output.display(), whole(.depth))]
    Interrupted {
        /// What was being written, or was to be next.
        output: PathBuf,
        /// Its film of depth, where that was finished before.
        depth: Option<PathBuf>,
    },
}

/// What else there is to tell.
fn whole(depth: &Option<PathBuf>) -> String {
    depth.as_ref().map_or_else(String::new, |depth| format!("; '{}' is whole", depth.display()))
}

/// What to do about a layout that is too large.
fn cure(smaller: Option<Layout>) -> String {
    smaller.map_or_else(String::new, |layout| format!("choose --layout {layout}, or "))
}
