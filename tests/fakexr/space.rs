//! XrSpace, xrLocateSpace and xrLocateViews.

use openxr::sys::{self, Handle, Posef, ReferenceSpaceType, SpaceLocationFlags, ViewStateFlags};

use super::call::{call, chained, destroy, given, list, list_by, put, wanted};
use super::pose::{compose, inverse, is_valid};
use super::state::State;
use super::system::check_views;

/// What a space goes with, and where in it its origin is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    View { offset: Posef },
    Local { offset: Posef },
    Stage { offset: Posef },
    Action { name: String, hand: Option<String>, offset: Posef },
}

pub(super) struct Space {
    pub(super) session: u64,
    pub(super) place: Place,
    /// The action of an action space.
    pub(super) action: Option<u64>,
}

/// Where a space's origin is in tracking coordinates at `time`; none while it is not tracked.
fn origin(state: &State, space: &Space, time: i64) -> Option<Posef> {
    let world = &state.world;
    let (base, offset) = match &space.place {
        Place::View { .. } if !world.known => return None,
        Place::View { offset } => ((world.head)(time), *offset),
        Place::Local { offset } => (world.local_at(time), *offset),
        Place::Stage { offset } => (world.stage, *offset),
        Place::Action { hand, offset, .. } => {
            let session = state.sessions.get(&space.session)?;
            let latched = session.latched.get(&(space.action?, hand.clone()))?;
            let source = latched.pose_source.as_ref().filter(|_| latched.active)?;
            (*world.poses.get(source)?, *offset)
        }
    };
    Some(compose(base, offset))
}

fn check_time(state: &mut State, time: sys::Time) -> Result<i64, sys::Result> {
    if time.as_nanos() > 0 {
        return Ok(time.as_nanos());
    }
    Err(state.misuse(format!("time {time:?}"), sys::Result::ERROR_TIME_INVALID))
}

fn kinds(state: &State) -> Vec<ReferenceSpaceType> {
    let mut kinds = vec![ReferenceSpaceType::VIEW, ReferenceSpaceType::LOCAL];
    kinds.extend(state.offer.stage.then_some(ReferenceSpaceType::STAGE));
    kinds
}

pub(super) unsafe extern "system" fn enumerate_reference_spaces(
    handle: sys::Session,
    capacity: u32,
    count: *mut u32,
    spaces: *mut ReferenceSpaceType,
) -> sys::Result {
    call("xrEnumerateReferenceSpaces", handle, |state, _| {
        let kinds = kinds(state);
        // SAFETY: the client's pointers.
        unsafe { list(state, &kinds, capacity, count, spaces) }
    })
}

pub(super) unsafe extern "system" fn create_reference_space(
    handle: sys::Session,
    info: *const sys::ReferenceSpaceCreateInfo,
    space: *mut sys::Space,
) -> sys::Result {
    call("xrCreateReferenceSpace", handle, |state, session| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::ReferenceSpaceCreateInfo::TYPE)? };
        let (kind, offset) = (info.reference_space_type, info.pose_in_reference_space);
        if !kinds(state).contains(&kind) {
            let text = format!("{kind:?} was not offered");
            return Err(state.misuse(text, sys::Result::ERROR_REFERENCE_SPACE_UNSUPPORTED));
        }
        if !is_valid(offset) {
            return Err(state.misuse(format!("{offset:?} is no pose"), sys::Result::ERROR_POSE_INVALID));
        }
        let place = match kind {
            ReferenceSpaceType::VIEW => Place::View { offset },
            ReferenceSpaceType::LOCAL => Place::Local { offset },
            _ => Place::Stage { offset },
        };
        let number = state.handle();
        state.spaces.insert(number, Space { session, place, action: None });
        // SAFETY: the client's place.
        unsafe { put(state, space, sys::Space::from_raw(number)) }
    })
}

pub(super) unsafe extern "system" fn get_reference_space_bounds_rect(
    handle: sys::Session,
    kind: ReferenceSpaceType,
    bounds: *mut sys::Extent2Df,
) -> sys::Result {
    call("xrGetReferenceSpaceBoundsRect", handle, |state, _| {
        // SAFETY: the client's place.
        unsafe { put(state, bounds, sys::Extent2Df { width: 0.0, height: 0.0 })? };
        if !kinds(state).contains(&kind) {
            return Err(state.misuse(format!("{kind:?}"), sys::Result::ERROR_REFERENCE_SPACE_UNSUPPORTED));
        }
        Ok(sys::Result::SPACE_BOUNDS_UNAVAILABLE)
    })
}

