//! The encoding of a text file: its byte order mark, else UTF-8 where it is that, else what its letters look like.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// So much of a file is looked at.
const LOOKED_AT: usize = 1 << 20;

/// `bytes` as text; the encoding's name.
pub(super) fn decoded(bytes: &[u8]) -> (Cow<'_, str>, &'static str) {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => UTF_8,
        None => {
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
}
