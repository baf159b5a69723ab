//! The film's side of the sound: where it puts what it has decoded.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::format::Format;
use super::message::{Piece, StreamId};
use super::shared::Shared;
use crate::time::Time;

/// What became of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// So many frames were taken.
    Frames(usize),
    /// There is no room, or it is another one's turn.
    Later,
    /// The device wants another format by now, or there is none.
    Other(Option<Format>),
}

/// Samples that follow one another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Samples<'a> {
    /// Film time of the first.
    pub film: Time,
    /// Seconds of film in a second.
    pub speed: f64,
    /// They go on where those pushed before ended.
    pub joined: bool,
    /// What they were made for.
    pub format: Format,
    /// Interleaved.
    pub samples: &'a [f32],
}

/// A track of a film, on its way to the device. One thread owns it.
pub struct Track {
    shared: Arc<Shared>,
    number: u32,
}

impl Track {
    pub(super) fn new(shared: Arc<Shared>, number: u32) -> Self {
        Self { shared, number }
    }

    /// What makes it known to the [`Listener`](super::Listener).
    pub fn number(&self) -> u32 {
        self.number
    }

    /// What the device wants; none while there is none.
    pub fn format(&self) -> Option<Format> {
        self.shared.inlet().as_ref().map(|inlet| inlet.format)
    }

    /// Whether its channels become loudspeakers around the head.
    pub fn is_in_room(&self) -> bool {
        self.shared.inlet().as_ref().is_some_and(|inlet| inlet.in_room)
    }

    /// How fast the film is to go on, and whether it is night.
    pub fn wishes(&self) -> (f64, bool) {
        (self.shared.settings.speed(), self.shared.settings.night())
    }

    /// Puts samples of this epoch in. Never waits.
    pub fn push(&self, epoch: u32, samples: &Samples<'_>) -> Pushed {
        let stream = StreamId::new(self.number, epoch);
        let mut inlet = self.shared.inlet();
        let Some(inlet) = inlet.as_mut().filter(|inlet| inlet.format == samples.format) else {
            return Pushed::Other(inlet.as_ref().map(|inlet| inlet.format));
        };
        if !self.is_its_turn(stream) {
            return Pushed::Later;
        }
        let Samples { film, speed, joined, samples, .. } = *samples;
        let piece = Piece { stream, film: film.seconds(), speed, frames: 0, joined };
        match inlet.push(piece, samples) {
            0 => Pushed::Later,
            frames => Pushed::Frames(frames),
        }
    }

    /// What follows another stream without a break goes behind all of that.
    fn is_its_turn(&self, stream: StreamId) -> bool {
        let current = self.shared.current.load(Ordering::Acquire);
        let follows = self.shared.following.load(Ordering::Acquire) == stream.number();
        current == stream.number() || follows && self.shared.end_of(StreamId::of_number(current)).is_some()
    }

    /// All sound of this epoch has been made: it ends at that film time.
    pub fn end(&self, epoch: u32, end: Time) {
        self.shared.set_end(StreamId::new(self.number, epoch), end);
    }
}
