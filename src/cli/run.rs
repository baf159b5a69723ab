//! Does what the command line says.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

#[cfg(feature = "media")]
use super::films::BenchSink;
use super::stop::stop_on_interrupt;
use super::{
    BenchArguments, BenchGpuArguments, Cli, Command, NetworkOptions, PictureOptions, SceneOptions, WeightsCommand,
    options,
};
use crate::bench::{self, BenchError, BenchOptions, SuiteError, SuiteOptions};
use crate::depth_film::DepthFile;
use crate::doctor;
use crate::eyes::Settings;
use crate::film::{FilmOptions, Origin};
use crate::gpu::{Gpu, GpuError, GpuOptions, Headless, Validation};
use crate::net::mxnet::MovingVariance;
use crate::net::{NetError, Network, Weights};
use crate::output::{OutputError, Outputs};
use crate::sink::Layout;
use crate::stage::comfort::{self, Viewing};
use crate::stage::stereo::SourceEye;
use crate::terminal;
use crate::weights_command;

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Bench(#[from] BenchError),
    #[error(transparent)]
    Gpu(#[from] GpuError),
    #[error(transparent)]
    Net(#[from] NetError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[cfg(feature = "media")]
    #[error(transparent)]
    Film(super::films::FilmCommandError),
    /// Something essential is missing here.
    #[error("films cannot be played here: see the lines marked FATAL")]
    Unhealthy,
    #[error(transparent)]
    Suite(#[from] SuiteError),
    #[error(
        "a kernel path computes wrongly here: see the lines marked WRONG or FAILED; please report it with your driver's version"
    )]
    Inaccurate,
    #[error("the Vulkan validation layer objects:\n{0}")]
    Validation(String),
    /// Told before, one by one.
    #[cfg(feature = "media")]
    #[error("{missing} of {all} files were not made: see above")]
    Partly { missing: usize, all: usize },
    #[error("stdout does not take the result: {0}")]
    Stdout(#[from] std::io::Error),
}

impl CliError {
    fn tell(&self) {
        match self {
            // Each message is a line of its own.
            Self::Validation(messages) => {
                terminal::say("deep3d: the Vulkan validation layer objects:");
                messages.lines().for_each(terminal::say);
            }
            other => terminal::say(&format!("deep3d: {other}")),
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Output(error) if error.is_usage() => 2,
            #[cfg(feature = "media")]
            Self::Film(error) => error.exit_code(),
            _ => 1,
        }
    }
}

/// Makes a file that may not grow further an error of writing, which is told and cleaned up after, instead of the end of the program.
fn survive_file_size_limit() {
    #[cfg(unix)]
    if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default()) {
        tracing::debug!("the file size limit will end the program: {error}");
    }
}

/// Runs the command and says how it ended.
pub fn run(cli: Cli) -> ExitCode {
    survive_file_size_limit();
    let result = match cli.command {
        #[cfg(feature = "media")]
        Command::Film(command) => super::films::run(&command),
        Command::Bench(arguments) => bench(&arguments),
        Command::BenchGpu(arguments) => bench_gpu(&arguments),
        Command::Weights(command) => weights(&command),
        Command::Doctor => doctor(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our results has closed the pipe: that is their good right.
        Err(CliError::Stdout(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            error.tell();
            ExitCode::from(error.exit_code())
        }
    }
}

pub(super) fn gpu_options(select: Option<String>) -> GpuOptions {
    GpuOptions { select, validation: Validation::from_environment(), cache: super::folders::cache() }
}

/// Whether the validation layer kept silent.
pub(super) fn check_validation(gpu: &Gpu) -> Result<(), CliError> {
    let messages = gpu.validation_messages();
    if messages.is_empty() { Ok(()) } else { Err(CliError::Validation(messages.join("\n"))) }
}

/// The weights that the options name, checked against `--network`.
pub(super) fn load_weights(options: &NetworkOptions) -> Result<Arc<Weights>, CliError> {
    let weights = match (&options.weights, options.network) {
        (Some(path), _) => Weights::read(path)?,
        (None, Some(Network::Deep3d2016)) => {
            let cure =
                "the original's weights are not shipped: give yours with --weights (see `deep3d weights import`)";
            return Err(CliError::Usage(cure.to_owned()));
        }
        (None, _) => Weights::built_in()?,
    };
    match options.network {
        Some(wanted) if wanted != weights.metadata.network => {
            let (wanted, have) = (wanted.name(), weights.metadata.network.name());
            Err(CliError::Usage(format!("--network {wanted} does not go with these weights, which are for {have}")))
        }
        _ => Ok(Arc::new(weights)),
    }
}

/// Where depth comes from, the viewer's settings at the start, and how films are opened.
pub(super) fn scene(options: &SceneOptions) -> Result<(Origin, Settings, FilmOptions), CliError> {
    let SceneOptions { layout, picture, network, kept, reading, queues } = options;
    let origin = match &kept.depth {
        Some(location) => Origin::DepthFilm(DepthFile { location: location.clone(), anyway: kept.depth_anyway }),
        None => Origin::Network(load_weights(network)?),
    };
    if *layout == Layout::Layers && origin.network().is_none() {
        let message = "--layout layers shows a network's planes, of which a film of depth has none: leave out --depth";
        return Err(CliError::Usage(message.to_owned()));
    }
    let settings = settings(*layout, picture, origin.network())?;
    let film = FilmOptions {
        decode_ahead: queues.decode_ahead.into(),
        scene_ahead: queues.scene_ahead.into(),
        look_ahead: queues.look_ahead.into(),
        steady: !queues.raw,
        network_area: network.network_size,
        precision: network.precision,
        reading: reading.reading(),
        ..FilmOptions::default()
    };
    Ok((origin, settings, film))
}

fn settings(layout: Layout, options: &PictureOptions, network: Option<Network>) -> Result<Settings, CliError> {
    let original = network == Some(Network::Deep3d2016);
    let selection = match options.render {
        Some(options::Render::Selection) if !original => {
            return Err(CliError::Usage("--render selection belongs to --network deep3d-2016".to_owned()));
        }
        Some(render) => render == options::Render::Selection,
        None => original,
    };
    if selection && options.source_eye == Some(options::SourceEye::Centre) {
        let message = "--render selection makes the right eye from the left one: it goes with --source-eye left";
        return Err(CliError::Usage(message.to_owned()));
    }
    let source_eye = match options.source_eye {
        Some(options::SourceEye::Left) => SourceEye::Left,
        Some(options::SourceEye::Centre) => SourceEye::Centre,
        None if selection => SourceEye::Left,
        None => SourceEye::Centre,
    };
    Ok(Settings {
        layout,
        comfort: comfort::Settings {
            strength: options.strength,
            convergence: options.convergence,
            viewing: Viewing {
                width: options.screen_width,
                distance: options.screen_distance.unwrap_or(options.screen_width * Viewing::DISTANCE),
            },
        },
        swap_eyes: options.swap_eyes,
        flat: false,
        source_eye,
        selection,
    })
}

/// The result on stdout.
pub(super) fn print(report: &impl serde::Serialize, json: bool, table: impl Fn() -> String) -> Result<(), CliError> {
    let mut stdout = std::io::stdout();
    if json {
        let text = serde_json::to_string_pretty(report).map_err(std::io::Error::from)?;
        Ok(writeln!(stdout, "{}", terminal::json(&text))?)
    } else {
        print_lines(&table())
    }
}

/// Lines for people on stdout.
pub(super) fn print_lines(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout();
    write!(stdout, "{}", terminal::lines(text))?;
    Ok(stdout.flush()?)
}

fn bench(arguments: &BenchArguments) -> Result<(), CliError> {
    #[cfg(feature = "media")]
    if arguments.headset.sink == BenchSink::Vr {
        return super::play::measure_in_headset(arguments);
    }
    if arguments.file.is_none() && arguments.scene.kept.depth.is_some() {
        return Err(CliError::Usage("--depth belongs to a film: name that, too".to_owned()));
    }
    let (origin, settings, film) = scene(&arguments.scene)?;
    let gpu = Gpu::new(&Headless, &gpu_options(arguments.scene.network.gpu.clone()))?;
    let options = BenchOptions {
        file: arguments.file.clone(),
        frames: arguments.frames,
        warm_up: arguments.warm_up,
        settings,
        film,
    };
    let report = bench::run(&gpu, &origin, &options, &stop_on_interrupt(|| Some(PathBuf::new())))?;
    print(&report, arguments.json, || report.table())?;
    check_validation(&gpu)
}

fn bench_gpu(arguments: &BenchGpuArguments) -> Result<(), CliError> {
    let start = || Gpu::new(&Headless, &gpu_options(arguments.gpu.clone()));
    let options = SuiteOptions { quick: arguments.quick };
    let report =
        bench::run_suite(&start, &Weights::built_in()?, &options, &mut |what| terminal::say(&format!("{what} …")))?;
    if arguments.json {
        report.table().lines().for_each(terminal::say);
    }
    print(&report, arguments.json, || report.table())?;
    if !report.validation.is_empty() {
        return Err(CliError::Validation(report.validation.join("\n")));
    }
    if report.is_accurate() { Ok(()) } else { Err(CliError::Inaccurate) }
}

fn weights(command: &WeightsCommand) -> Result<(), CliError> {
    let command = match command {
        WeightsCommand::Import { file, output, variance, force } => {
            let mut outputs = Outputs::new(*force);
            outputs.protect(&file.into());
            outputs.take(output)?;
            outputs.sweep();
            weights_command::WeightsCommand::Import {
                file: file.clone(),
                output: output.clone(),
                force: *force,
                moving_variance: if *variance { MovingVariance::Variance } else { MovingVariance::ByName },
            }
        }
        WeightsCommand::Inspect { file } => weights_command::WeightsCommand::Inspect { file: file.clone() },
    };
    print_lines(&weights_command::run(&command)?)
}

fn doctor() -> Result<(), CliError> {
    let report = doctor::examine();
    print_lines(&report.text)?;
    if report.healthy { Ok(()) } else { Err(CliError::Unhealthy) }
}
