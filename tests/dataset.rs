//! `deep3d dataset` from outside: films with known faults in, shards out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use image::RgbImage;
use serde_json::Value;
use tempfile::TempDir;

const EYE: [usize; 2] = [320, 180];
const RATE: usize = 8;

/// What is wrong with a shot.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Black bars of 24 rows above and below.
    Bars,
    Dark,
    /// The same picture for both eyes.
    Flat,
    /// The right eye three pixels lower.
    Vertical,
    Swapped,
    /// The right eye is half as bright.
    Colour,
    /// The right eye sees another place.
    Unmatched,
    /// Nothing moves.
    Still,
}

fn noise(x: i32, y: i32, seed: i32) -> f32 {
    let mut z = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77) ^ (seed as u32) << 7;
    z = (z ^ (z >> 15)).wrapping_mul(0x2C1B_3C6D);
    z = (z ^ (z >> 12)).wrapping_mul(0x297A_2D39);
    ((z ^ (z >> 15)) & 0xffff) as f32 / 65535.0
}

/// A smooth texture of blobs some pixels wide, 0..1.
fn texture(x: f32, y: f32, seed: i32) -> f32 {
    let octave = |size: f32, seed: i32| {
        let (x, y) = (x / size, y / size);
        let (cx, cy) = (x.floor(), y.floor());
        let (fx, fy) = (x - cx, y - cy);
        let at = |dx: i32, dy: i32| noise(cx as i32 + dx, cy as i32 + dy, seed);
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t * t * (3.0 - 2.0 * t);
        mix(mix(at(0, 0), at(1, 0), fx), mix(at(0, 1), at(1, 1), fx), fy)
    };
    0.3 * octave(40.0, seed) + 0.4 * octave(9.0, seed + 1) + 0.3 * octave(4.0, seed + 2)
}

/// Parallax in pixels of an eye's row: +3 (behind) at the top to −5 (in front) at the bottom.
fn parallax(y: usize) -> f32 {
    3.0 - 8.0 * y as f32 / EYE[1] as f32
}

/// One eye's picture, RGB: `frame` moves the camera, `shot` is the place.
fn eye(right: bool, shot: usize, frame: usize, fault: Fault) -> Vec<u8> {
    let right = if fault == Fault::Swapped { !right } else { right };
    let mut pixels = Vec::with_capacity(EYE[0] * EYE[1] * 3);
    for y in 0..EYE[1] {
        for x in 0..EYE[0] {
            let shift = if right && fault != Fault::Flat { parallax(y) } else { 0.0 };
            let down = if right && fault == Fault::Vertical { 3.0 } else { 0.0 };
            let moved = if fault == Fault::Still { 0.0 } else { 1.5 * frame as f32 };
            let place = if right && fault == Fault::Unmatched { 5000.0 } else { 0.0 };
            let seed = 100 * shot as i32;
            // Each shot has its own light, as cuts are told by it too.
            let light = [0.5, 0.95, 0.7][shot % 3];
            let value = light
                * texture(x as f32 - shift + moved + place, y as f32 - down, seed).powf(0.6 + 0.3 * (shot % 4) as f32);
            let value = match fault {
                Fault::Dark => value * 0.05,
                Fault::Colour if right => value * 0.5,
                Fault::Bars if !(24..EYE[1] - 24).contains(&y) => 0.0,
                _ => value,
            };
            let value = 255.0 * value;
            pixels.extend([value as u8, (value * 0.9) as u8, (value * 0.8) as u8]);
        }
    }
    pixels
}

#[derive(Clone, Copy, PartialEq)]
enum Packed {
    Sbs,
    HalfSbs,
    Tab,
}

