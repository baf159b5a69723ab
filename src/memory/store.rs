//! The folder: a file for each film.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Key, Record};
use crate::location::Location;
use crate::output::OutputError;
use crate::whole;

/// No record is larger, in bytes.
const LARGEST: u64 = 1 << 16;
/// So many are kept, those written last.
const MOST: usize = 2000;
/// A film that was not played for so long is forgotten: two years.
const OLDEST: Duration = Duration::from_secs(2 * 366 * 24 * 3600);
/// What is no record of ours is set aside with this behind its name.
const ASIDE: &str = "aside";

/// The folder. From any thread, and beside other programs of the kind: each file is replaced as a whole.
pub(super) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn file(&self, key: Key) -> PathBuf {
        self.folder.join(key.file_name())
    }

    /// The record of the film of that key, or of the same film where it was before.
    pub(super) fn find(&self, key: &Key, location: &Location) -> Option<Record> {
        if let Some(record) = self.read(*key) {
            return Some(record);
        }
        let same = self.keys().into_iter().filter(|(other, _)| *other != *key && other.is_content_of(*key));
        let (other, _) = same.max_by_key(|(_, written)| *written)?;
        let record = self.read(other)?;
        // Where the file that was there is gone, it was moved; else this is a copy of it.
        let old = record.location();
        if old != *location && old.path().is_some_and(|path| !path.exists()) {
            let _ = fs::rename(self.file(other), self.file(*key));
        }
        Some(record)
    }

    /// The record of that key; one that cannot be read is set aside.
    fn read(&self, key: Key) -> Option<Record> {
        let file = self.file(key);
        let bytes = match whole::read(&file, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return None,
            Err(error) => {
                self.set_aside(&file, &error.to_string());
                return None;
            }
        };
        match Record::read(&bytes) {
            Ok(record) => Some(record),
            Err(error) => {
                self.set_aside(&file, &error.to_string());
                None
            }
        }
    }

    fn set_aside(&self, file: &Path, reason: &str) {
        let aside = file.with_extension(ASIDE);
        match fs::rename(file, &aside) {
            Ok(()) => tracing::warn!("'{}' is set aside as '{}': {reason}", file.display(), aside.display()),
            Err(_) => tracing::warn!("'{}' is left alone: {reason}", file.display()),
        }
    }

    /// Replaces the record of that key.
    pub(super) fn write(&self, key: &Key, record: &Record) -> Result<(), OutputError> {
        let (file, bytes) = (self.file(*key), record.write());
        match whole::write(&file, &bytes, true) {
            // The first of all, or somebody has cleaned up.
            Err(OutputError::NoFolder(_)) => {
                self.make_folder()?;
                whole::write(&file, &bytes, true)
            }
            other => other,
        }
    }

    /// What was watched is nobody else's affair.
    fn make_folder(&self) -> Result<(), OutputError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.folder).map_err(|error| OutputError::from_io(&self.folder, &error))
    }

    pub(super) fn remove(&self, key: &Key) {
        let file = self.file(*key);
        if let Err(error) = fs::remove_file(&file)
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!("'{}' could not be removed: {error}", file.display());
        }
    }

    /// All keys, and when each was written.
    fn keys(&self) -> Vec<(Key, SystemTime)> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let key = |entry: fs::DirEntry| {
            let key = Key::of_file_name(entry.file_name().to_str()?)?;
            Some((key, entry.metadata().ok()?.modified().ok()?))
        };
        entries.flatten().filter_map(key).collect()
    }

    /// All records that can be read, none set aside.
    pub(super) fn all(&self) -> Vec<Record> {
        let read = |(key, _): (Key, SystemTime)| Record::read(&whole::read(&self.file(key), LARGEST).ok()?).ok();
        self.keys().into_iter().filter_map(read).collect()
    }

    /// Removes what is old, what is too much, and what killed programs have left.
    pub(super) fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let ours = |path: &Path| {
            let record = path.with_extension("json");
            let known =
                record.file_name().and_then(|name| name.to_str()).is_some_and(|name| Key::of_file_name(name).is_some());
            known && path.extension().is_some_and(|end| end == "json" || end == ASIDE)
        };
        let mut files: Vec<(SystemTime, PathBuf)> = entries
            .flatten()
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .filter(|(_, path)| ours(path))
            .collect();
        files.sort_by(|one, other| other.cmp(one));
        let oldest = SystemTime::now().checked_sub(OLDEST);
        for (index, (written, path)) in files.iter().enumerate() {
            if index >= MOST || oldest.is_some_and(|oldest| *written < oldest) {
                let _ = fs::remove_file(path);
            }
        }
        crate::output::sweep(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    fn record(location: &Location, seconds: f64) -> Record {
        let position = Some(Time::from_seconds(seconds));
        Record::new(location, position, Some(Time::from_seconds(1000.0)), false).unwrap()
    }

    /// A folder of films and a store.
    fn place() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("state/films"));
        (folder, store)
    }

    #[test]
    fn a_film_that_was_moved_is_found_and_one_in_its_place_is_another() {
        let (folder, store) = place();
        let film = |name: &str| Location::File(folder.path().join(name));
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "film a").unwrap();
        let (a, key) = (film("a"), Key::of(&film("a")).unwrap());
        assert_eq!(store.find(&key, &a), None);
        store.write(&key, &record(&a, 10.0)).unwrap();
        assert_eq!(store.find(&key, &a), Some(record(&a, 10.0)));
        // A copy begins where the film stood, and then goes its own way.
        fs::copy(path("a"), path("copy")).unwrap();
        let copied = Key::of(&film("copy")).unwrap();
        assert_eq!(store.find(&copied, &film("copy")).unwrap().position(), Some(Time::from_seconds(10.0)));
        store.write(&copied, &record(&film("copy"), 20.0)).unwrap();
        assert_eq!(store.find(&key, &a).unwrap().position(), Some(Time::from_seconds(10.0)));
        fs::remove_file(path("copy")).unwrap();
        store.remove(&copied);

        fs::rename(path("a"), path("b")).unwrap();
        let moved = Key::of(&film("b")).unwrap();
        assert_eq!(store.find(&moved, &film("b")).unwrap().position(), Some(Time::from_seconds(10.0)));
        assert_eq!(store.keys().len(), 1, "it is kept once");
        fs::write(path("a"), "another film").unwrap();
        assert_eq!(store.find(&Key::of(&a).unwrap(), &a), None);
        fs::write(path("b"), "a third").unwrap();
        assert_eq!(store.find(&Key::of(&film("b")).unwrap(), &film("b")), None);
    }

    #[test]
    fn what_is_no_record_is_set_aside_and_pruned() {
        let (folder, store) = place();
        let film = Location::File(folder.path().join("a"));
        fs::write(folder.path().join("a"), "film a").unwrap();
        let key = Key::of(&film).unwrap();
        store.write(&key, &record(&film, 10.0)).unwrap();
        for bytes in [&b"\xff\x00"[..], b"{\"version\": 99}", &vec![b' '; 70_000]] {
            fs::write(store.file(key), bytes).unwrap();
            assert_eq!(store.find(&key, &film), None);
            assert!(!store.file(key).exists());
            assert_eq!(fs::read(store.file(key).with_extension(ASIDE)).unwrap(), bytes);
        }
        store.write(&key, &record(&film, 10.0)).unwrap();
        fs::write(store.folder().join("notes.json"), "").unwrap();
        let old = SystemTime::now() - OLDEST - Duration::from_secs(60);
        for file in [store.file(key).with_extension(ASIDE), store.folder().join("notes.json")] {
            fs::File::options().write(true).open(file).unwrap().set_modified(old).unwrap();
        }
        for number in 0..MOST {
            let name = format!("{number:016x}-{number:016x}.json");
            fs::write(store.folder().join(name), "").unwrap();
        }
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(store.file(key)).unwrap().set_modified(long_ago).unwrap();
        store.prune();
        assert!(!store.file(key).exists() && !store.file(key).with_extension(ASIDE).exists());
        assert_eq!(fs::read_dir(store.folder()).unwrap().count(), MOST + 1);
        assert!(store.folder().join("notes.json").exists(), "it is not ours");
    }

    #[test]
    fn a_thousand_mutated_records_stop_nothing() {
        let (folder, store) = place();
        let film = Location::File(folder.path().join("a"));
        fs::write(folder.path().join("a"), "film a").unwrap();
        let key = Key::of(&film).unwrap();
        let mut whole = record(&film, 10.0);
        whole.options.insert("sub-delay".to_owned(), "0.5".to_owned());
        let whole = whole.write();
        store.write(&key, &record(&film, 10.0)).unwrap();
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % below as u64) as usize
        };
        let mut read = 0;
        for _ in 0..1000 {
            let mut bytes = whole.clone();
            for _ in 0..=next(4) {
                let at = next(bytes.len());
                match next(4) {
                    0 => bytes[at] = next(256) as u8,
                    1 => bytes.truncate(at.max(1)),
                    2 => bytes.insert(at, b"0e\"{}[]-9,"[next(10)]),
                    _ => {
                        bytes.remove(at);
                        bytes.push(b'}');
                    }
                }
            }
            fs::write(store.file(key), &bytes).unwrap();
            if let Some(record) = store.find(&key, &film) {
                read += 1;
                assert!(record.position().is_none_or(|time| time >= Time::ZERO));
                assert!(record.watched().is_none_or(|share| (0.0..=1.0).contains(&share)));
            }
        }
        store.write(&key, &record(&film, 10.0)).unwrap();
        assert!(store.find(&key, &film).is_some());
        assert!((1..1000).contains(&read), "{read}");
    }
}
