//! What the hands mean: presses on the panel, seeking, depth, and the screen being moved about. Plain numbers in, actions out.

use std::time::Duration;

use glam::{Quat, Vec2, Vec3};

use super::geometry::{Placed, Pose};
use super::room::Ray;
use super::sticks::{LET_GO, Sticks};
use crate::sink::panel::Pointer;
use crate::sink::{Action, ScreenSettings};
use crate::time::Time;

/// One hand at one moment, poses in LOCAL space.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Hand {
    /// Where it points to: along −Z.
    pub aim: Option<Pose>,
    /// Where it is.
    pub grip: Option<Pose>,
    /// Trigger or pinch.
    pub select: bool,
    /// Squeezed.
    pub grab: bool,
    /// −1..1 to the right and up.
    pub stick: [f32; 2],
    /// Pause button.
    pub pause: bool,
    /// Panel button.
    pub menu: bool,
    /// The button that brings the screen before the viewer.
    pub recentre: bool,
}

/// What is around the hands.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The screen in LOCAL space.
    pub screen: Option<&'a Placed>,
    /// The panel in LOCAL space while it is to be seen, and its width and height in points.
    pub panel: Option<(&'a Placed, [f32; 2])>,
    /// Where the viewer was recentred to.
    pub origin: &'a Pose,
    /// The screen as it is set.
    pub settings: &'a ScreenSettings,
    /// Film time.
    pub position: Time,
    /// Since the last time.
    pub passed: Duration,
}

/// What the hands want.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wishes {
    /// In order.
    pub actions: Vec<Action>,
    /// What the pointer did on the panel.
    pub pointer: Vec<Pointer>,
    /// The viewer is on the way to this film time.
    pub scrubbing: Option<Time>,
    /// The screen as it is to stand, where that has changed.
    pub screen: Option<ScreenSettings>,
    /// The viewer's place, where the screen was pulled around.
    pub origin: Option<Pose>,
    /// Rays to draw.
    pub rays: [Option<Ray>; 2],
    /// Hands that are to feel a tick.
    pub ticks: [bool; 2],
}

/// How fast a held screen grows or recedes, a second, as the power of e.
const PULL: f32 = 0.9;
/// A ray that meets nothing is this long, in metres.
const REACH: f32 = 3.0;

/// The screen in a hand.
#[derive(Debug, Clone, Copy)]
struct Hold {
    /// From the direction of the hand to that of the screen's middle, both as yaw and pitch about the viewer's place, in radians.
    offset: Vec2,
}

/// What the hands were doing before.
#[derive(Debug, Clone, Default)]
pub struct Gestures {
    before: [Hand; 2],
    /// The hand whose ray is the pointer.
    leading: usize,
    /// The pointer is on the panel.
    on_panel: bool,
    /// The trigger went down on the panel.
    pressing: bool,
    holds: [Option<Hold>; 2],
    /// Between two hands that hold the screen: their distance, and the screen's width then.
    stretch: Option<(f32, f32)>,
    sticks: Sticks,
}

/// Yaw (to the left) and pitch (up) of a direction in the viewer's place, in radians.
fn angles(direction: Vec3) -> Vec2 {
    Vec2::new((-direction.x).atan2(-direction.z), direction.y.atan2(Vec2::new(direction.x, direction.z).length()))
}

impl Gestures {
    /// What both hands (left first) want now.
    pub fn follow(&mut self, hands: &[Hand; 2], around: &Around<'_>) -> Wishes {
        let mut wishes = Wishes::default();
        let before = std::mem::replace(&mut self.before, *hands);
        let pressed = |of: fn(&Hand) -> bool| [0, 1].map(|index| of(&hands[index]) && !of(&before[index]));
        for (index, is_pressed) in pressed(|hand| hand.select).into_iter().enumerate() {
            if is_pressed && !self.pressing {
                self.leading = index;
            }
        }
        if hands[self.leading].aim.is_none() && !self.pressing && hands[1 - self.leading].aim.is_some() {
            self.leading = 1 - self.leading;
        }
        let buttons = [
            (pressed(|hand| hand.pause), Action::Pause),
            (pressed(|hand| hand.menu), Action::Panel),
            (pressed(|hand| hand.recentre), Action::Recentre),
        ];
        for (pressed, action) in buttons {
            if pressed.contains(&true) {
                wishes.actions.push(action);
                wishes.ticks = [0, 1].map(|index| wishes.ticks[index] || pressed[index]);
            }
        }
        self.point(hands, &before, around, &mut wishes);
        self.hold(hands, around, &mut wishes);
        if self.holds.iter().all(Option::is_none) {
            let sticks = hands.map(|hand| hand.stick);
            let (actions, scrubbing) = self.sticks.follow(sticks, around.position, around.passed);
            wishes.actions.extend(actions);
            wishes.scrubbing = scrubbing;
        } else {
            self.sticks = Sticks::default();
        }
        wishes
    }

