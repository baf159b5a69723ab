//! xrWaitFrame, xrBeginFrame, xrEndFrame, and what was shown.

use std::time::{Duration, Instant};

use openxr::sys::{self, Handle, SessionState};

use super::call::{call, given, slice, wanted};
use super::layer::{Layer, read_layer};
use super::session::Predicted;
use super::slot;
use super::state::{Outcome, State};

/// One xrEndFrame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Nanoseconds of XrTime, as predicted.
    pub(crate) display_time: i64,
    pub(crate) blend_mode: sys::EnvironmentBlendMode,
    /// What xrWaitFrame had said.
    pub(crate) should_render: bool,
    /// From back to front.
    pub(crate) layers: Vec<Layer>,
}

/// How long xrWaitFrame waits for another thread's xrBeginFrame before that counts as a deadlock.
const PATIENCE: Duration = Duration::from_secs(5);

fn check_running(state: &mut State, handle: u64) -> Result<(), sys::Result> {
    if state.session(handle)?.running {
        return Ok(());
    }
    Err(state.misuse("the session does not run", sys::Result::ERROR_SESSION_NOT_RUNNING))
}

/// Blocks while a frame was waited for and not begun, as the specification lets a runtime do.
fn wait_until_begun(handle: u64) {
    let Some(shared) = slot::of_handle(handle) else { return };
    let (mut state, end) = (shared.lock(), Instant::now() + PATIENCE);
    while state
        .sessions
        .get(&handle)
        .is_some_and(|session| session.running && !session.lost && session.waited.is_some())
    {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            state.function = "xrWaitFrame";
            state.misuse("xrBeginFrame never came for the frame before: this blocks", sys::Result::SUCCESS);
            return;
        }
        let waited = shared.begun.wait_timeout(state, left);
        state = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
    }
}

pub(super) unsafe extern "system" fn wait_frame(
    handle: sys::Session,
    _info: *const sys::FrameWaitInfo,
    out: *mut sys::FrameState,
) -> sys::Result {
    wait_until_begun(handle.into_raw());
    let mut pause = Duration::ZERO;
    let result = call("xrWaitFrame", handle, |state, handle| {
        check_running(state, handle)?;
        // SAFETY: the client's structure.
        let out = unsafe { wanted(state, out, sys::FrameState::TYPE)? };
        let time;
        (time, pause) = state.clock.next_frame();
        out.predicted_display_time = sys::Time::from_nanos(time);
        out.predicted_display_period = sys::Duration::from_nanos(state.clock.period);
        let visible = [SessionState::VISIBLE, SessionState::FOCUSED];
        let walks = state.offer.walks_by_itself;
        let should_render = state.clock.should_render;
        let session = state.session(handle)?;
        // The first frame after xrBeginSession has to be drawn for the session to become visible.
        let shown = visible.contains(&session.state) || (walks && !session.promoted);
        let should_render = should_render && shown;
        out.should_render = should_render.into();
        session.waited = Some(Predicted { time, should_render });
        Ok(sys::Result::SUCCESS)
    });
    if !pause.is_zero() {
        std::thread::sleep(pause);
    }
    result
}

pub(super) unsafe extern "system" fn begin_frame(
    handle: sys::Session,
    _info: *const sys::FrameBeginInfo,
) -> sys::Result {
    let result = call("xrBeginFrame", handle, |state, handle| {
        check_running(state, handle)?;
        let session = state.session(handle)?;
        let Some(frame) = session.waited.take() else {
            return Err(state.misuse("xrWaitFrame did not come before", sys::Result::ERROR_CALL_ORDER_INVALID));
        };
        if session.begun.replace(frame).is_some() {
            session.discarded += 1;
            return Ok(sys::Result::FRAME_DISCARDED);
        }
        Ok(sys::Result::SUCCESS)
    });
    if let Some(shared) = slot::of_handle(handle.into_raw()) {
        shared.begun.notify_all();
    }
    result
}

pub(super) unsafe extern "system" fn end_frame(handle: sys::Session, info: *const sys::FrameEndInfo) -> sys::Result {
    call("xrEndFrame", handle, |state, handle| {
        check_running(state, handle)?;
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::FrameEndInfo::TYPE)? };
        let Some(Predicted { time, should_render }) = state.session(handle)?.begun else {
            return Err(state.misuse("xrBeginFrame did not come before", sys::Result::ERROR_CALL_ORDER_INVALID));
        };
        let said = info.display_time.as_nanos();
        if said <= 0 {
            return Err(state.misuse(format!("display time {said}"), sys::Result::ERROR_TIME_INVALID));
        }
        if said != time {
            state.misuse(format!("display time {said}, while {time} was predicted"), sys::Result::SUCCESS);
        }
        if !state.offer.blend_modes.contains(&info.environment_blend_mode) {
            let text = format!("{:?} was not offered", info.environment_blend_mode);
            return Err(state.misuse(text, sys::Result::ERROR_ENVIRONMENT_BLEND_MODE_UNSUPPORTED));
        }
        if info.layer_count > state.offer.most_layers {
            let text = format!("{} layers, at most {}", info.layer_count, state.offer.most_layers);
            return Err(state.misuse(text, sys::Result::ERROR_LAYER_LIMIT_EXCEEDED));
        }
        let mut layers = Vec::new();
        // SAFETY: the client's layers.
        for layer in unsafe { slice(info.layers, info.layer_count) } {
            // SAFETY: as above.
            layers.push(unsafe { read_layer(state, handle, (*layer).cast())? });
        }
        finish(
            state,
            handle,
            Frame { display_time: said, blend_mode: info.environment_blend_mode, should_render, layers },
        )
    })
}

/// Shows the frame, and takes the session to where its first frame brings it.
fn finish(state: &mut State, handle: u64, frame: Frame) -> Outcome {
    state.frames.push(frame);
    let walks = state.offer.walks_by_itself;
    let session = state.session(handle)?;
    session.begun = None;
    if walks && !std::mem::replace(&mut session.promoted, true) {
        // Where the session is stopping, or the test has moved it on, it stays.
        if session.state == SessionState::SYNCHRONIZED {
            let _ = super::session::walk(state, handle, SessionState::FOCUSED);
        }
    }
    Ok(sys::Result::SUCCESS)
}
