//! Which tracks play.

use serde_json::{Value, json};

use super::super::Status;
use super::super::property::{Change, Property, told, track};
use crate::media::{TrackInfo, TrackKind};

/// Of tracks.
pub(super) const PROPERTIES: &[Property] = &[
    told("track-list", |status| Some(status.tracks.iter().map(|track| described(track, status)).collect())),
    track("vid", |status| chosen(status, TrackKind::Video), TrackKind::Video),
    track("video", |status| chosen(status, TrackKind::Video), TrackKind::Video),
    track("aid", |status| chosen(status, TrackKind::Audio), TrackKind::Audio),
    track("audio", |status| chosen(status, TrackKind::Audio), TrackKind::Audio),
    track("sid", |status| chosen(status, TrackKind::Subtitle), TrackKind::Subtitle),
    track("sub", |status| chosen(status, TrackKind::Subtitle), TrackKind::Subtitle),
    Property {
        name: "secondary-sid",
        read: |status| Some(status.second_subtitle.map_or(json!(false), Value::from)),
        change: Change::SecondSub,
    },
];

fn chosen(status: &Status, kind: TrackKind) -> Option<Value> {
    Some(status.playing(kind).map_or(json!(false), Value::from))
}

/// A track as mpv describes it.
fn described(track: &TrackInfo, status: &Status) -> Value {
    let kind = match track.kind {
        TrackKind::Video => "video",
        TrackKind::Audio => "audio",
        TrackKind::Subtitle => "sub",
    };
    let second = status.second_subtitle.filter(|_| track.kind == TrackKind::Subtitle);
    let selection = [status.playing(track.kind), second].iter().position(|number| *number == Some(track.number));
    let mut told = json!({
        "id": track.number,
        "type": kind,
        "src-id": track.stream,
        "codec": track.codec,
        "default": track.default,
        "forced": track.forced,
        "albumart": track.cover,
        "external": track.outside.is_some(),
        "selected": selection.is_some(),
    });
    if let Some(selection) = selection {
        told["main-selection"] = json!(selection);
    }
    let words = [("title", &track.title), ("lang", &track.language), ("external-filename", &track.outside)];
    for (name, word) in words {
        if let Some(word) = word {
            told[name] = json!(word);
        }
    }
    told
}
