//! Failing inputs on disk, each in a folder with what is known of it.

use std::fs;
use std::path::{Path, PathBuf};

/// The notes beside the input.
const NOTES: &str = "finding.txt";

/// Keeps `files` in a folder of its own below `folder`.
pub(crate) fn keep(folder: &Path, name: &str, files: &[(String, Vec<u8>)], notes: &str) -> PathBuf {
    let place = folder.join(name);
    fs::create_dir_all(&place).unwrap();
    for (file, bytes) in files {
        fs::write(place.join(file), bytes).unwrap();
    }
    let first = &files[0].0;
    fs::write(place.join(NOTES), format!("{notes}\nfile: {first}\nagain: ./x attack --replay {}\n", place.display()))
        .unwrap();
    place
}

/// A file, or what [`keep`] kept, the opened file first.
pub(crate) fn read(path: &Path) -> Vec<(String, Vec<u8>)> {
    let file = |path: &Path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap());
    if !path.is_dir() {
        return vec![file(path)];
    }
    let notes = fs::read_to_string(path.join(NOTES)).unwrap_or_default();
    let first = notes.lines().find_map(|line| line.strip_prefix("file: ")).unwrap_or("").to_owned();
    let mut paths: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.ends_with(NOTES));
    paths.sort_by_key(|path| !path.ends_with(&first));
    paths.iter().map(|path| file(path)).collect()
}
