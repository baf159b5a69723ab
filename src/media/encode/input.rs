//! The source, opened a second time for its tracks.

use std::ffi::CStr;
use std::ptr;
use std::time::Duration;

use ffmpeg_next::Packet;
use ffmpeg_next::ffi::*;
use ffmpeg_next::format::context::Input as Context;

use super::{EncodeError, reason};
use crate::location::Location;
use crate::media::demux::best_video;
use crate::media::interrupt::Watch;
use crate::media::open::open_input;
use crate::media::stop::StopFlag;
use crate::time::Time;

/// How long a server may take over anything.
const LIMIT: Duration = Duration::from_secs(30);
/// So many unreadable packets in a row are the end.
const MOST_ERRORS: u32 = 1000;

/// A demuxer. One thread reads it; dropped, it is closed.
pub(super) struct Input {
    context: Context,
    watch: Watch,
    remote: bool,
}

impl Input {
    /// Opens a file or an address.
    pub(super) fn open(location: &Location, stop: &StopFlag) -> Result<Self, EncodeError> {
        crate::media::init();
        let failed = |code: i32| EncodeError::Source { url: location.to_string(), reason: reason(code) };
        let remote = location.is_remote();
        let watch = Watch::new(stop.clone());
        watch.allow(remote.then_some(LIMIT));
        let context = open_input(location, &watch).map_err(failed)?;
        let input = Self { context, watch, remote };
        // SAFETY: the context is open.
        let code = unsafe { avformat_find_stream_info(input.raw(), ptr::null_mut()) };
        if code < 0 { Err(failed(code)) } else { Ok(input) }
    }

    pub(super) fn raw(&self) -> *mut AVFormatContext {
        // SAFETY: only the pointer is copied; who follows it says why that is sound.
        unsafe { self.context.as_ptr().cast_mut() }
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

    /// What the decoder takes for the film's picture.
    pub(super) fn best_picture(&mut self) -> Option<usize> {
        best_video(&mut self.context)
    }

    /// The container's time of the film's beginning.
    pub(super) fn start(&self) -> Time {
        // SAFETY: the context is open.
        match unsafe { (*self.raw()).start_time } {
            AV_NOPTS_VALUE => Time::ZERO,
            start => Time::from_ticks(start, 1, AV_TIME_BASE),
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
        self.watch.allow(self.remote.then_some(LIMIT));
        // SAFETY: the context is open.
        let code = unsafe { avformat_seek_file(self.raw(), -1, i64::MIN, microseconds, microseconds, 0) };
        if code < 0 {
            tracing::debug!("no seeking for the other tracks: {}", reason(code));
        }
    }

    /// The next packet; none at the end. What is corrupt is passed over, as a player would.
    pub(super) fn read(&mut self) -> Option<Packet> {
        for _ in 0..MOST_ERRORS {
            let mut packet = Packet::empty();
            self.watch.allow(self.remote.then_some(LIMIT));
            // SAFETY: the context is open and the packet empty.
            let code = unsafe {
                use ffmpeg_next::packet::Mut;
                av_read_frame(self.raw(), packet.as_mut_ptr())
            };
            match code {
                0.. => return Some(packet),
                AVERROR_EOF => return None,
                _ if self.watch.must_end() => return None,
                _ if code == AVERROR(EAGAIN) => std::thread::sleep(Duration::from_millis(5)),
                _ => tracing::debug!("a packet cannot be read ({})", reason(code)),
            }
        }
        None
    }
}

/// The name of a codec, for users.
pub(super) fn codec_name(id: AVCodecID) -> String {
    // SAFETY: the name is a constant of the library's.
    unsafe { CStr::from_ptr(avcodec_get_name(id)) }.to_string_lossy().into_owned()
}

/// A value of a dictionary.
pub(super) fn entry(dictionary: *const AVDictionary, key: &CStr) -> Option<String> {
    // SAFETY: the dictionary is FFmpeg's own (or null, which is an empty one); its values end with a zero byte.
    unsafe {
        let found = av_dict_get(dictionary, key.as_ptr(), ptr::null(), 0);
        if found.is_null() { None } else { Some(CStr::from_ptr((*found).value).to_string_lossy().into_owned()) }
    }
}
