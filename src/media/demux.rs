//! The container: opening it, reading its packets, going to another place in it.
//!
//! One reader for all tracks: the picture's packets go to the decoder, those of the other tracks, where they are wanted, into a queue
//! ([`OtherTracks`]). A source is opened once, whatever is made of it.

mod facts;

use std::collections::VecDeque;
use std::ffi::c_int;
use std::sync::Arc;
use std::time::Duration;

use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::format::stream::Stream;
use ffmpeg_next::packet::{Mut, Packet};

use super::discontinuity::{Discontinuities, Stamp};
use super::error::{MediaError, reason};
use super::holes::Holes;
use super::info::{SoundChoice, SourceOptions};
use super::interrupt::Watch;
use super::log::complaints;
use super::memory::find_tracks;
use super::open::open_input;
use super::others::{OtherTracks, Pushed, Queue};
use super::sound_packets::{SoundFeed, SoundPackets, best_sound};
use super::track::{self, Track};
use crate::location::Location;
use crate::time::Time;

/// How long a server may take to answer at all.
const OPEN_LIMIT: Duration = Duration::from_secs(30);
/// How long a server may take over the next packet.
const READ_LIMIT: Duration = Duration::from_secs(20);
/// So many unreadable packets in a row are the end.
const MOST_ERRORS: u32 = 1000;
/// The most bytes of the picture that are read ahead to see what the other tracks begin with, or where they end.
const MOST_AHEAD: usize = 64 << 20;
/// How far the picture is read ahead for the other tracks' first packets: farther than containers put tracks apart.
const FIRST_PACKETS: Time = Time::from_nanoseconds(2_000_000_000);
/// A film may be this much shorter than its container says: lengths are rounded, and the last picture's is often not told.
const SHORTER: Time = Time::from_nanoseconds(1_000_000_000);

/// An open container.
pub(super) struct Demuxer {
    input: Input,
    watch: Watch,
    location: Location,
    errors: u32,
    pub(super) track: Track,
    /// By stream: whether its packets are read.
    wanted: Vec<bool>,
    others: Option<Others>,
    sound: Option<SoundFeed>,
    clock: Discontinuities,
    holes: Holes,
    /// The picture's packets that were read ahead.
    ahead: VecDeque<Packet>,
    /// What ended reading ahead, told when the packets before it have been taken.
    failure: Option<MediaError>,
    /// The end of all that was read, on the container's clock.
    reached: Option<Time>,
    told_end: bool,
    quiet: bool,
}

/// Where the other tracks' packets go.
struct Others {
    queue: Arc<Queue>,
    /// Until it is taken.
    tracks: Option<OtherTracks>,
    /// Streams of sound, and the last time of each on the container's clock.
    sounds: Vec<(usize, Option<Time>)>,
    subtitles: bool,
    /// Up to where they are wanted, on the container's clock.
    end: Option<Time>,
    settled: bool,
}

/// What was read.
pub(super) enum Read {
    Packet(Packet),
    End,
}

