//! The note beside a film's shards on how far they go, by which an interrupted run goes on. Written after each whole shard, checked before it
//! is believed.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::DatasetError;
use super::judge::Reason;
use crate::output::{OutputError, Outputs};
use crate::whole;

/// The format of the note.
const VERSION: u32 = 1;
/// A longer note is none of ours: 80 bytes a shard make this enough for thousands of hours.
const LONGEST: u64 = 4 << 20;

/// What the shards depend on: when any of it differs, they are not those of this run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The film's file name.
    pub(super) film: String,
    /// Its length in bytes; 0 for an address.
    pub(super) film_bytes: u64,
    /// `--source-layout` as found or said.
    pub(super) layout: String,
    /// Which eye comes first, `--swap-eyes` counted in.
    pub(super) right_first: bool,
    /// `--every`, in nanoseconds.
    pub(super) every: i64,
    /// `--width`.
    pub(super) width: u32,
    /// `--shard`.
    pub(super) shard: u64,
}

impl Origin {
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let checks = [
            (self.film != other.film || self.film_bytes != other.film_bytes, "the film"),
            (self.layout != other.layout, "--source-layout"),
            (self.right_first != other.right_first, "--swap-eyes"),
            (self.every != other.every, "--every"),
            (self.width != other.width, "--width"),
            (self.shard != other.shard, "--shard"),
        ];
        checks.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
    }
}

/// What has been counted up to some place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) kept: u64,
    /// In the order of [`Reason::ALL`].
    pub(super) dropped: [u64; Reason::ALL.len()],
    /// Shots whose eyes are in the right order, and shots whose eyes seem exchanged.
    pub(super) order: [u64; 2],
}

impl Counts {
    pub(super) fn drop_one(&mut self, reason: Reason) {
        self.dropped[reason as usize] += 1;
    }
}

/// The place in a film at which nothing is pending: the first frame of a shot, or of a piece of a long one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Film time in nanoseconds.
    pub(super) time: i64,
    /// The shot that this frame belongs to.
    pub(super) shot: u64,
    /// The step of `--every` in which the frame before it lay.
    pub(super) step: Option<i64>,
    /// What was counted before it.
    pub(super) counts: Counts,
}

/// The note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    version: u32,
    pub(super) origin: Origin,
    /// Length in bytes of each whole shard.
    pub(super) shards: Vec<u64>,
    /// Where to go on.
    pub(super) next: Mark,
    /// All of the film is done.
    pub(super) done: bool,
}

/// `NAME-000007.tar`
pub(super) fn shard_path(folder: &Path, name: &str, index: usize) -> PathBuf {
    folder.join(format!("{name}-{index:06}.tar"))
}

fn note_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.state.json"))
}

/// Asks for all files of `name`'s in `folder`, and for the first one to come.
pub(super) fn take(folder: &Path, name: &str, outputs: &mut Outputs) -> Result<(), DatasetError> {
    outputs.take_or_leave(&note_path(folder, name))?;
    let mut index = 0;
    while outputs.take_or_leave(&shard_path(folder, name, index))? {
        index += 1;
    }
    Ok(())
}

impl State {
    /// The state of `name`'s shards in `folder`, new where there are none yet.
    pub(super) fn open(folder: &Path, name: &str, origin: Origin) -> Result<Self, DatasetError> {
        let path = note_path(folder, name);
        let wrong = |reason: &str| DatasetError::State { path: path.clone(), reason: reason.to_owned() };
        let bytes = match whole::read(&path, LONGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let first = shard_path(folder, name, 0);
                if first.symlink_metadata().is_ok() {
                    return Err(OutputError::Exists(first).into());
                }
                let state = Self { version: VERSION, origin, shards: Vec::new(), next: Mark::default(), done: false };
                state.write(folder, name)?;
                return Ok(state);
            }
            Err(error) => return Err(wrong(&error.to_string())),
        };
        let state = Self::parse(&bytes).map_err(|reason| wrong(&reason))?;
        if let Some(what) = state.origin.difference(&origin) {
            let (folder, film) = (folder.to_owned(), name.to_owned());
            return Err(DatasetError::Other { folder, film, what });
        }
        for (index, length) in state.shards.iter().enumerate() {
            let shard = shard_path(folder, name, index);
            let there = fs::metadata(&shard).map(|metadata| metadata.len()).ok();
            if there != Some(*length) {
                return Err(wrong(&format!("{} is missing or of another length", shard.display())));
            }
        }
        Ok(state)
    }

    /// Of a note's `bytes`. The error is a reason without the note's name.
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let state: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if state.version == VERSION { Ok(state) } else { Err("another version wrote it".to_owned()) }
    }

    /// Takes away everything that a run of `name` has left.
    pub(super) fn clear(folder: &Path, name: &str) -> Result<(), DatasetError> {
        let remove = |path: PathBuf| match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(OutputError::from_io(&path, &error)),
        };
        remove(note_path(folder, name))?;
        let mut index = 0;
        while remove(shard_path(folder, name, index))? {
            index += 1;
        }
        Ok(())
    }

    /// Replaces the note.
    pub(super) fn write(&self, folder: &Path, name: &str) -> Result<(), DatasetError> {
        let path = note_path(folder, name);
        let bytes = serde_json::to_vec(self).map_err(|error| OutputError::from_io(&path, &error.into()))?;
        Ok(whole::write(&path, &bytes, true)?)
    }
}

/// What would be believed of a note's `bytes`, as they would be written again: for tests.
#[doc(hidden)]
pub fn read_state(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let state = State::parse(bytes)?;
    serde_json::to_vec(&state).map_err(|error| error.to_string())
}
