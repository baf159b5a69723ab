//! Films and stills, read: formats, times, turning, interlacing, seeking, damage, networks, bad input.
//! Clips are made by the `ffmpeg` program into the target folder and kept there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use deep3d::frame::{Colour, Frame, Matrix, Orientation, Picture, Primaries, Range, Transfer};
use deep3d::media::{MediaError, Source, SourceOptions, StopFlag};
use deep3d::time::{Position, Time};
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
        let size = if coded == "yuyv422" { "66:51" } else { "67:51" };
        let codec = if coded == "yuvj420p" { "mjpeg" } else { "rawvideo" };
        let path = clip(
            &format!("{coded}.nut"),
            &format!("{} -vf scale={size} -pix_fmt {coded} -c:v {codec}", moving("64x64", "5", "0.6")),
        );
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

/// The picture's luma (or first plane) as it is seen, turned.
fn turned(picture: &Picture) -> (usize, usize, Vec<u8>) {
    let [mut width, mut height] = picture.size.map(|side| side as usize);
    let (plane, stride) = picture.planes.plane(0);
    let mut rows: Vec<Vec<u8>> = (0..height).map(|y| plane[y * stride..][..width].to_vec()).collect();
    if picture.orientation.mirror {
        rows.iter_mut().for_each(|row| row.reverse());
    }
    for _ in 0..picture.orientation.quarter_turns {
        rows = (0..width).map(|x| (0..height).rev().map(|y| rows[y][x]).collect()).collect();
        (width, height) = (height, width);
    }
    (width, height, rows.concat())
}

#[test]
fn variable_frame_rates_keep_their_times() {
    // Pictures at 0, 1, 4, 9, 16, … hundredths of a second.
    let path = clip(
        "vfr.mkv",
        "-f lavfi -i testsrc2=size=64x64:rate=100:duration=2 -vf settb=1/1000,setpts=N*N*10 -frames:v 12 -fps_mode passthrough -enc_time_base 1/1000 -c:v libx264 -bf 2 -pix_fmt yuv420p",
    );
    let frames = all(&mut open(&path));
    assert_eq!(frames.len(), 12);
    for (index, frame) in frames.iter().enumerate() {
        assert_near(frame.pts, (index * index * 10) as f64, "pts");
        if index < 11 {
            assert_near(frame.duration, ((2 * index + 1) * 10) as f64, "duration");
        }
    }
}

#[test]
fn streams_without_times_are_timed_by_their_rate_in_the_order_they_are_shown() {
    let coding = "-c:v libx264 -bf 3 -g 30 -pix_fmt yuv420p -preset veryfast";
    let recipe = format!("{} {coding}", moving("64x64", "24000/1001", "2"));
    let raw = clip("timeless.264", &recipe);
    let boxed = clip("timed.mkv", &recipe);
    let mut source = open(&raw);
    assert_eq!((source.info().frame_rate, source.info().duration), (Some((24_000, 1001)), None));
    let (raw, boxed) = (all(&mut source), all(&mut open(&boxed)));
    assert_eq!(raw.len(), boxed.len());
    for (index, (raw, boxed)) in raw.iter().zip(&boxed).enumerate() {
        assert_eq!(raw.pts, Time::from_ticks(index as i64, 1001, 24_000));
        assert_eq!(hash(&raw.data), hash(&boxed.data), "picture {index}");
    }
}

