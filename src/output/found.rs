//! What lies where a file is to go: nothing, a file, or what is never written over. Files and folders are known by what the system counts them by.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::OutputError;

/// What the system counts a file by: names of one file (hard links, other cases on a system that does not tell them apart) share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

/// Of what lies at `path`, links followed.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> io::Result<Identity> {
    path.metadata().map(|metadata| identity_of(&metadata))
}
#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> io::Result<Identity> {
    path.canonicalize().map(Identity)
}

#[cfg(unix)]
pub(super) fn identity_of(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Identity((metadata.dev(), metadata.ino()))
}

/// The folder of `path`, by a name that can be opened.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// What may be in the way of a file called `path`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing: the file will be there.
    Nothing(PathBuf),
    /// A file, there. The same name, unless that is a link.
    File(PathBuf),
}

/// What lies at `path`.
///
/// # Errors
/// Something that no file is written over.
pub(super) fn look(path: &Path) -> Result<Found, OutputError> {
    let ends_in_slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    if path.file_name().is_none() || ends_in_slash {
        return Err(OutputError::IsFolder(path.to_owned()));
    }
    let no_file = |what| OutputError::NoFile { path: path.to_owned(), what };
    // `/dev/stdout` and its like are links to whatever is open there.
    if folder_of(path).canonicalize().is_ok_and(|folder| folder == Path::new("/dev") || folder.starts_with("/proc")) {
        return Err(no_file("a device"));
    }
    let link = match path.symlink_metadata() {
        Ok(metadata) => metadata.is_symlink(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing(path.to_owned())),
        // A folder on the way is none: that has its own words.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(OutputError::NoFolder(folder_of(path).to_owned()));
        }
        Err(error) => return Err(OutputError::from_io(path, &error)),
    };
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        _ if !link => OutputError::from_io(path, &error),
        io::ErrorKind::NotFound => OutputError::Dangling(path.to_owned()),
        _ => OutputError::from_io(path, &error),
    })?;
    if metadata.is_dir() {
        return Err(OutputError::IsFolder(path.to_owned()));
    }
    if !metadata.is_file() {
        return Err(no_file(kind(&metadata)));
    }
    let real =
        if link { path.canonicalize().map_err(|error| OutputError::from_io(path, &error))? } else { path.into() };
    Ok(Found::File(real))
}

#[cfg(unix)]
fn kind(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    match () {
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}
#[cfg(not(unix))]
fn kind(_: &Metadata) -> &'static str {
    "no file"
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        fs::write(at("file"), "").unwrap();
        for (name, target) in [("null", "/dev/null"), ("none", "nothing"), ("link", "file"), ("loop", "loop")] {
            std::os::unix::fs::symlink(target, at(name)).unwrap();
        }
        let what = |path: &Path| match look(path) {
            Err(OutputError::NoFile { what, .. }) => what,
            Err(OutputError::IsFolder(_)) => "folder",
            Err(OutputError::NoFolder(_)) => "no folder",
            Err(OutputError::Dangling(_)) => "dangling",
            Err(_) => "error",
            Ok(Found::Nothing(_)) => "free",
            Ok(Found::File(real)) if real.is_symlink() => "link",
            Ok(Found::File(_)) => "file",
        };
        for (name, wanted) in [
            ("socket", "a socket"),
            ("null", "a device"),
            ("none", "dangling"),
            ("link", "file"),
            ("loop", "error"),
            ("file", "file"),
            ("new", "free"),
            ("new/", "folder"),
            ("file/x", "no folder"),
            ("", "folder"),
            ("/dev/full", "a device"),
            ("/dev/stdout", "a device"),
            ("/dev/fd/1", "a device"),
            ("/proc/self/fd/2", "a device"),
        ] {
            let path = if name.starts_with('/') { name.into() } else { at(name) };
            assert_eq!(what(&path), wanted, "{name}");
        }
    }
}
