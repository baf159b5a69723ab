//! What can go wrong with the panel.

use crate::gpu::GpuError;

/// Why the panel cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    /// The GPU computes but does not draw.
    #[error("this GPU cannot draw the panel: choose another with --gpu")]
    NoGraphics,
    /// The drawing of its meshes.
    #[error("the panel could not be drawn ({0}): update the GPU's driver, or choose another GPU with --gpu")]
    Renderer(#[from] egui_ash_renderer::RendererError),
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
}
