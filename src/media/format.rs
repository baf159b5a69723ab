//! Which of FFmpeg's pixel formats the colour shader reads as they are, and what the others become.

use std::ffi::c_int;
use std::mem;

use ffmpeg_next::ffi::{self, AVPixelFormat};

use super::version::text;
use crate::frame::{Chroma, PixelFormat};

/// What is done with a pixel format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormatSupport {
    /// The planes are lent as they are.
    Direct(PixelFormat),
    /// swscale makes this one of it, which is `Direct`.
    Convert(AVPixelFormat),
    /// Neither (frames that live in a GPU decoder).
    Unknown,
}

/// What a pixel format is made of, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    /// Red, green and blue, whether planar, packed or by palette.
    pub(super) rgb: bool,
    /// One component besides alpha.
    pub(super) grey: bool,
    /// There is a plane, a part or a palette of alpha.
    pub(super) alpha: bool,
    /// The `yuvj…` names, which mean full range.
    pub(super) full_range_name: bool,
    /// What is done with it.
    pub(super) support: FormatSupport,
}

/// FFmpeg's pixel format out of a frame's or a stream's number.
pub(super) fn checked(format: c_int) -> Option<AVPixelFormat> {
    let known = 0..AVPixelFormat::AV_PIX_FMT_NB as c_int;
    // SAFETY: the enumeration has every value from 0 up to its last one.
    known.contains(&format).then(|| unsafe { mem::transmute::<c_int, AVPixelFormat>(format) })
}

/// FFmpeg's name, for messages.
pub(super) fn name(format: c_int) -> String {
    // SAFETY: any known format may be asked for; the name is static.
    let known = checked(format).map(|format| text(unsafe { ffi::av_get_pix_fmt_name(format) }));
    known.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("pixel format {format}"))
}

/// What `format` is made of; `None` for one that FFmpeg has no description of.
pub(super) fn traits(format: AVPixelFormat) -> Option<Traits> {
    // SAFETY: the description is static or null.
    let description = unsafe { ffi::av_pix_fmt_desc_get(format).as_ref() }?;
    let flags = description.flags as c_int;
    let alpha = flags & ffi::AV_PIX_FMT_FLAG_ALPHA != 0;
    // A palette counts as one component, and its alpha as none.
    let colours = usize::from(description.nb_components).saturating_sub(usize::from(alpha)).max(1);
    let name = text(description.name);
    let xyz = name.starts_with("xyz");
    let palette_or_bayer = ffi::AV_PIX_FMT_FLAG_PAL | ffi::AV_PIX_FMT_FLAG_BAYER;
    let rgb = flags & (ffi::AV_PIX_FMT_FLAG_RGB | palette_or_bayer) != 0 || xyz;
    let grey = colours == 1 && !rgb;
    // There is no planar grey with alpha: it becomes R'G'B'.
    let (rgb, grey) = (rgb || grey && alpha, grey && !alpha);
    let odd = palette_or_bayer | ffi::AV_PIX_FMT_FLAG_BITSTREAM | ffi::AV_PIX_FMT_FLAG_FLOAT | ffi::AV_PIX_FMT_FLAG_BE;
    // Every palette of FFmpeg's has alpha.
    let alpha = alpha || flags & ffi::AV_PIX_FMT_FLAG_PAL != 0;
    let support = if flags & ffi::AV_PIX_FMT_FLAG_HWACCEL != 0 || description.nb_components == 0 {
        FormatSupport::Unknown
    } else if let Some(direct) = (flags & odd == 0 && !xyz).then(|| direct(description, colours, rgb)).flatten() {
        FormatSupport::Direct(direct)
    } else {
        let depth = description.comp.iter().take(colours).map(|part| part.depth).max().unwrap_or(8);
        let depth = if flags & ffi::AV_PIX_FMT_FLAG_FLOAT != 0 { 16 } else { depth };
        let chroma = (description.log2_chroma_w, description.log2_chroma_h);
        FormatSupport::Convert(if alpha {
            nearest_with_alpha(rgb, chroma, depth)
        } else {
            nearest(rgb, grey, chroma, depth)
        })
    };
    Some(Traits { rgb, grey, alpha, full_range_name: name.starts_with("yuvj"), support })
}

