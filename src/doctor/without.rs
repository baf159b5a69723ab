//! What a program built without FFmpeg (feature `media`) lacks by that.

use super::{Finding, Verdict};

pub(super) fn findings() -> Vec<Finding> {
    let text = "this deep3d was built without it: it measures, and reads no films; build it with the feature `media`";
    vec![Finding { verdict: Verdict::Missing, what: "FFmpeg", text: text.to_owned() }]
}
