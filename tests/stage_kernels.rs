//! Every kernel of the stages and of composing against its twin in plain Rust, at odd and real sizes, under the validation layer.
#![allow(clippy::unwrap_used)]

mod stage_support;

use std::sync::Arc;

use deep3d::frame::{
    Chroma, ChromaSite, Colour as Meaning, Matrix, Orientation, PixelFormat, Primaries, Range, Shape, Transfer,
};
use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{Buffer, BufferKind, Gpu};
use deep3d::overlay::{Bitmap, Overlay};
use deep3d::sink::compose::{self, Arrangement, Compose, Composition};
use deep3d::sink::overlay::Overlays;
use deep3d::stage::StageError;
use deep3d::stage::bars::Crop;
use deep3d::stage::colour::{self, Colour};
use deep3d::stage::comfort::meter::{self, Meter, Reading};
use deep3d::stage::comfort::{Limits, Mapping, Percentiles};
use deep3d::stage::input::{self, InputOptions, NetworkInput};
use deep3d::stage::plates::{Plate, Plates};
use deep3d::stage::stereo::depth::{self, Depth};
use deep3d::stage::stereo::layers::{self, Layers, PlaneStack};
use deep3d::stage::stereo::reference::{Scene, plain as plain_twin, stereo as stereo_twin};
use deep3d::stage::stereo::{Source, SourceEye, Stereo, View, parallax_of};
use deep3d::stage::upload::Upload;
use stage_support::*;

fn colour_on(gpu: &Gpu, picture: &deep3d::frame::Picture) -> Vec<u8> {
    let upload = Upload::new(gpu, &picture.shape, 2).unwrap();
    let image = Colour::picture(gpu, &upload).unwrap();
    let colour = Colour::new(gpu, &upload, &[empty(gpu, image.size()), Arc::clone(&image)]).unwrap();
    upload.put(1, picture).unwrap();
    run(gpu, |recorder| {
        upload.record(recorder, 1)?;
        colour.record(recorder, 1, 1)
    });
    pixels(gpu, &image)
}

#[test]
fn colour_is_its_twin() {
    let gpu = WatchedGpu::new().unwrap();
    let sdr = Meaning { matrix: Matrix::Bt709, range: Range::Limited, site: ChromaSite::Left, ..Meaning::SRGB };
    let pq = Meaning { matrix: Matrix::Bt2020, primaries: Primaries::Bt2020, transfer: Transfer::Pq, ..sdr };
    let ten = |chroma| PixelFormat { depth: 10, ..planar(chroma) };
    let nv12 = PixelFormat { semi_planar: true, ..planar(Chroma::C420) };
    let p010 = PixelFormat { depth: 10, shift: 6, ..nv12 };
    let straight = Orientation::default();
    let turned = |mirror, quarter_turns| Orientation { mirror, quarter_turns };
    let cases = [
        ([1, 1], planar(Chroma::C420), sdr, straight),
        ([5, 3], nv12, Meaning { site: ChromaSite::Centre, ..sdr }, turned(false, 1)),
        ([37, 21], planar(Chroma::C422), Meaning { matrix: Matrix::Bt601, range: Range::Full, ..sdr }, turned(true, 0)),
        ([37, 21], planar(Chroma::Grey), sdr, turned(true, 3)),
        ([37, 21], p010, Meaning { site: ChromaSite::TopLeft, matrix: Matrix::Bt2020, ..sdr }, turned(false, 2)),
        ([33, 18], planar(Chroma::C444), Meaning::SRGB, straight),
        (
            [33, 18],
            PixelFormat { depth: 16, ..planar(Chroma::C444) },
            Meaning { matrix: Matrix::YCgCo, ..sdr },
            straight,
        ),
        (
            [65, 31],
            planar(Chroma::C420),
            Meaning { primaries: Primaries::Bt601Pal, matrix: Matrix::Fcc, ..sdr },
            straight,
        ),
        ([65, 31], ten(Chroma::C420), pq, straight),
        ([65, 31], ten(Chroma::C422), Meaning { peak: Some(4000.0), ..pq }, turned(true, 2)),
        ([65, 31], ten(Chroma::C420), Meaning { transfer: Transfer::Hlg, ..pq }, straight),
        ([1280, 720], planar(Chroma::C420), sdr, straight),
        ([67, 35], planar(Chroma::C420), Meaning { site: ChromaSite::Centre, ..sdr }, straight),
        ([75, 33], planar(Chroma::C420), Meaning { site: ChromaSite::TopLeft, range: Range::Full, ..sdr }, straight),
        ([9, 2], planar(Chroma::C420), Meaning { site: ChromaSite::Centre, ..sdr }, straight),
    ];
    for (size, format, meaning, orientation) in cases {
        let picture = random_picture(size, format, meaning, orientation);
        let (ours, twin) = (colour_on(&gpu, &picture), colour::reference::colour(&picture).unwrap());
        let off = ours.iter().zip(&twin).filter(|(a, b)| a != b).count();
        assert!(
            farthest(&ours, &twin) <= 1 && off * 200 <= ours.len() + 200,
            "{picture:?} {orientation:?}: {off} differ"
        );
    }
}

