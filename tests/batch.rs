//! Several inputs: one that fails does not end the rest, what was made is known again, and what is said is true.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use ffmpeg::ffmpeg;
use program::{deep3d, run, text};

/// Two seconds that a stop may take, and one for a machine that has other things to do.
const ACTED: Duration = Duration::from_secs(3);

/// `convert` of the inputs in `folder`, as quick as it goes; what was made is remembered in there.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = deep3d();
    command.current_dir(folder).env("DEEP3D_STATE_DIR", folder.join("state"));
    command.args(["convert", "--network-size", "64x64", "--layout", "left"]).args(arguments);
    command
}

fn convert(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn picture(path: &Path, value: u8) {
    image::RgbImage::from_pixel(64, 48, image::Rgb([value; 3])).save(path).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn changed(path: &Path) -> SystemTime {
    path.metadata().unwrap().modified().unwrap()
}

#[test]
fn a_batch_goes_on_after_a_bad_input_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    picture(&at("a.png"), 50);
    picture(&at("d.png"), 90);
    fs::write(at("b.png"), [7; 500]).unwrap();
    let all = ["a.png", "b.png", "c.png", "d.png", "-o", "out/"];
    let output = convert(folder.path(), &[&all[..], &["--report", "r.json"]].concat());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(text(&output.stdout), "out/a_left.png\nout/d_left.png\n");
    assert_eq!(names(&at("out")), ["a_left.png", "d_left.png"]);
    let lines: Vec<&str> = said.lines().collect();
    let [.., sum, b, c, last] = lines[..] else { panic!("{said}") };
    assert_eq!(sum, "2 converted, 0 there already from the same settings, 0 skipped, 2 failed");
    assert!(
        b.starts_with("  failed: b.png: ") && c.starts_with("  failed: c.png: ") && c.contains("no such file"),
        "{said}"
    );
    assert_eq!(last, "deep3d: 2 of 4 files were not made: see above");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(at("r.json")).unwrap()).unwrap();
    let results: Vec<_> =
        report["files"].as_array().unwrap().iter().map(|file| file["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["made", "failed", "failed", "made"]);
    assert!(report["files"][2]["error"].as_str().unwrap().contains("no such file"));
    // A folder that was made for nothing goes again.
    let nothing = convert(folder.path(), &["b.png", "c.png", "-o", "none/"]);
    assert_eq!((nothing.status.code(), at("none").exists()), (Some(1), false));
}

#[test]
fn what_was_made_with_the_same_settings_is_not_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    picture(&at("a.png"), 50);
    picture(&at("b.png"), 90);
    let all = ["a.png", "b.png", "-o", "out"];
    let output = convert(folder.path(), &all);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let [a, b] = [at("out/a_left.png"), at("out/b_left.png")];
    let before = [changed(&a), changed(&b)];
    let same = |output: &Output, code: i32, sum: &str| {
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.starts_with(sum), "{said}");
    };
    // Again, by other names for the same files, on another GPU's name; and with one more.
    let absolute = at("a.png").to_str().unwrap().to_owned();
    let again = convert(folder.path(), &[&absolute, "./b.png", "-o", "./out/"]);
    same(&again, 0, "0 converted, 2 there already from the same settings, 0 skipped, 0 failed");
    picture(&at("c.png"), 120);
    let more = convert(folder.path(), &["a.png", "b.png", "c.png", "-o", "out"]);
    same(&more, 0, "1 converted, 2 there already from the same settings, 0 skipped, 0 failed");
    assert_eq!([changed(&a), changed(&b)], before);
    // Other settings, another input, an output that somebody changed: not known, and left alone.
    let other = convert(folder.path(), &[&all[..], &["--strength", "soft"]].concat());
    same(&other, 1, "0 converted, 0 there already from the same settings, 2 skipped, 0 failed");
    assert!(text(&other.stderr).contains("skipped: a.png: 'out/a_left.png' is there already: give --force"));
    picture(&at("a.png"), 51);
    picture(&b, 3);
    let changes = [changed(&a), changed(&b)];
    same(&convert(folder.path(), &all), 1, "0 converted, 0 there already from the same settings, 2 skipped, 0 failed");
    assert_eq!([changed(&a), changed(&b)], changes);
    // Asked for by force they are made; a single one is refused, as ever.
    same(&convert(folder.path(), &[&all[..], &["--force"]].concat()), 0, "2 converted");
    same(&convert(folder.path(), &all), 0, "0 converted, 2 there already");
    same(
        &convert(folder.path(), &["a.png", "-o", "out"]),
        1,
        "deep3d: 'out/a_left.png' is there already: give --force",
    );
}

