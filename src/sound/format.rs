//! What a device wants.

/// What a device wants: interleaved samples of 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Frames a second.
    pub rate: u32,
    /// Samples a frame: 1 to 8, in FFmpeg's usual order.
    pub channels: u16,
}

impl Format {
    /// So many frames in seconds.
    pub fn seconds(self, frames: u64) -> f64 {
        frames as f64 / f64::from(self.rate.max(1))
    }

    /// So many seconds in frames.
    pub fn frames(self, seconds: f64) -> usize {
        (seconds.max(0.0) * f64::from(self.rate)).round() as usize
    }
}
