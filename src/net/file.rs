//! Weights files on disk: read whole within a limit, written whole or not at all.

use super::error::NetError;
use crate::whole;
use std::io::ErrorKind;
use std::path::Path;

/// The largest file that is read: eight times the original's weights.
pub(super) const LARGEST: u64 = 1 << 30;

/// The first eight bytes of MXNet's files, as a little-endian number.
pub const MXNET: u64 = 0x112;

/// The contents of a regular file of at most [`LARGEST`] bytes.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, NetError> {
    let wrong = |reason: String| NetError::weights(path.display().to_string(), reason);
    whole::read(path, LARGEST).map_err(|source| match source.kind() {
        ErrorKind::InvalidInput => wrong("it is not a regular file; give the file itself".to_owned()),
        ErrorKind::FileTooLarge => wrong(format!("no network here has more than {} MB", LARGEST >> 20)),
        _ => NetError::Read { path: path.to_owned(), source },
    })
}

/// Writes `bytes` under a temporary name beside `path` and renames when whole. With `force` a file there is replaced.
pub(super) fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), NetError> {
    Ok(whole::write(path, bytes, force)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn nothing_is_overwritten_without_force_and_nothing_half_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        write(&path, b"one", false).unwrap();
        let text = write(&path, b"two", false).unwrap_err().to_string();
        assert!(text.contains("--force"), "{text}");
        assert_eq!(read(&path).unwrap(), b"one");
        write(&path, b"two", true).unwrap();
        assert_eq!(read(&path).unwrap(), b"two");
        assert!(write(&folder.path().join("none/b"), b"x", false).is_err());
        assert!(write(folder.path(), b"x", true).is_err(), "a folder is no file");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn folders_devices_and_missing_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("not a regular file"));
        assert!(read(&folder.path().join("none")).is_err());
        if cfg!(unix) {
            assert!(read(Path::new("/dev/zero")).is_err());
        }
    }
}
