//! Stills as they are to be seen: orientation, colours, transparency, by whatever format and under whatever name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

#[path = "common/decoded.rs"]
mod decoded;
#[path = "common/program.rs"]
mod program;

use decoded::clip;
use deep3d::frame::{Frame, Gamut, Picture};
use deep3d::media::{Background, Reading, Source, SourceOptions};
use deep3d::stage::colour::reference;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A picture as it is seen: three bytes a pixel.
#[derive(Debug, PartialEq)]
struct Seen {
    size: [u32; 2],
    rgb: Vec<[u8; 3]>,
}

impl Seen {
    fn at(&self, x: u32, y: u32) -> [u8; 3] {
        self.rgb[(y * self.size[0] + x) as usize]
    }
}

fn seen_with(path: &Path, reading: Reading) -> Seen {
    let options = SourceOptions { reading, ..SourceOptions::default() };
    let mut source = Source::open(path, &options).unwrap_or_else(|error| panic!("{error}"));
    assert!(source.info().is_still, "{path:?}");
    let picture = source.next().unwrap().unwrap().data;
    let size = picture.shape.orientation.apply_size(picture.shape.size);
    assert_eq!(size, source.info().size);
    let rgba = reference::colour(&picture).unwrap();
    Seen { size, rgb: rgba.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect() }
}

/// All pictures of what moves.
fn film_with(path: &Path, reading: Reading) -> Vec<Seen> {
    let options = SourceOptions { reading, ..SourceOptions::default() };
    let mut source = Source::open(path, &options).unwrap_or_else(|error| panic!("{error}"));
    assert!(!source.info().is_still, "{path:?}");
    let picture = |frame: Frame<Picture>| {
        let size = frame.data.shape.orientation.apply_size(frame.data.shape.size);
        let rgba = reference::colour(&frame.data).unwrap();
        Seen { size, rgb: rgba.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect() }
    };
    std::iter::from_fn(|| source.next().unwrap()).map(picture).collect()
}

fn seen(path: &Path) -> Seen {
    seen_with(path, Reading::default())
}

fn assert_near(ours: [u8; 3], right: [u8; 3], most: u8, what: &str) {
    assert!(ours.iter().zip(right).all(|(ours, right)| ours.abs_diff(right) <= most), "{what}: {ours:?} for {right:?}");
}

#[test]
fn each_format_says_how_it_is_to_be_turned() {
    let [red, green, blue, yellow] = [[220, 40, 40], [40, 200, 60], [50, 60, 220], [230, 220, 60]];
    // The corners of what Pillow's ImageOps.exif_transpose gives, from the upper left one clockwise.
    let right = [
        [red, green, yellow, blue],
        [green, red, blue, yellow],
        [yellow, blue, red, green],
        [blue, yellow, green, red],
        [red, blue, yellow, green],
        [blue, red, green, yellow],
        [yellow, green, red, blue],
        [green, yellow, blue, red],
    ];
    for extension in ["jpg", "png", "webp", "tiff", "avif"] {
        for (code, corners) in (1..).zip(right) {
            let name = format!("orientation/{code}.{extension}");
            let seen = seen(&data(&name));
            assert_eq!(seen.size, if code < 5 { [24, 16] } else { [16, 24] }, "{name}");
            let [right, bottom] = seen.size.map(|side| side - 4);
            for (corner, at) in corners.into_iter().zip([[3, 3], [right, 3], [right, bottom], [3, bottom]]) {
                assert_near(seen.at(at[0], at[1]), corner, 12, &format!("{name} at {at:?}"));
            }
        }
    }
    let tall = seen(&data("faults/pil6.avif"));
    assert_eq!(tall.size, [64, 96]);
    for (at, right) in
        [([2, 2], [2, 183, 58]), ([61, 2], [4, 7, 60]), ([61, 93], [186, 6, 59]), ([2, 93], [186, 185, 60])]
    {
        assert_near(tall.at(at[0], at[1]), right, 12, "pil6.avif");
    }
}

