//! The properties, by mpv's names where mpv has them: what each is now, and which action makes it another.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::{CommandError, Status};
use crate::media::{TrackInfo, TrackKind};
use crate::sink::{Action, Layout};
use crate::subtitle::Override;
use crate::time::{Position, Time};

/// How a property is changed.
#[derive(Clone, Copy)]
enum Change {
    /// It only tells something.
    Not,
    /// `yes` or `no`; this makes one of the other.
    Toggle(Action),
    /// A number from `least` to `most`; `to` gives what makes it that.
    Number { least: f64, most: f64, to: fn(&Status, f64) -> Option<Action> },
    /// A film time, in seconds or written as places are.
    Time(fn(Time) -> Action),
    /// A track's number, `no` or `auto`.
    Track(TrackKind),
    /// A layout's name.
    Layout,
}

/// One thing that can be asked for by name.
pub struct Property {
    /// As mpv calls it, where mpv has it.
    pub name: &'static str,
    read: fn(&Status) -> Option<Value>,
    change: Change,
}

const ENDLESS: f64 = 1e9;
/// Values that are written as times of day for a reader.
const TIMES: [&str; 5] = ["time-pos", "playback-time", "duration", "time-remaining", "playtime-remaining"];

const fn told(name: &'static str, read: fn(&Status) -> Option<Value>) -> Property {
    Property { name, read, change: Change::Not }
}

const fn toggled(name: &'static str, read: fn(&Status) -> Option<Value>, action: Action) -> Property {
    Property { name, read, change: Change::Toggle(action) }
}

const fn number(
    name: &'static str,
    [least, most]: [f64; 2],
    read: fn(&Status) -> Option<Value>,
    to: fn(&Status, f64) -> Option<Action>,
) -> Property {
    Property { name, read, change: Change::Number { least, most, to } }
}

