//! The tracks of a container: which of them is the film's picture, and what is known of it.

use std::ptr;

use ffmpeg_next::codec::packet;
use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::format::stream::Stream;
use ffmpeg_next::media::Type;

use super::info::Stereo;
use super::remote_options::HlsBitrate;
use super::side_data::{believable_aspect, content_level, mastering_level, matrix_of};
use super::version::text;
use super::{colour, orientation};
use crate::frame::Orientation;
use crate::time::Time;

/// Subtitle tracks that are read at most.
const MOST_SUBTITLES: usize = 256;

/// The video track that was chosen, and what the container says of it.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) index: usize,
    pub(super) time_base: (i32, i32),
    /// FFmpeg's name of the coding.
    pub(super) codec: String,
    /// Pictures in a second as a fraction; `None` where nothing is said.
    pub(super) rate: Option<(i32, i32)>,
    /// What the container says, which goes before what the coded stream says.
    pub(super) sample_aspect: Option<(u32, u32)>,
    pub(super) orientation: Orientation,
    pub(super) peak: Option<f32>,
    /// What the container says about eyes.
    pub(super) stereo: Option<Stereo>,
    /// Pictures of alpha go along, beside the coded ones (WebM).
    pub(super) alpha: bool,
    /// The track's own first time, in its own time base.
    pub(super) start: Option<i64>,
    /// When its programme begins, on the container's clock.
    pub(super) programme_start: Option<Time>,
    /// Its own length, where the container tells it of each track.
    pub(super) duration: Option<Time>,
    /// Its length by the number of its pictures, where the container tells that.
    pub(super) counted: Option<Time>,
}

/// The best track of moving pictures: of several variants that of the one which `bitrate` chooses, else FFmpeg's choice, unless that is a cover or a thumbnail.
pub(super) fn best_video(input: &mut Input, bitrate: HlsBitrate) -> Option<usize> {
    let covers = ffi::AV_DISPOSITION_ATTACHED_PIC | ffi::AV_DISPOSITION_TIMED_THUMBNAILS;
    // SAFETY: the context is open.
    let best = unsafe {
        let kind = ffi::AVMediaType::AVMEDIA_TYPE_VIDEO;
        ffi::av_find_best_stream(input.as_mut_ptr(), kind, -1, -1, ptr::null_mut(), 0)
    };
    let films = input.streams().filter_map(|stream| {
        // SAFETY: the stream and its parameters belong to the open context.
        let (disposition, parameters) = unsafe { ((*stream.as_ptr()).disposition, &*(*stream.as_ptr()).codecpar) };
        let film = parameters.codec_type == ffi::AVMediaType::AVMEDIA_TYPE_VIDEO && disposition & covers == 0;
        film.then(|| (stream.index(), i64::from(parameters.width) * i64::from(parameters.height)))
    });
    let films: Vec<_> = films.collect();
    let variant = variant(input, &films, bitrate);
    let of_variant = films.iter().filter(|(index, _)| variant.contains(index)).max_by_key(|(_, area)| *area);
    let chosen = of_variant.or_else(|| films.iter().find(|(index, _)| usize::try_from(best) == Ok(*index)));
    chosen.or_else(|| films.iter().max_by_key(|(_, area)| *area)).map(|(index, _)| *index)
}

/// One of the variants of a film: bits a second, the size of its pictures in samples, and its tracks.
struct Variant {
    rate: u64,
    area: i64,
    tracks: Vec<usize>,
}

/// What HLS and DASH say of the bits a second of one of several variants.
///
/// # Safety
/// The metadata are valid, or null.
unsafe fn variant_rate(metadata: *const ffi::AVDictionary) -> Option<u64> {
    // SAFETY: entries are valid as long as their dictionary.
    unsafe {
        let rate = ffi::av_dict_get(metadata, c"variant_bitrate".as_ptr(), ptr::null(), 0);
        if rate.is_null() { None } else { text((*rate).value).parse().ok() }
    }
}

