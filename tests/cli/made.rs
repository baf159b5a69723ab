//! What the program makes of films and pictures.

use std::fs;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::Command;

use clap::ValueEnum;
use deep3d::sink::layout::Layout;
use image::AnimationDecoder;
use tempfile::TempDir;

use crate::program::{run, text};
use crate::{CLIP, assert_refused, ffmpeg, names, small_clip};

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
