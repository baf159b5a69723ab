//! Systems without a session bus.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::Request;
use super::board::Board;

/// What of the player is the desktop's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DesktopOptions {
    /// The desktop's player controls.
    pub controls: bool,
    /// The screen saver is held off while a film runs.
    pub screen_saver: bool,
}

pub(super) fn start(_: DesktopOptions, _: &Arc<Board>, _: &SyncSender<Request>) {}
