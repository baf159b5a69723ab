//! How loud the sound is, and when it comes.

use serde_json::json;

use super::super::property::{Property, number, toggled, told};
use super::{milliseconds, seconds};
use crate::sink::Action;

/// Of sound.
pub(super) const PROPERTIES: &[Property] = &[
    number("volume", [0.0, 1000.0], |status| Some(json!(status.volume)), |_, to| Some(Action::SetVolume(to as f32))),
    told("volume-max", |status| Some(json!(status.volume_max))),
    toggled("mute", |status| Some(json!(status.mute)), Action::Mute),
    number(
        "audio-delay",
        [-3600.0, 3600.0],
        |status| Some(seconds(status.audio_delay)),
        |status, to| Some(Action::AudioDelay(milliseconds(to - status.audio_delay.seconds()))),
    ),
    toggled("night", |status| Some(json!(status.night)), Action::Night),
];
