//! The room around the screen, as one eye sees it: a dark theatre lit by the film, the rays of the hands, and the screen itself where no layer
//! carries it (`shaders/room.comp`).
//!
//! Everything is given from the viewer's place: where the viewer was recentred to, upright. +X right, +Y up, −Z ahead, metres.

use std::f32::consts::PI;
use std::sync::Arc;

use glam::{Quat, Vec2, Vec3};

use super::geometry::{Placed, Pose, Surface};
use crate::gpu::{Bind, Bindings, Buffer, BufferKind, Gpu, GpuError, Image, Kernel, KernelSource, Recorder};

const ROOM: KernelSource = KernelSource {
    name: "room",
    spirv: include_bytes!("../../../spirv/room.spv"),
    bindings: &[Bind::StorageRead, Bind::Sampled, Bind::ImageWrite],
    push_bytes: 16,
};

/// A hand's ray.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ray {
    /// Where it begins.
    pub from: Vec3,
    /// Which way, of length 1.
    pub way: Vec3,
    /// How long it is, in metres.
    pub length: f32,
}

/// What there is to be seen, and by whom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// The eye.
    pub eye: Pose,
    /// The tangents of the left, right, upper and lower edge of what it sees.
    pub tangents: [f32; 4],
    /// The screen; it lights the room.
    pub screen: Placed,
    /// Whether it is to be drawn, too.
    pub draws_screen: bool,
    /// Whether there is a theatre, or nothing.
    pub theatre: bool,
    /// The hands' rays.
    pub rays: [Option<Ray>; 2],
}

/// [`Sight`] as the kernel reads it.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct View {
    eye: [f32; 4],
    turned: [f32; 4],
    tangents: [f32; 4],
    screen: [f32; 4],
    screen_turned: [f32; 4],
    surface: [f32; 4],
    middle: [f32; 4],
    facing: [f32; 4],
    walls: [f32; 4],
    seats: [f32; 4],
    slope: [f32; 4],
    rays: [[f32; 4]; 4],
}

fn four(v: Vec3, w: f32) -> [f32; 4] {
    [v.x, v.y, v.z, w]
}

fn three(v: [f32; 4]) -> Vec3 {
    Vec3::new(v[0], v[1], v[2])
}

/// The floor lies this far below the eyes of a sitting viewer.
const SEATED: f32 = 1.2;
/// The first row of seats ahead, and from one to the next.
const ROWS: [f32; 2] = [1.1, 1.05];

impl View {
    fn new(sight: &Sight) -> Self {
        let screen = &sight.screen;
        let (middle, below) = (screen.at(Vec2::splat(0.5)), screen.at(Vec2::new(0.5, 1.0)));
        let (surface, width, height) = match screen.surface {
            Surface::Flat { size } => ([size.x, size.y, 0.0, 0.0], size.x, size.y),
            Surface::Cylinder { radius, angle, height } => ([radius, height, angle, 0.0], radius * angle, height),
        };
        let corners = [0.0, 1.0].map(|x| [0.0, 1.0].map(|y| screen.at(Vec2::new(x, y))));
        let corners = corners.as_flattened();
        let reach = |of: fn(&Vec3) -> f32| corners.iter().chain([&middle]).map(of).fold(f32::MIN, f32::max);
        let deepest = reach(|corner| -corner.z);
        let back = (-reach(|corner| corner.z)).min(0.0).abs();
        let rows = ((0.65 * deepest - ROWS[0]) / ROWS[1]).floor().clamp(0.0, 4.0);
        let ray = |ray: &Option<Ray>| match ray {
            Some(ray) => [four(ray.from, ray.length), four(ray.way, 1.0)],
            None => [[0.0; 4]; 2],
        };
        let [left, right] = [ray(&sight.rays[0]), ray(&sight.rays[1])];
        Self {
            eye: four(sight.eye.position, f32::from(u8::from(sight.theatre))),
            turned: sight.eye.rotation.to_array(),
            tangents: sight.tangents,
            screen: four(screen.pose.position, f32::from(u8::from(sight.draws_screen))),
            screen_turned: screen.pose.rotation.to_array(),
            surface,
            middle: four(middle, width * height),
            facing: four(screen.pose.rotation * Vec3::Z, 0.0),
            walls: [
                (0.5 * width + 1.6).max(4.0).max(reach(|corner| corner.x.abs()) + 1.0),
                (-reach(|corner| -corner.y) - 0.35).min(-SEATED),
                (reach(|corner| corner.y) + 0.9).max(2.8),
                -(deepest + 0.5).max(3.0),
            ],
            seats: [(back + 2.0).max(4.5), ROWS[0], ROWS[1], rows],
            slope: [below.y / (-below.z).max(0.1), 0.0, 0.0, 0.0],
            rays: [left[0], left[1], right[0], right[1]],
        }
    }
}

