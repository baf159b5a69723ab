//! Subtitles: packets become cues (FFmpeg's decoders), cues become bitmaps (libass draws lines of text; pictures are scaled), sharp at the size at which
//! they are shown. One thread owns all of it.
//!
//! ```text
//! packets ─► decoder ─┬ lines ─► track ─► libass ─────┐
//!                     └ pictures ─► track ─► scale ───┴─► Overlay
//! files beside the film ─► encoding ─► packets
//! renditions of HLS (pieces of WebVTT, read by a thread) ─► packets
//! messages ─► caption ─► libass ─► bitmaps
//! ```

mod borders;
mod caption;
mod cue;
mod decoder;
mod demuxer;
mod drawing;
mod drawn;
mod encoding;
mod fonts;
mod header;
mod libass;
mod lines;
mod outside;
mod pictures;
mod renderer;
mod renditions;
mod scale;
mod timing;
mod track;

pub use caption::Captions;
pub use encoding::{Codepage, CodepageError, decoded};
pub use fonts::Fonts;
pub use outside::{Outside, OutsideError, read, read_for};
pub use renderer::Renderer;
pub use renditions::{Renditions, Streamed};
pub use track::Track;
