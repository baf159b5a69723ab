//! What `deep3d bench-gpu` found, as a table and as JSON (schema 1, documented in docs/performance.md).

use std::fmt::Write as _;

use serde::Serialize;

use crate::bench::{Device, System};
use crate::gpu::Facts;

/// Everything. Times are seconds, sizes width and height in pixels.
#[derive(Debug, Serialize)]
pub struct SuiteReport {
    /// Version of this layout of keys.
    pub schema: u32,
    /// Version of deep3d.
    pub deep3d: &'static str,
    /// The GPU.
    pub device: Device,
    /// The computer.
    pub system: System,
    /// Whether only a little was measured.
    pub quick: bool,
    /// Bytes a second, read and written together, of copying inside the device's memory.
    pub copy_bandwidth: Option<f64>,
    /// The rows of the kernel table, the device's own first.
    pub paths: Vec<PathReport>,
    /// What could not be measured.
    pub skipped: Vec<Skipped>,
    /// What the validation layer said, where it was on.
    pub validation: Vec<String>,
    /// Most bytes of GPU memory in use at once, by the allocator.
    pub peak_gpu_memory: u64,
}

/// Something that could not be measured.
#[derive(Debug, Serialize)]
pub struct Skipped {
    /// The row.
    pub path: &'static str,
    /// What.
    pub what: String,
    /// Why.
    pub reason: String,
    /// Whether that should not be, rather than being beyond what the device can hold.
    pub failed: bool,
}

/// One row of the kernel table.
#[derive(Debug, Serialize)]
pub struct PathReport {
    /// Its name.
    pub name: &'static str,
    /// Whether it is right.
    pub accuracy: Vec<Accuracy>,
    /// The networks by themselves.
    pub networks: Vec<NetworkReport>,
    /// Films, from decoded planes to both eyes.
    pub chains: Vec<ChainReport>,
}

/// Errors against double precision, in 255ths.
#[derive(Debug, Serialize)]
pub struct Accuracy {
    /// The network.
    pub network: &'static str,
    /// Of its input.
    pub size: [u32; 2],
    /// `right view` or `parallax`.
    pub compared: &'static str,
    /// The worst.
    pub worst: f64,
    /// The mean.
    pub mean: f64,
    /// Peak signal-to-noise ratio.
    pub decibels: f64,
    /// Whether it was judged as half precision.
    pub half: bool,
    /// Whether it will do.
    pub passed: bool,
}

/// Medians over runs.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Timing {
    /// By the GPU's timestamps; `null` where it has none.
    pub gpu: Option<f64>,
    /// From handing over to the end of waiting.
    pub wall: f64,
    /// The fastest of the latter.
    pub fastest: f64,
    /// Runs that counted.
    pub runs: usize,
}

/// One network at one size.
#[derive(Debug, Serialize)]
pub struct NetworkReport {
    /// Its name.
    pub network: &'static str,
    /// Of its input.
    pub size: [u32; 2],
    /// Runs of kernels.
    pub dispatches: usize,
    /// Multiplications and additions.
    pub operations: u64,
    /// Bytes that cross the memory's wires where every dispatch reads and writes what is bound to it once.
    pub bytes: u64,
    /// How long it took.
    pub timing: Timing,
    /// The dispatches that took longest.
    pub slowest: Vec<LayerTime>,
}

/// One dispatch.
#[derive(Debug, Serialize)]
pub struct LayerTime {
    /// The layer it makes.
    pub layer: String,
    /// Median.
    pub seconds: f64,
}

/// A film's size.
#[derive(Debug, Serialize)]
pub struct ChainReport {
    /// Of the film.
    pub size: [u32; 2],
    /// Of the network's input.
    pub network_size: [u32; 2],
    /// For one film frame.
    pub timing: Timing,
    /// Bytes moved, all stages together.
    pub bytes: u64,
    /// The stages.
    pub stages: Vec<StageReport>,
}

