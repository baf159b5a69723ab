//! The shape of the program: imports point down the layers, `unsafe` stays in its rooms, files stay small.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// The layers of src/lib.rs, lowest first. `sink/window` and its like are named before their parents.
const LAYERS: [&[&str]; 5] = [
    &["time", "frame", "ring", "trace"],
    &["gpu", "media"],
    &["stage", "net"],
    &["sink", "film", "eyes"],
    &["player", "convert", "bench", "weights_command", "doctor", "pattern", "cli", "main", "lib"],
];

/// Where `unsafe` may stand.
const UNSAFE: [&str; 4] = ["src/gpu/", "src/media/", "src/sink/window/", "src/sink/xr/"];

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

/// The part of a file before its tests.
fn program(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
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

/// Modules of this crate that a file names: `crate::NAME`, also inside `use crate::{…}`.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in program(text).lines().filter(|line| !line.trim_start().starts_with("//")) {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
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
        for name in imports(&text) {
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
    assert_eq!(imports("use crate::gpu::Gpu;\n// crate::film\nlet x = crate::time::Time::ZERO;"), ["gpu", "time"]);
}
