//! What is written is read back by FFmpeg's own tools: tags, colours, times, copied tracks, and that nothing is left half written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use deep3d::media::encode::{
    Codec, Container, EncodeError, Preset, StillOptions, TrackSource, write_depth, write_picture, write_wiggle,
};
use deep3d::sink::file::{FilmOptions, FilmWriter};
use deep3d::sink::layout::Layout;
use deep3d::time::Time;
use serde_json::Value;
use tempfile::TempDir;

const EYE: [u32; 2] = [320, 180];

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; install FFmpeg's command line tools"));
    assert!(output.status.success(), "{program} {arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    run("ffmpeg", &[&["-v", "error", "-nostdin", "-y"], arguments].concat())
}

fn probe(path: &Path, arguments: &[&str]) -> Value {
    let file = path.to_str().unwrap();
    let standard = ["-v", "error", "-show_streams", "-show_format", "-show_chapters", "-of", "json"];
    serde_json::from_slice(&run("ffprobe", &[&standard, arguments, &[file]].concat())).unwrap()
}

fn streams<'a>(probed: &'a Value, kind: &str) -> Vec<&'a Value> {
    probed["streams"].as_array().unwrap().iter().filter(|stream| stream["codec_type"] == kind).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Smooth colours that move: what a film is to an encoder.
fn picture([width, height]: [u32; 2], at: u32) -> Vec<u8> {
    let mut samples = Vec::with_capacity((width * height * 4) as usize);
    for y in 0..height {
        for x in 0..width {
            let wave = |step: f64, speed: f64| {
                let phase = f64::from(x) / step + f64::from(y) / (step * 1.7) + f64::from(at) * speed;
                (127.5 + 120.0 * phase.sin()) as u8
            };
            samples.extend([wave(31.0, 0.1), wave(47.0, -0.07), wave(23.0, 0.05), 77]);
        }
    }
    samples
}

fn options(layout: Layout) -> FilmOptions {
    FilmOptions { preset: Preset::Ultrafast, frame_rate: Some((25, 1)), ..FilmOptions::new(layout, EYE) }
}

/// Writes `count` pictures at 25 a second from film time `from` on.
fn write(path: &Path, options: &FilmOptions, source: &TrackSource, from: Time, count: u32) -> Vec<String> {
    let mut writer = FilmWriter::create(path, options, source).unwrap();
    let frame = Time::from_ticks(1, 1, 25);
    for at in 0..count {
        let samples = picture(writer.size(), at);
        let stride = writer.size()[0] as usize * 4;
        writer.write(&samples, stride, from + Time::from_ticks(i64::from(at), 1, 25), frame).unwrap();
    }
    let notes = writer.notes().to_vec();
    writer.finish().unwrap();
    notes
}

/// Decoded to R'G'B' as a player with BT.709 does.
fn decode(path: &Path, sample_bytes: &str) -> Vec<u8> {
    let scale = "scale=in_color_matrix=bt709:in_range=tv:out_range=pc:flags=bicubic+accurate_rnd+full_chroma_int";
    let input = text(path);
    ffmpeg(&["-i", input, "-fps_mode", "passthrough", "-vf", scale, "-f", "rawvideo", "-pix_fmt", sample_bytes, "-"])
}

