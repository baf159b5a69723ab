//! Opening what a [`Location`] names, for FFmpeg to read.

use std::ffi::{CString, c_int};
use std::ptr;

use ffmpeg_next::format::context::Input;
use ffmpeg_next::{Dictionary, ffi};

use super::interrupt::Watch;
use crate::location::Location;

/// Opens a container, with the patience that `watch` allows; tracks are not looked for yet.
pub(super) fn open_input(location: &Location, watch: &Watch) -> Result<Input, c_int> {
    let address = CString::new(address(location)).map_err(|_| ffi::AVERROR(ffi::EINVAL))?;
    let mut options = Dictionary::new();
    if location.is_remote() {
        // Options that a protocol does not know are left over and ignored.
        options.set("reconnect", "1");
        options.set("reconnect_streamed", "1");
        options.set("reconnect_delay_max", "5");
        options.set("rw_timeout", "15000000");
        options.set("rtsp_flags", "prefer_tcp");
    }
    // A file name with a % in it is a name, not a pattern.
    options.set("pattern_type", "none");
    let looked_at = watch.clone();
    let interrupt = ffmpeg_next::util::interrupt::new(Box::new(move || looked_at.must_end()));
    // SAFETY: FFmpeg frees the context where opening fails; the callback's state outlives the context because both go into `Input`.
    unsafe {
        let mut context = ffi::avformat_alloc_context();
        if context.is_null() {
            return Err(ffi::AVERROR(ffi::ENOMEM));
        }
        (*context).interrupt_callback = interrupt.interrupt;
        let mut given = options.disown();
        let code = ffi::avformat_open_input(&mut context, address.as_ptr(), ptr::null_mut(), &mut given);
        drop(Dictionary::own(given));
        if code < 0 { Err(code) } else { Ok(Input::wrap_with_interrupt(context, interrupt.guard)) }
    }
}

/// How FFmpeg is told of it, whatever characters stand in a path.
fn address(location: &Location) -> Vec<u8> {
    match location {
        Location::File(path) => [b"file:", path.as_os_str().as_encoded_bytes()].concat(),
        Location::Stdin => b"pipe:0".to_vec(),
        Location::Url(url) => url.clone().into_bytes(),
    }
}
