//! The headset: a cinema in which an [`EyesApp`]'s film runs, through whatever OpenXR runtime is active.
//!
//! [`run`] owns the calling thread until the film is over, the viewer leaves or the runtime says so. It connects to the runtime
//! (`runtime`), which makes the Vulkan device, begins a session (`session`) and then, for every picture of the display, asks the app what is
//! to be seen at the time the runtime predicts. A picture is painted when the film has a new one, and shown by the runtime on a layer of
//! its own for each eye (`layers`) that stays where it is however late the next one comes.
//!
//! ```text
//! App ─ paint_eyes ─► canvases ─ copied when the GPU is done ─► runtime's images ─► a quad or cylinder for each eye ─► display
//! ```
//!
//! Session and runtime may be lost at any time: the app is told to let go of the GPU, keeps its place in the film, and is started again when
//! the runtime is back.

pub mod bindings;
mod cinema;
mod clock;
mod error;
pub mod geometry;
pub mod gestures;
mod hands;
mod layers;
mod panel;
mod refresh;
pub mod room;
mod runtime;
mod session;
mod sheets;
mod speakers;
mod statistics;
mod sticks;
mod surroundings;

use std::time::Duration;

pub use error::XrError;
pub use layers::ScreenLayer;
pub use runtime::Loader;
pub use statistics::Statistics;

use super::{EyesApp, ScreenSettings};
use crate::gpu::{Gpu, GpuOptions};
use crate::media::StopFlag;
use crate::sound::{Room, Sound};
use cinema::Cinema;
use runtime::{Runtime, XrHost};

/// How soon to look for a runtime that went away.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How the headset begins.
#[derive(Clone)]
pub struct HeadsetOptions {
    /// Where OpenXR comes from.
    pub loader: Loader,
    /// How the GPU, which the runtime chooses, is watched.
    pub gpu: GpuOptions,
    /// The layer that carries the screen.
    pub layer: ScreenLayer,
    /// The film goes on while nobody wears the headset.
    pub play_when_off: bool,
    /// Ends it after so many pictures of the film; for measuring.
    pub film_frames: Option<u64>,
    /// What goes to the headset's own device, where its runtime names that.
    pub sound: Option<Sound>,
    /// Told where the head is between the loudspeakers, where sound is heard so.
    pub room: Option<Room>,
    /// Ends it from outside, for example at Ctrl-C.
    pub stop: StopFlag,
}

/// Why a session ended, as seen from inside.
enum Stop<E> {
    /// The runtime.
    Xr(XrError),
    /// The app.
    App(E),
}

impl<E> From<XrError> for Stop<E> {
    fn from(error: XrError) -> Self {
        Self::Xr(error)
    }
}

impl<E> From<crate::gpu::GpuError> for Stop<E> {
    fn from(error: crate::gpu::GpuError) -> Self {
        Self::Xr(error.into())
    }
}

/// Shows `app` in the headset until one of them ends it, on a screen that begins as `screen` says and is left there as the viewer has left it.
///
/// # Errors
/// No runtime or no headset at the beginning; what the app, the GPU or the runtime fail with. A runtime that goes away later is waited for.
pub fn run<A>(app: &mut A, options: &HeadsetOptions, screen: &mut ScreenSettings) -> Result<Statistics, A::Error>
where
    A: EyesApp,
    A::Error: From<XrError>,
{
    *screen = screen.checked();
    let mut statistics = Statistics::default();
    let mut runtime = Runtime::connect(&options.loader)?;
    loop {
        statistics.runtime.clone_from(&runtime.name);
        if let Some(sound) = &options.sound {
            sound.set_headset(runtime.sound_device());
        }
        let gpu = Gpu::new(&XrHost(&runtime), &options.gpu).map_err(XrError::from)?;
        app.start(&gpu)?;
        let ended = with_runtime(app, &runtime, &gpu, options, screen, &mut statistics);
        app.end();
        let messages = gpu.validation_messages();
        drop(gpu);
        match ended {
            Err(Stop::App(error)) => return Err(error),
            Err(Stop::Xr(XrError::InstanceLost)) => {}
            Err(Stop::Xr(error)) => return Err(error.into()),
            Ok(()) if messages.is_empty() => return Ok(statistics),
            Ok(()) => return Err(XrError::Validation(messages).into()),
        }
        tracing::warn!("the headset's runtime is gone; waiting for it to come back (Ctrl-C ends)");
        drop(runtime);
        runtime = loop {
            if options.stop.is_stopped() {
                return Ok(statistics);
            }
            std::thread::sleep(LOOK_AGAIN);
            if let Ok(runtime) = Runtime::connect(&options.loader) {
                break runtime;
            }
        };
    }
}

/// One session after the other, until nobody wants any more.
fn with_runtime<A: EyesApp>(
    app: &mut A,
    runtime: &Runtime,
    gpu: &Gpu,
    options: &HeadsetOptions,
    screen: &mut ScreenSettings,
    statistics: &mut Statistics,
) -> Result<(), Stop<A::Error>> {
    loop {
        let ended = match Cinema::new(runtime, gpu, options, *screen) {
            Ok(cinema) => show(cinema, app, screen, statistics),
            Err(error) => Err(error.into()),
        };
        match ended {
            Ok(()) => return Ok(()),
            Err(Stop::Xr(XrError::SessionLost)) => {
                tracing::warn!("the headset's runtime ended the session; beginning another");
                std::thread::sleep(LOOK_AGAIN);
            }
            Err(error) => return Err(error),
        }
        if options.stop.is_stopped() {
            return Ok(());
        }
    }
}

/// One session, from its beginning to its end.
fn show<A: EyesApp>(
    mut cinema: Cinema<'_>,
    app: &mut A,
    screen: &mut ScreenSettings,
    statistics: &mut Statistics,
) -> Result<(), Stop<A::Error>> {
    let ended = cinema.run(app, statistics);
    if let Err(Stop::Xr(_)) = ended {
        cinema.interrupt(app);
    }
    *screen = cinema.settings();
    cinema.close();
    ended
}
