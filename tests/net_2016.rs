//! The original network on generated weights, against the numbers its specification gives.
#![allow(clippy::unwrap_used)]

#[path = "common/net.rs"]
mod common;

use ash::vk;
use common::{planar, read, run, value};
use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu, Image, ImageOptions};
use deep3d::net::kernels::{HARDWARE, HARDWARE_HALF, SOFTWARE, Tuning};
use deep3d::net::plan::Memory;
use deep3d::net::selection::Selection;
use deep3d::net::{Engine, Precision};

use deep3d::net::graph::{Activation, Graph, Network, Operation};
use deep3d::net::{reference, synthetic};
use std::sync::{Arc, OnceLock};

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

/// Every layer's output in double precision, made once.
fn twin() -> &'static [Vec<f64>] {
    static TWIN: OnceLock<Vec<Vec<f64>>> = OnceLock::new();
    TWIN.get_or_init(|| {
        let graph = Graph::new(Network::Deep3d2016, [384, 160]).unwrap();
        let weights = synthetic::weights(Network::Deep3d2016, synthetic::SEED).unwrap();
        reference::run(&graph, &weights, &planar(384, 160)).unwrap()
    })
}

fn weighted(values: &[f64]) -> f64 {
    values.iter().enumerate().map(|(index, value)| (index % 251) as f64 * value).sum()
}

#[test]
fn the_cpu_twin_gives_the_specified_numbers() {
    let graph = Graph::new(Network::Deep3d2016, [384, 160]).unwrap();
    let weights = synthetic::weights(Network::Deep3d2016, synthetic::SEED).unwrap();
    let left = planar(384, 160);
    let outputs = twin();
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
}

/// An RGBA image of single-precision numbers 0..1 from planes of 0..255, or an empty one.
fn image(gpu: &Gpu, size: [u32; 2], planes: &[f64]) -> Arc<Image> {
    let format = vk::Format::R32G32B32A32_SFLOAT;
    let image = Image::new(gpu, "picture", ImageOptions { size, format, mips: 1 }).unwrap();
    if !planes.is_empty() {
        let pixels = (size[0] * size[1]) as usize;
        let texels: Vec<f32> = (0..pixels * 4)
            .map(|index| planes.get(index % 4 * pixels + index / 4).map_or(1.0, |value| (value / 255.0) as f32))
            .collect();
        let upload = Buffer::new(gpu, "upload", texels.len() as u64 * 4, BufferKind::Upload).unwrap();
        upload.write(0, bytemuck::cast_slice(&texels)).unwrap();
        let mut commands = Commands::new(gpu, "upload", 0).unwrap();
        commands.record(|recorder| recorder.copy_buffer_to_image(&upload, &image, 16)).unwrap();
        gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
    }
    image
}

/// The right eye's planes of 0..255 by the selection layer on the GPU.
fn select(gpu: &Gpu, engine: &Engine, left: &[f64], size: [u32; 2]) -> Vec<f64> {
    let (picture, eye) = (image(gpu, size, left), image(gpu, size, &[]));
    let selection = Selection::new(gpu, engine, &picture, &eye).unwrap();
    let pixels = (size[0] * size[1]) as usize;
    let buffer = Buffer::new(gpu, "eye", pixels as u64 * 16, BufferKind::Device).unwrap();
    let mut commands = Commands::new(gpu, "selection", 0).unwrap();
    commands
        .record(|recorder| {
            selection.record(recorder)?;
            recorder.copy_image_to_buffer(&eye, &buffer, 16)
        })
        .unwrap();
    gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
    let texels = read(gpu, &buffer);
    (0..pixels * 3).map(|index| f64::from(texels[index % pixels * 4 + index / pixels]) * 255.0).collect()
}

