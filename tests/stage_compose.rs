//! Layouts: glasses against FFmpeg's stereo3d filter, and eyes taken out of a layout again.
#![allow(clippy::expect_used, clippy::unwrap_used)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
mod stage_support;

use deep3d::gpu::Gpu;
use deep3d::gpu::testing::WatchedGpu;
use deep3d::sink::adjust::{self, AdjustEyes};
use deep3d::sink::compose::{Arrangement, Compose, Composition, fit};
use deep3d::sink::{Adjust, Adjustments};
use ffmpeg::ffmpeg;
use stage_support::*;

fn composed(gpu: &Gpu, eyes: [&[u8]; 2], eye: [u32; 2], size: [u32; 2], composition: &Composition) -> Vec<u8> {
    let result = empty(gpu, size);
    let [left, right] = eyes.map(|pixels| image(gpu, pixels, eye));
    let stage = Compose::new(gpu, &left, &right, &result);
    run(gpu, |recorder| stage.record(recorder, composition));
    pixels(gpu, &result)
}

fn random_pixels(size: [u32; 2], seed: u64) -> Vec<u8> {
    let mut numbers = Numbers(seed);
    (0..size[0] * size[1])
        .flat_map(|_| [numbers.bits() as u8, numbers.bits() as u8, numbers.bits() as u8, 255])
        .collect()
}

#[test]
fn anaglyphs_are_ffmpegs_within_two_steps() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = folder("stage-compose");
    let eye = [120, 91];
    let (left, right) = (random_pixels(eye, 1), random_pixels(eye, 2));
    let pair = composed(&gpu, [&left, &right], eye, [240, 91], &Composition::whole(Arrangement::SideBySide, [240, 91]));
    let sbs = folder.join("pair.png");
    image::save_buffer(&sbs, &pair, 240, 91, image::ColorType::Rgba8).unwrap();
    for (name, arrangement) in [
        ("arcd", Arrangement::RED_CYAN),
        ("agmd", Arrangement::GREEN_MAGENTA),
        ("aybd", Arrangement::AMBER_BLUE),
        ("arcg", Arrangement::GREY),
    ] {
        let theirs = folder.join(format!("{name}.png"));
        ffmpeg(&format!("-i {} -vf format=rgb24,stereo3d=sbsl:{name} -pix_fmt rgb24", sbs.display()), &theirs);
        let theirs = image::open(&theirs).unwrap().to_rgba8();
        let ours = composed(&gpu, [&left, &right], eye, eye, &Composition::whole(arrangement, eye));
        let farthest = farthest(&ours, theirs.as_raw());
        println!("{name}: {farthest} of 255");
        assert!(farthest <= 2, "{name}: {farthest} of 255");
    }
}

#[test]
fn eyes_come_out_of_full_layouts_as_they_went_in() {
    let gpu = WatchedGpu::new().unwrap();
    let eye @ [width, height] = [37u32, 21u32];
    let (left, right) = (random_pixels(eye, 3), random_pixels(eye, 4));
    let pixel = |pixels: &[u8], across: u32, x: u32, y: u32| -> Vec<u8> {
        let at = ((y * across + x) * 4) as usize;
        pixels[at..at + 4].to_vec()
    };
    for swap_eyes in [false, true] {
        let [one, other] = if swap_eyes { [&right, &left] } else { [&left, &right] };
        let go = |arrangement, size| {
            let composition = Composition { swap_eyes, ..Composition::whole(arrangement, size) };
            composed(&gpu, [&left, &right], eye, size, &composition)
        };
        let sbs = go(Arrangement::SideBySide, [2 * width, height]);
        let tab = go(Arrangement::TopAndBottom, [width, 2 * height]);
        let [rows, columns, checkers] =
            [Arrangement::Rows, Arrangement::Columns, Arrangement::Checkerboard].map(|how| go(how, eye));
        assert_eq!(&go(Arrangement::Left, eye), one);
        assert_eq!(&go(Arrangement::Right, eye), other);
        for y in 0..height {
            for x in 0..width {
                let eyes = [pixel(one, width, x, y), pixel(other, width, x, y)];
                assert_eq!(pixel(&sbs, 2 * width, x, y), eyes[0]);
                assert_eq!(pixel(&sbs, 2 * width, x + width, y), eyes[1]);
                assert_eq!(pixel(&tab, width, x, y), eyes[0]);
                assert_eq!(pixel(&tab, width, x, y + height), eyes[1]);
                assert_eq!(pixel(&rows, width, x, y), eyes[(y % 2) as usize]);
                assert_eq!(pixel(&columns, width, x, y), eyes[(x % 2) as usize]);
                assert_eq!(pixel(&checkers, width, x, y), eyes[((x + y) % 2) as usize]);
            }
        }
    }
}

