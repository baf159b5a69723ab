//! What becomes of each of the source's tracks.

use ffmpeg_next::ffi::*;

use super::super::container::Fate;
use super::super::damage::Damage;
use super::super::listen::Listener;
use super::super::mux::Muxer;
use super::super::sound::Sound;
use super::super::text::Text;
use super::super::{Container, EncodeError, codec_name};
use super::describe::{copy_description, copy_parameters, earliest};
use super::{Cut, Track, Work, trial};
use crate::media::container::{OtherTracks, Stream};
use crate::time::Time;

/// The tracks of `source` that are written; `notes` gets a line for what is changed.
pub(super) fn tracks(
    source: &OtherTracks,
    cut: Cut,
    muxer: &mut Muxer,
    notes: &mut Vec<String>,
) -> Result<Vec<Track>, EncodeError> {
    let tracks = source.streams.iter().map(|stream| track(source, stream, cut, muxer, notes));
    tracks.filter_map(Result::transpose).collect()
}

/// Decides what becomes of `stream` and adds what is written of it to `muxer`; none where it is left out or needs no packets. `notes` gets a line for what is changed.
fn track(
    source: &OtherTracks,
    stream: &Stream,
    cut: Cut,
    muxer: &mut Muxer,
    notes: &mut Vec<String>,
) -> Result<Option<Track>, EncodeError> {
    let mut name = name(stream);
    if let Some(file) = source.elsewhere() {
        name = format!("{file}: {name}");
    }
    let planned = match stream.kind() {
        AVMediaType::AVMEDIA_TYPE_AUDIO => sound(source, stream, cut, muxer, &name, notes)?,
        AVMediaType::AVMEDIA_TYPE_SUBTITLE => subtitles(source, stream, muxer, &name)?,
        AVMediaType::AVMEDIA_TYPE_VIDEO if is_cover(stream) => cover(stream, muxer)?,
        AVMediaType::AVMEDIA_TYPE_VIDEO => Err("a film in 3D has one picture".to_owned()),
        AVMediaType::AVMEDIA_TYPE_ATTACHMENT => attachment(stream, muxer)?,
        // MP4 keeps its chapters' titles in a track, which is no loss.
        AVMediaType::AVMEDIA_TYPE_DATA if !source.chapters.is_empty() && is_chapter_titles(stream) => return Ok(None),
        _ => Err("it is neither picture nor sound nor subtitles".to_owned()),
    };
    match planned {
        Err(reason) => {
            notes.push(format!("{name} is left out: {reason}"));
            Ok(None)
        }
        Ok(None) => Ok(None),
        Ok(Some((work, output))) => {
            copy_description(stream, muxer, output);
            let base = stream.time_base;
            let earliest = match work {
                Work::Copy(_) => earliest(stream, muxer.container(), cut.start <= Time::ZERO),
                _ => 0,
            };
            Ok(Some(Track {
                name,
                input: stream.index,
                work,
                output,
                base,
                shift: cut.shift(base),
                earliest,
                to_the_end: muxer.container().is_iso() && cut.start > Time::ZERO,
                sparse: stream.kind() != AVMediaType::AVMEDIA_TYPE_AUDIO,
                damage: Damage::default(),
            }))
        }
    }
}

/// A track that is written and its stream in the container; none for what needs no packets; or why it is left out.
type Planned = Result<Option<(Work, usize)>, String>;

