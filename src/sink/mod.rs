//! What a user sees: files, windows. Fed at display rate or, for files, as fast as they take it.

pub mod adjust;
pub mod adjustments;
pub mod compose;
pub mod layout;
pub mod overlay;

#[cfg(feature = "media")]
pub mod action;
#[cfg(feature = "media")]
pub mod app;
#[cfg(feature = "media")]
pub mod file;
#[cfg(feature = "media")]
pub mod panel;
#[cfg(feature = "media")]
pub mod screen;
#[cfg(feature = "media")]
pub mod window;
#[cfg(feature = "media")]
pub mod xr;

#[cfg(feature = "media")]
pub use self::{
    action::Action,
    app::{App, Asked, Canvas, EyePicture, EyesApp, Painted, Tick, Waker, WindowState},
    screen::ScreenSettings,
};
pub use adjustments::{Adjust, Adjustments, Part};
#[cfg(feature = "media")]
pub(crate) use app::is_timed;
pub use layout::Layout;
