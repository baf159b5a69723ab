//! What the `image` crate reads: GIF, BMP, TGA, PNM, and the TIFFs that are laid out unusually.

use std::fs::File;
use std::io::BufReader;

use image::error::{ImageError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::profile::Colours;
use super::raster::{Raster, Samples};
use super::sample::Channels;
use super::{Decoded, Failure};
use crate::media::memory::Guard;

/// The still in `file`.
pub(super) fn read(file: BufReader<File>, format: ImageFormat, guard: &Guard<'_>) -> Result<Decoded, Failure> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(guard.most.0);
    let mut reader = ImageReader::with_format(file, format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let colour = decoder.color_type();
    let channels = if colour.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    let part = colour.bytes_per_pixel() / colour.channel_count().max(1);
    // These decoders fill a buffer of their own before they hand it over; samples of four bytes are made two on the way.
    let float = 2 * u64::from(colour.bytes_per_pixel()) + 8;
    let taken = super::taken(channels, part > 1, true).max(if part > 2 { float } else { 0 });
    guard.check([width, height], taken, 0)?;
    let colours = decoder.icc_profile().ok().flatten().map(Colours::Icc);
    let raster = raster(DynamicImage::from_decoder(decoder).map_err(failed)?);
    Ok(Decoded { raster, colours, orientation: Default::default() })
}

fn raster(image: DynamicImage) -> Raster {
    let size = [image.width(), image.height()];
    let (channels, samples) = match image {
        DynamicImage::ImageLuma8(image) => (Channels::Grey, Samples::Eight(image.into_raw())),
        DynamicImage::ImageLumaA8(image) => (Channels::GreyAlpha, Samples::Eight(image.into_raw())),
        DynamicImage::ImageRgb8(image) => (Channels::Rgb, Samples::Eight(image.into_raw())),
        DynamicImage::ImageRgba8(image) => (Channels::Rgba, Samples::Eight(image.into_raw())),
        DynamicImage::ImageLuma16(image) => (Channels::Grey, Samples::Sixteen(image.into_raw())),
        DynamicImage::ImageLumaA16(image) => (Channels::GreyAlpha, Samples::Sixteen(image.into_raw())),
        DynamicImage::ImageRgb16(image) => (Channels::Rgb, Samples::Sixteen(image.into_raw())),
        DynamicImage::ImageRgba16(image) => (Channels::Rgba, Samples::Sixteen(image.into_raw())),
        other if other.color().has_alpha() => (Channels::Rgba, Samples::Sixteen(other.into_rgba16().into_raw())),
        other => (Channels::Rgb, Samples::Sixteen(other.into_rgb16().into_raw())),
    };
    Raster { size, channels, samples, premultiplied: false }
}

fn failed(error: ImageError) -> Failure {
    match error {
        ImageError::Unsupported(what) => Failure::Unknown(what.to_string()),
        ImageError::Limits(error) if matches!(error.kind(), LimitErrorKind::InsufficientMemory) => {
            Failure::Damaged("it claims to be huge".to_owned())
        }
        ImageError::IoError(error) => Failure::from_io(error),
        other => Failure::Damaged(other.to_string()),
    }
}
