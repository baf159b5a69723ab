//! Where a film's loudspeakers stand: those in front at the screen, the others around the viewer's place; and where the head hears them from.

use glam::{Vec2, Vec3};

use super::geometry::{Placed, Pose};
use crate::sound::{Directions, SPEAKERS, Speaker};

/// How far the loudspeakers beside and behind are from the viewer's place, in metres.
const AWAY: f32 = 3.0;

/// The ways to all of them from `head`, for a viewer who was recentred to `origin` before `screen`.
pub(super) fn around(head: &Pose, origin: &Pose, screen: &Placed) -> Directions {
    let inside = head.inverse();
    Directions(SPEAKERS.map(|speaker| {
        let place = match speaker {
            Speaker::FrontLeft => screen.at(Vec2::new(0.0, 0.5)),
            Speaker::FrontRight => screen.at(Vec2::new(1.0, 0.5)),
            _ => match speaker.angle().map(f32::to_radians) {
                Some(turned) => origin.point(Vec3::new(turned.sin(), 0.0, -turned.cos()) * AWAY),
                None => screen.at(Vec2::splat(0.5)),
            },
        };
        // Whoever stands in a loudspeaker hears it from ahead.
        inside.point(place).normalize_or(Vec3::NEG_Z).into()
    }))
}

#[cfg(test)]
mod tests {
    use std::f32::consts::{FRAC_PI_2, PI};

    use glam::Quat;

    use super::*;
    use crate::sink::ScreenSettings;

    fn heard(turn: Quat, walked: Vec3) -> impl Fn(Speaker) -> Vec3 {
        let origin = Pose { position: Vec3::new(1.0, 1.6, -2.0), rotation: Quat::from_rotation_y(0.7) };
        let screen = Placed::screen(&ScreenSettings::default(), 16.0 / 9.0, &origin, true);
        let head = origin.then(&Pose { position: walked, rotation: turn });
        let directions = around(&head, &origin, &screen);
        move |speaker| {
            let index = SPEAKERS.iter().position(|known| *known == speaker).unwrap();
            directions.0[index].into()
        }
    }

    #[test]
    fn they_stand_still_while_the_head_turns() {
        let ahead = heard(Quat::IDENTITY, Vec3::ZERO);
        let is = |found: Vec3, wanted: [f32; 3]| assert!((found - Vec3::from(wanted)).length() < 1e-3, "{found}");
        is(ahead(Speaker::Centre), [0.0, 0.0, -1.0]);
        // Three metres at four.
        let edge = |x: f32| Vec3::new(x, 0.0, -4.0).normalize();
        is(ahead(Speaker::FrontLeft), edge(-1.5).into());
        is(ahead(Speaker::FrontRight), edge(1.5).into());
        let degrees = |way: Vec3| way.x.atan2(-way.z).to_degrees();
        assert!((degrees(ahead(Speaker::SideLeft)) + 110.0).abs() < 0.1);
        assert!((degrees(ahead(Speaker::BackRight)) - 145.0).abs() < 0.1);
        // To the left by a quarter: what was ahead is on the right.
        let left = heard(Quat::from_rotation_y(FRAC_PI_2), Vec3::ZERO);
        is(left(Speaker::Centre), [1.0, 0.0, 0.0]);
        assert!((degrees(left(Speaker::SideLeft)) + 20.0).abs() < 0.1);
        is(heard(Quat::from_rotation_y(PI), Vec3::ZERO)(Speaker::Centre), [0.0, 0.0, 1.0]);
        // Looking up, the screen is below; with the head on the right shoulder the right edge is above the left one.
        is(heard(Quat::from_rotation_x(FRAC_PI_2), Vec3::ZERO)(Speaker::Centre), [0.0, -1.0, 0.0]);
        let rolled = heard(Quat::from_rotation_z(-FRAC_PI_2), Vec3::ZERO);
        assert!(rolled(Speaker::FrontRight).y > 0.3 && rolled(Speaker::FrontLeft).y < -0.3);
    }

    #[test]
    fn who_walks_hears_them_from_elsewhere() {
        let right = heard(Quat::IDENTITY, Vec3::new(1.5, 0.0, 0.0));
        assert!((right(Speaker::FrontRight) - Vec3::NEG_Z).length() < 1e-3, "{}", right(Speaker::FrontRight));
        let inside = heard(Quat::IDENTITY, Vec3::new(0.0, 0.0, -4.0));
        assert!(inside(Speaker::Centre).is_finite() && (inside(Speaker::Centre).length() - 1.0).abs() < 1e-3);
    }
}
