//! What a decoder makes of packets. Plain values.

use crate::time::Time;

/// Something that is shown for a while.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cue {
    /// Film time from which on.
    pub(super) start: Time,
    /// Up to when; where that is not told, until the next one.
    pub(super) end: Option<Time>,
    pub(super) body: Body,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// A line in ASS as libass takes it, behind its number: layer, style, name, margins, effect, text.
    Line(String),
    /// Pictures; none: what was shown ends.
    Pictures(Vec<Picture>),
}

/// A picture of a few colours.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    /// Its upper left corner on the canvas.
    pub(super) at: [i32; 2],
    /// Width and height.
    pub(super) size: [u32; 2],
    /// Width and height of the canvas; none: the film's.
    pub(super) canvas: Option<[u32; 2]>,
    /// A colour's number for each pixel, rows tightly packed.
    pub(super) pixels: Vec<u8>,
    /// R'G'B' and alpha, multiplied in.
    pub(super) colours: Vec<[u8; 4]>,
    /// It has to be understood.
    pub(super) forced: bool,
}

impl Picture {
    /// What it takes of the memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.pixels.len() + self.colours.len() * 4 + 128
    }
}
