//! How the two eyes' pictures are laid into one, by name: sizes, tags, file names. Pure; anyone may ask.
//!
//! | layout | picture | film | window | name ends in |
//! |---|---|---|---|---|
//! | sbs | any | any | yes | `_LR` |
//! | half-sbs | any | any | yes | `_HSBS` |
//! | tab | any | any | yes | `_TB` |
//! | half-tab | any | any | yes | `_HOU` |
//! | anaglyph, anaglyph-… | any | any, 4:4:4 | yes | `_anaglyph` |
//! | rows, columns, checkerboard | png webp tiff bmp | any, 4:4:4 | yes | `_rows`, … |
//! | left, right | any | any | yes | `_left`, `_right` |
//! | depth | any (16 bit: png, tiff) | any | yes | `_depth` |
//! | layers | any | any | yes | `_layers` |
//! | wiggle | gif only | no | yes | `_wiggle` |
//!
//! "Any" picture is jpg, png, webp, tiff or bmp; any film is mp4, m4v, mov, mkv or webm.
//!
//! The endings are those that players look for. Skybox knows LR and SBS, HSBS, TB and OU, HOU (with any sign before them); COMMEDIA,
//! DeoVR and the headsets' own galleries read LR and TB. Kodi reads names only with `_3D_` in them, but takes the tags inside the
//! file before the name. HTAB, which Kodi would read, means nothing to Skybox.

use std::fmt;
use std::time::Duration;

use clap::ValueEnum;

use crate::stage::stereo::layers::layers_size;

/// Where the pair of eyes goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A picture file.
    Picture,
    /// A film file.
    Film,
    /// A window.
    Window,
}

/// How long a wiggle shows each eye.
pub const WIGGLE: Duration = Duration::from_millis(120);

/// How two eyes become one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, ValueEnum)]
pub enum Layout {
    /// Left | right, each in full.
    #[default]
    Sbs,
    /// Left | right, each squeezed to half its width.
    HalfSbs,
    /// Left over right, each in full.
    Tab,
    /// Left over right, each squeezed to half its height.
    HalfTab,
    /// Red-cyan glasses (Dubois).
    Anaglyph,
    /// Green-magenta glasses (Dubois).
    AnaglyphGreenMagenta,
    /// Amber-blue glasses (Dubois).
    AnaglyphAmberBlue,
    /// Red-cyan glasses, without colours.
    AnaglyphGrey,
    /// Even rows left, odd rows right.
    Rows,
    /// Even columns left, odd columns right.
    Columns,
    /// The squares of a checkerboard, the upper left one for the left eye.
    Checkerboard,
    /// The left eye alone.
    Left,
    /// The right eye alone.
    Right,
    /// The parallax as grey, near is bright.
    Depth,
    /// The picture with its disparity planes beside it.
    Layers,
    /// Left and right in turn.
    Wiggle,
}

