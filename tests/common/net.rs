//! Running an engine on an input and looking at what it makes.
#![allow(dead_code)]

use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu};
use deep3d::net::kernels::Path;
use deep3d::net::{Engine, Shape, synthetic};
use half::f16;
use std::sync::Arc;

/// Submissions of one run: what GPUs do in no time takes software drivers minutes, after which a submission counts as lost.
const PARTS: usize = 8;

/// Runs the engine once; `input` in C, H, W order.
pub(crate) fn run(gpu: &Gpu, engine: &Engine, input: &[f64]) {
    let [width, height] = engine.input_size();
    let texels = to_texels(input, Shape::new(3, height, width));
    let upload = Buffer::new(gpu, "upload", texels.len() as u64 * 4, BufferKind::Upload).unwrap();
    upload.write(0, bytemuck::cast_slice(&texels)).unwrap();
    let bound = |part: usize| engine.dispatches() * part / PARTS;
    for part in 0..PARTS {
        let mut commands = Commands::new(gpu, "network", 0).unwrap();
        commands
            .record(|recorder| {
                if part == 0 {
                    recorder.copy_buffer(&upload, 0, engine.input().unwrap(), 0, upload.bytes())?;
                }
                engine.record_dispatches(recorder, bound(part)..bound(part + 1))
            })
            .unwrap();
        let point = gpu.submit(&mut commands).unwrap();
        gpu.wait(point).unwrap();
    }
}

/// As [`run`], with each dispatch cut into so many pieces, each of them a submission.
pub(crate) fn run_in_pieces(gpu: &Gpu, engine: &Engine, input: &[f64], pieces: u32) {
    let [width, height] = engine.input_size();
    let texels = to_texels(input, Shape::new(3, height, width));
    let upload = Buffer::new(gpu, "upload", texels.len() as u64 * 4, BufferKind::Upload).unwrap();
    upload.write(0, bytemuck::cast_slice(&texels)).unwrap();
    let submit = |commands: &mut Commands| gpu.wait(gpu.submit(commands).unwrap()).unwrap();
    let mut commands = Commands::new(gpu, "network", 0).unwrap();
    commands.record(|recorder| recorder.copy_buffer(&upload, 0, engine.input().unwrap(), 0, upload.bytes())).unwrap();
    submit(&mut commands);
    for dispatch in 0..engine.dispatches() {
        for piece in 0..pieces {
            commands.record(|recorder| engine.record_piece(recorder, dispatch, [piece, pieces])).unwrap();
            submit(&mut commands);
        }
    }
}

/// A buffer's numbers.
pub(crate) fn read(gpu: &Gpu, buffer: &Arc<Buffer>) -> Vec<f32> {
    bytes(gpu, buffer, |bytes| bytemuck::cast_slice(bytes).to_vec())
}

fn bytes<T>(gpu: &Gpu, buffer: &Arc<Buffer>, look: impl FnOnce(&[u8]) -> T) -> T {
    let readback = Buffer::new(gpu, "readback", buffer.bytes(), BufferKind::Readback).unwrap();
    let mut commands = Commands::new(gpu, "readback", 0).unwrap();
    commands.record(|recorder| recorder.copy_buffer(buffer, 0, &readback, 0, buffer.bytes())).unwrap();
    let point = gpu.submit(&mut commands).unwrap();
    gpu.wait(point).unwrap();
    readback.read(look).unwrap()
}

/// A layer's output in C, H, W order; none where it is fused away. Fails where a channel that does not exist is not zero.
pub(crate) fn value(gpu: &Gpu, engine: &Engine, name: &str) -> Option<Vec<f64>> {
    let (buffer, shape, path) = engine.value(name)?;
    let texels = match path {
        Path::Half => bytes(gpu, buffer, |bytes| {
            bytemuck::cast_slice::<u8, f16>(bytes).iter().map(|number| number.to_f32()).collect()
        }),
        Path::Texel | Path::Storage => read(gpu, buffer),
    };
    Some(from_texels(&texels, shape, path))
}

/// C, H, W order to pixels of whole texels.
pub(crate) fn to_texels(values: &[f64], shape: Shape) -> Vec<f32> {
    let (pixels, stride) = (shape.pixels() as usize, Path::Storage.quads(shape.channels) as usize * 4);
    let mut texels = vec![0.0; pixels * stride];
    for (index, value) in values.iter().enumerate() {
        texels[index % pixels * stride + index / pixels] = *value as f32;
    }
    texels
}

/// The inverse of [`to_texels`].
pub(crate) fn from_texels(texels: &[f32], shape: Shape, path: Path) -> Vec<f64> {
    let (pixels, stride) = (shape.pixels() as usize, path.quads(shape.channels) as usize * 4);
    for pixel in texels.chunks_exact(stride).take(pixels) {
        assert!(pixel[shape.channels as usize..].iter().all(|value| *value == 0.0), "a channel too many: {pixel:?}");
    }
    (0..shape.count()).map(|index| f64::from(texels[index % pixels * stride + index / pixels])).collect()
}

/// The greatest difference relative to the greatest magnitude.
pub(crate) fn difference(values: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(values.len(), expected.len());
    let greatest = expected.iter().fold(1e-30, |most: f64, value| most.max(value.abs()));
    let worst = values.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, |most: f64, value| {
        // A number that is none is the greatest difference there is.
        if value.is_nan() { f64::INFINITY } else { most.max(value) }
    });
    worst / greatest
}

/// Planar channels of the generated picture, 0..255.
pub(crate) fn planar(width: usize, height: usize) -> Vec<f64> {
    let picture = synthetic::picture(width, height);
    (0..3).flat_map(|c| picture.iter().skip(c).step_by(3).copied().map(f64::from).collect::<Vec<_>>()).collect()
}
