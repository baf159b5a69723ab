//! XrSystemId: the headset, its views and blend modes.

use openxr::sys::{self, ViewConfigurationType};

use super::call::{call, chained, given, list, list_by, put, put_text, wanted};
use super::offer::Availability;
use super::state::{Outcome, SYSTEM, State};

/// That the client talks about our one headset.
pub(super) fn check_system(state: &mut State, system: sys::SystemId) -> Result<(), sys::Result> {
    if system.into_raw() == SYSTEM {
        return Ok(());
    }
    Err(state.misuse(format!("{system:?} is no system"), sys::Result::ERROR_SYSTEM_INVALID))
}

pub(super) fn check_views(state: &mut State, kind: ViewConfigurationType) -> Result<(), sys::Result> {
    if kind == ViewConfigurationType::PRIMARY_STEREO {
        return Ok(());
    }
    Err(state.misuse(format!("{kind:?}"), sys::Result::ERROR_VIEW_CONFIGURATION_TYPE_UNSUPPORTED))
}

pub(super) unsafe extern "system" fn get_system(
    handle: sys::Instance,
    info: *const sys::SystemGetInfo,
    system: *mut sys::SystemId,
) -> sys::Result {
    call("xrGetSystem", handle, |state, _| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::SystemGetInfo::TYPE)? };
        if info.form_factor != sys::FormFactor::HEAD_MOUNTED_DISPLAY {
            return Err(sys::Result::ERROR_FORM_FACTOR_UNSUPPORTED);
        }
        if state.offer.availability != Availability::Ready {
            return Err(sys::Result::ERROR_FORM_FACTOR_UNAVAILABLE);
        }
        // SAFETY: the client's place.
        unsafe { put(state, system, sys::SystemId::from_raw(SYSTEM)) }
    })
}

pub(super) unsafe extern "system" fn get_system_properties(
    handle: sys::Instance,
    system: sys::SystemId,
    properties: *mut sys::SystemProperties,
) -> sys::Result {
    call("xrGetSystemProperties", handle, |state, _| {
        check_system(state, system)?;
        // SAFETY: the client's structure and what is chained to it.
        unsafe {
            let properties = wanted(state, properties, sys::SystemProperties::TYPE)?;
            let next = properties.next.cast_const().cast();
            properties.system_id = system;
            properties.vendor_id = 0xFA6E;
            put_text(&mut properties.system_name, &state.offer.system_name);
            let [width, height] = state.offer.largest_swapchain;
            properties.graphics_properties = sys::SystemGraphicsProperties {
                max_swapchain_image_height: height,
                max_swapchain_image_width: width,
                max_layer_count: state.offer.most_layers,
            };
            properties.tracking_properties.orientation_tracking = sys::TRUE;
            properties.tracking_properties.position_tracking = state.offer.position_tracking.into();
            type Through = sys::SystemPassthroughPropertiesFB;
            if let Some(chained) = chained::<Through>(next, Through::TYPE) {
                (*chained).supports_passthrough = state.offer.passthrough.into();
            }
            type Through2 = sys::SystemPassthroughProperties2FB;
            if let Some(chained) = chained::<Through2>(next, Through2::TYPE) {
                (*chained).capabilities = if state.offer.passthrough {
                    sys::PassthroughCapabilityFlagsFB::PASSTHROUGH_CAPABILITY | sys::PassthroughCapabilityFlagsFB::COLOR
                } else {
                    sys::PassthroughCapabilityFlagsFB::EMPTY
                };
            }
            type Presence = sys::SystemUserPresencePropertiesEXT;
            if let Some(chained) = chained::<Presence>(next, Presence::TYPE) {
                (*chained).supports_user_presence = state.offer.user_presence.into();
            }
        }
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn enumerate_view_configurations(
    handle: sys::Instance,
    system: sys::SystemId,
    capacity: u32,
    count: *mut u32,
    types: *mut ViewConfigurationType,
) -> sys::Result {
    call("xrEnumerateViewConfigurations", handle, |state, _| {
        check_system(state, system)?;
        // SAFETY: the client's pointers.
        unsafe { list(state, &[ViewConfigurationType::PRIMARY_STEREO], capacity, count, types) }
    })
}

pub(super) unsafe extern "system" fn get_view_configuration_properties(
    handle: sys::Instance,
    system: sys::SystemId,
    kind: ViewConfigurationType,
    properties: *mut sys::ViewConfigurationProperties,
) -> sys::Result {
    call("xrGetViewConfigurationProperties", handle, |state, _| {
        check_system(state, system)?;
        check_views(state, kind)?;
        // SAFETY: the client's structure.
        let properties = unsafe { wanted(state, properties, sys::ViewConfigurationProperties::TYPE)? };
        properties.view_configuration_type = kind;
        properties.fov_mutable = sys::FALSE;
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn enumerate_view_configuration_views(
    handle: sys::Instance,
    system: sys::SystemId,
    kind: ViewConfigurationType,
    capacity: u32,
    count: *mut u32,
    views: *mut sys::ViewConfigurationView,
) -> sys::Result {
    call("xrEnumerateViewConfigurationViews", handle, |state, _| {
        check_system(state, system)?;
        check_views(state, kind)?;
        let fill = |state: &mut State, _: usize, place: *mut sys::ViewConfigurationView| {
            // SAFETY: the client's array, within its capacity.
            if let Ok(view) = unsafe { wanted(state, place, sys::ViewConfigurationView::TYPE) } {
                [view.recommended_image_rect_width, view.recommended_image_rect_height] = state.offer.view_size;
                [view.max_image_rect_width, view.max_image_rect_height] = state.offer.largest_view;
                view.recommended_swapchain_sample_count = 1;
                view.max_swapchain_sample_count = 1;
            }
        };
        // SAFETY: the client's pointers.
        unsafe { list_by(state, 2, capacity, count, views, fill) }
    })
}

pub(super) unsafe extern "system" fn enumerate_environment_blend_modes(
    handle: sys::Instance,
    system: sys::SystemId,
    kind: ViewConfigurationType,
    capacity: u32,
    count: *mut u32,
    modes: *mut sys::EnvironmentBlendMode,
) -> sys::Result {
    call("xrEnumerateEnvironmentBlendModes", handle, |state, _| -> Outcome {
        check_system(state, system)?;
        check_views(state, kind)?;
        let offered = state.offer.blend_modes.clone();
        // SAFETY: the client's pointers.
        unsafe { list(state, &offered, capacity, count, modes) }
    })
}
