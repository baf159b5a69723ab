//! What grey means in disparity, and how a file says it. Pure.

use super::DepthFilmError;

/// From grey to raw disparity, in the unit of the network that made it; more is farther.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Raw disparity of white.
    pub near: f32,
    /// Raw disparity of black, more than that of white.
    pub far: f32,
    /// A shot whose raw span is below this counts as flat ([`crate::stage::comfort`]).
    pub flat: f32,
}

/// Version of what the tags say.
pub(super) const VERSION: &str = "1";

/// The tags' keys.
pub mod key {
    /// Version of what the tags say.
    pub const VERSION: &str = "DEEP3D_DEPTH";
    /// [`super::Scale::near`].
    pub const NEAR: &str = "DEEP3D_DEPTH_NEAR";
    /// [`super::Scale::far`].
    pub const FAR: &str = "DEEP3D_DEPTH_FAR";
    /// [`super::Scale::flat`].
    pub const FLAT: &str = "DEEP3D_DEPTH_FLAT";
    /// Name of the network, whose unit that is.
    pub const NETWORK: &str = "DEEP3D_NETWORK";
    /// Version of the deep3d that wrote it.
    pub const PROGRAM: &str = "DEEP3D_VERSION";
    /// The film it was saved from, as [`SourcePrint`](crate::depth_film::SourcePrint) writes it.
    pub const SOURCE: &str = "DEEP3D_SOURCE";
}

/// No network's numbers are beyond this.
const MOST: f32 = 1e4;

impl Scale {
    /// Of a hand-made depth: its whole range is a usual shot's, and a shot of less than a quarter of it counts as flat.
    pub const HAND_MADE: Self = Self { near: 0.0, far: 1.0, flat: 0.25 };

    /// Of a network whose disparity lies between `low` and `high`. The filter brings a frame to its shot's scale, which may lead a little beyond.
    pub fn of_network(low: f32, high: f32, flat: f32) -> Self {
        let margin = 0.125 * (high - low).max(1e-3);
        Self { near: low - margin, far: high + margin, flat }
    }

    /// The sample of 0..=`most` for a raw disparity; the nearest there is for what lies outside. What is no number is far.
    pub fn sample(&self, disparity: f32, most: u16) -> u16 {
        let share = (disparity - self.far) / (self.near - self.far);
        (share.clamp(0.0, 1.0) * f32::from(most)).round() as u16
    }

    /// As tags.
    pub fn tags(&self) -> [(&'static str, String); 4] {
        [
            (key::VERSION, VERSION.to_owned()),
            (key::NEAR, self.near.to_string()),
            (key::FAR, self.far.to_string()),
            (key::FLAT, self.flat.to_string()),
        ]
    }

    /// What `tag` says by its key; `None` where it is nobody's but an artist's.
    ///
    /// # Errors
    /// A version that is not known, and numbers that no network has.
    pub fn read(location: &str, tag: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, DepthFilmError> {
        let Some(version) = tag(key::VERSION) else { return Ok(None) };
        if version.trim() != VERSION {
            let version = version.chars().filter(|sign| !sign.is_control()).take(20).collect();
            return Err(DepthFilmError::Version { location: location.to_owned(), version });
        }
        let wrong = |key| DepthFilmError::Tag { location: location.to_owned(), key };
        let number = |key| {
            let value = tag(key).and_then(|text| text.trim().parse::<f32>().ok());
            value.filter(|value| value.abs() <= MOST).ok_or(wrong(key))
        };
        let scale = Self { near: number(key::NEAR)?, far: number(key::FAR)?, flat: number(key::FLAT)? };
        if scale.far - scale.near < 1e-4 {
            return Err(wrong(key::FAR));
        }
        if !(1e-6..=scale.far - scale.near).contains(&scale.flat) {
            return Err(wrong(key::FLAT));
        }
        Ok(Some(scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(change: impl Fn(&str) -> Option<&'static str>) -> Result<Option<Scale>, DepthFilmError> {
        let tags = Scale { near: -1.25, far: 1.0, flat: 0.3 }.tags();
        let own = |key: &str| tags.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone());
        Scale::read("x.mkv", |key| change(key).map(str::to_owned).or_else(|| own(key)))
    }

    #[test]
    fn tags_say_the_scale_to_the_bit() {
        assert_eq!(read(|_| None).unwrap(), Some(Scale { near: -1.25, far: 1.0, flat: 0.3 }));
        assert_eq!(Scale::read("x.mkv", |_| None).unwrap(), None);
    }

    #[test]
    fn absurd_tags_are_refused() {
        for (wrong, value) in [
            (key::NEAR, "NaN"),
            (key::NEAR, "inf"),
            (key::NEAR, "1.0"),
            (key::NEAR, "2"),
            (key::NEAR, ""),
            (key::FAR, "1e30"),
            (key::FAR, "near"),
            (key::FLAT, "0"),
            (key::FLAT, "-1"),
            (key::FLAT, "5"),
            (key::VERSION, "2"),
        ] {
            let error = read(|key| (key == wrong).then_some(value)).expect_err(value).to_string();
            assert!(error.contains("x.mkv"), "{wrong}={value}: {error}");
        }
    }

    #[test]
    fn samples_lie_between_black_and_white() {
        let scale = Scale::of_network(-1.0, 1.0, 0.3);
        let of = |disparity| scale.sample(disparity, 1023);
        assert_eq!((of(scale.near), of(scale.far), of(0.0)), (1023, 0, 512));
        assert_eq!((of(-9.0), of(9.0), of(f32::NAN)), (1023, 0, 0));
    }
}
