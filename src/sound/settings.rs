//! What can be set while sound plays, by any thread.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};

use crate::time::Time;

/// What can be set while it plays.
#[derive(Debug)]
pub(super) struct Settings {
    gain: AtomicU32,
    speed: AtomicU64,
    /// Nanoseconds.
    delay: AtomicI64,
    night: AtomicBool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gain: AtomicU32::new(1.0_f32.to_bits()),
            speed: AtomicU64::new(1.0_f64.to_bits()),
            delay: AtomicI64::new(0),
            night: AtomicBool::new(false),
        }
    }
}

impl Settings {
    pub(super) fn gain(&self) -> f32 {
        f32::from_bits(self.gain.load(Ordering::Relaxed))
    }

    pub(super) fn set_gain(&self, gain: f32) {
        self.gain.store(gain.to_bits(), Ordering::Relaxed);
    }

    pub(super) fn speed(&self) -> f64 {
        f64::from_bits(self.speed.load(Ordering::Relaxed))
    }

    pub(super) fn set_speed(&self, speed: f64) {
        self.speed.store(speed.to_bits(), Ordering::Relaxed);
    }

    /// How much later than the pictures sound is heard.
    pub(super) fn delay(&self) -> Time {
        Time::from_nanoseconds(self.delay.load(Ordering::Relaxed))
    }

    pub(super) fn set_delay(&self, delay: Time) {
        self.delay.store(delay.nanoseconds(), Ordering::Relaxed);
    }

    pub(super) fn night(&self) -> bool {
        self.night.load(Ordering::Relaxed)
    }

    pub(super) fn set_night(&self, night: bool) {
        self.night.store(night, Ordering::Relaxed);
    }
}