/// The tracks of the variant that `bitrate` chooses among those with pictures, `films` (track and size in samples); none where the container has no variants.
/// In HLS each is a programme, in DASH a track.
fn variant(input: &Input, films: &[(usize, i64)], bitrate: HlsBitrate) -> Vec<usize> {
    // SAFETY: the context is open; FFmpeg keeps that many valid pointers and indices there.
    let variants: Vec<Variant> = unsafe {
        let raw = &*input.as_ptr();
        let programmes = (0..raw.nb_programs as usize).map(|number| &**raw.programs.add(number));
        let variant = |programme: &ffi::AVProgram| {
            let rate = variant_rate(programme.metadata)?;
            let members = 0..programme.nb_stream_indexes as usize;
            let tracks: Vec<usize> = members.map(|member| *programme.stream_index.add(member) as usize).collect();
            let area = films.iter().filter(|(index, _)| tracks.contains(index)).map(|(_, area)| *area).max()?;
            Some(Variant { rate, area, tracks })
        };
        let track = |&(index, area): &(usize, i64)| {
            let stream = &**raw.streams.add(index);
            Some(Variant { rate: variant_rate(stream.metadata)?, area, tracks: vec![index] })
        };
        let programmes: Vec<_> = programmes.filter_map(variant).collect();
        if programmes.is_empty() { films.iter().filter_map(track).collect() } else { programmes }
    };
    chosen(bitrate, &variants).map(|variant| variant.tracks.clone()).unwrap_or_default()
}

/// The one that is wanted; of those of one rate the one with the largest pictures. None where there are none.
fn chosen(bitrate: HlsBitrate, variants: &[Variant]) -> Option<&Variant> {
    let worth = |variant: &&Variant| (variant.rate, variant.area);
    let least = variants.iter().min_by_key(|variant| (variant.rate, -variant.area));
    match bitrate {
        HlsBitrate::Min => least,
        HlsBitrate::Max => variants.iter().max_by_key(worth),
        HlsBitrate::AtMost(most) => variants.iter().filter(|variant| variant.rate <= most).max_by_key(worth).or(least),
    }
}

/// In DASH the sound `best` may be there at several rates: the one that `bitrate` chooses, else `best`. A limit is the picture's: its sound is the best.
pub(super) fn sound_variant(input: &Input, best: usize, bitrate: HlsBitrate) -> usize {
    if input.format().name() != "dash" {
        return best;
    }
    let facts = |stream: &Stream<'_>| {
        let language = stream.metadata().get("language").map(str::to_owned);
        (stream.parameters().medium() == Type::Audio, language)
    };
    let Some(wanted) = input.stream(best).map(|stream| facts(&stream)) else { return best };
    let same = input.streams().filter(|stream| facts(stream) == wanted);
    let variants = same.filter_map(|stream| {
        // SAFETY: the stream belongs to the open context.
        let rate = unsafe { variant_rate((*stream.as_ptr()).metadata) }?;
        Some(Variant { rate, area: 0, tracks: vec![stream.index()] })
    });
    let variants: Vec<_> = variants.collect();
    let bitrate = if bitrate == HlsBitrate::Min { bitrate } else { HlsBitrate::Max };
    let offered = variants.iter().any(|variant| variant.tracks.contains(&best));
    let chosen = chosen(bitrate, &variants).filter(|_| offered);
    chosen.and_then(|variant| variant.tracks.first().copied()).unwrap_or(best)
}

/// Whether a track of HLS is a rendition of subtitles, as newer FFmpeg gives them: they are read without it, by their pieces.
pub(super) fn is_rendition(coding: ffi::AVCodecID) -> bool {
    coding == ffi::AVCodecID::AV_CODEC_ID_WEBVTT
}

