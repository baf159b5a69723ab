//! What a benchmark found, as a table and as JSON (schema 1, documented in docs/performance.md).

use std::fmt::Write as _;

use serde::Serialize;

use crate::gpu::Facts;
use crate::stage::comfort::tally::Comforts;
use crate::trace::{Samples, Stage, Trace};

/// The report. Times are seconds, sizes width and height in pixels.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Version of this layout of keys.
    pub schema: u32,
    /// Version of deep3d.
    pub deep3d: &'static str,
    /// The GPU.
    pub device: Device,
    /// FFmpeg's version; `null` in a program without it.
    pub ffmpeg: Option<String>,
    /// The computer.
    pub system: System,
    /// The film.
    pub input: Input,
    /// The network.
    pub network: NetworkFacts,
    /// Layout and size of what was made.
    pub output: Output,
    /// Frames run first and not counted.
    pub warm_up: u32,
    /// Frames measured.
    pub frames: u32,
    /// Frames left out.
    pub dropped: u64,
    /// From the start of the process to the network's first result; `null` where the system does not tell when that was.
    pub start_up: Option<f64>,
    /// From the first measured frame to the last.
    pub seconds: f64,
    /// `frames / seconds`.
    pub frames_per_second: f64,
    /// Most bytes of GPU memory in use at once, by the allocator.
    pub peak_gpu_memory: u64,
    /// From the start of decoding to the end of presenting.
    pub latency: Figures,
    /// Each stage in the order of the chain.
    pub stages: Vec<StageFigures>,
    /// Parallax and limits of all frames, those to warm up with them; `null` where nothing was measured.
    pub comfort: Option<Comforts>,
}

/// The GPU.
#[derive(Debug, Serialize)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Driver name and version.
    pub driver: String,
    /// Vulkan version.
    pub vulkan: String,
    /// Whether it is the CPU.
    pub is_cpu: bool,
}

/// The computer.
#[derive(Debug, Serialize)]
pub struct System {
    /// `linux`, `windows`, …
    pub os: &'static str,
    /// `x86_64`, `aarch64`, …
    pub architecture: &'static str,
    /// Threads that run at once.
    pub threads: usize,
}

/// The film.
#[derive(Debug, Serialize)]
pub struct Input {
    /// File or address; `null` for pictures made up on the way.
    pub file: Option<String>,
    /// Codec name.
    pub codec: String,
    /// Size as seen.
    pub size: [u32; 2],
}

/// The network.
#[derive(Debug, Serialize)]
pub struct NetworkFacts {
    /// Its name; `depth film` where one stands for it.
    pub name: &'static str,
    /// Size of the disparity that it gave.
    pub disparity_size: [u32; 2],
}

/// What was made.
#[derive(Debug, Serialize)]
pub struct Output {
    /// The layout's name.
    pub layout: &'static str,
    /// Size of the laid-out picture.
    pub size: [u32; 2],
}

/// Percentiles (nearest rank) of many samples, in seconds; `null` where there is none.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
    /// Every sample, in the order of the frames.
    pub samples: Vec<f64>,
}

/// One stage.
#[derive(Debug, Serialize)]
pub struct StageFigures {
    /// Its name.
    pub name: &'static str,
    /// Its times.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Device {
    /// What `facts` say of it.
    pub fn of(facts: &Facts) -> Self {
        let Facts { name, driver, api, is_cpu, .. } = facts;
        Self { name: name.clone(), driver: driver.clone(), vulkan: api.clone(), is_cpu: *is_cpu }
    }
}

impl System {
    /// The one this runs on.
    pub fn this() -> Self {
        Self {
            os: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl Figures {
    /// Of `samples`.
    pub fn new(samples: &Samples) -> Self {
        let at = |share| samples.percentile(share);
        Self { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1.0), samples: samples.values().to_vec() }
    }
}

/// The stages' times in `traces`.
pub(super) fn stages(traces: &[Trace]) -> Vec<StageFigures> {
    let figures = |stage| {
        let mut samples = Samples::default();
        traces.iter().filter_map(|trace| trace.span(stage)).for_each(|span| samples.push(span.as_secs_f64()));
        Figures::new(&samples)
    };
    Stage::ALL.into_iter().map(|stage| StageFigures { name: stage.name(), figures: figures(stage) }).collect()
}

impl Report {
    /// For people: times in milliseconds.
    pub fn table(&self) -> String {
        let mut text = String::new();
        let [width, height] = self.input.size;
        let [out_width, out_height] = self.output.size;
        let [disparity_width, disparity_height] = self.network.disparity_size;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{} on {} ({})",
            self.input.file.as_deref().unwrap_or("made-up pictures"),
            self.device.name,
            self.device.driver
        );
        let _ = writeln!(
            text,
            "{width}×{height} {} → {} {out_width}×{out_height}, {} with a disparity of {disparity_width}×{disparity_height}",
            self.input.codec, self.output.layout, self.network.name,
        );
        let _ = writeln!(text, "{:<10}{:>10}{:>10}{:>10}{:>10}   milliseconds", "", "p50", "p95", "p99", "max");
        let mut line = |name: &str, figures: &Figures| {
            let show =
                |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |seconds| format!("{:.2}", seconds * 1e3));
            let [p50, p95, p99, max] = [figures.p50, figures.p95, figures.p99, figures.max].map(show);
            let _ = writeln!(text, "{name:<10}{p50:>10}{p95:>10}{p99:>10}{max:>10}");
        };
        self.stages.iter().for_each(|stage| line(stage.name, &stage.figures));
        line("latency", &self.latency);
        if let Some(seconds) = self.start_up {
            let _ =
                writeln!(text, "start-up  {seconds:.2} s from the start of the process to the network's first result");
        }
        let _ = writeln!(
            text,
            "{:.2} frames/s over {} frames ({} to warm up), {} dropped, {:.1} MiB of GPU memory at most",
            self.frames_per_second,
            self.frames,
            self.warm_up,
            self.dropped,
            self.peak_gpu_memory as f64 / f64::from(1 << 20),
        );
        if let Some(comfort) = &self.comfort {
            let _ = writeln!(text, "{}", comfort.lines());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn stages_without_samples_stay_empty() {
        let mut trace = Trace::default();
        trace.stamp(Stage::Network, Duration::from_millis(20));
        let stages = stages(&[trace, trace]);
        assert_eq!(stages.len(), Stage::ALL.len());
        assert_eq!(stages[3].name, "network");
        assert_eq!(stages[3].figures.p50, Some(0.02));
        assert_eq!(stages[3].figures.samples.len(), 2);
        assert_eq!(stages[0].figures.max, None);
    }
}
