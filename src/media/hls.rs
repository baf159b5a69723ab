//! HLS playlists as text: the subtitles that a film names, and the pieces that they lie in.

use crate::time::Time;

/// Subtitles that are listed at most: nobody looks through more.
const MOST_RENDITIONS: usize = 100;
/// The most pieces of one list: a week of one second each.
const MOST_PIECES: usize = 700_000;
/// The most characters of a name.
const LONGEST: usize = 200;
/// How the clock of `X-TIMESTAMP-MAP` counts, and where it begins again.
const CLOCK: i32 = 90_000;
const WRAP: i64 = 1 << 33;

/// Subtitles that a film names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rendition {
    pub(super) name: Option<String>,
    pub(super) language: Option<String>,
    pub(super) default: bool,
    pub(super) forced: bool,
    /// For who hears badly.
    pub(super) impaired: bool,
    /// Where its list of pieces lies, as it is named.
    pub(super) address: String,
}

/// A piece of a rendition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its number in the whole stream; those of a live one come and go.
    pub(super) number: u64,
    /// From the list's beginning.
    pub(super) start: Time,
    pub(super) length: Time,
    pub(super) address: String,
}

/// A list of pieces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pieces {
    pub(super) pieces: Vec<Piece>,
    /// Nothing comes to it any more.
    pub(super) is_whole: bool,
    /// How long a piece is at most.
    pub(super) longest: Time,
    /// They are ciphered, or lie in MP4: neither is read here.
    pub(super) foreign: bool,
}

/// What is written between the commas of a line: names and values, without their quotes.
fn attributes(line: &str) -> Vec<(&str, &str)> {
    let (mut rest, mut all) = (line, Vec::new());
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                (value, after.split_once(',').map_or("", |(_, after)| after))
            }
            None => after.split_once(',').unwrap_or((after, "")),
        };
        all.push((name.trim(), value.trim()));
        rest = after;
    }
    all
}

/// The subtitles that a playlist of playlists names. Those of several groups are the same.
pub(super) fn renditions(text: &str) -> Vec<Rendition> {
    let mut all: Vec<Rendition> = Vec::new();
    for line in text.lines() {
        let Some(told) = line.trim().strip_prefix("#EXT-X-MEDIA:").map(attributes) else { continue };
        let value = |key| told.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        let (Some("SUBTITLES"), Some(address)) = (value("TYPE"), value("URI")) else { continue };
        let word = |key| {
            let word: String = value(key)?.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
            Some(word).filter(|word| !word.is_empty())
        };
        let characteristics = value("CHARACTERISTICS").unwrap_or_default();
        let found = Rendition {
            name: word("NAME"),
            language: word("LANGUAGE").filter(|language| language != "und"),
            default: value("DEFAULT") == Some("YES"),
            forced: value("FORCED") == Some("YES"),
            impaired: characteristics.contains("public.accessibility.describes-music-and-sound"),
            address: address.to_owned(),
        };
        let is_same = |other: &Rendition| {
            (&other.name, &other.language, other.forced) == (&found.name, &found.language, found.forced)
        };
        if !all.iter().any(is_same) && all.len() < MOST_RENDITIONS {
            all.push(found);
        }
    }
    all
}

/// The pieces that a playlist lists. Those that follow each other in one file are one: subtitles are small.
pub(super) fn pieces(text: &str) -> Pieces {
    let mut list = Pieces::default();
    let (mut number, mut start, mut length) = (0_u64, Time::ZERO, None);
    for line in text.lines().map(str::trim) {
        if let Some(told) = line.strip_prefix("#EXTINF:") {
            let seconds: f64 = told.split(',').next().and_then(|told| told.trim().parse().ok()).unwrap_or(0.0);
            length = Some(Time::from_seconds(seconds.clamp(0.0, 1e6)));
        } else if let Some(told) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
            number = told.trim().parse().unwrap_or(0);
        } else if let Some(told) = line.strip_prefix("#EXT-X-TARGETDURATION:") {
            list.longest = Time::from_seconds(told.trim().parse::<f64>().unwrap_or(0.0).clamp(0.0, 1e6));
        } else if let Some(told) = line.strip_prefix("#EXT-X-KEY:") {
            list.foreign |= !attributes(told).contains(&("METHOD", "NONE"));
        } else if line.starts_with("#EXT-X-MAP") {
            list.foreign = true;
        } else if line.starts_with("#EXT-X-ENDLIST") {
            list.is_whole = true;
        } else if !line.starts_with('#') && !line.is_empty() && list.pieces.len() < MOST_PIECES {
            let length = length.take().unwrap_or(Time::ZERO);
            match list.pieces.last_mut().filter(|last| last.address == line) {
                Some(last) => last.length = last.length + length,
                None => list.pieces.push(Piece { number, start, length, address: line.to_owned() }),
            }
            (number, start) = (number.saturating_add(1), start + length);
        }
    }
    list
}

