//! Files that are lists: m3u, pls, cue and plain text, told apart and taken to what they name. Pure: nothing is looked at but their bytes.

use super::cue;
use super::line::{Line, Named, lines};

/// So much of a file says what it is.
pub(super) const HEAD: usize = 4096;
/// A list names so many at most.
const MOST: usize = 100_000;
/// No name is longer, in bytes.
const LONGEST: usize = 16_384;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A name a line, with remarks behind `#`.
    M3u,
    /// `File1=NAME`.
    Pls,
    /// Files and the tracks in them.
    Cue,
    /// A name a line.
    Plain,
}

impl Form {
    /// By the first bytes of a file, and by `end`, that of its name without the dot. None where it is no list.
    pub(super) fn of(head: &[u8], end: Option<&str>) -> Option<Self> {
        let head = &head[..head.len().min(HEAD)];
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        let end = end.map(str::to_ascii_lowercase);
        let is_text =
            head.len() >= 2 && (!head.contains(&0) || head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff"));
        match end.as_deref() {
            _ if !is_text => None,
            _ if first == b"#EXTM3U" || first.starts_with(b"#EXTM3U ") => Some(Self::M3u),
            _ if first.eq_ignore_ascii_case(b"[playlist]") => Some(Self::Pls),
            Some("m3u" | "m3u8") => Some(Self::M3u),
            Some("pls") => Some(Self::Pls),
            Some("cue") => Some(Self::Cue),
            _ => None,
        }
    }
}

/// All that `bytes` name; none where they are HLS, which is no list of films but a film.
pub(super) fn read(bytes: &[u8], form: Form) -> Option<Vec<Named>> {
    let lines = lines(bytes);
    let named = match form {
        Form::M3u => m3u(&lines)?,
        Form::Pls => pls(&lines),
        Form::Cue => cue::read(&lines),
        Form::Plain => lines.iter().filter(|line| !line.text.is_empty()).map(Line::named).collect(),
    };
    Some(named.into_iter().filter(|named| !named.text.is_empty() && named.text.len() <= LONGEST).take(MOST).collect())
}

fn m3u(lines: &[Line]) -> Option<Vec<Named>> {
    let (mut all, mut title) = (Vec::new(), None);
    for line in lines {
        if line.text.starts_with("#EXT-X-") {
            return None;
        }
        if let Some(rest) = line.text.strip_prefix("#EXTINF:") {
            title = rest.split_once(',').map(|(_, title)| title.trim().to_owned()).filter(|title| !title.is_empty());
        } else if !line.text.is_empty() && !line.text.starts_with('#') {
            all.push(Named { title: title.take(), ..line.named() });
        }
    }
    Some(all)
}

fn pls(lines: &[Line]) -> Vec<Named> {
    let mut all: Vec<(u64, Named)> = Vec::new();
    let mut titles = Vec::new();
    for line in lines {
        let Some((key, value)) = line.text.split_once('=') else { continue };
        let number = |word: &str| {
            let begins = key.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
            begins.then(|| key[word.len()..].trim().parse::<u64>().ok()).flatten()
        };
        if let Some(number) = number("File") {
            // The key is ASCII in any of these encodings.
            let at = key.len() + 1 + (value.len() - value.trim_start().len());
            all.push((number, line.rest(at)));
        } else if let Some(number) = number("Title") {
            titles.push((number, value.trim().to_owned()));
        }
    }
    let titles: std::collections::HashMap<u64, String> =
        titles.into_iter().filter(|(_, title)| !title.is_empty()).collect();
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(number, named)| Named { title: titles.get(&number).cloned(), ..named }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &[u8], form: Form) -> Vec<(String, Option<String>)> {
        read(text, form).unwrap().into_iter().map(|named| (named.text, named.title)).collect()
    }

    fn plain(name: &str) -> (String, Option<String>) {
        (name.to_owned(), None)
    }

    fn titled(name: &str, title: &str) -> (String, Option<String>) {
        (name.to_owned(), Some(title.to_owned()))
    }

    #[test]
    fn lists_are_told_by_what_stands_in_them_or_by_their_names() {
        let of = |head: &[u8], end| Form::of(head, end);
        assert_eq!(of(b"#EXTM3U\r\na", None), Some(Form::M3u));
        assert_eq!(of(b"\xef\xbb\xbf#EXTM3U url-tvg=x\na", Some("txt")), Some(Form::M3u));
        assert_eq!(of(b"[Playlist]\nFile1=a", None), Some(Form::Pls));
        assert_eq!(of(b"a.mkv\nb.mkv", Some("M3U")), Some(Form::M3u));
        assert_eq!(of(b"FILE \"a\"", Some("cue")), Some(Form::Cue));
        assert_eq!(of(b"a\nb", Some("txt")), None);
        assert_eq!(of(b"\x1a\x45\xdf\xa3\0", Some("m3u")), None, "a film under that name");
        assert_eq!(of(b"", Some("m3u")), None);
    }

    #[test]
    fn m3u_and_plain_lists_are_read() {
        let list = b"#EXTM3U\r\n#EXTINF:12,One, more\r\na b.mkv\r\n\r\n#other\n  http://h/x \n#EXTINF:3,\nc.mkv";
        assert_eq!(names(list, Form::M3u), [titled("a b.mkv", "One, more"), plain("http://h/x"), plain("c.mkv")]);
        assert_eq!(read(b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\na.ts", Form::M3u), None, "HLS");
        assert_eq!(names(b"a\n\n#b\n", Form::Plain), [plain("a"), plain("#b")]);
    }

    #[test]
    fn pls_lists_are_read_in_the_order_of_their_numbers() {
        let list =
            b"[playlist]\nNumberOfEntries=2\nFile2=b.mkv\ntitle2=Bee\nFILE1= a=1.mkv\nTitle1=\nFile=c\nLength1=-1\n";
        assert_eq!(names(list, Form::Pls), [plain("a=1.mkv"), titled("b.mkv", "Bee")]);
    }

    #[test]
    fn any_encoding_is_read_and_names_stay_as_they_are() {
        let (bytes, ..) =
            encoding_rs::WINDOWS_1252.encode("#EXTINF:1,Größer und schöner als früher\nFähre über Köln.mkv\n");
        let all = read(&bytes, Form::M3u).unwrap();
        assert_eq!(
            (all[0].text.as_str(), all[0].title.as_deref()),
            ("Fähre über Köln.mkv", Some("Größer und schöner als früher"))
        );
        #[cfg(unix)]
        assert_eq!(all[0].bytes.as_ref().unwrap().as_encoded_bytes(), b"F\xe4hre \xfcber K\xf6ln.mkv");
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("#EXTM3U\nä.mkv\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(names(&wide, Form::M3u), [plain("ä.mkv")]);
        assert_eq!(Form::of(&wide, Some("m3u8")), Some(Form::M3u));
        assert_eq!(read("ä.mkv\n".as_bytes(), Form::M3u).unwrap()[0].bytes, None);
    }
}
