//! What the eyes see of the headset sink, in the picture of Monado's compositor.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use deep3d::sink::ScreenSettings;
use deep3d::sink::screen::Surroundings;
use deep3d::sink::xr::ScreenLayer;
use deep3d::sink::xr::geometry::{Placed, Pose};
use glam::{Quat, Vec2, Vec3};
use openxr as xr;
use xr::SessionState;

use crate::display::Screenshot;
use crate::marks::{Marks, picture, show};
use crate::monado::{Compositor, Devices, Monado, WINDOW};
use crate::{show_until, start};

/// Bars on the left picture, as shares of its width; the right one has them farther to the right by this parallax, in % of the width: far behind.
const BARS: [f32; 3] = [0.2, 0.5, 0.75];
const PARALLAX: f32 = 10.0;

fn bars(shift: f32) -> Vec<u8> {
    picture(|x, y| {
        // A white mark tells up from down.
        if (0.12..0.22).contains(&y) && (x - 0.5).abs() < 0.03 {
            return [255; 3];
        }
        let bar = BARS.iter().position(|bar| (x - bar - shift).abs() < 0.025);
        bar.filter(|_| y > 0.3)
            .map_or([24; 3], |bar| std::array::from_fn(|channel| if channel == bar { 250 } else { 0 }))
    })
}

/// Field of view and pose of both eyes, seen from the head.
fn views(monado: &Monado) -> [(xr::Fovf, Pose); 2] {
    let mut client = start(monado);
    let mut swapchain = client.swapchain(ash::vk::Format::R8G8B8A8_SRGB, [64, 64], 2).unwrap();
    show_until(&mut client, &mut swapchain, |client| client.state == SessionState::FOCUSED);
    let time = client.frame(|_, end| end(&[])).unwrap().predicted_display_time;
    let kind = xr::ViewConfigurationType::PRIMARY_STEREO;
    let (_, views) = client.session.locate_views(kind, time, &client.view).unwrap();
    [0, 1].map(|eye| {
        let xr::Posef { position: p, orientation: q } = views[eye].pose;
        let rotation = Quat::from_xyzw(q.x, q.y, q.z, q.w);
        (views[eye].fov, Pose { position: Vec3::new(p.x, p.y, p.z), rotation })
    })
}

/// Where an eye of `size` pixels sees a point given from the head.
fn projected((fov, eye): &(xr::Fovf, Pose), point: Vec3, size: [f32; 2]) -> Vec2 {
    let seen = eye.inverse().point(point);
    let [left, right, up, down] = [fov.angle_left, fov.angle_right, fov.angle_up, fov.angle_down].map(f32::tan);
    let (x, y) = (seen.x / -seen.z, seen.y / -seen.z);
    Vec2::new((x - left) / (right - left) * size[0], (y - up) / (down - up) * size[1])
}

/// Both eyes' pictures at one moment.
fn look(monado: &Monado) -> [Screenshot; 2] {
    let (both, [width, height]) = (monado.picture(), WINDOW);
    [0, 1].map(|eye| both.part([eye * width / 2, 0], [width / 2, height]))
}

/// The middle, in pixels, of what `is` so in an eye's picture.
fn middle(seen: &Screenshot, is: impl Fn(&[u8; 3]) -> bool) -> Option<Vec2> {
    let mut sum = (Vec2::ZERO, 0.0);
    for (x, y, pixel) in seen.0.enumerate_pixels() {
        if is(&pixel.0) {
            sum = (sum.0 + Vec2::new(x as f32 + 0.5, y as f32 + 0.5), sum.1 + 1.0);
        }
    }
    (sum.1 > 8.0).then(|| sum.0 / sum.1)
}

fn of(channel: usize) -> impl Fn(&[u8; 3]) -> bool {
    move |pixel| (0..3).all(|other| if other == channel { pixel[other] > 150 } else { pixel[other] < 80 })
}

