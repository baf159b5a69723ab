//! Weights files on disk: read whole within a limit, written whole or not at all.

use super::error::NetError;
use crate::whole;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// The largest file that is read: eight times the original's weights.
pub(super) const LARGEST: u64 = 1 << 30;

/// The contents of a regular file of at most [`LARGEST`] bytes.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, NetError> {
    let failed = |source| NetError::Read { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(NetError::weights(path.display().to_string(), "it is not a regular file; give the file itself"));
    }
    if metadata.len() > LARGEST {
        let reason = format!("it is {} MB, and no network here has more than {}", metadata.len() >> 20, LARGEST >> 20);
        return Err(NetError::weights(path.display().to_string(), reason));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // The file may grow while it is read.
    File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// Writes `bytes` under a temporary name beside `path` and renames when whole. With `force` a file there is replaced.
pub(super) fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), NetError> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(NetError::Exists(path.to_owned()));
    }
    whole::write(path, bytes).map_err(|source| NetError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

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
