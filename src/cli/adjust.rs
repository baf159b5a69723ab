//! The options about colours, and about which part of the pictures is seen where: mpv's.

use clap::Args;

use super::options::number;
use crate::media::Rotation;
use crate::sink::{Adjust, Adjustments, Part};

/// What goes into files as well.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Colours and picture")]
pub(crate) struct ColourArguments {
    /// Light added, in % of white
    #[arg(long, value_name = "-100..100", default_value_t = 0, allow_hyphen_values = true, value_parser = percent())]
    brightness: i64,
    /// Light multiplied, in % more
    #[arg(long, value_name = "-100..100", default_value_t = 0, allow_hyphen_values = true, value_parser = percent())]
    contrast: i64,
    /// Colour, in % more
    #[arg(long, value_name = "-100..100", default_value_t = 0, allow_hyphen_values = true, value_parser = percent())]
    saturation: i64,
    /// The middle between black and white lighter
    #[arg(long, value_name = "-100..100", default_value_t = 0, allow_hyphen_values = true, value_parser = percent())]
    gamma: i64,
    /// Colours turned, 100 half round
    #[arg(long, value_name = "-100..100", default_value_t = 0, allow_hyphen_values = true, value_parser = percent())]
    hue: i64,
    /// Width to height of the whole picture, as 16:9 or 1.78; -1 is the film's own
    #[arg(long, value_name = "ASPECT", default_value = "-1", allow_hyphen_values = true, value_parser = aspect)]
    video_aspect_override: f64,
    /// The part of the pictures that is seen: WxH in the middle, or WxH+X+Y
    #[arg(long, value_name = "PART")]
    video_crop: Option<Part>,
    /// Turns the film clockwise by 90, 180 or 270 degrees, before its depth is made; no: what the film says does not count either
    #[arg(long, value_name = "DEGREES", default_value = "0")]
    video_rotate: Rotation,
}

/// What is seen in a window or a headset alone.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Colours and picture")]
pub(crate) struct ZoomArguments {
    /// Enlarges the pictures by a power of 2: 1 is twice as large
    #[arg(long, value_name = "POWER", default_value_t = 0.0, allow_hyphen_values = true, value_parser = zoom)]
    video_zoom: f32,
    /// Moves them to the right, in parts of their width
    #[arg(long, value_name = "PART", default_value_t = 0.0, allow_hyphen_values = true, value_parser = pan)]
    video_pan_x: f32,
    /// Moves them down, in parts of their height
    #[arg(long, value_name = "PART", default_value_t = 0.0, allow_hyphen_values = true, value_parser = pan)]
    video_pan_y: f32,
    /// Enlarges them over the black bars: 0 not at all, 1 until there are none
    #[arg(long, value_name = "0..1", default_value_t = 0.0, value_parser = panscan)]
    panscan: f32,
}

impl ColourArguments {
    pub(super) fn adjustments(&self) -> Adjustments {
        let mut adjustments = Adjustments::default().with_crop(self.video_crop);
        for (which, to) in [
            (Adjust::Brightness, self.brightness as f64),
            (Adjust::Contrast, self.contrast as f64),
            (Adjust::Saturation, self.saturation as f64),
            (Adjust::Gamma, self.gamma as f64),
            (Adjust::Hue, self.hue as f64),
            (Adjust::Aspect, self.video_aspect_override),
        ] {
            adjustments.set(which, to);
        }
        adjustments
    }

    pub(super) fn rotation(&self) -> Rotation {
        self.video_rotate.clone()
    }
}

impl ZoomArguments {
    /// As `adjustments`, and with these.
    pub(super) fn with(&self, mut adjustments: Adjustments) -> Adjustments {
        for (which, to) in [
            (Adjust::Zoom, self.video_zoom),
            (Adjust::PanX, self.video_pan_x),
            (Adjust::PanY, self.video_pan_y),
            (Adjust::Panscan, self.panscan),
        ] {
            adjustments.set(which, to.into());
        }
        adjustments
    }
}

fn percent() -> clap::builder::RangedI64ValueParser {
    clap::value_parser!(i64).range(-100..=100)
}

fn aspect(text: &str) -> Result<f64, String> {
    let wrong = || format!("'{text}' is no aspect: write 16:9, 1.78, or -1 for the film's own");
    let number = |text: &str| text.parse::<f64>().map_err(|_| wrong());
    let aspect = match text.split_once([':', '/']) {
        Some((width, height)) => number(width)? / number(height)?,
        None if text == "no" => -1.0,
        None => number(text)?,
    };
    let [least, most] = Adjust::Aspect.range();
    if (least..=most).contains(&aspect) { Ok(aspect) } else { Err(wrong()) }
}

fn zoom(text: &str) -> Result<f32, String> {
    number(text, -20.0..=20.0, "it, a power of 2,")
}

fn pan(text: &str) -> Result<f32, String> {
    number(text, -3.0..=3.0, "it, in parts of the picture,")
}

fn panscan(text: &str) -> Result<f32, String> {
    number(text, 0.0..=1.0, "it")
}
