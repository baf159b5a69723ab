//! Subtitles of every kind, in files and inside of films, changed in ways that readers, decoders and libass find hard: read, decoded, drawn.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use deep3d::media::subtitle::{Codepage, Fonts, Renderer, Track, read};
use deep3d::media::{Source, SourceOptions, StopFlag, SubtitleRead};
use deep3d::overlay::Area;
use deep3d::subtitle::Settings;
use deep3d::time::Time;

use crate::corpus::Film;
use crate::font;
use crate::mutate;
use crate::pgs;
use crate::random::Random;
use crate::worker::{judge, say};

/// How the worker is told of one: this in front of its number.
pub(crate) const PREFIX: &str = "subtitle:";
/// All that one case may have in memory at once, with what the worker itself has: the limits of a track (docs/subtitles.md), with room.
pub(crate) const MEMORY: u64 = 768 << 20;
/// Nothing may take so long to draw once.
const DRAWING: Duration = Duration::from_secs(5);
const SIZE: [u32; 2] = [640, 360];

const SRT: &str = "1\n00:00:00,100 --> 00:00:00,900\nfirst line\nsecond <i>line</i> <font color=\"#ff0000\" size=\"9\">red</font>\n\n\
                   2\n00:00:01,000 --> 00:00:01,800\n{\\an8}last line\n";
const VTT: &str = "WEBVTT\n\n00:00.100 --> 00:00.900 line:10% position:20%\n<v Name>first <b>line</b>\n\n\
                   00:01.000 --> 00:01.800\nlast <c.x>line</c>\n";
const ASS: &str = "[Script Info]\nScriptType: v4.00+\nPlayResX: 640\nPlayResY: 360\nWrapStyle: 0\n\n[V4+ Styles]\n\
    Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n\
    Style: Default,Made Up,28,&H00FFFFFF,&H0000FFFF,&H00202020,&H80000000,0,0,0,0,100,100,0,0,1,2,1,2,10,10,12,1\n\
    Style: Box,DejaVu Sans,24,&H00FFFFFF,&H0000FFFF,&H00703000,&H60203040,0,0,-1,0,120,90,0,4,3,4,0,5,10,10,12,1\n\n\
    [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
    Dialogue: 0,0:00:00.10,0:00:00.90,Default,,0,0,0,,{\\k20}Ka{\\kf40}ra{\\frz30\\blur2}oke\n\
    Dialogue: 1,0:00:00.20,0:00:01.80,Box,,0,0,0,,{\\an7\\pos(60,40)\\p1\\c&H3080F0&}m 0 0 l 200 0 200 100 b 150 160 50 160 0 100{\\p0}\n\
    Dialogue: 0,0:00:00.50,0:00:01.80,Default,,0,0,0,Banner;5,{\\move(0,0,300,200)\\fad(100,100)\\t(\\fs60\\bord5)\\clip(0,0,400,300)}moves\n";
const MICRODVD: &str = "{1}{1}25\n{3}{20}{y:i}first|second\n{25}{45}{c:$0000ff}last\n";
const SAMI: &str = "<SAMI><BODY>\n<SYNC Start=100><P Class=ENCC>first<br>line\n<SYNC Start=900><P>&nbsp;\n<SYNC Start=1000><P>last\n</BODY></SAMI>\n";
const LYRICS: &str = "[ti:Made up]\n[00:00.10]first line\n[00:01.00]last line\n";

