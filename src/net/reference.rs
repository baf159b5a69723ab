//! The plain CPU twin of every kernel, in double precision, and the whole network made of them.
//!
//! Written to be read, not to be fast: tests compare the GPU's numbers with these. Values stand in C, H, W order. Any thread may use it.

use super::error::NetError;
use super::graph::{Activation, Graph, Layer, Operation, Shape, deconvolution_kernel};
use super::weights::Weights;
use std::borrow::Cow;

/// max(v, 0) and its kin.
pub fn activate(activation: Activation, value: f64) -> f64 {
    match activation {
        Activation::None => value,
        Activation::Relu => value.max(0.0),
        Activation::Relu6 => value.clamp(0.0, 6.0),
    }
}

/// Kernel size, step, zeros at the top and left, and the activation of a convolution.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Rows and columns.
    pub kernel: u32,
    /// In both directions.
    pub stride: u32,
    /// Zero rows at the top and columns at the left.
    pub pad: u32,
    /// After the bias.
    pub activation: Activation,
}

/// Cross-correlation with bias; weight (out, in, k, k). The output is 1/stride the size.
pub fn convolution(input: &[f64], shape: Shape, weight: &[f32], bias: &[f32], window: Window) -> Vec<f64> {
    let padded = Padded::new(input, shape, window);
    let kernel = (window.kernel * window.kernel) as usize;
    let inputs = shape.channels as usize;
    by_channel(bias, (shape.width / window.stride * (shape.height / window.stride)) as usize, |channel, out| {
        for plane in 0..inputs {
            let start = (channel * inputs + plane) * kernel;
            padded.correlate(plane, weight.get(start..start + kernel).unwrap_or_default(), out);
        }
        out.iter_mut().for_each(|value| *value = activate(window.activation, *value));
    })
}

/// Each channel by itself; weight (channels, 1, k, k).
pub fn depthwise(input: &[f64], shape: Shape, weight: &[f32], bias: &[f32], window: Window) -> Vec<f64> {
    let padded = Padded::new(input, shape, window);
    let kernel = (window.kernel * window.kernel) as usize;
    by_channel(bias, (shape.width / window.stride * (shape.height / window.stride)) as usize, |channel, out| {
        let weight = weight.get(channel * kernel..(channel + 1) * kernel).unwrap_or_default();
        padded.correlate(channel, weight, out);
        out.iter_mut().for_each(|value| *value = activate(window.activation, *value));
    })
}

/// Fills the planes of `bias.len()` channels, each begun with its bias, on all processors.
fn by_channel(bias: &[f32], pixels: usize, fill: impl Fn(usize, &mut [f64]) + Sync) -> Vec<f64> {
    let mut out = vec![0.0; bias.len() * pixels];
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = bias.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for (part, planes) in out.chunks_mut((share * pixels).max(1)).enumerate() {
            let fill = &fill;
            scope.spawn(move || {
                for (index, plane) in planes.chunks_exact_mut(pixels).enumerate() {
                    let channel = part * share + index;
                    plane.fill(bias.get(channel).copied().map_or(0.0, f64::from));
                    fill(channel, plane);
                }
            });
        }
    });
    out
}

/// Planes with the zeros around them that a window needs.
struct Padded {
    values: Vec<f64>,
    width: usize,
    height: usize,
    out_width: usize,
    window: Window,
}

impl Padded {
    fn new(input: &[f64], shape: Shape, window: Window) -> Self {
        let (width, height) = (shape.width as usize, shape.height as usize);
        let (pad, both) = (window.pad as usize, (window.kernel - window.stride) as usize);
        let (padded_width, padded_height) = (width + both, height + both);
        let mut values = vec![0.0; padded_width * padded_height * shape.channels as usize];
        for (plane, source) in
            values.chunks_exact_mut(padded_width * padded_height).zip(input.chunks_exact(width * height))
        {
            for (row, source) in plane.chunks_exact_mut(padded_width).skip(pad).zip(source.chunks_exact(width)) {
                row.iter_mut().skip(pad).zip(source).for_each(|(value, source)| *value = *source);
            }
        }
        let out_width = width / window.stride as usize;
        Self { values, width: padded_width, height: padded_height, out_width, window }
    }

