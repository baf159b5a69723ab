//! WebP. Of one that moves, the first picture.

use std::borrow::Cow;
use std::io::{BufRead, Seek};

use image_webp::{DecodingError, WebPDecoder};

use super::exif;
use super::profile::{Colours, LARGEST};
use super::raster::{Raster, Samples};
use super::sample::Channels;
use super::{Decoded, Failure};
use crate::media::memory::Guard;

/// Still or first picture; `bytes` is the file's length.
pub(super) fn read(file: impl BufRead + Seek, bytes: u64, guard: &Guard<'_>) -> Result<Decoded, Failure> {
    let mut decoder = WebPDecoder::new(file).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let channels = if decoder.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    // Besides its result the decoder has a copy of the coded bytes and either planes or, of what moves, a canvas and a frame.
    let more = if decoder.is_animated() { 8 } else { 4 };
    guard.check([width, height], channels.count() as u64 + more, bytes)?;
    decoder.set_memory_limit(LARGEST);
    let exif = decoder.exif_metadata().ok().flatten();
    let xmp = decoder.xmp_metadata().ok().flatten();
    let colours = match decoder.icc_profile() {
        Ok(profile) => profile.map(Colours::Icc),
        Err(_) => Some(Colours::Unreadable("it is cut short or too large")),
    };
    decoder.set_memory_limit(usize::try_from(guard.most.0).unwrap_or(usize::MAX));
    let length = decoder.output_buffer_size().ok_or_else(|| Failure::Damaged("its size".to_owned()))?;
    let mut samples = vec![0; length];
    if decoder.is_animated() {
        decoder.read_frame(&mut samples).map_err(failed)?;
    } else {
        decoder.read_image(&mut samples).map_err(failed)?;
    }
    let raster = Raster { size: [width, height], channels, samples: Samples::Eight(samples), premultiplied: false };
    Ok(Decoded { raster, colours, orientation: exif::orientation(exif.map(Cow::Owned), xmp.map(Cow::Owned)) })
}

fn failed(error: DecodingError) -> Failure {
    match error {
        DecodingError::IoError(error) => Failure::from_io(error),
        DecodingError::MemoryLimitExceeded => Failure::Damaged("it claims to be huge".to_owned()),
        other => Failure::Damaged(other.to_string()),
    }
}
