//! PNG.

use std::borrow::Cow;
use std::io::{BufRead, Seek};

use png::{BitDepth, ColorType, Decoder, DecodingError, Info, Limits, Reader, Transformations};

use super::exif;
use super::profile::{Colours, LARGEST};
use super::raster::{Raster, Samples};
use super::sample::Channels;
use super::{Decoded, Failure};
use crate::frame::Orientation;
use crate::media::error::MediaError;
use crate::media::memory::Guard;

/// The most memory for what stands beside the picture: texts, profiles, the rows at work.
const BESIDE: usize = 16 << 20;
/// The longest text that is unpacked.
const LONGEST_TEXT: usize = 1 << 20;

/// The still; none where it moves.
pub(super) fn read<R: BufRead + Seek>(
    open: &impl Fn() -> Result<R, MediaError>,
    guard: &Guard<'_>,
) -> Result<Option<Decoded>, Failure> {
    let mut reader = match begin(open()?, true, guard) {
        // Texts that are too long are done without.
        Err(Begin::Limits) => begin(open()?, false, guard),
        other => other,
    }?;
    if reader.info().animation_control.is_some() {
        return Ok(None);
    }
    let (colour, depth) = reader.output_color_type();
    let channels = match colour {
        ColorType::Grayscale => Channels::Grey,
        ColorType::GrayscaleAlpha => Channels::GreyAlpha,
        ColorType::Rgb => Channels::Rgb,
        ColorType::Rgba => Channels::Rgba,
        ColorType::Indexed => return Err(Failure::Unknown("PNG with an unknown palette".to_owned())),
    };
    let deep = depth == BitDepth::Sixteen;
    let size = [reader.info().width, reader.info().height];
    check(size, channels, depth, guard)?;
    let mut bytes = vec![0; reader.output_buffer_size().ok_or_else(|| Failure::Damaged("its size".to_owned()))?];
    reader.next_frame(&mut bytes).map_err(failed)?;
    // EXIF may stand behind the picture. What is damaged there does not matter any more.
    let _ = reader.finish();
    let samples = if deep {
        let big_endian = |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]);
        Samples::Sixteen(bytes.chunks_exact(2).map(big_endian).collect())
    } else {
        Samples::Eight(bytes)
    };
    let (colours, orientation) = (colours(reader.info()), orientation(&reader));
    let raster = Raster { size, channels, samples, premultiplied: false };
    Ok(Some(Decoded { raster, colours, orientation }))
}

/// Why reading did not begin.
enum Begin {
    /// What stands before the picture takes too much.
    Limits,
    Other(Failure),
}

impl From<Begin> for Failure {
    fn from(begin: Begin) -> Self {
        match begin {
            Begin::Limits => Self::Damaged("what stands beside the picture is too large".to_owned()),
            Begin::Other(failure) => failure,
        }
    }
}

/// Reads up to the picture itself.
fn begin<R: BufRead + Seek>(file: R, texts: bool, guard: &Guard<'_>) -> Result<Reader<R>, Begin> {
    let failed = |error| match error {
        DecodingError::LimitsExceeded => Begin::Limits,
        other => Begin::Other(failed(other)),
    };
    let mut decoder = Decoder::new_with_limits(file, Limits { bytes: BESIDE });
    decoder.set_ignore_text_chunk(!texts);
    decoder.set_transformations(Transformations::EXPAND);
    let header = decoder.read_header_info().map_err(failed)?;
    let channels = match header.color_type {
        ColorType::Grayscale => Channels::Grey,
        ColorType::GrayscaleAlpha => Channels::GreyAlpha,
        ColorType::Rgba => Channels::Rgba,
        ColorType::Rgb | ColorType::Indexed => Channels::Rgb,
    };
    // Checked again when it is known whether a palette has alpha.
    check([header.width, header.height], channels, header.bit_depth, guard)
        .map_err(|error| Begin::Other(error.into()))?;
    decoder.read_info().map_err(failed)
}

fn check(size: [u32; 2], channels: Channels, depth: BitDepth, guard: &Guard<'_>) -> Result<(), MediaError> {
    let deep = depth == BitDepth::Sixteen;
    guard.check(size, super::taken(channels, deep, deep), 0)
}

/// In the order in which browsers believe them: code points, profile, sRGB's mark, curve and lights.
fn colours(info: &Info<'_>) -> Option<Colours> {
    if let Some(points) = &info.coding_independent_code_points {
        return Some(Colours::Coded { primaries: points.color_primaries, transfer: points.transfer_function });
    }
    if let Some(profile) = &info.icc_profile {
        let too_large = profile.len() > LARGEST;
        return Some(if too_large { Colours::Unreadable("it is too large") } else { Colours::Icc(profile.to_vec()) });
    }
    if info.srgb.is_some() {
        return Some(Colours::Srgb);
    }
    let place = |(x, y): (png::ScaledFloat, png::ScaledFloat)| [x.into_value(), y.into_value()];
    let lights = info.chrm_chunk.map(|lights| [lights.white, lights.red, lights.green, lights.blue].map(place));
    info.gama_chunk.map(|gamma| Colours::Curve { gamma: gamma.into_value(), chromaticities: lights })
}

fn orientation<R: BufRead + Seek>(reader: &Reader<R>) -> Orientation {
    let info = reader.info();
    if info.exif_metadata.is_none()
        && let Some(chunk) = info.compressed_latin1_text.iter().find(|chunk| chunk.keyword == "Raw profile type exif")
    {
        let mut chunk = chunk.clone();
        let unpacked = chunk.decompress_text_with_limit(LONGEST_TEXT).and_then(|()| chunk.get_text());
        if let Some(orientation) = unpacked.ok().and_then(|text| exif::from_text(&text)) {
            return orientation;
        }
    }
    let xmp = info.utf8_text.iter().find(|chunk| chunk.keyword == "XML:com.adobe.xmp").and_then(|chunk| {
        let mut chunk = chunk.clone();
        chunk.decompress_text_with_limit(LONGEST_TEXT).ok()?;
        Some(Cow::Owned(chunk.get_text().ok()?.into_bytes()))
    });
    exif::orientation(info.exif_metadata.as_deref().map(Cow::Borrowed), xmp)
}

fn failed(error: DecodingError) -> Failure {
    match error {
        DecodingError::IoError(error) => Failure::from_io(error),
        DecodingError::LimitsExceeded => Failure::Damaged("what stands beside the picture is too large".to_owned()),
        other => Failure::Damaged(other.to_string()),
    }
}
