//! The source's other tracks: copied where the container takes them, else coded anew, else left out with a line that says so.
//!
//! They are read behind the film's pictures, so that both arrive at the container at the same time and nothing piles up.

use std::ptr::{self, NonNull};

use ffmpeg_next::Packet;
use ffmpeg_next::ffi::*;

use super::container::Fate;
use super::input::{Input, codec_name, entry};
use super::language::quicktime_code;
use super::mux::Muxer;
use super::sound::Sound;
use super::text::Text;
use super::{Container, EncodeError};
use crate::time::Time;

/// Which part of the source is written, in film time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// The container's clock at film time zero.
    pub(super) origin: Time,
    pub(super) start: Time,
    pub(super) end: Option<Time>,
}

impl Cut {
    /// What is taken from a time stamp in ticks of `base`: the place of the cut.
    fn shift(&self, base: AVRational) -> i64 {
        (self.origin + self.start).to_ticks(base.num, base.den)
    }

    /// The cut's length.
    fn length(&self) -> Option<Time> {
        self.end.map(|end| end - self.start)
    }
}

/// One source track on its way.
struct Track {
    work: Work,
    /// Its stream in the container.
    output: usize,
    /// Ticks of the source.
    base: AVRational,
    /// Taken from its time stamps.
    shift: i64,
    /// Packets from here on are kept, in ticks after the shift: some codecs need a little before the beginning.
    earliest: i64,
    sparse: bool,
    /// One picture that belongs to the whole film.
    cover: bool,
    done: bool,
}

enum Work {
    Copy,
    Sound(Box<Sound>),
    Text(Box<Text>),
}

/// All of them.
pub(super) struct Tracks {
    input: Input,
    /// By the source's stream index.
    tracks: Vec<Option<Track>>,
    held: Option<Packet>,
    end: Option<Time>,
    ended: bool,
}

impl Tracks {
    /// Decides each track's fate, adds streams to `muxer` and copies chapters and metadata. `notes` gets a line for what is left out.
    pub(super) fn plan(
        mut input: Input,
        picture_output: usize,
        cut: Cut,
        muxer: &mut Muxer,
        notes: &mut Vec<String>,
    ) -> Result<Self, EncodeError> {
        let mut tracks = Vec::new();
        let picture = input.best_picture();
        let chapters = !input.chapters().is_empty();
        for index in 0..input.streams().len() {
            let track = if Some(index) == picture {
                copy_description(input.streams()[index], muxer, picture_output);
                None
            } else {
                plan_track(&input, index, chapters, cut, muxer, notes)?
            };
            if track.is_none() {
                input.discard(index);
            }
            tracks.push(track);
        }
        copy_chapters(&input, cut, muxer)?;
        copy_metadata(&input, muxer);
        if cut.start > Time::ZERO {
            // A little early, for cues that are up already at the cut.
            input.seek(cut.origin + cut.start - Time::from_seconds(10.0));
        }
        let ended = tracks.iter().flatten().next().is_none();
        Ok(Self { input, tracks, held: None, end: cut.length(), ended })
    }

    /// Passes on everything before `until` (film time after the cut), or everything there is.
    pub(super) fn advance(&mut self, until: Option<Time>, muxer: &mut Muxer) -> Result<(), EncodeError> {
        while !self.ended {
            let Some(packet) = self.held.take().or_else(|| self.input.read()) else {
                return self.end(muxer);
            };
            let Some(Some(track)) = self.tracks.get_mut(packet.stream()) else { continue };
            if track.cover {
                track.take(packet, self.end, muxer)?;
                continue;
            }
            let time = packet.pts().or(packet.dts()).map(|ticks| track.time(ticks));
            if let (Some(time), Some(until)) = (time, until)
                && time > until
            {
                self.held = Some(packet);
                return Ok(());
            }
            if let (Some(time), Some(end)) = (time, self.end)
                && time >= end
            {
                track.done = true;
                // Tracks with gaps say little about where the others are.
                let pending = |sparse| self.tracks.iter().flatten().any(|track| !track.done && track.sparse == sparse);
                let steady = self.tracks.iter().flatten().any(|track| !track.sparse);
                if if steady { !pending(false) } else { !pending(true) } {
                    return self.end(muxer);
                }
                continue;
            }
            track.take(packet, self.end, muxer)?;
        }
        Ok(())
    }

    /// Drains the converters.
    fn end(&mut self, muxer: &mut Muxer) -> Result<(), EncodeError> {
        self.ended = true;
        for track in self.tracks.iter_mut().flatten() {
            if let Work::Sound(sound) = &mut track.work {
                sound.end(muxer, track.output)?;
            }
        }
        Ok(())
    }
}

impl Track {
    fn time(&self, ticks: i64) -> Time {
        Time::from_ticks(ticks.saturating_sub(self.shift), self.base.num, self.base.den)
    }

