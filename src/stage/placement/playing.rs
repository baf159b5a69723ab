//! The text of a film that plays: only what has been seen is known.

use super::{APART, Change, IN_FRONT, Moment, Piece, Room, Rule, SPEED, Standing};
use crate::time::Time;

const RULE: Rule = Rule::SUBTITLES;

/// Follows the text of a film that plays.
#[derive(Debug, Clone, Default)]
pub struct Placement {
    /// With their parallax; none where nothing has been known.
    standing: Vec<(Standing, Option<f32>)>,
    /// Time and shot of the last frame with text.
    last: Option<(Time, Time)>,
    /// How far the scene is pushed back, and time and shot of the frame for which that was.
    push: f32,
    pushed: Option<(Time, Time)>,
    /// That frame had text.
    with_text: bool,
}

/// How `moment` follows the frame before: the seconds between them where it does, and whether both are of one shot.
fn follows(before: Option<(Time, Time)>, moment: &Moment) -> (Option<f32>, bool) {
    let seconds = before.map(|(time, _)| (moment.time - time).seconds());
    let seconds = seconds.filter(|seconds| (0.0..APART).contains(seconds)).map(|seconds| seconds as f32);
    (seconds, before.is_some_and(|(_, shot)| shot == moment.shot))
}

impl Placement {
    /// How far the scene is pushed back, in % of the width, for the pieces that are seen and those that soon will be; nothing of it is nearer than
    /// `nearest`. To be asked for each frame.
    pub fn push(&mut self, moment: &Moment, seen: &[Piece], soon: &[Piece], room: Room, nearest: f32) -> f32 {
        let lacks = |pieces: &[Piece]| {
            let near = pieces.iter().filter_map(|piece| piece.nearest);
            near.map(|near| room.lacks((near - RULE.margin).max(nearest.min(near)))).fold(0.0, f32::max)
        };
        let now = lacks(seen);
        let wanted = now.max(lacks(soon));
        let (seconds, same_shot) = follows(self.pushed, moment);
        let step = SPEED * seconds.unwrap_or(0.0);
        self.push = match seconds {
            None => wanted,
            Some(_) if !same_shot => wanted.max(self.push - step),
            // Text comes over a picture that stands.
            Some(0.0) if !self.with_text => now.max(self.push),
            Some(_) if wanted > self.push => wanted.min(self.push + step),
            // While text is seen nothing goes back and forth behind it.
            Some(_) if !seen.is_empty() => self.push,
            Some(_) => wanted.max(self.push - step),
        };
        (self.pushed, self.with_text) = (Some((moment.time, moment.shot)), !seen.is_empty());
        self.push
    }

    /// The parallax of each of `pieces`, in % of the width, before a scene that is pushed back already.
    pub fn place(&mut self, moment: &Moment, pieces: &[Piece], room: Room) -> Vec<f32> {
        if pieces.is_empty() {
            return Vec::new();
        }
        let (seconds, same_shot) = follows(self.last, moment);
        if seconds.is_none() {
            self.standing.clear();
        }
        self.last = Some((moment.time, moment.shot));
        let change = if same_shot { Change::Stands(seconds.unwrap_or(0.0)) } else { Change::Cut };
        let mut now = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let wanted = piece.nearest.map(|nearest| nearest - IN_FRONT);
            let before = self.standing.iter().find(|(standing, _)| standing.is(piece, &moment.cues));
            let parallax = match before.and_then(|(_, parallax)| *parallax) {
                // A shot of which nothing is known yet is flat.
                Some(_) if !same_shot && wanted.is_none() => None,
                Some(kept) => Some(RULE.next(kept, wanted, change)),
                None => wanted.map(|wanted| RULE.first(wanted)),
            };
            now.push((Standing::of(piece, moment), parallax));
        }
        self.standing = now;
        self.standing.iter().map(|(_, parallax)| room.put(parallax.unwrap_or(0.0))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::made::{ROOM, moment, piece};
    use super::*;

    #[test]
    fn text_comes_forward_slowly_never_goes_back_and_is_free_at_a_cut() {
        let mut placement = Placement::default();
        let cue = (1.0, 6.0);
        let mut place =
            |time: f64, shot: f64, nearest: f32| placement.place(&moment(time, shot, cue), &piece(nearest), ROOM)[0];
        let first = place(1.0, 0.0, 0.5);
        assert!((first - (0.5 - IN_FRONT - RULE.margin)).abs() < 1e-6);
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
        assert!((cut - (1.2 - IN_FRONT - RULE.margin)).abs() < 1e-6, "{cut}");
        // Another cue in the same place is free, too.
        let next = placement.place(&moment(4.4, 4.3, (4.4, 7.0)), &piece(1.9), ROOM)[0];
        assert!((next - (1.9 - IN_FRONT - RULE.margin)).abs() < 1e-6);
        let unknown = vec![Piece { nearest: None, ..piece(0.0)[0].clone() }];
        assert_eq!(placement.place(&moment(4.5, 4.3, (4.4, 7.0)), &unknown, ROOM)[0], next);
        assert_eq!(placement.place(&moment(9.0, 4.3, (8.0, 9.5)), &unknown, ROOM)[0], 0.0);
    }

    #[test]
    fn a_scene_is_pushed_back_slowly_and_before_its_text_comes() {
        let mut placement = Placement::default();
        let mut push = |time: f64, shot: f64, seen: &[Piece], soon: &[Piece]| {
            placement.push(&moment(time, shot, (1.0, 3.0)), seen, soon, ROOM, -1.0)
        };
        let most = IN_FRONT;
        assert_eq!(push(0.0, 0.0, &[], &piece(-0.7)), 0.0, "there is room");
        let mut last = 0.0;
        for frame in 1..=20 {
            let seen = if frame > 10 { piece(-1.0) } else { Vec::new() };
            let now = push(f64::from(frame) * 0.1, 0.0, &seen, &piece(-1.0));
            assert!(now >= last && now <= last + 0.0301, "{frame}: {last} {now}");
            last = now;
            assert!(frame <= 10 || (now - most).abs() < 1e-6, "{frame}: {now}");
        }
        assert_eq!(push(2.1, 0.0, &piece(0.5), &[]), last, "it stands while text is seen");
        let gone = push(2.2, 0.0, &[], &[]);
        assert!((gone - (last - 0.03)).abs() < 1e-6, "{gone}");
        assert!(
            (push(2.3, 2.3, &piece(-0.9), &[]) - (most - 0.02)).abs() < 1e-6,
            "at a cut it is free, with the margin"
        );
        assert_eq!(push(9.0, 2.3, &[], &[]), 0.0, "elsewhere, too");
        assert!((push(9.0, 2.3, &piece(-1.0), &[]) - most).abs() < 1e-6, "a picture that stands");
        assert_eq!(push(9.5, 2.3, &piece(-1.0), &[]), push(9.5, 2.3, &[], &[]), "shown once more it is the same");
    }

    #[test]
    fn text_is_put_within_the_limits() {
        let room = Room { nearer: 0.3, ..ROOM };
        let place = |nearest| Placement::default().place(&moment(1.0, 0.0, (1.0, 3.0)), &piece(nearest), room)[0];
        assert!((place(0.5) - (0.5 - IN_FRONT - RULE.margin - 0.3)).abs() < 1e-6);
        assert_eq!(place(-0.9), -1.0);
        assert!((room.lacks(-0.9) - 0.35).abs() < 1e-6 && room.lacks(-0.5) == 0.0);
    }
}
