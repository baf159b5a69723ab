//! From an entry to what is in it, where it is a folder or a list.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::allowed;
use super::entry::Entry;
use super::error::ListError;
use super::folder::{self, Autocreate, DirectoryMode};
use super::kind::kind_of;
use super::line::Named;
use super::lists::{self, Form, HEAD};
use crate::frame::Chapter;
use crate::location::Location;
use crate::whole;

/// No list is larger, in bytes.
const LARGEST: u64 = 16 << 20;
/// Lists lie no deeper in one another.
const DEEPEST: usize = 16;

/// How folders are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unfolding {
    /// What becomes of folders in them.
    pub directories: DirectoryMode,
    /// What is played besides a file that is named alone.
    pub autocreate: Autocreate,
    /// The list is shuffled.
    pub shuffled: bool,
}

/// What `entry` becomes, and which of it comes first; none where it is to be opened itself. Waits for disks.
///
/// # Errors
/// It cannot be read, has nothing in it, leads back to itself, or may not be opened by the list that names it.
pub fn unfold(entry: &Entry, how: &Unfolding) -> Result<Option<(Vec<Entry>, usize)>, ListError> {
    allowed::check(entry)?;
    let Some(path) = entry.location.path() else { return Ok(None) };
    let name = || entry.location.to_string();
    let Ok(metadata) = path.metadata() else { return Ok(None) };
    let inside = if metadata.is_dir() {
        let mode = match how.directories {
            DirectoryMode::Auto if how.shuffled => DirectoryMode::Recursive,
            other => other,
        };
        let found = folder::read(path, mode).map_err(|error| ListError::Io { name: name(), error })?;
        found.into_iter().map(|path| entry.names(Location::File(path))).collect()
    } else if metadata.is_file() {
        match list(entry, path)? {
            Some(inside) => inside,
            None => return Ok(beside(entry, path, how)),
        }
    } else {
        return Ok(None);
    };
    check_depth(entry)?;
    if inside.is_empty() { Err(ListError::Empty(name())) } else { Ok(Some((inside, 0))) }
}

/// A list that leads to itself, or does not end.
fn check_depth(entry: &Entry) -> Result<(), ListError> {
    let real = |location: &Location| location.path().and_then(|path| path.canonicalize().ok());
    let own = real(&entry.location);
    if entry.from.iter().any(|above| *above == entry.location || (own.is_some() && real(above) == own)) {
        return Err(ListError::Itself(entry.location.to_string()));
    }
    if entry.from.len() >= DEEPEST { Err(ListError::Deep(entry.location.to_string())) } else { Ok(()) }
}

/// What the file names, where it is a list.
fn list(entry: &Entry, path: &Path) -> Result<Option<Vec<Entry>>, ListError> {
    let end = path.extension().and_then(|end| end.to_str());
    let form = match entry.is_list {
        true => Form::of(&head(path), end).or(Some(Form::Plain)),
        // A film's name needs no second look.
        false if kind_of(path).is_some() => None,
        false => Form::of(&head(path), end),
    };
    let Some(form) = form else { return Ok(None) };
    let read = whole::read(path, LARGEST);
    let bytes = read.map_err(|error| ListError::Io { name: entry.location.to_string(), error })?;
    let Some(named) = lists::read(&bytes, form) else { return Ok(None) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = named.into_iter().map(|named| {
        let location = if form == Form::Cue { sound_of(folder, &named.text) } else { placed(folder, &named) };
        let chapter = |(start, name): (_, String)| Chapter { start, name };
        let chapters: Arc<[Chapter]> = named.tracks.into_iter().map(chapter).collect();
        Entry { title: named.title, chapters, ..entry.names(location) }
    });
    Ok(Some(named.collect()))
}

/// The first bytes of a file; none where it cannot be read, which is told when it is opened.
fn head(path: &Path) -> Vec<u8> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let read = whole::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut bytes));
    if read.is_err() {
        bytes.clear();
    }
    bytes
}

