//! An open container: one thread reads it ahead, and the packets of each track wait for whoever takes them.
//!
//! ```text
//! reader (FFmpeg) ─ thread ─► state ┬ lane: the picture's packets ─► Container::read
//!                                   ├ sounds: those of the sound that plays ─► SoundPackets; those of the others, should one be chosen
//!                                   ├ cues: those of the subtitles ─► SubtitlePackets
//!                                   └ waiting: those of all other tracks, to be written along ─► OtherTracks
//! ```
//!
//! What was taken is kept for a while, so that going to a place that is at hand reads nothing; otherwise the thread goes there. A source is opened once,
//! whatever is made of it.

mod along;
mod cache;
mod cover;
mod cues;
mod earlier;
mod facts;
mod heard;
mod lane;
mod metadata;
mod others;
mod reader;
mod seek;
mod sound;
mod sounds;
mod state;
mod subtitles;
mod thread;
mod waiting;

use std::ffi::CString;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use ffmpeg_next::codec;
use ffmpeg_next::ffi::AVMediaType;

use super::error::MediaError;
use super::info::{OtherClock, Preroll, SoundChoice, SourceOptions};
use super::interrupt::Watch;
use super::stop::StopFlag;
use super::tracks::{TrackChoice, TrackInfo, TrackKind, TrackOptions};
use crate::location::Location;
use crate::time::Time;

pub(super) use along::Along;
pub use cache::Cache;
pub(super) use cover::Cover;
pub use cues::SubtitleRead;
use earlier::Earlier;
pub(super) use facts::Facts;
pub use heard::SoundRead;
use lane::{Lane, NONE};
pub(super) use metadata::Metadata;
pub use others::OtherTracks;
pub(super) use others::{Chapter, Stream};
use reader::Reader;
use sound::Apart;
pub use sound::{AudioTracks, SoundPackets};
use sounds::Sounds;
pub(super) use state::Read;
use state::{Limits, Reach, Shared, State};
pub use subtitles::{Font, SubtitlePackets, SubtitleTrack};

/// How often who waits for packets looks whether he is to do something else.
const PATIENCE: Duration = Duration::from_millis(20);
/// Files are read so far ahead.
const FILES: Time = Time::from_nanoseconds(1_000_000_000);
/// What comes over the network is read as far ahead as the memory goes that it may take.
const UNLIMITED: Time = Time::from_nanoseconds(i64::MAX);
/// How far subtitles are up already before a place, for what is written along, and for what is shown where reading costs little.
const CUES: Time = Time::from_nanoseconds(10_000_000_000);
const SHOWN_CUES: Time = Time::from_nanoseconds(5_000_000_000);

/// Whether in the format of that name each track is read from the server for itself.
fn is_apart(format: &str) -> bool {
    matches!(format, "hls" | "dash")
}

/// An open container, and the thread that reads it. Dropped, the thread ends.
pub(super) struct Container {
    pub(super) facts: Arc<Facts>,
    tags: Metadata,
    parameters: codec::Parameters,
    shared: Arc<Shared>,
    watch: Watch,
    /// The user's.
    stop: StopFlag,
    /// Ends the thread.
    own: StopFlag,
    /// A wait for the server can be ended and reading gone on with from elsewhere.
    interruptible: bool,
    /// It comes over the network.
    remote: bool,
    /// How long before a place reading has to begin for the other tracks to be whole there: a sound's run-up, cues that are up already.
    lead: Time,
    others: Option<OtherTracks>,
    audio: AudioTracks,
    sound: Option<SoundPackets>,
    subtitles: Option<SubtitlePackets>,
    /// Looks for subtitles that began before what is read, where that can be.
    earlier: Option<Earlier>,
    cover: Option<Cover>,
    thread: Option<JoinHandle<()>>,
}

// SAFETY: the parameters are a copy that nothing else points to.
unsafe impl Send for Container {}