/// The memory layout, if the colour shader reads it. A plane of alpha may lie behind the others.
fn direct(description: &ffi::AVPixFmtDescriptor, colours: usize, rgb: bool) -> Option<PixelFormat> {
    let parts = description.comp.get(..colours)?;
    let first = parts.first()?;
    let depth = u32::try_from(first.depth).ok().filter(|depth| (8..=16).contains(depth))?;
    let shift = u32::try_from(first.shift).ok().filter(|shift| shift + depth <= 16)?;
    let bytes: c_int = if depth > 8 { 2 } else { 1 };
    if parts.iter().any(|part| part.depth != first.depth || part.shift != first.shift) || (bytes == 1 && shift != 0) {
        return None;
    }
    let chroma = match (colours, description.log2_chroma_w, description.log2_chroma_h) {
        (1, ..) => Chroma::Grey,
        (3, 0, 0) => Chroma::C444,
        (3, 1, 0) => Chroma::C422,
        (3, 1, 1) => Chroma::C420,
        _ => return None,
    };
    // (plane, distance between samples, place of the first), component by component.
    let places: Vec<_> = parts.iter().map(|part| (part.plane, part.step, part.offset)).collect();
    let alone = |plane: c_int| (plane, bytes, 0);
    let semi_planar = match (places.as_slice(), rgb) {
        ([grey], false) if *grey == alone(0) => false,
        ([y, u, v], false) if *y == alone(0) && *u == alone(1) && *v == alone(2) => false,
        ([r, g, b], true) if *g == alone(0) && *b == alone(1) && *r == alone(2) => false,
        ([y, u, v], false) if *y == alone(0) && *u == (1, 2 * bytes, 0) && *v == (1, 2 * bytes, bytes) => true,
        _ => return None,
    };
    Some(PixelFormat { chroma, depth, shift, semi_planar })
}

/// Of the formats of 8, 10, 12 and 16 bits the first that has `depth`.
fn by_depth(formats: [AVPixelFormat; 4], depth: c_int) -> AVPixelFormat {
    match depth {
        ..=8 => formats[0],
        9..=10 => formats[1],
        11..=12 => formats[2],
        _ => formats[3],
    }
}

/// The direct format that keeps all of a rare one's detail: no less depth, no coarser chroma.
fn nearest(rgb: bool, grey: bool, (across, down): (u8, u8), depth: c_int) -> AVPixelFormat {
    use AVPixelFormat::*;
    let by_depth = |formats| by_depth(formats, depth);
    if rgb {
        by_depth([AV_PIX_FMT_GBRP, AV_PIX_FMT_GBRP10LE, AV_PIX_FMT_GBRP12LE, AV_PIX_FMT_GBRP16LE])
    } else if grey {
        by_depth([AV_PIX_FMT_GRAY8, AV_PIX_FMT_GRAY10LE, AV_PIX_FMT_GRAY12LE, AV_PIX_FMT_GRAY16LE])
    } else if across == 0 {
        by_depth([AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV444P10LE, AV_PIX_FMT_YUV444P12LE, AV_PIX_FMT_YUV444P16LE])
    } else if down == 0 {
        by_depth([AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV422P10LE, AV_PIX_FMT_YUV422P12LE, AV_PIX_FMT_YUV422P16LE])
    } else {
        by_depth([AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_YUV420P12LE, AV_PIX_FMT_YUV420P16LE])
    }
}

