//! How a still is to be turned, as EXIF and XMP say it.

use std::borrow::Cow;

use super::super::orientation;
use crate::frame::Orientation;

/// The tag of the orientation, in EXIF and in TIFF.
const ORIENTATION: u32 = 0x0112;
/// Directories have a few dozen entries.
const MOST_ENTRIES: usize = 1000;

/// From a block of EXIF, with or without `Exif\0\0` before it; none where it says nothing.
pub(super) fn from_exif(mut block: &[u8]) -> Option<Orientation> {
    while let Some(rest) = block.strip_prefix(b"Exif\0\0") {
        block = rest;
    }
    let little = match block.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let number = |at: usize, length: usize| {
        let bytes = block.get(at..at.checked_add(length)?)?;
        let add = |all: u32, byte: &u8| all << 8 | u32::from(*byte);
        Some(if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    };
    let directory = number(4, 4)? as usize;
    let entries = (number(directory, 2)? as usize).min(MOST_ENTRIES);
    (0..entries).find_map(|entry| {
        let at = directory.checked_add(2 + entry * 12)?;
        if number(at, 2)? != ORIENTATION {
            return None;
        }
        let length = match number(at + 2, 2)? {
            1 | 6 => 1,
            3 | 8 => 2,
            4 | 9 => 4,
            _ => return None,
        };
        orientation::from_code(number(at + 8, length)?)
    })
}

/// From XMP, as Pillow reads it: the digit behind `tiff:Orientation`.
pub(super) fn from_xmp(block: &[u8]) -> Option<Orientation> {
    const KEY: &[u8] = b"tiff:Orientation";
    let rests = block.windows(KEY.len()).enumerate().filter(|(_, bytes)| *bytes == KEY);
    rests.map(|(at, _)| &block[at + KEY.len()..]).find_map(|rest| {
        let rest = rest.strip_prefix(b"=\"").or_else(|| rest.strip_prefix(b">"))?;
        orientation::from_code((rest.first()? ^ b'0').into())
    })
}

/// The EXIF that ImageMagick writes into text: a name, a length, and the bytes as hexadecimal digits.
pub(super) fn from_text(text: &str) -> Option<Orientation> {
    let digits: String = text.split('\n').skip(3).collect();
    let pairs = digits.as_bytes().chunks_exact(2);
    let bytes: Option<Vec<u8>> =
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    from_exif(&bytes?)
}

/// The first of EXIF and XMP that says something; upright where none does.
pub(super) fn orientation(exif: Option<Cow<'_, [u8]>>, xmp: Option<Cow<'_, [u8]>>) -> Orientation {
    let exif = exif.and_then(|block| from_exif(&block));
    exif.or_else(|| xmp.and_then(|block| from_xmp(&block))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block with one entry before the orientation.
    fn block(little: bool, kind: u16, value: u32) -> Vec<u8> {
        let two = |value: u16| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let four = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let mut bytes = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        bytes.extend(four(8));
        bytes.extend(two(2));
        for (tag, kind, value) in [(0x0100, 4, four(7)), (0x0112, kind, four(value))] {
            bytes.extend(two(tag));
            bytes.extend(two(kind));
            bytes.extend(four(1));
            if kind == 3 {
                bytes.extend(two(if tag == 0x0112 { value_of(value, little) } else { 0 }));
                bytes.extend([0; 2]);
            } else {
                bytes.extend(value);
            }
        }
        bytes.extend(four(0));
        bytes
    }

    fn value_of(bytes: [u8; 4], little: bool) -> u16 {
        (if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }) as u16
    }

    #[test]
    fn both_byte_orders_with_and_without_prefix() {
        let turned = |quarter_turns| Some(Orientation { mirror: false, quarter_turns });
        for little in [true, false] {
            for kind in [3, 4] {
                let plain = block(little, kind, 6);
                assert_eq!(from_exif(&plain), turned(1));
                for prefix in [&b"Exif\0\0"[..], b"Exif\0\0Exif\0\0"] {
                    assert_eq!(from_exif(&[prefix, &plain].concat()), turned(1));
                }
                for length in 0..plain.len() - 4 {
                    assert_eq!(from_exif(&plain[..length.min(plain.len() - 9)]), None, "{length}");
                }
            }
            assert_eq!(from_exif(&block(little, 3, 8)), turned(3));
            assert_eq!(from_exif(&block(little, 3, 9)), None);
        }
        assert_eq!(from_exif(b"II*\0\xff\xff\xff\xff"), None);
    }

    #[test]
    fn xmp_and_text_say_it_too() {
        let turned = Some(Orientation { mirror: false, quarter_turns: 2 });
        assert_eq!(from_xmp(b"<x tiff:Orientation=\"3\"/>"), turned);
        assert_eq!(from_xmp(b"<tiff:Orientation>3</tiff:Orientation>"), turned);
        assert_eq!(from_xmp(b"<tiff:Orientation>x"), None);
        assert_eq!(from_xmp(b"tiff:Orientation"), None);
        let digits: String = block(true, 3, 3).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(from_text(&format!("\nexif\n      40\n{}\n{}\n", &digits[..36], &digits[36..])), turned);
        assert_eq!(from_text("\nexif\n 4\nzz"), None);
    }
}
