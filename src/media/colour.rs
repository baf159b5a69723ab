//! What a decoded frame's samples mean: its tags, and guesses where it has none.

use std::ffi::c_int;
use std::mem::offset_of;

use ffmpeg_next::ffi::{
    self, AVChromaLocation as Site, AVColorPrimaries as Prim, AVColorRange, AVColorSpace as Space,
    AVColorTransferCharacteristic as Curve,
};

use super::format::Traits;
use crate::frame::{ChromaSite, Colour, Gamut, Matrix, Primaries, Range, Transfer};

/// Colour tags as the numbers that they are in the stream (ITU-T H.273, with FFmpeg's own for range and site), not yet believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tags {
    pub(super) matrix: c_int,
    pub(super) primaries: c_int,
    pub(super) transfer: c_int,
    pub(super) range: c_int,
    pub(super) site: c_int,
}

impl Tags {
    /// The tags of `frame`, read as numbers: a stream may hold values that FFmpeg's enumerations do not.
    pub(super) fn of(frame: &ffmpeg_next::frame::Video) -> Self {
        // SAFETY: the frame is alive and the offsets are those of its fields, each the size of an int.
        let field = |offset: usize| unsafe { frame.as_ptr().byte_add(offset).cast::<c_int>().read() };
        Self {
            matrix: field(offset_of!(ffi::AVFrame, colorspace)),
            primaries: field(offset_of!(ffi::AVFrame, color_primaries)),
            transfer: field(offset_of!(ffi::AVFrame, color_trc)),
            range: field(offset_of!(ffi::AVFrame, color_range)),
            site: field(offset_of!(ffi::AVFrame, chroma_location)),
        }
    }
}

/// What the samples mean, once they lie in a layout that the colour shader reads (swscale keeps everything but RGB's packing).
///
/// Unknown matrix and primaries are guessed from the coded size as mpv does. An untagged range is limited, save for RGB, the `yuvj` formats and
/// grey outside of `limited_codec` (codings whose standard says limited where nothing is said), which FFmpeg takes for full.
pub(super) fn meaning(tags: Tags, format: &Traits, size: [u32; 2], limited_codec: bool, peak: Option<f32>) -> Colour {
    let matrix = if format.rgb { Matrix::Rgb } else { matrix(tags.matrix).unwrap_or_else(|| guessed_matrix(size)) };
    let primaries = primaries(tags.primaries).unwrap_or_else(|| guessed_primaries(matrix, size));
    let transfer = match tags.transfer {
        t if t == Curve::AVCOL_TRC_SMPTE2084 as c_int => Transfer::Pq,
        t if t == Curve::AVCOL_TRC_ARIB_STD_B67 as c_int => Transfer::Hlg,
        _ => Transfer::Sdr,
    };
    let range = match tags.range {
        _ if format.rgb || format.full_range_name => Range::Full,
        r if r == AVColorRange::AVCOL_RANGE_JPEG as c_int => Range::Full,
        r if r == AVColorRange::AVCOL_RANGE_MPEG as c_int => Range::Limited,
        _ if format.grey && !limited_codec => Range::Full,
        _ => Range::Limited,
    };
    let site = match tags.site {
        s if s == Site::AVCHROMA_LOC_LEFT as c_int || s == Site::AVCHROMA_LOC_BOTTOMLEFT as c_int => ChromaSite::Left,
        s if s == Site::AVCHROMA_LOC_TOPLEFT as c_int => ChromaSite::TopLeft,
        s if s == Site::AVCHROMA_LOC_UNSPECIFIED as c_int && range == Range::Limited => ChromaSite::Left,
        _ => ChromaSite::Centre,
    };
    let peak = if transfer == Transfer::Sdr { None } else { peak };
    Colour { matrix, primaries, transfer, range, site, peak, gamut: Gamut::Srgb }
}

fn matrix(tag: c_int) -> Option<Matrix> {
    Some(match tag {
        t if t == Space::AVCOL_SPC_BT709 as c_int => Matrix::Bt709,
        t if t == Space::AVCOL_SPC_BT470BG as c_int || t == Space::AVCOL_SPC_SMPTE170M as c_int => Matrix::Bt601,
        t if t == Space::AVCOL_SPC_FCC as c_int => Matrix::Fcc,
        t if t == Space::AVCOL_SPC_SMPTE240M as c_int => Matrix::Smpte240m,
        t if t == Space::AVCOL_SPC_YCGCO as c_int => Matrix::YCgCo,
        // Constant luminance differs little, and no film uses it.
        t if t == Space::AVCOL_SPC_BT2020_NCL as c_int || t == Space::AVCOL_SPC_BT2020_CL as c_int => Matrix::Bt2020,
        _ => return None,
    })
}

