//! A desktop window: shows what an [`App`] paints, and tells it what the viewer wants.
//!
//! [`run`] owns the main thread until the window is closed. It opens the window, starts the GPU so that it can show pictures there, and
//! calls the app: [`App::start`] once, then [`App::tick`] whenever something happened or the moment it asked for has come, and [`App::paint`]
//! when there is something new to see. The app paints a canvas of the window's size in physical pixels, in encoded values (they go to the
//! screen as they are). All calls come from the main thread, and none may take longer than a frame. An idle window costs no CPU time.

mod error;
mod handler;
mod host;
pub mod keys;
mod present;
mod swapchain;

use std::sync::Arc;
use std::time::Instant;

use winit::event_loop::EventLoop;

pub use error::WindowError;
pub use keys::Action;

use crate::gpu::{Gpu, GpuOptions, Image, Recorder};
use handler::Handler;

/// How the window begins.
#[derive(Debug, Clone)]
pub struct WindowOptions {
    /// Its title before the app gives one.
    pub title: String,
    /// Width and height of what will be shown, in pixels, should the app not know better ([`App::size`]): the window opens with this size,
    /// or smaller with the same shape where that would cover more than 80 % of the monitor.
    pub size: [u32; 2],
    /// Fills the screen.
    pub full_screen: bool,
    /// The GPU.
    pub gpu: GpuOptions,
}

/// What is painted to.
pub struct Canvas {
    /// `R8G8B8A8_UNORM`, of the window's size in physical pixels. The same one until the size changes.
    pub image: Arc<Image>,
    /// Where its upper left pixel lies on the screen, for layouts woven into the screen's own rows and columns. (0, 0) where
    /// the window system does not say.
    pub origin: [i32; 2],
}

/// What the app wants after a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tick {
    /// There is something new to paint.
    pub repaint: bool,
    /// When to tick again although nothing happens; `None` for never.
    pub wake: Option<Instant>,
    /// It is over: close the window.
    pub finished: bool,
}

/// What is shown in a window.
pub trait App {
    /// What can go wrong.
    type Error: From<WindowError>;

    /// The GPU runs. The window is seen only afterwards, so this may take its time, and where it fails no window was ever seen.
    fn start(&mut self, gpu: &Gpu) -> Result<(), Self::Error>;

    /// Width and height of what will be shown, in pixels; asked once, after [`App::start`].
    fn size(&self) -> Option<[u32; 2]> {
        None
    }

    /// Something happened, or the moment has come.
    fn tick(&mut self, now: Instant) -> Result<Tick, Self::Error>;

    /// Records what fills `canvas`; all of it is shown.
    fn paint(&mut self, recorder: &mut Recorder<'_>, canvas: &Canvas) -> Result<(), Self::Error>;

    /// The viewer wants this; true when it has to be painted again. Quitting and full screen are the window's own affairs and do not come here.
    fn act(&mut self, action: Action, now: Instant) -> bool;

    /// What the title says.
    fn title(&self) -> String;

    /// The window closes: lets go of everything on the GPU.
    fn end(&mut self);
}

/// Opens a window and shows `app` in it until one of them ends it. To be called from the main thread, once in a process.
pub fn run<A: App>(app: &mut A, options: WindowOptions) -> Result<(), A::Error> {
    let events = EventLoop::new().map_err(|error| WindowError::NoDisplay(reason(&error.to_string())))?;
    let mut handler = Handler::new(app, options);
    let ran = events.run_app(&mut handler);
    handler.finish()?;
    ran.map_err(|error| WindowError::NoWindow(error.to_string()).into())
}

/// winit puts the place in its own source before the reason.
fn reason(text: &str) -> String {
    let after_place = text.rsplit_once(".rs:").and_then(|(_, rest)| rest.split_once(": "));
    after_place.map_or(text, |(_, reason)| reason).trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn only_the_reason_is_told() {
        let text = "os error at /home/me/winit/src/platform_impl/linux/mod.rs:765: neither this nor that is set.";
        assert_eq!(reason(text), "neither this nor that is set");
        assert_eq!(reason("Failed to open connection"), "Failed to open connection");
    }
}
