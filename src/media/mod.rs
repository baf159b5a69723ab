//! Films and pictures, in and out, by FFmpeg (and the `image` crate for stills).
//!
//! Reading: [`Source`] opens a file, a URL or a still and gives [`Frame`](crate::frame::Frame)`<`[`Picture`](crate::frame::Picture)`>`
//! one after the other. One thread owns it; a [`StopFlag`] from any other thread ends whatever it waits for.
//!
//! ```text
//! container ─► decode ─► timeline ─► deinterlace ─► picture (scale for rare formats)      still: image crate
//! (a thread)   packets   film time   bwdif          planes lent from the decoder
//!   │          └──────────────────────── source: order, seek, durations ───────────────────────────┘
//!   ├─► packets of the sound that plays, or (beside) of a container of its own
//!   └─► packets of all tracks beside the picture, for who writes them along
//! ```
//!
//! Writing: [`encode`].
//!
//! FFmpeg never writes to stderr from here: its log lines go to `tracing` (target `ffmpeg`, see [`init`]).

mod alpha;
pub mod audio;
mod beside;
mod channels;
mod chapter;
mod colour;
mod container;
mod content;
mod decode;
mod deinterlace;
mod deinterlacing;
mod discontinuity;
pub mod encode;
mod error;
mod file;
mod film_info;

mod fit;
mod format;
mod hls;
mod holes;
mod info;
mod interrupt;
mod language;
mod listed;
mod log;
mod memory;
mod open;
mod orientation;
mod page;
mod picture;
mod reading;
mod remote_options;
mod replay_gain;
mod rotation;
mod scale;
mod shared_picture;
mod side_data;
mod sound_film;
mod source;
mod stereo;
mod still;
mod stop;
pub mod subtitle;
mod timeline;
mod track;
mod tracks;
mod version;
mod video;

pub use container::{
    AudioTracks, Cache, Font, OtherTracks, SoundPackets, SoundRead, SubtitlePackets, SubtitleRead, SubtitleTrack,
};
pub use content::{Holds, glance};
pub use deinterlacing::{Deinterlace, Deinterlacing};
pub use error::MediaError;
pub use info::{CacheOptions, Cached, Info, OtherClock, Packing, Preroll, SoundChoice, SourceOptions, Stereo};
pub use language::{Languages, language_name};
pub use log::init;
pub use reading::{Background, Memory, Reading};
pub use remote_options::{HeaderField, HlsBitrate, PageOptions, RemoteOptions};
pub use replay_gain::{Gain, ReplayGain, ReplayGainMode, ReplayGainOptions};
pub use rotation::Rotation;
pub use source::Source;
pub use stop::StopFlag;
pub use tracks::{TrackChoice, TrackInfo, TrackKind, TrackOptions, best_subtitle, best_track, next_track};
pub use version::{FfmpegFacts, ffmpeg_version};

/// Version of the FFmpeg that is linked, for reports.
pub fn linked_ffmpeg() -> Option<String> {
    Some(ffmpeg_version().version)
}
