//! Cue sheets: the tracks of sound files.

use super::line::{Line, Named};
use crate::time::Time;

/// A second has so many frames.
const FRAMES: i64 = 75;
/// A sheet has so many tracks at most.
const MOST: usize = 10_000;

#[derive(Default)]
struct File {
    name: String,
    tracks: Vec<(Option<Time>, String)>,
}

/// The files of a sheet. One with several tracks has them as chapters.
pub(super) fn read(lines: &[Line]) -> Vec<Named> {
    let (mut files, mut album, mut count) = (Vec::<File>::new(), None, 0);
    for line in lines {
        let (word, rest) = line.text.split_once([' ', '\t']).unwrap_or((&line.text, ""));
        let rest = rest.trim();
        match (word.to_ascii_uppercase().as_str(), files.last_mut()) {
            ("FILE", _) => files.push(File { name: quoted(without_kind(rest)).to_owned(), ..File::default() }),
            ("TRACK", Some(file)) if count < MOST => {
                count += 1;
                file.tracks.push((None, String::new()));
            }
            ("TITLE", None) => album = Some(quoted(rest).to_owned()),
            ("TITLE", Some(file)) => match file.tracks.last_mut() {
                Some((_, title)) => quoted(rest).clone_into(title),
                None => album = Some(quoted(rest).to_owned()),
            },
            ("INDEX", Some(file)) => {
                // Index 00 is the pause before a track.
                let place = rest.split_once([' ', '\t']).filter(|(number, _)| number.trim_start_matches('0') == "1");
                if let (Some((_, place)), Some((start, _))) = (place, file.tracks.last_mut()) {
                    *start = time(place.trim());
                }
            }
            _ => {}
        }
    }
    let several = files.len() > 1;
    let named = |file: File| {
        let titles: Vec<_> =
            file.tracks.iter().map(|(_, title)| title.clone()).filter(|title| !title.is_empty()).collect();
        let title = if several || album.is_none() { titles.first().cloned() } else { album.clone() };
        let placed = file.tracks.into_iter().filter_map(|(start, title)| Some((start?, title)));
        let mut tracks: Vec<_> = placed.collect();
        tracks.sort_by_key(|(start, _)| *start);
        if tracks.len() < 2 {
            tracks.clear();
        }
        Named { bytes: None, text: file.name, title, tracks }
    };
    files.into_iter().map(named).collect()
}

/// `"a b.flac" WAVE` without what follows the name.
fn without_kind(rest: &str) -> &str {
    match rest.strip_prefix('"').and_then(|inside| inside.find('"')) {
        Some(end) => &rest[..end + 2],
        None => rest.rsplit_once([' ', '\t']).map_or(rest, |(name, _)| name.trim_end()),
    }
}

fn quoted(text: &str) -> &str {
    text.strip_prefix('"').map_or(text, |inside| inside.strip_suffix('"').unwrap_or(inside))
}

/// `mm:ss:ff`.
fn time(text: &str) -> Option<Time> {
    let mut numbers = text.split(':').map(|part| part.parse::<u32>().ok().map(i64::from));
    let (minutes, seconds, frames) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let all = (minutes * 60 + seconds) * FRAMES + frames;
    Some(Time::from_ticks(all, 1, FRAMES as i32))
}

#[cfg(test)]
mod tests {
    use super::super::lists::{Form, read};
    use super::*;

    #[test]
    fn a_file_with_tracks_has_them_as_chapters() {
        let sheet = "REM GENRE x\nPERFORMER \"P\"\nTITLE \"The Album\"\nFILE \"the album.wav\" WAVE\n  TRACK 01 AUDIO\n    TITLE \"One\"\n    INDEX 01 00:00:00\n  \
                     TRACK 02 AUDIO\n    TITLE \"Two\"\n    INDEX 00 03:59:00\n    INDEX 01 04:00:37\n  TRACK 03 AUDIO\n    INDEX 01 nonsense\n";
        let all = read(sheet.as_bytes(), Form::Cue).unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].text.as_str(), all[0].title.as_deref()), ("the album.wav", Some("The Album")));
        let second = Time::from_ticks(240 * 75 + 37, 1, 75);
        assert_eq!(all[0].tracks, [(Time::ZERO, "One".to_owned()), (second, "Two".to_owned())]);
        let each = "TITLE A\nFILE a.wav WAVE\nTRACK 01 AUDIO\nTITLE One\nINDEX 01 00:00:00\nFILE b c.wav WAVE\nTRACK 02 AUDIO\nTITLE Two\nINDEX 01 00:00:00\n";
        let all = read(each.as_bytes(), Form::Cue).unwrap();
        let told: Vec<_> =
            all.iter().map(|named| (named.text.as_str(), named.title.as_deref(), named.tracks.len())).collect();
        assert_eq!(told, [("a.wav", Some("One"), 0), ("b c.wav", Some("Two"), 0)]);
        assert_eq!(time("99999999999:0:0"), None);
        assert_eq!(read(b"TRACK 1\nINDEX 01\nFILE\nFILE \"\nTITLE", Form::Cue).unwrap().len(), 0);
    }
}
