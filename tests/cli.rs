//! The program from outside: what users type, what they get back, and what is left on the disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use deep3d::sink::layout::Layout;
use image::AnimationDecoder;
use program::{deep3d, run, text};
use tempfile::TempDir;

const CLIP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bigbuckbunny.mp4");
const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/deep3d.safetensors");

fn ffmpeg(arguments: &[&str]) {
    let output = Command::new("ffmpeg").args(["-v", "error", "-y"]).args(arguments).output();
    let output = output.expect("ffmpeg makes the test clips: apt install ffmpeg");
    assert!(output.status.success(), "ffmpeg {arguments:?}: {}", text(&output.stderr));
}

/// A small film with sound: a textured square over a moving background.
fn small_clip(folder: &Path, name: &str, extra: &[&str]) -> String {
    let path = folder.join(name).to_string_lossy().into_owned();
    let mut arguments =
        vec!["-f", "lavfi", "-i", "testsrc2=size=192x108:rate=12:duration=1", "-f", "lavfi", "-i", "sine=duration=1"];
    arguments.extend(["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "4", "-c:a", "aac", "-shortest"]);
    arguments.extend(extra);
    arguments.push(&path);
    ffmpeg(&arguments);
    path
}

/// What lies in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

/// One clear sentence on stderr, nothing on stdout.
fn assert_refused(output: &Output, code: i32, words: &[&str], what: &str) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{what}: {stderr}");
    assert!(!stderr.contains("panicked"), "{what}: {stderr}");
    for word in words {
        assert!(stderr.to_lowercase().contains(&word.to_lowercase()), "{what} does not say '{word}': {stderr}");
    }
    if code == 1 {
        assert_eq!(stderr.lines().count(), 1, "{what}: {stderr}");
    }
    assert!(output.stdout.is_empty(), "{what}");
}

#[test]
fn bad_input_gets_a_sentence_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let out = TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_string_lossy().into_owned()
    };
    let clip = fs::read(CLIP).unwrap();
    let sound = folder.path().join("sound.m4a").to_string_lossy().into_owned();
    ffmpeg(&["-f", "lavfi", "-i", "sine=duration=0.2", &sound]);
    let cases = [
        ("a missing file", folder.path().join("none.mkv").to_string_lossy().into_owned(), "none.mkv"),
        // The names say nothing of what is wrong, so that the sentence has to.
        ("a folder", folder.path().to_string_lossy().into_owned(), "is a folder"),
        ("an empty file", write("a.mp4", b""), "is empty"),
        ("a truncated file", write("b.mp4", &clip[..clip.len() / 3]), "cut short"),
        ("a text file", write("c.mp4", b"This is not a film.\n".repeat(50).as_slice()), "is text"),
        ("sound alone", sound, "no video track"),
    ];
    for (what, input, word) in &cases {
        let output = out.path().join("out.mp4");
        let output = run(&["convert", input, "-o", &output.to_string_lossy()]);
        assert_refused(&output, 1, &[word], what);
    }
    assert!(names(out.path()).is_empty(), "{:?}", names(out.path()));
    // The player says the same.
    assert_refused(&run(&["play", "--sink", "null", &cases[0].1]), 1, &["none.mkv"], "playing a missing file");
    assert_refused(&run(&["bench", &cases[4].1]), 1, &["c.mp4"], "measuring a text file");
}

