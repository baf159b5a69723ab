//! Composition layers: read from the client's structures, judged, and kept as plain data.

use std::f32::consts::{FRAC_PI_2, TAU};

use openxr::sys::{self, CompositionLayerFlags, EyeVisibility, Fovf, Handle, Posef, StructureType};

use super::call::{given, slice};
use super::picture::Picture;
use super::pose::is_valid;
use super::space::Place;
use super::state::State;

/// Which part of which picture a layer shows.
#[derive(Debug, Clone)]
pub(crate) struct SubImage {
    /// The swapchain's handle.
    pub(crate) swapchain: u64,
    /// x, y, width, height in pixels.
    pub(crate) rect: [i32; 4],
    pub(crate) array_index: u32,
    /// The image that was released last: its index, and how many had been released before it.
    pub(crate) image: u32,
    pub(crate) releases: u64,
    /// The whole image, where the test asked for pictures.
    pub(crate) picture: Option<Picture>,
}

/// One view of a projection layer.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) pose: Posef,
    pub(crate) fov: Fovf,
    pub(crate) image: SubImage,
}

#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Projection {
        views: Vec<View>,
    },
    /// Width and height in metres.
    Quad {
        eyes: EyeVisibility,
        image: SubImage,
        pose: Posef,
        size: [f32; 2],
    },
    /// Radius in metres (0 and ∞ are infinite), angle in radians, width over height.
    Cylinder {
        eyes: EyeVisibility,
        image: SubImage,
        pose: Posef,
        radius: f32,
        angle: f32,
        aspect: f32,
    },
    Passthrough {
        layer: u64,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) flags: CompositionLayerFlags,
    /// None only for passthrough, which has no place.
    pub(crate) place: Option<Place>,
    pub(crate) shape: Shape,
}

impl Layer {
    /// The eyes that see it.
    pub(crate) fn eyes(&self) -> EyeVisibility {
        match &self.shape {
            Shape::Quad { eyes, .. } | Shape::Cylinder { eyes, .. } => *eyes,
            _ => EyeVisibility::BOTH,
        }
    }

    /// Its picture; of a projection, the left one.
    pub(crate) fn image(&self) -> Option<&SubImage> {
        match &self.shape {
            Shape::Quad { image, .. } | Shape::Cylinder { image, .. } => Some(image),
            Shape::Projection { views } => views.first().map(|view| &view.image),
            Shape::Passthrough { .. } => None,
        }
    }
}

fn check_pose(state: &mut State, pose: Posef) -> Result<Posef, sys::Result> {
    if is_valid(pose) {
        return Ok(pose);
    }
    Err(state.misuse(format!("{pose:?} is no pose"), sys::Result::ERROR_POSE_INVALID))
}

fn place(state: &mut State, session: u64, space: sys::Space) -> Result<Place, sys::Result> {
    match state.spaces.get(&space.into_raw()) {
        Some(space) if space.session == session => Ok(space.place.clone()),
        _ => Err(state.misuse("a layer's space is not alive", sys::Result::ERROR_HANDLE_INVALID)),
    }
}

fn sub_image(state: &mut State, session: u64, image: &sys::SwapchainSubImage) -> Result<SubImage, sys::Result> {
    let handle = image.swapchain.into_raw();
    let Some(swapchain) = state.swapchains.get(&handle).filter(|swapchain| swapchain.session == session) else {
        return Err(state.misuse("a layer's swapchain is not alive", sys::Result::ERROR_HANDLE_INVALID));
    };
    let (size, layers, released) = (swapchain.size, swapchain.array_size, swapchain.released);
    let (from, extent) = (image.image_rect.offset, image.image_rect.extent);
    let rect = [from.x, from.y, extent.width, extent.height];
    let fits = |from: i32, extent: i32, most: u32| {
        from >= 0 && extent > 0 && i64::from(from) + i64::from(extent) <= i64::from(most)
    };
    if !fits(from.x, extent.width, size[0]) || !fits(from.y, extent.height, size[1]) {
        let text = format!("rectangle {rect:?} of a swapchain of {size:?}");
        return Err(state.misuse(text, sys::Result::ERROR_SWAPCHAIN_RECT_INVALID));
    }
    if image.image_array_index >= layers {
        return Err(state.invalid(format!("array index {} of {layers}", image.image_array_index)));
    }
    let Some(index) = released else {
        let text = "a layer's swapchain never had an image released";
        return Err(state.misuse(text, sys::Result::ERROR_LAYER_INVALID));
    };
    let releases = swapchain_releases(state, handle);
    let picture =
        if state.keep_pictures { super::picture::read(state, handle, index, image.image_array_index, 0) } else { None };
    Ok(SubImage { swapchain: handle, rect, array_index: image.image_array_index, image: index, releases, picture })
}

fn swapchain_releases(state: &State, handle: u64) -> u64 {
    state.swapchains.get(&handle).map_or(0, |swapchain| swapchain.releases)
}

