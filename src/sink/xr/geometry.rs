//! Where the virtual screen stands, in plain numbers: poses, the shape of the picture, what a ray hits, how many pixels it covers.
//!
//! OpenXR's axes: +X to the right, +Y up, −Z ahead; metres and radians.

use glam::{Quat, Vec2, Vec3};

use crate::sink::ScreenSettings;

/// A place and a direction: maps its own coordinates to those it is given in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Where its origin lies.
    pub position: Vec3,
    /// How its axes are turned; of length 1.
    pub rotation: Quat,
}

impl Pose {
    /// No change.
    pub const IDENTITY: Self = Self { position: Vec3::ZERO, rotation: Quat::IDENTITY };

    /// The point `local` of this pose, seen from outside.
    pub fn point(&self, local: Vec3) -> Vec3 {
        self.position + self.rotation * local
    }

    /// `inner`, given in this pose's coordinates, seen from outside.
    pub fn then(&self, inner: &Self) -> Self {
        Self { position: self.point(inner.position), rotation: (self.rotation * inner.rotation).normalize() }
    }

    /// The outside seen from this pose.
    pub fn inverse(&self) -> Self {
        let rotation = self.rotation.inverse();
        Self { position: rotation * -self.position, rotation }
    }

    /// The direction ahead (−Z).
    pub fn ahead(&self) -> Vec3 {
        self.rotation * Vec3::NEG_Z
    }

    /// The same place, looking the same way over the ground, upright.
    pub fn upright(&self) -> Self {
        let ahead = self.ahead();
        // Looking straight up or down, the top of the head tells which way the body faces.
        let level = Vec2::new(ahead.x, ahead.z);
        let level = if level.length() > 0.05 {
            level
        } else {
            let top = self.rotation * Vec3::Y * -ahead.y.signum();
            Vec2::new(top.x, top.z)
        };
        Self { position: self.position, rotation: Quat::from_rotation_y((-level.x).atan2(-level.y)) }
    }

    /// The part `share` (0..1) of the way to `other`.
    pub fn towards(&self, other: &Self, share: f32) -> Self {
        Self {
            position: self.position.lerp(other.position, share),
            rotation: self.rotation.slerp(other.rotation, share).normalize(),
        }
    }
}

/// What the screen is bent to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Surface {
    /// A rectangle around the pose, seen from +Z.
    Flat {
        /// Width and height in metres.
        size: Vec2,
    },
    /// A part of a cylinder around the pose's Y axis, seen from inside; −Z is its middle (XR_KHR_composition_layer_cylinder).
    Cylinder {
        /// Radius in metres.
        radius: f32,
        /// The angle that the picture's width spans, in radians.
        angle: f32,
        /// Height in metres.
        height: f32,
    },
}

/// A surface and where it is. For a cylinder the pose is its axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// In the space that the origin was given in.
    pub pose: Pose,
    /// Its shape.
    pub surface: Surface,
}

/// A cylinder of more than this angle would close behind the viewer.
const WIDEST: f32 = 1.8 * std::f32::consts::PI;
/// Less curvature than this is flat.
const FLAT: f32 = 0.01;

impl Placed {
    /// The screen of a picture `aspect` times as wide as high, before a viewer who was recentred to `origin`.
    pub fn screen(settings: &ScreenSettings, aspect: f32, origin: &Pose, curved: bool) -> Self {
        let height = settings.width / aspect;
        let middle = Pose {
            position: Vec3::new(0.0, settings.height, -settings.distance),
            rotation: Quat::from_rotation_x(settings.tilt.to_radians()),
        };
        if !curved || settings.curvature < FLAT {
            return Self {
                pose: origin.then(&middle),
                surface: Surface::Flat { size: Vec2::new(settings.width, height) },
            };
        }
        let radius = (settings.distance / settings.curvature).max(settings.width / WIDEST);
        let axis = Pose { position: middle.point(Vec3::Z * radius), rotation: middle.rotation };
        Self { pose: origin.then(&axis), surface: Surface::Cylinder { radius, angle: settings.width / radius, height } }
    }