    /// The leading hand's ray is the pointer: on the panel it presses, beside it the trigger brings the panel or sends it away.
    fn point(&mut self, hands: &[Hand; 2], before: &[Hand; 2], around: &Around<'_>, wishes: &mut Wishes) {
        for (index, hand) in hands.iter().enumerate() {
            let Some(aim) = hand.aim else { continue };
            let on = |placed: &Placed| placed.hit(aim.position, aim.ahead());
            let inside = |place: Vec2| (0.0..=1.0).contains(&place.x) && (0.0..=1.0).contains(&place.y);
            let panel = around.panel.and_then(|(placed, size)| {
                let (along, place) = on(placed)?;
                let held = self.pressing && index == self.leading;
                (inside(place) || held).then_some((along, [place.x * size[0], place.y * size[1]]))
            });
            let screen = around.screen.and_then(on).filter(|(_, place)| inside(*place));
            let length = panel.map(|(along, _)| along).or(screen.map(|(along, _)| along)).unwrap_or(REACH);
            // Rays are seen where there is something to point at, so that they do not disturb the film.
            if around.panel.is_some() || self.holds[index].is_some() {
                wishes.rays[index] = Some(Ray { from: aim.position, way: aim.ahead(), length: length.min(50.0) });
            }
            if index != self.leading {
                continue;
            }
            let (down, up) = (hand.select && !before[index].select, !hand.select && before[index].select);
            match panel {
                Some((_, point)) => {
                    self.on_panel = true;
                    wishes.pointer.push(Pointer::Moved(point));
                    if down {
                        self.pressing = true;
                        wishes.ticks[index] = true;
                        wishes.pointer.push(Pointer::Pressed(point));
                    }
                    if up && self.pressing {
                        self.pressing = false;
                        wishes.pointer.push(Pointer::Released(point));
                    }
                }
                None => {
                    self.leave_panel(wishes);
                    if down {
                        wishes.ticks[index] = true;
                        wishes.actions.push(Action::Panel);
                    }
                }
            }
        }
        if hands[self.leading].aim.is_none() {
            self.leave_panel(wishes);
        }
    }

    fn leave_panel(&mut self, wishes: &mut Wishes) {
        if std::mem::take(&mut self.on_panel) {
            self.pressing = false;
            wishes.pointer.push(Pointer::Gone);
        }
    }