impl Container {
    /// Opens it, chooses its tracks as `options` say, and begins to read. `outside` are tracks that lie elsewhere and may be chosen instead of its own. What
    /// comes over the network has a limited time to answer.
    pub(super) fn open(
        location: &Location,
        options: &SourceOptions,
        outside: &[TrackInfo],
    ) -> Result<Self, MediaError> {
        let own = options.stop.child();
        let watch = Watch::new(own.clone());
        let (mut reader, chosen) = Reader::open(location, options, outside, watch.clone())?;
        let facts = Arc::clone(&reader.facts);
        let (track, origin) = (&facts.track, facts.start.unwrap_or(Time::ZERO));
        let cache = &options.cache;
        // What cannot be read a second time is had as soon as it comes, as over the network, unless somebody waits for it as it is.
        let comes = location.is_remote() || !(facts.can_seek || options.tracks);
        let limits = Limits {
            length: cache.seconds.unwrap_or(if comes { UNLIMITED } else { FILES }),
            ahead: usize::try_from(cache.ahead.0).unwrap_or(usize::MAX),
            behind: if options.tracks { 0 } else { usize::try_from(cache.behind.0).unwrap_or(usize::MAX) },
        };
        let stream = if facts.has_pictures { track.index } else { NONE };
        let (pictures, sounds) = (Lane::new(stream, track.time_base), Sounds::new(origin, options.epoch));
        let shared = Arc::new(Shared::new(State::new(pictures, sounds, limits, location.to_string())));
        let input = &reader.input;
        let parameters = input.stream(track.index).map_or_else(codec::Parameters::new, |stream| stream.parameters());
        if facts.has_pictures && facts.can_seek && facts.has_times && !facts.clock_may_break && !options.tracks {
            shared.lock().keep_ranges();
        }
        let picture = facts.has_pictures.then_some(track.index);
        let mut others = options.tracks.then(|| OtherTracks::of(input, picture, &chosen.programme, origin, &shared));
        if let Some(others) = &mut others {
            others.streams.retain(|stream| !chosen.left_out.contains(&stream.index));
            if is_apart(input.format().name()) {
                // There they are the same film in other qualities.
                others.foreign = 0;
            }
            shared.lock().others = Some(others.waiting());
        }
        let is_read = |index| chosen.sounds.contains(&index);
        // What is connected to in other ways stays where it was interrupted.
        let interruptible = location.is_web() && facts.can_seek;
        let interrupt = interruptible.then(|| watch.clone());
        let audio = AudioTracks::of(input, (&facts.tracks, is_read), origin, (&shared, interrupt));
        let number = |stream| facts.tracks.iter().find(|known| known.stream == stream).map(|known| known.number);
        let sound = chosen.sound.and_then(number).and_then(|number| audio.choose(number, None));
        let subtitles = SubtitlePackets::of(input, &chosen.subtitles, origin, &shared);
        let has = |kind| others.as_ref().is_some_and(|others| others.has(kind));
        let sounds = has(AVMediaType::AVMEDIA_TYPE_AUDIO) || !chosen.sounds.is_empty();
        let lead = match () {
            () if has(AVMediaType::AVMEDIA_TYPE_SUBTITLE) => CUES,
            () if subtitles.is_some() && !location.is_remote() => SHOWN_CUES,
            () if subtitles.is_some() || sounds => heard::LEAD,
            () => Time::ZERO,
        };
        let tags = Metadata::of(input);
        // A server is not asked for the same twice; MP4 gives what is seen at a place by itself.
        let twice = matches!(location, Location::File(_)) && facts.can_seek && facts.has_times && facts.has_pictures;
        let by_itself = facts.name.split(',').any(|name| name == "mov");
        let unknown = options.preroll == Preroll::Index && !facts.name.split(',').any(|name| name == "matroska");
        let wanted = subtitles.is_some() && twice && !(by_itself || unknown || options.preroll == Preroll::No);
        let like = |stop: &StopFlag| SourceOptions { stop: stop.clone(), ..options.clone() };
        let earlier = wanted.then(|| Earlier::new(location, &like(&own), facts.start, &shared)).flatten();
        if others.is_some() {
            reader.set_all_read();
        }
        let (watch_too, shared_too) = (watch.clone(), Arc::clone(&shared));
        let thread =
            Builder::new().name("demux".to_owned()).spawn(move || thread::run(reader, &watch_too, &shared_too));
        let thread =
            thread.map_err(|error| MediaError::Thread { location: location.to_string(), reason: error.to_string() })?;
        Ok(Self {
            interruptible,
            remote: location.is_remote(),
            facts,
            tags,
            parameters,
            shared,
            watch,
            stop: options.stop.clone(),
            own,
            lead,
            others,
            audio,
            sound,
            subtitles,
            earlier,
            cover: chosen.cover,
            thread: Some(thread),
        })
    }

    /// The picture's coding parameters, for its decoder.
    pub(super) fn parameters(&self) -> codec::Parameters {
        self.parameters.clone()
    }

    /// What the container itself says under `key`.
    pub(super) fn tag(&self, key: &str) -> Option<String> {
        self.tags.entry(&CString::new(key).ok()?)
    }

    /// Tells what is at hand.
    pub(super) fn cache(&self) -> Cache {
        Cache::new(&self.shared, &self.facts, self.remote)
    }

    /// How long before a place reading has to begin for the other tracks to be whole there.
    pub(super) fn lead(&self) -> Time {
        self.lead
    }

    /// The cover of what has no pictures, where it has one; once.
    pub(super) fn take_cover(&mut self) -> Option<Cover> {
        self.cover.take()
    }

    /// Where there are no pictures: waits until sound has been read up to `film` time. Where it ends, if it ends before that.
    pub(super) fn sound_to(&mut self, film: Time) -> Result<Option<Time>, MediaError> {
        let origin = self.facts.start.unwrap_or(Time::ZERO);
        let mut state = self.shared.lock();
        loop {
            if self.stop.is_stopped() {
                return Err(MediaError::Stopped);
            }
            match state.sound_to(origin + film) {
                Some(end) => return end.map(|end| end.map(|end| end - origin)),
                None => state = self.wait(state)?,
            }
        }
    }

