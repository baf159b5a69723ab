//! How much memory a picture takes, found out before any of it is taken.

use std::ffi::c_int;
use std::ptr;

use ffmpeg_next::ffi;

use super::error::MediaError;
use super::format::{self, FormatSupport};
use super::reading::Memory;

/// The largest side of a picture. Files that claim more are taken for an attempt to fill the memory.
pub(super) const LARGEST_SIDE: u32 = 16_384;

/// Refuses pictures that would take too much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard<'a> {
    /// The file or URL, for messages.
    pub(super) location: &'a str,
    /// What one picture with all its copies may take.
    pub(super) most: Memory,
}

impl Guard<'_> {
    /// A picture of `size` that takes `per_sample` bytes for each of its samples and `more` besides, all copies counted that are there at once.
    pub(super) fn check(&self, size: [u32; 2], per_sample: u64, more: u64) -> Result<(), MediaError> {
        let ([width, height], location) = (size, self.location.to_owned());
        if width.max(height) > LARGEST_SIDE {
            return Err(MediaError::TooLarge { location, width, height, limit: LARGEST_SIDE });
        }
        let needed = (u64::from(width) * u64::from(height)).saturating_mul(per_sample).saturating_add(more);
        let most = self.most.0;
        if needed > most { Err(MediaError::Memory { location, width, height, needed, most }) } else { Ok(()) }
    }
}

/// Bytes of one frame of FFmpeg's pixel format `number`, with `copies` of it in packed R'G'B' and alpha or in planes; where it is converted before the
/// colour shader reads it, or laid over the background, one of them is made anyway.
pub(super) fn frame_bytes(number: c_int, size: [u32; 2], copies: u64) -> u64 {
    let kind = format::checked(number);
    let traits = kind.and_then(format::traits);
    let direct = |layout| match layout {
        FormatSupport::Direct(format) => Some(format),
        _ => None,
    };
    let converted = traits.map(|traits| (traits.support, traits.alpha));
    let (planes, copies) = match converted {
        Some((FormatSupport::Direct(format), alpha)) => (Some(format), copies.max(alpha.into())),
        Some((FormatSupport::Convert(to), _)) => (format::traits(to).and_then(|to| direct(to.support)), copies.max(1)),
        _ => (None, copies),
    };
    let samples = u64::from(size[0]) * u64::from(size[1]);
    let copy = samples * if planes.is_none_or(|format| format.depth > 8) { 8 } else { 4 };
    let [width, height] = size.map(|side| c_int::try_from(side).unwrap_or(c_int::MAX));
    // SAFETY: plain numbers; FFmpeg checks them.
    let own = kind.map(|kind| unsafe { ffi::av_image_get_buffer_size(kind, width, height, 1) });
    // Where nothing is known yet, as in most films; what is beyond an int is too much for FFmpeg, too.
    let unknown = if kind.is_some() { samples * 16 } else { samples * 3 / 2 };
    own.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(unknown) + copies * copy
}

/// Looks for the tracks of an open container, whose decoders take no more memory than a picture may.
pub(super) fn find_tracks(context: *mut ffi::AVFormatContext, most: Memory) -> c_int {
    // SAFETY: the context is open, its streams and their parameters belong to it; FFmpeg reads one dictionary for each of the streams there are
    // now, and what it leaves of them is freed here.
    unsafe {
        let count = (*context).nb_streams as usize;
        let mut options = vec![ptr::null_mut(); count];
        for (index, option) in options.iter_mut().enumerate() {
            let parameters = (**(*context).streams.add(index)).codecpar;
            let pixels = most_pixels((*parameters).codec_id, most);
            ffi::av_dict_set_int(option, c"max_pixels".as_ptr(), pixels, 0);
        }
        let given = if options.is_empty() { ptr::null_mut() } else { options.as_mut_ptr() };
        let code = ffi::avformat_find_stream_info(context, given);
        for option in &mut options {
            ffi::av_dict_free(option);
        }
        code
    }
}

