//! The packets of the subtitle tracks, for the thread that draws subtitles. They are few and small and come with long gaps: nobody waits for them, and they
//! hold nobody up.

use std::sync::Arc;

use ffmpeg_next::codec;
use ffmpeg_next::ffi::{self, AVCodecID, AVMediaType, AVStream};
use ffmpeg_next::format::context::Input;

use super::cues::{Cues, SubtitleRead};
use super::metadata::Metadata;
use super::state::Shared;
use crate::time::Time;

/// The most bytes of one attached font, and of all of them: fonts of Chinese have some twenty million.
const MOST_FONT: usize = 40 << 20;
const MOST_FONTS: usize = 160 << 20;

/// A subtitle track.
pub struct SubtitleTrack {
    /// Its stream in the container.
    stream: usize,
    pub(in crate::media) parameters: codec::Parameters,
    pub(in crate::media) time_base: (i32, i32),
}

impl SubtitleTrack {
    /// Its stream in the container, as packets and [`TrackInfo`](crate::media::TrackInfo) name it.
    pub fn stream(&self) -> usize {
        self.stream
    }
}

/// An attached font.
pub struct Font {
    /// Its name as a file.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// The packets of all subtitle tracks. [`Source::take_subtitles`](crate::media::Source::take_subtitles) gives it; another thread than the one that owns the
/// source takes them. They come by themselves, and end with the source.
pub struct SubtitlePackets {
    /// The tracks, in the container's order.
    pub tracks: Vec<SubtitleTrack>,
    /// The fonts that are attached for them.
    pub fonts: Vec<Font>,
    /// The container's clock at film time zero.
    origin: Time,
    shared: Arc<Shared>,
}

// SAFETY: the parameters are copies that nothing else points to.
unsafe impl Send for SubtitlePackets {}

impl SubtitlePackets {
    /// Of the streams of `input` that `wanted` names; none where it names none.
    pub(super) fn of(input: &Input, wanted: &[usize], origin: Time, shared: &Arc<Shared>) -> Option<Self> {
        // SAFETY: the context is open; FFmpeg keeps that many valid pointers there, and nothing is read meanwhile.
        let streams: Vec<&AVStream> = unsafe {
            let raw = &*input.as_ptr();
            (0..raw.nb_streams as usize).map(|index| &**raw.streams.add(index)).collect()
        };
        let tracks: Vec<_> =
            wanted.iter().filter_map(|index| streams.get(*index).map(|stream| track(stream, *index))).collect();
        if tracks.is_empty() {
            return None;
        }
        let mut fonts = Vec::new();
        let mut bytes = 0;
        for font in streams.iter().filter_map(|stream| font(stream)) {
            if font.bytes.len() > MOST_FONT || bytes + font.bytes.len() > MOST_FONTS {
                tracing::warn!("the attached font {} is left out: it is too large", font.name);
                continue;
            }
            bytes += font.bytes.len();
            fonts.push(font);
        }
        shared.lock().cues = Some(Cues::new(wanted.to_vec()));
        Some(Self { tracks, fonts, origin, shared: Arc::clone(shared) })
    }

    /// The container's clock at film time zero.
    pub fn origin(&self) -> Time {
        self.origin
    }

    /// What comes next. Never waits.
    pub fn take(&mut self) -> SubtitleRead {
        self.shared.lock().next_cue()
    }
}

impl Drop for SubtitlePackets {
    fn drop(&mut self) {
        self.shared.lock().cues = None;
    }
}

fn track(stream: &AVStream, index: usize) -> SubtitleTrack {
    let mut parameters = codec::Parameters::new();
    // SAFETY: the stream belongs to an open context; the copy is deep.
    unsafe { ffi::avcodec_parameters_copy(parameters.as_mut_ptr(), stream.codecpar) };
    let time_base = (stream.time_base.num.max(1), stream.time_base.den.max(1));
    SubtitleTrack { stream: index, parameters, time_base }
}

/// The font that a stream is, if it is one.
fn font(stream: &AVStream) -> Option<Font> {
    // SAFETY: the stream belongs to an open context, as do its dictionary and its parameters, whose extra data have that size.
    let (metadata, is_font, bytes) = unsafe {
        let parameters = &*stream.codecpar;
        if parameters.codec_type != AVMediaType::AVMEDIA_TYPE_ATTACHMENT || parameters.extradata.is_null() {
            return None;
        }
        let size = usize::try_from(parameters.extradata_size).unwrap_or(0);
        let is_font = matches!(parameters.codec_id, AVCodecID::AV_CODEC_ID_TTF | AVCodecID::AV_CODEC_ID_OTF);
        (Metadata::copy(stream.metadata), is_font, std::slice::from_raw_parts(parameters.extradata, size))
    };
    let name = metadata.entry(c"filename").unwrap_or_else(|| "font".to_owned());
    let lower = name.to_ascii_lowercase();
    let by_name = [".ttf", ".ttc", ".otf", ".otc"].iter().any(|ending| lower.ends_with(ending));
    (is_font || by_name).then(|| Font { name, bytes: bytes.to_vec() })
}
