//! Lines of writing among strokes that stand: strokes side by side over the height of a letter, with free ground above and below.

use super::rectangle::Rectangle;
use super::strokes::Strokes;

/// Strokes farther apart than this, in cells, belong to two lines.
const GAP: usize = 9;
/// A row of a line has so many strokes at least.
const FEWEST: u32 = 3;
/// Lower or higher than this, in cells, it is not looked at: higher letters are found on the coarser grid.
const HEIGHT: [usize; 2] = [6, 48];
/// Part of a line's cells that are strokes, at least.
const DENSE: f32 = 0.22;
/// Strokes in all rows together, as a part of the line's width: railings of few thick posts have less.
const MANY: f32 = 0.9;
/// No picture has more groups of strokes.
const MOST: usize = 4096;

/// Words are at most this many times their height apart.
const WORDS: f32 = 1.3;

/// How much a line must look like one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likeness {
    /// Width in cells, at least.
    pub(super) width: usize,
    /// How many times as wide as it is high.
    pub(super) long: f32,
    /// Strokes right above and right below it may be so dense, compared with those in it.
    pub(super) beside: f32,
    /// The middle of its strokes' brightness, at least.
    pub(super) light: u8,
    /// Part of the strokes that go on a quarter of the line's height farther down, at most: posts and stripes go on, letters bend.
    pub(super) straight: f32,
}

/// Where it moves against the picture, or came when the picture stood.
pub(super) const LOOSE: Likeness = Likeness { width: 24, long: 1.5, beside: 0.4, light: 175, straight: 0.95 };
/// Where the whole picture stands as it does.
pub(super) const STRICT: Likeness = Likeness { width: 36, long: 3.0, beside: 0.25, light: 170, straight: 0.7 };

/// A line of writing, as far as it looks like one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub(super) around: Rectangle,
    /// Cells of stroke.
    pub(super) cells: u32,
    /// The middle of its strokes' ages, in frames.
    pub(super) age: u8,
    light: u8,
    beside: f32,
    straight: f32,
}

impl Line {
    /// Whether the two are words of one line.
    fn goes_on(&self, other: &Self) -> bool {
        let [mine, theirs] = [self, other].map(|line| line.around.size()[1]);
        let [one, two] = [&self.around, &other.around];
        let [gap, common] = [0, 1].map(|axis| {
            let (from, to) = (one.from[axis].max(two.from[axis]), one.to[axis].min(two.to[axis]));
            if axis == 0 { from.saturating_sub(to) } else { to.saturating_sub(from) }
        });
        let (low, high) = (mine.min(theirs), mine.max(theirs));
        let looks_so = |line: &Self| line.beside <= LOOSE.beside && line.light >= STRICT.light;
        gap as f32 <= WORDS * low as f32 && 10 * common >= 7 * high && looks_so(self) && looks_so(other)
    }

    fn join(&self, other: &Self) -> Self {
        let share = other.cells as f32 / (self.cells + other.cells).max(1) as f32;
        Self {
            around: self.around.join(&other.around),
            cells: self.cells + other.cells,
            age: self.age.min(other.age),
            light: self.light.min(other.light),
            beside: self.beside.max(other.beside),
            straight: self.straight + (other.straight - self.straight) * share,
        }
    }

    /// Whether it looks like writing.
    pub(super) fn is(&self, like: &Likeness) -> bool {
        let [width, height] = self.around.size();
        width >= like.width
            && width as f32 >= like.long * height as f32
            && self.beside <= like.beside
            && self.light >= like.light
            && self.straight <= like.straight
    }
}

/// Strokes that follow each other in a row.
#[derive(Debug, Clone, Copy)]
struct Run {
    from: usize,
    to: usize,
    strokes: u32,
    cells: u32,
    group: usize,
}

/// Runs of neighbouring rows.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    around: Rectangle,
    /// Strokes, counted in each row.
    strokes: u32,
    cells: u32,
    parent: usize,
}

/// Finds lines; keeps its memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    runs: Vec<Run>,
    groups: Vec<Group>,
    found: Vec<Line>,
}

impl Lines {
    /// Lines of strokes that have stood for `old` frames or more.
    pub(super) fn find(&mut self, strokes: &Strokes, old: u8) -> &[Line] {
        self.groups.clear();
        self.found.clear();
        self.runs.clear();
        let width = strokes.size[0].max(1);
        let mut before = 0..0;
        for (y, row) in strokes.age.chunks_exact(width).enumerate() {
            let begin = self.runs.len();
            self.row(row, old);
            let now = begin..self.runs.len();
            let mut other = before.start;
            for at in now.clone() {
                let run = self.runs[at];
                while other < before.end && self.runs[other].to + GAP / 2 < run.from {
                    other += 1;
                }
                let mut group = None;
                let mut next = other;
                while next < before.end && self.runs[next].from <= run.to + GAP / 2 {
                    let theirs = self.root(self.runs[next].group);
                    group = Some(match group {
                        None => theirs,
                        Some(mine) => self.unite(mine, theirs),
                    });
                    next += 1;
                }
                let group = group.unwrap_or_else(|| {
                    let around = Rectangle { from: [run.from, y], to: [run.to, y + 1] };
                    self.groups.push(Group { around, parent: self.groups.len(), ..Group::default() });
                    self.groups.len() - 1
                });
                self.runs[at].group = group;
                let into = &mut self.groups[group];
                into.around = into.around.join(&Rectangle { from: [run.from, y], to: [run.to, y + 1] });
                into.strokes += run.strokes;
                into.cells += run.cells;
            }
            before = now;
            if self.groups.len() > MOST {
                break;
            }
        }
        let roots = self.groups.iter().enumerate().filter(|(at, group)| group.parent == *at);
        self.found.extend(roots.filter_map(|(_, group)| measure(group, strokes, old)));
        self.join_words();
        &self.found
    }

