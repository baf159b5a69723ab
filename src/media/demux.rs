//! The container: opening it, finding the video track, reading its packets, going to another place in it.

use std::ffi::{CString, c_int};
use std::ptr;
use std::time::Duration;

use ffmpeg_next::codec::{self, packet};
use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::packet::{Mut, Packet};

use super::decode::{believable_aspect, content_level, mastering_level, matrix_of};
use super::error::{MediaError, reason};
use super::info::Stereo;
use super::interrupt::Watch;
use super::open::open_input;
use super::stop::StopFlag;
use super::version::text;
use super::{colour, orientation};
use crate::frame::Orientation;
use crate::location::Location;
use crate::time::Time;

/// How long a server may take to answer at all.
const OPEN_LIMIT: Duration = Duration::from_secs(30);
/// How long a server may take over the next packet.
const READ_LIMIT: Duration = Duration::from_secs(20);
/// So many unreadable packets in a row are the end.
const MOST_ERRORS: u32 = 1000;

/// The video track that was chosen, and what the container says of it.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) index: usize,
    pub(super) time_base: (i32, i32),
    /// FFmpeg's name of the coding.
    pub(super) codec: String,
    /// Pictures in a second as a fraction; `None` where nothing is said.
    pub(super) rate: Option<(i32, i32)>,
    /// What the container says, which goes before what the coded stream says.
    pub(super) sample_aspect: Option<(u32, u32)>,
    pub(super) orientation: Orientation,
    pub(super) peak: Option<f32>,
    /// What the container says about eyes.
    pub(super) stereo: Option<Stereo>,
    /// The track's own first time, in its own time base.
    start: Option<i64>,
}

/// An open container.
pub(super) struct Demuxer {
    input: Input,
    watch: Watch,
    location: Location,
    errors: u32,
    pub(super) track: Track,
}

/// What was read.
pub(super) enum Read {
    Packet(Packet),
    End,
}

impl Demuxer {
    /// Opens it and chooses its video track. What comes over the network has a limited time to answer.
    pub(super) fn open(location: &Location, stop: &StopFlag) -> Result<Self, MediaError> {
        let watch = Watch::new(stop.clone());
        watch.allow(location.is_remote().then_some(OPEN_LIMIT));
        let fail = |action: &'static str, code: c_int| failure(location, &watch, action, code);
        let mut input = open_input(location, &watch).map_err(|code| fail("opening", code))?;
        // SAFETY: the context is open.
        let code = unsafe { ffi::avformat_find_stream_info(input.as_mut_ptr(), ptr::null_mut()) };
        if code < 0 {
            return Err(fail("looking for tracks", code));
        }
        if let Some(end) = watch.end() {
            return Err(end);
        }
        // FFmpeg takes plain text for terminal art by its file name.
        if input.format().name() == "tty" {
            return Err(MediaError::Text(location.to_string()));
        }
        let index = best_video(&mut input)
            .ok_or_else(|| MediaError::NoVideo { location: location.to_string(), tracks: told_tracks(&input) })?;
        for mut stream in input.streams_mut() {
            let wanted = stream.index() == index;
            let discard = if wanted { ffi::AVDiscard::AVDISCARD_DEFAULT } else { ffi::AVDiscard::AVDISCARD_ALL };
            // SAFETY: the stream belongs to the open context.
            unsafe { (*stream.as_mut_ptr()).discard = discard };
        }
        let track = track(&mut input, index);
        Ok(Self { input, watch, location: location.clone(), errors: 0, track })
    }

    /// The track's coding parameters, for its decoder.
    pub(super) fn parameters(&self) -> codec::Parameters {
        match self.input.stream(self.track.index) {
            Some(stream) => stream.parameters(),
            None => codec::Parameters::new(),
        }
    }

    /// Width and height that the container claims; zero where it does not.
    pub(super) fn claimed_size(&self) -> [u32; 2] {
        let parameters = self.parameters();
        // SAFETY: the parameters are alive.
        let size = unsafe { [(*parameters.as_ptr()).width, (*parameters.as_ptr()).height] };
        size.map(|side| u32::try_from(side).unwrap_or(0))
    }

