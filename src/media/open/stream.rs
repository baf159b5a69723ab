//! A source of bytes as FFmpeg reads it: an `AVIOContext` whose callbacks are this program's.

use std::ffi::{c_int, c_void};
use std::ptr;

use ffmpeg_next::ffi::{self, AVClass, AVIOContext};

use super::playlist::Scan;

/// So much is asked for at once.
const BUFFER: usize = 32 << 10;

/// Where bytes come from. Errors are FFmpeg's codes.
pub(super) trait Bytes: Send {
    /// Some of what comes next: at least one byte, none at the end. May wait.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, c_int>;

    /// The next read is from there.
    fn seek(&mut self, place: u64) -> Result<(), c_int>;

    /// How many there are, where that is known.
    fn size(&mut self) -> Option<u64>;

    fn can_seek(&self) -> bool;

    /// FFmpeg's own context behind it: demuxers ask its options, as an address's cookies.
    fn behind(&self) -> *mut AVIOContext {
        ptr::null_mut()
    }
}

/// What becomes of a finding: a code for FFmpeg, the reason for the user. It is asked with the bytes and their place, and with none at the end.
pub(super) type Judge = Box<dyn FnMut(&mut Scan, &[u8], u64) -> Result<(), c_int> + Send>;

struct Stream {
    bytes: Box<dyn Bytes>,
    place: u64,
    scan: Scan,
    judge: Judge,
    /// What was read, on its way to FFmpeg's buffer. That may be still uninitialised, and at the end what it held must stay.
    read: Box<[u8]>,
}

/// Lets `av_opt_get` go on to the context behind, as FFmpeg's own contexts do.
struct Class(AVClass);

// SAFETY: the class is never written; its pointers are to constants.
unsafe impl Sync for Class {}

static CLASS: Class = {
    // SAFETY: FFmpeg takes zeroes for what a class does not have, in every version.
    let mut class: AVClass = unsafe { std::mem::zeroed() };
    class.class_name = c"stream".as_ptr();
    class.item_name = Some(ffi::av_default_item_name);
    // The oldest that FFmpeg itself still knows: nothing newer than these fields is looked at.
    class.version = 51 << 16 | 59 << 8 | 100;
    class.child_next = Some(child_next);
    Class(class)
};

/// Makes the context. [`close`] frees it.
pub(super) fn open(bytes: Box<dyn Bytes>, scan: Scan, judge: Judge) -> Result<*mut AVIOContext, c_int> {
    let can_seek = bytes.can_seek();
    let stream = Box::into_raw(Box::new(Stream { bytes, place: 0, scan, judge, read: vec![0; BUFFER].into() }));
    // SAFETY: FFmpeg gets a buffer of its own allocator and a pointer that lives until `close`; where it refuses, both are freed here.
    unsafe {
        let buffer = ffi::av_malloc(BUFFER).cast::<u8>();
        let context = match buffer.is_null() {
            true => ptr::null_mut(),
            false => ffi::avio_alloc_context(buffer, BUFFER as c_int, 0, stream.cast(), Some(read), None, Some(seek)),
        };
        if context.is_null() {
            ffi::av_free(buffer.cast());
            drop(Box::from_raw(stream));
            return Err(ffi::AVERROR(ffi::ENOMEM));
        }
        (*context).av_class = &raw const CLASS.0;
        (*context).seekable = if can_seek { ffi::AVIO_SEEKABLE_NORMAL as c_int } else { 0 };
        Ok(context)
    }
}

/// Frees a context, if it is one of these.
///
/// # Safety
/// The context is valid, and nobody uses it afterwards if this gives true.
pub(super) unsafe fn close(mut context: *mut AVIOContext) -> bool {
    // SAFETY: only `open` sets this class, so the stream behind it is its; the buffer may be another one by now, but is FFmpeg's.
    unsafe {
        if !ptr::eq((*context).av_class, &raw const CLASS.0) {
            return false;
        }
        drop(Box::from_raw((*context).opaque.cast::<Stream>()));
        ffi::av_freep((&raw mut (*context).buffer).cast());
        ffi::avio_context_free(&mut context);
    }
    true
}

unsafe extern "C" fn child_next(context: *mut c_void, before: *mut c_void) -> *mut c_void {
    // SAFETY: FFmpeg calls it with a context whose class this is.
    unsafe {
        let stream = (*context.cast::<AVIOContext>()).opaque.cast::<Stream>();
        if before.is_null() && !stream.is_null() { (*stream).bytes.behind().cast() } else { ptr::null_mut() }
    }
}

unsafe extern "C" fn read(stream: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    // SAFETY: FFmpeg calls it from one thread at a time with what `open` gave it.
    let stream = unsafe { &mut *stream.cast::<Stream>() };
    let size = usize::try_from(size).unwrap_or(0).min(stream.read.len());
    let count = match stream.bytes.read(&mut stream.read[..size]) {
        Ok(0) => return (stream.judge)(&mut stream.scan, &[], stream.place).err().unwrap_or(ffi::AVERROR_EOF),
        Ok(count) => count,
        Err(code) => return code,
    };
    let place = stream.place;
    stream.place += count as u64;
    let read = &stream.read[..count];
    if let Err(code) = (stream.judge)(&mut stream.scan, read, place) {
        return code;
    }
    // SAFETY: the buffer has room for what was asked for, and is none of Rust's.
    unsafe { ptr::copy_nonoverlapping(read.as_ptr(), buffer, count) };
    count as c_int
}

unsafe extern "C" fn seek(stream: *mut c_void, offset: i64, whence: c_int) -> i64 {
    // SAFETY: as for `read`.
    let stream = unsafe { &mut *stream.cast::<Stream>() };
    let size = |stream: &mut Stream| stream.bytes.size().and_then(|size| i64::try_from(size).ok());
    let target = match whence & !(ffi::AVSEEK_FORCE as c_int) {
        ffi::SEEK_SET => Some(offset),
        ffi::SEEK_CUR => i64::try_from(stream.place).ok().and_then(|place| place.checked_add(offset)),
        ffi::SEEK_END => size(stream).and_then(|size| size.checked_add(offset)),
        _ if whence & ffi::AVSEEK_SIZE as c_int != 0 => {
            return size(stream).unwrap_or_else(|| ffi::AVERROR(ffi::ENOSYS).into());
        }
        _ => None,
    };
    let Some(place) = target.and_then(|target| u64::try_from(target).ok()) else {
        return ffi::AVERROR(ffi::EINVAL).into();
    };
    match stream.bytes.seek(place) {
        Ok(()) => {
            stream.place = place;
            target.unwrap_or(0)
        }
        Err(code) => code.into(),
    }
}
