//! What was made of which input and how, remembered from one start to the next: a batch that is asked for again does not make it a second time.
//!
//! A line of JSON for each file that was finished, in a file for each folder. A file counts as made only while it and its input have the length and
//! the time of change that are written there, and all settings are the same; whoever loses the lines loses nothing but time.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::location::Location;
use crate::whole;

/// No more is read: some hundred thousand files of one folder. Beyond that nothing is known of them.
const LONGEST: u64 = 64 << 20;

/// A file as it was: another one, or the same changed, differs in one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The whole path without links; what is no text in it stands as escapes.
    path: String,
    bytes: u64,
    /// Seconds and nanoseconds since 1970.
    changed: (u64, u32),
}

impl Facts {
    /// Of a regular file; none of what is no file, is not there, or was changed before 1970.
    pub fn of(path: &Path) -> Option<Self> {
        let path = path.canonicalize().ok()?;
        let metadata = path.metadata().ok().filter(fs::Metadata::is_file)?;
        let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let changed = (changed.as_secs(), changed.subsec_nanos());
        let path = path.as_os_str().as_encoded_bytes().escape_ascii().to_string();
        Some(Self { path, bytes: metadata.len(), changed })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    output: Facts,
    input: Facts,
    settings: u64,
}

/// What is remembered, for one set of settings. One thread.
#[derive(Debug)]
pub struct Made {
    folder: Option<PathBuf>,
    settings: u64,
    /// By the file that they were read from, then by the output's path.
    known: HashMap<PathBuf, HashMap<String, Line>>,
}

impl Made {
    /// Remembered in `folder`, or not at all; `settings` is all that the outcome depends on, in any words.
    pub fn new(folder: Option<PathBuf>, settings: &str) -> Self {
        let settings = hash(&(env!("CARGO_PKG_VERSION"), settings));
        Self { folder, settings, known: HashMap::new() }
    }

    /// Whether `output` was made of `input` with the same settings, and neither has changed since.
    pub fn has(&mut self, input: &Location, output: &Path) -> bool {
        let (Some(input), Some(output)) = (input.path().and_then(Facts::of), Facts::of(output)) else { return false };
        let Some(file) = self.file(&output) else { return false };
        let known = self.known.entry(file.clone()).or_insert_with(|| read(&file));
        let wanted = Line { output, input, settings: self.settings };
        known.get(&wanted.output.path) == Some(&wanted)
    }

    /// Remembers that `output`, which is whole, was made of what was `input` when it was begun.
    pub fn remember(&mut self, input: Facts, output: &Path) {
        let Some(output) = Facts::of(output) else { return };
        let Some(file) = self.file(&output) else { return };
        let line = Line { output, input, settings: self.settings };
        if let Err(error) = append(&file, &line) {
            tracing::debug!("{} cannot be written ({error}): it will not be known what was made", file.display());
        }
    }

    /// Where that stands: the name is a hash of the folder's.
    fn file(&self, output: &Facts) -> Option<PathBuf> {
        let folder = output.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Some(self.folder.as_ref()?.join("made").join(format!("{:016x}.jsonl", hash(&folder))))
    }
}

/// Another version of Rust may hash otherwise: then nothing is known, and that is all.
fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The last line of each output. What is no line of ours is passed over: one may have been cut off.
fn read(file: &Path) -> HashMap<String, Line> {
    let bytes = match whole::read(file, LONGEST) {
        Ok(bytes) => bytes,
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::debug!("{} cannot be read ({error}): what was made before is not known", file.display());
            }
            return HashMap::new();
        }
    };
    let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
    lines.map(|line| (line.output.path.clone(), line)).collect()
}

/// Other processes may append at the same time: a line is written at once. It begins with the end of the one before, in case that was cut off.
fn append(file: &Path, line: &Line) -> io::Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let mut open = options.append(true).create(true).open(file)?;
    let metadata = open.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    if metadata.len() > LONGEST / 2 {
        open.set_len(0)?;
    }
    let text = serde_json::to_string(line)?;
    open.write_all(format!("\n{text}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unchanged_counts_as_made() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (input, output) = (Location::from(at("in.png")), at("out.png"));
        let made = |settings: &str| Made::new(Some(at("state")), settings);
        fs::write(at("in.png"), "in").unwrap();
        fs::write(&output, "out").unwrap();
        assert!(!made("a").has(&input, &output));
        made("a").remember(Facts::of(&at("in.png")).unwrap(), &output);
        assert!(made("a").has(&input, &output));
        assert!(!made("b").has(&input, &output) && !made("a").has(&Location::Stdin, &output));
        assert!(!Made::new(None, "a").has(&input, &output));
        fs::write(at("other.png"), "in").unwrap();
        assert!(!made("a").has(&at("other.png").into(), &output));
        // A line that was cut off costs itself only.
        let file = fs::read_dir(at("state/made")).unwrap().next().unwrap().unwrap().path();
        let lines = fs::read(&file).unwrap();
        fs::write(&file, &lines[..lines.len() - 9]).unwrap();
        assert!(!made("a").has(&input, &output));
        made("a").remember(Facts::of(&at("in.png")).unwrap(), &output);
        assert!(made("a").has(&input, &output));
        for changed in [&output, &at("in.png")] {
            let (before, time) = (fs::read(changed).unwrap(), changed.metadata().unwrap().modified().unwrap());
            fs::write(changed, "longer").unwrap();
            assert!(!made("a").has(&input, &output), "another length");
            fs::write(changed, before).unwrap();
            let open = OpenOptions::new().write(true).open(changed).unwrap();
            open.set_modified(time + std::time::Duration::from_nanos(4_000_000)).unwrap();
            assert!(!made("a").has(&input, &output), "another time");
            open.set_modified(time).unwrap();
            assert!(made("a").has(&input, &output));
        }
    }

    #[cfg(unix)]
    #[test]
    fn nothing_that_lies_there_hangs_or_fills_memory() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("in.png"), "in").unwrap();
        fs::write(at("out.png"), "out").unwrap();
        let (input, facts) = (Location::from(at("in.png")), Facts::of(&at("in.png")).unwrap());
        Made::new(Some(at("state")), "a").remember(facts.clone(), &at("out.png"));
        let file = fs::read_dir(at("state/made")).unwrap().next().unwrap().unwrap().path();
        let hole = |path: &Path| fs::File::create(path).unwrap().set_len(10 << 30).unwrap();
        let pipe = |path: &Path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        let garbage = |path: &Path| fs::write(path, [0xff; 5000]).unwrap();
        for make in [&hole as &dyn Fn(&Path), &pipe, &garbage] {
            fs::remove_file(&file).unwrap();
            make(&file);
            let mut made = Made::new(Some(at("state")), "a");
            assert!(!made.has(&input, &at("out.png")));
            made.remember(facts.clone(), &at("out.png"));
        }
        assert!(Made::new(Some(at("state")), "a").has(&input, &at("out.png")), "after the garbage");
    }
}