    /// The next packet of the track. Unreadable ones are skipped; on the network a lost connection is an error.
    pub(super) fn read(&mut self) -> Result<Read, MediaError> {
        loop {
            if self.watch.is_stopped() {
                return Err(MediaError::Stopped);
            }
            self.watch.allow(self.location.is_remote().then_some(READ_LIMIT));
            let mut packet = Packet::empty();
            // SAFETY: the context is open, the packet empty.
            let code = unsafe { ffi::av_read_frame(self.input.as_mut_ptr(), packet.as_mut_ptr()) };
            match code {
                0.. if packet.stream() == self.track.index => {
                    self.errors = 0;
                    return Ok(Read::Packet(packet));
                }
                0.. => {}
                // FFmpeg may take it for the end.
                _ if self.watch.verdict().is_some() => return Err(self.failure("reading", code)),
                ffi::AVERROR_EOF => return Ok(Read::End),
                _ if self.watch.is_stopped() => return Err(MediaError::Stopped),
                _ if code == ffi::AVERROR(ffi::EAGAIN) => std::thread::sleep(Duration::from_millis(5)),
                _ if self.location.is_remote() && code != ffi::AVERROR_INVALIDDATA => {
                    return Err(self.failure("reading", code));
                }
                _ => {
                    self.errors += 1;
                    tracing::debug!("a packet cannot be read ({})", reason(code));
                    // An unreadable disk answers so for ever.
                    if self.errors > MOST_ERRORS || code == ffi::AVERROR(ffi::EIO) {
                        tracing::warn!("{}: reading ends early ({})", self.location, reason(code));
                        return Ok(Read::End);
                    }
                }
            }
        }
    }

    /// Goes to the last place at or before `time` (the stream's own time) from which decoding can begin, as the container knows it.
    pub(super) fn seek(&mut self, time: Time) -> Result<(), MediaError> {
        let (numerator, denominator) = self.track.time_base;
        let ticks = time.to_ticks(numerator, denominator);
        self.go(self.track.index as c_int, ticks, ffi::AVSEEK_FLAG_BACKWARD)
    }

    /// Goes to the very beginning. `timeless` streams can be searched by bytes only.
    pub(super) fn rewind(&mut self, timeless: bool) -> Result<(), MediaError> {
        // In these a search by time may miss the first picture; their first byte is it.
        let by_bytes = timeless || matches!(self.input.format().name(), "mpegts" | "mpeg");
        if by_bytes && self.go(-1, 0, ffi::AVSEEK_FLAG_BYTE).is_ok() {
            return Ok(());
        }
        let start = self.start_ticks().unwrap_or(0);
        self.go(self.track.index as c_int, start, ffi::AVSEEK_FLAG_BACKWARD)
    }

    fn go(&mut self, stream: c_int, place: i64, flags: c_int) -> Result<(), MediaError> {
        if self.watch.is_stopped() {
            return Err(MediaError::Stopped);
        }
        self.watch.allow(self.location.is_remote().then_some(READ_LIMIT));
        self.errors = 0;
        // SAFETY: the context is open.
        let code = unsafe { ffi::av_seek_frame(self.input.as_mut_ptr(), stream, place, flags) };
        match code {
            0.. => Ok(()),
            _ if self.watch.is_stopped() => Err(MediaError::Stopped),
            _ => {
                tracing::debug!("seeking failed ({})", reason(code));
                Err(MediaError::CannotSeek(self.location.to_string()))
            }
        }
    }

    fn failure(&self, action: &'static str, code: c_int) -> MediaError {
        failure(&self.location, &self.watch, action, code)
    }

    /// Name of the container format, the first where FFmpeg gives several.
    pub(super) fn container(&self) -> String {
        self.input.format().name().split(',').next().unwrap_or_default().to_owned()
    }

