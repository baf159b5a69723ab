//! What is kept of one film.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::key::name_of;
use crate::location::Location;
use crate::time::Time;

/// How records are written now.
const VERSION: u32 = 1;
/// A longer film, or a later place in it, is no film's, in seconds.
const LONGEST: f64 = 1e8;
/// Who has seen this part of a film has seen it: the rest is what it was made by.
const SEEN: f64 = 0.95;
/// But more than this is left, in seconds, nobody has.
const CREDITS: f64 = 300.0;

/// What is kept of one film.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Record {
    version: u32,
    /// Where it is, as [`Location::of`] reads it.
    location: String,
    /// When it was played last, in seconds since 1970.
    pub played: u64,
    /// Film time at which it stood, in seconds, unless it is to begin at its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<f64>,
    /// Its length in seconds, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    /// It was seen up to its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ended: bool,
    /// What the viewer has set for it, by mpv's names and ours.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A later version of the program has written it.
    #[error("a newer deep3d has written it")]
    Newer,
    /// It is none.
    #[error("it is damaged ({0})")]
    Damaged(String),
}

impl Record {
    /// Of a film that stands at `position`, now; where `ended`, or near its end, it will begin at its beginning. None of what cannot be found again.
    pub fn new(location: &Location, position: Option<Time>, duration: Option<Time>, ended: bool) -> Option<Self> {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let (position, duration) = (position.map(Time::seconds), duration.map(Time::seconds));
        let ended = ended || position.zip(duration).is_some_and(|(position, duration)| is_over(position, duration));
        Some(Self {
            version: VERSION,
            location: name_of(location)?,
            played: since_1970.as_secs(),
            position: position.filter(|position| *position > 0.0 && !ended),
            duration,
            ended,
            options: BTreeMap::new(),
        })
    }

    /// The same film, seen up to its end.
    #[must_use]
    pub fn over(self) -> Self {
        Self { position: None, ended: true, ..self }
    }

    /// Whether both say the same, whenever that was.
    pub fn says_what(&self, other: &Self) -> bool {
        *self == Self { played: self.played, ..other.clone() }
    }

    /// Reads what [`Record::write`] gave.
    ///
    /// # Errors
    /// It is damaged, or newer.
    pub fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        let damaged = |error: serde_json::Error| RecordError::Damaged(error.to_string());
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(damaged)?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version > u64::from(VERSION) => return Err(RecordError::Newer),
            Some(_) => {}
            None => return Err(RecordError::Damaged("it has no version".to_owned())),
        }
        let record: Self = serde_json::from_value(value).map_err(damaged)?;
        let within = |time: Option<f64>| time.is_none_or(|time| (0.0..=LONGEST).contains(&time));
        match within(record.position) && within(record.duration) {
            true => Ok(record),
            false => Err(RecordError::Damaged("its times are no film's".to_owned())),
        }
    }

    /// As it is kept.
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// Where the film is.
    pub fn location(&self) -> Location {
        Location::of(&self.location)
    }

    /// Film time at which to go on; none: at the beginning.
    pub fn position(&self) -> Option<Time> {
        self.position.map(Time::from_seconds)
    }

    /// The film's length, where known.
    pub fn duration(&self) -> Option<Time> {
        self.duration.map(Time::from_seconds)
    }

    /// How much of it was seen, 0 to 1; none where its length is not known.
    pub fn watched(&self) -> Option<f64> {
        let share = || Some((self.position.unwrap_or(0.0) / self.duration.filter(|length| *length > 0.0)?).min(1.0));
        if self.ended { Some(1.0) } else { share() }
    }
}

/// Whether nothing is left at `position` of a film of `duration` that anybody would come back for: its last twentieth, at most five minutes.
fn is_over(position: f64, duration: f64) -> bool {
    position >= duration * SEEN && duration - position <= CREDITS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(position: f64, duration: f64) -> Record {
        let times = [position, duration].map(Time::from_seconds);
        Record::new(&Location::of("/a.mkv"), Some(times[0]), Some(times[1]), false).unwrap()
    }

    #[test]
    fn a_film_near_its_end_begins_anew() {
        for (position, duration, wanted, watched) in [
            (50.0, 100.0, Some(50.0), 0.5),
            (94.9, 100.0, Some(94.9), 0.949),
            (95.0, 100.0, None, 1.0),
            (0.0, 100.0, None, 0.0),
            // Ten minutes of a very long film are no credits.
            (35_400.0, 36_000.0, Some(35_400.0), 35_400.0 / 36_000.0),
            (35_700.0, 36_000.0, None, 1.0),
        ] {
            let record = record(position, duration);
            assert_eq!(record.position(), wanted.map(Time::from_seconds), "{position} of {duration}");
            assert!((record.watched().unwrap() - watched).abs() < 1e-9, "{position} of {duration}");
        }
        let over = Record::new(&Location::of("/a.mkv"), Some(Time::from_seconds(5.0)), None, true).unwrap();
        assert_eq!((over.position(), over.watched()), (None, Some(1.0)));
        let endless = Record::new(&Location::of("http://h/x"), None, None, false).unwrap();
        assert_eq!((endless.position(), endless.watched()), (None, None));
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let mut record = record(12.345_678_901, 100.0);
        record.options.insert("sub-delay".to_owned(), "0.5".to_owned());
        let text = String::from_utf8(record.write()).unwrap();
        assert_eq!(Record::read(text.as_bytes()).unwrap(), record);
        assert_eq!(record.position().unwrap().nanoseconds(), 12_345_678_901);
        let error = |text: &str| Record::read(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error(&text.replace("\"version\": 1", "\"version\": 2")), "a newer deep3d has written it");
        for wrong in [
            String::new(),
            "{}".to_owned(),
            text[..text.len() / 2].to_owned(),
            text.replace("12.3", "-12.3"),
            text.replace("12.3", "1e300"),
            text.replace("\"played\": ", "\"played\": -"),
            text.replace("\"0.5\"", "0.5"),
        ] {
            assert!(error(&wrong).starts_with("it is damaged"), "{wrong}");
        }
        // What a later program of the same version adds is passed over.
        assert!(Record::read(text.replacen('{', "{\"more\": [1], ", 1).as_bytes()).is_ok());
    }
}
