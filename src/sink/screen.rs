//! The virtual screen of a headset and what is around it, as the viewer has set them. Plain numbers: the panel changes them,
//! `--vr-…` options and the file they are remembered in begin with them, the headset sink shows them.

use serde::{Deserialize, Serialize};

/// Where the screen stands and what is around it. Everything is measured from the place that was last recentred to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScreenSettings {
    /// Width of the picture in metres, along its arc where it is curved.
    pub width: f32,
    /// From the eyes to the picture's middle, in metres.
    pub distance: f32,
    /// The picture's middle above the eyes, in metres.
    pub height: f32,
    /// The upper edge turned towards the viewer, in degrees.
    pub tilt: f32,
    /// 0 is flat; 1 bends the screen around the viewer, who is then as far from every part of it.
    pub curvature: f32,
    /// The screen goes where the head turns to.
    pub follow_head: bool,
    /// The screen hangs above a viewer who lies on the back.
    pub lying: bool,
    /// What is to be seen around it.
    pub surroundings: Surroundings,
}

/// What is to be seen around the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Surroundings {
    /// A dark cinema, lit by the film
    Theatre,
    /// Nothing
    Void,
    /// The room the viewer is in, where the headset shows it
    Passthrough,
}

impl Default for ScreenSettings {
    /// Some 41° of view across: the middle rows of a cinema.
    fn default() -> Self {
        Self {
            width: 3.0,
            distance: 4.0,
            height: 0.0,
            tilt: 0.0,
            curvature: 0.0,
            follow_head: false,
            lying: false,
            surroundings: Surroundings::Theatre,
        }
    }
}

impl ScreenSettings {
    /// Least and most of [`ScreenSettings::width`], metres.
    pub const WIDTH: [f32; 2] = [0.3, 40.0];
    /// Least and most of [`ScreenSettings::distance`], metres.
    pub const DISTANCE: [f32; 2] = [0.4, 40.0];
    /// Least and most of [`ScreenSettings::height`], metres.
    pub const HEIGHT: [f32; 2] = [-10.0, 10.0];
    /// Least and most of [`ScreenSettings::tilt`], degrees.
    pub const TILT: [f32; 2] = [-60.0, 60.0];

    /// The same with every number in its range; what is no number becomes the usual value.
    pub fn checked(self) -> Self {
        let usual = Self::default();
        let within = |value: f32, [least, most]: [f32; 2], usual: f32| {
            if value.is_finite() { value.clamp(least, most) } else { usual }
        };
        Self {
            width: within(self.width, Self::WIDTH, usual.width),
            distance: within(self.distance, Self::DISTANCE, usual.distance),
            height: within(self.height, Self::HEIGHT, usual.height),
            tilt: within(self.tilt, Self::TILT, usual.tilt),
            curvature: within(self.curvature, [0.0, 1.0], usual.curvature),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_brought_into_their_range() {
        let wild = ScreenSettings { width: 1e9, distance: f32::NAN, curvature: -3.0, ..ScreenSettings::default() };
        let checked = wild.checked();
        assert_eq!((checked.width, checked.distance, checked.curvature), (40.0, 4.0, 0.0));
        assert_eq!(checked.checked(), checked);
    }
}
