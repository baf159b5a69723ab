//! Film time. Everyone may use it, from any thread; it holds nothing.

use std::fmt;
use std::ops::{Add, Sub};

/// A point of film time, or a span between two, in nanoseconds. Zero is the film's first picture; it may be negative before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

impl Time {
    /// The film's beginning.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// From seconds; values beyond ±292 years saturate, not-a-number is zero.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds * 1e9).round() as i64)
    }

    /// `count` ticks of `numerator / denominator` seconds each (an FFmpeg time base), rounded to the nearest nanosecond.
    pub fn from_ticks(count: i64, numerator: i32, denominator: i32) -> Self {
        let denominator = i128::from(denominator.max(1));
        let scaled = i128::from(count) * i128::from(numerator) * 1_000_000_000;
        let rounded = (scaled + denominator / 2 * scaled.signum()) / denominator;
        Self(rounded.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
    }

    /// The nearest count of ticks of `numerator / denominator` seconds; the inverse of [`Time::from_ticks`].
    pub fn to_ticks(self, numerator: i32, denominator: i32) -> i64 {
        let divisor = i128::from(numerator.max(1)) * 1_000_000_000;
        let scaled = i128::from(self.0) * i128::from(denominator);
        ((scaled + divisor / 2 * scaled.signum()) / divisor).clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// In nanoseconds.
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }

    /// In seconds.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// As a [`std::time::Duration`]; negative times are zero.
    pub fn to_duration(self) -> std::time::Duration {
        std::time::Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }
}

impl From<std::time::Duration> for Time {
    fn from(duration: std::time::Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl Add for Time {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Time {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Time {
    /// `h:mm:ss.mmm`, the hours only where there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let milliseconds = self.0.unsigned_abs() / 1_000_000;
        let (hours, minutes) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60);
        let (seconds, rest) = (milliseconds / 1000 % 60, milliseconds % 1000);
        if hours > 0 {
            write!(f, "{sign}{hours}:{minutes:02}:{seconds:02}.{rest:03}")
        } else {
            write!(f, "{sign}{minutes}:{seconds:02}.{rest:03}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_go_there_and_back() {
        for (numerator, denominator) in [(1, 90_000), (1001, 24_000), (1, 1000), (1, 1_200_000)] {
            for count in [-7, 0, 1, 2, 1001, 123_456_789] {
                assert_eq!(Time::from_ticks(count, numerator, denominator).to_ticks(numerator, denominator), count);
            }
        }
    }

    #[test]
    fn times_are_shown_to_the_millisecond() {
        assert_eq!(Time::from_seconds(3723.0625).to_string(), "1:02:03.062");
        assert_eq!(Time::from_seconds(-1.5).to_string(), "-0:01.500");
    }
}