/// The subtitle tracks that belong to the picture `picture`. In HLS, where each variant has its own, that is FFmpeg's choice alone.
pub(super) fn subtitles(input: &mut Input, picture: usize, programme: &[bool]) -> Vec<usize> {
    let is_hls = input.format().name() == "hls";
    let is_subtitle = |stream: &Stream<'_>| {
        stream.parameters().medium() == Type::Subtitle && !(is_hls && is_rendition(stream.parameters().id().into()))
    };
    let own = |index: &usize| programme.get(*index).copied().unwrap_or(false);
    let all: Vec<_> =
        input.streams().filter(is_subtitle).map(|stream| stream.index()).filter(own).take(MOST_SUBTITLES).collect();
    if !is_hls {
        return all;
    }
    let related = i32::try_from(picture).unwrap_or(-1);
    // SAFETY: the context is open; no decoder is asked for.
    let best = unsafe {
        let kind = ffi::AVMediaType::AVMEDIA_TYPE_SUBTITLE;
        ffi::av_find_best_stream(input.as_mut_ptr(), kind, -1, related, ptr::null_mut(), 0)
    };
    usize::try_from(best).ok().filter(|best| all.contains(best)).into_iter().collect()
}

/// What is known of the video track `index`; `programme` says which tracks belong to it.
pub(super) fn track(input: &mut Input, index: usize, programme: &[bool]) -> Track {
    let programme_start = programme_start(input, programme);
    // SAFETY: the index is that of a stream of the open context; a null frame is allowed.
    let (stream, guessed) = unsafe {
        let context = input.as_mut_ptr();
        let stream = *(*context).streams.add(index);
        (&*stream, ffi::av_guess_frame_rate(context, stream, ptr::null_mut()))
    };
    let aspect = stream.sample_aspect_ratio;
    let rates = [guessed, stream.avg_frame_rate, stream.r_frame_rate];
    // SAFETY: the parameters belong to the open context, the name is static.
    let codec = text(unsafe { ffi::avcodec_get_name((*stream.codecpar).codec_id) });
    let (mut orientation, mut content, mut mastering, mut stereo) = (Orientation::default(), None, None, None);
    let mut alpha = false;
    if let Some(stream) = input.stream(index) {
        alpha = stream.metadata().get("alpha_mode") == Some("1");
        for data in stream.side_data() {
            match data.kind() {
                packet::side_data::Type::DisplayMatrix => {
                    orientation =
                        matrix_of(data.data()).map(|m| orientation::from_display_matrix(&m)).unwrap_or_default();
                }
                packet::side_data::Type::ContentLightLevel => content = content_level(data.data()),
                packet::side_data::Type::MasteringDisplayMetadata => mastering = mastering_level(data.data()),
                packet::side_data::Type::Stereo3d => stereo = Stereo::from_bytes(data.data()),
                _ => {}
            }
        }
    }
    Track {
        index,
        time_base: (stream.time_base.num.max(1), stream.time_base.den.max(1)),
        codec,
        rate: rates.into_iter().find(|rate| is_rate(*rate)).map(|rate| (rate.num, rate.den)),
        sample_aspect: believable_aspect(aspect.num, aspect.den),
        orientation,
        peak: colour::peak(content, mastering),
        stereo,
        alpha,
        start: Some(stream.start_time).filter(|start| *start != ffi::AV_NOPTS_VALUE),
        programme_start,
        counted: (stream.nb_frames > 0 && is_rate(stream.avg_frame_rate))
            .then(|| Time::from_ticks(stream.nb_frames, stream.avg_frame_rate.den, stream.avg_frame_rate.num)),
        duration: (stream.duration > 0)
            .then(|| Time::from_ticks(stream.duration, stream.time_base.num, stream.time_base.den)),
    }
}

