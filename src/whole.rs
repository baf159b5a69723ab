//! Small files that are read and written at once: whole or not at all. From any thread.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use crate::output::{OutputError, Outputs, PendingFile};

/// All of `file`, which is a regular one of at most `most` bytes. Neither a pipe nor a device of this name is waited for, and no more memory is taken than
/// there are bytes.
///
/// # Errors
/// The file system's; [`io::ErrorKind::InvalidInput`] for what is no file, [`io::ErrorKind::FileTooLarge`] for one that is larger.
pub fn read(file: &Path, most: u64) -> io::Result<Vec<u8>> {
    let open = open(file)?;
    let metadata = open.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let large = || io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {most} bytes"));
    if metadata.len() > most {
        return Err(large());
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    open.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(large()) } else { Ok(bytes) }
}

/// Opens `file` for reading. A pipe opens at once, whether anybody writes into it or not.
///
/// # Errors
/// The file system's.
pub fn open(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY);
    options.read(true).open(file)
}

/// Writes `contents` to `file`, whose folder has to exist; with `force` a file that is there is replaced. What fails leaves nothing behind and `file` as it was.
///
/// # Errors
/// As [`PendingFile`].
pub fn write(file: &Path, contents: &[u8], force: bool) -> Result<(), OutputError> {
    let mut pending = PendingFile::create(file, force)?;
    pending.write(contents)?;
    pending.commit()
}

/// Writes what is remembered from one start to the next: makes the folder, replaces what is there, and removes what killed runs have left beside it.
///
/// # Errors
/// As [`PendingFile`].
pub fn remember(file: &Path, contents: &[u8]) -> Result<(), OutputError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| OutputError::from_io(folder, &error))?;
    let mut outputs = Outputs::new(true);
    outputs.take(file)?;
    outputs.sweep();
    write(file, contents, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_a_file_and_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        write(&file, b"12345", false).unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        assert_eq!(read(&file, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(folder.path(), 5).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(read(&folder.path().join("b"), 5).unwrap_err().kind(), io::ErrorKind::NotFound);
        // A hole of a terabyte takes no room on the disk, and is to take none in memory.
        let hole = File::create(folder.path().join("hole")).unwrap();
        if hole.set_len(1 << 40).is_ok() {
            assert_eq!(read(&folder.path().join("hole"), 1 << 16).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        }
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_are_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [pipe.as_path(), Path::new("/dev/zero")] {
            assert_eq!(read(path, 5).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{}", path.display());
            assert!(matches!(write(path, b"x", true), Err(OutputError::NoFile { .. })));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
