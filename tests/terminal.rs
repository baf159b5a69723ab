//! What is written to a terminal or a log: one line each, harmless, and no end of the program where nobody takes it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/program.rs"]
mod program;

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use ffmpeg::ffmpeg;
use program::{deep3d, run, text};

/// Colours, rings the bell, breaks the line, and turns the direction of writing; in Latin-1's control characters, too.
const NASTY: &str = "x\x1b[31m\x07\n\u{202e}\u{9b}y";

fn assert_harmless(output: &[u8], what: &str) {
    let said = text(output);
    let harmful = |c: char| c.is_control() && c != '\n' || ('\u{2028}'..='\u{202e}').contains(&c);
    assert!(!said.is_empty() && !said.contains(harmful), "{what}: {said:?}");
}

fn deep3d_in(folder: &Path, arguments: &[&str]) -> Output {
    deep3d().current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn names_and_metadata_do_not_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (missing, bad, film) = (format!("{NASTY}.mkv"), format!("{NASTY}.png"), format!("{NASTY}_HSBS.mkv"));
    fs::write(at(&bad), "words ".repeat(99)).unwrap();
    ffmpeg("-f lavfi -i testsrc2=size=256x64:rate=5:duration=1 -c:v ffv1", &at("plain.mkv"));
    let titled = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(at("plain.mkv"))
        .args(["-c", "copy", "-metadata", &format!("title={NASTY}"), "-metadata", &format!("{NASTY}={NASTY}")])
        .arg(at(&film))
        .status();
    assert!(titled.unwrap().success());
    let unknown = format!("--{NASTY}");
    let long = "n".repeat(4000);
    for (arguments, lines) in [
        (&["play", "--sink", "null", &missing][..], 1),
        (&["convert", &missing, "-o", "o.mkv"], 1),
        (&["convert", &bad, "-o", "o.png", "-q"], 1),
        (&["convert", &bad, "-o", &bad, "--force"], 1),
        (&["convert", &bad, "plain.mkv", "-o", "out/", "--network-size", "64x64", "-q"], 3),
        (&["convert", "plain.mkv", "-o", &format!("no{NASTY}/o.mkv")], 1),
        (&["convert", &long, "-o", "o.mkv"], 1),
        (&["bench", &missing], 1),
        (&["dataset", &missing, "-o", "pairs"], 1),
        (&["sheet", &missing, "-o", "o.png"], 1),
        (&["eval", &missing], 1),
        (&["weights", "inspect", &missing], 1),
    ] {
        let output = deep3d_in(folder.path(), arguments);
        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        assert_harmless(&output.stderr, arguments[0]);
        let said = text(&output.stderr);
        assert_eq!(said.lines().count(), lines, "{arguments:?}: {said}");
        assert!(said.lines().all(|line| line.chars().count() <= 1010), "{said}");
    }
    let strange = format!("--{NASTY}");
    for arguments in [&["convert", &unknown][..], &[&strange], &["play", "--layout", NASTY, "a"]] {
        let output = deep3d_in(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        assert_harmless(&output.stderr, arguments[0]);
    }
    // Everything that there is to say, FFmpeg's own words included.
    let output = deep3d_in(folder.path(), &["dataset", &film, "-o", "pairs", "-vvv"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_harmless(&output.stderr, "dataset -vvv");
    assert_harmless(&output.stdout, "dataset");
    assert!(text(&output.stdout).starts_with("x\\u{1b}[31m\\u{7}\\n\\u{202e}\\u{9b}y_HSBS.mkv: half-sbs"));
    let sheet = deep3d_in(folder.path(), &["sheet", &film, "-o", "o.png", "--network-size", "64x64", "-vvv"]);
    assert!(sheet.status.success(), "{}", text(&sheet.stderr));
    assert_harmless(&sheet.stderr, "sheet -vvv");
    assert_harmless(&sheet.stdout, "sheet");
    let bench = deep3d_in(folder.path(), &["bench", &film, "--frames", "1", "--warm-up", "0", "--json"]);
    assert_harmless(&bench.stdout, "bench --json");
    let report: serde_json::Value = serde_json::from_slice(&bench.stdout).unwrap();
    assert_eq!(report["input"]["file"], film);
}

#[test]
fn names_go_into_a_pipe_as_they_are_and_escaped_to_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("{NASTY}.png");
    image::RgbImage::from_pixel(64, 48, image::Rgb([9; 3])).save(folder.path().join("a.png")).unwrap();
    let arguments = ["convert", "a.png", "--network-size", "64x64", "--layout", "left", "--force", "-o", &name];
    let output = deep3d_in(folder.path(), &arguments);
    assert_eq!(text(&output.stdout), format!("{name}\n"), "{}", text(&output.stderr));
    // `script` runs it in a terminal of its own.
    let shell = "exec \"$DEEP3D\" convert a.png --network-size 64x64 --layout left --force -o \"$NAME\"";
    let mut script = Command::new("script");
    script.args(["-qec", shell, "/dev/null"]).current_dir(folder.path()).stdin(Stdio::null());
    let command = deep3d();
    script.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let output = script.env("DEEP3D", env!("CARGO_BIN_EXE_deep3d")).env("NAME", &name).output().unwrap();
    let said = text(&output.stdout);
    assert!(said.contains("x\\u{1b}[31m\\u{7}\\n\\u{202e}\\u{9b}y.png"), "{said:?}");
    assert!(!said.contains(['\u{202e}', '\u{9b}', '\x07']), "{said:?}");
}

#[test]
fn a_stderr_or_stdout_that_takes_nothing_changes_no_exit_code_and_is_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let picture = at("a.png");
    image::RgbImage::from_pixel(64, 48, image::Rgb([9; 3])).save(&picture).unwrap();
    let output = at("o.png");
    let good = ["convert", &picture, "--network-size", "64x64", "--layout", "left", "--force", "-vvv", "-o", &output];
    let commands: [(&[&str], i32); 6] = [
        (&good, 0),
        (&["convert", "none.png", "-o", &output, "--force", "-vvv"], 1),
        (&["convert", &picture, "none.png", "-o", &at("out/"), "--force", "--network-size", "64x64"], 1),
        (&["weights", "inspect", "none"], 1),
        (&["play", "--sink", "null", "none.mkv"], 1),
        (&["--frobnicate"], 2),
    ];
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer
    };
    for (arguments, code) in commands {
        let mut command = deep3d();
        command.args(arguments).stdout(Stdio::null());
        let ends = [
            command.stderr(full()).status().unwrap(),
            command.stderr(closed()).status().unwrap(),
            Command::new("bash")
                .args(["-c", "exec \"$0\" \"$@\" 2>&-", env!("CARGO_BIN_EXE_deep3d")])
                .args(arguments)
                .stdout(Stdio::null())
                .status()
                .unwrap(),
        ];
        assert_eq!(ends.map(|end| end.code()), [Some(code); 3], "{arguments:?}");
    }
    // Results that nobody takes are a failure; a reader that has seen enough is none.
    for arguments in [&good[..], &["weights", "inspect", "assets/deep3d.safetensors"], &["--help"], &["--version"]] {
        let full = deep3d().args(arguments).stdout(full()).output().unwrap();
        assert_eq!(full.status.code(), Some(1), "{arguments:?}: {}", text(&full.stderr));
        assert!(text(&full.stderr).contains("stdout does not take the result"), "{arguments:?}");
        let closed = deep3d().args(arguments).stdout(closed()).output().unwrap();
        assert_eq!(closed.status.code(), Some(0), "{arguments:?}: {}", text(&closed.stderr));
    }
    assert!(run(&["--version"]).status.success());
}
