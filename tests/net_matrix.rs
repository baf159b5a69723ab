//! The network on cooperative matrices. `./x test-coopmat` runs this on a driver that has them, with tests/net_kernels.rs, which tries every
//! kernel on them there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/net.rs"]
mod common;

use common::{difference, planar, read, run};
use deep3d::gpu::testing::WatchedGpu;
use deep3d::net::gemm::Product;
use deep3d::net::kernels::{NetKernel, Path, Tuning};
use deep3d::net::plan::{Memory, Plan};
use deep3d::net::{Engine, Graph, Network, Weights, reference};

const CURE: &str =
    "this GPU has no cooperative matrices that the kernels can use: ./x test-coopmat makes a driver that has";

#[test]
fn the_table_chooses_matrices_that_the_device_has() {
    let gpu = WatchedGpu::new().unwrap();
    let matrices = gpu.facts().matrices.clone().expect(CURE);
    let tuning = Tuning::of_matrices(gpu.facts()).expect(CURE);
    assert_eq!(tuning.path, Path::Half);
    println!("{matrices:?}");
    for tile in tuning.gemm.unwrap().tiles {
        let Product::Matrices { size, grid } = tile.product else { panic!("{tile:?}") };
        assert!(matrices.sizes.contains(&size), "{tile:?}");
        assert_eq!(tile.lanes, grid[0] * grid[1] * matrices.subgroup_size, "{tile:?}");
        assert!(tile.shared_bytes() <= gpu.facts().max_shared_bytes, "{tile:?}");
        assert!(tile.rows % (size[0] * grid[0]) == 0 && tile.columns % (size[1] * grid[1]) == 0, "{tile:?}");
    }
}

#[test]
fn the_built_in_weights_on_matrices_give_the_twins_parallax() {
    let gpu = WatchedGpu::new().unwrap();
    let tuning = Tuning::of_matrices(gpu.facts()).expect(CURE);
    let weights = Weights::built_in().unwrap();
    for size in [[96, 64], [160, 96]] {
        let graph = Graph::new(Network::Deep3d, size).unwrap();
        let plan = Plan::new(&graph, &tuning, Memory::Reuse).unwrap();
        let count = |kernel| plan.dispatches.iter().filter(|dispatch| dispatch.kernel == kernel).count();
        // All 59 convolutions but the first and the last, which makes the softmax; the depthwise ones on the way to others.
        assert_eq!([NetKernel::GemmMatrix, NetKernel::SeparableMatrix].map(count), [25, 16]);
        let input: Vec<f64> =
            planar(size[0] as usize, size[1] as usize).iter().map(|value| value / 127.5 - 1.0).collect();
        let expected = reference::run(&graph, &weights, &input).unwrap();
        let expected = reference::expectation(expected.last().unwrap(), graph.output(), &weights.metadata.planes, 0);
        let engine = Engine::with(&gpu, &weights, size, &tuning, Memory::Reuse).unwrap();
        run(&gpu, &engine, &input);
        let parallax: Vec<f64> = read(&gpu, engine.parallax().unwrap()).into_iter().map(f64::from).collect();
        let worst = parallax.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!("{size:?}: {worst:.6} % at most");
        // As for half precision without matrices (tests/net_engine.rs).
        assert!(worst < 0.002, "{size:?}: {worst} % of the width");
        assert!(difference(&parallax, &expected) < 0.01);
    }
}
