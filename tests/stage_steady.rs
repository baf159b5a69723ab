//! The kernels that make disparity steady against their twins in plain Rust, at odd and real sizes, under the validation layer; and what they do to what
//! rests, moves and flickers.
#![allow(clippy::unwrap_used)]

mod stage_support;

use std::sync::Arc;

use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu};
use deep3d::stage::flow::reference::{self as flow_reference, Packed};
use deep3d::stage::flow::trail::{further, rest};
use deep3d::stage::flow::{Flow, Vector, brightness};
use deep3d::stage::input::InputOptions;
use deep3d::stage::steady::align::Align;
use deep3d::stage::steady::carry::Carry;
use deep3d::stage::steady::reference::{self, Kept};
use deep3d::stage::steady::{Moment, Past, Sizes, Steady, Tuning};
use stage_support::*;

const OPTIONS: InputOptions = InputOptions::DEEP3D_2016;

/// A frame: the network's input and its disparity.
struct Frame {
    input: Vec<f32>,
    raw: Vec<f32>,
}

/// Smooth noise that has moved by `shift` pixels, before which a bright square with a texture of its own stands at `square`.
fn frame(sizes: &Sizes, shift: i32, square: [i32; 2], noise: f32, seed: u64) -> Frame {
    let mut numbers = Numbers(seed);
    let [width, height] = sizes.guide.map(|side| side as i32);
    let is_square = |x: i32, y: i32| {
        (square[0]..square[0] + width / 4).contains(&x) && (square[1]..square[1] + height / 2).contains(&y)
    };
    let mut input = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (u, v) = ((x - shift) as f32, y as f32);
            let wave = (u * 0.5 + (v * 0.3).sin() * 2.0).sin() + (v * 0.4 + (u * 0.21).cos() * 2.0).sin();
            let (u, v) = ((x - square[0]) as f32, (y - square[1]) as f32);
            let light =
                if is_square(x, y) { 200.0 + 40.0 * (u * 0.9).sin() * (v * 0.7).cos() } else { 80.0 + 35.0 * wave };
            input.extend([light, light, light, 0.0]);
        }
    }
    let [columns, rows] = sizes.small.map(|side| side as i32);
    let raw = (0..columns * rows)
        .map(|at| {
            let (x, y) = (at % columns * width / columns, at / columns * height / rows);
            let near = if is_square(x, y) { -1.0 } else { 1.0 + 0.2 * (y as f32 / height as f32) };
            near + noise * (numbers.unit() - 0.5)
        })
        .collect();
    Frame { input, raw }
}

/// What is known of the frame before that at `at`, where only those with an alignment have a disparity.
fn past(at: usize, aligned: &[Option<Align>]) -> Past {
    let without = (0..at).rev().take_while(|before| aligned[*before].is_none()).count() as u32;
    if at == 0 { Past::None } else { Past::Known { frames: without + 1 } }
}

/// Runs the stage over `frames`: for each its result, with up to `look_ahead` frames ahead.
fn on_gpu(gpu: &Gpu, sizes: Sizes, frames: &[Frame], look_ahead: usize, aligned: &[Option<Align>]) -> Vec<Vec<f32>> {
    let texels = frames[0].input.len() as u64 * 4;
    let input = Buffer::new(gpu, "input", texels, BufferKind::Device).unwrap();
    let flow = Flow::new(gpu, &input, &OPTIONS, sizes.guide, look_ahead + 2).unwrap();
    let mut steady = Steady::new(gpu, &flow, sizes.small, Tuning::default()).unwrap();
    let motion = Buffer::new(gpu, "motion", flow.bytes(), BufferKind::Readback).unwrap();
    let result = Buffer::new(gpu, "result", frames[0].raw.len() as u64 * 4, BufferKind::Device).unwrap();
    let mut results = Vec::new();
    let mut give = |steady: &mut Steady, at: usize, ahead: usize| {
        let past = past(at, aligned);
        let moment = Moment { frame: at as u64, past, aligned: &aligned[at..=at + ahead], span: 2.0 };
        run(gpu, |recorder| steady.record(recorder, &moment, &result));
        results.push(read_floats(gpu, &result));
    };
    for (at, frame) in frames.iter().enumerate() {
        let (pixels, raw) = (floats(gpu, &frame.input), floats(gpu, &frame.raw));
        run(gpu, |recorder| {
            recorder.copy_buffer(&pixels, 0, &input, 0, texels)?;
            flow.record_picture(recorder, at as u64)?;
            flow.record_motion(recorder, at as u64, &motion)?;
            steady.record_disparity(recorder, at as u64, &raw)
        });
        if at >= look_ahead {
            give(&mut steady, at - look_ahead, look_ahead);
        }
    }
    for at in frames.len().saturating_sub(look_ahead)..frames.len() {
        give(&mut steady, at, frames.len() - 1 - at);
    }
    results
}

