//! Subtitles that ask for too much, and fonts that come with them: what is drawn, what is left out, how long it takes and how much memory.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/font.rs"]
mod font;
#[path = "common/pgs.rs"]
mod pgs;

use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deep3d::media::subtitle::{Codepage, Fonts, Renderer, Track, read};
use deep3d::media::{Font, Source, SourceOptions, StopFlag};
use deep3d::overlay::{Area, Overlay};
use deep3d::subtitle::Settings;
use deep3d::time::Time;
use ffmpeg::ffmpeg;

const SIZE: [u32; 2] = [640, 360];
const AREA: Area = Area { size: SIZE, aspect: 640.0 / 360.0 };

const HEAD: &str = "[Script Info]\nScriptType: v4.00+\nPlayResX: 640\nPlayResY: 360\nScaledBorderAndShadow: yes\n\n[V4+ Styles]\n\
    Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BackColour, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n\
    Style: Default,DejaVu Sans,28,&H00FFFFFF,&H00202020,&H80000000,2,1,2,10,10,12,1\n";
const EVENTS: &str = "\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";

fn event(from: &str, to: &str, text: &str) -> String {
    format!("Dialogue: 0,{from},{to},Default,,0,0,0,,{text}\n")
}

/// A script of one line that is seen from 0 to 5 s.
fn script(text: &str) -> String {
    HEAD.to_owned() + EVENTS + &event("0:00:00.00", "0:00:05.00", text)
}

/// MiB that this process has had at most since the last call.
fn memory_most() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() >> 10
}

/// What is said while `work` goes on in this thread.
fn said<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .with_max_level(tracing::Level::WARN)
        .finish();
    let result = tracing::subscriber::with_default(subscriber, work);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    (result, text.lines().map(str::to_owned).collect())
}

fn track(folder: &Path, name: &str, bytes: impl AsRef<[u8]>, fonts: &Fonts) -> Track {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    read(&path, Codepage::Auto, &StopFlag::default()).unwrap().remove(0).track(fonts, SIZE).unwrap()
}

fn draw(track: &mut Track, seconds: f64) -> Arc<Overlay> {
    Renderer::default().draw([Some(track), None], Time::from_seconds(seconds), AREA, &Settings::default())
}

fn is_seen(track: &mut Track, seconds: f64) -> bool {
    !draw(track, seconds).bitmaps.is_empty()
}

