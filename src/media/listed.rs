//! The tracks of an open container, listed for a viewer who chooses among them.

use std::ffi::CStr;
use std::ptr;

use ffmpeg_next::ffi::{self, AVMediaType, AVStream};
use ffmpeg_next::format::context::Input;

use super::channels::layout_name;
use super::track::is_rendition;
use super::tracks::{TrackInfo, TrackKind};
use super::version::text;

/// The most tracks that are listed: nobody looks through more.
const MOST: usize = 500;
/// The most characters of a title or a language.
const LONGEST: usize = 200;

/// The tracks of `input` in the container's order. They are counted over all programmes, as mpv does it, but only those that belong to the picture's (by
/// stream, as `programme` says) are listed.
pub(super) fn tracks(input: &Input, programme: &[bool]) -> Vec<TrackInfo> {
    // SAFETY: the context is open; FFmpeg keeps that many valid pointers there, and nothing is read meanwhile.
    let streams = unsafe {
        let raw = &*input.as_ptr();
        (0..raw.nb_streams as usize).map(|index| &**raw.streams.add(index))
    };
    // FFmpeg's word for what HLS calls the name of a rendition.
    let is_hls = input.format().name() == "hls";
    let mut counts = [0; 3];
    let mut tracks = Vec::new();
    for (index, stream) in streams.enumerate() {
        // SAFETY: the parameters belong to the open context.
        let parameters = unsafe { &*stream.codecpar };
        let kind = match parameters.codec_type {
            AVMediaType::AVMEDIA_TYPE_VIDEO => TrackKind::Video,
            AVMediaType::AVMEDIA_TYPE_AUDIO => TrackKind::Audio,
            AVMediaType::AVMEDIA_TYPE_SUBTITLE if is_hls && is_rendition(parameters.codec_id) => continue,
            AVMediaType::AVMEDIA_TYPE_SUBTITLE => TrackKind::Subtitle,
            _ => continue,
        };
        let number = &mut counts[kind as usize];
        *number += 1;
        if !programme.get(index).copied().unwrap_or(false) || tracks.len() >= MOST {
            continue;
        }
        let is = |flags| stream.disposition & flags != 0;
        let shape = match kind {
            TrackKind::Audio => layout_name(&parameters.ch_layout).filter(|_| parameters.ch_layout.nb_channels > 0),
            TrackKind::Video => Some(format!("{}×{}", parameters.width, parameters.height)),
            TrackKind::Subtitle => None,
        };
        tracks.push(TrackInfo {
            kind,
            number: *number,
            stream: index,
            outside: None,
            // FFmpeg's word for a language that nobody has told.
            language: tag(stream, c"language").filter(|language| language != "und"),
            title: tag(stream, c"title").or_else(|| tag(stream, c"comment").filter(|_| is_hls)),
            // SAFETY: the name is static.
            codec: text(unsafe { ffi::avcodec_get_name(parameters.codec_id) }),
            shape,
            default: is(ffi::AV_DISPOSITION_DEFAULT),
            forced: is(ffi::AV_DISPOSITION_FORCED),
            impaired: is(ffi::AV_DISPOSITION_HEARING_IMPAIRED | ffi::AV_DISPOSITION_VISUAL_IMPAIRED),
            cover: is(ffi::AV_DISPOSITION_ATTACHED_PIC | ffi::AV_DISPOSITION_TIMED_THUMBNAILS),
        });
    }
    tracks
}

/// The tracks of a film, and behind them those that lie elsewhere, whose numbers are those behind its own.
pub(super) fn joined(mut own: Vec<TrackInfo>, outside: &[TrackInfo]) -> Vec<TrackInfo> {
    let last = last_number(&own);
    own.extend(outside.iter().map(|track| TrackInfo { number: last + track.number, ..track.clone() }));
    own
}

/// The highest number of an audio track among `tracks`.
pub(super) fn last_number(tracks: &[TrackInfo]) -> u32 {
    tracks.iter().filter(|track| track.kind == TrackKind::Audio).map(|track| track.number).max().unwrap_or(0)
}

/// What a track says under `key`, in one line; none where that is empty.
fn tag(stream: &AVStream, key: &CStr) -> Option<String> {
    // SAFETY: the dictionary is the stream's own; what is found ends with a zero byte.
    let value = unsafe {
        let found = ffi::av_dict_get(stream.metadata, key.as_ptr(), ptr::null(), 0);
        if found.is_null() { String::new() } else { text((*found).value) }
    };
    let line = value.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST);
    let line = line.collect::<String>().trim().to_owned();
    (!line.is_empty()).then_some(line)
}
