//! Films as scenes: the same scenes in the same order however far is looked ahead, the first at once, the last not lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ash::vk;
use deep3d::eyes::{Eyes, EyesError, Place, Settings, TIMESTAMPS};
use deep3d::film::{Film, FilmOptions, Scene, SeekMode, Step};
use deep3d::frame::Frame;
use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, Image, ImageOptions};
use deep3d::media::StopFlag;
use deep3d::net::Weights;
use deep3d::player::quality::LEVELS;
use deep3d::position::Position;
use deep3d::sink::{Adjust, Adjustments, Layout, adjust};
use deep3d::stage::comfort;
use deep3d::stage::stereo::SourceEye;
use deep3d::time::Time;

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/letters.rs"]
mod letters;

const FILM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bigbuckbunny.mp4");
const STILL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/picture.jpg");

fn open(gpu: &Gpu, file: &str, look_ahead: usize) -> Film {
    let weights = Arc::new(Weights::built_in().unwrap());
    let start = Some(Position::Percent(80.0));
    let options = FilmOptions {
        start: start.filter(|_| file == FILM),
        look_ahead,
        network_area: 128 * 64,
        ..FilmOptions::default()
    };
    Film::open(gpu, &weights, file, &options, StopFlag::default()).unwrap()
}

/// The next scene; none at the end.
fn next(film: &mut Film) -> Option<Frame<Scene>> {
    match film.scenes.receive(Some(Duration::from_secs(60))) {
        Ok(Step::Scene(scene)) => Some(scene),
        Ok(Step::End { .. }) => None,
        Ok(Step::Failed { error, .. }) => panic!("{error}"),
        Err(empty) => panic!("nothing came: {empty:?}"),
    }
}

fn times(film: &mut Film) -> Vec<Time> {
    std::iter::from_fn(|| next(film).map(|scene| scene.pts)).collect()
}

/// Both eyes side by side, as they are without options.
fn side_by_side() -> Settings {
    Settings {
        layout: Layout::Sbs,
        comfort: comfort::Settings::default(),
        swap_eyes: false,
        flat: false,
        source_eye: SourceEye::Centre,
        selection: false,
        adjustments: Adjustments::default(),
    }
}

#[test]
fn looking_ahead_loses_nothing_and_keeps_the_order() {
    let gpu = WatchedGpu::new().unwrap();
    let all = times(&mut open(&gpu, FILM, 0));
    assert!(all.len() > 10 && all.is_sorted(), "{all:?}");
    for look_ahead in [1, 4] {
        assert_eq!(times(&mut open(&gpu, FILM, look_ahead)), all, "{look_ahead} ahead");
    }
    // More than there are.
    assert_eq!(times(&mut open(&gpu, STILL, 8)).len(), 1);
}

#[test]
fn a_seek_gives_up_what_waits_and_begins_anew() {
    let gpu = WatchedGpu::new().unwrap();
    let mut film = open(&gpu, FILM, 4);
    let first = next(&mut film).unwrap();
    assert!(first.data.is_cut());
    for _ in 0..3 {
        next(&mut film).unwrap();
    }
    let epoch = film.control().seek(first.pts, SeekMode::Exact);
    let mut again = next(&mut film).unwrap();
    while again.epoch != epoch {
        again = next(&mut film).unwrap();
    }
    assert!(again.pts == first.pts && again.data.is_cut());
    // Behind the end nothing waits either.
    while next(&mut film).is_some() {}
    let epoch = film.control().seek(first.pts, SeekMode::Exact);
    let again = next(&mut film).unwrap();
    assert_eq!((again.epoch, again.pts), (epoch, first.pts));
}

/// Four seconds with a key frame each second, 25 pictures a second.
fn with_key_frames(folder: &Path) -> String {
    let path = folder.join("keys.mp4");
    let arguments = "-f lavfi -i testsrc2=s=128x72:r=25:d=4 -c:v libx264 -preset ultrafast -g 25 -sc_threshold 0 -bf 2";
    ffmpeg::ffmpeg(arguments, &path);
    path.to_string_lossy().into_owned()
}

