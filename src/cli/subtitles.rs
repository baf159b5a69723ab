//! The options about subtitles, of `play` and `convert`.

use std::path::PathBuf;

use clap::Args;

use super::options::{number, yes_or_no};
use crate::film::{SubAuto, SubtitleOptions};
use crate::media::{Languages, TrackChoice};
use crate::subtitle::{Rgba, Settings, Style};
use crate::time::Time;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subtitles")]
pub(crate) struct SubtitleArguments {
    /// Languages of the subtitles, the one wanted most first (de,en); auto stands for the system's
    #[arg(long, default_value = "", value_name = "CODE,…", hide_default_value = true)]
    slang: Languages,
    /// A subtitle file; it goes before what lies in the film
    #[arg(long = "sub-file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Which files beside a film are taken for its subtitles
    #[arg(long, value_enum, default_value = "exact")]
    sub_auto: SubAuto,
    /// Folders that are looked into for them besides the film's, separated by colons
    #[arg(long, value_name = "FOLDERS", value_delimiter = ':')]
    sub_file_paths: Vec<PathBuf>,
    /// Subtitles come so many seconds later; below zero, sooner
    #[arg(long, default_value_t = 0.0, value_name = "SECONDS", allow_hyphen_values = true, value_parser = delay)]
    sub_delay: f64,
    /// How large they are, as a factor
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = scale)]
    sub_scale: f32,
    /// Where they stand, in percent of the height; less is higher
    #[arg(long, default_value_t = 100.0, value_name = "PERCENT", value_parser = position)]
    sub_pos: f32,
    /// How much nearer they are than what they cover asks for, in percent of the width; below zero, farther
    #[arg(long, default_value_t = 0.0, value_name = "PERCENT", allow_hyphen_values = true, value_parser = depth)]
    sub_depth: f32,
    /// The font of lines that bring no style
    #[arg(long, default_value_t = Style::default().font, value_name = "FAMILY")]
    sub_font: String,
    /// Its size, in pixels of a picture 720 pixels high
    #[arg(long, default_value_t = Style::default().size as f32, value_name = "SIZE", value_parser = size)]
    sub_font_size: f32,
    /// The colour of such lines, #rrggbb or #aarrggbb
    #[arg(long, default_value = "#ffffff", value_name = "COLOUR", value_parser = colour)]
    sub_color: Rgba,
    /// The colour around their letters
    #[arg(long, default_value = "#000000", value_name = "COLOUR", value_parser = colour)]
    sub_outline_color: Rgba,
    /// How wide that is
    #[arg(long, default_value_t = Style::default().border as f32, value_name = "SIZE", value_parser = border)]
    sub_outline_size: f32,
    /// How far they are from the edge
    #[arg(long, default_value_t = Style::default().margin, value_name = "SIZE", value_parser = clap::value_parser!(u32).range(0..=600))]
    sub_margin_y: u32,
    /// Bold letters
    #[arg(long)]
    sub_bold: bool,
    /// Italic letters
    #[arg(long)]
    sub_italic: bool,
    /// Whether they are seen at first; the key v changes it
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = yes_or_no)]
    sub_visibility: bool,
}

/// Which track, when playing.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subtitles")]
pub(crate) struct SidArguments {
    /// The subtitle track: its number, counted from 1, auto or no
    #[arg(long, default_value = "auto", value_name = "auto|no|NUMBER", hide_default_value = true)]
    sid: TrackChoice,
    /// Show no subtitles
    #[arg(long = "no-sub", conflicts_with = "sid")]
    none: bool,
}

impl SidArguments {
    /// The track.
    pub(super) fn choice(&self) -> TrackChoice {
        if self.none { TrackChoice::No } else { self.sid }
    }
}

impl SubtitleArguments {
    /// What a film is opened with.
    pub(super) fn options(&self, choice: TrackChoice) -> SubtitleOptions {
        let style = Style {
            font: self.sub_font.clone(),
            size: self.sub_font_size.into(),
            colour: self.sub_color,
            border_colour: self.sub_outline_color,
            border: self.sub_outline_size.into(),
            margin: self.sub_margin_y,
            bold: self.sub_bold,
            italic: self.sub_italic,
        };
        SubtitleOptions {
            choice,
            any: false,
            languages: self.slang.clone(),
            settings: Settings {
                visible: self.sub_visibility,
                delay: Time::from_seconds(self.sub_delay),
                scale: self.sub_scale.into(),
                position: self.sub_pos.into(),
                depth: self.sub_depth.into(),
                style,
            },
            files: self.files.clone(),
            auto: self.sub_auto,
            folders: self.sub_file_paths.clone(),
        }
    }
}

fn delay(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    if value.abs() <= 86_400.0 { Ok(value) } else { Err("it is a day at most".to_owned()) }
}

fn scale(text: &str) -> Result<f32, String> {
    number(text, 0.1..=10.0, "it")
}

fn position(text: &str) -> Result<f32, String> {
    number(text, 0.0..=150.0, "it, in percent,")
}

fn depth(text: &str) -> Result<f32, String> {
    number(text, -5.0..=5.0, "it, in percent of the width,")
}

fn size(text: &str) -> Result<f32, String> {
    number(text, 1.0..=400.0, "it")
}

fn border(text: &str) -> Result<f32, String> {
    number(text, 0.0..=40.0, "it")
}

fn colour(text: &str) -> Result<Rgba, String> {
    let wrong = || format!("'{text}' is no colour: #rrggbb, or #aarrggbb with its opacity");
    let digits = text.strip_prefix('#').filter(|digits| digits.is_ascii()).ok_or_else(wrong)?;
    let value = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
    let [alpha, red, green, blue] = value.to_be_bytes();
    match digits.len() {
        6 => Ok([red, green, blue, 255]),
        8 => Ok([red, green, blue, alpha]),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_mpv_reads_them() {
        assert_eq!((scale("2"), scale("0").is_err(), position("101")), (Ok(2.0), true, Ok(101.0)));
        assert_eq!((colour("#102030"), colour("#40102030")), (Ok([16, 32, 48, 255]), Ok([16, 32, 48, 64])));
        assert!(["102030", "#12", "#1020301", "#ä02030"].iter().all(|wrong| colour(wrong).is_err()));
    }
}
