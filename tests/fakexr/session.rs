//! XrSession and its states.

use std::collections::{BTreeMap, HashMap};

use openxr::sys::{self, Handle, SessionState};

use super::action_state::Latched;
use super::call::{call, chained, destroy, given, put};
use super::event::Event;
use super::state::State;
use super::system::{check_system, check_views};
use super::vulkan::Graphics;

pub(super) struct Session {
    pub(super) instance: u64,
    pub(super) graphics: Graphics,
    pub(super) state: SessionState,
    /// Between xrBeginSession and xrEndSession.
    pub(super) running: bool,
    pub(super) exit_requested: bool,
    pub(super) lost: bool,
    /// It has been taken to FOCUSED by its first frame; from then on only the test moves it.
    pub(super) promoted: bool,
    /// xrWaitFrame's answer, waiting for xrBeginFrame.
    pub(super) waited: Option<Predicted>,
    /// The frame that was begun, waiting for xrEndFrame.
    pub(super) begun: Option<Predicted>,
    pub(super) discarded: u32,
    pub(super) attached: Option<Vec<u64>>,
    /// Which interaction profile each hand has.
    pub(super) profiles: BTreeMap<String, String>,
    pub(super) latched: HashMap<(u64, Option<String>), Latched>,
}

/// What xrWaitFrame said of a frame.
#[derive(Clone, Copy)]
pub(super) struct Predicted {
    pub(super) time: i64,
    pub(super) should_render: bool,
}

/// The states between which a session steps one at a time.
const LADDER: [SessionState; 5] =
    [SessionState::IDLE, SessionState::READY, SessionState::SYNCHRONIZED, SessionState::VISIBLE, SessionState::FOCUSED];

fn rung(state: SessionState) -> Option<usize> {
    LADDER.iter().position(|rung| *rung == state)
}

fn enter(state: &mut State, handle: u64, target: SessionState) {
    let time = state.clock.now();
    if let Some(session) = state.sessions.get_mut(&handle) {
        session.state = target;
        state.events.push_back(Event::SessionState { session: handle, state: target, time });
    }
}

/// Walks to `target` by the transitions that the specification draws; says why where there is no way.
pub(super) fn walk(state: &mut State, handle: u64, target: SessionState) -> Result<(), String> {
    let session = state.sessions.get(&handle).ok_or("there is no session")?;
    let (from, running) = (session.state, session.running);
    if target == from {
        return Ok(());
    }
    if target == SessionState::LOSS_PENDING {
        enter(state, handle, target);
        return Ok(());
    }
    let no_way = format!("a session that is {from:?} does not become {target:?}");
    let Some(start) = rung(from) else {
        // STOPPING ends by the client's xrEndSession; EXITING and LOSS_PENDING never.
        return Err(no_way);
    };
    if let Some(end) = rung(target) {
        let climbs = end > start;
        if (climbs && end > 1 && !running) || (!climbs && end < 2) {
            return Err(no_way);
        }
        let way: Vec<_> = if climbs { (start + 1..=end).collect() } else { (end..start).rev().collect() };
        way.into_iter().for_each(|rung| enter(state, handle, LADDER[rung]));
        return Ok(());
    }
    match target {
        SessionState::STOPPING if running => {
            (2..start).rev().for_each(|rung| enter(state, handle, LADDER[rung]));
            enter(state, handle, SessionState::STOPPING);
            Ok(())
        }
        SessionState::EXITING if from == SessionState::IDLE => {
            enter(state, handle, SessionState::EXITING);
            Ok(())
        }
        _ => Err(no_way),
    }
}