    /// Adds one plane's correlation to `out`.
    fn correlate(&self, plane: usize, weight: &[f32], out: &mut [f64]) {
        let (kernel, stride) = (self.window.kernel as usize, self.window.stride as usize);
        for (y, row) in out.chunks_exact_mut(self.out_width).enumerate() {
            for (ky, weights) in weight.chunks_exact(kernel).enumerate() {
                let start = (plane * self.height + y * stride + ky) * self.width;
                let line = self.values.get(start..start + self.width).unwrap_or_default();
                // The usual kernel by itself: a whole network of these must not take minutes.
                if let ([a, b, c], 1) = (weights, stride) {
                    let (a, b, c) = (f64::from(*a), f64::from(*b), f64::from(*c));
                    for (value, source) in row.iter_mut().zip(line.windows(3)) {
                        if let [x, y, z] = source {
                            *value += a * x + b * y + c * z;
                        }
                    }
                    continue;
                }
                for (value, source) in row.iter_mut().zip(line.windows(kernel).step_by(stride)) {
                    *value +=
                        weights.iter().zip(source).map(|(weight, source)| f64::from(*weight) * source).sum::<f64>();
                }
            }
        }
    }
}

/// Fully connected; weight (out, in).
pub fn dense(input: &[f64], weight: &[f32], bias: &[f32], activation: Activation) -> Vec<f64> {
    let rows = weight.chunks_exact(input.len().max(1));
    let dot = |row: &[f32]| row.iter().zip(input).map(|(weight, value)| f64::from(*weight) * value).sum::<f64>();
    rows.zip(bias).map(|(row, bias)| activate(activation, dot(row) + f64::from(*bias))).collect()
}

/// The greatest of 2×2 with stride 2.
pub fn max_pool(input: &[f64], shape: Shape) -> Vec<f64> {
    let width = shape.width as usize;
    let mut out = Vec::with_capacity(input.len() / 4);
    for rows in input.chunks_exact(2 * width) {
        let (upper, lower) = rows.split_at(width);
        let columns = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        out.extend(columns.map(|(upper, lower)| upper.iter().chain(lower).copied().fold(f64::MIN, f64::max)));
    }
    out
}

/// v·scale + offset, for each channel its own.
pub fn affine(input: &[f64], shape: Shape, scale: &[f64], offset: &[f64]) -> Vec<f64> {
    let planes = input.chunks_exact(shape.pixels() as usize).zip(scale.iter().zip(offset));
    planes.flat_map(|(plane, (scale, offset))| plane.iter().map(move |value| value * scale + offset)).collect()
}

/// Scale and offset of a batch norm: gamma·S and beta − gamma·S·mean, S being the fourth array or, where that is a variance, 1/√(v + 0.001).
pub fn batch_norm(
    gamma: &[f32],
    beta: &[f32],
    mean: &[f32],
    fourth: &[f32],
    is_variance: bool,
) -> (Vec<f64>, Vec<f64>) {
    let inverse = |value: f32| {
        if is_variance { 1.0 / (f64::from(value) + 1e-3).sqrt() } else { f64::from(value) }
    };
    let scale: Vec<f64> =
        gamma.iter().zip(fourth).map(|(gamma, fourth)| f64::from(*gamma) * inverse(*fourth)).collect();
    let offset =
        beta.iter().zip(mean).zip(&scale).map(|((beta, mean), scale)| f64::from(*beta) - scale * f64::from(*mean));
    let offset = offset.collect();
    (scale, offset)
}

/// Transposed convolution to `factor` times the size; weight (in, out, k, k).
pub fn deconvolution(
    input: &[f64],
    shape: Shape,
    weight: &[f32],
    bias: &[f32],
    factor: u32,
    activation: Activation,
) -> Vec<f64> {
    let (factor, kernel, pad) = (factor as usize, deconvolution_kernel(factor) as usize, factor as usize / 2);
    let (width, height) = (shape.width as usize, shape.height as usize);
    let (out_width, out_height) = (width * factor, height * factor);
    by_channel(bias, out_width * out_height, |channel, out| {
        for (plane, source) in input.chunks_exact(width * height).enumerate() {
            let start = (plane * bias.len() + channel) * kernel * kernel;
            let weight = weight.get(start..start + kernel * kernel).unwrap_or_default();
            for (index, value) in source.iter().enumerate() {
                let (top, left) = (index / width * factor, index % width * factor);
                for (ky, weights) in weight.chunks_exact(kernel).enumerate() {
                    let Some(y) = (top + ky).checked_sub(pad).filter(|y| *y < out_height) else {
                        continue;
                    };
                    for (kx, weight) in weights.iter().enumerate() {
                        let Some(x) = (left + kx).checked_sub(pad).filter(|x| *x < out_width) else {
                            continue;
                        };
                        if let Some(out) = out.get_mut(y * out_width + x) {
                            *out += value * f64::from(*weight);
                        }
                    }
                }
            }
        }
        out.iter_mut().for_each(|value| *value = activate(activation, *value));
    })
}

