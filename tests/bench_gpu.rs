//! `deep3d bench-gpu` from outside, quickly.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use serde_json::Value;

#[test]
fn every_row_is_judged_and_timed() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deep3d"));
    command.env("DEEP3D_CONFIG_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.env("DEEP3D_VALIDATION", "1").env("DEEP3D_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    let output = command.args(["bench-gpu", "--quick", "--json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["schema"], &report["quick"]), (&1.into(), &true.into()));
    assert!(report["copy_bandwidth"].as_f64().unwrap() > 1e8);
    assert!(report["skipped"].as_array().unwrap().is_empty(), "{}", report["skipped"]);
    let paths = report["paths"].as_array().unwrap();
    assert!(paths.len() >= 2, "storage and texel buffers: {paths:?}");
    for path in paths {
        let accuracy = &path["accuracy"][0];
        assert_eq!((&accuracy["network"], &accuracy["passed"]), (&"deep3d".into(), &true.into()), "{accuracy}");
        let network = &path["networks"][0];
        // 883 million multiply-adds at 384×160, as the graph's own test says, and a tenth of the pixels here.
        assert_eq!(network["operations"].as_u64().unwrap() / 1_000_000, 176, "{network}");
        // All of the weights have to be read: 3.3 million numbers of four bytes, or of two.
        assert!(network["bytes"].as_u64().unwrap() > 6_000_000);
        assert_eq!(network["slowest"].as_array().unwrap().len(), 10);
        assert!(network["timing"]["wall"].as_f64() >= network["timing"]["fastest"].as_f64());
        let chain = &path["chains"][0];
        let stages = chain["stages"].as_array().unwrap();
        let names: Vec<_> = stages.iter().map(|stage| stage["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["upload", "colour", "input", "network", "stereo"]);
        let bytes: u64 = stages.iter().map(|stage| stage["bytes"].as_u64().unwrap()).sum();
        assert_eq!(chain["bytes"].as_u64().unwrap(), bytes);
        assert!(chain["timing"]["gpu"].as_f64().unwrap() > 0.0);
    }
    assert!(said.contains("right  deep3d 96×64"), "{said}");
}
