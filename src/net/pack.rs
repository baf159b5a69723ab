//! Weights in the order in which the kernels read them.

use super::error::NetError;
use super::graph::{Graph, Layer, Operation, Shape, deconvolution_kernel};
use super::kernels::Path;
use super::plan::Table;
use super::reference;
use super::weights::{Metadata, Weights};
use super::winograd::Tile;
use std::borrow::Cow;

/// A table's numbers, for values stored as `path` says.
pub fn pack(table: &Table, graph: &Graph, weights: &Weights, path: Path) -> Result<Vec<f32>, NetError> {
    let layer = |index: usize| {
        let missing = || NetError::Graph { layer: format!("layer {index}"), reason: "it does not exist".into() };
        graph.layers.get(index).ok_or_else(missing)
    };
    let source = |layer: &Layer| {
        let index = layer.sources.first().copied().unwrap_or_default();
        graph.layers.get(index).map_or(layer.shape, |source| source.shape)
    };
    let in_quads = |layer: &Layer| {
        let index = layer.sources.first().copied().unwrap_or_default();
        path.of_layer(graph, index).quads(source(layer).channels) as usize
    };
    Ok(match table {
        Table::Convolution { layer: index, quads, group } => {
            let layer = layer(*index)?;
            let [weight, bias] = two(layer, weights)?;
            let Operation::Convolution { kernel, .. } = layer.operation else { return Ok(Vec::new()) };
            let sizes = [source(layer).channels as usize, in_quads(layer), path.quads(layer.shape.channels) as usize];
            convolution(&weight, &bias, sizes, kernel as usize, *quads as usize, *group)
        }
        Table::Winograd { layer: index, tile, quads, group } => {
            let layer = layer(*index)?;
            let [weight, _] = two(layer, weights)?;
            let channels = [source(layer).channels, layer.shape.channels];
            winograd(&weight, channels, *tile, *quads as usize, *group)
        }
        Table::Channels { layer: index, norm: normed } => {
            let [_, bias] = two(layer(*index)?, weights)?;
            let norm = normed.map(|index| norm(layer(index)?, weights, path)).transpose()?;
            channels(&bias, norm.as_deref())
        }
        Table::Gemm { layer: index, columns, chunk } => {
            let layer = layer(*index)?;
            let [weight, bias] = two(layer, weights)?;
            let terms = in_quads(layer) * 4;
            gemm(&weight, bias.len(), source(layer).channels as usize, terms, [*columns as usize, *chunk as usize])
        }
        Table::ChannelBias { layer: index } => {
            let layer = layer(*index)?;
            let [_, bias] = two(layer, weights)?;
            let mut packed = bias.into_owned();
            packed.resize(path.quads(layer.shape.channels) as usize * 4, 0.0);
            packed
        }
        Table::Depthwise { layer: index } | Table::Inner { layer: index } => {
            let layer = layer(*index)?;
            let [weight, bias] = two(layer, weights)?;
            depthwise(&weight, &bias, path)
        }
        Table::Norm { layer: None } => vec![0.0; 4],
        Table::Norm { layer: Some(index) } => norm(layer(*index)?, weights, path)?,
        Table::Dense { layer: index } => {
            let layer = layer(*index)?;
            let [weight, _] = two(layer, weights)?;
            dense(&weight, source(layer), layer.shape, path)
        }
        Table::Bias { layer: index } => {
            let layer = layer(*index)?;
            let [_, bias] = two(layer, weights)?;
            let mut packed = vec![0.0; texels(layer.shape, path) * 4];
            for (number, value) in bias.iter().enumerate() {
                put(&mut packed, place(number, layer.shape, path), *value);
            }
            packed
        }
        Table::Deconvolution { layers, quads } => {
            let layers = layers.iter().map(|index| layer(*index)).collect::<Result<Vec<_>, _>>()?;
            let inputs = layers.first().map_or([0; 2], |layer| [source(layer).channels as usize, in_quads(layer)]);
            deconvolution(&layers, inputs, weights, *quads as usize, path)?
        }
        Table::Planes => planes(&weights.metadata),
    })
}

fn put(packed: &mut [f32], at: usize, value: f32) {
    if let Some(place) = packed.get_mut(at) {
        *place = value;
    }
}

fn texels(shape: Shape, path: Path) -> usize {
    (path.quads(shape.channels) * shape.pixels()) as usize
}

/// Where number `index` of a C, H, W array stands in a value.
fn place(index: usize, shape: Shape, path: Path) -> usize {
    let pixels = shape.pixels() as usize;
    index % pixels * path.quads(shape.channels) as usize * 4 + index / pixels
}

