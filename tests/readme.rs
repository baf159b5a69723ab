//! What the README promises is what the program has.
#![allow(clippy::unwrap_used)]

use clap::ValueEnum;
use deep3d::sink::Layout;
use deep3d::sink::window::keys::BINDINGS;

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

#[test]
fn every_layout_stands_in_the_table_with_its_ending() {
    let readme = readme();
    for layout in Layout::value_variants() {
        let cell = format!("`{}`", layout.name());
        let row = readme.lines().find(|line| line.starts_with("| `") && line.contains(&cell));
        let row = row.unwrap_or_else(|| panic!("the README has no row for {layout}"));
        let shared = row.contains("…");
        assert!(shared || row.contains(&format!("`{}`", layout.suffix())), "{layout} does not end in {row}");
    }
}

#[test]
fn every_key_stands_in_the_table() {
    let readme = readme();
    for binding in BINDINGS {
        assert!(readme.contains(&format!("| {} |", binding.text)), "the README does not say '{}'", binding.text);
    }
}
