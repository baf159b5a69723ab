//! The tracks beside the picture (sound, subtitles, attachments, covers): what they are, and their packets on the way from the thread that reads
//! the container to the one that writes them along.

use std::ffi::c_int;
use std::sync::Arc;

use ffmpeg_next::codec;
use ffmpeg_next::ffi::{self, AVChapter, AVCodecParameters, AVMediaType, AVRational, AVStream};
use ffmpeg_next::format::context::Input;
use ffmpeg_next::packet::{Mut, Packet};

use super::Container;
use super::metadata::Metadata;
use super::state::Shared;
use super::waiting::{SoundTrack, Waiting};
use crate::media::tracks::TrackKind;
use crate::time::Time;

/// What a track of the source is.
pub(in crate::media) struct Stream {
    /// Its number in the source.
    pub(in crate::media) index: usize,
    parameters: codec::Parameters,
    pub(in crate::media) time_base: AVRational,
    pub(in crate::media) disposition: c_int,
    pub(in crate::media) metadata: Metadata,
    /// The picture of a cover.
    pub(in crate::media) cover: Option<Packet>,
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

    pub(in crate::media) fn parameters(&self) -> &AVCodecParameters {
        // SAFETY: the parameters live as long as `self`.
        unsafe { &*self.parameters.as_ptr() }
    }

    pub(in crate::media) fn kind(&self) -> AVMediaType {
        self.parameters().codec_type
    }
}

/// A chapter mark.
pub(in crate::media) struct Chapter {
    pub(in crate::media) id: i64,
    pub(in crate::media) time_base: AVRational,
    pub(in crate::media) start: i64,
    pub(in crate::media) end: i64,
    pub(in crate::media) metadata: Metadata,
}

/// The tracks beside the picture. [`Source::take_tracks`](crate::media::Source::take_tracks) gives it; one thread takes the packets while another reads pictures
/// from the source, which is what makes packets come. Dropped, the source goes on without it.
pub struct OtherTracks {
    /// The picture's own, for its title and language, where there are pictures.
    pub(in crate::media) picture: Option<Stream>,
    /// All of them that belong to the picture's programme, in the source's order.
    pub(in crate::media) streams: Vec<Stream>,
    /// Tracks left aside because they belong to other programmes.
    pub(in crate::media) foreign: usize,
    pub(in crate::media) chapters: Vec<Chapter>,
    /// The film's own metadata.
    pub(in crate::media) metadata: Metadata,
    /// The container's clock at film time zero.
    pub(in crate::media) origin: Time,
    shared: Arc<Shared>,
    /// The container that they come out of, where nothing else of it is read.
    alone: Option<Box<Container>>,
    /// Those that lie elsewhere.
    pub(in crate::media) beside: Vec<Self>,
}

impl OtherTracks {
    /// What `input` holds beside the stream `picture`. `wanted` says which streams are read.
    pub(super) fn of(
        input: &Input,
        picture: Option<usize>,
        wanted: &[bool],
        origin: Time,
        shared: &Arc<Shared>,
    ) -> Self {
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
        let (pictures, others): (Vec<Stream>, Vec<Stream>) = streams
            .into_iter()
            .filter(|stream| belongs(stream.index))
            .partition(|stream| Some(stream.index) == picture);
        Self {
            picture: pictures.into_iter().next(),
            streams: others,
            foreign,
            chapters,
            metadata,
            origin,
            shared: Arc::clone(shared),
            alone: None,
            beside: Vec::new(),
        }
    }

    /// The sounds of `container`, which is read for them alone, as they are taken: from `film` time on, those of the numbers that `is_wanted` has. None where
    /// there are none.
    pub(in crate::media) fn alone(
        mut container: Container,
        film: Time,
        is_wanted: impl Fn(u32) -> bool,
    ) -> Option<Self> {
        if film > Time::ZERO {
            // Where it cannot be sent there it is read from its beginning.
            container.seek_sound(film, 0).ok();
        }
        let tracks = Arc::clone(&container.facts.tracks);
        let wanted = tracks.iter().filter(|track| track.kind == TrackKind::Audio && is_wanted(track.number));
        let wanted: Vec<usize> = wanted.map(|track| track.stream).collect();
        let mut others = container.take_others(None)?;
        others.streams.retain(|stream| wanted.contains(&stream.index));
        others.attend();
        others.alone = Some(Box::new(container));
        (!wanted.is_empty()).then_some(others)
    }

    /// What they are read from where that is not the film.
    pub(in crate::media) fn elsewhere(&self) -> Option<String> {
        self.alone.as_ref().map(|_| self.shared.lock().location().to_owned())
    }

    /// Leaves that stream out.
    pub fn leave_out(&mut self, index: usize) {
        self.streams.retain(|stream| stream.index != index);
    }

    /// What waits for who takes them, so far nothing.
    pub(super) fn waiting(&self) -> Waiting {
        let is_sound = |stream: &&Stream| stream.kind() == AVMediaType::AVMEDIA_TYPE_AUDIO;
        let sounds = self.streams.iter().filter(is_sound);
        Waiting::new(
            sounds
                .map(|sound| {
                    let time_base = (sound.time_base.num, sound.time_base.den);
                    SoundTrack { stream: sound.index, time_base, last: None }
                })
                .collect(),
        )
    }

    /// Whether there are tracks of that kind.
    pub(super) fn has(&self, kind: AVMediaType) -> bool {
        self.streams.iter().any(|stream| stream.kind() == kind)
    }

    /// What `ask` finds among the packets that wait.
    fn waiting_ones<T: Default>(&self, ask: impl FnOnce(&mut Waiting) -> T) -> T {
        self.shared.lock().others.as_mut().map(ask).unwrap_or_default()
    }

    /// The next packet that has been read, in the container's order. Where nothing else makes packets come it is waited for: none at the end.
    pub(in crate::media) fn next(&mut self) -> Option<Packet> {
        if let Some(container) = &self.alone {
            container.wait_for_packet();
        }
        let packet = self.waiting_ones(Waiting::take);
        self.shared.wanted.notify_one();
        packet
    }

    /// The first packet of a track among those that wait.
    pub(in crate::media) fn first_of(&self, index: usize) -> Option<Packet> {
        self.waiting_ones(|waiting| waiting.first_of(index))
    }

    /// Whether so much waits that it should be taken soon, wherever the picture is.
    pub(in crate::media) fn is_pressing(&self) -> bool {
        self.waiting_ones(|waiting| waiting.is_pressing())
    }

    /// From here on somebody takes what comes: the reader may wait for room.
    pub(in crate::media) fn attend(&mut self) {
        self.waiting_ones(|waiting| waiting.attended = true);
    }
}

impl Drop for OtherTracks {
    fn drop(&mut self) {
        self.waiting_ones(Waiting::close);
        self.shared.wanted.notify_one();
    }
}

/// # Safety
/// `chapter` belongs to an open context.
unsafe fn chapter(chapter: &AVChapter) -> Chapter {
    // SAFETY: the dictionary is the chapter's own.
    let metadata = unsafe { Metadata::copy(chapter.metadata) };
    Chapter { id: chapter.id, time_base: chapter.time_base, start: chapter.start, end: chapter.end, metadata }
}