/// The sum of equally long arrays.
pub fn sum(inputs: &[&[f64]], activation: Activation) -> Vec<f64> {
    let mut out = inputs.first().map_or_else(Vec::new, |first| first.to_vec());
    for input in inputs.iter().skip(1) {
        out.iter_mut().zip(*input).for_each(|(out, value)| *out += value);
    }
    out.into_iter().map(|value| activate(activation, value)).collect()
}

/// `small` (of half the size) with each pixel four times, plus `large` of `shape`.
pub fn upsample_sum(small: &[f64], large: &[f64], shape: Shape) -> Vec<f64> {
    let (width, height) = (shape.width as usize, shape.height as usize);
    let at = |index: usize| {
        let (plane, y, x) = (index / (width * height), index / width % height, index % width);
        small.get((plane * (height / 2) + y / 2) * (width / 2) + x / 2).copied().unwrap_or(0.0)
    };
    large.iter().enumerate().map(|(index, value)| value + at(index)).collect()
}

/// exp(v − max) / Σ over the channels of each pixel.
pub fn softmax(input: &[f64], shape: Shape) -> Vec<f64> {
    let pixels = shape.pixels() as usize;
    let mut out = input.to_vec();
    for pixel in 0..pixels {
        let values = || input.iter().skip(pixel).step_by(pixels);
        let greatest = values().copied().fold(f64::MIN, f64::max);
        let total: f64 = values().map(|value| (value - greatest).exp()).sum();
        out.iter_mut().skip(pixel).step_by(pixels).for_each(|value| *value = (*value - greatest).exp() / total);
    }
    out
}

/// Σ p·parallax / Σ p over the planes of each pixel, the first `unused` left out.
pub fn expectation(softmax: &[f64], shape: Shape, planes: &[f32], unused: usize) -> Vec<f64> {
    let pixels = shape.pixels() as usize;
    let mean = |pixel: usize| {
        let shares = softmax.iter().skip(pixel).step_by(pixels).zip(planes).skip(unused);
        let (weighted, total) = shares.fold((0.0, 0.0), |(weighted, total), (share, plane)| {
            (weighted + share * f64::from(*plane), total + share)
        });
        weighted / total.max(f64::MIN_POSITIVE)
    };
    (0..pixels).map(mean).collect()
}

/// One layer's output. `sources` are the outputs it reads, with their shapes.
pub fn layer(layer: &Layer, sources: &[(Shape, &[f64])], weights: &Weights) -> Result<Vec<f64>, NetError> {
    let missing = || NetError::Graph { layer: layer.name.clone(), reason: "a source is missing".into() };
    let mut parameters: Vec<Cow<'_, [f32]>> = Vec::with_capacity(layer.parameters.len());
    let mut is_variance = false;
    for parameter in &layer.parameters {
        let (name, tensor) = weights.parameter(parameter)?;
        is_variance |= name.ends_with("moving_var");
        parameters.push(tensor.values());
    }
    let (shape, input) = *sources.first().ok_or_else(missing)?;
    let (first, second) = (parameters.first().map_or(&[][..], |p| p), parameters.get(1).map_or(&[][..], |p| p));
    Ok(match layer.operation {
        Operation::Input => input.to_vec(),
        Operation::Convolution { kernel, stride, pad, depthwise: by_channel, activation } => {
            let twin = if by_channel { depthwise } else { convolution };
            twin(input, shape, first, second, Window { kernel, stride, pad, activation })
        }
        Operation::Dense { activation } => dense(input, first, second, activation),
        Operation::MaxPool => max_pool(input, shape),
        Operation::BatchNorm => {
            let (mean, fourth) = (parameters.get(2).map_or(&[][..], |p| p), parameters.get(3).map_or(&[][..], |p| p));
            let (scale, offset) = batch_norm(first, second, mean, fourth, is_variance);
            affine(input, shape, &scale, &offset)
        }
        Operation::Deconvolution { factor, activation } => {
            deconvolution(input, shape, first, second, factor, activation)
        }
        Operation::Sum { activation } => {
            let inputs: Vec<&[f64]> = sources.iter().map(|(_, values)| *values).collect();
            sum(&inputs, activation)
        }
        Operation::UpsampleSum => upsample_sum(input, sources.get(1).ok_or_else(missing)?.1, layer.shape),
        Operation::Softmax => softmax(input, shape),
    })
}

