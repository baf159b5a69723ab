//! Each kernel by itself against its CPU twin, at odd and at real sizes, as it is cut for software drivers and for GPUs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/net.rs"]
mod common;

use common::{difference, read, run, value};
use deep3d::gpu::Gpu;
use deep3d::gpu::testing::WatchedGpu;
use deep3d::net::graph::{Activation, Builder, Naming, Operation};
use deep3d::net::kernels::{HARDWARE, HARDWARE_HALF, NetKernel, Path, SOFTWARE, Tuning};
use deep3d::net::plan::{Memory, Plan};
use deep3d::net::winograd::{Costs, Tile};
use deep3d::net::{Engine, Graph, Network, Shape, reference, synthetic};

const NONE: Activation = Activation::None;

fn convolution(kernel: u32, stride: u32, depthwise: bool, activation: Activation) -> Operation {
    Operation::Convolution { kernel, stride, pad: (kernel - stride) / 2, depthwise, activation }
}

/// Every way of cutting, for software drivers first; with cooperative matrices where the device has them (`./x test-coopmat`).
fn cuts(gpu: &Gpu) -> Vec<Tuning> {
    let cuts = [SOFTWARE, HARDWARE.plain(), HARDWARE, HARDWARE_HALF.plain(), HARDWARE_HALF];
    cuts.into_iter().chain(Tuning::of_matrices(gpu.facts())).collect()
}

/// How far a value may be from its twin's, as a part of the greatest: what a few layers make of 24 bits, or of a half's 11.
fn bound(tuning: &Tuning) -> f64 {
    if tuning.path == Path::Half { 4e-3 } else { 1e-5 }
}

/// Runs a graph of three input channels on all cuts and compares every value that is in memory with the twin's.
fn check(build: impl Fn(&mut Builder) -> usize, size: [u32; 2], names: &[&str]) {
    check_with(|tuning| tuning, build, size, names);
}

/// As [`check`], with the cuts changed.
fn check_with(
    change: fn(Tuning) -> Tuning,
    build: impl Fn(&mut Builder) -> usize,
    [width, height]: [u32; 2],
    names: &[&str],
) {
    let mut builder = Builder::new(Network::Deep3d, Naming::Dot, Shape::new(3, height, width));
    let last = build(&mut builder);
    let channels = builder.clone().finish().layers[last].shape.channels;
    builder.add("softmax", Operation::Softmax, &[last], channels).unwrap();
    let graph = builder.finish();
    let weights = synthetic::weights_of(&graph, 7);
    let input: Vec<f64> =
        synthetic::uniform("input", 7).take(graph.input().count()).map(|u| f64::from(u) * 2.0 - 1.0).collect();
    let expected = reference::run(&graph, &weights, &input).unwrap();
    let cuts = cuts(&WatchedGpu::new().unwrap());
    for tuning in cuts.into_iter().map(change) {
        let gpu = WatchedGpu::new().unwrap();
        let engine = Engine::of_graph(&gpu, graph.clone(), &weights, &tuning, Memory::Keep).unwrap();
        run(&gpu, &engine, &input);
        for name in names.iter().chain(&["softmax"]) {
            // Depthwise convolutions may be made on the way to the next layer, and what is cheap wherever that reads it.
            let is_depthwise = matches!(
                graph.layers[graph.find(name).unwrap()].operation,
                Operation::Convolution { depthwise: true, .. }
            ) || *name == "cheap";
            let Some(values) = value(&gpu, &engine, name) else {
                let is_last = graph.find(name) == Some(last) && tuning.head > 0;
                assert!(
                    is_last || is_depthwise && (tuning.gemm.is_some() || tuning.path == Path::Texel),
                    "{name} is not in memory"
                );
                continue;
            };
            let difference = difference(&values, &expected[graph.find(name).unwrap()]);
            assert!(difference < bound(&tuning), "{name} at {width}×{height}, {:?}: {difference:e}", tuning.path);
        }
    }
}

