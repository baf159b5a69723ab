//! The source, opened a second time for its tracks.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::ptr::{self, NonNull};

use ffmpeg_next::Packet;
use ffmpeg_next::ffi::*;

use super::mux::file_url;
use super::{EncodeError, reason};
use crate::time::Time;

/// A demuxer. One thread reads it; dropped, it is closed.
pub(super) struct Input(NonNull<AVFormatContext>);

// SAFETY: the context is used by one thread at a time; nothing else points to it.
unsafe impl Send for Input {}

impl Input {
    /// Opens a file, or an address where there is no such file.
    pub(super) fn open(url: &str) -> Result<Self, EncodeError> {
        let failed = |reason: String| EncodeError::Source {
            url: url.to_owned(),
            reason,
        };
        let name = match Path::new(url) {
            path if path.exists() => file_url(path)?,
            _ => CString::new(url).map_err(|_| failed("its name holds a zero byte".to_owned()))?,
        };
        let mut context = ptr::null_mut();
        // SAFETY: the name ends with a zero byte; a context that could not be opened is freed by FFmpeg.
        let code = unsafe { avformat_open_input(&mut context, name.as_ptr(), ptr::null(), ptr::null_mut()) };
        let input = match NonNull::new(context) {
            Some(context) if code >= 0 => Self(context),
            _ => return Err(failed(reason(code))),
        };
        // SAFETY: the context is open.
        let code = unsafe { avformat_find_stream_info(input.raw(), ptr::null_mut()) };
        if code < 0 { Err(failed(reason(code))) } else { Ok(input) }
    }

    pub(super) fn raw(&self) -> *mut AVFormatContext {
        self.0.as_ptr()
    }

    pub(super) fn streams(&self) -> &[&AVStream] {
        // SAFETY: FFmpeg keeps `nb_streams` valid pointers there; a reference has a pointer's layout. Streams that appear while
        // reading move the array, but not while this borrow of `self` lasts.
        unsafe {
            let raw = self.raw();
            match (*raw).nb_streams {
                0 => &[],
                count => std::slice::from_raw_parts((*raw).streams.cast(), count as usize),
            }
        }
    }

    pub(super) fn chapters(&self) -> &[&AVChapter] {
        // SAFETY: as for the streams.
        unsafe {
            let raw = self.raw();
            match (*raw).nb_chapters {
                0 => &[],
                count => std::slice::from_raw_parts((*raw).chapters.cast(), count as usize),
            }
        }
    }

    /// What the decoder takes for the film's picture, where nobody says.
    pub(super) fn best_picture(&self) -> Option<usize> {
        // SAFETY: the context is open.
        let index =
            unsafe { av_find_best_stream(self.raw(), AVMediaType::AVMEDIA_TYPE_VIDEO, -1, -1, ptr::null_mut(), 0) };
        usize::try_from(index).ok()
    }

    /// When a stream begins on the container's clock; zero where it does not say.
    pub(super) fn start_of(&self, stream: Option<usize>) -> Time {
        match stream.and_then(|index| self.streams().get(index)) {
            Some(stream) if stream.start_time != AV_NOPTS_VALUE => {
                Time::from_ticks(stream.start_time, stream.time_base.num, stream.time_base.den)
            }
            _ => Time::ZERO,
        }
    }

    /// No packets of this stream, please.
    pub(super) fn discard(&mut self, stream: usize) {
        // SAFETY: the index is checked; the demuxer reads the field at its next packet.
        unsafe {
            if stream < (*self.raw()).nb_streams as usize {
                (**(*self.raw()).streams.add(stream)).discard = AVDiscard::AVDISCARD_ALL;
            }
        }
    }

    /// Goes to the last place at or before a time of the container's clock; stays where it is in what cannot be sought.
    pub(super) fn seek(&mut self, time: Time) {
        let microseconds = time.to_ticks(1, 1_000_000);
        // SAFETY: the context is open.
        let code = unsafe { avformat_seek_file(self.raw(), -1, i64::MIN, microseconds, microseconds, 0) };
        if code < 0 {
            tracing::debug!("no seeking for the other tracks: {}", reason(code));
        }
    }

    /// The next packet; none at the end. What is corrupt is passed over, as a player would.
    pub(super) fn read(&mut self) -> Option<Packet> {
        let mut failures = 0;
        loop {
            let mut packet = Packet::empty();
            // SAFETY: the context is open and the packet empty.
            let code = unsafe {
                use ffmpeg_next::packet::Mut;
                av_read_frame(self.raw(), packet.as_mut_ptr())
            };
            if code >= 0 {
                return Some(packet);
            }
            failures += 1;
            if code == AVERROR_EOF || failures > 100 {
                return None;
            }
        }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        let mut context = self.raw();
        // SAFETY: opened in `open`, closed once.
        unsafe { avformat_close_input(&mut context) }
    }
}

/// The name of a codec, for users.
pub(super) fn codec_name(id: AVCodecID) -> String {
    // SAFETY: the name is a constant of the library's.
    unsafe { CStr::from_ptr(avcodec_get_name(id)) }
        .to_string_lossy()
        .into_owned()
}

/// A value of a dictionary.
pub(super) fn entry(dictionary: *const AVDictionary, key: &CStr) -> Option<String> {
    // SAFETY: the dictionary is FFmpeg's own (or null, which is an empty one); its values end with a zero byte.
    unsafe {
        let found = av_dict_get(dictionary, key.as_ptr(), ptr::null(), 0);
        if found.is_null() {
            None
        } else {
            Some(CStr::from_ptr((*found).value).to_string_lossy().into_owned())
        }
    }
}
