//! The shape of the program: imports point down the layers, `unsafe` stays in its rooms, files stay small.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// The layers of src/lib.rs, lowest first. `sink/window` and its like are named before their parents.
const LAYERS: [&[&str]; 5] = [
    &["time", "clock", "frame", "location", "output", "ring", "terminal", "trace", "statistics", "whole"],
    &["gpu", "media"],
    &["stage", "net"],
    &["sink", "film", "depth_film", "eyes"],
    &[
        "player",
        "convert",
        "dataset",
        "bench",
        "eval",
        "ui",
        "weights_command",
        "doctor",
        "pattern",
        "cli",
        "main",
        "lib",
    ],
];

/// Where `unsafe` may stand.
const UNSAFE: [&str; 5] = ["src/gpu/", "src/media/", "src/sink/window/", "src/sink/panel/", "src/sink/xr/"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let relative = |path: &PathBuf| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    sources(&root.join("src")).iter().map(|path| (relative(path), fs::read_to_string(path).unwrap())).collect()
}

/// The module at the top of a file's path: `src/gpu/device.rs` → `gpu`.
fn top(path: &str) -> &str {
    path.trim_start_matches("src/").split('/').next().unwrap().trim_end_matches(".rs")
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// The part of a file before its tests. What else is for tests only (an import) is still looked at.
fn program(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

#[test]
fn every_module_has_its_layer() {
    for (path, _) in all() {
        assert!(
            layer(top(&path)).is_some(),
            "{path}: say in tests/layers.rs and src/lib.rs which layer '{}' is in",
            top(&path)
        );
    }
}

/// The way from the module in `path` to the crate's root: `super::` for `src/gpu/mod.rs`, twice that for `src/gpu/device.rs`.
fn way_up(path: &str) -> String {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    "super::".repeat(inside.split('/').count())
}

/// Modules of this crate that the file at `path` names: `crate::NAME`, or as many `super::` as lead to the root.
fn imports(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let up = way_up(path);
    for line in program(text).lines().filter(|line| !line.trim_start().starts_with("//")) {
        let roots = line.match_indices("crate::").chain(line.match_indices(&up));
        for (at, root) in roots {
            let rest = &line[at + root.len()..];
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            assert!(!rest.starts_with('{'), "write one `use crate::…` a module: {line}");
            if !name.is_empty() {
                found.push(name);
            }
        }
    }
    found
}

#[test]
fn imports_point_downwards() {
    let mut wrong = Vec::new();
    for (path, text) in all() {
        let own = layer(top(&path)).unwrap();
        for name in imports(&path, &text) {
            if name != top(&path) && layer(&name).is_some_and(|other| other > own || (other == own && own == 1)) {
                wrong.push(format!("{path} imports {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_stays_in_its_rooms() {
    for (path, text) in all() {
        let code = program(&text).lines().filter(|line| !line.trim_start().starts_with("//"));
        let has = code
            .clone()
            .any(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe"));
        assert!(
            !has || UNSAFE.iter().any(|room| path.starts_with(room)),
            "{path} has `unsafe`, which belongs in {UNSAFE:?}"
        );
    }
}

#[test]
fn files_hold_one_noun() {
    for (path, text) in all() {
        let lines = program(&text).lines().count();
        assert!(lines <= 520, "{path} has {lines} lines before its tests: does it hold more than one noun?");
        assert!(text.starts_with("//!"), "{path} does not begin by saying what it is for");
    }
}

#[test]
fn imports_are_found() {
    let text = "use crate::gpu::Gpu;\n// crate::film\nlet x = crate::time::Time::ZERO;";
    assert_eq!(imports("src/eyes.rs", text), ["gpu", "time"]);
    let text = "use super::super::player::Player;\nuse super::error::NetError;";
    assert_eq!(imports("src/net/file.rs", text), ["player"]);
    assert_eq!(imports("src/net/mod.rs", "use super::gpu::Gpu;"), ["gpu"]);
}