#[test]
fn pictures_that_lie_about_themselves_are_refused() {
    let gpu = WatchedGpu::new().unwrap();
    let picture = random_picture([9, 7], planar(Chroma::C420), Meaning::SRGB, Orientation::default());
    let upload = Upload::new(&gpu, &picture.shape, 1).unwrap();
    let other = random_picture([7, 9], planar(Chroma::C420), Meaning::SRGB, Orientation::default());
    assert!(matches!(upload.put(0, &other), Err(StageError::Changed)));
    let plane = |bytes, stride| (vec![0u8; bytes], stride);
    for planes in [
        vec![plane(62, 9), plane(20, 5), plane(20, 5)],
        vec![plane(63, 9), plane(20, 5)],
        vec![plane(900, 8), plane(20, 5), plane(20, 5)],
    ] {
        let short =
            deep3d::frame::Picture { planes: Box::new(deep3d::frame::OwnedPlanes(planes)), ..picture_like(&picture) };
        assert!(matches!(upload.put(0, &short), Err(StageError::ShortPlane { .. })));
    }
    let shape = picture.shape;
    let deep = PixelFormat { depth: 17, ..shape.format };
    assert!(matches!(Upload::new(&gpu, &Shape { format: deep, ..shape }, 1), Err(StageError::Depth(17))));
    for size in [[0, 5], [5, 0], [u32::MAX, 2]] {
        assert!(matches!(Upload::new(&gpu, &Shape { size, ..shape }, 1), Err(StageError::Size { .. })));
    }
}

fn picture_like(picture: &deep3d::frame::Picture) -> deep3d::frame::Picture {
    random_picture(picture.shape.size, picture.shape.format, picture.shape.colour, picture.shape.orientation)
}

#[test]
fn network_input_is_its_twin() {
    let gpu = WatchedGpu::new().unwrap();
    let imagenet = InputOptions {
        reversed: false,
        antialias: true,
        mean: [123.675, 116.28, 103.53],
        deviation: [58.395, 57.12, 57.375],
    };
    let whole = Crop::whole;
    for (from, crop, to, options) in [
        ([37, 21], whole([37, 21]), [32, 32], imagenet),
        ([37, 21], Crop { at: [4, 2], size: [29, 16] }, [32, 32], InputOptions::DEEP3D_2016),
        ([641, 359], whole([641, 359]), [96, 64], imagenet),
        ([641, 359], whole([641, 359]), [96, 64], InputOptions::DEEP3D_2016),
        ([1280, 720], Crop { at: [0, 92], size: [1280, 536] }, [384, 160], imagenet),
    ] {
        let rgba = soft_pixels(from, 7);
        let texels = u64::from(to[0] * to[1]);
        let buffer = Buffer::new(&gpu, "input", texels * 16, BufferKind::Device).unwrap();
        let stage =
            NetworkInput::new(&gpu, &options, &[image(&gpu, &rgba, from)], &buffer, to).unwrap().with_crop(crop);
        run(&gpu, |recorder| stage.record(recorder, 0));
        let (ours, twin) = (read_floats(&gpu, &buffer), input::reference(&rgba, from[0], crop, to, &options));
        // The plain one is rounded to whole steps of 255: a tie may fall either way.
        let tolerance = if options.antialias { 1e-4 } else { 1.001 };
        let far = ours.iter().zip(&twin).filter(|(a, b)| (*a - *b).abs() > tolerance).count();
        let off = ours.iter().zip(&twin).filter(|(a, b)| (*a - *b).abs() > 1e-4).count();
        assert!(far == 0 && off * 100 < ours.len(), "{from:?} → {to:?}: {far} and {off} of {}", ours.len());
    }
}