/// The greatest difference.
fn worst(values: &[f64], expected: &[f64]) -> f64 {
    values.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn the_gpu_gives_the_specified_numbers_and_the_right_view_within_a_hundredth() {
    let gpu = WatchedGpu::new().unwrap();
    let weights = synthetic::weights(Network::Deep3d2016, synthetic::SEED).unwrap();
    let engine = Engine::with(&gpu, &weights, [384, 160], &SOFTWARE, Memory::Keep).unwrap();
    let left = planar(384, 160);
    run(&gpu, &engine, &left);
    for (name, expected, magnitude) in CHECKSUMS.into_iter().filter(|(name, ..)| !name.starts_with("pred")) {
        let values = value(&gpu, &engine, name).unwrap();
        let absolute: f64 = values.iter().map(|value| value.abs()).sum();
        let (sum, bound) = (weighted(&values), 251.0 * 1e-6 * magnitude);
        assert!((absolute - magnitude).abs() < 1e-5 * magnitude, "{name}: Σ|v| = {absolute}, expected {magnitude}");
        assert!((sum - expected).abs() < bound.max(1e-5 * expected.abs()), "{name}: {sum}, expected {expected}");
    }
    let (_, shape, _) = engine.value("softmax").unwrap();
    let softmax = value(&gpu, &engine, "softmax").unwrap();
    let out = select(&gpu, &engine, &left, [384, 160]);
    for (at, expected) in [(0, 52.154_64), (out.len() / 2, 46.489_372), (out.len() - 1, 181.618_21)] {
        assert!((out[at] - expected).abs() < 0.01, "out[{at}] = {}", out[at]);
    }
    assert!((out.iter().sum::<f64>() / 18_966_186.78 - 1.0).abs() < 1e-6);
    assert!((weighted(&out) / 2.373_906_17e9 - 1.0).abs() < 1e-6);
    let expected = reference::selection(twin().last().unwrap(), shape, &left);
    let difference = worst(&out, &expected);
    assert!(difference < 0.01, "the right view differs by {difference} of 255");
    let large = select(&gpu, &engine, &planar(1536, 640), [1536, 640]);
    for (at, expected) in [(0, 56.346_672), (large.len() / 2, 51.482_82), (large.len() - 1, 138.127_17)] {
        assert!((large[at] - expected).abs() < 0.01, "out_up4[{at}] = {}", large[at]);
    }
    assert!((large.iter().sum::<f64>() / 303_702_971.9 - 1.0).abs() < 1e-6);
    assert!((weighted(&large) / 3.796_251_996e10 - 1.0).abs() < 1e-6);
    let expected = reference::selection_enlarged(twin().last().unwrap(), shape, &planar(1536, 640), [1536, 640]);
    let difference = worst(&large, &expected);
    assert!(difference < 0.01, "the enlarged right view differs by {difference} of 255");
    // A size that is no multiple in either direction, against the twin.
    let odd = planar(643, 277);
    let expected = reference::selection_enlarged(&softmax, shape, &odd, [643, 277]);
    let difference = worst(&select(&gpu, &engine, &odd, [643, 277]), &expected);
    assert!(difference < 0.01, "{difference}");
}

/// The differences between the right view as `tuning` makes it and the twin's, of 255.
fn differences(tuning: &Tuning) -> Vec<f64> {
    let gpu = WatchedGpu::new().unwrap();
    let weights = synthetic::weights(Network::Deep3d2016, synthetic::SEED).unwrap();
    // Shared memory is so slow on software drivers that eleven thousand million products through it take minutes: net_kernels tries them
    // on smaller layers there. Cooperative matrices do better (`./x test-coopmat`).
    let matrices = Tuning::of_matrices(gpu.facts()).filter(|matrices| matrices.path == tuning.path);
    let tuning = match gpu.facts().is_cpu {
        true => matrices.unwrap_or(tuning.plain()),
        false => *tuning,
    };
    let engine = Engine::with(&gpu, &weights, [384, 160], &tuning, Memory::Reuse).unwrap();
    let left = planar(384, 160);
    run(&gpu, &engine, &left);
    let shape = Graph::new(Network::Deep3d2016, [384, 160]).unwrap().output();
    let expected = reference::selection(twin().last().unwrap(), shape, &left);
    let made = select(&gpu, &engine, &left, [384, 160]);
    made.iter().zip(&expected).map(|(a, b)| (a - b).abs()).collect()
}

#[test]
fn kernels_for_gpus_make_the_right_view_within_a_hundredth() {
    let worst = differences(&HARDWARE).into_iter().fold(0.0, f64::max);
    assert!(worst < 0.01, "{worst} of 255");
}

#[test]
fn half_precision_makes_the_right_view_within_60_db() {
    let differences = differences(&HARDWARE_HALF);
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let square = differences.iter().map(|difference| difference * difference).sum::<f64>() / count;
    let likeness = 10.0 * (255.0 * 255.0 / square).log10();
    println!("{likeness:.1} dB, mean error {mean:.3} of 255");
    assert!(likeness >= 60.0 && mean <= 0.15, "{likeness:.1} dB, mean error {mean:.3} of 255");
}

#[test]
fn values_that_share_memory_do_not_disturb_each_other() {
    let gpu = WatchedGpu::new().unwrap();
    let weights = synthetic::weights(Network::Deep3d2016, synthetic::SEED).unwrap();
    let engine = Engine::new(&gpu, &weights, [384, 160], Precision::Auto).unwrap();
    let left = planar(384, 160);
    let shape = Graph::new(Network::Deep3d2016, [384, 160]).unwrap().output();
    // Twice: nothing may be left over from the first time.
    for _ in 0..2 {
        run(&gpu, &engine, &left);
        let parallax: Vec<f64> = read(&gpu, engine.parallax().unwrap()).into_iter().map(f64::from).collect();
        let planes = &weights.metadata.planes;
        let expected = reference::expectation(twin().last().unwrap(), shape, planes, 1);
        let difference = worst(&parallax, &expected);
        assert!(difference < 1e-3, "{difference} % of the width");
    }
}

#[test]
fn other_networks_have_no_selection() {
    let gpu = WatchedGpu::new().unwrap();
    let weights = synthetic::weights(Network::Deep3d, synthetic::SEED).unwrap();
    let engine = Engine::new(&gpu, &weights, [64, 32], Precision::Auto).unwrap();
    let (picture, eye) = (image(&gpu, [64, 32], &[]), image(&gpu, [64, 32], &[]));
    let Err(error) = Selection::new(&gpu, &engine, &picture, &eye) else { panic!("deep3d has no selection layer") };
    assert!(error.to_string().contains("--render warp"), "{error}");
}
