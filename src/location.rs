//! What a user names, read once and alike everywhere: a file, standard input, or an address.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a film or a picture is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Location {
    /// A file of this machine, whatever bytes its name has.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// An address: `scheme://…` of any scheme but `file`.
    Url(String),
}

impl Location {
    /// Reads a name: `-`, `/dev/stdin` and their like are standard input; `file:///path`, `file://localhost/path` and `file:/path` are the file with
    /// the %-codes read (RFC 8089); `scheme://…` is an address; all else is a path as it stands, %, colons and all.
    pub fn of(name: impl AsRef<OsStr>) -> Self {
        let name = name.as_ref();
        if ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].iter().any(|stdin| name == *stdin) {
            return Self::Stdin;
        }
        if let Some(path) = path_of_file_url(name.as_encoded_bytes()) {
            return Self::File(PathBuf::from(path));
        }
        if is_url(name.as_encoded_bytes()) {
            return Self::Url(ascii_url(name));
        }
        Self::File(PathBuf::from(name))
    }

    /// The file's path; none of what is no file.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stdin | Self::Url(_) => None,
        }
    }

    /// Whether it comes over the network.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Url(_))
    }

    /// Whether it comes from a web server.
    pub fn is_web(&self) -> bool {
        let Self::Url(url) = self else { return false };
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    }

    /// Whether its bytes can be had a second time: not those of a pipe or a socket.
    pub fn can_be_reopened(&self) -> bool {
        match self {
            // What is not there can be opened as often as one likes.
            Self::File(path) => path.metadata().map_or(true, |metadata| metadata.is_file() || metadata.is_dir()),
            Self::Stdin => false,
            Self::Url(_) => true,
        }
    }

    /// The last part of its name, without an address's query; none where there is none (standard input, `https://example.org/`).
    pub fn file_name(&self) -> Option<&OsStr> {
        match self {
            Self::File(path) => path.file_name(),
            Self::Stdin => None,
            Self::Url(url) => {
                let (_, rest) = url.split_once("://")?;
                let path = rest.split(['?', '#']).next().unwrap_or(rest);
                let (_, path) = path.split_once('/')?;
                path.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty()).map(OsStr::new)
            }
        }
    }
}

/// A name as a user writes it, read by [`Location::of`].
macro_rules! from_name {
    ($($name:ty),*) => {$(
        impl From<$name> for Location {
            fn from(name: $name) -> Self {
                Self::of(name)
            }
        }
    )*};
}
from_name!(&str, &String, String, &OsStr, OsString);

/// A path is a file's, whatever stands in it: one that was found in a folder is no address.
macro_rules! from_path {
    ($($path:ty),*) => {$(
        impl From<$path> for Location {
            fn from(path: $path) -> Self {
                Self::File(path.into())
            }
        }
    )*};
}
from_path!(&Path, &PathBuf, PathBuf);

impl From<&Self> for Location {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Stdin => f.write_str("standard input"),
            Self::Url(url) => f.write_str(url),
        }
    }
}

/// `scheme://…`, with a scheme as RFC 3986 writes it; of one letter it is a Windows drive.
fn is_url(name: &[u8]) -> bool {
    let Some(end) = name.windows(3).position(|three| three == b"://") else { return false };
    let scheme = &name[..end];
    scheme.len() > 1
        && scheme[0].is_ascii_alphabetic()
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
}

/// Addresses are ASCII: what else stands in one is written in %-codes, as browsers do; so are control characters and spaces.
fn ascii_url(name: &OsStr) -> String {
    let mut url = String::new();
    for byte in name.as_encoded_bytes() {
        match byte {
            0x21..=0x7e => url.push(char::from(*byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

/// The path in a `file:` URL of this machine, %-codes read.
fn path_of_file_url(name: &[u8]) -> Option<OsString> {
    let rest = name.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case(b"file:")).map(|_| &name[5..])?;
    let path = match rest.strip_prefix(b"//") {
        Some(after) => {
            let slash = after.iter().position(|byte| *byte == b'/')?;
            let (host, path) = after.split_at(slash);
            (host.is_empty() || host.eq_ignore_ascii_case(b"localhost")).then_some(path)?
        }
        None => rest.starts_with(b"/").then_some(rest)?,
    };
    os_string(decoded(path))
}

/// %-codes read; a % that begins none stands for itself.
fn decoded(mut rest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let value = code
            .filter(|code| code.iter().all(u8::is_ascii_hexdigit))
            .and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(value.unwrap_or(*first));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    bytes
}

/// A name of these bytes; none where the system has no such names.
#[cfg(unix)]
pub(crate) fn os_string(bytes: Vec<u8>) -> Option<OsString> {
    use std::os::unix::ffi::OsStringExt;
    Some(OsString::from_vec(bytes))
}

#[cfg(not(unix))]
pub(crate) fn os_string(bytes: Vec<u8>) -> Option<OsString> {
    let text = String::from_utf8(bytes).ok()?;
    // `/C:/films` is the path `C:/films`.
    let drive = text.as_bytes().get(2) == Some(&b':');
    Some(OsString::from(if drive { &text[1..] } else { &text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Location {
        Location::File(path.into())
    }

    #[test]
    fn a_name_is_one_thing() {
        let url = |url: &str| Location::Url(url.to_owned());
        for (name, wanted) in [
            ("a%20b.jpg", file("a%20b.jpg")),
            ("a:b.mkv", file("a:b.mkv")),
            ("./-", file("./-")),
            ("C://films", file("C://films")),
            ("-", Location::Stdin),
            ("/dev/stdin", Location::Stdin),
            ("file:///a%20b/c%.mp4", file("/a b/c%.mp4")),
            ("FILE://LocalHost/a%2fb", file("/a/b")),
            ("file:/a%3Fb", file("/a?b")),
            ("file:a.mp4", file("file:a.mp4")),
            ("file:///a%+1%zz", file("/a%+1%zz")),
            // Another machine's file is no file of this one.
            ("file://server/a.mp4", url("file://server/a.mp4")),
            ("http://h/a b/ü", url("http://h/a%20b/%C3%BC")),
            ("a/b://c", file("a/b://c")),
        ] {
            assert_eq!(Location::of(name), wanted, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn paths_have_any_bytes() {
        use std::os::unix::ffi::OsStrExt;
        let name = OsStr::from_bytes(b"caf\xe9.mp4");
        assert_eq!(Location::of(name).path(), Some(Path::new(name)));
        assert_eq!(Location::of("file:///caf%E9.mp4").path().and_then(Path::file_name), Some(name));
    }

    #[test]
    fn names_of_files_are_found() {
        let name = |name: &str| Location::of(name).file_name().map(|name| name.to_string_lossy().into_owned());
        assert_eq!(name("x/a.mkv").as_deref(), Some("a.mkv"));
        assert_eq!(name("https://h.org/v/c.d.ts?x=/y.mp4").as_deref(), Some("c.d.ts"));
        assert_eq!((name("https://h.org/"), name("https://h.org"), name("-")), (None, None, None));
    }
}
