//! FFmpeg's side of a container: opening it, reading its packets one after the other, going to another place in it.

mod again;
mod index;

use std::ffi::c_int;
use std::sync::Arc;
use std::time::Duration;

use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::format::stream::Stream;
use ffmpeg_next::media::Type;
use ffmpeg_next::packet::{Mut, Packet};

use super::cover::Cover;
use super::facts::Facts;
use crate::location::Location;
use crate::media::discontinuity::{Discontinuities, Stamp};
use crate::media::error::{MediaError, reason};
use crate::media::holes::Holes;
use crate::media::info::{OtherClock, SoundChoice, SourceOptions};
use crate::media::interrupt::Watch;
use crate::media::listed;
use crate::media::log::complaints;
use crate::media::memory::find_tracks;
use crate::media::open::open_input;
use crate::media::remote_options::RemoteOptions;
use crate::media::track;
use crate::media::tracks::{TrackChoice, TrackInfo, TrackKind};
use crate::time::Time;

/// How long a server may take to answer at all, unless it is given less.
const OPEN_LIMIT: Duration = Duration::from_secs(30);
/// So many unreadable packets in a row are the end.
const MOST_ERRORS: u32 = 1000;
/// A film may be this much shorter than its container says: lengths are rounded, and the last picture's is often not told.
const SHORTER: Time = Time::from_nanoseconds(1_000_000_000);

/// What begins within this of another is on the same clock: tracks of one film begin apart by what their codecs run ahead.
const SAME_CLOCK: Time = Time::from_nanoseconds(1_000_000_000);

/// A place in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The last at or before that time (the stream's own) from which decoding can begin, as the container knows it.
    Before(Time),
    /// The very beginning.
    Beginning {
        /// It can be searched by bytes only.
        timeless: bool,
    },
}

/// An open container.
pub(super) struct Reader {
    pub(super) input: Input,
    pub(super) facts: Arc<Facts>,
    watch: Watch,
    location: Location,
    /// How long a server may take over the next packet.
    timeout: Duration,
    remote: Arc<RemoteOptions>,
    /// Packets of the picture that were passed over since it was connected to again, until one comes from which decoding can begin.
    passed: Option<u32>,
    errors: u32,
    /// By stream: whether its packets are read.
    wanted: Vec<bool>,
    /// All its tracks are read.
    all_read: bool,
    clock: Discontinuities,
    holes: Holes,
    /// The end of all that was read, on the container's clock.
    reached: Option<Time>,
    told_end: bool,
    quiet: bool,
}

/// Which streams are read beside the picture.
pub(super) struct Chosen {
    /// By stream: whether it belongs to the picture's programme.
    pub(super) programme: Vec<bool>,
    /// Those of them that are not to go along.
    pub(super) left_out: Vec<usize>,
    /// The sounds that can be played.
    pub(super) sounds: Vec<usize>,
    /// The one that plays.
    pub(super) sound: Option<usize>,
    /// The subtitles that may be shown.
    pub(super) subtitles: Vec<usize>,
    /// The cover of what has no pictures.
    pub(super) cover: Option<Cover>,
}