impl Layout {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sbs => "sbs",
            Self::HalfSbs => "half-sbs",
            Self::Tab => "tab",
            Self::HalfTab => "half-tab",
            Self::Anaglyph => "anaglyph",
            Self::AnaglyphGreenMagenta => "anaglyph-green-magenta",
            Self::AnaglyphAmberBlue => "anaglyph-amber-blue",
            Self::AnaglyphGrey => "anaglyph-grey",
            Self::Rows => "rows",
            Self::Columns => "columns",
            Self::Checkerboard => "checkerboard",
            Self::Left => "left",
            Self::Right => "right",
            Self::Depth => "depth",
            Self::Layers => "layers",
            Self::Wiggle => "wiggle",
        }
    }

    /// The layout `by` places further among those that `target` takes, round and round.
    pub fn step(self, by: i32, target: Target) -> Self {
        let all: Vec<_> = Self::value_variants().iter().copied().filter(|layout| layout.allows(target)).collect();
        let at = all.iter().position(|layout| *layout == self).unwrap_or(0) as i32;
        let next = (at + by).rem_euclid(all.len().max(1) as i32) as usize;
        all.get(next).copied().unwrap_or_default()
    }

    /// What a window shows of it, `elapsed` after it began: each eye in turn for [`WIGGLE`], always the same elsewhere.
    pub fn at(self, elapsed: Duration) -> Self {
        match self {
            Self::Wiggle if (elapsed.as_millis() / WIGGLE.as_millis()).is_multiple_of(2) => Self::Left,
            Self::Wiggle => Self::Right,
            layout => layout,
        }
    }

    /// Whether it can be shown or written there at all.
    pub fn allows(self, target: Target) -> bool {
        self != Self::Wiggle || target != Target::Film
    }

    /// Width and height of the laid-out picture for one eye's. Halves of odd sizes round up.
    pub fn output_size(self, eye: [u32; 2]) -> [u32; 2] {
        let [width, height] = eye;
        match self {
            Self::Sbs => [width * 2, height],
            Self::Tab => [width, height * 2],
            Self::HalfSbs => [width.next_multiple_of(2), height],
            Self::HalfTab => [width, height.next_multiple_of(2)],
            Self::Layers => layers_size(eye),
            _ => eye,
        }
    }

    /// What a sample's width to height is multiplied by: the halves are shown at twice their width or height.
    pub fn aspect_factor(self) -> (u32, u32) {
        match self {
            Self::HalfSbs => (2, 1),
            Self::HalfTab => (1, 2),
            _ => (1, 1),
        }
    }

    /// A sample's aspect in the laid-out picture, reduced, for that of the eye's.
    pub fn sample_aspect(self, eye: (u32, u32)) -> (u32, u32) {
        let (across, down) = self.aspect_factor();
        let (num, den) = (u64::from(eye.0.max(1)) * u64::from(across), u64::from(eye.1.max(1)) * u64::from(down));
        let divisor = greatest_common_divisor(num, den);
        let small = |value: u64| u32::try_from(value / divisor).unwrap_or(u32::MAX);
        (small(num), small(den))
    }

    /// Whether neighbours in the picture belong to different eyes, so that shared colour would be seen as a ghost.
    pub fn needs_full_chroma(self) -> bool {
        matches!(
            self,
            Self::Rows
                | Self::Columns
                | Self::Checkerboard
                | Self::Anaglyph
                | Self::AnaglyphGreenMagenta
                | Self::AnaglyphAmberBlue
                | Self::AnaglyphGrey
        )
    }

    /// What a file's name ends in, so that players know: see the module's table.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Sbs => "_LR",
            Self::HalfSbs => "_HSBS",
            Self::Tab => "_TB",
            Self::HalfTab => "_HOU",
            Self::Anaglyph | Self::AnaglyphGreenMagenta | Self::AnaglyphAmberBlue | Self::AnaglyphGrey => "_anaglyph",
            Self::Rows => "_rows",
            Self::Columns => "_columns",
            Self::Checkerboard => "_checkerboard",
            Self::Left => "_left",
            Self::Right => "_right",
            Self::Depth => "_depth",
            Self::Layers => "_layers",
            Self::Wiggle => "_wiggle",
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a.max(1) } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layouts_of_a_window_go_round() {
        let all = Layout::value_variants().len() as i32;
        assert_eq!(Layout::Sbs.step(1, Target::Window), Layout::HalfSbs);
        assert_eq!(Layout::Sbs.step(-1, Target::Window), Layout::Wiggle);
        assert_eq!(Layout::Sbs.step(-1, Target::Film), Layout::Layers);
        assert_eq!(Layout::Rows.step(all, Target::Window), Layout::Rows);
    }

    #[test]
    fn a_wiggle_shows_the_eyes_in_turn() {
        let at = |layout: Layout, milliseconds| layout.at(Duration::from_millis(milliseconds));
        assert_eq!(
            [0, 119, 120, 240].map(|time| at(Layout::Wiggle, time)),
            [Layout::Left, Layout::Left, Layout::Right, Layout::Left]
        );
        assert_eq!(at(Layout::Rows, 120), Layout::Rows);
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        for layout in Layout::value_variants() {
            let name = layout.to_possible_value().unwrap().get_name().to_owned();
            assert_eq!(name, layout.name());
            assert_eq!(Layout::from_str(layout.name(), false), Ok(*layout));
        }
        assert_eq!(Layout::value_variants().len(), 16);
    }

    #[test]
    fn halves_keep_the_shape() {
        assert_eq!(Layout::HalfSbs.output_size([1920, 1080]), [1920, 1080]);
        assert_eq!(Layout::HalfSbs.sample_aspect((1, 1)), (2, 1));
        assert_eq!(Layout::HalfTab.sample_aspect((4, 3)), (2, 3));
        assert_eq!(Layout::HalfSbs.output_size([641, 361]), [642, 361]);
        assert_eq!(Layout::Sbs.output_size([641, 361]), [1282, 361]);
    }

    #[test]
    fn wrong_pairs_are_known() {
        assert!(!Layout::Wiggle.allows(Target::Film));
    }
}
