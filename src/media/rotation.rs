//! How the viewer has turned pictures, besides what the film says.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::frame::Orientation;

/// What the viewer has chosen, for all films that are opened with it. Clones are the same; any thread may change it, at any time.
#[derive(Debug, Clone, Default)]
pub struct Rotation {
    /// Clockwise quarter turns.
    turns: Arc<AtomicU8>,
    /// What the film says does not count.
    alone: bool,
}

impl FromStr for Rotation {
    type Err = String;

    /// Degrees clockwise, quarter turns; `no` where what the film says does not count either.
    fn from_str(text: &str) -> Result<Self, String> {
        let rotation = Self { alone: text == "no", ..Self::default() };
        match text.parse::<u16>() {
            _ if rotation.alone => Ok(rotation),
            Ok(degrees @ (0 | 90 | 180 | 270)) => {
                rotation.set(degrees);
                Ok(rotation)
            }
            _ => Err(format!("'{text}' is no quarter turn: write 0, 90, 180, 270 or no")),
        }
    }
}

impl Rotation {
    /// Degrees clockwise.
    pub fn degrees(&self) -> u16 {
        u16::from(self.turns.load(Ordering::Relaxed)) * 90
    }

    /// From the next picture that is decoded on; degrees between quarter turns go to the nearest one.
    pub fn set(&self, degrees: u16) {
        self.turns.store(((degrees % 360 + 45) / 90 % 4) as u8, Ordering::Relaxed);
    }

    /// How a picture is turned that is to be turned so by itself.
    pub fn of(&self, own: Orientation) -> Orientation {
        let own = if self.alone { Orientation::default() } else { own };
        Orientation { quarter_turns: (own.quarter_turns + self.turns.load(Ordering::Relaxed)) % 4, ..own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_added_to_the_films_own() {
        let own = Orientation { mirror: true, quarter_turns: 3 };
        let of = |text: &str| text.parse::<Rotation>().map(|rotation| rotation.of(own));
        assert_eq!(of("0"), Ok(own));
        assert_eq!(of("180"), Ok(Orientation { mirror: true, quarter_turns: 1 }));
        assert_eq!(of("no"), Ok(Orientation::default()));
        assert!(of("45").is_err() && of("360").is_err() && of("").is_err());
        let rotation = Rotation::default();
        let same = rotation.clone();
        let degrees = [0, 44, 45, 134, 270, 359].map(|degrees| {
            same.set(degrees);
            rotation.degrees()
        });
        assert_eq!(degrees, [0, 0, 90, 90, 270, 0]);
    }
}