/// A layer's weight and bias.
fn two<'a>(layer: &Layer, weights: &'a Weights) -> Result<[Cow<'a, [f32]>; 2], NetError> {
    let [weight, bias] = layer.parameters.as_slice() else {
        return Err(NetError::Graph { layer: layer.name.clone(), reason: "no weight and bias".into() });
    };
    Ok([weights.parameter(weight)?.1.values(), weights.parameter(bias)?.1.values()])
}

fn convolution(
    weight: &[f32],
    bias: &[f32],
    [inputs, in_quads, out_quads]: [usize; 3],
    kernel: usize,
    block_quads: usize,
    group: Option<u32>,
) -> Vec<f32> {
    let outputs = bias.len();
    let is_subgroup = group.is_none();
    let group = group.unwrap_or(1) as usize;
    let groups = out_quads.div_ceil(block_quads).div_ceil(group);
    // Channels out of one step of one group, times 4 channels in.
    let step = group * block_quads * 16;
    let steps = kernel * kernel * in_quads + 1;
    let mut packed = vec![0.0; groups * steps * step];
    for output in 0..outputs {
        let (block, quad) = (output / (4 * block_quads), output / 4 % block_quads);
        let start = block / group * steps * step;
        let at = |row: usize| (row * group + block % group) * 4 + output % 4;
        put(&mut packed, start + at(quad), bias.get(output).copied().unwrap_or(0.0));
        for input in 0..inputs {
            for ky in 0..kernel {
                for kx in 0..kernel {
                    let value =
                        weight.get(((output * inputs + input) * kernel + ky) * kernel + kx).copied().unwrap_or(0.0);
                    if is_subgroup {
                        let number = 1 + (ky * kernel + kx) * in_quads + input / 4;
                        put(&mut packed, start + number * step + (quad * 4 + output % 4) * 4 + input % 4, value);
                    } else {
                        let number = 1 + (ky * in_quads + input / 4) * kernel + kx;
                        put(&mut packed, start + number * step + at(quad * 4 + input % 4), value);
                    }
                }
            }
        }
    }
    packed
}

/// As [`convolution`] of 1×1 pixels, once for each of the products, which need no bias.
fn winograd(
    weight: &[f32],
    [inputs, outputs]: [u32; 2],
    tile: Tile,
    block_quads: usize,
    group: Option<u32>,
) -> Vec<f32> {
    let quads = |channels: u32| Path::Texel.quads(channels) as usize;
    let pairs = (inputs * outputs) as usize;
    let products = tile.products() as usize;
    let mut stretched = vec![0.0; products * pairs];
    for (pair, kernel) in weight.chunks_exact(9).enumerate() {
        let Ok(kernel) = kernel.try_into() else { continue };
        for (product, value) in tile.weights(kernel).iter().take(products).enumerate() {
            put(&mut stretched, product * pairs + pair, *value);
        }
    }
    let parts = stretched.chunks_exact(pairs.max(1));
    let sizes = [inputs as usize, quads(inputs), quads(outputs)];
    let bias = vec![0.0; outputs as usize];
    parts.flat_map(|part| convolution(part, &bias, sizes, 1, block_quads, group)).collect()
}

/// For each quad the bias, then scale and offset of a batch norm ([`norm`]).
fn channels(bias: &[f32], norm: Option<&[f32]>) -> Vec<f32> {
    let mut packed = vec![0.0; bias.len().div_ceil(4) * 12];
    for (quad, texels) in packed.chunks_exact_mut(12).enumerate() {
        for (to, value) in texels.iter_mut().zip(bias.iter().skip(quad * 4).take(4)) {
            *to = *value;
        }
        for (to, value) in texels.iter_mut().skip(4).zip(norm.unwrap_or_default().iter().skip(quad * 8)) {
            *to = *value;
        }
    }
    packed
}

/// `terms`: the numbers that a pixel of the source takes, those of channels that do not exist included.
fn gemm(weight: &[f32], outputs: usize, inputs: usize, terms: usize, [columns, chunk]: [usize; 2]) -> Vec<f32> {
    let taps = weight.len() / (outputs * inputs).max(1);
    let chunks = (taps * terms).div_ceil(chunk);
    let mut packed = vec![0.0; outputs.div_ceil(columns) * chunks * chunk * columns];
    for (index, value) in weight.iter().enumerate() {
        let (output, input, tap) = (index / (inputs * taps), index / taps % inputs, index % taps);
        let row = output / columns * chunks * chunk + tap * terms + input;
        put(&mut packed, row * columns + output % columns, *value);
    }
    packed
}

