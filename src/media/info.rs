//! What is said about a source before it is opened, and known afterwards.

use std::sync::Arc;

use super::deinterlacing::Deinterlacing;
use super::reading::{Memory, Reading};
use super::remote_options::RemoteOptions;
use super::rotation::Rotation;
use super::stop::StopFlag;
use super::tracks::{TrackInfo, TrackOptions};
use crate::frame::{Chapter, Colour, Orientation, PixelFormat};
use crate::position::Position;
use crate::time::Time;

/// How to open a [`Source`](super::Source).
#[derive(Debug, Clone, Default)]
pub struct SourceOptions {
    /// Where to begin; the beginning where not given.
    pub start: Option<Position>,
    /// Ends opening, reading and seeking from another thread.
    pub stop: StopFlag,
    /// The epoch of the first frames.
    pub epoch: u32,
    /// The tracks beside the picture are wanted, too: [`Source::take_tracks`](super::Source::take_tracks) gives them.
    pub tracks: bool,
    /// The sound that plays: [`Source::take_sound`](super::Source::take_sound) gives its packets.
    pub sound: SoundChoice,
    /// It is the sound of another film.
    pub beside: Option<OtherClock>,
    /// Which tracks play.
    pub wanted: TrackOptions,
    /// The subtitles: [`Source::take_subtitles`](super::Source::take_subtitles) gives their packets.
    pub subtitles: bool,
    /// Where those are looked for that began long before a place that is gone to.
    pub preroll: Preroll,
    /// Who goes elsewhere waits until they are found: for files.
    pub patient: bool,
    /// How much is read ahead and kept.
    pub cache: CacheOptions,
    /// Up to where, in film time; the whole film where not given. Pictures come beyond it.
    pub end: Option<Position>,
    /// Pictures of another size than the first are fitted into it: for what is written.
    pub one_size: bool,
    /// Nothing is said of what is missing in it: who opens it looks for that, or has been told.
    pub quiet: bool,
    /// Which of its pictures are made whole from two fields.
    pub deinterlacing: Deinterlacing,
    /// How they are turned, besides what the film says.
    pub rotation: Rotation,
    /// How its pictures are read.
    pub reading: Reading,
    /// How servers are spoken to.
    pub remote: Arc<RemoteOptions>,
}

/// In which files subtitles are looked for that began long before a place that is gone to, by mpv's names for Matroska.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Preroll {
    /// In none
    No,
    /// In those that say where their subtitles begin
    Index,
    /// In all
    #[default]
    Yes,
}

/// How much of a film is read ahead of what is taken, and kept of what was. Places that are at hand are gone to without reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheOptions {
    /// How far is read ahead. Where not given, a second of files, and of what comes over the network as much as `ahead` allows.
    pub seconds: Option<Time>,
    /// The most memory that packets read ahead take.
    pub ahead: Memory,
    /// The most memory that packets take which were taken already.
    pub behind: Memory,
}

impl Default for CacheOptions {
    /// 150 MiB ahead, nothing behind.
    fn default() -> Self {
        Self { seconds: None, ahead: Memory(150 << 20), behind: Memory(0) }
    }
}

impl CacheOptions {
    /// What is needed at once.
    pub const NOTHING: Self = Self { seconds: Some(Time::ZERO), ahead: Memory(150 << 20), behind: Memory(0) };
}

/// What is at hand at one moment, of the tracks that play.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cached {
    /// How long what waits to be decoded lasts.
    pub ahead: Time,
    /// Bytes of it.
    pub bytes_ahead: u64,
    /// Bytes of what was decoded and is kept.
    pub bytes_behind: u64,
    /// Film time from which on pictures are at hand, and up to which; none where none are.
    pub range: Option<(Time, Time)>,
    /// All parts that are at hand, that one and those that seeks have left, in the order of their times; none touches another.
    pub ranges: Vec<(Time, Time)>,
    /// From the film's beginning.
    pub from_beginning: bool,
    /// Up to the film's end.
    pub to_end: bool,
    /// No more is read for now: up to the film's end, or as much as may be.
    pub complete: bool,
    /// It comes as it happens, and nobody knows how long it is.
    pub live: bool,
    /// Places before what is at hand cannot be gone to.
    pub bound: bool,
}

