//! `deep3d bench`: the whole chain into nothing, with the time that each stage takes.

mod figures;
#[cfg(feature = "media")]
mod headset;
#[cfg(feature = "media")]
pub mod paced;
mod plot;
mod report;
mod suite;

use std::sync::Arc;
use std::time::Instant;

use ash::vk;

pub use figures::Figures;
#[cfg(feature = "media")]
pub use headset::HeadsetReport;
pub use plot::PlotError;
pub use report::{Device, Input, NetworkFacts, Output, Report, StageFigures, System};
pub use suite::{
    Accuracy, ChainReport, LayerTime, NetworkReport, PathReport, StageReport, SuiteError, SuiteOptions, SuiteReport,
    Timing, run as run_suite,
};

use crate::eyes::{Eyes, EyesError, Place, Settings, TIMESTAMPS};
use crate::film::{Film, FilmError, FilmOptions, Origin, Step};
use crate::gpu::{Commands, Gpu, GpuError, Image, ImageOptions};
use crate::location::Location;
use crate::media::{self, StopFlag};
use crate::series::Series;
use crate::stage::comfort::tally::Tally;
use crate::trace::{self, Stage};

/// What to measure.
pub struct BenchOptions {
    /// File or address; `None` for pictures made up on the way.
    pub file: Option<Location>,
    /// Frames to measure; a shorter film ends it earlier.
    pub frames: u32,
    /// Frames to run before.
    pub warm_up: u32,
    /// What is seen.
    pub settings: Settings,
    /// How the film is opened.
    pub film: FilmOptions,
}

/// What can stop a benchmark.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Reading, decoding or the network.
    #[error(transparent)]
    Film(#[from] FilmError),
    /// Making the eyes.
    #[error(transparent)]
    Eyes(#[from] EyesError),
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// A film of depth without its film.
    #[error("a film of depth belongs to a film: name that, too")]
    DepthAlone,
    /// Not enough to measure.
    #[error(
        "the film ended after {0} frames, before there was anything to measure: give a longer one, or a smaller --warm-up"
    )]
    TooShort(u32),
}

/// Runs it. As fast as it goes: nothing is dropped, so the figures are those of work and not of waiting.
pub fn run(gpu: &Gpu, origin: &Origin, options: &BenchOptions, stop: &StopFlag) -> Result<Report, BenchError> {
    let settings = options.settings;
    let film_options = FilmOptions { keep_planes: settings.needs_planes(), ..options.film.clone() };
    let mut film = match &options.file {
        Some(file) => Film::open(gpu, origin, file, &film_options, stop.clone())?,
        None => match origin {
            Origin::Network(weights) => Film::made_up(gpu, weights, &film_options, stop.clone())?,
            Origin::DepthFilm(_) => return Err(BenchError::DepthAlone),
        },
    };
    let mut eyes = Eyes::new(gpu);
    eyes.set_metered(true);
    let mut tally = Tally::new(&settings.comfort);
    let mut commands = Commands::new(gpu, "eyes", TIMESTAMPS)?;
    let mut target: Option<Arc<Image>> = None;
    let mut disparity_size = [0; 2];
    let mut stages: [Series; Stage::ALL.len()] = std::array::from_fn(|_| Series::default());
    let mut frames = 0;
    let (mut seen, mut start, mut end) = (0, Instant::now(), Instant::now());
    let mut latency = Series::default();
    let mut start_up = None;
    while frames < options.frames && !stop.is_stopped() {
        let frame = match film.scenes.receive(None) {
            Ok(Step::Scene(frame)) => frame,
            Ok(Step::End { .. }) | Err(_) => break,
            Ok(Step::Failed { error, .. }) => return Err(error.into()),
        };
        start_up.get_or_insert_with(trace::process_age);
        let scene = &frame.data;
        disparity_size = scene.layout.disparity_size;
        let size = settings.layout.output_size(scene.layout.size);
        let image = match target.take().filter(|target| target.size() == size) {
            Some(image) => image,
            None => Image::new(gpu, "target", ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 })?,
        };
        commands.record(|recorder| eyes.record(recorder, scene, &settings, &image, Place::File, 0))?;
        let point = gpu.submit(&mut commands)?;
        gpu.wait(point)?;
        target = Some(image);
        let mut trace = frame.trace;
        if let [Some(from), Some(made), Some(shown)] = commands.timestamps()?[..] {
            trace.stamp(Stage::Stereo, made - from);
            trace.stamp(Stage::Present, shown - made);
        }
        while let Some(measured) = eyes.measured()? {
            tally.add(&measured.reading, measured.seen(frame.pts.seconds(), frame.duration.seconds()));
        }
        end = Instant::now();
        seen += 1;
        if seen == options.warm_up {
            start = end;
        }
        if seen > options.warm_up {
            frames += 1;
            latency.push(end - start, end.saturating_duration_since(trace.born));
            for (stage, series) in Stage::ALL.into_iter().zip(&mut stages) {
                if let Some(span) = trace.span(stage) {
                    series.push(end - start, span);
                }
            }
        }
    }
    if frames == 0 {
        return Err(BenchError::TooShort(seen));
    }
    let seconds = (end - start).as_secs_f64();
    Ok(Report {
        schema: 1,
        deep3d: env!("CARGO_PKG_VERSION"),
        device: Device::of(gpu.facts()),
        ffmpeg: media::linked_ffmpeg(),
        system: System::this(),
        input: Input {
            file: options.file.as_ref().map(Location::to_string),
            codec: film.info.codec.clone(),
            size: film.info.size,
        },
        network: NetworkFacts { name: origin.name(), disparity_size },
        output: Output { layout: settings.layout.name(), size: target.map_or([0; 2], |image| image.size()) },
        warm_up: options.warm_up,
        frames,
        dropped: film.control().dropped(),
        start_up: start_up.flatten().map(|age| age.as_secs_f64()),
        seconds,
        frames_per_second: f64::from(frames) / seconds.max(1e-9),
        peak_gpu_memory: gpu.peak_memory(),
        latency: Figures::of(&latency),
        stages: report::stages(&stages),
        comfort: tally.result(),
    })
}
