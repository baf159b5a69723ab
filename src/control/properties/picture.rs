//! The picture and its window.

use serde_json::{Value, json};

use super::super::Status;
use super::super::property::{Change, Property, number, toggled, told};
use crate::sink::{Action, Adjust};

/// What the viewer turns by a number.
macro_rules! adjusted {
    ($name:literal, $which:expr) => {
        number($name, $which.range(), |status| turned(status, $which), |_, to| Some(Action::Adjust($which, to)))
    };
}

/// Of the picture.
pub(super) const PROPERTIES: &[Property] = &[
    told("width", |status| Some(json!(status.coded_size?[0]))),
    told("height", |status| Some(json!(status.coded_size?[1]))),
    told("dwidth", |status| Some(json!(status.size?[0]))),
    told("dheight", |status| Some(json!(status.size?[1]))),
    told("container-fps", |status| status.frame_rate.map(Value::from)),
    told("frame-drop-count", |status| Some(json!(status.counts[1]))),
    told("shown-frame-count", |status| Some(json!(status.counts[0]))),
    toggled("deinterlace", |status| Some(json!(status.deinterlace)), Action::Deinterlace),
    toggled("osd-bar", |status| Some(json!(status.osd_bar)), Action::OsdBar),
    adjusted!("brightness", Adjust::Brightness),
    adjusted!("contrast", Adjust::Contrast),
    adjusted!("saturation", Adjust::Saturation),
    adjusted!("gamma", Adjust::Gamma),
    adjusted!("hue", Adjust::Hue),
    adjusted!("panscan", Adjust::Panscan),
    adjusted!("video-zoom", Adjust::Zoom),
    adjusted!("video-pan-x", Adjust::PanX),
    adjusted!("video-pan-y", Adjust::PanY),
    adjusted!("video-aspect-override", Adjust::Aspect),
    number(
        "video-rotate",
        [0.0, 359.0],
        |status| Some(json!(status.rotation)),
        |_, to| Some(Action::Rotate(to as u16)),
    ),
    Property {
        name: "video-crop",
        read: |status| Some(json!(status.adjustments?.crop.map_or_else(String::new, |part| part.to_string()))),
        change: Change::Part,
    },
    number("osd-level", [0.0, 3.0], |status| Some(json!(status.osd_level)), |_, to| Some(Action::OsdLevel(to as u8))),
    toggled("fullscreen", |status| Some(json!(status.full_screen)), Action::FullScreen),
    toggled("ontop", |status| Some(json!(status.on_top)), Action::OnTop),
];

/// How far that is turned; whole numbers as such.
fn turned(status: &Status, which: Adjust) -> Option<Value> {
    let value = status.adjustments?.get(which);
    let whole = which.range()[1] == 100.0;
    Some(if whole { json!(value as i64) } else { json!((value * 1e6).round() / 1e6) })
}
