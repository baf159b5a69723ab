//! XrInstance, its extensions, and the texts and paths that belong to it.

use std::collections::BTreeMap;
use std::ffi::c_char;

use openxr::sys::{self, Handle};

use super::call::{
    array_text, begin, call, destroy, given, list, list_by, put, put_text, put_text_at, slice, text, wanted,
};
use super::offer::Availability;
use super::slot::{self, Shared};
use super::state::{Outcome, State};
use super::vulkan::Vulkan;

pub(super) struct Instance {
    pub(super) application: String,
    pub(super) version: (u16, u16),
    pub(super) extensions: Vec<String>,
    pub(super) lost: bool,
    pub(super) vulkan: Vulkan,
    /// Suggested bindings: profile → (action, path).
    pub(super) bindings: BTreeMap<String, Vec<(u64, String)>>,
}

pub(super) unsafe fn create_instance(
    shared: &Shared,
    info: *const sys::InstanceCreateInfo,
    handle: *mut sys::Instance,
) -> sys::Result {
    let mut state = shared.lock();
    // SAFETY: handed on from the client.
    unsafe { create(&mut state, info, handle) }.unwrap_or_else(|error| error)
}

unsafe fn create(state: &mut State, info: *const sys::InstanceCreateInfo, handle: *mut sys::Instance) -> Outcome {
    begin(state, "xrCreateInstance")?;
    if state.offer.availability == Availability::NoRuntime {
        return Err(sys::Result::ERROR_RUNTIME_UNAVAILABLE);
    }
    // SAFETY: the client's pointers are null or valid.
    let (info, layers, extensions): (_, Vec<String>, Vec<String>) = unsafe {
        let info = given(state, info, sys::InstanceCreateInfo::TYPE)?;
        let texts = |pointer, count| slice(pointer, count).iter().map(|name| text(*name)).collect();
        (
            info,
            texts(info.enabled_api_layer_names, info.enabled_api_layer_count),
            texts(info.enabled_extension_names, info.enabled_extension_count),
        )
    };
    let application = array_text(&info.application_info.application_name).unwrap_or_default();
    if application.is_empty() {
        return Err(state.misuse("the application has no name", sys::Result::ERROR_NAME_INVALID));
    }
    let asked = info.application_info.api_version;
    let version = (asked.major(), asked.minor());
    if version > state.offer.api_version || version.0 < 1 {
        return Err(sys::Result::ERROR_API_VERSION_UNSUPPORTED);
    }
    if layers.iter().any(|layer| !state.offer.layers.contains(&layer.as_str())) {
        return Err(state.misuse(format!("layers {layers:?}"), sys::Result::ERROR_API_LAYER_NOT_PRESENT));
    }
    if let Some(missing) = extensions.iter().find(|name| !state.offer.extensions.contains(&name.as_str())) {
        let text = format!("extension {missing} was not offered");
        return Err(state.misuse(text, sys::Result::ERROR_EXTENSION_NOT_PRESENT));
    }
    let number = state.handle();
    // SAFETY: the client's place for the handle.
    unsafe { put(state, handle, sys::Instance::from_raw(number))? };
    let (vulkan, bindings) = (Vulkan::default(), BTreeMap::new());
    let made = Instance { application, version, extensions, lost: false, vulkan, bindings };
    state.instances.insert(number, made);
    Ok(sys::Result::SUCCESS)
}

pub(super) unsafe fn enumerate_extensions(
    shared: &Shared,
    layer: *const c_char,
    capacity: u32,
    count: *mut u32,
    properties: *mut sys::ExtensionProperties,
) -> sys::Result {
    let mut state = shared.lock();
    if let Err(ordered) = begin(&mut state, "xrEnumerateInstanceExtensionProperties") {
        return ordered;
    }
    if state.offer.availability == Availability::NoRuntime {
        return sys::Result::ERROR_RUNTIME_UNAVAILABLE;
    }
    let names = if layer.is_null() { state.offer.extensions.clone() } else { Vec::new() };
    let fill = |state: &mut State, index: usize, place: *mut sys::ExtensionProperties| {
        // SAFETY: the client's array, within its capacity.
        if let Ok(place) = unsafe { wanted(state, place, sys::ExtensionProperties::TYPE) } {
            put_text(&mut place.extension_name, names[index]);
            place.extension_version = 1;
        }
    };
    // SAFETY: the client's pointers.
    unsafe { list_by(&mut state, names.len(), capacity, count, properties, fill) }.unwrap_or_else(|error| error)
}