    fn take(&mut self, mut packet: Packet, end: Option<Time>, muxer: &mut Muxer) -> Result<(), EncodeError> {
        packet.set_pts(packet.pts().map(|ticks| ticks.saturating_sub(self.shift)));
        packet.set_dts(packet.dts().map(|ticks| ticks.saturating_sub(self.shift)));
        if let Work::Sound(sound) = &mut self.work {
            return sound.take(&packet, muxer, self.output);
        }
        if self.cover {
            packet.set_pts(Some(0));
            packet.set_dts(Some(0));
            return match std::mem::replace(&mut self.done, true) {
                true => Ok(()),
                false => muxer.copy(packet, self.output, self.base),
            };
        }
        let Some(start) = packet.pts().or(packet.dts()) else { return Ok(()) };
        if self.sparse {
            // A cue that is up at the cut is shown from there on, and none outlasts the end.
            let mut until = start.saturating_add(packet.duration().max(0));
            if let Some(end) = end {
                until = until.min(end.to_ticks(self.base.num, self.base.den));
            }
            if start < 0 && until <= 0 {
                return Ok(());
            }
            let start = start.max(0);
            packet.set_pts(Some(start));
            packet.set_dts(Some(start));
            packet.set_duration((until - start).max(0));
        } else if start < self.earliest {
            return Ok(());
        }
        match &mut self.work {
            Work::Text(text) => text.take(&packet, muxer, self.output),
            _ => muxer.copy(packet, self.output, self.base),
        }
    }
}

/// What becomes of the source's stream `index`.
fn plan_track(
    input: &Input,
    index: usize,
    chapters: bool,
    cut: Cut,
    muxer: &mut Muxer,
    notes: &mut Vec<String>,
) -> Result<Option<Track>, EncodeError> {
    let stream = input.streams()[index];
    // SAFETY: every stream has parameters, as long as the input lives.
    let parameters = unsafe { &*stream.codecpar };
    let container = muxer.container();
    let codec = codec_name(parameters.codec_id);
    let kind = parameters.codec_type;
    let fate = match kind {
        AVMediaType::AVMEDIA_TYPE_AUDIO => container.sound(parameters.codec_id),
        AVMediaType::AVMEDIA_TYPE_SUBTITLE => container.subtitles(parameters.codec_id, is_text(parameters.codec_id)),
        AVMediaType::AVMEDIA_TYPE_ATTACHMENT if container == Container::Matroska => Fate::Copy,
        // A cover is one packet; the muxers keep it apart from the tracks.
        AVMediaType::AVMEDIA_TYPE_VIDEO
            if stream.disposition & AV_DISPOSITION_ATTACHED_PIC != 0 && container == Container::Mp4 =>
        {
            Fate::Copy
        }
        _ => Fate::Leave,
    };
    let cover = kind == AVMediaType::AVMEDIA_TYPE_VIDEO;
    let what = match kind {
        AVMediaType::AVMEDIA_TYPE_AUDIO => "sound",
        AVMediaType::AVMEDIA_TYPE_SUBTITLE => "subtitle",
        AVMediaType::AVMEDIA_TYPE_ATTACHMENT => "attachment",
        AVMediaType::AVMEDIA_TYPE_VIDEO if stream.disposition & AV_DISPOSITION_ATTACHED_PIC != 0 => "cover",
        AVMediaType::AVMEDIA_TYPE_VIDEO => "second picture",
        _ => "data",
    };
    let name = |title: Option<String>| {
        let label = entry(stream.metadata, c"language").filter(|language| language != "und").or(title);
        match label.or_else(|| entry(stream.metadata, c"filename")) {
            Some(label) => format!("{what} track {index} ({codec}, {label})"),
            None => format!("{what} track {index} ({codec})"),
        }
    };
    let name = name(entry(stream.metadata, c"title"));
    if fate == Fate::Leave {
        // MP4 keeps its chapters' titles in a track, which is no loss.
        let chapter_titles =
            chapters && kind == AVMediaType::AVMEDIA_TYPE_DATA && parameters.codec_tag == u32::from_le_bytes(*b"text");
        if !chapter_titles {
            notes.push(format!("{name} is left out: {} does not take it", container.name()));
        }
        return Ok(None);
    }
    let base = stream.time_base;
    let sparse = kind != AVMediaType::AVMEDIA_TYPE_AUDIO;
    let shift = cut.shift(base);
    let (work, earliest, output) = match fate {
        Fate::Convert(target) if sparse => match Text::open(parameters, base, target) {
            Ok(text) => {
                let output = muxer.add_stream()?;
                text.describe(output.0)?;
                (Work::Text(Box::new(text)), 0, output)
            }
            Err(reason) => {
                notes.push(format!("{name} is left out: {reason}"));
                return Ok(None);
            }
        },
        Fate::Convert(target) => match Sound::open(parameters, base, target, cut.length()) {
            Ok(sound) => {
                notes.push(format!(
                    "{name} is converted to {}: {} does not take it",
                    codec_name(target),
                    container.name()
                ));
                let output = muxer.add_stream()?;
                sound.describe(output.0)?;
                (Work::Sound(Box::new(sound)), 0, output)
            }
            Err(reason) => {
                notes.push(format!("{name} is left out: {reason}"));
                return Ok(None);
            }
        },
        _ => {
            let output = muxer.add_stream()?;
            let uncut = cut.start <= Time::ZERO;
            let earliest = copy_parameters(stream, parameters, output.0, container, uncut)?;
            (Work::Copy, earliest, output)
        }
    };
    copy_description(stream, muxer, output.1);
    if kind == AVMediaType::AVMEDIA_TYPE_ATTACHMENT {
        return Ok(None);
    }
    Ok(Some(Track { work, output: output.1, base, shift, earliest, sparse, cover, done: false }))
}

