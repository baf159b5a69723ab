//! Films and stills, read: formats, times, turning, interlacing, seeking, damage, networks, bad input.
//! Clips are made by the `ffmpeg` program into the target folder and kept there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use deep3d::frame::{Frame, Matrix, Picture, Range};
use deep3d::media::{Source, SourceOptions};
use deep3d::time::Time;
use deep3d::trace::Stage;

/// A file made by `make` once; its name holds `recipe`, so that another recipe makes another file.
fn made(name: &str, recipe: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("media");
    fs::create_dir_all(&folder).unwrap();
    let mut hasher = DefaultHasher::new();
    recipe.hash(&mut hasher);
    let path = folder.join(format!("{:016x}-{name}", hasher.finish()));
    if !path.exists() {
        // Tests run side by side: each writes its own file and puts it in place whole.
        let thread = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "");
        let draft = folder.join(format!("{}-{thread}-{name}", std::process::id()));
        make(&draft);
        fs::rename(&draft, &path).unwrap();
    }
    path
}

fn ffmpeg(arguments: &str, output: &Path) {
    let run = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(output)
        .output()
        .expect("the ffmpeg program is needed: ./x test installs it");
    assert!(run.status.success(), "ffmpeg {arguments}: {}", String::from_utf8_lossy(&run.stderr));
}

/// A clip named `name` made by ffmpeg with `arguments` before its name.
fn clip(name: &str, arguments: &str) -> PathBuf {
    made(name, arguments, |draft| ffmpeg(arguments, draft))
}

fn moving(size: &str, rate: &str, seconds: &str) -> String {
    format!("-f lavfi -i testsrc2=size={size}:rate={rate}:duration={seconds}")
}