/// What is named by a list in `folder`, from which relative names count.
fn placed(folder: &Path, named: &Named) -> Location {
    if let Some(path) = named.bytes.as_ref().map(|bytes| folder.join(bytes))
        && path.exists()
    {
        return Location::File(path);
    }
    match Location::of(named.text.as_str()) {
        Location::File(path) => {
            let path = folder.join(path);
            // As Windows writes it.
            let turned = named.text.contains('\\').then(|| folder.join(named.text.replace('\\', "/")));
            Location::File(turned.filter(|turned| !path.exists() && turned.exists()).unwrap_or(path))
        }
        other => other,
    }
}

/// The file that a cue sheet in `folder` names: one of that folder or below. The sound may have been coded anew since.
fn sound_of(folder: &Path, name: &str) -> Location {
    let parts = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".."));
    let path = parts.fold(folder.to_owned(), |path, part| path.join(part));
    if path.exists() {
        return Location::File(path);
    }
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase());
    let same = |other: &PathBuf| other.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()) == stem;
    let found = path.parent().and_then(|folder| folder::read(folder, DirectoryMode::Ignore).ok());
    Location::File(found.and_then(|all| all.into_iter().find(same)).unwrap_or(path))
}

/// The other files of its folder, where they are wanted.
fn beside(entry: &Entry, path: &Path, how: &Unfolding) -> Option<(Vec<Entry>, usize)> {
    if !entry.is_own() {
        return None;
    }
    let (all, at) = folder::beside(path, how.autocreate)?;
    // They are of the folder: none of them brings the others once more.
    let folder = Entry::new(Location::File(path.parent()?.to_owned()));
    let other = |path: PathBuf| folder.names(Location::File(path));
    let mut all: Vec<_> = all.into_iter().map(other).collect();
    if let Some(own) = all.get_mut(at) {
        *own = Entry { from: Arc::clone(&own.from), ..entry.clone() };
    }
    Some((all, at))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn unfolded(entry: &Entry) -> Result<Vec<String>, String> {
        let found = unfold(entry, &Unfolding::default()).map_err(|error| error.to_string())?;
        Ok(found.map_or_else(Vec::new, |(all, _)| all.iter().map(|entry| entry.location.to_string()).collect()))
    }

    #[test]
    fn names_count_from_the_lists_folder() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        let at = |name: &str| folder.join(name).display().to_string();
        fs::create_dir(folder.join("sub")).unwrap();
        fs::write(folder.join("sub/b.mkv"), "x").unwrap();
        fs::write(folder.join("a.m3u"), "c.mkv\nsub\\b.mkv\n/x/y.mkv\nhttp://h/z\nfile:///a%20b\n").unwrap();
        let list = Entry::new(folder.join("a.m3u").as_path());
        assert_eq!(
            unfolded(&list).unwrap(),
            [at("c.mkv"), at("sub/b.mkv"), "/x/y.mkv".to_owned(), "http://h/z".to_owned(), "/a b".to_owned()]
        );
        // A plain list is one only where the user says so.
        fs::write(folder.join("a.txt"), "c.mkv\n").unwrap();
        assert_eq!(unfolded(&Entry::new(folder.join("a.txt").as_path())).unwrap(), [""; 0]);
        assert_eq!(unfolded(&Entry::list(folder.join("a.txt").as_path())).unwrap(), [at("c.mkv")]);
        // A sheet's file, coded anew.
        fs::write(folder.join("sub/b.cue"), "FILE \"..\\B.wav\" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n").unwrap();
        assert_eq!(unfolded(&Entry::new(folder.join("sub/b.cue").as_path())).unwrap(), [at("sub/b.mkv")]);
        fs::write(folder.join("nothing.m3u"), "#EXTM3U\n").unwrap();
        assert!(unfolded(&Entry::new(folder.join("nothing.m3u").as_path())).unwrap_err().contains("nothing in it"));
    }

    #[test]
    fn lists_that_lead_back_to_themselves_end() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        fs::write(folder.join("a.m3u"), "./b.m3u\n").unwrap();
        fs::write(folder.join("b.m3u"), "../{}/a.m3u\n".replace("{}", &folder.file_name().unwrap().to_string_lossy()))
            .unwrap();
        let mut entry = Entry::new(folder.join("a.m3u").as_path());
        let mut rounds = 0;
        let error = loop {
            rounds += 1;
            match unfold(&entry, &Unfolding::default()) {
                Ok(Some((all, _))) => entry = all[0].clone(),
                Ok(None) => panic!("it ended with a film"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, ListError::Itself(_)) && rounds == 3, "{error} after {rounds}");
        for number in 0..30 {
            fs::write(folder.join(format!("{number}.m3u")), format!("{}.m3u\n", number + 1)).unwrap();
        }
        let mut entry = Entry::new(folder.join("0.m3u").as_path());
        let error = loop {
            match unfold(&entry, &Unfolding::default()) {
                Ok(Some((all, _))) => entry = all[0].clone(),
                other => break other,
            }
        };
        assert!(matches!(error, Err(ListError::Deep(_))), "{error:?}");
    }

    /// Lists that were damaged, or put together by somebody who wants to get at what is not theirs.
    #[test]
    fn no_damaged_list_ends_the_program_or_leads_where_it_may_not() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        let seeds: [(&str, &str); 4] = [
            ("m3u", "#EXTM3U\n#EXTINF:12,A\na.mkv\n/dev/zero\nhttp://h/b\nfile:///etc/passwd\n-\nsrt://h\n../x.mkv\n"),
            ("pls", "[playlist]\nFile1=a.mkv\nTitle1=A\nFile2=/dev/stdin\nFile3=smb://h/a\nNumberOfEntries=3\n"),
            (
                "cue",
                "TITLE \"A\"\nFILE \"../../../etc/passwd\" WAVE\nTRACK 01 AUDIO\nTITLE \"B\"\nINDEX 01 00:02:00\nTRACK 02 AUDIO\nINDEX 01 01:00:74\n",
            ),
            ("txt", "a.mkv\n/dev/urandom\n\\\\server\\x\nftp://h/a\n"),
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut chance = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below.max(1) as u64) as usize
        };
        let from_network = Entry::new("http://h/list.m3u");
        for round in 0..1000 {
            let (end, seed) = seeds[round % seeds.len()];
            let mut bytes = seed.as_bytes().to_vec();
            for _ in 0..1 + chance(6) {
                let at = chance(bytes.len());
                match chance(5) {
                    0 => bytes[at] ^= 1 << chance(8),
                    1 => drop(bytes.splice(at..at, vec![[0, 0xff, b'\n', b'/', 0xe4][chance(5)]; 1 + chance(40)])),
                    2 => bytes.truncate(at.max(1)),
                    3 => drop(bytes.splice(at..at, seed.bytes().skip(chance(seed.len())))),
                    _ => drop(bytes.drain(at..bytes.len().min(at + chance(9)))),
                }
                bytes.push(b'\n');
            }
            let path = folder.join(format!("{round}.{end}"));
            fs::write(&path, &bytes).unwrap();
            for list in [Entry::list(path.as_path()), from_network.names(Location::File(path.clone()))] {
                let remote = !list.is_own();
                let is_sheet = Form::of(&bytes, Some(end)) == Some(Form::Cue);
                let list = Entry { is_list: true, ..list };
                let inside = match super::list(&list, &path) {
                    Ok(Some(inside)) => inside,
                    Ok(None) | Err(_) => continue,
                };
                for entry in inside.iter().filter(|entry| allowed::check(entry).is_ok()) {
                    match &entry.location {
                        Location::Stdin => panic!("standard input: {bytes:?}"),
                        Location::Url(url) => {
                            assert!(!url.starts_with("smb") && !url.starts_with("srt") && !url.starts_with("ftp"));
                        }
                        Location::File(path) => {
                            assert!(!remote, "a file, for a list from a network: {}", path.display());
                            let there = path.metadata().ok();
                            assert!(there.is_none_or(|there| there.is_file() || there.is_dir()), "{}", path.display());
                            assert!(!is_sheet || path.starts_with(folder), "{}", path.display());
                        }
                    }
                }
            }
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn the_films_beside_one_come_along_once() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        ["1.mkv", "2.mkv", "3.mkv", "a.mp3"].iter().for_each(|name| fs::write(folder.join(name), "x").unwrap());
        let how = Unfolding { autocreate: Autocreate::Same, ..Unfolding::default() };
        let own = Entry::new(folder.join("2.mkv").as_path());
        let (all, at) = unfold(&own, &how).unwrap().unwrap();
        assert_eq!((all.len(), at), (3, 1));
        for entry in &all {
            assert_eq!(unfold(entry, &how).unwrap(), None);
        }
    }
}