fn sound(
    source: &OtherTracks,
    stream: &Stream,
    cut: Cut,
    muxer: &mut Muxer,
    name: &str,
    notes: &mut Vec<String>,
) -> Result<Planned, EncodeError> {
    let parameters = stream.parameters();
    let (container, first) = (muxer.container(), source.first_of(stream.index));
    if first.is_none() && (parameters.sample_rate <= 0 || parameters.ch_layout.nb_channels <= 0) {
        return Ok(Err("it is announced, but no sound of it comes".to_owned()));
    }
    let (target, why) = match container.sound(parameters.codec_id, parameters.sample_rate) {
        Fate::Copy => {
            let first = first.map(|packet| (packet, stream.time_base));
            match trial::run(container, |output| copy_parameters(stream, output), first) {
                Ok(()) => return Ok(Ok(Some(copied(stream, muxer)?))),
                Err(reason) => {
                    (container.sound_codec(), format!("{} does not take it as it is ({reason})", container.name()))
                }
            }
        }
        Fate::Convert(target) => (target, format!("{} does not take it", container.name())),
        Fate::Leave => return Ok(Err(format!("{} does not take it", container.name()))),
    };
    let opened = Sound::open(parameters, stream.time_base, target, cut.length(), &|sound: &Sound| {
        trial::run(container, |output| sound.describe(output).is_ok(), None)
    });
    let sound = match opened {
        Ok(sound) => sound,
        Err(reason) => return Ok(Err(reason)),
    };
    let (output, index) = muxer.add_stream()?;
    sound.describe(output)?;
    let fewer = sound.fewer_channels().map_or(String::new(), |(from, to)| format!(", from {from} to {to}"));
    notes.push(format!("{name} is converted to {}{fewer}: {why}", codec_name(target)));
    Ok(Ok(Some((Work::Sound(Box::new(sound)), index))))
}

fn subtitles(source: &OtherTracks, stream: &Stream, muxer: &mut Muxer, name: &str) -> Result<Planned, EncodeError> {
    let parameters = stream.parameters();
    let container = muxer.container();
    let text = is_text(parameters.codec_id);
    let mut refusal = format!("{} does not take it", container.name());
    let fate = match container.subtitles(parameters.codec_id, text) {
        Fate::Copy => {
            let first = source.first_of(stream.index).map(|packet| (packet, stream.time_base));
            match trial::run(container, |output| copy_parameters(stream, output), first) {
                Ok(()) => return Ok(Ok(Some(copied(stream, muxer)?))),
                Err(reason) => {
                    tracing::debug!("{name}: {} does not take it as it is ({reason})", container.name());
                    refusal = format!("{refusal} ({reason})");
                    if text { Fate::Convert(container.text_codec()) } else { Fate::Leave }
                }
            }
        }
        other => other,
    };
    let Fate::Convert(target) = fate else { return Ok(Err(refusal)) };
    let text = match Text::open(parameters, stream.time_base, target) {
        Ok(text) => text,
        Err(reason) => return Ok(Err(reason)),
    };
    if let Err(reason) = trial::run(container, |output| text.describe(output).is_ok(), None) {
        return Ok(Err(format!("{} does not take it ({reason})", container.name())));
    }
    let (output, index) = muxer.add_stream()?;
    text.describe(output)?;
    Ok(Ok(Some((Work::Text(Box::new(text)), index))))
}

/// A stream that is written as it is.
fn copied(stream: &Stream, muxer: &mut Muxer) -> Result<(Work, usize), EncodeError> {
    let (output, index) = muxer.add_stream()?;
    if !copy_parameters(stream, output) {
        return Err(EncodeError::Memory);
    }
    let is_sound = stream.kind() == AVMediaType::AVMEDIA_TYPE_AUDIO;
    let listener = is_sound.then(|| Listener::new(stream.parameters(), stream.time_base)).flatten();
    Ok((Work::Copy(listener.map(Box::new)), index))
}

/// Attachments lie in the header.
fn attachment(stream: &Stream, muxer: &mut Muxer) -> Result<Planned, EncodeError> {
    let container = muxer.container();
    if container != Container::Matroska {
        return Ok(Err(format!("{} has no attachments", container.name())));
    }
    let describe = |output: std::ptr::NonNull<AVStream>| {
        // SAFETY: the stream is new; the dictionary is copied.
        unsafe { av_dict_copy(&mut (*output.as_ptr()).metadata, stream.metadata.raw(), 0) };
        copy_parameters(stream, output)
    };
    if let Err(reason) = trial::run(container, describe, None) {
        return Ok(Err(format!("{} does not take it ({reason})", container.name())));
    }
    let (_, index) = copied(stream, muxer)?;
    copy_description(stream, muxer, index);
    Ok(Ok(None))
}

