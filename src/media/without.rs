//! What stands for `media` in a program built without it (`--no-default-features`): it makes no [`Source`], and says why.

mod deinterlacing;
mod info;
mod language;
mod reading;
mod remote_options;
mod rotation;
mod stop;
mod tracks;

pub use deinterlacing::{Deinterlace, Deinterlacing};
pub use info::{CacheOptions, Cached, Info, OtherClock, Packing, Preroll, SoundChoice, SourceOptions, Stereo};
pub use language::{Languages, language_name};
pub use reading::{Background, Memory, Reading};
pub use remote_options::{HeaderField, HlsBitrate, PageOptions, RemoteOptions};
pub use rotation::Rotation;
pub use stop::StopFlag;
pub use tracks::{TrackChoice, TrackInfo, TrackKind, TrackOptions, best_subtitle, best_track, next_track};

use crate::frame::{Frame, Picture};
use crate::location::Location;
use crate::time::Time;

/// Why there is no film.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MediaError {
    /// Whatever it is.
    #[error("{0}: this deep3d reads no films, as it was built without FFmpeg: build it with the feature `media`")]
    Without(String),
    /// A video track, but nothing comes out of it: never here.
    #[error("{0}: there is no picture in it")]
    NoPictures(String),
    /// It cannot go to another place: never here.
    #[error("{0}: it can only be played from the beginning on")]
    CannotSeek(String),
    /// Stopped by [`StopFlag`]: nothing is wrong.
    #[error("stopped")]
    Stopped,
    /// Interrupted by [`StopFlag::interrupt`]: nothing is wrong.
    #[error("interrupted")]
    Interrupted,
}

/// The tracks beside a picture: there are none.
pub enum OtherTracks {}

/// What tells what of a film is at hand: there is none.
#[derive(Clone)]
pub enum Cache {}

impl Cache {
    /// What is at hand.
    pub fn look(&self) -> Cached {
        match *self {}
    }
}

/// The packets of the sound that plays: there are none.
pub enum SoundPackets {}

/// An open film: there is none.
pub enum Source {}

impl Source {
    /// # Errors
    /// Always.
    pub fn open(location: impl Into<Location>, _options: &SourceOptions) -> Result<Self, MediaError> {
        Err(MediaError::Without(location.into().to_string()))
    }

    /// What is known of it.
    pub fn info(&self) -> &Info {
        match *self {}
    }

    /// Film time of its first picture.
    pub fn beginning(&self) -> Time {
        match *self {}
    }

    /// The tracks beside its picture.
    pub fn take_tracks(&mut self) -> Option<OtherTracks> {
        match *self {}
    }

    /// Tells what of it is at hand.
    pub fn cache(&self) -> Option<Cache> {
        match *self {}
    }

    /// The packets of its sound.
    pub fn take_sound(&mut self) -> Option<SoundPackets> {
        match *self {}
    }

    /// What its container says.
    pub fn tag(&self, _key: &str) -> Option<String> {
        match *self {}
    }

    /// The next picture.
    ///
    /// # Errors
    /// Never, as there is no film.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Frame<Picture>>, MediaError> {
        match *self {}
    }

    /// Goes elsewhere, nearly.
    ///
    /// # Errors
    /// Never, as there is no film.
    pub fn seek_near(&mut self, _target: Time, _epoch: u32) -> Result<(), MediaError> {
        match *self {}
    }

    /// Goes elsewhere.
    ///
    /// # Errors
    /// Never, as there is no film.
    pub fn seek_unless(
        &mut self,
        _target: Time,
        _epoch: u32,
        _cancelled: &dyn Fn() -> bool,
    ) -> Result<bool, MediaError> {
        match *self {}
    }
}

/// Version of the FFmpeg that is linked: none is.
pub fn linked_ffmpeg() -> Option<String> {
    None
}

/// What is written: nothing.
pub mod encode {
    /// There are no encoders to be silenced.
    pub fn quieten() {}
}

/// Subtitles: there are none.
pub mod subtitle {
    /// Which encoding text has that does not say it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Codepage {
        /// What it looks like
        #[default]
        Auto,
    }
}
