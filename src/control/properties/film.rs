//! The film that plays, and the list that it stands in.

use serde_json::json;

use super::super::listed::{self, file};
use super::super::property::{Change, ENDLESS, Property, number, told};
use super::seconds;
use crate::sink::Action;

/// Of the film and its list.
pub(super) const PROPERTIES: &[Property] = &[
    told("path", |status| Some(json!(status.path))),
    told("filename", |status| Some(json!(status.name))),
    told("media-title", |status| Some(json!(status.title))),
    told("duration", |status| status.duration.map(seconds)),
    told("playlist", |status| Some(listed::told(status))),
    told("playlist-count", |status| Some(json!(status.list.len()))),
    number("playlist-pos", [0.0, ENDLESS], |status| Some(json!(listed::place(status))), file),
    number(
        "playlist-pos-1",
        [1.0, ENDLESS],
        |status| Some(json!(listed::place(status) + 1)),
        |status, to| file(status, to - 1.0),
    ),
    told("playlist-current-pos", |status| Some(json!(listed::place(status)))),
    told("playlist-playing-pos", |status| Some(json!(listed::place(status)))),
    Property {
        name: "loop-playlist",
        read: |status| Some(listed::often(status.loop_list, 1)),
        change: Change::Loop { first: 1, to: Action::SetLoopPlaylist },
    },
    Property {
        name: "loop-file",
        read: |status| Some(listed::often(status.loop_file, 0)),
        change: Change::Loop { first: 0, to: Action::SetLoopFile },
    },
    Property { name: "shuffle", read: |status| Some(json!(status.shuffled)), change: Change::Switch(Action::Shuffle) },
    told("idle-active", |status| Some(json!(status.idle))),
];
