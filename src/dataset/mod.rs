//! `deep3d dataset`: pairs of eyes out of 3D films, in shards that `train/` reads. On the CPU alone; one thread besides the decoder's.
//!
//! [`run`] takes films side by side or one above the other, finds their shots, takes a picture of each eye every now and then, drops
//! what nothing can be learnt from (see [`Reason`]) and writes the rest. Shards have their names only when they are whole, and a note
//! beside them says how far they go, so that the same command goes on where an interrupted one ended.

mod bars;
mod error;
mod gather;
mod judge;
mod matching;
mod reduce;
mod shard;
mod split;
mod state;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

pub use error::DatasetError;
pub use judge::Reason;
pub use split::{SaidBy, SourceLayout, Split};
#[doc(hidden)]
pub use state::read_state;

use crate::location::Location;
use crate::media::{Info, MediaError, Packing, Source, SourceOptions, StopFlag};
use crate::output::Outputs;
use crate::terminal;
use crate::time::Time;
use gather::{Gatherer, packed_aspect};
use split::Probe;
use state::{Origin, State};

/// How pairs are taken out of films.
#[derive(Debug, Clone)]
pub struct DatasetOptions {
    /// How the films are packed.
    pub layout: SourceLayout,
    /// Take the first eye for the right one (or the left one, where the film's tag says that the right one comes first).
    pub swap_eyes: bool,
    /// Time between pictures that are taken; more than zero.
    pub every: Time,
    /// Width of an eye's picture before its bars are taken off, in pixels. Never enlarged.
    pub width: u32,
    /// The most samples in a shard.
    pub shard: u64,
    /// Begin anew where shards are there already.
    pub force: bool,
}

/// What became of one film.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its name as it was given.
    pub film: String,
    /// How it is packed.
    pub split: Split,
    /// Its shots.
    pub shots: u64,
    /// Its shards.
    pub shards: usize,
    /// Pairs that are in them.
    pub kept: u64,
    /// Pairs that are not, and why.
    pub dropped: Vec<(Reason, u64)>,
    /// All was there already.
    pub nothing_to_do: bool,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.split.right_first { ", right eye first" } else { "" };
        let done = if self.nothing_to_do { "; all was there already" } else { "" };
        let (film, layout, said_by) = (terminal::escaped(&self.film), self.split.name(), self.split.said_by.text());
        writeln!(f, "{film}: {layout}{order} ({said_by}), {} shots{done}", self.shots)?;
        writeln!(f, "  {:<26}{:>8}   in {} shards", "kept", self.kept, self.shards)?;
        for (reason, count) in &self.dropped {
            writeln!(f, "  {:<26}{count:>8}", reason.text())?;
        }
        Ok(())
    }
}

/// The films' names without their folders and last extensions, in letters that a key may have: `webdataset` ends it at the first dot.
fn shard_names(films: &[Location]) -> Result<Vec<String>, DatasetError> {
    let mut seen: HashMap<String, &Location> = HashMap::new();
    let mut names = Vec::new();
    for film in films {
        let stem = stem(film);
        let plain = |c: char| if c.is_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
        let mut name: String = stem.chars().map(plain).take(100).collect();
        if name.is_empty() {
            name.push_str("film");
        }
        if let Some(other) = seen.insert(name.clone(), film) {
            return Err(DatasetError::SameName(other.to_string(), film.to_string(), name));
        }
        names.push(name);
    }
    Ok(names)
}