/// Whether an audio track plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SoundChoice {
    /// None.
    #[default]
    None,
    /// The one that [`SourceOptions::wanted`] says, of those of the picture's programme.
    Best,
    /// None until one is chosen.
    Later,
}

/// The clock of the film to which some sound belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherClock {
    /// It begins at that time, and counts for the sound where that begins within a second of it.
    Near(Time),
    /// It begins at that time, and is the sound's.
    Same(Time),
}

/// What is known of a source once it is open. Pictures may differ from it later: size and format can change in mid-stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// What was opened, for messages.
    pub location: String,
    /// FFmpeg's name of the container (`mov`, `matroska`, `mpegts`), or of the picture's format.
    pub container: String,
    /// FFmpeg's name of the video's coding (`h264`), or of the picture's format.
    pub codec: String,
    /// Width and height in samples as they are shown, after turning.
    pub size: [u32; 2],
    /// Width and height in square samples: the shape that is seen, after turning.
    pub display_size: [u32; 2],
    /// Width to height of one sample, before turning.
    pub sample_aspect: (u32, u32),
    /// How pictures are turned before they are seen.
    pub orientation: Orientation,
    /// Layout of the first picture.
    pub format: PixelFormat,
    /// Meaning of the first picture's samples.
    pub colour: Colour,
    /// Pictures in a second as a fraction in its lowest terms, on average; `None` for stills and where nobody knows.
    pub frame_rate: Option<(u32, u32)>,
    /// Seconds of a tick of the video track's clock, as a fraction: times are multiples of it.
    pub time_base: (i32, i32),
    /// Length in film time; `None` for stills, live streams and files that do not tell.
    pub duration: Option<Time>,
    /// The container's own time of the film's beginning (film time zero).
    pub start_offset: Time,
    /// One picture, not a film.
    pub is_still: bool,
    /// There is sound alone: what is seen is its cover, or plain, and flat.
    pub sound_only: bool,
    /// Whether [`Source::seek`](super::Source::seek) can go back; where not, it can only run ahead.
    pub can_seek: bool,
    /// Pictures are made whole from two fields.
    pub interlaced: bool,
    /// Two eyes in one picture, where container or stream say so (the container goes first).
    pub stereo: Option<Stereo>,
    /// Number of sound tracks.
    pub audio_tracks: usize,
    /// Number of subtitle tracks.
    pub subtitle_tracks: usize,
    /// Its chapters, in the order of their beginnings.
    pub chapters: Arc<[Chapter]>,
    /// The tracks that one can choose among.
    pub tracks: Arc<[TrackInfo]>,
    /// The number of the video track that is shown.
    pub video_track: Option<u32>,
}

impl Info {
    /// From now on its pictures are turned so.
    #[cfg(feature = "media")]
    pub(super) fn turn(&mut self, orientation: Orientation) {
        if (self.orientation.quarter_turns + orientation.quarter_turns) % 2 == 1 {
            self.size.reverse();
            self.display_size.reverse();
        }
        self.orientation = orientation;
    }

    /// Comes as it happens (a camera, a pipe, a stream without an end): what is to come can only be waited for.
    pub fn is_live(&self) -> bool {
        // "C:\film.mkv" has a colon, too, but not these.
        let address = self.location.contains("://") && !self.location.starts_with("file://");
        !self.is_still && (!self.can_seek || (self.duration.is_none() && address))
    }
}

/// How two eyes are packed into one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Packing {
    /// Beside each other.
    SideBySide,
    /// One above the other.
    TopAndBottom,
    /// Woven together, or in turn.
    Other,
}

/// A film's own word on its eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stereo {
    /// How they are packed.
    pub packing: Packing,
    /// The right eye comes first (left, or above).
    pub right_first: bool,
}
