//! Action sets, actions, and the bindings that the client suggests.

use openxr::sys::{self, ActionType, Handle};

use super::call::{array_text, call, destroy, given, put, slice};
use super::profile::{Profile, Resolved};
use super::state::State;

pub(super) struct ActionSet {
    pub(super) instance: u64,
    pub(super) name: String,
    pub(super) localized: String,
    pub(super) priority: u32,
    pub(super) attached: bool,
}

pub(super) struct Action {
    pub(super) set: u64,
    pub(super) name: String,
    pub(super) localized: String,
    pub(super) kind: ActionType,
    /// Hands that it is told apart by.
    pub(super) hands: Vec<String>,
}

/// One level of a well-formed path name.
fn check_name(state: &mut State, name: Option<String>) -> Result<String, sys::Result> {
    let name = name.unwrap_or_default();
    if name.is_empty() {
        return Err(state.misuse("there is no name", sys::Result::ERROR_NAME_INVALID));
    }
    let well = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    if !name.bytes().all(well) {
        return Err(state.misuse(format!("name {name:?}"), sys::Result::ERROR_PATH_FORMAT_INVALID));
    }
    Ok(name)
}

fn check_localized(state: &mut State, name: Option<String>) -> Result<String, sys::Result> {
    let found = name.filter(|name| !name.is_empty());
    found.ok_or_else(|| state.misuse("there is no localized name", sys::Result::ERROR_LOCALIZED_NAME_INVALID))
}

pub(super) unsafe extern "system" fn create_action_set(
    handle: sys::Instance,
    info: *const sys::ActionSetCreateInfo,
    set: *mut sys::ActionSet,
) -> sys::Result {
    call("xrCreateActionSet", handle, |state, instance| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::ActionSetCreateInfo::TYPE)? };
        let name = check_name(state, array_text(&info.action_set_name))?;
        let localized = check_localized(state, array_text(&info.localized_action_set_name))?;
        let others = || state.action_sets.values().filter(|set| set.instance == instance);
        if others().any(|set| set.name == name) {
            return Err(state.misuse(format!("two sets {name}"), sys::Result::ERROR_NAME_DUPLICATED));
        }
        if others().any(|set| set.localized == localized) {
            return Err(state.misuse(format!("two sets {localized}"), sys::Result::ERROR_LOCALIZED_NAME_DUPLICATED));
        }
        let number = state.handle();
        let made = ActionSet { instance, name, localized, priority: info.priority, attached: false };
        state.action_sets.insert(number, made);
        // SAFETY: the client's place.
        unsafe { put(state, set, sys::ActionSet::from_raw(number)) }
    })
}

pub(super) fn remove_set(state: &mut State, handle: u64) {
    state.actions.retain(|_, action| action.set != handle);
    state.action_sets.remove(&handle);
}