#[test]
fn profiles_are_minded_in_each_format() {
    let table = std::fs::read_to_string(data("colours/right.tsv")).unwrap();
    let mut wrong = Vec::new();
    for line in table.lines() {
        let (name, patches) = line.split_once('\t').unwrap();
        let seen = seen(&data(&format!("colours/{name}")));
        for (index, patch) in (0..).zip(patches.split('\t')) {
            let right: Vec<u8> = patch.split(' ').map(|part| part.parse().unwrap()).collect();
            let ours = seen.at(8 * index + 4, 4);
            // Lossy ones may be a step beside before the profile is applied, which counts for most where a colour is at the edge of sRGB; tables
            // of inks are coarse, and each library has its own way between their entries.
            let lossy = name.ends_with("jpg") || name.ends_with("avif");
            let most = if lossy || name.starts_with("ink") { 4 } else { 2 };
            let near = |ours: u8, right: u8| ours.abs_diff(right) <= if lossy && right < 16 { 16 } else { most };
            if !ours.iter().zip(&right).all(|(ours, right)| near(*ours, *right)) {
                wrong.push(format!("{name} patch {index}: {ours:?} for {right:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn photos_of_phones_have_their_colours() {
    let photo = data("faults/p3.png");
    assert_near(seen(&photo).at(0, 0), [218, 0, 26], 2, "p3.png");
    let wide = Reading { gamut: Gamut::DisplayP3, ..Reading::default() };
    assert_eq!(seen_with(&photo, wide).at(0, 0), [200, 40, 40]);
    // What says nothing is sRGB, and is no more saturated in the wider gamut.
    assert_near(seen_with(&data("orientation/1.png"), wide).at(3, 3), [202, 59, 51], 1, "1.png in Display P3");
}

#[test]
fn what_is_clear_shows_the_background() {
    for name in ["faults/sticker.png", "faults/sticker.gif"] {
        for background in [[0; 3], [10, 200, 30]] {
            let reading = Reading { background: Background(background), ..Reading::default() };
            let pictures = film_with(&data(name), reading);
            assert_eq!(pictures.len(), 3, "{name}");
            for picture in pictures {
                assert_eq!((picture.at(0, 0), picture.at(32, 32)), (background, [255; 3]), "{name}");
            }
        }
    }
}

#[test]
fn pictures_of_tiles_and_with_planes_of_alpha_are_whole() {
    let table = std::fs::read_to_string(data("heif/right.tsv")).unwrap();
    for line in table.lines() {
        let mut fields = line.split('\t');
        let seen = seen(&data(&format!("heif/{}", fields.next().unwrap())));
        let numbers = |field: &str| -> Vec<u32> { field.split(' ').map(|number| number.parse().unwrap()).collect() };
        assert_eq!(numbers(fields.next().unwrap()), seen.size, "{line}");
        for field in fields {
            let [x, y, red, green, blue] = numbers(field).try_into().unwrap();
            assert_near(seen.at(x, y), [red, green, blue].map(|part| part as u8), 8, &format!("{line} at {x}, {y}"));
        }
    }
}

#[test]
fn films_with_alpha_show_the_background() {
    let half =
        "-f lavfi -i color=white:size=64x32:rate=5:duration=0.4,format=rgba,geq=r=230:g=20:b=20:a='255*gte(X,32)'";
    let reading = Reading { background: Background([20, 20, 230]), ..Reading::default() };
    for (name, codec) in [
        ("alpha.webm", "-c:v libvpx-vp9 -pix_fmt yuva420p -b:v 1M"),
        ("alpha8.webm", "-c:v libvpx -pix_fmt yuva420p -b:v 1M -auto-alt-ref 0"),
        ("prores.mov", "-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le"),
        ("rle.mov", "-c:v qtrle -pix_fmt argb"),
        ("png.mov", "-c:v png -pix_fmt rgba"),
        ("deep.mkv", "-c:v ffv1 -pix_fmt yuva444p16le"),
        ("packed.mkv", "-c:v ffv1 -pix_fmt bgra"),
        ("grey.mov", "-c:v png -pix_fmt ya8"),
        ("moving.apng", "-c:v apng -pix_fmt rgba -plays 0"),
        ("moving.gif", "-filter_complex [0]split[a][b];[b]palettegen[p];[a][p]paletteuse"),
    ] {
        let path = clip(name, &format!("{half} {codec}"));
        for picture in film_with(&path, reading) {
            let right = if name.starts_with("grey") { [83; 3] } else { [230, 20, 20] };
            assert_near(picture.at(8, 16), [20, 20, 230], 6, &format!("{name}, clear"));
            assert_near(picture.at(56, 16), right, 8, &format!("{name}, opaque"));
        }
    }
}

#[test]
fn stills_with_alpha_show_the_background() {
    let half = "-f lavfi -i color=white:size=64x32:rate=1:duration=1,format=rgba,geq=r=230:g=20:b=20:a='255*gte(X,32)' -frames:v 1";
    let reading = Reading { background: Background([20, 20, 230]), ..Reading::default() };
    for (name, codec) in [
        ("clear.png", "-pix_fmt rgba"),
        ("deep.png", "-pix_fmt rgba64be"),
        ("grey.png", "-pix_fmt ya8"),
        ("grey16.png", "-pix_fmt ya16be"),
        ("palette.png", "-pix_fmt pal8"),
        ("clear.webp", "-lossless 1 -pix_fmt bgra"),
        ("clear.tiff", "-pix_fmt rgba"),
        ("clear.tga", "-pix_fmt bgra"),
        ("clear.gif", ""),
        ("clear.jp2", "-c:v libopenjpeg -pix_fmt rgba"),
        ("clear.qoi", "-pix_fmt rgba"),
    ] {
        let half = if codec.contains("pal8") || name.ends_with("gif") {
            format!("{half} -filter_complex [0]split[a][b];[b]palettegen[p];[a][p]paletteuse")
        } else {
            half.to_owned()
        };
        let picture = seen_with(&clip(name, &format!("{half} {codec}")), reading);
        let right = if name.starts_with("grey") { [83; 3] } else { [230, 20, 20] };
        assert_near(picture.at(8, 16), [20, 20, 230], 3, &format!("{name}, clear"));
        assert_near(picture.at(56, 16), right, 4, &format!("{name}, opaque"));
    }
}

#[test]
fn names_do_not_say_what_a_file_is() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: PathBuf, name: &str| {
        let path = folder.path().join(name);
        std::fs::copy(from, &path).unwrap();
        path
    };
    for (from, name) in [
        ("orientation/1.jpg", "photo.mkv"),
        ("orientation/1.png", "picture"),
        ("orientation/1.avif", "a.tga"),
        ("orientation/1.webp", "b.mp4"),
        ("orientation/1.tiff", "c.txt"),
    ] {
        assert_eq!(seen(&copy(data(from), name)).size, [24, 16], "{name}");
    }
    let film = |name: &str| clip(name, "-f lavfi -i testsrc2=size=64x32:rate=5:duration=0.6 -pix_fmt yuv420p");
    for (from, name) in
        [("f.mp4", "f.jpg"), ("f.mkv", "g.tga"), ("f.ts", "h.png"), ("f.avi", "noext"), ("f.gif", "i.jpg")]
    {
        assert_eq!(film_with(&copy(film(from), name), Reading::default()).len(), 3, "{name}");
    }
}

#[test]
fn what_cannot_be_read_is_not_called_damaged() {
    let folder = tempfile::tempdir().unwrap();
    // A TIFF of one L*a*b* pixel.
    let mut lab = b"II*\0\x08\0\0\0\x09\0".to_vec();
    let bits = 8 + 2 + 9 * 12 + 4;
    for (tag, count, value) in [
        (256_u16, 1_u32, 1_u32),
        (257, 1, 1),
        (258, 3, bits),
        (259, 1, 1),
        (262, 1, 8),
        (273, 1, bits + 6),
        (277, 1, 3),
        (278, 1, 1),
        (279, 1, 3),
    ] {
        lab.extend(
            [
                &tag.to_le_bytes()[..],
                &if count == 3 { 3_u16 } else { 4 }.to_le_bytes(),
                &count.to_le_bytes(),
                &value.to_le_bytes(),
            ]
            .concat(),
        );
    }
    lab.extend([0, 0, 0, 0, 8, 0, 8, 0, 8, 0, 120, 20, 30]);
    let path = folder.path().join("lab.tiff");
    std::fs::write(&path, lab).unwrap();
    let error = Source::open(&path, &SourceOptions::default()).err().unwrap().to_string();
    assert!(error.contains("L*a*b*") && error.contains("convert") && !error.contains("damaged"), "{error}");

    let big = folder.path().join("big.tif");
    let mut encoder = tiff::encoder::TiffEncoder::new_big(std::fs::File::create(&big).unwrap()).unwrap();
    encoder.write_image::<tiff::encoder::colortype::RGB8>(2, 1, &[9, 99, 199, 1, 2, 3]).unwrap();
    assert_eq!(seen(&big), Seen { size: [2, 1], rgb: vec![[9, 99, 199], [1, 2, 3]] });
}

/// Bytes changed here and there, always the same ones.
fn damaged(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below.max(1)
    };
    for _ in 0..=random(4) {
        let at = random(bytes.len());
        bytes[at] = match random(3) {
            0 => 0xff,
            1 => 0,
            _ => random(256) as u8,
        };
    }
    if random(8) == 0 {
        bytes.truncate(random(bytes.len()));
    }
    bytes
}

#[test]
fn damaged_pictures_are_errors_and_no_panics() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "colours/ink.tiff",
        "colours/adobe.tiff",
        "colours/ink.jpg",
        "colours/lut.png",
        "colours/p3.webp",
        "colours/rec2020.avif",
        "heif/clear-grid.avif",
        "heif/p3.heic",
        "orientation/6.jpg",
        "faults/sticker.gif",
    ];
    let mut opened = 0;
    for name in names {
        let whole = std::fs::read(data(name)).unwrap();
        let path = folder.path().join("damaged");
        for seed in 0..150 {
            std::fs::write(&path, damaged(&whole, seed)).unwrap();
            let Ok(mut source) = Source::open(&path, &SourceOptions::default()) else { continue };
            opened += usize::from(source.next().is_ok_and(|frame| frame.is_some()));
        }
    }
    assert!(opened > 100, "{opened}: nothing was left to be read");
}

/// Whether a file is tagged with a profile of these lights.
fn is_tagged(path: &Path, profile: &moxcms::ColorProfile) -> bool {
    let bytes = std::io::Cursor::new(std::fs::read(path).unwrap());
    let mut decoder = image::ImageReader::new(bytes).with_guessed_format().unwrap().into_decoder().unwrap();
    let tag = image::ImageDecoder::icc_profile(&mut decoder).unwrap().unwrap();
    let tag = moxcms::ColorProfile::new_from_slice(&tag).unwrap();
    let lights =
        |profile: &moxcms::ColorProfile| [profile.red_colorant.x, profile.green_colorant.y, profile.blue_colorant.z];
    lights(&tag).iter().zip(lights(profile)).all(|(ours, right)| (ours - right).abs() < 1e-3)
}

#[test]
fn what_is_written_says_its_colours() {
    let folder = tempfile::tempdir().unwrap();
    let convert = |name: &str, more: &[&str]| {
        let (input, output) = (data("faults/p3.png"), folder.path().join(name));
        let mut command = program::deep3d();
        command.args(["convert", "--layout", "left", "--source-eye", "left", "--network-size", "64x64"]);
        let done = command.args(more).arg(input).arg("-o").arg(&output).output().unwrap();
        (output, done.status.success(), program::text(&done.stderr))
    };
    for extension in ["png", "tiff", "webp", "jpg"] {
        let most = if extension == "jpg" { 4 } else { 2 };
        let (narrow, done, told) = convert(&format!("narrow.{extension}"), &[]);
        assert!(done, "{told}");
        assert_near(seen(&narrow).at(8, 8), [218, 0, 26], most, extension);
        assert!(is_tagged(&narrow, &moxcms::ColorProfile::new_srgb()), "{extension}");
    }
    let (wide, done, told) = convert("wide.png", &["--gamut", "display-p3"]);
    assert!(done, "{told}");
    assert!(is_tagged(&wide, &moxcms::ColorProfile::new_display_p3()));
    let samples = image::open(&wide).unwrap().to_rgb8();
    assert_near(samples.get_pixel(8, 8).0, [200, 40, 40], 1, "the samples in Display P3");
    assert_near(seen(&wide).at(8, 8), [218, 0, 26], 2, "what they mean");
    let (_, done, told) = convert("wide.bmp", &["--gamut", "display-p3"]);
    assert!(!done && told.contains("--gamut") && told.lines().count() == 1, "{told}");
    let (_, done, told) = convert("small.png", &["--max-memory", "16M", "--background", "beige"]);
    assert!(!done && told.contains("#rrggbb"), "{told}");
}

#[test]
fn films_are_written_in_the_wanted_gamut_and_say_so() {
    let tags = "-color_primaries bt709 -color_trc bt709 -colorspace bt709";
    let red = clip(
        "red.mkv",
        &format!(
            "-f lavfi -i color=red:s=64x64:r=5:d=0.4 -vf scale=out_color_matrix=bt709 {tags} -c:v libx264 -pix_fmt yuv444p"
        ),
    );
    let folder = tempfile::tempdir().unwrap();
    for (gamut, primaries, green) in [("srgb", "bt709", 0..=6), ("display-p3", "smpte432", 48..=66)] {
        let output = folder.path().join(format!("{gamut}.mkv"));
        let (red, path) = (red.to_str().unwrap(), output.to_str().unwrap());
        let usual = ["--layout", "left", "--source-eye", "left", "--network-size", "64x64"];
        let run = program::run(&[&["convert", red, "-o", path, "--gamut", gamut], &usual[..]].concat());
        assert!(run.status.success(), "{}", program::text(&run.stderr));
        let probe = ["-v", "error", "-show_entries", "stream=color_primaries", "-of", "csv=p=0", path];
        let told = std::process::Command::new("ffprobe").args(probe).output().unwrap();
        assert_eq!(program::text(&told.stdout).trim(), primaries);
        // sRGB's red is 0.8225, 0.0332 and 0.0171 of the lights of Display P3 (SMPTE EG 432-1).
        let raw = [
            "-v",
            "error",
            "-i",
            path,
            "-frames:v",
            "1",
            "-vf",
            "scale=in_color_matrix=bt709",
            "-pix_fmt",
            "rgb24",
            "-f",
            "rawvideo",
            "-",
        ];
        let samples = std::process::Command::new("ffmpeg").args(raw).output().unwrap().stdout;
        assert!(samples[0] > 225 && green.contains(&samples[1]), "{gamut}: {:?}", &samples[..3]);
    }
}

#[test]
fn huge_pictures_end_each_command_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let huge = data("faults/huge.gif");
    let output = folder.path().join("o.png");
    let (huge, output) = (huge.to_str().unwrap(), output.to_str().unwrap());
    for arguments in [
        vec!["convert", "--layout", "left", huge, "-o", output],
        vec!["sheet", huge, "-o", output],
        vec!["play", "--sink", "null", huge],
    ] {
        let done = program::run(&arguments);
        let told = program::text(&done.stderr);
        assert_eq!((done.status.code(), told.lines().count()), (Some(1), 1), "{arguments:?}: {told}");
        assert!(told.contains("65535×65535 is too large"), "{told}");
    }
}

#[test]
fn a_huge_picture_out_of_a_pipe_is_told_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program::deep3d();
    command.args(["convert", "--layout", "left", "-", "-o"]).arg(folder.path().join("o.mkv"));
    let done = command.stdin(std::fs::File::open(data("faults/huge.gif")).unwrap()).output().unwrap();
    let told = program::text(&done.stderr);
    assert!(done.status.code() == Some(1) && told.contains("--max-memory"), "{told}");
}

#[test]
fn a_layout_that_is_too_large_for_the_gpu_names_one_that_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("wide.png"), folder.path().join("o.png"));
    image::GrayImage::from_fn(9000, 64, |x, y| image::Luma([(x * 7 + y * 3) as u8])).save(&input).unwrap();
    let convert = |layout: &str| {
        let mut command = program::deep3d();
        command.args(["convert", "--network-size", "64x64", "--layout", layout]).arg(&input).arg("-o").arg(&output);
        command.output().unwrap()
    };
    let refused = convert("sbs");
    let told = program::text(&refused.stderr);
    assert!(!refused.status.success() && told.contains("--layout half-sbs") && !told.contains("driver"), "{told}");
    let done = convert("half-sbs");
    assert!(done.status.success(), "{}", program::text(&done.stderr));
}