/// What scripts may say, most of it too much.
const WORDS: &[&str] = &[
    "{\\fscx99999}",
    "{\\fscy1e9}",
    "{\\fs99999}",
    "{\\fs-9999}",
    "{\\bord9999}",
    "{\\bord2000\\blur90}",
    "{\\xbord8000\\ybord1}",
    "{\\shad99999}",
    "{\\blur9999}",
    "{\\be99999}",
    "{\\frx89.99\\fry89.99}",
    "{\\frz1e300}",
    "{\\fax99999\\fay-99999}",
    "{\\pos(1e9,-1e9)}",
    "{\\org(-1e9,1e9)\\fry45}",
    "{\\move(0,0,1e9,1e9,0,1)}",
    "{\\fsp99999}",
    "{\\t(0,1,1e9,\\fscx99999\\bord999)}",
    "{\\t(\\t(\\t(\\t(\\t(\\t(\\t(\\t(\\fs90))))))))}",
    "{\\p1}m 0 0 l 1e9 0 1e9 1e9 0 1e9{\\p0}",
    "{\\p30}m 0 0 b 1 1 2 2 3 3 s 4 4 5 5 6 6 p 7 7 c n 9 9{\\p0}",
    "{\\p1\\bord900\\blur50}m -99999 -99999 l 99999 -99999 99999 99999 -99999 99999{\\p0}",
    "{\\clip(-1e9,-1e9,1e9,1e9)}",
    "{\\iclip(1,m 0 0 l 99999 0 99999 99999 0 99999)}",
    "{\\clip(30,m 0 0 l 9 9 9 0)}",
    "{\\k-99999}",
    "{\\kf2147483647}",
    "{\\fad(2147483647,-1)}",
    "{\\fade(255,0,255,-9,-8,1e9,1e9)}",
    "{\\q9\\an99\\fe999\\fn}",
    "{\\rBox\\r\\rNo such}",
    "{\\fnMade Up\\fs3000}W",
    "\\N\\N\\N\\N\\N\\N\\N\\N\\N\\N\\N\\N\\n\\h\\h",
    "{\\",
    "}",
    "{\\t(",
    "\u{202e}\u{2066}\u{200f}ש\u{1f468}\u{200d}\u{1f469}\u{0301}\u{0301}\u{0301}",
    "00:00:00,000 --> 99:59:59,999",
    "00:00:01,500 --> 00:00:00,100",
    "-1:00:00,000 --> 00:00:01,000",
    "99999999:00:00,000 --> 99999999:00:01,000",
    "Dialogue: 0,0:00:00.00,99999999:00:00.00,Default,,-9999,99999,1e9,Scroll up;0;99999;1,text",
    "Dialogue: -2147483648,0:00:00.10,0:00:01.00,,,0,0,0,Banner;-1;1;99999,text",
    "PlayResX: 0",
    "PlayResX: 2147483647",
    "PlayResY: 1",
    "LayoutResX: -1",
    "WrapStyle: 99",
    "Timer: 1e300",
    "YCbCr Matrix: TV.601",
    "ScaledBorderAndShadow: no",
    "Kerning: yes",
    "Style: Default,@Made Up,99999,0,0,0,0,1,1,1,1,99999,99999,999,1e9,3,999,999,99,1,1,1,1",
    "[Fonts]\nfontname: a.ttf\n!!!!!!!!!!!!",
    "[Fonts]",
    "[Events]",
    "[V4 Styles]",
    "{99999999}{999999999}x",
    "<font size=99999 face=\"",
    "&#1114112;&#x0;&lt;",
    "<SYNC Start=-9>",
    "[99999999:99.99]",
    "\r\r\r\n",
    "\u{feff}",
];

fn made(folder: &Path, arguments: &[&str], name: &str) -> bool {
    if folder.join(name).exists() {
        return true;
    }
    // Hardly any picture: what is changed is to be the subtitles.
    let picture = "-f lavfi -i color=s=32x32:r=1:d=3";
    let draft = format!("draft.{name}");
    let run = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(picture.split(' '))
        .args(arguments)
        .args(["-fflags", "+bitexact", "-flags", "+bitexact"])
        .arg(&draft)
        .current_dir(folder)
        .output()
        .expect("ffmpeg makes the films (Debian: apt install ffmpeg)");
    if !run.status.success() {
        eprintln!("ffmpeg cannot make {name}: {}", String::from_utf8_lossy(&run.stderr).lines().next().unwrap_or(""));
        return false;
    }
    std::fs::rename(folder.join(draft), folder.join(name)).is_ok()
}