#[test]
fn turned_films_are_turned_as_ffmpeg_turns_them() {
    let plain = clip("upright.mp4", &format!("{} -c:v libx264 -pix_fmt yuv420p", moving("96x64", "5", "0.4")));
    let plain = fs::read(plain).unwrap();
    // The matrix stands 44 bytes after the name of the track's header.
    let header = plain.windows(4).position(|word| word == b"tkhd").unwrap() + 44;
    for (name, [a, b, c, d], quarter_turns, mirror) in [
        ("right", [0, 1, -1, 0], 1, false),
        ("half", [-1, 0, 0, -1], 2, false),
        ("left", [0, -1, 1, 0], 3, false),
        ("flip", [-1, 0, 0, 1], 0, true),
        ("flip-right", [0, -1, -1, 0], 1, true),
    ] {
        let mut bytes = plain.clone();
        for (index, value) in [a, b, 0, c, d].into_iter().enumerate() {
            bytes[header + 4 * index..][..4].copy_from_slice(&(value * 65_536_i32).to_be_bytes());
        }
        let path = made(&format!("{name}.mp4"), &format!("turned {name}"), |draft| fs::write(draft, &bytes).unwrap());
        let mut source = open(&path);
        let frame = source.next().unwrap().unwrap();
        assert_eq!(frame.data.orientation, Orientation { mirror, quarter_turns }, "{name}");
        let (width, height, seen) = turned(&frame.data);
        assert_eq!(source.info().size, [width as u32, height as u32]);
        assert_eq!(source.info().display_size, if quarter_turns % 2 == 1 { [64, 96] } else { [96, 64] });
        let run = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(&path)
            .args(["-frames:v", "1", "-vf", "extractplanes=y", "-f", "rawvideo", "-"])
            .output()
            .unwrap();
        // FFmpeg 5.1 turns by the angle alone and leaves out the mirror.
        if !mirror {
            assert_eq!(seen, run.stdout, "{name}");
        }
    }
}

#[test]
fn interlaced_films_come_out_whole() {
    let path = clip(
        "interlaced.mpg",
        "-f lavfi -i testsrc2=size=160x96:rate=50:duration=1.2 -vf interlace=scan=tff:lowpass=off -c:v mpeg2video -flags +ildct+ilme -g 12 -bf 2 -q:v 3 -pix_fmt yuv420p",
    );
    let mut source = open(&path);
    assert!(source.info().interlaced);
    let frames = all(&mut source);
    let woven = reference(&path, "yuv420p", "");
    let whole = reference(&path, "yuv420p", "-vf bwdif=mode=send_frame:parity=auto:deint=interlaced");
    let size = 160 * 96 * 3 / 2;
    assert_eq!(frames.len(), woven.len() / size);
    let mut combs = [0, 0];
    for (index, frame) in frames.iter().enumerate() {
        assert_near(frame.pts, index as f64 * 40.0, "pts");
        let ours = samples(&frame.data);
        assert!(ours == whole[index * size..][..size], "picture {index} differs from bwdif's");
        for (count, picture) in combs.iter_mut().zip([&ours[..], &woven[index * size..][..size]]) {
            // Rows that stand out against both neighbours to the same side.
            for at in 160..160 * 95 {
                let [above, here, below] = [at - 160, at, at + 160].map(|at| i32::from(picture[at]));
                *count += usize::from((here - above).min(here - below) > 30 || (here - above).max(here - below) < -30);
            }
        }
    }
    assert!(combs[0] * 3 < combs[1], "combs left: {combs:?}");
    for index in [0, 11, 12, 13, 24, 27] {
        source.seek(frames[index].pts, 1).unwrap();
        let frame = source.next().unwrap().unwrap();
        assert_eq!((frame.pts, hash(&frame.data)), (frames[index].pts, hash(&frames[index].data)), "seek to {index}");
    }
}

#[test]
fn a_corrupt_middle_is_skipped_and_the_film_goes_on() {
    for name in ["damaged.mkv", "damaged.mp4", "damaged.ts", "damaged.mpg", "damaged.264"] {
        let coding =
            if name.ends_with("mpg") { "mpeg2video -q:v 4" } else { "libx264 -preset veryfast -bf 2 -pix_fmt yuv420p" };
        let whole = clip(&format!("whole-{name}"), &format!("{} -c:v {coding} -g 10", moving("160x96", "25", "4")));
        let expected = all(&mut open(&whole));
        let mut bytes = fs::read(&whole).unwrap();
        let length = bytes.len();
        for (index, byte) in bytes[length * 45 / 100..length * 55 / 100].iter_mut().enumerate() {
            *byte = (index as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0];
        }
        let path = made(name, &format!("damaged {length} {name}"), |draft| fs::write(draft, &bytes).unwrap());
        let mut source = open(&path);
        let frames = all(&mut source);
        let (last, wanted) = (frames.last().unwrap(), expected.last().unwrap());
        assert!(frames.len() * 100 >= expected.len() * 70, "{name}: {} of {}", frames.len(), expected.len());
        assert!(frames.windows(2).all(|pair| pair[0].pts < pair[1].pts), "{name}");
        assert_eq!(hash(&last.data), hash(&wanted.data), "{name}: the last picture");
        if !name.ends_with("264") {
            assert_eq!(last.pts, wanted.pts, "{name}");
        }
    }
}

