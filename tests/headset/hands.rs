//! What controllers do.

use std::cell::Cell;
use std::rc::Rc;

use deep3d::sink::Action;
use deep3d::sink::xr::bindings::PROFILES;
use glam::{Quat, Vec3};
use openxr as xr;

use crate::fakexr::{Fake, Frame, Offer, Shape, pose};
use crate::reel::{Reel, Showing};

const TOUCH: &str = "/interaction_profiles/oculus/touch_controller";
const RIGHT: &str = "/user/hand/right";
/// LOCAL begins at this height, in metres.
const EYES: f32 = 1.6;

/// Puts a controller into the right hand that points from beside the head to `at` (LOCAL).
fn point(reel: &Reel, at: Vec3) {
    let from = Vec3::new(0.25, -0.3, -0.1);
    let way = (at - from).normalize();
    let aim = pose([from.x, from.y + EYES, from.z], Quat::from_rotation_arc(Vec3::NEG_Z, way));
    reel.fake.hold(RIGHT, Some(TOUCH));
    for place in ["aim", "grip"] {
        reel.fake.set_hand(&format!("{RIGHT}/input/{place}/pose"), Some(aim));
    }
}

fn set(reel: &Reel, input: &str, value: f32) {
    reel.fake.set_input(&format!("{RIGHT}/input/{input}"), value);
}

/// Place and size of the panel's quad in a frame: the one for both eyes.
fn panel(frame: &Frame) -> Option<(xr::Posef, [f32; 2])> {
    frame.layers.iter().find_map(|layer| match &layer.shape {
        Shape::Quad { eyes: xr::EyeVisibility::BOTH, pose, size, .. } => Some((*pose, *size)),
        _ => None,
    })
}

/// The point of that quad at (0, 0) upper left … (1, 1) lower right.
fn on(panel: &(xr::Posef, [f32; 2]), x: f32, y: f32) -> Vec3 {
    let (xr::Posef { position: p, orientation: q }, size) = panel;
    let local = Vec3::new((x - 0.5) * size[0], (0.5 - y) * size[1], 0.0);
    Vec3::new(p.x, p.y, p.z) + Quat::from_xyzw(q.x, q.y, q.z, q.w) * local
}

#[test]
fn every_profile_is_suggested_where_the_runtime_has_it() {
    let showing = Showing { frames: 3, ..Showing::new(Fake::new()) };
    showing.play_well(|_, _| ());
    let suggested = showing.fake.suggested_profiles();
    assert!(PROFILES.iter().all(|profile| suggested.iter().any(|path| path == profile.path)), "{suggested:?}");
    let plain = Offer::default().without("XR_BD_controller_interaction").without("XR_EXT_hand_interaction");
    let showing = Showing { frames: 3, ..Showing::new(Fake::with(plain)) };
    showing.play_well(|_, _| ());
    assert_eq!(showing.fake.suggested_profiles().len(), PROFILES.len() - 2);
}

#[test]
fn a_button_pauses_and_lets_go_on() {
    let showing = Showing { frames: 24, ..Showing::new(Fake::new()) };
    let stood = Rc::new(Cell::new(0));
    let counted = Rc::clone(&stood);
    showing.play_well(move |step, reel| {
        match step {
            1 => point(reel, Vec3::new(0.0, 0.0, -4.0)),
            20 | 40 => set(reel, "a/click", 1.0),
            22 | 42 => set(reel, "a/click", 0.0),
            _ => {}
        }
        if (24..40).contains(&step) && reel.told.borrow().last().unwrap().is_none() {
            counted.set(counted.get() + 1);
        }
    });
    assert!(stood.get() >= 15, "{}", stood.get());
    assert_eq!(showing.fake.haptics().len(), 2, "both presses were felt");
}