/// One stage of a film frame.
#[derive(Debug, Serialize)]
pub struct StageReport {
    /// Its name.
    pub name: &'static str,
    /// Median of the GPU's time.
    pub seconds: Option<f64>,
    /// Bytes moved, counted (not measured).
    pub bytes: u64,
}

fn milliseconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{:.3}", seconds * 1e3))
}

impl SuiteReport {
    pub(super) fn new(facts: &Facts, quick: bool, copy_bandwidth: Option<f64>) -> Self {
        Self {
            schema: 1,
            deep3d: env!("CARGO_PKG_VERSION"),
            device: Device::of(facts),
            system: System::this(),
            quick,
            copy_bandwidth,
            paths: Vec::new(),
            skipped: Vec::new(),
            validation: Vec::new(),
            peak_gpu_memory: 0,
        }
    }

    /// Whether every row that was judged is right, any was, and nothing failed.
    pub fn is_accurate(&self) -> bool {
        let mut judged = self.paths.iter().flat_map(|path| &path.accuracy).peekable();
        let none_failed = self.skipped.iter().all(|skipped| !skipped.failed);
        none_failed && judged.peek().is_some() && judged.all(|accuracy| accuracy.passed)
    }

    /// The least time that `bytes` take by the measured bandwidth.
    fn floor(&self, bytes: u64) -> Option<f64> {
        self.copy_bandwidth.map(|bandwidth| bytes as f64 / bandwidth)
    }

