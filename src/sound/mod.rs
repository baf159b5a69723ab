//! Sound: the device, ring S before it, and the clock that it is.
//!
//! ```text
//! film's thread: Track ─samples with film times─► ring S ─► Outlet (the device's thread) ─► device
//! player: Listener ─select, go, hold─────────────────────────┘ └─what was given, when it is heard─► Listener ─► Clock
//! ```
//!
//! [`Sound`] keeps a device open on a thread of its own, and opens another one where it goes. A film's [`Track`] puts samples into ring S that know their film
//! time. The device takes them at its own pace: whether film time runs, where it is, and how loud it is, is decided there, in the `Outlet`, which
//! never waits. From what the device was given, and when it says that is heard, the [`Listener`] tells film time: the device is the film's clock.
//!
//! In a [`Room`] the channels of a film are loudspeakers around the viewer's head.
//!
//! A pause is a state there and not of the device, which goes on with silence.

mod choice;
mod error;
mod fake;
mod format;
mod keeper;
mod listener;
mod message;
mod outlet;
mod output;
mod ring;
mod room;
mod settings;
mod shared;
mod system;
mod timeline;
mod track;

pub use error::SoundError;
pub use fake::FakeDevice;
pub use format::Format;
pub use keeper::Sound;
pub use listener::{Hearing, Listener};
pub use message::StreamId;
pub use outlet::Outlet;
pub use output::{DeviceName, Open, Output};
pub use room::{Directions, Room, SPEAKERS, Speaker};
pub use system::System;
pub use track::{Pushed, Samples, Track};
