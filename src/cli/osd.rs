//! The options about what `play` tells over the picture.

use std::time::Duration;

use clap::Args;

use super::options::yes_or_no;
use crate::player::{OnSeek, OsdOptions};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Messages over the picture")]
pub(crate) struct OsdArguments {
    /// What is told: 0 nothing, 1 what has changed, 2 the time always, 3 the length, too
    #[arg(long, default_value_t = 1, value_name = "0..3", value_parser = clap::value_parser!(u8).range(0..=3))]
    osd_level: u8,
    /// How long it is told what has changed, in milliseconds
    #[arg(long, default_value_t = 1000, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    osd_duration: u64,
    /// Whether a bar tells how loud it is, and where the film is
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = yes_or_no)]
    osd_bar: bool,
    /// What tells where the film is after a seek
    #[arg(long, value_enum, default_value = "msg-bar")]
    osd_on_seek: OnSeek,
    /// Tell nothing: --osd-level 0
    #[arg(long, conflicts_with = "osd_level")]
    no_osd: bool,
}

impl OsdArguments {
    pub(super) fn options(&self) -> OsdOptions {
        let level = if self.no_osd { 0 } else { self.osd_level };
        OsdOptions {
            level,
            duration: Duration::from_millis(self.osd_duration),
            bar: self.osd_bar,
            on_seek: self.osd_on_seek,
        }
    }
}
