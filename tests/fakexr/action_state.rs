//! What the hands do, as the test says, and as the client sees it after xrSyncActions; and what the hands feel.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use openxr::sys::{self, ActionType, Handle, SessionState};

use super::bindings::subaction;
use super::call::{call, given, wanted};
use super::profile::hand_of;
use super::state::{Outcome, State};

/// The test's side: input by full path, and which controller is in which hand.
pub(super) struct Inputs {
    pub(super) values: HashMap<String, f32>,
    pub(super) profiles: BTreeMap<String, String>,
}

impl Default for Inputs {
    fn default() -> Self {
        let touch = "/interaction_profiles/oculus/touch_controller";
        let hands = ["/user/hand/left", "/user/hand/right"];
        let profiles = hands.map(|hand| (hand.to_owned(), touch.to_owned()));
        Self { values: HashMap::new(), profiles: profiles.into() }
    }
}

/// An action as it was at the last xrSyncActions, for one hand or for all.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Latched {
    pub(super) active: bool,
    value: [f32; 2],
    changed: bool,
    time: i64,
    pub(super) pose_source: Option<String>,
}

impl Latched {
    /// Without focus nothing is active.
    pub(super) fn rest(&mut self) {
        *self = Self::default();
    }
}

/// A vibration that the client ordered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Haptic {
    pub(crate) action: String,
    /// None means every hand.
    pub(crate) hand: Option<String>,
    /// Nanoseconds, Hz (0: the runtime's choice), 0…1; none for a stop.
    pub(crate) vibration: Option<(i64, f32, f32)>,
}

/// Which hand and source the action is bound to by the profiles of now.
pub(super) fn sources(state: &State, session: u64, action: u64) -> Vec<(String, String)> {
    let Some(session) = state.sessions.get(&session) else { return Vec::new() };
    let Some(instance) = state.instances.get(&session.instance) else { return Vec::new() };
    let mut found = Vec::new();
    for (hand, profile) in &session.profiles {
        let bindings = instance.bindings.get(profile).map(Vec::as_slice).unwrap_or_default();
        for (_, source) in bindings.iter().filter(|(bound, _)| *bound == action) {
            if hand_of(source) == Some(hand) && !found.iter().any(|(_, known)| known == source) {
                found.push((hand.clone(), source.clone()));
            }
        }
    }
    found
}

/// A source without its component: what a set of higher priority takes away from the others.
fn identifier(source: &str) -> &str {
    let components = ["click", "touch", "value", "force", "x", "y", "pose", "ready_ext"];
    match source.rsplit_once('/') {
        Some((above, last)) if components.contains(&last) => above,
        _ => source,
    }
}

/// Reads all inputs for the active sets (and, where given, only one hand of them).
pub(super) fn latch(state: &mut State, session: u64, sets: &[(u64, Option<String>)]) -> Outcome {
    let priority = |set: u64| state.action_sets.get(&set).map_or(0, |set| set.priority);
    let mut order: Vec<_> = sets.iter().map(|(set, hand)| (priority(*set), *set, hand.clone())).collect();
    order.sort_by_key(|(priority, ..)| std::cmp::Reverse(*priority));
    // Sources that a set takes, by priority.
    let mut taken: Vec<(u32, BTreeSet<String>)> = Vec::new();
    let mut now: HashMap<(u64, Option<String>), Latched> = HashMap::new();
    for (priority, set, only) in order {
        let actions: Vec<_> = state.actions.iter().filter(|(_, action)| action.set == set).map(|(id, _)| *id).collect();
        let mut mine = BTreeSet::new();
        for action in actions {
            let Some(found) = state.actions.get(&action) else { continue };
            let (kind, hands) = (found.kind, found.hands.clone());
            let blocked = |source: &str| {
                taken.iter().any(|(above, sources)| *above > priority && sources.contains(identifier(source)))
            };
            let bound: Vec<_> = sources(state, session, action)
                .into_iter()
                .filter(|(hand, source)| only.as_ref().is_none_or(|only| only == hand) && !blocked(source))
                .collect();
            mine.extend(bound.iter().map(|(_, source)| identifier(source).to_owned()));
            for hand in std::iter::once(None).chain(hands.into_iter().map(Some)) {
                let own: Vec<_> = bound.iter().filter(|(of, _)| hand.as_ref().is_none_or(|hand| hand == of)).collect();
                let latched = combine(state, kind, &own);
                now.entry((action, hand)).or_insert(latched);
            }
        }
        taken.push((priority, mine));
    }
    let time = state.clock.now();
    let session = state.session(session)?;
    let before = std::mem::take(&mut session.latched);
    for (key, latched) in &mut now {
        let old = before.get(key).cloned().unwrap_or_default();
        latched.changed = old.active && latched.active && old.value != latched.value;
        latched.time = if latched.changed { time } else { old.time };
    }
    session.latched = now;
    Ok(sys::Result::SUCCESS)
}

