//! What is seen of a stream on its way to FFmpeg: playlists that would fill the memory, and films whose index stands behind their pictures.

/// What a playlist's list may take in FFmpeg's memory, by this file's reckoning.
const MOST_MEMORY: u64 = 256 << 20;
/// What FFmpeg keeps for a line of a playlist, beside its text.
const LINE: u64 = 256;
/// What FFmpeg keeps for another playlist that is named: buffers for its name and its key's among others.
const VARIANT: u64 = 24 << 10;
/// A DASH manifest is read whole and taken apart as a tree, many times its size.
const MOST_MANIFEST: u64 = 8 << 20;
/// So much of the beginning tells what it is.
const HEAD: usize = 1024;

/// Why it goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// More entries than any film has.
    TooLong,
    /// An MP4 file's `mdat` before its `moov`.
    IndexBehind,
    /// A list of files for FFmpeg's concat demuxer.
    Concat,
    /// A DASH manifest or an SDP description in a file: they name addresses.
    Manifest,
    /// A playlist that names nothing.
    Nothing,
}

/// What it turned out to be.
#[derive(Debug)]
enum Kind {
    /// Too early to tell.
    Head(Vec<u8>),
    Playlist(Playlist),
    Manifest,
    /// Boxes of an MP4 file: how many bytes to the next one, and its first eight.
    Boxes(u64, Vec<u8>),
    Other,
}

/// Looks at a stream's bytes in their order.
#[derive(Debug)]
pub(super) struct Scan {
    kind: Kind,
    /// The place of the byte that comes next.
    next: u64,
    local: bool,
    searchable: bool,
    base: u64,
}

impl Scan {
    /// `base` is the length of the address that names in it are added to.
    pub(super) fn new(local: bool, searchable: bool, base: usize) -> Self {
        Self { kind: Kind::Head(Vec::new()), next: 0, local, searchable, base: base as u64 }
    }

    /// Whether it is an HLS playlist, and whether that names other playlists.
    pub(super) fn playlist(&self) -> Option<bool> {
        match &self.kind {
            Kind::Playlist(playlist) => Some(playlist.names_playlists),
            _ => None,
        }
    }

    /// Whether it is an HLS playlist of pieces whose headers lie elsewhere: those of MP4.
    pub(super) fn has_headers(&self) -> bool {
        matches!(&self.kind, Kind::Playlist(playlist) if playlist.has_headers)
    }

    /// The stream has ended. FFmpeg's HLS demuxer reads from nowhere, and crashes, where one of a film's playlists has no segments.
    pub(super) fn end(&self) -> Result<(), Finding> {
        match &self.kind {
            Kind::Playlist(playlist) if !playlist.names_playlists && !playlist.has_segments => Err(Finding::Nothing),
            _ => Ok(()),
        }
    }

    /// Takes note of `bytes` from `place` on.
    pub(super) fn look(&mut self, place: u64, bytes: &[u8]) -> Result<(), Finding> {
        if place != self.next {
            // What is read again, or not in order, was looked at or is no list.
            return Ok(());
        }
        self.next += bytes.len() as u64;
        if let Kind::Head(head) = &mut self.kind {
            let had = head.len();
            head.extend_from_slice(&bytes[..bytes.len().min(HEAD - had)]);
            let Some(kind) = kind_of(head, self.local, self.searchable) else { return Ok(()) };
            let head = std::mem::take(head);
            self.kind = kind?;
            if matches!(self.kind, Kind::Manifest) && self.local {
                return Err(Finding::Manifest);
            }
            self.go_on(&head)?;
            return self.go_on(&bytes[head.len() - had..]);
        }
        self.go_on(bytes)
    }

    fn go_on(&mut self, bytes: &[u8]) -> Result<(), Finding> {
        match &mut self.kind {
            Kind::Playlist(playlist) => playlist.look(bytes, self.base),
            Kind::Manifest if self.next > MOST_MANIFEST => Err(Finding::TooLong),
            Kind::Boxes(to_next, header) => boxes(to_next, header, bytes),
            Kind::Head(_) | Kind::Manifest | Kind::Other => Ok(()),
        }
    }
}