/// The film's file name; empty where it has none. What is no text in it stands as U+FFFD.
fn file_name(film: &Location) -> String {
    film.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// That without its last extension.
fn stem(film: &Location) -> String {
    let name = file_name(film);
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    stem.to_owned()
}

/// Takes pairs out of `films` into shards in `folder`, one film after the other; `done` is told of each. `stop` interrupts.
///
/// # Errors
/// The first film that cannot be read or stored ends it; what is whole stays. A film whose eyes seem exchanged is told at the end.
pub fn run(
    films: &[Location],
    folder: &Path,
    options: &DatasetOptions,
    stop: &StopFlag,
    mut done: impl FnMut(&Report),
) -> Result<(), DatasetError> {
    let names = shard_names(films)?;
    let failed = |reason| DatasetError::Folder { folder: folder.to_owned(), reason };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut outputs = Outputs::new(options.force);
    films.iter().for_each(|film| outputs.protect(film));
    for name in &names {
        state::take(folder, name, &mut outputs)?;
    }
    outputs.sweep();
    let mut advice = None;
    for (film, name) in films.iter().zip(&names) {
        let (report, state) = one_film(film, name, folder, options, stop)?;
        done(&report);
        let [right, swapped] = state.next.counts.order;
        // Where pairs are left, one shot that says so proves little.
        if swapped > right && (report.kept == 0 || swapped >= 3) {
            let cure = if options.swap_eyes {
                "look at a pair, and if it is so, run this again without --swap-eyes and with --force"
            } else {
                "look at a pair, and if it is so, run this again with --swap-eyes --force"
            };
            let film = film.to_string();
            advice.get_or_insert(DatasetError::Swapped { film, swapped, told: right + swapped, cure });
        }
    }
    advice.map_or(Ok(()), Err)
}

fn one_film(
    film: &Location,
    name: &str,
    folder: &Path,
    options: &DatasetOptions,
    stop: &StopFlag,
) -> Result<(Report, State), DatasetError> {
    let interrupted = |error: MediaError, shards: usize| match error {
        MediaError::Stopped => DatasetError::Interrupted(shards as u64),
        other => other.into(),
    };
    let open = || {
        let source_options = SourceOptions { stop: stop.clone(), ..SourceOptions::default() };
        Source::open(film, &source_options).map_err(|error| interrupted(error, 0))
    };
    let mut source = open()?;
    let split = split(film, source.info(), options, open)?;
    let origin = Origin {
        film: file_name(film),
        film_bytes: film.path().and_then(|path| path.metadata().ok()).map_or(0, |metadata| metadata.len()),
        layout: split.name().to_owned(),
        right_first: split.right_first,
        every: options.every.nanoseconds().max(1),
        width: options.width,
        shard: options.shard,
    };
    if options.force {
        State::clear(folder, name)?;
    }
    let state = State::open(folder, name, origin)?;
    let nothing_to_do = state.done;
    let mut gatherer = Gatherer::new(folder, name, split, state);
    let state = if nothing_to_do {
        gatherer.state().clone()
    } else {
        let begin = Time::from_nanoseconds(gatherer.begin().time);
        let resumed = !gatherer.state().shards.is_empty();
        if resumed {
            source.seek(begin, 0).map_err(|error| interrupted(error, gatherer.state().shards.len()))?;
        }
        let progress = progress_bar(source.info());
        let mut first = resumed;
        let result = loop {
            let shards = gatherer.state().shards.len();
            let frame = match source.next() {
                Ok(Some(_)) if stop.is_stopped() => break Err(DatasetError::Interrupted(shards as u64)),
                Ok(Some(frame)) => frame,
                Ok(None) => break Ok(()),
                Err(error) => break Err(interrupted(error, shards)),
            };
            if std::mem::take(&mut first) && (frame.pts - begin).nanoseconds().abs() > 1000 {
                let path = folder.join(format!("{name}.state.json"));
                let reason = format!("the film has no picture at {begin}");
                break Err(DatasetError::State { path, reason });
            }
            if let Err(error) = gatherer.add(&frame) {
                break Err(error);
            }
            progress.set_position(u64::try_from(frame.pts.nanoseconds() / 1_000_000).unwrap_or(0));
            progress.set_message(format!("{} pairs", gatherer.mark().counts.kept));
        };
        progress.finish_and_clear();
        result?;
        gatherer.finish()?
    };
    let counts = state.next.counts;
    let report = Report {
        film: film.to_string(),
        split,
        shots: state.next.shot + 1,
        shards: state.shards.len(),
        kept: counts.kept,
        dropped: Reason::ALL.into_iter().zip(counts.dropped).collect(),
        nothing_to_do,
    };
    Ok((report, state))
}

/// How the film is packed; looks at pictures of it only where nothing else tells.
fn split(
    film: &Location,
    info: &Info,
    options: &DatasetOptions,
    open: impl Fn() -> Result<Source, DatasetError>,
) -> Result<Split, DatasetError> {
    if info.is_still {
        return Err(DatasetError::Still(film.to_string()));
    }
    if info.orientation != Default::default() {
        return Err(DatasetError::Turned(film.to_string()));
    }
    let woven = info.stereo.is_some_and(|stereo| stereo.packing == Packing::Other);
    if woven && options.layout == SourceLayout::Auto {
        return Err(DatasetError::Woven(film.to_string()));
    }
    let aspect = packed_aspect(info.size, info.sample_aspect);
    let mut split = match Split::told(options.layout, info.stereo, &stem(film), aspect) {
        Some(split) => split,
        None if !film.can_be_reopened() => return Err(DatasetError::Once(film.to_string())),
        None => probe(open()?, aspect)?.ok_or_else(|| DatasetError::NotPacked(film.to_string()))?,
    };
    split.right_first ^= options.swap_eyes;
    Ok(split)
}

/// Pictures that are looked at to find out how a film is packed.
const PROBES: i64 = 9;
/// Pictures between two of them where a film cannot be searched.
const PROBE_STEP: usize = 25;

fn probe(mut source: Source, aspect: f64) -> Result<Option<Split>, DatasetError> {
    let mut probe = Probe::default();
    let length = source.info().duration.filter(|_| source.info().can_seek);
    for part in 0..PROBES {
        if let Some(length) = length {
            let place = (length.nanoseconds() / (2 * PROBES)).saturating_mul(2 * part + 1);
            source.seek(Time::from_nanoseconds(place), 0)?;
        }
        let Some(frame) = source.next()? else { break };
        probe.look(&frame.data);
        for _ in 1..if length.is_some() { 1 } else { PROBE_STEP } {
            source.next()?;
        }
    }
    Ok(probe.decide(aspect))
}

fn progress_bar(info: &Info) -> ProgressBar {
    let (bar, template) = match info.duration {
        Some(length) => {
            let length = u64::try_from(length.nanoseconds() / 1_000_000).unwrap_or(0);
            (ProgressBar::new(length), "{wide_bar} {percent}% {msg}, {eta_precise} left")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {elapsed_precise} {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fit_for_keys_and_never_the_same() {
        let names = |films: &[&str]| shard_names(&films.iter().map(Location::of).collect::<Vec<_>>());
        let given = ["a/Film v2.1 (3D).mkv", "https://h.org/b_LR.mp4?x=/y.ts", "c"];
        assert_eq!(names(&given).unwrap(), ["Film_v2_1__3D_", "b_LR", "c"]);
        let error = names(&["x/a.mkv", "y/a.mp4"]).unwrap_err();
        assert!(error.is_usage(), "{error}");
    }
}