fn only_file(folder: &TempDir) -> PathBuf {
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn every_layout_is_tagged_in_every_container() {
    let folder = tempfile::tempdir().unwrap();
    // extension, layout, st3d or StereoMode, sample aspect, width, height, samples
    let cases = [
        ("mp4", Layout::Sbs, Some("side by side"), "1:1", 640, 180, "yuv420p"),
        ("mp4", Layout::HalfSbs, Some("side by side"), "2:1", 320, 180, "yuv420p"),
        ("mp4", Layout::Tab, Some("top and bottom"), "1:1", 320, 360, "yuv420p"),
        ("mp4", Layout::HalfTab, Some("top and bottom"), "1:2", 320, 180, "yuv420p"),
        ("mp4", Layout::Anaglyph, None, "1:1", 320, 180, "yuv444p"),
        ("mp4", Layout::Left, None, "1:1", 320, 180, "yuv420p"),
        ("mkv", Layout::Sbs, Some("side by side"), "1:1", 640, 180, "yuv420p"),
        ("mkv", Layout::HalfSbs, Some("side by side"), "2:1", 320, 180, "yuv420p"),
        ("mkv", Layout::Tab, Some("top and bottom"), "1:1", 320, 360, "yuv420p"),
        ("mkv", Layout::HalfTab, Some("top and bottom"), "1:2", 320, 180, "yuv420p"),
        ("mkv", Layout::Checkerboard, Some("checkerboard"), "1:1", 320, 180, "yuv444p"),
        ("mkv", Layout::Rows, None, "1:1", 320, 180, "yuv444p"),
        ("mov", Layout::Sbs, None, "1:1", 640, 180, "yuv420p"),
    ];
    for (extension, layout, tag, aspect, width, height, samples) in cases {
        let path = folder.path().join(format!("a{}.{extension}", layout.suffix()));
        write(&path, &options(layout), &TrackSource::default(), Time::ZERO, 3);
        let frames = ["-show_frames", "-read_intervals", "%+#1"];
        let probed = probe(&path, &frames);
        let stream = streams(&probed, "video")[0];
        let name = format!("{extension} {layout}: {probed}");
        assert_eq!(stream["sample_aspect_ratio"], aspect, "{name}");
        assert_eq!((stream["width"].as_u64(), stream["height"].as_u64()), (Some(width), Some(height)), "{name}");
        assert_eq!(stream["pix_fmt"], samples, "{name}");
        let stereo = |of: &Value| {
            let list = of["side_data_list"].as_array().cloned().unwrap_or_default();
            list.into_iter().find(|data| data["side_data_type"] == "Stereo 3D")
        };
        let found = stereo(stream);
        assert_eq!(found.as_ref().and_then(|data| data["type"].as_str()), tag, "{name}");
        if let Some(data) = found {
            assert_eq!(data["inverted"], 0, "{name}");
        }
        // x264's own message, which the decoder hands on with the picture.
        assert_eq!(stereo(&probed["frames"][0]).is_some(), layout.stereo().is_some(), "{name}");
        for (key, value) in
            [("color_range", "tv"), ("color_space", "bt709"), ("color_transfer", "bt709"), ("color_primaries", "bt709")]
        {
            assert_eq!(stream[key], value, "{key} of {name}");
        }
    }
}

#[test]
fn frame_packing_is_said_in_the_stream_too() {
    let folder = tempfile::tempdir().unwrap();
    for (layout, arrangement) in [
        (Layout::Checkerboard, "checkerboard"),
        (Layout::Columns, "interleaved columns"),
        (Layout::Rows, "interleaved lines"),
        (Layout::HalfSbs, "side by side"),
        (Layout::HalfTab, "top and bottom"),
    ] {
        // QuickTime has no tag of its own that could be mistaken for the stream's.
        let path = folder.path().join(format!("{layout}.mov"));
        write(&path, &options(layout), &TrackSource::default(), Time::ZERO, 2);
        let arguments = ["-nostdin", "-i", text(&path), "-vf", "showinfo", "-f", "null", "-"];
        let shown = Command::new("ffmpeg").args(arguments).output().unwrap();
        let shown = String::from_utf8_lossy(&shown.stderr).into_owned();
        let line = shown.lines().find(|line| line.to_lowercase().contains("side data - stereo")).expect("the message");
        assert!(line.contains(&format!("type - {arrangement}")), "{layout}: {line}");
    }
}

#[test]
fn pictures_come_back_as_they_went_in() {
    let folder = tempfile::tempdir().unwrap();
    for (name, codec, layout, crf) in [
        ("a.mp4", Codec::H264, Layout::Sbs, 12),
        ("b.mkv", Codec::Hevc, Layout::Sbs, 12),
        ("c.webm", Codec::Av1, Layout::Sbs, 16),
        ("d.mp4", Codec::H264, Layout::Rows, 12),
        ("e.mp4", Codec::Hevc, Layout::Anaglyph, 12),
    ] {
        let path = folder.path().join(name);
        let options = FilmOptions { codec: Some(codec), crf: Some(crf), ..options(layout) };
        write(&path, &options, &TrackSource::default(), Time::ZERO, 5);
        let size = layout.output_size(EYE);
        let decoded = decode(&path, "rgba");
        let bytes = (size[0] * size[1] * 4) as usize;
        assert_eq!(decoded.len(), bytes * 5, "{name}");
        for (at, frame) in decoded.chunks_exact(bytes).enumerate() {
            let wanted = picture(size, at as u32);
            let pairs = frame.chunks_exact(4).zip(wanted.chunks_exact(4));
            let squares: f64 = pairs
                .map(|(a, b)| {
                    (0..3).map(|channel| (f64::from(a[channel]) - f64::from(b[channel])).powi(2)).sum::<f64>()
                })
                .sum();
            let decibels = 10.0 * (255.0 * 255.0 / (squares / (bytes / 4 * 3) as f64)).log10();
            assert!(decibels >= 40.0, "{name}, picture {at}: {decibels:.1} dB");
        }
    }
}

#[test]
fn plain_colours_are_not_shifted() {
    let folder = tempfile::tempdir().unwrap();
    let colours: [[u8; 3]; 8] = [
        [255, 255, 255],
        [0, 0, 0],
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [200, 120, 90],
        [128, 128, 128],
        [20, 60, 30],
    ];
    for (extension, codec) in [("mp4", Codec::H264), ("mkv", Codec::Hevc), ("webm", Codec::Av1)] {
        for (at, [red, green, blue]) in colours.into_iter().enumerate() {
            if extension != "mp4" && at > 5 {
                continue;
            }
            let path = folder.path().join(format!("{at}.{extension}"));
            let bgra = at % 2 == 1;
            let order = if bgra { deep3d::media::encode::PixelOrder::Bgra } else { Default::default() };
            let options = FilmOptions { codec: Some(codec), crf: Some(8), order, ..options(Layout::Left) };
            let mut writer = FilmWriter::create(&path, &options, &TrackSource::default()).unwrap();
            let sample = if bgra { [blue, green, red, 0] } else { [red, green, blue, 0] };
            let samples = sample.repeat((EYE[0] * EYE[1]) as usize);
            writer.write(&samples, EYE[0] as usize * 4, Time::ZERO, Time::ZERO).unwrap();
            writer.finish().unwrap();
            for got in decode(&path, "rgb24").chunks_exact(3) {
                let near = got.iter().zip([red, green, blue]).all(|(a, b)| a.abs_diff(b) <= 2);
                assert!(near, "{extension}: {:?} became {got:?}", [red, green, blue]);
            }
        }
    }
}

#[test]
fn odd_sizes_repeat_their_last_column_and_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.mp4");
    let odd = [101, 75];
    let options = FilmOptions { eye: odd, crf: Some(1), ..options(Layout::Left) };
    let mut writer = FilmWriter::create(&path, &options, &TrackSource::default()).unwrap();
    // White in the last column and row only, and rows further apart than they are long.
    let stride = 101 * 4 + 12;
    let mut samples = vec![0u8; stride * 75 - 12];
    for y in 0..75 {
        for x in 0..101 {
            if x == 100 || y == 74 {
                samples[y * stride + x * 4..][..3].fill(255);
            }
        }
    }
    writer.write(&samples, stride, Time::ZERO, Time::ZERO).unwrap();
    writer.finish().unwrap();
    let grey = decode(&path, "gray");
    assert_eq!(grey.len(), 102 * 76);
    for (x, y, bright) in [(101, 3, true), (100, 3, true), (99, 3, false), (5, 75, true), (5, 74, true), (5, 73, false)]
    {
        let value = grey[y * 102 + x];
        assert_eq!(value > 128, bright, "{x},{y}: {value}");
    }
}

