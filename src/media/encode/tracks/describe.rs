//! What is said of tracks and film in the container: parameters, titles, languages, chapters, metadata.

use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};

use ffmpeg_next::ffi::*;

use super::super::language::quicktime_code;
use super::super::mux::Muxer;
use super::super::{Container, EncodeError};
use super::Cut;
use crate::media::container::{Chapter, Metadata, Stream};

/// The longest value of a tag, in bytes: no title, comment or lyrics are longer, and players read them into memory.
const LONGEST_TAG: usize = 64 * 1024;
/// The most tags of one dictionary.
const MOST_TAGS: usize = 1000;
/// The most chapters.
const MOST_CHAPTERS: usize = 10_000;

/// Describes a copied stream by the source's. False where the memory does not suffice.
pub(super) fn copy_parameters(stream: &Stream, output: NonNull<AVStream>) -> bool {
    let output = output.as_ptr();
    // SAFETY: both are valid; the copy is deep.
    unsafe {
        if avcodec_parameters_copy((*output).codecpar, stream.parameters()) < 0 {
            return false;
        }
        // Tags are the container's own; a muxer chooses its tag again.
        (*(*output).codecpar).codec_tag = 0;
        (*output).time_base = stream.time_base;
    }
    true
}

/// Samples that decoders of these codecs run up with: those of the packet before, of Layer III what its bits may lie in, of Opus 80 ms (RFC 7845).
fn run_up(parameters: &AVCodecParameters) -> i32 {
    match parameters.codec_id {
        AVCodecID::AV_CODEC_ID_MP3 => 4 * 1152,
        AVCodecID::AV_CODEC_ID_OPUS => 3840,
        _ => parameters.initial_padding.max(1024),
    }
}

/// The tick, after the shift, that a copied stream's packets have to reach beyond, or where they may not hold anything before the cut, have to begin at.
pub(super) fn earliest(stream: &Stream, container: Container, uncut: bool) -> i64 {
    let parameters = stream.parameters();
    if parameters.codec_type != AVMediaType::AVMEDIA_TYPE_AUDIO || parameters.sample_rate <= 0 {
        return 0;
    }
    let per_sample = AVRational { num: 1, den: parameters.sample_rate };
    // SAFETY: arithmetic; the rates are positive.
    let ticks = |samples: i32| unsafe { av_rescale_q(i64::from(samples), per_sample, stream.time_base) };
    -if uncut {
        // An encoder's run-up (100 ms are more than any has) is kept, so that no bit is lost: MP4 hides it by an edit list,
        // for Matroska the muxer moves everything on by it, as FFmpeg's own tool does.
        ticks(parameters.sample_rate / 10)
    } else if container.is_iso() {
        // The edit list hides what comes before the cut, so the packet that holds the cut is there, and what a decoder needs before it.
        ticks(run_up(parameters))
    } else {
        0
    }
}

/// Language, title and disposition.
pub(super) fn copy_description(from: &Stream, muxer: &mut Muxer, output: usize) {
    // SAFETY: `output` was added to the muxer; dictionaries are copied.
    unsafe {
        let to = *(*muxer.raw()).streams.add(output);
        (*to).disposition = from.disposition;
        av_dict_copy(&mut (*to).metadata, from.metadata.raw(), 0);
        // What counts the source's bytes and frames is not true of the copy, and the stereo mode is written from elsewhere.
        for key in [
            c"encoder",
            c"DURATION",
            c"BPS",
            c"NUMBER_OF_FRAMES",
            c"NUMBER_OF_BYTES",
            c"stereo_mode",
            c"rotate",
            c"vendor_id",
        ] {
            av_dict_set(&mut (*to).metadata, key.as_ptr(), ptr::null(), 0);
        }
        remove_statistics(&mut (*to).metadata);
        shorten(&mut (*to).metadata);
        if muxer.container() == Container::Mov
            && let Some(code) = from.metadata.entry(c"language").and_then(|code| quicktime_code(&code))
        {
            av_dict_set(&mut (*to).metadata, c"language".as_ptr(), code.as_ptr(), 0);
        }
    }
}

