//! What every function begins with (who is meant, is the handle alive, is anything lost, is a failure ordered), and the
//! idioms of OpenXR's arguments.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;

use openxr::sys::{self, Handle, StructureType};

use super::slot;
use super::state::{Outcome, State};

fn finish(outcome: Outcome) -> sys::Result {
    outcome.unwrap_or_else(|error| error)
}

/// Notes that `function` was called; an ordered failure comes out as the error.
pub(super) fn begin(state: &mut State, function: &'static str) -> Result<(), sys::Result> {
    state.function = function;
    state.calls.push(function);
    let Some(index) = state.failures.iter().position(|failure| failure.function == function) else { return Ok(()) };
    if state.failures[index].calls_before > 0 {
        state.failures[index].calls_before -= 1;
        return Ok(());
    }
    Err(state.failures.remove(index).result)
}

/// Runs a call on `handle`. After a loss it answers with the loss.
pub(super) fn call<H: Handle>(
    function: &'static str,
    handle: H,
    body: impl FnOnce(&mut State, u64) -> Outcome,
) -> sys::Result {
    run(function, handle.into_raw(), true, body)
}

/// Runs a call that destroys `handle`, which also works after a loss.
pub(super) fn destroy<H: Handle>(
    function: &'static str,
    handle: H,
    body: impl FnOnce(&mut State, u64) -> Outcome,
) -> sys::Result {
    run(function, handle.into_raw(), false, body)
}

fn run(
    function: &'static str,
    handle: u64,
    can_be_lost: bool,
    body: impl FnOnce(&mut State, u64) -> Outcome,
) -> sys::Result {
    let Some(shared) = slot::of_handle(handle) else { return sys::Result::ERROR_HANDLE_INVALID };
    let mut state = shared.lock();
    let state = &mut *state;
    if let Err(ordered) = begin(state, function) {
        return ordered;
    }
    let Some(instance) = state.instance_of(handle) else {
        let text = format!("handle {handle:#x} is destroyed or was never made");
        return state.misuse(text, sys::Result::ERROR_HANDLE_INVALID);
    };
    if can_be_lost {
        if state.instances.get(&instance).is_some_and(|instance| instance.lost) {
            return sys::Result::ERROR_INSTANCE_LOST;
        }
        let session = state.session_of(handle).and_then(|session| state.sessions.get(&session));
        if session.is_some_and(|session| session.lost) {
            return sys::Result::ERROR_SESSION_LOST;
        }
    }
    finish(body(state, handle))
}

/// The structure that the client gives, checked for its type.
///
/// # Safety
/// `pointer` is null or points to an OpenXR structure.
pub(super) unsafe fn given<'a, T>(
    state: &mut State,
    pointer: *const T,
    kind: StructureType,
) -> Result<&'a T, sys::Result> {
    if pointer.is_null() {
        return Err(state.invalid(format!("{kind:?} is missing")));
    }
    // SAFETY: every OpenXR structure begins like this one, and the caller vouches for the pointer.
    let found = unsafe { (*pointer.cast::<sys::BaseInStructure>()).ty };
    if found != kind {
        return Err(state.invalid(format!("expected {kind:?}, got {found:?}")));
    }
    // SAFETY: as above; the type says that it is a T.
    Ok(unsafe { &*pointer })
}

/// The same for a structure that the fake fills.
///
/// # Safety
/// `pointer` is null or points to an OpenXR structure that nobody else looks at.
pub(super) unsafe fn wanted<'a, T>(
    state: &mut State,
    pointer: *mut T,
    kind: StructureType,
) -> Result<&'a mut T, sys::Result> {
    // SAFETY: handed on to the caller.
    unsafe { given(state, pointer.cast_const(), kind)? };
    // SAFETY: checked just now.
    Ok(unsafe { &mut *pointer })
}

