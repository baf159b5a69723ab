//! Pictures and depth as two streams: no frame waits for the network where a film plays, each has its own pass where it is converted.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/shots.rs"]
mod shots;

use std::sync::Arc;
use std::time::{Duration, Instant};

use deep3d::film::{Film, FilmOptions, Pace, Scene, SeekMode, Step};
use deep3d::frame::Frame;
use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu};
use deep3d::media::StopFlag;
use deep3d::net::weights::Channels;
use deep3d::net::{Engine, Precision, Weights};
use deep3d::stage::comfort;
use deep3d::stage::input::{InputOptions, NetworkInput};
use deep3d::stage::steady::reference::clean;
use deep3d::time::Time;
use shots::two_shots;

const BIKES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bikes.mp4");

fn open(gpu: &Gpu, file: &str, options: FilmOptions) -> Film {
    let weights = Arc::new(Weights::built_in().unwrap());
    let options = FilmOptions { network_area: 128 * 64, ..options };
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

/// Parallax of the nearest and the farthest of a scene's shot, in % of the width: what the scene is seen with.
fn depth(scene: &Scene) -> f32 {
    let mapping = scene.mapping(&comfort::Settings::default());
    if mapping.is_flat() { 0.0 } else { mapping.far - mapping.near }
}

/// A film of two shots as it is played, and the folder that it lies in.
fn live_shots(gpu: &WatchedGpu) -> (tempfile::TempDir, Film) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shots.mkv");
    two_shots(&path);
    let film = open(gpu, &path.to_string_lossy(), FilmOptions { pace: Pace::Live, ..FilmOptions::default() });
    (folder, film)
}

#[test]
fn no_frame_has_depth_of_another_shot_and_each_shot_gets_its_own() {
    let gpu = WatchedGpu::new().unwrap();
    let (_folder, mut film) = live_shots(&gpu);
    let cut = Time::from_seconds(1.49);
    let (mut seen, mut flat, mut deep, mut carried) = (0, [0; 2], [0; 2], 0);
    while let Some(frame) = next(&mut film) {
        let shot = usize::from(frame.pts > cut);
        match frame.data.depth_of() {
            Some(of) => {
                assert_eq!(usize::from(of > cut), shot, "the depth of {of} at {}", frame.pts);
                deep[shot] += 1;
                carried += usize::from(of != frame.pts);
            }
            None => {
                assert_eq!(depth(&frame.data), 0.0, "{}: depth from nowhere", frame.pts);
                flat[shot] += 1;
            }
        }
        assert!(frame.data.is_cut() || (seen != 0 && seen != 36), "{}", frame.pts);
        // Time to look at it.
        std::thread::sleep(Duration::from_millis(30));
        seen += 1;
    }
    assert_eq!(seen, 72);
    assert!(flat[0] > 0, "the first is seen at once");
    assert!(deep.iter().all(|count| *count >= 20) && carried > 0, "{flat:?} {deep:?} {carried}");
}

