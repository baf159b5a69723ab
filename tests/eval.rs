//! `deep3d eval` and `deep3d sheet` from outside: scores of pairs whose depth is known, flicker of films that rest, and the sheet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use image::{GrayImage, Luma, Rgb, RgbImage};
use serde_json::Value;
use tempfile::TempDir;

const SIZE: [u32; 2] = [320, 160];
/// Disparity of the background and of the square before it, in pixels.
const BEHIND: u32 = 4;
const BEFORE: u32 = 16;

fn deep3d(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deep3d"));
    command.env("DEEP3D_CONFIG_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.env("DEEP3D_VALIDATION", "1").env("DEEP3D_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.args(arguments).output().unwrap()
}

fn success(arguments: &[&str]) -> String {
    let output = deep3d(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Smooth noise of its own for each surface.
fn paint(x: i32, y: i32, surface: i32) -> Rgb<u8> {
    let wave = |step: f64, phase: f64| {
        let (x, y) = (f64::from(x) / step, f64::from(y) / step);
        ((x * 1.3 + phase + (y * 0.7).sin() * 2.0).sin() + (y * 1.1 + phase * 2.0 + (x * 0.5).cos() * 2.0).sin()) / 4.0
            + 0.5
    };
    let at = f64::from(surface) * 1.7;
    Rgb([wave(5.0, at), wave(7.0, at + 1.0), wave(11.0, at + 2.0)].map(|value| (value * 255.0) as u8))
}

fn is_before(x: i32, y: i32) -> bool {
    (120..200).contains(&x) && (40..120).contains(&y)
}

/// A square before a wall, seen by both eyes, with its true disparity (times 8).
fn write_pair(folder: &Path, name: &str) {
    let [width, height] = SIZE;
    let (before, behind) = (BEFORE as i32, BEHIND as i32);
    let left = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as i32, y as i32);
        if is_before(x, y) { paint(x, y, 1) } else { paint(x, y, 0) }
    });
    let right = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as i32, y as i32);
        if is_before(x + before, y) { paint(x + before, y, 1) } else { paint(x + behind, y, 0) }
    });
    let disparity = GrayImage::from_fn(width, height, |x, y| {
        Luma([8 * if is_before(x as i32, y as i32) { BEFORE } else { BEHIND } as u8])
    });
    left.save(folder.join(format!("{name}_left.png"))).unwrap();
    right.save(folder.join(format!("{name}_right.png"))).unwrap();
    disparity.save(folder.join(format!("{name}_disp.png"))).unwrap();
}

fn ffmpeg(arguments: &[&str]) {
    let status = Command::new("ffmpeg").args(["-loglevel", "error", "-y"]).args(arguments).status();
    assert!(status.expect("ffmpeg is missing: ./x setup test").success());
}

