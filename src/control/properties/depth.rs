//! How deep the film is, and how each eye gets its picture.

use serde_json::json;

use super::super::property::{Change, Property, number, toggled, told};
use super::seconds;
use crate::sink::Action;

/// Of depth.
pub(super) const PROPERTIES: &[Property] = &[
    number(
        "strength",
        [0.0, 5.0],
        |status| Some(json!(round(status.depth?.strength))),
        |_, to| Some(Action::SetStrength(to as f32)),
    ),
    number(
        "convergence",
        [0.0, 1.0],
        |status| Some(json!(round(status.depth?.convergence))),
        |_, to| Some(Action::SetConvergence(to as f32)),
    ),
    Property { name: "layout", read: |status| Some(json!(status.depth?.layout.name())), change: Change::Layout },
    toggled("2d", |status| Some(json!(status.depth?.flat)), Action::Flat),
    toggled("swap-eyes", |status| Some(json!(status.depth?.swap_eyes)), Action::SwapEyes),
    told("depth-auto", |status| Some(json!(status.depth?.automatic))),
    toggled("meter", |status| Some(json!(status.depth?.metered)), Action::Meter),
    told("comfort", |status| status.comfort.map(|ends| json!(ends.map(round)))),
    told("depth-age", |status| status.depth_age.map(seconds)),
];

/// Single precision as it is written, not as double precision has it.
fn round(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}