/// All of them.
pub const PROPERTIES: &[Property] = &[
    // The film and its list.
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
    // Time.
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
    told("core-idle", |status| Some(json!(!status.running))),
    told("seeking", |status| Some(json!(status.seeking))),
    told("paused-for-cache", |status| Some(json!(status.buffering.is_some()))),
    told("cache-buffering-state", |status| {
        Some(json!(status.buffering.map_or(100.0, |share| (share * 100.0).floor())))
    }),
    told("demuxer-cache-duration", |status| Some(seconds(status.cached.as_ref()?.ahead))),
    told("demuxer-cache-time", |status| Some(seconds(status.cached.as_ref()?.range?.1))),
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
    told("ab-loop-a", |status| Some(status.ab_loop[0].map_or(json!("no"), seconds))),
    told("ab-loop-b", |status| Some(status.ab_loop[1].map_or(json!("no"), seconds))),
    // Sound.
    number("volume", [0.0, 1000.0], |status| Some(json!(status.volume)), |_, to| Some(Action::SetVolume(to as f32))),
    told("volume-max", |status| Some(json!(status.volume_max))),
    toggled("mute", |status| Some(json!(status.mute)), Action::Mute),
    number(
        "audio-delay",
        [-3600.0, 3600.0],
        |status| Some(seconds(status.audio_delay)),
        |status, to| Some(Action::AudioDelay(milliseconds(to - status.audio_delay.seconds()))),
    ),
    toggled("night", |status| Some(json!(status.night)), Action::Night),
    // Tracks.
    told("track-list", |status| Some(status.tracks.iter().map(|track| described(track, status)).collect())),
    track("vid", |status| chosen(status, TrackKind::Video), TrackKind::Video),
    track("video", |status| chosen(status, TrackKind::Video), TrackKind::Video),
    track("aid", |status| chosen(status, TrackKind::Audio), TrackKind::Audio),
    track("audio", |status| chosen(status, TrackKind::Audio), TrackKind::Audio),
    track("sid", |status| chosen(status, TrackKind::Subtitle), TrackKind::Subtitle),
    track("sub", |status| chosen(status, TrackKind::Subtitle), TrackKind::Subtitle),
    // Subtitles.
    toggled("sub-visibility", |status| Some(json!(status.subtitles.as_ref()?.visible)), Action::SubVisibility),
    toggled(
        "secondary-sub-visibility",
        |status| Some(json!(status.subtitles.as_ref()?.second_visible)),
        Action::SecondSubVisibility,
    ),
    toggled(
        "sub-ass-forced",
        |status| Some(json!(status.subtitles.as_ref()?.scripts == Override::Force)),
        Action::SubOverride,
    ),
    number(
        "sub-delay",
        [-3600.0, 3600.0],
        |status| Some(seconds(status.subtitles.as_ref()?.delay)),
        |status, to| Some(Action::SubDelay(milliseconds(to - status.subtitles.as_ref()?.delay.seconds()))),
    ),
    number(
        "sub-pos",
        [0.0, 150.0],
        |status| Some(json!(status.subtitles.as_ref()?.position)),
        |status, to| Some(Action::SubPosition((to - status.subtitles.as_ref()?.position).round() as i32)),
    ),
    number(
        "sub-scale",
        [0.0, 100.0],
        |status| Some(json!(status.subtitles.as_ref()?.scale)),
        |status, to| Some(Action::SubScale(((to - status.subtitles.as_ref()?.scale) * 10.0).round() as i32)),
    ),
    // The picture.
    told("width", |status| Some(json!(status.size?[0]))),
    told("height", |status| Some(json!(status.size?[1]))),
    told("dwidth", |status| Some(json!(status.size?[0]))),
    told("dheight", |status| Some(json!(status.size?[1]))),
    told("container-fps", |status| status.frame_rate.map(Value::from)),
    told("frame-drop-count", |status| Some(json!(status.counts[1]))),
    told("shown-frame-count", |status| Some(json!(status.counts[0]))),
    toggled("deinterlace", |status| Some(json!(status.deinterlace)), Action::Deinterlace),
    number("osd-level", [0.0, 3.0], |status| Some(json!(status.osd_level)), |_, to| Some(Action::OsdLevel(to as u8))),
    toggled("fullscreen", |status| Some(json!(status.full_screen)), Action::FullScreen),
    toggled("ontop", |status| Some(json!(status.on_top)), Action::OnTop),
    // Depth.
    number(
        "strength",
        [0.0, 5.0],
        |status| Some(json!(round(status.depth?.strength))),
        |_, to| Some(Action::SetStrength(to as f32)),
    ),
    number(
        "convergence",
        [0.0, 1.0],
        |status| Some(json!(round(status.depth?.convergence))),
        |_, to| Some(Action::SetConvergence(to as f32)),
    ),
    Property { name: "layout", read: |status| Some(json!(status.depth?.layout.name())), change: Change::Layout },
    toggled("2d", |status| Some(json!(status.depth?.flat)), Action::Flat),
    toggled("swap-eyes", |status| Some(json!(status.depth?.swap_eyes)), Action::SwapEyes),
    told("depth-auto", |status| Some(json!(status.depth?.automatic))),
    toggled("meter", |status| Some(json!(status.depth?.metered)), Action::Meter),
    told("comfort", |status| status.comfort.map(|ends| json!(ends.map(round)))),
    told("depth-age", |status| status.depth_age.map(seconds)),
    // The program.
    told("mpv-version", |_| Some(json!(concat!("deep3d ", env!("CARGO_PKG_VERSION"))))),
    told("deep3d-version", |_| Some(json!(env!("CARGO_PKG_VERSION")))),
    told("property-list", |_| Some(PROPERTIES.iter().map(|property| property.name).collect())),
];

const fn track(name: &'static str, read: fn(&Status) -> Option<Value>, kind: TrackKind) -> Property {
    Property { name, read, change: Change::Track(kind) }
}

fn seconds(time: Time) -> Value {
    json!(time.seconds())
}