/// Samples of the largest picture that a decoder of this coding may make while nothing is known of its format.
pub(super) fn most_pixels(codec: ffi::AVCodecID, most: Memory) -> i64 {
    // Codings of single pictures come with alpha and many bits, those of films with three bytes for two samples, or twice that.
    let each = if is_intra_only(codec) { 12 } else { 3 };
    let largest = u64::from(LARGEST_SIDE) * u64::from(LARGEST_SIDE);
    i64::try_from((most.0 / each).min(largest)).unwrap_or(i64::MAX)
}

/// How many threads may each hold a picture of `bytes`, besides those that the coding refers to; all that are useful where memory allows.
pub(super) fn threads(codec: ffi::AVCodecID, bytes: u64, most: Memory) -> c_int {
    let held = if is_intra_only(codec) { 1 } else { 8 };
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    // As FFmpeg itself chooses.
    let useful = if cores > 1 { (cores + 1).min(16) } else { 1 };
    (most.0 / bytes.max(1)).saturating_sub(held).clamp(1, useful) as c_int
}

fn is_intra_only(codec: ffi::AVCodecID) -> bool {
    // SAFETY: any number may be asked for; the description is static or null.
    let description = unsafe { ffi::avcodec_descriptor_get(codec).as_ref() };
    // These refer to one picture before them, which is the canvas.
    let canvas = matches!(codec, ffi::AVCodecID::AV_CODEC_ID_GIF | ffi::AVCodecID::AV_CODEC_ID_APNG);
    canvas || description.is_some_and(|description| description.props & ffi::AV_CODEC_PROP_INTRA_ONLY != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_with_what_is_made_of_them() {
        use ffi::AVPixelFormat::*;
        let bytes = |format, copies| frame_bytes(format as c_int, [1000, 1000], copies);
        assert_eq!(bytes(AV_PIX_FMT_YUV420P, 0), 1_500_000);
        assert_eq!(bytes(AV_PIX_FMT_BGRA, 0), 8_000_000);
        assert_eq!(bytes(AV_PIX_FMT_YUVA444P10LE, 0), 16_000_000);
        assert_eq!(bytes(AV_PIX_FMT_GBRPF32LE, 2), 28_000_000);
        assert_eq!(frame_bytes(-1, [1000, 1000], 0), 1_500_000);
        assert!(frame_bytes(AV_PIX_FMT_BGRA as c_int, [65_535; 2], 0) > 1 << 34);
    }

    #[test]
    fn films_of_eight_thousand_lines_play_and_pictures_do_not_fill_all_threads() {
        use ffi::AVCodecID::*;
        let (film, one) = (8192 * 4096 * 3 / 2, Memory::default());
        assert!(most_pixels(AV_CODEC_ID_HEVC, one) >= 8192 * 4096 && threads(AV_CODEC_ID_HEVC, film, one) >= 1);
        assert_eq!(threads(AV_CODEC_ID_GIF, one.0, one), 1);
        assert_eq!(threads(AV_CODEC_ID_H264, one.0 / 9, one), 1);
        assert!(most_pixels(AV_CODEC_ID_GIF, one) < most_pixels(AV_CODEC_ID_AV1, one));
    }

    #[test]
    fn sizes_and_copies_are_counted() {
        let guard = Guard { location: "a.png", most: Memory::default() };
        assert_eq!(guard.check([16_384, 16_384], 4, 0), Ok(()));
        assert!(matches!(guard.check([16_384, 16_384], 4, 1), Err(MediaError::Memory { .. })));
        assert!(matches!(guard.check([16_385, 1], 4, 0), Err(MediaError::TooLarge { .. })));
        assert!(matches!(guard.check([u32::MAX, u32::MAX], u64::MAX, 0), Err(MediaError::TooLarge { .. })));
        let error = guard.check([10_000, 20_000 - 3_616], 8, 5).unwrap_err().to_string();
        assert!(error.contains("1251 MiB") && error.contains("1024 MiB") && error.contains("--max-memory"), "{error}");
    }
}
