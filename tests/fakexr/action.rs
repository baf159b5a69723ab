//! Attaching action sets, and xrSyncActions, which latches what the hands do.

use std::collections::BTreeMap;
use std::ffi::c_char;

use openxr::sys::{self, Handle, SessionState};

use super::action_state::{Latched, latch};
use super::call::{call, given, list, slice, wanted};
use super::event::Event;
use super::profile::hand_of;
use super::state::{Outcome, State};

pub(super) unsafe extern "system" fn attach_session_action_sets(
    handle: sys::Session,
    info: *const sys::SessionActionSetsAttachInfo,
) -> sys::Result {
    call("xrAttachSessionActionSets", handle, |state, handle| {
        // SAFETY: the client's structure and its sets.
        let sets = unsafe {
            let info = given(state, info, sys::SessionActionSetsAttachInfo::TYPE)?;
            slice(info.action_sets, info.count_action_sets)
        };
        if sets.is_empty() {
            return Err(state.invalid("no action sets"));
        }
        if state.session(handle)?.attached.is_some() {
            let text = "sets are attached once in a session";
            return Err(state.misuse(text, sys::Result::ERROR_ACTIONSETS_ALREADY_ATTACHED));
        }
        let mut attached = Vec::new();
        for set in sets {
            let Some(found) = state.action_sets.get_mut(&set.into_raw()) else {
                return Err(state.misuse("a set is not alive", sys::Result::ERROR_HANDLE_INVALID));
            };
            found.attached = true;
            attached.push(set.into_raw());
        }
        state.session(handle)?.attached = Some(attached);
        choose_profiles(state, handle)
    })
}

/// Gives each hand the profile that the test wants, or the simple one, if the client has suggested bindings for it.
fn choose_profiles(state: &mut State, handle: u64) -> Outcome {
    let session = state.session(handle)?;
    let (instance, before) = (session.instance, session.profiles.clone());
    let Some(instance) = state.instances.get(&instance) else { return Err(sys::Result::ERROR_HANDLE_INVALID) };
    let simple = "/interaction_profiles/khr/simple_controller";
    let now: BTreeMap<String, String> = state
        .inputs
        .profiles
        .iter()
        .filter_map(|(hand, wanted)| {
            let suggested = |profile: &&str| instance.bindings.contains_key(*profile);
            let chosen = [wanted.as_str(), simple].into_iter().find(suggested)?;
            Some((hand.clone(), chosen.to_owned()))
        })
        .collect();
    if now != before {
        state.events.push_back(Event::InteractionProfile { session: handle });
        state.session(handle)?.profiles = now;
    }
    Ok(sys::Result::SUCCESS)
}

pub(super) unsafe extern "system" fn sync_actions(
    handle: sys::Session,
    info: *const sys::ActionsSyncInfo,
) -> sys::Result {
    call("xrSyncActions", handle, |state, handle| {
        // SAFETY: the client's structure and its sets.
        let active = unsafe {
            let info = given(state, info, sys::ActionsSyncInfo::TYPE)?;
            slice(info.active_action_sets, info.count_active_action_sets)
        };
        let session = state.session(handle)?;
        let (attached, focused) =
            (session.attached.clone().unwrap_or_default(), session.state == SessionState::FOCUSED);
        let mut sets = Vec::new();
        for set in active {
            let set_handle = set.action_set.into_raw();
            if !attached.contains(&set_handle) {
                let text = "an active set is not attached";
                return Err(state.misuse(text, sys::Result::ERROR_ACTIONSET_NOT_ATTACHED));
            }
            let hand = if set.subaction_path == sys::Path::NULL { None } else { Some(state.path(set.subaction_path)?) };
            sets.push((set_handle, hand));
        }
        choose_profiles(state, handle)?;
        if !focused {
            state.session(handle)?.latched.values_mut().for_each(Latched::rest);
            return Ok(sys::Result::SESSION_NOT_FOCUSED);
        }
        latch(state, handle, &sets)
    })
}

pub(super) unsafe extern "system" fn get_current_interaction_profile(
    handle: sys::Session,
    user: sys::Path,
    out: *mut sys::InteractionProfileState,
) -> sys::Result {
    call("xrGetCurrentInteractionProfile", handle, |state, handle| {
        // SAFETY: the client's structure.
        let out = unsafe { wanted(state, out, sys::InteractionProfileState::TYPE)? };
        let user = state.path(user)?;
        if hand_of(&format!("{user}/")).is_none() {
            return Err(state.misuse(format!("{user} is no hand"), sys::Result::ERROR_PATH_UNSUPPORTED));
        }
        let session = state.session(handle)?;
        if session.attached.is_none() {
            return Err(state.misuse("no sets are attached", sys::Result::ERROR_ACTIONSET_NOT_ATTACHED));
        }
        let profile = session.profiles.get(&user).cloned();
        out.interaction_profile = profile.map_or(sys::Path::NULL, |profile| state.path_of(&profile));
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn enumerate_bound_sources(
    handle: sys::Session,
    info: *const sys::BoundSourcesForActionEnumerateInfo,
    capacity: u32,
    count: *mut u32,
    sources: *mut sys::Path,
) -> sys::Result {
    call("xrEnumerateBoundSourcesForAction", handle, |state, handle| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::BoundSourcesForActionEnumerateInfo::TYPE)? };
        super::action_state::check_attached(state, handle, info.action.into_raw())?;
        let bound = super::action_state::sources(state, handle, info.action.into_raw());
        let paths: Vec<_> = bound.iter().map(|(_, source)| state.path_of(source)).collect();
        // SAFETY: the client's pointers.
        unsafe { list(state, &paths, capacity, count, sources) }
    })
}

pub(super) unsafe extern "system" fn get_input_source_localized_name(
    handle: sys::Session,
    info: *const sys::InputSourceLocalizedNameGetInfo,
    capacity: u32,
    count: *mut u32,
    buffer: *mut c_char,
) -> sys::Result {
    call("xrGetInputSourceLocalizedName", handle, |state, _| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::InputSourceLocalizedNameGetInfo::TYPE)? };
        let name = state.path(info.source_path)?.trim_start_matches("/user/hand/").replace('/', " ");
        let text: Vec<c_char> = name.bytes().chain([0]).map(|byte| byte as c_char).collect();
        // SAFETY: the client's pointers.
        unsafe { list(state, &text, capacity, count, buffer) }
    })
}