/// What is changed, in the same order each time.
pub(crate) fn all(folder: &Path) -> Vec<Film> {
    let folder = folder.join("subtitles");
    std::fs::create_dir_all(&folder).unwrap();
    let pictures = pgs::pgs([64, 36], [10, 20], [40, 12]);
    let letters = font::font(&font::blocks(), &font::names("Made Up"));
    let texts =
        [("a.srt", SRT), ("a.vtt", VTT), ("a.ass", ASS), ("a.sub", MICRODVD), ("a.smi", SAMI), ("a.lrc", LYRICS)];
    let files: Vec<(&str, Vec<u8>)> = texts.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    let files = [files, vec![("a.sup", pictures), ("made.ttf", letters)]].concat();
    for (name, bytes) in &files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let tracks = [
        ("srt.mkv", "-i a.srt -map 0 -map 1 -c:v ffv1 -c:s srt"),
        (
            "ass.mkv",
            "-i a.ass -map 0 -map 1 -c:v ffv1 -c:s copy -attach made.ttf -metadata:s:t mimetype=font/ttf -metadata:s:t filename=made.ttf",
        ),
        ("vtt.mkv", "-i a.vtt -map 0 -map 1 -c:v ffv1 -c:s webvtt"),
        ("pgs.mkv", "-i a.sup -map 0 -map 1 -c:v ffv1 -c:s copy"),
        ("dvb.mkv", "-i a.sup -map 0 -map 1 -c:v ffv1 -c:s dvbsub"),
        ("dvd.mkv", "-i a.sup -map 0 -map 1 -c:v ffv1 -c:s dvdsub -s 64x36"),
        ("text.mp4", "-i a.srt -map 0 -map 1 -c:v mpeg4 -c:s mov_text"),
        ("dvb.ts", "-i a.sup -map 0 -map 1 -c:v mpeg2video -r 25 -c:s dvbsub"),
    ];
    // The font is small against the rest of its film, so that both are changed.
    let whole = |name: &str| std::fs::read(folder.join(name)).ok().map(|bytes| (name.to_owned(), bytes));
    let mut corpus: Vec<Film> = files
        .iter()
        .filter(|(name, _)| *name != "made.ttf")
        .map(|(name, bytes)| Film { name: (*name).to_owned(), files: vec![((*name).to_owned(), bytes.clone())] })
        .collect();
    for (name, arguments) in tracks {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        if made(&folder, &arguments, name) {
            corpus.extend(whole(name).map(|file| Film { name: name.to_owned(), files: vec![file] }));
        }
    }
    corpus.extend(pair(&folder));
    corpus
}

/// A DVD's pair of files: times and pictures. FFmpeg writes none, but a program stream of them.
fn pair(folder: &Path) -> Option<Film> {
    let arguments = "-i a.sup -map 1 -c:s dvdsub -s 64x36 -f vob";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    if !made(folder, &arguments, "pair.vob") {
        return None;
    }
    let pictures = std::fs::read(folder.join("pair.vob")).ok()?;
    Some(Film {
        name: "pair.idx".to_owned(),
        files: vec![("pair.idx".to_owned(), LIST.as_bytes().to_vec()), ("pair.sub".to_owned(), pictures)],
    })
}

const LIST: &str = "# VobSub index file, v7 (do not modify this line!)\nsize: 64x36\npalette: 000000, ffffff, ff0000, 00ff00, 0000ff, 808080, 404040, c0c0c0, 000000, ffffff, ff0000, 00ff00, 0000ff, 808080, 404040, c0c0c0\n\
    langidx: 0\n\nid: en, index: 0\ntimestamp: 00:00:00:500, filepos: 000000000\ntimestamp: 00:00:01:500, filepos: 000000800\n";

/// The files of case `number`.
pub(crate) fn case(corpus: &[Film], seed: u64, number: u64) -> (usize, Vec<(String, Vec<u8>)>) {
    let mut random = Random::new(seed ^ 0x5717, number);
    let chosen = random.below(corpus.len());
    let mut files = corpus[chosen].files.clone();
    let which = random.below(files.len());
    let bytes = &mut files[which].1;
    let is_text = std::str::from_utf8(bytes).is_ok();
    for _ in 0..=random.below(5) {
        // Scripts lie as text inside of films, too.
        let words = if is_text { random.below(4) > 0 } else { random.one_in(3) };
        if words {
            put_word(bytes, is_text, &mut random);
        } else {
            mutate::change(bytes, corpus, &mut random);
        }
    }
    (chosen, files)
}

/// Puts a hard word into a text, or over as many bytes of what is none, so that lengths stay right.
fn put_word(bytes: &mut Vec<u8>, is_text: bool, random: &mut Random) {
    let word = random.of(WORDS).as_bytes();
    if !is_text {
        let letters: Vec<usize> = (0..bytes.len().saturating_sub(word.len()))
            .filter(|at| bytes[*at..*at + word.len()].iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')))
            .collect();
        if let Some(at) = letters.get(random.below(letters.len())) {
            bytes[*at..*at + word.len()].copy_from_slice(word);
        }
        return;
    }
    let ends: Vec<usize> = (0..bytes.len()).filter(|at| matches!(bytes[*at], b'\n' | b',' | b'}' | b' ')).collect();
    // Where a line's text begins it says most.
    let texts: Vec<usize> = (1..bytes.len()).filter(|at| bytes[at - 1..=*at] == *b",,").collect();
    let ends = if !texts.is_empty() && random.one_in(2) { texts } else { ends };
    let at = ends.get(random.below(ends.len())).map_or(0, |at| at + 1);
    let line = if random.one_in(3) { [b"\n", word, b"\n"].concat() } else { word.to_vec() };
    let times = if random.one_in(30) { 300 } else { 1 };
    bytes.splice(at..at, line.repeat(times));
}

/// Reads, decodes and draws it as playing does.
pub(crate) fn run(input: &Path) -> &'static str {
    say("stage\tread");
    let is_film = input.extension().is_some_and(|ending| ["mkv", "mp4", "ts"].iter().any(|other| ending == *other));
    let tracks = if is_film { of_film(input) } else { of_file(input) };
    match tracks {
        Ok(tracks) => {
            say("stage\tdraw");
            draw(tracks)
        }
        Err(text) => {
            judge(&text);
            "refused"
        }
    }
}

