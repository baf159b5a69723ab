//! The outputs of a command, with what its options read protected.

use super::{NetworkOptions, SceneOptions};
use crate::output::Outputs;

impl SceneOptions {
    /// The outputs of a command that reads what stands here.
    pub(super) fn outputs(&self, force: bool) -> Outputs {
        let mut outputs = self.network.outputs(force);
        if let Some(depth) = &self.kept.depth {
            outputs.protect(depth);
        }
        outputs
    }
}

impl NetworkOptions {
    /// The outputs of a command that reads what stands here.
    pub(super) fn outputs(&self, force: bool) -> Outputs {
        let mut outputs = Outputs::new(force);
        if let Some(weights) = &self.weights {
            outputs.protect(&weights.into());
        }
        outputs
    }
}
