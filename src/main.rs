//! The `deep3d` program: reads the command line and does what it says.

use std::process::ExitCode;

use deep3d::cli;

fn main() -> ExitCode {
    // While there is one thread: it speaks to the encoders through the environment.
    deep3d::media::encode::quieten();
    match cli::start() {
        Ok(cli) => cli::run(cli),
        Err(code) => code,
    }
}
