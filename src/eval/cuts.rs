//! How well cuts are found in films whose cuts are known. Decodes, and needs no network.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::EvalError;
use super::pairs::{is_film, read_list};
use crate::film::FilmError;
use crate::media::{MediaError, Source, SourceOptions, StopFlag};
use crate::stage::cut::{Cuts, Fingerprint, Passage};
use crate::stage::glance::Glance;
use crate::terminal;

/// What there is in a film, by the list beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cut,
    Dissolve,
    Flash,
}

/// A place in a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    frame: usize,
    kind: Kind,
    frames: usize,
}

/// The scores of one film.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct CutScores {
    /// Its file name.
    pub name: String,
    /// How many frames it has.
    pub frames: usize,
    /// Known cuts.
    pub known: usize,
    /// Cuts that were found, right or not; the film's beginning is not counted.
    pub found: usize,
    /// Found cuts that are one.
    pub right: usize,
    /// Part of the known cuts that were found.
    pub recall: f64,
    /// Part of the found cuts that are one.
    pub precision: f64,
    /// Dissolves, and how many of them had a cut found in them.
    pub dissolves: [usize; 2],
    /// Flashes, and how many were taken for a cut.
    pub flashes: [usize; 2],
    /// Frames of known cuts that were not found.
    pub missed: Vec<usize>,
    /// Frames where a cut was found and there is none.
    pub wrong: Vec<usize>,
}

/// The scores of all films.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct CutReport {
    /// Version of this layout of keys.
    pub schema: u32,
    /// Frames seen ahead.
    pub look_ahead: usize,
    /// The films, by name.
    pub films: Vec<CutScores>,
}

impl CutReport {
    /// For people.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{:<28} {:>6} {:>6} {:>6} {:>7} {:>16} {:>16}\n",
            "film", "cuts", "found", "recall", "precis.", "dissolves taken", "flashes taken"
        );
        for film in &self.films {
            let CutScores { name, known, found, recall, precision, dissolves, flashes, .. } = film;
            let [dissolves, flashes] = [dissolves, flashes].map(|[all, taken]| format!("{taken} of {all}"));
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "{name:<28} {known:>6} {found:>6} {recall:>6.3} {precision:>7.3} {dissolves:>16} {flashes:>16}"
            );
        }
        text
    }
}

/// Scores the films in `folder` that have a list of cuts beside them, `look_ahead` frames ahead.
pub fn run(folder: &Path, look_ahead: usize, stop: &StopFlag) -> Result<CutReport, EvalError> {
    let unreadable = |reason: std::io::Error| EvalError::Folder { path: folder.to_owned(), reason: reason.to_string() };
    let mut films = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let list = path.with_extension("cuts.csv");
        if is_film(&path) && path.is_file() && list.is_file() {
            films.push((path, list));
        }
    }
    films.sort();
    if films.is_empty() {
        return Err(EvalError::NoCuts(folder.to_owned()));
    }
    let mut report = CutReport { schema: 1, look_ahead, films: Vec::new() };
    for (path, list) in films {
        let known = read(&list)?;
        let passages = judge(&path, look_ahead, stop)?;
        let name = terminal::escaped(&path.file_name().unwrap_or_default().to_string_lossy()).into_owned();
        report.films.push(score(name, &known, &passages));
    }
    Ok(report)
}

/// What each frame of the film is.
fn judge(path: &Path, look_ahead: usize, stop: &StopFlag) -> Result<Vec<Passage>, EvalError> {
    let failed = |error: MediaError| match stop.is_stopped() {
        true => EvalError::Interrupted,
        false => FilmError::from(error).into(),
    };
    let options = SourceOptions { stop: stop.clone(), ..SourceOptions::default() };
    let mut source = Source::open(path, &options).map_err(failed)?;
    let mut waiting: VecDeque<Fingerprint> = VecDeque::new();
    let (mut cuts, mut passages) = (Cuts::default(), Vec::new());
    loop {
        let frame = source.next().map_err(failed)?;
        let over = frame.is_none();
        waiting.extend(frame.map(|frame| Fingerprint::of(&Glance::of(&frame.data))));
        while waiting.len() > look_ahead || (over && !waiting.is_empty()) {
            let Some(print) = waiting.pop_front() else { break };
            passages.push(cuts.judge(&print, waiting.iter()));
        }
        if over {
            return Ok(passages);
        }
    }
}

