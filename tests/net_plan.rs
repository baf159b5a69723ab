//! Plans without a GPU: nothing is read before it is written or after its memory went to something else, and what should be fused is.
#![allow(clippy::unwrap_used)]

use deep3d::net::gemm::Tile;
use deep3d::net::graph::{Graph, Network, Operation};
use deep3d::net::kernels::{HARDWARE, HARDWARE_HALF, NetKernel, Path, SHARED_BYTES, SOFTWARE, Tuning};
use deep3d::net::pack::pack;
use deep3d::net::plan::{Dispatch, Memory, Plan, Slot};
use deep3d::net::synthetic;
use std::collections::HashMap;

const SIZES: [(Network, [u32; 2]); 4] = [
    (Network::Deep3d, [384, 160]),
    (Network::Deep3d, [32, 32]),
    (Network::Deep3d, [1536, 640]),
    (Network::Deep3d2016, [384, 160]),
];

const CASES: [(Tuning, Memory); 6] = [
    (SOFTWARE, Memory::Reuse),
    (SOFTWARE, Memory::Keep),
    (HARDWARE, Memory::Reuse),
    (HARDWARE.plain(), Memory::Reuse),
    (HARDWARE_HALF, Memory::Reuse),
    (HARDWARE_HALF.plain(), Memory::Reuse),
];

fn plans() -> impl Iterator<Item = (Graph, Plan, Tuning, Memory)> {
    SIZES.into_iter().flat_map(|(network, size)| {
        CASES.map(|(tuning, memory)| {
            let graph = Graph::new(network, size).unwrap();
            let plan = Plan::new(&graph, &tuning, memory).unwrap();
            (graph, plan, tuning, memory)
        })
    })
}

/// Plays a plan: which value each buffer holds. Every read must find the value it wants.
fn play(plan: &Plan) -> Result<(), String> {
    let mut holds: HashMap<usize, usize> = HashMap::from([(plan.place(plan.input).unwrap(), plan.input)]);
    for dispatch in &plan.dispatches {
        let (reads, writes) = dispatch.slots.split_at(dispatch.kernel.reads());
        let values = |slots: &[Slot]| -> Vec<usize> {
            slots.iter().filter_map(|slot| if let Slot::Value(value) = slot { Some(*value) } else { None }).collect()
        };
        let (reads, writes) = (values(reads), values(writes));
        for value in &reads {
            let buffer = plan.place(*value).ok_or("a value without memory is read")?;
            if holds.get(&buffer) != Some(value) {
                return Err(format!("{} reads value {value}, which is not there any more", dispatch.name));
            }
        }
        for value in &writes {
            let buffer = plan.place(*value).ok_or("a value without memory is written")?;
            if reads.iter().any(|read| plan.place(*read) == Some(buffer)) {
                return Err(format!("{} writes over what it reads", dispatch.name));
            }
            holds.insert(buffer, *value);
        }
    }
    for value in [plan.input, plan.planes, plan.parallax] {
        if holds.get(&plan.place(value).unwrap()) != Some(&value) {
            return Err(format!("value {value}, which is looked at from outside, is gone at the end"));
        }
    }
    Ok(())
}

#[test]
fn no_value_is_overwritten_while_it_is_needed() {
    for (graph, plan, ..) in plans() {
        play(&plan).unwrap_or_else(|error| panic!("{:?}: {error}", graph.network));
    }
}

#[test]
fn the_check_above_finds_memory_given_away_too_early() {
    let graph = Graph::new(Network::Deep3d, [64, 64]).unwrap();
    let mut plan = Plan::new(&graph, &SOFTWARE, Memory::Keep).unwrap();
    // block0's output is read again by the decoder's last stage.
    let (early, late) = (graph.find("block0.project").unwrap(), graph.find("fuse2").unwrap());
    plan.places[late] = plan.places[early];
    assert!(play(&plan).unwrap_err().contains("not there any more"));
}

#[test]
fn buffers_are_large_enough_and_sharing_saves_a_third_of_the_memory() {
    for (graph, plan, tuning, memory) in plans() {
        for (index, layer) in graph.layers.iter().enumerate() {
            if let Some(buffer) = plan.place(index) {
                let path = plan.path.of_layer(&graph, index);
                let texels = u64::from(path.quads(layer.shape.channels)) * u64::from(layer.shape.pixels());
                assert!(plan.buffers[buffer] >= texels * path.texel_bytes(), "{}", layer.name);
            }
        }
        if memory == Memory::Reuse {
            let kept: u64 = Plan::new(&graph, &tuning, Memory::Keep).unwrap().buffers.iter().sum();
            let shared: u64 = plan.buffers.iter().sum();
            assert!(shared * 3 < kept * 2, "{:?}: {shared} of {kept} bytes", graph.network);
        }
    }
}

