//! Why a command cannot be carried out, in words for whoever wrote it.

/// What is wrong with a command.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// Nothing of that name.
    #[error("there is no command '{0}'")]
    NoCommand(String),
    /// Nothing of that name.
    #[error("there is no property '{0}'")]
    NoProperty(String),
    /// The property only tells something.
    #[error("'{0}' cannot be set")]
    ReadOnly(String),
    /// Nothing is known of it just now.
    #[error("'{0}' has no value now")]
    Unavailable(String),
    /// A value that means nothing there.
    #[error("'{value}' is no value of '{property}': {allowed}")]
    Value {
        /// What was to be set.
        property: String,
        /// To what.
        value: String,
        /// What it could be.
        allowed: String,
    },
    /// The list is shorter.
    #[error("there is nothing at place {0} of the list, counted from 0")]
    NoEntry(usize),
    /// Too many words, too few, or others than the command takes.
    #[error("it is written: {0}")]
    Usage(&'static str),
    /// A quotation without its end.
    #[error("a quotation mark is missing")]
    Quotes,
    /// There is no command at all.
    #[error("there is no command")]
    Nothing,
}