fn read(path: &Path) -> Result<Vec<Known>, EvalError> {
    let unreadable = |error: std::io::Error| EvalError::Folder { path: path.to_owned(), reason: error.to_string() };
    let text = read_list(path).map_err(unreadable)?;
    let mut known = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = || EvalError::Cut { path: path.to_owned(), line: number + 1 };
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let [frame, kind, frames] = fields[..] else { return Err(wrong()) };
        let (Ok(frame), Ok(frames)) = (frame.parse(), frames.parse()) else {
            // A first line of words.
            if number == 0 && frame == "frame" {
                continue;
            }
            return Err(wrong());
        };
        let kind = match kind {
            "cut" => Kind::Cut,
            "dissolve" => Kind::Dissolve,
            "flash" => Kind::Flash,
            _ => return Err(wrong()),
        };
        known.push(Known { frame, kind, frames });
    }
    Ok(known)
}

fn score(name: String, known: &[Known], passages: &[Passage]) -> CutScores {
    let found: Vec<usize> = (1..passages.len()).filter(|at| passages[*at] == Passage::Cut).collect();
    let cuts: Vec<usize> = known.iter().filter(|known| known.kind == Kind::Cut).map(|known| known.frame).collect();
    let right = found.iter().filter(|at| cuts.contains(at)).count();
    // The frame after a flash is where the shot comes back.
    let within = |known: &Known, at: usize| at >= known.frame && at - known.frame <= known.frames;
    let taken = |kind: Kind| {
        let of_kind: Vec<&Known> = known.iter().filter(|known| known.kind == kind).collect();
        let wrong = |known: &&&Known| found.iter().any(|at| !cuts.contains(at) && within(known, *at));
        [of_kind.len(), of_kind.iter().filter(wrong).count()]
    };
    let part = |of: usize| if of == 0 { 1.0 } else { right as f64 / of as f64 };
    CutScores {
        name,
        frames: passages.len(),
        known: cuts.len(),
        found: found.len(),
        right,
        recall: part(cuts.len()),
        precision: part(found.len()),
        dissolves: taken(Kind::Dissolve),
        flashes: taken(Kind::Flash),
        missed: cuts.iter().copied().filter(|at| !found.contains(at)).collect(),
        wrong: found.iter().copied().filter(|at| !cuts.contains(at)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_counted() {
        let mut passages = vec![Passage::Same; 40];
        for at in [0, 5, 12, 22, 31] {
            passages[at] = Passage::Cut;
        }
        let known = |frame, kind, frames| Known { frame, kind, frames };
        let list = [
            known(5, Kind::Cut, 0),
            known(10, Kind::Dissolve, 6),
            known(20, Kind::Flash, 2),
            known(31, Kind::Cut, 0),
            known(38, Kind::Cut, 0),
        ];
        let scores = score("film".to_owned(), &list, &passages);
        assert_eq!((scores.known, scores.found, scores.right), (3, 4, 2));
        assert_eq!((scores.dissolves, scores.flashes), ([1, 1], [1, 1]));
        assert_eq!((scores.missed, scores.wrong), (vec![38], vec![12, 22]));
        assert!((scores.recall - 2.0 / 3.0).abs() < 1e-9 && (scores.precision - 0.5).abs() < 1e-9);
    }

    #[test]
    fn broken_lists_are_named_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.cuts.csv");
        for (text, line) in [("frame,kind,frames\n3,cut,0\n4,cut\n", 3), ("1,leap,0\n", 1), ("1,cut,0\nx,cut,0\n", 2)] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(read(&path), Err(EvalError::Cut { line: at, .. }) if at == line), "{text}");
        }
        std::fs::write(&path, "frame,kind,frames\n3, dissolve, 7\n").unwrap();
        assert_eq!(read(&path).unwrap(), [Known { frame: 3, kind: Kind::Dissolve, frames: 7 }]);
    }
}
