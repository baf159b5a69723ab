//! The user's settings: what a file says counts until the command line says otherwise.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::Output;

use ffmpeg::ffmpeg;
use program::{deep3d, text};

fn convert(folder: &Path, more: &[&str]) -> Output {
    let at = |name: &str| folder.join(name).display().to_string();
    let _ = fs::remove_file(folder.join("out.mkv"));
    deep3d()
        .env("DEEP3D_CONFIG_DIR", folder)
        .args(["convert", &at("film.mkv"), "-o", &at("out.mkv")])
        .args(more)
        .output()
        .unwrap()
}

/// Width and height of what was made.
fn size(folder: &Path) -> [u32; 2] {
    let info = ffmpeg_next::format::input(&folder.join("out.mkv")).unwrap();
    let track = info.streams().best(ffmpeg_next::media::Type::Video).unwrap();
    let decoder = ffmpeg_next::codec::context::Context::from_parameters(track.parameters()).unwrap();
    let video = decoder.decoder().video().unwrap();
    [video.width(), video.height()]
}

#[test]
fn options_stand_in_a_file_and_sets_of_them_have_names() {
    let folder = tempfile::tempdir().unwrap();
    ffmpeg("-f lavfi -i testsrc2=size=128x64:rate=5:duration=1 -c:v ffv1", &folder.path().join("film.mkv"));
    let file = folder.path().join("config.toml");
    let settings = "network-size = \"64x64\"\nvolume = 40\nlayuot = \"sbs\"\n[convert]\nlayout = \"tab\"\n[profile.cinema]\nlayout = \"half-sbs\"\n";
    fs::write(&file, settings).unwrap();

    let made = convert(folder.path(), &[]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert_eq!(size(folder.path()), [128, 128], "the file says tab");
    let said = text(&made.stderr);
    let told: Vec<_> = said.lines().filter(|line| line.contains("config.toml")).collect();
    assert_eq!(told.len(), 1, "{said}");
    let fault = format!("{}: line 3: there is no option 'layuot' of convert; this is left out", file.display());
    assert!(told[0].contains(&fault), "{said}");

    convert(folder.path(), &["--profile", "cinema"]);
    assert_eq!(size(folder.path()), [128, 64]);
    convert(folder.path(), &["--profile", "cinema", "--layout", "left"]);
    assert_eq!(size(folder.path()), [128, 64]);
    convert(folder.path(), &["--no-config"]);
    assert_eq!(size(folder.path()), [256, 64]);
    let said = text(&convert(folder.path(), &["--profile", "theatre"]).stderr);
    assert!(said.contains("there is no profile 'theatre'"), "{said}");

    // Files that cannot be what they should.
    fs::write(&file, [0xff, b'=', 0, b'\n'].repeat(100)).unwrap();
    assert!(convert(folder.path(), &["-q"]).status.success());
    fs::write(&file, "a".repeat(2 << 20)).unwrap();
    let said = text(&convert(folder.path(), &[]).stderr);
    assert!(said.contains("it has more than a mebibyte; it is left out"), "{said}");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(convert(folder.path(), &[]).status.success());
}

#[test]
fn a_picture_is_turned_before_its_depth_is_made_and_cut_to_its_part() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let photo =
        image::RgbImage::from_fn(96, 64, |x, y| image::Rgb([(x * 2) as u8, (y * 3) as u8, ((x ^ y) * 2) as u8]));
    photo.save(at("photo.png")).unwrap();
    let made = |more: &[&str]| {
        let (from, to) = (at("photo.png").display().to_string(), at("out.png").display().to_string());
        let usual =
            ["convert", "--force", "--layout", "left", "--strength", "0", "--network-size", "64x64", "-o", &to, &from];
        let run = program::run(&[&usual[..], more].concat());
        assert!(run.status.success(), "{more:?}: {}", text(&run.stderr));
        image::open(&to).unwrap().to_rgb8()
    };
    assert_eq!(made(&["--video-rotate=90"]), image::imageops::rotate90(&photo));
    let part = image::imageops::crop_imm(&photo, 10, 5, 40, 30).to_image();
    assert_eq!(made(&["--video-crop=40x30+10+5"]), part);
    let brighter = made(&["--brightness=20"]);
    let wanted = |value: u8| (f32::from(value) + 51.0).min(255.0);
    let near =
        photo.iter().zip(brighter.iter()).all(|(before, after)| (wanted(*before) - f32::from(*after)).abs() <= 1.0);
    assert!(near && brighter.dimensions() == (96, 64));
}
