//! The packets of the audio track that plays, for the thread that decodes sound.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::{Codec, codec};

use super::heard::{Heard, SoundRead};
use super::lane::Lane;
use super::state::Shared;
use crate::time::Time;

/// The packets of the audio track that plays. [`Source::take_sound`](crate::media::Source::take_sound) gives it; another thread than the one that owns
/// the source takes them. They come by themselves, and end with the source.
pub struct SoundPackets {
    parameters: codec::Parameters,
    time_base: (i32, i32),
    origin: Time,
    shared: Arc<Shared>,
}

// SAFETY: the parameters are a copy that nothing else points to.
unsafe impl Send for SoundPackets {}

impl SoundPackets {
    /// The stream `index` of `input`, whose packets from now on wait in `shared`.
    pub(super) fn of(input: &Input, index: usize, origin: Time, epoch: u32, shared: &Arc<Shared>) -> Option<Self> {
        let stream = input.stream(index)?;
        let mut parameters = codec::Parameters::new();
        // SAFETY: both are valid; the copy is deep.
        let copied = unsafe { ffi::avcodec_parameters_copy(parameters.as_mut_ptr(), (*stream.as_ptr()).codecpar) };
        if copied < 0 {
            return None;
        }
        let base = stream.time_base();
        let time_base = (base.numerator().max(1), base.denominator().max(1));
        shared.lock().sound = Some(Heard::new(Lane::new(index, time_base), origin, epoch));
        Some(Self { parameters, time_base, origin, shared: Arc::clone(shared) })
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

    /// The container's clock at film time zero.
    pub fn origin(&self) -> Time {
        self.origin
    }

    /// What comes next. Waits for it no longer than `timeout`.
    pub fn next(&mut self, timeout: Duration) -> SoundRead {
        let until = Instant::now() + timeout;
        let mut state = self.shared.lock();
        loop {
            if let Some(read) = state.next_sound() {
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
        if let Some(sound) = &mut self.shared.lock().sound {
            sound.wanted = false;
            sound.lane.clear();
        }
        self.shared.wanted.notify_one();
    }
}
