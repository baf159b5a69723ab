//! Files with subtitles or sound that lie beside a film and are named after it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::location::Location;

/// Which files beside a film are taken for its subtitles, or its sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "media", derive(clap::ValueEnum))]
pub enum SubAuto {
    /// None
    No,
    /// Those that have the film's name, with a language behind it or without
    #[default]
    Exact,
    /// Those that have the film's name in theirs
    Fuzzy,
    /// All in the folder
    All,
}

/// What ends the names of subtitle files: mpv's, and what FFmpeg reads besides.
const ENDINGS: [&str; 21] = [
    "srt", "ass", "ssa", "vtt", "idx", "sub", "sup", "pgs", "mks", "smi", "scc", "lrc", "rt", "utf", "utf8", "utf-8",
    "mpl", "stl", "jss", "aqt", "pjs",
];
/// What ends the names of files with sound, as mpv has it.
const SOUNDS: [&str; 12] = ["mp3", "aac", "mka", "dts", "flac", "ogg", "m4a", "ac3", "eac3", "opus", "wav", "wv"];
/// Files that are looked at in a folder, and taken.
const MOST_LOOKED_AT: usize = 20_000;
const MOST: usize = 64;

/// The subtitle files of a film, in the order of their names; `folders` are looked into besides its own, relative ones from there.
pub(super) fn subtitle_files(film: &Location, auto: SubAuto, folders: &[PathBuf]) -> Vec<PathBuf> {
    files(film, auto, folders, &ENDINGS)
}

/// Files that are named, and those of `found` that are none of them.
pub(super) fn together(named: &[PathBuf], found: Vec<PathBuf>) -> Vec<PathBuf> {
    let place = |file: &PathBuf| fs::canonicalize(file).ok();
    let known: Vec<_> = named.iter().filter_map(place).collect();
    let others = found.into_iter().filter(|file| !place(file).is_some_and(|place| known.contains(&place)));
    named.iter().cloned().chain(others).collect()
}

/// The files with sound for a film, in the order of their names.
pub(super) fn sound_files(film: &Location, auto: SubAuto) -> Vec<Location> {
    files(film, auto, &[], &SOUNDS).into_iter().map(Location::File).collect()
}

fn files(film: &Location, auto: SubAuto, folders: &[PathBuf], endings: &[&str]) -> Vec<PathBuf> {
    let Some(path) = film.path().filter(|_| auto != SubAuto::No) else { return Vec::new() };
    let Some(stem) = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()) else { return Vec::new() };
    let own = path.parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for folder in [PathBuf::new()].iter().chain(folders) {
        let folder = own.join(folder);
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let files = entries.take(MOST_LOOKED_AT).filter_map(|entry| {
            let path = entry.ok()?.path();
            fits(&path, &stem, auto, endings).then_some(path)
        });
        // Of a DVD's pair of files the list stands for both.
        let is_half = |file: &Path| has_ending(file, "sub") && file.with_extension("idx").is_file();
        let mut files: Vec<_> = files.filter(|file| file != path && file.is_file() && !is_half(file)).collect();
        files.sort();
        found.extend(files);
    }
    found.truncate(MOST);
    found
}

fn has_ending(file: &Path, ending: &str) -> bool {
    file.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

fn fits(file: &Path, film: &str, auto: SubAuto, endings: &[&str]) -> bool {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let Some(stem) = file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()) else { return false };
    if !ending.is_some_and(|ending| endings.contains(&ending.as_str())) {
        return false;
    }
    match auto {
        SubAuto::No => false,
        SubAuto::Exact => stem.strip_prefix(film).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
        SubAuto::Fuzzy => stem.contains(film),
        SubAuto::All => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_as_mpv_finds_them() {
        let folder = tempfile::tempdir().unwrap();
        let names =
            ["Film.mkv", "film.srt", "Film.de.ASS", "Film2.srt", "my film.vtt", "other.srt", "Film.txt", "Film.jpg"];
        names.iter().for_each(|name| fs::write(folder.path().join(name), "x").unwrap());
        fs::create_dir_all(folder.path().join("subs/Film.srt")).unwrap();
        fs::write(folder.path().join("subs/film.en.srt"), "x").unwrap();
        ["film.idx", "film.sub", "film.de.sub"]
            .iter()
            .for_each(|name| fs::write(folder.path().join("subs").join(name), "x").unwrap());
        let film = Location::from(folder.path().join("Film.mkv"));
        let find = |auto, folders: &[PathBuf]| {
            let files = subtitle_files(&film, auto, folders);
            files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(find(SubAuto::Exact, &[]), ["Film.de.ASS", "film.srt"]);
        assert_eq!(
            find(SubAuto::Exact, &["subs".into()]),
            ["Film.de.ASS", "film.srt", "film.de.sub", "film.en.srt", "film.idx"]
        );
        assert_eq!(find(SubAuto::Fuzzy, &[]), ["Film.de.ASS", "Film2.srt", "film.srt", "my film.vtt"]);
        assert_eq!(find(SubAuto::All, &["no such folder".into()]).len(), 5);
        assert!(find(SubAuto::No, &[]).is_empty());
        // One that is named as well is there once.
        let named = [folder.path().join("subs/../film.srt"), "gone.srt".into()];
        let all = together(&named, subtitle_files(&film, SubAuto::Exact, &[]));
        assert_eq!(all, [&named[..], &[folder.path().join("Film.de.ASS")]].concat());
        fs::write(folder.path().join("Film.de.MKA"), "x").unwrap();
        let sounds = |auto| sound_files(&film, auto).len();
        assert_eq!((sounds(SubAuto::No), sounds(SubAuto::Exact), sounds(SubAuto::All)), (0, 1, 1));
        assert!(subtitle_files(&Location::Stdin, SubAuto::All, &[]).is_empty());
    }
}
