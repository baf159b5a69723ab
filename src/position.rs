//! A place in a film, as people write it.

use std::str::FromStr;

use crate::frame::Chapter;
use crate::time::Time;

/// A place in a film as mpv's command line writes it: `[[hh:]mm:]ss[.fraction]`, `-` in front to count from the end, `NN%`, or `#N` for a
/// chapter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Position {
    /// From the beginning.
    FromStart(Time),
    /// Back from the end.
    FromEnd(Time),
    /// A share of the length, 0..=100.
    Percent(f64),
    /// The beginning of a chapter, counted from 1.
    Chapter(usize),
}

impl Position {
    /// The film time meant, for a film of `duration` with these chapters. Without a known duration places counted from the end are `None`, and so is a
    /// chapter that there is not.
    pub fn resolve(self, duration: Option<Time>, chapters: &[Chapter]) -> Option<Time> {
        match self {
            Self::FromStart(time) => Some(time),
            Self::FromEnd(time) => duration.map(|whole| (whole - time).max(Time::ZERO)),
            Self::Percent(share) => duration.map(|whole| Time::from_seconds(whole.seconds() * share / 100.0)),
            Self::Chapter(number) => chapters.get(number.checked_sub(1)?).map(|chapter| chapter.start),
        }
    }
}

/// What is wrong with a written time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no time: write seconds (90.5), mm:ss, hh:mm:ss, -30 to count from the end, 50%, or #2 for a chapter")]
pub struct ParsePositionError(String);

impl FromStr for Position {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParsePositionError(text.to_owned());
        if let Some(percent) = text.strip_suffix('%') {
            let share = unsigned_number(percent).ok_or_else(wrong)?;
            return if share <= 100.0 { Ok(Self::Percent(share)) } else { Err(wrong()) };
        }
        if let Some(number) = text.strip_prefix('#') {
            let number = number.parse().ok().filter(|number| *number > 0);
            return number.map(Self::Chapter).ok_or_else(wrong);
        }
        let (from_end, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let parts: Vec<&str> = digits.split(':').collect();
        let (last, leading) = parts.split_last().ok_or_else(wrong)?;
        if leading.len() > 2 {
            return Err(wrong());
        }
        let mut whole = 0.0;
        for part in leading {
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(wrong());
            }
            whole = (whole + part.parse::<f64>().map_err(|_| wrong())?) * 60.0;
        }
        let time = Time::from_seconds(whole + unsigned_number(last).ok_or_else(wrong)?);
        Ok(if from_end { Self::FromEnd(time) } else { Self::FromStart(time) })
    }
}

/// Digits with at most one point among them: none of the signs, exponents and names that `f64` takes besides.
fn unsigned_number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && text.bytes().any(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_mpv_reads_them() {
        let start = |seconds| Ok(Position::FromStart(Time::from_seconds(seconds)));
        assert_eq!("90.5".parse(), start(90.5));
        assert_eq!("1:30".parse(), start(90.0));
        assert_eq!("+01:02:03.25".parse(), start(3723.25));
        assert_eq!("-30".parse(), Ok(Position::FromEnd(Time::from_seconds(30.0))));
        assert_eq!("50%".parse(), Ok(Position::Percent(50.0)));
        assert_eq!("#2".parse(), Ok(Position::Chapter(2)));
        for bad in [
            "", "a", "1:", ":1", "1:2:3:4", "1e5", "inf", "nan", "120%", "--1", "1:-2", "1.2.3", "-", "%", "#", "#0",
            "#-1", "#1.5",
        ] {
            assert!(bad.parse::<Position>().is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn places_resolve_against_the_length() {
        let whole = Some(Time::from_seconds(200.0));
        assert_eq!(Position::Percent(25.0).resolve(whole, &[]), Some(Time::from_seconds(50.0)));
        assert_eq!(Position::FromEnd(Time::from_seconds(30.0)).resolve(whole, &[]), Some(Time::from_seconds(170.0)));
        assert_eq!(Position::FromEnd(Time::from_seconds(30.0)).resolve(None, &[]), None);
        let chapters = [0.0, 20.0].map(|start| Chapter { start: Time::from_seconds(start), ..Chapter::default() });
        assert_eq!(Position::Chapter(2).resolve(None, &chapters), Some(Time::from_seconds(20.0)));
        assert_eq!(Position::Chapter(3).resolve(whole, &chapters), None);
    }
}
