//! Pictures to files.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::{bmp::BmpEncoder, tiff::TiffEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageError};
use moxcms::{ColorDateTime, LocalizableString, ProfileText};

use super::{EncodeError, PendingFile, PixelOrder};
use crate::frame::Gamut;
use crate::media::still::profile_of;

/// A kind of picture file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StillFormat {
    /// JPEG, always 4:4:4.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossless.
    WebP,
    /// TIFF.
    Tiff,
    /// BMP.
    Bmp,
    /// GIF: for what moves between two pictures.
    Gif,
}

impl StillFormat {
    /// The format that an extension (without its dot, in any case) stands for.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            "webp" => Some(Self::WebP),
            "tif" | "tiff" => Some(Self::Tiff),
            "bmp" => Some(Self::Bmp),
            "gif" => Some(Self::Gif),
            _ => None,
        }
    }

    /// As users know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
        }
    }

    /// Whether each sample comes back as it was.
    pub fn is_lossless(self) -> bool {
        matches!(self, Self::Png | Self::WebP | Self::Tiff | Self::Bmp)
    }

    /// The longest side.
    fn most(self) -> u32 {
        match self {
            Self::WebP => 16_383,
            Self::Jpeg | Self::Gif => 65_535,
            Self::Png | Self::Tiff | Self::Bmp => 1 << 20,
        }
    }

    /// Refuses sizes that the format cannot say.
    pub(super) fn check_size(self, size: [u32; 2]) -> Result<(), EncodeError> {
        let most = self.most();
        if size.iter().any(|&side| side == 0 || side > most) {
            return Err(EncodeError::TooBig { size, format: self.name(), most });
        }
        Ok(())
    }

    /// Refuses colours that the format has no way to say: what says nothing is sRGB.
    pub fn check_gamut(self, gamut: Gamut) -> Result<(), EncodeError> {
        match (self, gamut) {
            (Self::Bmp | Self::Gif, Gamut::DisplayP3) => {
                let (what, cure) =
                    ("the colours of Display P3", "write .png, .jpg, .webp or .tiff, or leave out --gamut");
                Err(EncodeError::Unsuitable { format: self.name(), what, cure })
            }
            _ => Ok(()),
        }
    }

    /// The format that a file name's extension stands for.
    pub fn from_path(path: &Path) -> Result<Self, EncodeError> {
        path.extension()
            .and_then(|extension| extension.to_str())
            .and_then(Self::from_extension)
            .ok_or_else(|| EncodeError::UnknownExtension(path.to_owned()))
    }
}

/// How a picture is written.
#[derive(Debug, Clone, Copy)]
pub struct StillOptions {
    /// Order of the samples' bytes.
    pub order: PixelOrder,
    /// The colours that the samples are in, and the file is tagged with.
    pub gamut: Gamut,
    /// JPEG's quality, 1..=100.
    pub quality: u8,
    /// Overwrite.
    pub force: bool,
}

impl Default for StillOptions {
    fn default() -> Self {
        Self { order: PixelOrder::Rgba, gamut: Gamut::Srgb, quality: 95, force: false }
    }
}

/// Writes a picture of full-range samples in the colours of `options`, four bytes each, rows `stride` bytes apart; the fourth byte is dropped. The
/// format is that of the extension.
///
/// # Errors
/// All that can be wrong with the name and the size; a full disk. Nothing is left behind then.
pub fn write_picture(
    path: &Path,
    samples: &[u8],
    stride: usize,
    size: [u32; 2],
    options: &StillOptions,
) -> Result<(), EncodeError> {
    let format = StillFormat::from_path(path)?;
    format.check_size(size)?;
    format.check_gamut(options.gamut)?;
    let rgb = to_rgb(samples, stride, size, options.order)?;
    let [width, height] = size;
    let colour = ExtendedColorType::Rgb8;
    write_whole(path, options.force, |file| match format {
        StillFormat::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(file, options.quality.clamp(1, 100));
            tagged(encoder, options.gamut)?.write_image(&rgb, width, height, colour)
        }
        StillFormat::Png => tagged(png(file), options.gamut)?.write_image(&rgb, width, height, colour),
        StillFormat::WebP => {
            tagged(WebPEncoder::new_lossless(file), options.gamut)?.write_image(&rgb, width, height, colour)
        }
        StillFormat::Tiff => tagged(TiffEncoder::new(file), options.gamut)?.write_image(&rgb, width, height, colour),
        StillFormat::Bmp => BmpEncoder::new(file).write_image(&rgb, width, height, colour),
        StillFormat::Gif => image::codecs::gif::GifEncoder::new(file).encode(&rgb, width, height, colour),
    })
}

