//! What goes wrong between deep3d and a headset's runtime.

use openxr::sys::Result as Answer;

use crate::gpu::GpuError;
use crate::sink::panel::PanelError;

/// Why there is no picture in the headset.
#[derive(Debug, thiserror::Error)]
pub enum XrError {
    /// The loader library is not installed.
    #[error(
        "no OpenXR loader was found ({0}): install it (Debian: apt install libopenxr-loader1) and your headset's runtime, for example SteamVR, WiVRn or Monado"
    )]
    NoLoader(String),
    /// The loader finds no runtime, or that does not run.
    #[error(
        "no OpenXR runtime answers ({0}): start your headset's software (SteamVR, WiVRn, Monado…) and make it the active OpenXR runtime there, then try again"
    )]
    NoRuntime(String),
    /// The runtime has no headset.
    #[error("{0} sees no headset: connect it and switch it on, then try again")]
    NoHeadset(String),
    /// The runtime cannot be drawn for with Vulkan.
    #[error("{runtime} cannot {what}, which deep3d needs: update it, or choose another OpenXR runtime")]
    Lacks {
        /// The runtime.
        runtime: String,
        /// A capability, after "cannot".
        what: String,
    },
    /// The runtime took the session back; another may be begun.
    #[error("the headset's runtime ended the session")]
    SessionLost,
    /// The runtime is gone, and everything made from it.
    #[error("the headset's runtime is gone")]
    InstanceLost,
    /// A call failed.
    #[error("the headset's runtime failed while {doing}: {answer}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// The runtime's answer.
        answer: Answer,
    },
    /// The panel.
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The watching layers have something to say.
    #[error("the Vulkan validation layer objects:\n{}", .0.join("\n"))]
    Validation(Vec<String>),
}

impl XrError {
    /// For `map_err` behind an OpenXR call.
    pub(super) fn while_doing(doing: &'static str) -> impl Fn(Answer) -> Self {
        move |answer| match answer {
            Answer::ERROR_SESSION_LOST => Self::SessionLost,
            Answer::ERROR_INSTANCE_LOST | Answer::ERROR_RUNTIME_UNAVAILABLE => Self::InstanceLost,
            answer => Self::Failed { doing, answer },
        }
    }
}
