//! The packets of the audio track that plays, for the thread that decodes sound.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use ffmpeg_next::codec::packet::side_data::Type;
use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::{Codec, codec};

use super::heard::SoundRead;
use super::lane::Lane;
use super::state::Shared;
use crate::media::replay_gain::ReplayGain;
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

/// The audio tracks of a film that are read, of which one plays at a time. Any thread may choose; clones choose among the same. It keeps nothing alive but
/// the answer.
#[derive(Clone)]
pub struct AudioTracks {
    streams: Arc<[AudioStream]>,
    origin: Time,
    shared: Arc<Shared>,
}

impl AudioTracks {
    /// The streams of `input` that `is_read` names, whose packets from now on wait in `shared`.
    pub(super) fn of(input: &Input, is_read: impl Fn(usize) -> bool, origin: Time, shared: &Arc<Shared>) -> Self {
        let indices = (0..input.nb_streams() as usize).filter(|index| is_read(*index));
        let streams: Arc<[AudioStream]> = indices.filter_map(|index| AudioStream::of(input, index)).collect();
        let mut state = shared.lock();
        streams.iter().for_each(|stream| state.sounds.add(Lane::new(stream.index, stream.time_base)));
        drop(state);
        Self { streams, origin, shared: Arc::clone(shared) }
    }

    /// Lets the track of that stream play, from film time `film` on where one is given: its packets. Those of the one before end. None where that stream is
    /// not read.
    pub fn choose(&self, stream: usize, film: Option<Time>) -> Option<SoundPackets> {
        let AudioStream { parameters, time_base, gain, .. } =
            self.streams.iter().find(|known| known.index == stream)?;
        let choice = self.shared.lock().sounds.choose(stream, film)?;
        self.shared.arrived.notify_all();
        self.shared.wanted.notify_one();
        let (parameters, shared) = (parameters.clone(), Arc::clone(&self.shared));
        Some(SoundPackets {
            stream,
            parameters,
            time_base: *time_base,
            gain: *gain,
            origin: self.origin,
            choice,
            shared,
        })
    }
}

/// The packets of the audio track that plays. [`Source::take_sound`](crate::media::Source::take_sound) and [`AudioTracks::choose`] give it; another thread
/// than the one that owns the source takes them. They come by themselves, and end with the source.
pub struct SoundPackets {
    stream: usize,
    parameters: codec::Parameters,
    time_base: (i32, i32),
    gain: Option<ReplayGain>,
    origin: Time,
    choice: u64,
    shared: Arc<Shared>,
}

// SAFETY: the parameters are a copy that nothing else points to.
unsafe impl Send for SoundPackets {}

impl SoundPackets {
    /// Which stream of the container it is.
    pub fn stream(&self) -> usize {
        self.stream
    }

    /// What a decoder is opened with.
    pub fn parameters(&self) -> codec::Parameters {
        self.parameters.clone()
    }

    /// FFmpeg's decoder for it; none where this FFmpeg has none.
    pub fn decoder(&self) -> Option<Codec> {
        codec::decoder::find(self.parameters.id())
    }

    /// Seconds of a tick of the packets' times, as a fraction.
    pub fn time_base(&self) -> (i32, i32) {
        self.time_base
    }

    /// What the track says of its loudness.
    pub fn replay_gain(&self) -> Option<ReplayGain> {
        self.gain
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
