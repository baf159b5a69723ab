//! What tests of read films share: clips made by the `ffmpeg` program into the target folder and kept there, and their samples.
#![allow(dead_code)]

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "ffmpeg.rs"]
mod ffmpeg;

pub(crate) use ffmpeg::ffmpeg;

use deep3d::frame::{Frame, Picture};
use deep3d::media::{Source, SourceOptions};
use deep3d::time::Time;

/// A file made by `make` once; its name holds `recipe`, so that another recipe makes another file.
pub(crate) fn made(name: &str, recipe: &str, make: impl FnOnce(&Path)) -> PathBuf {
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

/// A clip named `name` made by ffmpeg with `arguments` before its name.
pub(crate) fn clip(name: &str, arguments: &str) -> PathBuf {
    made(name, arguments, |draft| ffmpeg(arguments, draft))
}

pub(crate) fn moving(size: &str, rate: &str, seconds: &str) -> String {
    format!("-f lavfi -i testsrc2=size={size}:rate={rate}:duration={seconds}")
}

pub(crate) fn open(path: &Path) -> Source {
    Source::open(path, &SourceOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn all(source: &mut Source) -> Vec<Frame<Picture>> {
    std::iter::from_fn(|| source.next().unwrap()).collect()
}

/// The samples without the gaps between rows.
pub(crate) fn samples(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    for index in 0..picture.shape.format.planes() {
        let [width, height] = picture.shape.format.plane_size(index, picture.shape.size).map(|side| side as usize);
        let row = width * picture.shape.format.sample_bytes();
        let (plane, stride) = picture.planes.plane(index);
        for y in 0..height {
            bytes.extend_from_slice(&plane[y * stride..][..row]);
        }
    }
    bytes
}

pub(crate) fn hash(picture: &Picture) -> u64 {
    let mut hasher = DefaultHasher::new();
    samples(picture).hash(&mut hasher);
    hasher.finish()
}

/// Every frame's samples as the ffmpeg program gives them.
pub(crate) fn reference(path: &Path, pixel_format: &str, more: &str) -> Vec<u8> {
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

pub(crate) fn milliseconds(time: Time) -> f64 {
    time.seconds() * 1000.0
}

pub(crate) fn assert_near(time: Time, expected: f64, what: &str) {
    assert!((milliseconds(time) - expected).abs() < 0.51, "{what}: {} instead of {expected} ms", milliseconds(time));
}