/// By stream: whether it belongs to the programme of the stream `picture`. A multiplex (MPEG-TS) holds several, each on a clock of its own, and
/// each variant of an HLS stream is one. Streams of no programme belong to all.
pub(super) fn programme(input: &Input, picture: usize) -> Vec<bool> {
    let (mut own, mut in_any) = (vec![false; input.nb_streams() as usize], vec![false; input.nb_streams() as usize]);
    let mut found = false;
    // SAFETY: the context is open; FFmpeg keeps that many valid pointers and indices there.
    unsafe {
        let raw = &*input.as_ptr();
        for number in 0..raw.nb_programs as usize {
            let programme = &**raw.programs.add(number);
            let members: Vec<usize> = (0..programme.nb_stream_indexes as usize)
                .map(|member| *programme.stream_index.add(member) as usize)
                .filter(|member| *member < own.len())
                .collect();
            let mine = !found && members.contains(&picture);
            found |= mine;
            for member in members {
                in_any[member] = true;
                own[member] |= mine;
            }
        }
    }
    own.iter().zip(in_any).map(|(own, in_any)| *own || !found || !in_any).collect()
}

/// The beginning of the programme: the container's where it is the only one, else that of its first sound or picture.
fn programme_start(input: &Input, programme: &[bool]) -> Option<Time> {
    // SAFETY: the context is open.
    let container = unsafe { (*input.as_ptr()).start_time };
    if programme.iter().all(|belongs| *belongs) {
        return (container != ffi::AV_NOPTS_VALUE).then(|| Time::from_ticks(container, 1, ffi::AV_TIME_BASE));
    }
    let own = input.streams().filter(|stream| programme[stream.index()] && !is_sparse(stream));
    let starts = own.filter(|stream| stream.start_time() != ffi::AV_NOPTS_VALUE).map(|stream| {
        let base = stream.time_base();
        Time::from_ticks(stream.start_time(), base.numerator(), base.denominator())
    });
    starts.min()
}

/// Whether its packets are sound or subtitles: what is read beside the picture. Attachments and covers have none, data is nothing to see or hear.
pub(super) fn is_sound_or_subtitle(stream: &Stream<'_>) -> bool {
    matches!(stream.parameters().medium(), Type::Audio | Type::Subtitle)
}

/// Whether its packets come with gaps, so that it says little about the clock.
pub(super) fn is_sparse(stream: &Stream<'_>) -> bool {
    !matches!(stream.parameters().medium(), Type::Audio | Type::Video)
}

/// Between one picture in 100 seconds and 1000 in one.
fn is_rate(rate: ffi::AVRational) -> bool {
    rate.num > 0 && rate.den > 0 && (0.01..=1000.0).contains(&(f64::from(rate.num) / f64::from(rate.den)))
}

/// How many tracks there are of each kind.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) video: usize,
    pub(super) sound: usize,
    pub(super) subtitles: usize,
}

pub(super) fn counts(input: &Input) -> Counts {
    let mut counts = Counts::default();
    for stream in input.streams() {
        match stream.parameters().medium() {
            Type::Video => counts.video += 1,
            Type::Audio => counts.sound += 1,
            Type::Subtitle => counts.subtitles += 1,
            _ => {}
        }
    }
    counts
}

/// What there is, for someone who finds no pictures.
pub(super) fn told_tracks(input: &Input) -> String {
    let counts = counts(input);
    let told = [(counts.sound, "sound"), (counts.subtitles, "subtitle"), (counts.video, "cover picture")];
    let told: Vec<_> = told.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if told.is_empty() { "it holds nothing".to_owned() } else { format!("only {}", told.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_chosen_by_its_bit_rate_and_then_by_its_size() {
        let variant = |(track, rate, area)| Variant { rate, area, tracks: vec![track] };
        let variants =
            [(0, 800, 10), (1, 3000, 40), (2, 200, 5), (3, 1500, 20), (4, 3000, 30), (5, 200, 9)].map(variant);
        for (wanted, track) in [("min", 5), ("max", 1), ("1500", 3), ("1499", 0), ("5000", 1), ("100", 5)] {
            let chosen = chosen(wanted.parse().unwrap(), &variants).unwrap();
            assert_eq!(chosen.tracks, [track], "{wanted}");
        }
        assert!(chosen(HlsBitrate::Max, &[]).is_none());
    }
}
