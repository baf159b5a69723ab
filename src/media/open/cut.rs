//! HLS playlists without their beginning: FFmpeg before 8 loses its place in pieces of MP4 when it is sent elsewhere, and finds its way in a playlist that begins there.

use std::ffi::c_int;
use std::fmt::Write;

use ffmpeg_next::ffi::{self, AVIOContext};

use super::stream::Bytes;

/// The longest playlist that is cut, in bytes; a longer one stays whole.
const MOST: usize = 32 << 20;
/// How it begins.
const MARK: &[u8] = b"#EXTM3U";

/// What stands for a playlist, once it is known to be one.
enum Content {
    /// Nothing has been read.
    Unread,
    /// No playlist: as it comes, behind what was read of it.
    Other(Vec<u8>),
    Playlist(Vec<u8>),
}

/// A stream that is given without the pieces before a place, if it is a playlist of pieces.
pub(super) struct Cut {
    bytes: Box<dyn Bytes>,
    /// Seconds after the playlist's beginning.
    from: f64,
    content: Content,
    place: usize,
}

impl Cut {
    pub(super) fn new(bytes: Box<dyn Bytes>, from: f64) -> Self {
        Self { bytes, from, content: Content::Unread, place: 0 }
    }

    /// Reads so much as tells what it is, and all of a playlist.
    fn begin(&mut self) -> Result<(), c_int> {
        let mut read = Vec::new();
        let mut buffer = [0; 8192];
        while read.len() < MARK.len() || read.starts_with(MARK) && read.len() < MOST {
            match self.bytes.read(&mut buffer)? {
                0 => break,
                count => read.extend_from_slice(&buffer[..count]),
            }
        }
        self.content = match std::str::from_utf8(&read) {
            Ok(text) if read.starts_with(MARK) && read.len() < MOST => {
                Content::Playlist(shortened(text, self.from).into_bytes())
            }
            _ => Content::Other(read),
        };
        Ok(())
    }
}

impl Bytes for Cut {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, c_int> {
        if matches!(self.content, Content::Unread) {
            self.begin()?;
        }
        let (Content::Other(known) | Content::Playlist(known)) = &self.content else { return Ok(0) };
        let rest = known.get(self.place..).unwrap_or_default();
        if rest.is_empty() && matches!(self.content, Content::Other(_)) {
            return self.bytes.read(buffer);
        }
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.place += count;
        Ok(count)
    }

    fn seek(&mut self, place: u64) -> Result<(), c_int> {
        match &self.content {
            Content::Playlist(_) => self.place = usize::try_from(place).map_err(|_| ffi::AVERROR(ffi::EINVAL))?,
            Content::Other(known) => {
                self.bytes.seek(place)?;
                // From here on it comes as it is.
                self.place = known.len();
            }
            Content::Unread => self.bytes.seek(place).map(|()| self.content = Content::Other(Vec::new()))?,
        }
        Ok(())
    }

    fn size(&mut self) -> Option<u64> {
        match &self.content {
            Content::Playlist(text) => Some(text.len() as u64),
            _ => self.bytes.size(),
        }
    }

    fn can_seek(&self) -> bool {
        self.bytes.can_seek()
    }

    fn behind(&self) -> *mut AVIOContext {
        self.bytes.behind()
    }
}

/// `text` without the pieces that end before `from`, in seconds; but the last one stays. What lists no pieces stays as it is.
fn shortened(text: &str, from: f64) -> String {
    let count = text.lines().filter(|line| line.starts_with("#EXTINF:")).count();
    let mut short = String::with_capacity(text.len());
    let (mut end, mut gone, mut passed) = (0.0, 0, false);
    // Where the next range begins that does not say so.
    let mut next: u64 = 0;
    for line in text.lines() {
        if let Some(length) = line.strip_prefix("#EXTINF:") {
            end += length.split(',').next().and_then(|length| length.trim().parse().ok()).unwrap_or(0.0);
            passed = end <= from && gone + 1 < count;
        }
        if let Some(range) = line.strip_prefix("#EXT-X-BYTERANGE:") {
            let (size, begin) = range.trim().split_once('@').unwrap_or((range.trim(), ""));
            let (size, begin): (u64, u64) = (size.parse().unwrap_or(0), begin.parse().unwrap_or(next));
            next = begin.saturating_add(size);
            if !passed {
                let _ = writeln!(short, "#EXT-X-BYTERANGE:{size}@{begin}");
            }
            continue;
        }
        let names_piece = !line.starts_with('#') && !line.trim().is_empty();
        // Keys and headers count for what follows.
        let counts_on = line.starts_with("#EXT-X-KEY") || line.starts_with("#EXT-X-MAP");
        if !passed || counts_on {
            short.push_str(line);
            short.push('\n');
        }
        if names_piece && std::mem::take(&mut passed) {
            gone += 1;
        }
    }
    numbered(&short, gone as u64)
}

/// With the number of its first piece after `gone` were left out: keys may go by it.
fn numbered(text: &str, gone: u64) -> String {
    const NUMBER: &str = "#EXT-X-MEDIA-SEQUENCE:";
    if gone == 0 {
        return text.to_owned();
    }
    let first = text.lines().find_map(|line| line.strip_prefix(NUMBER)?.trim().parse().ok()).unwrap_or(0_u64);
    let mut numbered = String::with_capacity(text.len() + 40);
    for line in text.lines().filter(|line| !line.starts_with(NUMBER)) {
        let _ = writeln!(numbered, "{line}");
        if line.starts_with("#EXTM3U") {
            let _ = writeln!(numbered, "{NUMBER}{}", first.saturating_add(gone));
        }
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-MEDIA-SEQUENCE:5\n#EXT-X-MAP:URI=\"a.mp4\"\n#EXTINF:2.0,\n0.m4s\n\
                        #EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:2,x\n1.m4s\n#EXTINF:1.5,\n2.m4s\n#EXT-X-ENDLIST\n";

    #[test]
    fn pieces_before_a_place_are_left_out_and_what_counts_on_stays() {
        let pieces = |from: f64| {
            let short = shortened(LIST, from);
            short.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(pieces(0.0), ["0.m4s", "1.m4s", "2.m4s"]);
        assert_eq!((pieces(1.99), pieces(2.0)), (pieces(0.0), vec!["1.m4s".to_owned(), "2.m4s".to_owned()]));
        assert_eq!((pieces(5.0), pieces(500.0)), (vec!["2.m4s".to_owned()], vec!["2.m4s".to_owned()]));
        let short = shortened(LIST, 5.0);
        for line in ["#EXT-X-MEDIA-SEQUENCE:7", "#EXT-X-MAP:URI=\"a.mp4\"", "#EXT-X-KEY:METHOD=AES-128,URI=\"k\""] {
            assert_eq!(short.lines().filter(|other| *other == line).count(), 1, "{line} in {short}");
        }
        assert!(short.starts_with("#EXTM3U\n") && short.ends_with("#EXT-X-ENDLIST\n") && short.contains("#EXTINF:1.5"));
        let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n";
        assert_eq!(shortened(master, 10.0), master);
    }

    #[test]
    fn ranges_say_where_they_begin() {
        let list = "#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:100@50\na\n#EXTINF:1,\n#EXT-X-BYTERANGE:30\na\n#EXTINF:1,\n\
                    #EXT-X-BYTERANGE:20\na\n";
        let short = shortened(list, 1.0);
        assert!(short.contains("BYTERANGE:30@150\n") && short.contains("BYTERANGE:20@180\n"), "{short}");
        assert!(!short.contains("@50"));
    }
}
