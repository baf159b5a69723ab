//! What there is to choose among: places, folders and what is in them, with small pictures.
//!
//! ```text
//! Wish ─► Browser ─┬─ reader (a thread for each folder) ─► Listing ─┐
//!                  └─ thumbnails (one thread, low priority) ─► Facts ┴─► Shelf ─► panel
//! ```
//!
//! [`Browser`] is the handle. Nothing of it waits for a disk: a folder that does not answer keeps its own thread waiting, and the [`Shelf`] says so.

mod cache;
mod desk;
mod folder;
mod made;
mod memory;
mod model;
mod places;
mod thumbnails;
mod uri;

pub use desk::Browser;
pub use memory::{Nothing, Recent, Remembered, Watched};
pub use model::{Facts, Item, ItemKind, Listing, Place, PlaceItem, Shelf, Small, State};