/// # Safety
/// `base` is null or points to a composition layer.
pub(super) unsafe fn read_layer(
    state: &mut State,
    session: u64,
    base: *const sys::CompositionLayerBaseHeader,
) -> Result<Layer, sys::Result> {
    if base.is_null() {
        return Err(state.misuse("a layer is null", sys::Result::ERROR_LAYER_INVALID));
    }
    // SAFETY: every layer begins like this.
    let header = unsafe { &*base };
    let needs = match header.ty {
        StructureType::COMPOSITION_LAYER_CYLINDER_KHR => Some("XR_KHR_composition_layer_cylinder"),
        StructureType::COMPOSITION_LAYER_PASSTHROUGH_FB => Some("XR_FB_passthrough"),
        _ => None,
    };
    if let Some(extension) = needs.filter(|extension| !state.has(session, extension)) {
        return Err(state.misuse(format!("{extension} is not on"), sys::Result::ERROR_LAYER_INVALID));
    }
    // SAFETY: the type says which structure it is.
    unsafe {
        match header.ty {
            StructureType::COMPOSITION_LAYER_PROJECTION => projection(state, session, &*base.cast()),
            StructureType::COMPOSITION_LAYER_QUAD => quad(state, session, &*base.cast()),
            StructureType::COMPOSITION_LAYER_CYLINDER_KHR => cylinder(state, session, &*base.cast()),
            StructureType::COMPOSITION_LAYER_PASSTHROUGH_FB => passthrough(state, session, &*base.cast()),
            other => Err(state.misuse(format!("a layer of type {other:?}"), sys::Result::ERROR_LAYER_INVALID)),
        }
    }
}

/// # Safety
/// As for [`read_layer`].
unsafe fn projection(
    state: &mut State,
    session: u64,
    layer: &sys::CompositionLayerProjection,
) -> Result<Layer, sys::Result> {
    let place = Some(place(state, session, layer.space)?);
    if layer.view_count != 2 {
        return Err(state.invalid(format!("a projection layer of {} views", layer.view_count)));
    }
    let mut views = Vec::new();
    // SAFETY: the client's views.
    for view in unsafe { slice(layer.views, layer.view_count) } {
        // SAFETY: as above.
        let view = unsafe { given(state, view, sys::CompositionLayerProjectionView::TYPE)? };
        let fov = view.fov;
        let angles = [fov.angle_left, fov.angle_right, fov.angle_up, fov.angle_down];
        if angles.iter().any(|angle| !angle.is_finite() || angle.abs() >= FRAC_PI_2) {
            return Err(state.invalid(format!("{fov:?}")));
        }
        let pose = check_pose(state, view.pose)?;
        views.push(View { pose, fov, image: sub_image(state, session, &view.sub_image)? });
    }
    Ok(Layer { flags: layer.layer_flags, place, shape: Shape::Projection { views } })
}

fn quad(state: &mut State, session: u64, layer: &sys::CompositionLayerQuad) -> Result<Layer, sys::Result> {
    let place = Some(place(state, session, layer.space)?);
    let (pose, size) = (check_pose(state, layer.pose)?, [layer.size.width, layer.size.height]);
    if size.iter().any(|side| !side.is_finite() || *side <= 0.0) {
        return Err(state.invalid(format!("a quad of {size:?} m")));
    }
    let image = sub_image(state, session, &layer.sub_image)?;
    let shape = Shape::Quad { eyes: layer.eye_visibility, image, pose, size };
    Ok(Layer { flags: layer.layer_flags, place, shape })
}

fn cylinder(state: &mut State, session: u64, layer: &sys::CompositionLayerCylinderKHR) -> Result<Layer, sys::Result> {
    let place = Some(place(state, session, layer.space)?);
    let pose = check_pose(state, layer.pose)?;
    let (radius, angle, aspect) = (layer.radius, layer.central_angle, layer.aspect_ratio);
    if radius.is_nan() || radius < 0.0 || !(0.0..TAU).contains(&angle) || !aspect.is_finite() || aspect <= 0.0 {
        return Err(state.invalid(format!("a cylinder of radius {radius}, angle {angle}, aspect {aspect}")));
    }
    let image = sub_image(state, session, &layer.sub_image)?;
    let shape = Shape::Cylinder { eyes: layer.eye_visibility, image, pose, radius, angle, aspect };
    Ok(Layer { flags: layer.layer_flags, place, shape })
}

fn passthrough(
    state: &mut State,
    session: u64,
    layer: &sys::CompositionLayerPassthroughFB,
) -> Result<Layer, sys::Result> {
    let handle = layer.layer_handle.into_raw();
    let found = state.passthrough_layers.get(&handle).filter(|found| found.session == session);
    let Some((running, owner)) = found.map(|found| (found.running, found.passthrough)) else {
        return Err(state.misuse("the passthrough layer is not alive", sys::Result::ERROR_HANDLE_INVALID));
    };
    if !running || !state.passthroughs.get(&owner).is_some_and(|passthrough| passthrough.running) {
        state.misuse("the passthrough layer, or its passthrough, is paused: nothing shows", sys::Result::SUCCESS);
    }
    Ok(Layer { flags: layer.flags, place: None, shape: Shape::Passthrough { layer: handle } })
}
