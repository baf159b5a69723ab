//! Does what the command line says.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::error::CliError;
#[cfg(feature = "media")]
use super::headset::BenchSink;
use super::print::{print, print_lines};
use super::setup::{check_validation, gpu_options, scene};
use super::stop::stop_on_interrupt;
use super::{BenchArguments, BenchGpuArguments, Cli, Command, WeightsCommand, pages, plot};
use crate::bench::{self, BenchOptions, SuiteOptions};
use crate::doctor;
use crate::gpu::{Gpu, Headless};
use crate::net::Weights;
use crate::net::mxnet::MovingVariance;
use crate::output::Outputs;
use crate::terminal;
use crate::weights_command;

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
        Command::Completions(arguments) => pages::completions(&arguments),
        Command::Man(arguments) => pages::man(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our results has closed the pipe: that is their good right.
        Err(CliError::Stdout(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            // For the log's file; on stderr it is told once.
            tracing::debug!("{error}");
            error.tell();
            ExitCode::from(error.exit_code())
        }
    }
}

fn bench(arguments: &BenchArguments) -> Result<(), CliError> {
    plot::take(arguments)?;
    #[cfg(feature = "media")]
    match arguments.headset.sink {
        _ if arguments.headset.paced => return super::paced::measure(arguments),
        BenchSink::Window => return Err(CliError::Usage("bench --sink window needs --paced".to_owned())),
        BenchSink::Vr => return super::play::measure_in_headset(arguments),
        BenchSink::Null => {}
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
    plot::write(arguments, || report.plot())?;
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
