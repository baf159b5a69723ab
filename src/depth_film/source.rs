//! By what a film is known again: its length and small prints of a few of its pictures. They are the same in another container, and nearly so in another coding.

use crate::location::Location;
use crate::media::{MediaError, Source, SourceOptions, StopFlag};
use crate::stage::cut::Fingerprint;
use crate::stage::glance::Glance;
use crate::time::Time;

/// Bytes of a print.
const BYTES: usize = Fingerprint::DIGEST;
/// Where pictures are looked at, as parts of the length.
const PLACES: [f64; 4] = [0.15, 0.4, 0.6, 0.85];
/// No more are read out of a file.
const MOST_PLACES: usize = 8;
/// Mean difference of two prints of one picture, of 255: another coding's noise.
const ALIKE: f64 = 5.0;
/// Longer films are not believed.
const LONGEST: f64 = 1e6;

/// A film's length and prints.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcePrint {
    /// Its length; `None` for stills and where nobody knows.
    pub duration: Option<Time>,
    /// When, and what is seen then.
    pub places: Vec<(Time, [u8; BYTES])>,
}

impl SourcePrint {
    /// Of the film or still at `location`. A stream that cannot be searched, or whose length is unknown, has no places.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(location: &Location, stop: &StopFlag) -> Result<Self, MediaError> {
        let mut source =
            Source::open(location, &SourceOptions { stop: stop.clone(), quiet: true, ..SourceOptions::default() })?;
        let info = source.info();
        let (duration, is_still, can_seek) = (info.duration, info.is_still, info.can_seek);
        let mut places: Vec<(Time, [u8; BYTES])> = Vec::new();
        match duration {
            _ if is_still => places.extend(look(&mut source, Ok(true))?),
            Some(duration) if can_seek => {
                for place in PLACES {
                    let time = Time::from_seconds(duration.seconds() * place);
                    // Where decoding can begin it costs least; films that begin anew too seldom for that are sought through.
                    let near = source.seek_near(time, 0).map(|()| true);
                    let found = match look(&mut source, near)? {
                        Some((found, _)) if places.iter().any(|(time, _)| *time == found) => {
                            let exactly = source.seek_unless(time, 0, &|| stop.is_stopped());
                            look(&mut source, exactly)?
                        }
                        found => found,
                    };
                    places.extend(found);
                }
            }
            _ => {}
        }
        Ok(Self { duration, places })
    }

    /// Whether the film or still at `location` shows the same pictures at the same times. One place in four may differ; without any nothing can be told, and
    /// that is no.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn is_of(&self, location: &Location, stop: &StopFlag) -> Result<bool, MediaError> {
        let mut source =
            Source::open(location, &SourceOptions { stop: stop.clone(), quiet: true, ..SourceOptions::default() })?;
        let mut same = 0;
        for (time, print) in &self.places {
            let sought = source.seek_unless(*time, 0, &|| stop.is_stopped());
            let seen = look(&mut source, sought)?;
            same += usize::from(seen.is_some_and(|(_, seen)| distance(&seen, print) <= ALIKE));
        }
        Ok(same > 0 && (self.places.len() - same) * 4 <= self.places.len())
    }

    /// As a tag: length in seconds or `-`, then `;time:print` in hexadecimal digits for each place.
    pub fn to_tag(&self) -> String {
        let mut text = self.duration.map_or_else(|| "-".to_owned(), |whole| format!("{:.3}", whole.seconds()));
        for (time, print) in &self.places {
            let digits: String = print.iter().map(|byte| format!("{byte:02x}")).collect();
            text.push_str(&format!(";{:.6}:{digits}", time.seconds()));
        }
        text
    }

    /// The inverse of [`SourcePrint::to_tag`]; `None` for what it never writes.
    pub fn from_tag(text: &str) -> Option<Self> {
        let seconds = |text: &str| {
            let value = text.parse::<f64>().ok().filter(|value| (0.0..=LONGEST).contains(value));
            value.map(Time::from_seconds)
        };
        let mut parts = text.trim().split(';');
        let duration = match parts.next()? {
            "-" => None,
            length => Some(seconds(length)?),
        };
        let mut places = Vec::new();
        for part in parts {
            let (time, digits) = part.split_once(':')?;
            if places.len() == MOST_PLACES || digits.len() != 2 * BYTES || !digits.is_ascii() {
                return None;
            }
            let mut print = [0; BYTES];
            for (at, byte) in print.iter_mut().enumerate() {
                *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
            }
            places.push((seconds(time)?, print));
        }
        Some(Self { duration, places })
    }
}

/// The next picture's time and print, where the search for it came to an end.
fn look(source: &mut Source, sought: Result<bool, MediaError>) -> Result<Option<(Time, [u8; BYTES])>, MediaError> {
    match sought {
        Ok(true) => Ok(source.next()?.map(|frame| (frame.pts, Fingerprint::of(&Glance::of(&frame.data)).digest()))),
        Ok(false) | Err(MediaError::Stopped) => Err(MediaError::Stopped),
        // Raw streams have no places to go to.
        Err(_) => Ok(None),
    }
}

fn distance(a: &[u8; BYTES], b: &[u8; BYTES]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / BYTES as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_goes_there_and_back() {
        let print = SourcePrint {
            duration: Some(Time::from_seconds(60.5)),
            places: vec![(Time::from_seconds(1.25), [7; BYTES]), (Time::from_seconds(30.0), [255; BYTES])],
        };
        assert_eq!(SourcePrint::from_tag(&print.to_tag()), Some(print));
        let still = SourcePrint { duration: None, places: vec![] };
        assert_eq!(SourcePrint::from_tag(&still.to_tag()), Some(still));
    }

    #[test]
    fn nonsense_is_none() {
        let place = format!(";1:{}", "0".repeat(2 * BYTES));
        let many = format!("9{}", place.repeat(MOST_PLACES + 1));
        let sign = format!("9;1:{}", "é".repeat(BYTES));
        for text in ["", "NaN", "-1", "1e99", "9;", "9;1", "9;1:00", "9;x:00", &many, &sign] {
            assert_eq!(SourcePrint::from_tag(text), None, "{text}");
        }
        assert!(SourcePrint::from_tag(&format!("9{}", place.repeat(MOST_PLACES))).is_some());
    }
}