fn primaries(tag: c_int) -> Option<Primaries> {
    Some(match tag {
        t if t == Prim::AVCOL_PRI_BT709 as c_int => Primaries::Bt709,
        t if t == Prim::AVCOL_PRI_BT470BG as c_int => Primaries::Bt601Pal,
        t if t == Prim::AVCOL_PRI_SMPTE170M as c_int || t == Prim::AVCOL_PRI_SMPTE240M as c_int => Primaries::Bt601Ntsc,
        t if t == Prim::AVCOL_PRI_BT2020 as c_int => Primaries::Bt2020,
        // The cinema's P3 has the same lights about another white.
        t if t == Prim::AVCOL_PRI_SMPTE432 as c_int || t == Prim::AVCOL_PRI_SMPTE431 as c_int => Primaries::DisplayP3,
        _ => return None,
    })
}

fn guessed_matrix([width, height]: [u32; 2]) -> Matrix {
    if width >= 1280 || height > 576 { Matrix::Bt709 } else { Matrix::Bt601 }
}

fn guessed_primaries(matrix: Matrix, [width, height]: [u32; 2]) -> Primaries {
    match (matrix, height) {
        (Matrix::Bt2020, _) => Primaries::Bt2020,
        (Matrix::Bt601, 576) if width < 1280 => Primaries::Bt601Pal,
        (Matrix::Bt601, 480 | 486) if width < 1280 => Primaries::Bt601Ntsc,
        _ => Primaries::Bt709,
    }
}

/// The brightest light in cd/m²: the content's own level where it is told, else the mastering display's. Values that no film has are not believed.
pub(super) fn peak(content: Option<u32>, mastering: Option<f64>) -> Option<f32> {
    let believable = |value: &f64| (10.0..=10_000.0).contains(value);
    content.map(f64::from).filter(believable).or(mastering.filter(believable)).map(|value| value as f32)
}

#[cfg(test)]
mod tests {
    use super::super::format::traits;
    use super::*;
    use ffi::AVPixelFormat::{self, *};

    const NONE: Tags = Tags { matrix: 2, primaries: 2, transfer: 2, range: 0, site: 0 };

    fn of(tags: Tags, format: AVPixelFormat, size: [u32; 2]) -> Colour {
        meaning(tags, &traits(format).unwrap(), size, false, None)
    }

    #[test]
    fn untagged_films_are_guessed_as_mpv_guesses() {
        let both = |size| {
            let colour = of(NONE, AV_PIX_FMT_YUV420P, size);
            (colour.matrix, colour.primaries)
        };
        assert_eq!(both([1280, 528]), (Matrix::Bt709, Primaries::Bt709));
        assert_eq!(both([960, 720]), (Matrix::Bt709, Primaries::Bt709));
        assert_eq!(both([720, 576]), (Matrix::Bt601, Primaries::Bt601Pal));
        assert_eq!(both([720, 480]), (Matrix::Bt601, Primaries::Bt601Ntsc));
        assert_eq!(both([640, 360]), (Matrix::Bt601, Primaries::Bt709));
    }

    #[test]
    fn ranges_follow_names_tags_and_customs() {
        let range = |tag, format| of(Tags { range: tag, ..NONE }, format, [640, 360]).range;
        assert_eq!(range(0, AV_PIX_FMT_YUV420P), Range::Limited);
        assert_eq!(range(2, AV_PIX_FMT_YUV420P), Range::Full);
        assert_eq!(range(0, AV_PIX_FMT_YUVJ420P), Range::Full);
        assert_eq!(range(1, AV_PIX_FMT_GBRP), Range::Full);
        assert_eq!(range(0, AV_PIX_FMT_GRAY8), Range::Full);
        assert_eq!(range(1, AV_PIX_FMT_GRAY8), Range::Limited);
        let jpeg = of(NONE, AV_PIX_FMT_YUVJ420P, [64, 64]);
        assert_eq!(jpeg.site, ChromaSite::Centre);
        assert_eq!(of(NONE, AV_PIX_FMT_YUV420P, [64, 64]).site, ChromaSite::Left);
    }

    #[test]
    fn nonsense_tags_are_guessed_over() {
        let wild = Tags { matrix: 77, primaries: -3, transfer: 9999, range: 40, site: 12 };
        let colour = of(wild, AV_PIX_FMT_YUV420P, [1920, 1080]);
        assert_eq!(
            (colour.matrix, colour.primaries, colour.transfer),
            (Matrix::Bt709, Primaries::Bt709, Transfer::Sdr)
        );
        assert_eq!(colour.range, Range::Limited);
        // Y'CbCr that claims to be RGB.
        assert_eq!(of(Tags { matrix: 0, ..NONE }, AV_PIX_FMT_YUV420P, [64, 64]).matrix, Matrix::Bt601);
    }

    #[test]
    fn the_contents_level_goes_before_the_displays() {
        assert_eq!(peak(Some(1200), Some(4000.0)), Some(1200.0));
        assert_eq!(peak(Some(0), Some(4000.0)), Some(4000.0));
        assert_eq!(peak(None, Some(1e9)), None);
    }
}
