//! Sound for the device: packets of a track become samples as the device wants them, each with its film time.
//!
//! ```text
//! SoundPackets ─► SoundDecoder: decoder ─► frames with film times ─► Mixer (rate, channels, tempo, night) ─► Mixed
//! ```

mod decode;
mod level;
mod mixer;
mod shape;

pub use decode::{Mixed, SoundDecoder};
pub use mixer::Mix;
pub(in crate::media) use shape::Shape;
