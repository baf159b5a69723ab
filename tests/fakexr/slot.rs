//! Which fake a call is meant for. Before there is an instance OpenXR's functions carry no user data, so every slot has its own
//! copies of those few; afterwards the upper half of each handle names the slot.

use std::ffi::{CStr, c_char};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use openxr::sys::{self, pfn};

use super::{instance, state::State, table};

pub(super) struct Shared {
    state: Mutex<State>,
    /// Told at each xrBeginFrame: xrWaitFrame waits for it.
    pub(super) begun: Condvar,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const SLOTS: usize = 32;

static TAKEN: [Mutex<Option<Arc<Shared>>>; SLOTS] = [const { Mutex::new(None) }; SLOTS];

fn slot(number: usize) -> Option<MutexGuard<'static, Option<Arc<Shared>>>> {
    Some(TAKEN.get(number)?.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Takes a free slot for a new fake.
pub(super) fn take(make: impl FnOnce(u32) -> State) -> Arc<Shared> {
    for number in 0..SLOTS {
        let Some(mut slot) = slot(number) else { continue };
        if slot.is_none() {
            let shared = Arc::new(Shared { state: Mutex::new(make(number as u32)), begun: Condvar::new() });
            *slot = Some(Arc::clone(&shared));
            return shared;
        }
    }
    panic!("more than {SLOTS} fake runtimes at once: raise SLOTS in tests/fakexr/slot.rs");
}

/// Frees the slot.
pub(super) fn free(number: u32) {
    if let Some(mut slot) = slot(number as usize) {
        *slot = None;
    }
}

/// The fake that a handle names.
pub(super) fn of_handle(handle: u64) -> Option<Arc<Shared>> {
    slot(usize::try_from(handle >> 32).ok()?.checked_sub(1)?)?.clone()
}

unsafe extern "system" fn get_instance_proc_addr<const SLOT: usize>(
    handle: sys::Instance,
    name: *const c_char,
    function: *mut Option<pfn::VoidFunction>,
) -> sys::Result {
    if name.is_null() || function.is_null() {
        return sys::Result::ERROR_VALIDATION_FAILURE;
    }
    // SAFETY: the client gives a text that ends with 0, and a place for the function.
    let (name, function) = unsafe { (CStr::from_ptr(name), &mut *function) };
    *function = None;
    let Some(shared) = slot(SLOT).and_then(|slot| slot.clone()) else {
        return sys::Result::ERROR_RUNTIME_UNAVAILABLE;
    };
    let own = match name.to_bytes() {
        b"xrCreateInstance" => Some(table::void!(CreateInstance, create_instance::<SLOT>)),
        b"xrEnumerateInstanceExtensionProperties" => {
            Some(table::void!(EnumerateInstanceExtensionProperties, enumerate_extensions::<SLOT>))
        }
        b"xrEnumerateApiLayerProperties" => Some(table::void!(EnumerateApiLayerProperties, enumerate_layers::<SLOT>)),
        b"xrGetInstanceProcAddr" => Some(table::void!(GetInstanceProcAddr, get_instance_proc_addr::<SLOT>)),
        _ => None,
    };
    if own.is_some() {
        *function = own;
        return sys::Result::SUCCESS;
    }
    match table::find(&mut shared.lock(), handle, &name.to_string_lossy()) {
        Ok(found) => {
            *function = Some(found);
            sys::Result::SUCCESS
        }
        Err(error) => error,
    }
}

unsafe extern "system" fn create_instance<const SLOT: usize>(
    info: *const sys::InstanceCreateInfo,
    handle: *mut sys::Instance,
) -> sys::Result {
    match slot(SLOT).and_then(|slot| slot.clone()) {
        // SAFETY: handed on from the client.
        Some(shared) => unsafe { instance::create_instance(&shared, info, handle) },
        None => sys::Result::ERROR_RUNTIME_UNAVAILABLE,
    }
}

unsafe extern "system" fn enumerate_extensions<const SLOT: usize>(
    layer: *const c_char,
    capacity: u32,
    count: *mut u32,
    properties: *mut sys::ExtensionProperties,
) -> sys::Result {
    match slot(SLOT).and_then(|slot| slot.clone()) {
        // SAFETY: handed on from the client.
        Some(shared) => unsafe { instance::enumerate_extensions(&shared, layer, capacity, count, properties) },
        None => sys::Result::ERROR_RUNTIME_UNAVAILABLE,
    }
}

unsafe extern "system" fn enumerate_layers<const SLOT: usize>(
    capacity: u32,
    count: *mut u32,
    properties: *mut sys::ApiLayerProperties,
) -> sys::Result {
    match slot(SLOT).and_then(|slot| slot.clone()) {
        // SAFETY: handed on from the client.
        Some(shared) => unsafe { instance::enumerate_layers(&shared, capacity, count, properties) },
        None => sys::Result::ERROR_RUNTIME_UNAVAILABLE,
    }
}

macro_rules! ways_in {
    ($($slot:literal)*) => { [$(get_instance_proc_addr::<$slot>),*] };
}

/// Each slot's xrGetInstanceProcAddr.
pub(super) static WAYS_IN: [pfn::GetInstanceProcAddr; SLOTS] =
    ways_in!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
