//! The options about subtitles, of `play` and `convert`.

use std::path::PathBuf;

use clap::Args;

use super::options::{number, yes_or_no};
use super::subtitle_style::StyleArguments;
use crate::film::{SubAuto, SubtitleOptions};
use crate::media::subtitle::Codepage;
use crate::media::{Languages, Preroll, TrackChoice};
use crate::subtitle::{Override, Settings};
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
    #[command(flatten)]
    style: StyleArguments,
    /// How much of what is set here is for scripts (ASS), which bring their own styles; the key u changes it
    #[arg(long, value_enum, default_value = "yes")]
    sub_ass_override: Override,
    /// Fields of a script's styles that are replaced, separated by commas: Field=Value, or Style.Field=Value
    #[arg(long, value_name = "FIELD=VALUE,…", value_delimiter = ',')]
    sub_ass_force_style: Vec<String>,
    /// Lines of one text are so much farther apart, in pixels of the script
    #[arg(long, alias = "sub-ass-line-spacing", default_value_t = 0.0, value_name = "SIZE", allow_hyphen_values = true, value_parser = line_spacing)]
    sub_line_spacing: f32,
    /// Times of subtitles are multiplied by it: 25/23.976 = 1.0427 for those of a film that was made faster
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = speed)]
    sub_speed: f64,
    /// Pictures a second of the film that the subtitles were made for, where it is another than this one's
    #[arg(long, value_name = "RATE", value_parser = frame_rate)]
    sub_fps: Option<f64>,
    /// Of two lines that nearly meet the first is seen up to the second
    #[arg(long, value_name = "yes|no", default_value = "no", value_parser = yes_or_no)]
    sub_fix_timing: bool,
    /// In which films subtitles are looked for that began long before a place that is gone to: none, those that say where they begin, or all
    #[arg(long, value_enum, default_value = "yes")]
    demuxer_mkv_subtitle_preroll: Preroll,
    /// The encoding of subtitle files that are not UTF-8: auto, or its name; with + in front also where they are
    #[arg(long, default_value = "auto", value_name = "auto|NAME")]
    sub_codepage: Codepage,
    /// Of subtitles that are pictures show only those that have to be understood
    #[arg(long, alias = "sub-forced-only", value_name = "yes|no", default_value = "no", value_parser = yes_or_no)]
    sub_forced_events_only: bool,
    /// A second subtitle track, at the upper edge: its number, auto or no
    #[arg(long, default_value = "no", value_name = "auto|no|NUMBER")]
    secondary_sid: TrackChoice,
    /// Whether that is seen at first; the keys Alt+v change it
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = yes_or_no)]
    secondary_sub_visibility: bool,
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
        SubtitleOptions {
            choice,
            second: Some(self.secondary_sid),
            codepage: self.sub_codepage,
            any: false,
            languages: self.slang.clone(),
            settings: Settings {
                visible: self.sub_visibility,
                delay: Time::from_seconds(self.sub_delay),
                scale: self.sub_scale.into(),
                position: self.sub_pos.into(),
                depth: self.sub_depth.into(),
                style: self.style.0.clone(),
                scripts: self.sub_ass_override,
                forced: self.sub_ass_force_style.clone(),
                line_spacing: self.sub_line_spacing.into(),
                speed: self.sub_speed,
                forced_only: self.sub_forced_events_only,
                second_visible: self.secondary_sub_visibility,
                fix_timing: self.sub_fix_timing,
            },
            preroll: self.demuxer_mkv_subtitle_preroll,
            frame_rate: self.sub_fps,
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

fn line_spacing(text: &str) -> Result<f32, String> {
    number(text, -1000.0..=1000.0, "it")
}

fn frame_rate(text: &str) -> Result<f64, String> {
    number(text, 1.0..=1000.0, "it").map(f64::from)
}

fn speed(text: &str) -> Result<f64, String> {
    number(text, 0.1..=10.0, "it").map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_mpv_reads_them() {
        assert_eq!((scale("2"), scale("0").is_err(), position("101")), (Ok(2.0), true, Ok(101.0)));
    }
}