pub(super) unsafe fn enumerate_layers(
    shared: &Shared,
    capacity: u32,
    count: *mut u32,
    properties: *mut sys::ApiLayerProperties,
) -> sys::Result {
    let mut state = shared.lock();
    if let Err(ordered) = begin(&mut state, "xrEnumerateApiLayerProperties") {
        return ordered;
    }
    let names = state.offer.layers.clone();
    let fill = |state: &mut State, index: usize, place: *mut sys::ApiLayerProperties| {
        // SAFETY: the client's array, within its capacity.
        if let Ok(place) = unsafe { wanted(state, place, sys::ApiLayerProperties::TYPE) } {
            put_text(&mut place.layer_name, names[index]);
            place.spec_version = sys::Version::new(1, 0, 0);
            place.layer_version = 1;
            put_text(&mut place.description, "");
        }
    };
    // SAFETY: the client's pointers.
    unsafe { list_by(&mut state, names.len(), capacity, count, properties, fill) }.unwrap_or_else(|error| error)
}

/// Takes the instance and everything made from it away.
pub(super) unsafe extern "system" fn destroy_instance(handle: sys::Instance) -> sys::Result {
    let mut free = None;
    let result = destroy("xrDestroyInstance", handle, |state, handle| {
        let sessions: Vec<_> = state
            .sessions
            .iter()
            .filter(|(_, session)| session.instance == handle)
            .map(|(session, _)| *session)
            .collect();
        sessions.into_iter().for_each(|session| super::session::remove(state, session));
        let sets: Vec<_> =
            state.action_sets.iter().filter(|(_, set)| set.instance == handle).map(|(set, _)| *set).collect();
        sets.into_iter().for_each(|set| super::bindings::remove_set(state, set));
        state.messengers.retain(|_, instance| *instance != handle);
        state.instances.remove(&handle);
        state.events.clear();
        free = (state.abandoned && state.instances.is_empty()).then_some(state.slot);
        Ok(sys::Result::SUCCESS)
    });
    if let Some(number) = free {
        slot::free(number);
    }
    result
}

pub(super) unsafe extern "system" fn result_to_string(
    handle: sys::Instance,
    value: sys::Result,
    buffer: *mut c_char,
) -> sys::Result {
    call("xrResultToString", handle, |state, _| {
        let name = format!("XR_{value:?}");
        // SAFETY: the client's buffer has this fixed length.
        unsafe { put_text_at(state, buffer, sys::MAX_RESULT_STRING_SIZE, &name) }
    })
}

pub(super) unsafe extern "system" fn structure_type_to_string(
    handle: sys::Instance,
    value: sys::StructureType,
    buffer: *mut c_char,
) -> sys::Result {
    call("xrStructureTypeToString", handle, |state, _| {
        let name = format!("XR_TYPE_{value:?}");
        // SAFETY: the client's buffer has this fixed length.
        unsafe { put_text_at(state, buffer, sys::MAX_STRUCTURE_NAME_SIZE, &name) }
    })
}

pub(super) unsafe extern "system" fn get_instance_properties(
    handle: sys::Instance,
    properties: *mut sys::InstanceProperties,
) -> sys::Result {
    call("xrGetInstanceProperties", handle, |state, _| {
        // SAFETY: the client's structure.
        let properties = unsafe { wanted(state, properties, sys::InstanceProperties::TYPE)? };
        properties.runtime_version = sys::Version::new(1, 0, 0);
        put_text(&mut properties.runtime_name, &state.offer.runtime_name);
        Ok(sys::Result::SUCCESS)
    })
}

/// Well-formed as the specification's section on path names says.
fn is_path(path: &str) -> bool {
    let name = |name: &str| {
        !name.is_empty()
            && name.bytes().any(|byte| byte != b'.')
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte))
    };
    path.len() < sys::MAX_PATH_LENGTH && path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(name))
}

pub(super) unsafe extern "system" fn string_to_path(
    handle: sys::Instance,
    name: *const c_char,
    path: *mut sys::Path,
) -> sys::Result {
    call("xrStringToPath", handle, |state, _| {
        // SAFETY: the client's text.
        let name = unsafe { text(name) };
        if !is_path(&name) {
            return Err(state.misuse(format!("{name:?} is no path"), sys::Result::ERROR_PATH_FORMAT_INVALID));
        }
        let number = state.path_of(&name);
        // SAFETY: the client's place for the path.
        unsafe { put(state, path, number) }
    })
}

pub(super) unsafe extern "system" fn path_to_string(
    handle: sys::Instance,
    path: sys::Path,
    capacity: u32,
    count: *mut u32,
    buffer: *mut c_char,
) -> sys::Result {
    call("xrPathToString", handle, |state, _| {
        let text: Vec<c_char> = state.path(path)?.bytes().chain([0]).map(|byte| byte as c_char).collect();
        // SAFETY: the client's pointers.
        unsafe { list(state, &text, capacity, count, buffer) }
    })
}
