//! What a container says of itself and of the picture, when it is opened.

use std::ffi::c_int;
use std::sync::Arc;

use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;

use crate::frame::Chapter;
use crate::media::chapter;
use crate::media::track::{self, Track};
use crate::media::tracks::TrackInfo;
use crate::time::Time;

/// What is known of an open container.
#[derive(Debug, Clone)]
pub(in crate::media) struct Facts {
    /// Name of the format, the first where FFmpeg gives several.
    pub(in crate::media) name: String,
    /// The video track that was chosen, or where there is none the sound.
    pub(in crate::media) track: Track,
    /// There are pictures.
    pub(in crate::media) has_pictures: bool,
    /// Packets carry times (raw H.264 and its like have none).
    pub(in crate::media) has_times: bool,
    /// The container's clock may jump (MPEG-TS).
    pub(in crate::media) clock_may_break: bool,
    /// A format that holds pictures rather than films.
    pub(in crate::media) is_picture_format: bool,
    /// Other places can be gone to.
    pub(in crate::media) can_seek: bool,
    /// How long the film is, where the container knows it. A guess from the bit rate of a stream without times is no knowledge.
    pub(in crate::media) duration: Option<Time>,
    /// That length is written in it, and not guessed from what is there.
    pub(super) told_by_header: bool,
    /// The stream's own time of the film's beginning: the start of the picture's programme, to the track's precision where they are the same.
    pub(in crate::media) start: Option<Time>,
    /// Tracks of sound.
    pub(in crate::media) sounds: usize,
    /// Tracks of subtitles.
    pub(in crate::media) subtitles: usize,
    /// The chapters, in film time.
    pub(in crate::media) chapters: Arc<[Chapter]>,
    /// The tracks of the picture's programme.
    pub(in crate::media) tracks: Arc<[TrackInfo]>,
}

impl Facts {
    /// What `input` says, whose picture is `track`.
    pub(super) fn of(input: &Input, (track, has_pictures): (Track, bool), tracks: Vec<TrackInfo>) -> Self {
        let flags = flags(input);
        let has_times = flags & ffi::AVFMT_NOTIMESTAMPS == 0;
        let name = input.format().name().to_owned();
        // SAFETY: the context is open.
        let (duration, method) = unsafe {
            let context = &*input.as_ptr();
            (context.duration, context.duration_estimation_method)
        };
        let guessed = method == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE && !has_times;
        let in_stream = method == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM;
        let counts = track::counts(input);
        let start = start(&track);
        Self {
            is_picture_format: name == "image2" || name.ends_with("_pipe") || name == "gif" || name == "apng",
            name: name.split(',').next().unwrap_or_default().to_owned(),
            has_times,
            clock_may_break: flags & ffi::AVFMT_TS_DISCONT != 0,
            can_seek: can_seek(input),
            duration: (duration > 0 && !guessed).then(|| Time::from_ticks(duration, 1, ffi::AV_TIME_BASE)),
            told_by_header: track.counted.is_some() || in_stream,
            start,
            sounds: counts.sound,
            subtitles: counts.subtitles,
            chapters: chapter::chapters(input, start.unwrap_or(Time::ZERO)).into(),
            tracks: tracks.into(),
            track,
            has_pictures,
        }
    }
}

fn can_seek(input: &Input) -> bool {
    // SAFETY: the context is open; `pb` is null where the format does its own reading (HLS, RTSP).
    unsafe {
        let context = &*input.as_ptr();
        if context.ctx_flags & ffi::AVFMTCTX_UNSEEKABLE != 0 {
            return false;
        }
        // FFmpeg does not say so of DASH.
        if input.format().name() == "dash" && context.duration <= 0 {
            return false;
        }
        match context.pb.as_ref() {
            Some(io) => io.seekable != 0,
            None => context.duration > 0,
        }
    }
}

fn start(track: &Track) -> Option<Time> {
    let programme = track.programme_start?;
    let (numerator, denominator) = track.time_base;
    let own = track.start.map(|ticks| Time::from_ticks(ticks, numerator, denominator));
    Some(own.filter(|own| (*own - programme).nanoseconds().abs() <= 2000).unwrap_or(programme))
}

/// The flags of a container's format (`AVFMT_…`).
fn flags(input: &Input) -> c_int {
    // SAFETY: an open context has a format.
    unsafe { (*(*input.as_ptr()).iformat).flags }
}