    /// A squeezed hand carries the screen around the viewer; its stick moves it away and makes it larger; two hands stretch it.
    fn hold(&mut self, hands: &[Hand; 2], around: &Around<'_>, wishes: &mut Wishes) {
        let inside = around.origin.inverse();
        let settings = around.settings;
        let middle = Vec3::new(0.0, settings.height, -settings.distance);
        for (index, hand) in hands.iter().enumerate() {
            let way = hand.aim.filter(|_| hand.grab).map(|aim| angles(inside.rotation * aim.ahead()));
            self.holds[index] = match (way, self.holds[index]) {
                (None, _) => None,
                (Some(_), Some(hold)) => Some(hold),
                (Some(way), None) => {
                    wishes.ticks[index] = true;
                    Some(Hold { offset: angles(middle) - way })
                }
            };
        }
        let mut moved = *settings;
        let seconds = around.passed.as_secs_f32().min(0.1);
        match (self.holds, [hands[0].grip, hands[1].grip]) {
            ([Some(_), Some(_)], [Some(left), Some(right)]) => {
                let apart = left.position.distance(right.position).max(0.02);
                let (begin, width) = *self.stretch.get_or_insert((apart, settings.width));
                moved.width = width * apart / begin;
            }
            ([Some(hold), _] | [_, Some(hold)], _) => {
                self.stretch = None;
                let hand = &hands[usize::from(self.holds[0].is_none())];
                let Some(aim) = hand.aim else { return };
                let wanted = angles(inside.rotation * aim.ahead()) + hold.offset;
                let [across, up] = hand.stick.map(|value| if value.abs() > LET_GO { value } else { 0.0 });
                moved.distance *= (up * PULL * seconds).exp();
                moved.width *= (across * PULL * seconds).exp();
                moved.height = wanted.y.clamp(-1.4, 1.4).tan() * moved.distance;
                if !settings.follow_head && wanted.x.abs() > 1e-5 {
                    let rotation = around.origin.rotation * Quat::from_rotation_y(wanted.x);
                    wishes.origin = Some(Pose { position: around.origin.position, rotation: rotation.normalize() });
                }
            }
            _ => self.stretch = None,
        }
        let moved = moved.checked();
        if moved != *settings {
            wishes.screen = Some(moved);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(11);

    fn aiming(from: Vec3, at: Vec3) -> Pose {
        let way = (at - from).normalize();
        Pose { position: from, rotation: Quat::from_rotation_arc(Vec3::NEG_Z, way) }
    }

    struct World {
        gestures: Gestures,
        settings: ScreenSettings,
        origin: Pose,
        position: Time,
        panel: Option<Placed>,
    }

    impl World {
        fn new() -> Self {
            let origin = Pose { position: Vec3::new(0.5, 0.1, 0.2), rotation: Quat::from_rotation_y(0.3) };
            let position = Time::from_seconds(100.0);
            Self { gestures: Gestures::default(), settings: ScreenSettings::default(), origin, position, panel: None }
        }

        fn screen(&self) -> Placed {
            Placed::screen(&self.settings, 16.0 / 9.0, &self.origin, true)
        }

        fn step(&mut self, hands: [Hand; 2]) -> Wishes {
            let screen = self.screen();
            let around = Around {
                screen: Some(&screen),
                panel: self.panel.as_ref().map(|panel| (panel, [900.0, 300.0])),
                origin: &self.origin,
                settings: &self.settings,
                position: self.position,
                passed: FRAME,
            };
            let wishes = self.gestures.follow(&hands, &around);
            self.settings = wishes.screen.unwrap_or(self.settings);
            self.origin = wishes.origin.unwrap_or(self.origin);
            wishes
        }

        /// The right hand alone, pointing to `place` of the screen.
        fn right(&mut self, place: Vec2, hand: Hand) -> Wishes {
            let from = self.origin.point(Vec3::new(0.2, -0.3, -0.2));
            let aim = aiming(from, self.screen().at(place));
            self.step([Hand::default(), Hand { aim: Some(aim), grip: Some(aim), ..hand }])
        }
    }

    #[test]
    fn buttons_act_once() {
        let mut world = World::new();
        let hand = Hand { pause: true, menu: true, recentre: true, ..Hand::default() };
        let first = world.step([hand, Hand::default()]);
        assert_eq!(first.actions, [Action::Pause, Action::Panel, Action::Recentre]);
        assert_eq!(first.ticks, [true, false]);
        assert_eq!(world.step([hand, Hand::default()]).actions, []);
    }

    #[test]
    fn the_trigger_presses_the_panel_and_beside_it_brings_it() {
        let mut world = World::new();
        let (pulled, open) = (Hand { select: true, ..Hand::default() }, Hand::default());
        assert_eq!(world.right(Vec2::splat(0.5), pulled).actions, [Action::Panel]);
        world.right(Vec2::splat(0.5), open);
        let panel = Placed {
            pose: world.origin.then(&Pose { position: Vec3::new(0.0, -0.4, -1.2), rotation: Quat::IDENTITY }),
            surface: super::super::geometry::Surface::Flat { size: Vec2::new(0.9, 0.3) },
        };
        world.panel = Some(panel);
        let from = world.origin.point(Vec3::new(0.2, -0.3, -0.2));
        let at = |place: Vec2, select: bool| {
            let aim = aiming(from, panel.at(place));
            [Hand::default(), Hand { aim: Some(aim), select, ..Hand::default() }]
        };
        let near = |pointer: &Pointer, wanted: [f32; 2]| {
            let (Pointer::Moved(p) | Pointer::Pressed(p) | Pointer::Released(p)) = pointer else { return false };
            (p[0] - wanted[0]).abs() < 0.5 && (p[1] - wanted[1]).abs() < 0.5
        };
        let hover = world.step(at(Vec2::new(0.25, 0.5), false));
        assert!(
            matches!(hover.pointer[..], [Pointer::Moved(_)]) && near(&hover.pointer[0], [225.0, 150.0]),
            "{hover:?}"
        );
        assert!(hover.rays[1].is_some_and(|ray| ray.length < 2.0), "the ray ends at the panel");
        let press = world.step(at(Vec2::new(0.25, 0.5), true));
        assert!(matches!(press.pointer[..], [_, Pointer::Pressed(_)]) && press.actions.is_empty() && press.ticks[1]);
        let drag = world.step(at(Vec2::new(1.3, 0.5), true));
        assert!(near(&drag.pointer[0], [1170.0, 150.0]), "a drag goes on beside the panel: {drag:?}");
        let release = world.step(at(Vec2::new(0.5, 0.5), false));
        assert!(matches!(release.pointer[..], [_, Pointer::Released(_)]));
        assert_eq!(world.step(at(Vec2::new(1.3, 0.5), false)).pointer, [Pointer::Gone]);
        assert_eq!(world.step(at(Vec2::new(1.3, 0.5), true)).actions, [Action::Panel]);
    }

    #[test]
    fn a_squeezed_hand_carries_the_screen() {
        let mut world = World::new();
        let squeezed = Hand { grab: true, ..Hand::default() };
        let first = world.right(Vec2::splat(0.5), squeezed);
        assert!(first.screen.is_none() && first.ticks[1], "{first:?}");
        // The hand turns: the screen's middle goes as far in angle as the ray.
        let hand = world.origin.point(Vec3::new(0.2, -0.3, -0.2));
        let before = world.screen().at(Vec2::splat(0.5));
        let origin = world.origin;
        let ray = aiming(hand, before);
        let turn = Quat::from_rotation_y(0.4);
        for step in 1..=8 {
            let part = Quat::from_rotation_y(0.4 * step as f32 / 8.0);
            let aim = Pose { rotation: part * ray.rotation, ..ray };
            world.step([Hand::default(), Hand { aim: Some(aim), grip: Some(aim), ..squeezed }]);
        }
        let after = world.screen().at(Vec2::splat(0.5));
        let wanted = origin.position + turn * (before - origin.position);
        assert!((after - wanted).length() < 0.02, "{after} instead of {wanted}");
        let width = world.settings.width;
        for _ in 0..50 {
            let aim = Pose { rotation: turn * ray.rotation, ..ray };
            world.step([Hand::default(), Hand { aim: Some(aim), grip: Some(aim), stick: [-1.0, 1.0], ..squeezed }]);
        }
        assert!(world.settings.distance > 5.5 && world.settings.width < 0.7 * width, "{:?}", world.settings);
        assert_eq!(world.right(Vec2::splat(0.2), Hand::default()).screen, None, "let go");
    }

    #[test]
    fn two_hands_stretch_it() {
        let mut world = World::new();
        let hands = |apart: f32, world: &World| {
            [-0.5, 0.5].map(|side| {
                let from = world.origin.point(Vec3::new(side * apart, -0.3, -0.3));
                let aim = aiming(from, world.screen().at(Vec2::splat(0.5)));
                Hand { aim: Some(aim), grip: Some(aim), grab: true, ..Hand::default() }
            })
        };
        let both = hands(0.4, &world);
        world.step(both);
        let both = hands(0.8, &world);
        world.step(both);
        assert!((world.settings.width - 6.0).abs() < 1e-3, "{:?}", world.settings);
        let both = hands(0.2, &world);
        world.step(both);
        assert!((world.settings.width - 1.5).abs() < 1e-3, "{:?}", world.settings);
    }
}
