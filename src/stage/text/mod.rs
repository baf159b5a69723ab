//! Writing and logos over the picture: captions, burned-in subtitles, titles, rolling credits. Found over time from the decoded brightness, so that each can
//! be given one depth. Pure, on the CPU.
//!
//! 1. The picture's brightness on a grid of at most 640 cells ([`Glance`]), and on one half as fine for large titles.
//! 2. Strokes: thin, bright, with darker ground on both sides, and for how many frames each has stood where it is.
//! 3. Lines: strokes that stand side by side over the height of a letter, with free ground above and below.
//! 4. A line that looks like writing for two frames is believed, from the frame on in which its strokes came. Where all of the picture stands as
//!    still as the line does, it has to look like it more strictly: signs and railings stand, too. A line ends when its strokes are gone; neither a cut nor
//!    what moves behind it ends it.
//! 5. Lines that move up or down alike while the picture does not are a roll.
//!
//! One [`Text`] belongs to one film and its thread. Frames are numbered by whoever uses it. Nothing is made per frame after the first of a size.

mod lines;
mod rectangle;
mod roll;
mod strokes;
mod track;

use super::glance::{Glance, Grid};
use lines::Lines;
use rectangle::Rectangle;
use roll::Roll;
use strokes::Strokes;
use track::{Ground, Tracks};

/// Strokes that have stood for so many frames can be a line's.
const STOOD: u8 = 3;
/// More around a line than what its strokes say, as a part of its height: ascenders, descenders, outlines.
const AROUND: f32 = 0.5;

/// Writing over the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Tells it from others of the film.
    pub number: u32,
    /// Its upper left pixel in the picture as it is seen.
    pub at: [u32; 2],
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// The first frame that has it.
    pub since: u64,
    /// It moves up or down, and this is the column in which it does.
    pub rolling: bool,
}

/// Follows the writing over a film.
#[derive(Debug, Clone)]
pub struct Text {
    /// Width and height of the grid, and the pixels that a cell of it covers each way.
    size: [usize; 2],
    factor: usize,
    half: Vec<u8>,
    strokes: [Strokes; 2],
    lines: Lines,
    rolling: Strokes,
    tracks: Tracks,
    roll: Roll,
    rolls: u32,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            size: [0, 0],
            factor: 1,
            half: Vec::new(),
            strokes: Default::default(),
            lines: Lines::default(),
            rolling: Strokes::default(),
            tracks: Tracks::new(),
            roll: Roll::default(),
            rolls: 0,
        }
    }
}

impl Text {
    /// Takes the next picture, which is frame `frame`; frames come in order.
    pub fn look(&mut self, frame: u64, glance: &Glance) {
        let Grid { size, factor, ref light, .. } = glance.grid;
        (self.size, self.factor) = (size, factor);
        self.step(frame, light);
    }

    /// Forgets what it has seen, as after a seek.
    pub fn reset(&mut self) {
        self.tracks.clear();
        self.roll = Roll::default();
        self.strokes.iter_mut().chain([&mut self.rolling]).for_each(Strokes::reset);
    }

    /// The writing over frame `frame`, one of the last ones looked at: the more frames after it have been, the surer.
    pub fn blocks(&self, frame: u64) -> impl Iterator<Item = Block> {
        let tracks = self.tracks.iter().filter(move |track| track.stands(frame)).map(|track| {
            let height = track.around.size()[1];
            let by = (AROUND * height as f32).ceil() as usize;
            let around = track.around.grown([by, by], self.strokes[track.grid].size);
            self.block(track.number, &around.times(track.grid + 1), track.since, false)
        });
        let roll = self.roll.rolls(frame).then(|| {
            let around = self.roll.around.grown([8, 0], self.size);
            self.block(u32::MAX - self.rolls, &around, self.roll.since, true)
        });
        tracks.chain(roll)
    }

    fn block(&self, number: u32, around: &Rectangle, since: u64, rolling: bool) -> Block {
        let pixels = |cells: usize| (cells * self.factor) as u32;
        Block { number, at: around.from.map(pixels), size: around.size().map(pixels), since, rolling }
    }

    /// The frame of which `light` is the brightness on the grid.
    fn step(&mut self, frame: u64, light: &[u8]) {
        let size = self.size;
        if self.strokes[0].size != size {
            self.tracks.clear();
            self.roll = Roll::default();
        }
        halve(size, light, &mut self.half);
        self.strokes[0].follow(size, light);
        self.strokes[1].follow(size.map(|side| side / 2), &self.half);
        let rolled = self.roll.rolls(frame);
        for (grid, strokes) in self.strokes.iter().enumerate() {
            self.tracks.check(frame, grid, strokes);
            let ground = Ground::of(strokes);
            for line in self.lines.find(strokes, STOOD) {
                if !roll::has_moved(line, strokes) {
                    self.tracks.take(frame, grid, line, &ground);
                }
            }
        }
        let rows = self.strokes[0].drift(roll::FASTEST);
        if rows == 0 {
            self.rolling.reset();
        } else {
            self.rolling.follow_moving(&self.strokes[0], rows);
        }
        let moving = if rows == 0 { &[] } else { self.lines.find(&self.rolling, STOOD) };
        self.roll.follow(frame, moving, rows, &self.strokes[0]);
        self.rolls += u32::from(self.roll.rolls(frame) && !rolled);
        self.tracks.tidy(frame);
    }
}

/// Means of 2×2 cells.
fn halve([width, height]: [usize; 2], light: &[u8], half: &mut Vec<u8>) {
    let (columns, rows) = (width / 2, height / 2);
    half.resize(columns * rows, 0);
    for (row, out) in half.chunks_exact_mut(columns.max(1)).enumerate() {
        let (upper, lower) = light[2 * row * width..].split_at(width);
        let four = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
        for (cell, ([a, b], [c, d])) in out.iter_mut().zip(four) {
            *cell = ((u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d) + 2) / 4) as u8;
        }
    }
}
