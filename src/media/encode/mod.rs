//! Writing: pictures and films to files. Used by [`crate::sink::file`] and by `convert`, from one thread; each writer frees its own.
//!
//! ```text
//! R'G'B' ─► picture (swscale, encoder) ─┐
//!                                       ├─► mux (container, temporary name) ─► output (renamed when whole)
//! source ─► tracks ─┬─ copied ──────────┤
//!                   ├─ sound (AAC) ─────┤
//!                   └─ text (mov_text) ─┘
//! ```
//!
//! The order is always: create, write any number of pictures in the order they are seen, finish. A writer dropped before
//! `finish` leaves nothing behind.
//!
//! Films of depth take a shorter way: 10-bit grey ─► grey (encoder) ─► mux.

mod codec;
mod container;
mod context;
mod damage;
mod film;
mod gaps;
mod grey;
mod language;
mod listen;
mod mux;
mod pair;
mod picture;
mod shape;
mod sound;
mod still;
mod text;
mod tracks;
mod wiggle;

use std::path::{Path, PathBuf};

use super::error::reason;
use crate::output::{OutputError, PendingFile};

pub use codec::{Codec, Preset, has_encoder, quieten};
pub use container::Container;
use context::codec_name;
pub use film::{FilmEncoder, TrackSource, VideoOptions};
pub use grey::{GREY_MOST, GreyCodec, GreyEncoder, GreyOptions};
pub use mux::StereoTag;
pub use pair::{PairFormat, write_pair};
pub use picture::PixelOrder;
pub use still::{StillFormat, StillOptions, write_depth, write_picture};
pub use wiggle::write_wiggle;

/// What can go wrong while writing, each with its cure.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The file cannot be written, whatever is in it.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// An extension that names no kind of file written here.
    #[error(
        "'{}' has no extension that can be written: films are .mp4 .m4v .mov .mkv .webm, pictures .png .jpg .webp .tiff .bmp, and .gif with --layout wiggle",
        .0.display()
    )]
    UnknownExtension(PathBuf),
    /// The container does not take the codec.
    #[error("{container} takes no {codec}: {cure}")]
    CodecInContainer {
        /// The container's name.
        container: &'static str,
        /// The codec's name.
        codec: &'static str,
        /// What to write instead.
        cure: &'static str,
    },
    /// FFmpeg was built without the encoder.
    #[error("this FFmpeg has no encoder for {codec}{} (looked for {looked_for}): install one that has it, or choose another --codec", if *.full_chroma { " in 4:4:4" } else { "" })]
    NoEncoder {
        /// The codec's name.
        codec: &'static str,
        /// The encoders' names.
        looked_for: String,
        /// Whether it had to be one for 4:4:4.
        full_chroma: bool,
    },
    /// FFmpeg was built without an encoder for a film of depth.
    #[error(
        "this FFmpeg has no encoder for {codec} in 10-bit grey (looked for {looked_for}): install one that has it, or choose another --depth-codec"
    )]
    NoGreyEncoder {
        /// The codec's name.
        codec: &'static str,
        /// The encoder's name.
        looked_for: &'static str,
    },
    /// A film of depth is Matroska.
    #[error("'{}' cannot hold a film of depth: name it .mkv", .0.display())]
    DepthExtension(PathBuf),
    /// The encoder refuses the film.
    #[error("{encoder} refuses a film of {}×{}: {reason}; choose another --layout or --codec", .size[0], .size[1])]
    Encoder {
        /// The encoder's name.
        encoder: &'static str,
        /// Width and height.
        size: [u32; 2],
        /// FFmpeg's words.
        reason: String,
    },
    /// A quality outside of the codec's range.
    #[error("--crf {value} is outside of {codec}'s 0 (best) to {worst}")]
    Crf {
        /// As given.
        value: u8,
        /// The codec's name.
        codec: &'static str,
        /// The end of its range.
        worst: u8,
    },
    /// The picture does not fit the format.
    #[error("a picture of {}×{} does not fit into {format}, which ends at {}×{}: choose another extension", .size[0], .size[1], .most, .most)]
    TooBig {
        /// Width and height.
        size: [u32; 2],
        /// The format's name.
        format: &'static str,
        /// The longest side.
        most: u32,
    },
    /// The format cannot hold this kind of picture.
    #[error("{format} cannot hold {what}: {cure}")]
    Unsuitable {
        /// The format's name.
        format: &'static str,
        /// What was to be written.
        what: &'static str,
        /// What to do instead.
        cure: &'static str,
    },
    /// The samples handed over are fewer than the size and the stride say: a mistake of the program.
    #[error("a picture of {}×{} came with {length} bytes at {stride} a row: please report this", .size[0], .size[1])]
    Samples {
        /// Width and height.
        size: [u32; 2],
        /// Bytes handed over.
        length: usize,
        /// Bytes from row to row.
        stride: usize,
    },
    /// No memory.
    #[error("out of memory while writing: close other programs, or choose a smaller --layout")]
    Memory,
}

impl EncodeError {
    /// Names what happened to `path` by the system's error number, wherever it came from.
    pub(crate) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        OutputError::from_io(path, error).into()
    }

    /// The same for one of FFmpeg's return values.
    fn from_ffmpeg(path: &Path, code: i32) -> Self {
        match ffmpeg_next::Error::from(code) {
            ffmpeg_next::Error::Other { errno } => Self::from_io(path, &std::io::Error::from_raw_os_error(errno)),
            _ => Self::write(path, reason(code)),
        }
    }

    /// Any other failure of writing, in the words of who failed.
    fn write(path: &Path, reason: String) -> Self {
        OutputError::Write { path: path.to_owned(), reason }.into()
    }
}
