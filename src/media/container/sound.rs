//! The packets of the audio track that plays, for the thread that decodes sound.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ffmpeg_next::codec::packet::side_data::Type;
use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::{Codec, codec};

use super::Container;
use super::along::{Along, AlongWith};
use super::heard::SoundRead;
use super::lane::Lane;
use super::state::Shared;
use crate::location::Location;
use crate::media::error::MediaError;
use crate::media::info::SourceOptions;
use crate::media::interrupt::Watch;
use crate::media::replay_gain::ReplayGain;
use crate::media::tracks::{TrackInfo, TrackKind};
use crate::time::Time;

/// One audio track that is read.
struct AudioStream {
    index: usize,
    parameters: codec::Parameters,
    time_base: (i32, i32),
    gain: Option<ReplayGain>,
}

// SAFETY: the parameters are a copy that nothing else points to.
unsafe impl Send for AudioStream {}
// SAFETY: nobody changes them.
unsafe impl Sync for AudioStream {}

impl AudioStream {
    fn of(input: &Input, index: usize) -> Option<Self> {
        let stream = input.stream(index)?;
        let mut parameters = codec::Parameters::new();
        // SAFETY: both are valid; the copy is deep.
        let copied = unsafe { ffi::avcodec_parameters_copy(parameters.as_mut_ptr(), (*stream.as_ptr()).codecpar) };
        let base = stream.time_base();
        let time_base = (base.numerator().max(1), base.denominator().max(1));
        let told = stream.side_data().find(|data| data.kind() == Type::ReplayGain);
        let tags = [stream.metadata(), input.metadata()];
        let mut tagged = tags.iter().filter_map(|tags| ReplayGain::of_tags(|name| tags.get(name).map(str::to_owned)));
        let gain = told.and_then(|data| ReplayGain::of_bytes(data.data())).or_else(|| tagged.next());
        (copied >= 0).then_some(Self { index, parameters, time_base, gain })
    }
}

/// A track that is read.
#[derive(Clone)]
struct ReadTrack {
    stream: Arc<AudioStream>,
    origin: Time,
    shared: Arc<Shared>,
    /// Ends what the reader waits for, where that is allowed.
    interrupt: Option<Watch>,
}

impl ReadTrack {
    fn choose(&self, number: u32, film: Option<Time>) -> Option<SoundPackets> {
        let mut state = self.shared.lock();
        let choice = state.choose(self.stream.index, film)?;
        if let Some(watch) = self.interrupt.as_ref().filter(|_| state.is_left() && state.busy) {
            // What is read just now is of no use.
            watch.interrupt();
        }
        drop(state);
        self.shared.arrived.notify_all();
        self.shared.wanted.notify_one();
        let (stream, shared) = (Arc::clone(&self.stream), Arc::clone(&self.shared));
        Some(SoundPackets { number, stream, origin: self.origin, choice, shared })
    }
}

/// A track that a container of its own reads, which is opened when the track is chosen for the first time.
pub(super) struct Apart {
    location: Location,
    options: SourceOptions,
    along: AlongWith,
    opened: OnceLock<ReadTrack>,
    /// One opens it at a time.
    opening: Mutex<()>,
}

impl Apart {
    /// That of `location`, opened as `options` say, whose container comes to `along`.
    pub(super) fn new(location: Location, options: SourceOptions, along: &Along) -> Self {
        let (opened, opening) = (OnceLock::new(), Mutex::default());
        Self { location, options, along: along.downgrade(), opened, opening }
    }

    fn open(&self) -> Result<(), MediaError> {
        let _one = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if self.opened.get().is_some() {
            return Ok(());
        }
        let container = Container::open(&self.location, &self.options, &[])?;
        let along = self.along.get().ok_or(MediaError::Stopped)?;
        let track = container.audio().0.iter().find_map(|choice| match &choice.place {
            Place::Read(track) => Some(track.clone()),
            Place::Apart(_) => None,
        });
        let track = track.ok_or_else(|| MediaError::NoSound(self.location.to_string()))?;
        along.add(container);
        self.opened.get_or_init(|| track);
        Ok(())
    }
}

#[derive(Clone)]
enum Place {
    Read(ReadTrack),
    Apart(Arc<Apart>),
}

/// One that can be chosen.
#[derive(Clone)]
struct Choice {
    /// Its number among the film's audio tracks.
    number: u32,
    place: Place,
}

/// The audio tracks of a film that are read, of which one plays at a time. Any thread may choose; clones choose among the same. It keeps nothing alive but
/// the answer.
#[derive(Clone, Default)]
pub struct AudioTracks(Arc<[Choice]>);

