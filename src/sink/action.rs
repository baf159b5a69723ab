//! What the viewer wants, whatever it was said with: keys, mouse, a headset's controllers, the panel.

use super::{Adjust, Layout, Part, ScreenSettings};
use crate::media::TrackKind;
use crate::stage::comfort::Viewing;
use crate::subtitle::Override;
use crate::time::Time;

/// What the viewer wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// Ends the program.
    Quit,
    /// Ends the program, and keeps where the viewer is in the film.
    QuitWatchLater,
    /// The window comes before all others.
    Raise,
    /// Full screen on or off.
    FullScreen,
    /// Full screen off.
    LeaveFullScreen,
    /// The window is kept on top of others, or no longer.
    OnTop,
    /// Stops film time or lets it go on.
    Pause,
    /// Nobody watches (true): film time stands until somebody does, unless the viewer had paused it.
    Away(bool),
    /// By so many seconds of film time, to a key frame where the viewer has chosen that.
    Seek(i32),
    /// By so many seconds of film time, exactly.
    SeekExact(i32),
    /// To the film's beginning.
    SeekStart,
    /// To this film time.
    SeekTo(Time),
    /// To this film time, exactly.
    SeekExactTo(Time),
    /// To a key frame near this film time.
    SeekKeyFrame(Time),
    /// To a key frame near this film time: the exact place follows.
    Drag(Time),
    /// So many chapters on, or back.
    Chapter(i32),
    /// Back to where the last seek began, or to where the place was marked.
    UndoSeek,
    /// The place for the next [`Action::UndoSeek`] is here.
    MarkSeek,
    /// Sets one end of the part that is repeated, then the other, then neither.
    AbLoop,
    /// Where the part that is repeated begins, or that it does not.
    AbLoopA(Option<Time>),
    /// Where it ends.
    AbLoopB(Option<Time>),
    /// The film is repeated, or no longer.
    LoopFile,
    /// The film is repeated so often, or without a number for ever.
    SetLoopFile(Option<u32>),
    /// The list begins again so often, or without a number for ever.
    SetLoopPlaylist(Option<u32>),
    /// The list is played in an order by chance, or as it was.
    Shuffle(bool),
    /// Interlaced pictures are made whole, or no longer.
    Deinterlace,
    /// One picture on, then pause.
    Step,
    /// One picture back, then pause.
    StepBack,
    /// Louder or quieter, in percent of the volume.
    Volume(i32),
    /// This volume, in percent.
    SetVolume(f32),
    /// Nothing is heard, and everything again.
    Mute,
    /// So many times as fast.
    Speed(f64),
    /// As fast as the film is.
    NormalSpeed,
    /// Sound is heard so many milliseconds later.
    AudioDelay(i32),
    /// Subtitles are seen, or no longer.
    SubVisibility,
    /// The second track of them is seen, or no longer.
    SecondSubVisibility,
    /// So much of what the viewer sets is for scripts.
    SetSubOverride(Override),
    /// To the beginning of the cue that is so many on, or back; with true of the second track.
    SubSeek(i32, bool),
    /// Subtitles come as much sooner, or later, that such a cue begins now.
    SubStep(i32, bool),
    /// Times of subtitles are multiplied by it.
    SubSpeed(f64),
    /// Of two lines that nearly meet the first is seen up to the second, or no longer.
    SubFixTiming,
    /// Subtitles come so many milliseconds later.
    SubDelay(i32),
    /// Subtitles stand lower, in percent of the height.
    SubPosition(i32),
    /// Subtitles are larger, in tenths.
    SubScale(i32),
    /// What is loud is made quieter and what is quiet louder, and back.
    Night,
    /// The next track of a kind, or the one before; none is one of them, but for pictures.
    CycleTrack(TrackKind, i32),
    /// The track of this number, or none.
    SetTrack(TrackKind, Option<u32>),
    /// The next of the subtitle tracks, or the one before, is the second that is shown; none is one of them.
    CycleSecondSub(i32),
    /// The subtitle track of this number is the second that is shown, or none is.
    SetSecondSub(Option<u32>),
    /// The next file, or the one before.
    File(i32),
    /// The next layout, or the one before.
    Layout(i32),
    /// This layout.
    SetLayout(Layout),
    /// More or less depth, in steps.
    Strength(i32),
    /// This much depth, in % of the width.
    SetStrength(f32),
    /// Nearer or farther things on the screen plane, in steps.
    Convergence(i32),
    /// What lies on the screen plane: 0 the farthest, 1 the nearest.
    SetConvergence(f32),
    /// How large and from how far the picture is seen: limits the parallax.
    Viewing(Viewing),
    /// As much depth as each shot asks for.
    AutomaticDepth,
    /// The comfort meter appears or goes.
    Meter,
    /// The statistics appear or go.
    Statistics,
    /// The statistics appear for a few seconds.
    ShowStatistics,
    /// Where the film is, is told over the picture for a moment.
    ShowProgress,
    /// So much is told over the picture, as mpv counts it: 0 nothing, 1 what has changed, 2 the time always, 3 the length, too.
    OsdLevel(u8),
    /// A bar tells how loud it is and where the film is, or no longer.
    OsdBar,
    /// What the viewer turns about the pictures is so much.
    Adjust(Adjust, f64),
    /// Pictures are turned clockwise by so many degrees, besides what the film says.
    Rotate(u16),
    /// This part of the pictures is seen, or all.
    Crop(Option<Part>),
    /// Where the viewer is in the film, and what is set for it, is kept.
    Remember,
    /// Nothing is kept of the film.
    Forget,
    /// Left for right.
    SwapEyes,
    /// 2D and back.
    Flat,
    /// The panel appears or goes.
    Panel,
    /// The browser appears or goes.
    Browse,
    /// The virtual screen and its room. Only a headset has one.
    Screen(ScreenSettings),
    /// The screen comes before the viewer again. Only a headset has one.
    Recentre,
}

impl Action {
    /// Whether it is about the window or the room, and not about the film.
    pub fn is_of_sink(self) -> bool {
        use Action::{FullScreen, LeaveFullScreen, OnTop, Quit, Raise, Recentre, Screen};
        matches!(self, Quit | Raise | FullScreen | LeaveFullScreen | OnTop | Recentre | Screen(_))
    }
}
