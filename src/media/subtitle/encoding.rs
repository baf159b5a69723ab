//! The encoding of a text file: its byte order mark, else UTF-8 where it is that, else what its letters look like.

use std::borrow::Cow;
use std::str::FromStr;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// So much of a file is looked at.
const LOOKED_AT: usize = 1 << 20;

/// Which encoding text has that does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Codepage {
    /// What it looks like
    #[default]
    Auto,
    /// This one, unless it is UTF-8
    Usual(&'static Encoding),
    /// This one
    Forced(&'static Encoding),
}

/// What is wrong with an encoding's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no encoding that is known: write auto, or a name like windows-1250 or shift_jis, with + in front to have it even for UTF-8"
)]
pub struct CodepageError(String);

impl FromStr for Codepage {
    type Err = CodepageError;

    /// As mpv writes it.
    fn from_str(text: &str) -> Result<Self, CodepageError> {
        let name = text.strip_prefix('+').unwrap_or(text);
        // Windows' own are often written so.
        let windows = name.strip_prefix("cp").map(|number| format!("windows-{number}"));
        let found = Encoding::for_label(name.as_bytes())
            .or_else(|| windows.and_then(|name| Encoding::for_label(name.as_bytes())));
        match found {
            _ if text == "auto" => Ok(Self::Auto),
            Some(encoding) if text.starts_with('+') => Ok(Self::Forced(encoding)),
            Some(encoding) => Ok(Self::Usual(encoding)),
            None => Err(CodepageError(text.to_owned())),
        }
    }
}

/// `bytes` as text; the encoding's name.
pub fn decoded(bytes: &[u8], codepage: Codepage) -> (Cow<'_, str>, &'static str) {
    let encoding = match (Encoding::for_bom(bytes), codepage) {
        (_, Codepage::Forced(encoding)) => encoding,
        (Some((encoding, _)), _) => encoding,
        (None, _) if std::str::from_utf8(bytes).is_ok() => UTF_8,
        (None, Codepage::Usual(encoding)) => encoding,
        (None, Codepage::Auto) => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
            let last = bytes.len() <= LOOKED_AT;
            detector.feed(&bytes[..bytes.len().min(LOOKED_AT)], last);
            detector.guess(None, Utf8Detection::Allow)
        }
    };
    let (text, encoding, _) = encoding.decode(bytes);
    (text, encoding.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (Cow<'_, str>, &'static str) {
        super::decoded(bytes, Codepage::Auto)
    }

    #[test]
    fn encodings_are_found() {
        let german = "1\n00:00:01,000 --> 00:00:02,000\nÜber den Wäldern, größer als früher: schön.\n".repeat(4);
        let russian = "1\n00:00:01,000 --> 00:00:02,000\nНикогда не говори никогда, сказал он вполголоса.\n".repeat(4);
        let japanese =
            "1\n00:00:01,000 --> 00:00:02,000\nこれは日本語の字幕です。カタカナも漢字もあります。\n".repeat(4);
        let cases = [
            (german.as_str(), encoding_rs::WINDOWS_1252),
            (&russian, encoding_rs::WINDOWS_1251),
            (&russian, encoding_rs::KOI8_U),
            (&japanese, encoding_rs::SHIFT_JIS),
            (&japanese, encoding_rs::EUC_JP),
        ];
        for (text, encoding) in cases {
            let (bytes, _, lost) = encoding.encode(text);
            assert!(!lost && decoded(&bytes).0 == text, "{}: {}", encoding.name(), decoded(&bytes).1);
        }
        assert_eq!(decoded(german.as_bytes()), (german.as_str().into(), "UTF-8"));
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain("aß漢".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decoded(&wide), ("aß漢".into(), "UTF-16LE"));
        let marked = [b"\xef\xbb\xbf", "ß".as_bytes()].concat();
        assert_eq!(decoded(&marked), ("ß".into(), "UTF-8"));
        assert!(!decoded(&[0xff, 0xc0, 0, 1]).0.is_empty());
    }

    #[test]
    fn an_encoding_can_be_named() {
        let (bytes, ..) = encoding_rs::WINDOWS_1251.encode("Никогда");
        let of = |name: &str, bytes: &[u8]| super::decoded(bytes, name.parse().unwrap()).0.into_owned();
        assert_eq!((of("cp1251", &bytes), of("windows-1251", &bytes)), ("Никогда".to_owned(), "Никогда".to_owned()));
        assert_eq!((of("cp1251", "ß".as_bytes()), of("+cp1252", "ß".as_bytes())), ("ß".to_owned(), "ÃŸ".to_owned()));
        assert!("auto".parse() == Ok(Codepage::Auto) && "cp99".parse::<Codepage>().is_err());
    }
}