#[test]
fn size_and_format_may_change_in_mid_stream() {
    let part = |name: &str, size: &str, format: &str| {
        let coding = format!("-c:v libx264 -preset veryfast -bf 2 -pix_fmt {format}");
        fs::read(clip(name, &format!("{} {coding}", moving(size, "25", "0.8")))).unwrap()
    };
    let parts =
        [part("a.ts", "160x96", "yuv420p"), part("b.ts", "96x160", "yuv420p"), part("c.ts", "96x160", "yuv422p10le")];
    let path = made("changing.ts", "changing 1", |draft| fs::write(draft, parts.concat()).unwrap());
    let frames = all(&mut open(&path));
    assert!(frames.len() >= 58, "{}", frames.len());
    let mut shapes: Vec<_> = frames.iter().map(|frame| (frame.data.size, frame.data.format.depth)).collect();
    shapes.dedup();
    assert_eq!(shapes, [([160, 96], 8), ([96, 160], 8), ([96, 160], 10)]);
    // The clock begins anew with each part; film time goes on.
    assert!(frames.windows(2).all(|pair| pair[0].pts < pair[1].pts && pair[0].duration < Time::from_seconds(0.2)));
    let end = frames.last().unwrap().pts;
    assert!((2.2..2.6).contains(&end.seconds()), "{end}");
}

#[test]
fn colours_are_read_from_the_stream() {
    let source = moving("64x64", "5", "0.4");
    // As options for FFmpeg 5, and on the frames, where FFmpeg 7 takes them from.
    let tags = |primaries: &str, matrix: &str, transfer: &str| {
        format!(
            "-vf setparams=color_primaries={primaries}:colorspace={matrix}:color_trc={transfer} -color_primaries {primaries} -colorspace {matrix} -color_trc {transfer}"
        )
    };
    let hdr = |transfer: &str| {
        let tags = tags("bt2020", "bt2020nc", transfer);
        format!("{source} {tags} -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=error")
    };
    let display = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(40000000,50)";
    let pq = clip("pq.mkv", &format!("{}:{display}:max-cll=1200,400", hdr("smpte2084")));
    let mastered = clip("mastered.mp4", &format!("{}:{display}", hdr("smpte2084")));
    let hlg = clip("hlg.mkv", &hdr("arib-std-b67"));
    let sdr = tags("smpte170m", "smpte240m", "bt709").replace("-vf setparams=", "-vf setparams=range=pc:");
    let sdr = clip("sdr.mkv", &format!("{source} {sdr} -pix_fmt yuv420p -color_range pc -c:v libx264"));
    let colour = |path: &Path| {
        let mut source = open(path);
        let colour = source.next().unwrap().unwrap().data.colour;
        assert_eq!(source.info().colour, colour);
        assert!(all(&mut source).iter().all(|frame| frame.data.colour == colour), "the colour changes in {path:?}");
        colour
    };
    let pq = colour(&pq);
    assert_eq!((pq.matrix, pq.primaries, pq.transfer), (Matrix::Bt2020, Primaries::Bt2020, Transfer::Pq));
    assert_eq!((pq.peak, pq.range), (Some(1200.0), Range::Limited));
    assert_eq!(colour(&mastered).peak, Some(4000.0));
    let hlg = colour(&hlg);
    assert_eq!((hlg.transfer, hlg.primaries), (Transfer::Hlg, Primaries::Bt2020));
    let sdr = colour(&sdr);
    assert_eq!((sdr.matrix, sdr.primaries, sdr.transfer), (Matrix::Smpte240m, Primaries::Bt601Ntsc, Transfer::Sdr));
    assert_eq!((sdr.range, sdr.peak), (Range::Full, None));
}

#[test]
fn sample_aspects_come_from_the_container_or_the_stream() {
    let coding = "-vf setsar=16/11 -c:v libx264 -pix_fmt yuv420p";
    for name in ["wide.mp4", "wide.264", "wide.mkv"] {
        let path = clip(name, &format!("{} {coding}", moving("704x576", "5", "0.4")));
        let mut source = open(&path);
        assert_eq!(source.info().display_size, [1024, 576], "{name}");
        assert_eq!(source.next().unwrap().unwrap().data.sample_aspect, (16, 11), "{name}");
    }
    let over = clip(
        "over.mkv",
        &format!("{} {coding} -aspect 4:3 -bsf:v h264_metadata=sample_aspect_ratio=1/1", moving("720x576", "5", "0.4")),
    );
    assert_eq!(open(&over).info().sample_aspect, (16, 15));
}

