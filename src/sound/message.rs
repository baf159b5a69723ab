//! What travels through ring S besides samples: what they are, what is wanted of the device, what it was given.

use std::time::Instant;

/// What belongs together: one epoch of one track. A newer one has a larger number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct StreamId(u64);

impl StreamId {
    /// Of the track of that number, after so many seeks.
    pub fn new(track: u32, epoch: u32) -> Self {
        Self(u64::from(track) << 32 | u64::from(epoch))
    }

    pub(super) fn number(self) -> u64 {
        self.0
    }

    pub(super) fn of_number(number: u64) -> Self {
        Self(number)
    }
}

/// So many frames that follow one another in film time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    pub(super) stream: StreamId,
    /// Film time of the first, in seconds.
    pub(super) film: f64,
    /// Seconds of film in a second.
    pub(super) speed: f64,
    pub(super) frames: usize,
    /// It goes on where the piece before ended, without a break.
    pub(super) joined: bool,
}

/// What whoever plays the film wants of the device.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Command {
    /// Only this is to be heard, from its [`Command::Go`] on.
    Select(StreamId),
    /// When all of what is heard has been, this is, without a break.
    Follow(StreamId),
    /// Film time runs, from that place on where one is given, as soon as there is sound of it. With a moment it is there at that moment and runs already.
    Go { film: Option<f64>, since: Option<Instant> },
    /// Film time stands.
    Hold,
}

/// What the device has been given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Report {
    /// Its number, counted from the device's first.
    pub(super) frame: u64,
    /// When it is heard and when it was asked for; only at the beginning of what was asked for at once.
    pub(super) stamp: Option<Stamp>,
    pub(super) stream: StreamId,
    /// How many commands have been obeyed.
    pub(super) obeyed: u64,
    /// Film time from this frame on, in seconds, and how fast it runs: 0 where it stands.
    pub(super) film: f64,
    pub(super) speed: f64,
}

/// Two moments of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stamp {
    pub(super) asked: Instant,
    pub(super) heard: Instant,
}