/// The time in a piece of WebVTT that belongs to one of the film's clock, where its head says so (`X-TIMESTAMP-MAP`): both.
pub(super) fn clocks(piece: &str) -> Option<(Time, Time)> {
    let head = piece.lines().take_while(|line| !line.trim().is_empty());
    let told = head.filter_map(|line| line.trim().strip_prefix("X-TIMESTAMP-MAP=")).next()?;
    let value = |key: &str| told.split(',').find_map(|part| part.trim().strip_prefix(key)?.strip_prefix(':'));
    let film: i64 = value("MPEGTS")?.trim().parse().ok()?;
    // Hours may be left out.
    let local =
        value("LOCAL")?.trim().split(':').try_fold(0.0, |all, part| Some(all * 60.0 + part.parse::<f64>().ok()?));
    Some((Time::from_seconds(local?), Time::from_ticks(film.rem_euclid(WRAP), 1, CLOCK)))
}

/// `time` on that clock, or so many rounds of it away that it is nearest to `expected`.
pub(super) fn unwrapped(time: Time, expected: Time) -> Time {
    let round = Time::from_ticks(WRAP, 1, CLOCK).nanoseconds();
    let away = (expected - time).nanoseconds();
    let rounds = (away + away.signum() * (round / 2)) / round;
    time + Time::from_nanoseconds(rounds * round)
}