impl AudioTracks {
    /// Those of `tracks`, which are streams of `input`, that `is_read` names: their packets from now on wait in `shared`.
    pub(super) fn of(
        input: &Input,
        (tracks, is_read): (&[TrackInfo], impl Fn(usize) -> bool),
        origin: Time,
        (shared, interrupt): (&Arc<Shared>, Option<Watch>),
    ) -> Self {
        let read = tracks.iter().filter(|track| track.kind == TrackKind::Audio && track.outside.is_none());
        let read = read.filter(|track| is_read(track.stream)).filter_map(|known| {
            let stream = Arc::new(AudioStream::of(input, known.stream)?);
            shared.lock().sounds.add(Lane::new(stream.index, stream.time_base));
            let track = ReadTrack { stream, origin, shared: Arc::clone(shared), interrupt: interrupt.clone() };
            Some((track, known.number))
        });
        Self(read.map(|(track, number)| Choice { number, place: Place::Read(track) }).collect())
    }

    /// These, and `others`, whose numbers count from 1 behind `after`.
    pub(in crate::media) fn with(&self, others: &Self, after: u32) -> Self {
        let others = others.0.iter().map(|track| Choice { number: after + track.number, ..track.clone() });
        Self(self.0.iter().cloned().chain(others).collect())
    }

    /// These, and of `numbers` those that are not among them, as `apart` makes them.
    pub(super) fn with_apart(&self, numbers: impl Iterator<Item = u32>, apart: impl Fn(u32) -> Apart) -> Self {
        let others = numbers.filter(|number| self.find(*number).is_none());
        let others = others.map(|number| Choice { number, place: Place::Apart(Arc::new(apart(number))) });
        Self(self.0.iter().cloned().chain(others).collect())
    }

    fn find(&self, number: u32) -> Option<&Place> {
        self.0.iter().find(|known| known.number == number).map(|known| &known.place)
    }

    /// Whether the track of that number has to be [opened](Self::open) before it can play.
    pub fn is_closed(&self, number: u32) -> bool {
        matches!(self.find(number), Some(Place::Apart(apart)) if apart.opened.get().is_none())
    }

    /// Opens the track of that number, where it is closed. May wait for a server as long as opening a source does; the source's own flag ends that.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn open(&self, number: u32) -> Result<(), MediaError> {
        match self.find(number) {
            Some(Place::Apart(apart)) => apart.open(),
            _ => Ok(()),
        }
    }

    /// Lets the track of that number play, from film time `film` on where one is given: its packets. None where that track is not read, or closed.
    pub fn choose(&self, number: u32, film: Option<Time>) -> Option<SoundPackets> {
        match self.find(number)? {
            Place::Read(track) => track.choose(number, film),
            Place::Apart(apart) => apart.opened.get()?.choose(number, film),
        }
    }
}

/// The packets of the audio track that plays. [`Source::take_sound`](crate::media::Source::take_sound) and [`AudioTracks::choose`] give it; another thread
/// than the one that owns the source takes them. They come by themselves, and end with the source.
pub struct SoundPackets {
    number: u32,
    stream: Arc<AudioStream>,
    origin: Time,
    choice: u64,
    shared: Arc<Shared>,
}

impl SoundPackets {
    /// The number of the track among the film's audio tracks.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// What it is read from, for messages.
    pub fn location(&self) -> String {
        self.shared.lock().location().to_owned()
    }

    /// What a decoder is opened with.
    pub fn parameters(&self) -> codec::Parameters {
        self.stream.parameters.clone()
    }

    /// FFmpeg's decoder for it; none where this FFmpeg has none.
    pub fn decoder(&self) -> Option<Codec> {
        codec::decoder::find(self.stream.parameters.id())
    }

    /// Seconds of a tick of the packets' times, as a fraction.
    pub fn time_base(&self) -> (i32, i32) {
        self.stream.time_base
    }

    /// What the track says of its loudness.
    pub fn replay_gain(&self) -> Option<ReplayGain> {
        self.stream.gain
    }

    /// The container's clock at film time zero.
    pub fn origin(&self) -> Time {
        self.origin
    }

    /// What comes next. Waits for it no longer than `timeout`.
    pub fn next(&mut self, timeout: Duration) -> SoundRead {
        let until = Instant::now() + timeout;
        let mut state = self.shared.lock();
        loop {
            if let Some(read) = state.next_sound(self.choice) {
                self.shared.wanted.notify_one();
                return read;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return SoundRead::Yet;
            }
            state = self.shared.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for SoundPackets {
    fn drop(&mut self) {
        self.shared.lock().sounds.silence(self.choice);
        self.shared.wanted.notify_one();
    }
}
