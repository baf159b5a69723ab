//! What the browser shows: plain values.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::location::Location;
use crate::playlist::{Kind, kind_of};
use crate::time::Time;

/// Where one may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// What was played last.
    Recent,
    /// A folder.
    Folder(PathBuf),
}

impl Place {
    /// The folder above it.
    pub fn above(&self) -> Option<Self> {
        match self {
            Self::Recent => None,
            Self::Folder(folder) => folder.parent().map(|above| Self::Folder(above.to_owned())),
        }
    }
}

/// A place that is offered by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceItem {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub place: Place,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// To be gone into.
    Folder,
    /// To be played.
    Film,
    /// Sound alone.
    Sound,
    /// A picture.
    Picture,
    /// A list of others.
    List,
}

/// One thing in a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is called.
    pub name: String,
    /// The same in small letters: for a search.
    pub search: String,
    /// Where it is.
    pub location: Location,
    /// What it is.
    pub kind: ItemKind,
}

impl Item {
    /// A file or folder; none where nothing can be done with it.
    pub(super) fn new(path: PathBuf, is_folder: bool) -> Option<Self> {
        let kind = match kind_of(&path) {
            _ if is_folder => ItemKind::Folder,
            Some(Kind::Film) => ItemKind::Film,
            Some(Kind::Sound) => ItemKind::Sound,
            Some(Kind::Picture) => ItemKind::Picture,
            None if is_list(&path) => ItemKind::List,
            None => return None,
        };
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some(Self { search: name.to_lowercase(), name, location: Location::File(path), kind })
    }
}

fn is_list(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
    ["m3u", "m3u8", "pls", "cue"].iter().any(|list| end.eq_ignore_ascii_case(list))
}

/// How far the reading of a place is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is being read.
    Reading,
    /// It does not answer.
    Silent,
    /// All of it is there.
    Read,
    /// It cannot be read, in the system's words.
    Failed(String),
}

/// A place and what is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// Which.
    pub place: Place,
    /// What is in it: folders first, in natural order.
    pub items: Vec<Item>,
}

/// A small picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Small {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// R'G'B' and alpha, 8 bits each, rows tightly packed.
    pub pixels: Vec<u8>,
}

/// What is known of an item, besides its name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// How long it is.
    pub duration: Option<Time>,
    /// Which part of it was watched, 0 to 1.
    pub watched: Option<f32>,
    /// What it looks like.
    pub picture: Option<Arc<Small>>,
}

/// All that is to be seen. Cheap to clone; two are the same where their versions are.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// Counts changes.
    pub version: u64,
    /// Where one is, and what is there.
    pub listing: Arc<Listing>,
    /// How far that is read.
    pub state: State,
    /// Places that are offered.
    pub places: Arc<[PlaceItem]>,
    /// What is known of items, by their place in the listing.
    pub facts: Arc<HashMap<usize, Facts>>,
    /// There is more to come of what was asked for.
    pub busy: bool,
}

impl PartialEq for Shelf {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            version: 0,
            listing: Arc::new(Listing { place: Place::Recent, items: Vec::new() }),
            state: State::Reading,
            places: Arc::default(),
            facts: Arc::default(),
            busy: true,
        }
    }
}
