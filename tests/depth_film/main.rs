//! Films of depth: what was saved plays as it was computed, at every place of the film, beside its own film only; what is damaged is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/program.rs"]
mod program;
mod reading;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use deep3d::frame::Range;
use deep3d::media::encode::{GreyCodec, GreyEncoder, GreyOptions};
use deep3d::media::{Source, SourceOptions};
use deep3d::time::Time;
use program::{deep3d, run, text};
use tempfile::TempDir;

const CLIP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bigbuckbunny.mp4");
const BIKES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bikes.mp4");

fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stderr)
}

/// One sentence with `words` on stderr, in good time.
fn refuse(arguments: &[&str], code: i32, words: &[&str]) {
    let began = Instant::now();
    let output = run(arguments);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    assert!(!stderr.contains("panicked") && began.elapsed() < Duration::from_secs(60), "{arguments:?}: {stderr}");
    words.iter().for_each(|word| assert!(stderr.contains(word), "{arguments:?} does not say '{word}': {stderr}"));
    assert!(code == 2 || stderr.lines().count() == 1, "{arguments:?}: {stderr}");
}

fn ffmpeg(arguments: &str, output: &str) {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y"]).args(arguments.split_whitespace()).arg(output);
    let done = command.output().expect("ffmpeg makes the test clips: ./x setup test");
    assert!(done.status.success(), "ffmpeg {arguments}: {}", text(&done.stderr));
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    fn names(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
        let mut names: Vec<_> = fs::read_dir(self.0.path()).unwrap().map(name).collect();
        names.sort();
        names
    }

    /// `count` pictures of the bunny, 320×180, and sound.
    fn bunny(&self, name: &str, count: u32, filter: &str) -> String {
        let file = self.path(name);
        let options = format!(
            "-ss 1 -i {CLIP} -f lavfi -i sine=duration={} -map 0:v -map 1:a -frames:v {count} -vf scale=320:180{filter} \
             -c:v libx264 -crf 12 -g 8 -c:a aac -shortest",
            f64::from(count) / 25.0
        );
        ffmpeg(&options, &file);
        file
    }
}

