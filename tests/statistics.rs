//! What `--dump-stats` says of a film that plays, and what `--quality` makes of it.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/program.rs"]
mod program;
#[path = "common/shots.rs"]
mod shots;

use std::path::{Path, PathBuf};

use program::{deep3d, text};
use serde_json::Value;
use shots::two_shots;

/// The film of two shots in `folder`.
fn shots(folder: &Path) -> PathBuf {
    let path = folder.join("shots.mkv");
    two_shots(&path);
    path
}

/// The lines of a film that was played with `quality`.
fn played(film: &Path, folder: &Path, quality: &str) -> Vec<Value> {
    let file = folder.join(format!("{quality}.jsonl"));
    let output = deep3d()
        .args(["play", "--sink", "null", "--layout", "half-sbs", "--network-size", "128x64", "--quality", quality])
        .arg("--dump-stats")
        .arg(&file)
        .arg(film)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = std::fs::read_to_string(&file).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of<'a>(lines: &'a [Value], event: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| line["event"] == event)
}

#[test]
fn every_picture_is_told_with_its_depth() {
    let folder = tempfile::tempdir().unwrap();
    let film = shots(folder.path());
    for (quality, level, eyes) in [("full", 0, [320, 180]), ("fast", 5, [240, 135])] {
        let lines = played(&film, folder.path(), quality);
        assert_eq!(lines[0]["event"], "film");
        assert_eq!(lines[0]["name"], "shots.mkv");
        assert!(of(&lines, "quality").all(|line| line["level"] == level), "{quality}");
        assert!(of(&lines, "quality").all(|line| line["mattes"] == (level == 0)), "{quality}");
        let pictures: Vec<_> = of(&lines, "picture").collect();
        let dropped: u64 = of(&lines, "dropped").map(|line| line["count"].as_u64().unwrap()).sum();
        assert!(pictures.len() > 5 && pictures.len() as u64 + dropped <= 72, "{} and {dropped}", pictures.len());
        let number = |line: &Value, key: &str| line[key].as_f64().unwrap();
        assert!(
            pictures.is_sorted_by(|a, b| number(a, "pts") < number(b, "pts") && number(a, "wall") <= number(b, "wall"))
        );
        let mut deep = 0;
        for picture in &pictures {
            let (pts, shot) = (number(picture, "pts"), number(picture, "shot"));
            assert!(shot <= pts && number(picture, "latency") > 0.0, "{picture}");
            // The window is 1280 by 720: each eye is seen at half of its width, and larger than the film.
            assert_eq!(picture["eyes"], serde_json::json!(eyes), "{quality}: {picture}");
            if let Some(of) = picture["depth_pts"].as_f64() {
                let cut = 1.49;
                assert!(of >= shot && (of > cut) == (pts > cut), "the depth of another shot: {picture}");
                assert!((pts - of - number(picture, "depth_age")).abs() < 1e-6, "{picture}");
                deep += 1;
            }
        }
        assert!(deep > 2, "{quality}: {deep} of {} pictures have depth", pictures.len());
        assert!(of(&lines, "pass").count() > 1);
        let cache = of(&lines, "cache").last().unwrap();
        let range: Vec<f64> = serde_json::from_value(cache["range"].clone()).unwrap();
        assert!(range[0] < 0.1 && range[1] > 1.0 && range[1] <= 3.0, "{cache}");
        assert!(cache["bytes_ahead"].as_u64().unwrap() + cache["bytes_behind"].as_u64().unwrap() > 1000, "{cache}");
    }
    // What is there stays.
    let file = folder.path().join("full.jsonl");
    let before = std::fs::read(&file).unwrap();
    let output = deep3d().args(["play", "--sink", "null", "--dump-stats"]).arg(&file).arg(&film).output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).lines().count()), (Some(2), 1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("there already") && std::fs::read(&file).unwrap() == before);
}

#[test]
fn the_player_is_measured_at_the_films_pace() {
    let folder = tempfile::tempdir().unwrap();
    let film = shots(folder.path());
    let plot = folder.path().join("plot.svg");
    let arguments = ["bench", "--paced", "--json", "--frames", "12", "--network-size", "64x64", "--quality", "fast"];
    let output = deep3d().args(arguments).arg("--plot").arg(&plot).arg(&film).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["pictures"].as_u64().unwrap() >= 12 && report["start_to_picture"].as_f64().unwrap() > 0.0);
    for (key, least) in [
        ("latency", 12),
        ("late", 6),
        ("key_to_picture", 10),
        ("drag_to_picture", 20),
        ("seek_to_picture", 20),
        ("seek_to_depth", 16),
    ] {
        let figures = &report[key];
        let samples = figures["samples"].as_array().unwrap();
        assert!(samples.len() >= least && figures["p50"].as_f64() <= figures["max"].as_f64(), "{key}: {figures}");
        assert!(samples.iter().all(|sample| sample.as_f64().unwrap() >= 0.0), "{key}");
    }
    assert!(std::fs::read_to_string(&plot).unwrap().contains("seek depth"));
    let output = deep3d().args(["bench", "--paced"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
