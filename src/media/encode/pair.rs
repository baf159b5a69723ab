//! Two eyes in one JPEG file: JPS, a picture side by side with a header that says so, and MPO (CIPA DC-007), two pictures behind each other.

use std::io::Write;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageError};

use super::still::{tagged, to_rgb, write_whole};
use super::{EncodeError, PixelOrder, StillFormat};
use crate::frame::Gamut;

/// A file for two eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairFormat {
    /// One picture, the right eye's on the left, as for eyes that cross.
    Jps,
    /// Two pictures, the left eye's first.
    Mpo,
}

impl PairFormat {
    /// The format that an extension (without its dot, in any case) stands for.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "jps" => Some(Self::Jps),
            "mpo" => Some(Self::Mpo),
            _ => None,
        }
    }
}

/// Stereo, side by side, the right eye first, whole width and height: the descriptor of JPS.
const SIDE_BY_SIDE: [u8; 4] = [0, 0, 2, 1];
/// A picture of several that differ by where they were taken from, and the one that stands for all.
const DISPARITY: u32 = 0x0002_0002;
const REPRESENTATIVE: u32 = 1 << 29;
/// Types of the values in a directory of MPO: numbers of 32 bits, and bytes.
const LONG: u16 = 4;
const BYTES: u16 = 7;

/// Writes both eyes' pictures in one file: `samples` is the left one beside the right one, four bytes each of which the last is dropped, `size` that of both
/// together. The quality is JPEG's, 1..=100.
///
/// # Errors
/// The name is taken, sizes that JPEG cannot say, a full disk. Nothing is left behind then.
pub fn write_pair(
    path: &Path,
    format: PairFormat,
    samples: &[u8],
    size: [u32; 2],
    quality: u8,
) -> Result<(), EncodeError> {
    StillFormat::Jpeg.check_size(size)?;
    let stride = size[0] as usize * 4;
    let half = [size[0] / 2, size[1]];
    StillFormat::Jpeg.check_size(half)?;
    let eye = |index: usize| {
        let from = samples.get(index * half[0] as usize * 4..).unwrap_or_default();
        to_rgb(from, stride, half, PixelOrder::Rgba)
    };
    let (left, right) = (eye(0)?, eye(1)?);
    let written = |error: ImageError| EncodeError::write(path, error.to_string());
    let bytes = match format {
        PairFormat::Jps => {
            let row = half[0] as usize * 3;
            let rows = right.chunks_exact(row).zip(left.chunks_exact(row));
            let both: Vec<u8> = rows.flat_map(|(right, left)| [right, left].concat()).collect();
            let picture = jpeg(&both, [half[0] * 2, half[1]], quality).map_err(written)?;
            let header = [b"_JPSJPS_", &[0, 4][..], &SIDE_BY_SIDE, &[0, 0]].concat();
            with_segment(&picture, 0xE3, &header)
        }
        PairFormat::Mpo => {
            let [left, right] = [&left, &right].map(|eye| jpeg(eye, half, quality));
            two(&left.map_err(written)?, &right.map_err(written)?)
        }
    };
    write_whole(path, false, |file| file.write_all(&bytes).map_err(ImageError::IoError))
}

fn jpeg(rgb: &[u8], [width, height]: [u32; 2], quality: u8) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100));
    tagged(encoder, Gamut::Srgb)?.write_image(rgb, width, height, ExtendedColorType::Rgb8)?;
    Ok(bytes)
}

/// Where a segment is put into a picture: behind its beginning, and the JFIF header that has to come first.
fn place(picture: &[u8]) -> usize {
    match picture {
        [0xFF, 0xD8, 0xFF, 0xE0, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 2,
    }
}

/// The picture with one more segment.
fn with_segment(picture: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX).to_be_bytes();
    let (before, after) = picture.split_at(place(picture).min(picture.len()));
    [before, &[0xFF, marker], &length, content, after].concat()
}

