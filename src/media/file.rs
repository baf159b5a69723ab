//! A look at a local file before FFmpeg sees it, so that what is wrong with it can be said plainly.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::error::MediaError;
use crate::whole;

/// The beginning of a local file.
pub(super) struct Head {
    bytes: Vec<u8>,
}

impl Head {
    /// Looks at the file. `None` for pipes and devices, whose bytes come only once.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, MediaError> {
        let fail = |error| MediaError::from_io(path, &error);
        // A pipe is not even opened: when it is closed again its writer has lost its reader.
        let metadata = fs::metadata(path).map_err(fail)?;
        if metadata.is_dir() {
            return Err(MediaError::Directory(path.display().to_string()));
        }
        if !metadata.is_file() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        whole::open(path).map_err(fail)?.take(4096).read_to_end(&mut bytes).map_err(fail)?;
        if bytes.is_empty() {
            return Err(MediaError::Empty(path.display().to_string()));
        }
        Ok(Some(Self { bytes }))
    }

    /// Text, as far as one sees, and not the list of a stream's parts.
    fn is_text(&self) -> bool {
        let text = match std::str::from_utf8(&self.bytes) {
            Ok(text) => text,
            // A character cut at the end of what was read.
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&self.bytes[..error.valid_up_to()]).unwrap_or("\0")
            }
            Err(_) => return false,
        };
        !text.starts_with("#EXTM3U") && text.chars().all(|c| !c.is_control() || "\t\r\n\u{c}\u{1b}".contains(c))
    }

    /// The brand of an MP4, MOV, HEIF or AVIF file.
    fn brand(&self) -> Option<&[u8]> {
        (self.bytes.get(4..8)? == b"ftyp").then(|| self.bytes.get(8..12)).flatten()
    }

    /// A still in the HEIF family: AVIF, HEIC.
    pub(super) fn is_heif(&self) -> bool {
        matches!(self.brand(), Some(b"avif" | b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"msf1"))
    }

    /// The bytes, 4096 at most.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What FFmpeg's refusal means for this file.
    pub(super) fn explain(&self, error: MediaError) -> MediaError {
        match error {
            MediaError::Unknown(location) | MediaError::NoVideo { location, .. } if self.is_text() => {
                MediaError::Text(location)
            }
            MediaError::Unknown(location) if self.is_heif() => {
                MediaError::UnsupportedFormat { location, format: "HEIF".to_owned() }
            }
            MediaError::Unknown(location) if self.brand().is_some() => MediaError::Truncated(location),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(bytes: &[u8]) -> Head {
        Head { bytes: bytes.to_vec() }
    }

    #[test]
    fn text_is_told_from_films() {
        assert!(head("Grüße, a letter\r\n".as_bytes()).is_text());
        assert!(head(&"ü".as_bytes()[..1]).is_text());
        assert!(!head(b"#EXTM3U\n#EXT-X-VERSION:3").is_text());
        assert!(!head(b"\0\0\0\x20ftypisom").is_text());
        assert!(!head(b"RIFF\x10\x00").is_text());
    }

    #[test]
    fn a_refused_mp4_was_cut_short() {
        let refused = || MediaError::Unknown("a.mp4".to_owned());
        assert_eq!(head(b"\0\0\0\x20ftypisom").explain(refused()), MediaError::Truncated("a.mp4".to_owned()));
        assert_eq!(head(b"\x80\x81\x82").explain(refused()), refused());
        assert_eq!(head(b"hello").explain(refused()), MediaError::Text("a.mp4".to_owned()));
    }
}
