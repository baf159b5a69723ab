//! What a user sees: files, windows. Fed at display rate or, for files, as fast as they take it.

pub mod action;
pub mod app;
pub mod compose;
pub mod file;
pub mod layout;
pub mod panel;
pub mod screen;
pub mod window;
pub mod xr;

pub use action::Action;
pub use app::{App, Canvas, EyePicture, EyesApp, Painted, Tick};
pub use layout::Layout;
pub use screen::ScreenSettings;
