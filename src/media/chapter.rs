//! The chapters of a film.

use std::ffi::CStr;

use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;

use super::version::text;
use crate::frame::Chapter;
use crate::time::Time;

/// The most chapters of a film: nobody looks through more.
const MOST: usize = 10_000;
/// The most characters of a chapter's name.
const LONGEST: usize = 200;

/// The chapters of `input` in the order of their beginnings; `origin` is the container's clock at film time zero.
pub(super) fn chapters(input: &Input, origin: Time) -> Vec<Chapter> {
    // SAFETY: the context is open; FFmpeg keeps that many valid pointers there, and nothing is read meanwhile.
    let all = unsafe {
        let raw = &*input.as_ptr();
        (0..raw.nb_chapters as usize).map(|index| &**raw.chapters.add(index))
    };
    let chapter = |chapter: &ffi::AVChapter| {
        let ffi::AVRational { num, den } = chapter.time_base;
        let start = (num > 0 && den > 0).then(|| Time::from_ticks(chapter.start, num, den))?;
        Some(Chapter { start: (start - origin).max(Time::ZERO), name: name(chapter) })
    };
    let mut chapters: Vec<Chapter> = all.take(MOST).filter_map(chapter).collect();
    chapters.sort_by_key(|chapter| chapter.start);
    chapters
}

fn name(chapter: &ffi::AVChapter) -> String {
    const TITLE: &CStr = c"title";
    // SAFETY: the dictionary is the chapter's own; what is found ends with a zero byte.
    let title = unsafe {
        let found = ffi::av_dict_get(chapter.metadata, TITLE.as_ptr(), std::ptr::null(), 0);
        if found.is_null() { String::new() } else { text((*found).value) }
    };
    title.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST).collect()
}
