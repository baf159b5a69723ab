//! Where the loudspeakers are from the head, and the cell in which that goes from the sink to the sound without a lock.

use std::sync::atomic::{AtomicU32, Ordering, fence};

/// A loudspeaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// At the screen's left edge.
    FrontLeft,
    /// At its right edge.
    FrontRight,
    /// In its middle.
    Centre,
    /// Behind the viewer on the left: of 7.1 only.
    BackLeft,
    /// The same on the right.
    BackRight,
    /// Beside the viewer on the left, a little behind.
    SideLeft,
    /// The same on the right.
    SideRight,
}

/// All of them, in the order of FFmpeg's channels.
pub const SPEAKERS: [Speaker; 7] = [
    Speaker::FrontLeft,
    Speaker::FrontRight,
    Speaker::Centre,
    Speaker::BackLeft,
    Speaker::BackRight,
    Speaker::SideLeft,
    Speaker::SideRight,
];

impl Speaker {
    /// Its channel in FFmpeg's 7.1, whose fourth is that for effects.
    pub(super) fn channel(self) -> usize {
        match self {
            Self::FrontLeft => 0,
            Self::FrontRight => 1,
            Self::Centre => 2,
            Self::BackLeft => 4,
            Self::BackRight => 5,
            Self::SideLeft => 6,
            Self::SideRight => 7,
        }
    }

    /// For those that do not belong to the screen: degrees from ahead to the right, over the ground. 110 is where ITU-R BS.775 has the two of 5.1, and
    /// within what is usual for the sides of 7.1, whose backs are at 135 to 150.
    pub fn angle(self) -> Option<f32> {
        match self {
            Self::FrontLeft | Self::FrontRight | Self::Centre => None,
            Self::SideLeft => Some(-110.0),
            Self::SideRight => Some(110.0),
            Self::BackLeft => Some(-145.0),
            Self::BackRight => Some(145.0),
        }
    }
}

/// The way from the head to each of [`SPEAKERS`], of length 1 in the head's own axes: to the right, up, and backwards, as OpenXR has them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Directions(pub [[f32; 3]; 7]);

impl Default for Directions {
    /// Before a screen as it usually stands, looking at its middle.
    fn default() -> Self {
        let around = |degrees: f32| [degrees.to_radians().sin(), 0.0, -degrees.to_radians().cos()];
        let screen = |speaker| match speaker {
            Speaker::FrontLeft => -20.0,
            Speaker::FrontRight => 20.0,
            _ => 0.0,
        };
        Self(SPEAKERS.map(|speaker| around(speaker.angle().unwrap_or_else(|| screen(speaker)))))
    }
}

/// The newest directions. One thread writes, others read; whoever reads while they change reads again.
pub(super) struct Cell {
    /// Odd while they change.
    turn: AtomicU32,
    numbers: [AtomicU32; 21],
}

impl Default for Cell {
    fn default() -> Self {
        let cell = Self { turn: AtomicU32::new(0), numbers: [const { AtomicU32::new(0) }; 21] };
        cell.set(&Directions::default());
        cell
    }
}

impl Cell {
    pub(super) fn set(&self, directions: &Directions) {
        let turn = self.turn.load(Ordering::Relaxed);
        self.turn.store(turn.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        for (place, number) in self.numbers.iter().zip(directions.0.as_flattened()) {
            place.store(number.to_bits(), Ordering::Relaxed);
        }
        self.turn.store(turn.wrapping_add(2), Ordering::Release);
    }

    pub(super) fn get(&self) -> Directions {
        loop {
            let before = self.turn.load(Ordering::Acquire);
            let mut directions = Directions([[0.0; 3]; 7]);
            for (place, number) in self.numbers.iter().zip(directions.0.as_flattened_mut()) {
                *number = f32::from_bits(place.load(Ordering::Relaxed));
            }
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && self.turn.load(Ordering::Relaxed) == before {
                return directions;
            }
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn who_reads_sees_one_state_or_the_other() {
        let (cell, over) = (Arc::new(Cell::default()), Arc::new(AtomicBool::new(false)));
        cell.set(&Directions([[0.0; 3]; 7]));
        let writer = {
            let (cell, over) = (Arc::clone(&cell), Arc::clone(&over));
            std::thread::spawn(move || {
                for turn in 0..200_000_u32 {
                    cell.set(&Directions([[turn as f32; 3]; 7]));
                }
                over.store(true, Ordering::Release);
            })
        };
        while !over.load(Ordering::Acquire) {
            let read = cell.get();
            let first = read.0[0][0];
            assert!(read.0.as_flattened().iter().all(|number| *number == first), "{read:?}");
        }
        writer.join().unwrap();
    }
}
