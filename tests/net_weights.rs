//! Weights files that are broken in every way that files break: one clear sentence, never a panic, never much memory.
#![allow(clippy::unwrap_used)]

use deep3d::net::graph::{Network, Operation};
use deep3d::net::weights::{Data, Metadata, Tensor};
use deep3d::net::{Graph, Weights, synthetic};
use half::f16;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A good file of `deep3d`.
fn good() -> &'static [u8] {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| synthetic::weights(Network::Deep3d, 1).unwrap().serialise().unwrap())
}

fn refusal(bytes: &[u8]) -> String {
    let text = Weights::parse("broken.safetensors", bytes).unwrap_err().to_string();
    assert!(text.contains("broken.safetensors") && !text.contains('\n') && text.len() < 500, "{text}");
    text
}

/// The good file with another header, changed as text; its length is put right.
fn with_header(change: impl Fn(&str) -> String) -> Vec<u8> {
    let length = u64::from_le_bytes(good()[..8].try_into().unwrap()) as usize;
    let header = change(std::str::from_utf8(&good()[8..8 + length]).unwrap());
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &good()[8 + length..]].concat()
}

#[test]
fn both_networks_come_back_as_they_were_written_in_either_precision() {
    let folder = tempfile::tempdir().unwrap();
    for network in [Network::Deep3d, Network::Deep3d2016] {
        let mut weights = synthetic::weights(network, 1).unwrap();
        let name = weights.tensors.keys().next().unwrap().clone();
        let tensor = weights.tensors.get_mut(&name).unwrap();
        tensor.data = Data::F16(tensor.values().iter().map(|value| f16::from_f32(*value)).collect());
        let path = folder.path().join(network.name());
        weights.write(&path, false).unwrap();
        let read = Weights::read(&path).unwrap();
        assert_eq!(read.metadata, weights.metadata);
        assert_eq!(read.tensors, weights.tensors);
        assert_eq!(read.tensors[&name].precision(), "F16");
    }
}

#[test]
fn cut_anywhere_it_is_refused() {
    let length = good().len();
    for at in (0..2000).chain((2000..length).step_by(length / 50)).chain([length - 1]) {
        let text = refusal(&good()[..at]);
        assert!(text.contains("again"), "cut at {at}: {text}");
    }
}

#[test]
fn bytes_of_the_header_may_be_anything() {
    let length = u64::from_le_bytes(good()[..8].try_into().unwrap()) as usize;
    for at in (0..64).chain((64..8 + length).step_by(97)) {
        for value in [0x00, 0x22, 0x39, 0x7B, 0xFF] {
            let mut bytes = good()[..8 + length].to_vec();
            bytes[at] = value;
            bytes.extend_from_slice(&good()[8 + length..]);
            // Some changes are harmless (a digit of a mean); none may panic.
            if let Err(error) = Weights::parse("broken.safetensors", &bytes) {
                assert!(!error.to_string().contains('\n'));
            }
        }
    }
}

#[test]
fn huge_claims_are_refused_without_the_memory_for_them() {
    let mut bytes = u64::MAX.to_le_bytes().to_vec();
    bytes.extend(b"{}");
    refusal(&bytes);
    refusal(&with_header(|header| header.replacen("[32,3,3,3]", "[4294967296,4294967296,3,3]", 1)));
    refusal(&with_header(|header| header.replacen("[32,3,3,3]", "[32000000,3,3,3]", 1)));
    refusal(&with_header(|header| header.replacen("\"data_offsets\":[0,", "\"data_offsets\":[99999999999,", 1)));
}

#[test]
fn other_files_are_named_for_what_they_are() {
    assert!(refusal(b"").contains("empty"));
    assert!(refusal(b"this is a text file, not weights at all").contains("again"));
    assert!(refusal(&[&0x112u64.to_le_bytes()[..], &[0; 64]].concat()).contains("weights import"));
}

#[test]
fn missing_and_wrong_tensors_are_named() {
    let changed = |change: &dyn Fn(&mut Weights)| {
        let mut weights = synthetic::weights(Network::Deep3d, 1).unwrap();
        change(&mut weights);
        refusal(&weights.serialise().unwrap())
    };
    assert!(changed(&|weights| drop(weights.tensors.remove("fuse3.bias"))).contains("fuse3.bias is missing"));
    for shape in [vec![5, 2], vec![31], vec![33], vec![], vec![1, 32]] {
        let odd = Tensor { data: Data::F32(vec![0.0; shape.iter().product()]), shape };
        let text = changed(&|weights| drop(weights.tensors.insert("stem.bias".into(), odd.clone())));
        assert!(text.contains(&format!("stem.bias has the shape {:?}", odd.shape)) && text.contains("[32]"), "{text}");
    }
    for bad in [f32::NAN, f32::INFINITY] {
        let tensor = Tensor { shape: vec![32], data: Data::F32(vec![bad; 32]) };
        let text = changed(&|weights| drop(weights.tensors.insert("stem.bias".into(), tensor.clone())));
        assert!(text.contains("stem.bias") && text.contains("infinite or undefined"), "{text}");
    }
    let text = refusal(&with_header(|header| header.replacen("\"dtype\":\"F32\"", "\"dtype\":\"I32\"", 1)));
    assert!(text.contains("F16 and F32"), "{text}");
}

