//! Where the two eyes lie in a film's pictures: said by the user, by the film's own tag, by its name, or by what matches. Pure, save for
//! [`Probe`], which collects what matches.

use clap::ValueEnum;

use super::matching::{Grey, Matches};
use super::reduce::reduce;
use crate::frame::Picture;
use crate::media::{Packing, Stereo};

/// How a 3D film is packed, as the user says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SourceLayout {
    /// By the film's tag, else its name, else what matches
    #[default]
    Auto,
    /// Left beside right, each in full
    Sbs,
    /// Left beside right, each squeezed to half its width
    HalfSbs,
    /// Left over right, each in full
    Tab,
    /// Left over right, each squeezed to half its height
    HalfTab,
}

/// Who said how the film is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaidBy {
    /// `--source-layout`.
    Option,
    /// Container or coded stream.
    Tag,
    /// The file's name.
    Name,
    /// The halves that match.
    Picture,
}

impl SaidBy {
    /// For "half-sbs (…)".
    pub fn text(self) -> &'static str {
        match self {
            Self::Option => "as you said",
            Self::Tag => "by its tag",
            Self::Name => "by its name",
            Self::Picture => "by what matches",
        }
    }
}

/// Two eyes in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// One above the other, instead of beside each other.
    pub stacked: bool,
    /// Each eye is squeezed to half its width or height.
    pub half: bool,
    /// The right eye comes first.
    pub right_first: bool,
    /// Who said so.
    pub said_by: SaidBy,
}

/// Packed pictures wider than this hold two eyes in full beside each other: above 2.39:1, the widest usual film, below 2 × 4:3.
const WIDE: f64 = 2.5;
/// Packed pictures narrower than this hold two eyes in full above each other: below 4:3, above 2.39:1 / 2.
const TALL: f64 = 1.26;

/// Whether eyes are squeezed, told from the width to height of the packed picture as it is shown.
fn squeezed(stacked: bool, aspect: f64) -> bool {
    if stacked { aspect > TALL } else { aspect < WIDE }
}

impl Split {
    /// What tag, name and option say; `None` where only the picture can tell. `aspect`: width to height of the packed picture as it is shown.
    pub fn told(layout: SourceLayout, stereo: Option<Stereo>, name: &str, aspect: f64) -> Option<Self> {
        let said = |stacked, half| Self { stacked, half, right_first: false, said_by: SaidBy::Option };
        match layout {
            SourceLayout::Auto => {}
            SourceLayout::Sbs => return Some(said(false, false)),
            SourceLayout::HalfSbs => return Some(said(false, true)),
            SourceLayout::Tab => return Some(said(true, false)),
            SourceLayout::HalfTab => return Some(said(true, true)),
        }
        let stacked = match stereo.map(|stereo| stereo.packing) {
            Some(Packing::SideBySide) => Some(false),
            Some(Packing::TopAndBottom) => Some(true),
            Some(Packing::Other) | None => None,
        };
        if let (Some(stacked), Some(stereo)) = (stacked, stereo) {
            let half = squeezed(stacked, aspect);
            return Some(Self { stacked, half, right_first: stereo.right_first, said_by: SaidBy::Tag });
        }
        Self::from_name(name, aspect)
    }

    /// The endings that players know (see [`crate::sink::layout`]), with anything but letters and digits around them; the last one counts.
    fn from_name(name: &str, aspect: f64) -> Option<Self> {
        let lower = name.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut found = None;
        for (place, word) in words.iter().enumerate() {
            let halved = place > 0 && matches!(words[place - 1], "h" | "half");
            let full = place > 0 && matches!(words[place - 1], "f" | "full");
            let (stacked, half) = match *word {
                "sbs" | "lr" | "rl" if halved => (false, Some(true)),
                "tab" | "tb" | "ou" | "bt" if halved => (true, Some(true)),
                "sbs" | "lr" | "rl" => (false, full.then_some(false)),
                "tab" | "tb" | "ou" | "bt" => (true, full.then_some(false)),
                "hsbs" | "halfsbs" => (false, Some(true)),
                "htab" | "htb" | "hou" | "halftab" | "halfou" => (true, Some(true)),
                "fsbs" | "fullsbs" => (false, Some(false)),
                "ftab" | "fou" | "fulltab" | "fullou" => (true, Some(false)),
                _ => continue,
            };
            let half = half.unwrap_or_else(|| squeezed(stacked, aspect));
            let right_first = matches!(*word, "rl" | "bt");
            found = Some(Self { stacked, half, right_first, said_by: SaidBy::Name });
        }
        found
    }

