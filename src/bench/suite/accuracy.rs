//! Whether a row of the kernel table computes what the network is, judged against double precision on the CPU.
//!
//! Both networks are judged in 255ths, as pictures are: `deep3d-2016` by the right view that its planes select, `deep3d` by its parallax, whose
//! whole range (the first to the last plane) counts as 255.

use std::sync::Arc;

use ash::vk;

use super::SuiteError;
use super::report::Accuracy;
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, Image, ImageOptions};
use crate::net::kernels::Row;
use crate::net::plan::Memory;
use crate::net::selection::Selection;
use crate::net::{Engine, Graph, Network, Shape, Weights, reference, synthetic};

/// The most that single precision may be off, in 255ths.
const SINGLE_WORST: f64 = 0.01;

/// What half precision has to reach: decibels, and the mean error in 255ths.
const HALF: (f64, f64) = (60.0, 0.15);

/// What is right for one generated picture.
pub(super) struct Expected {
    size: [u32; 2],
    /// The picture in C, H, W order, 0..=255.
    picture: Vec<f64>,
    /// What the network is given, in the same order.
    input: Vec<f64>,
    /// In 255ths.
    result: Vec<f64>,
}

/// From parallax to 255ths of the planes' range.
fn scale(weights: &Weights) -> f64 {
    let planes = weights.metadata.planes.iter().copied().map(f64::from);
    let (low, high) = planes.fold((f64::MAX, f64::MIN), |(low, high), p| (low.min(p), high.max(p)));
    255.0 / (high - low).max(1e-9)
}

impl Expected {
    pub(super) fn new(weights: &Weights, size: [u32; 2]) -> Result<Self, SuiteError> {
        let network = weights.metadata.network;
        let graph = Graph::new(network, size)?;
        let [width, height] = size.map(|side| side as usize);
        let interleaved = synthetic::picture(width, height);
        let channel = |c: usize| interleaved.iter().skip(c).step_by(3).copied().map(f64::from);
        let picture: Vec<f64> = (0..3).flat_map(channel).collect();
        let format = &weights.metadata.input;
        let normal = |(index, value): (usize, &f64)| {
            let (mean, std) = (format.mean[index / (width * height)], format.std[index / (width * height)]);
            match network {
                // Raw numbers of 0..=255.
                Network::Deep3d2016 => *value,
                Network::Deep3d => (value / 255.0 - f64::from(mean)) / f64::from(std),
            }
        };
        let input: Vec<f64> = picture.iter().enumerate().map(normal).collect();
        let outputs = reference::run(&graph, weights, &input)?;
        let planes = outputs.last().map_or(&[][..], Vec::as_slice);
        let result = match network {
            Network::Deep3d2016 => reference::selection(planes, graph.output(), &picture),
            Network::Deep3d => {
                let (parallaxes, unused) = (&weights.metadata.planes, network.unused_planes() as usize);
                let parallax = reference::expectation(planes, graph.output(), parallaxes, unused);
                parallax.into_iter().map(|p| p * scale(weights)).collect()
            }
        };
        Ok(Self { size, picture, input, result })
    }
}

/// Runs the network by `row` and compares.
pub(super) fn judge(gpu: &Gpu, weights: &Weights, row: &Row, expected: &Expected) -> Result<Accuracy, SuiteError> {
    let engine = Engine::with(gpu, weights, expected.size, &row.tuning, Memory::Reuse)?;
    let [width, height] = expected.size;
    let upload = texels(gpu, &expected.input, Shape::new(3, height, width), 0.0)?;
    let mut commands = Commands::new(gpu, "network", 0)?;
    let input = engine.input()?;
    commands.record(|recorder| {
        recorder.copy_buffer(&upload, 0, input, 0, upload.bytes())?;
        engine.record(recorder)
    })?;
    gpu.wait(gpu.submit(&mut commands)?)?;
    let network = weights.metadata.network;
    let (compared, found): (_, Vec<f64>) = match network {
        Network::Deep3d2016 => ("right view", right_view(gpu, &engine, expected)?),
        Network::Deep3d => {
            let parallax = read(gpu, engine.parallax()?)?;
            ("parallax", parallax.into_iter().map(|p| f64::from(p) * scale(weights)).collect())
        }
    };
    Ok(verdict(network, expected, compared, &found, row.half))
}

