//! A file that gets its name when it is whole. Until then it lies beside its place under a name of its own; dropped before
//! [`PendingFile::commit`], it goes.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use super::OutputError;
use super::found::{Found, folder_of, look};

/// The longest name that every file system takes.
const LONGEST_NAME: usize = 255;
/// So many names are tried.
const ATTEMPTS: u32 = 100;

/// All that this process is writing, so that it can be given up from another thread.
struct Writing {
    /// Nothing gets its name any more, but from this thread, which says what was given up.
    over: Option<ThreadId>,
    /// Temporary name, and the name that was asked for.
    files: Vec<(PathBuf, PathBuf)>,
}

static WRITING: Mutex<Writing> = Mutex::new(Writing { over: None, files: Vec::new() });

impl Writing {
    fn is_over(&self) -> bool {
        self.over.is_some_and(|thread| thread != thread::current().id())
    }
}

fn writing() -> MutexGuard<'static, Writing> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives up all that this process is writing, for its end: the temporary files go, and from here on only this thread
/// gives files their names. What was given up, as the user named
/// it. From any thread; waits for no disk.
pub fn abandon() -> Vec<PathBuf> {
    let mut writing = writing();
    writing.over = Some(thread::current().id());
    let given_up = writing.files.drain(..).map(|(temporary, path)| {
        let _ = fs::remove_file(temporary);
        path
    });
    given_up.collect()
}

/// A file on its way to be one. Owned by one writer.
#[derive(Debug)]
pub struct PendingFile {
    path: PathBuf,
    /// The same, unless that is a link: what it names.
    real: PathBuf,
    temporary: PathBuf,
    /// Open and locked, by which other processes know that somebody still writes.
    file: File,
    force: bool,
    committed: bool,
}

