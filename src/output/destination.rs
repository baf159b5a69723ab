//! Where a file is or will be, by whatever name: links followed.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::PendingFile;
use super::found::{Identity, folder_of, identity};

/// Where a file is or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    /// The folder, or the nearest one above it that is there.
    pub(super) folder: PathBuf,
    above: Identity,
    /// The way from there.
    pub(super) rest: PathBuf,
    /// What lies there; nothing yet where the name is free.
    pub(super) file: Option<Identity>,
}

impl Destination {
    /// Where a file of the name `path` is or would be.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let file = identity(path).ok();
        let real = if file.is_some() { path.canonicalize()? } else { path.to_owned() };
        let mut rest = vec![real.file_name().unwrap_or_default().to_owned()];
        let mut folder = folder_of(&real).to_owned();
        loop {
            match (identity(&folder), folder.file_name()) {
                (Ok(above), _) => {
                    let rest = rest.iter().rev().collect();
                    return Ok(Self { folder: folder.canonicalize()?, above, rest, file });
                }
                (Err(error), None) => return Err(error),
                (Err(_), Some(name)) => {
                    rest.push(OsString::from(name));
                    folder = folder_of(&folder).to_owned();
                }
            }
        }
    }

    /// Whether both are one file, or would be.
    pub(super) fn is(&self, other: &Self) -> bool {
        if self.file.is_some() || other.file.is_some() {
            return self.file == other.file;
        }
        self.above == other.above
            && (self.rest == other.rest || folded(&self.rest) == folded(&other.rest) && is_case_blind(&self.folder))
    }
}

/// In small letters, as far as they are text.
fn folded(path: &Path) -> String {
    path.to_string_lossy().to_lowercase()
}

/// Whether `a` and `A` are one file in `folder`. Tried out with a file that goes at once; where none can be made nothing can be written anyway.
fn is_case_blind(folder: &Path) -> bool {
    let Ok(probe) = PendingFile::create(&folder.join("deep3d-case"), true) else { return false };
    let name = probe.temporary().file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    identity(&folder.join(name)).is_ok_and(|other| identity(probe.temporary()).is_ok_and(|own| own == other))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn one_file_is_one_destination_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("x")).unwrap();
        fs::write(at("a"), "").unwrap();
        fs::hard_link(at("a"), at("hard")).unwrap();
        std::os::unix::fs::symlink("a", at("soft")).unwrap();
        std::os::unix::fs::symlink(folder.path(), at("x/up")).unwrap();
        let destination = |path: PathBuf| Destination::of(&path).unwrap();
        for name in ["a", "hard", "soft", "x/../a", "x/up/a", "x/up/soft"] {
            assert!(destination(at(name)).is(&destination(at("a"))), "{name}");
        }
        // What is not there yet, in folders that are not there yet.
        for (one, other, same) in [
            ("b", "x/up/b", true),
            ("b", "x/b", false),
            ("n/m/b", "x/up/n/m/b", true),
            ("n/m/b", "n/b", false),
            ("a", "b", false),
            ("B", "b", false),
        ] {
            assert_eq!(destination(at(one)).is(&destination(at(other))), same, "{one} {other}");
        }
    }
}
