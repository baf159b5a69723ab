//! The depth at which text over a picture lies: right in front of the nearest thing that it covers, and no nearer. Pure.
//!
//! While a film plays only what has been seen is known: text begins a little nearer than it has to be, comes forward slowly where something nearer
//! comes, never goes back within a shot, and is free at a cut. Where the whole film can be looked at before ([`CuePlan`]) each cue has one depth.

use std::sync::Arc;

use crate::time::Time;

/// Fields across and down whose nearest is known.
const FIELDS: [usize; 2] = [64, 36];
/// Text lies so far in front of the nearest that it covers, in % of the width.
pub const IN_FRONT: f32 = 0.15;
/// Nothing is nearer than this where text may be over it, in % of the width: text has room in front of it within the limits of comfort.
pub const NEAREST: f32 = -0.8;
/// What is not known yet is allowed for with so much more while a film plays.
const MARGIN: f32 = 0.08;
/// How fast text comes forward, in % of the width a second.
const SPEED: f32 = 0.3;
/// Frames farther apart than that are not of one piece.
const APART: f64 = 1.0;

/// How near the nearest is, in each part of a picture: raw disparity, more is farther.
#[derive(Debug, Clone)]
pub struct Near(Arc<[f32]>);

impl Near {
    /// Of raw disparity of `size`.
    pub fn of(disparity: &[f32], size: [u32; 2]) -> Self {
        let [width, height] = size.map(|side| side.max(1) as usize);
        let mut fields = vec![f32::INFINITY; FIELDS[0] * FIELDS[1]];
        for (y, row) in disparity.chunks_exact(width).take(height).enumerate() {
            // A map of fewer rows than there are fields says the same for several.
            for line in y * FIELDS[1] / height..=((y + 1) * FIELDS[1] - 1) / height {
                for column in 0..FIELDS[0] {
                    let [from, to] = [column, column + 1].map(|column| column * width / FIELDS[0]);
                    let cells = row.get(from..to.max(from + 1)).unwrap_or_default();
                    let near = cells.iter().copied().filter(|d| d.is_finite()).fold(f32::INFINITY, f32::min);
                    if let Some(field) = fields.get_mut(line * FIELDS[0] + column) {
                        *field = field.min(near);
                    }
                }
            }
        }
        Self(fields.into())
    }

    /// Every disparity changed by `change`, which keeps their order.
    pub fn map(&self, change: impl Fn(f32) -> f32) -> Self {
        Self(self.0.iter().map(|near| if near.is_finite() { change(*near) } else { *near }).collect())
    }

    /// The nearer of both, everywhere.
    pub fn nearer(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(other.0.iter()).map(|(a, b)| a.min(*b)).collect())
    }

    /// In a part of the picture: left, top, right and bottom as parts of its width and height. `None` where nothing is known.
    pub fn within(&self, [left, top, right, bottom]: [f32; 4]) -> Option<f32> {
        let range = |from: f32, to: f32, axis: usize| {
            let count = FIELDS[axis] as f32;
            let first = (from * count).floor().clamp(0.0, count - 1.0) as usize;
            first..(to * count).ceil().clamp(first as f32 + 1.0, count) as usize
        };
        let fields = range(top, bottom, 1).flat_map(|row| range(left, right, 0).map(move |at| row * FIELDS[0] + at));
        fields.filter_map(|at| self.0.get(at).copied()).filter(|near| near.is_finite()).min_by(f32::total_cmp)
    }
}

/// A piece of text in a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Left, top, right and bottom, as parts of the picture's width and height.
    pub sides: [f32; 4],
    /// Parallax of the nearest that it covers, in % of the width; none where that is not known.
    pub nearest: Option<f32>,
}

/// A frame with text over it.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Film time.
    pub time: Time,
    /// Film time of the first frame of its shot.
    pub shot: Time,
    /// Beginnings and ends of the cues that are seen with it.
    pub cues: Vec<(Time, Time)>,
}

/// Text that is there from frame to frame.
#[derive(Debug, Clone)]
struct Standing {
    sides: [f32; 4],
    cues: Vec<(Time, Time)>,
    /// None where nothing has been known.
    parallax: Option<f32>,
    /// The first and the last frame of it.
    from: Time,
    to: Time,
}

impl Standing {
    fn is(&self, piece: &Piece, cues: &[(Time, Time)]) -> bool {
        let (a, b) = (self.sides, piece.sides);
        let meet = a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
        meet && self.cues.iter().any(|cue| cues.contains(cue))
    }
}

/// Follows the text of a film that plays.
#[derive(Debug, Clone, Default)]
pub struct Placement {
    standing: Vec<Standing>,
    last: Option<(Time, Time)>,
}

