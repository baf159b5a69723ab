//! What a user sees: files, windows. Fed at display rate or, for files, as fast as they take it.

pub mod compose;
pub mod file;
pub mod layout;
pub mod window;

pub use layout::Layout;
