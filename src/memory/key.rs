//! By what a film is known again.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::location::Location;
use crate::whole;

/// So much of a file's beginning and of its end counts, in bytes.
const PART: u64 = 1 << 16;

/// Where a film is, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    place: u64,
    /// 0: not known, as for an address.
    content: u64,
}

impl Key {
    /// Reads the beginning and the end of a file; of a folder and of an address only the name counts. None for what cannot be known again.
    pub fn of(location: &Location) -> Option<Self> {
        let place = Self::place_of(location)?;
        let content = location.path().map_or(0, |path| content_of(path).unwrap_or(0));
        Some(Self { place, content })
    }

    /// The hash of where a film is.
    pub(super) fn place_of(location: &Location) -> Option<u64> {
        Some(fnv1a64(START, name_of(location)?.as_bytes()))
    }

    /// The name of its file.
    pub(super) fn file_name(self) -> String {
        format!("{:016x}-{:016x}.json", self.place, self.content)
    }

    /// The key whose file this is.
    pub(super) fn of_file_name(name: &str) -> Option<Self> {
        let (place, content) = name.strip_suffix(".json")?.split_once('-')?;
        let number = |digits: &str| {
            let plain = digits.len() == 16 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
        };
        Some(Self { place: number(place)?, content: number(content)? })
    }

    /// Whether it is the same film, wherever.
    pub(super) fn is_content_of(self, other: Self) -> bool {
        self.content != 0 && self.content == other.content
    }
}

/// A location as a record has it, which [`Location::of`] reads: `file://` with %-codes, or the address. None of what has no name that lasts, and of an
/// address with a password in it.
pub fn name_of(location: &Location) -> Option<String> {
    match location {
        Location::File(path) => {
            let path = std::path::absolute(path).ok()?;
            let bytes = path.as_os_str().as_encoded_bytes();
            let mut name = String::from(if bytes.first() == Some(&b'/') { "file://" } else { "file:///" });
            for byte in bytes {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                        name.push(char::from(*byte));
                    }
                    _ => name.push_str(&format!("%{byte:02X}")),
                }
            }
            Some(name)
        }
        Location::Url(url) => {
            let (_, rest) = url.split_once("://")?;
            let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            (!host.contains('@')).then(|| url.clone())
        }
        Location::Stdin => None,
    }
}

/// The hash of a file's length, beginning and end; none of what is no file or cannot be read.
fn content_of(path: &Path) -> Option<u64> {
    let mut file = whole::open(path).ok()?;
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let length = metadata.len();
    let mut hash = fnv1a64(START, &length.to_le_bytes());
    for from in [0, length.saturating_sub(PART)] {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from)).ok()?;
        (&mut file).take(PART).read_to_end(&mut bytes).ok()?;
        hash = fnv1a64(hash, &bytes);
    }
    Some(hash.max(1))
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// The 64-bit FNV-1a hash of `bytes` behind what `hash` is of: the same in every version of the program.
fn fnv1a64(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_film_is_known_by_place_and_content() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut bytes = vec![7_u8; 300_000];
        fs::write(at("a"), &bytes).unwrap();
        fs::write(at("b"), &bytes).unwrap();
        let key = |name: &str| Key::of(&Location::File(at(name))).unwrap();
        assert_eq!(key("a"), key("a"));
        assert!(key("a") != key("b") && key("a").is_content_of(key("b")));
        for (place, what) in [(0, "its beginning"), (299_999, "its end")] {
            bytes[place] ^= 1;
            fs::write(at("b"), &bytes).unwrap();
            assert!(!key("a").is_content_of(key("b")), "{what}");
            bytes[place] ^= 1;
        }
        bytes.push(7);
        fs::write(at("b"), &bytes).unwrap();
        assert!(!key("a").is_content_of(key("b")), "its length");
        assert_eq!(Key::of_file_name(&key("a").file_name()), Some(key("a")));
        for name in
            ["0-0.json", "../../0123456789abcdef-0123456789abcdef.json", "0123456789abcdef-0123456789ABCDEF.json"]
        {
            assert_eq!(Key::of_file_name(name), None, "{name}");
        }
        // What is in no file of its own is known by its name alone.
        assert!(!Key::of(&Location::File(at("."))).unwrap().is_content_of(Key::of(&Location::File(at("."))).unwrap()));
        assert_eq!(Key::of(&Location::Stdin), None);
    }

    #[test]
    fn names_come_back_as_they_were() {
        for name in ["/a b/c%20ü#?.mkv", "/x", "https://h.org/a?b=c@d"] {
            let location = Location::of(name);
            assert_eq!(Location::of(name_of(&location).unwrap()), location, "{name}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let odd = Location::File(Path::new(std::ffi::OsStr::from_bytes(b"/caf\xe9\n.mp4")).to_owned());
            assert_eq!(Location::of(name_of(&odd).unwrap()), odd);
        }
        assert_eq!(name_of(&Location::of("https://me:secret@h.org/a.mkv")), None);
    }
}
