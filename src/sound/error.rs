//! Why there is no sound.

/// What keeps sound from being heard. The film goes on without it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SoundError {
    /// The system has no device, or nothing that leads to one.
    #[error("there is no sound device")]
    NoDevice,
    /// There are devices, but not this one.
    #[error("there is no sound device '{0}': --audio-device help lists those there are")]
    Unknown(String),
    /// It cannot be opened, or has failed.
    #[error("the sound device {name} cannot be used: {reason}")]
    Device {
        /// What it is called.
        name: String,
        /// What the system says.
        reason: String,
    },
    /// It wants samples of a kind that nobody makes here.
    #[error(
        "the sound device {name} wants samples as {format}, which is not supported: choose another with --audio-device"
    )]
    Format {
        /// What it is called.
        name: String,
        /// What it wants.
        format: String,
    },
    /// Loudspeakers cannot be placed around the head.
    #[error("the loudspeakers' room cannot be made: {0}; --headset-audio plain does without")]
    Room(String),
    /// The system gave no thread.
    #[error("no thread could be started: {0}; close other programs")]
    Thread(String),
}
