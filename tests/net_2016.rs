//! The original network on generated weights, against the numbers its specification gives.
#![allow(clippy::unwrap_used)]

#[path = "common/net.rs"]
mod common;

use common::planar;
use deep3d::net::graph::{Activation, Graph, Network, Operation};
use deep3d::net::{reference, synthetic};
use std::time::Instant;

/// Tensor, Σ(i mod 251)·v and Σ|v| in C order.
const CHECKSUMS: [(&str, f64, f64); 15] = [
    ("pool1", 1.150_310_67e10, 92_027_321.5),
    ("pool2", 8.308_511_37e9, 66_453_891.5),
    ("pool3", 3.299_982_67e9, 26_440_802.3),
    ("pool4", 1.992_947_54e9, 15_958_840.8),
    ("pool5", 569_620_427.0, 4_639_911.25),
    ("fc6", 131_779.838, 996.304_006),
    ("fc7", 124_023.768, 1_060.347_64),
    ("pred5", 33_442.419_2, 8_471.999_06),
    ("pred1", -20_806_972.5, 862_941.915),
    ("pred2", -4_072_920.16, 229_220.988),
    ("pred3", -758_664.701, 64_182.738_6),
    ("pred4", 27_619.441_4, 16_853.810_7),
    ("feat", 177_270_292.0, 1_417_523.93),
    ("convolution0", -155_424_976.0, 12_438_926.8),
    ("softmax", 7_674_519.93, 61_440.0),
];

fn weighted(values: &[f64]) -> f64 {
    values.iter().enumerate().map(|(index, value)| (index % 251) as f64 * value).sum()
}

#[test]
fn the_cpu_twin_gives_the_specified_numbers() {
    let started = Instant::now();
    let graph = Graph::new(Network::Deep3d2016, [384, 160]).unwrap();
    let weights = synthetic::weights(Network::Deep3d2016, synthetic::SEED).unwrap();
    let left = planar(384, 160);
    let outputs = reference::run(&graph, &weights, &left).unwrap();
    println!("{:?} for the network", started.elapsed());
    for (name, expected, magnitude) in CHECKSUMS {
        let index = graph.find(name).unwrap();
        let mut layer = graph.layers[index].clone();
        let mut values = outputs[index].clone();
        if name.starts_with("pred") {
            // The specification sums these before their ReLU.
            match &mut layer.operation {
                Operation::Dense { activation } | Operation::Convolution { activation, .. } => {
                    *activation = Activation::None;
                }
                other => panic!("{other:?}"),
            }
            let source = layer.sources[0];
            values = reference::layer(&layer, &[(graph.layers[source].shape, &outputs[source])], &weights).unwrap();
        }
        let absolute: f64 = values.iter().map(|value| value.abs()).sum();
        let (sum, bound) = (weighted(&values), 251.0 * 1e-6 * magnitude);
        assert!((absolute - magnitude).abs() < 1e-5 * magnitude, "{name}: Σ|v| = {absolute}, expected {magnitude}");
        assert!((sum - expected).abs() < bound.max(1e-5 * expected.abs()), "{name}: {sum}, expected {expected}");
    }
    let softmax = outputs.last().unwrap();
    let out = reference::selection(softmax, graph.output(), &left);
    for (at, expected) in [(0, 52.154_64), (out.len() / 2, 46.489_372), (out.len() - 1, 181.618_21)] {
        assert!((out[at] - expected).abs() < 1e-4, "out[{at}] = {}", out[at]);
    }
    assert!((out.iter().sum::<f64>() / 18_966_186.78 - 1.0).abs() < 1e-7);
    assert!((weighted(&out) / 2.373_906_17e9 - 1.0).abs() < 1e-7);
    let large = reference::selection_enlarged(softmax, graph.output(), &planar(1536, 640), [1536, 640]);
    for (at, expected) in [(0, 56.346_672), (large.len() / 2, 51.482_82), (large.len() - 1, 138.127_17)] {
        assert!((large[at] - expected).abs() < 1e-4, "out_up4[{at}] = {}", large[at]);
    }
    assert!((large.iter().sum::<f64>() / 303_702_971.9 - 1.0).abs() < 1e-7);
    assert!((weighted(&large) / 3.796_251_996e10 - 1.0).abs() < 1e-7);
    println!("{:?} in all", started.elapsed());
}
