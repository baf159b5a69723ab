//! What the panel shows: plain values, filled in by whoever plays.

use crate::film::Preview;
use crate::sink::Layout;
use crate::time::Time;

/// A film as the panel shows it, and the list it is in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PanelModel {
    /// What the film is called.
    pub name: String,
    /// Where it is.
    pub position: Time,
    /// Its length, where that is known.
    pub duration: Option<Time>,
    /// It stands because the viewer wants it to.
    pub paused: bool,
    /// There is a file before this one.
    pub has_previous: bool,
    /// There is a file after it.
    pub has_next: bool,
    /// How much depth, and in which layout; nothing where that cannot be set.
    pub depth: Option<DepthModel>,
    /// A picture out of the film, for the seek bar: the last one that was made. `None` where there will be none.
    pub preview: Option<Preview>,
}

/// The 3D settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DepthModel {
    /// Parallax that a shot spans, in % of the width.
    pub strength: f32,
    /// What lies on the screen: 0 the farthest, 1 the nearest.
    pub convergence: f32,
    /// Left for right.
    pub swap_eyes: bool,
    /// Both eyes see the film as it is.
    pub flat: bool,
    /// How the eyes are arranged.
    pub layout: Layout,
}

impl PanelModel {
    /// The same as it is seen: the position moves in steps, and finely only where the film stands.
    pub(super) fn seen(&self, step: Time) -> Self {
        let step = if self.paused { 1_000_000 } else { step.nanoseconds().max(1_000_000) };
        let position = Time::from_nanoseconds(self.position.nanoseconds() / step * step);
        Self { position, ..self.clone() }
    }
}
