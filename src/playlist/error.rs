//! Why a folder or a list could not be read, in words for the user.

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file system's words.
    #[error("{name}: {error}")]
    Io {
        /// Which.
        name: String,
        /// Why.
        error: std::io::Error,
    },
    /// There is nothing in it.
    #[error("{0}: there is nothing in it that is played")]
    Empty(String),
    /// It leads back to itself, by whatever detour.
    #[error("{0}: this list names itself")]
    Itself(String),
    /// Lists that name lists that name lists.
    #[error("{0}: lists lie too deep in one another")]
    Deep(String),
    /// A list may not lead there.
    #[error("{entry}: a list {of} may not name {what}: name it yourself to play it")]
    NotAllowed {
        /// What is named.
        entry: String,
        /// Where the list is from.
        of: &'static str,
        /// What it is.
        what: &'static str,
    },
}
