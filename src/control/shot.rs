//! Pictures for files, as they are asked for.

/// A picture of what is seen, for a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shot {
    /// What is in it.
    pub of: ShotOf,
    /// Its name; without one it is made by the viewer's template.
    pub file: Option<String>,
}

/// What is in a picture for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShotOf {
    /// Both eyes at the film's full size, with subtitles.
    #[default]
    Subtitles,
    /// The same without.
    Video,
    /// What the window shows, with messages.
    Window,
}