/// Several sources of one action: any button, the largest value, the longest vector, the first tracked pose.
fn combine(state: &State, kind: ActionType, sources: &[&(String, String)]) -> Latched {
    let value = |path: &str| state.inputs.values.get(path).copied().unwrap_or(0.0);
    let mut latched = Latched { active: !sources.is_empty(), ..Latched::default() };
    for (_, source) in sources {
        let next = match kind {
            ActionType::BOOLEAN_INPUT => [f32::from(u8::from(value(source) > 0.5)), 0.0],
            ActionType::VECTOR2F_INPUT => [value(&format!("{source}/x")), value(&format!("{source}/y"))],
            _ => [value(source), 0.0],
        };
        if next[0].hypot(next[1]) > latched.value[0].hypot(latched.value[1]) {
            latched.value = next;
        }
        if kind == ActionType::POSE_INPUT && latched.pose_source.is_none() {
            latched.pose_source = Some(source.clone()).filter(|source| state.world.poses.contains_key(source));
        }
    }
    if kind == ActionType::POSE_INPUT {
        latched.active = latched.pose_source.is_some();
    }
    latched
}

/// That the action's set is attached to the session.
pub(super) fn check_attached(state: &mut State, session: u64, action: u64) -> Result<(), sys::Result> {
    let Some(set) = state.actions.get(&action).map(|action| action.set) else {
        return Err(state.misuse("the action is not alive", sys::Result::ERROR_HANDLE_INVALID));
    };
    if state.session(session)?.attached.as_ref().is_some_and(|attached| attached.contains(&set)) {
        return Ok(());
    }
    Err(state.misuse("the action's set is not attached", sys::Result::ERROR_ACTIONSET_NOT_ATTACHED))
}

/// # Safety
/// `info` is null or a structure.
unsafe fn look_up(
    state: &mut State,
    session: u64,
    info: *const sys::ActionStateGetInfo,
    kind: ActionType,
) -> Result<Latched, sys::Result> {
    // SAFETY: the client's structure.
    let info = unsafe { given(state, info, sys::ActionStateGetInfo::TYPE)? };
    let action = info.action.into_raw();
    check_attached(state, session, action)?;
    let hand = subaction(state, action, info.subaction_path)?;
    if state.actions.get(&action).is_some_and(|action| action.kind != kind) {
        return Err(state.misuse(format!("the action is no {kind:?}"), sys::Result::ERROR_ACTION_TYPE_MISMATCH));
    }
    Ok(state.session(session)?.latched.get(&(action, hand)).cloned().unwrap_or_default())
}