impl Demuxer {
    /// Opens it and chooses its tracks as `options` say; pictures looked at for that take no more memory than they allow. What comes over the network
    /// has a limited time to answer.
    pub(super) fn open(location: &Location, options: &SourceOptions) -> Result<Self, MediaError> {
        let (others, stop, most) = (options.tracks, &options.stop, options.reading.most_memory);
        let watch = Watch::new(stop.clone());
        watch.allow(location.is_remote().then_some(OPEN_LIMIT));
        let fail = |action: &'static str, code: c_int| failure(location, &watch, action, code);
        let mut input = open_input(location, &watch, &options.remote).map_err(|code| fail("opening", code))?;
        // SAFETY: the context is open.
        let code = find_tracks(unsafe { input.as_mut_ptr() }, most);
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
        let index = track::best_video(&mut input, options.remote.hls_bitrate).ok_or_else(|| MediaError::NoVideo {
            location: location.to_string(),
            tracks: track::told_tracks(&input),
        })?;
        let programme = track::programme(&input, index);
        let sound = match options.sound {
            SoundChoice::None => None,
            SoundChoice::Best => best_sound(&mut input, index, &programme),
        };
        let is_read = |stream: &Stream<'_>| {
            stream.index() == index
                || Some(stream.index()) == sound
                || others && programme[stream.index()] && track::is_sound_or_subtitle(stream)
        };
        let wanted: Vec<bool> = input.streams().map(|stream| is_read(&stream)).collect();
        for mut stream in input.streams_mut() {
            let discard =
                if wanted[stream.index()] { ffi::AVDiscard::AVDISCARD_DEFAULT } else { ffi::AVDiscard::AVDISCARD_ALL };
            // SAFETY: the stream belongs to the open context.
            unsafe { (*stream.as_mut_ptr()).discard = discard };
        }
        let track = track::track(&mut input, index, &programme);
        let clock = Discontinuities::new(facts::flags(&input) & ffi::AVFMT_TS_DISCONT != 0);
        let mut demuxer = Self {
            input,
            watch,
            location: location.clone(),
            errors: 0,
            track,
            wanted,
            others: None,
            sound: None,
            clock,
            holes: Holes::default(),
            ahead: VecDeque::new(),
            failure: None,
            reached: None,
            told_end: false,
            quiet: false,
        };
        if others {
            demuxer.attach(&programme);
        }
        if let Some(index) = sound {
            let origin = demuxer.start().unwrap_or(Time::ZERO);
            demuxer.sound = SoundFeed::of(&demuxer.input, index, origin, options.epoch);
        }
        demuxer.quiet = options.quiet;
        // What is connected to in other ways stays where it was interrupted.
        if location.is_web() && demuxer.can_seek() {
            demuxer.watch.mind_interruptions();
        }
        Ok(demuxer)
    }

    /// Makes the queue for the other tracks.
    fn attach(&mut self, programme: &[bool]) {
        let origin = self.start().unwrap_or(Time::ZERO);
        let Some((mut tracks, queue)) = OtherTracks::of(&self.input, self.track.index, programme, origin) else {
            return;
        };
        if matches!(self.input.format().name(), "hls" | "dash") {
            // There they are the same film in other qualities.
            tracks.foreign = 0;
        }
        let of_kind = |kind| tracks.streams.iter().filter(move |stream| stream.kind() == kind);
        let sounds = of_kind(ffi::AVMediaType::AVMEDIA_TYPE_AUDIO).map(|stream| (stream.index, None)).collect();
        let subtitles = of_kind(ffi::AVMediaType::AVMEDIA_TYPE_SUBTITLE).next().is_some();
        self.others = Some(Others { queue, tracks: Some(tracks), sounds, subtitles, end: None, settled: false });
    }

    /// The tracks beside the picture, where they were asked for; once. Reads on until each of them has shown what it begins with, or does not begin soon.
    pub(super) fn take_others(&mut self, end: Option<Time>) -> Option<OtherTracks> {
        self.look_for_first_packets();
        let start = self.start().unwrap_or(Time::ZERO);
        let others = self.others.as_mut()?;
        others.end = end.map(|end| start + end);
        others.tracks.take()
    }

    /// How long before a place reading has to begin for the other tracks to be whole there: a sound's run-up, cues that are up already.
    pub(super) fn lead(&self) -> Time {
        match &self.others {
            Some(others) if others.subtitles => Time::from_nanoseconds(10_000_000_000),
            Some(others) if !others.sounds.is_empty() => Time::from_nanoseconds(1_000_000_000),
            _ if self.sound.is_some() => Time::from_nanoseconds(1_000_000_000),
            _ => Time::ZERO,
        }
    }

    /// The packets of the sound that plays, where one was chosen; once.
    pub(super) fn take_sound(&mut self) -> Option<SoundPackets> {
        self.sound.as_mut()?.packets.take()
    }

    /// What is read from now on is wanted for `target`, in that epoch.
    pub(super) fn begin_seek(&self, target: Time, epoch: u32) {
        if let Some(sound) = &self.sound {
            sound.queue.seek(target, epoch);
        }
    }

    /// The picture's next packet. Unreadable ones are skipped; on the network a lost connection is an error.
    pub(super) fn read(&mut self) -> Result<Read, MediaError> {
        if let Some(packet) = self.ahead.pop_front() {
            return Ok(Read::Packet(packet));
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let read = self.next_picture()?;
        if let Read::Packet(packet) = &read {
            self.settle(self.time_of(packet));
        }
        Ok(read)
    }

    /// Once the picture has come to the end of what is wanted, reads on until the other tracks have, too: then nobody may read any more.
    fn settle(&mut self, time: Option<Time>) {
        let Some(others) = &mut self.others else { return };
        let (Some(end), Some(time)) = (others.end, time) else { return };
        if others.settled || time < end {
            return;
        }
        others.settled = true;
        self.read_ahead(|demuxer| demuxer.sounds().all(|last| last.is_some_and(|last| last >= end)));
    }

    /// How far each sound has come, on the container's clock.
    fn sounds(&self) -> impl Iterator<Item = Option<Time>> {
        self.others.iter().flat_map(|others| others.sounds.iter().map(|(_, last)| *last))
    }

    fn look_for_first_packets(&mut self) {
        let first = self.ahead.front().and_then(|packet| self.time_of(packet)).or(self.reached);
        self.read_ahead(|demuxer| {
            let far = demuxer.ahead.back().and_then(|packet| demuxer.time_of(packet));
            let far = far.zip(first).is_some_and(|(far, first)| far > first + FIRST_PACKETS);
            far || demuxer.sounds().all(|last| last.is_some())
        });
    }

    /// Reads the picture's packets ahead until `enough`, the end, or too many.
    fn read_ahead(&mut self, enough: impl Fn(&Self) -> bool) {
        let mut bytes: usize = self.ahead.iter().map(Packet::size).sum();
        while self.failure.is_none() && bytes < MOST_AHEAD && !enough(self) {
            match self.next_picture() {
                Ok(Read::Packet(packet)) => {
                    bytes += packet.size();
                    self.ahead.push_back(packet);
                }
                Ok(Read::End) => return,
                Err(error) => self.failure = Some(error),
            }
        }
    }

    /// The picture's next packet in the container; what comes before it of the other tracks goes into the queue.
    fn next_picture(&mut self) -> Result<Read, MediaError> {
        loop {
            let read = self.next_packet();
            if let (Ok(None) | Err(_), Some(sound)) = (&read, &self.sound) {
                sound.queue.end();
            }
            let Some(packet) = read? else {
                self.tell_end();
                return Ok(Read::End);
            };
            if packet.stream() == self.track.index {
                return Ok(Read::Packet(packet));
            }
            if let Some(sound) = self.sound.as_ref().filter(|sound| sound.index == packet.stream()) {
                if self.others.is_none() {
                    sound.queue.push(packet);
                    continue;
                }
                sound.queue.push(packet.clone());
            }
            let time = self.time_of(&packet);
            let Some(others) = &mut self.others else { continue };
            if let Some((_, last)) = others.sounds.iter_mut().find(|(index, _)| *index == packet.stream()) {
                *last = time.or(*last);
            }
            match others.queue.push(packet, &self.watch) {
                Pushed::Waiting | Pushed::Unwanted => {}
                Pushed::Full => return Err(MediaError::TooFarApart(self.location.to_string())),
                Pushed::Stopped => return Err(MediaError::Stopped),
            }
        }
    }

    /// The next packet of all wanted tracks, its times mended; none at the end.
    fn next_packet(&mut self) -> Result<Option<Packet>, MediaError> {
        loop {
            if self.watch.is_stopped() {
                return Err(MediaError::Stopped);
            }
            self.watch.allow(self.location.is_remote().then_some(READ_LIMIT));
            let mut packet = Packet::empty();
            // SAFETY: the context is open, the packet empty.
            let code = unsafe { ffi::av_read_frame(self.input.as_mut_ptr(), packet.as_mut_ptr()) };
            match code {
                0.. => {
                    self.errors = 0;
                    if self.wanted.get(packet.stream()).copied().unwrap_or(false) {
                        self.mend(&mut packet);
                        return Ok(Some(packet));
                    }
                }
                // FFmpeg may take it for the end.
                _ if self.watch.is_interrupted() && !self.watch.is_stopped() => return Err(MediaError::Interrupted),
                _ if self.watch.verdict().is_some() => return Err(self.failure("reading", code)),
                ffi::AVERROR_EOF => return Ok(None),
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

    /// Moves a packet's times to where they were without jumps of the clock.
    fn mend(&mut self, packet: &mut Packet) {
        let Some(ticks) = packet.dts().or(packet.pts()).filter(|_| self.has_times()) else { return };
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
            let start = self.start().unwrap_or(Time::ZERO);
            let (from, to) = (from - start, to - start);
            tracing::warn!("{}: the file is damaged: nothing can be read from {from} to {to}", self.location);
        }
    }

    /// When a packet is to be decoded, on the container's clock.
    fn time_of(&self, packet: &Packet) -> Option<Time> {
        let ticks = packet.dts().or(packet.pts())?;
        let base = self.input.stream(packet.stream())?.time_base();
        Some(Time::from_ticks(ticks, base.numerator(), base.denominator()))
    }

    /// At the end: a line where the container promised more.
    fn tell_end(&mut self) {
        let counts = track::counts(&self.input);
        // Where other tracks are not read, the longest may be one of them.
        let all_read = self.others.is_some() || counts.sound == 0;
        let promised = if all_read { self.duration().max(self.track.counted) } else { self.track.duration };
        let (Some(promised), Some(reached), Some(start)) = (promised, self.reached, self.start()) else { return };
        let length = reached - start;
        let told = std::mem::replace(&mut self.told_end, true) || self.quiet;
        if !told && self.is_told_by_header() && length + SHORTER < promised {
            tracing::warn!(
                "{}: it ends at {length}, although it says that it is {promised} long: part of the file is missing; copy or download it again",
                self.location
            );
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

    /// What was read belongs to another place.
    fn forget(&mut self) {
        self.errors = 0;
        self.ahead.clear();
        self.failure = None;
        self.reached = None;
        self.clock.reset();
        self.holes.reset();
        if let Some(sound) = &self.sound {
            sound.queue.clear();
        }
        if let Some(others) = &mut self.others {
            others.queue.clear();
            others.settled = false;
            others.sounds.iter_mut().for_each(|(_, last)| *last = None);
        }
    }

    fn go(&mut self, stream: c_int, place: i64, flags: c_int) -> Result<(), MediaError> {
        if self.watch.is_stopped() {
            return Err(MediaError::Stopped);
        }
        self.watch.allow(self.location.is_remote().then_some(READ_LIMIT));
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

    fn failure(&self, action: &'static str, code: c_int) -> MediaError {
        failure(&self.location, &self.watch, action, code)
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
