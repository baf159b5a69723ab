//! The options about sound of `play`.

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::options::yes_or_no;
use super::print::print_lines;
use crate::media::{ReplayGainMode, ReplayGainOptions};
use crate::player::{PlayerOptions, SPEEDS, SoundLevels};
use crate::sound::{Output, Room, Sound, System};
use crate::time::Time;

/// How sound is heard in the headset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HeadsetAudio {
    /// From loudspeakers that stand around the viewer, whose head turns between them
    Room,
    /// As it is elsewhere
    Plain,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sound")]
pub(crate) struct SoundArguments {
    /// How loud, in percent; what is heard goes by its third power
    #[arg(long, default_value_t = 100.0, value_name = "PERCENT", value_parser = percent)]
    volume: f64,
    /// The most that the keys make of the volume, in percent
    #[arg(long, default_value_t = 130.0, value_name = "PERCENT", value_parser = most)]
    volume_max: f64,
    /// Begin without sound; the key m brings it
    #[arg(long)]
    mute: bool,
    /// Play no sound and open no device; film time goes by the system's clock
    #[arg(long, conflicts_with = "audio_device")]
    no_audio: bool,
    /// The device, as `--audio-device help` lists it; auto is the system's
    #[arg(long, value_name = "auto|help|DEVICE")]
    audio_device: Option<String>,
    /// Sound is heard so many seconds later than the pictures; below zero, sooner
    #[arg(long, default_value_t = 0.0, value_name = "SECONDS", allow_hyphen_values = true, value_parser = delay)]
    audio_delay: f64,
    /// How fast, from 0.25 to 4, at the same pitch
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = speed)]
    speed: f64,
    /// How sound is heard with `--sink vr`
    #[arg(long, value_enum, default_value = "room", value_name = "room|plain")]
    headset_audio: HeadsetAudio,
    /// Make what is loud quieter and what is quiet louder
    #[arg(long)]
    night_mode: bool,
    /// Make all equally loud by what is written of each track's loudness (ReplayGain, R128)
    #[arg(long, value_enum, default_value = "no", hide_possible_values = true, value_name = "no|track|album")]
    replaygain: ReplayGainMode,
    /// So many decibels louder then
    #[arg(long, default_value_t = 0.0, value_name = "DB", allow_hyphen_values = true, value_parser = decibels)]
    replaygain_preamp: f64,
    /// Whether that may make what is loud too loud
    #[arg(long, default_value = "no", value_name = "yes|no", value_parser = yes_or_no)]
    replaygain_clip: bool,
    /// So many decibels louder where nothing is written
    #[arg(long, default_value_t = 0.0, value_name = "DB", allow_hyphen_values = true, value_parser = decibels)]
    replaygain_fallback: f64,
}

impl SoundArguments {
    /// How tracks of different loudness are made equally loud.
    pub(super) fn replay_gain(&self) -> ReplayGainOptions {
        ReplayGainOptions {
            mode: self.replaygain,
            preamp: self.replaygain_preamp,
            clip: self.replaygain_clip,
            fallback: self.replaygain_fallback,
        }
    }

    /// Whether it is only asked which devices there are; then they are listed.
    pub(super) fn help(&self) -> Result<bool, CliError> {
        if self.audio_device.as_deref() != Some("help") {
            return Ok(false);
        }
        let mut lines = String::from("auto  the system's default\n");
        for device in System::default().devices().unwrap_or_default() {
            lines += &format!("{}  {}\n", device.id, device.description);
        }
        print_lines(&lines)?;
        Ok(true)
    }

    /// Whether a device was named.
    pub(super) fn is_asked_for(&self) -> bool {
        self.audio_device.is_some()
    }

    /// The room in which sound is heard in a headset, if it is.
    pub(super) fn room(&self) -> Option<Room> {
        (self.headset_audio == HeadsetAudio::Room).then(Room::default)
    }

    /// The same with sound, where it is `wanted` and not switched off; in a room where there is one.
    pub(super) fn player(
        &self,
        options: PlayerOptions,
        wanted: bool,
        room: Option<&Room>,
    ) -> Result<PlayerOptions, CliError> {
        let Self { volume, volume_max, mute, speed, night_mode: night, .. } = *self;
        let delay = Time::from_seconds(self.audio_delay);
        let levels = SoundLevels { volume: volume.min(volume_max), volume_max, mute, speed, delay, night };
        let device = self.audio_device.clone().filter(|device| device != "auto");
        let sound = if wanted && !self.no_audio {
            let sound = match room {
                Some(room) => Sound::in_room(Box::new(System::prompt()), device, room.clone()),
                None => Sound::new(Box::<System>::default(), device),
            };
            Some(sound.map_err(|error| CliError::Usage(error.to_string()))?)
        } else {
            None
        };
        Ok(PlayerOptions { sound, levels, ..options })
    }
}

fn number(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    if (least..=most).contains(&value) { Ok(value) } else { Err(format!("it is from {least} to {most}")) }
}

fn decibels(text: &str) -> Result<f64, String> {
    number(text, -150.0, 60.0)
}

fn percent(text: &str) -> Result<f64, String> {
    number(text, 0.0, 1000.0)
}

fn most(text: &str) -> Result<f64, String> {
    number(text, 100.0, 1000.0)
}

fn delay(text: &str) -> Result<f64, String> {
    number(text, -3600.0, 3600.0)
}

fn speed(text: &str) -> Result<f64, String> {
    number(text, SPEEDS[0], SPEEDS[1])
}
