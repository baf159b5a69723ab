//! What is seen of a track at a time.

use crate::overlay::Bitmap;
use crate::time::Time;

/// The same one, shared, as long as nothing changes.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    pub(super) bitmaps: Vec<Bitmap>,
    /// Beginnings and ends of the cues that they are of, each once, in order.
    pub(super) cues: Vec<(Time, Time)>,
}
