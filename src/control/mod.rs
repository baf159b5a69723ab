//! What may be asked of the player in words: mpv's commands and properties, for keys, for `input.conf` and for programs that talk to it.
//!
//! ```text
//! "add volume 2"  ─ parse ─►  Command  ─ resolve(Status) ─►  Action  ─►  player, painter, window
//! Status  ─ read ─►  property "volume"  =  102.0
//! ```
//!
//! A [`Status`] is one snapshot of plain values; commands that depend on what is (`cycle`, `add`) become actions by it. All of it is pure, and may be used
//! from any thread.

mod bindings;
mod command;
mod error;
mod expand;
mod input_conf;
mod keyboard;
mod listed;
mod properties;
mod property;
mod seek;
mod shot;
mod sought;
mod status;
mod tracks;
mod words;

pub use bindings::{BINDINGS, Binding, Bindings};
pub use command::{Command, Done};
pub use error::CommandError;
pub use input_conf::InputError;
pub use keyboard::Keyboard;
pub use properties::{all as properties, find};
pub use property::Property;
pub use shot::{Shot, ShotOf};
pub use sought::Sought;
pub use status::Status;
