//! What the README promises is what the program has.
#![allow(clippy::unwrap_used)]

use clap::ValueEnum;
use deep3d::control::{BINDINGS, properties};
use deep3d::sink::Layout;

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
        // Of several that end each in its own name the first is shown.
        let shown = row.starts_with(&format!("| {cell}")) || !row.contains('…');
        assert!(!shown || row.contains(&format!("`{}`", layout.suffix())), "{layout} does not end in {row}");
    }
}

#[test]
fn every_property_is_told() {
    let told = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/control.md")).unwrap();
    for property in properties() {
        assert!(told.contains(&format!("`{}`", property.name)), "docs/control.md does not tell of {}", property.name);
    }
}

#[test]
fn every_key_stands_in_the_table() {
    let readme = readme();
    for binding in BINDINGS {
        let row = readme.lines().find(|line| line.ends_with(&format!("| {} |", binding.text)));
        let row = row.unwrap_or_else(|| panic!("the README does not say '{}'", binding.text));
        for key in binding.keys {
            let shown = shown(key);
            assert!(row.contains(&shown), "'{}' has the key {shown}, which is not in {row}", binding.text);
        }
    }
}

/// A key of mpv's input.conf as the README writes it.
fn shown(key: &str) -> String {
    match key {
        "PLAYPAUSE" => return "play/pause key".to_owned(),
        "MBTN_RIGHT" => return "right click".to_owned(),
        "MBTN_LEFT_DBL" => return "double click".to_owned(),
        "MBTN_BACK" => return "back button".to_owned(),
        "MBTN_FORWARD" => return "forward button".to_owned(),
        "WHEEL_UP" => return "wheel up".to_owned(),
        "WHEEL_DOWN" => return "wheel down".to_owned(),
        "WHEEL_LEFT" => return "wheel to the left".to_owned(),
        "WHEEL_RIGHT" => return "wheel to the right".to_owned(),
        _ => {}
    }
    let words = [
        ("PGUP", "PgUp"),
        ("PGDWN", "PgDn"),
        ("FORWARD", "Forward"),
        ("REWIND", "Rewind"),
        ("PLAY", "Play"),
        ("PAUSE", "Pause"),
        ("NEXT", "Next"),
        ("PREV", "Prev"),
        ("STOP", "Stop"),
        ("VOLUME_UP", "VolumeUp"),
        ("VOLUME_DOWN", "VolumeDown"),
        ("MUTE", "Mute"),
        ("ENTER", "Enter"),
        ("RIGHT", "→"),
        ("LEFT", "←"),
        ("UP", "↑"),
        ("DOWN", "↓"),
        ("SPACE", "space"),
        ("HOME", "Home"),
        ("BS", "Backspace"),
        ("ESC", "Esc"),
        ("TAB", "Tab"),
        ("SHARP", "#"),
    ];
    format!("`{}`", words.iter().fold(key.to_owned(), |key, (name, shown)| key.replace(name, shown)))
}