/// The same by the twins.
fn by_twin(sizes: &Sizes, frames: &[Frame], look_ahead: usize, aligned: &[Option<Align>]) -> Vec<Vec<f32>> {
    let guides: Vec<Vec<Packed>> =
        frames.iter().map(|frame| flow_reference::guide(&frame.input, sizes.guide, brightness(&OPTIONS))).collect();
    let small: Vec<_> = guides.iter().map(|guide| flow_reference::small(guide, sizes.guide)).collect();
    let way = |now: usize, other: usize| {
        let coarse = flow_reference::flow_coarse(&small[now], &small[other], sizes.guide);
        flow_reference::flow(&guides[now], &guides[other], &coarse, sizes.guide)
    };
    let flows: Vec<[Vec<Vector>; 2]> = (0..frames.len())
        .map(|at| {
            let before = at.saturating_sub(1);
            [way(at, before), way(before, at)]
        })
        .collect();
    let kept = |at: usize| Kept { raw: &frames[at].raw, guide: &guides[at], flow: [&flows[at][0], &flows[at][1]] };
    let mut last: Vec<f32> = Vec::new();
    let mut results = Vec::new();
    for at in 0..frames.len() {
        let ahead = look_ahead.min(frames.len() - 1 - at);
        let past = past(at, aligned);
        let kept: Vec<Kept<'_>> = [at.saturating_sub(1)].into_iter().chain(at..=at + ahead).map(kept).collect();
        last = reference::steady(&kept, &last, past, &aligned[at..=at + ahead], 2.0, sizes, &Tuning::default());
        last = reference::clean(&last, sizes.small);
        results.push(last.clone());
    }
    results
}

#[test]
fn the_kernels_are_their_twins() {
    let gpu = WatchedGpu::new().unwrap();
    let aligned: Vec<Option<Align>> =
        (0..6).map(|at| Some(Align { scale: 1.0 + 0.02 * at as f32, offset: 0.01 * (at % 3) as f32 })).collect();
    let cases = [([37, 21], [37, 21], 0), ([64, 40], [32, 20], 1), ([65, 33], [33, 17], 3), ([320, 192], [160, 96], 3)];
    for (guide, small, look_ahead) in cases {
        let sizes = Sizes { small, guide };
        let frames: Vec<Frame> = (0..5).map(|at| frame(&sizes, at * 3, [10 + 5 * at, 4], 0.1, 7 + at as u64)).collect();
        let (ours, twin) =
            (on_gpu(&gpu, sizes, &frames, look_ahead, &aligned), by_twin(&sizes, &frames, look_ahead, &aligned));
        for (at, (ours, twin)) in ours.iter().zip(&twin).enumerate() {
            let off = ours.iter().zip(twin).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < 1e-4, "{guide:?} {look_ahead} ahead, frame {at}: {off}");
        }
    }
}

#[test]
fn frames_without_a_disparity_of_their_own_are_their_twins_too() {
    let gpu = WatchedGpu::new().unwrap();
    // Every third has one; the first has to take that of the next.
    let own = Align { scale: 1.1, offset: 0.05 };
    let aligned: Vec<Option<Align>> = (0..7).map(|at| (at % 3 == 1).then_some(own)).collect();
    for (guide, small, look_ahead) in [([65, 33], [33, 17], 1), ([320, 192], [160, 96], 3)] {
        let sizes = Sizes { small, guide };
        let mut frames: Vec<Frame> =
            (0..7).map(|at| frame(&sizes, at * 3, [10 + 5 * at, 4], 0.1, 7 + at as u64)).collect();
        for at in [0, 2, 3, 5, 6] {
            // What stands in memory there is of another frame.
            frames[at].raw = vec![77.0; frames[at].raw.len()];
        }
        let (ours, twin) =
            (on_gpu(&gpu, sizes, &frames, look_ahead, &aligned), by_twin(&sizes, &frames, look_ahead, &aligned));
        for (at, (ours, twin)) in ours.iter().zip(&twin).enumerate() {
            let off = ours.iter().zip(twin).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < 1e-4, "{guide:?} {look_ahead} ahead, frame {at}: {off}");
            assert!(ours.iter().all(|d| d.abs() < 3.0), "{guide:?} {look_ahead} ahead, frame {at}: of another frame");
        }
    }
}