/// By the marks that FFmpeg goes by; none as long as it may become any.
fn kind_of(head: &[u8], local: bool, searchable: bool) -> Option<Result<Kind, Finding>> {
    let begins = |mark: &[u8]| head.starts_with(mark);
    let may_begin = |mark: &[u8]| mark.starts_with(head);
    if begins(b"#EXTM3U") {
        return Some(Ok(Kind::Playlist(Playlist::default())));
    }
    if begins(b"ffconcat version") {
        return Some(Err(Finding::Concat));
    }
    if local && (begins(b"v=0\n") || begins(b"v=0\r")) {
        return Some(Err(Finding::Manifest));
    }
    if may_begin(b"#EXTM3U") || may_begin(b"ffconcat version") || head.len() < 8 {
        return None;
    }
    if !searchable && [b"ftyp", b"mdat", b"wide", b"free", b"skip"].iter().any(|kind| &head[4..8] == *kind) {
        return Some(Ok(Kind::Boxes(0, Vec::new())));
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if head.windows(4).any(|four| four.eq_ignore_ascii_case(b"<MPD")) {
        return Some(Ok(Kind::Manifest));
    }
    let may_follow = (text.is_empty() || text.starts_with(b"<")) && head.len() < HEAD;
    (!may_follow).then_some(Ok(Kind::Other))
}

/// Steps from box to box.
fn boxes(to_next: &mut u64, header: &mut Vec<u8>, mut bytes: &[u8]) -> Result<(), Finding> {
    while !bytes.is_empty() {
        let passed = (*to_next).min(bytes.len() as u64);
        *to_next -= passed;
        bytes = &bytes[passed as usize..];
        let wanted = if header.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
        let taken = bytes.len().min(wanted - header.len().min(wanted));
        header.extend_from_slice(&bytes[..taken]);
        bytes = &bytes[taken..];
        let [a, b, c, d, kind @ ..] = header.as_slice() else { continue };
        let Some(kind) = kind.get(..4) else { continue };
        match kind {
            b"mdat" => return Err(Finding::IndexBehind),
            // What comes after the index is as it should be.
            b"moov" | b"moof" => *to_next = u64::MAX,
            _ => {
                let size = match u32::from_be_bytes([*a, *b, *c, *d]) {
                    0 => u64::MAX,
                    1 => match header.get(8..16).and_then(|size| size.try_into().ok()) {
                        Some(size) => u64::from_be_bytes(size),
                        None => continue,
                    },
                    size => size.into(),
                };
                *to_next = size.saturating_sub(header.len() as u64);
            }
        }
        header.clear();
    }
    Ok(())
}

/// An HLS playlist: its lines, weighed.
#[derive(Debug, Default)]
struct Playlist {
    memory: u64,
    /// The beginning of the present line, and its whole length.
    line: Vec<u8>,
    length: u64,
    /// Of the present key's address, which each segment has.
    key: u64,
    names_playlists: bool,
    /// A line says that the next one names a piece.
    has_segments: bool,
    has_headers: bool,
}

impl Playlist {
    fn look(&mut self, bytes: &[u8], base: u64) -> Result<(), Finding> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = 24_usize.saturating_sub(self.line.len());
            self.line.extend_from_slice(&line[..line.len().min(room)]);
            self.length += line.len() as u64;
            if line.ends_with(b"\n") {
                self.weigh(base);
            }
            // A line without end costs no memory: FFmpeg cuts it. It still has to end.
            if self.memory + self.length > MOST_MEMORY {
                return Err(Finding::TooLong);
            }
        }
        Ok(())
    }

    fn weigh(&mut self, base: u64) {
        let begins = |mark: &str| self.line.starts_with(mark.as_bytes());
        if begins("#EXT-X-KEY") {
            self.key = base + self.length;
        }
        let names_playlist = begins("#EXT-X-STREAM-INF") || begins("#EXT-X-MEDIA:");
        self.names_playlists |= names_playlist;
        self.has_segments |= begins("#EXTINF:");
        self.has_headers |= begins("#EXT-X-MAP");
        let names_something = !begins("#") || begins("#EXT-X-MAP");
        self.memory += match (names_playlist, names_something) {
            (true, _) => VARIANT + base + self.length,
            (false, true) => LINE + base + self.length + self.key,
            (false, false) => LINE,
        };
        self.line.clear();
        self.length = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in `bytes`, come in pieces of each of some sizes.
    fn found(bytes: &[u8], local: bool, searchable: bool) -> Option<Finding> {
        let by = |size: usize| {
            let mut scan = Scan::new(local, searchable, 100);
            bytes.chunks(size).enumerate().find_map(|(i, piece)| scan.look((i * size) as u64, piece).err())
        };
        let all = by(bytes.len().max(1));
        for size in [1, 7, 4096] {
            assert_eq!(by(size), all, "pieces of {size}");
        }
        all
    }

    fn repeated(before: &str, line: &str, count: usize) -> Vec<u8> {
        [before.as_bytes(), &line.as_bytes().repeat(count)].concat()
    }

    #[test]
    fn playlists_of_films_pass_and_those_that_fill_the_memory_do_not() {
        let segment =
            "#EXTINF:4.0,\nhttps://cdn.example.org/a/long/way/to/the/film/segment-00001.ts?token=0123456789abcdef\n";
        assert_eq!(found(&repeated("#EXTM3U\n", segment, 5000), false, true), None);
        assert_eq!(found(&repeated("#EXTM3U\n", segment, 100_000), false, true), None, "four days and a half");
        assert_eq!(found(&repeated("#EXTM3U\n", "#EXTINF:1,\na\n", 1_000_000), true, true), Some(Finding::TooLong));
        let variant = "#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n";
        assert_eq!(found(&repeated("#EXTM3U\n", variant, 500), false, true), None);
        assert_eq!(found(&repeated("#EXTM3U\n", variant, 100_000), false, true), Some(Finding::TooLong));
        let media = "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a\"\n";
        assert_eq!(found(&repeated("#EXTM3U\n", media, 100_000), false, true), Some(Finding::TooLong));
        let keyed = format!("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"{}\"\n", "k".repeat(4000));
        assert_eq!(found(&repeated(&keyed, "#EXTINF:1,\na\n", 100_000), false, true), Some(Finding::TooLong));
    }

    #[test]
    fn lists_of_other_kinds_are_known() {
        assert_eq!(found(b"ffconcat version 1.0\nfile a\n", false, true), Some(Finding::Concat));
        let manifest = b"<?xml version=\"1.0\"?>\n<!-- a -->\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\">";
        assert_eq!((found(manifest, true, true), found(manifest, false, true)), (Some(Finding::Manifest), None));
        let description = b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n";
        assert_eq!((found(description, true, true), found(description, false, true)), (Some(Finding::Manifest), None));
        let endless = [manifest.as_slice(), &b"<S t=\"0\"/>".repeat(900_000)].concat();
        assert_eq!(found(&endless, false, true), Some(Finding::TooLong));
        for other in [
            b"\x1aE\xdf\xa3 matroska".as_slice(),
            b"G\0\0\0 ts of any length",
            b"#",
            b"",
            b"#EXT other",
            b"<svg> or any xml",
        ] {
            assert_eq!(found(other, true, false), None);
        }
    }

    #[test]
    fn an_index_behind_the_pictures_is_seen_at_once() {
        let atom = |kind: &[u8; 4], length: u32| {
            [&(8 + length).to_be_bytes(), kind.as_slice(), &vec![b'm'; length as usize]].concat()
        };
        let (ftyp, free, moov, mdat) = (atom(b"ftyp", 16), atom(b"free", 3000), atom(b"moov", 50), atom(b"mdat", 0));
        let wide = [&[0, 0, 0, 1], b"free".as_slice(), &20_u64.to_be_bytes(), b"mdat"].concat();
        let fast = [&ftyp[..], &free, &wide, &moov, &mdat].concat();
        let slow = [&ftyp[..], &free, &wide, &mdat, &moov].concat();
        assert_eq!((found(&fast, true, false), found(&slow, true, false)), (None, Some(Finding::IndexBehind)));
        assert_eq!(found(&slow, true, true), None, "where it can be gone to");
        assert_eq!(found(&[&mdat[..], &moov].concat(), false, false), Some(Finding::IndexBehind));
    }

    #[test]
    fn what_is_read_again_does_not_count_twice() {
        let list = repeated("#EXTM3U\n", "#EXTINF:1,\na\n", 100_000);
        let mut scan = Scan::new(false, true, 100);
        for _ in 0..100 {
            assert_eq!(scan.look(0, &list), Ok(()));
        }
        assert_eq!(scan.playlist(), Some(false));
    }

    #[test]
    fn a_playlist_names_something() {
        let ended = |list: &str| {
            let mut scan = Scan::new(true, true, 100);
            assert_eq!(scan.look(0, list.as_bytes()), Ok(()));
            scan.end()
        };
        for empty in ["#EXTM3U\n", "#EXTM3U\nx.ts\n#EXT-X-ENDLIST\n", "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n"]
        {
            assert_eq!(ended(empty), Err(Finding::Nothing), "{empty}");
        }
        for list in ["#EXTM3U\n#EXTINF:1,\nx.ts\n", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8\n", "RIFFabcdWAVE"]
        {
            assert_eq!(ended(list), Ok(()), "{list}");
        }
    }
}
