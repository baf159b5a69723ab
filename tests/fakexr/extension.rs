//! The small extensions: refresh rates, times, debug utilities.

use std::ffi::c_void;

use openxr::sys::{self, Handle};

use super::call::{call, destroy, given, list, put, text};
use super::event::Event;

pub(super) unsafe extern "system" fn enumerate_display_refresh_rates(
    handle: sys::Session,
    capacity: u32,
    count: *mut u32,
    rates: *mut f32,
) -> sys::Result {
    call("xrEnumerateDisplayRefreshRatesFB", handle, |state, _| {
        let offered = state.offer.refresh_rates.clone();
        // SAFETY: the client's pointers.
        unsafe { list(state, &offered, capacity, count, rates) }
    })
}

pub(super) unsafe extern "system" fn get_display_refresh_rate(handle: sys::Session, rate: *mut f32) -> sys::Result {
    call("xrGetDisplayRefreshRateFB", handle, |state, _| {
        let now = state.refresh_rate;
        // SAFETY: the client's place.
        unsafe { put(state, rate, now) }
    })
}

pub(super) unsafe extern "system" fn request_display_refresh_rate(handle: sys::Session, rate: f32) -> sys::Result {
    call("xrRequestDisplayRefreshRateFB", handle, |state, _| {
        // Zero means: as the runtime likes.
        if rate != 0.0 && !state.offer.refresh_rates.contains(&rate) {
            let text = format!("{rate} Hz was not offered");
            return Err(state.misuse(text, sys::Result::ERROR_DISPLAY_REFRESH_RATE_UNSUPPORTED_FB));
        }
        state.requested_refresh_rates.push(rate);
        if rate != 0.0 && rate != state.refresh_rate && !state.refuse_refresh_rates {
            let from = std::mem::replace(&mut state.refresh_rate, rate);
            state.clock.period = (1e9 / f64::from(rate)).round() as i64;
            state.events.push_back(Event::RefreshRate { from, to: rate });
        }
        Ok(sys::Result::SUCCESS)
    })
}

/// A wide character of C on this system.
#[cfg(windows)]
type Wide = u16;
#[cfg(not(windows))]
type Wide = i32;

pub(super) unsafe extern "system" fn get_audio_output_device(handle: sys::Instance, buffer: *mut Wide) -> sys::Result {
    call("xrGetAudioOutputDeviceGuidOculus", handle, |state, _| {
        let name = state.offer.sound_device.ok_or(sys::Result::ERROR_RUNTIME_FAILURE)?;
        let letters = name.bytes().chain([0]).take(sys::MAX_AUDIO_DEVICE_STR_SIZE_OCULUS).enumerate();
        for (at, letter) in letters {
            // SAFETY: the client's buffer, of the size that OpenXR says.
            unsafe { put(state, buffer.wrapping_add(at), Wide::from(letter))? };
        }
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn get_audio_input_device(handle: sys::Instance, _buffer: *mut Wide) -> sys::Result {
    call("xrGetAudioInputDeviceGuidOculus", handle, |_, _| Err(sys::Result::ERROR_FEATURE_UNSUPPORTED))
}

/// POSIX's timespec.
#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

/// XrTime counts as CLOCK_MONOTONIC does: nanoseconds.
pub(super) unsafe extern "system" fn convert_timespec(
    handle: sys::Instance,
    timespec: *const c_void,
    time: *mut sys::Time,
) -> sys::Result {
    call("xrConvertTimespecTimeToTimeKHR", handle, |state, _| {
        if timespec.is_null() {
            return Err(state.invalid("the timespec is missing"));
        }
        // SAFETY: the client's timespec, which may lie anywhere.
        let given = unsafe { timespec.cast::<Timespec>().read_unaligned() };
        let nanoseconds = given.seconds.saturating_mul(1_000_000_000).saturating_add(given.nanoseconds);
        // SAFETY: the client's place.
        unsafe { put(state, time, sys::Time::from_nanos(nanoseconds)) }
    })
}

pub(super) unsafe extern "system" fn convert_time(
    handle: sys::Instance,
    time: sys::Time,
    timespec: *mut c_void,
) -> sys::Result {
    call("xrConvertTimeToTimespecTimeKHR", handle, |state, _| {
        let nanoseconds = time.as_nanos();
        if nanoseconds <= 0 {
            return Err(state.misuse(format!("time {nanoseconds}"), sys::Result::ERROR_TIME_INVALID));
        }
        let given = Timespec {
            seconds: nanoseconds.div_euclid(1_000_000_000),
            nanoseconds: nanoseconds.rem_euclid(1_000_000_000),
        };
        // SAFETY: the client's place.
        unsafe { put(state, timespec.cast(), given) }
    })
}

pub(super) unsafe extern "system" fn set_object_name(
    handle: sys::Instance,
    info: *const sys::DebugUtilsObjectNameInfoEXT,
) -> sys::Result {
    call("xrSetDebugUtilsObjectNameEXT", handle, |state, _| {
        // SAFETY: the client's structure and its text.
        let (object, name) = unsafe {
            let info = given(state, info, sys::DebugUtilsObjectNameInfoEXT::TYPE)?;
            (info.object_handle, text(info.object_name))
        };
        state.object_names.insert(object, name);
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn create_messenger(
    handle: sys::Instance,
    info: *const sys::DebugUtilsMessengerCreateInfoEXT,
    messenger: *mut sys::DebugUtilsMessengerEXT,
) -> sys::Result {
    call("xrCreateDebugUtilsMessengerEXT", handle, |state, instance| {
        // SAFETY: the client's structure.
        unsafe { given(state, info, sys::DebugUtilsMessengerCreateInfoEXT::TYPE)? };
        let number = state.handle();
        state.messengers.insert(number, instance);
        // SAFETY: the client's place.
        unsafe { put(state, messenger, sys::DebugUtilsMessengerEXT::from_raw(number)) }
    })
}

pub(super) unsafe extern "system" fn destroy_messenger(handle: sys::DebugUtilsMessengerEXT) -> sys::Result {
    destroy("xrDestroyDebugUtilsMessengerEXT", handle, |state, handle| {
        state.messengers.remove(&handle);
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn submit_message(
    handle: sys::Instance,
    _severity: sys::DebugUtilsMessageSeverityFlagsEXT,
    _types: sys::DebugUtilsMessageTypeFlagsEXT,
    _data: *const sys::DebugUtilsMessengerCallbackDataEXT,
) -> sys::Result {
    call("xrSubmitDebugUtilsMessageEXT", handle, |_, _| Ok(sys::Result::SUCCESS))
}

pub(super) unsafe extern "system" fn begin_label(
    handle: sys::Session,
    _label: *const sys::DebugUtilsLabelEXT,
) -> sys::Result {
    call("xrSessionBeginDebugUtilsLabelRegionEXT", handle, |_, _| Ok(sys::Result::SUCCESS))
}

pub(super) unsafe extern "system" fn end_label(handle: sys::Session) -> sys::Result {
    call("xrSessionEndDebugUtilsLabelRegionEXT", handle, |_, _| Ok(sys::Result::SUCCESS))
}

pub(super) unsafe extern "system" fn insert_label(
    handle: sys::Session,
    _label: *const sys::DebugUtilsLabelEXT,
) -> sys::Result {
    call("xrSessionInsertDebugUtilsLabelEXT", handle, |_, _| Ok(sys::Result::SUCCESS))
}
