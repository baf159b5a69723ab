//! What FFmpeg may open by itself, and what not: files beside a file, addresses for an address.

use std::path::{Path, PathBuf};

use crate::location::Location;

/// The kinds of addresses that a user may name.
const NAMED: [&str; 8] = ["http", "https", "rtsp", "rtsps", "rtp", "udp", "tcp", "tls"];
/// FFmpeg's protocols for what comes over the network.
pub(super) const REMOTE: &str = "http,https,httpproxy,tls,tcp,udp,crypto,data,rtp,rtsp";
/// FFmpeg's own for all else: files are opened here and handed to it.
pub(super) const LOCAL: &str = "data";

/// Formats that FFmpeg opens other things for by ways that cannot be watched from here, or that are programs.
const NEVER: [&str; 5] = ["avisynth", "vapoursynth", "concat", "imf", "sap"];
/// The same of what is not remote: their addresses never lie beside a file.
const REMOTE_ONLY: [&str; 4] = ["dash", "sdp", "rtsp", "rtp"];

/// Whether an address is of a kind that is read.
pub(super) fn is_named(url: &str) -> bool {
    scheme(url.as_bytes()).is_some_and(|scheme| NAMED.iter().any(|known| scheme.eq_ignore_ascii_case(known.as_bytes())))
}

/// Whether FFmpeg may use a format by its own name (several, parted by commas, are one format).
pub(super) fn is_format_allowed(name: &str, remote: bool) -> bool {
    !name.split(',').any(|name| NEVER.contains(&name) || (!remote && REMOTE_ONLY.contains(&name)))
}

/// Where something came from, and so what it may name.
#[derive(Debug)]
pub(super) enum Origin {
    /// Addresses.
    Remote,
    /// Files in this folder (all links read) and below.
    Beside(PathBuf),
    /// Nothing: standard input and pipes lie nowhere.
    Alone,
}

/// What may be opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    File(PathBuf),
    /// By FFmpeg, with these protocols.
    Protocols(&'static str),
}

impl Origin {
    pub(super) fn of(location: &Location) -> Self {
        match location {
            Location::Url(_) => Self::Remote,
            Location::Stdin => Self::Alone,
            Location::File(path) => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok().filter(|_| path.is_file());
                folder.map_or(Self::Alone, Self::Beside)
            }
        }
    }

    /// What `url`, as FFmpeg writes it, names; none where that may not be opened.
    pub(super) fn part(&self, url: &[u8]) -> Option<Part> {
        match (scheme(url), self) {
            (Some(b"data"), _) => Some(Part::Protocols(LOCAL)),
            (Some(wrapped), _) if wrapped == b"crypto" || wrapped.starts_with(b"crypto+") => {
                // `crypto+file:a` and `crypto:a` are the file `a`, deciphered.
                match self.part(&url[b"crypto:".len()..])? {
                    Part::File(_) => Some(Part::Protocols("crypto,file")),
                    Part::Protocols(LOCAL) => Some(Part::Protocols("crypto,data")),
                    Part::Protocols(_) => Some(Part::Protocols(REMOTE)),
                }
            }
            (Some(scheme), Self::Remote) => {
                let known = REMOTE.split(',').any(|known| known.as_bytes() == scheme);
                known.then_some(Part::Protocols(REMOTE))
            }
            (None | Some(b"file"), Self::Beside(folder)) => {
                let path = path_of(url.strip_prefix(b"file:").unwrap_or(url))?;
                beside(folder, &path).map(Part::File)
            }
            _ => None,
        }
    }
}

/// The file with all links read, if it lies in the folder or below. What is not there yet is nowhere else.
fn beside(folder: &Path, path: &Path) -> Option<PathBuf> {
    let Ok(real) = path.canonicalize() else {
        let lies_there = path.parent()?.canonicalize().ok()?.starts_with(folder);
        return lies_there.then(|| path.to_owned());
    };
    // Anything but a file could keep FFmpeg waiting.
    (real.starts_with(folder) && real.is_file()).then_some(real)
}

