//! TIFF, BigTIFF too.

use std::io::{BufRead, Seek};

use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::{ExtraSamples, PhotometricInterpretation, PlanarConfiguration, Tag};
use tiff::{ColorType, TiffError};

use super::profile::{Colours, LARGEST};
use super::raster::{Raster, Samples};
use super::sample::Channels;
use super::{Decoded, Failure};
use crate::frame::Orientation;
use crate::media::memory::Guard;
use crate::media::orientation;

/// The most memory for directories and for what is unpacked besides the picture, in bytes.
const BESIDE: usize = 32 << 20;

/// What stands in the directory.
struct Tags {
    colours: Option<Colours>,
    orientation: Orientation,
    premultiplied: bool,
}

/// The still, where its samples lie as they are taken; none for the `image` crate or FFmpeg to try.
pub(super) fn read<R: BufRead + Seek>(file: R, guard: &Guard<'_>) -> Result<Result<Decoded, Rest>, Failure> {
    let mut limits = Limits::default();
    (limits.ifd_value_size, limits.intermediate_buffer_size) = (LARGEST, BESIDE);
    limits.decoding_buffer_size = usize::try_from(guard.most.0).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new(file).map_err(failed)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(failed)?;
    let size = [width, height];
    let tags = tags(&mut decoder);
    let photometric = decoder.find_tag_unsigned::<u16>(Tag::PhotometricInterpretation).ok().flatten();
    let lab = [PhotometricInterpretation::CIELab, PhotometricInterpretation::ItuLab].map(|kind| kind as u16);
    if photometric.is_some_and(|kind| lab.contains(&kind)) {
        return Err(Failure::Unknown("TIFF in L*a*b* colours".to_owned()));
    }
    let rest = |tags: Tags| Ok(Err(Rest { colours: tags.colours, orientation: tags.orientation }));
    let colour = match decoder.colortype() {
        Ok(colour) => colour,
        Err(TiffError::UnsupportedError(_)) => return rest(tags),
        Err(error) => return Err(failed(error)),
    };
    let planar = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).ok().flatten();
    let chunky = planar.is_none_or(|planar| planar == PlanarConfiguration::Chunky as u16);
    let (channels, bits) = match colour {
        ColorType::Gray(bits) => (Channels::Grey, bits),
        ColorType::Multiband { bit_depth, num_samples: 2 } => (Channels::GreyAlpha, bit_depth),
        ColorType::RGB(bits) => (Channels::Rgb, bits),
        ColorType::RGBA(bits) => (Channels::Rgba, bits),
        ColorType::CMYK(bits) => (Channels::Cmyk, bits),
        _ => return rest(tags),
    };
    if !chunky || !matches!(bits, 8 | 16) {
        return rest(tags);
    }
    guard.check(size, super::taken(channels, bits == 16, false), 0)?;
    let samples = match decoder.read_image() {
        Ok(DecodingResult::U8(samples)) => Samples::Eight(samples),
        Ok(DecodingResult::U16(samples)) => Samples::Sixteen(samples),
        Ok(_) | Err(TiffError::UnsupportedError(_)) => return rest(tags),
        Err(error) => return Err(failed(error)),
    };
    let Tags { colours, orientation, premultiplied } = tags;
    let raster = Raster { size, channels, samples, premultiplied };
    Ok(Ok(Decoded { raster, colours, orientation }))
}

/// What is known of a still that others read.
pub(super) struct Rest {
    pub(super) colours: Option<Colours>,
    pub(super) orientation: Orientation,
}

fn tags<R: BufRead + Seek>(decoder: &mut Decoder<R>) -> Tags {
    let code = decoder.find_tag_unsigned::<u32>(Tag::Orientation).ok().flatten();
    let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten();
    let associated = ExtraSamples::AssociatedAlpha.to_u16();
    Tags {
        colours: profile(decoder),
        orientation: code.and_then(orientation::from_code).unwrap_or_default(),
        premultiplied: extra.is_some_and(|kinds| kinds.first() == Some(&associated)),
    }
}

fn profile<R: BufRead + Seek>(decoder: &mut Decoder<R>) -> Option<Colours> {
    let length = decoder.image_ifd().directory().get(Tag::IccProfile)?.count();
    let length = usize::try_from(length).ok().filter(|length| *length <= LARGEST);
    let Some(length) = length else { return Some(Colours::Unreadable("it is too large")) };
    let mut bytes = vec![0; length];
    match decoder.image_ifd().find_tag_bytes(Tag::IccProfile, &mut bytes, 0) {
        Ok(Some(read)) if read == length => Some(Colours::Icc(bytes)),
        _ => Some(Colours::Unreadable("it is cut short")),
    }
}

fn failed(error: TiffError) -> Failure {
    match error {
        TiffError::IoError(error) => Failure::from_io(error),
        TiffError::LimitsExceeded => Failure::Damaged("it claims to be huge".to_owned()),
        TiffError::UnsupportedError(what) => Failure::Unknown(format!("TIFF ({what})")),
        other => Failure::Damaged(other.to_string()),
    }
}