pub(super) unsafe extern "system" fn create_action_space(
    handle: sys::Session,
    info: *const sys::ActionSpaceCreateInfo,
    space: *mut sys::Space,
) -> sys::Result {
    call("xrCreateActionSpace", handle, |state, session| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::ActionSpaceCreateInfo::TYPE)? };
        let (action, offset) = (info.action.into_raw(), info.pose_in_action_space);
        let hand = super::bindings::subaction(state, action, info.subaction_path)?;
        let Some(found) = state.actions.get(&action) else { return Err(sys::Result::ERROR_HANDLE_INVALID) };
        let name = found.name.clone();
        if found.kind != sys::ActionType::POSE_INPUT {
            let text = format!("action {name} is no pose");
            return Err(state.misuse(text, sys::Result::ERROR_ACTION_TYPE_MISMATCH));
        }
        if !is_valid(offset) {
            return Err(state.misuse(format!("{offset:?} is no pose"), sys::Result::ERROR_POSE_INVALID));
        }
        let number = state.handle();
        let place = Place::Action { name, hand, offset };
        state.spaces.insert(number, Space { session, place, action: Some(action) });
        // SAFETY: the client's place.
        unsafe { put(state, space, sys::Space::from_raw(number)) }
    })
}

pub(super) unsafe extern "system" fn destroy_space(handle: sys::Space) -> sys::Result {
    destroy("xrDestroySpace", handle, |state, handle| {
        state.spaces.remove(&handle);
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn locate_space(
    handle: sys::Space,
    base: sys::Space,
    time: sys::Time,
    location: *mut sys::SpaceLocation,
) -> sys::Result {
    call("xrLocateSpace", handle, |state, handle| {
        let time = check_time(state, time)?;
        // SAFETY: the client's structure and what is chained to it.
        let location = unsafe {
            let location = wanted(state, location, sys::SpaceLocation::TYPE)?;
            let velocity = chained::<sys::SpaceVelocity>(location.next.cast_const().cast(), sys::SpaceVelocity::TYPE);
            if let Some(velocity) = velocity {
                (*velocity).velocity_flags = sys::SpaceVelocityFlags::EMPTY;
            }
            location
        };
        let (Some(space), Some(base)) = (state.spaces.get(&handle), state.spaces.get(&base.into_raw())) else {
            return Err(state.misuse("the base space is not alive", sys::Result::ERROR_HANDLE_INVALID));
        };
        let found = origin(state, space, time).zip(origin(state, base, time));
        (location.location_flags, location.pose) = match found {
            Some((of, from)) => {
                let mut flags = SpaceLocationFlags::ORIENTATION_VALID | SpaceLocationFlags::POSITION_VALID;
                if state.world.tracked {
                    flags |= SpaceLocationFlags::ORIENTATION_TRACKED | SpaceLocationFlags::POSITION_TRACKED;
                }
                (flags, compose(inverse(from), of))
            }
            None => (SpaceLocationFlags::EMPTY, Posef::IDENTITY),
        };
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn locate_views(
    handle: sys::Session,
    info: *const sys::ViewLocateInfo,
    view_state: *mut sys::ViewState,
    capacity: u32,
    count: *mut u32,
    views: *mut sys::View,
) -> sys::Result {
    call("xrLocateViews", handle, |state, _| {
        // SAFETY: the client's structures.
        let (info, view_state) = unsafe {
            (given(state, info, sys::ViewLocateInfo::TYPE)?, wanted(state, view_state, sys::ViewState::TYPE)?)
        };
        check_views(state, info.view_configuration_type)?;
        let time = check_time(state, info.display_time)?;
        let Some(space) = state.spaces.get(&info.space.into_raw()) else {
            return Err(state.misuse("the space is not alive", sys::Result::ERROR_HANDLE_INVALID));
        };
        let from = origin(state, space, time).filter(|_| state.world.known);
        view_state.view_state_flags = match from {
            Some(_) if state.world.tracked => {
                ViewStateFlags::ORIENTATION_VALID
                    | ViewStateFlags::POSITION_VALID
                    | ViewStateFlags::ORIENTATION_TRACKED
                    | ViewStateFlags::POSITION_TRACKED
            }
            Some(_) => ViewStateFlags::ORIENTATION_VALID | ViewStateFlags::POSITION_VALID,
            None => ViewStateFlags::EMPTY,
        };
        let head = compose(inverse(from.unwrap_or(Posef::IDENTITY)), (state.world.head)(time));
        let eyes = state.world.eyes;
        let fill = |state: &mut State, index: usize, place: *mut sys::View| {
            // SAFETY: the client's array, within its capacity.
            if let Ok(view) = unsafe { wanted(state, place, sys::View::TYPE) } {
                (view.pose, view.fov) = (compose(head, eyes[index].pose), eyes[index].fov);
            }
        };
        // SAFETY: the client's pointers.
        unsafe { list_by(state, 2, capacity, count, views, fill) }
    })
}