fn open(path: &Path) -> Source {
    Source::open(path, &SourceOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn all(source: &mut Source) -> Vec<Frame<Picture>> {
    std::iter::from_fn(|| source.next().unwrap()).collect()
}

/// The samples without the gaps between rows.
fn samples(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    for index in 0..picture.format.planes() {
        let [width, height] = picture.format.plane_size(index, picture.size).map(|side| side as usize);
        let row = width * picture.format.sample_bytes();
        let (plane, stride) = picture.planes.plane(index);
        for y in 0..height {
            bytes.extend_from_slice(&plane[y * stride..][..row]);
        }
    }
    bytes
}

fn hash(picture: &Picture) -> u64 {
    let mut hasher = DefaultHasher::new();
    samples(picture).hash(&mut hasher);
    hasher.finish()
}

/// Every frame's samples as the ffmpeg program gives them.
fn reference(path: &Path, pixel_format: &str, more: &str) -> Vec<u8> {
    let run = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-noautorotate", "-i"])
        .arg(path)
        .args(more.split_whitespace())
        .args(["-f", "rawvideo", "-pix_fmt", pixel_format, "-fps_mode", "passthrough", "-"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    run.stdout
}

fn milliseconds(time: Time) -> f64 {
    time.seconds() * 1000.0
}

fn assert_near(time: Time, expected: f64, what: &str) {
    assert!((milliseconds(time) - expected).abs() < 0.51, "{what}: {} instead of {expected} ms", milliseconds(time));
}

#[test]
fn every_pixel_format_gives_ffmpegs_own_samples() {
    // What is coded, what the planes are then expected to be in FFmpeg's words, how many steps a sample may differ.
    let table = [
        ("yuv420p", "yuv420p", 0),
        ("yuvj420p", "yuvj420p", 0),
        ("yuv422p", "yuv422p", 0),
        ("yuv444p", "yuv444p", 0),
        ("yuv420p10le", "yuv420p10le", 0),
        ("yuv422p10le", "yuv422p10le", 0),
        ("yuv444p12le", "yuv444p12le", 0),
        ("yuv420p16le", "yuv420p16le", 0),
        ("yuva420p", "yuv420p", 0),
        ("gray", "gray", 0),
        ("gray10le", "gray10le", 0),
        ("gray16le", "gray16le", 0),
        ("gbrp", "gbrp", 0),
        ("gbrp12le", "gbrp12le", 0),
        ("nv12", "nv12", 0),
        ("nv21", "yuv420p", 0),
        ("rgb24", "gbrp", 0),
        ("bgra", "gbrp", 0),
        ("rgb48be", "gbrp16le", 0),
        ("rgb565le", "gbrp", 5),
        ("pal8", "gbrp", 0),
        ("yuv411p", "yuv422p", 2),
        ("yuv440p", "yuv444p", 2),
        ("yuyv422", "yuv422p", 0),
        ("yuv422p10be", "yuv422p10le", 0),
        ("ya8", "gray", 0),
        ("monow", "gray", 0),
    ];
    for (coded, expected, tolerance) in table {
        // Odd sizes where the format allows it.
        let size = if coded == "yuyv422" { "66x51" } else { "67x51" };
        let codec = if coded == "yuvj420p" { "mjpeg" } else { "rawvideo" };
        let path =
            clip(&format!("{coded}.nut"), &format!("{} -pix_fmt {coded} -c:v {codec}", moving(size, "5", "0.6")));
        let mut source = open(&path);
        let frames = all(&mut source);
        assert_eq!(frames.len(), 3, "{coded}");
        let ours: Vec<u8> = frames.iter().flat_map(|frame| samples(&frame.data)).collect();
        let theirs =
            reference(&path, expected, "-sws_flags bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact");
        assert_eq!(ours.len(), theirs.len(), "{coded}");
        let worst = ours.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(tolerance), "{coded}: off by {worst:?}");
        let first = &frames[0].data;
        assert_eq!(source.info().format, first.format);
        let rgb = expected.starts_with("gbr");
        assert_eq!(first.colour.matrix == Matrix::Rgb, rgb, "{coded}");
        let full = rgb || coded.contains('j') || expected.starts_with("gray");
        assert_eq!(first.colour.range == Range::Full, full, "{coded}");
        let depth = [10, 12, 16].into_iter().find(|depth| expected.ends_with(&format!("{depth}le"))).unwrap_or(8);
        assert_eq!(first.format.depth, depth, "{coded}");
    }
}

#[test]
fn frames_are_numbered_timed_and_stamped() {
    let path = clip("plain.mp4", &format!("{} -c:v libx264 -bf 2 -pix_fmt yuv420p", moving("160x90", "25", "1")));
    let mut source = open(&path);
    let info = source.info().clone();
    assert_eq!((info.size, info.codec.as_str(), info.container.as_str()), ([160, 90], "h264", "mov"));
    assert_eq!((info.frame_rate, info.is_still, info.can_seek), (Some((25, 1)), false, true));
    assert_near(info.duration.unwrap(), 1000.0, "duration");
    let frames = all(&mut source);
    assert_eq!(frames.len(), 25);
    for (index, frame) in frames.iter().enumerate() {
        assert_eq!((frame.id, frame.epoch), (index as u64, 0));
        assert_near(frame.pts, index as f64 * 40.0, "pts");
        assert_near(frame.duration, 40.0, "duration");
        assert!(frame.trace.span(Stage::Decode).is_some());
    }
    assert!(source.next().unwrap().is_none());
}

#[test]
fn seeking_gives_the_same_pictures_as_playing() {
    let long = "-c:v libx264 -preset veryfast -bf 3 -g 250 -pix_fmt yuv420p";
    let clips = [
        clip("long.mkv", &format!("{} {long}", moving("160x90", "24000/1001", "4"))),
        clip("long.mp4", &format!("{} {long}", moving("160x90", "24000/1001", "4"))),
        clip("open.ts", &format!("{} {long} -x264-params keyint=24:open-gop=1:bframes=3", moving("160x90", "25", "4"))),
        clip("two.mpg", &format!("{} -c:v mpeg2video -g 12 -bf 2 -q:v 4", moving("160x96", "25", "3"))),
        clip("raw.h264", &format!("{} {long}", moving("160x90", "25", "2"))),
        clip(
            "vp9.webm",
            &format!("{} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 30", moving("160x90", "30", "2")),
        ),
    ];
    for path in clips {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut source = open(&path);
        let played: Vec<_> = all(&mut source).iter().map(|f| (f.pts, f.duration, hash(&f.data))).collect();
        assert!(played.len() >= 48, "{name}: {}", played.len());
        // Back and forth, each place once; also just before the next picture.
        let mut order: Vec<usize> = (0..played.len()).step_by(7).chain([played.len() - 1, 1]).collect();
        order.sort_by_key(|index| (index * 37) % 101);
        for (turn, index) in order.into_iter().enumerate() {
            let (pts, duration, _) = played[index];
            let target = if turn % 2 == 0 { pts } else { pts + duration - Time::from_nanoseconds(1_000_000) };
            source.seek(target, turn as u32 + 1).unwrap();
            for (offset, expected) in played[index..].iter().take(2).enumerate() {
                let frame = source.next().unwrap().unwrap();
                assert_eq!((frame.id, frame.epoch), (offset as u64, turn as u32 + 1));
                assert_eq!(&(frame.pts, frame.duration, hash(&frame.data)), expected, "{name}, {target}");
            }
        }
        // Before the beginning the first picture, past the end the last one.
        source.seek(Time::from_seconds(-5.0), 0).unwrap();
        assert_eq!(source.next().unwrap().unwrap().pts, played[0].0, "{name}");
        source.seek(Time::from_seconds(1000.0), 0).unwrap();
        assert_eq!(hash(&source.next().unwrap().unwrap().data), played.last().unwrap().2, "{name}");
        assert!(source.next().unwrap().is_none());
    }
}

#[test]
fn bad_input_is_told_in_a_sentence_with_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let mp4 = clip("whole.mp4", &format!("{} -c:v libx264 -pix_fmt yuv420p", moving("64x64", "25", "1")));
    let mp4 = fs::read(mp4).unwrap();
    let png = clip("whole.png", &format!("{} -frames:v 1", moving("64x64", "1", "1")));
    let png = fs::read(png).unwrap();
    let sound = clip("sound.m4a", "-f lavfi -i sine=duration=0.2 -c:a aac");
    let cases = [
        (folder.path().join("none.mp4"), "no such file"),
        (folder.path().to_path_buf(), "folder"),
        (file("empty.mkv", b""), "empty"),
        (file("cut.mp4", &mp4[..mp4.len() / 2]), "cut short"),
        (file("text.mp4", b"Dear diary,\nno film today.\n"), "text"),
        (file("notes.txt", b"Dear diary,\nno film today.\n"), "text"),
        (
            file("noise.mkv", &(0..5000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<_>>()),
            "no film or picture",
        ),
        (file("cut.png", &png[..png.len() / 2]), "damaged or cut short"),
        (sound, "no video track"),
    ];
    for (path, words) in cases {
        let error = Source::open(&path, &SourceOptions::default()).err().unwrap_or_else(|| panic!("{path:?} opened"));
        let text = error.to_string();
        assert!(text.contains(words) && !text.contains('\n'), "{path:?}: {text}");
    }
}