/// All in one, as memory is that of the process.
#[test]
fn what_is_too_much_is_bounded_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let fonts = Fonts::default();
    let mut many = String::new();
    (0..1_000_200).for_each(|index: u32| {
        let second = index / 150;
        let (minutes, seconds) = (second / 60, second % 60);
        let time = |ms: u32| format!("{:02}:{:02}:{seconds:02},{ms:03}", minutes / 60, minutes % 60);
        writeln!(many, "{index}\n{} --> {}\nline {index}\n", time(index % 150 * 6), time(index % 150 * 6 + 5)).unwrap();
    });
    let mut crowd = HEAD.to_owned() + EVENTS;
    (0..5000).for_each(|index| {
        crowd += &event("0:00:01.00", "0:00:03.00", &format!("{{\\pos({},{})}}{index}", index % 600, index % 350));
    });
    let mut styles = HEAD.to_owned();
    (0..10_000)
        .for_each(|index| writeln!(styles, "Style: S{index},DejaVu Sans,20,&H00FFFFFF,&H0,&H0,1,0,2,9,9,9,1").unwrap());
    styles += EVENTS;
    styles += &event("0:00:00.00", "0:00:05.00", "Ten thousand styles");
    let mib = |text: &str, count: usize| text.repeat((count << 20) / text.len());
    let srt = |text: &str| format!("1\n00:00:00,000 --> 00:00:05,000\n{text}\n\n");
    memory_most();
    // Name, file, most seconds, whether it is seen at 2 s, what is said.
    let cases: Vec<(&str, Vec<u8>, u64, bool, &str)> = vec![
        ("many.srt", many.into_bytes(), 30, false, "only the first 1000000"),
        ("crowd.ass", crowd.into_bytes(), 10, true, "only 2000 of 5000"),
        ("styles.ass", styles.into_bytes(), 5, true, ""),
        ("line.srt", srt(&mib("A line of ten million letters ", 10)).into_bytes(), 20, true, "too long"),
        ("word.srt", srt(&mib("letters", 10)).into_bytes(), 20, true, "too long"),
        (
            "drawing.ass",
            script(&format!("{{\\p1}}m 0 0 {}", mib("l 99 99 5 300 ", 4))).into_bytes(),
            20,
            true,
            "too long",
        ),
        ("tags.ass", script(&format!("{}text", mib("{\\t(0,9,\\fs9\\bord3)}", 4))).into_bytes(), 20, false, "too long"),
        ("scale.ass", script("{\\fscx99999\\fscy99999}W{\\fs9999}WWWWWWWW").into_bytes(), 10, false, ""),
        ("border.ass", script("{\\bord9999}Border {\\xbord5000\\ybord5000}more").into_bytes(), 10, true, ""),
        ("blur.ass", script("{\\blur9999\\be9999\\bord500\\fs300}Blur").into_bytes(), 10, true, ""),
        (
            "vast.ass",
            script("{\\p1\\bord900\\blur90}m -99999 -99999 l 99999 -99999 99999 99999 -99999 99999").into_bytes(),
            10,
            false,
            "",
        ),
        (
            "turned.ass",
            script("{\\frx89.9\\fry89.9\\fs300\\org(9999,9999)}Turned {\\fax999}sheared").into_bytes(),
            10,
            false,
            "",
        ),
    ];
    for (name, bytes, most, seen, expected) in cases {
        let size = bytes.len() >> 20;
        let began = Instant::now();
        let ((found, left), lines) = said(|| {
            let mut track = track(folder.path(), name, bytes, &fonts);
            let opened = began.elapsed();
            (is_seen(&mut track, 2.0), opened)
        });
        let (took, memory) = (began.elapsed(), memory_most());
        println!("{name} ({size} MiB): read in {left:.1?}, drawn in {:.1?}, {memory} MiB, {lines:?}", took - left);
        assert!(took < Duration::from_secs(most), "{name}: {took:?}");
        assert!(memory < 1400, "{name}: {memory} MiB");
        assert!(!seen || found, "{name} is not seen");
        let fits = |line: &String| !expected.is_empty() && line.contains(expected) && line.contains(name);
        assert!(lines.len() == usize::from(!expected.is_empty()) && lines.iter().all(fits), "{name}: {lines:?}");
    }
    let large = folder.path().join("large.srt");
    let file = std::fs::File::create(&large).unwrap();
    file.set_len((100 << 20) + 1).unwrap();
    let error = read(&large, Codepage::Auto, &StopFlag::default()).err().unwrap().to_string();
    assert!(error.contains("it is larger than 104857600 bytes"), "{error}");
}

#[test]
fn times_may_be_anything() {
    let folder = tempfile::tempdir().unwrap();
    let fonts = Fonts::default();
    // Backwards in the file, of no length, backwards in itself, without end, and far away.
    let text = "1\n00:00:09,000 --> 00:00:09,500\nLast\n\n2\n00:00:02,000 --> 00:00:02,500\nSecond\n\n3\n00:00:04,000 --> 00:00:04,000\nNever\n\n\
        4\n00:00:06,000 --> 00:00:05,000\nBackwards\n\n5\n00:00:01,000 --> 00:00:01,500\nFirst\n\n6\n99:59:59,000 --> 99:59:59,900\nFar\n\n";
    let mut track = track(folder.path(), "times.srt", text, &fonts);
    let seen = [0.5, 1.2, 1.7, 2.2, 4.0, 5.5, 6.5, 9.2, 359_999.5].map(|at| is_seen(&mut track, at));
    // What ends before it begins FFmpeg shows up to the next.
    assert_eq!(seen, [false, true, false, true, false, false, true, true, true]);
    let endless = HEAD.to_owned()
        + EVENTS
        + &event("0:00:01.00", "99:00:00.00", "Endless")
        + &event("0:00:02.00", "0:00:03.00", "Over it");
    let mut track = self::track(folder.path(), "endless.ass", endless, &fonts);
    let count = |track: &mut Track, at: f64| draw(track, at).bitmaps.iter().map(|bitmap| bitmap.size[1]).sum::<u32>();
    let (two, one) = (count(&mut track, 2.5), count(&mut track, 1.5));
    assert!(two > one && is_seen(&mut track, 350_000.0), "{two} {one}");
}

#[test]
fn styles_of_web_subtitles_hide_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\u{feff}WEBVTT\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nREGION\r\nid:a\r\n\r\nNOTE x\r\n\r\n00:01.000 --> 00:02.000\r\nSTYLE is seen\r\n";
    assert!(is_seen(&mut track(folder.path(), "a.vtt", text, &Fonts::default()), 1.5));
}