#[test]
fn the_codec_follows_the_size_and_the_container() {
    assert_eq!(Codec::for_size([4096, 2160]), Codec::H264);
    assert_eq!(Codec::for_size([4098, 2160]), Codec::Hevc);
    assert_eq!(Codec::for_size([3840, 4320]), Codec::Hevc);
    assert_eq!(Container::WebM.default_codec([640, 360]), Codec::Av1);
    let folder = tempfile::tempdir().unwrap();
    // Also very short films, over which x265 stumbles.
    for count in 1..=4 {
        let path = folder.path().join(format!("{count}.mp4"));
        let options = FilmOptions { eye: [2050, 64], ..options(Layout::Sbs) };
        write(&path, &options, &TrackSource::default(), Time::ZERO, count);
        let probed = probe(&path, &["-show_frames"]);
        assert_eq!(probed["frames"].as_array().unwrap().len(), count as usize);
    }
    let probed = probe(&folder.path().join("1.mp4"), &[]);
    let stream = streams(&probed, "video")[0];
    assert_eq!((&stream["codec_name"], &stream["codec_tag_string"]), (&Value::from("hevc"), &Value::from("hvc1")));
}

#[test]
fn uneven_times_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    // Ticks of 1001/24000 s with holes; of 1/90000 s as a camera gives them; of a millisecond.
    let cases: [(&str, (i32, i32), &[i64]); 4] = [
        ("a.mp4", (1001, 24_000), &[0, 1, 2, 5, 6, 11, 12, 13, 20, 21]),
        ("b.mp4", (1, 90_000), &[0, 3003, 6007, 9008, 20_011, 20_012, 33_000, 36_004]),
        ("c.mkv", (1, 1000), &[0, 33, 67, 100, 350, 383, 417]),
        ("d.webm", (1, 1000), &[0, 33, 67, 100, 350, 383, 417]),
    ];
    for (name, base, ticks) in cases {
        let path = folder.path().join(name);
        let options = FilmOptions { time_base: base, preset: Preset::Veryfast, ..options(Layout::Left) };
        let mut writer = FilmWriter::create(&path, &options, &TrackSource::default()).unwrap();
        let time = |ticks| Time::from_ticks(ticks, base.0, base.1);
        for (at, &tick) in ticks.iter().enumerate() {
            let next = ticks.get(at + 1).copied().unwrap_or(tick + 3);
            let samples = picture(EYE, at as u32);
            writer.write(&samples, EYE[0] as usize * 4, time(tick), time(next) - time(tick)).unwrap();
        }
        writer.finish().unwrap();
        let probed = probe(&path, &["-show_frames", "-show_entries", "frame=pts,pts_time"]);
        let stream = streams(&probed, "video")[0];
        let (num, den) = stream["time_base"].as_str().unwrap().split_once('/').unwrap();
        let (num, den): (i32, i32) = (num.parse().unwrap(), den.parse().unwrap());
        let written: Vec<Time> = probed["frames"]
            .as_array()
            .unwrap()
            .iter()
            .map(|frame| Time::from_ticks(frame["pts"].as_i64().unwrap(), num, den))
            .collect();
        let wanted: Vec<Time> = ticks.iter().map(|&ticks| time(ticks)).collect();
        assert_eq!(written, wanted, "{name}");
        let length: f64 = probed["format"]["duration"].as_str().unwrap().parse().unwrap();
        let end = time(ticks[ticks.len() - 1] + 3).seconds();
        assert!((length - end).abs() < 0.0015, "{name}: {length} for {end}");
    }
}

