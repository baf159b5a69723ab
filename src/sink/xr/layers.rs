//! What the runtime is to put together for one display frame, the farthest first.

use std::marker::PhantomData;

use openxr as xr;
use openxr::sys::Handle;
use openxr::{CompositionLayerCylinderKHR, CompositionLayerProjection, CompositionLayerQuad};

use super::geometry::{Placed, Surface};
use super::session::{Eye, posef};
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
    /// Drawn into the picture of the room, for runtimes that mishandle layers for one eye
    Projection,
}

/// One layer, ready to be handed over.
pub(super) enum Layer<'a> {
    Projection(CompositionLayerProjection<'a, xr::Vulkan>),
    Quad(CompositionLayerQuad<'a, xr::Vulkan>),
    Cylinder(CompositionLayerCylinderKHR<'a, xr::Vulkan>),
    /// The room the viewer is in (XR_FB_passthrough).
    Passthrough(xr::sys::CompositionLayerPassthroughFB, PhantomData<&'a xr::PassthroughLayerFB>),
}

impl<'a> Layer<'a> {
    pub(super) fn base(&self) -> &xr::CompositionLayerBase<'a, xr::Vulkan> {
        match self {
            Self::Projection(layer) => layer,
            Self::Quad(layer) => layer,
            Self::Cylinder(layer) => layer,
            // SAFETY: every layer begins with the header that `CompositionLayerBase` transparently wraps, and both live as long as `self`.
            Self::Passthrough(layer, _) => unsafe { &*std::ptr::from_ref(layer).cast() },
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
    match placed.surface {
        Surface::Flat { size } => Layer::Quad(
            CompositionLayerQuad::new()
                .layer_flags(flags(blended))
                .space(space)
                .eye_visibility(eyes)
                .sub_image(whole(sheet, options))
                .pose(posef(&placed.pose))
                .size(xr::Extent2Df { width: size.x, height: size.y }),
        ),
        Surface::Cylinder { radius, angle, height } => Layer::Cylinder(
            CompositionLayerCylinderKHR::new()
                .layer_flags(flags(blended))
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

/// What both eyes see from where they were when it was drawn.
pub(super) fn views<'a>(
    sheets: [&'a Sheet; 2],
    options: &SheetOptions,
    eyes: &[Eye; 2],
) -> [xr::CompositionLayerProjectionView<'a, xr::Vulkan>; 2] {
    [0, 1].map(|index| {
        xr::CompositionLayerProjectionView::new()
            .pose(posef(&eyes[index].pose))
            .fov(eyes[index].fov)
            .sub_image(whole(sheets[index], options))
    })
}

/// The layer of those views. With `blended` their alpha counts.
pub(super) fn projection<'a>(
    views: &'a [xr::CompositionLayerProjectionView<'a, xr::Vulkan>],
    space: &'a xr::Space,
    blended: bool,
) -> Layer<'a> {
    Layer::Projection(CompositionLayerProjection::new().layer_flags(flags(blended)).space(space).views(views))
}

/// The layer of the room the viewer is in.
pub(super) fn passthrough(layer: &xr::PassthroughLayerFB) -> Layer<'_> {
    let raw = xr::sys::CompositionLayerPassthroughFB {
        ty: xr::sys::CompositionLayerPassthroughFB::TYPE,
        next: std::ptr::null(),
        flags: flags(true),
        space: xr::sys::Space::NULL,
        layer_handle: layer.as_raw(),
    };
    Layer::Passthrough(raw, PhantomData)
}

fn flags(blended: bool) -> xr::CompositionLayerFlags {
    if blended { xr::CompositionLayerFlags::BLEND_TEXTURE_SOURCE_ALPHA } else { xr::CompositionLayerFlags::EMPTY }
}
