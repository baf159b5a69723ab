//! What a file is, told by its first bytes and never by its name.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use image::ImageFormat;

use super::file::Head;
use crate::location::Location;

/// What a file holds, as far as it matters before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A picture that a JPEG can stand for.
    Photo,
    /// Another picture.
    Picture,
    /// What lasts.
    Film,
}

/// A short look at the first bytes of a local file, whatever its name says. None where they say nothing, and for what cannot be looked into without
/// taking it: pipes, standard input, addresses, what is not there.
pub fn glance(location: &Location) -> Option<Holds> {
    let path = location.path()?;
    let head = Head::read(path).ok()??;
    Content::of(head.bytes(), path).holds(head.bytes())
}

/// What a file holds, in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// PNG; whether it moves is found out while it is read.
    Png,
    /// JPEG, also with more pictures behind it.
    Jpeg,
    /// WebP.
    WebP,
    /// TIFF, BigTIFF too.
    Tiff,
    /// GIF with its canvas, and whether there is more than one picture.
    Gif { size: [u32; 2], moves: bool },
    /// What the `image` crate reads besides.
    Image(ImageFormat),
    /// AVIF or HEIC, not a sequence.
    Heif,
    /// A picture for FFmpeg's decoder of this name.
    Coded(&'static str),
    /// Something that lasts.
    Film,
    /// None of these.
    Unknown,
}

/// Beginnings of pictures that FFmpeg's decoders take as they are, and those decoders.
const CODED: [(&[u8], &str); 14] = [
    (b"8BPS", "psd"),
    (b"DDS ", "dds"),
    (b"\x76\x2f\x31\x01", "exr"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "jpegxl"),
    (b"\xff\x0a", "jpegxl"),
    (b"qoif", "qoi"),
    (b"#?RADIANCE", "hdr"),
    (b"#?RGBE", "hdr"),
    (b"SDPX", "dpx"),
    (b"XPDS", "dpx"),
    (b"\x59\xa6\x6a\x95", "sunrast"),
    (b"\x01\xda\x00\x01", "sgi"),
];

/// Beginnings of films; MP4 and its like are told by their brand.
const FILMS: [&[u8]; 8] = [
    b"\x1a\x45\xdf\xa3",
    b"OggS",
    b"FLV",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    b"\0\0\x01\xba",
    b"\0\0\x01\xb3",
    b"\x06\x0e\x2b\x34",
    b"#EXTM3U",
];

/// Brands of still pictures in the HEIF family. Sequences (`avis`, `msf1`) are films.
const STILL_BRANDS: [&[u8]; 5] = [b"avif", b"heic", b"heix", b"heim", b"heis"];

impl Content {
    /// By the first bytes of the file at `path`, which is looked into further only where a GIF may move.
    pub(super) fn of(bytes: &[u8], path: &Path) -> Self {
        let begins = |mark: &[u8]| bytes.starts_with(mark);
        if bytes.get(4..8) == Some(b"ftyp") {
            return if is_still_brand(bytes) { Self::Heif } else { Self::Film };
        }
        if let Some((_, codec)) = CODED.iter().find(|(mark, _)| begins(mark)) {
            return Self::Coded(codec);
        }
        if begins(b"II\x2b\0") || begins(b"MM\0\x2b") {
            return Self::Tiff;
        }
        if begins(b"RIFF") && bytes.get(8..12) != Some(b"WEBP")
            || FILMS.iter().any(|mark| begins(mark))
            || is_stream(bytes)
        {
            return Self::Film;
        }
        match image::guess_format(bytes) {
            Ok(ImageFormat::Png) => Self::Png,
            Ok(ImageFormat::Jpeg) => Self::Jpeg,
            Ok(ImageFormat::WebP) => Self::WebP,
            Ok(ImageFormat::Tiff) => Self::Tiff,
            Ok(ImageFormat::Gif) => Self::gif(bytes, path),
            Ok(ImageFormat::Bmp) => Self::Image(ImageFormat::Bmp),
            Ok(ImageFormat::Pnm) => Self::Image(ImageFormat::Pnm),
            // TGA has no mark at its beginning: its name says it, and its header must make sense.
            _ if ImageFormat::from_path(path).is_ok_and(|format| format == ImageFormat::Tga) && is_tga(bytes) => {
                Self::Image(ImageFormat::Tga)
            }
            _ => Self::Unknown,
        }
    }