#[test]
fn convolutions_of_all_kernels_and_strides() {
    for size in [[14, 6], [52, 10]] {
        let build = |builder: &mut Builder| {
            let a = builder.add("a", convolution(3, 1, false, Activation::Relu), &[0], 7).unwrap();
            let b = builder.add("b", convolution(3, 2, false, Activation::Relu6), &[a], 33).unwrap();
            let c = builder.add("c", convolution(1, 1, false, NONE), &[b], 150).unwrap();
            let d = builder.add("d", convolution(5, 1, false, NONE), &[c], 5).unwrap();
            builder.add("e", convolution(1, 1, false, Activation::Relu), &[d], 32).unwrap()
        };
        check(build, size, &["a", "b", "c", "d", "e"]);
    }
}

/// Winograd's way wherever it can go, however little it pays.
fn all_winograd(tuning: Tuning) -> Tuning {
    let costs = Costs { direct: 1.0, product: 0.01, texel: 0.0, dispatches: 0.0, most_bytes: 1 << 30 };
    Tuning { winograd: tuning.winograd.map(|_| costs), ..tuning }
}

#[test]
fn convolutions_by_winograd_with_tiles_of_two_and_of_four() {
    // Of a picture two pixels high the small tile wastes less.
    for (size, tile) in [([6, 2], Tile::Two), ([74, 2], Tile::Two), ([14, 6], Tile::Four), ([52, 38], Tile::Four)] {
        assert_eq!(all_winograd(SOFTWARE).winograd.unwrap().choose(7, 33, size), Some(tile));
        let build = |builder: &mut Builder| {
            let a = builder.add("a", convolution(3, 1, false, Activation::Relu), &[0], 7).unwrap();
            let b = builder.add("b", convolution(3, 1, false, Activation::Relu6), &[a], 33).unwrap();
            let c = builder.add("c", convolution(3, 1, false, NONE), &[b], 150).unwrap();
            builder.add("d", convolution(3, 1, false, NONE), &[c], 32).unwrap()
        };
        check_with(all_winograd, build, size, &["a", "b", "c", "d"]);
    }
}

#[test]
fn rows_of_three_taps_by_winograd_of_every_cut() {
    let build = |builder: &mut Builder| {
        let a = builder.add("a", convolution(3, 1, false, Activation::Relu), &[0], 7).unwrap();
        let b = builder.add("b", convolution(3, 1, false, Activation::Relu6), &[a], 33).unwrap();
        let c = builder.add("c", convolution(3, 1, false, NONE), &[b], 16).unwrap();
        builder.add("d", convolution(3, 1, false, Activation::Relu), &[c], 32).unwrap()
    };
    let cuts: [fn(Tuning) -> Tuning; 3] = [
        |tuning| Tuning { rows: &[[3, 2]], winograd: None, ..tuning },
        |tuning| Tuning { rows: &[[2, 4]], winograd: None, ..tuning },
        |tuning| Tuning { rows: &[[1, 4]], winograd: None, ..tuning },
    ];
    for cut in cuts {
        let mut builder = Builder::new(Network::Deep3d, Naming::Dot, Shape::new(3, 6, 14));
        let last = build(&mut builder);
        builder.add("softmax", Operation::Softmax, &[last], 32).unwrap();
        let plan = Plan::new(&builder.finish(), &cut(SOFTWARE), Memory::Keep).unwrap();
        assert_eq!(plan.dispatches.iter().filter(|made| made.kernel == NetKernel::SubgroupRows).count(), 4);
        for size in [[2, 2], [14, 6], [52, 10]] {
            check_with(cut, build, size, &["a", "b", "c", "d"]);
        }
    }
}

#[test]
fn winograds_last_step_makes_the_pool_and_its_batch_norm() {
    for size in [[12, 4], [44, 20]] {
        let build = |builder: &mut Builder| {
            let a = builder.add("a", convolution(3, 1, false, Activation::Relu), &[0], 9).unwrap();
            let b = builder.add("b", Operation::MaxPool, &[a], 9).unwrap();
            let c = builder.add("c", Operation::BatchNorm, &[b], 9).unwrap();
            let d = builder.add("d", convolution(3, 1, false, NONE), &[c], 9).unwrap();
            let e = builder.add("e", convolution(3, 1, false, NONE), &[b], 9).unwrap();
            let f = builder.add("f", Operation::MaxPool, &[e], 9).unwrap();
            let g = builder.add("g", Operation::Deconvolution { factor: 2, activation: NONE }, &[f], 9).unwrap();
            let h = builder.add("h", convolution(1, 1, false, NONE), &[d], 9).unwrap();
            let sum = builder.add("sum", Operation::Sum { activation: NONE }, &[g, h], 9).unwrap();
            builder.add("last", convolution(1, 1, false, NONE), &[sum], 32).unwrap()
        };
        check_with(all_winograd, build, size, &["b", "c", "d", "f", "sum", "last"]);
    }
}

