//! What the player needs of the rest: films that give scenes, a list of them, and something that paints scenes.

use std::sync::Arc;
use std::time::Duration;

use crate::control::ShotOf;
use crate::film::{Pass, Preview, SeekMode, Subtitles};
use crate::frame::{Chapter, Frame};
use crate::gpu::{Gpu, Image, Recorder};
use crate::media::{Cached, TrackInfo, TrackKind};
use crate::memory::Recalled;
use crate::overlay::Told;
use crate::playlist::Entry;
use crate::sink::{Action, Adjustments, Canvas};
use crate::subtitle;
use crate::time::Time;
use crate::ui::{DepthModel, MeterModel};

/// Any error, in words for the user.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// A picture that was made: both eyes beside each other, or what the window shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Red, green, blue and a fourth byte that says nothing, rows tightly packed.
    pub samples: Vec<u8>,
    /// Width and height.
    pub size: [u32; 2],
    /// It is both eyes.
    pub is_pair: bool,
}

/// What makes a picture, on a thread of its own.
pub type Maker = Box<dyn FnOnce() -> Result<Taken, Error> + Send>;

/// What a film has to say.
pub enum Next<S> {
    /// The next scene, in presentation order.
    Scene(Frame<S>),
    /// Nothing yet.
    Yet,
    /// The film is over, seen from this epoch. A seek still brings it back.
    End(u32),
    /// The film cannot go on; it happened in this epoch.
    Failed(u32, Error),
}

/// Where a scene's depth is from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SceneFacts {
    /// Film time of the newest frame that it was made from; `None`: it is flat.
    pub depth_of: Option<Time>,
    /// Film time of the first frame of its shot.
    pub shot: Time,
}

/// A film that is being made into scenes by other threads. Nothing here waits.
pub trait SceneSource {
    /// A picture with its depth.
    type Scene;

    /// What comes next.
    fn next(&mut self) -> Next<Self::Scene>;

    /// What takes its place in the list, and which of that comes first, where it has turned out to be no film but a list or a folder. Given once.
    fn take_list(&mut self) -> Option<(Vec<Entry>, usize)> {
        None
    }

    /// Whether the GPU has finished `scene`.
    fn is_ready(&self, scene: &Self::Scene) -> Result<bool, Error>;

    /// What is known of `scene`.
    fn facts(&self, _scene: &Self::Scene) -> SceneFacts {
        SceneFacts::default()
    }

    /// The network's passes since this was asked last.
    fn take_passes(&mut self) -> Vec<Pass> {
        Vec::new()
    }

    /// A pass of the network begins no sooner after the one before.
    fn set_network_interval(&mut self, _interval: Duration) {}

    /// From now on the network looks at nothing new, or does again: what is shown is gone at once.
    fn set_network_rests(&mut self, _rests: bool) {}

    /// A scene that was given before, with the depth that it lacked then, or more of it.
    fn once_more(&mut self) -> Option<Frame<Self::Scene>> {
        None
    }

    /// Whether `scene` may be given once more.
    fn is_unfinished(&self, _scene: &Self::Scene) -> bool {
        false
    }

    /// Goes to `time` as `mode` says: the first scene of the epoch returned is the one that is to be seen then, or that of a key frame before.
    fn seek(&mut self, time: Time, mode: SeekMode) -> u32;

    /// Tells the film time of what is begun to be painted, or `None` while it stands, so that no work is spent on what would come too late.
    fn set_now(&mut self, now: Option<Time>);

    /// Tells in which part of the time since the scene before what paints them had nothing to do.
    fn set_idle(&mut self, _share: f64) {}

    /// What of it is at hand, where it is read ahead.
    fn cached(&self) -> Option<Cached> {
        None
    }

    /// The whole length, where it is known.
    fn duration(&self) -> Option<Time>;

    /// Its chapters, in the order of their beginnings.
    fn chapters(&self) -> Arc<[Chapter]> {
        Arc::default()
    }

    /// Asks for a small picture of what is to be seen at `time`, or for none; gives the last one that was made, or nothing where there will be none.
    /// Never waits.
    fn preview(&mut self, _time: Option<Time>) -> Option<Preview> {
        None
    }

    /// Width and height of its pictures as they are to be seen, in pixels, where they are known.
    fn size(&self) -> Option<[u32; 2]> {
        None
    }

    /// Width and height of its pictures as they are coded, in pixels, where they are known.
    fn coded_size(&self) -> Option<[u32; 2]> {
        None
    }

    /// Pictures a second, where known.
    fn frame_rate(&self) -> Option<f64> {
        None
    }

