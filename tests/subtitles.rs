//! Subtitles: drawn as the `ffmpeg` program draws them, and found in films and beside them.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/pgs.rs"]
mod pgs;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use deep3d::media::subtitle::{Codepage, Fonts, Renderer, Track, read};
use deep3d::media::{Preroll, Source, SourceOptions, StopFlag, SubtitleRead};
use deep3d::overlay::{Area, Overlay};
use deep3d::subtitle::Settings;
use deep3d::time::Time;
use ffmpeg::ffmpeg;

const SIZE: [u32; 2] = [640, 360];
const AREA: Area = Area { size: SIZE, aspect: 640.0 / 360.0 };

const HEAD: &str = "[Script Info]\nScriptType: v4.00+\nPlayResX: 640\nPlayResY: 360\nScaledBorderAndShadow: yes\n\n[V4+ Styles]\n\
    Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n\
    Style: Default,DejaVu Sans,28,&H00FFFFFF,&H0000FFFF,&H00202020,&H80000000,0,0,0,0,100,100,0,0,1,2,1,2,10,10,12,1\n\
    Style: Serif,DejaVu Serif,32,&H0000C0FF,&H00FF00FF,&H00400000,&H40000000,-1,-1,0,0,100,100,2,0,1,3,3,8,10,10,12,1\n\
    Style: Box,DejaVu Sans Mono,24,&H00FFFFFF,&H0000FFFF,&H00703000,&H60203040,0,0,-1,0,120,90,0,4,3,4,0,5,10,10,12,1\n\
    Style: Tall,@DejaVu Sans,30,&H00A0FFA0,&H0000FFFF,&H00000000,&H80000000,0,0,0,0,100,100,0,270,1,2,0,4,20,10,12,1\n\n\
    [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";

/// Scripts of many kinds, each seen from 0.2 to 1.8 s.
const SCRIPTS: [(&str, &[(&str, &str)]); 10] = [
    ("plain", &[("Default", "Two lines\\Nof plain text")]),
    ("karaoke", &[("Default", "{\\k20}Ka{\\kf40}ra{\\ko30}o{\\K50}ke{\\k30} runs")]),
    (
        "borders",
        &[("Default", "{\\bord6\\shad4\\3c&H0000FF&\\4a&H40&}Wide {\\bord0\\shad0}none {\\be3}soft {\\blur4}blurred")],
    ),
    (
        "rotation",
        &[
            ("Default", "{\\frz30}Up {\\frx45}back {\\fry40}aside {\\fax0.4}sheared"),
            ("Serif", "{\\pos(200,200)\\org(320,180)\\frz-50}About"),
        ],
    ),
    (
        "fonts",
        &[
            ("Serif", "Serif {\\fnDejaVu Sans Mono}mono {\\fnNo Such Font}unknown {\\fs50\\b1}large"),
            ("Box", "In a box"),
        ],
    ),
    ("right-to-left", &[("Default", "שלום עולם, abc, مرحبا بالعالم"), ("Serif", "عربي ١٢٣")]),
    ("vertical", &[("Tall", "Vertical text 123"), ("Tall", "{\\an6}漢字 below")]),
    (
        "moving",
        &[
            ("Default", "{\\move(100,300,500,60)\\fad(300,300)}Moves and fades"),
            ("Default", "{\\an7\\t(0,1500,\\fs60\\1c&H00FF00&\\frz90)}Changes"),
        ],
    ),
    (
        "drawing",
        &[
            ("Default", "{\\an7\\pos(60,40)\\p1\\c&H3080F0&}m 0 0 l 200 0 200 100 b 150 160 50 160 0 100{\\p0}"),
            ("Default", "{\\clip(100,200,400,340)}Clipped at its left and right sides"),
        ],
    ),
    (
        "overlapping",
        &[
            ("Default", "First"),
            ("Default", "Second, above it"),
            ("Box", "{\\alpha&H80&}Half there"),
            (
                "Serif",
                "{\\an1\\q2}No break in a line that is far too long for the picture, so that it goes on beyond its sides",
            ),
        ],
    ),
];