#[test]
fn halves_are_filtered_and_not_thinned() {
    let gpu = WatchedGpu::new().unwrap();
    let eye = [64, 64];
    // Stripes of one pixel: thinning would give black or white, filtering gives grey.
    let stripes: Vec<u8> = (0..64 * 64)
        .flat_map(|i: u32| if (i % 64 + i / 64).is_multiple_of(2) { [255; 4] } else { [0, 0, 0, 255] })
        .collect();
    for arrangement in [Arrangement::SideBySide, Arrangement::TopAndBottom] {
        let half = composed(&gpu, [&stripes, &stripes], eye, eye, &Composition::whole(arrangement, eye));
        for y in 4..28 {
            for x in 4..28 {
                let value = half[(y * 64 + x) * 4];
                assert!((125..=130).contains(&value), "{arrangement:?} {x} {y}: {value}");
            }
        }
    }
}

#[test]
fn a_window_shows_the_whole_picture_between_black() {
    let gpu = WatchedGpu::new().unwrap();
    let eye = [32, 18];
    let white = vec![255u8; 32 * 18 * 4];
    let window = [101, 99];
    let (at, fitted) = fit(16.0 / 9.0, window);
    for origin in [[0, 0], [4, 7]] {
        let composition = Composition { arrangement: Arrangement::Rows, swap_eyes: false, at, fitted, origin };
        let grey = vec![100u8; 32 * 18 * 4];
        let shown = composed(&gpu, [&white, &grey], eye, window, &composition);
        for y in 0..99i32 {
            for x in 0..101i32 {
                let inside =
                    (at[0]..at[0] + fitted[0] as i32).contains(&x) && (at[1]..at[1] + fitted[1] as i32).contains(&y);
                let even = (y + origin[1]) % 2 == 0;
                let expected = if !inside {
                    0
                } else if even {
                    255
                } else {
                    100
                };
                assert_eq!(shown[((y * 101 + x) * 4) as usize], expected, "{x} {y}");
            }
        }
    }
}

#[test]
fn what_a_viewer_turns_is_the_reference_in_both_eyes() {
    let gpu = WatchedGpu::new().unwrap();
    let eye = [61, 43];
    let (left, right) = (random_pixels(eye, 5), random_pixels(eye, 6));
    for (size, turned, crop) in [
        (eye, &[(Adjust::Brightness, 12.0), (Adjust::Gamma, 30.0), (Adjust::Hue, -20.0)][..], None),
        ([90, 50], &[(Adjust::Zoom, 0.7), (Adjust::PanX, 0.2), (Adjust::Contrast, 40.0)], None),
        ([40, 30], &[(Adjust::Zoom, -0.5), (Adjust::PanY, -0.3), (Adjust::Saturation, -60.0)], None),
        ([31, 20], &[(Adjust::Panscan, 1.0), (Adjust::Gamma, -50.0)], None),
        ([30, 20], &[], "30x20+7+9".parse().ok()),
    ] {
        let mut adjustments = Adjustments::default().with_crop(crop);
        turned.iter().for_each(|(which, to)| adjustments.set(*which, *to));
        let place = adjustments.place(1.4, f64::from(size[0]) / f64::from(size[1]));
        let place = if crop.is_some() { [[0.0; 2], [1.0; 2]] } else { place };
        let (window, colours) = (adjustments.window(eye, eye, size, place), adjustments.colours());
        let [one, other] = [&left, &right].map(|pixels| image(&gpu, pixels, eye));
        let stage = AdjustEyes::new(&gpu, &one, &other, size).unwrap();
        run(&gpu, |recorder| stage.record(recorder, &window, &colours));
        for (result, source) in stage.results().iter().zip([&left, &right]) {
            let (ours, wanted) = (pixels(&gpu, result), adjust::reference(source, eye, size, &window, &colours));
            let farthest = farthest(&ours, &wanted);
            assert!(farthest <= 1, "{turned:?}: {farthest} of 255");
            assert!(wanted.chunks_exact(4).any(|pixel| pixel[..3] != [0; 3]), "{turned:?}: there is a picture");
        }
        if let Some(part) = crop {
            // A part is copied as it is.
            let ours = pixels(&gpu, &stage.results()[0]);
            let at = |x: u32, y: u32| ((y * eye[0] + x) * 4) as usize;
            assert_eq!(ours[..4], left[at(7, 9)..][..4], "{part}");
        }
    }
}