#[test]
fn stills_of_all_kinds_are_one_picture() {
    let still = "-f lavfi -i testsrc2=size=64x64:rate=1:duration=1 -vf scale=67:51 -frames:v 1";
    for (name, more, depth) in [
        ("still.png", "-pix_fmt rgb24", 8),
        ("deep.png", "-pix_fmt rgb48be", 16),
        ("alpha.png", "-pix_fmt rgba", 8),
        ("pal.png", "-pix_fmt pal8", 8),
        ("still.bmp", "-pix_fmt bgr24", 8),
        ("still.tiff", "-pix_fmt rgb24", 8),
        ("deep.tiff", "-pix_fmt rgb48le", 16),
        ("still.tga", "-pix_fmt bgr24", 8),
        ("still.ppm", "-pix_fmt rgb24", 8),
        ("still.gif", "-pix_fmt pal8", 8),
        ("still.webp", "-c:v libwebp -lossless 1 -pix_fmt bgra", 8),
    ] {
        let path = clip(name, &format!("{still} {more}"));
        let mut source = open(&path);
        let info = source.info().clone();
        assert_eq!((info.is_still, info.size, info.duration, info.frame_rate), (true, [67, 51], None, None), "{name}");
        assert_eq!(info.colour, Colour::SRGB, "{name}");
        let frame = source.next().unwrap().unwrap();
        assert_eq!((frame.pts, frame.duration, frame.data.format.depth), (Time::ZERO, Time::ZERO, depth), "{name}");
        let theirs = reference(&path, if depth == 16 { "gbrp16le" } else { "gbrp" }, "");
        let worst = samples(&frame.data).iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
        // swscale's way from a palette is off by one here and there.
        assert!(worst <= Some(u8::from(name == "pal.png" || name == "still.gif")), "{name}: off by {worst:?}");
        assert!(source.next().unwrap().is_none(), "{name}");
        source.seek(Time::from_seconds(3.0), 4).unwrap();
        let again = source.next().unwrap().unwrap();
        assert_eq!((again.epoch, again.id, hash(&again.data)), (4, 0, hash(&frame.data)));
    }
    // Lossy ones are decoded by other code than FFmpeg's: near, not the same.
    let jpg = clip("still.jpg", &format!("{still} -pix_fmt yuvj444p -q:v 2"));
    let ours = samples(&open(&jpg).next().unwrap().unwrap().data);
    let theirs = reference(&jpg, "gbrp", "");
    let error: f64 = ours.iter().zip(&theirs).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    assert!(error / ours.len() as f64 <= 2.0, "jpg: mean square error {}", error / ours.len() as f64);
    // What moves is a film.
    let gif = clip("moving.gif", &moving("64x64", "5", "1"));
    let mut source = open(&gif);
    assert!(!source.info().is_still);
    assert_eq!(all(&mut source).len(), 5);
}

#[test]
fn exif_turns_stills() {
    let path = clip("plain.jpg", "-f lavfi -i testsrc2=size=64x48:rate=1:duration=1 -frames:v 1 -pix_fmt yuvj444p");
    let plain = fs::read(path).unwrap();
    for (value, orientation) in [(1, (false, 0)), (3, (false, 2)), (6, (false, 1)), (8, (false, 3)), (5, (true, 3))] {
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([value, 0, 0, 0, 0, 0, 0]);
        let mut bytes = plain[..2].to_vec();
        bytes.extend([0xff, 0xe1]);
        bytes.extend((exif.len() as u16 + 2).to_be_bytes());
        bytes.extend(&exif);
        bytes.extend(&plain[2..]);
        let path = made(&format!("exif{value}.jpg"), "exif", |draft| fs::write(draft, &bytes).unwrap());
        let source = open(&path);
        let (mirror, quarter_turns) = orientation;
        assert_eq!(source.info().orientation, Orientation { mirror, quarter_turns }, "EXIF {value}");
        assert_eq!(source.info().size, if quarter_turns % 2 == 1 { [48, 64] } else { [64, 48] });
    }
}