#[test]
fn the_stick_seeks() {
    let showing = Showing { frames: 24 * 60, ..Showing::new(Fake::new()) };
    let shown = showing.play_well(|step, reel| match step {
        1 => point(reel, Vec3::new(0.0, 0.0, -4.0)),
        20 => reel.fake.set_stick(&format!("{RIGHT}/input/thumbstick"), [1.0, 0.0]),
        24 => reel.fake.set_stick(&format!("{RIGHT}/input/thumbstick"), [0.0, 0.0]),
        60 => reel.stop.stop(),
        _ => {}
    });
    let seeks = shown.reel.seeks.borrow();
    assert!(seeks.len() == 1 && (10.0..10.5).contains(&seeks[0].seconds()), "{seeks:?}");
}

#[test]
fn up_and_down_the_stick_is_the_volume() {
    let showing = Showing { frames: 24 * 60, ..Showing::new(Fake::new()) };
    let stick = |reel: &Reel, at| reel.fake.set_stick(&format!("{RIGHT}/input/thumbstick"), at);
    let shown = showing.play_well(move |step, reel| match step {
        1 => point(reel, Vec3::new(0.0, 0.0, -4.0)),
        20 => stick(reel, [0.0, -1.0]),
        24 => stick(reel, [0.0, 0.0]),
        30 => stick(reel, [0.1, 0.9]),
        120 => stick(reel, [0.0, 0.0]),
        140 => reel.stop.stop(),
        _ => {}
    });
    let acts = shown.reel.acts.borrow();
    let steps = acts.iter().filter_map(|act| if let Action::Volume(step) = act { Some(*step) } else { None });
    let steps: Vec<_> = steps.collect();
    assert_eq!(steps[0], -2, "a flick is as much as a key");
    // Held for a second.
    let louder: i32 = steps[1..].iter().sum();
    assert!(steps[1..].iter().all(|step| *step > 0) && (14..=20).contains(&louder), "{steps:?}");
    assert!(shown.reel.seeks.borrow().is_empty());
}

#[test]
fn a_film_that_is_waited_for_is_said_to_be_and_goes_on() {
    let showing = Showing { frames: 24 * 60, ..Showing::new(Fake::new()) };
    let seen = Rc::new(std::cell::RefCell::new(Vec::new()));
    let noted = Rc::clone(&seen);
    showing.play_well(move |step, reel| {
        match step {
            60 => reel.stalled.set(true),
            200 => reel.stalled.set(false),
            300.. => reel.stop.stop(),
            _ => {}
        }
        if let Some(frame) = reel.fake.last_frame() {
            noted.borrow_mut().push((step, panel(&frame).is_some()));
        }
    });
    let seen = seen.borrow();
    let told =
        |from: u64, to: u64| seen.iter().filter(move |(step, _)| (from..to).contains(step)).map(|(_, told)| *told);
    assert!(told(0, 60).all(|told| !told), "{seen:?}");
    assert!(told(150, 200).all(|told| told), "{seen:?}");
    assert!(told(240, 300).all(|told| !told), "{seen:?}");
}

#[test]
fn the_panel_comes_and_is_pressed_with_a_ray() {
    let showing = Showing { frames: 24 * 600, ..Showing::new(Fake::new()) };
    let pressed_at = Rc::new(Cell::new(0.0f32));
    let found = Rc::clone(&pressed_at);
    let row = Cell::new(0.98f32);
    let shown = showing.play_well(move |step, reel| {
        match step {
            1 => point(reel, Vec3::new(0.0, 2.0, -4.0)),
            10 => set(reel, "b/click", 1.0),
            12 => set(reel, "b/click", 0.0),
            400.. => reel.stop.stop(),
            _ => {}
        }
        let frame = reel.fake.last_frame();
        if step < 30 || found.get() > 0.0 {
            return;
        }
        let panel = panel(&frame.unwrap()).expect("the panel is not there");
        if !reel.seeks.borrow().is_empty() {
            found.set(row.get());
            reel.stop.stop();
            return;
        }
        // Down the panel's middle, pressing now and then, until the bar is met.
        match step % 6 {
            0 => {
                row.set(row.get() - 0.02);
                point(reel, on(&panel, 0.5, row.get()));
            }
            2 => set(reel, "trigger/value", 1.0),
            4 => set(reel, "trigger/value", 0.0),
            _ => {}
        }
    });
    assert!(pressed_at.get() > 0.0, "no bar was found");
    let sought = shown.reel.seeks.borrow()[0].seconds();
    assert!((200.0..400.0).contains(&sought), "the middle of ten minutes is not at {sought} s");
}

