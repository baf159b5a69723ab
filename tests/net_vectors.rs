//! The built-in weights on the GPU against PyTorch's logits, which train/export.py wrote beside them (train/README.md says how).
#![allow(clippy::unwrap_used)]

#[path = "common/net.rs"]
mod common;

use common::{planar, run, value};
use deep3d::gpu::testing::WatchedGpu;
use deep3d::net::kernels::SOFTWARE;
use deep3d::net::plan::Memory;
use deep3d::net::weights::{Channels, Scale};
use deep3d::net::{Engine, Network, Weights};
use safetensors::SafeTensors;

const SIZES: [[u32; 2]; 3] = [[96, 64], [384, 160], [320, 192]];

#[test]
fn the_built_in_weights_are_what_the_page_says() {
    let weights = Weights::built_in().unwrap();
    assert_eq!(weights.metadata.network, Network::Deep3d);
    assert_eq!(weights.metadata.input.channels, Channels::Rgb);
    assert_eq!(weights.metadata.scale, Scale::Relative);
    assert!(weights.tensors.values().all(|tensor| tensor.precision() == "F16"));
    assert!(weights.metadata.planes.is_sorted(), "plane 0 is the nearest");
}

#[test]
fn pytorch_and_the_engine_agree_on_logits_at_three_sizes() {
    let file = std::fs::read("tests/data/deep3d-vectors.safetensors").unwrap();
    let vectors = SafeTensors::deserialize(&file).unwrap();
    let (_, header) = SafeTensors::read_metadata(&file).unwrap();
    let stride: usize = header.metadata().as_ref().unwrap()["stride"].parse().unwrap();
    let weights = Weights::built_in().unwrap();
    let gpu = WatchedGpu::new().unwrap();
    for [width, height] in SIZES {
        let name = format!("{width}x{height}");
        let engine = Engine::with(&gpu, &weights, [width, height], &SOFTWARE, Memory::Keep).unwrap();
        // The built-in weights take x = v/127.5 − 1; the generated picture's first channel counts as red.
        let picture = planar(width as usize, height as usize);
        run(&gpu, &engine, &picture.iter().map(|value| value / 127.5 - 1.0).collect::<Vec<_>>());
        let logits = value(&gpu, &engine, "logits").unwrap();
        let expected = vectors.tensor(&format!("{name}.logits")).unwrap();
        let expected: Vec<f64> = (expected.data().chunks_exact(4))
            .map(|word| f64::from(f32::from_le_bytes(word.try_into().unwrap())))
            .collect();
        let step = if expected.len() == logits.len() { 1 } else { stride };
        assert_eq!(logits.len().div_ceil(step), expected.len());
        let worst = logits.iter().step_by(step).zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!("{name}: {worst:.2e} at most");
        assert!(worst < 1e-3, "{name}: {worst}");
        let sums = vectors.tensor(&format!("{name}.sums")).unwrap();
        let sums: Vec<f64> =
            sums.data().chunks_exact(8).map(|word| f64::from_le_bytes(word.try_into().unwrap())).collect();
        let magnitude: f64 = logits.iter().map(|value| value.abs()).sum();
        assert!((magnitude - sums[1]).abs() < 1e-5 * sums[1], "{name}: Σ|v| = {magnitude}, expected {}", sums[1]);
        assert!((logits.iter().sum::<f64>() - sums[0]).abs() < 1e-5 * sums[1], "{name}");
    }
}