/// A film of grey whose picture `n` is all of code `grey(n)` but for its left quarter, which is white; without `grey` it is left out.
fn grey_film(path: &str, count: u32, rate: i32, begin: Time, grey: impl Fn(u32) -> Option<u16>) {
    let options = GreyOptions {
        size: [64, 36],
        sample_aspect: (1, 1),
        codec: GreyCodec::Ffv1,
        frame_rate: Some((rate, 1)),
        time_base: (1, 1000),
        tags: Vec::new(),
    };
    let mut writer = GreyEncoder::create(path.as_ref(), options, true).unwrap();
    for number in 0..count {
        let Some(code) = grey(number) else { continue };
        let samples: Vec<u16> = (0..64 * 36).map(|at| if at % 64 < 16 { 1023 } else { code }).collect();
        let pts = begin + Time::from_ticks(i64::from(number), 1, rate);
        writer.write(&samples, pts, Time::from_ticks(1, 1, rate)).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn grey_comes_back_as_it_was() {
    let folder = Folder::new();
    for (codec, most) in [(GreyCodec::Ffv1, 0.0), (GreyCodec::Hevc, 2.0)] {
        let path = folder.path(&format!("{}.mkv", codec.name()));
        let size = [176, 100];
        let options = GreyOptions {
            size,
            sample_aspect: (100, 99),
            codec,
            frame_rate: None,
            time_base: (1, 24_000),
            tags: vec![("DEEP3D_DEPTH", "7".to_owned())],
        };
        // Every code there is, in slopes, and another order in each picture.
        let code = |number: usize, at: usize| ((at % 176 * 6 + at / 176 * 3 + number * 100) % 2047) as i32;
        let picture =
            |number| -> Vec<u16> { (0..176 * 100).map(|at| (1023 - (code(number, at) - 1023).abs()) as u16).collect() };
        let mut writer = GreyEncoder::create(path.as_ref(), options, false).unwrap();
        let time = |number: i64| Time::from_ticks(number * 1001, 1, 24_000) + Time::from_seconds(60.0);
        for number in 0..5 {
            writer.write(&picture(number), time(number as i64), Time::from_ticks(1001, 1, 24_000)).unwrap();
        }
        assert_eq!(folder.names().len(), 1 + usize::from(codec == GreyCodec::Hevc), "it lies beside until it is whole");
        assert!(!Path::new(&path).exists());
        writer.finish().unwrap();
        let mut source = Source::open(&path, &SourceOptions::default()).unwrap();
        assert_eq!((source.tag("deep3d_depth").as_deref(), source.tag("other")), (Some("7"), None));
        assert_eq!(source.info().sample_aspect, (100, 99));
        let start = source.info().start_offset;
        for number in 0..5 {
            let frame = source.next().unwrap().expect("five pictures");
            let late = (frame.pts + start - time(number as i64)).seconds().abs();
            assert!(late <= 0.0006, "{codec:?}: picture {number} is {late} s off");
            assert_eq!((frame.data.shape.format.depth, frame.data.shape.colour.range), (10, Range::Full), "{codec:?}");
            let (bytes, stride) = frame.data.planes.plane(0);
            let wanted = picture(number);
            let errors = wanted.iter().enumerate().map(|(at, wanted)| {
                let place = at / 176 * stride + at % 176 * 2;
                f64::from(u16::from_le_bytes([bytes[place], bytes[place + 1]]).abs_diff(*wanted))
            });
            let error = errors.sum::<f64>() / wanted.len() as f64;
            assert!(error <= most, "{codec:?}: mean error {error}");
        }
        assert!(source.next().unwrap().is_none());
    }
}

/// Of two films, over all their pictures.
fn psnr(a: &str, b: &str) -> f64 {
    let arguments = ["-nostdin", "-hide_banner", "-i", a, "-i", b, "-lavfi", "psnr", "-f", "null", "-"];
    let output = Command::new("ffmpeg").args(arguments).output().unwrap();
    let stderr = text(&output.stderr);
    let average = stderr.split("average:").nth(1).and_then(|rest| rest.split_whitespace().next());
    match average.unwrap_or_else(|| panic!("{stderr}")) {
        "inf" => 99.0,
        number => number.parse().unwrap(),
    }
}

#[test]
fn what_was_saved_plays_as_it_was_computed() {
    let folder = Folder::new();
    for (name, filter, codec, least) in [
        ("bunny.mp4", "", "ffv1", 47.0),
        ("small.mp4", "", "hevc", 45.0),
        // The depth of what lies between is kept at the whole picture's size.
        ("bars.mp4", ",crop=320:140,pad=320:180:0:20", "ffv1", 42.0),
    ] {
        let film = folder.bunny(name, 16, filter);
        let [depth, direct, kept, flat] =
            ["depth", "direct", "kept", "flat"].map(|what| folder.path(&format!("{name}.{what}.mkv")));
        let save = ["--save-depth", &depth, "--depth-codec", codec];
        succeed(&[&["convert", &film, "-o", &direct, "--crf", "0"], &save[..]].concat());
        let said = succeed(&["convert", &film, "-o", &kept, "--crf", "0", "--depth", &depth]);
        assert!(!said.contains("depth ends"), "{said}");
        succeed(&["convert", &film, "-o", &flat, "--crf", "0", "--depth", &depth, "--strength", "0"]);
        let (same, none) = (psnr(&direct, &kept), psnr(&direct, &flat));
        assert!(same >= least && none < same - 10.0, "{name}: {same} dB as it was computed, {none} dB without depth");
        // Alone, it is the same film of depth.
        let alone = folder.path(&format!("{name}.alone.mkv"));
        succeed(&["convert", &film, "--save-depth", &alone, "--depth-codec", codec]);
        assert_eq!(psnr(&depth, &alone), 99.0, "{name}");
    }
}

#[test]
fn a_film_is_known_in_another_container_and_coding_and_no_other_is() {
    let folder = Folder::new();
    let film = folder.bunny("film.mp4", 32, "");
    let depth = folder.path("depth.mkv");
    succeed(&["convert", &film, "--save-depth", &depth, "--network-size", "64x64"]);
    let out = folder.path("out.mkv");
    let convert = |film: &str, more: &[&str]| {
        let start = ["convert", film, "-o", &out, "--force", "--end", "0.2", "--depth", &depth];
        [&start[..], more].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let ok = |film: &str, more: &[&str]| {
        let arguments = convert(film, more);
        succeed(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    };
    let no = |film: &str, more: &[&str], words: &[&str]| {
        let arguments = convert(film, more);
        refuse(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), 1, words);
    };
    for (name, how) in [
        ("remuxed.mkv", "-c copy"),
        ("remuxed.ts", "-c copy"),
        ("coded.mkv", "-c:v mpeg2video -q:v 4 -c:a copy"),
        ("smaller.mp4", "-vf scale=160:90 -c:v libx264"),
    ] {
        let other = folder.path(name);
        ffmpeg(&format!("-i {film} {how}"), &other);
        ok(&other, &[]);
    }
    let bikes = folder.path("bikes.mp4");
    ffmpeg(
        &format!(
            "-i {BIKES} -i {film} -map 0:v -map 1:a -frames:v 32 -vf scale=320:180,setsar=1,setpts=N/25/TB -r 25 -c:v libx264"
        ),
        &bikes,
    );
    no(&bikes, &[], &["depth.mkv", "other pictures", "--depth-anyway"]);
    ok(&bikes, &["--depth-anyway"]);
    let longer = folder.bunny("longer.mp4", 80, "");
    no(&longer, &[], &["depth.mkv", "film of", "belongs"]);
    no(&longer, &["--depth-anyway"], &["belongs"]);
    let square = folder.bunny("square.mp4", 32, ",crop=180:180");
    no(&square, &["--depth-anyway"], &["shape", "180×180"]);
    assert!(!folder.names().iter().any(|name| name.contains(".part")), "{:?}", folder.names());
}

#[test]
fn damaged_and_absurd_films_of_depth_get_a_sentence() {
    let folder = Folder::new();
    let film = folder.bunny("film.mp4", 80, "");
    let depth = folder.path("depth.mkv");
    succeed(&["convert", &film, "--save-depth", &depth, "--network-size", "64x64"]);
    let tagged = |name: &str, tag: &str| {
        let path = folder.path(name);
        ffmpeg(&format!("-i {depth} -c copy -metadata {tag}"), &path);
        path
    };
    let bytes = fs::read(&depth).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        fs::write(folder.path(name), bytes).unwrap();
        folder.path(name)
    };
    let sound = folder.path("sound.mka");
    ffmpeg("-f lavfi -i sine=duration=1", &sound);
    let hand = folder.path("hand.mkv");
    ffmpeg("-f lavfi -i testsrc2=size=320x180:rate=25:duration=1 -c:v ffv1 -pix_fmt gray", &hand);
    let thin = folder.path("thin.mkv");
    ffmpeg("-f lavfi -i testsrc2=size=320x20:rate=25:duration=3.2 -c:v ffv1 -pix_fmt gray", &thin);
    for (path, word) in [
        (folder.path("none.mkv"), "no such file"),
        (write("empty.mkv", b""), "empty"),
        (write("text.mkv", b"This is no film.\n".repeat(60).as_slice()), "text"),
        (write("half.mkv", &bytes[..bytes.len() / 2]), "cut short"),
        (write("head.mkv", &bytes[..600]), "head.mkv"),
        (sound, "no video"),
        (hand, "--depth-anyway"),
        (thin, "shape"),
        (tagged("nan.mkv", "DEEP3D_DEPTH_NEAR=NaN"), "DEEP3D_DEPTH_NEAR"),
        (tagged("turned.mkv", "DEEP3D_DEPTH_NEAR=5"), "DEEP3D_DEPTH_FAR"),
        (tagged("huge.mkv", "DEEP3D_DEPTH_FAR=1e38"), "DEEP3D_DEPTH_FAR"),
        (tagged("flat.mkv", "DEEP3D_DEPTH_FLAT=-1"), "DEEP3D_DEPTH_FLAT"),
        (tagged("version.mkv", "DEEP3D_DEPTH=99"), "version 99"),
        (tagged("source.mkv", "DEEP3D_SOURCE=ababab"), "DEEP3D_SOURCE"),
    ] {
        let out = folder.path("out.mkv");
        refuse(&["convert", &film, "-o", &out, "--depth", &path], 1, &[word]);
        assert!(!Path::new(&out).exists(), "{path}");
    }
    refuse(&["play", "--sink", "null", &film, "--depth", &folder.path("nan.mkv")], 1, &["DEEP3D_DEPTH_NEAR"]);
    refuse(&["bench", &film, "--depth", &folder.path("half.mkv")], 1, &["cut short"]);
    // A hole in the middle is passed over.
    let mut hole = bytes;
    let middle = hole.len() / 2;
    hole[middle..middle + 3000].fill(0x55);
    let out = folder.path("out.mkv");
    succeed(&["convert", &film, "-o", &out, "--depth", &write("hole.mkv", &hole)]);
}

#[test]
fn what_does_not_go_together_is_wrong_usage() {
    let folder = Folder::new();
    let [out, depth, other, many] = ["out.mkv", "depth.mkv", "other.mp4", "many/"].map(|name| folder.path(name));
    for (arguments, word) in [
        (vec!["convert", CLIP], "--output"),
        (vec!["convert", CLIP, "--save-depth", &other], ".mkv"),
        (vec!["convert", CLIP, BIKES, "--save-depth", &depth], "one by one"),
        (vec!["convert", CLIP, "-o", &out, "--save-depth", &out], "two names"),
        (vec!["convert", CLIP, "-o", &out, "--save-depth", &out, "--depth", &depth], "--depth"),
        (vec!["convert", CLIP, BIKES, "-o", &many, "--depth", &depth], "one by one"),
        (vec!["convert", CLIP, "-o", &out, "--depth-anyway"], "--depth"),
        (vec!["convert", CLIP, "-o", &out, "--depth-codec", "hevc"], "--save-depth"),
        (vec!["convert", CLIP, "-o", &out, "--depth", &depth, "--layout", "layers"], "layers"),
        (vec!["convert", CLIP, "-o", &out, "--depth", &depth, "--weights", "x"], "--weights"),
        (vec!["convert", CLIP, "-o", &out, "--depth", &depth, "--raw"], "--raw"),
        (vec!["play", CLIP, BIKES, "--depth", &depth], "one by one"),
        (vec!["play", CLIP, "--save-depth", &depth], "--save-depth"),
        (vec!["bench", "--depth", &depth], "film"),
    ] {
        refuse(&arguments, 2, &[word]);
    }
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn a_film_of_depth_is_whole_or_not_there() {
    let folder = Folder::new();
    let film = folder.bunny("film.mp4", 16, "");
    let depth = folder.path("depth.mkv");
    let exists = folder.path("exists.mkv");
    fs::write(&exists, "mine").unwrap();
    refuse(&["convert", &film, "--save-depth", &exists], 1, &["--force"]);
    refuse(&["convert", &film, "--save-depth", &folder.path("no/depth.mkv")], 1, &["no folder"]);
    assert_eq!(fs::read(&exists).unwrap(), b"mine");
    // Files may not grow beyond 8 KiB.
    let program = env!("CARGO_BIN_EXE_deep3d");
    let limited = format!("ulimit -f 8; exec '{program}' convert '{film}' --save-depth '{depth}'");
    let output = Command::new("bash").args(["-c", &limited]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("depth.mkv"), "{}", text(&output.stderr));
    // Ctrl-C.
    let mut child = deep3d().args(["convert", CLIP, "--save-depth", &depth]).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while folder.names().len() == 2 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    let killed = Command::new("bash").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(folder.names(), ["exists.mkv", "film.mp4"]);
}

/// Mean of the left and of the right third of a 16-bit picture of depth.
fn sides(path: &str) -> [f64; 2] {
    let depth = image::open(path).unwrap().into_luma16();
    let (width, third) = (depth.width(), depth.width() / 3);
    let mean = |from: u32| {
        let part = depth.enumerate_pixels().filter(|(x, ..)| (from..from + third).contains(x));
        let (sum, count) =
            part.fold((0.0, 0.0), |(sum, count), (_, _, value)| (sum + f64::from(value.0[0]), count + 1.0));
        sum / count
    };
    [mean(0), mean(width - third)]
}

#[test]
fn hand_made_depth_is_brighter_where_it_is_nearer() {
    let folder = Folder::new();
    let photo = folder.path("photo.png");
    ffmpeg(&format!("-ss 2 -i {CLIP} -frames:v 1 -vf scale=320:180"), &photo);
    let film = folder.bunny("film.mp4", 8, "");
    let ramp = |name: &str, format: &str, options: &str| {
        let path = folder.path(name);
        let filter = format!("format={format},geq=lum=X/W*(pow(2\\,{})-1)", if format == "gray" { 8 } else { 16 });
        ffmpeg(&format!("-f lavfi -i color=black:s=160x90:r=25:d=0.32 -vf {filter} {options}"), &path);
        path
    };
    let out = folder.path("out.png");
    for (film, depth) in [
        (&photo, ramp("eight.png", "gray", "-frames:v 1")),
        (&photo, ramp("sixteen.png", "gray16le", "-frames:v 1 -pix_fmt gray16be")),
        (&photo, ramp("picture.jpg", "gray", "-frames:v 1 -q:v 2")),
        (&film, ramp("ramp.mkv", "gray", "-c:v ffv1")),
        // What most programs write: limited range, 8 bits, with colours.
        (&film, ramp("ramp.mp4", "gray", "-c:v libx264 -pix_fmt yuv420p")),
        (&film, ramp("ten.mov", "gray16le", "-c:v prores_ks -pix_fmt yuv422p10le")),
    ] {
        let settings = ["--strength", "1.5", "--convergence", "0.5", "--layout", "depth"];
        succeed(&[&["convert", film, "-o", &out, "--force", "--depth", &depth], &settings[..]].concat());
        let [left, right] = sides(&out);
        // A shot's range is 1.5 % of parallax, 3277 steps for each; thirds of a ramp are two thirds of it apart.
        assert!((2300.0..3900.0).contains(&(right - left)), "{depth}: {left} at the left, {right} at the right");
    }
}

#[test]
fn no_network_runs() {
    let folder = Folder::new();
    let film = folder.bunny("film.mp4", 16, "");
    let depth = folder.path("depth.mkv");
    succeed(&["convert", &film, "--save-depth", &depth]);
    let report = |more: &[&str]| -> serde_json::Value {
        let start = ["bench", &film, "--frames", "10", "--warm-up", "2", "--json"];
        let output = run(&[&start[..], more].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let (kept, computed) = (report(&["--depth", &depth]), report(&[]));
    assert_eq!((&kept["network"]["name"], &computed["network"]["name"]), (&"depth film".into(), &"deep3d".into()));
    assert_eq!(kept["network"]["disparity_size"], computed["network"]["disparity_size"]);
    let memory = |report: &serde_json::Value| report["peak_gpu_memory"].as_f64().unwrap();
    assert!(memory(&kept) < memory(&computed) / 2.0, "weights take no memory");
    for stage in kept["stages"].as_array().unwrap() {
        // Motion is looked for all the same: comfort asks for it.
        assert_eq!(stage["samples"].as_array().unwrap().is_empty(), stage["name"] == "network", "{stage}");
    }
    let rate = |report: &serde_json::Value| report["frames_per_second"].as_f64().unwrap();
    assert!(rate(&kept) > 2.0 * rate(&computed), "{} and {} pictures a second", rate(&kept), rate(&computed));
    // The player, to its end.
    assert!(succeed(&["play", "--quality", "full", "--sink", "null", &film, "--depth", &depth]).is_empty());
}