/// The disparity of the frame at `from`, carried to the last of `frames` along what is found between them: on the GPU and by the twin.
fn carried(gpu: &Gpu, sizes: Sizes, frames: &[Frame], from: usize) -> [Vec<f32>; 2] {
    let texels = frames[0].input.len() as u64 * 4;
    let input = Buffer::new(gpu, "input", texels, BufferKind::Device).unwrap();
    let disparity = floats(gpu, &frames[from].raw);
    // As few are kept as can be: the brightness of the earlier one has long gone by then.
    let flow = Flow::new(gpu, &input, &OPTIONS, sizes.guide, 2).unwrap();
    let steady = Steady::new(gpu, &flow, sizes.small, Tuning::default()).unwrap();
    let carry = Carry::new(gpu, &flow, &steady, &disparity, &Tuning::default()).unwrap();
    let motion = Buffer::new(gpu, "motion", flow.bytes(), BufferKind::Readback).unwrap();
    let mut trail = rest(sizes.guide);
    for (at, frame) in frames.iter().enumerate() {
        let pixels = floats(gpu, &frame.input);
        run(gpu, |recorder| {
            recorder.copy_buffer(&pixels, 0, &input, 0, texels)?;
            flow.record_picture(recorder, at as u64)?;
            flow.record_motion(recorder, at as u64, &motion)?;
            if at == from { carry.record_earlier(recorder, &flow, at as u64) } else { Ok(()) }
        });
        if at > from {
            let found: Vec<Vector> = motion.read(bytemuck::pod_collect_to_vec).unwrap();
            trail = further(&found, &trail, sizes.guide);
        }
    }
    carry.put(&trail).unwrap();
    let last = frames.len() - 1;
    let result = Buffer::new(gpu, "result", disparity.bytes(), BufferKind::Device).unwrap();
    run(gpu, |recorder| {
        carry.record(recorder, &flow, last as u64)?;
        steady.record_raw(recorder, last as u64, &result)
    });
    let guide = |at: usize| flow_reference::guide(&frames[at].input, sizes.guide, brightness(&OPTIONS));
    let twin = reference::carry(&frames[from].raw, &guide(last), &guide(from), &trail, &sizes, &Tuning::default());
    [read_floats(gpu, &result), twin]
}

#[test]
fn what_is_carried_is_its_twin_and_goes_along() {
    let gpu = WatchedGpu::new().unwrap();
    for (guide, small) in [([37, 21], [37, 21]), ([65, 33], [33, 17]), ([320, 192], [160, 96])] {
        let sizes = Sizes { small, guide };
        let left = |at: usize| guide[0] as usize / 4 + 4 * at;
        let frames: Vec<Frame> = (0..7).map(|at| frame(&sizes, 0, [left(at) as i32, 4], 0.0, 7)).collect();
        let [ours, twin] = carried(&gpu, sizes, &frames, 1);
        let off = ours.iter().zip(&twin).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 1e-4, "{guide:?}: {off}");
        if guide[0] < 320 {
            continue;
        }
        // By then the square stands elsewhere, and so does its depth; of what it has uncovered nothing can be known.
        let is =
            |at: usize, left: usize| (left / 2..left / 2 + 40).contains(&(at % 160)) && (2..50).contains(&(at / 160));
        let (now, then) = (left(6), left(1));
        let (square, ground) = (|at: usize| is(at, now), |at: usize| !is(at, now) && !is(at, then));
        let off = [apart(&ours, &frames[6].raw, square), apart(&ours, &frames[6].raw, ground)];
        assert!(off[0] < 0.05 && off[1] < 0.02, "{off:?}");
        assert!(apart(&frames[1].raw, &frames[6].raw, square) > 0.3, "it has moved");
    }
}

