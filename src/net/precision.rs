//! In which precision the network's values and weights are stored. Sums are made in single precision either way.

use super::error::NetError;
use crate::gpu::Facts;
use std::str::FromStr;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// What the device is fastest with: half on a GPU that has it, single on the CPU, where halves only have to be taken apart.
    #[default]
    Auto,
    /// 32 bits.
    Single,
    /// 16 bits: half the memory traffic.
    Half,
}

impl Precision {
    /// Whether a device of `facts` is to store halves.
    pub const fn is_half(self, facts: &Facts) -> bool {
        match self {
            Self::Auto => facts.float16 && !facts.is_cpu,
            Self::Single => false,
            Self::Half => true,
        }
    }

    /// An error where the device cannot do what is wanted.
    pub fn check(self, facts: &Facts) -> Result<(), NetError> {
        match self {
            Self::Half if !facts.float16 => Err(NetError::NoHalf(facts.name.clone())),
            _ => Ok(()),
        }
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "single" => Ok(Self::Single),
            "half" => Ok(Self::Half),
            _ => Err(format!("there is no precision '{text}': auto, single or half")),
        }
    }
}
