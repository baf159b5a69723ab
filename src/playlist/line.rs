//! A list's lines, in whatever encoding, and what they name.

use std::ffi::OsString;

use encoding_rs::Encoding;

use crate::location::os_string;
use crate::media::subtitle::{Codepage, decoded};
use crate::time::Time;

/// What a list names.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Named {
    /// As it stands there, also where it is no text.
    pub(super) bytes: Option<OsString>,
    /// The same as text, in the encoding that the list seems to have.
    pub(super) text: String,
    pub(super) title: Option<String>,
    /// Where its tracks begin, and what they are called.
    pub(super) tracks: Vec<(Time, String)>,
}

/// A line without the blanks around it.
pub(super) struct Line {
    pub(super) text: String,
    bytes: Vec<u8>,
}

impl Line {
    /// All of it as a name.
    pub(super) fn named(&self) -> Named {
        self.rest(0)
    }

    /// What is named from byte `at` on, which ends nothing but ASCII.
    pub(super) fn rest(&self, at: usize) -> Named {
        let bytes = self.bytes.get(at..).unwrap_or_default();
        Named {
            // What is no UTF-8 may be a file's name as it stands.
            bytes: std::str::from_utf8(bytes).is_err().then(|| os_string(bytes.to_vec())).flatten(),
            text: self.text.get(at..).unwrap_or_default().to_owned(),
            ..Named::default()
        }
    }
}

/// All lines of a file.
pub(super) fn lines(bytes: &[u8]) -> Vec<Line> {
    let (text, encoding) = decoded(bytes, Codepage::Auto);
    // Encodings of which a line's bytes mean nothing by themselves.
    let whole = encoding.starts_with("UTF-16") || encoding == "ISO-2022-JP" || encoding == "UTF-8";
    let line = |text: &str| Line { text: text.trim().to_owned(), bytes: text.trim().as_bytes().to_vec() };
    match Encoding::for_label(encoding.as_bytes()).filter(|_| !whole) {
        None => text.lines().map(line).collect(),
        Some(encoding) => {
            let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
            let line = |bytes: &[u8]| {
                let (text, _) = encoding.decode_without_bom_handling(bytes);
                Line { text: text.into_owned(), bytes: bytes.to_vec() }
            };
            lines.map(line).collect()
        }
    }
}