#[test]
fn key_frames_are_sought_where_that_suffices() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut film = open(&gpu, &with_key_frames(folder.path()), 0);
    let second = Time::from_seconds;
    let near = SeekMode::KeyFrame { beyond: None };
    let from = |place| SeekMode::KeyFrame { beyond: Some(second(place)) };
    for (target, mode, expected) in [
        (2.52, SeekMode::Exact, 2.52),
        (2.52, near, 2.0),
        (2.52, from(1.5), 2.0),
        (2.52, from(2.0), 2.52),
        (2.52, from(2.2), 2.52),
        (0.6, near, 0.0),
        (3.0, near, 3.0),
    ] {
        let epoch = film.control().seek(second(target), mode);
        let found = std::iter::from_fn(|| next(&mut film)).find(|scene| scene.epoch == epoch).unwrap();
        assert!((found.pts.seconds() - expected).abs() < 1e-3, "{target} {mode:?}: {}", found.pts);
    }
}

#[test]
fn nothing_is_made_per_frame_from_the_film_to_the_eyes() {
    let gpu = WatchedGpu::new().unwrap();
    let mut film = open(&gpu, FILM, 3);
    let settings = side_by_side();
    let mut eyes = Eyes::new(&gpu);
    eyes.set_metered(true);
    let mut commands = Commands::new(&gpu, "eyes", TIMESTAMPS).unwrap();
    let options = ImageOptions { size: [640, 180], format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
    let target = Image::new(&gpu, "target", options).unwrap();
    let (mut made, mut seen, mut measured) = (None, 0, 0);
    while let Some(scene) = next(&mut film) {
        commands
            .record(|recorder| eyes.record(recorder, &scene.data, &settings, &target, Place::Window([0, 0]), 0))
            .unwrap();
        gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
        while let Some(picture) = eyes.measured().unwrap() {
            assert!(!picture.reading.is_outside() && picture.reading.pixels == 320 * 180);
            measured += 1;
        }
        seen += 1;
        // By then all that lies ahead has been used, and every object has been seen once.
        if seen > 6 {
            assert_eq!(*made.get_or_insert_with(|| gpu.objects_created()), gpu.objects_created(), "picture {seen}");
        }
    }
    assert_eq!(eyes.size(), Some([320, 180]), "no larger than what shows them");
    assert!(seen > 12 && measured == seen, "{seen} pictures, {measured} measured");
}

#[test]
fn what_a_viewer_turns_is_seen_alike_by_both_eyes_of_a_window_and_of_a_headset() {
    let gpu = WatchedGpu::new().unwrap();
    let mut film = open(&gpu, FILM, 0);
    let scene = next(&mut film).unwrap();
    let size @ [width, height] = scene.data.layout.size;
    let mut settings = side_by_side();
    let mut commands = Commands::new(&gpu, "eyes", TIMESTAMPS).unwrap();
    let image = |size| {
        let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
        Image::new(&gpu, "target", options).unwrap()
    };
    let (both, one, other) = (image([2 * width, height]), image(size), image(size));
    let mut eyes = Eyes::new(&gpu);
    let mut seen = |settings: &Settings, window: bool| -> [Vec<u8>; 2] {
        let backs: Vec<_> = [&both, &one, &other]
            .map(|image| {
                let bytes = u64::from(image.size()[0] * image.size()[1]) * 4;
                Buffer::new(&gpu, "back", bytes, BufferKind::Readback).unwrap()
            })
            .into();
        let result = commands.record(|recorder| {
            if window {
                eyes.record(recorder, &scene.data, settings, &both, Place::Window([0, 0]), 0)?;
                return recorder.copy_image_to_buffer(&both, &backs[0], 4).map_err(EyesError::from);
            }
            eyes.record_eyes(recorder, &scene.data, settings, [&one, &other])?;
            recorder.copy_image_to_buffer(&one, &backs[1], 4)?;
            recorder.copy_image_to_buffer(&other, &backs[2], 4).map_err(EyesError::from)
        });
        result.unwrap();
        gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
        if !window {
            return [1, 2].map(|index: usize| backs[index].read(<[u8]>::to_vec).unwrap());
        }
        let whole = backs[0].read(<[u8]>::to_vec).unwrap();
        [0, 1].map(|half| {
            let row = width as usize * 4;
            whole.chunks_exact(2 * row).flat_map(|line| line[half * row..][..row].to_vec()).collect()
        })
    };
    let plain = seen(&settings, false);
    assert!(plain[0] != plain[1], "there is depth");
    assert!(seen(&settings, true) == plain);
    for turned in [
        &[(Adjust::Brightness, 30.0)][..],
        &[(Adjust::Zoom, 1.0), (Adjust::PanX, 0.1), (Adjust::Contrast, 20.0)],
        &[(Adjust::Zoom, -1.0), (Adjust::Saturation, -100.0)],
    ] {
        settings.adjustments = Adjustments::default();
        turned.iter().for_each(|(which, to)| settings.adjustments.set(*which, *to));
        let (set, aspect) = (settings.adjustments, f64::from(width) / f64::from(height));
        let window = set.window(size, size, size, set.place(aspect, aspect));
        let wanted = [0, 1].map(|eye: usize| adjust::reference(&plain[eye], size, size, &window, &set.colours()));
        for window in [true, false] {
            let ours = seen(&settings, window);
            for (ours, wanted) in ours.iter().zip(&wanted) {
                // Eyes that are seen smaller are made smaller.
                let off: u64 = ours.iter().zip(wanted).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
                let mean = off as f64 / wanted.len() as f64;
                assert!(mean < 0.5, "{turned:?}, {window}: {mean} of 255");
            }
        }
    }
}

#[test]
fn little_work_shows_nearly_the_same() {
    let gpu = WatchedGpu::new().unwrap();
    let mut film = open(&gpu, FILM, 0);
    let settings = Settings {
        layout: Layout::HalfSbs,
        comfort: comfort::Settings::default(),
        swap_eyes: false,
        flat: false,
        source_eye: SourceEye::Centre,
        selection: false,
        adjustments: Adjustments::default(),
    };
    let level = LEVELS[LEVELS.len() - 1];
    let mut fast = Eyes::new(&gpu);
    fast.set_scale(level.eyes);
    fast.set_mattes(level.mattes);
    let mut full = Eyes::new(&gpu);
    let mut commands = Commands::new(&gpu, "eyes", TIMESTAMPS).unwrap();
    let size = [1280, 720];
    let target =
        Image::new(&gpu, "target", ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 }).unwrap();
    let back = Buffer::new(&gpu, "back", u64::from(size[0] * size[1]) * 4, BufferKind::Readback).unwrap();
    let mut compared = 0;
    while let Some(scene) = next(&mut film) {
        if scene.id % 6 != 0 {
            continue;
        }
        let [whole, little] = [&mut full, &mut fast].map(|eyes| {
            let result = commands.record(|recorder| {
                eyes.record(recorder, &scene.data, &settings, &target, Place::Window([0, 0]), 0)?;
                recorder.copy_image_to_buffer(&target, &back, 4).map_err(EyesError::from)
            });
            result.unwrap();
            gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
            back.read(<[u8]>::to_vec).unwrap()
        });
        let squares: f64 = whole.iter().zip(&little).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
        // A quarter of the bytes say nothing.
        let decibels = 10.0 * (255.0f64.powi(2) * 0.75 * whole.len() as f64 / squares.max(1.0)).log10();
        assert!((30.0..80.0).contains(&decibels), "{}: {decibels:.1} dB", scene.pts);
        compared += 1;
    }
    assert!(fast.size() == Some([480, 540]) && compared >= 3, "{:?}, {compared}", fast.size());
}