#[test]
fn matrix_products_at_real_sizes_of_every_tile_and_with_split_sums() {
    let sum = Operation::Sum { activation: NONE };
    let build = |builder: &mut Builder| {
        let first = builder.add("first", convolution(3, 2, false, Activation::Relu), &[0], 64).unwrap();
        let wide = builder.add("wide", convolution(3, 1, false, Activation::Relu), &[first], 128).unwrap();
        let deep = builder.add("deep", convolution(3, 2, false, NONE), &[wide], 200).unwrap();
        let deeper = builder.add("deeper", convolution(3, 1, false, Activation::Relu6), &[deep], 200).unwrap();
        let added = builder.add("added", sum, &[deeper, deep], 200).unwrap();
        let narrow = builder.add("narrow", convolution(1, 1, false, NONE), &[wide], 200).unwrap();
        let doubled = builder.add("doubled", Operation::UpsampleSum, &[added, narrow], 200).unwrap();
        let thin = builder.add("thin", convolution(1, 1, false, Activation::Relu), &[doubled], 13).unwrap();
        builder.add("last", convolution(5, 1, false, NONE), &[thin], 32).unwrap()
    };
    check(build, [96, 40], &["wide", "added", "doubled", "thin", "last"]);
    check(build, [20, 12], &["wide", "added", "doubled", "thin", "last"]);
}

#[test]
fn depthwise_convolutions() {
    for size in [[20, 12], [68, 36]] {
        let build = |builder: &mut Builder| {
            let a = builder.add("a", convolution(1, 1, false, NONE), &[0], 26).unwrap();
            let b = builder.add("b", convolution(3, 1, true, Activation::Relu6), &[a], 26).unwrap();
            let c = builder.add("c", convolution(5, 1, true, Activation::Relu), &[b], 26).unwrap();
            let d = builder.add("d", convolution(3, 2, true, NONE), &[c], 26).unwrap();
            let e = builder.add("e", convolution(5, 2, true, NONE), &[d], 26).unwrap();
            builder.add("f", convolution(1, 1, false, NONE), &[e], 32).unwrap()
        };
        check(build, size, &["a", "b", "c", "d", "e", "f"]);
    }
}

#[test]
fn depthwise_convolutions_on_the_way_to_the_next_layer() {
    let sum = Operation::Sum { activation: NONE };
    let build = |builder: &mut Builder| {
        let a = builder.add("a", convolution(3, 1, false, NONE), &[0], 26).unwrap();
        let b = builder.add("b", convolution(3, 1, true, Activation::Relu), &[a], 26).unwrap();
        let c = builder.add("c", convolution(1, 1, false, Activation::Relu6), &[b], 90).unwrap();
        let d = builder.add("d", convolution(5, 2, true, Activation::Relu6), &[c], 90).unwrap();
        let e = builder.add("e", convolution(1, 1, false, NONE), &[d], 18).unwrap();
        let f = builder.add("f", convolution(1, 1, false, Activation::Relu6), &[e], 150).unwrap();
        let g = builder.add("g", convolution(3, 1, true, Activation::Relu), &[f], 150).unwrap();
        let h = builder.add("h", convolution(1, 1, false, NONE), &[g], 18).unwrap();
        let i = builder.add("i", sum, &[h, e], 18).unwrap();
        builder.add("j", convolution(1, 1, false, NONE), &[i], 32).unwrap()
    };
    for size in [[22, 10], [70, 34]] {
        check(build, size, &["a", "b", "c", "d", "e", "f", "g", "i", "j"]);
    }
}