/// A cover: in MP4 a track that is one picture, in Matroska an attachment of a name that players know.
fn cover(stream: &Stream, muxer: &mut Muxer) -> Result<Planned, EncodeError> {
    let (container, id) = (muxer.container(), stream.parameters().codec_id);
    let Some(picture) = &stream.cover else { return Ok(Err("its picture is missing".to_owned())) };
    let refused = || Ok(Err(format!("{} takes no cover in {}", container.name(), codec_name(id))));
    match container {
        Container::Mp4 => {
            use AVCodecID::{AV_CODEC_ID_BMP, AV_CODEC_ID_MJPEG, AV_CODEC_ID_PNG};
            if !matches!(id, AV_CODEC_ID_MJPEG | AV_CODEC_ID_PNG | AV_CODEC_ID_BMP) {
                return refused();
            }
            let (_, index) = copied(stream, muxer)?;
            copy_description(stream, muxer, index);
            muxer.at_start(picture.clone(), index);
            Ok(Ok(None))
        }
        Container::Matroska => {
            let Some((file, mime)) = file_and_mime(id) else { return refused() };
            let bytes = picture.data().unwrap_or_default();
            match muxer.attach(bytes)? {
                Some(index) => {
                    copy_description(stream, muxer, index);
                    muxer.name_attachment(index, file, mime);
                    Ok(Ok(None))
                }
                None => Ok(Err("it is too large".to_owned())),
            }
        }
        Container::Mov | Container::WebM => Ok(Err(format!("{} takes no cover", container.name()))),
    }
}

/// The names by which players know a cover among attachments (Matroska's own rules), and its kind.
fn file_and_mime(id: AVCodecID) -> Option<(&'static std::ffi::CStr, &'static std::ffi::CStr)> {
    Some(match id {
        AVCodecID::AV_CODEC_ID_MJPEG => (c"cover.jpg", c"image/jpeg"),
        AVCodecID::AV_CODEC_ID_PNG => (c"cover.png", c"image/png"),
        AVCodecID::AV_CODEC_ID_WEBP => (c"cover.webp", c"image/webp"),
        AVCodecID::AV_CODEC_ID_BMP => (c"cover.bmp", c"image/bmp"),
        AVCodecID::AV_CODEC_ID_GIF => (c"cover.gif", c"image/gif"),
        AVCodecID::AV_CODEC_ID_TIFF => (c"cover.tiff", c"image/tiff"),
        _ => return None,
    })
}

fn is_cover(stream: &Stream) -> bool {
    stream.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
}

fn is_chapter_titles(stream: &Stream) -> bool {
    stream.parameters().codec_tag == u32::from_le_bytes(*b"text")
}

/// A track as the user may know it: its kind, number, codec, and its language, title or file name.
fn name(stream: &Stream) -> String {
    let what = match stream.kind() {
        AVMediaType::AVMEDIA_TYPE_AUDIO => "sound",
        AVMediaType::AVMEDIA_TYPE_SUBTITLE => "subtitle",
        AVMediaType::AVMEDIA_TYPE_ATTACHMENT => "attachment",
        AVMediaType::AVMEDIA_TYPE_VIDEO if is_cover(stream) => "cover",
        AVMediaType::AVMEDIA_TYPE_VIDEO => "second picture",
        _ => "data",
    };
    let (index, codec) = (stream.index, codec_name(stream.parameters().codec_id));
    let label = stream.metadata.entry(c"language").filter(|language| language != "und");
    let label = label.or_else(|| stream.metadata.entry(c"title")).or_else(|| stream.metadata.entry(c"filename"));
    match label {
        Some(label) => format!("{what} track {index} ({codec}, {})", label.chars().take(60).collect::<String>()),
        None => format!("{what} track {index} ({codec})"),
    }
}

fn is_text(id: AVCodecID) -> bool {
    // SAFETY: descriptors are constants of the library's.
    unsafe {
        let descriptor = avcodec_descriptor_get(id);
        !descriptor.is_null() && (*descriptor).props & AV_CODEC_PROP_TEXT_SUB != 0
    }
}
