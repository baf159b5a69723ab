//! The options about the window.

use std::time::Duration;

use clap::Args;

use super::folders;
use super::options::yes_or_no;
use crate::sink::window::{CursorAutohide, Geometry, Manners, Placement};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Window")]
pub(crate) struct WindowArguments {
    /// How large it is, and where: WxH+X+Y in pixels or percent, or a part of that, with - instead of + from the right and the bottom
    #[arg(long, value_name = "GEOMETRY", allow_hyphen_values = true)]
    geometry: Option<Geometry>,
    /// How large it is at most, in the film's shape: W or WxH, in pixels or percent
    #[arg(long, value_name = "SIZE")]
    autofit: Option<Geometry>,
    /// Whether it opens as large as the last one was left, and there
    #[arg(long, default_value = "yes", value_name = "yes|no", value_parser = yes_or_no)]
    keep_window: bool,
    /// Keep it on top of others
    #[arg(long)]
    ontop: bool,
    /// Whether it has a border and a title
    #[arg(long, default_value = "yes", value_name = "yes|no", value_parser = yes_or_no)]
    border: bool,
    /// Its title, instead of the film's name and time
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The monitor on which it opens, counted from 0
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(0..=32))]
    screen: Option<u8>,
    /// The monitor that it fills in full screen
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(0..=32))]
    fs_screen: Option<u8>,
    /// How long the cursor is seen after it has moved, in milliseconds; no: always, always: never
    #[arg(long, default_value = "1000", value_name = "MS|no|always", value_parser = cursor)]
    cursor_autohide: CursorAutohide,
    /// Hide it in full screen only
    #[arg(long)]
    cursor_autohide_fs_only: bool,
}

impl WindowArguments {
    /// How large it is, and where.
    pub(super) fn placement(&self) -> Placement {
        let kept = folders::state().filter(|_| self.keep_window).map(|folder| folder.join("window.json"));
        Placement { geometry: self.geometry, autofit: self.autofit, kept }
    }

    /// How it is beside others.
    pub(super) fn manners(&self) -> Manners {
        Manners {
            on_top: self.ontop,
            border: self.border,
            title: self.title.clone(),
            screen: self.screen.map(usize::from),
            full_screen_on: self.fs_screen.map(usize::from),
            cursor: self.cursor_autohide,
            cursor_full_screen_only: self.cursor_autohide_fs_only,
        }
    }
}

fn cursor(text: &str) -> Result<CursorAutohide, String> {
    match text {
        "no" => Ok(CursorAutohide::Never),
        "always" => Ok(CursorAutohide::Always),
        _ => {
            let milliseconds =
                text.parse::<u16>().map_err(|_| "write milliseconds up to 65535, no or always".to_owned());
            milliseconds.map(|time| CursorAutohide::After(Duration::from_millis(time.into())))
        }
    }
}