    /// What the container itself says under `key`.
    pub(super) fn tag(&self, key: &str) -> Option<String> {
        let key = CString::new(key).ok()?;
        // SAFETY: the context is open; FFmpeg looks without regard to case, and what it finds ends with a zero byte.
        unsafe {
            let found = ffi::av_dict_get((*self.input.as_ptr()).metadata, key.as_ptr(), ptr::null(), 0);
            (!found.is_null()).then(|| text((*found).value))
        }
    }

    /// Whether packets carry times (raw H.264 and its like have none).
    pub(super) fn has_times(&self) -> bool {
        self.format_flags() & ffi::AVFMT_NOTIMESTAMPS == 0
    }

    /// Whether the container's clock may jump (MPEG-TS).
    pub(super) fn clock_may_break(&self) -> bool {
        self.format_flags() & ffi::AVFMT_TS_DISCONT != 0
    }

    fn format_flags(&self) -> c_int {
        // SAFETY: an open context has a format.
        unsafe { (*(*self.input.as_ptr()).iformat).flags }
    }

    /// Whether this is a format that holds pictures rather than films.
    pub(super) fn is_picture_format(&self) -> bool {
        let name = self.input.format().name().to_owned();
        name == "image2" || name.ends_with("_pipe") || name == "gif" || name == "apng"
    }

