//! How a player plays.

use super::buffering::CachePause;
use super::keep_open::KeepOpen;
use super::live::LiveDelay;
use super::message::OsdOptions;
use super::seeking::HrSeek;
use super::shots::ShotOptions;
use super::sound::SoundLevels;
use crate::media::{Deinterlacing, Rotation};
use crate::playlist::{Loop, Part};
use crate::sound::Sound;

/// Whether it is waited where there is nothing to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Idle {
    /// It is over then.
    #[default]
    No,
    /// Until something is played for the first time.
    Once,
    /// Until the viewer quits.
    Yes,
}

/// How the playing goes on.
#[derive(Debug, Clone, Default)]
pub struct PlayerOptions {
    /// How often the list begins again at its end.
    pub loop_playlist: Loop,
    /// How often each file does.
    pub loop_file: Loop,
    /// The list is played in an order by chance.
    pub shuffle: bool,
    /// Which of the list comes first, counted from 0.
    pub playlist_start: Option<usize>,
    /// Where there is nothing to play it is waited until there is.
    pub idle: Idle,
    /// Which films stand at their last picture when they are over.
    pub keep_open: KeepOpen,
    /// What films are called instead of by their names.
    pub media_title: Option<String>,
    /// The first film stands at its first picture until the viewer lets it go on.
    pub paused: bool,
    /// The part of each film that is played.
    pub part: Part,
    /// When film time stands for what has yet to come.
    pub cache_pause: CachePause,
    /// What becomes of a live stream's delay.
    pub live_delay: LiveDelay,
    /// Which seeks are exact.
    pub hr_seek: HrSeek,
    /// Which pictures are made whole from two fields, as the films are opened with it.
    pub deinterlacing: Deinterlacing,
    /// How pictures are turned, likewise.
    pub rotation: Rotation,
    /// Hold pictures that have no duration (stills) until the viewer goes on; without it they are over at once.
    pub hold_stills: bool,
    /// Where sound goes; without it everything is silent.
    pub sound: Option<Sound>,
    /// What the viewer is told over the picture.
    pub osd: OsdOptions,
    /// How pictures of it are written.
    pub shots: ShotOptions,
    /// How it is heard.
    pub levels: SoundLevels,
}