    /// From now on it is read for its sounds alone, beside a film that is in that epoch: only while one of them plays.
    fn set_alone(&self, epoch: u32) {
        let mut state = self.shared.lock();
        state.set_alone();
        state.sounds.begin_seek(Time::ZERO, epoch);
        state.sounds.end_seek();
    }

    /// The audio tracks that can be chosen while it plays.
    pub(super) fn audio(&self) -> &AudioTracks {
        &self.audio
    }

    /// The same, and those that are not read because a server gives each for itself (HLS, DASH): they are read by containers of their own, which come to `along`.
    /// It was opened from `location` as `options` say.
    pub(super) fn all_audio(&self, location: &Location, options: &SourceOptions, along: &Along) -> AudioTracks {
        if options.sound == SoundChoice::None || !is_apart(&self.facts.name) {
            return self.audio.clone();
        }
        let wanted = |audio| TrackOptions { video: TrackChoice::No, audio, ..TrackOptions::default() };
        let options = SourceOptions {
            start: None,
            end: None,
            sound: SoundChoice::Later,
            beside: self.facts.start.map(OtherClock::Same),
            subtitles: false,
            quiet: true,
            ..options.clone()
        };
        let own = self.facts.tracks.iter().filter(|track| track.kind == TrackKind::Audio && track.outside.is_none());
        let own = own.map(|track| track.number);
        self.audio.with_apart(own, |number| {
            let options = SourceOptions { wanted: wanted(TrackChoice::Number(number)), ..options.clone() };
            Apart::new(location.clone(), options, along)
        })
    }

    /// The packets of the sound that plays, where one was chosen; once.
    pub(super) fn take_sound(&mut self) -> Option<SoundPackets> {
        self.sound.take()
    }

    /// The packets of the subtitles, where they were asked for and there are any; once.
    pub(super) fn take_subtitles(&mut self) -> Option<SubtitlePackets> {
        self.subtitles.take()
    }

    /// The tracks beside the picture, where they were asked for; once. Reads on until each of them has shown what it begins with, or does not begin soon.
    pub(super) fn take_others(&mut self, end: Option<Time>) -> Option<OtherTracks> {
        let others = self.others.take()?;
        let mut state = self.shared.lock();
        let first = state.pictures.next_time().or(state.pictures.latest());
        state.reach(Reach::FirstPackets(first));
        let mut state = self.wait_to_reach(state);
        if let Some(waiting) = &mut state.others {
            waiting.end = end.map(|end| others.origin + end);
        }
        Some(others)
    }

    /// Waits until a packet of the other tracks waits to be written along, or none will come.
    fn wait_for_packet(&self) {
        let mut state = self.shared.lock();
        state.reach(Reach::Packet);
        drop(self.wait_to_reach(state));
    }

    /// The picture's next packet. Unreadable ones are skipped; on the network a lost connection is an error.
    pub(super) fn read(&mut self) -> Result<Read, MediaError> {
        let mut state = self.shared.lock();
        let read = loop {
            if self.stop.is_stopped() {
                return Err(MediaError::Stopped);
            }
            match state.next_picture() {
                Some(read) => break read?,
                None => state = self.wait(state)?,
            }
        };
        // Once the picture has come to the end of what is wanted, the other tracks have to come there, too: then nobody may read any more.
        if let (Read::Packet(packet), Some(others)) = (&read, &state.others)
            && let (Some(end), Some(time)) = (others.end, state.pictures.time_of(packet))
            && !others.settled
            && time >= end
        {
            state.reach(Reach::End(end));
            state = self.wait_to_reach(state);
            if let Some(others) = &mut state.others {
                others.settled = true;
            }
        }
        drop(state);
        self.shared.wanted.notify_one();
        Ok(read)
    }

    /// Waits for something to come, a while at most.
    fn wait<'a>(&'a self, state: MutexGuard<'a, State>) -> Result<MutexGuard<'a, State>, MediaError> {
        if self.stop.is_stopped() {
            return Err(MediaError::Stopped);
        }
        if self.interruptible && self.stop.is_interrupted() {
            return Err(MediaError::Interrupted);
        }
        self.shared.wanted.notify_one();
        Ok(self.shared.arrived.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Waits until all is there that is read on for, or until somebody wants something else.
    fn wait_to_reach<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        while !state.has_reached() {
            state = match self.wait(state) {
                Ok(state) => state,
                Err(_) => return self.shared.lock(),
            };
        }
        state
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.own.stop();
        self.earlier = None;
        self.shared.lock().close();
        self.shared.wanted.notify_one();
        self.shared.arrived.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that reads a film ended badly");
        }
    }
}