    /// Where a ray from `from` along `direction` (any length) meets the surface from its front: the distance in lengths of `direction`, and the
    /// place on the picture, (0, 0) its upper left corner and (1, 1) its lower right one. Places outside are told too: a grip may begin beside it.
    pub fn hit(&self, from: Vec3, direction: Vec3) -> Option<(f32, Vec2)> {
        let inverse = self.pose.inverse();
        let (from, direction) = (inverse.point(from), inverse.rotation * direction);
        match self.surface {
            Surface::Flat { size } => {
                if direction.z > -1e-6 || from.z <= 0.0 {
                    return None;
                }
                let along = -from.z / direction.z;
                let at = from + direction * along;
                Some((along, Vec2::new(at.x / size.x + 0.5, 0.5 - at.y / size.y)))
            }
            Surface::Cylinder { radius, angle, height } => {
                let (from2, direction2) = (Vec2::new(from.x, from.z), Vec2::new(direction.x, direction.z));
                let a = direction2.length_squared();
                let half_b = from2.dot(direction2);
                let discriminant = half_b * half_b - a * (from2.length_squared() - radius * radius);
                if a < 1e-12 || discriminant < 0.0 {
                    return None;
                }
                // Seen from inside: the farther of the two crossings.
                let along = (discriminant.sqrt() - half_b) / a;
                let at = from + direction * along;
                let turned = at.x.atan2(-at.z);
                (along > 0.0).then(|| (along, Vec2::new(turned / angle + 0.5, 0.5 - at.y / height)))
            }
        }
    }

    /// The point of the surface at `place` of the picture, as [`Placed::hit`] counts.
    pub fn at(&self, place: Vec2) -> Vec3 {
        self.pose.point(match self.surface {
            Surface::Flat { size } => Vec3::new((place.x - 0.5) * size.x, (0.5 - place.y) * size.y, 0.0),
            Surface::Cylinder { radius, angle, height } => {
                let turned = (place.x - 0.5) * angle;
                Vec3::new(radius * turned.sin(), (0.5 - place.y) * height, -radius * turned.cos())
            }
        })
    }
}

/// The size of the pictures to hand to the runtime: the film's, but no more than about `1.5 ×` what the screen covers on the display, where
/// more would be thrown away, and no side above `most`. `density` is the display's pixels to one unit of tangent at its middle.
pub fn picture_size(film: [u32; 2], settings: &ScreenSettings, density: f32, most: u32) -> [u32; 2] {
    const SPARE: f32 = 1.5;
    let [width, height] = film.map(|side| side.max(1) as f32);
    let covered = (density * settings.width / settings.distance * SPARE).max(16.0);
    let scale = (covered / width).min(1.0).min(most as f32 / width).min(most as f32 / height);
    [width, height].map(|side| ((side * scale).round() as u32).clamp(1, most.max(1)))
}

#[cfg(test)]
mod tests {
    use std::f32::consts::{FRAC_PI_2, PI};

    use super::*;

    fn near(a: Vec3, b: Vec3) -> bool {
        (a - b).length() < 1e-4
    }

    #[test]
    fn the_screen_stands_ahead_of_where_the_viewer_was_recentred_to() {
        let origin = Pose { position: Vec3::new(1.0, 1.7, 2.0), rotation: Quat::from_rotation_y(FRAC_PI_2) };
        let settings = ScreenSettings { height: 0.5, ..ScreenSettings::default() };
        let screen = Placed::screen(&settings, 1.5, &origin, true);
        // Turned left by a quarter, ahead is −X, and the picture's right is −Z.
        assert!(near(screen.at(Vec2::splat(0.5)), Vec3::new(-3.0, 2.2, 2.0)));
        assert!(near(screen.at(Vec2::new(1.0, 0.0)), Vec3::new(-3.0, 3.2, 0.5)));
        let tilted = ScreenSettings { tilt: 30.0, ..settings };
        let top = Placed::screen(&tilted, 1.5, &origin, true).at(Vec2::new(0.5, 0.0));
        assert!(near(top, Vec3::new(-3.0 + 0.5, 2.2 + 3f32.sqrt() / 2.0, 2.0)), "its upper edge comes nearer: {top}");
    }

