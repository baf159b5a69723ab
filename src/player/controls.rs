//! Who may tell a player what to do, besides the panel and a headset's hands.

use super::memory::Remembering;
use crate::control::Keyboard;
use crate::remote::Remote;

/// Who they are.
#[derive(Default)]
pub struct Controls {
    /// The viewer at the window.
    pub keyboard: Keyboard,
    /// Other programs.
    pub remote: Option<Remote>,
    /// What is remembered of films.
    pub memory: Remembering,
}