impl Placement {
    /// The parallax of each of `pieces`, in % of the width.
    pub fn place(&mut self, moment: &Moment, pieces: &[Piece]) -> Vec<f32> {
        let seconds = self.last.map(|(time, _)| (moment.time - time).seconds());
        let same_shot = self.last.is_some_and(|(_, shot)| shot == moment.shot);
        let goes_on = seconds.is_some_and(|seconds| (0.0..APART).contains(&seconds));
        if !goes_on {
            self.standing.clear();
        }
        self.last = Some((moment.time, moment.shot));
        let step = SPEED * seconds.unwrap_or(0.0).max(0.0) as f32;
        let mut now = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let wanted = piece.nearest.map(|nearest| nearest - IN_FRONT);
            let before = self.standing.iter().find(|standing| standing.is(piece, &moment.cues));
            let kept = before.filter(|_| same_shot).and_then(|standing| standing.parallax);
            let parallax = match (kept, wanted) {
                (Some(kept), Some(wanted)) if wanted < kept => Some((kept - step).max(wanted)),
                (Some(kept), _) => Some(kept),
                (None, wanted) => wanted.map(|wanted| wanted - MARGIN),
            };
            let (time, cues) = (moment.time, moment.cues.clone());
            now.push(Standing { sides: piece.sides, cues, parallax, from: time, to: time });
        }
        self.standing = now;
        self.standing.iter().map(|standing| standing.parallax.unwrap_or(0.0)).collect()
    }
}

/// The text of a whole film, looked at before any of it is shown: one depth for each cue.
#[derive(Debug, Clone, Default)]
pub struct CuePlan {
    cues: Vec<Standing>,
    /// Those before are over.
    first: usize,
}

/// Cues that are looked through for the one of a frame.
const OPEN: usize = 64;

impl CuePlan {
    /// Takes the next frame.
    pub fn add(&mut self, moment: &Moment, pieces: &[Piece]) {
        while self.cues.len() - self.first > OPEN
            || self.cues.get(self.first).is_some_and(|cue| (moment.time - cue.to).seconds() > APART)
        {
            self.first += 1;
        }
        for piece in pieces {
            let wanted = piece.nearest.map(|nearest| nearest - IN_FRONT);
            let open = self.cues.iter_mut().skip(self.first);
            match open.into_iter().find(|cue| cue.is(piece, &moment.cues)) {
                Some(cue) => {
                    cue.to = moment.time;
                    cue.parallax = [cue.parallax, wanted].into_iter().flatten().min_by(f32::total_cmp);
                    for (mine, other) in [(0, 0), (1, 1)] {
                        cue.sides[mine] = cue.sides[mine].min(piece.sides[other]);
                        cue.sides[mine + 2] = cue.sides[mine + 2].max(piece.sides[other + 2]);
                    }
                    let new: Vec<_> = moment.cues.iter().filter(|other| !cue.cues.contains(other)).copied().collect();
                    cue.cues.extend(new);
                }
                None => {
                    let (time, cues) = (moment.time, moment.cues.clone());
                    let standing = Standing { sides: piece.sides, cues, parallax: wanted, from: time, to: time };
                    self.cues.push(standing);
                }
            }
        }
    }

    /// The parallax of each of `pieces`, in % of the width: that of their cues.
    pub fn place(&self, moment: &Moment, pieces: &[Piece]) -> Vec<f32> {
        let of = |piece: &Piece| {
            let near = |cue: &&Standing| cue.from <= moment.time && moment.time <= cue.to;
            let cue = self.cues.iter().filter(near).find(|cue| cue.is(piece, &moment.cues));
            let own = piece.nearest.map(|nearest| nearest - IN_FRONT);
            cue.and_then(|cue| cue.parallax).or(own).unwrap_or(0.0)
        };
        pieces.iter().map(of).collect()
    }

    /// How many cues there are.
    pub fn len(&self) -> usize {
        self.cues.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cues.is_empty()
    }
}