    /// Its name as in `--source-layout`.
    pub fn name(&self) -> &'static str {
        match (self.stacked, self.half) {
            (false, false) => "sbs",
            (false, true) => "half-sbs",
            (true, false) => "tab",
            (true, true) => "half-tab",
        }
    }

    /// x, y, width and height of the left and the right eye in a packed picture of `size`. A middle row or column belongs to none.
    pub fn regions(&self, [width, height]: [u32; 2]) -> [[u32; 4]; 2] {
        let mut eyes = if self.stacked {
            let half = height / 2;
            [[0, 0, width, half], [0, height - half, width, half]]
        } else {
            let half = width / 2;
            [[0, 0, half, height], [width - half, 0, half, height]]
        };
        if self.right_first {
            eyes.reverse();
        }
        eyes
    }

    /// Width to height of one eye as it is to be seen. `aspect`: that of the packed picture as it is shown, which a film of squeezed eyes
    /// may have stretched already (a sample aspect of 2:1).
    pub fn eye_aspect(&self, aspect: f64) -> f64 {
        let in_full = if self.stacked { aspect * 2.0 } else { aspect / 2.0 };
        if self.half && squeezed(self.stacked, aspect) { aspect } else { in_full }
    }
}

/// Share of a picture's textured places that must match for its halves to be two eyes. Halves of flat films stay far below.
const MATCHING: f64 = 0.4;
/// Width at which halves are compared.
const PROBE_WIDTH: u32 = 320;

/// How well halves match, over some pictures of a film.
#[derive(Debug, Default)]
pub(super) struct Probe {
    beside: Vec<f64>,
    above: Vec<f64>,
}

impl Probe {
    /// Looks at one picture.
    pub(super) fn look(&mut self, picture: &Picture) {
        for (stacked, scores) in [(false, &mut self.beside), (true, &mut self.above)] {
            let split = Split { stacked, half: false, right_first: false, said_by: SaidBy::Picture };
            let eyes = split.regions(picture.shape.size).map(|region| {
                let width = PROBE_WIDTH.min(region[2]);
                // Squeezed eyes may stay so here: both are alike.
                let height = (f64::from(width) * 9.0 / 16.0).round() as u32;
                reduce(picture, region, [width, height.min(region[3])]).map(|eye| Grey::of(&eye))
            });
            if let [Some(left), Some(right)] = eyes {
                scores.extend(Matches::between(&left, &right).share());
            }
        }
    }

    /// What the pictures say; `None` where neither halves match.
    pub(super) fn decide(mut self, aspect: f64) -> Option<Split> {
        let median = |scores: &mut Vec<f64>| {
            scores.sort_by(f64::total_cmp);
            scores.get(scores.len() / 2).copied().unwrap_or(0.0)
        };
        let (beside, above) = (median(&mut self.beside), median(&mut self.above));
        tracing::debug!("halves beside each other match to {beside:.2}, above each other to {above:.2}");
        let stacked = above > beside;
        let half = squeezed(stacked, aspect);
        (beside.max(above) >= MATCHING).then_some(Split { stacked, half, right_first: false, said_by: SaidBy::Picture })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_shapes_tell_the_layout() {
        let told = |name: &str, aspect| {
            Split::told(SourceLayout::Auto, None, name, aspect).map(|split| (split.name(), split.right_first))
        };
        assert_eq!(told("film_LR", 3.56), Some(("sbs", false)));
        assert_eq!(told("Film.3D.H-SBS.1080p", 1.78), Some(("half-sbs", false)));
        assert_eq!(told("Film.HSBS", 1.78), Some(("half-sbs", false)));
        assert_eq!(told("Film.sbs", 1.78), Some(("half-sbs", false)));
        assert_eq!(told("film_TB", 0.89), Some(("tab", false)));
        assert_eq!(told("film half ou", 1.78), Some(("half-tab", false)));
        assert_eq!(told("film_rl", 3.56), Some(("sbs", true)));
        assert_eq!(told("outside_subs", 1.78), None);
        let tag = Some(Stereo { packing: Packing::TopAndBottom, right_first: true });
        let split = Split::told(SourceLayout::Auto, tag, "film_LR", 1.78).unwrap();
        assert_eq!((split.name(), split.right_first, split.said_by), ("half-tab", true, SaidBy::Tag));
        assert_eq!(Split::told(SourceLayout::Sbs, tag, "film_TB", 1.78).unwrap().name(), "sbs");
    }

    #[test]
    fn eyes_keep_their_shape() {
        let split = |stacked, half| Split { stacked, half, right_first: false, said_by: SaidBy::Option };
        assert_eq!(split(false, false).eye_aspect(32.0 / 9.0), 16.0 / 9.0);
        assert_eq!(split(false, true).eye_aspect(16.0 / 9.0), 16.0 / 9.0);
        assert_eq!(split(false, true).eye_aspect(32.0 / 9.0), 16.0 / 9.0, "stretched already");
        assert_eq!(split(true, false).eye_aspect(8.0 / 9.0), 16.0 / 9.0);
        assert_eq!(split(true, true).eye_aspect(16.0 / 9.0), 16.0 / 9.0);
        assert_eq!(split(false, false).regions([1921, 800]), [[0, 0, 960, 800], [961, 0, 960, 800]]);
        assert_eq!(split(true, false).regions([960, 5]), [[0, 0, 960, 2], [0, 3, 960, 2]]);
    }
}
