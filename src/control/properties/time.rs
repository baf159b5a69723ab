//! Where the film is, and how its stream keeps up.

use serde_json::{Value, json};

use super::super::Status;
use super::super::property::{Change, ENDLESS, Property, number, toggled, told};
use super::seconds;
use crate::media::Cached;
use crate::sink::Action;
use crate::time::Time;

/// Of time.
pub(super) const PROPERTIES: &[Property] = &[
    Property { name: "time-pos", read: |status| Some(seconds(status.position)), change: Change::Time(Action::SeekTo) },
    Property {
        name: "playback-time",
        read: |status| Some(seconds(status.position)),
        change: Change::Time(Action::SeekTo),
    },
    number(
        "percent-pos",
        [0.0, 100.0],
        |status| Some(json!(percent(status)?)),
        |status, to| Some(Action::SeekTo(Time::from_seconds(status.duration?.seconds() * to / 100.0))),
    ),
    told("time-remaining", |status| Some(seconds(status.duration? - status.position))),
    told("playtime-remaining", |status| {
        Some(json!((status.duration? - status.position).seconds() / status.speed.max(1e-3)))
    }),
    toggled("pause", |status| Some(json!(status.paused)), Action::Pause),
    told("eof-reached", |status| Some(json!(status.at_end))),
    told("core-idle", |status| Some(json!(!status.running))),
    told("seeking", |status| Some(json!(status.seeking))),
    told("paused-for-cache", |status| Some(json!(status.buffering.is_some()))),
    told("cache-buffering-state", |status| {
        Some(json!(status.buffering.map_or(100.0, |share| (share * 100.0).floor())))
    }),
    told("demuxer-cache-duration", |status| Some(seconds(status.cached.as_ref()?.ahead))),
    told("demuxer-cache-time", |status| Some(seconds(status.cached.as_ref()?.range?.1))),
    told("demuxer-cache-state", |status| Some(cache_state(status.cached.as_ref()?))),
    told("live-delay", |status| status.live_delay.map(seconds)),
    number(
        "speed",
        [0.25, 4.0],
        |status| Some(json!(status.speed)),
        |status, to| Some(Action::Speed(to / status.speed)).filter(|_| status.speed > 0.0),
    ),
    number("chapter", [-1.0, ENDLESS], chapter, |status, to| {
        let from = status.chapter().map_or(-1, |chapter| chapter as i64);
        Some(Action::Chapter(i32::try_from(to.floor() as i64 - from).ok()?))
    }),
    told("chapters", |status| Some(json!(status.chapters.len()))),
    told("chapter-list", |status| {
        let chapter = |chapter: &crate::frame::Chapter| json!({"title": chapter.name, "time": chapter.start.seconds()});
        Some(status.chapters.iter().map(chapter).collect())
    }),
    Property {
        name: "ab-loop-a",
        read: |status| Some(status.ab_loop[0].map_or(json!("no"), seconds)),
        change: Change::Place(Action::AbLoopA),
    },
    Property {
        name: "ab-loop-b",
        read: |status| Some(status.ab_loop[1].map_or(json!("no"), seconds)),
        change: Change::Place(Action::AbLoopB),
    },
];

/// What is at hand, as mpv tells it.
fn cache_state(cached: &Cached) -> Value {
    let part = |(from, to): &(Time, Time)| json!({"start": from.seconds(), "end": to.seconds()});
    let end = cached.range.map(|(_, to)| to.seconds());
    json!({
        "seekable-ranges": cached.ranges.iter().map(part).collect::<Vec<_>>(),
        "bof-cached": cached.from_beginning,
        "eof-cached": cached.to_end,
        "eof": cached.to_end,
        "cache-end": end,
        "cache-duration": cached.ahead.seconds(),
        "fw-bytes": cached.bytes_ahead,
        "total-bytes": cached.bytes_ahead + cached.bytes_behind,
        "idle": cached.complete,
        "underrun": cached.bytes_ahead == 0 && !cached.complete,
    })
}

fn percent(status: &Status) -> Option<f64> {
    let duration = status.duration?.seconds();
    (duration > 0.0).then(|| status.position.seconds() / duration * 100.0)
}

fn chapter(status: &Status) -> Option<Value> {
    (!status.chapters.is_empty()).then(|| status.chapter().map_or(json!(-1), |chapter| json!(chapter)))
}