fn script(events: &[(&str, &str)]) -> String {
    let line = |(style, text): &(&str, &str)| format!("Dialogue: 0,0:00:00.20,0:00:01.80,{style},,0,0,0,,{text}\n");
    HEAD.to_owned() + &events.iter().map(line).collect::<String>()
}

fn over(overlay: &Overlay, ground: [u8; 3]) -> Vec<u8> {
    let mut picture: Vec<u8> = ground.repeat((SIZE[0] * SIZE[1]) as usize);
    for patch in overlay.patches(&[]) {
        for row in 0..patch.size[1] {
            for column in 0..patch.size[0] {
                let over = &patch.texels[0][((row * patch.size[0] + column) * 4) as usize..][..4];
                let at = ((row + patch.at[1] as u32) * SIZE[0] + column + patch.at[0] as u32) as usize * 3;
                for (under, over_value) in picture[at..at + 3].iter_mut().zip(over) {
                    let through = f64::from(*under) * (1.0 - f64::from(over[3]) / 255.0);
                    *under = (through + f64::from(*over_value)).round().min(255.0) as u8;
                }
            }
        }
    }
    picture
}

/// The track in a file.
fn outside(path: &Path) -> Track {
    read(path, Codepage::Auto, &StopFlag::default()).unwrap().remove(0).track(&Fonts::default(), SIZE).unwrap()
}

fn draw(track: &mut Track, seconds: f64) -> Arc<Overlay> {
    let mut renderer = Renderer::default();
    renderer.draw([Some(track), None], Time::from_seconds(seconds), AREA, &Settings::default())
}

#[test]
fn styled_lines_are_drawn_as_ffmpeg_draws_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (name, events) in SCRIPTS {
        let (file, raw) = (at(&format!("{name}.ass")), at("raw"));
        std::fs::write(&file, script(events)).unwrap();
        let source = "-f lavfi -i color=0x406080:s=640x360:r=10:d=2,format=rgb24";
        // Not its filter `subtitles`, which leaves libass at its simple shaper: it equals `ass=…:shaping=simple` bit by bit, and is up to 30 of 255 apart in
        // plain text, as letters are not kerned, and wholly another in Arabic.
        ffmpeg(&format!("{source} -vf ass={} -pix_fmt rgb24 -f rawvideo", file.display()), &raw);
        let theirs = std::fs::read(&raw).unwrap();
        let mut track = outside(&file);
        let (mut worst, mut sum, mut seen) = (0, 0u64, 0u64);
        for (frame, theirs) in theirs.chunks_exact((SIZE[0] * SIZE[1] * 3) as usize).enumerate() {
            let ours = over(&draw(&mut track, frame as f64 / 10.0), [0x40, 0x60, 0x80]);
            for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
                let apart = a.abs_diff(*b);
                // Where letters end, libass itself rounds their places to eighths of a pixel, one way or the other.
                let inside = apart > 2 && !is_edge(theirs, at);
                worst = worst.max(apart * u8::from(inside));
                sum += u64::from(apart);
            }
            seen += theirs.chunks_exact(3).filter(|pixel| *pixel != [0x40, 0x60, 0x80]).count() as u64;
        }
        if let Some(folder) = std::env::var_os("KEEP_PICTURES").map(PathBuf::from) {
            let size = (SIZE[0] * SIZE[1] * 3) as usize;
            let ours = over(&draw(&mut track, 0.8), [0x40, 0x60, 0x80]);
            let save = |what: &str, bytes: &[u8]| {
                let file = folder.join(format!("{name}-{what}.png"));
                image::save_buffer(file, bytes, SIZE[0], SIZE[1], image::ColorType::Rgb8).unwrap();
            };
            save("ours", &ours);
            save("theirs", &theirs[8 * size..9 * size]);
        }
        let mean = sum as f64 / (seen * 3) as f64;
        println!("{name}: {worst} of 255 within letters and beside them, {mean:.2} in the mean with where they end");
        assert!(seen > 10_000, "{name}: there is something to be seen");
        assert!(worst <= 2 && mean < 2.0, "{name}: {worst} of 255, {mean} in the mean");
    }
}