#[test]
fn wrong_usage_exits_with_2() {
    let out = TempDir::new().unwrap();
    let path = |name: &str| out.path().join(name).to_string_lossy().into_owned();
    let (mp4, gif, png, none) = (path("o.mp4"), path("o.gif"), path("o.png"), path("o"));
    for (arguments, word) in [
        (vec!["play", "--layout", "sideways", CLIP], "sideways"),
        (vec!["convert", CLIP, "-o", &mp4, "--layout", "wiggle"], "gif"),
        (vec!["convert", CLIP, "-o", &gif], "wiggle"),
        (vec!["convert", CLIP, "-o", &none], "extension"),
        (vec!["convert", CLIP, "-o", &mp4, "--crf", "99"], "crf"),
        (vec!["convert", CLIP, "-o", &mp4, "--codec", "mpeg2"], "mpeg2"),
        (vec!["convert", CLIP, "-o", &mp4, "--strength", "90"], "strength"),
        (vec!["convert", CLIP, "-o", &mp4, "--convergence", "2"], "convergence"),
        (vec!["convert", CLIP, "-o", &mp4, "--start", "noon"], "noon"),
        (vec!["convert", CLIP, "-o", &mp4, "--render", "selection"], "deep3d-2016"),
        (vec!["convert", CLIP, "-o", &mp4, "--network", "deep3d-2016"], "--weights"),
        (vec!["play", "--sink", "vr", "--vr-width", "0", CLIP], "width"),
        (vec!["test-pattern", "--layout", "wiggle", "-o", &png], "gif"),
        (vec!["convert", CLIP, "-o", &mp4, "--vid", "no"], "no pictures"),
        (vec!["play", "--frobnicate", CLIP], "--frobnicate"),
        (vec!["play", "--mute=perhaps", CLIP], "perhaps"),
    ] {
        assert_refused(&run(&arguments), 2, &[word], &arguments.join(" "));
    }
    assert!(names(out.path()).is_empty());
}

#[test]
fn missing_drivers_displays_and_gpus_are_named_with_the_cure() {
    let out = TempDir::new().unwrap();
    let png = out.path().join("o.png").to_string_lossy().into_owned();
    let no_driver = deep3d()
        .env_remove("DEEP3D_VALIDATION")
        .env("VK_DRIVER_FILES", "/nonexistent.json")
        .env("VK_ICD_FILENAMES", "/nonexistent.json")
        .args(["convert", CLIP, "-o", &png])
        .output()
        .unwrap();
    assert_refused(&no_driver, 1, &["Vulkan", "driver"], "no driver");
    assert_refused(&run(&["convert", CLIP, "-o", &png, "--gpu", "voodoo"]), 1, &["voodoo"], "an unknown GPU");
    assert_refused(&run(&["play", CLIP]), 1, &["display", "--sink null"], "no display");
    let no_headset =
        deep3d().env("XR_RUNTIME_JSON", "/nonexistent.json").args(["play", "--sink", "vr", CLIP]).output().unwrap();
    assert_refused(&no_headset, 1, &["OpenXR", "runtime"], "no headset");
    let doctor = deep3d()
        .env("VK_DRIVER_FILES", "/nonexistent.json")
        .env("VK_ICD_FILENAMES", "/nonexistent.json")
        .arg("doctor")
        .output()
        .unwrap();
    assert_eq!(doctor.status.code(), Some(1));
    assert!(text(&doctor.stdout).contains("FATAL"));
    assert!(names(out.path()).is_empty());
}

#[test]
fn doctor_lists_what_there_is() {
    let output = run(&["doctor"]);
    let stdout = text(&output.stdout);
    assert!(output.status.success(), "{stdout}");
    for word in ["GPU", "Vulkan 1.3", "queue", "FFmpeg", "display", "OpenXR"] {
        assert!(stdout.contains(word), "{word} is missing:\n{stdout}");
    }
}

