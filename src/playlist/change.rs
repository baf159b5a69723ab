//! What may be done to a list: the same for commands, dropped files and the browser.

use super::entry::Entry;

/// Where new entries go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the place of all.
    Instead,
    /// Behind all.
    End,
    /// Behind the one that plays.
    Next,
    /// Before the one that is there.
    At(usize),
}

/// How entries are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct How {
    /// Where they go.
    pub place: Place,
    /// The first of them is played where nothing is.
    pub play: bool,
}

/// A change of the list, or of what plays of it. Places count from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// These are added.
    Add(Vec<Entry>, How),
    /// So many on, or back. `force`: where there is none it is over.
    Step {
        /// Forwards where positive.
        by: i32,
        /// Ends where there is none.
        force: bool,
    },
    /// This one plays, from its beginning.
    Play(usize),
    /// The one that plays begins anew.
    PlayAgain,
    /// All go but the one that plays.
    Clear,
    /// This one goes, or the one that plays.
    Remove(Option<usize>),
    /// One takes the place of another.
    Move {
        /// Which.
        from: usize,
        /// Whose.
        to: usize,
    },
    /// Into an order by chance, or back.
    Shuffle(bool),
    /// Nothing plays any more; the list is emptied unless it is kept.
    Stop {
        /// The list stays.
        keep: bool,
    },
}

impl Change {
    /// These instead of all, the first of them to be played.
    pub fn play(entries: Vec<Entry>) -> Self {
        Self::Add(entries, How { place: Place::Instead, play: true })
    }

    /// These behind all.
    pub fn append(entries: Vec<Entry>) -> Self {
        Self::Add(entries, How { place: Place::End, play: true })
    }
}