/// An entry of a directory: what it says, the type, how many, and the value or where it is.
fn entry(tag: u16, kind: u16, count: u32, value: [u8; 4]) -> Vec<u8> {
    [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat()
}

/// What stands in front of a directory: little-endian numbers, which begin 8 bytes behind here.
const HEAD: &[u8] = b"MPF\0II*\0\x08\0\0\0";
/// The numbers in it count from its byte order on, which stands so far behind the segment's beginning with its marker and length.
const ORIGIN: usize = 8;

fn two(left: &[u8], right: &[u8]) -> Vec<u8> {
    let own = |number: u32| {
        let number = number.to_le_bytes();
        [entry(0xB101, LONG, 1, number), entry(0xB204, LONG, 1, 1_u32.to_le_bytes())].concat()
    };
    // The second picture's own directory alone.
    let entries = [entry(0xB000, BYTES, 4, *b"0100"), own(2)].concat();
    let content = [HEAD, &3_u16.to_le_bytes(), &entries, &[0; 4]].concat();
    let second = with_segment(right, 0xE2, &content);
    // The first one's says where both are: the directory of all, 8 bytes behind the origin, its list of pictures, and its own directory.
    let list = 8 + 2 + 3 * 12 + 4;
    let next = list + 2 * 16;
    let content = |sizes: [usize; 2], offset: usize| {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
        let picture = |kind: u32, size: usize, offset: usize| {
            [&kind.to_le_bytes()[..], &number(size), &number(offset), &[0; 4]].concat()
        };
        let all = [
            entry(0xB000, BYTES, 4, *b"0100"),
            entry(0xB001, LONG, 1, 2_u32.to_le_bytes()),
            entry(0xB002, BYTES, 32, number(list)),
        ];
        let pictures = [picture(DISPARITY | REPRESENTATIVE, sizes[0], 0), picture(DISPARITY, sizes[1], offset)];
        let directory = [&3_u16.to_le_bytes()[..], &all.concat(), &number(next), &pictures.concat()].concat();
        [HEAD, &directory, &2_u16.to_le_bytes(), &own(1), &[0; 4]].concat()
    };
    let first = left.len() + 4 + content([0; 2], 0).len();
    let offset = first - (place(left) + ORIGIN);
    [with_segment(left, 0xE2, &content([first, second.len()], offset)), second].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contents of a picture's segments of that marker, with the places where they begin.
    fn segments(picture: &[u8], marker: u8) -> Vec<(usize, &[u8])> {
        let (mut at, mut found) = (2, Vec::new());
        while let [0xFF, kind, high, low] = picture[at..at + 4] {
            let length = usize::from(u16::from_be_bytes([high, low]));
            if kind == marker {
                found.push((at + 4, &picture[at + 4..at + 2 + length]));
            }
            if kind == 0xDA {
                break;
            }
            at += 2 + length;
        }
        found
    }

    fn decoded(bytes: &[u8]) -> image::RgbImage {
        image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg).unwrap().to_rgb8()
    }

    /// Red on the left, blue on the right.
    fn eyes(size: [u32; 2]) -> Vec<u8> {
        let texel = |x: u32| if x < size[0] / 2 { [200, 20, 20, 255] } else { [20, 20, 200, 255] };
        (0..size[1]).flat_map(|_| (0..size[0]).flat_map(texel)).collect()
    }

    fn is_red(picture: &image::RgbImage, at: [u32; 2]) -> bool {
        let [red, _, blue] = picture.get_pixel(at[0], at[1]).0;
        assert!(red.abs_diff(blue) > 100);
        red > blue
    }

    #[test]
    fn a_jps_says_that_it_is_one_and_has_the_right_eye_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jps");
        write_pair(&path, PairFormat::Jps, &eyes([64, 24]), [64, 24], 90).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let [(_, header)] = segments(&bytes, 0xE3)[..] else { panic!("one header") };
        // Identifier, length, separation, flags, layout, type.
        assert_eq!((&header[..8], &header[8..14]), (&b"_JPSJPS_"[..], &[0, 4, 0, 0, 2, 1][..]));
        let picture = decoded(&bytes);
        assert_eq!(picture.dimensions(), (64, 24));
        assert!(!is_red(&picture, [10, 10]) && is_red(&picture, [50, 10]));
        assert!(write_pair(&path, PairFormat::Jps, &eyes([64, 24]), [64, 24], 90).is_err(), "nothing is overwritten");
    }

    #[test]
    fn an_mpo_has_both_eyes_where_its_index_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mpo");
        write_pair(&path, PairFormat::Mpo, &eyes([64, 24]), [64, 24], 90).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let index = segments(&bytes, 0xE2).into_iter().find(|(_, content)| content.starts_with(b"MPF\0"));
        let (at, content) = index.unwrap();
        let origin = at + 4;
        let short = |at: usize| usize::from(u16::from_le_bytes(bytes[origin + at..][..2].try_into().unwrap()));
        let long = |at: usize| u32::from_le_bytes(bytes[origin + at..][..4].try_into().unwrap()) as usize;
        assert_eq!((&content[4..8], long(4)), (&b"II*\0"[..], 8));
        let directory = long(4);
        let entries: Vec<_> = (0..short(directory)).map(|number| directory + 2 + number * 12).collect();
        let tags: Vec<_> = entries.iter().map(|at| (short(*at), short(at + 2), long(at + 4), long(at + 8))).collect();
        let version = u32::from_le_bytes(*b"0100") as usize;
        let list = tags[2].3;
        assert_eq!(tags, [(0xB000, 7, 4, version), (0xB001, 4, 1, 2), (0xB002, 7, 32, list)]);
        let pictures = [list, list + 16].map(|at| (long(at), long(at + 4), long(at + 8)));
        assert_eq!((pictures[0].0, pictures[1].0, pictures[0].2), (0x2002_0002, 0x0002_0002, 0));
        let second = origin + pictures[1].2;
        assert_eq!((second, pictures[1].1), (pictures[0].1, bytes.len() - second));
        let [left, right] = [&bytes[..second], &bytes[second..]].map(decoded);
        assert!(is_red(&left, [10, 10]) && !is_red(&right, [10, 10]) && left.dimensions() == (32, 24));
        // The first one's own directory follows; the second has one, too.
        let own = long(directory + 2 + 3 * 12);
        assert_eq!((short(own), short(own + 2), long(own + 10)), (2, 0xB101, 1));
        let other = segments(&bytes[second..], 0xE2).into_iter().find(|(_, content)| content.starts_with(b"MPF\0"));
        assert_eq!(other.unwrap().1[14 + 12..][..2], 0xB101_u16.to_le_bytes());
    }
}