/// A raw disparity map with steps, ramps and noise.
fn disparity([width, height]: [u32; 2]) -> Vec<f32> {
    let mut numbers = Numbers(3);
    let mut map = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
            let box_ = if (0.3..0.6).contains(&u) && (0.2..0.8).contains(&v) { -2.0 } else { 0.0 };
            map.push(2.0 - 1.5 * v + box_ + 0.02 * numbers.unit());
        }
    }
    map
}

/// On a screen 1 m wide.
const LIMITS: Limits = Limits { front: -1.0, behind: 6.3 };

#[test]
fn the_meter_is_its_twin_and_counts_anew_each_time() {
    let gpu = WatchedGpu::new().unwrap();
    for (size, crop) in [
        ([1, 1], Crop::whole([1, 1])),
        ([257, 9], Crop { at: [5, 1], size: [200, 7] }),
        ([640, 361], Crop::whole([640, 361])),
    ] {
        let count = (size[0] * size[1]) as usize;
        // From −3 % to 9 %, in a disorder, beyond all limits and classes.
        let spread = |at: usize| ((at * 7919 % 1201) as f32 / 100.0 - 3.0) * size[0] as f32 / 100.0;
        // Counted in pixels' 64ths, with something else beside it.
        let unit = 1.0 / 64.0;
        let words: Vec<u32> = (0..count).map(|at| u32::from((spread(at) / unit) as i16 as u16) | 0x8001_0000).collect();
        let parallax: Vec<f32> = words.iter().map(|word| parallax_of(*word, unit)).collect();
        let buffer = Buffer::with_content(&gpu, "words", bytemuck::cast_slice(&words)).unwrap();
        let meter = Meter::new(&gpu, &buffer, size).unwrap();
        for _ in 0..2 {
            run(&gpu, |recorder| meter.record(recorder, crop, LIMITS, unit));
            let counts: Vec<u32> = bytemuck::pod_collect_to_vec(&bytes(&gpu, meter.counts()));
            let (ours, twin) = (Reading::new(&counts).unwrap(), meter::reference(&parallax, size, crop, LIMITS));
            assert_eq!((ours.pixels, ours.sides), (twin.pixels, twin.sides), "{size:?}");
            let off: u32 = ours.classes.iter().zip(&twin.classes).map(|(a, b)| a.abs_diff(*b)).sum();
            let off = off + ours.front.abs_diff(twin.front) + ours.behind.abs_diff(twin.behind);
            // Right at a class's border rounding may decide.
            assert!(off as usize * 200 <= count, "{size:?}: {off} of {count}");
            assert!(count < 10 || (ours.is_outside() && ours.front > 0 && ours.behind > 0 && ours.sides > 0));
        }
    }
}

fn eyes_are_their_twins(gpu: &Gpu, stereo: &Stereo, twins: &[Vec<u8>; 2]) {
    for (eye, twin) in [stereo.left(), stereo.right()].into_iter().zip(twins) {
        let ours = pixels(gpu, eye);
        let off = ours.iter().zip(twin).filter(|(a, b)| a.abs_diff(**b) > 2).count();
        assert!(off * 10_000 <= ours.len(), "{:?}: an eye differs at {off} of {}", stereo.size(), ours.len());
    }
}

