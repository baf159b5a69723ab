//! The tracks beside the picture (sound, subtitles, attachments, covers): what they are, and their packets on the way from the thread that reads
//! the container to the one that writes them along.

use std::collections::VecDeque;
use std::ffi::{CStr, c_int};
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ffmpeg_next::codec;
use ffmpeg_next::ffi::{self, AVChapter, AVCodecParameters, AVDictionary, AVMediaType, AVRational, AVStream};
use ffmpeg_next::format::context::Input;
use ffmpeg_next::packet::{Mut, Packet};

use super::interrupt::Watch;
use crate::time::Time;

/// The most bytes that wait for whoever writes them. Containers interleave their tracks; one that does not, read from a pipe, ends here.
const MOST_BYTES: usize = 256 << 20;
/// How often someone who waits for room looks whether he is to stop.
const PATIENCE: Duration = Duration::from_millis(50);

/// A dictionary of FFmpeg's, freed when dropped.
pub(super) struct Metadata(*mut AVDictionary);

// SAFETY: the dictionary is ours alone and not changed after it is made.
unsafe impl Send for Metadata {}

impl Metadata {
    /// # Safety
    /// `from` is null or a dictionary.
    unsafe fn copy(from: *const AVDictionary) -> Self {
        let mut copy = ptr::null_mut();
        // SAFETY: the caller vouches for `from`; the copy is new.
        unsafe { ffi::av_dict_copy(&mut copy, from, 0) };
        Self(copy)
    }

    pub(super) fn raw(&self) -> *const AVDictionary {
        self.0
    }

    /// The value of a key, whose case does not matter.
    pub(super) fn entry(&self, key: &CStr) -> Option<String> {
        // SAFETY: the dictionary is FFmpeg's own (or null, which is an empty one); its values end with a zero byte.
        unsafe {
            let found = ffi::av_dict_get(self.0, key.as_ptr(), ptr::null(), 0);
            if found.is_null() { None } else { Some(CStr::from_ptr((*found).value).to_string_lossy().into_owned()) }
        }
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        // SAFETY: made in `copy`, freed once.
        unsafe { ffi::av_dict_free(&mut self.0) }
    }
}

/// What a track of the source is.
pub(super) struct Stream {
    /// Its number in the source.
    pub(super) index: usize,
    parameters: codec::Parameters,
    pub(super) time_base: AVRational,
    pub(super) disposition: c_int,
    pub(super) metadata: Metadata,
    /// The picture of a cover.
    pub(super) cover: Option<Packet>,
}

// SAFETY: the parameters are a copy that nothing else points to.
unsafe impl Send for Stream {}

impl Stream {
    /// # Safety
    /// `stream` belongs to an open context.
    unsafe fn of(stream: &AVStream) -> Self {
        let mut parameters = codec::Parameters::new();
        // SAFETY: both are valid; the copies are deep.
        let (metadata, cover) = unsafe {
            ffi::avcodec_parameters_copy(parameters.as_mut_ptr(), stream.codecpar);
            let attached = stream.disposition & ffi::AV_DISPOSITION_ATTACHED_PIC != 0 && stream.attached_pic.size > 0;
            let mut cover = Packet::empty();
            let cover =
                (attached && ffi::av_packet_ref(cover.as_mut_ptr(), &stream.attached_pic) >= 0).then_some(cover);
            (Metadata::copy(stream.metadata), cover)
        };
        let index = usize::try_from(stream.index).unwrap_or(usize::MAX);
        Self { index, parameters, time_base: stream.time_base, disposition: stream.disposition, metadata, cover }
    }

    pub(super) fn parameters(&self) -> &AVCodecParameters {
        // SAFETY: the parameters live as long as `self`.
        unsafe { &*self.parameters.as_ptr() }
    }

    pub(super) fn kind(&self) -> AVMediaType {
        self.parameters().codec_type
    }
}

/// A chapter mark.
pub(super) struct Chapter {
    pub(super) id: i64,
    pub(super) time_base: AVRational,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) metadata: Metadata,
}

/// The tracks beside the picture. [`Source::take_tracks`](super::Source::take_tracks) gives it; one thread takes the packets while another reads pictures
/// from the source, which is what makes packets come. Dropped, the source goes on without it.
pub struct OtherTracks {
    /// The picture's own, for its title and language.
    pub(super) picture: Stream,
    /// All of them that belong to the picture's programme, in the source's order.
    pub(super) streams: Vec<Stream>,
    /// Tracks left aside because they belong to other programmes.
    pub(super) foreign: usize,
    pub(super) chapters: Vec<Chapter>,
    /// The film's own metadata.
    pub(super) metadata: Metadata,
    /// The container's clock at film time zero.
    pub(super) origin: Time,
    queue: Arc<Queue>,
}