impl PendingFile {
    /// Makes an empty temporary file in the folder of `path`, after looking whether `path` may be written.
    ///
    /// # Errors
    /// `path` is there and `force` is not given, is no file, or its folder is missing or not to be written to.
    pub fn create(path: &Path, force: bool) -> Result<Self, OutputError> {
        let real = match look(path)? {
            Found::File(_) if !force => return Err(OutputError::Exists(path.to_owned())),
            Found::File(real) | Found::Nothing(real) => real,
        };
        let folder = folder_of(&real);
        if !folder.is_dir() {
            return Err(OutputError::NoFolder(folder.to_owned()));
        }
        let name = real.file_name().unwrap_or_default();
        for attempt in 0..ATTEMPTS {
            let end = format!(".{}-{attempt}.part", std::process::id());
            let mut hidden = OsString::from(".");
            // A name near the file system's limit leaves no room for a longer one.
            hidden.push(if name.len() + end.len() < LONGEST_NAME { name } else { "deep3d".as_ref() });
            hidden.push(end);
            let temporary = folder.join(hidden);
            match OpenOptions::new().read(true).write(true).create_new(true).open(&temporary) {
                Ok(file) if is_taken(&file, &temporary) => {}
                Ok(file) => {
                    let path = path.to_owned();
                    let mut writing = writing();
                    if writing.is_over() {
                        let _ = fs::remove_file(&temporary);
                        return Err(over(&path));
                    }
                    writing.files.push((temporary.clone(), path.clone()));
                    return Ok(Self { path, real, temporary, file, force, committed: false });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(OutputError::from_io(path, &error)),
            }
        }
        Err(OutputError::Write {
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

    /// Writes on where the last write ended. Not to be mixed with writing by the name.
    ///
    /// # Errors
    /// The disk is full, or fails.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        io::Write::write_all(&mut self.file, bytes).map_err(|error| OutputError::from_io(&self.path, &error))
    }

    /// Gives the file its name, once its bytes are on the disk.
    ///
    /// # Errors
    /// The disk is full after all, or someone else took the name meanwhile; then nothing of it is kept.
    pub fn commit(mut self) -> Result<(), OutputError> {
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::AlreadyExists => OutputError::Exists(self.path.clone()),
            _ => OutputError::from_io(&self.path, &error),
        };
        // Some file systems say only here that there was no room.
        self.file.sync_all().map_err(failed)?;
        // Names are given one at a time, and none after all was given up.
        let mut writing = writing();
        if writing.is_over() {
            return Err(over(&self.path));
        }
        if self.force {
            // What appeared there since `create` may be no file.
            look(&self.real)?;
            fs::rename(&self.temporary, &self.real).map_err(failed)?;
        } else {
            // A link refuses a name that is taken; a rename would overwrite what appeared since `create`.
            match fs::hard_link(&self.temporary, &self.real) {
                Ok(()) => {
                    // The file is there whole, whatever becomes of its other name.
                    if let Err(error) = fs::remove_file(&self.temporary) {
                        tracing::warn!("'{}' could not be removed: {error}", self.temporary.display());
                    }
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(failed(error)),
                // File systems without links (FAT): looking first is the best there is.
                Err(_) if self.real.symlink_metadata().is_ok() => return Err(OutputError::Exists(self.path.clone())),
                Err(_) => fs::rename(&self.temporary, &self.real).map_err(failed)?,
            }
        }
        self.committed = true;
        writing.files.retain(|(temporary, _)| *temporary != self.temporary);
        Ok(())
    }
}

fn over(path: &Path) -> OutputError {
    OutputError::Write { path: path.to_owned(), reason: "the program ends".to_owned() }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if !self.committed {
            writing().files.retain(|(temporary, _)| *temporary != self.temporary);
            // Nothing is left to tell it to; a file that is gone already is as good.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Locks the new file; whether another process, which takes it for a leftover, was faster.
#[cfg(unix)]
fn is_taken(file: &File, temporary: &Path) -> bool {
    use super::found::{identity, identity_of};
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => true,
        // It may be gone between being made and being locked. Where files cannot be locked nobody takes any for a leftover.
        Ok(()) | Err(fs::TryLockError::Error(_)) => {
            let own = file.metadata().map(|metadata| identity_of(&metadata));
            !identity(temporary).is_ok_and(|there| own.is_ok_and(|own| own == there))
        }
    }
}
/// Elsewhere a lock would keep FFmpeg from writing.
#[cfg(not(unix))]
fn is_taken(_: &File, _: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_is_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("real")).unwrap();
        fs::write(at("real/file"), "old").unwrap();
        std::os::unix::fs::symlink("real/file", at("link")).unwrap();
        assert!(
            matches!(PendingFile::create(&at("link"), false), Err(OutputError::Exists(path)) if path == at("link"))
        );
        let mut file = PendingFile::create(&at("link"), true).unwrap();
        assert_eq!(file.temporary().parent(), Some(at("real").canonicalize().unwrap().as_path()));
        file.write(b"new").unwrap();
        file.commit().unwrap();
        assert!(at("link").is_symlink());
        assert_eq!(fs::read(at("real/file")).unwrap(), b"new");
        assert_eq!(fs::read_dir(at("real")).unwrap().count(), 1);
    }

    #[test]
    fn long_names_are_written_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        for length in [200, 235, 244, 250, 255] {
            let path = folder.path().join("n".repeat(length));
            PendingFile::create(&path, false).unwrap().commit().unwrap();
            assert!(path.is_file());
        }
        drop(PendingFile::create(&folder.path().join("dropped"), false).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5);
    }

    #[cfg(unix)]
    #[test]
    fn what_appeared_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let unasked = PendingFile::create(&at("a"), false).unwrap();
        fs::write(at("a"), "theirs").unwrap();
        assert!(matches!(unasked.commit(), Err(OutputError::Exists(_))));
        let forced = PendingFile::create(&at("b"), true).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("b")).unwrap();
        assert!(matches!(forced.commit(), Err(OutputError::NoFile { .. })));
        assert_eq!(fs::read(at("a")).unwrap(), b"theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