#[test]
fn sums_norms_and_the_five_enlargements_have_no_dispatch_of_their_own() {
    for (graph, plan, tuning, _) in plans() {
        if tuning.gemm.is_some() {
            continue;
        }
        let count = |kernel| plan.dispatches.iter().filter(|dispatch| dispatch.kernel == kernel).count();
        let last_steps = plan.dispatches.iter().filter(|dispatch| dispatch.kernel == NetKernel::WinogradOutput);
        let pooled = last_steps.filter(|dispatch| dispatch.constants[2] > 0).count();
        let winograd = count(NetKernel::WinogradOutput);
        let head = usize::from(tuning.head > 0);
        assert_eq!((count(NetKernel::Head), count(NetKernel::Softmax)), (head, 1 - head));
        // Two more dispatches each; the last one may make the pool behind it as well.
        let more = 2 * winograd;
        match graph.network {
            Network::Deep3d => {
                // Software drivers make five depthwise convolutions on the way to the next layer, one of them with the layer before.
                let inverted = count(NetKernel::SubgroupInverted);
                let separable = count(NetKernel::SubgroupSeparable) + inverted;
                assert_eq!((inverted, separable), if tuning.path == Path::Texel { (1, 5) } else { (0, 0) });
                let fused = separable + inverted;
                assert_eq!(plan.dispatches.len(), 60 - head + more - fused, "59 convolutions and the softmax");
                assert_eq!(count(NetKernel::Depthwise), 16 - separable);
            }
            Network::Deep3d2016 => {
                assert_eq!(count(NetKernel::Deconvolution), 2);
                assert_eq!(count(NetKernel::MaxPool) + pooled, 5);
                assert!(
                    tuning.winograd.is_none() || winograd >= 7,
                    "the trunk's layers but the first go by Winograd's way"
                );
                let kernels = [
                    NetKernel::Convolution,
                    NetKernel::InputConvolution,
                    NetKernel::SubgroupConvolution,
                    NetKernel::SubgroupRows,
                ];
                assert_eq!(kernels.map(count).iter().sum::<usize>(), 13 - head);
                assert_eq!(plan.dispatches.len() + pooled, 27 - head + more);
            }
        }
    }
}

#[test]
fn dispatches_have_lanes_enough_and_workgroups_that_every_device_takes() {
    for (graph, plan, tuning, _) in plans() {
        for dispatch in &plan.dispatches {
            assert!(dispatch.groups.iter().all(|count| (1..=65535).contains(count)), "{dispatch:?}");
            assert_eq!(dispatch.push.len() * 4, dispatch.kernel.source(tuning.path).push_bytes as usize);
            assert_eq!(dispatch.slots.len(), dispatch.kernel.source(tuning.path).bindings.len());
            let lanes = dispatch.groups.iter().product::<u32>() * dispatch.constants[0];
            if dispatch.kernel == NetKernel::Softmax {
                assert!(lanes >= graph.output().pixels());
            }
        }
    }
}

#[test]
fn tables_hold_every_weight_once() {
    for network in [Network::Deep3d, Network::Deep3d2016] {
        let graph = Graph::new(network, network.fixed_size().unwrap_or([64, 32])).unwrap();
        let weights = synthetic::weights(network, synthetic::SEED).unwrap();
        for tuning in [SOFTWARE, HARDWARE, HARDWARE_HALF] {
            // Winograd's tables hold numbers made of weights instead.
            let tuning = Tuning { winograd: None, ..tuning };
            let plan = Plan::new(&graph, &tuning, Memory::Reuse).unwrap();
            let tables = plan.tables.iter().map(|table| pack(table, &graph, &weights, tuning.path).unwrap());
            let packed: f64 = tables.map(|table| table.iter().map(|value| f64::from(value.abs())).sum::<f64>()).sum();
            let is_norm = |name: &str| name.starts_with("bn_");
            let plain = weights.tensors.iter().filter(|(name, _)| !is_norm(name));
            let mut expected: f64 =
                plain.map(|(_, tensor)| tensor.values().iter().map(|value| f64::from(value.abs())).sum::<f64>()).sum();
            // What is not a weight of the file as it stands: planes, norms, and the biases of the enlargements, which are added up.
            expected += weights
                .metadata
                .planes
                .iter()
                .skip(network.unused_planes() as usize)
                .map(|plane| f64::from(plane.abs()) + 1.0)
                .sum::<f64>();
            let slack =
                if graph.layers.iter().any(|layer| layer.operation == Operation::BatchNorm) { 3000.0 } else { 1.0 };
            assert!((packed - expected).abs() < slack, "{network:?}: {packed} against {expected}");
        }
    }
}