    /// For people: times in milliseconds.
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} ({}), Vulkan {}", self.device.name, self.device.driver, self.device.vulkan);
        let bandwidth =
            self.copy_bandwidth.map_or_else(|| "not measured".to_owned(), |b| format!("{:.1} GB/s", b / 1e9));
        let _ = writeln!(text, "copying inside its memory: {bandwidth}, read and written together");
        for path in &self.paths {
            let _ = writeln!(text, "\n== {} ==", path.name);
            for accuracy in &path.accuracy {
                let Accuracy { network, size: [width, height], compared, worst, mean, decibels, .. } = accuracy;
                let passed = if accuracy.passed { "right" } else { "WRONG" };
                let _ = writeln!(
                    text,
                    "{passed}  {network} {width}×{height}, {compared}: worst {worst:.5} of 255, mean {mean:.6}, {decibels:.1} dB",
                );
            }
            self.networks(&mut text, path);
            self.chains(&mut text, path);
        }
        if !self.skipped.is_empty() {
            let _ = writeln!(text, "\n== left out ==");
        }
        for Skipped { path, what, reason, failed } in &self.skipped {
            let failed = if *failed { "FAILED  " } else { "" };
            let _ = writeln!(text, "{failed}{path}, {what}: {reason}");
        }
        let _ = writeln!(text, "\n{:.1} MiB of GPU memory at most", self.peak_gpu_memory as f64 / f64::from(1 << 20));
        text
    }

    fn networks(&self, text: &mut String, path: &PathReport) {
        if path.networks.is_empty() {
            return;
        }
        let head = ["GPU ms", "wall ms", "runs", "GFLOP", "GFLOP/s", "MB", "floor ms"];
        let [gpu, wall, runs, work, rate, bytes, floor] = head;
        let _ =
            writeln!(text, "{:<26}{gpu:>10}{wall:>10}{runs:>6}{work:>9}{rate:>10}{bytes:>9}{floor:>10}", "network",);
        for network in &path.networks {
            let [width, height] = network.size;
            let work = network.operations as f64 / 1e9;
            let rate = work / network.timing.gpu.unwrap_or(network.timing.wall).max(1e-12);
            let _ = writeln!(
                text,
                "{:<26}{:>10}{:>10}{:>6}{work:>9.2}{rate:>10.0}{:>9.1}{:>10}",
                format!("{} {width}×{height}", network.network),
                milliseconds(network.timing.gpu),
                milliseconds(Some(network.timing.wall)),
                network.timing.runs,
                network.bytes as f64 / 1e6,
                milliseconds(self.floor(network.bytes)),
            );
        }
        for network in &path.networks {
            let [width, height] = network.size;
            let slowest = network.slowest.iter().map(|slow| format!("{} {:.3}", slow.layer, slow.seconds * 1e3));
            let slowest = slowest.collect::<Vec<_>>().join(", ");
            let _ = writeln!(
                text,
                "slowest of {} dispatches, {} {width}×{height}: {slowest}",
                network.dispatches, network.network
            );
        }
    }

    fn chains(&self, text: &mut String, path: &PathReport) {
        for chain in &path.chains {
            let ([width, height], [seen, lines]) = (chain.size, chain.network_size);
            let _ = writeln!(
                text,
                "film {width}×{height} to both eyes (network {seen}×{lines}): GPU {} ms a frame, wall {} ms, {} runs",
                milliseconds(chain.timing.gpu),
                milliseconds(Some(chain.timing.wall)),
                chain.timing.runs,
            );
            let total = StageReport { name: "together", seconds: chain.timing.gpu, bytes: chain.bytes };
            for stage in chain.stages.iter().chain([&total]) {
                let rate =
                    stage.seconds.filter(|seconds| *seconds > 0.0).map(|seconds| stage.bytes as f64 / seconds / 1e9);
                let _ = writeln!(
                    text,
                    "  {:<10}{:>10} ms{:>9.1} MB moved{:>9} GB/s, floor{:>9} ms",
                    stage.name,
                    milliseconds(stage.seconds),
                    stage.bytes as f64 / 1e6,
                    rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}")),
                    milliseconds(self.floor(stage.bytes)),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(passed: &[bool], failed: bool) -> SuiteReport {
        let accuracy = |passed: &bool| Accuracy {
            network: "deep3d",
            size: [96, 64],
            compared: "parallax",
            worst: 0.5,
            mean: 0.25,
            decibels: 40.0,
            half: false,
            passed: *passed,
        };
        let timing = Timing { gpu: Some(0.002), wall: 0.003, fastest: 0.0025, runs: 9 };
        let chain = ChainReport {
            size: [3840, 2160],
            network_size: [320, 192],
            timing,
            bytes: 500_000_000,
            stages: vec![StageReport { name: "stereo", seconds: None, bytes: 500_000_000 }],
        };
        let path = PathReport {
            name: "storage fp32",
            accuracy: passed.iter().map(accuracy).collect(),
            networks: Vec::new(),
            chains: vec![chain],
        };
        let skipped =
            Skipped { path: "texel fp32", what: "all of it".to_owned(), reason: "too large".to_owned(), failed };
        SuiteReport {
            schema: 1,
            deep3d: "0",
            device: Device { name: "A GPU".to_owned(), driver: String::new(), vulkan: String::new(), is_cpu: false },
            system: System::this(),
            quick: false,
            copy_bandwidth: Some(1e12),
            paths: vec![path],
            skipped: vec![skipped],
            validation: Vec::new(),
            peak_gpu_memory: 0,
        }
    }

    #[test]
    fn it_is_right_where_all_is_right_and_something_was_judged() {
        assert!(report(&[true, true], false).is_accurate());
        assert!(!report(&[true, true], true).is_accurate());
        assert!(!report(&[true, false], false).is_accurate());
        assert!(!report(&[], false).is_accurate());
    }

    #[test]
    fn the_table_shows_rates_floors_errors_and_what_was_left_out() {
        let table = report(&[false], true).table();
        assert!(table.contains("WRONG  deep3d 96×64, parallax: worst 0.50000 of 255"), "{table}");
        // 500 MB in 2 ms; at 1 TB/s they would take half a millisecond.
        assert!(table.contains("500.0 MB moved    250.0 GB/s, floor    0.500 ms"), "{table}");
        assert!(table.contains("FAILED  texel fp32, all of it: too large"), "{table}");
    }
}