impl OtherTracks {
    /// What `input` holds beside the stream `picture`, and the queue that [`Queue::push`] fills. `wanted` says which streams are read.
    pub(super) fn of(input: &Input, picture: usize, wanted: &[bool], origin: Time) -> Option<(Self, Arc<Queue>)> {
        let queue = Arc::new(Queue::default());
        // SAFETY: the context is open; FFmpeg keeps that many valid pointers there, and nothing is read meanwhile.
        let (streams, chapters, metadata) = unsafe {
            let raw = &*input.as_ptr();
            let list = |count: u32, all: *mut *mut AVStream| (0..count as usize).map(move |index| &**all.add(index));
            let streams: Vec<Stream> = list(raw.nb_streams, raw.streams).map(|stream| Stream::of(stream)).collect();
            let chapters: Vec<Chapter> =
                (0..raw.nb_chapters as usize).map(|index| chapter(&**raw.chapters.add(index))).collect();
            (streams, chapters, Metadata::copy(raw.metadata))
        };
        let belongs = |index: usize| wanted.get(index).copied().unwrap_or(false);
        let foreign = streams.iter().filter(|stream| !belongs(stream.index)).count();
        let (pictures, others): (Vec<Stream>, Vec<Stream>) =
            streams.into_iter().filter(|stream| belongs(stream.index)).partition(|stream| stream.index == picture);
        let picture = pictures.into_iter().next()?;
        let tracks = Self { picture, streams: others, foreign, chapters, metadata, origin, queue: Arc::clone(&queue) };
        Some((tracks, queue))
    }

    /// The next packet that has been read, in the container's order.
    pub(super) fn next(&mut self) -> Option<Packet> {
        let mut state = self.queue.lock();
        let packet = state.packets.pop_front()?;
        state.bytes = state.bytes.saturating_sub(weight(&packet));
        drop(state);
        self.queue.changed.notify_all();
        Some(packet)
    }

    /// The first packet of a track among those that wait.
    pub(super) fn first_of(&self, index: usize) -> Option<Packet> {
        self.queue.lock().packets.iter().find(|packet| packet.stream() == index).cloned()
    }

    /// Whether so much waits that it should be taken soon, wherever the picture is.
    pub(super) fn is_pressing(&self) -> bool {
        self.queue.lock().bytes > MOST_BYTES / 2
    }

    /// From here on somebody takes what comes: the reader may wait for room.
    pub(super) fn attend(&mut self) {
        self.queue.lock().attended = true;
    }
}

impl Drop for OtherTracks {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        *state = State { closed: true, ..State::default() };
        drop(state);
        self.queue.changed.notify_all();
    }
}

/// # Safety
/// `chapter` belongs to an open context.
unsafe fn chapter(chapter: &AVChapter) -> Chapter {
    // SAFETY: the dictionary is the chapter's own.
    let metadata = unsafe { Metadata::copy(chapter.metadata) };
    Chapter { id: chapter.id, time_base: chapter.time_base, start: chapter.start, end: chapter.end, metadata }
}

/// What a packet takes of the memory, in bytes: itself, and what it is kept in.
fn weight(packet: &Packet) -> usize {
    packet.size() + 512
}

/// Packets on their way from the reader to [`OtherTracks`].
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    packets: VecDeque<Packet>,
    bytes: usize,
    attended: bool,
    closed: bool,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pushed {
    Waiting,
    /// Nobody wants it.
    Unwanted,
    /// More waits than may, and nobody takes it.
    Full,
    Stopped,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a packet in. Where too much waits it waits, too, if there is somebody who takes it.
    pub(super) fn push(&self, packet: Packet, watch: &Watch) -> Pushed {
        let mut state = self.lock();
        while !state.closed && state.bytes.saturating_add(weight(&packet)) > MOST_BYTES {
            if !state.attended {
                return Pushed::Full;
            }
            if watch.is_stopped() {
                return Pushed::Stopped;
            }
            state = self.changed.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.closed {
            return Pushed::Unwanted;
        }
        state.bytes += weight(&packet);
        state.packets.push_back(packet);
        Pushed::Waiting
    }

    /// Forgets what waits: it belongs to another place.
    pub(super) fn clear(&self) {
        let mut state = self.lock();
        state.packets.clear();
        state.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::stop::StopFlag;

    #[test]
    fn what_nobody_takes_does_not_fill_the_memory() {
        let queue = Queue::default();
        let watch = Watch::new(StopFlag::default());
        let large = || Packet::new(100 << 20);
        assert_eq!([(); 3].map(|()| queue.push(large(), &watch)), [Pushed::Waiting, Pushed::Waiting, Pushed::Full]);
        queue.clear();
        assert_eq!(queue.push(large(), &watch), Pushed::Waiting);
        queue.lock().closed = true;
        assert_eq!(queue.push(large(), &watch), Pushed::Unwanted);
    }

    #[test]
    fn who_waits_for_room_hears_a_stop() {
        let stop = StopFlag::default();
        let (queue, watch) = (Queue::default(), Watch::new(stop.clone()));
        queue.lock().attended = true;
        let large = || Packet::new(200 << 20);
        assert_eq!(queue.push(large(), &watch), Pushed::Waiting);
        stop.stop();
        assert_eq!(queue.push(large(), &watch), Pushed::Stopped);
    }
}