fn depthwise(weight: &[f32], bias: &[f32], path: Path) -> Vec<f32> {
    let kernel = weight.len() / bias.len().max(1);
    let mut packed = vec![0.0; path.quads(bias.len() as u32) as usize * (kernel + 1) * 4];
    for (channel, bias) in bias.iter().enumerate() {
        let start = channel / 4 * (kernel + 1) * 4 + channel % 4;
        put(&mut packed, start, *bias);
        for (index, value) in weight.iter().skip(channel * kernel).take(kernel).enumerate() {
            put(&mut packed, start + (index + 1) * 4, *value);
        }
    }
    packed
}

fn norm(layer: &Layer, weights: &Weights, path: Path) -> Result<Vec<f32>, NetError> {
    let found = layer.parameters.iter().map(|parameter| weights.parameter(parameter)).collect::<Result<Vec<_>, _>>()?;
    let [gamma, beta, mean, (name, fourth)] = found.as_slice() else {
        return Err(NetError::Graph { layer: layer.name.clone(), reason: "no batch norm".into() });
    };
    let [gamma, beta, mean] = [gamma, beta, mean].map(|(_, tensor)| tensor.values());
    let is_variance = name.ends_with("moving_var");
    let (scale, offset) = reference::batch_norm(&gamma, &beta, &mean, &fourth.values(), is_variance);
    let mut packed = vec![0.0; path.quads(scale.len() as u32) as usize * 8];
    for (channel, (scale, offset)) in scale.iter().zip(&offset).enumerate() {
        put(&mut packed, channel / 4 * 8 + channel % 4, *scale as f32);
        put(&mut packed, channel / 4 * 8 + 4 + channel % 4, *offset as f32);
    }
    Ok(packed)
}

fn dense(weight: &[f32], source: Shape, sink: Shape, path: Path) -> Vec<f32> {
    let (inputs, out_quads) = (source.count(), texels(sink, path));
    let mut packed = vec![0.0; texels(source, path) * 4 * out_quads * 4];
    let places: Vec<usize> = (0..inputs).map(|input| place(input, source, path) * out_quads * 4).collect();
    for (output, row) in weight.chunks_exact(inputs.max(1)).enumerate() {
        let at = place(output, sink, path);
        for (value, place) in row.iter().zip(&places) {
            put(&mut packed, place + at, *value);
        }
    }
    packed
}

fn deconvolution(
    layers: &[&Layer],
    [inputs, in_quads]: [usize; 2],
    weights: &Weights,
    block_quads: usize,
    path: Path,
) -> Result<Vec<f32>, NetError> {
    let channels = layers.first().map_or(0, |layer| layer.shape.channels);
    let outputs = channels as usize;
    let blocks = (path.quads(channels) as usize).div_ceil(block_quads);
    let step = blocks * block_quads * 16;
    let mut packed = vec![0.0; blocks * block_quads * 4];
    for layer in layers {
        let [weight, bias] = two(layer, weights)?;
        for (output, bias) in bias.iter().enumerate() {
            if let Some(sum) = packed.get_mut(output) {
                *sum += bias;
            }
        }
        let Operation::Deconvolution { factor, .. } = layer.operation else { continue };
        let (factor, kernel) = (factor as usize, deconvolution_kernel(factor) as usize);
        let taps = if factor == 1 { 1 } else { 2 };
        let start = packed.len();
        packed.resize(start + factor * factor * taps * taps * in_quads * step, 0.0);
        for input in 0..inputs {
            for output in 0..outputs {
                let (block, quad) = (output / (4 * block_quads), output / 4 % block_quads);
                let within = ((quad * 4 + input % 4) * blocks + block) * 4 + output % 4;
                for ky in 0..kernel {
                    for kx in 0..kernel {
                        let phase = ky % factor * factor + kx % factor;
                        let tap = ky / factor * taps + kx / factor;
                        let number = (phase * taps * taps + tap) * in_quads + input / 4;
                        let index = ((input * outputs + output) * kernel + ky) * kernel + kx;
                        let value = weight.get(index).copied().unwrap_or(0.0);
                        put(&mut packed, start + number * step + within, value);
                    }
                }
            }
        }
    }
    Ok(packed)
}

fn planes(metadata: &Metadata) -> Vec<f32> {
    let unused = metadata.network.unused_planes() as usize;
    let mut packed = vec![0.0; metadata.planes.len().div_ceil(4) * 8];
    for (channel, plane) in metadata.planes.iter().enumerate().skip(unused) {
        put(&mut packed, channel / 4 * 8 + channel % 4, *plane);
        put(&mut packed, channel / 4 * 8 + 4 + channel % 4, 1.0);
    }
    packed
}