/// Whether the value at `at` lies where something ends: one beside it is another.
fn is_edge(picture: &[u8], at: usize) -> bool {
    let (x, y) = ((at / 3) as i32 % SIZE[0] as i32, (at / 3) as i32 / SIZE[0] as i32);
    let value = |x: i32, y: i32| {
        let [x, y] = [x.clamp(0, SIZE[0] as i32 - 1), y.clamp(0, SIZE[1] as i32 - 1)];
        picture[((y * SIZE[0] as i32 + x) * 3) as usize + at % 3]
    };
    (-1..=1).any(|dy| (-1..=1).any(|dx| value(x + dx, y + dy).abs_diff(picture[at]) > 2))
}

/// A film of two colours with these subtitles, as `arguments` say.
fn film(folder: &Path, name: &str, arguments: &str) -> PathBuf {
    let path = folder.join(name);
    let pictures = "-f lavfi -i testsrc2=s=640x360:r=10:d=20";
    ffmpeg(&format!("{pictures} {arguments} -c:v libx264 -preset ultrafast -g 20 -bf 2"), &path);
    path
}

/// Reads a film from `seek` on to the end; what is in its subtitle tracks.
fn tracks(path: &Path, seek: Option<f64>) -> (Vec<Track>, usize) {
    tracks_with(path, seek, Preroll::No)
}

/// The same; those that began before are looked for as `preroll` says.
fn tracks_with(path: &Path, seek: Option<f64>, preroll: Preroll) -> (Vec<Track>, usize) {
    let options = SourceOptions { subtitles: true, patient: true, preroll, ..SourceOptions::default() };
    let mut source = Source::open(path, &options).unwrap();
    let mut packets = source.take_subtitles().expect("it has subtitles");
    let fonts = Fonts::default();
    let mut tracks: Vec<_> = packets
        .tracks
        .iter()
        .map(|track| (track.stream(), Track::new(track, packets.origin(), &fonts, SIZE, "a film").unwrap()))
        .collect();
    if let Some(seek) = seek {
        source.seek(Time::from_seconds(seek), 1).unwrap();
    }
    let mut pictures = 0;
    loop {
        let more = source.next().unwrap().is_some();
        pictures += usize::from(more);
        loop {
            match packets.take() {
                SubtitleRead::Packet(packet) => {
                    let track = tracks.iter_mut().find(|(stream, _)| *stream == packet.stream());
                    track.unwrap().1.take(&packet);
                }
                SubtitleRead::Earlier(packet) => {
                    let track = tracks.iter_mut().find(|(stream, _)| *stream == packet.stream());
                    track.unwrap().1.take_earlier(&packet);
                }
                SubtitleRead::Sought => tracks.iter_mut().for_each(|(_, track)| track.flush()),
                SubtitleRead::EarlierSought => tracks.iter_mut().for_each(|(_, track)| track.flush_earlier()),
                SubtitleRead::Yet | SubtitleRead::Over => break,
            }
        }
        if !more {
            return (tracks.into_iter().map(|(_, track)| track).collect(), pictures);
        }
    }
}

fn srt(cues: &[(f64, f64, &str)]) -> String {
    let time = |seconds: f64| format!("00:00:{:02},{:03}", seconds as u32, (seconds * 1000.0) as u32 % 1000);
    let cue = |(index, (from, to, text)): (usize, &(f64, f64, &str))| {
        format!("{}\n{} --> {}\n{text}\n\n", index + 1, time(*from), time(*to))
    };
    cues.iter().enumerate().map(cue).collect()
}

fn is_seen(track: &mut Track, seconds: f64) -> bool {
    !draw(track, seconds).bitmaps.is_empty()
}

