//! FFmpeg's log lines, as `tracing` events.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem;
use std::sync::Once;

use ffmpeg_next::ffi;

/// The C type `va_list` as a function's argument: one pointer in the calling conventions of Linux (x86-64, AArch64, RISC-V) and macOS.
type VaList = *mut c_void;
type Callback = unsafe extern "C" fn(*mut c_void, c_int, *const c_char, VaList);
type SetCallback = unsafe extern "C" fn(Option<Callback>);
type FormatLine =
    unsafe extern "C" fn(*mut c_void, c_int, *const c_char, VaList, *mut c_char, c_int, *mut c_int) -> c_int;

/// Prepares FFmpeg: its log lines go to `tracing` under the target `ffmpeg` and never straight to stderr; its network is started; errors have words.
///
/// Lines that FFmpeg calls errors or warnings become `debug` events, all others `trace`: what FFmpeg calls an error is often a hiccup that it
/// then heals, and what really goes wrong is told by [`MediaError`](super::MediaError). `RUST_LOG=ffmpeg=debug` shows them.
/// From any thread, any number of times.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        ffmpeg_next::util::error::register_all();
        ffmpeg_next::format::network::init();
        // SAFETY: only the type of the fourth argument changes, from the binding's name of va_list to one pointer (see `VaList`). The callback
        // is a plain function that lives as long as the program.
        unsafe {
            let set: SetCallback = mem::transmute(ffi::av_log_set_callback as *const ());
            set(Some(forward));
        }
    });
}

thread_local! {
    static COMPLAINTS: Cell<u64> = const { Cell::new(0) };
    static DISTRUST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What FFmpeg has said against a server's certificate on this thread since this was asked last; its error codes tell nothing of it.
pub(super) fn distrust() -> Option<String> {
    DISTRUST.take()
}

/// How often FFmpeg has complained (a warning or an error) on this thread: whether a call that seemed to succeed has passed over damage.
pub(super) fn complaints() -> u64 {
    COMPLAINTS.with(Cell::get)
}

unsafe extern "C" fn forward(class: *mut c_void, level: c_int, format: *const c_char, arguments: VaList) {
    // The lower byte is the level, the rest may hold a colour.
    let level = level & 0xff;
    let loud = level <= ffi::AV_LOG_WARNING;
    if loud {
        COMPLAINTS.with(|count| count.set(count.get() + 1));
    }
    let wanted = loud || (level <= ffi::AV_LOG_VERBOSE && tracing::enabled!(target: "ffmpeg", tracing::Level::TRACE));
    if !wanted || format.is_null() {
        return;
    }
    let mut line = [0 as c_char; 1024];
    let mut prefix: c_int = 1;
    // SAFETY: called by av_log with its own arguments, which are handed on unchanged; the line is cut to the buffer and always ended by a zero.
    let text = unsafe {
        let format_line: FormatLine = mem::transmute(ffi::av_log_format_line2 as *const ());
        format_line(class, level, format, arguments, line.as_mut_ptr(), line.len() as c_int, &mut prefix);
        CStr::from_ptr(line.as_ptr()).to_string_lossy()
    };
    let text = text.trim_end();
    if loud && text.to_ascii_lowercase().contains("certificate") {
        // Behind the name of FFmpeg's part in brackets.
        let words = text.split_once("] ").map_or(text, |(_, words)| words);
        DISTRUST.set(Some(words.to_owned()));
    }
    if text.is_empty() {
    } else if loud {
        tracing::debug!(target: "ffmpeg", "{text}");
    } else {
        tracing::trace!(target: "ffmpeg", "{text}");
    }
}
