//! How subtitles are shown.

use serde_json::json;

use super::super::property::{Property, number, toggled};
use super::{milliseconds, seconds};
use crate::sink::Action;
use crate::subtitle::Override;

/// Of subtitles.
pub(super) const PROPERTIES: &[Property] = &[
    toggled("sub-visibility", |status| Some(json!(status.subtitles.as_ref()?.visible)), Action::SubVisibility),
    toggled(
        "secondary-sub-visibility",
        |status| Some(json!(status.subtitles.as_ref()?.second_visible)),
        Action::SecondSubVisibility,
    ),
    toggled(
        "sub-ass-forced",
        |status| Some(json!(status.subtitles.as_ref()?.scripts == Override::Force)),
        Action::SubOverride,
    ),
    number(
        "sub-delay",
        [-3600.0, 3600.0],
        |status| Some(seconds(status.subtitles.as_ref()?.delay)),
        |status, to| Some(Action::SubDelay(milliseconds(to - status.subtitles.as_ref()?.delay.seconds()))),
    ),
    number(
        "sub-pos",
        [0.0, 150.0],
        |status| Some(json!(status.subtitles.as_ref()?.position)),
        |status, to| Some(Action::SubPosition((to - status.subtitles.as_ref()?.position).round() as i32)),
    ),
    number(
        "sub-scale",
        [0.0, 100.0],
        |status| Some(json!(status.subtitles.as_ref()?.scale)),
        |status, to| Some(Action::SubScale(((to - status.subtitles.as_ref()?.scale) * 10.0).round() as i32)),
    ),
];