#[test]
fn bars_are_left_out_once_they_are_known() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bars.mkv").to_string_lossy().into_owned();
    let bikes = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bikes.mp4");
    // None, bars, none.
    let filter = "[0:v]trim=end_frame=24,split[a][b];[a]pad=640:360:0:44,setsar=1[bars];[b]scale=640:360,setsar=1,split[c][d];[c]trim=end_frame=12[first];[d]trim=end_frame=12[last];[first][bars][last]concat=n=3";
    let arguments = ["-loglevel", "error", "-y", "-i", bikes, "-filter_complex", filter, "-c:v", "ffv1", &path];
    assert!(std::process::Command::new("ffmpeg").args(arguments).status().unwrap().success(), "./x setup test");
    let mut film = open(&gpu, &path, 3);
    let seen: Vec<_> = std::iter::from_fn(|| {
        next(&mut film).map(|scene| (scene.data.layout.crop, scene.data.layout.disparity_size, scene.data.layout.chain))
    })
    .collect();
    assert_eq!(seen.len(), 48);
    let (whole, between) = (seen[0], seen[30]);
    assert_eq!((whole.0.at, whole.0.size), ([0, 0], [640, 360]));
    assert!((44..=48).contains(&between.0.at[1]) && between.0.size == [640, 360 - 2 * between.0.at[1]], "{between:?}");
    let aspect = |size: [u32; 2]| f64::from(size[0]) / f64::from(size[1]);
    assert!(aspect(between.1) > aspect(whole.1), "the network sees what is between the bars: {between:?}");
    // The first chain comes back when the picture opens, at that very frame.
    assert_eq!((seen[35].2, seen[36].2), (between.2, whole.2));
}

