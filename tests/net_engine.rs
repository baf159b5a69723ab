//! Both networks on the GPU against their CPU twins, layer by layer.
#![allow(clippy::unwrap_used)]

#[path = "common/net.rs"]
mod common;

use common::{difference, planar, read, run, run_in_pieces, value};
use deep3d::gpu::testing::WatchedGpu;
use deep3d::net::kernels::{HARDWARE, HARDWARE_HALF, SOFTWARE, Tuning};
use deep3d::net::plan::Memory;
use deep3d::net::{Engine, Graph, Network, Precision, Weights, reference, synthetic};

fn input(graph: &Graph, weights: &Weights) -> Vec<f64> {
    let shape = graph.input();
    let format = &weights.metadata.input;
    let pixels = shape.pixels() as usize;
    let normal = |index: usize, value: f64| {
        let channel = index / pixels;
        (value / 255.0 - f64::from(format.mean[channel])) / f64::from(format.std[channel])
    };
    let picture = planar(shape.width as usize, shape.height as usize);
    picture.into_iter().enumerate().map(|(index, value)| normal(index, value)).collect()
}

/// Every value that exists in memory is compared; returns how many.
fn compare(network: Network, size: [u32; 2], tuning: &Tuning) -> usize {
    let gpu = WatchedGpu::new().unwrap();
    let weights = synthetic::weights(network, synthetic::SEED).unwrap();
    let graph = Graph::new(network, size).unwrap();
    let input = input(&graph, &weights);
    let expected = reference::run(&graph, &weights, &input).unwrap();
    let engine = Engine::with(&gpu, &weights, size, tuning, Memory::Keep).unwrap();
    run(&gpu, &engine, &input);
    let mut compared = 0;
    for (layer, expected) in graph.layers.iter().zip(&expected) {
        if let Some(values) = value(&gpu, &engine, &layer.name) {
            let difference = difference(&values, expected);
            assert!(difference < 1e-4, "{} at {size:?}: {difference:e}", layer.name);
            compared += 1;
        }
    }
    let parallax: Vec<f64> = read(&gpu, engine.parallax().unwrap()).into_iter().map(f64::from).collect();
    let planes = &weights.metadata.planes;
    let unused = network.unused_planes() as usize;
    let expected = reference::expectation(expected.last().unwrap(), graph.output(), planes, unused);
    let difference = difference(&parallax, &expected);
    // The softmax of large logits enlarges what rounding does to them.
    assert!(difference < 2e-4, "parallax at {size:?}: {difference:e}");
    // With its memory shared between values, it must make the same.
    let engine = Engine::with(&gpu, &weights, size, tuning, Memory::Reuse).unwrap();
    run(&gpu, &engine, &input);
    let again: Vec<f64> = read(&gpu, engine.parallax().unwrap()).into_iter().map(f64::from).collect();
    assert_eq!(again, parallax);
    // Nor does it matter into how many pieces its dispatches are cut. What is not made now is not left over from before.
    let engine = Engine::with(&gpu, &weights, size, tuning, Memory::Reuse).unwrap();
    run_in_pieces(&gpu, &engine, &input, 3);
    let again: Vec<f64> = read(&gpu, engine.parallax().unwrap()).into_iter().map(f64::from).collect();
    assert_eq!(again, parallax, "in pieces");
    compared
}

#[test]
fn the_device_decides_on_the_precision_unless_told_otherwise() {
    let mut facts = WatchedGpu::new().unwrap().facts().clone();
    (facts.subgroup_size, facts.subgroup_shuffle) = (16, true);
    for (is_cpu, float16, auto) in
        [(true, true, SOFTWARE), (true, false, SOFTWARE), (false, false, HARDWARE), (false, true, HARDWARE_HALF)]
    {
        (facts.is_cpu, facts.float16) = (is_cpu, float16);
        assert_eq!(Tuning::of(&facts, Precision::Auto), auto);
        let single = Tuning::of(&facts, Precision::Single);
        assert_eq!(single, if is_cpu { SOFTWARE } else { HARDWARE });
        let half = Tuning::of(&facts, Precision::Half);
        assert_eq!(half, if is_cpu { HARDWARE_HALF.plain() } else { HARDWARE_HALF });
        assert_eq!(Precision::Half.check(&facts).is_ok(), float16);
        assert!(Precision::Auto.check(&facts).is_ok() && Precision::Single.check(&facts).is_ok());
    }
    // Too little shared memory for the tiles: plain convolutions.
    (facts.is_cpu, facts.max_shared_bytes) = (false, 16 << 10);
    assert_eq!(Tuning::of(&facts, Precision::Single), HARDWARE.plain());
    facts.float16 = false;
    let error = Precision::Half.check(&facts).unwrap_err().to_string();
    assert!(error.contains("leave --precision half out"), "{error}");
    assert_eq!("half".parse(), Ok(Precision::Half));
    assert!("double".parse::<Precision>().unwrap_err().contains("auto, single or half"));
}

/// How far the parallax made in half precision may be from the twin's, in % of the picture's width: the greatest difference and the mean.
/// Planes are 0.0625 % apart, and an eye sees about 0.1 %.
const HALF_BOUND: [f64; 2] = [0.002, 0.0002];

#[test]
fn the_built_in_weights_in_half_precision_give_the_twins_parallax() {
    let gpu = WatchedGpu::new().unwrap();
    let weights = Weights::built_in().unwrap();
    let size = [384, 160];
    let graph = Graph::new(Network::Deep3d, size).unwrap();
    let input = input(&graph, &weights);
    let expected = reference::run(&graph, &weights, &input).unwrap();
    let expected = reference::expectation(expected.last().unwrap(), graph.output(), &weights.metadata.planes, 0);
    let engine = Engine::new(&gpu, &weights, size, Precision::Half).unwrap();
    run(&gpu, &engine, &input);
    let parallax = read(&gpu, engine.parallax().unwrap());
    let differences: Vec<f64> = parallax.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs()).collect();
    let worst = differences.iter().copied().fold(0.0, f64::max);
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    println!("parallax in half precision: {worst:.5} % at most, {mean:.6} % on average");
    assert!(worst < HALF_BOUND[0] && mean < HALF_BOUND[1], "{worst} % at most, {mean} % on average");
}

#[test]
fn deep3d_agrees_with_its_twin_at_the_usual_size() {
    assert!(compare(Network::Deep3d, [384, 160], &SOFTWARE) > 50);
}

#[test]
fn deep3d_agrees_with_its_twin_at_odd_sizes_on_both_paths() {
    for size in [[32, 32], [96, 224]] {
        assert!(compare(Network::Deep3d, size, &SOFTWARE) > 50);
        // The 16 depthwise convolutions are made on the way to what reads them.
        assert!(compare(Network::Deep3d, size, &HARDWARE) > 40);
    }
}
