//! The user's folders for what deep3d remembers from one start to the next.

use std::env;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// No file of settings is larger: one that never ends is left alone.
const LARGEST: u64 = 1 << 20;

/// A folder that a variable names.
fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The variable of our own first, then the system's one or, where there is no such, `beside` in the home folder.
fn folder(own: &str, windows: &str, xdg: &str, beside: &str) -> Option<PathBuf> {
    let system = || match cfg!(windows) {
        true => named(windows),
        // What is not absolute is to be passed over (XDG Base Directory Specification).
        false => named(xdg).filter(|path| path.is_absolute()).or_else(|| Some(named("HOME")?.join(beside))),
    };
    named(own).or_else(|| Some(system()?.join("deep3d")))
}

/// What the user has set: the system's folder for settings, unless `DEEP3D_CONFIG_DIR` names another.
pub(super) fn settings() -> Option<PathBuf> {
    folder("DEEP3D_CONFIG_DIR", "APPDATA", "XDG_CONFIG_HOME", ".config")
}

/// What was done: the system's folder for state, unless `DEEP3D_STATE_DIR` names another.
#[cfg(feature = "media")]
pub(super) fn state() -> Option<PathBuf> {
    folder("DEEP3D_STATE_DIR", "LOCALAPPDATA", "XDG_STATE_HOME", ".local/state")
}

/// What can be made again: the system's folder for caches, unless `DEEP3D_CACHE_DIR` names another.
pub(super) fn cache() -> Option<PathBuf> {
    folder("DEEP3D_CACHE_DIR", "LOCALAPPDATA", "XDG_CACHE_HOME", ".cache")
}

/// The text of a file of settings. What is no UTF-8 in it becomes a sign that says so.
///
/// # Errors
/// It is not there, no file, or larger than such files are.
pub(super) fn read_settings(file: &Path) -> io::Result<String> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LARGEST {
        true => Err(io::Error::new(ErrorKind::InvalidData, "it has more than a mebibyte")),
        false => Ok(String::from_utf8_lossy(&bytes).into_owned()),
    }
}