/// Two seconds of a film with everything in it: two sounds, subtitles, chapters, metadata and, in Matroska, a font.
fn rich(folder: &Path, extension: &str, sound: &[&str]) -> PathBuf {
    let subtitles = folder.join("s.srt");
    let cues = "1\n00:00:00,200 --> 00:00:00,900\nFirst <i>cue</i>\n\n2\n00:00:01,200 --> 00:00:02,500\nSecond cue\n\n\
                3\n00:00:03,000 --> 00:00:03,500\nThird\n";
    fs::write(&subtitles, cues).unwrap();
    let chapters = folder.join("c.txt");
    let marks = ";FFMETADATA1\ntitle=A film\nartist=Somebody\n\
                 [CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=One\n\
                 [CHAPTER]\nTIMEBASE=1/1000\nSTART=1500\nEND=4000\ntitle=Two\n";
    fs::write(&chapters, marks).unwrap();
    let path = folder.join(format!("rich.{extension}"));
    let text_codec = if extension == "mkv" { "srt" } else { "mov_text" };
    let mut arguments = vec![
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=320x180:r=25:d=4",
        "-f",
        "lavfi",
        "-i",
        "sine=f=440:r=48000:d=4",
        "-f",
        "lavfi",
        "-i",
        "anoisesrc=r=44100:d=4:a=0.1:seed=1",
        "-i",
        text(&subtitles),
        "-i",
        text(&chapters),
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-map",
        "2:a",
        "-map",
        "3:s",
        "-map_metadata",
        "4",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-g",
        "12",
        "-bf",
        "2",
        "-c:s",
        text_codec,
        "-metadata:s:a:0",
        "language=eng",
        "-metadata:s:a:1",
        "language=deu",
        "-metadata:s:s:0",
        "language=fra",
        "-disposition:a:1",
        "default",
        "-disposition:a:0",
        "0",
    ];
    arguments.extend(sound);
    let font = folder.join("font.ttf");
    fs::write(&font, b"not really a font").unwrap();
    if extension == "mkv" {
        arguments.extend(["-attach", text(&font), "-metadata:s:t", "mimetype=font/ttf"]);
    }
    arguments.push(text(&path));
    ffmpeg(&arguments);
    path
}

/// When the film begins on the file's own clock.
fn origin(path: &Path) -> f64 {
    probe(path, &[])["format"]["start_time"].as_str().unwrap().parse().unwrap()
}

/// Beginning and length of each cue.
fn cues(path: &Path) -> Vec<(f64, f64)> {
    let entries = "packet=pts_time,duration_time,size";
    let probed = probe(path, &["-select_streams", "s:0", "-show_packets", "-show_entries", entries]);
    let packets = probed["packets"].as_array().unwrap().clone();
    let number = |packet: &Value, key: &str| packet[key].as_str().unwrap().parse::<f64>().unwrap();
    // MP4 fills the time between cues with empty ones.
    let packets = packets.iter().filter(|packet| number(packet, "size") > 2.0);
    packets.map(|packet| (number(packet, "pts_time"), number(packet, "duration_time"))).collect()
}

fn assert_cues(path: &Path, wanted: &[(f64, f64)]) {
    let found = cues(path);
    let near = found.iter().zip(wanted).all(|(a, b)| (a.0 - b.0).abs() < 0.0015 && (a.1 - b.1).abs() < 0.0025);
    assert!(found.len() == wanted.len() && near, "{}: {found:?} for {wanted:?}", path.display());
}

fn hashes(path: &Path, map: &str) -> String {
    String::from_utf8(ffmpeg(&["-i", text(path), "-map", map, "-c", "copy", "-f", "streamhash", "-hash", "md5", "-"]))
        .unwrap()
}

fn source(path: &Path) -> TrackSource {
    TrackSource { url: Some(text(path).into()), ..TrackSource::default() }
}