#[test]
fn pictures_made_to_fill_the_memory_are_refused() {
    let path = clip("small.png", "-f lavfi -i color=size=16x16:rate=1:duration=1 -frames:v 1");
    let mut bytes = fs::read(path).unwrap();
    for (side, value) in [(16, 60_000_u32), (20, 60_000)] {
        bytes[side..side + 4].copy_from_slice(&value.to_be_bytes());
    }
    // The checksum of the header, so that only the size is wrong.
    let mut crc = u32::MAX;
    for byte in &bytes[12..29] {
        crc ^= u32::from(*byte);
        (0..8).for_each(|_| crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 });
    }
    bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.png");
    fs::write(&path, &bytes).unwrap();
    let error = Source::open(&path, &SourceOptions::default()).err().unwrap();
    assert!(matches!(error, MediaError::TooLarge { width: 60_000, height: 60_000, .. }), "{error}");
}

#[test]
fn films_begin_where_they_are_told_to() {
    let path = clip("start.mkv", &format!("{} -c:v libx264 -g 50 -pix_fmt yuv420p", moving("64x64", "25", "4")));
    let first = |start: &str| {
        let options = SourceOptions { start: Some(start.parse().unwrap()), epoch: 7, ..Default::default() };
        let frame = Source::open(&path, &options).unwrap().next().unwrap().unwrap();
        assert_eq!((frame.id, frame.epoch), (0, 7));
        milliseconds(frame.pts)
    };
    assert_eq!([first("2.5"), first("-1"), first("25%"), first("0")].map(f64::round), [2480.0, 3000.0, 1000.0, 0.0]);
    let raw = clip("start.264", &format!("{} -c:v libx264 -pix_fmt yuv420p", moving("64x64", "25", "1")));
    let options = SourceOptions { start: Some(Position::Percent(50.0)), ..Default::default() };
    assert!(matches!(Source::open(raw, &options), Err(MediaError::UnknownDuration(_))));
}

/// A server on this machine: files by name, with ranges; `/stall` never answers, `/slow.mkv` stops in the middle.
struct Server {
    address: String,
    _thread: std::thread::JoinHandle<()>,
}

impl Server {
    fn start(files: Vec<(&'static str, Vec<u8>)>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let files = std::sync::Arc::new(files);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let files = std::sync::Arc::clone(&files);
                std::thread::spawn(move || drop(Self::answer(stream.unwrap(), &files)));
            }
        });
        Self { address, _thread: thread }
    }

    fn answer(mut stream: std::net::TcpStream, files: &[(&'static str, Vec<u8>)]) -> std::io::Result<()> {
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            request.push(byte[0]);
        }
        let request = String::from_utf8_lossy(&request).into_owned();
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        if path == "/stall" {
            std::thread::sleep(Duration::from_secs(60));
        }
        let Some((_, bytes)) = files.iter().find(|(name, _)| path == *name) else {
            return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        };
        let range = request.to_ascii_lowercase().split("range: bytes=").nth(1).map(str::to_owned);
        let from = range.and_then(|range| range.split('-').next()?.parse().ok()).unwrap_or(0_usize).min(bytes.len());
        let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nContent-Range: bytes {from}-{}/{}\r\nAccept-Ranges: bytes\r\nConnection: close\r\n\r\n",
            bytes.len() - from,
            bytes.len() - 1,
            bytes.len()
        )?;
        if path == "/slow.mkv" {
            stream.write_all(&bytes[from..bytes.len() / 2])?;
            std::thread::sleep(Duration::from_secs(60));
        }
        stream.write_all(&bytes[from..])
    }

    fn open(&self, path: &str, stop: &StopFlag) -> Result<Source, MediaError> {
        Source::open(format!("{}{path}", self.address), &SourceOptions { stop: stop.clone(), ..Default::default() })
    }
}

