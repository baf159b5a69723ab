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
mod icon;
pub mod keys;
mod place;
mod present;
mod seen;
mod swapchain;

use std::sync::Arc;
use std::time::Duration;

use winit::event_loop::EventLoop;

use super::App;
use crate::gpu::{GpuError, GpuOptions};
pub use error::WindowError;
use handler::Handler;
pub use place::{Geometry, Kept, Length, Placement};

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
    /// How large it is, and where.
    pub placement: Placement,
    /// How it is beside others.
    pub manners: Manners,
    /// The GPU.
    pub gpu: GpuOptions,
}

/// How long the cursor is seen after it has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorAutohide {
    /// Always.
    Never,
    /// It is never seen.
    Always,
    /// So long.
    After(Duration),
}

/// How a window is beside others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manners {
    /// Kept on top of others.
    pub on_top: bool,
    /// With a border and a title.
    pub border: bool,
    /// Its title, instead of the app's.
    pub title: Option<String>,
    /// The number of the monitor that it opens on, counted from 0.
    pub screen: Option<usize>,
    /// The number of the monitor that it fills.
    pub full_screen_on: Option<usize>,
    /// When the cursor is hidden.
    pub cursor: CursorAutohide,
    /// Only in full screen.
    pub cursor_full_screen_only: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            on_top: false,
            border: true,
            title: None,
            screen: None,
            full_screen_on: None,
            cursor: CursorAutohide::After(Duration::from_secs(1)),
            cursor_full_screen_only: false,
        }
    }
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
