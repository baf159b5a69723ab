//! What can go wrong with the GPU.

use ash::vk;

/// What went wrong, with the cure.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// libvulkan is not there.
    #[error("no Vulkan loader was found ({0}): install it (Debian: apt install libvulkan1) and a Vulkan driver")]
    NoLoader(String),
    /// The loader or all drivers are too old, or there are none.
    #[error(
        "no GPU with Vulkan 1.3 was found: install your GPU's Vulkan driver, or the software one (Debian: apt install mesa-vulkan-drivers); `deep3d doctor` lists what is there"
    )]
    NoDevice,
    /// `--gpu` names none.
    #[error("no GPU is called '{wanted}'; there are: {have}")]
    UnknownDevice {
        /// What was asked for.
        wanted: String,
        /// What is there.
        have: String,
    },
    /// The chosen GPU lacks something that Vulkan 1.3 leaves optional.
    #[error("{device} cannot {what}, which deep3d needs: choose another with --gpu, or update its driver")]
    Lacks {
        /// The GPU.
        device: String,
        /// A capability, after "cannot".
        what: String,
    },
    /// An image without pixels, or a larger one than the GPU has.
    #[error(
        "{device} holds pictures of 1 to {most} pixels a side, and one would be {width}×{height}: make the film or picture smaller first, or choose another GPU with --gpu"
    )]
    ImageSize {
        /// The GPU.
        device: String,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// The GPU's largest side.
        most: u32,
    },
    /// Whoever makes instance and device could not.
    #[error("{0}")]
    Host(String),
    /// Validation was asked for and is not installed.
    #[error("the Vulkan validation layer is not installed (Debian: apt install vulkan-validationlayers)")]
    NoValidation,
    /// Memory is used up.
    #[error("the GPU's memory is used up ({bytes} bytes more for {name}): play a smaller film or close other programs")]
    OutOfMemory {
        /// For what.
        name: String,
        /// How much.
        bytes: u64,
    },
    /// The GPU stopped answering.
    #[error("the GPU was lost while {0}: its driver was reset or removed; start again")]
    Lost(&'static str),
    /// A Vulkan call failed.
    #[error("Vulkan failed while {doing}: {result}")]
    Vulkan {
        /// What was being done.
        doing: &'static str,
        /// The driver's answer.
        result: vk::Result,
    },
    /// Something was put together wrongly: a defect of ours.
    #[error("{0} (this is a defect of deep3d: please report it)")]
    Misuse(String),
}

impl GpuError {
    /// For `map_err` behind a Vulkan call.
    pub fn while_doing(doing: &'static str) -> impl Fn(vk::Result) -> Self {
        move |result| match result {
            vk::Result::ERROR_DEVICE_LOST => Self::Lost(doing),
            vk::Result::ERROR_OUT_OF_DEVICE_MEMORY | vk::Result::ERROR_OUT_OF_HOST_MEMORY => {
                Self::OutOfMemory { name: doing.to_owned(), bytes: 0 }
            }
            _ => Self::Vulkan { doing, result },
        }
    }
}