/// Every layer's output for one picture, `input` in C, H, W order after mean and standard deviation.
pub fn run(graph: &Graph, weights: &Weights, input: &[f64]) -> Result<Vec<Vec<f64>>, NetError> {
    let mut outputs: Vec<Vec<f64>> = Vec::with_capacity(graph.layers.len());
    for current in &graph.layers {
        let found = |index: &usize| {
            let shape = graph.layers.get(*index).map(|layer| layer.shape);
            shape.zip(outputs.get(*index).map(Vec::as_slice))
        };
        let mut sources: Vec<(Shape, &[f64])> = current.sources.iter().filter_map(found).collect();
        if current.operation == Operation::Input {
            sources.push((current.shape, input));
        }
        let output = layer(current, &sources, weights)?;
        if output.len() != current.shape.count() {
            let reason = format!("{} values instead of {}", output.len(), current.shape.count());
            return Err(NetError::Graph { layer: current.name.clone(), reason });
        }
        outputs.push(output);
    }
    Ok(outputs)
}

/// The original's selection layer: `out[c][y][x] = Σ_{k≥1} p[k][y][x] · left[c][y][clamp(x − (k − 16))]`, three planes of 0..255.
pub fn selection(softmax: &[f64], shape: Shape, left: &[f64]) -> Vec<f64> {
    let (width, pixels) = (shape.width as usize, shape.pixels() as usize);
    let at = |index: usize| {
        let (pixel, x) = (index % pixels, index % width);
        let shares = softmax.iter().skip(pixel).step_by(pixels).enumerate().skip(1);
        let source = |k: usize| (x + 16).saturating_sub(k).min(width - 1);
        shares.map(|(k, share)| share * left.get(index - x + source(k)).copied().unwrap_or(0.0)).sum()
    };
    (0..left.len()).map(at).collect()
}

/// The selection layer for a picture of any size, three planes of `size` (width, height): the planes are enlarged bilinearly, top-left
/// aligned (low sample w sits on the pixel w·sx), plane k shifts by (k − 16)·sx pixels, linearly between two pixels where that is not whole.
pub fn selection_enlarged(softmax: &[f64], shape: Shape, left: &[f64], size: [u32; 2]) -> Vec<f64> {
    let (low_width, low_height) = (shape.width as usize, shape.height as usize);
    let (width, height) = (size[0] as usize, size[1] as usize);
    let (sx, sy) = (width as f64 / low_width as f64, height as f64 / low_height as f64);
    let mut out = vec![0.0; left.len()];
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f64 / sx, y as f64 / sy);
            let (w, h) = ((u as usize).min(low_width - 1), (v as usize).min(low_height - 1));
            let (fx, fy) = (u - w as f64, v - h as f64);
            let mut total = 0.0;
            let mut sums = [0.0; 3];
            for (k, plane) in softmax.chunks_exact(low_width * low_height).enumerate() {
                let here = h * low_width + w;
                // A neighbour outside the map is replaced by this pixel, the diagonal one also when only one index is outside.
                let neighbour = |down: usize, right: usize| {
                    let inside = h + down < low_height && w + right < low_width;
                    plane.get(if inside { here + down * low_width + right } else { here }).copied().unwrap_or(0.0)
                };
                let upper = (1.0 - fx) * neighbour(0, 0) + fx * neighbour(0, 1);
                let lower = (1.0 - fx) * neighbour(1, 0) + fx * neighbour(1, 1);
                let share = (1.0 - fy) * upper + fy * lower;
                total += share;
                if k == 0 {
                    continue;
                }
                let from = (x as f64 - (k as f64 - 16.0) * sx).clamp(0.0, (width - 1) as f64);
                let (column, part) = (from as usize, from.fract());
                for (channel, sum) in sums.iter_mut().enumerate() {
                    let row = (channel * height + y) * width;
                    let pixel = |column: usize| left.get(row + column.min(width - 1)).copied().unwrap_or(0.0);
                    *sum += share * ((1.0 - part) * pixel(column) + part * pixel(column + 1));
                }
            }
            for (channel, sum) in sums.iter().enumerate() {
                if let Some(value) = out.get_mut((channel * height + y) * width + x) {
                    *value = sum / total.max(f64::MIN_POSITIVE);
                }
            }
        }
    }
    out
}
