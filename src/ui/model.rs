//! What the panel shows: plain values, filled in by whoever plays.

use std::sync::Arc;

use crate::browser::Shelf;
use crate::film::Preview;
use crate::frame::Chapter;
use crate::media::TrackInfo;
use crate::sink::Layout;
use crate::stage::comfort::{Chosen, Limits, Viewing};
use crate::time::Time;

/// What is at hand is shown in steps of so many nanoseconds.
const CACHED: i64 = 500_000_000;

/// A film as the panel shows it, and the list it is in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PanelModel {
    /// What the film is called.
    pub name: String,
    /// Where it is.
    pub position: Time,
    /// Its length, where that is known.
    pub duration: Option<Time>,
    /// How far a live stream is behind the newest that there is of it.
    pub live_delay: Option<Time>,
    /// Its chapters, in the order of their beginnings.
    pub chapters: Arc<[Chapter]>,
    /// The ends of the A-B loop, as far as they are set.
    pub ab_loop: [Option<Time>; 2],
    /// The parts of it that are at hand.
    pub cached: Vec<(Time, Time)>,
    /// It stands because it has yet to come: which part of what is waited for is there, 0 to 1.
    pub buffering: Option<f64>,
    /// The picture at its position has yet to come: that place was sought.
    pub seeking: bool,
    /// Its tracks.
    pub tracks: Arc<[TrackInfo]>,
    /// The numbers of those that play: video, audio, subtitles.
    pub playing: [Option<u32>; 3],
    /// How much later subtitles come, where there are any.
    pub sub_delay: Option<Time>,
    /// It stands because the viewer wants it to.
    pub paused: bool,
    /// There is a file before this one.
    pub has_previous: bool,
    /// There is a file after it.
    pub has_next: bool,
    /// How loud it is; nothing where nothing of it is heard.
    pub volume: Option<VolumeModel>,
    /// How much depth, and in which layout; nothing where that cannot be set.
    pub depth: Option<DepthModel>,
    /// What the comfort meter shows, while it is on.
    pub meter: Option<MeterModel>,
    /// Statistics in words, a line each, while they are to be seen.
    pub statistics: Option<Vec<String>>,
    /// What there is to choose among, while that is asked for.
    pub browser: Option<Shelf>,
    /// A picture out of the film, for the seek bar: the last one that was made. `None` where there will be none.
    pub preview: Option<Preview>,
}

/// How loud a film is, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolumeModel {
    /// As the viewer has set it.
    pub volume: f32,
    /// The most that it can be.
    pub most: f32,
    /// Nothing is heard.
    pub mute: bool,
}

/// What the comfort meter shows.
#[derive(Debug, Clone, PartialEq)]
pub struct MeterModel {
    /// The part of the picture in each class of parallax, as [`meter`](crate::stage::comfort::meter) has them.
    pub classes: Vec<f32>,
    /// 2nd and 98th percentile of the parallax, in % of the width.
    pub ends: [f32; 2],
    /// What is allowed.
    pub limits: Limits,
    /// How the picture is seen.
    pub viewing: Viewing,
    /// What the shot was given; `None` in 2D.
    pub chosen: Option<Chosen>,
    /// Something is beyond the limits now.
    pub is_outside: bool,
    /// Seconds for which something was, and seconds measured.
    pub seconds: [f64; 2],
}

/// The 3D settings.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DepthModel {
    /// Parallax that a shot spans, in % of the width.
    pub strength: f32,
    /// What lies on the screen: 0 the farthest, 1 the nearest.
    pub convergence: f32,
    /// Both are what each shot asks for.
    pub automatic: bool,
    /// The comfort meter is on.
    pub metered: bool,
    /// Left for right.
    pub swap_eyes: bool,
    /// Both eyes see the film as it is.
    pub flat: bool,
    /// How the eyes are arranged.
    pub layout: Layout,
}

impl PanelModel {
    /// The same as it is seen: the position moves in steps, and finely only where the film stands.
    pub(super) fn seen(&self, step: Time) -> Self {
        let step = if self.paused { 1_000_000 } else { step.nanoseconds().max(1_000_000) };
        let position = Time::from_nanoseconds(self.position.nanoseconds() / step * step);
        let coarse = |time: Time| Time::from_nanoseconds(time.nanoseconds() / CACHED * CACHED);
        let cached = self.cached.iter().map(|(from, to)| (coarse(*from), coarse(*to))).collect();
        let live_delay = self.live_delay.map(coarse);
        Self { position, cached, live_delay, ..self.clone() }
    }
}