#[test]
fn pictures_larger_than_the_film_are_scaled_or_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let fonts = Fonts::default();
    // On a screen of its own size it is as large as the film; on a small one it would be larger than that.
    let whole = pgs::pgs([400, 300], [0, 0], [400, 300]);
    assert_eq!(draw(&mut track(folder.path(), "whole.sup", whole, &fonts), 1.0).bitmaps[0].size, SIZE);
    let outside = pgs::pgs([100, 100], [60, 60], [400, 300]);
    assert!(draw(&mut track(folder.path(), "outside.sup", outside, &fonts), 1.0).bitmaps.is_empty());
}

#[test]
fn a_file_of_pictures_is_seen_from_its_beginning_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    // Eight hundred pictures of 150 kB: more than are kept.
    let one = pgs::pgs([1920, 1080], [0, 200], [400, 340]);
    let mut file = Vec::new();
    for index in 0..400_u32 {
        let mut rest = &one[..];
        while !rest.is_empty() {
            let length = 13 + usize::from(u16::from_be_bytes([rest[11], rest[12]]));
            let ticks = u32::from_be_bytes([rest[2], rest[3], rest[4], rest[5]]) + index * 6 * 90_000;
            file.extend([&rest[..2], &ticks.to_be_bytes(), &rest[6..length]].concat());
            rest = &rest[length..];
        }
    }
    let mut track = track(folder.path(), "long.sup", file, &Fonts::default());
    for at in [1.0, 1201.0, 2395.0, 2.5, 2398.0, 4.0, 2398.9, 1.0] {
        assert_eq!(is_seen(&mut track, at), ![2.5, 2398.9].contains(&at), "{at}");
    }
}

fn blocks(name: &str) -> Font {
    Font { name: name.to_owned(), bytes: font::font(&font::blocks(), &font::names("Made Up")) }
}

const IN_BLOCKS: &str = "{\\fnMade Up\\fs60}Blocks, high and low";

/// White on grey, as FFmpeg and as this program draw it.
fn grey(overlay: &Overlay) -> Vec<u8> {
    let mut picture = vec![128_u8; (SIZE[0] * SIZE[1]) as usize];
    for patch in overlay.patches(&[]) {
        for row in 0..patch.size[1] {
            for column in 0..patch.size[0] {
                let over = &patch.texels[0][((row * patch.size[0] + column) * 4) as usize..][..4];
                let under = &mut picture[((row + patch.at[1] as u32) * SIZE[0] + column + patch.at[0] as u32) as usize];
                *under = (f64::from(*under) * (1.0 - f64::from(over[3]) / 255.0) + f64::from(over[0])).round() as u8;
            }
        }
    }
    picture
}

#[test]
fn attached_fonts_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("fonts")).unwrap();
    std::fs::write(at("fonts/made.ttf"), blocks("made.ttf").bytes).unwrap();
    std::fs::write(at("a.ass"), script(IN_BLOCKS)).unwrap();
    let pictures = "-f lavfi -i color=0x808080:s=640x360:r=5:d=3,format=gbrp";
    let attach = format!(
        "-attach {} -metadata:s:t mimetype=font/ttf -metadata:s:t filename=made.ttf",
        at("fonts/made.ttf").display()
    );
    ffmpeg(
        &format!("{pictures} -i {} -map 0 -map 1 -c:v ffv1 -c:s copy {attach}", at("a.ass").display()),
        &at("film.mkv"),
    );
    let filter = format!("ass={}:fontsdir={}", at("a.ass").display(), at("fonts").display());
    ffmpeg(&format!("{pictures} -vf {filter},format=rgb24 -frames:v 1 -f rawvideo"), &at("raw"));
    let theirs: Vec<u8> = std::fs::read(at("raw")).unwrap().chunks_exact(3).map(|pixel| pixel[0]).collect();

    let options = SourceOptions { subtitles: true, ..SourceOptions::default() };
    let mut source = Source::open(at("film.mkv").as_path(), &options).unwrap();
    let mut packets = source.take_subtitles().unwrap();
    let attached = std::mem::take(&mut packets.fonts);
    assert_eq!(attached.iter().map(|font| font.name.as_str()).collect::<Vec<_>>(), ["made.ttf"]);
    let fonts = Fonts::of(attached, "film.mkv");
    let with = grey(&draw(&mut track(folder.path(), "with.ass", script(IN_BLOCKS), &fonts), 0.1));
    let without = grey(&draw(&mut track(folder.path(), "without.ass", script(IN_BLOCKS), &Fonts::default()), 0.1));
    let apart = |a: &[u8], b: &[u8]| a.iter().zip(b).filter(|(a, b)| a.abs_diff(**b) > 2).count();
    println!(
        "{} pixels from FFmpeg's, {} from those without the font",
        apart(&with, &theirs),
        apart(&without, &theirs)
    );
    // libass rounds places at edges one way or the other (tests/subtitles.rs).
    assert!(apart(&with, &theirs) < 200 && apart(&without, &theirs) > 3000);
    // In the script itself, as text.
    let letters = |three: &[u8]| {
        let value = (0..3).fold(0_u32, |value, at| value << 8 | u32::from(three.get(at).copied().unwrap_or(0)));
        (0..=three.len()).map(|at| (((value >> (18 - 6 * at)) & 63) as u8 + 33) as char).collect::<String>()
    };
    let bytes = blocks("x").bytes;
    let text: String = bytes.chunks(3).map(letters).collect();
    let lines: Vec<&str> = (0..text.len()).step_by(80).map(|from| &text[from..(from + 80).min(text.len())]).collect();
    let head = format!("{HEAD}\n[Fonts]\nfontname: made_0.ttf\n{}\n", lines.join("\n"));
    let own = head + EVENTS + &event("0:00:00.00", "0:00:05.00", IN_BLOCKS);
    assert!(grey(&draw(&mut track(folder.path(), "own.ass", own, &Fonts::default()), 0.1)) == with);
}

