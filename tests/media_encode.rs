//! What is written is read back by FFmpeg's own tools: tags, colours, times, copied tracks, and that nothing is left half written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/written.rs"]
mod written;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use deep3d::media::StopFlag;
use deep3d::media::encode::{
    Codec, Container, EncodeError, Preset, StillOptions, TrackSource, write_depth, write_picture, write_wiggle,
};
use deep3d::output::OutputError;
use deep3d::sink::file::{FilmOptions, FilmWriter};
use deep3d::sink::layout::Layout;
use deep3d::time::Time;
use serde_json::Value;
use tempfile::TempDir;
use written::{EYE, decode, ffmpeg, options, picture, probe, streams, text, write};

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
        write(&path, &options(layout), TrackSource::default(), Time::ZERO, 3);
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
        write(&path, &options(layout), TrackSource::default(), Time::ZERO, 2);
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
        write(&path, &options, TrackSource::default(), Time::ZERO, 5);
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
            let mut writer = FilmWriter::create(&path, &options, TrackSource::default()).unwrap();
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
    let mut writer = FilmWriter::create(&path, &options, TrackSource::default()).unwrap();
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
        write(&path, &options, TrackSource::default(), Time::ZERO, count);
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
    // Ticks of 1001/24000 s with holes; of 1/90000 s as a camera gives them; of a millisecond. The last pictures are as far apart as
    // the first: MP4 knows a track's length by its decoding times, which run ahead by as much as the first were far apart.
    let cases: [(&str, (i32, i32), &[i64]); 4] = [
        ("a.mp4", (1001, 24_000), &[0, 1, 2, 5, 6, 11, 12, 18, 19, 20]),
        ("b.mp4", (1, 90_000), &[0, 3003, 6007, 9008, 20_011, 20_012, 30_000, 33_003, 36_007]),
        ("c.mkv", (1, 1000), &[0, 33, 67, 100, 350, 383, 417]),
        ("d.webm", (1, 1000), &[0, 33, 67, 100, 350, 383, 417]),
    ];
    for (name, base, ticks) in cases {
        let path = folder.path().join(name);
        let options = FilmOptions { time_base: base, preset: Preset::Veryfast, ..options(Layout::Left) };
        let mut writer = FilmWriter::create(&path, &options, TrackSource::default()).unwrap();
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

#[test]
fn without_finish_nothing_is_left_and_nothing_is_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a: b%d?.mp4");
    {
        let mut writer = FilmWriter::create(&path, &options(Layout::Sbs), TrackSource::default()).unwrap();
        let samples = picture(writer.size(), 0);
        writer.write(&samples, 640 * 4, Time::ZERO, Time::ZERO).unwrap();
        assert!(!path.exists());
        assert!(only_file(&folder).file_name().unwrap().to_str().unwrap().ends_with(".part"));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    write(&path, &options(Layout::Sbs), TrackSource::default(), Time::ZERO, 2);
    assert_eq!(only_file(&folder), path);
    let before = fs::read(&path).unwrap();
    let refused = FilmWriter::create(&path, &options(Layout::Sbs), TrackSource::default());
    assert!(matches!(refused, Err(EncodeError::Output(OutputError::Exists(_)))));
    assert_eq!((fs::read(&path).unwrap(), only_file(&folder)), (before.clone(), path.clone()));
    let forced = FilmOptions { force: true, ..options(Layout::HalfSbs) };
    write(&path, &forced, TrackSource::default(), Time::ZERO, 3);
    assert_ne!(fs::read(only_file(&folder)).unwrap(), before);
    // Someone else takes the name meanwhile: theirs stays.
    let taken = folder.path().join("taken.mkv");
    let mut writer = FilmWriter::create(&taken, &options(Layout::Left), TrackSource::default()).unwrap();
    writer.write(&picture(EYE, 0), 320 * 4, Time::ZERO, Time::ZERO).unwrap();
    fs::write(&taken, "theirs").unwrap();
    assert!(matches!(writer.finish(), Err(EncodeError::Output(OutputError::Exists(_)))));
    assert_eq!(fs::read(&taken).unwrap(), b"theirs");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_stop_ends_writing_even_at_the_very_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let stop = StopFlag::default();
    let source = TrackSource { stop: stop.clone(), ..TrackSource::default() };
    let mut writer = FilmWriter::create(&path, &options(Layout::Left), source).unwrap();
    writer.write(&picture(EYE, 0), 320 * 4, Time::ZERO, Time::ZERO).unwrap();
    stop.stop();
    // MP4's index is put in front by moving all that was written.
    assert!(writer.finish().is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn bad_names_and_options_are_told_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let refuse = |name: &str, options: FilmOptions, source: TrackSource, words: &[&str]| {
        let error = FilmWriter::create(&folder.path().join(name), &options, source).err().expect(name).to_string();
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
    let mut writer = FilmWriter::create(&folder.path().join("a.mp4"), &sbs(), none()).unwrap();
    assert!(matches!(writer.write(&[0; 100], 2560, Time::ZERO, Time::ZERO), Err(EncodeError::Samples { .. })));
    assert!(matches!(writer.write(&[0; 100], usize::MAX, Time::ZERO, Time::ZERO), Err(EncodeError::Samples { .. })));
}

/// Run by the next test in a process of its own, whose files may not grow; by itself it writes a film and sees that it can.
#[test]
fn a_child_writes_noise() {
    let folder = std::env::var("DEEP3D_TEST_FOLDER").map(PathBuf::from);
    let limited = folder.is_ok();
    let own = tempfile::tempdir().unwrap();
    let folder = folder.unwrap_or_else(|_| own.path().to_owned());
    let still =
        write_picture(&folder.join("a.bmp"), &picture([640, 360], 0), 640 * 4, [640, 360], &StillOptions::default());
    let film = (|| {
        let options = FilmOptions { crf: Some(0), ..options(Layout::Left) };
        let mut writer = FilmWriter::create(&folder.join("a.mp4"), &options, TrackSource::default())?;
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
        assert!(limited || result.is_ok(), "{result:?}");
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
        assert!(matches!(again, Err(EncodeError::Output(OutputError::Exists(_)))));
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
    write_wiggle(&path, &lent, 640, size, Default::default(), Duration::from_millis(150), false).unwrap();
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
