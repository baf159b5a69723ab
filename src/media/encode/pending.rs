//! A file that gets its name when it is whole. Until then it lies beside its place under a name of its own; dropped before
//! [`PendingFile::commit`], it goes.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::EncodeError;

/// A file on its way to be one. Owned by one writer.
#[derive(Debug)]
pub struct PendingFile {
    path: PathBuf,
    temporary: PathBuf,
    force: bool,
    committed: bool,
}

impl PendingFile {
    /// Makes an empty temporary file in the folder of `path`, after looking whether `path` may be written.
    ///
    /// # Errors
    /// `path` is there and `force` is not given, is a folder, or its folder is missing or not to be written to.
    pub fn create(path: &Path, force: bool) -> Result<Self, EncodeError> {
        if path.is_dir() {
            return Err(EncodeError::IsFolder(path.to_owned()));
        }
        let name = path.file_name().ok_or_else(|| EncodeError::IsFolder(path.to_owned()))?;
        if !force && path.symlink_metadata().is_ok() {
            return Err(EncodeError::Exists(path.to_owned()));
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(EncodeError::NoFolder(folder.to_owned()));
        }
        for attempt in 0..100 {
            let mut hidden = OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{attempt}.part", std::process::id()));
            let mut temporary = folder.join(hidden);
            if temporary.as_os_str().len() > 250 {
                // A name near the file system's limit leaves no room for a longer one.
                temporary = folder.join(format!(".deep3d-{}-{attempt}.part", std::process::id()));
            }
            match OpenOptions::new().write(true).create_new(true).open(&temporary) {
                Ok(_) => {
                    return Ok(Self { path: path.to_owned(), temporary, force, committed: false });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(EncodeError::from_io(path, &error)),
            }
        }
        Err(EncodeError::Write {
            path: path.to_owned(),
            reason: "its folder is full of .part files: remove them".into(),
        })
    }

    /// The name that the file will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name that it has now.
    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Gives the file its name, once its bytes are on the disk.
    ///
    /// # Errors
    /// The disk is full after all, or someone else took the name meanwhile.
    pub fn commit(mut self) -> Result<(), EncodeError> {
        let failed = |error: std::io::Error| match error.kind() {
            ErrorKind::AlreadyExists => EncodeError::Exists(self.path.clone()),
            _ => EncodeError::from_io(&self.path, &error),
        };
        // Some file systems say only here that there was no room.
        File::open(&self.temporary).and_then(|file| file.sync_all()).map_err(failed)?;
        if self.force {
            fs::rename(&self.temporary, &self.path).map_err(failed)?;
        } else {
            // A link refuses a name that is taken; a rename would overwrite what appeared since `create`.
            match fs::hard_link(&self.temporary, &self.path) {
                Ok(()) => fs::remove_file(&self.temporary).map_err(failed)?,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(failed(error)),
                // File systems without links (FAT): looking first is the best there is.
                Err(_) if self.path.symlink_metadata().is_ok() => return Err(EncodeError::Exists(self.path.clone())),
                Err(_) => fs::rename(&self.temporary, &self.path).map_err(failed)?,
            }
        }
        self.committed = true;
        Ok(())
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing is left to tell it to; a file that is gone already is as good.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