/// As FFmpeg tells it from a path.
fn scheme(url: &[u8]) -> Option<&[u8]> {
    let end = url.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"+-.".contains(byte)))?;
    // One letter is a Windows drive; `subfile,,start,…` has its options before the colon.
    let ends = url[end] == b':' || (url[end] == b',' && url[end..].contains(&b':'));
    (end > 1 && ends).then_some(&url[..end])
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_addresses() {
        let remote = Origin::Remote;
        for url in ["http://h/a", "https://h/a", "crypto+https://h/a", "crypto:http://h/a", "rtp://h:1", "data:,x"] {
            assert!(remote.part(url.as_bytes()).is_some(), "{url}");
        }
        for url in [
            "file:///etc/passwd",
            "/etc/passwd",
            "etc/passwd",
            "crypto+file:/etc/passwd",
            "crypto:/etc/passwd",
            "concat:http://h/a|/b",
            "subfile,,start,0,end,9,,:/etc/passwd",
            "async:file:/a",
            "cache:/a",
            "pipe:0",
            "fd:",
            "ftp://h/a",
            "gopher://h/a",
            "unix:/a",
            "crypto+crypto+file:/a",
            "crypto",
            "md5:",
            "smb://h/a",
            "HTTP+file:/a",
        ] {
            assert_eq!(remote.part(url.as_bytes()), None, "{url}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn files_lead_to_files_beside_them() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        let make = |name: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "x").unwrap();
            path
        };
        let (list, part, deep, other) = (make("a/l.m3u8"), make("a/0.ts"), make("a/b/1 %41.ts"), make("c/2.ts"));
        std::os::unix::fs::symlink(&other, root.join("a/link.ts")).unwrap();
        std::os::unix::fs::symlink(&part, root.join("a/b/near.ts")).unwrap();
        std::os::unix::fs::symlink(root.join("c"), root.join("a/d")).unwrap();
        let origin = Origin::of(&Location::File(list.clone()));
        let found = |path: &Path, before: &str| {
            let url = [before.as_bytes(), path.as_os_str().as_encoded_bytes()].concat();
            origin.part(&url)
        };
        for path in [&list, &part, &deep] {
            assert_eq!(found(path, "file:"), Some(Part::File(path.clone())));
            assert_eq!(found(path, ""), Some(Part::File(path.clone())));
            assert_eq!(found(path, "crypto+file:"), Some(Part::Protocols("crypto,file")));
        }
        assert_eq!(found(&root.join("a/b/near.ts"), "file:"), Some(Part::File(part.clone())));
        assert_eq!(found(&root.join("a/b/../0.ts"), "file:"), Some(Part::File(part)));
        assert_eq!(found(&root.join("a/none.ts"), "file:"), Some(Part::File(root.join("a/none.ts"))));
        for name in
            ["c/2.ts", "a/../c/2.ts", "a/link.ts", "a/d/2.ts", "a/d/none.ts", "a/b", "ab.ts", "a/x/../../c/2.ts"]
        {
            assert_eq!(found(&root.join(name), "file:"), None, "{name}");
            assert_eq!(found(&root.join(name), "crypto:"), None, "{name}");
        }
        for url in [
            "/etc/passwd",
            "file:/dev/zero",
            "http://h/a",
            "concat:a|b",
            "pipe:0",
            "tcp://h:1",
            "crypto+http://h/a",
            "",
        ] {
            assert_eq!(origin.part(url.as_bytes()), None, "{url}");
        }
        assert_eq!(origin.part(b"data:,x"), Some(Part::Protocols(LOCAL)));
        let alone = Origin::of(&Location::Stdin);
        assert_eq!((alone.part(b"/etc/passwd"), alone.part(b"http://h/a")), (None, None));
    }

    #[test]
    fn some_kinds_of_addresses_and_formats_are_not_read() {
        assert!(is_named("http://h") && is_named("RTSP://h") && is_named("udp://@1.2.3.4:5"));
        assert!(!is_named("ftp://h") && !is_named("file://server/a") && !is_named("rtmp://h") && !is_named("concat:h"));
        assert!(is_format_allowed("mov,mp4,m4a", false) && is_format_allowed("hls", false));
        assert!(
            is_format_allowed("dash", true) && !is_format_allowed("dash", false) && !is_format_allowed("concat", true)
        );
    }
}
