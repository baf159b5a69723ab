//! How often something begins again at its end.

use std::fmt;
use std::str::FromStr;

/// How often something begins again at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Loop {
    /// Never.
    #[default]
    No,
    /// So often still.
    Times(u32),
    /// For ever.
    Endless,
    /// For ever, also where nothing of it can be played.
    Force,
}

impl Loop {
    /// Whether it begins again at the next end.
    pub fn is_on(self) -> bool {
        !matches!(self, Self::No | Self::Times(0))
    }

    /// What is left of it when it has begun again.
    #[must_use]
    pub fn after(self) -> Self {
        match self {
            Self::Times(0 | 1) => Self::No,
            Self::Times(times) => Self::Times(times - 1),
            other => other,
        }
    }
}

impl From<Option<u32>> for Loop {
    /// So often, or without a number for ever.
    fn from(times: Option<u32>) -> Self {
        match times {
            None => Self::Endless,
            Some(0) => Self::No,
            Some(times) => Self::Times(times),
        }
    }
}

impl From<Loop> for Option<u32> {
    fn from(often: Loop) -> Self {
        match often {
            Loop::No => Some(0),
            Loop::Times(times) => Some(times),
            Loop::Endless | Loop::Force => None,
        }
    }
}

/// What is wrong with such a word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' does not say how often: write no, inf or a number")]
pub struct LoopError(String);

impl FromStr for Loop {
    type Err = LoopError;

    fn from_str(text: &str) -> Result<Self, LoopError> {
        Ok(match text {
            "no" | "false" | "0" => Self::No,
            "inf" | "yes" | "true" => Self::Endless,
            "force" => Self::Force,
            _ => Self::Times(text.parse().map_err(|_| LoopError(text.to_owned()))?),
        })
    }
}

impl fmt::Display for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("no"),
            Self::Times(times) => write!(f, "{times}"),
            Self::Endless => f.write_str("inf"),
            Self::Force => f.write_str("force"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_mpv_writes_it_and_counts_down() {
        for (text, wanted) in
            [("no", Loop::No), ("inf", Loop::Endless), ("force", Loop::Force), ("3", Loop::Times(3)), ("0", Loop::No)]
        {
            assert_eq!(text.parse(), Ok(wanted));
        }
        assert!("-1".parse::<Loop>().is_err() && "often".parse::<Loop>().is_err());
        assert_eq!(
            (Loop::Times(2).after(), Loop::Times(1).after(), Loop::Endless.after()),
            (Loop::Times(1), Loop::No, Loop::Endless)
        );
    }
}
