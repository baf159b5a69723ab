//! The headset sink's hands, by Monado's remote controllers.

use std::cell::RefCell;
use std::rc::Rc;

use deep3d::sink::screen::Surroundings;
use deep3d::sink::xr::ScreenLayer;
use deep3d::sink::{Action, ScreenSettings};
use deep3d::time::Time;
use glam::{Quat, Vec3};
use openxr::{Posef, Quaternionf, Vector3f};

use crate::marks::{Marks, picture, show};
use crate::monado::{Compositor, Devices, Monado};

/// The head is here, in Monado's coordinates; LOCAL begins there.
const HEAD: Vec3 = Vec3::new(0.0, 1.6, 0.0);

/// A hand at `from` that points to `at`, both seen from the head.
fn pointing(from: Vec3, at: Vec3) -> Posef {
    let q = Quat::from_rotation_arc(Vec3::NEG_Z, (at - from).normalize());
    let p = from + HEAD;
    Posef { position: Vector3f { x: p.x, y: p.y, z: p.z }, orientation: Quaternionf { x: q.x, y: q.y, z: q.z, w: q.w } }
}

#[test]
fn controllers_pause_seek_carry_and_press() {
    let monado = Monado::start(Compositor::Null, Devices::Remote);
    let remote = Rc::new(RefCell::new(monado.remote()));
    let from = Vec3::new(0.2, -0.3, -0.2);
    {
        let mut remote = remote.borrow_mut();
        remote.left.active = false;
        remote.right.pose = pointing(from, Vec3::new(0.0, 0.0, -4.0));
        remote.send();
    }
    let mut screen = ScreenSettings { surroundings: Surroundings::Theatre, ..ScreenSettings::default() };
    let grey = picture(|_, _| [90; 3]);
    let (mut stage, mut waited) = (0, 0);
    let mut press = None::<[f32; 2]>;
    let (marks, statistics) =
        show(&monado, [grey.clone(), grey], &mut screen, ScreenLayer::Auto, move |marks: &mut Marks| {
            let mut remote = remote.borrow_mut();
            waited += 1;
            let count = |marks: &Marks, is: fn(&Action) -> bool| marks.acts.iter().filter(|act| is(act)).count();
            let pauses = |marks: &Marks| count(marks, |act| *act == Action::Pause);
            // Each stage does something, and the next one begins when it has come about.
            let done = match stage {
                0 => {
                    remote.right.a = waited > 10;
                    pauses(marks) == 1
                }
                1 => {
                    remote.right.a = false;
                    remote.right.thumbstick = if waited < 3 { [1.0, 0.0] } else { [0.0; 2] };
                    count(marks, |act| matches!(act, Action::SeekTo(time) if *time > Time::from_seconds(105.0))) == 1
                }
                2 => {
                    remote.right.squeeze = 1.0;
                    remote.right.thumbstick = [if waited > 5 { 1.0 } else { 0.0 }, 0.0];
                    count(marks, |act| matches!(act, Action::Viewing(viewing) if viewing.width > 3.6)) > 0
                }
                3 => {
                    (remote.right.squeeze, remote.right.thumbstick) = (0.0, [0.0; 2]);
                    remote.right.b = waited > 5;
                    marks.panel.is_visible()
                }
                4 => {
                    remote.right.b = false;
                    press = marks
                        .panel
                        .widget("play")
                        .map(|[least, most]| [0, 1].map(|axis| (least[axis] + most[axis]) / 2.0));
                    press.is_some()
                }
                5 => {
                    let [x, y] = press.unwrap();
                    remote.right.pose = pointing(from, on_panel(x, y));
                    (remote.right.trigger, remote.right.trigger_click) = match waited {
                        ..8 => (0.0, false),
                        8..12 => (1.0, true),
                        _ => (0.0, false),
                    };
                    pauses(marks) == 2
                }
                6 => {
                    remote.right.pose = pointing(from, Vec3::new(0.0, 0.0, -4.0));
                    remote.right.thumbstick = if waited > 5 { [0.0, -1.0] } else { [0.0; 2] };
                    count(marks, |act| matches!(act, Action::Volume(..0))) > 2
                }
                _ => return false,
            };
            remote.send();
            if done {
                (stage, waited) = (stage + 1, 0);
            }
            true
        });
    assert!(!marks.paused, "twice is once and back");
    assert!(screen.width > 3.6, "{screen:?}");
    assert!(statistics.display_frames > 20 && statistics.runtime.contains("Monado"), "{statistics:?}");
}

/// A point of the panel, given in its points, seen from the head: where the sink hangs it.
fn on_panel(x: f32, y: f32) -> Vec3 {
    let [width, height] = [1320.0 / 1.4, 660.0 / 1.4];
    let local = Vec3::new((x / width - 0.5) * 1.1, (0.5 - y / height) * 0.55, 0.0);
    Vec3::new(0.0, -0.42, -1.15) + Quat::from_rotation_x(-0.35) * local
}

#[test]
fn a_service_killed_in_mid_film_is_waited_for_without_a_hang() {
    let monado = Monado::start(Compositor::Null, Devices::Simulated);
    let kill = monado.killer();
    let mut screen = ScreenSettings::default();
    let grey = picture(|_, _| [90; 3]);
    let mut steps = 0;
    let (_, statistics) =
        show(&monado, [grey.clone(), grey], &mut screen, ScreenLayer::Auto, move |marks: &mut Marks| {
            steps += 1;
            if steps == 30 {
                kill();
                let stop = marks.stop.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(std::time::Duration::from_secs(3));
                    stop.stop();
                });
            }
            true
        });
    assert!(statistics.display_frames > 5, "{statistics:?}");
}
