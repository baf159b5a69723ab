//! What can go wrong while a data set is made, each with its cure.

use std::path::PathBuf;

use crate::media::MediaError;
use crate::output::OutputError;

/// What can end [`super::run`] before its end.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// Reading or decoding.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Writing.
    #[error(transparent)]
    Write(#[from] OutputError),
    /// A picture could not be coded.
    #[error("a picture could not be stored: {0}; give another --width")]
    Picture(String),
    /// The folder for the shards.
    #[error("the folder '{}' could not be made: {reason}; give another with -o", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's words.
        reason: std::io::Error,
    },
    /// Two films whose shards would have the same names.
    #[error("'{0}' and '{1}' would both be stored as {2}-000000.tar: rename one, or give each a folder of its own")]
    SameName(String, String, String),
    /// A still.
    #[error("'{0}' is a picture, not a film: give 3D films")]
    Still(String),
    /// A film that is to be turned.
    #[error(
        "'{0}' is to be turned while it is shown, which two eyes in one picture are not: rewrite it upright with ffmpeg -i '{0}' upright.mkv"
    )]
    Turned(String),
    /// Nothing says how the eyes are packed.
    #[error(
        "neither tag nor name of '{0}' says how its eyes are packed, and no halves of it match: if it is a 3D film, say how with --source-layout sbs|half-sbs|tab|half-tab"
    )]
    NotPacked(String),
    /// Nothing says how the eyes are packed, and the film can be read only once.
    #[error(
        "neither tag nor name of '{0}' says how its eyes are packed, and it can be read only once, so that none of its pictures can be looked at before: say how with --source-layout sbs|half-sbs|tab|half-tab"
    )]
    Once(String),
    /// The film says that its eyes are woven together.
    #[error(
        "'{0}' says that its eyes are woven together or shown in turn, which is not read: rewrite it side by side, or say --source-layout if the tag is wrong"
    )]
    Woven(String),
    /// A picture of the film cannot be divided.
    #[error("the pictures of '{0}' are too small to hold two eyes: give a larger film")]
    TooSmall(String),
    /// What lies in the folder belongs to something else.
    #[error("'{}' holds shards of another film called {film}, or made with other options ({what} differs): give another folder, the same options, or --force to begin anew", .folder.display())]
    Other {
        /// The folder.
        folder: PathBuf,
        /// The film.
        film: String,
        /// Which part.
        what: &'static str,
    },
    /// The note on what is done cannot be believed.
    #[error("'{}' does not fit what lies beside it ({reason}): give another folder, or --force to begin anew", .path.display())]
    State {
        /// The note.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Most shots seem to have their eyes exchanged.
    #[error("the eyes of '{film}' seem exchanged in {swapped} of {told} shots: {cure}")]
    Swapped {
        /// The film.
        film: String,
        /// Shots that seem exchanged.
        swapped: u64,
        /// Shots that tell.
        told: u64,
        /// The command's change.
        cure: &'static str,
    },
    /// Ctrl-C.
    #[error("interrupted; {0} whole shards are kept, and the same command goes on after them")]
    Interrupted(u64),
}

impl DatasetError {
    /// Whether the command line is wrong rather than the world.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::SameName(..) => true,
            Self::Write(error) => error.is_usage(),
            _ => false,
        }
    }
}
