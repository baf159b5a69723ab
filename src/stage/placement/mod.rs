//! The depth at which text over a picture lies: right in front of the nearest thing that it covers, and no nearer. Pure.
//!
//! While a film plays ([`Placement`]) only what has been seen is known: text begins a little nearer than it has to be, comes forward slowly where something
//! nearer comes, never goes back within a shot, and is free at a cut. Where the whole film can be looked at before ([`CuePlan`]) each cue has one depth.
//!
//! Text has to be within the limits of comfort, too. Where it has no room there in front of what it covers, the scene is pushed back as a whole
//! ([`Mapping::pushed_back`](super::comfort::Mapping::pushed_back)), slowly and before the text comes.

#[cfg(test)]
mod made;
mod near;
mod plan;
mod playing;
mod rule;

pub use near::Near;
pub use plan::CuePlan;
pub use playing::Placement;
pub use rule::{Change, Rule};

use crate::time::Time;

/// Text lies so far in front of the nearest that it covers, in % of the width.
pub const IN_FRONT: f32 = 0.15;
/// How fast text comes forward and scenes are pushed back, in % of the width a second.
const SPEED: f32 = 0.3;
/// Frames farther apart than that are not of one piece.
const APART: f64 = 1.0;

/// A piece of text in a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Left, top, right and bottom, as parts of the picture's width and height.
    pub sides: [f32; 4],
    /// Parallax of the nearest that it covers, in % of the width; none where that is not known.
    pub nearest: Option<f32>,
}

/// A frame with text over it.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Film time.
    pub time: Time,
    /// Film time of the first frame of its shot.
    pub shot: Time,
    /// Beginnings and ends of the cues that are seen with it.
    pub cues: Vec<(Time, Time)>,
}

/// The room that text has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// Parallax in front of the screen that nothing goes beyond, in % of the width.
    pub front: f32,
    /// Text is wanted so much nearer than it would be by itself, likewise.
    pub nearer: f32,
}

impl Room {
    /// By how much a thing at `nearest` has to be pushed back for text to lie in front of it.
    fn lacks(&self, nearest: f32) -> f32 {
        (self.front + IN_FRONT + self.nearer - nearest).max(0.0)
    }

    /// The parallax of text that would lie at `place` by itself.
    fn put(&self, place: f32) -> f32 {
        (place - self.nearer).max(self.front)
    }
}

/// Text that is there from frame to frame.
#[derive(Debug, Clone)]
struct Standing {
    sides: [f32; 4],
    cues: Vec<(Time, Time)>,
}

impl Standing {
    fn of(piece: &Piece, moment: &Moment) -> Self {
        Self { sides: piece.sides, cues: moment.cues.clone() }
    }

    fn is(&self, piece: &Piece, cues: &[(Time, Time)]) -> bool {
        let (a, b) = (self.sides, piece.sides);
        let meet = a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
        meet && self.cues.iter().any(|cue| cues.contains(cue))
    }
}

/// By how many pixels of a picture `width` wide the left and the right eye's text is moved to the right for `parallax`, in % of the width.
pub fn moved(parallax: f32, width: u32) -> [i32; 2] {
    let pixels = (parallax / 100.0 * width as f32).round().clamp(-4096.0, 4096.0) as i32;
    let left = -pixels.div_euclid(2);
    [left, left + pixels]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eyes_are_moved_by_whole_pixels() {
        for parallax in [-1.15f32, -0.23, 0.0, 0.4, 2.0] {
            for width in [640, 1281, 1920, 3840] {
                let [left, right] = moved(parallax, width);
                let shown = (right - left) as f32 / width as f32 * 100.0;
                assert!(
                    (shown - parallax).abs() <= 50.0 / width as f32 + 1e-5 && (left + right).abs() <= 1,
                    "{parallax}"
                );
            }
        }
        assert_eq!(moved(f32::NAN, 100), [0, 0]);
    }
}