/// The figures, and whether they will do. What is no number is as wrong as can be.
fn verdict(network: Network, expected: &Expected, compared: &'static str, found: &[f64], half: bool) -> Accuracy {
    let errors = found.iter().zip(&expected.result).map(|(found, right)| (found - right).abs());
    let errors: Vec<f64> = errors.map(|error| if error.is_finite() { error } else { 255.0 }).collect();
    let count = errors.len().max(1) as f64;
    let worst = errors.iter().copied().fold(0.0, f64::max);
    let mean = errors.iter().sum::<f64>() / count;
    let square = errors.iter().map(|error| error * error).sum::<f64>() / count;
    let decibels = 10.0 * (255.0 * 255.0 / square.max(1e-20)).log10();
    let whole = found.len() == expected.result.len() && !found.is_empty();
    let passed = whole && if half { decibels >= HALF.0 && mean <= HALF.1 } else { worst <= SINGLE_WORST };
    Accuracy { network: network.name(), size: expected.size, compared, worst, mean, decibels, half, passed }
}

/// The right eye by the selection layer, as [`reference::selection`] makes it.
fn right_view(gpu: &Gpu, engine: &Engine, expected: &Expected) -> Result<Vec<f64>, SuiteError> {
    let [width, height] = expected.size;
    let shape = Shape::new(3, height, width);
    let shares: Vec<f64> = expected.picture.iter().map(|value| value / 255.0).collect();
    let upload = texels(gpu, &shares, shape, 1.0)?;
    let options = ImageOptions { size: expected.size, format: vk::Format::R32G32B32A32_SFLOAT, mips: 1 };
    let (picture, eye) = (Image::new(gpu, "left eye", options)?, Image::new(gpu, "right eye", options)?);
    let selection = Selection::new(gpu, engine, &picture, &eye)?;
    let result = Buffer::new(gpu, "right eye", upload.bytes(), BufferKind::Device)?;
    let mut commands = Commands::new(gpu, "selection", 0)?;
    commands.record(|recorder| {
        recorder.copy_buffer_to_image(&upload, &picture, 16)?;
        selection.record(recorder)?;
        recorder.copy_image_to_buffer(&eye, &result, 16)
    })?;
    gpu.wait(gpu.submit(&mut commands)?)?;
    let (texels, pixels) = (read(gpu, &result)?, shape.pixels() as usize);
    let at = |index: usize| texels.get(index % pixels * 4 + index / pixels).copied().unwrap_or(f32::NAN);
    Ok((0..shape.count()).map(|index| f64::from(at(index)) * 255.0).collect())
}

/// Three channels in C, H, W order as texels of four numbers, the fourth `rest`, in a buffer to copy from.
fn texels(gpu: &Gpu, values: &[f64], shape: Shape, rest: f32) -> Result<Arc<Buffer>, SuiteError> {
    let (pixels, stride) = (shape.pixels() as usize, 4);
    let number = |index: usize| {
        let (pixel, channel) = (index / stride, index % stride);
        values.get(channel * pixels + pixel).map_or(rest, |value| *value as f32)
    };
    let texels: Vec<f32> = (0..pixels * stride).map(number).collect();
    let buffer = Buffer::new(gpu, "upload", texels.len() as u64 * 4, BufferKind::Upload)?;
    buffer.write(0, bytemuck::cast_slice(&texels))?;
    Ok(buffer)
}

/// A buffer's numbers.
fn read(gpu: &Gpu, buffer: &Arc<Buffer>) -> Result<Vec<f32>, SuiteError> {
    let readback = Buffer::new(gpu, "read back", buffer.bytes(), BufferKind::Readback)?;
    let mut commands = Commands::new(gpu, "read back", 0)?;
    commands.record(|recorder| recorder.copy_buffer(buffer, 0, &readback, 0, buffer.bytes()))?;
    gpu.wait(gpu.submit(&mut commands)?)?;
    Ok(readback.read(|bytes| bytemuck::cast_slice(bytes).to_vec())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(off: &[f64], half: bool) -> bool {
        let result: Vec<f64> = (0..off.len()).map(|index| index as f64).collect();
        let found: Vec<f64> = result.iter().zip(off).map(|(right, off)| right + off).collect();
        let expected = Expected { size: [4, 1], picture: Vec::new(), input: Vec::new(), result };
        verdict(Network::Deep3d, &expected, "parallax", &found, half).passed
    }

    #[test]
    fn single_precision_is_judged_by_the_worst_and_half_by_all() {
        assert!(judged(&[0.0, 0.009, -0.009, 0.0], false));
        assert!(!judged(&[0.0, 0.011, 0.0, 0.0], false));
        // 60 dB is an error of 0.255 of 255, root mean square; the mean is held lower.
        assert!(judged(&[0.14, -0.14, 0.14, 0.14], true));
        assert!(!judged(&[0.16, -0.16, 0.16, 0.16], true), "the mean");
        assert!(!judged(&[0.55, 0.0, 0.0, 0.0], true), "the decibels");
        for half in [false, true] {
            assert!(!judged(&[f64::NAN, 0.0, 0.0, 0.0], half));
            assert!(!judged(&[], half), "nothing was compared");
        }
    }
}