/// The matrix products of a plan: the layer, workgroups, and how many share a sum.
fn products(plan: &Plan) -> Vec<(&str, u32, u32)> {
    let is_product = |dispatch: &&Dispatch| matches!(dispatch.kernel, NetKernel::Gemm | NetKernel::Separable);
    let parts = |dispatch: &'_ Dispatch| (dispatch.groups.iter().product(), dispatch.push[8] as u32);
    (plan.dispatches.iter().filter(is_product))
        .map(|dispatch| {
            let (groups, splits) = parts(dispatch);
            (dispatch.name.as_str(), groups, splits)
        })
        .collect()
}

#[test]
fn tiles_divide_evenly_among_their_lanes_and_fit_into_shared_memory() {
    for (tuning, piece) in [(HARDWARE, 4), (HARDWARE_HALF, 8)] {
        for tile in tuning.gemm.unwrap().tiles {
            let Tile { lanes, rows, columns, chunk, .. } = tile;
            assert!(tile.shared_bytes() <= SHARED_BYTES, "{tile:?}");
            // Each lane stages the same number of pieces of 16 bytes, of both factors.
            assert!(
                (rows * chunk / piece).is_multiple_of(lanes) && (chunk * columns / piece).is_multiple_of(lanes),
                "{tile:?}"
            );
            assert!(lanes.is_multiple_of(chunk / piece) && columns.is_multiple_of(8), "{tile:?}");
        }
    }
}

#[test]
fn deep_layers_of_few_pixels_fill_the_device_by_splitting_their_sums() {
    let graph = Graph::new(Network::Deep3d2016, [384, 160]).unwrap();
    for tuning in [HARDWARE, HARDWARE_HALF].map(|tuning| Tuning { winograd: None, ..tuning }) {
        let plan = Plan::new(&graph, &tuning, Memory::Reuse).unwrap();
        let products = products(&plan);
        assert_eq!(products.len(), 11, "all convolutions but the first and the last");
        for (name, groups, splits) in &products {
            println!("{name}: {groups} workgroups, {splits} to a tile");
        }
        let find = |wanted: &str| products.iter().find(|(name, ..)| *name == wanted).unwrap();
        for wanted in ["conv3_1", "conv4_2", "conv5_1", "conv5_2"] {
            let (_, groups, splits) = find(wanted);
            assert!(*groups >= tuning.gemm.unwrap().full * 3 / 4, "{wanted}: {groups} workgroups");
            assert!(*splits > 1 || !wanted.starts_with("conv5"), "{wanted} has 240 pixels");
        }
        assert_eq!(find("conv2_1").2, 1, "15,360 pixels need no splitting");
        let finishes = plan.dispatches.iter().filter(|dispatch| dispatch.kernel == NetKernel::GemmFinish).count();
        assert_eq!(finishes, products.iter().filter(|(.., splits)| *splits > 1).count());
    }
}

#[test]
fn depthwise_maps_are_never_stored_where_the_device_fuses() {
    let graph = Graph::new(Network::Deep3d, [384, 160]).unwrap();
    for tuning in [HARDWARE, HARDWARE_HALF].map(|tuning| Tuning { winograd: None, ..tuning }) {
        let plan = Plan::new(&graph, &tuning, Memory::Keep).unwrap();
        let count = |kernel| plan.dispatches.iter().filter(|dispatch| dispatch.kernel == kernel).count();
        assert_eq!([NetKernel::Separable, NetKernel::Depthwise, NetKernel::Gemm].map(count), [16, 0, 25]);
        for (index, layer) in graph.layers.iter().enumerate() {
            let is_depthwise = matches!(layer.operation, Operation::Convolution { depthwise: true, .. });
            assert!(!is_depthwise || plan.place(index).is_none(), "{} has memory", layer.name);
        }
        for (name, groups, splits) in products(&plan) {
            println!("{name}: {groups} workgroups, {splits} to a tile");
        }
    }
}
