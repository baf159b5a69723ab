//! How much programs may ask of a player.

use std::time::Duration;

/// Programs at once.
pub const MOST_CLIENTS: usize = 16;
/// The longest line, in bytes.
pub(super) const LONGEST_LINE: usize = 1 << 16;
/// Properties that one program observes.
pub(super) const MOST_OBSERVED: usize = 256;
/// How long a program may leave its socket full before it is let go of.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Requests that one program may make in a row, and how many a second after that.
pub(super) const BURST: f64 = 200.0;
pub(super) const RATE: f64 = 500.0;