    /// Words of large letters are far apart: what is as high and side by side is one line.
    fn join_words(&mut self) {
        let mut at = 0;
        while at < self.found.len() {
            let line = self.found[at];
            let next = self.found[at + 1..].iter().position(|other| line.goes_on(other));
            match next {
                Some(next) => {
                    let other = self.found.swap_remove(at + 1 + next);
                    self.found[at] = line.join(&other);
                }
                None => at += 1,
            }
        }
    }

    /// The runs of one row.
    fn row(&mut self, age: &[u8], old: u8) {
        let mut run: Option<Run> = None;
        let mut inside = false;
        let mut keep = |run: Option<Run>| {
            if let Some(run) = run
                && run.strokes >= FEWEST
            {
                self.runs.push(run);
            }
        };
        for (chunk, ages) in age.chunks(16).enumerate() {
            if ages.iter().all(|age| *age < old) {
                inside = false;
                continue;
            }
            for (off, age) in ages.iter().enumerate() {
                let x = chunk * 16 + off;
                if *age < old {
                    inside = false;
                    continue;
                }
                match &mut run {
                    Some(run) if x <= run.to + GAP => {
                        run.to = x + 1;
                        run.cells += 1;
                        run.strokes += u32::from(!inside);
                    }
                    _ => {
                        keep(run.take());
                        run = Some(Run { from: x, to: x + 1, strokes: 1, cells: 1, group: 0 });
                    }
                }
                inside = true;
            }
        }
        keep(run);
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.groups[at].parent != at {
            self.groups[at].parent = self.groups[self.groups[at].parent].parent;
            at = self.groups[at].parent;
        }
        at
    }

    fn unite(&mut self, one: usize, other: usize) -> usize {
        if one == other {
            return one;
        }
        let from = self.groups[other];
        self.groups[other].parent = one;
        let into = &mut self.groups[one];
        into.around = into.around.join(&from.around);
        into.strokes += from.strokes;
        into.cells += from.cells;
        one
    }
}

/// What a group looks like; `None` for what is no line at all.
fn measure(group: &Group, strokes: &Strokes, old: u8) -> Option<Line> {
    let around = group.around;
    let ([width, height], [columns, rows]) = (around.size(), strokes.size);
    let dense = group.cells as f32 >= DENSE * around.area() as f32;
    let many = group.strokes as f32 >= MANY * width as f32;
    if !(HEIGHT[0]..=HEIGHT[1]).contains(&height) || !dense || !many {
        return None;
    }
    // What lies beside cannot be seen at the picture's edge.
    let reach = (height / 3).max(2);
    let (top, bottom) = (around.from[1].checked_sub(3)?, around.to[1] + 3);
    if bottom > rows {
        return None;
    }
    let share = |from: usize, to: usize| {
        let row =
            |y: usize| strokes.now[y * columns + around.from[0]..][..width].iter().filter(|now| **now > 0).count();
        (from..to).map(row).sum::<usize>() as f32 / (to - from).max(1) as f32
    };
    let inside = share(around.from[1], around.to[1]).max(1.0);
    let above = share(around.from[1].saturating_sub(reach + 1).min(top), around.from[1] - 1);
    let below = share(around.to[1] + 1, (around.to[1] + 1 + reach).min(rows));
    let (mut lights, mut ages) = ([0u32; 256], [0u32; 256]);
    let (mut going_on, mut could) = (0u32, 0u32);
    let down = (height / 4).max(1);
    for y in around.from[1]..around.to[1] {
        let at = y * columns + around.from[0];
        for at in at..at + width {
            let age = strokes.age[at];
            if age >= old {
                lights[usize::from(strokes.light[at])] += 1;
                ages[usize::from(age)] += 1;
                if y + down < around.to[1] {
                    could += 1;
                    going_on += u32::from(strokes.age[at + down * columns] >= old);
                }
            }
        }
    }
    Some(Line {
        around,
        cells: lights.iter().sum(),
        age: middle(&ages),
        light: middle(&lights),
        beside: above.max(below) / inside,
        straight: going_on as f32 / could.max(1) as f32,
    })
}

/// The median of what has been counted.
fn middle(counts: &[u32; 256]) -> u8 {
    let half = counts.iter().sum::<u32>() / 2;
    let mut below = 0;
    let beyond = |count: &u32| {
        below += count;
        below > half
    };
    counts.iter().position(beyond).unwrap_or(0) as u8
}