/// Writes a plain value where the client wants it.
///
/// # Safety
/// `pointer` is null or has room for a `T`.
pub(super) unsafe fn put<T>(state: &mut State, pointer: *mut T, value: T) -> Outcome {
    if pointer.is_null() {
        return Err(state.invalid("there is no place for the result"));
    }
    // SAFETY: the caller vouches for the place.
    unsafe { pointer.write(value) };
    Ok(sys::Result::SUCCESS)
}

/// A chained structure of type `kind`, when there is one.
///
/// # Safety
/// `next` begins a chain of OpenXR structures.
pub(super) unsafe fn chained<T>(next: *const c_void, kind: StructureType) -> Option<*mut T> {
    let mut at = next.cast_mut().cast::<sys::BaseOutStructure>();
    while !at.is_null() {
        // SAFETY: the caller vouches for the chain.
        let base = unsafe { &*at };
        if base.ty == kind {
            return Some(at.cast());
        }
        at = base.next;
    }
    None
}

/// The idiom of two calls, one for the count and one for the `items`.
///
/// # Safety
/// `count` is null or writable, `array` has room for `capacity` items.
pub(super) unsafe fn list<T: Copy>(
    state: &mut State,
    items: &[T],
    capacity: u32,
    count: *mut u32,
    array: *mut T,
) -> Outcome {
    // SAFETY: handed on to the caller; the place is within the capacity.
    unsafe { list_by(state, items.len(), capacity, count, array, |_, index, place| place.write(items[index])) }
}

/// The same, with the items written by `fill`, for structures whose type the client has set.
///
/// # Safety
/// As for [`list`].
pub(super) unsafe fn list_by<T>(
    state: &mut State,
    length: usize,
    capacity: u32,
    count: *mut u32,
    array: *mut T,
    mut fill: impl FnMut(&mut State, usize, *mut T),
) -> Outcome {
    // SAFETY: the caller vouches for the place.
    unsafe { put(state, count, length as u32)? };
    if capacity == 0 {
        return Ok(sys::Result::SUCCESS);
    }
    if (capacity as usize) < length {
        return Err(sys::Result::ERROR_SIZE_INSUFFICIENT);
    }
    if array.is_null() {
        return Err(state.invalid("a capacity without an array"));
    }
    for index in 0..length {
        // SAFETY: inside of the capacity.
        fill(state, index, unsafe { array.add(index) });
    }
    Ok(sys::Result::SUCCESS)
}

/// `length` items at `pointer`.
///
/// # Safety
/// `pointer` is null or points to so many items.
pub(super) unsafe fn slice<'a, T>(pointer: *const T, length: u32) -> &'a [T] {
    if pointer.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: the caller vouches for them.
    unsafe { std::slice::from_raw_parts(pointer, length as usize) }
}

/// A text that ends with 0, lossy.
///
/// # Safety
/// `pointer` is null or points to such a text.
pub(super) unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the caller vouches for the text.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// A text in one of OpenXR's arrays; none where it does not end.
pub(super) fn array_text(array: &[c_char]) -> Option<String> {
    let bytes: Vec<u8> = array.iter().take_while(|c| **c != 0).map(|c| *c as u8).collect();
    if bytes.len() == array.len() { None } else { String::from_utf8(bytes).ok() }
}

/// Writes `text`, cut to fit, into one of OpenXR's arrays.
pub(super) fn put_text(array: &mut [c_char], text: &str) {
    let room = array.len() - 1;
    for (place, byte) in array.iter_mut().zip(text.bytes().take(room).chain(std::iter::once(0))) {
        *place = byte as c_char;
    }
}

/// The same behind a pointer to `length` characters.
///
/// # Safety
/// `pointer` is null or has room for `length` characters.
pub(super) unsafe fn put_text_at(state: &mut State, pointer: *mut c_char, length: usize, text: &str) -> Outcome {
    if pointer.is_null() {
        return Err(state.invalid("there is no place for the text"));
    }
    // SAFETY: the caller vouches for the room; it is filled before it is looked at.
    let array = unsafe {
        ptr::write_bytes(pointer, 0, length);
        std::slice::from_raw_parts_mut(pointer, length)
    };
    put_text(array, text);
    Ok(sys::Result::SUCCESS)
}
