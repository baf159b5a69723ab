//! Films of depth: disparity that was computed once, or made by hand, instead of a network's (docs/depth.md).
//!
//! A small grey film beside the film: brighter is nearer, of the whole picture with its bars, a picture for each of the film's. deep3d's own are 10-bit
//! Matroska whose tags say what grey means ([`Scale`]) and to which film they belong ([`SourcePrint`]); anything else that decodes is taken for hand-made.
//!
//! [`DepthFilm`] reads one beside its film; [`DepthWriter`] writes one.

mod map;
mod read;
mod scale;
mod source;
#[cfg(feature = "media")]
mod write;

pub use map::{DepthMap, Window};
pub use read::{Beside, DepthAt, DepthFile, DepthFilm};
pub use scale::{Scale, key};
pub use source::SourcePrint;
#[cfg(feature = "media")]
pub use write::{DepthOptions, DepthWriter};

use crate::media::MediaError;

/// Why a film of depth cannot be used. Each text is one sentence with the cure, for the user.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DepthFilmError {
    /// Reading or decoding.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Written by a deep3d that is newer.
    #[error(
        "{location}: this film of depth says that it is of version {version}, which this deep3d does not know: use a newer deep3d, or save it anew with this one"
    )]
    Version {
        /// The film of depth.
        location: String,
        /// What it says.
        version: String,
    },
    /// A tag with nonsense in it.
    #[error("{location}: its tag {key} makes no sense: save the depth anew (deep3d convert FILM --save-depth FILE)")]
    Tag {
        /// The film of depth.
        location: String,
        /// The tag's key.
        key: &'static str,
    },
    /// Not as wide for its height as the film.
    #[error(
        "{location}: it is {}×{}, which is not the shape of the film's {}×{}: make the depth of the whole picture, bars included, or name the right film",
        .depth[0], .depth[1], .film[0], .film[1]
    )]
    Aspect {
        /// The film of depth.
        location: String,
        /// Its width and height, as they are seen.
        depth: [u32; 2],
        /// The film's.
        film: [u32; 2],
    },
    /// Its pictures end long before it says.
    #[error("{location}: it is cut short: its pictures end at {end} of {whole}; copy it again, or save it anew")]
    Truncated {
        /// The film of depth.
        location: String,
        /// Where its last picture ends.
        end: crate::time::Time,
        /// How long it says it is.
        whole: crate::time::Time,
    },
    /// Saved from a film of another length.
    #[error(
        "{location}: it was saved from a film of {saved}, and this one has {film}: name the film that it belongs to, or save it anew"
    )]
    OtherFilm {
        /// The film of depth.
        location: String,
        /// Length of the film that it was saved from.
        saved: String,
        /// Length of this one.
        film: String,
    },
    /// Saved from a film of this length with other pictures.
    #[error(
        "{location}: the film that it was saved from has other pictures at the same times: name that film, save it anew, or use it all the same with --depth-anyway"
    )]
    OtherPictures {
        /// The film of depth.
        location: String,
    },
    /// The film can be read only once: its pictures cannot be looked at before.
    #[error(
        "{location}: whether it belongs to the film cannot be looked up, as that can be read only once: give the film as a file, or use it all the same with --depth-anyway"
    )]
    Once {
        /// The film of depth.
        location: String,
    },
    /// Hand-made, and longer or shorter than the film.
    #[error(
        "{location}: it lasts {depth}, and the film {film}: give a depth for each picture of the film, or use it all the same with --depth-anyway"
    )]
    Length {
        /// The film of depth.
        location: String,
        /// Its length.
        depth: String,
        /// The film's.
        film: String,
    },
    /// One picture for a film that moves.
    #[error("{0}: it is one picture, and the film has many: give a film of depth")]
    Still(String),
    /// It can only be read once, from the start.
    #[error("{0}: a film of depth has to be a file that can be searched: copy it to the disk first")]
    CannotSeek(String),
}
