//! The targets of `./x fuzz` with some thousands of inputs that are the same each time: whole ones, and what changes make of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../attack/random.rs"]
mod random;
mod seeds;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};

use random::Random;
use targets::TARGETS;

/// Changed inputs for each target, unless DEEP3D_FUZZ_CASES says how many.
const CASES: u64 = 3000;
/// Of a large one only so many.
const FEW: u64 = 60;

/// One to four changes.
fn changed(seed: &[u8], words: &[&[u8]], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        // Mostly near the beginning, where what is long has its header.
        let length = if random.one_in(4) { bytes.len() } else { bytes.len().min(400) };
        let at = random.below(length.max(1)).min(bytes.len());
        match random.below(8) {
            0 if !bytes.is_empty() => bytes[at.min(seed.len().max(1) - 1).min(length - 1)] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => {
                let index = at.min(bytes.len() - 1);
                bytes[index] = random.of(&[0, 1, 0x7f, 0x80, 0xff, b'-', b'9', b'"', b';', b'\n']);
            }
            2 => bytes.truncate(at),
            3 => {
                let end = (at + random.below(20)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + random.below(20)).min(bytes.len());
                let copy = bytes[at..end].repeat(1 + random.below(3));
                bytes.splice(at..at, copy);
            }
            5 => {
                let word = if words.is_empty() { &b"\xff\xff\xff\xff"[..] } else { random.of(words) };
                bytes.splice(at..at, word.iter().copied());
            }
            6 => {
                let word = if words.is_empty() { &b"\0\0\0\x80"[..] } else { random.of(words) };
                let end = (at + word.len()).min(bytes.len());
                bytes.splice(at..end, word.iter().copied());
            }
            _ => {
                let end = (at + 1 + random.below(8)).min(bytes.len());
                for byte in &mut bytes[at..end] {
                    *byte = random.next() as u8;
                }
            }
        }
    }
    bytes
}

fn try_all(name: &str) {
    let target = TARGETS.iter().find(|(own, _)| *own == name).unwrap().1;
    let (seeds, words) = (seeds::seeds(name), seeds::words(name));
    assert!(!seeds.is_empty());
    let most = std::env::var("DEEP3D_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let run = |bytes: &[u8], what: &str| {
        if catch_unwind(AssertUnwindSafe(|| target(bytes))).is_err() {
            let kept = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
            std::fs::write(&kept, bytes).unwrap();
            panic!("{name} fails with {what}: {}", kept.display());
        }
    };
    run(&[], "nothing");
    for (index, seed) in (0..).zip(&seeds) {
        run(seed, &format!("input {index}"));
        let cases = most / seeds.len() as u64 * if seed.len() > 100_000 { FEW } else { CASES } / CASES;
        for case in 0..cases {
            let bytes = changed(seed, words, &mut Random::new(index, case));
            run(&bytes, &format!("change {case} of input {index}"));
        }
    }
}

macro_rules! tests {
    ($($name:ident),*) => {$(
        #[test]
        fn $name() {
            try_all(stringify!($name));
        }
    )*};
}
tests!(weights, params, depth_tags, depth_map, dataset_state, pipeline_cache, screen, names, options, still);

/// What is whole has to be taken: else the changes are of what is refused anyway.
#[test]
fn whole_inputs_are_taken() {
    let first = |name: &str| seeds::seeds(name).swap_remove(0);
    assert!(deep3d::net::Weights::parse("x", &first("weights")).is_ok());
    assert_eq!(deep3d::net::mxnet::parse(&first("params")).unwrap().len(), 2);
    assert!(deep3d::dataset::read_state(&first("dataset_state")).is_ok());
    assert!(deep3d::gpu::testing::read_pipelines(&first("pipeline_cache")).is_some());
    assert!(serde_json::from_slice::<deep3d::sink::ScreenSettings>(&first("screen")).is_ok());
}

/// Writes them where `./x fuzz` wants them.
#[test]
fn seeds_for_libfuzzer() {
    let Some(folder) = std::env::var_os("DEEP3D_FUZZ_SEEDS") else { return };
    for (name, _) in TARGETS {
        let folder = std::path::Path::new(&folder).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (index, seed) in seeds::seeds(name).iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{index}")), seed).unwrap();
        }
    }
}

/// Each target is one of `./x fuzz`'s, too.
#[test]
fn every_target_is_there_for_libfuzzer() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml lacks {name}");
        let source = std::fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(source.contains(&format!("targets::{name}(bytes)")), "{name}");
    }
}