#[test]
fn stereo_and_depth_are_their_twins() {
    let gpu = WatchedGpu::new().unwrap();
    for (size, crop, small, source_eye) in [
        ([37, 21], Crop { at: [3, 4], size: [31, 13] }, [9, 5], SourceEye::Centre),
        ([1, 1], Crop::whole([1, 1]), [1, 1], SourceEye::Centre),
        ([321, 179], Crop::whole([321, 179]), [96, 64], SourceEye::Left),
        ([640, 360], Crop { at: [80, 0], size: [480, 360] }, [160, 96], SourceEye::Centre),
    ] {
        let (picture, map) = (soft_pixels(size, 5), disparity(small));
        let shot = Percentiles::of(&map).unwrap();
        let view = View { mapping: Mapping::new(shot, 0.1, 3.0, 0.5, LIMITS), source_eye };
        let source = Source { picture: image(&gpu, &picture, size), disparity: floats(&gpu, &map) };
        let stereo = Stereo::new(&gpu, &[source], small).unwrap().with_crop(crop);
        let depth = Depth::new(&gpu, &stereo).unwrap();
        run(&gpu, |recorder| {
            stereo.record_parallax(recorder, 0, &view.mapping)?;
            stereo.record_eyes(recorder, 0, &view)?;
            depth.record(recorder, &view.mapping)
        });
        let scene = Scene { picture: &picture, size, disparity: &map, small, crop };
        let (twins, twin) = stereo_twin(&scene, &view);
        let ours = parallax(&gpu, &stereo, &view.mapping);
        let beside = |at: usize| {
            let place = [at as u32 % size[0], at as u32 / size[0]];
            (0..2).any(|axis| !(crop.at[axis]..crop.at[axis] + crop.size[axis]).contains(&place[axis]))
        };
        assert!(ours.iter().enumerate().all(|(at, p)| *p == 0.0 || !beside(at)), "{size:?}: bars stay on the screen");
        let off = ours.iter().zip(&twin).filter(|(a, b)| (*a - *b).abs() > 0.02).count();
        assert!(off * 500 <= ours.len(), "{size:?}: parallax differs at {off} of {}", ours.len());
        eyes_are_their_twins(&gpu, &stereo, &twins);
        let mut stereo = stereo;
        stereo.set_mattes(false);
        run(&gpu, |recorder| stereo.record(recorder, 0, &view));
        let (plain_twins, plain) = plain_twin(&scene, &view);
        let off = parallax(&gpu, &stereo, &view.mapping);
        let off = off.iter().zip(&plain).filter(|(a, b)| (*a - *b).abs() > 0.02).count();
        assert!(off * 500 <= ours.len(), "{size:?}: parallax without mattes differs at {off} of {}", ours.len());
        eyes_are_their_twins(&gpu, &stereo, &plain_twins);
        let changed = plain.iter().zip(&twin).filter(|(a, b)| (*a - *b).abs() > 0.02).count();
        assert!(
            size[0] < 300 || changed * 100 > ours.len(),
            "{size:?}: without mattes {changed} of {} differ",
            ours.len()
        );
        let (deep, grey) = depth::reference(&ours, size[0], &view.mapping);
        let our_deep: Vec<u16> = bytemuck::pod_collect_to_vec(&bytes(&gpu, depth.deep()));
        assert!(our_deep.iter().zip(&deep).all(|(a, b)| a.abs_diff(*b) <= 1), "{size:?}: 16-bit depth");
        let our_grey: Vec<u8> = pixels(&gpu, depth.grey()).chunks(4).map(|pixel| pixel[0]).collect();
        assert!(farthest(&our_grey, &grey) <= 1, "{size:?}: 8-bit depth");
    }
}

#[test]
fn plates_are_their_twin() {
    let gpu = WatchedGpu::new().unwrap();
    for (size, crop, small) in [
        ([37, 21], Crop { at: [3, 4], size: [31, 13] }, [9, 5]),
        ([1, 1], Crop::whole([1, 1]), [1, 1]),
        ([321, 179], Crop::whole([321, 179]), [96, 64]),
    ] {
        let (picture, map) = (soft_pixels(size, 5), disparity(small));
        let mut plates = Plates::default();
        let part = |of: f32| size.map(|side| (side as f32 * of) as u32);
        plates.push(Plate { at: part(0.3), size: part(0.4), depth: 0.2, share: 1.0 });
        plates.push(Plate { at: part(0.6), size: part(0.9), depth: -0.4, share: 0.6 });
        let without = Mapping::new(Percentiles::of(&map).unwrap(), 0.1, 3.0, 0.5, LIMITS);
        let view =
            View { mapping: Mapping { plates: plates.between(-1.0, 1.0), ..without }, source_eye: SourceEye::Centre };
        let source = Source { picture: image(&gpu, &picture, size), disparity: floats(&gpu, &map) };
        let stereo = Stereo::new(&gpu, &[source], small).unwrap().with_crop(crop);
        run(&gpu, |recorder| stereo.record(recorder, 0, &view));
        let ours = parallax(&gpu, &stereo, &view.mapping);
        let scene = Scene { picture: &picture, size, disparity: &map, small, crop };
        let (twins, twin) = stereo_twin(&scene, &view);
        eyes_are_their_twins(&gpu, &stereo, &twins);
        let off = ours.iter().zip(&twin).filter(|(a, b)| (*a - *b).abs() > 0.02).count();
        assert!(off * 500 <= ours.len(), "{size:?}: parallax differs at {off} of {}", ours.len());
        let (_, bare) = stereo_twin(&scene, &View { mapping: without, ..view });
        let changed = twin.iter().zip(&bare).filter(|(a, b)| (*a - *b).abs() > 0.02).count();
        assert!(size == [1, 1] || changed * 6 > ours.len(), "{size:?}: {changed}");
    }
}

