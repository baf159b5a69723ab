//! `deep3d eval`: how good the depth is, measured on stereo pairs and films, beside what needs no network.
//!
//! For each pair the left picture goes through the same chain as a film. The disparity is scored against the measured one, or where there is none
//! against what a fixed matcher finds ([`matcher`]); the right view is made by the stereo stage and scored against the real one ([`right_view`]).
//! The definitions in words are in docs/eval.md.

pub mod cuts;
pub mod edges;
pub mod flicker;
pub mod matcher;
pub mod measures;
pub mod pairs;
pub mod report;
pub mod right_view;
mod scoring;
pub mod sheet;
pub mod silhouettes;
pub mod view;

use std::path::PathBuf;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use crate::film::{FilmError, FilmOptions};
use crate::gpu::{Gpu, GpuError};
use crate::media::StopFlag;
use crate::media::encode::EncodeError;
use crate::net::Weights;
use crate::stage::StageError;
use crate::terminal;
use pairs::Found;
use report::Report;
use scoring::Scoring;

/// What can stop it.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// Reading, decoding or the network.
    #[error(transparent)]
    Film(#[from] FilmError),
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The stereo stage.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// Writing the sheet.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A folder or a list.
    #[error("{path} cannot be read: {reason}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A picture.
    #[error("{path} cannot be read as a picture: {reason}")]
    Picture {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A left eye without a right one.
    #[error("{left} has no right eye beside it: name it the same with _right instead of _left")]
    NoRight {
        /// The left one.
        left: PathBuf,
    },
    /// Nothing to score.
    #[error(
        "{path} holds no pairs and no films: name pairs NAME_left.png and NAME_right.png, with NAME_disp.png where measured"
    )]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// A broken list of scales.
    #[error("{path}, line {line}: write a name, a comma and the steps of grey a pixel of disparity")]
    Scale {
        /// The list.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// Two pictures that should be of one size.
    #[error("{path} is {have:?} pixels, and not {wanted:?} as the left eye: bring all pictures of a pair to one size")]
    Size {
        /// The one that differs.
        path: PathBuf,
        /// Its width and height.
        have: [u32; 2],
        /// The left eye's.
        wanted: [u32; 2],
    },
    /// No pixel of known disparity.
    #[error("{pair}: no disparity is known for any pixel, measured or matched; take the pair out")]
    NoDisparity {
        /// The pair.
        pair: String,
    },
    /// A file without a picture.
    #[error("{0} holds no picture")]
    NoPicture(PathBuf),
    /// No film whose cuts are known.
    #[error(
        "{0} holds no film whose cuts are known: put FILM's cuts beside it as FILM.cuts.csv (train/make_cuts.py makes both)"
    )]
    NoCuts(PathBuf),
    /// A broken list of cuts.
    #[error("{path}, line {line}: write a frame's number, cut, dissolve or flash, and how many frames it lasts")]
    Cut {
        /// The list.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// No pair whose disparity is known.
    #[error(
        "{0} holds no pair whose disparity is known: put NAME_disp.png beside NAME_left.png (train/make_edges.py makes such pairs)"
    )]
    NoTruth(PathBuf),
    /// A disparity that is not known everywhere.
    #[error(
        "{0} has places of unknown disparity (0): edges are measured on exact disparity, as train/make_edges.py makes it"
    )]
    Gaps(PathBuf),
    /// Nothing for a sheet.
    #[error("there are no pictures and no films: name some, or a folder of them")]
    NoFiles,
    /// Too much for a sheet.
    #[error("{count} files are too many for one sheet: name at most {most}", most = sheet::MOST)]
    TooMany {
        /// How many.
        count: usize,
    },
    /// A fit without a beginning.
    #[error("the fit had nowhere to start; this is a fault of the program")]
    NoStart,
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// Disparities of another method, to be scored beside the network's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// What it is called in the table.
    pub name: String,
    /// Holds `NAME.png` for each pair: grey, 8 or 16 bits, brighter is nearer.
    pub folder: PathBuf,
}

/// What to score.
#[derive(Debug, Clone)]
pub struct EvalOptions {
    /// Where pairs and films lie.
    pub folder: PathBuf,
    /// Other methods.
    pub rivals: Vec<Rival>,
    /// Pairs that are shown and do not count in the means.
    pub uncounted: Vec<String>,
    /// Frames of each film.
    pub frames: u32,
    /// How films and pictures are opened.
    pub film: FilmOptions,
}

/// Scores everything in the folder.
pub fn run(gpu: &Gpu, weights: &Arc<Weights>, options: &EvalOptions, stop: &StopFlag) -> Result<Report, EvalError> {
    let Found { pairs, films } = pairs::find(&options.folder)?;
    let progress = ProgressBar::new((pairs.len() + films.len()) as u64);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos} of {len} {msg}") {
        progress.set_style(style);
    }
    let scoring = Scoring { gpu, weights, options, stop };
    let mut report = Report {
        schema: 1,
        deep3d: env!("CARGO_PKG_VERSION"),
        network: weights.metadata.network.name(),
        network_area: options.film.network_area,
        pairs: Vec::new(),
        mean: Vec::new(),
        films: Vec::new(),
    };
    for pair in &pairs {
        progress.set_message(pair.name.clone());
        report.pairs.push(scoring.pair(pair)?);
        progress.inc(1);
    }
    for film in &films {
        let name = terminal::escaped(&film.file_name().unwrap_or_default().to_string_lossy()).into_owned();
        progress.set_message(name.clone());
        report.films.push(scoring.film(film, name)?);
        progress.inc(1);
    }
    progress.finish_and_clear();
    report.mean = report::means(&report.pairs);
    Ok(report)
}