pub(super) unsafe extern "system" fn destroy_action_set(handle: sys::ActionSet) -> sys::Result {
    destroy("xrDestroyActionSet", handle, |state, handle| {
        remove_set(state, handle);
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn create_action(
    handle: sys::ActionSet,
    info: *const sys::ActionCreateInfo,
    action: *mut sys::Action,
) -> sys::Result {
    call("xrCreateAction", handle, |state, set| {
        // SAFETY: the client's structure and its paths.
        let (info, paths) = unsafe {
            let info = given(state, info, sys::ActionCreateInfo::TYPE)?;
            (info, slice(info.subaction_paths, info.count_subaction_paths))
        };
        if state.action_sets.get(&set).is_some_and(|set| set.attached) {
            let text = "the set is attached already";
            return Err(state.misuse(text, sys::Result::ERROR_ACTIONSETS_ALREADY_ATTACHED));
        }
        let name = check_name(state, array_text(&info.action_name))?;
        let localized = check_localized(state, array_text(&info.localized_action_name))?;
        let others = || state.actions.values().filter(|action| action.set == set);
        if others().any(|action| action.name == name) {
            return Err(state.misuse(format!("two actions {name}"), sys::Result::ERROR_NAME_DUPLICATED));
        }
        if others().any(|action| action.localized == localized) {
            let text = format!("two actions {localized}");
            return Err(state.misuse(text, sys::Result::ERROR_LOCALIZED_NAME_DUPLICATED));
        }
        let mut hands = Vec::new();
        for path in paths {
            let path = state.path(*path)?;
            if !path.starts_with("/user/") || hands.contains(&path) {
                let text = format!("subaction path {path} of action {name}");
                return Err(state.misuse(text, sys::Result::ERROR_PATH_UNSUPPORTED));
            }
            hands.push(path);
        }
        let number = state.handle();
        state.actions.insert(number, Action { set, name, localized, kind: info.action_type, hands });
        // SAFETY: the client's place.
        unsafe { put(state, action, sys::Action::from_raw(number)) }
    })
}

pub(super) unsafe extern "system" fn destroy_action(handle: sys::Action) -> sys::Result {
    destroy("xrDestroyAction", handle, |state, handle| {
        state.actions.remove(&handle);
        Ok(sys::Result::SUCCESS)
    })
}

/// The hand that a subaction path names; none for XR_NULL_PATH.
pub(super) fn subaction(state: &mut State, action: u64, path: sys::Path) -> Result<Option<String>, sys::Result> {
    if !state.actions.contains_key(&action) {
        return Err(state.misuse("the action is not alive", sys::Result::ERROR_HANDLE_INVALID));
    }
    if path == sys::Path::NULL {
        return Ok(None);
    }
    let hand = state.path(path)?;
    let action = state.actions.get(&action);
    if action.is_some_and(|action| action.hands.contains(&hand)) {
        return Ok(Some(hand));
    }
    let name = action.map(|action| action.name.clone()).unwrap_or_default();
    let text = format!("action {name} was not made with subaction path {hand}");
    Err(state.misuse(text, sys::Result::ERROR_PATH_UNSUPPORTED))
}

pub(super) unsafe extern "system" fn suggest_interaction_profile_bindings(
    handle: sys::Instance,
    info: *const sys::InteractionProfileSuggestedBinding,
) -> sys::Result {
    call("xrSuggestInteractionProfileBindings", handle, |state, instance| {
        // SAFETY: the client's structure and its bindings.
        let (info, suggested) = unsafe {
            let info = given(state, info, sys::InteractionProfileSuggestedBinding::TYPE)?;
            (info, slice(info.suggested_bindings, info.count_suggested_bindings))
        };
        let name = state.path(info.interaction_profile)?;
        let version = state.instances.get(&instance).map_or((1, 0), |instance| instance.version);
        let Some(profile) = Profile::find(&name, version, |extension| state.has(instance, extension)) else {
            let text = format!("profile {name} is unknown, or its extension is not on");
            return Err(state.misuse(text, sys::Result::ERROR_PATH_UNSUPPORTED));
        };
        if suggested.is_empty() {
            return Err(state.invalid(format!("no bindings for {name}")));
        }
        let mut bindings = Vec::new();
        for binding in suggested {
            let path = state.path(binding.binding)?;
            let handle = binding.action.into_raw();
            let Some(action) = state.actions.get(&handle) else {
                return Err(state.misuse("the action is not alive", sys::Result::ERROR_HANDLE_INVALID));
            };
            if state.action_sets.get(&action.set).is_some_and(|set| set.attached) {
                let text = "the set is attached already";
                return Err(state.misuse(text, sys::Result::ERROR_ACTIONSETS_ALREADY_ATTACHED));
            }
            let (kind, own) = (action.kind, action.name.clone());
            match profile.resolve(&path, kind) {
                Resolved::Source(source) => bindings.push((handle, source)),
                // Not an error by the specification: the binding is without effect.
                Resolved::OtherKind => {
                    state.misuse(format!("{path} of {name} does not suit {own}, {kind:?}"), sys::Result::SUCCESS);
                }
                Resolved::NoSuchPath => {
                    let text = format!("{name} has no {path} (action {own})");
                    return Err(state.misuse(text, sys::Result::ERROR_PATH_UNSUPPORTED));
                }
            }
        }
        state.suggested_profiles.insert(name.clone());
        if let Some(instance) = state.instances.get_mut(&instance) {
            instance.bindings.insert(name, bindings);
        }
        Ok(sys::Result::SUCCESS)
    })
}
