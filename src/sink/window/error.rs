//! What can go wrong with a window.

use crate::gpu::GpuError;
use crate::sink::panel::PanelError;

/// Why there is no window, or no longer one.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// Neither X11, nor Wayland, nor anything else.
    #[error(
        "there is no display to open a window on ({0}): start it from a desktop session, play without a window (--sink null), or write a file with `deep3d convert`"
    )]
    NoDisplay(String),
    /// The window system refused the window.
    #[error("the window could not be opened: {0}")]
    NoWindow(String),
    /// The window system and the GPU have no picture format in common.
    #[error(
        "this window system takes no 8-bit pictures from the GPU: choose another GPU with --gpu, or write a file with `deep3d convert`"
    )]
    NoFormat,
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The panel.
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// The validation layer, asked for with DEEP3D_VALIDATION=1, has objected.
    #[error("the Vulkan validation layer objects ({} messages):\n{}", .0.len(), .0.join("\n"))]
    Validation(Vec<String>),
}

impl WindowError {
    pub(super) fn no_thread(error: std::io::Error) -> Self {
        Self::NoWindow(format!("no thread could be started: {error}"))
    }
}
