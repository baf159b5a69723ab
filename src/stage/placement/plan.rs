//! The text of a film that was looked through before any of it is shown.

use super::{APART, IN_FRONT, Moment, Piece, Room, SPEED, Standing};
use crate::spans::Spans;
use crate::time::Time;

/// A cue, or one of several pieces of it.
#[derive(Debug, Clone)]
struct Planned {
    standing: Standing,
    /// Parallax of the nearest that it covers; none where that is not known.
    nearest: Option<f32>,
    /// The first and the last frame of it.
    from: Time,
    to: Time,
}

/// The text of a whole film, looked at before any of it is shown: one depth for each cue.
#[derive(Debug, Clone, Default)]
pub struct CuePlan {
    cues: Vec<Planned>,
    /// Those before are over.
    first: usize,
    /// When those matter.
    over: Spans,
}

/// Cues that are looked through for the one of a frame.
const OPEN: usize = 64;
/// A cue farther away pushes nothing: at [`SPEED`] what it needs, and no parallax is so large, is reached later.
const REACH: Time = Time::from_nanoseconds(60_000_000_000);

impl CuePlan {
    /// Takes the next frame.
    pub fn add(&mut self, moment: &Moment, pieces: &[Piece]) {
        while self.cues.len() - self.first > OPEN
            || self.cues.get(self.first).is_some_and(|cue| (moment.time - cue.to).seconds() > APART)
        {
            if let (Some(cue), Ok(number)) = (self.cues.get(self.first), u32::try_from(self.first)) {
                self.over.add(number, cue.from - REACH, cue.to + REACH);
            }
            self.first += 1;
        }
        for piece in pieces {
            let open = self.cues.iter_mut().skip(self.first);
            match open.into_iter().find(|cue| cue.standing.is(piece, &moment.cues)) {
                Some(cue) => {
                    cue.to = moment.time;
                    cue.nearest = [cue.nearest, piece.nearest].into_iter().flatten().min_by(f32::total_cmp);
                    let Standing { sides, cues } = &mut cue.standing;
                    for (mine, other) in [(0, 0), (1, 1)] {
                        sides[mine] = sides[mine].min(piece.sides[other]);
                        sides[mine + 2] = sides[mine + 2].max(piece.sides[other + 2]);
                    }
                    let new: Vec<_> = moment.cues.iter().filter(|other| !cues.contains(other)).copied().collect();
                    cues.extend(new);
                }
                None => {
                    let (from, to, nearest) = (moment.time, moment.time, piece.nearest);
                    self.cues.push(Planned { standing: Standing::of(piece, moment), nearest, from, to });
                }
            }
        }
    }

    /// Those that matter at `time`, in the order in which they began.
    fn at(&self, time: Time) -> Vec<&Planned> {
        let mut over: Vec<_> = self.over.near(time).collect();
        over.sort_unstable();
        let over = over.into_iter().filter_map(|number| self.cues.get(number as usize));
        over.chain(self.cues.iter().skip(self.first)).collect()
    }

    /// How far the scene is pushed back at `time`, in % of the width: as far as the cues need it that are seen then, and slowly before and after them.
    pub fn push(&self, time: Time, room: Room) -> f32 {
        let of = |cue: &&Planned| {
            let away = (cue.from - time).max(time - cue.to).max(Time::ZERO).seconds() as f32;
            cue.nearest.map_or(0.0, |nearest| room.lacks(nearest)) - SPEED * away
        };
        self.at(time).iter().map(of).fold(0.0, f32::max)
    }

    /// The parallax of each of `pieces`, in % of the width: that of their cues.
    pub fn place(&self, moment: &Moment, pieces: &[Piece], room: Room) -> Vec<f32> {
        let mut near = self.at(moment.time);
        near.retain(|cue| cue.from <= moment.time && moment.time <= cue.to);
        let of = |piece: &Piece| {
            let cue = near.iter().find(|cue| cue.standing.is(piece, &moment.cues));
            let nearest = cue.and_then(|cue| cue.nearest).or(piece.nearest);
            room.put(nearest.map_or(0.0, |nearest| nearest - IN_FRONT))
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

#[cfg(test)]
mod tests {
    use super::super::made::{ROOM, at, moment, piece};
    use super::*;

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
                let places = plan.place(&of(time), &pieces(time), ROOM);
                assert!((places[0] - (nearest - IN_FRONT)).abs() < 1e-6, "{time}: {places:?}");
                assert!((places[1] - (-0.5 - IN_FRONT)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_scene_stands_as_far_back_as_a_cue_needs_it_and_goes_there_before() {
        let mut plan = CuePlan::default();
        for (cue, nearest) in [((2.0, 4.0), -0.95), ((5.0, 6.0), -0.2), ((6.1, 7.0), -1.0)] {
            for time in [cue.0, f64::midpoint(cue.0, cue.1), cue.1] {
                plan.add(&moment(time, 0.0, cue), &piece(nearest));
            }
        }
        let push = |time: f64| plan.push(at(time), ROOM);
        for time in [2.0, 3.0, 4.0] {
            assert!((push(time) - 0.1).abs() < 1e-6, "{time}");
            let text = plan.place(&moment(time, 0.0, (2.0, 4.0)), &piece(0.0), ROOM)[0];
            assert!((-0.95 + push(time) - text - IN_FRONT).abs() < 1e-6 && text >= -1.0 - 1e-6, "{text}");
        }
        assert!((push(1.8) - 0.04).abs() < 1e-6 && push(1.5) == 0.0 && push(4.9) == 0.0);
        let mut last = 0.0;
        for step in 0..200 {
            let now = push(f64::from(step) * 0.05);
            assert!((now - last).abs() <= SPEED * 0.05 + 1e-6, "{step}");
            last = now;
        }
    }
}