impl Reader {
    /// Opens it and chooses its tracks as `options` say; pictures looked at for that take no more memory than they allow. What comes over the network
    /// has a limited time to answer.
    pub(super) fn open(
        location: &Location,
        options: &SourceOptions,
        outside: &[TrackInfo],
        watch: Watch,
    ) -> Result<(Self, Chosen), MediaError> {
        watch.allow(location.is_remote().then_some(OPEN_LIMIT.min(options.remote.timeout)));
        let fail = |action: &'static str, code: c_int| failure(location, &watch, action, code);
        let mut input = open_input(location, &watch, &options.remote, None).map_err(|code| fail("opening", code))?;
        // SAFETY: the context is open.
        let code = find_tracks(unsafe { input.as_mut_ptr() }, options.reading.most_memory);
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
        let best = track::best_video(&mut input, options.remote.hls_bitrate);
        let pictures = options.wanted.video != TrackChoice::No;
        let video = chosen_video(&input, location, options).or(best).filter(|_| pictures);
        let first_sound = || input.streams().find(|stream| stream.parameters().medium() == Type::Audio);
        let alone = first_sound().filter(|_| options.sound != SoundChoice::None || !pictures);
        let index = video.or(alone.map(|stream| stream.index())).ok_or_else(|| match pictures {
            true => MediaError::NoVideo { location: location.to_string(), tracks: track::told_tracks(&input) },
            false => MediaError::NoSound(location.to_string()),
        })?;
        // Without pictures the sound is that of what would be seen.
        let programme = track::programme(&input, best.unwrap_or(index));
        let tracks = listed::joined(listed::tracks(&input, &programme), outside);
        let sound = match options.sound {
            SoundChoice::None => None,
            SoundChoice::Best | SoundChoice::Later => chosen_sound(&input, &tracks, location, options),
        };
        let apart = super::is_apart(input.format().name());
        let can_be_heard = |track: &&TrackInfo| {
            let own = track.kind == TrackKind::Audio && track.outside.is_none();
            own && options.sound != SoundChoice::None && (!apart || Some(track.stream) == sound)
        };
        let sounds: Vec<usize> = tracks.iter().filter(can_be_heard).map(|track| track.stream).collect();
        let subtitles = if options.subtitles { track::subtitles(&mut input, index, &programme) } else { Vec::new() };
        let left_out = if options.tracks { options.wanted.left_out(&tracks) } else { Vec::new() };
        if options.tracks && left_out.len() == tracks.iter().filter(|track| track.kind == TrackKind::Audio).count() {
            // It says so where what is asked for is not there.
            chosen_sound(&input, &tracks, location, options);
        }
        let own = tracks.iter().filter(|track| track.kind == TrackKind::Audio && track.outside.is_none());
        let left_out: Vec<usize> =
            own.filter(|track| left_out.contains(&track.number)).map(|track| track.stream).collect();
        let is_read = |stream: &Stream<'_>| {
            Some(stream.index()) == video
                || sounds.contains(&stream.index())
                || subtitles.contains(&stream.index())
                || options.tracks
                    && programme[stream.index()]
                    && track::is_sound_or_subtitle(stream)
                    && !left_out.contains(&stream.index())
        };
        let wanted: Vec<bool> = input.streams().map(|stream| is_read(&stream)).collect();
        choose_streams(&mut input, &wanted);
        let cover = if video.is_none() { Cover::of(&mut input) } else { None };
        // What is alone is searched by the sound that plays.
        let index = video.or(sound).unwrap_or(index);
        let track = track::track(&mut input, index, &programme);
        let mut facts = Facts::of(&input, (track, video.is_some()), tracks);
        let near = |own: Time, other: Time| (own - other).nanoseconds().abs() < SAME_CLOCK.nanoseconds();
        facts.start = match (facts.start, options.beside) {
            (Some(own), Some(OtherClock::Near(other))) => Some(if near(own, other) { other } else { own }),
            (_, Some(OtherClock::Same(other))) => Some(other),
            (own, _) => own,
        };
        let sound = sound.filter(|_| options.sound == SoundChoice::Best);
        let reader = Self {
            clock: Discontinuities::new(facts.clock_may_break),
            // Where other tracks are not read, the longest may be one of them.
            all_read: facts.sounds == 0,
            input,
            facts: Arc::new(facts),
            watch,
            location: location.clone(),
            timeout: options.remote.timeout,
            remote: Arc::clone(&options.remote),
            passed: None,
            errors: 0,
            wanted,
            holes: Holes::default(),
            reached: None,
            told_end: false,
            quiet: options.quiet,
        };
        Ok((reader, Chosen { programme, left_out, sounds, sound, subtitles, cover }))
    }

    /// All tracks of the picture's programme are read.
    pub(super) fn set_all_read(&mut self) {
        self.all_read = true;
    }

    /// The next packet of all wanted tracks, its times mended; none at the end. Unreadable ones are skipped; on the network a lost connection is an error.
    pub(super) fn next(&mut self) -> Result<Option<Packet>, MediaError> {
        loop {
            if self.watch.is_stopped() {
                return Err(MediaError::Stopped);
            }
            let again = self.can_connect_again();
            let patience = if again { self.timeout.min(again::SILENCE) } else { self.timeout };
            self.watch.allow(self.location.is_remote().then_some(patience));
            let mut packet = Packet::empty();
            // SAFETY: the context is open, the packet empty.
            let code = unsafe { ffi::av_read_frame(self.input.as_mut_ptr(), packet.as_mut_ptr()) };
            match code {
                0.. => {
                    self.errors = 0;
                    if self.wanted.get(packet.stream()).copied().unwrap_or(false) && !self.passes(&packet) {
                        self.mend(&mut packet);
                        return Ok(Some(packet));
                    }
                }
                // FFmpeg may take it for the end.
                _ if self.watch.is_interrupted() && !self.watch.is_stopped() => return Err(MediaError::Interrupted),
                _ if again && self.watch.end().is_none() && !is_in_between(code) => {
                    let ended = code == ffi::AVERROR_EOF;
                    let error = if ended { self.ended() } else { self.failure("reading", code) };
                    match self.connect_again(error) {
                        Err(MediaError::Network { .. }) if ended => return Ok(None),
                        result => result?,
                    }
                }
                _ if self.watch.verdict().is_some() => return Err(self.failure("reading", code)),
                ffi::AVERROR_EOF => {
                    self.tell_end();
                    return Ok(None);
                }
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
                        self.told_end = true;
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Whether a packet is passed over: those that need what was lost with the connection before.
    fn passes(&mut self, packet: &Packet) -> bool {
        let Some(passed) = self.passed.filter(|_| packet.stream() == self.facts.track.index) else { return false };
        let passes = !packet.is_key() && passed < again::MOST_PASSED;
        self.passed = passes.then_some(passed + 1);
        passes
    }

    /// Moves a packet's times to where they were without jumps of the clock.
    fn mend(&mut self, packet: &mut Packet) {
        let Some(ticks) = packet.dts().or(packet.pts()).filter(|_| self.facts.has_times) else { return };
        let index = packet.stream();
        let Some((numerator, denominator, sparse)) = self.input.stream(index).map(|stream| {
            let base = stream.time_base();
            (base.numerator(), base.denominator(), track::is_sparse(&stream))
        }) else {
            return;
        };
        let time = |ticks| Time::from_ticks(ticks, numerator, denominator);
        let length = time(packet.duration().max(0));
        let stamp = Stamp { time: time(ticks), decoding: packet.dts().is_some(), length, sparse };
        let shift = self.clock.shift(index, stamp);
        if shift != Time::ZERO {
            let moved = |ticks: i64| ticks.saturating_add(shift.to_ticks(numerator, denominator));
            packet.set_pts(packet.pts().map(moved));
            packet.set_dts(packet.dts().map(moved));
        }
        if sparse {
            return;
        }
        let end = time(packet.pts().or(packet.dts()).unwrap_or(ticks)) + length;
        self.reached = Some(self.reached.map_or(end, |reached| reached.max(end)));
        let begin = time(packet.dts().unwrap_or(ticks));
        let hole = self.holes.look(index, (begin, begin + length), complaints());
        if let Some((from, to)) = hole.filter(|_| !self.quiet) {
            let start = self.facts.start.unwrap_or(Time::ZERO);
            let (from, to) = (from - start, to - start);
            tracing::warn!("{}: the file is damaged: nothing can be read from {from} to {to}", self.location);
        }
    }

    /// At the end: a line where the container promised more.
    fn tell_end(&mut self) {
        let facts = &self.facts;
        if facts.duration.is_none() && facts.name == "sdp" && !(self.told_end || self.quiet) {
            tracing::warn!("{}", self.ended());
        }
        let promised = if self.all_read { facts.duration.max(facts.track.counted) } else { facts.track.duration };
        let (Some(promised), Some(reached), Some(start)) = (promised, self.reached, facts.start) else { return };
        let length = reached - start;
        let told = std::mem::replace(&mut self.told_end, true) || self.quiet;
        if !told && facts.told_by_header && length + SHORTER < promised {
            tracing::warn!(
                "{}: it ends at {length}, although it says that it is {promised} long: part of the file is missing; copy or download it again",
                self.location
            );
        }
    }

    /// Goes elsewhere.
    pub(super) fn go_to(&mut self, place: Place) -> Result<(), MediaError> {
        let (index, base) = (self.facts.track.index as c_int, self.facts.track.time_base);
        if self.loses_its_place() {
            let start = self.facts.start.unwrap_or(Time::ZERO);
            self.forget();
            return self.open_from(match place {
                Place::Before(time) => time - start,
                Place::Beginning { .. } => Time::ZERO,
            });
        }
        match place {
            Place::Before(time) => self.go(index, time.to_ticks(base.0, base.1), ffi::AVSEEK_FLAG_BACKWARD),
            Place::Beginning { timeless } => {
                // In these a search by time may miss the first picture; their first byte is it.
                let by_bytes = timeless || matches!(self.input.format().name(), "mpegts" | "mpeg");
                if by_bytes && self.go(-1, 0, ffi::AVSEEK_FLAG_BYTE).is_ok() {
                    return Ok(());
                }
                let start = self.facts.start.map_or(0, |start| start.to_ticks(base.0, base.1));
                self.go(index, start, ffi::AVSEEK_FLAG_BACKWARD)
            }
        }
    }

    fn go(&mut self, stream: c_int, place: i64, flags: c_int) -> Result<(), MediaError> {
        if self.watch.is_stopped() {
            return Err(MediaError::Stopped);
        }
        self.watch.allow(self.location.is_remote().then_some(self.timeout));
        self.forget();
        // SAFETY: the context is open.
        let code = unsafe {
            if let Some(stream) = (*self.input.as_mut_ptr()).pb.as_mut() {
                // Of an interruption FFmpeg would go on to speak at the end.
                (stream.error, stream.eof_reached) = (0, 0);
            }
            ffi::av_seek_frame(self.input.as_mut_ptr(), stream, place, flags)
        };
        match code {
            0.. => Ok(()),
            _ if self.watch.is_stopped() => Err(MediaError::Stopped),
            _ if self.watch.is_interrupted() => Err(MediaError::Interrupted),
            _ => {
                tracing::debug!("seeking failed ({})", reason(code));
                Err(MediaError::CannotSeek(self.location.to_string()))
            }
        }
    }

    /// What was read belongs to another place.
    fn forget(&mut self) {
        self.errors = 0;
        self.reached = None;
        self.clock.reset();
        self.holes.reset();
    }

    fn ended(&self) -> MediaError {
        let location = self.location.to_string();
        MediaError::Network { location, reason: "the server has ended the stream".to_owned() }
    }

    fn failure(&self, action: &'static str, code: c_int) -> MediaError {
        failure(&self.location, &self.watch, action, code)
    }
}

/// Lets FFmpeg read the streams that are wanted.
fn choose_streams(input: &mut Input, wanted: &[bool]) {
    for mut stream in input.streams_mut() {
        let is_wanted = wanted.get(stream.index()).copied().unwrap_or(false);
        let discard = if is_wanted { ffi::AVDiscard::AVDISCARD_DEFAULT } else { ffi::AVDiscard::AVDISCARD_ALL };
        // SAFETY: the stream belongs to the open context.
        unsafe { (*stream.as_mut_ptr()).discard = discard };
    }
}

/// Whether more may come after that answer of FFmpeg's.
fn is_in_between(code: c_int) -> bool {
    code == ffi::AVERROR(ffi::EAGAIN) || code == ffi::AVERROR_INVALIDDATA
}

/// The stream of pictures whose number is asked for; none where no number is, or there is no such track.
fn chosen_video(input: &Input, location: &Location, options: &SourceOptions) -> Option<usize> {
    let TrackChoice::Number(number) = options.wanted.video else { return None };
    let all = listed::tracks(input, &vec![true; input.nb_streams() as usize]);
    let is_it = |track: &&TrackInfo| track.kind == TrackKind::Video && track.number == number && !track.cover;
    let found = all.iter().find(is_it).map(|track| track.stream);
    if found.is_none() && !options.quiet {
        tracing::warn!("{location}: there is no video track {number}: another one is shown");
    }
    found
}

/// The stream of sound that is wanted; none where that lies elsewhere. What is asked for by number and is not there is told.
fn chosen_sound(input: &Input, tracks: &[TrackInfo], location: &Location, options: &SourceOptions) -> Option<usize> {
    let wanted = options.wanted.audio(tracks);
    let sound = wanted.filter(|track| track.outside.is_none()).map(|track| track.stream);
    if matches!(options.wanted.audio, TrackChoice::Auto) {
        return sound.map(|best| track::sound_variant(input, best, options.remote.hls_bitrate));
    }
    if let (None, TrackChoice::Number(number), false) = (wanted, options.wanted.audio, options.quiet) {
        tracing::warn!("{location}: there is no audio track {number}: nothing is heard");
    }
    sound
}

fn failure(from: &Location, watch: &Watch, action: &'static str, code: c_int) -> MediaError {
    let location = from.to_string();
    if let Some(verdict) = watch.verdict() {
        verdict
    } else if watch.has_expired() && !from.is_remote() {
        MediaError::Endless(location)
    } else if watch.has_expired() {
        let limit = watch.allowed().as_secs_f64().round();
        MediaError::Network { location, reason: format!("{action}, the server was waited for in vain for {limit} s") }
    } else if from.is_remote() && code != ffi::AVERROR_INVALIDDATA {
        MediaError::Network { location, reason: reason(code) }
    } else if code == ffi::AVERROR_INVALIDDATA {
        MediaError::Unknown(location)
    } else {
        MediaError::Ffmpeg { location, action, reason: reason(code) }
    }
}