#[test]
fn a_squeezed_hand_carries_the_screen_and_it_is_remembered_there() {
    let showing = Showing { frames: 48, ..Showing::new(Fake::new()) };
    let shown = showing.play_well(|step, reel| match step {
        1 => point(reel, Vec3::new(0.0, 0.0, -4.0)),
        20 => set(reel, "squeeze/value", 1.0),
        24..54 => {
            reel.fake.set_stick(&format!("{RIGHT}/input/thumbstick"), [1.0, 0.0]);
            point(reel, Vec3::new(0.0, 0.04 * (step - 24) as f32, -4.0));
        }
        54 => {
            reel.fake.set_stick(&format!("{RIGHT}/input/thumbstick"), [0.0, 0.0]);
            set(reel, "squeeze/value", 0.0);
        }
        _ => {}
    });
    let frame = showing.fake.last_frame().unwrap();
    let Shape::Quad { pose, size, .. } = &frame.layers[0].shape else { panic!("{frame:?}") };
    assert!(size[0] > 3.6 && (0.9..1.4).contains(&pose.position.y), "{pose:?} {size:?}");
    assert!(shown.screen.width > 3.6 && shown.screen.height > 0.9, "{:?}", shown.screen);
    let widths = shown.reel.acts.borrow().iter().filter(|act| matches!(act, Action::Viewing(_))).count();
    assert!(widths > 20, "the parallax is limited anew while the screen grows: {widths}");
}

#[test]
fn a_screen_that_has_grown_gets_larger_pictures_and_is_never_gone_meanwhile() {
    // So coarse a display that the screen covers fewer pixels than the film has.
    let offer = Offer { view_size: [40, 40], ..Offer::default() };
    let showing = Showing { frames: 60, ..Showing::new(Fake::with(offer)) };
    showing.play_well(|step, reel| match step {
        1 => point(reel, Vec3::new(0.0, 0.0, -4.0)),
        20 => set(reel, "squeeze/value", 1.0),
        24 => reel.fake.set_stick(&format!("{RIGHT}/input/thumbstick"), [1.0, 0.0]),
        64 => reel.fake.set_stick(&format!("{RIGHT}/input/thumbstick"), [0.0, 0.0]),
        _ => {}
    });
    // Widths of the screen's pictures in each frame; a hand that holds it has a ray, in a layer behind.
    let widths = |frame: &Frame| -> Vec<i32> {
        let quads = frame.layers.iter().filter(|layer| matches!(layer.shape, Shape::Quad { .. }));
        quads.map(|layer| layer.image().unwrap().rect[2]).collect()
    };
    let frames: Vec<_> = showing.fake.frames().iter().filter(|frame| frame.should_render).map(widths).collect();
    let shown: Vec<_> = frames.iter().skip_while(|widths| widths.is_empty()).collect();
    assert!(shown.iter().all(|widths| widths.len() == 2), "the screen is gone at times: {shown:?}");
    assert!(shown[0][0] < shown[shown.len() - 1][0], "{shown:?}");
}

#[test]
fn hands_mean_nothing_while_another_program_has_them() {
    let showing = Showing { frames: 24, ..Showing::new(Fake::new()) };
    showing.play_well(|step, reel| match step {
        1 => point(reel, Vec3::new(0.0, 0.0, -4.0)),
        15 => reel.fake.go(xr::sys::SessionState::VISIBLE),
        20 => set(reel, "a/click", 1.0),
        _ => {}
    });
    assert!(showing.fake.haptics().is_empty());
}
