//! The packets of the audio track that plays, on their way from the thread that reads the container to the one that decodes sound.

use std::collections::VecDeque;
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::packet::Packet;
use ffmpeg_next::{Codec, codec};

use crate::time::Time;

/// The most bytes that wait; of more the oldest are thrown away.
const MOST_BYTES: usize = 64 << 20;

/// FFmpeg's choice among the audio tracks that belong to the picture `picture`; `programme` says which do.
pub(super) fn best_sound(input: &mut Input, picture: usize, programme: &[bool]) -> Option<usize> {
    let related = i32::try_from(picture).unwrap_or(-1);
    // SAFETY: the context is open; no decoder is asked for.
    let best = unsafe {
        let kind = ffi::AVMediaType::AVMEDIA_TYPE_AUDIO;
        ffi::av_find_best_stream(input.as_mut_ptr(), kind, -1, related, ptr::null_mut(), 0)
    };
    usize::try_from(best).ok().filter(|index| programme.get(*index).copied().unwrap_or(false))
}

/// The packets of the audio track that plays. [`Source::take_sound`](super::Source::take_sound) gives it; another thread than the one that owns the
/// source takes them. They come as long as the source reads on, and end with it.
pub struct SoundPackets {
    parameters: codec::Parameters,
    time_base: (i32, i32),
    origin: Time,
    queue: Arc<SoundQueue>,
}

// SAFETY: the parameters are a copy that nothing else points to.
unsafe impl Send for SoundPackets {}

/// What [`SoundPackets::next`] finds.
pub enum SoundRead {
    /// The next packet, in the container's order.
    Packet {
        /// Its times are on the container's clock, without that clock's jumps.
        packet: Packet,
        /// The epoch of the seek that it follows.
        epoch: u32,
    },
    /// The source goes elsewhere: what came before is void, and packets follow from some time before `target` on. It may come more than once for one
    /// seek, with the same epoch.
    Sought {
        /// That of the frames from there.
        epoch: u32,
        /// The film time that is wanted.
        target: Time,
    },
    /// There is no more of this epoch, for now: packets still come where the container keeps its tracks too far apart. Given once.
    End {
        /// The epoch that ended.
        epoch: u32,
    },
    /// Nothing came in time.
    Yet,
    /// The source is gone.
    Over,
}

impl SoundPackets {
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
        let mut state = self.queue.lock();
        loop {
            if let Some(read) = state.take() {
                return read;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return SoundRead::Yet;
            }
            state = self.queue.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for SoundPackets {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.unwanted = true;
        state.empty();
    }
}

/// Packets on their way to [`SoundPackets`].
pub(super) struct SoundQueue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    packets: VecDeque<Packet>,
    bytes: usize,
    epoch: u32,
    /// Of the last seek.
    target: Option<Time>,
    /// That seek was told, and nothing has been thrown away since.
    told: bool,
    /// The end, until it is told.
    ended: bool,
    over: bool,
    unwanted: bool,
}

impl State {
    fn take(&mut self) -> Option<SoundRead> {
        let epoch = self.epoch;
        if self.over {
            return Some(SoundRead::Over);
        }
        if let Some(target) = self.target.filter(|_| !std::mem::replace(&mut self.told, true)) {
            return Some(SoundRead::Sought { epoch, target });
        }
        if let Some(packet) = self.packets.pop_front() {
            self.bytes = self.bytes.saturating_sub(packet.size());
            return Some(SoundRead::Packet { packet, epoch });
        }
        std::mem::take(&mut self.ended).then_some(SoundRead::End { epoch })
    }

    fn empty(&mut self) {
        self.packets.clear();
        self.bytes = 0;
        (self.ended, self.told) = (false, false);
    }
}

impl SoundQueue {
    fn new(epoch: u32) -> Self {
        Self { state: Mutex::new(State { epoch, ..State::default() }), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        if !state.unwanted {
            change(&mut state);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Puts a packet in. Never waits: of what nobody takes the oldest goes.
    pub(super) fn push(&self, packet: Packet) {
        self.change(|state| {
            state.bytes += packet.size();
            state.packets.push_back(packet);
            while state.bytes > MOST_BYTES
                && let Some(oldest) = state.packets.pop_front()
            {
                state.bytes = state.bytes.saturating_sub(oldest.size());
            }
        });
    }

    /// What comes from now on belongs to another epoch.
    pub(super) fn seek(&self, target: Time, epoch: u32) {
        self.change(|state| {
            state.empty();
            (state.epoch, state.target) = (epoch, Some(target));
        });
    }

    /// Forgets what waits: it belongs to another place. The seek is told once more.
    pub(super) fn clear(&self) {
        self.change(State::empty);
    }

    /// All was read.
    pub(super) fn end(&self) {
        self.change(|state| state.ended = true);
    }
}

/// The reader's end of the queue. Dropped, nothing more comes.
pub(super) struct SoundFeed {
    /// The stream.
    pub(super) index: usize,
    pub(super) queue: Arc<SoundQueue>,
    /// Until it is taken.
    pub(super) packets: Option<SoundPackets>,
}

impl SoundFeed {
    /// For the stream `index` of `input`.
    pub(super) fn of(input: &Input, index: usize, origin: Time, epoch: u32) -> Option<Self> {
        let stream = input.stream(index)?;
        let mut parameters = codec::Parameters::new();
        // SAFETY: both are valid; the copy is deep.
        let copied = unsafe { ffi::avcodec_parameters_copy(parameters.as_mut_ptr(), (*stream.as_ptr()).codecpar) };
        let base = stream.time_base();
        let time_base = (base.numerator().max(1), base.denominator().max(1));
        let queue = Arc::new(SoundQueue::new(epoch));
        let packets = SoundPackets { parameters, time_base, origin, queue: Arc::clone(&queue) };
        (copied >= 0).then_some(Self { index, queue, packets: Some(packets) })
    }
}

impl Drop for SoundFeed {
    fn drop(&mut self) {
        self.queue.change(|state| state.over = true);
    }
}