    #[test]
    fn a_bent_screen_is_as_wide_and_its_middle_as_far() {
        let settings = ScreenSettings { curvature: 1.0, width: 6.0, ..ScreenSettings::default() };
        let screen = Placed::screen(&settings, 2.0, &Pose::IDENTITY, true);
        assert!(near(screen.at(Vec2::splat(0.5)), Vec3::new(0.0, 0.0, -4.0)));
        assert!(near(screen.pose.position, Vec3::ZERO), "the viewer is in the middle of the circle");
        let edge = screen.at(Vec2::new(1.0, 0.5));
        assert!((edge.length() - 4.0).abs() < 1e-4 && edge.x > 0.0);
        assert_eq!(screen.surface, Surface::Cylinder { radius: 4.0, angle: 1.5, height: 3.0 });
        let vast = ScreenSettings { width: 40.0, distance: 1.0, ..settings };
        let Surface::Cylinder { angle, .. } = Placed::screen(&vast, 2.0, &Pose::IDENTITY, true).surface else {
            panic!("flat")
        };
        assert!(angle < 2.0 * PI);
        let flat = Placed::screen(&settings, 2.0, &Pose::IDENTITY, false).surface;
        assert_eq!(flat, Surface::Flat { size: Vec2::new(6.0, 3.0) });
    }

    #[test]
    fn rays_hit_where_they_point() {
        let origin = Pose { position: Vec3::new(0.3, 1.0, -0.2), rotation: Quat::from_rotation_y(0.4) };
        for curvature in [0.0, 0.7] {
            let settings = ScreenSettings { curvature, tilt: 10.0, ..ScreenSettings::default() };
            let screen = Placed::screen(&settings, 16.0 / 9.0, &origin, true);
            for place in [Vec2::new(0.1, 0.2), Vec2::new(0.9, 0.8), Vec2::splat(0.5), Vec2::new(1.2, -0.1)] {
                let from = origin.point(Vec3::new(0.2, -0.3, 0.1));
                let (along, hit) = screen.hit(from, screen.at(place) - from).unwrap();
                assert!((along - 1.0).abs() < 1e-3 && (hit - place).length() < 1e-3, "{place} {hit} {along}");
                assert_eq!(screen.hit(from, from - screen.at(place)).filter(|_| curvature == 0.0), None, "behind");
            }
        }
    }

    #[test]
    fn upright_keeps_the_way_over_the_ground() {
        let looking = |yaw: f32, pitch: f32, roll: f32| Pose {
            position: Vec3::ONE,
            rotation: Quat::from_rotation_y(yaw) * Quat::from_rotation_x(pitch) * Quat::from_rotation_z(roll),
        };
        for yaw in [-2.5, 0.0, 1.0, 3.0] {
            for pitch in [-FRAC_PI_2, -1.0, 0.0, 0.9, FRAC_PI_2] {
                let roll = if pitch.abs() < 1.2 { 0.3 } else { 0.0 };
                let upright = looking(yaw, pitch, roll).upright();
                assert!(upright.rotation.angle_between(Quat::from_rotation_y(yaw)) < 2e-3, "{yaw} {pitch}");
            }
        }
    }

    #[test]
    fn there_and_back_again() {
        let pose = Pose { position: Vec3::new(1.0, 2.0, 3.0), rotation: Quat::from_rotation_x(0.7) };
        let both = pose.then(&pose.inverse());
        assert!(near(both.position, Vec3::ZERO) && both.rotation.angle_between(Quat::IDENTITY) < 1e-3);
        assert_eq!(pose.towards(&Pose::IDENTITY, 1.0).position, Vec3::ZERO);
    }

    #[test]
    fn pictures_are_no_larger_than_they_are_seen() {
        let settings = ScreenSettings::default();
        assert_eq!(picture_size([1280, 720], &settings, 2000.0, 4096), [1280, 720]);
        assert_eq!(picture_size([3840, 2160], &settings, 1000.0, 4096), [1125, 633]);
        assert_eq!(picture_size([7680, 4320], &settings, 9000.0, 4096), [4096, 2304]);
        assert_eq!(picture_size([0, 0], &settings, f32::MIN_POSITIVE, 0), [1, 1]);
    }
}
