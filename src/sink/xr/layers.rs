//! What the runtime is to put together for one display frame, the farthest first.

use openxr as xr;
use openxr::{CompositionLayerCylinderKHR, CompositionLayerQuad};

use super::geometry::{Placed, Surface};
use super::session::posef;
use super::sheets::{Sheet, SheetOptions};

/// Which of the runtime's layers carries the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ScreenLayer {
    /// A quad, or a cylinder where the screen is curved and the runtime has them
    #[default]
    Auto,
    /// Always a quad: flat
    Quad,
    /// A cylinder where the screen is curved
    Cylinder,
}

/// One layer, ready to be handed over.
pub(super) enum Layer<'a> {
    Quad(CompositionLayerQuad<'a, xr::Vulkan>),
    Cylinder(CompositionLayerCylinderKHR<'a, xr::Vulkan>),
}

impl<'a> Layer<'a> {
    pub(super) fn base(&self) -> &xr::CompositionLayerBase<'a, xr::Vulkan> {
        match self {
            Self::Quad(layer) => layer,
            Self::Cylinder(layer) => layer,
        }
    }
}

/// All of a sheet.
fn whole<'a>(sheet: &'a Sheet, options: &SheetOptions) -> xr::SwapchainSubImage<'a, xr::Vulkan> {
    let [width, height] = options.size.map(|side| side as i32);
    let extent = xr::Extent2Di { width, height };
    xr::SwapchainSubImage::new()
        .swapchain(&sheet.swapchain)
        .image_array_index(0)
        .image_rect(xr::Rect2Di { offset: xr::Offset2Di { x: 0, y: 0 }, extent })
}

/// A sheet on a surface, for these eyes. With `blended` its alpha counts (premultiplied).
pub(super) fn surface<'a>(
    sheet: &'a Sheet,
    options: &SheetOptions,
    placed: &Placed,
    space: &'a xr::Space,
    eyes: xr::EyeVisibility,
    blended: bool,
) -> Layer<'a> {
    let flags = match blended {
        true => xr::CompositionLayerFlags::BLEND_TEXTURE_SOURCE_ALPHA,
        false => xr::CompositionLayerFlags::EMPTY,
    };
    match placed.surface {
        Surface::Flat { size } => Layer::Quad(
            CompositionLayerQuad::new()
                .layer_flags(flags)
                .space(space)
                .eye_visibility(eyes)
                .sub_image(whole(sheet, options))
                .pose(posef(&placed.pose))
                .size(xr::Extent2Df { width: size.x, height: size.y }),
        ),
        Surface::Cylinder { radius, angle, height } => Layer::Cylinder(
            CompositionLayerCylinderKHR::new()
                .layer_flags(flags)
                .space(space)
                .eye_visibility(eyes)
                .sub_image(whole(sheet, options))
                .pose(posef(&placed.pose))
                .radius(radius)
                .central_angle(angle)
                .aspect_ratio(radius * angle / height),
        ),
    }
}
