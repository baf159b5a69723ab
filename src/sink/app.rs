//! What a sink shows and tells: the contract between a window or a headset, and whoever plays in it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::panel::{PanelInput, PanelOutput};
use super::{Action, Layout};
use crate::gpu::{Gpu, Image, Recorder};
use crate::time::Time;

/// What is painted to.
pub struct Canvas {
    /// `R8G8B8A8_UNORM`, of the window's size in physical pixels. The same one until the size changes.
    pub image: Arc<Image>,
    /// Where its upper left pixel lies on the screen, for layouts woven into the screen's own rows and columns. (0, 0) where
    /// the window system does not say.
    pub origin: [i32; 2],
}

/// What lets a sink look at once whether there is something to do: for other threads.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// What is left for the sink to do of what was asked of an app.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// What is the sink's own affair, in this order.
    pub actions: Vec<Action>,
    /// The picture has to be painted again.
    pub repaint: bool,
}

/// How a window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WindowState {
    /// It fills the screen.
    pub full_screen: bool,
    /// It is kept on top of others.
    pub on_top: bool,
}

impl WindowState {
    /// How it stands when `action` has been done.
    #[must_use]
    pub fn after(self, action: Action) -> Self {
        match action {
            Action::FullScreen => Self { full_screen: !self.full_screen, ..self },
            Action::LeaveFullScreen => Self { full_screen: false, ..self },
            Action::OnTop => Self { on_top: !self.on_top, ..self },
            _ => self,
        }
    }
}

/// What the app wants after a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tick {
    /// There is something new to paint.
    pub repaint: bool,
    /// The panel has something to say by itself, or has said it.
    pub panel: bool,
    /// When to tick again although nothing happens; `None` for never.
    pub wake: Option<Instant>,
    /// It is over: close the window.
    pub finished: bool,
}

/// The GPU's time is read of the first few pictures and then of one in so many: some drivers wait for all their work before they tell.
const TIMED: u64 = 16;

/// Whether it is read of picture `number`, which counts from 0. The first uses its kernels for the first time.
pub(crate) fn is_timed(number: u64) -> bool {
    number.is_power_of_two() || (number > 0 && number.is_multiple_of(TIMED))
}

/// What is shown in a window.
pub trait App {
    /// What can go wrong.
    type Error;

    /// The GPU runs. The window is seen only afterwards, so this may take its time, and where it fails no window was ever seen.
    fn start(&mut self, gpu: &Gpu) -> Result<(), Self::Error>;

    /// Width and height of what will be shown, in pixels; asked once, after [`App::start`].
    fn size(&self) -> Option<[u32; 2]> {
        None
    }

    /// Whether the sink can begin no picture now, as the last one is not done; told before a tick.
    fn set_busy(&mut self, _busy: bool) {}

    /// Something happened, or the moment has come.
    fn tick(&mut self, now: Instant) -> Result<Tick, Self::Error>;

    /// Records what fills `canvas`; all of it is shown.
    fn paint(&mut self, recorder: &mut Recorder<'_>, canvas: &Canvas) -> Result<(), Self::Error>;

    /// What was painted is seen since `at`, or on its way to the viewer where the display does not tell: what the last call of [`App::paint`]
    /// painted, or what was painted `before` calls before that one.
    fn shown(&mut self, _at: Instant, _before: usize) {}

    /// The GPU has painted a picture in that time.
    fn took(&mut self, _painting: Duration) {}

    /// The viewer wants this; true when it has to be painted again. Quitting and full screen are the window's own affairs and do not come here.
    fn act(&mut self, action: Action, now: Instant) -> bool;

    /// How the window stands, where that is told; before a tick, and before a key.
    fn set_window(&mut self, _window: WindowState) {}

    /// A key or mouse button was pressed, or has been held down long enough to count once more: by its name in mpv's input.conf.
    fn key(&mut self, name: &str, repeated: bool, now: Instant) -> Asked;

    /// These were dropped onto the window: to be played instead of what is, or behind it.
    fn dropped(&mut self, _files: Vec<PathBuf>, _append: bool, _now: Instant) {}

    /// What wakes the sink; told once, before [`App::start`].
    fn set_waker(&mut self, _waker: Waker) {}

    /// What others than the viewer want; asked before each tick.
    fn asked(&mut self, _now: Instant) -> Asked {
        Asked::default()
    }

    /// How the eyes lie on what [`App::paint`] fills: where on it a panel has to be drawn so that both see it.
    fn layout(&self) -> Layout {
        Layout::Left
    }

    /// Tells the panel in front of the picture what happened, and asks what it wants ([`super::panel`] says how); to be asked after every tick
    /// while the panel is visible. It costs little where nothing has changed. Without a panel nothing is ever visible.
    fn panel(&mut self, _input: PanelInput, _now: Instant) -> PanelOutput {
        PanelOutput::default()
    }

    /// What the title says.
    fn title(&self) -> String;

    /// The window closes: lets go of everything on the GPU.
    fn end(&mut self);
}

/// One eye's picture, before any layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EyePicture {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Width to height as it is to be seen.
    pub aspect: f32,
}

/// What a headset besides wants of an app: each eye's picture by itself.
pub trait EyesApp: App {
    /// What [`EyesApp::paint_eyes`] paints; `None` while nothing is known of the film.
    fn eye(&self) -> Option<EyePicture>;

    /// Whether nothing plays and nothing is about to: what was seen last is of a film that is over.
    fn is_idle(&self) -> bool {
        false
    }

    /// Film time at `now`.
    fn position(&self, now: Instant) -> Time;

    /// Pictures of the film a second, where known.
    fn frame_rate(&self) -> Option<f64>;

    /// Records what fills the left and the right picture: `R8G8B8A8_UNORM`, sRGB-encoded values, of any size.
    fn paint_eyes(&mut self, recorder: &mut Recorder<'_>, eyes: [&Arc<Image>; 2]) -> Result<(), Self::Error>;

    /// When the picture that was painted last began to be decoded, and by when it should be seen: for those who measure. `None` without one.
    fn painted(&self) -> Option<Painted> {
        None
    }
}

/// A film picture on its way to the eyes.
#[derive(Debug, Clone, Copy)]
pub struct Painted {
    /// Its number in the film.
    pub id: u64,
    /// When its decoding began.
    pub born: Instant,
    /// When it was due; `None` while film time stands.
    pub due: Option<Instant>,
}
