//! A viewer that follows a plan, for measuring: it is told what is shown, and says what it does next.

use std::time::Instant;

use super::statistics::Event;
use crate::sink::Action;
use crate::time::Time;

/// How the player stands.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// How many seeks there were.
    pub epoch: u32,
    /// The film's length, where it is known.
    pub duration: Option<Time>,
}

/// The plan. On the thread that shows the film.
pub trait Script: Send {
    /// What the viewer does now, if anything. [`Action::Quit`] ends the playing.
    fn next(&mut self, now: Instant, situation: &Situation) -> Option<Action>;

    /// This happened.
    fn note(&mut self, event: &Event, at: Instant);

    /// What was painted after the viewer's last action is shown since `at`.
    fn shown(&mut self, at: Instant);
}