#[test]
fn broken_weights_are_refused() {
    let folder = TempDir::new().unwrap();
    let whole = fs::read(WEIGHTS).unwrap();
    let file = folder.path().join("w.safetensors");
    let out = folder.path().join("o.png").to_string_lossy().into_owned();
    let mut claimed = whole.clone();
    claimed[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut shape = whole.clone();
    let at = shape.windows(8).position(|bytes| bytes == b"\"shape\":").unwrap();
    let digit = at + shape[at..].iter().position(u8::is_ascii_digit).unwrap();
    shape[digit] = if shape[digit] == b'9' { b'8' } else { b'9' };
    for (what, bytes) in [
        ("nothing", &[][..]),
        ("a header alone", &whole[..9]),
        ("half of it", &whole[..whole.len() / 2]),
        ("all but a byte", &whole[..whole.len() - 1]),
        ("a huge claim", &claimed),
        ("another shape", &shape),
    ] {
        fs::write(&file, bytes).unwrap();
        let output = run(&["convert", CLIP, "-o", &out, "--weights", &file.to_string_lossy()]);
        assert_refused(&output, 1, &["w.safetensors"], what);
        let output = run(&["weights", "inspect", &file.to_string_lossy()]);
        assert_refused(&output, 1, &["w.safetensors"], what);
    }
    let inspected = run(&["weights", "inspect", WEIGHTS]);
    let stdout = text(&inspected.stdout);
    assert!(inspected.status.success() && stdout.contains("network: deep3d") && stdout.contains("licence"), "{stdout}");
}

/// Width, height and codec of the first video stream, and the number of its frames.
fn probe(path: &str) -> (u32, u32, String, u32) {
    let arguments = ["-v", "error", "-count_frames", "-select_streams", "v:0", "-of", "csv=p=0"];
    let entries = ["-show_entries", "stream=codec_name,width,height,nb_read_frames"];
    let output = Command::new("ffprobe").args(arguments).args(entries).arg(path).output().unwrap();
    let stdout = text(&output.stdout);
    let fields: Vec<_> = stdout.trim().split(',').collect();
    (fields[1].parse().unwrap(), fields[2].parse().unwrap(), fields[0].to_owned(), fields[3].parse().unwrap())
}

#[test]
fn a_film_becomes_a_film_and_nothing_is_overwritten() {
    let folder = TempDir::new().unwrap();
    let clip = small_clip(folder.path(), "clip.mp4", &[]);
    let out = folder.path().join("clip_LR.mkv").to_string_lossy().into_owned();
    let arguments = ["convert", clip.as_str(), "-o", out.as_str(), "--end", "0.5"];
    let output = run(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).trim(), out);
    assert_eq!(probe(&out), (384, 108, "h264".to_owned(), 6));
    let before = fs::read(&out).unwrap();
    assert_refused(&run(&arguments), 1, &["--force"], "overwriting");
    assert_eq!(fs::read(&out).unwrap(), before);
    assert_eq!(names(folder.path()), ["clip.mp4", "clip_LR.mkv"]);
}