#[test]
fn a_picture_that_stands_gets_its_depth_step_by_step() {
    let gpu = WatchedGpu::new().unwrap();
    let mut film = open(&gpu, BIKES, FilmOptions { pace: Pace::Live, ..FilmOptions::default() });
    let first = next(&mut film).unwrap();
    assert!(first.data.depth_of().is_none() && first.data.is_unfinished() && depth(&first.data) == 0.0);
    let began = Instant::now();
    let mut depths = vec![0.0];
    loop {
        assert!(began.elapsed() < Duration::from_secs(60), "{depths:?}");
        let Some(again) = film.once_more() else {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        assert_eq!((again.id, again.epoch, again.pts), (first.id, first.epoch, first.pts));
        assert!(again.data.depth_of().is_some());
        depths.push(depth(&again.data));
        if !again.data.is_unfinished() {
            break;
        }
    }
    assert!(depths.len() > 4 && depths.is_sorted() && depths[depths.len() - 1] > 0.3, "{depths:?}");
    // The frames after it go on with that.
    let second = next(&mut film).unwrap();
    assert!(second.pts > first.pts);
}

#[test]
fn all_pictures_have_the_planes_of_the_newest_pass() {
    let gpu = WatchedGpu::new().unwrap();
    let options = FilmOptions { pace: Pace::Live, keep_planes: true, ..FilmOptions::default() };
    let mut film = open(&gpu, BIKES, options);
    let mut commands = Commands::new(&gpu, "test", 0).unwrap();
    let mut shares = |scene: &Scene| {
        let planes = scene.slot().planes.clone().unwrap();
        let readback = Buffer::new(&gpu, "planes", planes.bytes(), BufferKind::Readback).unwrap();
        commands.record(|recorder| recorder.copy_buffer(&planes, 0, &readback, 0, planes.bytes())).unwrap();
        gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
        readback.read(|bytes| bytemuck::cast_slice::<u8, f32>(bytes).to_vec()).unwrap()
    };
    let mut first: Option<Vec<f32>> = None;
    let mut others = 0;
    for _ in 0..24 {
        let frame = next(&mut film).unwrap();
        std::thread::sleep(Duration::from_millis(30));
        if frame.data.depth_of().is_none() {
            continue;
        }
        let planes = shares(&frame.data);
        let pixels = frame.data.layout.disparity_size.iter().product::<u32>() as usize;
        for (pixel, shares) in planes.chunks(planes.len() / pixels).enumerate() {
            let sum: f32 = shares.iter().sum();
            assert!((sum - 1.0).abs() < 1e-3, "the shares of pixel {pixel} sum to {sum}");
        }
        others += usize::from(first.get_or_insert_with(|| planes.clone()) != &planes);
    }
    assert!(others > 0, "they stay those of the first pass");
}

#[test]
fn a_seek_forgets_what_the_network_is_at() {
    let gpu = WatchedGpu::new().unwrap();
    let (_folder, mut film) = live_shots(&gpu);
    next(&mut film).unwrap();
    for (turn, seconds) in [1.6, 0.5, 1.2, 0.2, 1.7].into_iter().enumerate() {
        let target = Time::from_seconds(seconds);
        let epoch = film.control().seek(target, SeekMode::Exact);
        let mut flat = None;
        let mut count = 0;
        while count < 8
            && let Some(frame) = next(&mut film)
        {
            if frame.epoch != epoch {
                continue;
            }
            count += 1;
            flat.get_or_insert(frame.data.depth_of().is_none());
            assert!(frame.data.depth_of().is_none_or(|of| of >= target - Time::from_seconds(0.05)), "turn {turn}");
        }
        assert_eq!(flat, Some(true), "the first picture comes at once");
    }
}

#[test]
fn no_pass_begins_while_the_network_rests() {
    let gpu = WatchedGpu::new().unwrap();
    let (_folder, mut film) = live_shots(&gpu);
    next(&mut film).unwrap();
    film.control().set_network_rests(true);
    // What has begun ends.
    let passes = |film: &Film, seconds: f64| {
        std::thread::sleep(Duration::from_secs_f64(seconds));
        film.control().take_passes().len()
    };
    let began = Instant::now();
    while passes(&film, 0.3) > 0 {
        assert!(began.elapsed() < Duration::from_secs(20));
    }
    let epoch = film.control().seek(Time::from_seconds(1.6), SeekMode::Exact);
    while next(&mut film).unwrap().epoch != epoch {}
    assert_eq!(passes(&film, 0.5), 0);
    film.control().set_network_rests(false);
    let began = Instant::now();
    while passes(&film, 0.02) == 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "it looks again");
    }
}

#[test]
fn what_is_converted_has_a_pass_a_picture_to_the_bit() {
    let gpu = WatchedGpu::new().unwrap();
    let weights = Weights::built_in().unwrap();
    let mut film = open(&gpu, BIKES, FilmOptions { steady: false, ..FilmOptions::default() });
    let mut commands = Commands::new(&gpu, "test", 0).unwrap();
    let mut network = None;
    for _ in 0..6 {
        let frame = next(&mut film).unwrap();
        assert_eq!(frame.data.depth_of(), Some(frame.pts));
        let (engine, input) = network.get_or_insert_with(|| {
            let size = frame.data.layout.disparity_size.map(|side| side * 2);
            let engine = Engine::new(&gpu, &weights, size, Precision::Auto).unwrap();
            let pictures: Vec<_> = frame.data.layout.slots.iter().map(|slot| Arc::clone(&slot.picture)).collect();
            let wants = &weights.metadata.input;
            let options = InputOptions {
                reversed: wants.channels == Channels::Bgr,
                antialias: true,
                mean: wants.mean.map(|value| value * 255.0),
                deviation: wants.std.map(|value| value * 255.0),
            };
            let input = NetworkInput::new(&gpu, &options, &pictures, engine.input().unwrap(), size).unwrap();
            (engine, input)
        });
        let slot = frame.data.slot();
        let bytes = slot.disparity.bytes();
        let read = |name: &str| Buffer::new(&gpu, name, bytes, BufferKind::Readback).unwrap();
        let (ours, alone) = (read("of the film"), read("of the network alone"));
        commands
            .record::<deep3d::gpu::GpuError>(|recorder| {
                recorder.copy_buffer(&slot.disparity, 0, &ours, 0, bytes)?;
                input.record(recorder, slot.index)?;
                engine.record(recorder)?;
                recorder.copy_buffer(engine.parallax().unwrap(), 0, &alone, 0, bytes)
            })
            .unwrap();
        gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
        let [ours, alone] = [ours, alone].map(|buffer| buffer.read(bytemuck::pod_collect_to_vec::<u8, f32>).unwrap());
        // Without frames before and after only specks are taken out.
        let alone = clean(&alone, frame.data.layout.disparity_size);
        assert!(ours.iter().zip(&alone).all(|(a, b)| a.to_bits() == b.to_bits()), "the picture at {}", frame.pts);
    }
}