#[test]
fn what_the_container_takes_is_copied_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let aac = ["-c:a", "aac"];
    for (from, to) in [("mkv", "mkv"), ("mp4", "mp4"), ("mp4", "mkv"), ("mkv", "mp4"), ("mp4", "mov")] {
        let input = rich(folder.path(), from, &aac);
        let output = folder.path().join(format!("{from}.out.{to}"));
        let notes = write(&output, &options(Layout::Left), &source(&input), Time::ZERO, 100);
        assert_eq!(hashes(&output, "0:a"), hashes(&input, "0:a"), "{from} → {to}");
        let probed = probe(&output, &[]);
        let sounds = streams(&probed, "audio");
        assert_eq!(
            (&sounds[0]["tags"]["language"], &sounds[1]["tags"]["language"]),
            (&"eng".into(), &if to == "mov" { "ger" } else { "deu" }.into())
        );
        assert_eq!(
            (&sounds[0]["disposition"]["default"], &sounds[1]["disposition"]["default"]),
            (&0.into(), &1.into())
        );
        let cues = streams(&probed, "subtitle");
        assert_eq!((cues.len(), &cues[0]["tags"]["language"]), (1, &Value::from("fra")), "{from} → {to}");
        let chapters = probed["chapters"].as_array().unwrap();
        let titles: Vec<_> = chapters.iter().map(|chapter| chapter["tags"]["title"].as_str().unwrap()).collect();
        assert_eq!(titles, ["One", "Two"], "{from} → {to}");
        let second: f64 = chapters[1]["start_time"].as_str().unwrap().parse().unwrap();
        assert!((second - (1.5 - origin(&input))).abs() < 0.0011, "{from} → {to}: {second}");
        let tags = &probed["format"]["tags"];
        let tag = |name: &str| tags.get(name).or_else(|| tags.get(name.to_uppercase())).and_then(Value::as_str);
        assert_eq!((tag("title"), tag("artist")), (Some("A film"), Some("Somebody")), "{from} → {to}");
        if (from, to) == ("mkv", "mkv") {
            assert_eq!(hashes(&output, "0:s"), hashes(&input, "0:s"));
            let fonts = streams(&probed, "attachment");
            assert_eq!(fonts[0]["tags"]["filename"], "font.ttf");
            assert!(notes.is_empty(), "{notes:?}");
        } else if from == "mkv" {
            assert!(notes.len() == 1 && notes[0].contains("font.ttf") && notes[0].contains("left out"), "{notes:?}");
        } else {
            assert!(notes.is_empty(), "{notes:?}");
        }
        // Neither picture nor sound moved.
        let times = |path: &Path, which: &str| {
            let arguments =
                ["-select_streams", which, "-show_frames", "-show_entries", "frame=best_effort_timestamp_time"];
            probe(path, &arguments)["frames"]
                .as_array()
                .unwrap()
                .iter()
                .map(|frame| frame["best_effort_timestamp_time"].as_str().unwrap().parse::<f64>().unwrap())
                .collect::<Vec<_>>()
        };
        let begin = times(&output, "v:0")[0];
        assert!(begin == if (from, to) == ("mp4", "mkv") { 0.023 } else { 0.0 }, "{from} → {to}: {begin}");
        let (ours, theirs) = (times(&output, "a:0"), times(&input, "a:0"));
        // From the end, as one of the two may count a run-up that is never heard.
        let moved = begin - origin(&input);
        assert!(
            ours.iter().rev().zip(theirs.iter().rev()).all(|(a, b)| (a - b - moved).abs() < 0.0011),
            "{from} → {to}: {ours:?}\n{theirs:?}"
        );
    }
}

#[test]
fn what_it_does_not_take_is_converted_or_left_out_with_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let input = rich(folder.path(), "mkv", &["-c:a:0", "pcm_s16le", "-c:a:1", "libvorbis"]);
    let output = folder.path().join("out.mp4");
    let notes = write(&output, &options(Layout::Sbs), &source(&input), Time::ZERO, 100);
    let probed = probe(&output, &[]);
    let sounds = streams(&probed, "audio");
    assert_eq!(sounds.iter().map(|sound| &sound["codec_name"]).collect::<Vec<_>>(), ["aac", "aac"]);
    assert_eq!((&sounds[0]["sample_rate"], &sounds[1]["sample_rate"]), (&"48000".into(), &"44100".into()));
    assert_eq!(sounds[0]["tags"]["language"], "eng");
    for sound in sounds {
        let seconds: f64 = sound["duration"].as_str().unwrap().parse().unwrap();
        assert!((seconds - 4.0).abs() < 0.05, "{seconds}");
    }
    assert_eq!(streams(&probed, "subtitle")[0]["codec_name"], "mov_text");
    let said = notes.join("\n");
    assert!(said.contains("pcm_s16le") && said.contains("converted to aac") && said.contains("vorbis"), "{said}");
    let shown = String::from_utf8(ffmpeg(&["-i", text(&output), "-map", "0:s", "-f", "srt", "-"])).unwrap();
    for line in ["<i>cue</i>", "Second cue", "Third"] {
        assert!(shown.contains(line), "{line} in\n{shown}");
    }
    let wanted: Vec<_> = cues(&input).into_iter().map(|(begin, length)| (begin - origin(&input), length)).collect();
    assert_cues(&output, &wanted);

    // WebM: Opus and WebVTT.
    let webm = folder.path().join("out.webm");
    write(&webm, &options(Layout::Left), &source(&input), Time::ZERO, 100);
    let probed = probe(&webm, &[]);
    let codecs: Vec<_> =
        probed["streams"].as_array().unwrap().iter().map(|stream| stream["codec_name"].as_str().unwrap()).collect();
    assert_eq!(codecs, ["av1", "opus", "vorbis", "webvtt"]);

    // Pictures as subtitles do not go into MP4, but into Matroska.
    let bitmaps = folder.path().join("bitmaps.mkv");
    bitmap_subtitles(folder.path(), &bitmaps);
    let output = folder.path().join("bitmaps.mp4");
    let notes = write(&output, &options(Layout::Left), &source(&bitmaps), Time::ZERO, 10);
    assert!(notes.len() == 1 && notes[0].contains("subtitle") && notes[0].contains("left out"), "{notes:?}");
    let output = folder.path().join("bitmaps.out.mkv");
    let notes = write(&output, &options(Layout::Left), &source(&bitmaps), Time::ZERO, 50);
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(hashes(&output, "0:s"), hashes(&bitmaps, "0:s"));
}