#[test]
fn a_report_says_how_comfortable_a_film_is() {
    let folder = TempDir::new().unwrap();
    let clip = small_clip(folder.path(), "clip.mp4", &["-t", "0.5"]);
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    // On a screen 10 m wide parallax behind it may be 0.63 %, of 3 % that are asked for.
    let wanted = ["--strength", "3", "--convergence", "1", "--screen-width", "10", "--screen-distance", "10"];
    let (film, report) = (path("o.mp4"), path("report.json"));
    let output = run(&[&["convert", &clip, "-o", &film, "--report", &report], &wanted[..]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("outside of -1.00 to +0.63 %"), "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    assert_eq!(report["files"][0]["output"], film.as_str());
    let comfort = &report["files"][0]["comfort"];
    assert!(comfort["frames"].as_u64().unwrap() > 3 && comfort["seconds"].as_f64().unwrap() > 0.3, "{comfort}");
    assert_eq!(comfort["seconds_outside"], 0.0);
    let far = comfort["parallax"][2].as_f64().unwrap();
    assert!((0.3..0.64).contains(&far), "the limit behind holds, and there is depth: {far}");
    assert!((comfort["limits_degrees"][1].as_f64().unwrap() - 0.361).abs() < 0.01, "{comfort}");
    let parts = comfort["histogram"].as_array().unwrap().iter().map(|class| class[1].as_f64().unwrap());
    assert!((parts.sum::<f64>() - 1.0).abs() < 1e-3);
    // In silence, too, and nothing on stderr then.
    let output = run(&["-q", "convert", &clip, "-o", &path("p.mp4")]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn the_left_eye_is_the_film_when_it_is_the_source() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (ours, theirs) = (path("ours.png"), path("theirs.png"));
    let output = run(&["convert", CLIP, "-o", &ours, "--layout", "left", "--source-eye", "left", "--start", "2"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    // The clip does not say its matrix; a picture of this size is taken for BT.709, which FFmpeg has to be told.
    let scale = "scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int+bilinear";
    ffmpeg(&["-ss", "2", "-i", CLIP, "-frames:v", "1", "-vf", scale, &theirs]);
    let open = |path: &str| image::open(path).unwrap().to_rgb8();
    let (ours, theirs) = (open(&ours), open(&theirs));
    assert_eq!(ours.dimensions(), theirs.dimensions());
    let square = |(a, b): (&u8, &u8)| (f64::from(*a) - f64::from(*b)).powi(2);
    let error = ours.iter().zip(theirs.iter()).map(square).sum::<f64>() / ours.len() as f64;
    let psnr = 10.0 * (255.0f64.powi(2) / error.max(1e-9)).log10();
    assert!(psnr >= 45.0, "{psnr:.1} dB");
}

#[test]
fn pictures_become_pictures_in_every_kind() {
    let folder = TempDir::new().unwrap();
    let photo = folder.path().join("photo.png").to_string_lossy().into_owned();
    ffmpeg(&["-ss", "2", "-i", CLIP, "-frames:v", "1", "-vf", "scale=320:180", &photo]);
    for (layout, extension, size) in [
        ("sbs", "png", [640, 180]),
        ("half-tab", "jpg", [320, 180]),
        ("anaglyph", "webp", [320, 180]),
        ("depth", "png", [320, 180]),
        ("layers", "png", [320 + 4 * 107, 180]),
        ("wiggle", "gif", [320, 180]),
    ] {
        let out = folder.path().join(format!("{layout}.{extension}"));
        let output = run(&["convert", &photo, "-o", &out.to_string_lossy(), "--layout", layout]);
        assert!(output.status.success(), "{layout}: {}", text(&output.stderr));
        let image = image::open(&out).unwrap();
        assert_eq!([image.width(), image.height()], size, "{layout}");
        if layout == "depth" {
            let deep = image.as_luma16().expect("depth has 16 bits");
            let (low, high) = deep.iter().fold((u16::MAX, 0), |(low, high), v| (low.min(*v), high.max(*v)));
            // 1.5 % of parallax are 4915 steps.
            assert!(high - low > 2000, "the depth is flat: {low}..{high}");
        }
        if layout == "wiggle" {
            let pictures = image::codecs::gif::GifDecoder::new(BufReader::new(fs::File::open(&out).unwrap())).unwrap();
            let pictures = pictures.into_frames().collect_frames().unwrap();
            assert!(pictures.len() == 2 && pictures[0].buffer() != pictures[1].buffer());
        }
        if layout == "layers" {
            // The planes of a pixel are shares of one: over the twelve pictures they sum to white.
            let rgb = image.to_rgb8();
            let sum: u32 =
                (0..12).map(|n| u32::from(rgb.get_pixel(320 + n % 4 * 107 + 50, n / 4 * 60 + 30).0[0])).sum();
            assert!((235..=275).contains(&sum), "{sum}");
        }
    }
}

#[test]
fn many_inputs_go_into_a_folder_with_names_that_players_read() {
    let folder = TempDir::new().unwrap();
    let clip = small_clip(folder.path(), "clip.mp4", &["-t", "0.2"]);
    let photo = folder.path().join("photo.png").to_string_lossy().into_owned();
    ffmpeg(&["-i", &clip, "-frames:v", "1", &photo]);
    let out = folder.path().join("out/").to_string_lossy().into_owned();
    let output = run(&["convert", &clip, &photo, "-o", &format!("{out}/"), "--layout", "half-sbs"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(names(&folder.path().join("out")), ["clip_HSBS.mp4", "photo_HSBS.png"]);
}

#[test]
fn a_film_with_a_corrupt_middle_is_converted_to_its_end() {
    let folder = TempDir::new().unwrap();
    let clip = small_clip(folder.path(), "clip.ts", &["-f", "mpegts"]);
    let mut bytes = fs::read(&clip).unwrap();
    // In the middle of the film all that the sound's packets carry, and twenty packets of whatever comes.
    let sound = |packet: &[u8]| u16::from_be_bytes([packet[1] & 0x1F, packet[2]]) == 0x101;
    let (third, count) = (bytes.len() / 3, bytes.len() / 188);
    let middle = bytes.chunks_exact_mut(188).take(count / 3 * 2).skip(third / 188);
    let hit = middle.enumerate().filter(|(number, packet)| *number < 20 || sound(packet));
    hit.for_each(|(_, packet)| packet[60..].fill(0x55));
    fs::write(&clip, bytes).unwrap();
    let out = folder.path().join("out.mp4").to_string_lossy().into_owned();
    let output = run(&["convert", &clip, "-o", &out]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("damaged"), "{}", text(&output.stderr));
    assert!(probe(&out).3 >= 6, "{:?}", probe(&out));
}

/// Sends SIGINT when something has appeared in `folder`, and gives the exit code.
fn interrupt(mut command: Command, folder: &Path, already: usize) -> Option<i32> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while names(folder).len() == already && Instant::now() < deadline {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        sleep(Duration::from_millis(20));
    }
    assert!(names(folder).len() > already, "nothing was begun");
    // The shell's own `kill`: a small system has no program of that name.
    let killed = Command::new("bash").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(killed.success());
    child.wait().unwrap().code()
}

#[test]
fn ctrl_c_leaves_no_half_file() {
    let out = TempDir::new().unwrap();
    let mut command = deep3d();
    command.args(["convert", CLIP, "-o"]).arg(out.path().join("out.mkv"));
    assert_eq!(interrupt(command, out.path(), 0), Some(130));
    assert!(names(out.path()).is_empty(), "{:?}", names(out.path()));
}

#[test]
fn a_full_disk_is_one_sentence_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let clip = small_clip(folder.path(), "clip.mp4", &[]);
    let out = folder.path().join("out.mp4");
    // Files may not grow beyond 8 KiB.
    let limited =
        format!("ulimit -f 8; exec '{}' convert '{clip}' -o '{}'", env!("CARGO_BIN_EXE_deep3d"), out.display());
    let output = Command::new("bash").args(["-c", &limited]).output().unwrap();
    assert_refused(&output, 1, &["out.mp4"], "a full disk");
    assert_eq!(names(folder.path()), ["clip.mp4"]);
}

#[test]
fn bench_reports_every_stage() {
    let folder = TempDir::new().unwrap();
    let plot = folder.path().join("plot.svg").to_string_lossy().into_owned();
    let output = run(&["bench", CLIP, "--frames", "3", "--warm-up", "1", "--json", "--plot", &plot]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["frames"], 3);
    assert_eq!(report["output"]["size"], serde_json::json!([2560, 720]));
    let names: Vec<_> =
        report["stages"].as_array().unwrap().iter().map(|stage| stage["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["decode", "upload", "colour", "network", "steady", "stereo", "present"]);
    for stage in report["stages"].as_array().unwrap() {
        assert_eq!(stage["samples"].as_array().unwrap().len(), 3, "{stage}");
        assert!(stage["p50"].as_f64().unwrap() <= stage["max"].as_f64().unwrap());
        let at: Vec<f64> = stage["at"].as_array().unwrap().iter().map(|at| at.as_f64().unwrap()).collect();
        assert!(at.len() == 3 && at[0] > 0.0 && at.is_sorted() && at[2] <= report["seconds"].as_f64().unwrap());
    }
    let drawn = fs::read_to_string(&plot).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.matches("<circle").count() == 3 * 8, "{}", drawn.len());
    for name in names.iter().chain(&["latency"]) {
        assert!(drawn.contains(&format!("{name}: p50 ")), "{name}");
    }
    // What is there stays, and another kind of picture is not drawn: told before anything is measured.
    assert_refused(&run(&["bench", "--plot", &plot]), 1, &["plot.svg", "--force"], "a plot that is there");
    assert_refused(&run(&["bench", "--plot", "plot.png"]), 2, &["SVG"], "a plot as PNG");
    assert_eq!(fs::read_to_string(&plot).unwrap(), drawn);
    assert!(cfg!(not(target_os = "linux")) || report["start_up"].as_f64().unwrap() > 0.0);
    assert!(report["frames_per_second"].as_f64().unwrap() > 0.0);
    assert!(report["peak_gpu_memory"].as_u64().unwrap() > 1 << 20);
    // Of twelve frames four run first and are not counted.
    let clip = small_clip(folder.path(), "clip.mp4", &[]);
    let output = run(&["bench", &clip, "--frames", "12", "--warm-up", "4", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["warm_up"], &report["frames"]), (&4.into(), &8.into()));
}

#[test]
fn the_null_sink_plays_at_the_film_s_pace() {
    let folder = TempDir::new().unwrap();
    // A picture a second, so that little of the time is work. Starting takes its time, too: what counts is how much longer more film takes.
    let [short, long] = [1, 5].map(|seconds| {
        let path = folder.path().join(format!("{seconds}.mkv")).to_string_lossy().into_owned();
        let source = format!("testsrc2=size=192x108:rate=1:duration={seconds}");
        ffmpeg(&["-f", "lavfi", "-i", &source, "-c:v", "libx264", "-pix_fmt", "yuv420p", &path]);
        path
    });
    let took = |films: &[&str]| {
        let began = Instant::now();
        let output =
            run(&[&["play", "--quality", "full", "--sink", "null", "--network-size", "64x64"], films].concat());
        assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
        began.elapsed()
    };
    let (one, three) = (took(&[&short]), took(&[&short, &long, &long]));
    assert!(three > one + Duration::from_secs(8), "{one:?} for one second, {three:?} for eleven");
}

#[test]
fn the_test_pattern_is_written_in_a_layout() {
    let folder = TempDir::new().unwrap();
    let out: PathBuf = folder.path().join("pattern.png");
    let output = run(&["test-pattern", "-o", &out.to_string_lossy(), "--size", "640x360"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let picture = image::open(&out).unwrap().to_rgb8();
    assert_eq!(picture.dimensions(), (1280, 360));
    let bright = |from: u32, to: u32| {
        (0..170)
            .flat_map(|y| (from..to).map(move |x| (x, y)))
            .filter(|(x, y)| picture.get_pixel(*x, *y).0[0] > 200)
            .count()
    };
    // L in the left part of the left half, R in the right part of the right half.
    assert!(bright(0, 320) > 500 && bright(320, 960) == 0 && bright(960, 1280) > 500);
}

#[test]
fn the_test_pattern_has_every_layout() {
    let folder = TempDir::new().unwrap();
    let write = |layout: &str, name: &str| {
        let out = folder.path().join(name);
        let output = run(&["test-pattern", "--layout", layout, "-o", &out.to_string_lossy(), "--size", "640x360"]);
        assert!(output.status.success(), "{layout}: {}", text(&output.stderr));
        image::open(&out).unwrap()
    };
    for layout in Layout::value_variants().iter().filter(|layout| **layout != Layout::Wiggle) {
        let picture = write(layout.name(), &format!("{layout}.png"));
        assert_eq!([picture.width(), picture.height()], layout.output_size([640, 360]), "{layout}");
    }
    assert_eq!(write("wiggle", "wiggle.gif").width(), 640);
    // The nearest post (-1 %) and the farthest (2 %), by the definition of depth pictures, and the screen between them.
    let depth = image::open(folder.path().join("depth.png")).unwrap().to_luma16();
    let at = |x: u32| depth.get_pixel(x, 270).0[0];
    assert_eq!([at(80), at(120), at(560)], [32768 + 3277, 32768, 32768 - 2 * 3277]);
    let shown = write("depth", "depth.jpg").to_luma8();
    // Beside the picture that neither eye sees alone, the nearest post lies in the first plane and the farthest in the twelfth.
    let layers = image::open(folder.path().join("layers.png")).unwrap().to_rgb8();
    let plane = |number: u32, x: u32| layers.get_pixel(640 + number % 4 * 214 + x, number / 4 * 120 + 90).0[0];
    assert_eq!([plane(0, 26), plane(0, 187), plane(11, 26), plane(11, 187)], [255, 0, 0, 255]);
    let grey = [80, 120, 560].map(|x| shown.get_pixel(x, 270).0[0]);
    assert!(grey[0] > 250 && (168..=172).contains(&grey[1]) && grey[2] < 5, "{grey:?}");
}

#[test]
fn fast_files_have_the_films_size_and_nearly_its_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("photo.png");
    // Slow waves, as enlarging makes of everything.
    let wave = |x: u32, y: u32| image::Rgb([(x * 255 / 321) as u8, (y * 255 / 181) as u8, ((x + y) / 2) as u8]);
    image::RgbImage::from_fn(322, 182, wave).save(&photo).unwrap();
    let photo = photo.to_string_lossy().into_owned();
    let made = |layout: &str, quality: &str| {
        let out = folder.path().join(format!("{layout}-{quality}.png")).to_string_lossy().into_owned();
        let output =
            run(&["convert", &photo, "-o", &out, "--layout", layout, "--network-size", "64x64", "--quality", quality]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        image::open(&out).unwrap()
    };
    for (layout, size) in [("sbs", [644, 182]), ("half-tab", [322, 182]), ("anaglyph", [322, 182])] {
        let [full, fast, auto] = ["full", "fast", "auto"].map(|quality| made(layout, quality).to_rgb8());
        assert_eq!([fast.width(), fast.height()], size, "{layout}");
        assert!(auto == full, "{layout}: a file has all the time there is");
        let sum: u64 = full.as_raw().iter().zip(fast.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
        let decibels = 10.0 * (255.0 * 255.0 * full.as_raw().len() as f64 / sum.max(1) as f64).log10();
        assert!(sum > 0 && decibels > 30.0, "{layout}: {decibels} dB");
    }
    assert!(made("depth", "fast").to_luma16() == made("depth", "full").to_luma16(), "depth is never made smaller");
}

#[test]
fn the_program_tells_of_itself() {
    let said = |arguments: &[&str]| {
        let output = run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    for (shell, word) in [("bash", "complete -F _deep3d"), ("zsh", "#compdef deep3d"), ("fish", "complete -c deep3d")] {
        let script = said(&["completions", shell]);
        assert!(script.contains(word) && script.contains("resume-playback"), "{shell}");
    }
    assert!(run(&["completions", "cmd.exe"]).status.code() == Some(2));
    let page = said(&["man"]);
    assert!(page.contains(".TH deep3d 1") && page.contains("deep3d\\-play(1)"), "{page}");
    let page = said(&["man", "play"]);
    assert!(page.contains("\\-\\-resume\\-playback") && page.contains("Go on where a film stood"), "{page}");
    assert_refused(&run(&["man", "nothing"]), 2, &["no command 'nothing'"], "man");
    let options = said(&["--list-options"]);
    assert!(options.contains(" --volume ") && options.contains("(default: 100"), "{options}");
    assert_eq!(said(&["play", "--list-options", "film.mkv"]), options);
}

#[test]
fn a_log_file_is_written_behind_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    fs::write(&log, "before\n").unwrap();
    let output = run(&["play", "/nowhere/film.mkv", "--sink", "null", "--log-file", log.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let written = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert!(lines[0] == "before" && lines.len() > 1, "{written}");
    assert!(lines[1..].iter().all(|line| line.starts_with('[')), "{written}");
    let nowhere = run(&["doctor", "--log-file", "/nowhere/log"]);
    assert_refused(&nowhere, 2, &["--log-file /nowhere/log"], "a folder that is not there");
}