/// Where `address` leads that stands in what lies at `base`: an address, or a path where that is one.
pub(super) fn resolved(base: &str, address: &str) -> String {
    let scheme = |text: &str| text.find("://").filter(|end| text[..*end].bytes().all(|b| b.is_ascii_alphanumeric()));
    let is_data = address.starts_with("data:");
    match scheme(base) {
        _ if scheme(address).is_some() || is_data => address.to_owned(),
        Some(end) if address.starts_with("//") => format!("{}:{address}", &base[..end]),
        Some(end) => {
            let from = end + 3;
            let path = base[from..].find('/').map_or(base.len(), |at| from + at);
            let last = base[path..].find(['?', '#']).map_or(base.len(), |at| path + at);
            if address.starts_with('/') {
                return format!("{}{address}", &base[..path]);
            }
            if address.starts_with('?') {
                return format!("{}{address}", &base[..last]);
            }
            let folder = base[path..last].rfind('/').map_or(String::new(), |at| base[path..path + at].to_owned());
            format!("{}{}/{address}", &base[..path], folder)
        }
        None => {
            let folder = base.rfind('/').map_or("", |at| &base[..=at]);
            if address.starts_with('/') { address.to_owned() } else { format!("{folder}{address}") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtitles_are_found_among_what_a_film_names() {
        let master = "#EXTM3U\n\
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",URI=\"en.m3u8\"\n\
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"Deutsch, kurz\",LANGUAGE=\"de\",DEFAULT=YES,FORCED=NO,URI=\"subs/de.m3u8?a=b,c\"\r\n\
            #EXT-X-MEDIA:URI=\"en.m3u8\",TYPE=SUBTITLES,NAME=\"English\",LANGUAGE=\"en\",FORCED=YES,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound\"\n\
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"t\",NAME=\"Deutsch, kurz\",LANGUAGE=\"de\",URI=\"other.m3u8\"\n\
            #EXT-X-MEDIA:TYPE=SUBTITLES,NAME=\"nowhere\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES=\"s\"\na.m3u8\n";
        let found = renditions(master);
        assert_eq!(found.len(), 2, "{found:?}");
        let [german, english] = &found[..] else { panic!() };
        assert_eq!((german.name.as_deref(), german.language.as_deref()), (Some("Deutsch, kurz"), Some("de")));
        assert_eq!((german.address.as_str(), german.default, german.forced), ("subs/de.m3u8?a=b,c", true, false));
        assert!(english.forced && english.impaired && !english.default && !german.impaired);
        let many = "#EXT-X-MEDIA:TYPE=SUBTITLES,URI=\"a\",NAME=\"".to_owned();
        assert_eq!(renditions(&(0..500).map(|n| format!("{many}{n}\"\n")).collect::<String>()).len(), MOST_RENDITIONS);
        for odd in ["#EXT-X-MEDIA:", "#EXT-X-MEDIA:TYPE=\"SUBTITLES,URI=\"", "#EXT-X-MEDIA:=,=,\"", ""] {
            assert!(renditions(odd).is_empty(), "{odd}");
        }
    }

    #[test]
    fn pieces_have_their_places() {
        let list = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:5.5,\n0.vtt\n#EXTINF:6,x\n1.vtt\n\
                    #EXT-X-BYTERANGE:9@9\n#EXTINF:2,\n1.vtt\n#EXTINF:bad,\n2.vtt\n#EXT-X-ENDLIST\n";
        let found = pieces(list);
        let told: Vec<_> = found.pieces.iter().map(|p| (p.number, p.start.seconds(), p.length.seconds())).collect();
        assert_eq!(told, [(7, 0.0, 5.5), (8, 5.5, 8.0), (10, 13.5, 0.0)]);
        assert!(found.is_whole && !found.foreign && found.longest == Time::from_seconds(6.0));
        assert!(!pieces("#EXTM3U\n#EXTINF:1,\na\n").is_whole);
        assert!(pieces("#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n").foreign && pieces("#EXT-X-MAP:URI=\"a\"\n").foreign);
        assert!(!pieces("#EXT-X-KEY:METHOD=NONE\n").foreign);
    }

    #[test]
    fn a_piece_says_which_clock_its_times_belong_to() {
        let told = |line: &str| clocks(&format!("WEBVTT\n{line}\n\n00:01.000 --> 00:02.000\nx\n"));
        let found = told("X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:01.500");
        assert_eq!(found, Some((Time::from_seconds(1.5), Time::from_seconds(10.0))));
        assert_eq!(told("X-TIMESTAMP-MAP=LOCAL:01:02.000,MPEGTS:0"), Some((Time::from_seconds(62.0), Time::ZERO)));
        for line in [
            "",
            "X-TIMESTAMP-MAP=MPEGTS:x,LOCAL:0",
            "X-TIMESTAMP-MAP=MPEGTS:1",
            "NOTE\n\nX-TIMESTAMP-MAP=MPEGTS:1,LOCAL:0",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
        // Past the end of its 33 bits it begins again.
        let round = Time::from_ticks(WRAP, 1, CLOCK);
        let ten = Time::from_seconds(10.0);
        for expected in [Time::ZERO, ten, round + ten, round + round, Time::ZERO - round] {
            let near = unwrapped(ten, expected);
            assert!((near - expected).nanoseconds().abs() <= 10_000_000_000 + 1, "{near} for {expected}");
            assert_eq!((near - ten).nanoseconds() % round.nanoseconds(), 0);
        }
    }

    #[test]
    fn addresses_count_from_where_they_stand() {
        for (base, address, wanted) in [
            ("http://h/a/b.m3u8?x=/y", "c.vtt", "http://h/a/c.vtt"),
            ("http://h/a/b.m3u8", "/c.vtt", "http://h/c.vtt"),
            ("http://h/a/b.m3u8", "../c.vtt?d", "http://h/a/../c.vtt?d"),
            ("https://h/a/b.m3u8", "//g/c.vtt", "https://g/c.vtt"),
            ("https://h/a/b.m3u8?x", "?y", "https://h/a/b.m3u8?y"),
            ("https://h", "c.vtt", "https://h/c.vtt"),
            ("http://h/a/b.m3u8", "https://g/c.vtt", "https://g/c.vtt"),
            ("/films/a.m3u8", "b/c.vtt", "/films/b/c.vtt"),
            ("a.m3u8", "c.vtt", "c.vtt"),
            ("/films/a.m3u8", "http://g/c", "http://g/c"),
        ] {
            assert_eq!(resolved(base, address), wanted, "{address} in {base}");
        }
    }
}