/// A film with a disc's subtitles, which are pictures.
fn bitmap_subtitles(folder: &Path, path: &Path) {
    // FFmpeg has no encoder that turns text into pictures, so they are made by hand.
    let sup = folder.join("a.sup");
    fs::write(&sup, pgs()).unwrap();
    let arguments =
        ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-i", text(&sup), "-map", "0:v", "-map", "1:s"];
    ffmpeg(&[&arguments[..], &["-c:v", "libx264", "-preset", "ultrafast", "-c:s", "copy", text(path)]].concat());
}

/// A PGS stream of one 8×8 square, shown at 0.5 s and taken away at 1.5 s.
fn pgs() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut segment = |seconds: f64, kind: u8, body: &[u8]| {
        bytes.extend(b"PG");
        bytes.extend(((seconds * 90_000.0) as u32).to_be_bytes());
        bytes.extend(0u32.to_be_bytes());
        bytes.push(kind);
        bytes.extend((body.len() as u16).to_be_bytes());
        bytes.extend(body);
    };
    let composition = |number: u8, state: u8, objects: &[u8]| {
        let mut body = vec![1, 64, 0, 180, 0x10, 0, number, state, 0, 0, (objects.len() / 8) as u8];
        body.extend(objects);
        body
    };
    let window = [1, 0, 0, 10, 0, 10, 0, 8, 0, 8];
    segment(0.5, 0x16, &composition(0, 0x80, &[0, 0, 0, 0, 0, 10, 0, 10]));
    segment(0.5, 0x17, &window);
    segment(0.5, 0x14, &[0, 0, 1, 235, 128, 128, 255]);
    let lines: Vec<u8> = [0u8, 0x88, 1, 0, 0].repeat(8);
    let mut object = vec![0, 0, 0, 0xC0, 0, 0, (lines.len() + 4) as u8, 0, 8, 0, 8];
    object.extend(&lines);
    segment(0.5, 0x15, &object);
    segment(0.5, 0x80, &[]);
    segment(1.5, 0x16, &composition(1, 0, &[]));
    segment(1.5, 0x17, &window);
    segment(1.5, 0x80, &[]);
    bytes
}

#[test]
fn a_cut_moves_everything_to_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let (start, end) = (Time::from_seconds(1.0), Time::from_seconds(3.0));
    for (from, to, sound) in [
        ("mkv", "mp4", ["-c:a", "aac"]),
        ("mp4", "mkv", ["-c:a", "aac"]),
        ("mkv", "mkv", ["-c:a", "libopus"]),
        ("mkv", "mp4", ["-c:a", "pcm_s16le"]),
    ] {
        let input = rich(folder.path(), from, &sound);
        let output = folder.path().join(format!("cut.{from}.{}.{to}", sound[1]));
        let cut = TrackSource { start, end: Some(end), ..source(&input) };
        write(&output, &options(Layout::Left), &cut, start, 50);
        let name = format!("{from} {} → {to}", sound[1]);
        let probed = probe(&output, &[]);
        let seconds: f64 = probed["format"]["duration"].as_str().unwrap().parse().unwrap();
        assert!((seconds - 2.0).abs() < 0.06, "{name}: {seconds}");
        let chapters: Vec<_> = probed["chapters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|chapter| {
                let time = |key: &str| chapter[key].as_str().unwrap().parse::<f64>().unwrap();
                (chapter["tags"]["title"].as_str().unwrap(), time("start_time"), time("end_time"))
            })
            .collect();
        let middle = 0.5 - origin(&input);
        for (got, wanted) in chapters.iter().zip([("One", 0.0, middle), ("Two", middle, 2.0)]) {
            let near = (got.1 - wanted.1).abs() < 0.0011 && (got.2 - wanted.2).abs() < 0.0011;
            assert!(chapters.len() == 2 && got.0 == wanted.0 && near, "{name}: {chapters:?}");
        }
        let (begin, length) = cues(&input)[1];
        assert_cues(&output, &[(begin - origin(&input) - 1.0, length)]);
        // The sound is where it was: the same samples as the source's from the cut on (the second track is noise, unlike itself
        // at any other place).
        let listen = |path: &Path, skip: f64| -> Vec<f64> {
            let filter = format!(
                "aresample=8000:first_pts=0,lowpass=f=1000,atrim=start={skip}:end={},asetpts=PTS-STARTPTS",
                skip + 1.8
            );
            let raw =
                ffmpeg(&["-copyts", "-i", text(path), "-map", "0:a:1", "-af", &filter, "-ac", "1", "-f", "s16le", "-"]);
            raw.chunks_exact(2).map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]]))).collect()
        };
        let (ours, theirs) = (listen(&output, 0.1), listen(&input, 1.1 + origin(&input)));
        let correlation = |lag: usize, lead: usize| {
            let pairs = || ours[lag..].iter().zip(&theirs[lead..]).take(12_000);
            let product: f64 = pairs().map(|(a, b)| a * b).sum();
            let (a, b): (f64, f64) = (pairs().map(|(a, _)| a * a).sum(), pairs().map(|(_, b)| b * b).sum());
            product / (a * b).sqrt().max(1.0)
        };
        // Matroska counts milliseconds, and Opus's run-up is 6.5 of them, which FFmpeg 5.1 forgets to add.
        let near = if sound[1] == "libopus" { 60 } else { 8 };
        let best = (0..=near).map(|lag| correlation(lag, 0).max(correlation(0, lag))).fold(0.0, f64::max);
        assert!(best > 0.8, "{name}: {best}");
    }
}