fn interrupt(child: &Child) {
    // The shell's own `kill`: a small system has no program of that name.
    let killed = Command::new("bash").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(killed.success());
}

fn wait_for(child: &mut Child, what: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !what() {
        assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "it ended before");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_stop_ends_the_batch_at_once_and_keeps_what_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    picture(&at("a.png"), 50);
    picture(&at("c.png"), 50);
    ffmpeg("-f lavfi -i testsrc2=size=320x180:rate=25:duration=60 -c:v libx264 -preset ultrafast", &at("b.mkv"));
    let mut command = command(folder.path(), &["a.png", "b.mkv", "c.png", "-o", "out", "--report", "r.json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&mut child, || names(&at("out")).iter().any(|name| name.starts_with(".b_left")));
    let began = Instant::now();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let (took, said) = (began.elapsed(), text(&output.stderr));
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(took < ACTED, "{took:?}");
    assert_eq!(names(&at("out")), ["a_left.png"]);
    assert_eq!(text(&output.stdout), "out/a_left.png\n");
    assert!(said.contains("1 converted, 0 there"), "{said}");
    assert!(said.ends_with("deep3d: interrupted; nothing of 'out/b_left.mkv' was kept\n"), "{said}");
    assert!(text(&fs::read(at("r.json")).unwrap()).contains("out/a_left.png"));
}

#[test]
fn a_stop_acts_in_the_middle_of_a_large_picture() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.png");
    ffmpeg("-f lavfi -i testsrc2=size=6000x4000,noise=alls=60 -frames:v 1", &large);
    // Decoding, the GPU's work on a CPU, and coding take many seconds, each in one step.
    for part in [0.6, 3.0, 6.0] {
        let out = tempfile::tempdir_in(folder.path()).unwrap();
        let output = out.path().join("o.png");
        let mut command = command(folder.path(), &["large.png", "--strength", "strong", "-o"]);
        let child = command.arg(&output).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        sleep(Duration::from_secs_f64(part));
        let began = Instant::now();
        interrupt(&child);
        let ended = child.wait_with_output().unwrap();
        let (took, said) = (began.elapsed(), text(&ended.stderr));
        assert!(took < ACTED, "{part}: {took:?} {said}");
        assert_eq!(output.exists(), ended.status.success(), "{part}: {said}");
        assert_eq!(names(out.path()).len(), usize::from(output.exists()), "{part}: {:?}", names(out.path()));
        // Before the handler is there the signal itself ends it.
        assert!(matches!(ended.status.code(), None | Some(0 | 130)), "{:?} {said}", ended.status);
        assert_eq!(ended.status.code() == Some(130), said.contains("deep3d: interrupted"), "{said}");
    }
}

#[test]
fn what_is_said_of_a_stop_is_what_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.mkv");
    ffmpeg("-f lavfi -i testsrc2=size=160x90:rate=25:duration=0.4 -f lavfi -i sine=duration=0.4 -c:v libx264", &clip);
    let began = Instant::now();
    let whole = folder.path().join("whole.mp4");
    let output = run(&["convert", "--network-size", "64x64", clip.to_str().unwrap(), "-o", whole.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let took = began.elapsed();
    let mut ends = Vec::new();
    for part in 0..12 {
        let out = tempfile::tempdir_in(folder.path()).unwrap();
        let [film, depth] = ["o.mp4", "d.mkv"].map(|name| out.path().join(name));
        let mut command = command(folder.path(), &["clip.mkv", "-o", film.to_str().unwrap()]);
        command.arg("--save-depth").arg(&depth).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        sleep(took.mul_f64(0.3 + f64::from(part) * 0.06));
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        let (code, said, listed) = (output.status.code(), text(&output.stderr), text(&output.stdout));
        ends.push(code);
        assert_eq!(film.exists(), code == Some(0), "{code:?} {said}");
        assert_eq!(film.exists(), listed.contains("o.mp4"), "{listed}");
        assert_eq!(depth.exists(), listed.contains("d.mkv"), "{listed}");
        assert_eq!(depth.exists() && !film.exists(), said.contains("d.mkv' is whole"), "{said}");
        assert_eq!(
            code == Some(130),
            said.contains("nothing of") && said.contains("o.mp4' was kept"),
            "{code:?} {said}"
        );
        let left = names(out.path()).len();
        assert_eq!(left, usize::from(film.exists()) + usize::from(depth.exists()), "{:?}", names(out.path()));
    }
    assert!(ends.contains(&Some(130)), "none was stopped at work: {ends:?}");
}
