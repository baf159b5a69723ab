//! mpv's `seek`.

use super::{CommandError, Status, property};
use crate::position::Position;
use crate::sink::Action;
use crate::time::Time;

/// Where to, from where, and how exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seek {
    by: By,
    landing: Landing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum By {
    /// Seconds from where the film is.
    Seconds(f64),
    /// Percent of the film's length from there.
    Share(f64),
    /// A place.
    To(Position),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Landing {
    /// As the viewer has chosen.
    Chosen,
    Exact,
    KeyFrame,
}

pub(super) const USAGE: &str = "seek TARGET [relative|absolute|relative-percent|absolute-percent][+exact|+keyframes]";

impl Seek {
    /// Of the words behind `seek`.
    pub(super) fn parse(words: &[String]) -> Result<Self, CommandError> {
        let wrong = CommandError::Usage(USAGE);
        let (target, flags) = words.split_first().ok_or(wrong.clone())?;
        let (mut from, mut landing) = ("relative", Landing::Chosen);
        for flag in flags.iter().flat_map(|flags| flags.split('+')) {
            match flag {
                "relative" | "absolute" | "relative-percent" | "absolute-percent" => from = flag,
                "exact" => landing = Landing::Exact,
                "keyframes" => landing = Landing::KeyFrame,
                _ => return Err(wrong),
            }
        }
        let number = || property::number_of(target).ok_or(CommandError::Usage(USAGE));
        let by = match from {
            "relative" => By::Seconds(match number() {
                Ok(number) => number,
                Err(error) => signed(target).ok_or(error)?,
            }),
            "relative-percent" => By::Share(number()?),
            "absolute-percent" => By::To(Position::Percent(number()?.clamp(0.0, 100.0))),
            _ => By::To(target.parse().map_err(|_| wrong)?),
        };
        Ok(Self { by, landing })
    }

    pub(super) fn resolve(self, status: &Status) -> Result<Action, CommandError> {
        let whole = || status.duration.ok_or_else(|| CommandError::Unavailable("duration".to_owned()));
        let to = match self.by {
            // What the player adds up by itself.
            By::Seconds(by) if by.fract() == 0.0 && by.abs() < 1e9 && self.landing != Landing::KeyFrame => {
                let by = by as i32;
                return Ok(if self.landing == Landing::Exact { Action::SeekExact(by) } else { Action::Seek(by) });
            }
            By::Seconds(by) => status.position + Time::from_seconds(by),
            By::Share(by) => status.position + Time::from_seconds(whole()?.seconds() * by / 100.0),
            By::To(Position::FromStart(Time::ZERO)) if self.landing == Landing::Chosen => return Ok(Action::SeekStart),
            By::To(place) => {
                place.resolve(status.duration, &status.chapters).map_or_else(|| whole().map(|_| Time::ZERO), Ok)?
            }
        };
        let to = to.max(Time::ZERO);
        Ok(match self.landing {
            Landing::Chosen => Action::SeekTo(to),
            Landing::Exact => Action::SeekExactTo(to),
            Landing::KeyFrame => Action::SeekKeyFrame(to),
        })
    }
}

/// Seconds written as `-1:30`.
fn signed(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text),
    };
    match digits.parse() {
        Ok(Position::FromStart(time)) => Some(sign * time.seconds()),
        _ => None,
    }
}
