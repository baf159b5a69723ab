//! What was watched: for lists of films.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use super::Record;
use super::key::Key;
use crate::location::Location;
use crate::time::Time;

/// One film that was played.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// Where it was then.
    pub location: Location,
    /// When, in seconds since 1970.
    pub played: u64,
    /// How much of it was seen, 0 to 1; none where its length is not known.
    pub share: Option<f64>,
    /// Film time at which it stood; its end where it was seen up to there.
    pub position: Time,
    /// Its length, where known.
    pub duration: Option<Time>,
}

/// All films that were played, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    films: Vec<Watched>,
    /// By the hash of where they are.
    by_place: HashMap<u64, usize>,
}

impl Seen {
    pub(super) fn new(records: Vec<Record>) -> Self {
        let watched = |record: &Record| Watched {
            location: record.location(),
            played: record.played,
            share: record.watched(),
            position: match record.watched() {
                Some(1.0) => record.duration().unwrap_or_default(),
                _ => record.position().unwrap_or_default(),
            },
            duration: record.duration(),
        };
        let mut films: Vec<Watched> = records.iter().map(watched).collect();
        films.sort_by_key(|film| std::cmp::Reverse(film.played));
        let mut seen = Self::default();
        for film in films {
            let Some(place) = Key::place_of(&film.location) else { continue };
            // Of what lay at one place one after the other the last counts.
            if let Entry::Vacant(vacant) = seen.by_place.entry(place) {
                vacant.insert(seen.films.len());
                seen.films.push(film);
            }
        }
        seen
    }

    /// The last one first.
    pub fn recent(&self) -> &[Watched] {
        &self.films
    }

    /// The film at `path`, if it was played. Looks at no disk.
    pub fn watched(&self, path: &Path) -> Option<&Watched> {
        let place = Key::place_of(&Location::File(path.to_owned()))?;
        self.by_place.get(&place).map(|index| &self.films[*index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_time_of_a_place_counts_and_the_last_film_comes_first() {
        let record = |path: &str, seconds, played| {
            let times = [seconds, 100.0].map(Time::from_seconds);
            let mut record = Record::new(&Location::of(path), Some(times[0]), Some(times[1]), false).unwrap();
            record.played = played;
            record
        };
        let seen = Seen::new(vec![record("/a", 10.0, 5), record("/b", 20.0, 9), record("/a", 30.0, 7)]);
        let paths: Vec<_> = seen.recent().iter().map(|film| (film.location.to_string(), film.played)).collect();
        assert_eq!(paths, [("/b".to_owned(), 9), ("/a".to_owned(), 7)]);
        assert_eq!(seen.watched(Path::new("/a")).unwrap().share, Some(0.3));
        assert_eq!(seen.watched(Path::new("/c")), None);
    }
}