/// A film of 40 frames, 640×360: a camera that pans, and a caption over frames 12 to 27.
fn captioned(path: &Path) {
    let (width, height) = (640, 360);
    let mut film = b"YUV4MPEG2 W640 H360 F24:1 Ip A1:1 C420jpeg\n".to_vec();
    for frame in 0..40 {
        let wave = |x: f32, y: f32| (x * 0.09).sin() + (y * 0.11).sin() + (x * 0.031 + y * 0.023).cos();
        let light = |at: usize| {
            let (x, y) = ((at % width) as f32 + 2.5 * frame as f32, (at / width) as f32);
            (100.0 + 25.0 * wave(x, y) + 15.0 * (x * 0.6).sin() * (y * 0.7).sin()) as u8
        };
        let mut picture: Vec<u8> = (0..width * height).map(light).collect();
        if CAPTION.contains(&frame) {
            letters::write(&mut picture, width, [170, 300], TEXT, 2, 235);
        }
        film.extend(b"FRAME\n");
        film.extend(picture);
        film.extend(vec![128; width * height / 2]);
    }
    std::fs::write(path, film).unwrap();
}

const CAPTION: std::ops::Range<usize> = 12..28;
const TEXT: &str = "THE CAT IS ON THE ROAD";

#[test]
fn a_caption_lies_at_one_depth_as_long_as_it_stands() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("caption.y4m");
    captioned(&path);
    let mut film = open(&gpu, &path.to_string_lossy(), 3);
    let settings = Settings {
        layout: Layout::Depth,
        comfort: comfort::Settings { strength: comfort::Strength::Percent(3.0), ..comfort::Settings::default() },
        swap_eyes: false,
        flat: false,
        source_eye: SourceEye::Centre,
        selection: false,
        adjustments: Adjustments::default(),
    };
    let mut eyes = Eyes::new(&gpu);
    let options = ImageOptions { size: [640, 360], format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
    let target = Image::new(&gpu, "target", options).unwrap();
    let mut commands = Commands::new(&gpu, "test", TIMESTAMPS).unwrap();
    let [width, height] = letters::size(TEXT, 2);
    let mut shown = Vec::new();
    for frame in 0..40 {
        let scene = next(&mut film).unwrap().data;
        let result = commands.record(|recorder| {
            eyes.record(recorder, &scene, &settings, &target, Place::File, 0)
                .map_err(|error| GpuError::Misuse(error.to_string()))
        });
        result.unwrap();
        gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
        let deep = Arc::clone(eyes.deep().unwrap());
        let back = Buffer::new(&gpu, "back", deep.bytes(), BufferKind::Readback).unwrap();
        commands.record(|recorder| recorder.copy_buffer(&deep, 0, &back, 0, deep.bytes())).unwrap();
        gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
        let values: Vec<u16> = back.read(bytemuck::pod_collect_to_vec).unwrap();
        let of = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
            let all = rows.flat_map(|y| columns.clone().map(move |x| y * 640 + x));
            // In pixels: 3277 is 1 % of the width.
            let pixels = all.map(|at| (32768.0 - f32::from(values[at])) / 3277.0 * 6.4);
            pixels.fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(p), high.max(p)))
        };
        let (low, high) = of(300..300 + height, 170..170 + width);
        let (nearest, farthest) = of(0..360, 0..640);
        assert!(
            nearest >= -6.41 && farthest <= 6.4 * 6.3,
            "frame {frame}: beyond what is comfortable, {nearest} {farthest}"
        );
        let count = scene.mapping(&settings.comfort).plates.iter().filter(|plate| plate.share >= 1.0).count();
        assert_eq!(count, usize::from(CAPTION.contains(&frame)), "frame {frame}");
        if CAPTION.contains(&frame) {
            assert!(high - low < 0.1, "frame {frame}: from {low} to {high}");
            shown.push(low);
        }
    }
    let (low, high) = shown.iter().fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(*p), high.max(*p)));
    assert!(high - low < 0.1 && high < 0.0, "over its time from {low} to {high}");
}
