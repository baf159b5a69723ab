//! The original's weights out of an MXNet file, by way of the command.
#![allow(clippy::unwrap_used)]

#[path = "common/net.rs"]
mod common;

use deep3d::net::mxnet::{MAGIC, MovingVariance, convert};
use deep3d::net::weights::Tensor;
use deep3d::net::{Network, Weights, diagnose, synthetic};
use deep3d::weights_command::{WeightsCommand, run};
use std::path::Path;

/// The weights as an MXNet of 2016 wrote them, on a GPU.
fn params(weights: &Weights) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [MAGIC, 0, weights.tensors.len() as u64] {
        bytes.extend(word.to_le_bytes());
    }
    for tensor in weights.tensors.values() {
        bytes.extend((tensor.shape.len() as u32).to_le_bytes());
        tensor.shape.iter().for_each(|side| bytes.extend((*side as u32).to_le_bytes()));
        [2u32, 0, 0].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        bytes.extend_from_slice(bytemuck::cast_slice(&tensor.values()));
    }
    bytes.extend((weights.tensors.len() as u64).to_le_bytes());
    for name in weights.tensors.keys() {
        let name = format!("{}:{name}", if name.contains("moving") { "aux" } else { "arg" });
        bytes.extend((name.len() as u64).to_le_bytes());
        bytes.extend(name.bytes());
    }
    bytes
}

fn import(file: &Path, output: &Path, force: bool, moving_variance: MovingVariance) -> Result<String, String> {
    let command = WeightsCommand::Import { file: file.into(), output: output.into(), force, moving_variance };
    run(&command).map_err(|error| error.to_string())
}

#[test]
fn the_published_format_is_imported_and_read_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (file, output) = (folder.path().join("deep3d-0050.params"), folder.path().join("my.safetensors"));
    let weights = synthetic::weights(Network::Deep3d2016, synthetic::SEED).unwrap();
    let bytes = params(&weights);
    assert_eq!(bytes.len(), 112_109_900);
    std::fs::write(&file, &bytes).unwrap();
    let text = import(&file, &output, false, MovingVariance::ByName).unwrap();
    assert!(text.contains("60 tensors, 28026705 weights") && text.contains("1/√"), "{text}");
    let read = Weights::read(&output).unwrap();
    assert_eq!(read.tensors, weights.tensors);
    assert_eq!(read.metadata.network, Network::Deep3d2016);
    assert!(import(&file, &output, false, MovingVariance::ByName).unwrap_err().contains("--force"));
    let text = import(&file, &output, true, MovingVariance::Variance).unwrap();
    assert!(text.contains("a variance"), "{text}");
    assert!(Weights::read(&output).unwrap().tensors.contains_key("bn_pool1_moving_var"));
    for path in [&file, &output] {
        let text = run(&WeightsCommand::Inspect { file: path.clone() }).unwrap();
        assert!(text.contains("60 tensors, 28026705 weights") && text.contains("512×30720"), "{text}");
        assert!(text.contains("fc6_weight") && text.contains("F32"), "{text}");
        assert_eq!(text.contains("scale: absolute"), path == &output);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing temporary is left");
}

#[test]
fn what_is_no_list_of_these_weights_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.safetensors");
    let mut weights = synthetic::weights(Network::Deep3d2016, synthetic::SEED).unwrap();
    weights.tensors.retain(|name, tensor| name != "pred3_bias" && tensor.count() < 100_000);
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("few", params(&weights), "missing"),
        ("empty", vec![], "too early"),
        ("text", b"no weights at all".to_vec(), ".params"),
        ("cut", params(&weights)[..1000].to_vec(), "download it again"),
        ("safetensors", synthetic::weights(Network::Deep3d, 1).unwrap().serialise().unwrap(), ".params"),
    ];
    for (name, bytes, expected) in cases {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let text = import(&file, &output, false, MovingVariance::ByName).unwrap_err();
        assert!(text.contains(expected) && !text.contains('\n'), "{name}: {text}");
        assert!(!output.exists());
    }
    let text = import(folder.path(), &output, false, MovingVariance::ByName).unwrap_err();
    assert!(text.contains("not a regular file"), "{text}");
    let text = run(&WeightsCommand::Inspect { file: folder.path().join("text") }).unwrap_err().to_string();
    assert!(text.contains("no safetensors file"), "{text}");
}

#[test]
fn half_and_double_precision_are_taken_too() {
    let weights = synthetic::weights(Network::Deep3d2016, synthetic::SEED).unwrap();
    let small = |tensor: &Tensor| tensor.count();
    assert!(weights.tensors.values().map(small).sum::<usize>() > 28_000_000);
    let mut altered = params(&weights);
    // Arrays stand in the order of their names; the first is bn_pool1_beta, of 64 numbers after 3 + 2 words of header.
    let header = 24 + 4 + 4 + 8;
    altered[header..header + 4].copy_from_slice(&2u32.to_le_bytes());
    let numbers = header + 4;
    let halves: Vec<u8> = (altered[numbers..numbers + 256].chunks_exact(4))
        .flat_map(|word| half::f16::from_f32(f32::from_le_bytes(word.try_into().unwrap())).to_le_bytes())
        .collect();
    altered.splice(numbers..numbers + 256, halves);
    let read = convert("half", &altered, MovingVariance::ByName).unwrap();
    assert_eq!(read.tensors["bn_pool1_beta"].precision(), "F16");
    assert_eq!(read.tensors["bn_pool1_gamma"], weights.tensors["bn_pool1_gamma"]);
}

#[test]
fn one_picture_tells_how_the_fourth_array_is_to_be_read() {
    let mut weights = synthetic::weights(Network::Deep3d2016, synthetic::SEED).unwrap();
    let picture = common::planar(384, 160);
    // The generated statistics are nobody's; true ones of the first pooling are put in, in either meaning.
    let graph = deep3d::net::Graph::new(Network::Deep3d2016, [384, 160]).unwrap();
    let mut trunk = graph.clone();
    trunk.layers.truncate(graph.find("pool4").unwrap() + 1);
    let outputs = deep3d::net::reference::run(&trunk, &weights, &picture).unwrap();
    let mut variances = Vec::new();
    for number in 1..=4 {
        let index = graph.find(&format!("pool{number}")).unwrap();
        let pixels = graph.layers[index].shape.pixels() as usize;
        let planes = outputs[index].chunks_exact(pixels);
        let variance = |plane: &[f64]| {
            let mean = plane.iter().sum::<f64>() / pixels as f64;
            plane.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / pixels as f64
        };
        variances.push(planes.map(variance).collect::<Vec<f64>>());
    }
    for inverse in [true, false] {
        for (number, variances) in (1..).zip(&variances) {
            let tensor = weights.tensors.get_mut(&format!("bn_pool{number}_moving_inv_var")).unwrap();
            let value = |variance: &f64| if inverse { 1.3 / (variance + 1e-3).sqrt() } else { variance * 0.6 };
            let values = variances.iter().map(|variance| value(variance) as f32).collect();
            tensor.data = deep3d::net::weights::Data::F32(values);
        }
        let diagnosis = diagnose::compare(&weights, &outputs).unwrap();
        assert_eq!(diagnosis.is_inverse(), inverse, "{diagnosis:?}");
        let nearer = if inverse { diagnosis.inverse } else { diagnosis.variance };
        assert!((0.1..0.5).contains(&nearer), "{diagnosis:?}");
    }
}
