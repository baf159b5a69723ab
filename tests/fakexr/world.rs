//! Where head, eyes and hands are, in tracking coordinates: metres, y up, looking along −z.

use std::collections::HashMap;
use std::f32::consts::FRAC_PI_4;
use std::sync::Arc;

use glam::Quat;
use openxr::sys::{Fovf, Posef};

use super::pose::pose;

/// One eye: where it is in the head, and how far it sees (radians).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Eye {
    pub(crate) pose: Posef,
    pub(crate) fov: Fovf,
}

/// A function from the time in nanoseconds to the head's pose.
pub(super) type Motion = Arc<dyn Fn(i64) -> Posef + Send + Sync>;

pub(super) struct World {
    pub(super) head: Motion,
    pub(super) eyes: [Eye; 2],
    /// Where LOCAL's origin is, from which time on; the first entry holds for all times before.
    pub(super) local: Vec<(i64, Posef)>,
    pub(super) stage: Posef,
    pub(super) tracked: bool,
    /// Whether it is known at all where the head is.
    pub(super) known: bool,
    /// Poses of `/user/hand/…/pose` paths; what is not in it is not tracked.
    pub(super) poses: HashMap<String, Posef>,
}

impl Default for World {
    fn default() -> Self {
        let fov = Fovf { angle_left: -FRAC_PI_4, angle_right: FRAC_PI_4, angle_up: FRAC_PI_4, angle_down: -FRAC_PI_4 };
        let eye = |x| Eye { pose: pose([x, 0.0, 0.0], Quat::IDENTITY), fov };
        let head = pose([0.0, 1.6, 0.0], Quat::IDENTITY);
        Self {
            head: Arc::new(move |_| head),
            eyes: [eye(-0.0315), eye(0.0315)],
            local: vec![(i64::MIN, head)],
            stage: Posef::IDENTITY,
            tracked: true,
            known: true,
            poses: HashMap::new(),
        }
    }
}

impl World {
    /// LOCAL's origin at `time`.
    pub(super) fn local_at(&self, time: i64) -> Posef {
        let past = self.local.iter().rev().find(|(from, _)| *from <= time);
        past.map_or(Posef::IDENTITY, |(_, origin)| *origin)
    }
}