#[test]
fn tracks_of_a_film_are_read_and_a_long_silence_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.srt");
    // Between the lines there are seventeen seconds, far more than is read ahead.
    std::fs::write(&file, srt(&[(0.5, 1.5, "First"), (18.5, 19.5, "Last")])).unwrap();
    for (name, codec) in [("a.mkv", "subrip"), ("b.mkv", "ass"), ("c.mp4", "mov_text"), ("d.mkv", "webvtt")] {
        let path = film(folder.path(), name, &format!("-i {} -map 0 -map 1 -c:s {codec}", file.display()));
        let (mut tracks, pictures) = tracks(&path, None);
        assert_eq!((tracks.len(), pictures), (1, 200), "{name}");
        let seen = [0.4, 0.6, 1.4, 1.6, 10.0, 18.6, 19.6].map(|at| is_seen(&mut tracks[0], at));
        assert_eq!(seen, [false, true, true, false, false, true, false], "{name}");
    }
}

#[test]
fn pictures_lie_where_ffmpeg_lays_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.sup");
    std::fs::write(&file, pgs::pgs([640, 360], [220, 280], [200, 60])).unwrap();
    let first = film(folder.path(), "a.mkv", &format!("-i {} -map 0 -map 1 -c:s copy", file.display()));
    for codec in ["copy", "dvbsub", "dvdsub"] {
        let path = folder.path().join(format!("{codec}.mkv"));
        ffmpeg(&format!("-i {} -map 0 -c:v copy -c:s {codec}", first.display()), &path);
        // FFmpeg begins a file at its first packet.
        let raw = folder.path().join("over.rgb");
        let laid = "color=c=0x808080:s=640x360:r=10:d=1,format=gbrp[g];[g][0:s]overlay=format=gbrp,format=rgb24";
        ffmpeg(&format!("-i {} -filter_complex {laid} -t 1 -f rawvideo", path.display()), &raw);
        let frames = std::fs::read(&raw).unwrap();
        let expected = &frames[8 * 640 * 360 * 3..][..640 * 360 * 3];
        assert!(expected.iter().any(|value| value.abs_diff(128) > 60), "{codec}: FFmpeg draws nothing");
        let (mut tracks, _) = tracks(&path, None);
        let found = over(&draw(&mut tracks[0], 0.8), [128; 3]);
        let apart = found.iter().zip(expected).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(apart <= 2, "{codec}: {apart} of 255 apart");
        // FFmpeg's encoders lose when a picture ends.
        if codec == "copy" {
            assert_eq!([1.8, 2.8, 4.5].map(|at| is_seen(&mut tracks[0], at)), [false, true, false]);
        }
    }
}

#[test]
fn a_line_that_began_before_the_place_sought_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.srt");
    std::fs::write(&file, srt(&[(1.0, 2.0, "Gone"), (9.0, 14.0, "Long"), (15.0, 16.0, "Next")])).unwrap();
    let path = film(folder.path(), "a.mkv", &format!("-i {} -map 0 -map 1 -c:s subrip", file.display()));
    let (mut tracks, pictures) = tracks(&path, Some(12.0));
    assert_eq!(pictures, 80);
    let seen = [1.5, 9.5, 12.0, 13.9, 14.5, 15.5].map(|at| is_seen(&mut tracks[0], at));
    assert_eq!(seen, [false, true, true, true, false, true]);
}