#[test]
fn no_number_of_a_broken_network_breaks_the_eyes() {
    let gpu = WatchedGpu::new().unwrap();
    let (size, small) = ([64, 36], [16, 9]);
    let picture = soft_pixels(size, 5);
    let map: Vec<f32> = (0..144).map(|i| [f32::NAN, f32::INFINITY, -f32::INFINITY, 1e30, 0.0, 1.0][i % 6]).collect();
    let source = Source { picture: image(&gpu, &picture, size), disparity: floats(&gpu, &map) };
    let stereo = Stereo::new(&gpu, &[source], small).unwrap();
    let mapping = Mapping::new(Percentiles { near: 0.0, far: 1.0 }, 0.1, 1.5, 0.5, LIMITS);
    let view = View { mapping, source_eye: SourceEye::Centre };
    run(&gpu, |recorder| stereo.record(recorder, 0, &view));
    let ours = parallax(&gpu, &stereo, &view.mapping);
    assert!(ours.iter().all(|p| p.abs() <= 1.0));
    // What is no number does not spread to its neighbours: it counts as zero.
    let mended: Vec<f32> = map.iter().map(|d| if d.abs() < 1e6 { *d } else { 0.0 }).collect();
    let (_, twin) =
        stereo_twin(&Scene { picture: &picture, size, disparity: &mended, small, crop: Crop::whole(size) }, &view);
    let off = ours.iter().zip(&twin).filter(|(a, b)| (*a - *b).abs() > 0.02).count();
    assert!(off * 100 <= ours.len(), "parallax differs at {off} of {}", ours.len());
}

#[test]
fn layers_are_their_twin() {
    let gpu = WatchedGpu::new().unwrap();
    for (size, stack) in [
        ([37, 21], PlaneStack { size: [12, 7], first: 1, count: 32 }),
        ([1280, 720], PlaneStack { size: [96, 64], first: 0, count: 12 }),
    ] {
        let picture = soft_pixels(size, 1);
        let mut numbers = Numbers(9);
        let planes: Vec<f32> = (0..stack.pitch() * stack.size[0] * stack.size[1])
            .map(|_| numbers.unit() * 12.0 / stack.count as f32)
            .collect();
        let stage = Layers::new(&gpu, &[(image(&gpu, &picture, size), floats(&gpu, &planes))], stack).unwrap();
        run(&gpu, |recorder| stage.record(recorder, 0));
        let twin = layers::reference(&picture, size, &planes, &stack);
        assert!(farthest(&pixels(&gpu, stage.result()), &twin) <= 1, "{size:?}");
    }
}

/// One of each kind.
const ARRANGEMENTS: [Arrangement; 8] = [
    Arrangement::SideBySide,
    Arrangement::TopAndBottom,
    Arrangement::Rows,
    Arrangement::Columns,
    Arrangement::Checkerboard,
    Arrangement::Left,
    Arrangement::Right,
    Arrangement::RED_CYAN,
];

#[test]
fn composing_is_its_twin() {
    let gpu = WatchedGpu::new().unwrap();
    for (eye, size, at, fitted) in [
        ([37, 21], [37, 21], [0, 0], [37, 21]),
        ([37, 21], [90, 51], [3, 5], [80, 44]),
        // Copied eyes between black, and a little smaller ones.
        ([37, 21], [90, 30], [8, 4], [74, 21]),
        ([37, 21], [41, 50], [2, 3], [37, 42]),
        ([96, 40], [40, 36], [2, 0], [36, 30]),
        ([321, 179], [202, 150], [1, 19], [200, 112]),
        ([1, 1], [1, 1], [0, 0], [1, 1]),
    ] {
        let (left, right) = (soft_pixels(eye, 1), soft_pixels(eye, 2));
        let result = empty(&gpu, size);
        let stage = Compose::new(&gpu, &image(&gpu, &left, eye), &image(&gpu, &right, eye), &result);
        for arrangement in ARRANGEMENTS {
            for (swap_eyes, origin) in [(false, [0, 0]), (true, [-3, 6])] {
                let composition = Composition { arrangement, swap_eyes, at, fitted, origin };
                run(&gpu, |recorder| stage.record(recorder, &composition));
                let twin = compose::reference([&left, &right], eye, size, &composition, &[]);
                assert!(farthest(&pixels(&gpu, &result), &twin) <= 1, "{eye:?} {composition:?}");
            }
        }
    }
}