/// A film of a shot of `frames` frames for each fault, written by FFmpeg.
fn film(path: &Path, packed: Packed, shots: &[(Fault, usize)], extra: &[&str]) {
    let [width, height] = match packed {
        Packed::Tab => [EYE[0], 2 * EYE[1]],
        _ => [2 * EYE[0], EYE[1]],
    };
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", &format!("{width}x{height}")]);
    command.args(["-r", &RATE.to_string(), "-i", "-", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12"]);
    command.args(["-pix_fmt", "yuv420p", "-g", "8", "-colorspace", "bt709"]);
    if packed == Packed::HalfSbs {
        command.args(["-vf", &format!("scale={}:{}", EYE[0], EYE[1])]);
    }
    let mut child = command.args(extra).arg(path).stdin(Stdio::piped()).spawn().expect("ffmpeg makes the test films");
    let mut pipe = child.stdin.take().unwrap();
    for (shot, (fault, frames)) in shots.iter().enumerate() {
        for frame in 0..*frames {
            let [left, right] = [false, true].map(|right| eye(right, shot, frame, *fault));
            if packed == Packed::Tab {
                pipe.write_all(&left).unwrap();
                pipe.write_all(&right).unwrap();
            } else {
                for (left, right) in left.chunks(EYE[0] * 3).zip(right.chunks(EYE[0] * 3)) {
                    pipe.write_all(left).unwrap();
                    pipe.write_all(right).unwrap();
                }
            }
        }
    }
    drop(pipe);
    assert!(child.wait().unwrap().success());
}

fn deep3d(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deep3d"));
    command.env("DEEP3D_CONFIG_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.arg("dataset").args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    deep3d(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The count in the table's line that begins with `what`.
fn count(table: &str, what: &str) -> u64 {
    let line = table.lines().find(|line| line.trim_start().starts_with(what));
    let line = line.unwrap_or_else(|| panic!("no line '{what}' in\n{table}"));
    line.trim_start()[what.len()..].split_whitespace().next().unwrap().parse().unwrap()
}

struct Pair {
    left: RgbImage,
    right: RgbImage,
    facts: Value,
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// All samples of a folder's shards by key; members of one sample must stand together.
fn samples(folder: &Path) -> BTreeMap<String, Pair> {
    let mut pairs = BTreeMap::new();
    for name in names(folder).iter().filter(|name| name.ends_with(".tar")) {
        let mut members = Vec::new();
        let mut archive = tar::Archive::new(fs::File::open(folder.join(name)).unwrap());
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            members.push((path, bytes));
        }
        for member in members.chunks(3) {
            let key = member[0].0.strip_suffix(".left.jpg").unwrap().to_owned();
            assert_eq!(member[1].0, format!("{key}.right.jpg"));
            assert_eq!(member[2].0, format!("{key}.json"));
            let picture = |at: usize| image::load_from_memory(&member[at].1).unwrap().to_rgb8();
            let facts = serde_json::from_slice(&member[2].1).unwrap();
            pairs.insert(key, Pair { left: picture(0), right: picture(1), facts });
        }
    }
    pairs
}

/// Parallax measured in the middle third of the rows must be that of the film, bars or not.
fn assert_parallax(pair: &Pair) {
    let percentile = |at: usize| pair.facts["parallax"][at].as_f64().unwrap();
    let (low, high) = (percentile(0), percentile(4));
    assert!(low < -0.7 && low > -1.7, "nearest {low} %");
    assert!(high > 0.35 && high < 1.0, "farthest {high} %");
    assert!(pair.facts["vertical"].as_f64().unwrap().abs() < 0.2, "{}", pair.facts["vertical"]);
}

#[test]
fn each_fault_is_dropped_and_counted_for_what_it_is() {
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("faults_LR.mkv");
    let shots = [
        (Fault::None, 16),
        (Fault::Dark, 16),
        (Fault::Bars, 16),
        (Fault::Flat, 16),
        (Fault::Vertical, 16),
        (Fault::None, 16),
        (Fault::Swapped, 16),
        (Fault::Colour, 16),
        (Fault::Unmatched, 16),
        (Fault::Still, 16),
    ];
    film(&input, Packed::Sbs, &shots, &[]);
    let out = folder.path().join("out");
    let (input, out_text) = (input.to_string_lossy().into_owned(), out.to_string_lossy().into_owned());
    let table = succeed(&[&input, "-o", &out_text]);
    assert!(table.contains("sbs (by its name), 10 shots"), "{table}");
    // Four samples of each shot of two seconds.
    let expected = [
        ("kept", 13),
        ("dark", 4),
        ("as the pair before", 3),
        ("eyes of unlike colour", 4),
        ("eyes that do not match", 4),
    ];
    for (what, wanted) in expected {
        assert_eq!(count(&table, what), wanted, "{what}\n{table}");
    }
    for (what, wanted) in [("one eye higher or turned", 4), ("without depth", 4), ("eyes exchanged", 4)] {
        assert_eq!(count(&table, what), wanted, "{what}\n{table}");
    }
    let pairs = samples(&out);
    let by_shot = |shot: u64| pairs.values().filter(move |pair| pair.facts["shot"] == shot).count();
    assert_eq!([0, 1, 2, 5, 6, 9].map(by_shot), [4, 0, 4, 4, 0, 1]);
    for (key, pair) in &pairs {
        assert_eq!(key.split('.').count(), 1);
        assert_eq!(pair.facts["film"], "faults_LR.mkv");
        assert_eq!(pair.facts["source_layout"], "sbs");
        assert_parallax(pair);
        let size = [pair.left.width(), pair.left.height()];
        assert_eq!(size, [pair.right.width(), pair.right.height()]);
        assert_eq!(pair.facts["size"], serde_json::json!(size));
        let shot = pair.facts["shot"].as_u64().unwrap();
        // A row beside each bar goes with it.
        let height = if shot == 2 { 180 - 2 * 25 } else { 180 };
        assert!(size[0] == 320 && size[1].abs_diff(height) <= 2, "{size:?} in shot {shot}");
        let crop_top = pair.facts["crop"][1].as_f64().unwrap() * 180.0;
        assert!((crop_top - if shot == 2 { 25.0 } else { 0.0 }).abs() <= 1.01, "{crop_top}");
        let time = pair.facts["time"].as_f64().unwrap();
        assert_eq!((time / 2.0) as u64, shot, "{time} s");
    }
    let first = &pairs.values().next().unwrap().left;
    let truth = eye(false, 0, 0, Fault::None);
    let error: f64 = first.iter().zip(&truth).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / truth.len() as f64;
    assert!(error < 4.0, "the left eye differs by {error} on average");
}

#[test]
fn every_packing_is_found_by_tag_name_or_picture() {
    let folder = TempDir::new().unwrap();
    let shots = [(Fault::None, 16), (Fault::None, 16)];
    let stereo = |mode: &'static str| ["-metadata:s:v:0", mode];
    for (name, packed, extra, said, right_first) in [
        ("plain.mp4", Packed::Sbs, [].as_slice(), "sbs (by what matches)", false),
        ("upper.mp4", Packed::Tab, &[], "tab (by what matches)", false),
        ("film_HSBS.mp4", Packed::HalfSbs, &[], "half-sbs (by its name)", false),
        ("squeezed.mp4", Packed::HalfSbs, &[], "half-sbs (by what matches)", false),
        ("tag_LR.mkv", Packed::Tab, &stereo("stereo_mode=top_bottom"), "tab (by its tag)", false),
        ("turned.mkv", Packed::Sbs, &stereo("stereo_mode=right_left"), "sbs, right eye first (by its tag)", true),
    ] {
        let input = folder.path().join(name);
        film(&input, packed, &shots, extra);
        let out = folder.path().join(format!("{name}.out"));
        let (input, out_text) = (input.to_string_lossy().into_owned(), out.to_string_lossy().into_owned());
        // This film's left eye comes first, so its tag is put right.
        let arguments: &[&str] = if right_first { &["--swap-eyes"] } else { &[] };
        let table = succeed(&[&[input.as_str(), "-o", &out_text], arguments].concat());
        let said = if right_first { "sbs (by its tag)" } else { said };
        assert!(table.contains(&format!(": {said}, 2 shots")), "{name}: {table}");
        assert_eq!(count(&table, "kept"), 8, "{name}: {table}");
        let pairs = samples(&out);
        pairs.values().for_each(assert_parallax);
        let width = if packed == Packed::HalfSbs { 160 } else { 320 };
        assert!(pairs.values().all(|pair| pair.left.width() == width), "{name}");
    }
}

#[test]
fn an_exchanged_film_is_told_with_the_cure() {
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("film_LR.mkv");
    film(&input, Packed::Sbs, &[(Fault::Swapped, 16), (Fault::Swapped, 16)], &[]);
    let out = folder.path().join("out");
    let (input, out_text) = (input.to_string_lossy().into_owned(), out.to_string_lossy().into_owned());
    let output = run(&[&input, "-o", &out_text]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("2 of 2 shots") && told.contains("--swap-eyes --force"), "{told}");
    let table = succeed(&[&input, "-o", &out_text, "--swap-eyes", "--force"]);
    assert_eq!(count(&table, "kept"), 8, "{table}");
    samples(&out).values().for_each(assert_parallax);
}

#[test]
fn an_interrupted_run_goes_on_and_gives_the_same() {
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("long_LR.mkv");
    let shots: Vec<_> =
        (0..12).map(|shot| (if shot % 4 == 3 { Fault::Flat } else { Fault::None }, 16 + shot)).collect();
    film(&input, Packed::Sbs, &shots, &[]);
    let input = input.to_string_lossy().into_owned();
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    let arguments = |out: &Path| {
        let out = out.to_string_lossy().into_owned();
        [input.clone(), "-o".into(), out, "--every".into(), "0.25".into(), "--shard".into(), "10".into()]
    };
    let call = |out: &Path| {
        let arguments = arguments(out);
        deep3d(&arguments.each_ref().map(String::as_str))
    };
    let first = call(&whole).output().unwrap();
    assert!(first.status.success(), "{}", text(&first.stderr));
    let wanted = names(&whole);
    assert!(wanted.len() > 6 && wanted.iter().all(|name| !name.contains("part")), "{wanted:?}");
    let mut interruptions = 0;
    for round in 1..=3 {
        let mut child = call(&parts).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        let shards = |folder: &Path| {
            if folder.is_dir() { names(folder).iter().filter(|name| name.ends_with(".tar")).count() } else { 0 }
        };
        while shards(&parts) < round && began.elapsed() < Duration::from_secs(60) {
            sleep(Duration::from_millis(2));
        }
        let id = child.id().to_string();
        assert!(Command::new("sh").args(["-c", &format!("kill -INT {id}")]).status().unwrap().success());
        let status = child.wait().unwrap();
        if status.code() == Some(130) {
            interruptions += 1;
            let mut told = String::new();
            child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
            assert!(told.contains("whole shards are kept"), "{told}");
        }
        assert!(names(&parts).iter().all(|name| !name.ends_with(".part")), "{:?}", names(&parts));
    }
    assert!(interruptions > 0, "never interrupted before the end");
    let stamp = |name: &str| fs::metadata(parts.join(name)).unwrap().modified().unwrap();
    let before = stamp("long_LR-000000.tar");
    let last = call(&parts).output().unwrap();
    assert!(last.status.success(), "{}", text(&last.stderr));
    assert_eq!(stamp("long_LR-000000.tar"), before, "a whole shard was done again");
    assert_eq!(text(&first.stdout), text(&last.stdout));
    assert_eq!(names(&parts), wanted);
    for name in &wanted {
        assert!(fs::read(whole.join(name)).unwrap() == fs::read(parts.join(name)).unwrap(), "{name} differs");
    }
    let again = call(&parts).output().unwrap();
    assert!(text(&again.stdout).contains("all was there already"), "{}", text(&again.stdout));

    // What lies there is checked before it is believed.
    let refused = |what: &str, word: &str| {
        let output = call(&parts).output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{what}: {stderr}");
        assert!(stderr.contains(word) && stderr.contains("--force") && stderr.lines().count() == 1, "{what}: {stderr}");
    };
    let note = parts.join("long_LR.state.json");
    let good = fs::read_to_string(&note).unwrap();
    fs::write(&note, &good[..good.len() / 2]).unwrap();
    refused("half a note", "state.json");
    fs::write(&note, good.replace("\"width\":640", "\"width\":320")).unwrap();
    refused("other options", "--width");
    fs::write(&note, &good).unwrap();
    fs::write(parts.join("long_LR-000001.tar"), "short").unwrap();
    refused("a broken shard", "000001.tar");
    fs::remove_file(&note).unwrap();
    refused("shards without a note", "000000.tar");
    let anew = call(&parts).arg("--force").output().unwrap();
    assert_eq!(text(&anew.stdout), text(&first.stdout));
}

#[test]
fn what_is_no_3d_film_gets_a_sentence() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let out = path("out");
    let flat = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bigbuckbunny.mp4");
    let still = path("still_LR.png");
    RgbImage::new(64, 32).save(&still).unwrap();
    fs::write(path("text_LR.mkv"), "This is not a film.\n".repeat(30)).unwrap();
    for (input, code, word) in [
        (vec![flat.to_owned()], 1, "--source-layout"),
        (vec![still], 1, "picture"),
        (vec![path("text_LR.mkv")], 1, "text_LR.mkv"),
        (vec![path("none.mkv")], 1, "none.mkv"),
        (vec!["a/x.mkv".to_owned(), "b/x.mp4".to_owned()], 2, "x-000000.tar"),
    ] {
        let arguments: Vec<&str> = input.iter().map(String::as_str).chain(["-o", &out]).collect();
        let output = run(&arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(word) && stderr.lines().count() == 1, "{word}: {stderr}");
    }
    assert!(!Path::new(&out).is_dir() || names(Path::new(&out)).is_empty(), "{:?}", names(Path::new(&out)));
    assert_eq!(run(&[flat, "-o", &out, "--every", "0"]).status.code(), Some(2));
    assert_eq!(run(&[flat, "-o", &out, "--source-layout", "woven"]).status.code(), Some(2));
}
