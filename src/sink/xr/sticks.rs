//! What the thumbsticks mean while no hand holds the screen: the right one seeks and sets the volume, the left one sets the depth.

use std::time::Duration;

use crate::sink::Action;
use crate::time::Time;

/// A stick beyond this is meant.
const MEANT: f32 = 0.5;
/// A stick within this has been let go.
pub(super) const LET_GO: f32 = 0.3;
/// A flick of the stick seeks by this, in seconds.
const FLICK: f64 = 10.0;
/// A stick held longer than this, in seconds, is no flick.
const HELD: f32 = 0.35;
/// Film seconds a second while the stick is held: at first, and at most; doubled each second.
const SPEED: [f64; 2] = [15.0, 600.0];
/// From one step of depth to the next while the stick is held, in seconds.
const STEP: f32 = 0.15;
/// The same of the volume, and a step of it in percent, as much as a key's.
const LOUDER: (f32, i32) = (0.08, 2);

/// Seeking by stick.
#[derive(Debug, Clone, Copy)]
struct Scrub {
    seconds: f32,
    begin: Time,
    target: Time,
    forward: bool,
}

/// What the right stick is about from when it is pushed until it is let go: a thumb that seeks is not to change the volume.
#[derive(Debug, Clone, Copy, Default)]
enum Right {
    #[default]
    Nothing,
    Seeks(Scrub),
    /// Until the next step, in seconds.
    Volume(f32),
}

/// What the sticks were doing before.
#[derive(Debug, Clone, Default)]
pub(super) struct Sticks {
    right: Right,
    depth_wait: f32,
}

impl Sticks {
    /// What the left and the right stick want, each −1..1 to the right and up, while film time is `position`, `passed` after the last time; and the film time
    /// that the viewer is on the way to.
    pub(super) fn follow(
        &mut self,
        [left, right]: [[f32; 2]; 2],
        position: Time,
        passed: Duration,
    ) -> (Vec<Action>, Option<Time>) {
        let seconds = passed.as_secs_f32().min(0.25);
        let mut actions = Vec::new();
        self.right = self.use_right(right, position, seconds, &mut actions);
        self.set_depth(left, seconds, &mut actions);
        let scrubbing = match self.right {
            Right::Seeks(scrub) if scrub.seconds >= HELD => Some(scrub.target),
            _ => None,
        };
        (actions, scrubbing)
    }

    fn use_right(&self, [push, up]: [f32; 2], position: Time, seconds: f32, actions: &mut Vec<Action>) -> Right {
        match self.right {
            Right::Nothing if push.abs() > MEANT && push.abs() >= up.abs() => {
                Right::Seeks(Scrub { seconds: 0.0, begin: position, target: position, forward: push > 0.0 })
            }
            Right::Nothing if up.abs() > MEANT => {
                actions.push(Action::Volume(LOUDER.1 * up.signum() as i32));
                // A flick is one step.
                Right::Volume(HELD)
            }
            Right::Nothing => Right::Nothing,
            Right::Seeks(scrub) if push.abs() < LET_GO => {
                let flick = Time::from_seconds(if scrub.forward { FLICK } else { -FLICK });
                let target = if scrub.seconds < HELD { scrub.begin + flick } else { scrub.target };
                actions.push(Action::SeekTo(target.max(Time::ZERO)));
                Right::Nothing
            }
            Right::Seeks(mut scrub) => {
                scrub.seconds += seconds;
                if scrub.seconds >= HELD {
                    let speed = (SPEED[0] * f64::from(scrub.seconds - HELD).exp2()).min(SPEED[1]);
                    scrub.target =
                        (scrub.target + Time::from_seconds(f64::from(push * seconds) * speed)).max(Time::ZERO);
                }
                Right::Seeks(scrub)
            }
            Right::Volume(_) if up.abs() < LET_GO => Right::Nothing,
            Right::Volume(wait) => {
                let (every, step) = LOUDER;
                let mut wait = wait - seconds;
                let mut steps = 0;
                while wait <= 0.0 {
                    (wait, steps) = (wait + every, steps + 1);
                }
                if steps > 0 && up.abs() > MEANT {
                    actions.push(Action::Volume(steps * step * up.signum() as i32));
                }
                Right::Volume(wait)
            }
        }
    }