/// How the head is turned (an axis times radians), so that `apart` becomes least in the sense of least squares, by Gauss's and Newton's steps.
fn fitted(apart: impl Fn(Vec3) -> Vec<Vec2>) -> Vec3 {
    const STEP: f32 = 1e-3;
    let mut turned = Vec3::ZERO;
    for _ in 0..8 {
        let now = apart(turned);
        let slopes = [Vec3::X, Vec3::Y, Vec3::Z].map(|axis| {
            let then = apart(turned + axis * STEP);
            then.iter().zip(&now).map(|(then, now)| (*then - *now) / STEP).collect::<Vec<_>>()
        });
        let product = |a: &[Vec2], b: &[Vec2]| a.iter().zip(b).map(|(a, b)| a.dot(*b)).sum::<f32>();
        let normal =
            glam::Mat3::from_cols_array_2d(&slopes.each_ref().map(|a| slopes.each_ref().map(|b| product(a, b))));
        turned -= normal.inverse() * Vec3::from_array(slopes.each_ref().map(|slope| product(slope, &now)));
    }
    turned
}

/// Looks at the marks through `layer`: each has to stand where the eyes' poses say. The head sways by ±5 cm and turns by ±7°, and nobody tells
/// how it stands when the picture is taken: so one turn of the head is fitted to all the marks of both eyes.
fn marks_stand_right(name: &str, layer: ScreenLayer, curvature: f32) {
    let monado = Rc::new(Monado::start(Compositor::Window, Devices::Simulated));
    let views = views(&monado);
    let mut screen = ScreenSettings { surroundings: Surroundings::Void, curvature, ..ScreenSettings::default() };
    let placed = Placed::screen(&screen, 16.0 / 9.0, &Pose::IDENTITY, true);
    let (eyes, steps) = (Rc::clone(&monado), Cell::new(0));
    let told = Rc::new(RefCell::new(Vec::new()));
    let tell = Rc::clone(&told);
    show(&monado, [bars(0.0), bars(PARALLAX / 100.0)], &mut screen, layer, move |_: &mut Marks| {
        steps.set(steps.get() + 1);
        if steps.get() % 8 != 0 {
            return true;
        }
        let found = look(&eyes).map(|eye| {
            let bars = [0, 1, 2].map(|bar| middle(&eye, of(bar)));
            (bars, middle(&eye, |pixel| pixel.iter().all(|value| *value > 200)))
        });
        let whole = found.iter().all(|(bars, above)| bars.iter().all(Option::is_some) && above.is_some());
        if whole {
            tell.borrow_mut().push(found);
        }
        // Some pictures, so that one is seen at different places of the head.
        tell.borrow().len() < 4
    });
    let size = [WINDOW[0] as f32 / 2.0, WINDOW[1] as f32];
    for found in &*told.borrow() {
        // Where each mark stands before the head, and where which eye sees it.
        let mut marks = Vec::new();
        for (eye, (bars, above)) in found.iter().enumerate() {
            let shift = [0.0, PARALLAX / 100.0][eye];
            let point = |x: f32, y: f32| placed.at(Vec2::new(x, y));
            marks.extend(BARS.iter().zip(bars).map(|(x, bar)| (eye, point(x + shift, 0.65), bar.unwrap())));
            marks.push((eye, point(0.5, 0.17), above.unwrap()));
        }
        let apart = |turned: Vec3| -> Vec<Vec2> {
            let back = Quat::from_scaled_axis(turned).inverse();
            marks.iter().map(|(eye, point, seen)| projected(&views[*eye], back * *point, size) - *seen).collect()
        };
        let turned = fitted(apart);
        assert!(turned.length() < 0.3, "{name}: the head would be turned by {turned} radians: {found:?}");
        let most = apart(turned).iter().map(|left| left.length()).fold(0.0, f32::max);
        assert!(most < 1.6, "{name}: a mark stands {most} px from where the eyes should see it: {:?}", apart(turned));
    }
}