#[test]
fn without_finish_nothing_is_left_and_nothing_is_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a: b%d?.mp4");
    {
        let mut writer = FilmWriter::create(&path, &options(Layout::Sbs), &TrackSource::default()).unwrap();
        let samples = picture(writer.size(), 0);
        writer.write(&samples, 640 * 4, Time::ZERO, Time::ZERO).unwrap();
        assert!(!path.exists());
        assert!(only_file(&folder).file_name().unwrap().to_str().unwrap().ends_with(".part"));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    write(&path, &options(Layout::Sbs), &TrackSource::default(), Time::ZERO, 2);
    assert_eq!(only_file(&folder), path);
    let before = fs::read(&path).unwrap();
    let refused = FilmWriter::create(&path, &options(Layout::Sbs), &TrackSource::default());
    assert!(matches!(refused, Err(EncodeError::Exists(_))));
    assert_eq!((fs::read(&path).unwrap(), only_file(&folder)), (before.clone(), path.clone()));
    let forced = FilmOptions { force: true, ..options(Layout::HalfSbs) };
    write(&path, &forced, &TrackSource::default(), Time::ZERO, 3);
    assert_ne!(fs::read(only_file(&folder)).unwrap(), before);
    // Someone else takes the name meanwhile: theirs stays.
    let taken = folder.path().join("taken.mkv");
    let mut writer = FilmWriter::create(&taken, &options(Layout::Left), &TrackSource::default()).unwrap();
    writer.write(&picture(EYE, 0), 320 * 4, Time::ZERO, Time::ZERO).unwrap();
    fs::write(&taken, "theirs").unwrap();
    assert!(matches!(writer.finish(), Err(EncodeError::Exists(_))));
    assert_eq!(fs::read(&taken).unwrap(), b"theirs");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn bad_names_and_options_are_told_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let refuse = |name: &str, options: FilmOptions, source: TrackSource, words: &[&str]| {
        let error = FilmWriter::create(&folder.path().join(name), &options, &source).err().expect(name).to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{name}: {error}");
        assert!(!error.contains('\n'), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{name}");
    };
    let none = TrackSource::default;
    let sbs = || options(Layout::Sbs);
    refuse("a.avi", sbs(), none(), &["a.avi", ".mp4"]);
    refuse("a", sbs(), none(), &["extension"]);
    refuse("no/a.mp4", sbs(), none(), &["no folder"]);
    refuse("a.mp4", options(Layout::Wiggle), none(), &["wiggle", ".gif"]);
    refuse("a.mp4", FilmOptions { crf: Some(52), ..sbs() }, none(), &["--crf 52", "51"]);
    refuse("a.webm", FilmOptions { codec: Some(Codec::H264), ..sbs() }, none(), &["WebM", "--codec av1"]);
    refuse("a.mp4", FilmOptions { eye: [0, 180], ..sbs() }, none(), &["0×180"]);
    refuse("a.mp4", FilmOptions { eye: [20_000, 180], ..sbs() }, none(), &["40000×180"]);
    let missing = TrackSource { url: Some("nothing.mkv".into()), ..none() };
    refuse("a.mp4", sbs(), missing, &["nothing.mkv", "No such file"]);
    let mut writer = FilmWriter::create(&folder.path().join("a.mp4"), &sbs(), &none()).unwrap();
    assert!(matches!(writer.write(&[0; 100], 2560, Time::ZERO, Time::ZERO), Err(EncodeError::Samples { .. })));
    assert!(matches!(writer.write(&[0; 100], usize::MAX, Time::ZERO, Time::ZERO), Err(EncodeError::Samples { .. })));
}

/// Run by the next test in a process of its own, whose files may not grow; by itself it writes a film and sees that it can.
#[test]
fn a_child_writes_noise() {
    let folder = std::env::var("DEEP3D_TEST_FOLDER").map(PathBuf::from);
    let own = tempfile::tempdir().unwrap();
    let folder = folder.unwrap_or_else(|_| own.path().to_owned());
    let still =
        write_picture(&folder.join("a.bmp"), &picture([640, 360], 0), 640 * 4, [640, 360], &StillOptions::default());
    let film = (|| {
        let options = FilmOptions { crf: Some(0), ..options(Layout::Left) };
        let mut writer = FilmWriter::create(&folder.join("a.mp4"), &options, &TrackSource::default())?;
        let mut state = 1u32;
        for at in 0..30 {
            let samples: Vec<u8> = (0..EYE[0] * EYE[1] * 4)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            writer.write(&samples, EYE[0] as usize * 4, Time::from_ticks(at, 1, 25), Time::ZERO)?;
        }
        writer.finish()
    })();
    for result in [still, film] {
        match result {
            Ok(()) => println!("written"),
            Err(error) => println!("refused: {error}"),
        }
    }
}

#[test]
fn no_room_is_one_sentence_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let child = std::env::current_exe().unwrap();
    // 64 blocks of 512 or 1024 bytes; the signal that comes with the limit is ignored, as the write's error is the better word.
    let command = "trap '' XFSZ; ulimit -f 64; exec \"$0\" --exact a_child_writes_noise --nocapture --test-threads=1";
    let output = Command::new("sh")
        .args(["-c", command, text(&child)])
        .env("DEEP3D_TEST_FOLDER", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let refused: Vec<_> = said.lines().filter(|line| line.contains("refused: ")).collect();
    assert_eq!(refused.len(), 2, "{said}");
    assert!(refused.iter().all(|line| line.contains("grew beyond the largest file")), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn stills_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let size = [101, 75];
    let samples = picture(size, 3);
    for extension in ["png", "webp", "tiff", "bmp", "jpg"] {
        let path = folder.path().join(format!("a.{extension}"));
        write_picture(&path, &samples, 404, size, &StillOptions::default()).unwrap();
        let read = image::open(&path).unwrap().to_rgb8();
        assert_eq!(read.dimensions(), (101, 75));
        let worst = read
            .pixels()
            .zip(samples.chunks_exact(4))
            .flat_map(|(a, b)| (0..3).map(move |at| a[at].abs_diff(b[at])))
            .max();
        let allowed = if extension == "jpg" { 12 } else { 0 };
        assert!(worst.unwrap() <= allowed, "{extension}: {worst:?}");
        let again = write_picture(&path, &samples, 404, size, &StillOptions::default());
        assert!(matches!(again, Err(EncodeError::Exists(_))));
        write_picture(
            &path,
            &samples,
            404,
            size,
            &StillOptions { force: true, quality: 50, ..StillOptions::default() },
        )
        .unwrap();
    }
    let probed = probe(&folder.path().join("a.jpg"), &[]);
    assert_eq!(probed["streams"][0]["pix_fmt"], "yuvj444p");
    let wide = write_picture(&folder.path().join("b.webp"), &[], 0, [20_000, 1], &StillOptions::default());
    assert!(wide.unwrap_err().to_string().contains("16383"));
    let short = write_picture(&folder.path().join("b.png"), &samples, 404, [101, 76], &StillOptions::default());
    assert!(matches!(short, Err(EncodeError::Samples { .. })));
    assert!(!folder.path().join("b.png").exists());
}

#[test]
fn depth_keeps_its_sixteen_bits() {
    let folder = tempfile::tempdir().unwrap();
    let samples: Vec<u16> = (0..300 * 200u32).map(|at| (at * 7919) as u16).collect();
    for extension in ["png", "tiff"] {
        let path = folder.path().join(format!("d.{extension}"));
        write_depth(&path, &samples, [300, 200], false).unwrap();
        match image::open(&path).unwrap() {
            image::DynamicImage::ImageLuma16(read) => assert_eq!(read.as_raw(), &samples),
            other => panic!("{:?}", other.color()),
        }
    }
    let eight = write_depth(&folder.path().join("d.jpg"), &samples, [300, 200], false);
    assert!(eight.unwrap_err().to_string().contains(".png"));
}

#[test]
fn a_wiggle_loops_and_looks_like_its_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.gif");
    let size = [160, 90];
    let pictures = [picture(size, 0), picture(size, 20)];
    let lent: Vec<&[u8]> = pictures.iter().map(Vec::as_slice).collect();
    write_wiggle(&path, &lent, 640, size, Default::default(), 15, false).unwrap();
    let bytes = fs::read(&path).unwrap();
    let at = bytes.windows(11).position(|window| window == b"NETSCAPE2.0").expect("loops");
    assert_eq!(bytes[at + 11..at + 15], [3, 1, 0, 0], "for ever");
    let probed = probe(&path, &["-show_frames"]);
    let frames = probed["frames"].as_array().unwrap();
    assert_eq!((frames.len(), &frames[1]["pts_time"]), (2, &Value::from("0.150000")));
    let decoded = ffmpeg(&["-i", text(&path), "-f", "rawvideo", "-fps_mode", "passthrough", "-pix_fmt", "rgba", "-"]);
    for (got, wanted) in decoded.chunks_exact(160 * 90 * 4).zip(&pictures) {
        let squares: f64 = got
            .chunks_exact(4)
            .zip(wanted.chunks_exact(4))
            .map(|(a, b)| (0..3).map(|at| (f64::from(a[at]) - f64::from(b[at])).powi(2)).sum::<f64>())
            .sum();
        let decibels = 10.0 * (255.0 * 255.0 * 3.0 * 160.0 * 90.0 / squares).log10();
        assert!(decibels > 24.0, "{decibels:.1} dB");
    }
}
