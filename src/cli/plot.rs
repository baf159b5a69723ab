//! `deep3d bench --plot`.

use super::BenchArguments;
use super::error::CliError;
use crate::bench::PlotError;
use crate::whole;

/// Asks for the file to draw into, before anything is measured.
pub(super) fn take(arguments: &BenchArguments) -> Result<(), CliError> {
    let Some(path) = &arguments.plot else { return Ok(()) };
    if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg")) {
        return Err(CliError::Usage("--plot draws an SVG: give a file whose name ends in .svg".to_owned()));
    }
    let mut outputs = arguments.scene.outputs(arguments.force);
    arguments.file.iter().for_each(|file| outputs.protect(file));
    outputs.take(path)?;
    outputs.sweep();
    Ok(())
}

/// Draws into it, where there is one.
pub(super) fn write(
    arguments: &BenchArguments,
    plot: impl FnOnce() -> Result<String, PlotError>,
) -> Result<(), CliError> {
    let Some(path) = &arguments.plot else { return Ok(()) };
    Ok(whole::write(path, plot()?.as_bytes(), arguments.force)?)
}