/// Single precision as it is written, not as double precision has it.
fn round(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

fn milliseconds(seconds: f64) -> i32 {
    (seconds * 1000.0).round() as i32
}

fn endless(on: bool) -> Value {
    if on { json!("inf") } else { json!(false) }
}

fn percent(status: &Status) -> Option<f64> {
    let duration = status.duration?.seconds();
    (duration > 0.0).then(|| status.position.seconds() / duration * 100.0)
}

fn chapter(status: &Status) -> Option<Value> {
    (!status.chapters.is_empty()).then(|| status.chapter().map_or(json!(-1), |chapter| json!(chapter)))
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
    let mut told = json!({
        "id": track.number,
        "type": kind,
        "src-id": track.stream,
        "codec": track.codec,
        "default": track.default,
        "forced": track.forced,
        "albumart": track.cover,
        "external": track.outside.is_some(),
        "selected": status.playing(track.kind) == Some(track.number),
    });
    let words = [("title", &track.title), ("lang", &track.language), ("external-filename", &track.outside)];
    for (name, word) in words {
        if let Some(word) = word {
            told[name] = json!(word);
        }
    }
    told
}

/// The property of that name.
///
/// # Errors
/// There is none.
pub fn find(name: &str) -> Result<&'static Property, CommandError> {
    // mpv's names of options are properties, too.
    let name = name.strip_prefix("options/").unwrap_or(name);
    let found = PROPERTIES.iter().find(|property| property.name == name);
    found.ok_or_else(|| CommandError::NoProperty(name.to_owned()))
}

impl Property {
    /// What it is now; none where nothing is known of it.
    pub fn read(&self, status: &Status) -> Option<Value> {
        (self.read)(status)
    }

    /// The same for a reader.
    pub(super) fn shown(&self, status: &Status) -> Option<String> {
        let value = self.read(status)?;
        match value.as_f64().filter(|_| TIMES.contains(&self.name)) {
            Some(seconds) => Some(clock(seconds)),
            None if value.is_f64() => {
                Some(format!("{:.3}", value.as_f64()?).trim_end_matches('0').trim_end_matches('.').to_owned())
            }
            None => self.text(status),
        }
    }

    /// The same as it is set.
    pub fn text(&self, status: &Status) -> Option<String> {
        Some(match self.read(status)? {
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            Value::String(text) => text,
            Value::Number(number) if number.is_f64() => format!("{:.6}", number.as_f64().unwrap_or_default()),
            other => other.to_string(),
        })
    }

    /// What makes it `value`; nothing where it is that.
    ///
    /// # Errors
    /// It cannot be set, or not to that, or not now.
    pub fn set(&self, value: &str, status: &Status) -> Result<Option<Action>, CommandError> {
        let wrong =
            |allowed: String| CommandError::Value { property: self.name.to_owned(), value: value.to_owned(), allowed };
        match self.change {
            Change::Not => Err(CommandError::ReadOnly(self.name.to_owned())),
            Change::Toggle(action) => {
                let wanted = flag(value).ok_or_else(|| wrong("yes or no".to_owned()))?;
                Ok((self.is_on(status)? != wanted).then_some(action))
            }
            Change::Number { least, most, .. } => {
                let number = number_of(value).filter(|number| (least..=most).contains(number));
                let allowed = || {
                    wrong(if most == ENDLESS {
                        format!("a number from {least}")
                    } else {
                        format!("a number from {least} to {most}")
                    })
                };
                self.set_number(number.ok_or_else(allowed)?, status).map(Some)
            }
            Change::Time(action) => {
                let place: Position = value.parse().map_err(|_| wrong("seconds, mm:ss or hh:mm:ss".to_owned()))?;
                let time = place.resolve(status.duration).ok_or_else(|| self.unavailable())?;
                Ok(Some(action(time)))
            }
            Change::Track(kind) => {
                let first = || status.tracks.iter().find(|track| track.kind == kind && !track.cover);
                let number = match value {
                    "no" => None,
                    "auto" => status.playing(kind).or_else(|| first().map(|track| track.number)),
                    _ => Some(value.parse().map_err(|_| wrong("a track's number, auto or no".to_owned()))?),
                };
                Ok((number != status.playing(kind)).then_some(Action::SetTrack(kind, number)))
            }
            Change::Layout => {
                let layout = Layout::from_str(value, false).map_err(|_| wrong(layouts()))?;
                Ok(Some(Action::SetLayout(layout)))
            }
        }
    }

