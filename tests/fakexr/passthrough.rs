//! XR_FB_passthrough: the room around, as a layer.

use openxr::sys::{self, Handle, PassthroughFlagsFB};

use super::call::{call, destroy, given, put};
use super::state::State;

pub(super) struct Passthrough {
    pub(super) session: u64,
    pub(super) running: bool,
}

pub(super) struct PassthroughLayer {
    pub(super) session: u64,
    pub(super) passthrough: u64,
    pub(super) running: bool,
}

pub(super) unsafe extern "system" fn create_passthrough(
    handle: sys::Session,
    info: *const sys::PassthroughCreateInfoFB,
    passthrough: *mut sys::PassthroughFB,
) -> sys::Result {
    call("xrCreatePassthroughFB", handle, |state, session| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::PassthroughCreateInfoFB::TYPE)? };
        if !state.offer.passthrough {
            return Err(sys::Result::ERROR_FEATURE_UNSUPPORTED);
        }
        if state.passthroughs.values().any(|passthrough| passthrough.session == session) {
            return Err(state.misuse("a second one", sys::Result::ERROR_FEATURE_ALREADY_CREATED_PASSTHROUGH_FB));
        }
        let running = info.flags.contains(PassthroughFlagsFB::IS_RUNNING_AT_CREATION);
        let number = state.handle();
        state.passthroughs.insert(number, Passthrough { session, running });
        // SAFETY: the client's place.
        unsafe { put(state, passthrough, sys::PassthroughFB::from_raw(number)) }
    })
}

pub(super) unsafe extern "system" fn destroy_passthrough(handle: sys::PassthroughFB) -> sys::Result {
    destroy("xrDestroyPassthroughFB", handle, |state, handle| {
        if state.passthrough_layers.values().any(|layer| layer.passthrough == handle) {
            state.misuse("a layer of it still lives", sys::Result::SUCCESS);
        }
        state.passthroughs.remove(&handle);
        Ok(sys::Result::SUCCESS)
    })
}

fn run(function: &'static str, handle: sys::PassthroughFB, running: bool) -> sys::Result {
    call(function, handle, |state, handle| {
        let found = state.passthroughs.get_mut(&handle).ok_or(sys::Result::ERROR_HANDLE_INVALID)?;
        found.running = running;
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn start(handle: sys::PassthroughFB) -> sys::Result {
    run("xrPassthroughStartFB", handle, true)
}

pub(super) unsafe extern "system" fn pause(handle: sys::PassthroughFB) -> sys::Result {
    run("xrPassthroughPauseFB", handle, false)
}

pub(super) unsafe extern "system" fn create_layer(
    handle: sys::Session,
    info: *const sys::PassthroughLayerCreateInfoFB,
    layer: *mut sys::PassthroughLayerFB,
) -> sys::Result {
    call("xrCreatePassthroughLayerFB", handle, |state, session| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::PassthroughLayerCreateInfoFB::TYPE)? };
        let passthrough = info.passthrough.into_raw();
        if state.passthroughs.get(&passthrough).is_none_or(|found| found.session != session) {
            return Err(state.misuse("the passthrough is not alive", sys::Result::ERROR_HANDLE_INVALID));
        }
        if info.purpose != sys::PassthroughLayerPurposeFB::RECONSTRUCTION {
            return Err(sys::Result::ERROR_FEATURE_UNSUPPORTED);
        }
        let running = info.flags.contains(PassthroughFlagsFB::IS_RUNNING_AT_CREATION);
        let number = state.handle();
        state.passthrough_layers.insert(number, PassthroughLayer { session, passthrough, running });
        // SAFETY: the client's place.
        unsafe { put(state, layer, sys::PassthroughLayerFB::from_raw(number)) }
    })
}

pub(super) unsafe extern "system" fn destroy_layer(handle: sys::PassthroughLayerFB) -> sys::Result {
    destroy("xrDestroyPassthroughLayerFB", handle, |state, handle| {
        state.passthrough_layers.remove(&handle);
        Ok(sys::Result::SUCCESS)
    })
}

fn run_layer(function: &'static str, handle: sys::PassthroughLayerFB, running: bool) -> sys::Result {
    call(function, handle, |state: &mut State, handle| {
        let found = state.passthrough_layers.get_mut(&handle).ok_or(sys::Result::ERROR_HANDLE_INVALID)?;
        found.running = running;
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn pause_layer(handle: sys::PassthroughLayerFB) -> sys::Result {
    run_layer("xrPassthroughLayerPauseFB", handle, false)
}

pub(super) unsafe extern "system" fn resume_layer(handle: sys::PassthroughLayerFB) -> sys::Result {
    run_layer("xrPassthroughLayerResumeFB", handle, true)
}

pub(super) unsafe extern "system" fn set_style(
    handle: sys::PassthroughLayerFB,
    style: *const sys::PassthroughStyleFB,
) -> sys::Result {
    call("xrPassthroughLayerSetStyleFB", handle, |state, _| {
        // SAFETY: the client's structure.
        unsafe { given(state, style, sys::PassthroughStyleFB::TYPE)? };
        Ok(sys::Result::SUCCESS)
    })
}

/// This headset projects passthrough on no geometry.
pub(super) unsafe extern "system" fn create_geometry(
    handle: sys::Session,
    _info: *const sys::GeometryInstanceCreateInfoFB,
    _geometry: *mut sys::GeometryInstanceFB,
) -> sys::Result {
    call("xrCreateGeometryInstanceFB", handle, |_, _| Err(sys::Result::ERROR_FEATURE_UNSUPPORTED))
}

pub(super) unsafe extern "system" fn destroy_geometry(_handle: sys::GeometryInstanceFB) -> sys::Result {
    sys::Result::ERROR_HANDLE_INVALID
}

pub(super) unsafe extern "system" fn set_transform(
    _handle: sys::GeometryInstanceFB,
    _transform: *const sys::GeometryInstanceTransformFB,
) -> sys::Result {
    sys::Result::ERROR_HANDLE_INVALID
}
