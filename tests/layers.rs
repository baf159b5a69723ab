//! The shape of the program: imports point down the layers and never in a circle, `unsafe` stays in its rooms, files stay small.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The layers of src/lib.rs, lowest first. `sink/window` and its like are named before their parents.
const LAYERS: [&[&str]; 5] = [
    &[
        "time",
        "position",
        "clock",
        "frame",
        "location",
        "memory",
        "output",
        "overlay",
        "ring",
        "spans",
        "subtitle",
        "terminal",
        "trace",
        "series",
        "statistics",
        "whole",
    ],
    &["gpu", "media", "sound"],
    &["stage", "net"],
    &["sink", "film", "depth_film", "eyes"],
    &[
        "player",
        "playlist",
        "browser",
        "control",
        "remote",
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

/// A module by the way to it from the crate's root: `src/gpu/mod.rs` is `[gpu]`, `src/media/container/facts.rs` is `[media, container, facts]`.
type Module = Vec<String>;

fn module(path: &str) -> Module {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut module: Module = inside.split('/').map(str::to_owned).collect();
    module.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
    module
}

/// `a::{b, c::{self, d}}` as `a::b`, `a::c` and `a::c::d`.
fn spread(tree: &str) -> Vec<String> {
    let tree = tree.split(" as ").next().unwrap().trim();
    let Some((before, inside)) = tree.split_once('{') else { return vec![tree.to_owned()] };
    let mut depth = 0;
    let branches = inside.strip_suffix('}').unwrap_or(inside).split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let whole = |branch: String| match branch.as_str() {
        "self" => before.trim_end_matches("::").to_owned(),
        _ => format!("{before}{branch}"),
    };
    branches.filter(|branch| !branch.trim().is_empty()).flat_map(spread).map(whole).collect()
}

/// All that `text` names by a path: what it imports with `use`, and `crate::…` and `super::…` elsewhere.
fn named(text: &str) -> Vec<String> {
    let lines = program(text).lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let code = lines.collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for statement in code.split(';') {
        // A `use` may stand behind the end of a block, an attribute or a module's declaration.
        match statement.rfind("use ").filter(|at| statement[..*at].chars().last().is_none_or(|c| " ]}{".contains(c))) {
            Some(at) => found.extend(spread(&statement[at + 4..])),
            None => {
                let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
                let words = statement.split(|c| !is_path(c));
                found.extend(
                    words.filter(|word| word.starts_with("crate::") || word.starts_with("super::")).map(str::to_owned),
                );
            }
        }
    }
    found
}

/// All modules of a program, and for each of them the names that it has from modules inside of it.
struct Modules {
    all: BTreeSet<Module>,
    handed_on: BTreeMap<Module, BTreeMap<String, Module>>,
}

impl Modules {
    fn of(files: &[(String, String)]) -> Self {
        let all = files.iter().map(|(path, _)| module(path)).collect();
        let mut modules = Self { all, handed_on: BTreeMap::new() };
        for (path, text) in files {
            let own = module(path);
            for name in named(text) {
                if let Some((other, Some(item))) = modules.reached(&own, &name)
                    && other.len() > own.len()
                    && other.starts_with(&own)
                {
                    modules.handed_on.entry(own.clone()).or_default().insert(item, other);
                }
            }
        }
        modules
    }

    /// The module that `name` leads to from the module `own`, and the item in it. None for other crates.
    fn reached(&self, own: &Module, name: &str) -> Option<(Module, Option<String>)> {
        let mut words = name.split("::").peekable();
        let mut at = match *words.peek()? {
            "crate" => Module::new(),
            "super" | "self" => own.clone(),
            child => {
                let inside = [own.as_slice(), &[child.to_owned()]].concat();
                return if self.all.contains(&inside) { self.reached(own, &format!("self::{name}")) } else { None };
            }
        };
        for word in words {
            match word {
                "crate" | "self" => continue,
                "super" => {
                    at.pop();
                    continue;
                }
                _ => {}
            }
            let inside = [at.as_slice(), &[word.to_owned()]].concat();
            if self.all.contains(&inside) {
                at = inside;
            } else if let Some(other) = self.handed_on.get(&at).and_then(|names| names.get(word)) {
                at = other.clone();
            } else {
                return Some((at, Some(word.to_owned())));
            }
        }
        Some((at, None))
    }
}

/// What imports each other in each folder: of two modules side by side, what is in one names what is in the other.
fn neighbours(files: &[(String, String)]) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let modules = Modules::of(files);
    let mut folders: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (path, text) in files {
        let own = module(path);
        for (other, _) in named(text).iter().filter_map(|name| modules.reached(&own, name)) {
            let common = own.iter().zip(&other).take_while(|(a, b)| a == b).count();
            if let (Some(from), Some(to)) = (own.get(common), other.get(common)) {
                let folder = folders.entry(own[..common].join("/")).or_default();
                folder.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    folders
}

/// All that leads back to itself.
fn in_circles(imports: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let leads_back = |start: &&String| {
        let mut seen = BTreeSet::new();
        let mut next = vec![*start];
        while let Some(module) = next.pop() {
            for other in imports.get(module).into_iter().flatten() {
                if other == *start {
                    return true;
                }
                if seen.insert(other) {
                    next.push(other);
                }
            }
        }
        false
    };
    imports.keys().filter(leads_back).cloned().collect()
}

/// Of files and folders side by side, one may import the other but not both each other, by whatever detour. What a file gets by way of the module above,
/// which imports it from beside (`super::Name`), counts as imported from there. The module above itself is not beside: it may use all that is inside,
/// and what is inside its own items.
#[test]
fn neighbours_import_in_no_circle() {
    let mut wrong = Vec::new();
    for (folder, imports) in neighbours(&all()).iter().filter(|(folder, _)| !folder.is_empty()) {
        let found = in_circles(imports);
        for module in &found {
            let others: Vec<_> = imports[module].intersection(&found).cloned().collect();
            wrong.push(format!("src/{folder}/{module} imports {}, which leads back to it", others.join(" and ")));
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

#[test]
fn circles_are_found() {
    let circles = |files: &[(&str, &str)]| {
        let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        neighbours(&files).get("a").map(in_circles).unwrap_or_default().into_iter().collect::<Vec<_>>()
    };
    let above = ("src/a/mod.rs", "mod b;\nmod c;\nmod d;\npub use b::{B, more as other};");
    // Both ways of writing it; what stands in comments and tests is no import, and neither is the module above.
    let b = ("src/a/b.rs", "use super::{Error, c::{self, C}};");
    assert_eq!(
        circles(&[
            above,
            b,
            ("src/a/c.rs", "// super::b::B\nuse super::Error;\n#[cfg(test)]\nmod tests { use super::super::b; }")
        ]),
        [""; 0]
    );
    assert_eq!(circles(&[above, b, ("src/a/c.rs", "fn f() -> crate::a::b::B {}")]), ["b", "c"]);
    // By way of the module above, of a folder, of a third.
    assert_eq!(circles(&[above, b, ("src/a/c.rs", "use super::B;")]), ["b", "c"]);
    assert_eq!(circles(&[above, b, ("src/a/c.rs", ""), ("src/a/c/inside.rs", "use super::super::b::B;")]), ["b", "c"]);
    let third = ("src/a/d.rs", "use crate::a::b::B;");
    assert_eq!(circles(&[above, b, third, ("src/a/c.rs", "use crate::x::{Y,\n Z};\nuse super::d;")]), ["b", "c", "d"]);
}
