//! The window's icon.

use winit::window::Icon;

/// In a size that window managers take; none where it cannot be read.
pub(super) fn icon() -> Option<Icon> {
    let picture = image::load_from_memory(include_bytes!("../../../assets/icon/deep3d-64.png")).ok()?.into_rgba8();
    let (width, height) = picture.dimensions();
    Icon::from_rgba(picture.into_raw(), width, height).ok()
}
