//! The options about pictures of what is seen.

use std::path::PathBuf;

use clap::Args;

use crate::player::{ShotFormat, ShotOptions};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Screenshots")]
pub(crate) struct ShotArguments {
    /// What the keys s and S write: both eyes in one picture, or in a file for two
    #[arg(long, value_enum, default_value = "png")]
    screenshot_format: ShotFormat,
    /// What it is called, without its ending, as mpv's templates say it: %n is a number, %F the film's name, %P the time, ...
    #[arg(long, default_value = "deep3d-shot%n", value_name = "TEMPLATE")]
    screenshot_template: String,
    /// The folder that it goes to
    #[arg(long, alias = "screenshot-dir", value_name = "FOLDER")]
    screenshot_directory: Option<PathBuf>,
    /// The quality of JPEG
    #[arg(long, default_value_t = 90, value_name = "1..100", value_parser = clap::value_parser!(u8).range(1..=100))]
    screenshot_jpeg_quality: u8,
}

impl ShotArguments {
    pub(super) fn options(&self) -> ShotOptions {
        ShotOptions {
            format: self.screenshot_format,
            template: self.screenshot_template.clone(),
            folder: self.screenshot_directory.clone(),
            quality: self.screenshot_jpeg_quality,
        }
    }
}
