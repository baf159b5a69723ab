//! What is in a folder, as the browser shows it: names only, so that many of them are there at once.

use std::fs;
use std::io;
use std::path::Path;

use super::model::Item;
use crate::playlist::by_nature;

/// No more is shown of a folder.
const MOST: usize = 200_000;

/// Its folders and what can be played, each in natural order. Waits for the disk.
///
/// # Errors
/// The file system's.
pub(super) fn read(folder: &Path) -> io::Result<Vec<Item>> {
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let Ok(entry) = entry else { continue };
        if entry.file_name().as_encoded_bytes().first() == Some(&b'.') {
            continue;
        }
        let is_folder = match entry.file_type() {
            Ok(kind) if kind.is_symlink() => match entry.path().metadata() {
                Ok(metadata) if metadata.is_dir() => true,
                Ok(metadata) if metadata.is_file() => false,
                _ => continue,
            },
            Ok(kind) if kind.is_dir() => true,
            Ok(kind) if kind.is_file() => false,
            _ => continue,
        };
        if let Some(item) = Item::new(entry.path(), is_folder) {
            if is_folder { &mut folders } else { &mut files }.push(item);
        }
        if folders.len() + files.len() >= MOST {
            break;
        }
    }
    for items in [&mut folders, &mut files] {
        items.sort_by(|one: &Item, other: &Item| by_nature(one.name.as_bytes(), other.name.as_bytes()));
    }
    folders.append(&mut files);
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::super::model::ItemKind;
    use super::*;

    #[test]
    fn folders_come_first_and_what_cannot_be_played_is_left_out() {
        let temporary = tempfile::tempdir().unwrap();
        for name in ["Film 10.mkv", "film 2.mkv", "a.m3u", "a.srt", ".b.mkv", "Song.flac"] {
            fs::write(temporary.path().join(name), "x").unwrap();
        }
        fs::create_dir(temporary.path().join("zoo")).unwrap();
        let items = read(temporary.path()).unwrap();
        let seen: Vec<_> = items.iter().map(|item| (item.name.as_str(), item.kind)).collect();
        assert_eq!(
            seen,
            [
                ("zoo", ItemKind::Folder),
                ("a.m3u", ItemKind::List),
                ("film 2.mkv", ItemKind::Film),
                ("Film 10.mkv", ItemKind::Film),
                ("Song.flac", ItemKind::Sound)
            ]
        );
        assert!(read(&temporary.path().join("nowhere")).is_err());
    }
}