pub(super) unsafe extern "system" fn create_session(
    handle: sys::Instance,
    info: *const sys::SessionCreateInfo,
    session: *mut sys::Session,
) -> sys::Result {
    call("xrCreateSession", handle, |state, instance| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::SessionCreateInfo::TYPE)? };
        check_system(state, info.system_id)?;
        // SAFETY: the client's chain.
        let binding =
            unsafe { chained::<sys::GraphicsBindingVulkanKHR>(info.next, sys::GraphicsBindingVulkanKHR::TYPE) };
        let Some(binding) = binding else {
            let result = sys::Result::ERROR_GRAPHICS_DEVICE_INVALID;
            return Err(state.misuse("XrGraphicsBindingVulkan2KHR is missing", result));
        };
        // SAFETY: found in the client's chain.
        let graphics = Graphics::new(state, instance, unsafe { &*binding })?;
        if state.sessions.values().any(|session| session.instance == instance) {
            return Err(state.misuse("a second session beside the first", sys::Result::ERROR_LIMIT_REACHED));
        }
        let number = state.handle();
        // SAFETY: the client's place.
        unsafe { put(state, session, sys::Session::from_raw(number))? };
        let made = Session {
            instance,
            graphics,
            state: SessionState::UNKNOWN,
            running: false,
            exit_requested: false,
            lost: false,
            promoted: false,
            waited: None,
            begun: None,
            discarded: 0,
            attached: None,
            profiles: BTreeMap::new(),
            latched: HashMap::new(),
        };
        state.sessions.insert(number, made);
        enter(state, number, SessionState::IDLE);
        if state.offer.walks_by_itself {
            enter(state, number, SessionState::READY);
        }
        Ok(sys::Result::SUCCESS)
    })
}

/// Takes the session and everything made from it away.
pub(super) fn remove(state: &mut State, session: u64) {
    let of = |owner: u64| owner == session;
    let swapchains: Vec<_> =
        state.swapchains.iter().filter(|(_, chain)| of(chain.session)).map(|(handle, _)| *handle).collect();
    swapchains.into_iter().for_each(|swapchain| super::swapchain::remove(state, swapchain));
    state.spaces.retain(|_, space| !of(space.session));
    state.passthrough_layers.retain(|_, layer| !of(layer.session));
    state.passthroughs.retain(|_, passthrough| !of(passthrough.session));
    if let Some(mut session) = state.sessions.remove(&session) {
        session.graphics.destroy();
    }
}

pub(super) unsafe extern "system" fn destroy_session(handle: sys::Session) -> sys::Result {
    destroy("xrDestroySession", handle, |state, handle| {
        remove(state, handle);
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn begin_session(
    handle: sys::Session,
    info: *const sys::SessionBeginInfo,
) -> sys::Result {
    call("xrBeginSession", handle, |state, handle| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::SessionBeginInfo::TYPE)? };
        let session = state.session(handle)?;
        if session.running {
            return Err(state.misuse("it runs already", sys::Result::ERROR_SESSION_RUNNING));
        }
        if session.state != SessionState::READY {
            let text = format!("the session is {:?}, not READY", session.state);
            return Err(state.misuse(text, sys::Result::ERROR_SESSION_NOT_READY));
        }
        check_views(state, info.primary_view_configuration_type)?;
        let session = state.session(handle)?;
        session.running = true;
        session.promoted = false;
        (session.waited, session.begun) = (None, None);
        if state.offer.walks_by_itself {
            enter(state, handle, SessionState::SYNCHRONIZED);
        }
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn end_session(handle: sys::Session) -> sys::Result {
    call("xrEndSession", handle, |state, handle| {
        let session = state.session(handle)?;
        if !session.running {
            return Err(state.misuse("it does not run", sys::Result::ERROR_SESSION_NOT_RUNNING));
        }
        if session.state != SessionState::STOPPING {
            let text = format!("the session is {:?}, not STOPPING", session.state);
            return Err(state.misuse(text, sys::Result::ERROR_SESSION_NOT_STOPPING));
        }
        session.running = false;
        let exits = session.exit_requested;
        enter(state, handle, SessionState::IDLE);
        if exits {
            enter(state, handle, SessionState::EXITING);
        }
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn request_exit_session(handle: sys::Session) -> sys::Result {
    call("xrRequestExitSession", handle, |state, handle| {
        let session = state.session(handle)?;
        if !session.running {
            return Err(state.misuse("it does not run", sys::Result::ERROR_SESSION_NOT_RUNNING));
        }
        session.exit_requested = true;
        // Where it is not on the ladder it is ending anyway.
        let _ = walk(state, handle, SessionState::STOPPING);
        Ok(sys::Result::SUCCESS)
    })
}
