//! What is remembered of films from one start to the next, as far as the browser shows it.

use std::path::Path;

use crate::location::Location;
use crate::time::Time;

/// A film that was played.
#[derive(Debug, Clone, PartialEq)]
pub struct Recent {
    /// Where it is.
    pub location: Location,
    /// What it is called.
    pub title: String,
}

/// How far a film was watched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watched {
    /// Film time.
    pub position: Time,
    /// The film's length, where it is known.
    pub duration: Option<Time>,
}

/// Who remembers. Asked from a thread that may wait.
pub trait Remembered: Send + Sync {
    /// What was played, the last first.
    fn recent(&self) -> Vec<Recent>;

    /// How far the film there was watched.
    fn watched(&self, film: &Path) -> Option<Watched>;
}

/// Nobody.
pub struct Nothing;

impl Remembered for Nothing {
    fn recent(&self) -> Vec<Recent> {
        Vec::new()
    }

    fn watched(&self, _film: &Path) -> Option<Watched> {
        None
    }
}