macro_rules! getter {
    ($name:ident, $function:literal, $structure:ident, $kind:ident, |$latched:ident| $value:expr) => {
        pub(super) unsafe extern "system" fn $name(
            handle: sys::Session,
            info: *const sys::ActionStateGetInfo,
            out: *mut sys::$structure,
        ) -> sys::Result {
            call($function, handle, |state, handle| {
                // SAFETY: the client's structures.
                let ($latched, out) = unsafe {
                    (look_up(state, handle, info, ActionType::$kind)?, wanted(state, out, sys::$structure::TYPE)?)
                };
                out.current_state = $value;
                out.changed_since_last_sync = $latched.changed.into();
                out.last_change_time = sys::Time::from_nanos($latched.time);
                out.is_active = $latched.active.into();
                Ok(sys::Result::SUCCESS)
            })
        }
    };
}

getter!(get_boolean, "xrGetActionStateBoolean", ActionStateBoolean, BOOLEAN_INPUT, |latched| {
    (latched.value[0] > 0.5).into()
});
getter!(get_float, "xrGetActionStateFloat", ActionStateFloat, FLOAT_INPUT, |latched| latched.value[0]);
getter!(get_vector, "xrGetActionStateVector2f", ActionStateVector2f, VECTOR2F_INPUT, |latched| {
    sys::Vector2f { x: latched.value[0], y: latched.value[1] }
});

pub(super) unsafe extern "system" fn get_pose(
    handle: sys::Session,
    info: *const sys::ActionStateGetInfo,
    out: *mut sys::ActionStatePose,
) -> sys::Result {
    call("xrGetActionStatePose", handle, |state, handle| {
        // SAFETY: the client's structures.
        let (latched, out) = unsafe {
            (look_up(state, handle, info, ActionType::POSE_INPUT)?, wanted(state, out, sys::ActionStatePose::TYPE)?)
        };
        out.is_active = latched.active.into();
        Ok(sys::Result::SUCCESS)
    })
}

/// # Safety
/// `info` is null or a structure.
unsafe fn feel(
    state: &mut State,
    session: u64,
    info: *const sys::HapticActionInfo,
    vibration: Option<(i64, f32, f32)>,
) -> Outcome {
    // SAFETY: the client's structure.
    let info = unsafe { given(state, info, sys::HapticActionInfo::TYPE)? };
    let action = info.action.into_raw();
    check_attached(state, session, action)?;
    let hand = subaction(state, action, info.subaction_path)?;
    let Some(found) = state.actions.get(&action) else { return Err(sys::Result::ERROR_HANDLE_INVALID) };
    let (name, kind) = (found.name.clone(), found.kind);
    if kind != ActionType::VIBRATION_OUTPUT {
        return Err(state.misuse(format!("{name} is no vibration"), sys::Result::ERROR_ACTION_TYPE_MISMATCH));
    }
    if state.session(session)?.state != SessionState::FOCUSED {
        return Ok(sys::Result::SESSION_NOT_FOCUSED);
    }
    state.haptics.push(Haptic { action: name, hand, vibration });
    Ok(sys::Result::SUCCESS)
}

pub(super) unsafe extern "system" fn apply_haptic_feedback(
    handle: sys::Session,
    info: *const sys::HapticActionInfo,
    feedback: *const sys::HapticBaseHeader,
) -> sys::Result {
    call("xrApplyHapticFeedback", handle, |state, handle| {
        // SAFETY: the client's structures.
        unsafe {
            let vibration = given(state, feedback.cast::<sys::HapticVibration>(), sys::HapticVibration::TYPE)?;
            let (duration, amplitude) = (vibration.duration.as_nanos(), vibration.amplitude);
            if !(0.0..=1.0).contains(&amplitude) || (duration < 0 && vibration.duration != sys::Duration::MIN_HAPTIC) {
                return Err(state.invalid(format!("{duration} ns at {amplitude}")));
            }
            feel(state, handle, info, Some((duration, vibration.frequency, amplitude)))
        }
    })
}

pub(super) unsafe extern "system" fn stop_haptic_feedback(
    handle: sys::Session,
    info: *const sys::HapticActionInfo,
) -> sys::Result {
    // SAFETY: the client's structure.
    call("xrStopHapticFeedback", handle, |state, handle| unsafe { feel(state, handle, info, None) })
}
