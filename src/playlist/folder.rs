//! Folders as lists.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::kind::{Kind, is_hidden, kind_of};
use super::natural::by_nature;

/// Folders lie no deeper in one another.
const DEEPEST: usize = 20;
/// No more is taken of a folder and those in it.
const MOST: usize = 200_000;

/// What becomes of folders in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DirectoryMode {
    /// As recursive where the list is shuffled, else as lazy
    #[default]
    Auto,
    /// They are entries, read when their turn comes
    Lazy,
    /// They are read at once
    Recursive,
    /// They are left out
    Ignore,
}

/// What is played besides a file that is named alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Autocreate {
    /// Nothing
    #[default]
    No,
    /// All that is played of its folder
    Filter,
    /// What is of the same kind in its folder
    Same,
}

/// What is played of `folder`: its files in natural order, then, as `mode` says, its folders.
///
/// # Errors
/// It cannot be read.
pub(super) fn read(folder: &Path, mode: DirectoryMode) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    gather(folder, mode, &mut Vec::new(), &mut found)?;
    Ok(found)
}

fn gather(folder: &Path, mode: DirectoryMode, above: &mut Vec<PathBuf>, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        // What vanishes meanwhile is left out.
        let Ok(entry) = entry else { continue };
        let path = entry.path();
        if is_hidden(&path) {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => folders.push(path),
            Ok(kind) if kind.is_file() && kind_of(&path).is_some() => files.push(path),
            Ok(kind) if kind.is_symlink() => match path.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(path),
                Ok(metadata) if metadata.is_file() && kind_of(&path).is_some() => files.push(path),
                _ => {}
            },
            _ => {}
        }
        if files.len() + folders.len() + found.len() > MOST {
            break;
        }
    }
    for all in [&mut files, &mut folders] {
        all.sort_by(|one, other| by_nature(one.as_os_str().as_encoded_bytes(), other.as_os_str().as_encoded_bytes()));
    }
    found.append(&mut files);
    match mode {
        DirectoryMode::Ignore => {}
        DirectoryMode::Auto | DirectoryMode::Lazy => found.append(&mut folders),
        DirectoryMode::Recursive => {
            let real = folder.canonicalize()?;
            // A link that leads back up would never end.
            if above.len() >= DEEPEST || above.contains(&real) {
                return Ok(());
            }
            above.push(real);
            for folder in folders {
                if found.len() < MOST
                    && let Err(error) = gather(&folder, mode, above, found)
                {
                    tracing::warn!("{}: {error}; it is left out", folder.display());
                }
            }
            above.pop();
        }
    }
    Ok(())
}

/// What is played besides `file`, in order, and the place of that in it. None where that is nothing but itself.
pub(super) fn beside(file: &Path, what: Autocreate) -> Option<(Vec<PathBuf>, usize)> {
    let own: Option<Kind> = match what {
        Autocreate::No => return None,
        Autocreate::Filter => None,
        Autocreate::Same => Some(kind_of(file)?),
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name()?;
    let all = read(folder, DirectoryMode::Ignore).ok()?;
    let all: Vec<_> = all.into_iter().filter(|path| own.is_none() || kind_of(path) == own).collect();
    let at = all.iter().position(|path| path.file_name() == Some(name))?;
    (all.len() > 1).then_some((all, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[PathBuf], folder: &Path) -> Vec<String> {
        paths.iter().map(|path| path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/")).collect()
    }

    #[test]
    fn folders_are_read_in_natural_order_without_what_is_not_played() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        fs::create_dir_all(folder.join("b2/inner")).unwrap();
        fs::create_dir_all(folder.join(".hidden")).unwrap();
        for name in
            ["film 10.mkv", "film 2.mkv", "a.txt", ".c.mkv", "z.jpg", "b2/x.mp3", "b2/inner/y.avi", ".hidden/h.mkv"]
        {
            fs::write(folder.join(name), "x").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder, folder.join("b2/up")).unwrap();
        let of = |mode| names(&read(folder, mode).unwrap(), folder);
        assert_eq!(of(DirectoryMode::Lazy), ["film 2.mkv", "film 10.mkv", "z.jpg", "b2"]);
        assert_eq!(of(DirectoryMode::Ignore), ["film 2.mkv", "film 10.mkv", "z.jpg"]);
        let deep = of(DirectoryMode::Recursive);
        assert_eq!(deep[..5], ["film 2.mkv", "film 10.mkv", "z.jpg", "b2/x.mp3", "b2/inner/y.avi"]);
        assert!(deep.len() <= 8, "a link upwards ends: {deep:?}");
        assert!(read(&folder.join("nowhere"), DirectoryMode::Lazy).is_err());
        let (all, at) = beside(&folder.join("film 10.mkv"), Autocreate::Same).unwrap();
        assert_eq!((names(&all, folder), at), (vec!["film 2.mkv".to_owned(), "film 10.mkv".to_owned()], 1));
        assert_eq!(beside(&folder.join("film 10.mkv"), Autocreate::Filter).unwrap().0.len(), 3);
        assert_eq!(beside(&folder.join("z.jpg"), Autocreate::Same), None);
        assert_eq!(beside(&folder.join("film 10.mkv"), Autocreate::No), None);
    }
}
