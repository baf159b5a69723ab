//! What a viewer sets of subtitles. Plain values.

use crate::time::Time;

/// A colour with its opacity, 8 bits each: red, green, blue, alpha.
pub type Rgba = [u8; 4];

/// How lines look that bring no style of their own; lengths are in pixels of a picture 720 pixels high.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    /// The font's family.
    pub font: String,
    /// Its size.
    pub size: f64,
    /// The letters' colour.
    pub colour: Rgba,
    /// The colour around the letters.
    pub border_colour: Rgba,
    /// How wide that is.
    pub border: f64,
    /// How far from the lower or upper edge.
    pub margin: u32,
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
}

impl Default for Style {
    /// mpv's.
    fn default() -> Self {
        Self {
            font: "sans-serif".to_owned(),
            size: 38.0,
            colour: [255; 4],
            border_colour: [0, 0, 0, 255],
            border: 1.65,
            margin: 34,
            bold: false,
            italic: false,
        }
    }
}

/// All that is set, one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// They are seen.
    pub visible: bool,
    /// They come so much later.
    pub delay: Time,
    /// How large letters are, as a factor.
    pub scale: f64,
    /// Where lines stand that have no place of their own, in percent of the height; 100 is where they would.
    pub position: f64,
    /// So much nearer than they would be, in % of the width.
    pub depth: f64,
    /// How lines look that bring no style.
    pub style: Style,
}

impl Default for Settings {
    fn default() -> Self {
        Self { visible: true, delay: Time::ZERO, scale: 1.0, position: 100.0, depth: 0.0, style: Style::default() }
    }
}
