//! How long things take: one stamp a stage and frame, and the figures made of many.

use std::time::{Duration, Instant};

/// The stages whose time is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Reading and decoding, on the CPU.
    Decode,
    /// Copying planes where the GPU reads them.
    Upload,
    /// Planes to R'G'B' and to the network's input.
    Colour,
    /// The network.
    Network,
    /// Motion, and the disparity made steady by it.
    Steady,
    /// Both eyes from picture and disparity.
    Stereo,
    /// Layout and hand-over to the sink.
    Present,
}

impl Stage {
    /// All of them, in the order of the chain.
    pub const ALL: [Self; 7] =
        [Self::Decode, Self::Upload, Self::Colour, Self::Network, Self::Steady, Self::Stereo, Self::Present];

    /// The name used in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Upload => "upload",
            Self::Colour => "colour",
            Self::Network => "network",
            Self::Steady => "steady",
            Self::Stereo => "stereo",
            Self::Present => "present",
        }
    }
}

/// What one frame has been through.
#[derive(Debug, Clone, Copy)]
pub struct Trace {
    /// When its decoding began.
    pub born: Instant,
    spans: [Option<Duration>; Stage::ALL.len()],
}

impl Default for Trace {
    fn default() -> Self {
        Self { born: Instant::now(), spans: [None; Stage::ALL.len()] }
    }
}

impl Trace {
    /// Notes how long `stage` took.
    pub fn stamp(&mut self, stage: Stage, span: Duration) {
        self.spans[stage as usize] = Some(span);
    }

    /// How long `stage` took, if it has run.
    pub fn span(&self, stage: Stage) -> Option<Duration> {
        self.spans[stage as usize]
    }
}

/// Figures over many samples, in seconds.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds one, in seconds.
    pub fn push(&mut self, seconds: f64) {
        self.0.push(seconds);
    }

    /// All of them in the order they came.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// The smallest sample that is not exceeded by `share` (0..=1) of all (the nearest-rank percentile); `None` without samples.
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (share.clamp(0.0, 1.0) * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied()
    }
}

/// How long this process has been there, to a hundredth of a second; `None` where the system does not tell (elsewhere than on Linux).
pub fn process_age() -> Option<Duration> {
    let read = |file| std::fs::read_to_string(file).ok();
    // Seconds since the system was started, idle time not counted.
    let now: f64 = read("/proc/uptime")?.split_whitespace().next()?.parse().ok()?;
    // Field 22, in hundredths (proc(5); USER_HZ is 100 for programs); the second one, a name, may hold spaces and ends with the last bracket.
    let status = read("/proc/self/stat")?;
    let started: f64 = status.rsplit(')').next()?.split_whitespace().nth(19)?.parse().ok()?;
    Duration::try_from_secs_f64(now - started / 100.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_grows_older() {
        let young = process_age().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let old = process_age().unwrap();
        assert!(old >= young + Duration::from_millis(30), "{young:?} {old:?}");
        assert!(old < Duration::from_secs(3600), "{old:?}");
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let mut samples = Samples::default();
        assert_eq!(samples.percentile(0.5), None);
        for value in [5.0, 1.0, 4.0, 2.0, 3.0] {
            samples.push(value);
        }
        assert_eq!(samples.percentile(0.0), Some(1.0));
        assert_eq!(samples.percentile(0.5), Some(3.0));
        assert_eq!(samples.percentile(0.95), Some(5.0));
        assert_eq!(samples.percentile(1.0), Some(5.0));
    }
}
