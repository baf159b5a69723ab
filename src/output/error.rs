//! Why something cannot be written, each with its cure.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// What can go wrong with an output, whatever it holds.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file is there and nobody said that it may go.
    #[error("'{}' is there already: give --force to overwrite it, or another name", .0.display())]
    Exists(PathBuf),
    /// The name belongs to a folder.
    #[error("'{}' is a folder: give a file name in it", .0.display())]
    IsFolder(PathBuf),
    /// The folder to write into is missing.
    #[error("there is no folder '{}': make it first, or give another name", .0.display())]
    NoFolder(PathBuf),
    /// The name belongs to what is no file, and is not to be replaced by one.
    #[error("'{}' is {what}, which no file is written over: give the name of a file", .path.display())]
    NoFile {
        /// As the user named it.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// A link whose file is missing.
    #[error("'{}' is a link to what is not there: remove it, or give another name", .0.display())]
    Dangling(PathBuf),
    /// An input of the same command.
    #[error("'{}' is {input}, which this command reads: give another name", .output.display())]
    IsInput {
        /// As the user named it.
        output: PathBuf,
        /// The same file as it was named to be read.
        input: String,
    },
    /// Another output of the same command.
    #[error("'{}' and '{}' are one file: give two names", .first.display(), .second.display())]
    Twice {
        /// One name.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// The disk, or the share of it that this user may fill, is full.
    #[error("no room left while writing '{}': free some space, or write to another disk; nothing of it was kept", .0.display())]
    DiskFull(PathBuf),
    /// The largest file that the file system or the user's limit allows is too small.
    #[error("'{}' grew beyond the largest file allowed there: write to another file system, raise the limit (ulimit -f), or raise --crf; nothing of it was kept", .0.display())]
    TooLarge(PathBuf),
    /// Not allowed to write there.
    #[error("not allowed to write '{}': change the folder's rights, or write elsewhere", .0.display())]
    Denied(PathBuf),
    /// Any other failure of writing.
    #[error("could not write '{}': {reason}", .path.display())]
    Write {
        /// The file as the user named it.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
}

impl OutputError {
    /// Names what happened to `path` by the system's error number, wherever it came from.
    pub(crate) fn from_io(path: &Path, error: &Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull(path.to_owned()),
            ErrorKind::FileTooLarge => Self::TooLarge(path.to_owned()),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::Denied(path.to_owned()),
            _ => Self::Write { path: path.to_owned(), reason: error.to_string() },
        }
    }

    /// Whether the command line itself is wrong (exit code 2), whatever lies on the disk.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::IsInput { .. } | Self::Twice { .. })
    }
}
