//! The list of what is played: its order, what may change it, and how it is made of folders and of files that are lists themselves.
//!
//! ```text
//! names ─► Entry ─► List ─ the one whose turn it is ─► unfold ─┬─ entries: a folder or a list, which they replace
//!                    ▲                                        └─ nothing: a film, to be opened
//!                    └─ Change (commands, dropped files, the browser)
//! ```
//!
//! [`List`] is plain data. [`unfold()`] looks at files, and belongs on a thread that may wait for them.

mod allowed;
mod change;
mod cue;
mod entry;
mod error;
mod folder;
mod kind;
mod line;
mod list;
mod lists;
mod natural;
mod part;
mod repeat;
mod unfold;

pub use change::{Change, How, Place};
pub use entry::Entry;
pub use error::ListError;
pub use folder::{Autocreate, DirectoryMode};
pub use kind::{Kind, kind_of};
pub use list::List;
pub use natural::by_nature;
pub use part::Part;
pub use repeat::Loop;
pub use unfold::{Unfolding, unfold};
