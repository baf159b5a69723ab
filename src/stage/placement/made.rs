//! Frames and pieces of text for tests.

use super::{Moment, Piece, Room};
use crate::time::Time;

pub(super) const ROOM: Room = Room { front: -1.0, nearer: 0.0 };

pub(super) fn at(seconds: f64) -> Time {
    Time::from_seconds(seconds)
}

/// With one cue, in seconds.
pub(super) fn moment(time: f64, shot: f64, cue: (f64, f64)) -> Moment {
    Moment { time: at(time), shot: at(shot), cues: vec![(at(cue.0), at(cue.1))] }
}

/// One piece in the middle of the lower part.
pub(super) fn piece(nearest: f32) -> Vec<Piece> {
    vec![Piece { sides: [0.3, 0.8, 0.7, 0.9], nearest: Some(nearest) }]
}