#[test]
fn films_come_over_http_and_hls() {
    let coding = "-c:v libx264 -preset veryfast -g 25 -pix_fmt yuv420p";
    let film = clip("net.mp4", &format!("{} {coding}", moving("160x96", "25", "3")));
    let mut files = vec![("/net.mp4", fs::read(&film).unwrap())];
    let recipe = format!("{} {coding} -f hls -hls_time 1 -hls_list_size 0", moving("160x96", "25", "3"));
    let folder = made("hls", &recipe, |draft| {
        fs::create_dir(draft).unwrap();
        ffmpeg(&recipe, &draft.join("list.m3u8"));
    });
    for name in ["/list.m3u8", "/list0.ts", "/list1.ts", "/list2.ts"] {
        files.push((name, fs::read(folder.join(&name[1..])).unwrap()));
    }
    files.push(("/page.html", b"<html>no film</html>".to_vec()));
    let server = Server::start(files);
    let expected: Vec<_> = all(&mut open(&film)).iter().map(|frame| (frame.pts, hash(&frame.data))).collect();
    let mut source = server.open("/net.mp4", &StopFlag::default()).unwrap();
    let seen = |source: &mut Source| all(source).iter().map(|f| (f.pts, hash(&f.data))).collect::<Vec<_>>();
    assert!(seen(&mut source) == expected);
    source.seek(expected[40].0, 1).unwrap();
    assert!(seen(&mut source) == expected[40..]);

    let mut source = server.open("/list.m3u8", &StopFlag::default()).unwrap();
    assert_eq!(source.info().container, "hls");
    assert_near(source.info().duration.unwrap(), 3000.0, "length");
    let played = seen(&mut source);
    assert_eq!(played.len(), 75);
    assert_near(played[74].0, 2960.0, "the last picture");
    source.seek(played[60].0, 1).unwrap();
    assert!(seen(&mut source) == played[60..]);

    let error = server.open("/none.mp4", &StopFlag::default()).err().unwrap().to_string();
    assert!(error.contains("404") && error.contains("check the address"), "{error}");
    let error = server.open("/page.html", &StopFlag::default()).err().unwrap().to_string();
    assert!(error.contains("no film or picture"), "{error}");
    let refused = Source::open("http://127.0.0.1:1/film.mp4", &SourceOptions::default()).err().unwrap();
    assert!(matches!(refused, MediaError::Network { .. }), "{refused}");
}

#[test]
fn stopping_ends_whatever_is_waited_for() {
    let film =
        clip("slow.mkv", &format!("{} -c:v libx264 -g 5 -pix_fmt yuv420p -b:v 4M", moving("320x240", "25", "4")));
    let server = Server::start(vec![("/slow.mkv", fs::read(film).unwrap())]);
    let stop_soon = |stop: &StopFlag| {
        let stop = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            stop.stop();
        });
    };
    let stop = StopFlag::default();
    stop_soon(&stop);
    let began = Instant::now();
    assert_eq!(server.open("/stall", &stop).err(), Some(MediaError::Stopped));
    assert!(began.elapsed() < Duration::from_secs(2), "opening: {:?}", began.elapsed());

    let stop = StopFlag::default();
    let mut source = server.open("/slow.mkv", &stop).unwrap();
    stop_soon(&stop);
    let began = Instant::now();
    let mut count = 0;
    let end = loop {
        match source.next() {
            Ok(Some(_)) => count += 1,
            other => break other.err(),
        }
    };
    assert_eq!(end, Some(MediaError::Stopped));
    assert!(count > 5 && began.elapsed() < Duration::from_secs(2), "reading: {count} in {:?}", began.elapsed());
    assert_eq!(server.open("/slow.mkv", &stop).err(), Some(MediaError::Stopped));
}

#[test]
fn ffmpeg_does_not_write_to_stderr() {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_corrupt_middle_is_skipped_and_the_film_goes_on", "--nocapture"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && !text.contains(" @ 0x"), "{text}");
}