#[test]
fn what_is_cheap_is_made_wherever_a_depthwise_convolution_with_a_stride_reads_it() {
    let build = |builder: &mut Builder| {
        let a = builder.add("a", convolution(3, 1, false, NONE), &[0], 14).unwrap();
        let b = builder.add("cheap", convolution(1, 1, false, Activation::Relu6), &[a], 50).unwrap();
        let c = builder.add("c", convolution(3, 2, true, Activation::Relu), &[b], 50).unwrap();
        let d = builder.add("d", convolution(1, 1, false, NONE), &[c], 18).unwrap();
        builder.add("e", convolution(1, 1, false, NONE), &[d], 32).unwrap()
    };
    let graph_of = |size: [u32; 2]| {
        let mut builder = Builder::new(Network::Deep3d, Naming::Dot, Shape::new(3, size[1], size[0]));
        let last = build(&mut builder);
        builder.add("softmax", Operation::Softmax, &[last], 32).unwrap();
        builder.finish()
    };
    let plan = Plan::new(&graph_of([22, 10]), &SOFTWARE, Memory::Keep).unwrap();
    assert!(plan.dispatches.iter().any(|dispatch| dispatch.kernel == NetKernel::SubgroupInverted));
    for size in [[22, 10], [70, 34], [2, 2]] {
        check(build, size, &["a", "cheap", "c", "d", "e"]);
    }
}

/// Subgroups of four lanes, as processors without AVX have them.
#[test]
fn subgroups_of_fewer_lanes() {
    let four = |tuning: Tuning| Tuning {
        heavy_lanes: if tuning.path == Path::Texel { 4 } else { tuning.heavy_lanes },
        ..all_winograd(tuning)
    };
    let build = |builder: &mut Builder| {
        let a = builder.add("a", convolution(3, 2, false, NONE), &[0], 14).unwrap();
        let b = builder.add("cheap", convolution(1, 1, false, Activation::Relu6), &[a], 50).unwrap();
        let c = builder.add("c", convolution(3, 2, true, Activation::Relu), &[b], 50).unwrap();
        let d = builder.add("d", convolution(1, 1, false, NONE), &[c], 18).unwrap();
        let e = builder.add("e", convolution(5, 1, true, NONE), &[d], 18).unwrap();
        let f = builder.add("f", convolution(1, 1, false, Activation::Relu), &[e], 90).unwrap();
        let g = builder.add("g", convolution(3, 1, true, Activation::Relu), &[f], 90).unwrap();
        let h = builder.add("h", convolution(1, 1, false, NONE), &[g], 70).unwrap();
        builder.add("i", convolution(3, 1, false, NONE), &[h], 32).unwrap()
    };
    check_with(four, build, [44, 20], &["a", "cheap", "c", "d", "e", "f", "g", "h", "i"]);
}

#[test]
fn sums_are_fused_into_convolutions() {
    let sum = Operation::Sum { activation: NONE };
    let build = |builder: &mut Builder| {
        let a = builder.add("a", convolution(3, 2, false, NONE), &[0], 18).unwrap();
        let b = builder.add("b", convolution(1, 1, false, Activation::Relu), &[a], 18).unwrap();
        let c = builder.add("c", sum, &[b, a], 18).unwrap();
        let d = builder.add("d", convolution(3, 1, false, NONE), &[c], 18).unwrap();
        let e = builder.add("e", sum, &[c, d], 18).unwrap();
        let f = builder.add("f", convolution(1, 1, false, NONE), &[0], 18).unwrap();
        let g = builder.add("g", Operation::UpsampleSum, &[e, f], 18).unwrap();
        builder.add("h", convolution(1, 1, false, NONE), &[g], 32).unwrap()
    };
    check(build, [22, 10], &["a", "c", "e", "g", "h"]);
}

#[test]
fn pooling_and_its_batch_norm_with_zeros_around_the_normed_picture() {
    let build = |builder: &mut Builder| {
        let a = builder.add("a", convolution(3, 1, false, Activation::Relu), &[0], 9).unwrap();
        let b = builder.add("b", Operation::MaxPool, &[a], 9).unwrap();
        let c = builder.add("c", Operation::BatchNorm, &[b], 9).unwrap();
        let d = builder.add("d", convolution(3, 1, false, NONE), &[c], 9).unwrap();
        let e = builder.add("e", Operation::MaxPool, &[b], 9).unwrap();
        let f = builder.add("f", Operation::Deconvolution { factor: 2, activation: NONE }, &[e], 9).unwrap();
        // Both branches meet, so that neither is left out.
        let g = builder.add("g", convolution(1, 1, false, NONE), &[d], 9).unwrap();
        let sum = builder.add("sum", Operation::Sum { activation: NONE }, &[f, g], 9).unwrap();
        builder.add("last", convolution(1, 1, false, NONE), &[sum], 32).unwrap()
    };
    check(build, [28, 12], &["a", "b", "c", "d", "e", "f", "sum", "last"]);
}