/// Describes a copied stream; gives the first tick, after the shift, from which its packets are kept.
fn copy_parameters(
    stream: &AVStream,
    parameters: &AVCodecParameters,
    output: NonNull<AVStream>,
    container: Container,
    uncut: bool,
) -> Result<i64, EncodeError> {
    let output = output.as_ptr();
    // SAFETY: both streams are valid; the copy is deep.
    unsafe {
        if avcodec_parameters_copy((*output).codecpar, parameters) < 0 {
            return Err(EncodeError::Memory);
        }
        // Tags are the container's own; a muxer chooses its tag again.
        (*(*output).codecpar).codec_tag = 0;
        (*output).time_base = stream.time_base;
    }
    if parameters.codec_type != AVMediaType::AVMEDIA_TYPE_AUDIO || parameters.sample_rate <= 0 {
        return Ok(0);
    }
    let per_sample = AVRational { num: 1, den: parameters.sample_rate };
    // SAFETY: arithmetic; the rates are positive.
    let ticks = |samples: i32| unsafe { av_rescale_q(i64::from(samples), per_sample, stream.time_base) };
    let padding = parameters.initial_padding.max(0);
    Ok(-if uncut {
        // An encoder's run-up (100 ms are more than any has) is kept, so that no bit is lost: MP4 hides it by an edit list,
        // for Matroska the muxer moves everything on by it, as FFmpeg's own tool does.
        ticks(parameters.sample_rate / 10)
    } else if container.is_iso() {
        // The edit list hides what comes before the cut, so the decoder gets a packet to run up with.
        ticks(padding.max(parameters.frame_size).max(1024))
    } else {
        0
    })
}

/// Language, title and disposition.
fn copy_description(from: &AVStream, muxer: &mut Muxer, output: usize) {
    // SAFETY: `output` was added to the muxer; dictionaries are copied.
    unsafe {
        let to = *(*muxer.raw()).streams.add(output);
        (*to).disposition = from.disposition;
        av_dict_copy(&mut (*to).metadata, from.metadata, 0);
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
        if muxer.container() == Container::Mov
            && let Some(code) = entry(from.metadata, c"language").and_then(|code| quicktime_code(&code))
        {
            av_dict_set(&mut (*to).metadata, c"language".as_ptr(), code.as_ptr(), 0);
        }
    }
}

/// Chapters within the cut, moved to its beginning.
fn copy_chapters(input: &Input, cut: Cut, muxer: &mut Muxer) -> Result<(), EncodeError> {
    let context = muxer.raw();
    for chapter in input.chapters() {
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
            av_dict_copy(&mut (*copy).metadata, chapter.metadata, 0);
            let mut count = (*context).nb_chapters as i32;
            av_dynarray_add(ptr::from_mut(&mut (*context).chapters).cast(), &mut count, copy.cast());
            (*context).nb_chapters = count as u32;
        }
    }
    Ok(())
}

/// The film's own metadata, less what the muxer writes itself.
fn copy_metadata(input: &Input, muxer: &mut Muxer) {
    // SAFETY: both contexts are valid; dictionaries are copied.
    unsafe {
        let to = &mut (*muxer.raw()).metadata;
        av_dict_copy(to, (*input.raw()).metadata, 0);
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
            let key = std::ffi::CStr::from_ptr((*found).key).to_owned();
            av_dict_set(dictionary, key.as_ptr(), ptr::null(), 0);
        }
    }
}

fn is_text(id: AVCodecID) -> bool {
    // SAFETY: descriptors are constants of the library's.
    unsafe {
        let descriptor = avcodec_descriptor_get(id);
        !descriptor.is_null() && (*descriptor).props & AV_CODEC_PROP_TEXT_SUB != 0
    }
}
