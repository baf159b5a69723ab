//! How a chain is made.

use std::path::PathBuf;

use super::beside::SubAuto;
use super::subtitles::{Choice, Subtitles};
use crate::media::subtitle::Codepage;
use crate::media::{Languages, Preroll, TrackChoice};
use crate::net::Precision;
use crate::subtitle::Settings;

/// The area that networks look at, in pixels, unless told otherwise.
pub const NETWORK_AREA: u32 = 384 * 160;

/// Pictures that may be on their way to the GPU at once.
pub(super) const UPLOADS: usize = 2;

/// Where a film plays, the GPU's times are read of one frame in so many: some drivers wait for all their work before they tell.
pub(super) const TIMED: u64 = 16;

/// How the network keeps pace with the film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// Each frame waits for its own pass: for files, and for measuring.
    #[default]
    Every,
    /// No frame waits: for playing.
    Live,
}

/// Which subtitles are shown, and how.
#[derive(Debug, Clone, Default)]
pub struct SubtitleOptions {
    /// Which track.
    pub choice: TrackChoice,
    /// A second one, at the upper edge, where one is wanted.
    pub second: Option<TrackChoice>,
    /// The encoding of files.
    pub codepage: Codepage,
    /// Where the film says nothing of which, the first.
    pub any: bool,
    /// In which languages they are wanted.
    pub languages: Languages,
    /// How they are drawn at first.
    pub settings: Settings,
    /// In which files those are looked for that began long before a place that is gone to.
    pub preroll: Preroll,
    /// Pictures a second of the film that they were made for, where that is another than this one.
    pub frame_rate: Option<f64>,
    /// Files that are named.
    pub files: Vec<PathBuf>,
    /// Which files beside the film are taken.
    pub auto: SubAuto,
    /// Folders that are looked into for them besides the film's own.
    pub folders: Vec<PathBuf>,
}

impl SubtitleOptions {
    /// By how much their times are longer than those of a film of so many pictures a second.
    pub(super) fn stretch(&self, film: Option<(u32, u32)>) -> f64 {
        let film = film.map(|(pictures, seconds)| f64::from(pictures) / f64::from(seconds.max(1)));
        match (self.frame_rate, film.filter(|rate| *rate > 0.0)) {
            (Some(own), Some(film)) => own / film,
            _ => 1.0,
        }
    }

    /// Which tracks are shown.
    pub(super) fn tracks(&self) -> Choice {
        Choice { first: self.choice, second: self.second.unwrap_or(TrackChoice::No) }
    }
}

/// What a chain is made with.
#[derive(Clone)]
pub struct ChainOptions {
    /// Width × height that the network should see, in pixels.
    pub network_area: u32,
    /// Scenes that exist at once, besides those that wait for the frames after them.
    pub scenes: usize,
    /// In which precision the network runs.
    pub precision: Precision,
    /// Frames after it that a scene waits for.
    pub look_ahead: usize,
    /// Filter the disparity over time.
    pub steady: bool,
    /// Keep the softmax over the planes with each scene.
    pub keep_planes: bool,
    /// Whether frames wait for the network.
    pub pace: Pace,
    /// What is laid over its scenes.
    pub subtitles: Option<Subtitles>,
}

impl ChainOptions {
    /// Scenes that exist at once.
    pub(super) fn slots(&self) -> usize {
        self.scenes.max(2) + self.look_ahead
    }
}