#[test]
fn metadata_is_required_and_checked() {
    let entries = synthetic::weights(Network::Deep3d, 1).unwrap().metadata.entries();
    let with = |entries: &HashMap<String, String>| {
        let weights = synthetic::weights(Network::Deep3d, 1).unwrap();
        let views: Vec<_> = (weights.tensors.iter())
            .map(|(name, tensor)| {
                let Data::F32(values) = &tensor.data else { panic!("synthetic weights are single") };
                let bytes: &[u8] = bytemuck::cast_slice(values);
                let shape = tensor.shape.clone();
                (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape, bytes).unwrap())
            })
            .collect();
        safetensors::serialize(views, Some(entries.clone())).unwrap()
    };
    assert!(Weights::parse("good", &with(&entries)).is_ok());
    for key in ["format", "network", "input", "planes", "scale", "licence"] {
        let mut entries = entries.clone();
        entries.remove(key);
        assert!(refusal(&with(&entries)).contains(&format!("no \"{key}\"")));
    }
    let wrong = [
        ("format", "2", "update deep3d"),
        ("network", "deep5d", "choose deep3d or deep3d-2016"),
        ("network", "deep3d-2016", "multiple"),
        ("input", "RGB", "JSON"),
        ("input", r#"{"channels":"XYZ","mean":[0,0,0],"std":[1,1,1],"multiple":32}"#, "RGB or BGR"),
        ("input", r#"{"channels":"RGB","mean":[0,0,0],"std":[1,0,1],"multiple":32}"#, "above zero"),
        ("input", r#"{"channels":"RGB","mean":[0,1e39,0],"std":[1,1,1],"multiple":32}"#, "finite"),
        ("input", r#"{"channels":"RGB","mean":[0,0],"std":[1,1,1],"multiple":32}"#, "JSON"),
        ("input", r#"{"channels":"RGB","mean":[0,0,0],"std":[1,1,1],"multiple":0}"#, "multiple 32"),
        ("planes", "[1,2,3]", "32 parallaxes"),
        ("planes", "none", "JSON array"),
        ("scale", "huge", "relative or absolute"),
    ];
    for (key, value, expected) in wrong {
        let mut entries = entries.clone();
        entries.insert(key.into(), value.into());
        let text = refusal(&with(&entries));
        let planes = "planes"; // the planes of deep3d do not fit the original either
        assert!(text.contains(expected) || (value == "deep3d-2016" && text.contains(planes)), "{key}={value}: {text}");
    }
    let weights = synthetic::weights(Network::Deep3d, 1).unwrap();
    let views = weights.tensors.iter().map(|(name, tensor)| {
        let Data::F32(values) = &tensor.data else { panic!("synthetic weights are single") };
        let bytes: &[u8] = bytemuck::cast_slice(values);
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, tensor.shape.clone(), bytes).unwrap())
    });
    assert!(refusal(&safetensors::serialize(views, None).unwrap()).contains("no metadata"));
}

#[test]
fn a_variance_and_its_inverse_root_make_the_same_norm() {
    let graph = Graph::new(Network::Deep3d2016, [384, 160]).unwrap();
    let layer = graph.layers.iter().find(|layer| layer.operation == Operation::BatchNorm).unwrap();
    let inverse = synthetic::weights(Network::Deep3d2016, 1).unwrap();
    let mut variance = inverse.clone();
    let name = format!("{}_moving_inv_var", layer.name);
    let tensor = variance.tensors.remove(&name).unwrap();
    let values = tensor.values().iter().map(|s| (1.0 / (f64::from(*s) * f64::from(*s)) - 1e-3) as f32).collect();
    let tensor = Tensor { shape: tensor.shape, data: Data::F32(values) };
    variance.tensors.insert(format!("{}_moving_var", layer.name), tensor);
    let pixels = layer.shape.count();
    let input: Vec<f64> = synthetic::uniform("x", 1).take(pixels).map(|u| f64::from(u) * 100.0).collect();
    let run = |weights: &Weights| deep3d::net::reference::layer(layer, &[(layer.shape, &input)], weights).unwrap();
    let worst = run(&inverse).iter().zip(run(&variance)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn the_original_s_metadata_says_raw_blue_green_red_and_planes_of_a_pixel() {
    let metadata = Metadata::deep3d_2016();
    assert_eq!(metadata.planes[16], 0.0);
    assert!((metadata.planes[32] - 100.0 * 16.0 / 384.0).abs() < 1e-6);
    assert!((1.0 / metadata.input.std[0] - 255.0).abs() < 1e-4);
}
