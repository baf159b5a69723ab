//! Names of inputs: any bytes, any character, and never taken for another.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/program.rs"]
mod program;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use ffmpeg::ffmpeg;
use image::RgbImage;
use program::{deep3d, run, text};

fn bytes(name: &[u8]) -> OsString {
    OsStr::from_bytes(name).to_owned()
}

/// A picture of one grey.
fn grey(path: &Path, value: u8) {
    RgbImage::from_pixel(64, 48, image::Rgb([value; 3])).save_with_format(path, image::ImageFormat::Png).unwrap();
}

/// The grey in the middle of a written picture.
fn middle(path: &Path) -> u8 {
    let picture = image::open(path).unwrap().to_rgb8();
    picture.get_pixel(picture.width() / 2, picture.height() / 2).0[0]
}

fn convert(folder: &Path, arguments: &[&OsStr]) -> std::process::Output {
    let mut command = deep3d();
    command.current_dir(folder).args(["convert", "--network-size", "64x64", "--layout", "left"]).args(arguments);
    command.output().unwrap()
}

#[test]
fn names_of_any_bytes_are_inputs_and_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let names = [bytes(b"caf\xe9.png"), bytes(b"caf\xe8.png"), bytes(b"a%20b.png"), bytes(b"a b.png")];
    for (name, value) in names.iter().zip([40, 80, 120, 160]) {
        grey(&folder.path().join(name), value);
    }
    let mut arguments: Vec<&OsStr> = names.iter().map(OsString::as_os_str).collect();
    arguments.extend(["-o", "out/", "--report", "report.json"].map(OsStr::new));
    let output = convert(folder.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let made = [&b"caf\xe9_left.png"[..], b"caf\xe8_left.png", b"a%20b_left.png", b"a b_left.png"];
    let lines: Vec<&[u8]> = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    // Into a pipe the names go as they are.
    assert_eq!(lines, made.map(|name| [b"out/", name].concat()));
    for (name, value) in made.into_iter().zip([40, 80, 120, 160]) {
        assert!(middle(&folder.path().join("out").join(bytes(name))).abs_diff(value) <= 2, "{name:?}");
    }
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["files"][0]["input"], "caf\u{fffd}.png");
    assert_eq!(report["files"][2]["output"], "out/a%20b_left.png");
}

#[test]
fn a_file_url_is_its_file() {
    let folder = tempfile::tempdir().unwrap();
    grey(&folder.path().join("a b.png"), 90);
    grey(&folder.path().join("a%20b.png"), 200);
    let url = format!("file://localhost{}/a%20b.png", folder.path().display());
    let out = format!("{}/out/", folder.path().display());
    let output = run(&["convert", "--network-size", "64x64", "--layout", "left", &url, "-o", &out]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(middle(&folder.path().join("out/a b_left.png")).abs_diff(90) <= 2);
}

#[test]
fn what_can_be_read_only_once_is_not_waited_for_a_second_time() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mkv");
    ffmpeg("-f lavfi -i testsrc2=size=256x64:rate=5:duration=1 -c:v ffv1", &film);
    let pairs = folder.path().join("pairs");
    std::fs::create_dir(&pairs).unwrap();
    for name in ["x.mkv", "y_left.png", "scale.csv"] {
        assert!(Command::new("mkfifo").arg(pairs.join(name)).status().unwrap().success());
    }
    let said = |arguments: &[&str]| {
        let mut command = deep3d();
        command.current_dir(folder.path()).stdin(File::open(&film).unwrap()).args(arguments);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (id, over) = (child.id(), Arc::new(AtomicBool::new(false)));
        let watch = Arc::clone(&over);
        std::thread::spawn(move || {
            sleep(Duration::from_secs(60));
            if !watch.load(Ordering::Relaxed) {
                Command::new("bash").args(["-c", &format!("kill -KILL {id}")]).status().unwrap();
            }
        });
        let output = child.wait_with_output().unwrap();
        over.store(true, Ordering::Relaxed);
        (output.status.code(), text(&output.stderr))
    };
    for (arguments, word) in [
        (&["dataset", "-", "-o", "out"][..], "read only once"),
        (&["eval", "pairs"], "cannot be read"),
        (&["eval", "pairs", "--cuts"], "no film whose cuts are known"),
        (&["sheet", "pairs", "-o", "o.png"], "no pictures and no films"),
    ] {
        let (code, said) = said(arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
}
