//! How subtitles are shown.

use serde_json::json;

use super::super::property::{Change, Property, number, toggled};
use super::{milliseconds, seconds};
use crate::sink::Action;

/// Of subtitles.
pub(super) const PROPERTIES: &[Property] = &[
    toggled("sub-visibility", |status| Some(json!(status.subtitles.as_ref()?.visible)), Action::SubVisibility),
    toggled(
        "secondary-sub-visibility",
        |status| Some(json!(status.subtitles.as_ref()?.second_visible)),
        Action::SecondSubVisibility,
    ),
    Property {
        name: "sub-ass-override",
        read: |status| Some(json!(status.subtitles.as_ref()?.scripts.name())),
        change: Change::Override,
    },
    toggled("sub-fix-timing", |status| Some(json!(status.subtitles.as_ref()?.fix_timing)), Action::SubFixTiming),
    number(
        "sub-speed",
        [0.1, 10.0],
        |status| Some(json!(status.subtitles.as_ref()?.speed)),
        |_, to| Some(Action::SubSpeed(to)),
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
