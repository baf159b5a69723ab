//! The commands that need films, and what shows them: not there in a program without FFmpeg (feature `media`).

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::dataset::{self, DatasetArguments};
use super::eval::{self, EvalArguments, SheetArguments};
use super::headset::HeadsetArguments;
use super::pattern::{self, PatternError};
use super::play::{self, PlayError};
use super::run::{CliError, check_validation, gpu_options, scene, stop_on_interrupt};
use super::{SceneOptions, options};
use crate::convert::plan::{PlanError, Request, plan};
use crate::convert::{self, ConvertError, ConvertOptions, Finished, SaveOptions};
use crate::dataset::DatasetError;
use crate::eval::EvalError;
use crate::film::{Origin, scale_for};
use crate::gpu::{Gpu, Headless};
use crate::media::encode::{Codec, GreyCodec, Preset};
use crate::sink::Layout;
use crate::stage::comfort::tally::Comforts;
use crate::time::Position;

#[derive(Debug, Subcommand)]
pub(crate) enum FilmCommand {
    /// Play films and streams in 3D
    #[command(display_order = 0)]
    Play(PlayArguments),
    /// Convert films and pictures into 3D files
    #[command(display_order = 0)]
    Convert(ConvertArguments),
    /// Take pairs of eyes out of 3D films, to train with
    Dataset(DatasetArguments),
    /// Score the depth on stereo pairs and films (docs/eval.md)
    Eval(EvalArguments),
    /// Write a contact sheet of pictures and films with their disparity beside them
    Sheet(SheetArguments),
    /// Show or write a picture to check eyes and glasses with
    TestPattern(TestPatternArguments),
}

/// What ends one of them early.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilmCommandError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Convert(#[from] ConvertError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Eval(#[from] EvalError),
    #[error(transparent)]
    Play(#[from] PlayError),
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl FilmCommandError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Plan(error) if error.is_usage() => 2,
            Self::Dataset(error) if error.is_usage() => 2,
            Self::Convert(ConvertError::Interrupted)
            | Self::Dataset(DatasetError::Interrupted(_))
            | Self::Eval(EvalError::Interrupted) => 130,
            _ => 1,
        }
    }
}

/// So that `?` takes what the commands' modules give.
macro_rules! from {
    ($($error:ty),*) => {$(
        impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::Film(error.into())
            }
        }
    )*};
}
from!(PlanError, ConvertError, DatasetError, EvalError, PlayError, PatternError);

/// Where a film goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SinkKind {
    /// The window
    Auto,
    /// A desktop window
    Window,
    /// A headset, through OpenXR
    Vr,
    /// Nowhere: for measuring
    Null,
}

/// Where a measured film goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchSink {
    /// Nowhere, as fast as it goes
    Null,
    /// A headset, at the film's pace
    Vr,
}

#[derive(Debug, Args)]
pub(crate) struct PlayArguments {
    /// Films to play, one after another: files or http(s), HLS and RTSP addresses
    #[arg(required = true, value_name = "FILE|URL")]
    pub(super) inputs: Vec<String>,
    /// Where to show them
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) sink: SinkKind,
    /// Begin again at the end
    #[arg(long = "loop")]
    pub(super) repeat: bool,
    /// Where to begin: seconds, mm:ss, hh:mm:ss, -30 (from the end) or 50%
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) start: Option<Position>,
    /// Fill the screen
    #[arg(long)]
    pub(super) fullscreen: bool,
    #[command(flatten)]
    pub(super) headset: HeadsetArguments,
    #[command(flatten)]
    pub(super) scene: SceneOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArguments {
    /// Films and pictures to convert
    #[arg(required = true, value_name = "IN")]
    pub(super) inputs: Vec<String>,
    /// The file to write, its kind told by its extension; a folder for several inputs
    #[arg(short, long, value_name = "OUT", required_unless_present = "save_depth")]
    pub(super) output: Option<PathBuf>,
    /// Write the depth as a film of its own (.mkv), for --depth; without -o nothing else is written
    #[arg(long, value_name = "FILE", conflicts_with = "depth")]
    pub(super) save_depth: Option<PathBuf>,
    /// How that is coded: ffv1 keeps it to the bit, hevc is smaller
    #[arg(
        long,
        value_name = "ffv1|hevc",
        default_value = "ffv1",
        hide_possible_values = true,
        requires = "save_depth"
    )]
    pub(super) depth_codec: GreyCodec,
    /// Where to begin: seconds, mm:ss, hh:mm:ss, -30 (from the end) or 50%
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) start: Option<Position>,
    /// Where to end, written likewise
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) end: Option<Position>,
    /// The film's codec; without it H.264 up to 4096 pixels of width and HEVC beyond
    #[arg(long, value_name = "h264|hevc|av1")]
    pub(super) codec: Option<Codec>,
    /// Quality: lower is better and larger; without it a good middle for the codec
    #[arg(long)]
    pub(super) crf: Option<u8>,
    /// Time that the encoder may take: slower is smaller
    #[arg(long, value_enum, default_value = "medium", hide_possible_values = true, value_name = "ultrafast..veryslow")]
    pub(super) preset: Preset,
    /// Overwrite what is there
    #[arg(long)]
    pub(super) force: bool,
    /// Write how comfortable the films are, as JSON (its keys: docs/comfort.md)
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    #[command(flatten)]
    pub(super) scene: SceneOptions,
}