/// Chapters within the cut, moved to its beginning.
pub(super) fn copy_chapters(chapters: &[Chapter], cut: Cut, muxer: &mut Muxer) -> Result<(), EncodeError> {
    let context = muxer.raw();
    for chapter in chapters.iter().take(MOST_CHAPTERS) {
        let base = chapter.time_base;
        if base.num <= 0 || base.den <= 0 {
            continue;
        }
        let shift = cut.shift(base);
        let start = chapter.start.saturating_sub(shift).max(0);
        let mut end = chapter.end.saturating_sub(shift);
        if let Some(length) = cut.length() {
            end = end.min(length.to_ticks(base.num, base.den));
        }
        if end <= start {
            continue;
        }
        // SAFETY: as FFmpeg's own tool does: the array and its chapters are allocated by `av_*` and freed with the context.
        unsafe {
            let copy: *mut AVChapter = av_mallocz(size_of::<AVChapter>()).cast();
            if copy.is_null() {
                return Err(EncodeError::Memory);
            }
            (*copy).id = chapter.id;
            (*copy).time_base = base;
            (*copy).start = start;
            (*copy).end = end;
            av_dict_copy(&mut (*copy).metadata, chapter.metadata.raw(), 0);
            shorten(&mut (*copy).metadata);
            let mut count = (*context).nb_chapters as i32;
            av_dynarray_add(ptr::from_mut(&mut (*context).chapters).cast(), &mut count, copy.cast());
            (*context).nb_chapters = count as u32;
        }
    }
    Ok(())
}

/// The film's own metadata, less what the muxer writes itself.
pub(super) fn copy_metadata(metadata: &Metadata, muxer: &mut Muxer) {
    // SAFETY: both contexts are valid; dictionaries are copied.
    unsafe {
        let to = &mut (*muxer.raw()).metadata;
        av_dict_copy(to, metadata.raw(), 0);
        for key in [
            c"major_brand",
            c"minor_version",
            c"compatible_brands",
            c"encoder",
            c"duration",
            c"DURATION",
            c"creation_time",
        ] {
            av_dict_set(to, key.as_ptr(), ptr::null(), 0);
        }
        remove_statistics(to);
        shorten(to);
    }
}

/// Removes mkvmerge's `_STATISTICS_…` and such.
fn remove_statistics(dictionary: &mut *mut AVDictionary) {
    loop {
        // SAFETY: the dictionary is FFmpeg's own; the key is copied by `av_dict_set` only after it is looked up.
        unsafe {
            let found = av_dict_get(*dictionary, c"_STATISTICS_".as_ptr(), ptr::null(), AV_DICT_IGNORE_SUFFIX);
            if found.is_null() {
                return;
            }
            let key = CStr::from_ptr((*found).key).to_owned();
            av_dict_set(dictionary, key.as_ptr(), ptr::null(), 0);
        }
    }
}

/// Cuts values that are too long, and leaves out what goes beyond the most tags.
fn shorten(dictionary: &mut *mut AVDictionary) {
    let mut entry: *const AVDictionaryEntry = ptr::null();
    let (mut count, mut changes) = (0, Vec::new());
    loop {
        // SAFETY: the dictionary is FFmpeg's own and not changed while it is walked; keys and values end with zero bytes.
        let (key, value) = unsafe {
            entry = av_dict_get(*dictionary, c"".as_ptr(), entry, AV_DICT_IGNORE_SUFFIX);
            if entry.is_null() {
                break;
            }
            (CStr::from_ptr((*entry).key), CStr::from_ptr((*entry).value))
        };
        count += 1;
        if count > MOST_TAGS || key.count_bytes() > LONGEST_TAG {
            changes.push((key.to_owned(), None));
        } else if value.count_bytes() > LONGEST_TAG {
            let text = value.to_string_lossy();
            let end = (0..=LONGEST_TAG).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            changes.push((key.to_owned(), CString::new(&text[..end]).ok()));
        }
    }
    for (key, value) in changes {
        let value = value.as_ref().map_or(ptr::null(), |value| value.as_ptr());
        // SAFETY: the dictionary is FFmpeg's own; key and value are copied.
        unsafe { av_dict_set(dictionary, key.as_ptr(), value, 0) };
    }
}
