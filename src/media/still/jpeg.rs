//! JPEG.

use std::borrow::Cow;

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::exif;
use super::profile::Colours;
use super::raster::{Raster, Samples};
use super::sample::Channels;
use super::{Decoded, Failure};
use crate::media::memory::Guard;

/// What the segments before the picture say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    size: [u32; 2],
    components: u8,
    /// Comes in several scans, so that all coefficients are kept until the last.
    in_scans: bool,
    /// Made by Adobe's programs or like them: inks are written inverted.
    adobe: bool,
    /// How many segments hold a part of a colour profile.
    profile: bool,
}

/// The still in `file`'s bytes.
pub(super) fn read(file: &[u8], guard: &Guard<'_>) -> Result<Decoded, Failure> {
    let header = header(file).ok_or_else(|| Failure::Damaged("its header is incomplete".to_owned()))?;
    let (channels, parts) = match header.components {
        1 => (Channels::Grey, 1),
        4 => (Channels::Cmyk, 4),
        _ => (Channels::Rgb, 3),
    };
    // The decoder's coefficients have two bytes.
    let coefficients = if header.in_scans { 2 * parts } else { 0 };
    let taken = super::taken(channels, false, false).max(parts + coefficients);
    guard.check(header.size, taken, file.len() as u64)?;
    let options = DecoderOptions::default().set_strict_mode(false).set_max_width(1 << 16).set_max_height(1 << 16);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(failed)?;
    let input = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let (wanted, channels) = match input {
        ColorSpace::Luma => (ColorSpace::Luma, Channels::Grey),
        ColorSpace::CMYK | ColorSpace::YCCK => (input, Channels::Cmyk),
        _ => (ColorSpace::RGB, Channels::Rgb),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let mut samples = decoder.decode().map_err(failed)?;
    if channels == Channels::Cmyk {
        inks(&mut samples, wanted == ColorSpace::YCCK, header.adobe);
    }
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let size = [width, height].map(|side| u32::try_from(side).unwrap_or(0));
    if samples.is_empty() || samples.len() != width * height * channels.count() {
        return Err(Failure::Damaged("its size is wrong".to_owned()));
    }
    let colours = match decoder.icc_profile() {
        Some(profile) => Some(Colours::Icc(profile)),
        None => header.profile.then_some(Colours::Unreadable("parts of it are missing")),
    };
    let block = |block: Option<&Vec<u8>>| block.map(|block| Cow::Owned(block.clone()));
    let orientation = exif::orientation(block(decoder.exif()), block(decoder.xmp()));
    let raster = Raster { size, channels, samples: Samples::Eight(samples), premultiplied: false };
    Ok(Decoded { raster, colours, orientation })
}

/// Inks as 0 for none, from what stands in the file.
fn inks(samples: &mut [u8], coded: bool, inverted: bool) {
    for sample in samples.chunks_exact_mut(4) {
        if coded {
            let [luma, blue, red] = [sample[0], sample[1], sample[2]].map(f32::from);
            let (blue, red) = (blue - 128.0, red - 128.0);
            let rgb = [luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue];
            for (part, light) in sample.iter_mut().zip(rgb) {
                *part = 255 - light.round().clamp(0.0, 255.0) as u8;
            }
        }
        if inverted {
            sample.iter_mut().for_each(|part| *part = 255 - *part);
        }
    }
}

/// Reads the segments up to the picture's first scan.
fn header(file: &[u8]) -> Option<Header> {
    let mut header = Header { size: [0; 2], components: 0, in_scans: false, adobe: false, profile: false };
    let mut at = 2;
    loop {
        let rest = file.get(at..)?;
        let (&[mark, code], after) = rest.split_first_chunk::<2>()?;
        if mark != 0xff || code == 0xff {
            // What lies between segments is skipped, as decoders do.
            at += 1;
            continue;
        }
        if matches!(code, 0x00 | 0x01 | 0xd0..=0xd8) {
            at += 2;
            continue;
        }
        let (length, body) = after.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        match code {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let &[_, h0, h1, w0, w1, components] = body.first_chunk::<6>()?;
                header.size = [u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1])].map(u32::from);
                (header.components, header.in_scans) = (components, header.in_scans || !matches!(code, 0xc0 | 0xc1));
            }
            0xe2 => header.profile |= body.starts_with(b"ICC_PROFILE\0"),
            0xee => header.adobe |= body.starts_with(b"Adobe"),
            0xda => {
                header.in_scans |= *body.first()? < header.components;
                return (header.components > 0).then_some(header);
            }
            0xd9 => return None,
            _ => {}
        }
        at += 2 + length.max(2);
    }
}

fn failed(error: DecodeErrors) -> Failure {
    match error {
        DecodeErrors::Unsupported(what) => Failure::Unknown(format!("JPEG ({what:?})")),
        DecodeErrors::LargeDimensions(_) => Failure::Damaged("it claims to be huge".to_owned()),
        other => Failure::Damaged(format!("{other:?}").lines().next().unwrap_or_default().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_before_the_picture() {
        let frame = |code: u8, components: u8| {
            let mut bytes = vec![0xff, 0xd8, 0xff, 0xee, 0, 7, b'A', b'd', b'o', b'b', b'e', 0xff, code, 0, 8, 8];
            bytes.extend([0x12, 0x34, 0x56, 0x78, components, 0xff, 0xda, 0, 3, 1]);
            bytes
        };
        let plain = header(&frame(0xc0, 1)).unwrap();
        let expected = Header { size: [0x5678, 0x1234], components: 1, in_scans: false, adobe: true, profile: false };
        assert_eq!(plain, expected);
        assert!(header(&frame(0xc2, 1)).unwrap().in_scans && header(&frame(0xc0, 3)).unwrap().in_scans);
        let bytes = frame(0xc0, 3);
        assert!((0..bytes.len()).all(|length| header(&bytes[..length]).is_none()));
    }

    #[test]
    fn inks_are_none_at_zero() {
        let mut samples = [255, 0, 100, 255];
        inks(&mut samples, false, true);
        assert_eq!(samples, [0, 255, 155, 0]);
        let mut coded = [255, 128, 128, 255];
        inks(&mut coded, true, true);
        assert_eq!(coded, [255, 255, 255, 0]);
    }
}
