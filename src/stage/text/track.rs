//! Lines of writing over time: since when each stands, and until when.

use super::lines::{LOOSE, Line, STRICT};
use super::rectangle::Rectangle;
use super::strokes::Strokes;

/// So many lines are followed at once.
const MOST: usize = 24;
/// A line is believed when so many frames that follow each other have shown it.
const SHOWN: u32 = 2;
/// It is gone when less than this part of its strokes is left.
const LEFT: f32 = 0.45;
/// It is forgotten so many frames after it went: nobody asks for a frame that old.
const KEPT: u64 = 16;
/// The picture stands where this part of its strokes does.
const STANDING: f32 = 0.5;
/// What has stood for so many frames stands.
const LONG: u8 = 8;
/// What came so many frames after this part of all other strokes was put over them.
const LATER: u8 = 3;
const BEFORE: f32 = 0.35;
/// Of the cells only so many are counted: one in three.
const EVERY: usize = 3;

/// A line that is followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Track {
    /// Numbered from 1.
    pub(super) number: u32,
    /// On which grid, and where there.
    pub(super) grid: usize,
    pub(super) around: Rectangle,
    pub(super) since: u64,
    /// The first frame without it.
    pub(super) until: Option<u64>,
    /// Frames that have shown it; 0 once it is believed.
    shown: u32,
    seen: u64,
    cells: u32,
}

impl Track {
    /// Whether it stands in `frame`, as far as is known.
    pub(super) fn stands(&self, frame: u64) -> bool {
        self.shown == 0 && self.since <= frame && self.until.is_none_or(|until| frame < until)
    }
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tracks {
    all: Vec<Track>,
    count: u32,
}

impl Tracks {
    pub(super) fn new() -> Self {
        Self { all: Vec::with_capacity(MOST), count: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Track> {
        self.all.iter()
    }

    /// Ends those whose strokes are gone.
    pub(super) fn check(&mut self, frame: u64, grid: usize, strokes: &Strokes) {
        for track in self.all.iter_mut().filter(|track| track.grid == grid && track.until.is_none()) {
            if (strokes.standing(&track.around, 2) as f32) < LEFT * track.cells as f32 {
                track.until = Some(frame);
            }
        }
    }

    /// Takes the lines of one grid that stand still.
    pub(super) fn take(&mut self, frame: u64, grid: usize, line: &Line, ground: &Ground) {
        let here = line.around;
        let same = |track: &&mut Track| {
            track.grid == grid && track.until.is_none() && 2 * track.around.common(&here) >= here.area()
        };
        if let Some(track) = self.all.iter_mut().find(same) {
            // A title that fades in is found piece by piece.
            let joined = track.around.join(&here);
            if joined.area() <= 3 * here.area().max(track.around.area()) {
                track.around = joined;
            }
            track.cells = track.cells.max(line.cells);
            track.seen = frame;
            track.shown += u32::from(track.shown > 0);
            if track.shown > SHOWN - 1 {
                track.shown = 0;
            }
            return;
        }
        let like = if ground.told_apart(line) { &LOOSE } else { &STRICT };
        if line.is(like) && self.all.len() < MOST {
            self.count += 1;
            let since = (frame + 1).saturating_sub(u64::from(line.age));
            let (number, cells) = (self.count, line.cells);
            self.all.push(Track { number, grid, around: here, since, until: None, shown: 1, seen: frame, cells });
        }
    }

    /// Forgets what was not shown again, and what went long ago.
    pub(super) fn tidy(&mut self, frame: u64) {
        self.all.retain(|track| match track.until {
            Some(until) => track.shown == 0 && frame < until + KEPT,
            None => track.shown == 0 || track.seen == frame,
        });
    }
}

/// What the strokes of the whole picture do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    /// How many there are of each age.
    ages: [u32; 256],
}

impl Ground {
    pub(super) fn of(strokes: &Strokes) -> Self {
        let mut ages = [0; 256];
        strokes.age.iter().step_by(EVERY).for_each(|age| ages[usize::from(*age)] += 1);
        ages[0] = 0;
        Self { ages }
    }

    /// Whether `line` can be told from the rest of the picture: that moves, or stood before it came.
    fn told_apart(&self, line: &Line) -> bool {
        let from = |first: u8| self.ages[usize::from(first)..].iter().sum::<u32>() as f32;
        let own = line.cells as f32 / EVERY as f32;
        let rest = (from(1) - own).max(1.0);
        let as_long = from(line.age.saturating_sub(1).clamp(2, LONG)) - own;
        as_long < STANDING * rest || (line.age <= LONG && from(line.age + LATER) > BEFORE * rest)
    }
}
