//! How pictures are read: for which colours, over what, and within how much memory.

use std::str::FromStr;

use crate::frame::Gamut;

/// How a source's pictures are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The colours that they are made for.
    pub gamut: Gamut,
    /// Whether a still's colour profile is minded: not where its samples are numbers rather than colours.
    pub profiles: bool,
    /// What shows where they are transparent.
    pub background: Background,
    /// How much memory one of them may take.
    pub most_memory: Memory,
}

impl Default for Reading {
    /// For sRGB, over black, within 1 GiB.
    fn default() -> Self {
        Self { gamut: Gamut::Srgb, profiles: true, background: Background::default(), most_memory: Memory::default() }
    }
}

/// The colour behind transparent pictures: R'G'B' as they are shown. Black unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Background(pub [u8; 3]);

/// The names that CSS 2.1 has, as #rrggbb.
const NAMES: [(&str, u32); 18] = [
    ("black", 0x00_0000),
    ("silver", 0xc0_c0c0),
    ("gray", 0x80_8080),
    ("grey", 0x80_8080),
    ("white", 0xff_ffff),
    ("maroon", 0x80_0000),
    ("red", 0xff_0000),
    ("purple", 0x80_0080),
    ("fuchsia", 0xff_00ff),
    ("green", 0x00_8000),
    ("lime", 0x00_ff00),
    ("olive", 0x80_8000),
    ("yellow", 0xff_ff00),
    ("navy", 0x00_0080),
    ("blue", 0x00_00ff),
    ("teal", 0x00_8080),
    ("aqua", 0x00_ffff),
    ("orange", 0xff_a500),
];

impl FromStr for Background {
    type Err = String;

    /// `#rrggbb`, `#rgb`, or one of CSS 2.1's names.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no colour: write #rrggbb, or a name (black, grey, white, green …)");
        let number = match text.strip_prefix('#') {
            // `from_str_radix` would take a sign.
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
                match digits.len() {
                    6 => number,
                    3 => [8, 4, 0].iter().fold(0, |all, shift| (all << 8) | ((number >> shift & 0xf) * 0x11)),
                    _ => return Err(wrong()),
                }
            }
            _ => NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).ok_or_else(wrong)?.1,
        };
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

/// An amount of memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory(pub u64);

impl Default for Memory {
    /// 1 GiB.
    fn default() -> Self {
        Self(1 << 30)
    }
}

impl FromStr for Memory {
    type Err = String;

    /// `512M`, `2G`, `1.5GiB`, or a number of bytes; from 16 MiB to 1 TiB.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no amount of memory between 16M and 1024G: write 512M or 2G");
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let shift = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kb" | "kib" => 10,
            "m" | "mb" | "mib" => 20,
            "g" | "gb" | "gib" => 30,
            _ => return Err(wrong()),
        };
        let bytes = number.parse::<f64>().map_err(|_| wrong())? * f64::from(1 << shift);
        let allowed = f64::from(1 << 24)..=f64::from(1 << 20) * f64::from(1 << 20);
        allowed.contains(&bytes).then_some(Self(bytes as u64)).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_written_as_in_css() {
        assert_eq!("#0a141e".parse(), Ok(Background([10, 20, 30])));
        assert_eq!("#f80".parse(), Ok(Background([255, 136, 0])));
        assert_eq!("White".parse(), Ok(Background([255; 3])));
        assert_eq!("grey".parse::<Background>(), "gray".parse());
        assert_eq!(Background::default(), Background([0; 3]));
        for wrong in ["", "#", "#12", "#12345", "#+12345", "#gggggg", "ffffff", "see-through"] {
            assert!(wrong.parse::<Background>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn memory_is_counted_in_binary_units() {
        assert_eq!("1G".parse(), Ok(Memory::default()));
        assert_eq!("1.5gib".parse(), Ok(Memory(3 << 29)));
        assert_eq!("67108864".parse(), Ok(Memory(64 << 20)));
        for wrong in ["", "G", "-1G", "1", "15M", "2000G", "1T", "1e9", "nan"] {
            assert!(wrong.parse::<Memory>().is_err(), "{wrong}");
        }
    }
}