    /// By what it is known again, and what was remembered of it.
    fn recalled(&self) -> Option<Arc<Recalled>> {
        None
    }

    /// The number of the way that its sound goes to the device; none where there is none.
    fn sound(&self) -> Option<u32> {
        None
    }

    /// The tracks that can be chosen.
    fn tracks(&self) -> Arc<[TrackInfo]> {
        Arc::default()
    }

    /// The number of the track of that kind that plays.
    fn playing(&self, _kind: TrackKind) -> Option<u32> {
        None
    }

    /// Its subtitles, where there may be any.
    fn subtitles(&self) -> Option<&Subtitles> {
        None
    }

    /// Lets the track of that number play from film time `film` on, or none, while everything else goes on. False where that cannot be.
    fn choose(&mut self, _kind: TrackKind, _number: Option<u32>, _film: Time) -> bool {
        false
    }

    /// Goes on with what was chosen and takes its time, film time being `film`. True while there is something.
    fn mind(&mut self, _film: Time) -> bool {
        false
    }
}

/// The films to play, and what opens them.
pub trait Playlist {
    /// What they become when opened.
    type Source: SceneSource;

    /// What is in the list at first, in order.
    fn entries(&self) -> Vec<Entry>;

    /// Opens a film; the first scene has epoch 0.
    fn open(&mut self, entry: &Entry) -> Result<Self::Source, Error>;

    /// Opens a film once more, with the video track and the audio track of those numbers; the first scene has epoch 0. Never waits.
    fn open_track(&mut self, _entry: &Entry, _video: u32, _audio: Option<u32>) -> Result<Self::Source, Error> {
        Err("there is no other video track".into())
    }

    /// This film is likely to be opened soon, or (`None`) none is: what can be done ahead, so that its first picture is there then, may be begun. Never
    /// waits.
    fn prepare(&mut self, _entry: Option<&Entry>) {}

    /// The number of the way that the sound of the film so prepared goes to the device, once that is known. Never waits.
    fn next_sound(&mut self) -> Option<u32> {
        None
    }
}

/// Makes scenes visible, as the viewer has set it.
pub trait Painter<S> {
    /// Records what fills `canvas` with `scene`.
    fn paint(&mut self, recorder: &mut Recorder<'_>, scene: &S, canvas: &Canvas) -> Result<(), Error>;

    /// Records what fills the left and the right picture with `scene`: each eye's alone, whatever the layout.
    fn paint_eyes(&mut self, recorder: &mut Recorder<'_>, scene: &S, eyes: [&Arc<Image>; 2]) -> Result<(), Error>;

    /// From now on the eyes have this part of the size at which they are seen, each way.
    fn set_eye_scale(&mut self, _scale: f32) {}

    /// From now on silhouettes have mattes, or do not.
    fn set_mattes(&mut self, _mattes: bool) {}

    /// From now on that is to be read over the picture, or nothing. It is first called before there is any, so that what draws it can be made.
    fn set_message(&mut self, _told: Option<&Told>) {}

    /// Width and height of the eyes painted last, in pixels.
    fn eye_size(&self) -> Option<[u32; 2]> {
        None
    }

    /// Lets go of everything on the GPU. It may be given another one afterwards.
    fn release(&mut self) {}

    /// Goes on with this GPU.
    fn attach(&mut self, _gpu: &Gpu) {}

    /// Changes a setting; true when the picture has to be painted again. Actions that are not the painter's change nothing.
    fn act(&mut self, action: Action) -> bool;

    /// The settings that a panel changes, where there are any.
    fn depth(&self) -> Option<DepthModel> {
        None
    }

    /// What the viewer has turned about the pictures, where that can be.
    fn adjustments(&self) -> Option<Adjustments> {
        None
    }

    /// How subtitles are shown, where there are any.
    fn subtitles(&self) -> Option<subtitle::Settings> {
        None
    }

    /// What the comfort meter shows, while it is on.
    fn meter(&mut self) -> Option<MeterModel> {
        None
    }

    /// What makes a picture of `scene` for a file, on another thread; `told` is what is read over it. None where there can be none.
    fn picture(&self, _scene: &S, _of: ShotOf, _told: Option<&Told>) -> Option<Maker> {
        None
    }

    /// The settings in a few words, for the title.
    fn describe(&self) -> String;

    /// Width and height of what is painted for pictures of `size`.
    fn output_size(&self, size: [u32; 2]) -> [u32; 2] {
        size
    }

    /// How long the picture just painted stays as it is: `None` until the next scene or setting.
    fn repaint_after(&self) -> Option<Duration> {
        None
    }
}
