//! The picture and its window.

use serde_json::{Value, json};

use super::super::property::{Property, number, toggled, told};
use crate::sink::Action;

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
    number("osd-level", [0.0, 3.0], |status| Some(json!(status.osd_level)), |_, to| Some(Action::OsdLevel(to as u8))),
    toggled("fullscreen", |status| Some(json!(status.full_screen)), Action::FullScreen),
    toggled("ontop", |status| Some(json!(status.on_top)), Action::OnTop),
];
