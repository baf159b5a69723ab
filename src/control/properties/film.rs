//! The film that plays, and the list that it stands in.

use serde_json::{Map, Value, json};

use super::super::Status;
use super::super::property::{ENDLESS, Property, number, toggled, told};
use super::seconds;
use crate::sink::Action;

/// Of the film and its list.
pub(super) const PROPERTIES: &[Property] = &[
    told("path", |status| Some(json!(status.path))),
    told("filename", |status| Some(json!(status.name))),
    told("media-title", |status| Some(json!(status.name))),
    told("duration", |status| status.duration.map(seconds)),
    told("playlist", |status| Some(list(status))),
    told("playlist-count", |status| Some(json!(status.list.len()))),
    number("playlist-pos", [0.0, ENDLESS], |status| Some(json!(status.index)), file),
    number(
        "playlist-pos-1",
        [1.0, ENDLESS],
        |status| Some(json!(status.index + 1)),
        |status, to| file(status, to - 1.0),
    ),
    told("loop-playlist", |status| Some(endless(status.loop_list))),
    toggled("loop-file", |status| Some(endless(status.loop_file)), Action::LoopFile),
];

fn endless(on: bool) -> Value {
    if on { json!("inf") } else { json!(false) }
}

/// What goes to the film of that number; nothing where there is none.
fn file(status: &Status, to: f64) -> Option<Action> {
    let by = to.floor() as i64 - status.index as i64;
    let there = to >= 0.0 && to < status.list.len() as f64;
    Some(Action::File(i32::try_from(by).ok()?)).filter(|_| there)
}

fn list(status: &Status) -> Value {
    let film = |(index, name): (usize, &String)| {
        let mut film = Map::from_iter([("filename".to_owned(), json!(name)), ("id".to_owned(), json!(index + 1))]);
        if index == status.index {
            film.extend(["current", "playing"].map(|key| (key.to_owned(), json!(true))));
        }
        Value::Object(film)
    };
    status.list.iter().enumerate().map(film).collect()
}
