//! What a user sees: files, windows. Fed at display rate or, for files, as fast as they take it.

pub mod action;
pub mod app;
pub mod compose;
pub mod file;
pub mod layout;
pub mod screen;
pub mod window;

pub use action::Action;
pub use app::{App, Canvas, Tick};
pub use layout::Layout;
pub use screen::ScreenSettings;