/// By how many pixels of a picture `width` wide the left and the right eye's text is moved to the right for `parallax`, in % of the width.
pub fn moved(parallax: f32, width: u32) -> [i32; 2] {
    let pixels = (parallax / 100.0 * width as f32).round().clamp(-4096.0, 4096.0) as i32;
    let left = -pixels.div_euclid(2);
    [left, left + pixels]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Time {
        Time::from_seconds(seconds)
    }

    fn moment(time: f64, shot: f64, cue: (f64, f64)) -> Moment {
        Moment { time: at(time), shot: at(shot), cues: vec![(at(cue.0), at(cue.1))] }
    }

    fn piece(nearest: f32) -> Vec<Piece> {
        vec![Piece { sides: [0.3, 0.8, 0.7, 0.9], nearest: Some(nearest) }]
    }

    #[test]
    fn the_nearest_is_that_of_the_place() {
        let size = [128, 72];
        let mut map = vec![5.0; 128 * 72];
        map[60 * 128 + 70] = 1.0;
        map[10 * 128 + 10] = f32::NAN;
        let near = Near::of(&map, size);
        assert_eq!(near.within([0.5, 0.8, 0.6, 0.9]), Some(1.0));
        assert_eq!(near.within([0.0, 0.0, 0.5, 0.8]), Some(5.0));
        assert_eq!(near.within([0.58, 0.8, 2.0, 7.0]), Some(5.0), "it lies beside");
        assert_eq!(near.map(|d| d * 2.0).nearer(&Near::of(&[1.5; 9], [3, 3])).within([0.0, 0.0, 1.0, 1.0]), Some(1.5));
        assert_eq!(Near::of(&[], [0, 0]).within([0.0; 4]), None);
        // A map smaller than the fields.
        let small = Near::of(&[1.0, 2.0, 3.0, 4.0], [2, 2]);
        assert_eq!(
            [[0.1, 0.1, 0.2, 0.2], [0.8, 0.8, 0.9, 0.9]].map(|sides| small.within(sides)),
            [Some(1.0), Some(4.0)]
        );
    }

    #[test]
    fn text_comes_forward_slowly_never_goes_back_and_is_free_at_a_cut() {
        let mut placement = Placement::default();
        let cue = (1.0, 6.0);
        let mut place =
            |time: f64, shot: f64, nearest: f32| placement.place(&moment(time, shot, cue), &piece(nearest))[0];
        let first = place(1.0, 0.0, 0.5);
        assert!((first - (0.5 - IN_FRONT - MARGIN)).abs() < 1e-6);
        assert_eq!(place(1.1, 0.0, 1.5), first, "it never goes back");
        assert_eq!(place(1.2, 0.0, 0.48), first, "the margin is there for that");
        let mut last = first;
        for frame in 0..30 {
            let now = place(1.3 + f64::from(frame) * 0.1, 0.0, 0.0);
            assert!(now <= last && now >= last - 0.0301, "{frame}: {last} {now}");
            last = now;
        }
        assert!((last + IN_FRONT).abs() < 1e-6, "{last}");
        let cut = place(4.3, 4.3, 1.2);
        assert!((cut - (1.2 - IN_FRONT - MARGIN)).abs() < 1e-6, "{cut}");
        // Another cue in the same place is free, too.
        let next = placement.place(&moment(4.4, 4.3, (4.4, 7.0)), &piece(1.9))[0];
        assert!((next - (1.9 - IN_FRONT - MARGIN)).abs() < 1e-6);
        let unknown = vec![Piece { nearest: None, ..piece(0.0)[0].clone() }];
        assert_eq!(placement.place(&moment(4.5, 4.3, (4.4, 7.0)), &unknown)[0], next);
        assert_eq!(placement.place(&moment(9.0, 4.3, (8.0, 9.5)), &unknown)[0], 0.0);
    }

    #[test]
    fn in_a_plan_a_cue_has_one_depth() {
        let mut plan = CuePlan::default();
        // Over two shots, with a sign elsewhere, then the next cue.
        let depth = |time: f64| 1.0 - (time * 3.0).sin() as f32;
        let sign = Piece { sides: [0.1, 0.1, 0.2, 0.2], nearest: Some(-0.5) };
        let frames = || (0..100).map(|frame| f64::from(frame) * 0.1);
        let pieces = |time: f64| [piece(depth(time)), vec![sign.clone()]].concat();
        let of = |time: f64| {
            moment(time, if time < 2.0 { 0.0 } else { 2.0 }, if time < 5.0 { (0.0, 5.0) } else { (5.0, 10.0) })
        };
        frames().for_each(|time| plan.add(&of(time), &pieces(time)));
        assert_eq!(plan.len(), 4);
        for (from, to) in [(0.0, 4.95), (5.0, 10.0)] {
            let nearest = frames().filter(|time| (from..to).contains(time)).map(depth).min_by(f32::total_cmp).unwrap();
            for time in frames().filter(|time| (from..to).contains(time)) {
                let places = plan.place(&of(time), &pieces(time));
                assert!((places[0] - (nearest - IN_FRONT)).abs() < 1e-6, "{time}: {places:?}");
                assert!((places[1] - (-0.5 - IN_FRONT)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn eyes_are_moved_by_whole_pixels() {
        for parallax in [-1.15f32, -0.23, 0.0, 0.4, 2.0] {
            for width in [640, 1281, 1920, 3840] {
                let [left, right] = moved(parallax, width);
                let shown = (right - left) as f32 / width as f32 * 100.0;
                assert!(
                    (shown - parallax).abs() <= 50.0 / width as f32 + 1e-5 && (left + right).abs() <= 1,
                    "{parallax}"
                );
            }
        }
        assert_eq!(moved(f32::NAN, 100), [0, 0]);
    }
}
