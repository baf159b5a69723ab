//! Weights and pictures made by a generator of pseudo-random numbers: the same on every machine, no file needed.
//!
//! With them the original network gives known numbers (tests/net_2016.rs), and `bench` can time it without its weights. They show nothing.

use super::error::NetError;
use super::graph::{Graph, Layer, Network, Operation};
use super::weights::{Data, Metadata, Tensor, Weights};
use std::collections::BTreeMap;

/// The seed whose results are known.
pub const SEED: u64 = 1;

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The 64-bit FNV-1a hash of a name.
pub fn fnv1a64(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Uniform numbers 0 ≤ u < 1, exact in single precision: SplitMix64 seeded by the name.
pub fn uniform(name: &str, seed: u64) -> impl Iterator<Item = f32> {
    let start = fnv1a64(name) ^ seed.wrapping_mul(GOLDEN);
    (1u64..).map(move |index| {
        let mut z = start.wrapping_add(index.wrapping_mul(GOLDEN));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 40) as f32 / 16_777_216.0
    })
}

/// Weights for either network, in single precision; for the original the ones whose results are known.
pub fn weights(network: Network, seed: u64) -> Result<Weights, NetError> {
    let multiple = network.multiple();
    Ok(weights_of(&Graph::new(network, network.fixed_size().unwrap_or([multiple, multiple]))?, seed))
}

/// Weights for any graph.
pub fn weights_of(graph: &Graph, seed: u64) -> Weights {
    let network = graph.network;
    let mut tensors = BTreeMap::new();
    for layer in &graph.layers {
        for (index, parameter) in layer.parameters.iter().enumerate() {
            let Some(name) = parameter.names.first() else { continue };
            let (centre, bound) = range(layer, index, &parameter.shape);
            let count = parameter.shape.iter().product();
            let values = uniform(name, seed).take(count).map(|u| centre + (2.0 * u - 1.0) * bound).collect();
            tensors.insert(name.clone(), Tensor { shape: parameter.shape.clone(), data: Data::F32(values) });
        }
    }
    let mut metadata = Metadata::deep3d_2016();
    if network == Network::Deep3d {
        metadata.network = network;
        metadata.input.mean = [0.5; 3];
        metadata.input.std = [0.5; 3];
        let planes = network.planes();
        metadata.planes = (0..planes).map(|plane| (2 * plane + 1) as f32 / planes as f32 - 1.0).collect();
    }
    metadata.licence = "none needed: generated numbers".into();
    Weights { file: "generated weights".into(), metadata, tensors }
}

/// Centre and bound of a tensor's values.
fn range(layer: &Layer, parameter: usize, shape: &[usize]) -> (f32, f32) {
    let he = |fan_in: usize| (6.0 / fan_in as f64).sqrt() as f32;
    let inputs = || shape.get(1..).unwrap_or_default().iter().product();
    match (layer.operation, parameter) {
        (Operation::BatchNorm, 0) => (1.0, 0.25),
        (Operation::BatchNorm, 1) => (0.0, 0.25),
        (Operation::BatchNorm, 2) => (60.0, 40.0),
        (Operation::BatchNorm, _) => (0.010, 0.004),
        (Operation::Convolution { .. } | Operation::Dense { .. }, 0) => {
            (0.0, if layer.name == "fc6" { he(inputs()) / 64.0 } else { he(inputs()) })
        }
        (Operation::Deconvolution { factor, .. }, 0) => {
            let taps = if factor == 1 { 1 } else { 4 };
            (0.0, he(shape.first().copied().unwrap_or(1) * taps))
        }
        _ if layer.name.starts_with("conv") && layer.name != "convolution0" => (0.0, 4.0),
        _ => (0.0, 0.25),
    }
}

/// A picture of width × height, three bytes a pixel (blue, green, red), row by row: overlapping patterns and a little noise.
pub fn picture(width: usize, height: usize) -> Vec<u8> {
    let name = format!("image_{width}x{height}");
    let mut noise = uniform(&name, SEED).map(|u| (64.0 * u) as i64);
    let mut bytes = Vec::with_capacity(width * height * 3);
    for y in 0..height as i64 {
        for x in 0..width as i64 {
            for c in 0..3 {
                let pattern = (((x * (3 + c)) ^ (y * (5 - c))) & 255) * 3 / 4;
                bytes.push((pattern + noise.next().unwrap_or(0)) as u8);
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_the_specified_numbers() {
        assert_eq!(fnv1a64("conv1_1_weight"), 0x4c72_ede0_3880_b303);
        let first: Vec<f32> = uniform("conv1_1_weight", SEED).take(2).collect();
        assert_eq!(first, [0.563_780_37, 0.283_757_2]);
        let weights = weights(Network::Deep3d2016, SEED).unwrap();
        let start = |name: &str| weights.tensors[name].values()[0];
        assert_eq!(start("conv1_1_weight"), 0.060_132_71);
        assert_eq!(weights.tensors["conv1_1_weight"].values()[1], -0.203_875_66);
        assert_eq!(start("fc7_weight"), -0.020_709_908);
        assert_eq!(weights.tensors.values().map(Tensor::count).sum::<usize>(), 28_026_705);
    }

    #[test]
    fn the_picture_is_the_specified_one() {
        let picture = picture(384, 160);
        assert_eq!(picture[..6], [59, 37, 2, 41, 54, 45]);
        let at = (100 * 384 + 200) * 3;
        assert_eq!(picture[at..at + 3], [172, 144, 191]);
    }
}