#[test]
fn the_last_convolution_makes_softmax_and_parallax_or_leaves_them_to_the_next_kernel() {
    for size in [[2, 2], [26, 10], [38, 14]] {
        let build = |builder: &mut Builder| {
            let a = builder.add("a", convolution(3, 1, false, Activation::Relu), &[0], 18).unwrap();
            builder.add("b", convolution(3, 1, false, NONE), &[a], 32).unwrap()
        };
        for head in [|tuning| Tuning { head: 0, ..tuning }, |tuning| Tuning { head: 3, ..tuning }] {
            check_with(head, build, size, &["a", "b"]);
        }
    }
}

#[test]
fn fully_connected_layers() {
    let build = |builder: &mut Builder| {
        let relu = Operation::Dense { activation: Activation::Relu };
        let a = builder.add("a", convolution(3, 2, false, NONE), &[0], 10).unwrap();
        let b = builder.add("b", relu, &[a], 30).unwrap();
        let c = builder.add("c", Operation::Dense { activation: NONE }, &[b], 32 * 6).unwrap();
        builder.reshape(c, Shape::new(32, 2, 3)).unwrap();
        c
    };
    check(build, [10, 6], &["a", "b", "c"]);
}

#[test]
fn transposed_convolutions_alone_and_summed() {
    let enlarge = |factor| Operation::Deconvolution { factor, activation: NONE };
    let build = |builder: &mut Builder| {
        let mut maps = vec![builder.add("map0", convolution(1, 1, false, NONE), &[0], 11).unwrap()];
        for level in 1..5usize {
            let name = format!("map{level}");
            maps.push(builder.add(&name, convolution(3, 2, false, Activation::Relu), &[maps[level - 1]], 11).unwrap());
        }
        let enlarged: Vec<usize> = (0..5)
            .map(|level| builder.add(&format!("up{level}"), enlarge(1 << level), &[maps[level]], 13).unwrap())
            .collect();
        let sum = Operation::Sum { activation: Activation::Relu };
        let sum = builder.add("sum", sum, &enlarged, 13).unwrap();
        let double = Operation::Deconvolution { factor: 2, activation: Activation::Relu };
        builder.add("double", double, &[sum], 32).unwrap()
    };
    for size in [[16, 16], [208, 32]] {
        check(build, size, &["map4", "sum", "double"]);
    }
}

#[test]
fn the_expected_parallax_leaves_out_unused_planes() {
    let gpu = WatchedGpu::new().unwrap();
    let mut builder = Builder::new(Network::Deep3d2016, Naming::Underscore, Shape::new(3, 5, 7));
    let a = builder.add("a", convolution(1, 1, false, NONE), &[0], 33).unwrap();
    builder.add("softmax", Operation::Softmax, &[a], 33).unwrap();
    let graph: Graph = builder.finish();
    let weights = synthetic::weights_of(&graph, 3);
    // Large values: a softmax that does not subtract the greatest one overflows.
    let input: Vec<f64> = synthetic::uniform("input", 3).take(3 * 35).map(|u| f64::from(u) * 200.0).collect();
    let expected = reference::run(&graph, &weights, &input).unwrap();
    let expected = reference::expectation(expected.last().unwrap(), graph.output(), &weights.metadata.planes, 1);
    for tuning in cuts(&gpu) {
        let engine = Engine::of_graph(&gpu, graph.clone(), &weights, &tuning, Memory::Reuse).unwrap();
        run(&gpu, &engine, &input);
        let parallax: Vec<f64> = read(&gpu, engine.parallax().unwrap()).into_iter().map(f64::from).collect();
        let difference = difference(&parallax, &expected);
        assert!(difference < 10.0 * bound(&tuning), "{:?}: {difference:e}", tuning.path);
    }
}