/// Writes 16-bit grey samples, `size` as a product in number, as PNG or TIFF.
///
/// # Errors
/// As [`write_picture`]; any other extension.
pub fn write_depth(path: &Path, samples: &[u16], size: [u32; 2], force: bool) -> Result<(), EncodeError> {
    let format = StillFormat::from_path(path)?;
    format.check_size(size)?;
    if !matches!(format, StillFormat::Png | StillFormat::Tiff) {
        let (what, cure) = ("16-bit depth", "write .png or .tiff");
        return Err(EncodeError::Unsuitable { format: format.name(), what, cure });
    }
    let [width, height] = size;
    if samples.len() as u64 != u64::from(width) * u64::from(height) {
        return Err(EncodeError::Samples { size, length: samples.len() * 2, stride: width as usize * 2 });
    }
    let bytes: &[u8] = bytemuck::cast_slice(samples);
    let colour = ExtendedColorType::L16;
    write_whole(path, force, |file| match format {
        StillFormat::Tiff => TiffEncoder::new(file).write_image(bytes, width, height, colour),
        _ => png(file).write_image(bytes, width, height, colour),
    })
}

/// Where a profile's header holds the light of the space that colours go through, and that light, which is the same in every profile (ICC.1:2022,
/// 7.2.16), to the bit.
const ILLUMINANT: std::ops::Range<usize> = 68..80;
const D50: [u8; 12] = [0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d];

/// The encoder, with a colour profile for what it writes.
pub(super) fn tagged<E: ImageEncoder>(mut encoder: E, gamut: Gamut) -> Result<E, ImageError> {
    encoder.set_icc_profile(profile(gamut)?).map_err(ImageError::Unsupported)?;
    Ok(encoder)
}

/// The profile of a gamut, as it stands in a file.
fn profile(gamut: Gamut) -> Result<Vec<u8>, ImageError> {
    let mut profile = profile_of(gamut);
    // The same picture gives the same file at any time; and moxcms's code points of Display P3 are those of the cinema's.
    profile.creation_date_time =
        ColorDateTime { year: 2026, month: 1, day_of_the_month: 1, hours: 0, minutes: 0, seconds: 0 };
    profile.cicp = None;
    // Texts of an even number of letters: the tags behind them then begin at multiples of four bytes, which libpng looks at.
    let text = |text: &str| {
        Some(ProfileText::Localizable(vec![LocalizableString::new("en".into(), "US".into(), text.into())]))
    };
    profile.description = text(match gamut {
        Gamut::Srgb => "sRGB IEC 61966-2.1",
        Gamut::DisplayP3 => "Display P3",
    });
    profile.copyright = text("Public domain.");
    let mut profile = profile.encode().map_err(|error| ImageError::IoError(std::io::Error::other(error)))?;
    if let Some(illuminant) = profile.get_mut(ILLUMINANT) {
        illuminant.copy_from_slice(&D50);
    }
    Ok(profile)
}

fn png<W: Write>(file: W) -> PngEncoder<W> {
    PngEncoder::new_with_quality(file, CompressionType::Default, FilterType::Adaptive)
}

type File = BufWriter<std::fs::File>;

/// Gives `write` a file that gets its name when all of it is on the disk.
pub(super) fn write_whole(
    path: &Path,
    force: bool,
    write: impl FnOnce(&mut File) -> Result<(), ImageError>,
) -> Result<(), EncodeError> {
    let pending = PendingFile::create(path, force)?;
    let failed = |error: std::io::Error| EncodeError::from_io(path, &error);
    let mut file = BufWriter::new(OpenOptions::new().write(true).open(pending.temporary()).map_err(failed)?);
    write(&mut file).map_err(|error| match error {
        ImageError::IoError(error) => failed(error),
        other => EncodeError::write(path, other.to_string()),
    })?;
    file.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok(pending.commit()?)
}

/// Three bytes a sample, rows without gaps.
pub(super) fn to_rgb(samples: &[u8], stride: usize, size: [u32; 2], order: PixelOrder) -> Result<Vec<u8>, EncodeError> {
    let [width, height] = size.map(|side| side as usize);
    let wrong = || EncodeError::Samples { size, length: samples.len(), stride };
    if width == 0 || stride < width * 4 {
        return Err(wrong());
    }
    let mut rgb = Vec::with_capacity(width * height * 3);
    for row in 0..height {
        let start = row * stride;
        let row = samples.get(start..start + width * 4).ok_or_else(wrong)?;
        match order {
            PixelOrder::Rgba => rgb.extend(row.chunks_exact(4).flat_map(|sample| [sample[0], sample[1], sample[2]])),
            PixelOrder::Bgra => rgb.extend(row.chunks_exact(4).flat_map(|sample| [sample[2], sample[1], sample[0]])),
        }
    }
    Ok(rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_as_strict_readers_want_them() {
        for gamut in [Gamut::Srgb, Gamut::DisplayP3] {
            let bytes = profile(gamut).unwrap();
            let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
            assert_eq!((word(0), bytes.len() % 4, &bytes[ILLUMINANT]), (bytes.len(), 0, &D50[..]), "{gamut:?}");
            let offsets: Vec<usize> = (0..word(128)).map(|tag| word(132 + tag * 12 + 4)).collect();
            assert!(offsets.len() >= 9 && offsets.iter().all(|offset| offset % 4 == 0), "{gamut:?}: {offsets:?}");
            assert!(moxcms::ColorProfile::new_from_slice(&bytes).is_ok());
        }
    }
}
