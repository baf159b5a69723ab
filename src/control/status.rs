//! How the player stands, one snapshot of plain values.

use std::sync::Arc;

use crate::frame::{Chapter, chapter_at};
use crate::media::{Cached, TrackInfo, TrackKind};
use crate::playlist::{Entry, Loop};
use crate::sink::Adjustments;
use crate::subtitle;
use crate::time::Time;
use crate::ui::DepthModel;

/// How the player stands.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// What the film's file is called.
    pub name: String,
    /// What the film is called.
    pub title: String,
    /// Where it is: as it was named.
    pub path: String,
    /// All that is in the list.
    pub list: Arc<Vec<Arc<Entry>>>,
    /// Which of them plays, counted from 0.
    pub index: Option<usize>,
    /// Nothing plays, and it is waited for something to.
    pub idle: bool,
    /// The list is in an order by chance.
    pub shuffled: bool,
    /// How often the list begins again at its end.
    pub loop_list: Loop,
    /// Film time.
    pub position: Time,
    /// The film's length, where that is known.
    pub duration: Option<Time>,
    /// It stands at its end.
    pub at_end: bool,
    /// It stands because the viewer wants it to.
    pub paused: bool,
    /// The picture at its position has yet to come: that place was sought.
    pub seeking: bool,
    /// It stands because it has yet to come: which part of what is waited for is there, 0 to 1.
    pub buffering: Option<f64>,
    /// Film time runs.
    pub running: bool,
    /// How far a live stream is behind the newest that there is of it.
    pub live_delay: Option<Time>,
    /// What is at hand of the film.
    pub cached: Option<Cached>,
    /// Its chapters, in the order of their beginnings.
    pub chapters: Arc<[Chapter]>,
    /// The ends of the A-B loop, as far as they are set.
    pub ab_loop: [Option<Time>; 2],
    /// How often the film is repeated.
    pub loop_file: Loop,
    /// Seconds of film in a second.
    pub speed: f64,
    /// In percent.
    pub volume: f64,
    /// The most that it can be.
    pub volume_max: f64,
    /// Nothing is heard.
    pub mute: bool,
    /// How much later than the pictures sound is heard.
    pub audio_delay: Time,
    /// What is loud is made quieter, and what is quiet louder.
    pub night: bool,
    /// The film's tracks.
    pub tracks: Arc<[TrackInfo]>,
    /// The numbers of those that play: video, audio, subtitles.
    pub playing: [Option<u32>; 3],
    /// The number of the second subtitle track that is shown.
    pub second_subtitle: Option<u32>,
    /// How subtitles are shown; nothing where there are none.
    pub subtitles: Option<subtitle::Settings>,
    /// Interlaced pictures are made whole.
    pub deinterlace: bool,
    /// How much is told over the picture, as mpv counts it.
    pub osd_level: u8,
    /// A bar tells how loud it is and where the film is.
    pub osd_bar: bool,
    /// Width and height of its pictures as they are seen, in pixels.
    pub size: Option<[u32; 2]>,
    /// The same as they are coded.
    pub coded_size: Option<[u32; 2]>,
    /// Its pictures a second.
    pub frame_rate: Option<f64>,
    /// Pictures shown, and pictures left out for being late.
    pub counts: [u64; 2],
    /// What the viewer has turned about the pictures.
    pub adjustments: Option<Adjustments>,
    /// How far they are turned clockwise, in degrees, besides what the film says.
    pub rotation: u16,
    /// How much depth, and in which layout.
    pub depth: Option<DepthModel>,
    /// How old the depth of the picture shown is: from it back to the picture that the depth was made from.
    pub depth_age: Option<Time>,
    /// The comfort meter's reading: nearest and farthest parallax in % of the width (2nd and 98th percentile); nothing while it is off.
    pub comfort: Option<[f32; 2]>,
    /// How many films were opened before this one.
    pub opened: u64,
    /// How many seeks there were in it.
    pub epoch: u32,
    /// The picture fills the screen.
    pub full_screen: bool,
    /// The window is kept on top of others.
    pub on_top: bool,
}

impl Status {
    /// The number in the list of what plays.
    pub fn entry(&self) -> Option<u64> {
        self.list.get(self.index?).map(|entry| entry.id)
    }

    /// The number of the track of that kind that plays.
    pub fn playing(&self, kind: TrackKind) -> Option<u32> {
        let [video, audio, subtitle] = self.playing;
        match kind {
            TrackKind::Video => video,
            TrackKind::Audio => audio,
            TrackKind::Subtitle => subtitle,
        }
    }

    /// Which chapter is played, counted from 0; none before the first.
    pub fn chapter(&self) -> Option<usize> {
        chapter_at(&self.chapters, self.position)
    }
}