    fn set_depth(&mut self, [across, up]: [f32; 2], seconds: f32, actions: &mut Vec<Action>) {
        self.depth_wait = (self.depth_wait - seconds).max(0.0);
        if across.abs().max(up.abs()) < MEANT {
            self.depth_wait = 0.0;
        } else if self.depth_wait <= 0.0 {
            self.depth_wait = STEP;
            actions.push(match up.abs() >= across.abs() {
                true => Action::Strength(up.signum() as i32),
                false => Action::Convergence(across.signum() as i32),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(11);

    fn step(sticks: &mut Sticks, left: [f32; 2], right: [f32; 2]) -> (Vec<Action>, Option<Time>) {
        sticks.follow([left, right], Time::from_seconds(100.0), FRAME)
    }

    #[test]
    fn a_flick_seeks_ten_seconds_and_a_held_stick_ever_faster() {
        let mut sticks = Sticks::default();
        let mut right = |x: f32, y: f32| step(&mut sticks, [0.0; 2], [x, y]);
        for _ in 0..5 {
            assert_eq!(right(1.0, 0.0).1, None);
        }
        assert_eq!(right(0.0, 0.0).0, [Action::SeekTo(Time::from_seconds(110.0))]);
        right(-1.0, 0.0);
        assert_eq!(right(0.0, 0.0).0, [Action::SeekTo(Time::from_seconds(90.0))]);
        let mut targets = Vec::new();
        for _ in 0..400 {
            // A thumb that strays up meanwhile changes no volume.
            let (actions, scrubbing) = right(1.0, 0.9);
            assert_eq!(actions, []);
            targets.extend(scrubbing.map(Time::seconds));
        }
        let speed = |at: usize| (targets[at + 10] - targets[at]) / (10.0 * FRAME.as_secs_f64());
        assert!((14.0..18.0).contains(&speed(0)) && speed(200) > 3.0 * speed(0), "{} {}", speed(0), speed(200));
        let last = *targets.last().unwrap();
        assert_eq!(right(0.0, 0.0).0, [Action::SeekTo(Time::from_seconds(last))]);
        assert_eq!(right(0.0, 0.0), (Vec::new(), None));
    }

    #[test]
    fn up_and_down_the_right_stick_is_the_volume() {
        let mut sticks = Sticks::default();
        let mut right = |x: f32, y: f32| step(&mut sticks, [0.0; 2], [x, y]);
        let flick: Vec<_> = (0..11).flat_map(|at| right(0.2, if at < 10 { 0.9 } else { 0.0 }).0).collect();
        assert_eq!(flick, [Action::Volume(2)], "a flick is as much as a key");
        // Held, for two seconds; to the side it seeks nowhere meanwhile.
        let all: Vec<_> = (0..182).flat_map(|_| right(-0.95, -1.0).0).collect();
        let whole: i32 = all.iter().map(|action| if let Action::Volume(by) = action { *by } else { panic!() }).sum();
        assert!((-46..=-40).contains(&whole), "{whole} % in two seconds");
        // After a long pause of the display it makes up for it at once, and no more than for a quarter of a second.
        let late = sticks.follow([[0.0; 2], [0.0, -1.0]], Time::ZERO, Duration::from_secs(9)).0;
        assert!(matches!(late[..], [Action::Volume(-8..=-6)]), "{late:?}");
    }

    #[test]
    fn the_left_stick_sets_the_depth_in_steps() {
        let mut sticks = Sticks::default();
        let mut left = |x: f32, y: f32| step(&mut sticks, [x, y], [0.0; 2]).0;
        let actions: Vec<_> = (0..30).flat_map(|_| left(0.1, 0.9)).collect();
        assert_eq!(actions, [Action::Strength(1); 3]);
        left(0.0, 0.0);
        assert_eq!(left(-0.8, 0.0), [Action::Convergence(-1)]);
    }
}
