//! One thing of a list.

use std::ffi::OsStr;
use std::sync::Arc;

use super::part::Part;
use crate::frame::Chapter;
use crate::location::Location;
use crate::terminal;

/// One thing to be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number, which it keeps wherever it is moved; counts from 1. 0 while it is in no list.
    pub id: u64,
    /// Where it is.
    pub location: Location,
    /// What a list calls it.
    pub title: Option<String>,
    /// Which part of it is played, as far as that was said of this one.
    pub part: Part,
    /// Chapters that a list gives it; where there are none it has its own.
    pub chapters: Arc<[Chapter]>,
    /// It is a list, one name a line, whatever stands in it.
    pub is_list: bool,
    /// The lists and folders that it came from, the innermost last.
    pub from: Arc<[Location]>,
}

impl Entry {
    /// What a user has named.
    pub fn new(location: impl Into<Location>) -> Self {
        Self {
            id: 0,
            location: location.into(),
            title: None,
            part: Part::default(),
            chapters: Arc::default(),
            is_list: false,
            from: Arc::default(),
        }
    }

    /// A list that a user has named as one (`--playlist`).
    pub fn list(location: impl Into<Location>) -> Self {
        Self { is_list: true, ..Self::new(location) }
    }

    /// What is named by this, a list or a folder.
    pub(super) fn names(&self, location: Location) -> Self {
        let from = self.from.iter().chain([&self.location]).cloned().collect();
        Self { from, part: self.part, ..Self::new(location) }
    }

    /// Whether a user has named it, and no list.
    pub fn is_own(&self) -> bool {
        self.from.is_empty()
    }

    /// The last part of its name, fit for a line.
    pub fn file_name(&self) -> String {
        let name = self.location.file_name().map_or_else(|| self.location.to_string().into(), OsStr::to_string_lossy);
        terminal::line(&name).into_owned()
    }

    /// What it is called: its title, or its file's name.
    pub fn name(&self) -> String {
        match &self.title {
            Some(title) => terminal::line(title).into_owned(),
            None => self.file_name(),
        }
    }
}

impl From<Location> for Entry {
    fn from(location: Location) -> Self {
        Self::new(location)
    }
}

impl From<&Location> for Entry {
    fn from(location: &Location) -> Self {
        Self::new(location.clone())
    }
}