/// Three minutes and a bit of small pictures, with a subtitle from 10 to 190 s and another far before the place sought.
#[test]
fn what_began_minutes_before_the_place_sought_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let long = "1\n00:00:10,000 --> 00:03:10,000\nLong\n\n2\n00:00:20,000 --> 00:00:21,000\nGone\n";
    std::fs::write(at("long.srt"), long).unwrap();
    // FFmpeg begins a file at its first packet.
    let picture = pgs::pgs_at([640, 360], [220, 280], [200, 60], &[(0.5, 1.0), (130.5, 190.5)]);
    std::fs::write(at("near.sup"), picture).unwrap();
    let pictures = "-f lavfi -i testsrc2=s=64x36:r=2:d=200";
    ffmpeg(&format!("{pictures} -c:v libx264 -preset ultrafast -g 4"), &at("pictures.mkv"));
    let made = |name: &str, subtitles: &str, codec: &str| {
        let inputs = format!("-i {} -i {}", at("pictures.mkv").display(), at(subtitles).display());
        ffmpeg(&format!("{inputs} -map 0 -map 1 -c:v copy -c:s {codec}"), &at(name));
    };
    let seen = |name: &str, preroll| {
        let (mut tracks, _) = tracks_with(&at(name), Some(180.0), preroll);
        [180.5, 189.5, 190.5].map(|at| is_seen(&mut tracks[0], at))
    };
    let (there, gone) = ([true, true, false], [false; 3]);
    made("long.mkv", "long.srt", "ass");
    assert_eq!([Preroll::No, Preroll::Index, Preroll::Yes].map(|how| seen("long.mkv", how)), [gone, there, there]);
    // There one line is seen at a time.
    std::fs::write(at("alone.srt"), long.split("\n\n").next().unwrap()).unwrap();
    made("long.mp4", "alone.srt", "mov_text");
    assert_eq!(seen("long.mp4", Preroll::No), there, "MP4 gives what is seen there");
    made("near.mkv", "near.sup", "copy");
    assert_eq!((seen("near.mkv", Preroll::No), seen("near.mkv", Preroll::Yes)), (gone, there));
}

#[test]
fn letters_have_the_size_at_which_they_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.srt");
    std::fs::write(&file, srt(&[(0.0, 9.0, "Wide and high")])).unwrap();
    let mut track = outside(&file);
    let mut renderer = Renderer::default();
    let mut size = |area: Area, scale: f64| {
        let settings = Settings { scale, ..Settings::default() };
        renderer.draw([Some(&mut track), None], Time::from_seconds(1.0), area, &settings).bitmaps[0].size.map(f64::from)
    };
    let own = size(AREA, 1.0);
    let about = |a: f64, b: f64| (a / b - 1.0).abs() < 0.06;
    let twice = size(Area { size: [1280, 720], ..AREA }, 1.0);
    assert!(about(twice[0], own[0] * 2.0) && about(twice[1], own[1] * 2.0), "{own:?} {twice:?}");
    // A half layout's screen makes them wide again.
    let half = size(Area { size: [640, 720], ..AREA }, 1.0);
    assert!(about(half[0] * 2.0, twice[0]) && about(half[1], twice[1]), "{twice:?} {half:?}");
    let large = size(AREA, 1.5);
    assert!(about(large[0], own[0] * 1.5), "{own:?} {large:?}");
}

#[test]
fn the_second_track_is_as_far_from_the_upper_edge_as_the_first_from_the_lower() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.srt");
    std::fs::write(&file, srt(&[(0.0, 9.0, "HHH")])).unwrap();
    let (mut first, mut second) = (outside(&file), outside(&file));
    let area = Area { size: [1280, 720], aspect: 16.0 / 9.0 };
    for position in [100.0, 60.0] {
        let settings = Settings { position, ..Settings::default() };
        let tracks = [Some(&mut first), Some(&mut second)];
        let drawn = Renderer::default().draw(tracks, Time::from_seconds(1.0), area, &settings);
        let [lower, upper] = [0, 1].map(|index| &drawn.bitmaps[index]);
        // A line is higher than its letters, and mostly above them.
        let (above, below) = (upper.at[1], 720 - lower.at[1] - lower.size[1] as i32);
        assert!((22..=44).contains(&above), "{above} above it at {position}");
        assert!(position < 100.0 || (22..=44).contains(&below), "{below} below it");
        assert!(position == 100.0 || below > 200, "{below} below what was moved up");
    }
}
