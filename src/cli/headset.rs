//! `--vr-…`: the headset's screen and room, and the file that they are remembered in.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::options::yes_or_no;
use crate::gpu::GpuOptions;
use crate::media::StopFlag;
use crate::output::OutputError;
use crate::player::quality::Quality;
use crate::sink::ScreenSettings;
use crate::sink::screen::Surroundings;
use crate::sink::xr::{HeadsetOptions, Loader, ScreenLayer};
use crate::whole;

/// The virtual screen. What is not given is as it was left the last time.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "In the headset (--sink vr)")]
pub(crate) struct HeadsetArguments {
    /// Width of the screen in metres
    #[arg(long, value_name = "METRES", value_parser = width)]
    pub(super) vr_width: Option<f32>,
    /// From the eyes to the screen, in metres
    #[arg(long, value_name = "METRES", value_parser = distance)]
    pub(super) vr_distance: Option<f32>,
    /// The screen's middle above the eyes, in metres
    #[arg(long, value_name = "METRES", value_parser = height, allow_hyphen_values = true)]
    pub(super) vr_height: Option<f32>,
    /// The screen's upper edge turned towards the viewer, in degrees
    #[arg(long, value_name = "DEGREES", value_parser = tilt, allow_hyphen_values = true)]
    pub(super) vr_tilt: Option<f32>,
    /// 0 flat, 1 bent around the viewer
    #[arg(long, value_name = "0..1", value_parser = curvature)]
    pub(super) vr_curvature: Option<f32>,
    /// The screen follows the head
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    pub(super) vr_follow_head: Option<bool>,
    /// The screen hangs where a viewer who lies down looks to
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    pub(super) vr_lying: Option<bool>,
    /// What is around the screen
    #[arg(long, value_enum)]
    pub(super) vr_surroundings: Option<Surroundings>,
    /// The layer that carries the screen
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) vr_screen: ScreenLayer,
    /// Go on while nobody wears the headset
    #[arg(long)]
    pub(super) vr_play_when_off: bool,
}

/// Where a measured film goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchSink {
    /// Nowhere: as fast as it goes, or with --paced at the film's pace
    Null,
    /// A desktop window, with --paced
    Window,
    /// A headset, at the film's pace
    Vr,
}

/// Measuring what plays.
#[derive(Debug, Args)]
pub(crate) struct HeadsetBench {
    /// Where it goes
    #[arg(long, value_enum, default_value = "null")]
    pub(super) sink: BenchSink,
    /// Play at the film's pace, press keys and seek, and tell how long everything takes until it is seen
    #[arg(long)]
    pub(super) paced: bool,
    /// How much work each picture is worth (--paced)
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) quality: Quality,
    #[command(flatten)]
    pub(super) headset: HeadsetArguments,
}

impl HeadsetArguments {
    /// `remembered`, where nothing else was asked for.
    pub(super) fn screen(&self, remembered: ScreenSettings) -> ScreenSettings {
        ScreenSettings {
            width: self.vr_width.unwrap_or(remembered.width),
            distance: self.vr_distance.unwrap_or(remembered.distance),
            height: self.vr_height.unwrap_or(remembered.height),
            tilt: self.vr_tilt.unwrap_or(remembered.tilt),
            curvature: self.vr_curvature.unwrap_or(remembered.curvature),
            follow_head: self.vr_follow_head.unwrap_or(remembered.follow_head),
            lying: self.vr_lying.unwrap_or(remembered.lying),
            surroundings: self.vr_surroundings.unwrap_or(remembered.surroundings),
        }
        .checked()
    }

    /// How the headset begins. `film_frames` ends it.
    pub(super) fn options(&self, gpu: GpuOptions, film_frames: Option<u64>, stop: StopFlag) -> HeadsetOptions {
        let (layer, play_when_off) = (self.vr_screen, self.vr_play_when_off);
        HeadsetOptions {
            loader: Loader::Installed,
            gpu,
            layer,
            play_when_off,
            film_frames,
            sound: None,
            room: None,
            stop,
        }
    }
}

fn within(text: &str, [least, most]: [f32; 2]) -> Result<f32, String> {
    super::options::number(text, least..=most, "it")
}

fn width(text: &str) -> Result<f32, String> {
    within(text, ScreenSettings::WIDTH)
}

fn distance(text: &str) -> Result<f32, String> {
    within(text, ScreenSettings::DISTANCE)
}

fn height(text: &str) -> Result<f32, String> {
    within(text, ScreenSettings::HEIGHT)
}

fn tilt(text: &str) -> Result<f32, String> {
    within(text, ScreenSettings::TILT)
}

fn curvature(text: &str) -> Result<f32, String> {
    within(text, [0.0, 1.0])
}

/// Where the screen is remembered.
pub(super) fn file() -> Option<PathBuf> {
    Some(super::folders::settings()?.join("screen.json"))
}

/// More than this is no file of ours.
const MOST: u64 = 64 * 1024;

/// What `file` remembers; the usual screen where there is no such file, and with a word of warning where it makes no sense.
pub(super) fn read(file: &Path) -> ScreenSettings {
    let understood = match whole::read(file, MOST) {
        Ok(text) => serde_json::from_slice::<ScreenSettings>(&text).map_err(std::io::Error::from),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return ScreenSettings::default(),
        Err(error) => Err(error),
    };
    understood.map(ScreenSettings::checked).unwrap_or_else(|error| {
        tracing::warn!("{} is not understood ({error}): the screen stands as usual", file.display());
        ScreenSettings::default()
    })
}

/// Writes `screen` to `file`, whole or not at all.
///
/// # Errors
/// As [`whole::remember`].
pub(super) fn write(file: &Path, screen: &ScreenSettings) -> Result<(), OutputError> {
    let text = serde_json::to_vec_pretty(screen).map_err(|error| OutputError::from_io(file, &error.into()))?;
    whole::remember(file, &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_screen_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep").join("screen.json");
        assert_eq!(read(&file), ScreenSettings::default());
        let screen = ScreenSettings { width: 5.5, surroundings: Surroundings::Void, ..ScreenSettings::default() };
        write(&file, &screen).unwrap();
        assert_eq!(read(&file), screen);
        fs::write(&file, r#"{ "width": 1e30, "tilt": 5.0 }"#).unwrap();
        assert_eq!(read(&file), ScreenSettings { width: 40.0, tilt: 5.0, ..ScreenSettings::default() });
        for nonsense in ["", "{", "[]", r#"{"width": "wide"}"#] {
            fs::write(&file, nonsense).unwrap();
            assert_eq!(read(&file), ScreenSettings::default(), "{nonsense}");
        }
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing half-written");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_that_lies_there_hangs_or_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        fs::create_dir(at("folder")).unwrap();
        fs::File::create(at("hole")).unwrap().set_len(10 << 30).unwrap();
        fs::write(at("garbage"), [0xff; 9000]).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("zero")).unwrap();
        for name in ["pipe", "folder", "hole", "garbage", "zero"] {
            assert_eq!(read(&at(name)), ScreenSettings::default(), "{name}");
        }
        for name in ["pipe", "folder", "zero"] {
            assert!(write(&at(name), &ScreenSettings::default()).is_err(), "{name}");
        }
        // A link, as those have who keep their settings elsewhere, stays one.
        std::os::unix::fs::symlink("garbage", at("link")).unwrap();
        write(&at("link"), &ScreenSettings::default()).unwrap();
        assert!(at("link").is_symlink() && read(&at("garbage")) == ScreenSettings::default());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6);
    }
}