/// The stage that draws what one eye sees.
pub struct Room {
    view: Arc<Buffer>,
    bindings: Arc<Bindings>,
    size: [u32; 2],
    film: [u32; 2],
}

impl Room {
    /// For pictures drawn into `result`, with `film` (any size, its smaller levels made) as what is on the screen.
    pub fn new(gpu: &Gpu, film: &Arc<Image>, result: &Arc<Image>) -> Result<Self, GpuError> {
        let view = Buffer::new(gpu, "room", size_of::<View>() as u64, BufferKind::Upload)?;
        let bindings = Bindings::new(&Self::kernel(gpu)?, &[(&view).into(), film.into(), result.into()])?;
        Ok(Self { view, bindings, size: result.size(), film: film.size() })
    }

    /// What all rooms share for as long as somebody keeps it.
    pub fn kernel(gpu: &Gpu) -> Result<Arc<Kernel>, GpuError> {
        Kernel::new(gpu, &ROOM, &[])
    }

    /// Records the drawing of `sight`. What was recorded before has to be done.
    pub fn record(&self, recorder: &mut Recorder<'_>, sight: &Sight) -> Result<(), GpuError> {
        self.view.write(0, bytemuck::bytes_of(&View::new(sight)))?;
        let groups = [self.size[0].div_ceil(8), self.size[1].div_ceil(8), 1];
        recorder.dispatch(&self.bindings, bytemuck::bytes_of(&[self.size, self.film]), groups)
    }
}