#[test]
fn fonts_that_are_bombs_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let names = font::names("Made Up");
    // A glyph of ten of the next, each of which is ten of the next, and so on.
    let chain = |count: u16, of: usize| {
        let mut glyphs = font::blocks();
        let first = glyphs.len() as u16;
        glyphs.extend((0..count).map(|index| font::composite(&vec![first + index + 1; of])));
        glyphs.push(font::blocks()[1].clone());
        // The letter A.
        glyphs[1 + 33] = font::composite(&[first]);
        glyphs
    };
    let mut itself = font::blocks();
    itself[1 + 33] = font::composite(&[1 + 33]);
    let long_names = (0..4000).map(|_| (1, vec![b'x'; 60_000])).collect::<Vec<_>>();
    let whole = font::font(&font::blocks(), &names);
    let cut = whole[..whole.len() / 2].to_vec();
    let mut absurd = whole.clone();
    absurd[12 + 8..12 + 16].fill(0xff);
    let mut tables = whole;
    tables[4..6].fill(0xff);
    let cases = [
        ("chain.ttf", font::font(&chain(12, 10), &names), "made of too many others"),
        ("deep.ttf", font::font(&chain(300, 1), &names), "made of too many others"),
        ("itself.ttf", font::font(&itself, &names), "made of too many others"),
        ("names.ttf", font::font(&font::blocks(), &long_names), "longer than any"),
        ("cut.ttf", cut, "damaged"),
        ("absurd.ttf", absurd, "damaged"),
        ("tables.ttf", tables, "damaged"),
        ("packed.woff", b"wOFF\0\x01\0\0".repeat(100), "damaged"),
        ("empty.ttf", Vec::new(), "damaged"),
    ];
    let bombs = cases.iter().map(|(name, bytes, _)| Font { name: (*name).to_owned(), bytes: bytes.clone() });
    let began = Instant::now();
    let (fonts, lines) = said(|| Fonts::of(bombs.chain([blocks("sound.ttf")]).collect(), "film.mkv"));
    assert_eq!(lines.len(), cases.len(), "{lines:?}");
    for ((name, _, reason), line) in cases.iter().zip(&lines) {
        assert!(line.contains(name) && line.contains(reason) && line.contains("film.mkv"), "{line}");
    }
    // A letter of some others is as usual.
    let usual =
        Fonts::of(vec![Font { name: "usual.ttf".to_owned(), bytes: font::font(&chain(2, 3), &names) }], "film.mkv");
    for fonts in [fonts, usual] {
        let mut track = track(folder.path(), "a.ass", script("{\\fnMade Up}AAA A"), &fonts);
        assert!(is_seen(&mut track, 1.0));
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let (many, lines) = said(|| Fonts::of((0..500).map(|index| blocks(&format!("{index}.ttf"))).collect(), "film.mkv"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("256.ttf") && lines[0].contains("too many"), "{lines:?}");
    drop(many);
}