    /// Whether other places can be gone to.
    pub(super) fn can_seek(&self) -> bool {
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
    pub(super) fn duration(&self) -> Option<Time> {
        // SAFETY: the context is open.
        let (duration, method) = unsafe {
            let context = &*self.input.as_ptr();
            (context.duration, context.duration_estimation_method)
        };
        let guessed = method == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE && !self.has_times();
        (duration > 0 && !guessed).then(|| Time::from_ticks(duration, 1, ffi::AV_TIME_BASE))
    }

    /// The stream's own time of the film's beginning: the container's start, to the track's precision where they are the same.
    pub(super) fn start(&self) -> Option<Time> {
        // SAFETY: the context is open.
        let start = unsafe { (*self.input.as_ptr()).start_time };
        if start == ffi::AV_NOPTS_VALUE {
            return None;
        }
        let container = Time::from_ticks(start, 1, ffi::AV_TIME_BASE);
        let (numerator, denominator) = self.track.time_base;
        let own = self.track.start.map(|ticks| Time::from_ticks(ticks, numerator, denominator));
        Some(own.filter(|own| (*own - container).nanoseconds().abs() <= 2000).unwrap_or(container))
    }

    fn start_ticks(&self) -> Option<i64> {
        self.start().map(|start| start.to_ticks(self.track.time_base.0, self.track.time_base.1))
    }

    /// Tracks of sound and of subtitles.
    pub(super) fn other_tracks(&self) -> (usize, usize) {
        let kinds = counts(&self.input);
        (kinds.sound, kinds.subtitles)
    }

    pub(super) fn video_tracks(&self) -> usize {
        counts(&self.input).video
    }
}

fn failure(from: &Location, watch: &Watch, action: &'static str, code: c_int) -> MediaError {
    let location = from.to_string();
    if let Some(verdict) = watch.verdict() {
        verdict
    } else if watch.has_expired() && !from.is_remote() {
        MediaError::Endless(location)
    } else if watch.has_expired() {
        MediaError::Network { location, reason: "the server does not answer in time".to_owned() }
    } else if from.is_remote() && code != ffi::AVERROR_INVALIDDATA {
        MediaError::Network { location, reason: reason(code) }
    } else if code == ffi::AVERROR_INVALIDDATA {
        MediaError::Unknown(location)
    } else {
        MediaError::Ffmpeg { location, action, reason: reason(code) }
    }
}

/// The best track of moving pictures: FFmpeg's choice, unless that is a cover or a thumbnail.
pub(super) fn best_video(input: &mut Input) -> Option<usize> {
    let covers = ffi::AV_DISPOSITION_ATTACHED_PIC | ffi::AV_DISPOSITION_TIMED_THUMBNAILS;
    // SAFETY: the context is open.
    let best = unsafe {
        let kind = ffi::AVMediaType::AVMEDIA_TYPE_VIDEO;
        ffi::av_find_best_stream(input.as_mut_ptr(), kind, -1, -1, ptr::null_mut(), 0)
    };
    let films = input.streams().filter_map(|stream| {
        // SAFETY: the stream and its parameters belong to the open context.
        let (disposition, parameters) = unsafe { ((*stream.as_ptr()).disposition, &*(*stream.as_ptr()).codecpar) };
        let film = parameters.codec_type == ffi::AVMediaType::AVMEDIA_TYPE_VIDEO && disposition & covers == 0;
        film.then(|| (stream.index(), i64::from(parameters.width) * i64::from(parameters.height)))
    });
    let films: Vec<_> = films.collect();
    let chosen = films.iter().find(|(index, _)| usize::try_from(best) == Ok(*index));
    chosen.or_else(|| films.iter().max_by_key(|(_, area)| *area)).map(|(index, _)| *index)
}

fn track(input: &mut Input, index: usize) -> Track {
    // SAFETY: the index is that of a stream of the open context; a null frame is allowed.
    let (stream, guessed) = unsafe {
        let context = input.as_mut_ptr();
        let stream = *(*context).streams.add(index);
        (&*stream, ffi::av_guess_frame_rate(context, stream, ptr::null_mut()))
    };
    let aspect = stream.sample_aspect_ratio;
    let rates = [guessed, stream.avg_frame_rate, stream.r_frame_rate];
    // SAFETY: the parameters belong to the open context, the name is static.
    let codec = text(unsafe { ffi::avcodec_get_name((*stream.codecpar).codec_id) });
    let (mut orientation, mut content, mut mastering, mut stereo) = (Orientation::default(), None, None, None);
    if let Some(stream) = input.stream(index) {
        for data in stream.side_data() {
            match data.kind() {
                packet::side_data::Type::DisplayMatrix => {
                    orientation =
                        matrix_of(data.data()).map(|m| orientation::from_display_matrix(&m)).unwrap_or_default();
                }
                packet::side_data::Type::ContentLightLevel => content = content_level(data.data()),
                packet::side_data::Type::MasteringDisplayMetadata => mastering = mastering_level(data.data()),
                packet::side_data::Type::Stereo3d => stereo = Stereo::from_bytes(data.data()),
                _ => {}
            }
        }
    }
    Track {
        index,
        time_base: (stream.time_base.num.max(1), stream.time_base.den.max(1)),
        codec,
        rate: rates.into_iter().find(|rate| is_rate(*rate)).map(|rate| (rate.num, rate.den)),
        sample_aspect: believable_aspect(aspect.num, aspect.den),
        orientation,
        peak: colour::peak(content, mastering),
        stereo,
        start: Some(stream.start_time).filter(|start| *start != ffi::AV_NOPTS_VALUE),
    }
}

/// Between one picture in 100 seconds and 1000 in one.
fn is_rate(rate: ffi::AVRational) -> bool {
    rate.num > 0 && rate.den > 0 && (0.01..=1000.0).contains(&(f64::from(rate.num) / f64::from(rate.den)))
}

#[derive(Default)]
struct Counts {
    video: usize,
    sound: usize,
    subtitles: usize,
}

fn counts(input: &Input) -> Counts {
    let mut counts = Counts::default();
    for stream in input.streams() {
        match stream.parameters().medium() {
            ffmpeg_next::media::Type::Video => counts.video += 1,
            ffmpeg_next::media::Type::Audio => counts.sound += 1,
            ffmpeg_next::media::Type::Subtitle => counts.subtitles += 1,
            _ => {}
        }
    }
    counts
}

fn told_tracks(input: &Input) -> String {
    let counts = counts(input);
    let told = [(counts.sound, "sound"), (counts.subtitles, "subtitle"), (counts.video, "cover picture")];
    let told: Vec<_> = told.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if told.is_empty() { "it holds nothing".to_owned() } else { format!("only {}", told.join(", ")) }
}
