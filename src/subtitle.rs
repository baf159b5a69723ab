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
    /// How far from the left and right edges.
    pub margin_side: u32,
    /// The colour of the shadow, or of the box.
    pub back_colour: Rgba,
    /// How far the shadow is moved.
    pub shadow: f64,
    /// What is behind letters.
    pub back: Back,
    /// Between letters.
    pub spacing: f64,
    /// How soft letters are, as a script's `blur` has it.
    pub blur: f64,
    /// Where lines stand: left, centre, right (-1, 0, 1), and top, centre, bottom.
    pub align: [i8; 2],
    /// At which side the lines of one text meet.
    pub justify: Justify,
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
}

/// What is behind the letters of lines that bring no style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// A border and a shadow.
    Shadow,
    /// A box of the border's colour around each line.
    OpaqueBox,
    /// A box of its own colour around all of them.
    Box,
}

/// At which side the lines of one text meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Justify {
    /// Where they stand.
    Auto,
    /// On the left.
    Left,
    /// In the middle.
    Centre,
    /// On the right.
    Right,
}

/// How much of what the viewer sets is for scripts, which bring their own styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "media", derive(clap::ValueEnum))]
pub enum Override {
    /// Nothing: scripts look as they say
    No,
    /// Size, place and distance of lines, and what is forced
    #[default]
    Yes,
    /// The same, the size for dialogue only
    Scale,
    /// The same, and dialogue has the look of lines without style
    Force,
    /// Nothing of the script is left but the text
    Strip,
}

impl Override {
    /// All of them by their names.
    pub const NAMES: [(&'static str, Self); 5] =
        [("no", Self::No), ("yes", Self::Yes), ("scale", Self::Scale), ("force", Self::Force), ("strip", Self::Strip)];

    /// The one of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(own, _)| *own == name).map(|(_, own)| *own)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, own)| *own == self).map_or("", |(name, _)| name)
    }

    /// The one that is so many further on, or back.
    pub fn step(self, by: i32) -> Self {
        let at = Self::NAMES.iter().position(|(_, own)| *own == self).unwrap_or(0) as i64;
        let to = (at + i64::from(by)).rem_euclid(Self::NAMES.len() as i64);
        Self::NAMES.get(to as usize).map_or(self, |(_, own)| *own)
    }
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
            margin_side: 19,
            back_colour: [0; 4],
            shadow: 0.0,
            back: Back::Shadow,
            spacing: 0.0,
            blur: 0.0,
            align: [0, 1],
            justify: Justify::Auto,
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
    /// How much of it is for scripts.
    pub scripts: Override,
    /// What of a script's styles is replaced: `Field=Value`, or `Style.Field=Value`.
    pub forced: Vec<String>,
    /// Lines of one text are so much farther apart, in pixels of the script.
    pub line_spacing: f64,
    /// Their times are multiplied by it.
    pub speed: f64,
    /// Of pictures only those that have to be understood are seen.
    pub forced_only: bool,
    /// The second track is seen.
    pub second_visible: bool,
    /// Of two lines that nearly meet the first is seen up to the second.
    pub fix_timing: bool,
}

impl Settings {
    /// The time of a track that is shown at that film time.
    pub fn to_track(&self, film: Time) -> Time {
        let time = film - self.delay;
        if self.speed == 1.0 { time } else { Time::from_seconds(time.seconds() / self.speed) }
    }

    /// The film time at which a track's time is shown.
    pub fn to_film(&self, track: Time) -> Time {
        let time = if self.speed == 1.0 { track } else { Time::from_seconds(track.seconds() * self.speed) };
        time + self.delay
    }

    /// How the second track is drawn: at the upper edge, as far from it as the first is from the lower one, as text alone.
    pub fn of_second(&self) -> Self {
        let style = Style { align: [self.style.align[0], -1], ..self.style.clone() };
        let (visible, scripts) = (self.second_visible, Override::Strip);
        Self { visible, position: 100.0, style, scripts, ..self.clone() }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            visible: true,
            delay: Time::ZERO,
            scale: 1.0,
            position: 100.0,
            depth: 0.0,
            style: Style::default(),
            scripts: Override::default(),
            forced: Vec::new(),
            line_spacing: 0.0,
            speed: 1.0,
            forced_only: false,
            second_visible: true,
            fix_timing: false,
        }
    }
}