fn smoothstep(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn fract(value: f32) -> f32 {
    value - value.floor()
}

fn to_light(code: f32) -> f32 {
    if code > 0.04045 { ((code + 0.055) / 1.055).powf(2.4) } else { code / 12.92 }
}

fn to_code(light: f32) -> f32 {
    if light > 0.003_130_8 { 1.055 * light.powf(1.0 / 2.4) - 0.055 } else { light * 12.92 }
}

impl View {
    fn direction(&self, share: Vec2) -> Vec3 {
        let [left, right, up, down] = self.tangents;
        let ahead = Vec3::new(left + (right - left) * share.x, up + (down - up) * share.y, -1.0);
        (Quat::from_array(self.turned) * ahead).normalize()
    }

    fn lit(&self, place: Vec3, normal: Vec3, film: Vec3) -> Vec3 {
        let away = three(self.middle) - place;
        let square = away.length_squared();
        let d = away / square.max(1e-6).sqrt();
        let form = normal.dot(d).max(0.0) * three(self.facing).dot(-d).max(0.0);
        let share = self.middle[3] * form / (PI * square + self.middle[3]);
        film * (8.0 * share + 0.03) + 0.006
    }

    fn theatre(&self, along: Vec3, film: Vec3) -> Vec3 {
        let o = three(self.eye);
        let d = along.map(|v| if v.abs() < 1e-6 { 1e-6 } else { v });
        let [half, floor, ceiling, front] = self.walls;
        let far = Vec3::new(
            if d.x > 0.0 { half } else { -half },
            if d.y > 0.0 { ceiling } else { floor },
            if d.z > 0.0 { self.seats[0] } else { front },
        );
        let reach = (far - o) / d;
        let mut t = reach.min_element();
        if t <= 0.0 {
            return Vec3::ZERO;
        }
        let p = o + d * t;
        let (normal, colour) = if t == reach.x {
            let groove = smoothstep(0.62, 0.70, (fract(p.z / 1.4) - 0.5).abs() * 1.4);
            (Vec3::X * -d.x.signum(), Vec3::new(0.16, 0.045, 0.04) * (1.0 - 0.7 * groove))
        } else if t == reach.y {
            let colour = if d.y > 0.0 { Vec3::splat(0.05) } else { Vec3::new(0.07, 0.05, 0.08) };
            (Vec3::Y * -d.y.signum(), colour)
        } else {
            let colour = if d.z > 0.0 { Vec3::new(0.10, 0.03, 0.03) } else { Vec3::splat(0.015) };
            (Vec3::Z * -d.z.signum(), colour)
        };
        let mut seen = colour * self.lit(p, normal, film);
        for row in 0..self.seats[3] as i32 {
            let z = -(self.seats[1] + row as f32 * self.seats[2]);
            let s = (z - o.z) / d.z;
            if s <= 0.0 || s >= t {
                continue;
            }
            let p = o + d * s;
            let top = (-0.55 - 0.04 * row as f32).min(-self.slope[0] * z - 0.12);
            let across = (fract(p.x / 0.62 + 0.5 * (row & 1) as f32) - 0.5).abs() * 0.62;
            let corner = Vec2::new(across - 0.15, p.y - (top - 0.12)).max(Vec2::ZERO).length();
            if corner < 0.12 && top > floor + 0.25 {
                t = s;
                let rim = self.lit(p, Vec3::new(0.0, 0.8, -0.6), film);
                let edge = smoothstep(0.085, 0.12, corner);
                seen = Vec3::new(0.10, 0.018, 0.02) * (film * 0.02 + 0.006 + rim * edge);
            }
        }
        seen
    }

    fn beam(&self, along: Vec3, from: [f32; 4], way: [f32; 4]) -> f32 {
        if way[3] == 0.0 {
            return 0.0;
        }
        let (start, length, way) = (three(from), from[3], three(way));
        let w = three(self.eye) - start;
        let (b, d, e) = (along.dot(way), along.dot(w), way.dot(w));
        let on_beam = ((e - b * d) / (1.0 - b * b).max(1e-6)).clamp(0.0, length);
        let on_sight = (start + way * on_beam - three(self.eye)).dot(along).max(0.0);
        let apart = (three(self.eye) + along * on_sight - start - way * on_beam).length();
        let thick = 0.003 + 0.0008 * on_sight;
        (1.0 - smoothstep(0.5 * thick, thick, apart)) * (0.75 - 0.6 * on_beam / length.max(1e-3))
    }
}

/// The kernel in plain Rust: RGBA of `size` of what `sight` sees, with a film of one colour (sRGB codes 0..1) on the screen.
pub fn reference(sight: &Sight, film: [f32; 3], size: [u32; 2]) -> Vec<u8> {
    let view = View::new(sight);
    let film_light = Vec3::from(film.map(to_light));
    let mut result = Vec::with_capacity(size[0] as usize * size[1] as usize * 4);
    for y in 0..size[1] {
        for x in 0..size[0] {
            let pixel = Vec2::new(x as f32, y as f32);
            let along = view.direction((pixel + 0.5) / Vec2::new(size[0] as f32, size[1] as f32));
            let mut light = if sight.theatre { view.theatre(along, film_light) } else { Vec3::ZERO };
            for hand in 0..2 {
                light += Vec3::new(0.35, 0.42, 0.55) * view.beam(along, view.rays[2 * hand], view.rays[2 * hand + 1]);
            }
            let noise = fract(52.982_918 * fract(pixel.dot(Vec2::new(0.067_110_56, 0.005_837_15)))) - 0.5;
            let noise = if light.max_element() > 0.0 { noise / 255.0 } else { 0.0 };
            let mut cover = if sight.theatre { 1.0 } else { light.max_element().clamp(0.0, 1.0) };
            let mut code = light.clamp(Vec3::ZERO, Vec3::ONE).to_array().map(|v| to_code(v) + noise);
            let hit = sight.screen.hit(sight.eye.position, along).map(|(_, place)| place);
            if sight.draws_screen && hit.is_some_and(|p| p.cmpge(Vec2::ZERO).all() && p.cmplt(Vec2::ONE).all()) {
                (code, cover) = (film, 1.0);
            }
            let [r, g, b] = code;
            result.extend([r, g, b, cover].map(|v| (v.clamp(0.0, 1.0) * 255.0).round_ties_even() as u8));
        }
    }
    result
}