fn method<'a>(scores: &'a Value, name: &str) -> &'a Value {
    scores.as_array().unwrap().iter().find(|method| method["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn true_depth_scores_best_and_baselines_stand_beside_it() {
    let folder = TempDir::new().unwrap();
    let rival = TempDir::new().unwrap();
    write_pair(folder.path(), "square");
    write_pair(folder.path(), "other");
    // Matched where nothing is measured.
    fs::remove_file(folder.path().join("other_disp.png")).unwrap();
    fs::write(folder.path().join("scale.csv"), "name,scale\nsquare,8\n").unwrap();
    for name in ["square", "other"] {
        fs::copy(folder.path().join("square_disp.png"), rival.path().join(format!("{name}.png"))).unwrap();
    }
    let rival = format!("truth={}", rival.path().display());
    let json =
        success(&["eval", &folder.path().to_string_lossy(), "--json", "--rival", &rival, "--uncounted", "other"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["schema"], 1);
    let names: Vec<_> = report["pairs"].as_array().unwrap().iter().map(|pair| pair["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["other", "square"]);
    for pair in report["pairs"].as_array().unwrap() {
        let methods = &pair["methods"];
        let psnr = |name: &str| method(methods, name)["right_view"]["psnr"].as_f64().unwrap();
        let truth = method(methods, "truth");
        let disparity =
            ["rank_correlation", "order_error", "relative_error"].map(|key| truth["disparity"][key].as_f64().unwrap());
        if pair["truth"] == "measured" {
            assert!((disparity[0] - 1.0).abs() < 1e-9 && disparity[1] == 0.0 && disparity[2] < 1e-4, "{truth}");
        } else {
            // The matcher's own errors, at the square's sides.
            assert!(disparity[0] > 0.95 && disparity[1] < 0.03 && disparity[2] < 0.02, "{truth}");
        }
        // Only what the square uncovers is made up, and the picture's left edge.
        assert!(psnr("truth") > 24.0, "{methods}");
        assert!(psnr("truth") > psnr("best global shift") + 5.0, "{methods}");
        assert!(psnr("best global shift") > psnr("left as right") + 2.0, "{methods}");
        let shift = method(methods, "best global shift")["right_view"]["near"].as_f64().unwrap();
        assert!((shift + f64::from(BEHIND) * 100.0 / f64::from(SIZE[0])).abs() < 0.2, "{shift}");
        // The 98th percentile lies on the square, the 2nd on the wall.
        let [near, far] = ["near", "far"].map(|key| truth["right_view"][key].as_f64().unwrap());
        assert!((near + 5.0).abs() < 0.4 && (far + 1.25).abs() < 0.2, "{near} … {far}");
        // The square stands in the middle: lower is neither nearer nor farther.
        let ramp = method(methods, "vertical ramp")["disparity"]["order_error"].as_f64().unwrap();
        assert!((ramp - 0.5).abs() < 0.1, "{ramp}");
        assert!(psnr("deep3d") >= psnr("best global shift") - 0.5, "{methods}");
    }
    assert_eq!(report["pairs"][0]["truth"], "matched");
    assert_eq!(report["pairs"][1]["truth"], "measured");
    // The mean is that of the one pair that counts.
    let mean = method(&report["mean"], "truth");
    let square = method(&report["pairs"][1]["methods"], "truth");
    assert_eq!(mean["disparity"], square["disparity"]);
}

#[test]
fn a_resting_film_does_not_flicker_and_cuts_are_passed_over() {
    let folder = TempDir::new().unwrap();
    let film = folder.path().join("film.mkv").to_string_lossy().into_owned();
    let still = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/picture.jpg");
    // Half a second of the picture, then of its mirror image.
    let filter = "[0:v]scale=320:160,setsar=1,split[a][b];[b]hflip,negate[c];[a][c]concat";
    let input = ["-loop", "1", "-t", "0.5", "-r", "12", "-i", still];
    ffmpeg(&[&input[..], &["-filter_complex", filter, "-c:v", "ffv1", &film]].concat());
    let json = success(&["eval", &folder.path().to_string_lossy(), "--json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    let film = &report["films"][0];
    assert_eq!(film["name"], "film.mkv");
    assert_eq!([film["compared"].as_u64(), film["passed_over"].as_u64()], [Some(10), Some(1)], "{film}");
    assert!(film["flicker"].as_f64().unwrap() < 1e-4 && film["part"].as_f64().unwrap() > 0.9, "{film}");
}

#[test]
fn folders_that_cannot_be_scored_are_refused() {
    let folder = TempDir::new().unwrap();
    let refused = |word: &str| {
        let output = deep3d(&["eval", &folder.path().to_string_lossy()]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(word) && error.lines().count() == 1, "{error}");
    };
    refused("no pairs");
    write_pair(folder.path(), "a");
    fs::write(folder.path().join("scale.csv"), "a,many\nb,none\n").unwrap();
    refused("line 2");
    fs::remove_file(folder.path().join("scale.csv")).unwrap();
    let right = folder.path().join("a_right.png");
    RgbImage::new(100, 50).save(&right).unwrap();
    refused("one size");
    fs::write(&right, "no picture").unwrap();
    refused("a_right.png");
    fs::remove_file(&right).unwrap();
    refused("a_left.png");
    assert_eq!(deep3d(&["eval", ".", "--rival", "nameless"]).status.code(), Some(2));
}

#[test]
fn a_sheet_shows_pictures_and_frames_with_their_disparity() {
    let folder = TempDir::new().unwrap();
    write_pair(folder.path(), "a");
    fs::remove_file(folder.path().join("a_disp.png")).unwrap();
    let out = TempDir::new().unwrap();
    let sheet = out.path().join("sheet.png").to_string_lossy().into_owned();
    let clip = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bikes.mp4");
    let input = folder.path().to_string_lossy().into_owned();
    let arguments = ["sheet", &input, clip, "-o", &sheet, "--columns", "2", "--width", "160", "--frames", "2"];
    let names = success(&arguments);
    assert_eq!(
        names.lines().collect::<Vec<_>>(),
        ["a_left.png | a_right.png", "bikes.mp4 at 25 % | bikes.mp4 at 75 %"]
    );
    let picture = image::open(&sheet).unwrap().to_rgb8();
    assert_eq!(picture.width(), 2 * (2 * 160 + 4));
    // The picture is coloured, its disparity grey and not flat.
    let coloured = |from: u32| {
        (from..from + 160).any(|x| {
            let p = picture.get_pixel(x, 40).0;
            p[0].abs_diff(p[2]) > 20
        })
    };
    assert!(coloured(0) && !coloured(160));
    let greys = (160..320).flat_map(|x| (0..80).map(move |y| (x, y))).map(|(x, y)| picture.get_pixel(x, y).0[0]);
    let [least, most] = greys.fold([255, 0], |[least, most], grey| [grey.min(least), grey.max(most)]);
    assert_eq!([least, most], [0, 255]);
    // Nothing is overwritten unasked.
    let again = deep3d(&arguments);
    assert_eq!(again.status.code(), Some(1));
}

#[test]
fn cuts_are_told_from_dissolves_and_flashes() {
    let folder = TempDir::new().unwrap();
    let film = folder.path().join("film.mkv").to_string_lossy().into_owned();
    let asset = |name: &str| format!("{}/assets/{name}", env!("CARGO_MANIFEST_DIR"));
    let (bunny, bikes) = (asset("bigbuckbunny.mp4"), asset("bikes.mp4"));
    // A flash in the first shot, a cut, a dissolve of half a second, a cut.
    let whole = "fps=24,scale=320:180,setsar=1,format=yuv420p";
    let filter = format!(
        "[0:v]{whole},trim=end_frame=72,split=3[a][b][c];[1:v]{whole},loop=-1:8,trim=end_frame=48,settb=1/24,setpts=N[bikes];\
         [a]trim=end_frame=24,lutyuv=y='min(val+170,235)':enable='between(n,10,11)',settb=1/24,setpts=N[first];\
         [b]trim=start_frame=24:end_frame=60,hflip,settb=1/24,setpts=N[second];\
         [c]trim=start_frame=24:end_frame=48,vflip,settb=1/24,setpts=N[last];\
         [bikes][second]xfade=duration=0.5:offset=1.5,settb=1/24,setpts=N[dissolve];\
         [first][dissolve][last]concat=n=3"
    );
    ffmpeg(&["-i", &bunny, "-i", &bikes, "-filter_complex", &filter, "-r", "24", "-c:v", "ffv1", &film]);
    fs::write(
        folder.path().join("film.cuts.csv"),
        "frame,kind,frames\n10,flash,2\n24,cut,0\n60,dissolve,12\n96,cut,0\n",
    )
    .unwrap();
    let arguments = ["eval", &folder.path().to_string_lossy(), "--cuts", "--json"].map(str::to_owned);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let report: Value = serde_json::from_str(&success(&arguments)).unwrap();
    let scores = &report["films"][0];
    assert_eq!([&scores["known"], &scores["found"], &scores["right"]].map(|v| v.as_u64()), [Some(2); 3], "{scores}");
    assert_eq!([&scores["dissolves"], &scores["flashes"]].map(|v| v[1].as_u64()), [Some(0); 2], "{scores}");
    // The other folder holds none.
    let output = deep3d(&["eval", &TempDir::new().unwrap().path().to_string_lossy(), "--cuts"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains(".cuts.csv") && output.status.code() == Some(1));
}

#[test]
fn edges_are_scored_on_exact_disparity() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_string_lossy().into_owned();
    write_pair(folder.path(), "square");
    fs::write(folder.path().join("scale.csv"), "square,8\n").unwrap();
    let views = TempDir::new().unwrap();
    let json = success(&["eval", &path, "--edges", "--json", "--views", &views.path().to_string_lossy()]);
    let report: Value = serde_json::from_str(&json).unwrap();
    let ring = |method: &str, part: &str| {
        let methods = report["mean"].as_array().unwrap();
        methods.iter().find(|scores| scores["method"] == method).unwrap()[part].as_f64().unwrap()
    };
    // By the true disparity all that both eyes see is right to a pixel beside the outline; a plain warp reads beside it.
    assert!(ring("deep3d, true disparity", "seen") < 0.4 * ring("plain warp, true disparity", "seen"), "{json}");
    assert!(ring("deep3d, true disparity", "outside") < 1.0, "{json}");
    assert!(ring("deep3d, true disparity", "holes") > 5.0, "nobody knows the holes: {json}");
    // The ring of 8 px around both sides of 80 rows, the ends of which are round.
    let part = report["pairs"][0]["part"].as_f64().unwrap() * f64::from(SIZE[0] * SIZE[1]);
    assert!((part - 2.0 * 17.0 * 80.0).abs() < 500.0, "{part}");
    assert_eq!(fs::read_dir(views.path()).unwrap().count(), 7);
    // Gaps in the truth are no truth.
    let disparity = folder.path().join("square_disp.png");
    let mut gaps = image::open(&disparity).unwrap().to_luma8();
    gaps.put_pixel(7, 7, Luma([0]));
    gaps.save(&disparity).unwrap();
    let refused = deep3d(&["eval", &path, "--edges"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("unknown disparity"));
}
