//! What a container says of itself and of the picture.

use std::ffi::{CString, c_int};
use std::ptr;

use ffmpeg_next::format::context::Input;
use ffmpeg_next::{codec, ffi};

use super::Demuxer;
use crate::frame::Chapter;
use crate::media::version::text;
use crate::media::{chapter, track};
use crate::time::Time;

impl Demuxer {
    /// The track's coding parameters, for its decoder.
    pub(in crate::media) fn parameters(&self) -> codec::Parameters {
        match self.input.stream(self.track.index) {
            Some(stream) => stream.parameters(),
            None => codec::Parameters::new(),
        }
    }

    /// Whether the container's length is written in it, and not guessed from what is there.
    pub(super) fn is_told_by_header(&self) -> bool {
        if self.track.counted.is_some() {
            return true;
        }
        // SAFETY: the context is open.
        let method = unsafe { (*self.input.as_ptr()).duration_estimation_method };
        method == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM
    }

    /// Name of the container format, the first where FFmpeg gives several.
    pub(in crate::media) fn container(&self) -> String {
        self.input.format().name().split(',').next().unwrap_or_default().to_owned()
    }

    /// What the container itself says under `key`.
    pub(in crate::media) fn tag(&self, key: &str) -> Option<String> {
        let key = CString::new(key).ok()?;
        // SAFETY: the context is open; FFmpeg looks without regard to case, and what it finds ends with a zero byte.
        unsafe {
            let found = ffi::av_dict_get((*self.input.as_ptr()).metadata, key.as_ptr(), ptr::null(), 0);
            (!found.is_null()).then(|| text((*found).value))
        }
    }

    /// Whether packets carry times (raw H.264 and its like have none).
    pub(in crate::media) fn has_times(&self) -> bool {
        flags(&self.input) & ffi::AVFMT_NOTIMESTAMPS == 0
    }

    /// Whether the container's clock may jump (MPEG-TS).
    pub(in crate::media) fn clock_may_break(&self) -> bool {
        flags(&self.input) & ffi::AVFMT_TS_DISCONT != 0
    }

    /// Whether this is a format that holds pictures rather than films.
    pub(in crate::media) fn is_picture_format(&self) -> bool {
        let name = self.input.format().name().to_owned();
        name == "image2" || name.ends_with("_pipe") || name == "gif" || name == "apng"
    }

    /// Whether other places can be gone to.
    pub(in crate::media) fn can_seek(&self) -> bool {
        // SAFETY: the context is open; `pb` is null where the format does its own reading (HLS, RTSP).
        unsafe {
            let context = &*self.input.as_ptr();
            if context.ctx_flags & ffi::AVFMTCTX_UNSEEKABLE != 0 {
                return false;
            }
            match context.pb.as_ref() {
                Some(io) => io.seekable != 0,
                None => context.duration > 0,
            }
        }
    }

    /// How long the film is, where the container knows it. A guess from the bit rate of a stream without times is no knowledge.
    pub(in crate::media) fn duration(&self) -> Option<Time> {
        // SAFETY: the context is open.
        let (duration, method) = unsafe {
            let context = &*self.input.as_ptr();
            (context.duration, context.duration_estimation_method)
        };
        let guessed = method == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE && !self.has_times();
        (duration > 0 && !guessed).then(|| Time::from_ticks(duration, 1, ffi::AV_TIME_BASE))
    }

    /// The stream's own time of the film's beginning: the start of the picture's programme, to the track's precision where they are the same.
    pub(in crate::media) fn start(&self) -> Option<Time> {
        let programme = self.track.programme_start?;
        let (numerator, denominator) = self.track.time_base;
        let own = self.track.start.map(|ticks| Time::from_ticks(ticks, numerator, denominator));
        Some(own.filter(|own| (*own - programme).nanoseconds().abs() <= 2000).unwrap_or(programme))
    }

    /// The chapters, in film time.
    pub(in crate::media) fn chapters(&self) -> Vec<Chapter> {
        chapter::chapters(&self.input, self.start().unwrap_or(Time::ZERO))
    }

    pub(super) fn start_ticks(&self) -> Option<i64> {
        self.start().map(|start| start.to_ticks(self.track.time_base.0, self.track.time_base.1))
    }

    /// Tracks of sound and of subtitles.
    pub(in crate::media) fn other_tracks(&self) -> (usize, usize) {
        let kinds = track::counts(&self.input);
        (kinds.sound, kinds.subtitles)
    }
}

/// The flags of a container's format (`AVFMT_…`).
pub(super) fn flags(input: &Input) -> c_int {
    // SAFETY: an open context has a format.
    unsafe { (*(*input.as_ptr()).iformat).flags }
}
