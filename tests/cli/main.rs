//! The program from outside: what users type, what they get back, and what is left on the disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod made;
#[path = "../common/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

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