    /// What adds `by` to it; beyond its range it stays at the end of that.
    ///
    /// # Errors
    /// It is no number, or nothing is known of it now.
    pub(super) fn add(&self, by: f64, status: &Status) -> Result<Option<Action>, CommandError> {
        match self.change {
            Change::Number { least, most, .. } => {
                let wanted = (self.value(status)? + by).clamp(least, most);
                // Beyond the last chapter the film is over, and beyond the last film there is none.
                self.set_number(wanted, status).map(Some)
            }
            Change::Time(action) => Ok(Some(action(Time::from_seconds(self.value(status)? + by)))),
            _ => self.cycle(if by < 0.0 { -1 } else { 1 }, status),
        }
    }

    /// What multiplies it.
    ///
    /// # Errors
    /// It is no number, or nothing is known of it now.
    pub(super) fn multiply(&self, by: f64, status: &Status) -> Result<Option<Action>, CommandError> {
        match self.change {
            Change::Number { least, most, .. } => {
                self.set_number((self.value(status)? * by).clamp(least, most), status).map(Some)
            }
            _ => Err(CommandError::ReadOnly(self.name.to_owned())),
        }
    }

    /// What makes it the next of its values, or the one before.
    ///
    /// # Errors
    /// It cannot be set, or nothing is known of it now.
    pub(super) fn cycle(&self, step: i32, status: &Status) -> Result<Option<Action>, CommandError> {
        match self.change {
            Change::Not => Err(CommandError::ReadOnly(self.name.to_owned())),
            Change::Toggle(action) => self.is_on(status).map(|_| Some(action)),
            Change::Track(kind) => Ok(Some(Action::CycleTrack(kind, step))),
            Change::Layout => Ok(Some(Action::Layout(step))),
            Change::Number { .. } | Change::Time(_) => self.add(f64::from(step), status),
        }
    }

    fn unavailable(&self) -> CommandError {
        CommandError::Unavailable(self.name.to_owned())
    }

    fn value(&self, status: &Status) -> Result<f64, CommandError> {
        self.read(status).and_then(|value| value.as_f64()).ok_or_else(|| self.unavailable())
    }

    fn is_on(&self, status: &Status) -> Result<bool, CommandError> {
        self.read(status).map(|value| value != json!(false)).ok_or_else(|| self.unavailable())
    }

    fn set_number(&self, value: f64, status: &Status) -> Result<Action, CommandError> {
        let Change::Number { to, .. } = self.change else { return Err(CommandError::ReadOnly(self.name.to_owned())) };
        to(status, value).ok_or_else(|| self.unavailable())
    }
}

/// Seconds as hh:mm:ss.
fn clock(seconds: f64) -> String {
    let (sign, whole) = (if seconds < 0.0 { "-" } else { "" }, seconds.abs() as u64);
    format!("{sign}{:02}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}

/// `yes` and `no` as mpv writes them, `true` and `false` as JSON does, and `inf` for what is repeated for ever.
fn flag(text: &str) -> Option<bool> {
    match text {
        "yes" | "true" | "inf" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

/// A number, or a fraction of two (`1/1.1`).
pub(super) fn number_of(text: &str) -> Option<f64> {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    match text.split_once('/') {
        Some((over, under)) => {
            number(under).filter(|under| *under != 0.0).and_then(|under| Some(number(over)? / under))
        }
        None => number(text),
    }
}

fn layouts() -> String {
    Layout::value_variants().iter().map(|layout| layout.name()).collect::<Vec<_>>().join(", ")
}