    fn gif(bytes: &[u8], path: &Path) -> Self {
        let side =
            |at: usize| bytes.get(at..at + 2).map_or(0, |side| u32::from(u16::from_le_bytes([side[0], side[1]])));
        Self::Gif { size: [side(6), side(8)], moves: gif_moves(path) }
    }

    /// What that means for whoever plans; none where the content says nothing.
    fn holds(self, bytes: &[u8]) -> Option<Holds> {
        Some(match self {
            Self::Png if bytes.windows(4).any(|four| four == b"acTL") => Holds::Film,
            Self::Gif { moves: true, .. } | Self::Film => Holds::Film,
            Self::Jpeg => Holds::Photo,
            Self::Unknown => return None,
            _ => Holds::Picture,
        })
    }
}

/// Whether a file of MP4's kind is a still picture: by its main brand, or, where that says only "picture", by the others.
fn is_still_brand(bytes: &[u8]) -> bool {
    let length = bytes.get(..4).map_or(0, |length| u32::from_be_bytes([length[0], length[1], length[2], length[3]]));
    let end = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len());
    let brands = bytes.get(8..end).unwrap_or_default();
    let main = brands.get(..4).unwrap_or_default();
    STILL_BRANDS.contains(&main) || main == b"mif1"
}

/// MPEG-TS: each packet begins with the same byte.
fn is_stream(bytes: &[u8]) -> bool {
    [(0, 188), (4, 192), (0, 204)]
        .iter()
        .any(|(first, length)| (0..4).all(|packet| bytes.get(first + packet * length) == Some(&0x47)))
}

/// The fields of TGA's header that have few values.
fn is_tga(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<18>() else { return false };
    let kinds = header[1] <= 1 && matches!(header[2], 1..=3 | 9..=11);
    kinds && matches!(header[16], 8 | 15 | 16 | 24 | 32)
}

/// Whether a GIF has a second picture. Only the lengths of its blocks are read.
fn gif_moves(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut options = gif::DecodeOptions::new();
    options.skip_frame_decoding(true);
    let Ok(mut decoder) = options.read_info(BufReader::new(file)) else { return false };
    let mut next = || matches!(decoder.next_frame_info(), Ok(Some(_)));
    next() && next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Content {
        Content::of(bytes, Path::new("a.mkv"))
    }

    #[test]
    fn content_is_told_by_its_beginning() {
        assert_eq!(of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Content::Png);
        assert_eq!(of(b"\xff\xd8\xff\xe1\0\0Exif"), Content::Jpeg);
        assert_eq!(of(b"II\x2b\0\x08\0\0\0"), Content::Tiff);
        assert_eq!(of(b"8BPS\0\x01"), Content::Coded("psd"));
        assert_eq!(of(b"\0\0\0\x20ftypavif\0\0\0\0avifmif1"), Content::Heif);
        assert_eq!(of(b"\0\0\0\x20ftypmif1\0\0\0\0mif1heic"), Content::Heif);
        assert_eq!(of(b"\0\0\0\x20ftypavis\0\0\0\0avifmsf1"), Content::Film);
        assert_eq!(of(b"\0\0\0\x20ftypisom\0\0\0\0"), Content::Film);
        assert_eq!(of(b"\x1a\x45\xdf\xa3"), Content::Film);
        assert_eq!(of(b"RIFF\0\0\0\0AVI LIST"), Content::Film);
        assert_eq!(of(b"RIFF\0\0\0\0WEBPVP8 "), Content::WebP);
        let mut stream = vec![0; 800];
        (0..4).for_each(|packet| stream[packet * 188] = 0x47);
        assert_eq!(of(&stream), Content::Film);
        assert_eq!(of(b"nothing known"), Content::Unknown);
        let tga = [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 4, 0, 24, 0];
        assert_eq!(Content::of(&tga, Path::new("a.tga")), Content::Image(ImageFormat::Tga));
        assert_eq!(
            (of(&tga), Content::of(b"noise and noise and noise", Path::new("a.tga"))),
            (Content::Unknown, Content::Unknown)
        );
    }
}
