//! Credits that roll: lines of writing that all go up (or down) alike, while the picture behind does something else.

use super::lines::{LOOSE, Line};
use super::rectangle::Rectangle;
use super::strokes::{BACK, Strokes};

/// The fastest roll, in cells a frame.
pub(super) const FASTEST: isize = 4;
/// Moved by that, a line must fit so many times better than where it was.
const BETTER: f32 = 1.12;
/// What stands fits where it was some frames before at least so much better than a cell or two away.
const DRIFTED: f32 = 0.9;
/// This part of its strokes must be found for that.
const HALF: f32 = 0.5;
/// It rolls when so many lines have been seen to, in at least so many frames, at least two at once.
const LINES: u32 = 8;
const FRAMES: u32 = 4;
const AT_ONCE: u32 = 2;
/// It is over when none was seen for so many frames: between two parts of credits there is a pause.
const PAUSE: u64 = 12;
/// Where more than this part of all else moves as the lines do, it is the camera, unless there are so many lines.
const ALIKE: f32 = 0.4;
const CERTAIN: u32 = 3;

/// Follows one roll.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Roll {
    /// Cells, from the top of the picture to the bottom.
    pub(super) around: Rectangle,
    pub(super) since: u64,
    /// The first frame without it.
    pub(super) until: Option<u64>,
    lines: u32,
    at_once: u32,
    frames: u32,
    seen: u64,
    up: bool,
}

/// Whether a line that seems to stand has moved: upright strokes stand for some frames while they go up or down, and what drifts slowly seems to.
pub(super) fn has_moved(line: &Line, strokes: &Strokes) -> bool {
    let found = |back: usize, by: [isize; 2]| strokes.found_again(&line.around, back, by) as f32;
    let stays = BETTER * found(1, [0, 0]);
    if (1..=FASTEST).any(|rows| found(1, [0, rows]) > stays || found(1, [0, -rows]) > stays) {
        return true;
    }
    let stays = DRIFTED * found(BACK, [0, 0]);
    let all = (-2..=2).flat_map(|rows| (-2..=2).map(move |columns| [columns, rows]));
    all.filter(|by| *by != [0, 0]).any(|by| found(BACK, by) > stays.max(HALF * line.cells as f32))
}

impl Roll {
    /// Whether it rolls in `frame`, as far as is known.
    pub(super) fn rolls(&self, frame: u64) -> bool {
        self.lines >= LINES
            && self.frames >= FRAMES
            && self.at_once >= AT_ONCE
            && self.since <= frame
            && self.until.is_none_or(|until| frame < until)
    }

    /// Takes the lines of a frame that move `rows` rows down with each frame (up where that is below 0).
    pub(super) fn follow(&mut self, frame: u64, lines: &[Line], rows: isize, strokes: &Strokes) {
        if self.lines > 0 && self.until.is_none() && frame > self.seen + PAUSE {
            self.until = Some(self.seen + 1);
        }
        let writing = || lines.iter().filter(|line| line.is(&LOOSE)).map(|line| line.around);
        let Some(all) = writing().reduce(|all, line| all.join(&line)) else { return };
        let [width, height] = strokes.size;
        let aside = [(0, all.from[0]), (all.to[0], width)];
        let aside = aside.map(|(from, to)| Rectangle { from: [from, 0], to: [to, height] });
        let count = |of: &dyn Fn(&Rectangle) -> u32| aside.iter().map(of).sum::<u32>() as f32;
        let (there, alike) =
            (count(&|side| strokes.standing(side, 1)), count(&|side| strokes.found_again(side, 1, [0, rows])));
        // Strokes upright are found again where they were, too: only what fits better counts.
        let found = writing().count() as u32;
        if found < CERTAIN
            && alike > ALIKE * there
            && alike > BETTER * count(&|side| strokes.found_again(side, 1, [0, 0]))
        {
            return;
        }
        let up = rows < 0;
        if self.until.is_some() || self.lines == 0 || up != self.up {
            *self = Self { since: frame.saturating_sub(3), up, ..Self::default() };
            self.around = Rectangle { from: [all.from[0], 0], to: [all.to[0], height] };
        }
        self.around.from[0] = self.around.from[0].min(all.from[0]);
        self.around.to[0] = self.around.to[0].max(all.to[0]);
        self.lines += found;
        self.at_once = self.at_once.max(found);
        self.frames += 1;
        self.seen = frame;
    }
}