/// The same for formats with alpha, which lies in a plane of its own then.
fn nearest_with_alpha(rgb: bool, (across, down): (u8, u8), depth: c_int) -> AVPixelFormat {
    use AVPixelFormat::*;
    let by_depth = |formats| by_depth(formats, depth);
    if rgb {
        by_depth([AV_PIX_FMT_GBRAP, AV_PIX_FMT_GBRAP10LE, AV_PIX_FMT_GBRAP12LE, AV_PIX_FMT_GBRAP16LE])
    } else if across == 0 {
        by_depth([AV_PIX_FMT_YUVA444P, AV_PIX_FMT_YUVA444P10LE, AV_PIX_FMT_YUVA444P12LE, AV_PIX_FMT_YUVA444P16LE])
    } else if down == 0 {
        by_depth([AV_PIX_FMT_YUVA422P, AV_PIX_FMT_YUVA422P10LE, AV_PIX_FMT_YUVA422P12LE, AV_PIX_FMT_YUVA422P16LE])
    } else {
        by_depth([AV_PIX_FMT_YUVA420P, AV_PIX_FMT_YUVA420P10LE, AV_PIX_FMT_YUVA420P16LE, AV_PIX_FMT_YUVA420P16LE])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AVPixelFormat::*;

    #[test]
    fn the_usual_formats_are_direct() {
        let planar = |chroma, depth| PixelFormat { chroma, depth, shift: 0, semi_planar: false };
        let pairs = |chroma, depth, shift| PixelFormat { chroma, depth, shift, semi_planar: true };
        for (format, expected) in [
            (AV_PIX_FMT_YUV420P, planar(Chroma::C420, 8)),
            (AV_PIX_FMT_YUVJ422P, planar(Chroma::C422, 8)),
            (AV_PIX_FMT_YUVA444P, planar(Chroma::C444, 8)),
            (AV_PIX_FMT_YUV422P10LE, planar(Chroma::C422, 10)),
            (AV_PIX_FMT_YUV444P12LE, planar(Chroma::C444, 12)),
            (AV_PIX_FMT_YUV420P16LE, planar(Chroma::C420, 16)),
            (AV_PIX_FMT_GBRP, planar(Chroma::C444, 8)),
            (AV_PIX_FMT_GBRAP10LE, planar(Chroma::C444, 10)),
            (AV_PIX_FMT_GRAY8, planar(Chroma::Grey, 8)),
            (AV_PIX_FMT_GRAY12LE, planar(Chroma::Grey, 12)),
            (AV_PIX_FMT_NV12, pairs(Chroma::C420, 8, 0)),
            (AV_PIX_FMT_NV16, pairs(Chroma::C422, 8, 0)),
            (AV_PIX_FMT_P010LE, pairs(Chroma::C420, 10, 6)),
            (AV_PIX_FMT_P016LE, pairs(Chroma::C420, 16, 0)),
        ] {
            assert_eq!(traits(format).unwrap().support, FormatSupport::Direct(expected), "{format:?}");
        }
    }

    #[test]
    fn every_other_format_becomes_a_direct_one() {
        for (format, expected) in [
            (AV_PIX_FMT_RGB24, AV_PIX_FMT_GBRP),
            (AV_PIX_FMT_PAL8, AV_PIX_FMT_GBRAP),
            (AV_PIX_FMT_BGRA, AV_PIX_FMT_GBRAP),
            (AV_PIX_FMT_RGBA64BE, AV_PIX_FMT_GBRAP16LE),
            (AV_PIX_FMT_RGB48BE, AV_PIX_FMT_GBRP16LE),
            (AV_PIX_FMT_GBRPF32LE, AV_PIX_FMT_GBRP16LE),
            (AV_PIX_FMT_XYZ12LE, AV_PIX_FMT_GBRP12LE),
            (AV_PIX_FMT_NV21, AV_PIX_FMT_YUV420P),
            (AV_PIX_FMT_YUV411P, AV_PIX_FMT_YUV422P),
            (AV_PIX_FMT_YUV410P, AV_PIX_FMT_YUV420P),
            (AV_PIX_FMT_YUV440P, AV_PIX_FMT_YUV444P),
            (AV_PIX_FMT_YUYV422, AV_PIX_FMT_YUV422P),
            (AV_PIX_FMT_YUV422P10BE, AV_PIX_FMT_YUV422P10LE),
            (AV_PIX_FMT_YA8, AV_PIX_FMT_GBRAP),
            (AV_PIX_FMT_YUVA422P12BE, AV_PIX_FMT_YUVA422P12LE),
            (AV_PIX_FMT_MONOWHITE, AV_PIX_FMT_GRAY8),
        ] {
            assert_eq!(traits(format).unwrap().support, FormatSupport::Convert(expected), "{format:?}");
        }
        assert_eq!(traits(AV_PIX_FMT_VAAPI).unwrap().support, FormatSupport::Unknown);
        for number in 0..AV_PIX_FMT_NB as c_int {
            let Some(format) = checked(number).and_then(traits) else { continue };
            if let FormatSupport::Convert(target) = format.support {
                assert!(matches!(traits(target).unwrap().support, FormatSupport::Direct(_)), "{}", name(number));
            }
        }
    }
}
