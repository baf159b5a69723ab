//! Nothing that exists is lost, whatever is written and however it is named.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/program.rs"]
mod program;

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use ffmpeg::ffmpeg;
use program::{deep3d, run, text};
use tempfile::TempDir;

/// Runs the program in `folder`.
fn deep3d_in(folder: &Path, arguments: &[&str]) -> Output {
    deep3d().current_dir(folder).args(arguments).output().unwrap()
}

/// `convert`, as quick as it goes.
fn convert(folder: &Path, arguments: &[&str]) -> Output {
    deep3d_in(folder, &[&["convert", "--network-size", "64x64", "--layout", "left"], arguments].concat())
}

/// A folder with pictures `a.png` and `b.png`, a film `film.mkv` and a `file.json` of somebody's.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [("a.png", 40), ("b.png", 200)] {
        image::RgbImage::from_pixel(64, 48, image::Rgb([value; 3])).save(folder.path().join(name)).unwrap();
    }
    ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=10:duration=0.5 -c:v ffv1", &folder.path().join("film.mkv"));
    fs::write(folder.path().join("file.json"), "theirs").unwrap();
    folder
}

/// All files of a folder and what is in them; sockets, pipes and links by their kind.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            let read = || fs::read(entry.path()).unwrap();
            let bytes = if kind.is_file() { read() } else { format!("{kind:?}").into_bytes() };
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        })
        .collect();
    all.sort();
    all
}

/// Each command is refused within seconds with a sentence that holds the word, and nothing changes.
fn assert_all_refused(folder: &Path, commands: &[(&str, &[&str], &str)]) {
    let before = contents(folder);
    for (command, arguments, word) in commands {
        let began = Instant::now();
        let output = match *command {
            "convert" => convert(folder, arguments),
            _ => deep3d_in(folder, &[&[*command], *arguments].concat()),
        };
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(word), "{command} {arguments:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        assert!(output.stdout.is_empty() && began.elapsed() < Duration::from_secs(20), "{command} {arguments:?}");
        assert!(contents(folder) == before, "{command} {arguments:?} changed something");
    }
}

#[test]
fn an_input_is_never_an_output_by_any_name() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::hard_link(at("a.png"), at("hard.png")).unwrap();
    symlink("a.png", at("soft.png")).unwrap();
    fs::hard_link(at("film.mkv"), at("hard.mkv")).unwrap();
    fs::copy(at("a.png"), at("a b.png")).unwrap();
    fs::write(at("w.safetensors"), "weights").unwrap();
    let (url, spaced) = (format!("file://{}", at("a.png").display()), format!("file://{}", at("a%20b.png").display()));
    let reads = "which this command reads";
    assert_all_refused(
        folder.path(),
        &[
            ("convert", &["a.png", "-o", "a.png", "--force"], reads),
            ("convert", &["a.png", "-o", "./a.png", "--force"], reads),
            ("convert", &["a.png", "-o", "hard.png", "--force"], reads),
            ("convert", &["a.png", "-o", "soft.png", "--force"], reads),
            ("convert", &["soft.png", "-o", "hard.png", "--force"], reads),
            ("convert", &[&url, "-o", "a.png", "--force"], reads),
            ("convert", &[&spaced, "-o", "a b.png", "--force"], reads),
            ("convert", &["b.png", "-o", "o.png", "--report", "b.png", "--force"], reads),
            ("convert", &["film.mkv", "-o", "o.mkv", "--save-depth", "hard.mkv", "--force"], reads),
            ("convert", &["b.png", "-o", "o.png", "--depth", "film.mkv", "--report", "film.mkv", "--force"], reads),
            (
                "convert",
                &["b.png", "-o", "o.png", "--weights", "w.safetensors", "--report", "w.safetensors", "--force"],
                reads,
            ),
            ("sheet", &["a.png", "b.png", "-o", "a.png", "--force"], reads),
            ("sheet", &[".", "-o", "hard.png", "--force"], reads),
            ("weights", &["import", "w.safetensors", "-o", "w.safetensors", "--force"], reads),
        ],
    );
}