fn of_file(input: &Path) -> Result<Vec<Track>, String> {
    let files = read(input, Codepage::Auto, &StopFlag::default()).map_err(|error| error.to_string())?;
    let tracks = files.into_iter().map(|file| file.track(&Fonts::default(), SIZE));
    tracks.map(|track| track.map_err(|error| error.to_string())).collect()
}

fn of_film(input: &Path) -> Result<Vec<Track>, String> {
    let options = SourceOptions { subtitles: true, ..SourceOptions::default() };
    let mut source = Source::open(input, &options).map_err(|error| error.to_string())?;
    let Some(mut packets) = source.take_subtitles() else { return Ok(Vec::new()) };
    let fonts = Fonts::of(std::mem::take(&mut packets.fonts), "a film");
    let mut tracks = Vec::new();
    for track in &packets.tracks {
        match Track::new(track, packets.origin(), &fonts, SIZE, "a film") {
            Ok(opened) => tracks.push((track.stream(), opened)),
            Err(error) => judge(&error.to_string()),
        }
    }
    let began = Instant::now();
    loop {
        let more = source.next();
        loop {
            match packets.take() {
                SubtitleRead::Packet(packet) => {
                    if let Some((_, track)) = tracks.iter_mut().find(|(stream, _)| *stream == packet.stream()) {
                        track.take(&packet);
                    }
                }
                SubtitleRead::Earlier(packet) => {
                    let track = tracks.iter_mut().find(|(stream, _)| *stream == packet.stream());
                    track.and_then(|(_, track)| track.take_earlier(&packet));
                }
                SubtitleRead::Sought => tracks.iter_mut().for_each(|(_, track)| track.flush()),
                SubtitleRead::EarlierSought => tracks.iter_mut().for_each(|(_, track)| track.flush_earlier()),
                SubtitleRead::Yet | SubtitleRead::Over => break,
            }
        }
        // What is wrong with its pictures is the business of other cases.
        if !matches!(more, Ok(Some(_))) || began.elapsed() > Duration::from_secs(3) {
            return Ok(tracks.into_iter().map(|(_, track)| track).collect());
        }
    }
}

fn draw(mut tracks: Vec<Track>) -> &'static str {
    let mut seen = HashSet::new();
    for (index, track) in tracks.iter_mut().enumerate() {
        let mut renderer = Renderer::default();
        for (frame, size) in [[640, 360], [640, 360], [960, 540], [640, 360], [333, 777]].into_iter().enumerate() {
            for time in [0.05, 0.3, 0.6, 1.2, 1.7, 1e5, -1.0] {
                let area = Area { size, aspect: 16.0 / 9.0 };
                let began = Instant::now();
                let time = Time::from_seconds(time + frame as f64 * 0.01);
                let overlay = renderer.draw([Some(&mut *track), None], time, area, &Settings::default());
                if began.elapsed() > DRAWING {
                    say(&format!("found\tslow\t{:.1} s for one drawing", began.elapsed().as_secs_f64()));
                }
                let patches = overlay.patches(&[[3, -3]]);
                let fits = |at: i32, side: u32, whole: u32| at >= 0 && at as u32 + side <= whole;
                let inside =
                    patches.iter().all(|patch| (0..2).all(|axis| fits(patch.at[axis], patch.size[axis], size[axis])));
                assert!(inside, "a patch lies outside of the picture");
                if !patches.is_empty() {
                    seen.insert(index);
                }
                track.next(time);
            }
        }
    }
    if seen.is_empty() { "nothing seen" } else { "seen" }
}

/// The names of so many cases.
pub(crate) fn names(count: u64) -> Vec<String> {
    (0..count).map(|number| format!("{PREFIX}{number}")).collect()
}