/// A server of one live film: it takes UDP only, and lets ffmpeg send the packets.
fn rtsp_server() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("rtsp://{}/live", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut sender: Option<std::process::Child> = None;
        let mut port = String::new();
        let mut lines = std::io::BufReader::new(stream.try_clone().unwrap()).lines();
        loop {
            let request: Vec<String> =
                lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let Some(first) = request.first() else { break };
            let field = |name: &str| {
                let line = request.iter().find_map(|line| line.strip_prefix(name));
                line.map(|value| value.trim().to_owned()).unwrap_or_default()
            };
            let mut status = "200 OK";
            let (mut more, mut body) = (String::new(), "");
            match first.split(' ').next() {
                Some("DESCRIBE") => {
                    more = "Content-Type: application/sdp\r\n".to_owned();
                    body = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=live\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 0 RTP/AVP 32\r\na=control:track\r\n";
                }
                Some("SETUP") if field("Transport:").contains("TCP") => status = "461 Unsupported Transport",
                Some("SETUP") => {
                    let transport = field("Transport:");
                    let ports = transport.split("client_port=").nth(1).unwrap();
                    port = ports.split(['-', ';']).next().unwrap().to_owned();
                    more = format!("Transport: {transport};server_port=6970-6971\r\n");
                }
                Some("PLAY") => {
                    let arguments = format!("-re {} -c:v mpeg2video -g 5 -f rtp", moving("64x64", "25", "30"));
                    let run = Command::new("ffmpeg")
                        .args(["-nostdin", "-v", "quiet"])
                        .args(arguments.split_whitespace())
                        .arg(format!("rtp://127.0.0.1:{port}"))
                        .stdout(std::process::Stdio::null())
                        .spawn();
                    sender = Some(run.unwrap());
                }
                _ => {}
            }
            let length = body.len();
            let answer = format!(
                "RTSP/1.0 {status}\r\nCSeq: {}\r\nSession: 1\r\n{more}Content-Length: {length}\r\n\r\n{body}",
                field("CSeq:")
            );
            if (&stream).write_all(answer.as_bytes()).is_err() {
                break;
            }
        }
        if let Some(mut sender) = sender {
            sender.kill().unwrap();
            sender.wait().unwrap();
        }
    });
    address
}

#[test]
fn live_films_come_over_rtsp() {
    let stop = StopFlag::default();
    let options = SourceOptions { stop: stop.clone(), ..Default::default() };
    let mut source = Source::open(rtsp_server(), &options).unwrap();
    let info = source.info();
    assert_eq!((info.container.as_str(), info.size, info.duration), ("rtsp", [64, 64], None));
    let frames: Vec<_> = (0..20).map(|_| source.next().unwrap().unwrap()).collect();
    assert!(frames.windows(2).all(|pair| pair[0].pts < pair[1].pts));
    assert!(frames[0].pts < Time::from_seconds(2.0), "{}", frames[0].pts);
    assert!(matches!(source.seek(Time::ZERO, 1), Err(MediaError::CannotSeek(_))));
    stop.stop();
    assert_eq!(source.next().err(), Some(MediaError::Stopped));
}

#[test]
fn damage_anywhere_is_an_error_or_a_film_but_never_a_panic() {
    fn is_sent_between_threads<T: Send>() {}
    is_sent_between_threads::<Source>();
    is_sent_between_threads::<Frame<Picture>>();
    let folder = tempfile::tempdir().unwrap();
    let coding = "-c:v libx264 -preset veryfast -bf 2 -g 10 -pix_fmt yuv420p";
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for name in ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.264", "a.png", "a.gif", "a.tiff", "a.jpg", "a.webp"] {
        let still = name.ends_with("png") || name.ends_with("tiff") || name.ends_with("jpg") || name.ends_with("webp");
        let recipe = match name {
            _ if still => format!("{} -frames:v 1", moving("64x64", "25", "1")),
            "a.gif" => moving("64x64", "25", "0.4"),
            _ => format!("{} {coding}", moving("64x64", "25", "1")),
        };
        let whole = fs::read(clip(&format!("fuzz-{name}"), &recipe)).unwrap();
        for turn in 0..12 {
            let mut bytes = whole.clone();
            // Headers are where numbers are believed.
            let reach = if turn % 2 == 0 { bytes.len().min(1500) } else { bytes.len() };
            (0..1 + random(12)).for_each(|_| bytes[random(reach)] = random(256) as u8);
            if turn % 4 == 3 {
                bytes.truncate(1 + random(whole.len()));
            }
            let path = folder.path().join(format!("{turn}-{name}"));
            fs::write(&path, &bytes).unwrap();
            let began = Instant::now();
            if let Ok(mut source) = Source::open(&path, &SourceOptions::default()) {
                while let Ok(Some(frame)) = source.next()
                    && frame.id < 60
                {
                    samples(&frame.data);
                }
                let _ = source.seek(Time::from_seconds(0.5), 1);
                let _ = source.next();
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{name} {turn}: {:?}", began.elapsed());
        }
    }
}