#[derive(Debug, Args)]
pub(crate) struct TestPatternArguments {
    /// Write this picture instead of showing a window
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: Option<PathBuf>,
    /// How the two eyes are arranged
    #[arg(long, default_value = "sbs", value_name = "LAYOUT")]
    pub(super) layout: Layout,
    /// Width and height of one eye's picture in pixels
    #[arg(long, default_value = "1920x1080", value_name = "WxH", value_parser = options::size)]
    pub(super) size: [u32; 2],
    /// Fill the screen
    #[arg(long)]
    pub(super) fullscreen: bool,
    /// Exchange the eyes
    #[arg(long)]
    pub(super) swap_eyes: bool,
    /// Overwrite what is there
    #[arg(long)]
    pub(super) force: bool,
    /// The GPU: a number from `deep3d doctor` or part of its name
    #[arg(long, value_name = "GPU")]
    pub(super) gpu: Option<String>,
}

/// Measuring in a headset.
#[derive(Debug, Args)]
pub(crate) struct HeadsetBench {
    /// Where it goes
    #[arg(long, value_enum, default_value = "null")]
    pub(super) sink: BenchSink,
    #[command(flatten)]
    pub(super) headset: HeadsetArguments,
}

/// Does what was asked for.
pub(super) fn run(command: &FilmCommand) -> Result<(), CliError> {
    match command {
        FilmCommand::Play(arguments) => play::play(arguments),
        FilmCommand::Convert(arguments) => convert(arguments),
        FilmCommand::Dataset(arguments) => dataset::dataset(arguments),
        FilmCommand::Eval(arguments) => eval::eval(arguments),
        FilmCommand::Sheet(arguments) => eval::sheet(arguments),
        FilmCommand::TestPattern(arguments) => pattern::show(arguments),
    }
}

/// What `--report` writes (its keys: docs/comfort.md).
#[derive(Debug, serde::Serialize)]
struct ConvertReport {
    schema: u32,
    deep3d: &'static str,
    files: Vec<Converted>,
}

#[derive(Debug, serde::Serialize)]
struct Converted {
    input: String,
    output: PathBuf,
    comfort: Option<Comforts>,
}

fn convert(arguments: &ConvertArguments) -> Result<(), CliError> {
    let request = Request {
        inputs: &arguments.inputs,
        output: arguments.output.as_deref(),
        save_depth: arguments.save_depth.as_deref(),
        layout: arguments.scene.layout,
        codec: arguments.codec,
        crf: arguments.crf,
        force: arguments.force,
    };
    let plan = plan(&request)?;
    if let Some(folder) = arguments.report.as_deref().and_then(Path::parent)
        && !folder.as_os_str().is_empty()
        && !folder.is_dir()
    {
        let reason = format!("there is no folder '{}' for the report: make it, or name another file", folder.display());
        return Err(CliError::Usage(reason));
    }
    let (origin, settings, film) = scene(&arguments.scene)?;
    if origin.network().is_none() && plan.jobs.len() > 1 {
        return Err(CliError::Usage("--depth is one film's: convert the films one by one".to_owned()));
    }
    let save = match &origin {
        Origin::Network(weights) if arguments.save_depth.is_some() => {
            let codec = arguments.depth_codec;
            codec.check().map_err(PlanError::from)?;
            Some(SaveOptions { codec, network: origin.name(), scale: scale_for(weights) })
        }
        _ => None,
    };
    let gpu = Gpu::new(&Headless, &gpu_options(arguments.scene.network.gpu.clone()))?;
    let stop = stop_on_interrupt();
    let options = ConvertOptions {
        settings,
        start: arguments.start,
        end: arguments.end,
        codec: arguments.codec,
        crf: arguments.crf,
        preset: arguments.preset,
        force: arguments.force,
        save,
        film,
    };
    let mut report = ConvertReport { schema: 1, deep3d: env!("CARGO_PKG_VERSION"), files: Vec::new() };
    let result = convert::run(&gpu, &origin, &plan, &options, &stop, |finished| {
        let Finished { input, output, comfort } = finished;
        report.files.push(Converted { input: input.to_owned(), output: output.to_owned(), comfort });
    });
    let mut stdout = std::io::stdout();
    for Converted { output, comfort, .. } in &report.files {
        writeln!(stdout, "{}", output.display())?;
        // A still has no length that anything could be outside of the limits for.
        if let Some(comfort) = comfort.as_ref().filter(|comfort| comfort.seconds > 0.0)
            && tracing::enabled!(tracing::Level::WARN)
        {
            writeln!(std::io::stderr(), "{}", comfort.lines())?;
        }
    }
    result?;
    if let Some(file) = &arguments.report {
        let text = serde_json::to_vec_pretty(&report).map_err(std::io::Error::from)?;
        crate::whole::write(file, &text).map_err(|error| {
            let reason = format!("'{}' cannot be written: {error}; --report names another file", file.display());
            CliError::Usage(reason)
        })?;
    }
    check_validation(&gpu)
}
