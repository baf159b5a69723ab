//! Events, and xrPollEvent.

use std::ptr;

use openxr::sys::{self, Handle};

use super::call::{call, wanted};

/// What the client is told; sessions by their handles, times in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    SessionState { session: u64, state: sys::SessionState, time: i64 },
    InstanceLossPending { time: i64 },
    InteractionProfile { session: u64 },
    ReferenceSpace { session: u64, kind: sys::ReferenceSpaceType, time: i64, pose: Option<sys::Posef> },
    RefreshRate { from: f32, to: f32 },
    UserPresence { session: u64, present: bool },
    Lost { count: u32 },
}

impl Event {
    fn session(&self) -> Option<u64> {
        match *self {
            Self::SessionState { session, .. }
            | Self::InteractionProfile { session }
            | Self::ReferenceSpace { session, .. }
            | Self::UserPresence { session, .. } => Some(session),
            _ => None,
        }
    }

    /// # Safety
    /// `buffer` is an XrEventDataBuffer.
    unsafe fn write(self, buffer: *mut sys::EventDataBuffer) {
        let next = ptr::null();
        // SAFETY: each of these is smaller than the buffer and begins as it does.
        unsafe {
            match self {
                Self::SessionState { session, state, time } => {
                    let ty = sys::EventDataSessionStateChanged::TYPE;
                    let (session, time) = (sys::Session::from_raw(session), sys::Time::from_nanos(time));
                    write_as(buffer, sys::EventDataSessionStateChanged { ty, next, session, state, time });
                }
                Self::InstanceLossPending { time } => {
                    let (ty, loss_time) = (sys::EventDataInstanceLossPending::TYPE, sys::Time::from_nanos(time));
                    write_as(buffer, sys::EventDataInstanceLossPending { ty, next, loss_time });
                }
                Self::InteractionProfile { session } => {
                    let (ty, session) =
                        (sys::EventDataInteractionProfileChanged::TYPE, sys::Session::from_raw(session));
                    write_as(buffer, sys::EventDataInteractionProfileChanged { ty, next, session });
                }
                Self::ReferenceSpace { session, kind, time, pose } => {
                    write_as(
                        buffer,
                        sys::EventDataReferenceSpaceChangePending {
                            ty: sys::EventDataReferenceSpaceChangePending::TYPE,
                            next,
                            session: sys::Session::from_raw(session),
                            reference_space_type: kind,
                            change_time: sys::Time::from_nanos(time),
                            pose_valid: pose.is_some().into(),
                            pose_in_previous_space: pose.unwrap_or(sys::Posef::IDENTITY),
                        },
                    );
                }
                Self::RefreshRate { from, to } => {
                    write_as(
                        buffer,
                        sys::EventDataDisplayRefreshRateChangedFB {
                            ty: sys::EventDataDisplayRefreshRateChangedFB::TYPE,
                            next,
                            from_display_refresh_rate: from,
                            to_display_refresh_rate: to,
                        },
                    );
                }
                Self::UserPresence { session, present } => {
                    write_as(
                        buffer,
                        sys::EventDataUserPresenceChangedEXT {
                            ty: sys::EventDataUserPresenceChangedEXT::TYPE,
                            next,
                            session: sys::Session::from_raw(session),
                            is_user_present: present.into(),
                        },
                    );
                }
                Self::Lost { count } => {
                    let (ty, lost_event_count) = (sys::EventDataEventsLost::TYPE, count);
                    write_as(buffer, sys::EventDataEventsLost { ty, next, lost_event_count });
                }
            }
        }
    }
}

/// # Safety
/// `buffer` is an XrEventDataBuffer, which every event is smaller than.
unsafe fn write_as<T>(buffer: *mut sys::EventDataBuffer, event: T) {
    // SAFETY: handed on to the caller.
    unsafe { buffer.cast::<T>().write(event) };
}

pub(super) unsafe extern "system" fn poll_event(
    handle: sys::Instance,
    buffer: *mut sys::EventDataBuffer,
) -> sys::Result {
    call("xrPollEvent", handle, |state, _| {
        // SAFETY: the client's buffer; only its first members are looked at.
        let buffer: *mut sys::EventDataBuffer = unsafe { wanted(state, buffer, sys::EventDataBuffer::TYPE)? };
        while let Some(event) = state.events.pop_front() {
            // What a destroyed session had to say is of no use to anybody.
            if event.session().is_none_or(|session| state.sessions.contains_key(&session)) {
                // SAFETY: the client's buffer.
                unsafe { event.write(buffer) };
                return Ok(sys::Result::SUCCESS);
            }
        }
        Ok(sys::Result::EVENT_UNAVAILABLE)
    })
}