#[test]
fn overlays_are_their_twin() {
    let gpu = WatchedGpu::new().unwrap();
    for (eye, size, at, fitted) in [
        ([64, 40], [64, 40], [0, 0], [64, 40]),
        ([37, 21], [90, 51], [3, 5], [80, 44]),
        ([96, 40], [140, 36], [2, 0], [136, 30]),
    ] {
        let (left, right) = (soft_pixels(eye, 1), soft_pixels(eye, 2));
        let result = empty(&gpu, size);
        let stage = Compose::new(&gpu, &image(&gpu, &left, eye), &image(&gpu, &right, eye), &result);
        let mut overlays = Overlays::new(&gpu);
        for arrangement in ARRANGEMENTS {
            for (swap_eyes, origin) in [(false, [0, 0]), (true, [-3, 6])] {
                let composition = Composition { arrangement, swap_eyes, at, fitted, origin };
                let area = match arrangement {
                    Arrangement::SideBySide => [fitted[0] / 2, fitted[1]],
                    Arrangement::TopAndBottom => [fitted[0], fitted[1] / 2],
                    _ => fitted,
                };
                let bitmap = |at, size: [u32; 2], seed| {
                    let multiplied = |texel: &[u8]| {
                        let with = |value: u8| (u32::from(value) * u32::from(texel[0]) / 255) as u8;
                        [with(texel[1]), with(texel[2]), with(texel[0]), texel[0]]
                    };
                    let texels = soft_pixels(size, seed).chunks_exact(4).flat_map(multiplied).collect();
                    Bitmap { at, size, texels }
                };
                // One lies beyond the edges in part.
                let bitmaps = vec![bitmap([5, 3], [17, 6], 3), bitmap([-3, 12], [100, 5], 4)];
                let overlay = Arc::new(Overlay { area, bitmaps, cues: Vec::new() });
                let moved = [[2, -1], [-1, 1]];
                run(&gpu, |recorder| {
                    stage.record(recorder, &composition)?;
                    overlays.set(recorder, &overlay, &moved)?;
                    overlays.record(recorder, &stage, &composition)
                });
                let patches = overlay.patches(&moved);
                assert_eq!(patches.len(), 2);
                let twin = compose::reference([&left, &right], eye, size, &composition, &patches);
                let bare = compose::reference([&left, &right], eye, size, &composition, &[]);
                assert!(farthest(&twin, &bare) > 60);
                assert!(farthest(&pixels(&gpu, &result), &twin) <= 1, "{eye:?} {composition:?}");
            }
        }
    }
}

#[test]
fn nothing_is_made_per_frame() {
    let gpu = WatchedGpu::new().unwrap();
    let size = [64, 36];
    let picture = random_picture(size, planar(Chroma::C420), Meaning::SRGB, Orientation::default());
    let upload = Upload::new(&gpu, &picture.shape, 2).unwrap();
    let pictures = [Colour::picture(&gpu, &upload).unwrap(), Colour::picture(&gpu, &upload).unwrap()];
    let colour = Colour::new(&gpu, &upload, &pictures).unwrap();
    let sources: Vec<_> = pictures
        .iter()
        .map(|picture| Source { picture: Arc::clone(picture), disparity: floats(&gpu, &disparity([16, 9])) })
        .collect();
    let stereo = Stereo::new(&gpu, &sources, [16, 9]).unwrap();
    let mut commands = deep3d::gpu::Commands::new(&gpu, "frame", 0).unwrap();
    let made = gpu.objects_created();
    for frame in 0..6usize {
        upload.put(frame, &picture).unwrap();
        let view =
            View { mapping: Mapping { gain: 0.1 * frame as f32, ..Mapping::FLAT }, source_eye: SourceEye::Centre };
        commands
            .record(|recorder| {
                upload.record(recorder, frame)?;
                colour.record(recorder, frame, frame)?;
                stereo.record(recorder, frame, &view)
            })
            .unwrap();
        gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
    }
    assert_eq!(gpu.objects_created(), made);
}
