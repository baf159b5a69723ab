//! A property: what it is now, and which action makes it another.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{CommandError, Status, listed, tracks};
use crate::media::TrackKind;
use crate::playlist::Loop;
use crate::position::Position;
use crate::sink::{Action, Layout, Part};
use crate::subtitle::Override;
use crate::time::Time;

/// How a property is changed.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// It only tells something.
    Not,
    /// `yes` or `no`; this makes one of the other.
    Toggle(Action),
    /// A number from `least` to `most`; `to` gives what makes it that.
    Number { least: f64, most: f64, to: fn(&Status, f64) -> Option<Action> },
    /// A film time, in seconds or written as places are.
    Time(fn(Time) -> Action),
    /// A film time or `no`.
    Place(fn(Option<Time>) -> Action),
    /// A track's number, `no` or `auto`.
    Track(TrackKind),
    /// The number of the second subtitle track, `no` or `auto`.
    SecondSub,
    /// How much of the viewer's settings is for scripts.
    Override,
    /// A layout's name.
    Layout,
    /// How often something begins again, or without a number for ever; the first count that is written is `first`.
    Loop { first: u32, to: fn(Option<u32>) -> Action },
    /// `yes` or `no`, each made so by itself.
    Switch(fn(bool) -> Action),
    /// A part of the picture, or nothing for all of it.
    Part,
}

/// One thing that can be asked for by name.
pub struct Property {
    /// As mpv calls it, where mpv has it.
    pub name: &'static str,
    pub(super) read: fn(&Status) -> Option<Value>,
    pub(super) change: Change,
}

/// For numbers without a greatest.
pub(super) const ENDLESS: f64 = 1e9;
/// Values that are written as times of day for a reader.
const TIMES: [&str; 5] = ["time-pos", "playback-time", "duration", "time-remaining", "playtime-remaining"];

pub(super) const fn told(name: &'static str, read: fn(&Status) -> Option<Value>) -> Property {
    Property { name, read, change: Change::Not }
}

pub(super) const fn toggled(name: &'static str, read: fn(&Status) -> Option<Value>, action: Action) -> Property {
    Property { name, read, change: Change::Toggle(action) }
}

pub(super) const fn number(
    name: &'static str,
    [least, most]: [f64; 2],
    read: fn(&Status) -> Option<Value>,
    to: fn(&Status, f64) -> Option<Action>,
) -> Property {
    Property { name, read, change: Change::Number { least, most, to } }
}

pub(super) const fn track(name: &'static str, read: fn(&Status) -> Option<Value>, kind: TrackKind) -> Property {
    Property { name, read, change: Change::Track(kind) }
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
            None if self.name == "playlist" => Some(listed::shown(status)),
            None if self.name == "track-list" => Some(tracks::shown(status)),
            None => self.text(status),
        }
    }

    /// The same as it is set.
    pub fn text(&self, status: &Status) -> Option<String> {
        self.read(status).map(written)
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
                let number = ratio_of(value).filter(|number| (least..=most).contains(number));
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
                let time = place.resolve(status.duration, &status.chapters).ok_or_else(|| self.unavailable())?;
                Ok(Some(action(time)))
            }
            Change::Place(action) => {
                let place = (value != "no").then(|| value.parse::<Position>());
                let place = place.transpose().map_err(|_| wrong("seconds, mm:ss, hh:mm:ss or no".to_owned()))?;
                let time = place
                    .map(|place| place.resolve(status.duration, &status.chapters).ok_or_else(|| self.unavailable()));
                Ok(Some(action(time.transpose()?)))
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
            Change::Loop { first, to } => {
                let often: Loop = value.parse().map_err(|_| wrong("no, inf or a number".to_owned()))?;
                let often = match often {
                    Loop::Times(times) => Loop::from(Some(times.saturating_sub(first))),
                    other => other,
                };
                Ok((self.read(status) != Some(listed::often(often, first))).then(|| to(often.into())))
            }
            Change::Switch(action) => {
                let wanted = flag(value).ok_or_else(|| wrong("yes or no".to_owned()))?;
                Ok((self.is_on(status)? != wanted).then(|| action(wanted)))
            }
            Change::SecondSub => {
                let number = match value {
                    "no" => None,
                    "auto" => status.second_subtitle,
                    _ => Some(value.parse().map_err(|_| wrong("a track's number, auto or no".to_owned()))?),
                };
                Ok((number != status.second_subtitle).then_some(Action::SetSecondSub(number)))
            }
            Change::Override => {
                let wanted = Override::of_name(value);
                let wanted = wanted.ok_or_else(|| wrong(Override::NAMES.map(|(name, _)| name).join(", ")))?;
                let same = status.subtitles.as_ref().is_some_and(|set| set.scripts == wanted);
                Ok(Some(Action::SetSubOverride(wanted)).filter(|_| !same))
            }
            Change::Part => {
                let whole = ["", "no", "0"].contains(&value);
                let part = (!whole).then(|| value.parse::<Part>().map_err(|_| wrong("WxH or WxH+X+Y".to_owned())));
                Ok(Some(Action::Crop(part.transpose()?)))
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
            Change::Place(action) => Ok(Some(action(Some(Time::from_seconds(self.value(status)? + by))))),
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
            Change::Not | Change::Part => Err(CommandError::ReadOnly(self.name.to_owned())),
            Change::Toggle(action) => self.is_on(status).map(|_| Some(action)),
            Change::Switch(action) => self.is_on(status).map(|on| Some(action(!on))),
            Change::Loop { to, .. } => self.is_on(status).map(|on| Some(to(on.then_some(0)))),
            Change::Track(kind) => Ok(Some(Action::CycleTrack(kind, step))),
            Change::SecondSub => Ok(Some(Action::CycleSecondSub(step))),
            Change::Override => {
                let scripts = status.subtitles.as_ref().ok_or_else(|| self.unavailable())?.scripts;
                Ok(Some(Action::SetSubOverride(scripts.step(step))))
            }
            Change::Layout => Ok(Some(Action::Layout(step))),
            Change::Number { .. } | Change::Time(_) | Change::Place(_) => self.add(f64::from(step), status),
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

/// As it is set.
pub(super) fn written(value: Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text,
        Value::Number(number) if number.is_f64() => format!("{:.6}", number.as_f64().unwrap_or_default()),
        other => other.to_string(),
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

/// The same, also written as aspects are (`16:9`).
pub(super) fn ratio_of(text: &str) -> Option<f64> {
    number_of(&text.replace(':', "/"))
}

fn layouts() -> String {
    Layout::value_variants().iter().map(|layout| layout.name()).collect::<Vec<_>>().join(", ")
}