/// Mean absolute difference where `which` holds.
fn apart(one: &[f32], other: &[f32], which: impl Fn(usize) -> bool) -> f32 {
    let found: Vec<f32> =
        one.iter().zip(other).enumerate().filter(|(at, _)| which(*at)).map(|(_, (a, b))| (a - b).abs()).collect();
    found.iter().sum::<f32>() / found.len() as f32
}

#[test]
fn what_rests_is_still_and_what_moves_leaves_nothing_behind() {
    let gpu = WatchedGpu::new().unwrap();
    let sizes = Sizes { small: [160, 96], guide: [320, 192] };
    let at = |frame: i32| [20 + 8 * frame, 40];
    let film = |noise: f32| -> Vec<Frame> {
        (0..10).map(|index| frame(&sizes, 0, at(index), noise, 100 + index as u64)).collect()
    };
    let (noisy, clean) = (film(0.2), film(0.0));
    let aligned = vec![Some(Align::NONE); 10];
    for (look_ahead, part) in [(0, 0.45), (3, 0.3)] {
        let steady = on_gpu(&gpu, sizes, &noisy, look_ahead, &aligned);
        let rests = |index: usize| index % 160 > 130 || index / 160 < 15;
        let before = apart(&noisy[6].raw, &noisy[5].raw, rests);
        let after = apart(&steady[6], &steady[5], rests);
        assert!(after < part * before, "{look_ahead} ahead: {after} of {before}");
        // Where the square was and is, with what its movement covers and uncovers.
        let near = |index: usize| (index % 160) < 80 && (20..70).contains(&(index / 160));
        let (off, own) = (apart(&steady[6], &clean[6].raw, near), apart(&noisy[6].raw, &clean[6].raw, near));
        assert!(off < 0.7 * own, "{look_ahead} ahead: {off} of {own}");
        let worst = steady[6].iter().zip(&clean[6].raw).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.8, "{look_ahead} ahead: a ghost of {worst}");
    }
}

#[test]
fn a_flash_keeps_what_was_and_a_cut_forgets_it() {
    let gpu = WatchedGpu::new().unwrap();
    let sizes = Sizes { small: [32, 20], guide: [64, 40] };
    let input = Buffer::new(&gpu, "input", 64 * 40 * 16, BufferKind::Device).unwrap();
    let flow = Flow::new(&gpu, &input, &OPTIONS, sizes.guide, 2).unwrap();
    let mut steady = Steady::new(&gpu, &flow, sizes.small, Tuning::default()).unwrap();
    let motion = Buffer::new(&gpu, "motion", flow.bytes(), BufferKind::Readback).unwrap();
    let result = Buffer::new(&gpu, "result", 32 * 20 * 4, BufferKind::Device).unwrap();
    let shot = frame(&sizes, 0, [10, 4], 0.0, 1);
    let other = Frame { input: vec![255.0; shot.input.len()], raw: vec![5.0; shot.raw.len()] };
    let mut commands = Commands::new(&gpu, "frame", 0).unwrap();
    let mut made = |at: u64, frame: &Frame, past: Past| {
        let (pixels, raw): (Arc<Buffer>, _) = (floats(&gpu, &frame.input), floats(&gpu, &frame.raw));
        commands
            .record(|recorder| {
                recorder.copy_buffer(&pixels, 0, &input, 0, pixels.bytes())?;
                flow.record_picture(recorder, at)?;
                flow.record_motion(recorder, at, &motion)?;
                steady.record_disparity(recorder, at, &raw)?;
                let moment = Moment { frame: at, past, aligned: &[Some(Align::NONE)], span: 2.0 };
                steady.record(recorder, &moment, &result)
            })
            .unwrap();
        gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
        read_floats(&gpu, &result)
    };
    let first = made(0, &shot, Past::None);
    assert!(apart(&first, &shot.raw, |_| true) < 1e-5);
    let flash = made(1, &other, Past::Alone);
    assert!(apart(&flash, &shot.raw, |_| true) < 0.05, "{}", apart(&flash, &shot.raw, |_| true));
    let cut = made(2, &other, Past::None);
    assert!(apart(&cut, &other.raw, |_| true) < 1e-5);
}
