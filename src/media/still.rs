//! Stills by the `image` crate: one picture in G, B, R planes, alpha over black, turned as EXIF says.

use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::Path;

use image::codecs::{gif::GifDecoder, png::PngDecoder};
use image::error::{ImageError, LimitErrorKind};
use image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::decode::LARGEST_SIDE;
use super::error::MediaError;
use super::orientation;
use crate::frame::{Chroma, Colour, OwnedPlanes, Picture, PixelFormat};

/// The most memory that a still may take while it is decoded, in bytes.
const MOST_MEMORY: u64 = 1 << 30;

/// A still and the name of its coding.
pub(super) struct Still {
    pub(super) picture: Picture,
    pub(super) codec: &'static str,
}

/// Reads the still at `path`. `None` where FFmpeg does it better: animations, and codings that the `image` crate does not know.
pub(super) fn read(path: &Path, format: ImageFormat) -> Result<Option<Still>, MediaError> {
    let location = || path.display().to_string();
    let open = || File::open(path).map(BufReader::new).map_err(|error| MediaError::from_io(path, &error));
    if !format.reading_enabled() || is_animated(format, &open) {
        return Ok(None);
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(open()?, format);
    reader.limits(limits);
    let decoded = reader.into_decoder().and_then(|mut decoder| {
        let (width, height) = decoder.dimensions();
        if width.max(height) > LARGEST_SIDE {
            return Ok(Err([width, height]));
        }
        let turned = decoder.orientation()?;
        Ok(Ok((DynamicImage::from_decoder(decoder)?, turned)))
    });
    let (image, turned) = match decoded {
        Ok(Ok(decoded)) => decoded,
        Ok(Err([width, height])) => {
            return Err(MediaError::TooLarge { location: location(), width, height, limit: LARGEST_SIDE });
        }
        Err(ImageError::Unsupported(_)) => return Ok(None),
        Err(ImageError::Limits(error)) if matches!(error.kind(), LimitErrorKind::InsufficientMemory) => {
            return Err(MediaError::DamagedPicture { location: location(), reason: "it claims to be huge".to_owned() });
        }
        Err(ImageError::IoError(error)) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            return Err(MediaError::from_io(path, &error));
        }
        Err(error) => return Err(MediaError::DamagedPicture { location: location(), reason: error.to_string() }),
    };
    let mut picture = picture(image);
    picture.orientation = orientation::from_exif(turned);
    let codec = format.extensions_str().first().copied().unwrap_or("image");
    Ok(Some(Still { picture, codec }))
}

/// Whether it moves, in a way that FFmpeg can play.
fn is_animated<R: std::io::BufRead + Seek>(format: ImageFormat, open: &impl Fn() -> Result<R, MediaError>) -> bool {
    let Ok(file) = open() else { return false };
    match format {
        ImageFormat::Gif => {
            GifDecoder::new(file).is_ok_and(|gif| gif.into_frames().take(2).filter(Result::is_ok).count() > 1)
        }
        ImageFormat::Png => PngDecoder::new(file).is_ok_and(|png| png.is_apng().unwrap_or(false)),
        _ => false,
    }
}

/// Planes of G, B and R: 8 bits where the image has 8, else 16.
fn picture(image: DynamicImage) -> Picture {
    let size = [image.width(), image.height()];
    let (alpha, wide) = (image.color().has_alpha(), image.color().bytes_per_pixel() > image.color().channel_count());
    let (planes, depth) = match (wide, alpha) {
        (false, false) => (split8(image.into_rgb8().as_raw(), 3), 8),
        (false, true) => (split8(image.into_rgba8().as_raw(), 4), 8),
        (true, false) => (split16(image.into_rgb16().as_raw(), 3), 16),
        (true, true) => (split16(image.into_rgba16().as_raw(), 4), 16),
    };
    let stride = size[0] as usize * if depth == 8 { 1 } else { 2 };
    Picture {
        size,
        format: PixelFormat { chroma: Chroma::C444, depth, shift: 0, semi_planar: false },
        colour: Colour::SRGB,
        sample_aspect: (1, 1),
        orientation: Default::default(),
        planes: Box::new(OwnedPlanes(planes.into_iter().map(|plane| (plane, stride)).collect())),
    }
}

/// Which of a sample's R, G, B goes to which plane.
const PLANE_ORDER: [usize; 3] = [1, 2, 0];

fn split8(samples: &[u8], channels: usize) -> Vec<Vec<u8>> {
    let over_black = |sample: &[u8], part: usize| match sample.get(3) {
        Some(&alpha) => ((u32::from(sample[part]) * u32::from(alpha) + 127) / 255) as u8,
        None => sample[part],
    };
    PLANE_ORDER.map(|part| samples.chunks_exact(channels).map(|sample| over_black(sample, part)).collect()).into()
}

fn split16(samples: &[u16], channels: usize) -> Vec<Vec<u8>> {
    let over_black = |sample: &[u16], part: usize| match sample.get(3) {
        Some(&alpha) => ((u64::from(sample[part]) * u64::from(alpha) + 32_767) / 65_535) as u16,
        None => sample[part],
    };
    PLANE_ORDER
        .map(|part| samples.chunks_exact(channels).flat_map(|sample| over_black(sample, part).to_le_bytes()).collect())
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, ImageBuffer, Luma, Rgba, RgbaImage};

    fn plane(picture: &Picture, index: usize) -> Vec<u8> {
        picture.planes.plane(index).0.to_vec()
    }

    #[test]
    fn alpha_goes_over_black_and_planes_are_g_b_r() {
        let image = RgbaImage::from_pixel(2, 1, Rgba([200, 100, 50, 128]));
        let picture = picture(image.into());
        let planes = [0, 1, 2].map(|index| plane(&picture, index));
        assert_eq!(planes, [[50, 50], [25, 25], [100, 100]]);
    }

    #[test]
    fn sixteen_bits_are_kept_and_grey_fills_all_planes() {
        let deep: ImageBuffer<Rgba<u16>, _> = ImageBuffer::from_pixel(1, 1, Rgba([0x1234_u16, 0x5678, 0x9abc, 0xffff]));
        let deep = picture(deep.into());
        assert_eq!((deep.format.depth, plane(&deep, 0)), (16, vec![0x78, 0x56]));
        let grey = picture(GrayImage::from_pixel(1, 1, Luma([9])).into());
        assert_eq!((plane(&grey, 0), plane(&grey, 2)), (vec![9], vec![9]));
    }
}
