//! What a benchmark found, as a table and as JSON (schema 1, documented in docs/performance.md).

use std::fmt::Write as _;

use serde::Serialize;

use super::figures::{self, Figures};
use super::plot::{self, PlotError};
use crate::gpu::Facts;
use crate::series::Series;
use crate::stage::comfort::tally::Comforts;
use crate::trace::Stage;

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

/// The figures of each stage, of which `series` has one.
pub(super) fn stages(series: &[Series; Stage::ALL.len()]) -> Vec<StageFigures> {
    let figures = |(stage, series): (Stage, &Series)| StageFigures { name: stage.name(), figures: Figures::of(series) };
    Stage::ALL.into_iter().zip(series).map(figures).collect()
}

impl Report {
    /// For people: latency and each stage over the time of measuring, as SVG.
    pub fn plot(&self) -> Result<String, PlotError> {
        let [width, height] = self.input.size;
        let film = self.input.file.as_deref().unwrap_or("made-up pictures");
        let title = format!("{film}, {width}×{height} to {}, on {}", self.output.layout, self.device.name);
        let stages = self.stages.iter().map(|stage| (stage.name, &stage.figures));
        plot::svg(&title, &[("latency", &self.latency)].into_iter().chain(stages).collect::<Vec<_>>())
    }

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
        text += &figures::heading();
        self.stages.iter().for_each(|stage| text += &figures::line(stage.name, &stage.figures));
        text += &figures::line("latency", &self.latency);
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
        let mut series = std::array::from_fn(|_| Series::default());
        for at in [40, 80] {
            series[Stage::Network as usize].push(Duration::from_millis(at), Duration::from_millis(20));
        }
        let stages = stages(&series);
        assert_eq!(stages.len(), Stage::ALL.len());
        assert_eq!(stages[3].name, "network");
        assert_eq!(stages[3].figures.p50, Some(0.02));
        assert_eq!(stages[3].figures.samples.len(), 2);
        assert_eq!(stages[0].figures.max, None);
    }
}
