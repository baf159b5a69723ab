//! A desktop window: shows what an [`App`] paints, and tells it what the viewer wants.
//!
//! [`run`] owns the main thread until the window is closed. It opens the window, starts the GPU so that it can show pictures there, and
//! calls the app: [`App::start`] once, then [`App::tick`] whenever something happened or the moment it asked for has come, and [`App::paint`]
//! when there is something new to see. The app paints a canvas of the window's size in physical pixels, in encoded values (they go to the
//! screen as they are). What [`App::panel`] gives is drawn over it. All calls come from the main thread, and none may take longer than a frame. An idle window costs no CPU time.

mod display;
mod error;
mod front;
mod hand_over;
mod handler;
mod host;
pub mod keys;
mod present;
mod seen;
mod swapchain;

use std::sync::Arc;

use winit::event_loop::EventLoop;

use super::App;
use crate::gpu::{GpuError, GpuOptions};
pub use error::WindowError;
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

/// Opens a window and shows `app` in it until one of them ends it. To be called from the main thread, once in a process.
pub fn run<A>(app: &mut A, options: WindowOptions) -> Result<(), A::Error>
where
    A: App,
    A::Error: From<WindowError> + From<GpuError>,
{
    let events = EventLoop::new().map_err(|error| WindowError::NoDisplay(reason(&error.to_string())))?;
    let proxy = events.create_proxy();
    // A loop that is over has nothing to be woken for.
    app.set_waker(Arc::new(move || {
        let _ = proxy.send_event(());
    }));
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