#[test]
fn marks_on_quads_stand_right() {
    marks_stand_right("quad", ScreenLayer::Auto, 0.0);
}

#[test]
fn marks_on_cylinders_stand_right() {
    marks_stand_right("cylinder", ScreenLayer::Auto, 0.8);
}

#[test]
fn marks_in_a_projection_layer_stand_right() {
    marks_stand_right("projection", ScreenLayer::Projection, 0.8);
}

#[test]
fn greys_come_through_as_they_are() {
    let monado = Rc::new(Monado::start(Compositor::Window, Devices::Simulated));
    let views = views(&monado);
    let mut screen = ScreenSettings { surroundings: Surroundings::Void, ..ScreenSettings::default() };
    let placed = Placed::screen(&screen, 16.0 / 9.0, &Pose::IDENTITY, true);
    let greys = [0u8, 20, 60, 100, 128, 180, 220, 255];
    let ramp = picture(|x, _| [greys[((x * greys.len() as f32) as usize).min(greys.len() - 1)]; 3]);
    let (eyes, told) = (Rc::clone(&monado), Rc::new(Cell::new(None)));
    let (tell, patience) = (Rc::clone(&told), Cell::new(0));
    show(&monado, [ramp.clone(), ramp], &mut screen, ScreenLayer::Auto, move |_: &mut Marks| {
        patience.set(patience.get() + 1);
        if patience.get() % 8 != 0 {
            return true;
        }
        let seen = eyes.eye(0);
        let size = [WINDOW[0] as f32 / 2.0, WINDOW[1] as f32];
        let found: [u8; 8] = std::array::from_fn(|index| {
            let place = Vec2::new((index as f32 + 0.5) / 8.0, 0.5);
            let at = projected(&views[0], placed.at(place), size);
            seen.0.get_pixel(at.x as u32, at.y as u32).0[1]
        });
        let there = found[7] > 200;
        if there {
            tell.set(Some(found));
        }
        !there
    });
    let found = told.take().unwrap();
    assert!(found.iter().zip(greys).all(|(a, b)| a.abs_diff(b) <= 3), "{found:?} instead of {greys:?}");
}

#[test]
fn a_button_brings_the_panel_before_the_eyes() {
    let monado = Rc::new(Monado::start(Compositor::Window, Devices::Remote));
    let mut remote = monado.remote();
    remote.left.active = false;
    remote.send();
    let mut screen = ScreenSettings::default();
    let (eyes, steps) = (Rc::clone(&monado), Cell::new(0));
    let grey = picture(|_, _| [120; 3]);
    let seen = Rc::new(RefCell::new([None, None]));
    let tell = Rc::clone(&seen);
    show(&monado, [grey.clone(), grey], &mut screen, ScreenLayer::Auto, move |marks: &mut Marks| {
        steps.set(steps.get() + 1);
        remote.right.b = steps.get() > 40;
        // The screen stands before a level head; the panel hangs lower, so that is where to look then.
        let down = if steps.get() > 20 { -0.5 } else { 0.0 };
        let [x, y, z, w] = Quat::from_rotation_x(down).to_array();
        remote.head.orientation = xr::Quaternionf { x, y, z, w };
        remote.send();
        if steps.get() % 8 != 0 {
            return true;
        }
        // Its letters and icons are the only bright things.
        let bright = look(&eyes).map(|eye| eye.0.pixels().filter(|p| p.0.iter().all(|value| *value > 150)).count());
        tell.borrow_mut()[usize::from(marks.panel.is_visible())] = Some(bright);
        if let Some(folder) = std::env::var_os("DEEP3D_LOOK") {
            eyes.picture().0.save(std::path::Path::new(&folder).join("panel.png")).unwrap();
        }
        !marks.panel.is_visible() || bright.iter().any(|count| *count < 40)
    });
    let [without, with] = seen.take();
    assert!(without.unwrap().iter().all(|count| *count < 10), "{without:?}");
    assert!(with.unwrap().iter().all(|count| *count >= 40), "{with:?}");
}