#[test]
fn what_is_there_stays_unless_force_says_otherwise() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    symlink("file.json", at("soft.json")).unwrap();
    symlink("nothing", at("dangling.json")).unwrap();
    fs::create_dir(at("pairs")).unwrap();
    let grey = |name: &str| image::GrayImage::from_pixel(64, 48, image::Luma([64])).save(at(name)).unwrap();
    ["pairs/x_left.png", "pairs/x_right.png", "pairs/x_disp.png", "pairs/x-truth.png"]
        .iter()
        .for_each(|name| grey(name));
    let there = "is there already: give --force";
    assert_all_refused(
        folder.path(),
        &[
            ("convert", &["a.png", "-o", "b.png"], there),
            ("convert", &["a.png", "-o", "o.png", "--report", "file.json"], there),
            ("convert", &["a.png", "-o", "o.png", "--report", "a.png"], "which this command reads"),
            ("convert", &["a.png", "-o", "o.png", "--report", "soft.json"], there),
            ("convert", &["a.png", "-o", "o.png", "--report", "dangling.json", "--force"], "link to what is not there"),
            ("convert", &["a.png", "-o", "o.png", "--report", "none/report.json"], "no folder"),
            ("convert", &["a.png", "-o", "o.png", "--report", "pairs"], "is a folder"),
            ("convert", &["a.png", "-o", "o.png", "--save-depth", "film.mkv"], there),
            ("convert", &["a.png", "-o", "pairs", "--report", "pairs/x_left.png"], there),
            ("sheet", &["a.png", "-o", "b.png"], there),
            ("weights", &["import", "a.png", "-o", "file.json"], there),
            ("test-pattern", &["-o", "a.png"], there),
            ("eval", &["pairs", "--edges", "--views", "pairs"], there),
        ],
    );
    // A link is written through and stays.
    let output = convert(folder.path(), &["a.png", "-o", "o.png", "--report", "soft.json", "--force"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(at("soft.json").is_symlink());
    assert!(text(&fs::read(at("file.json")).unwrap()).contains("\"output\": \"o.png\""));
}

#[test]
fn two_outputs_are_never_one_file() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    symlink(".", at("here")).unwrap();
    fs::write(at("one.mkv"), "1").unwrap();
    fs::hard_link(at("one.mkv"), at("two.mkv")).unwrap();
    let one = "are one file";
    assert_all_refused(
        folder.path(),
        &[
            ("convert", &["a.png", "-o", "o.png", "--report", "o.png"], one),
            ("convert", &["a.png", "-o", "o.png", "--report", "here/o.png"], one),
            ("convert", &["a.png", "-o", "new/", "--report", "./new/a_left.png"], "no folder"),
            ("convert", &["a.png", "-o", ".", "--report", "here/a_left.png"], one),
            ("convert", &["film.mkv", "-o", "o.mkv", "--save-depth", "here/o.mkv"], one),
            ("convert", &["film.mkv", "-o", "one.mkv", "--save-depth", "two.mkv", "--force"], one),
            ("convert", &["film.mkv", "--save-depth", "o.mkv", "--report", "o.mkv"], one),
        ],
    );
}

#[test]
fn devices_pipes_and_sockets_are_never_replaced() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let _socket = UnixListener::bind(at("socket.png")).unwrap();
    assert!(Command::new("mkfifo").arg(at("pipe.png")).status().unwrap().success());
    symlink("/dev/full", at("full.mkv")).unwrap();
    assert_all_refused(
        folder.path(),
        &[
            ("convert", &["a.png", "-o", "pipe.png", "--force"], "a pipe"),
            ("convert", &["a.png", "-o", "socket.png", "--force"], "a socket"),
            ("convert", &["film.mkv", "-o", "full.mkv", "--force"], "a device"),
            ("convert", &["film.mkv", "--save-depth", "full.mkv", "--force"], "a device"),
            ("convert", &["a.png", "-o", "o.png", "--report", "/dev/full", "--force"], "a device"),
            ("convert", &["a.png", "-o", "o.png", "--report", "/dev/stdout", "--force"], "a device"),
            ("convert", &["a.png", "-o", "o.png", "--report", "pipe.png", "--force"], "a pipe"),
            ("sheet", &["a.png", "-o", "pipe.png", "--force"], "a pipe"),
            ("weights", &["import", "a.png", "-o", "/dev/null", "--force"], "a device"),
            ("test-pattern", &["-o", "socket.png", "--force"], "a socket"),
        ],
    );
    assert!(Path::new("/dev/full").metadata().unwrap().file_type().is_char_device());
}

#[test]
fn shards_overwrite_no_input_and_nothing_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let film = "-f lavfi -i testsrc2=size=256x64:rate=10:duration=1 -c:v ffv1";
    ffmpeg(film, &at("f_HSBS.mkv"));
    // The film under the name of its own shard, and a file of somebody's under the name of a second one.
    fs::hard_link(at("f_HSBS.mkv"), at("f_HSBS-000000.tar")).unwrap();
    assert_all_refused(
        folder.path(),
        &[("dataset", &["f_HSBS.mkv", "-o", ".", "--force"], "which this command reads")],
    );
    fs::remove_file(at("f_HSBS-000000.tar")).unwrap();
    assert!(Command::new("mkfifo").arg(at("f_HSBS-000000.tar")).status().unwrap().success());
    assert_all_refused(folder.path(), &[("dataset", &["f_HSBS.mkv", "-o", ".", "--force"], "a pipe")]);
}

/// The temporary file in `folder`, when there is one.
fn begun(folder: &Path) -> Option<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "part")).find(|path| path.is_file())
}

#[test]
fn what_a_killed_run_left_goes_with_the_next() {
    let folder = folder();
    let out = tempfile::tempdir().unwrap();
    let film = folder.path().join("long.mkv");
    ffmpeg("-f lavfi -i testsrc2=size=320x180:rate=25:duration=60 -c:v libx264 -preset ultrafast", &film);
    let start = |name: &str| {
        let mut command = deep3d();
        command.args(["convert", "--network-size", "64x64"]).arg(&film).arg("-o").arg(out.path().join(name));
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let wait = |known: Option<&Path>| {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let new = begun(out.path()).filter(|path| Some(path.as_path()) != known);
            match new {
                Some(new) => break new,
                None => assert!(Instant::now() < deadline, "nothing was begun"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let mut killed = start("killed.mkv");
    let left = wait(None);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(left.exists());
    let picture = folder.path().join("a.png");
    let small = |name: &str| {
        let [picture, output] = [&picture, &out.path().join(name)].map(|path| path.to_str().unwrap().to_owned());
        run(&["convert", "--network-size", "64x64", &picture, "-o", &output])
    };
    let small_one = small("o.png");
    assert!(small_one.status.success(), "{}", text(&small_one.stderr));
    assert!(!left.exists(), "the leftover is still there");
    // One that is still being written stays.
    let mut writing = start("writing.mkv");
    let part = wait(None);
    let small = small("p.png");
    assert!(small.status.success() && part.exists(), "{}", text(&small.stderr));
    writing.kill().unwrap();
    writing.wait().unwrap();
}
