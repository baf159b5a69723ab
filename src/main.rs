//! The `deep3d` program: reads the command line and does what it says.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use deep3d::cli::{self, Cli};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // While there is one thread: it speaks to the encoders through the environment.
    deep3d::media::encode::quieten();
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("DEEP3D_LOG").unwrap_or_else(|_| EnvFilter::new(cli.log_filter()));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .with_target(false)
        .init();
    cli::run(cli)
}
