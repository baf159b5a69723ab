//! The headset sink against Monado, a real OpenXR runtime. `./x test-xr` runs this where there is one; these first tests show by
//! a minimal client that the bed itself holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/display.rs"]
mod display;
mod eyes;
mod film;
mod hands;
mod marks;
mod monado;
#[path = "../common/program.rs"]
mod program;
#[path = "../common/pulse.rs"]
mod pulse;
mod remote;
#[path = "../common/xr_client.rs"]
mod xr_client;

use std::time::{Duration, Instant};

use ash::vk;
use monado::{Compositor, Devices, Monado, VALIDATION};
use openxr as xr;
use xr::SessionState;
use xr_client::{Client, Swapchain};

const RED: [f32; 4] = [1.0, 0.0, 0.0, 1.0];
const BLUE: [f32; 4] = [0.0, 0.0, 1.0, 1.0];
/// lavapipe's first compositions take seconds.
const PATIENCE: Duration = Duration::from_secs(60);

fn start(monado: &Monado) -> Client {
    Client::start(&monado.entry(), &xr::ExtensionSet::default(), &[VALIDATION]).unwrap()
}

fn straight_ahead(distance: f32) -> xr::Posef {
    let orientation = xr::Quaternionf { x: 0.0, y: 0.0, z: 0.0, w: 1.0 };
    xr::Posef { orientation, position: xr::Vector3f { x: 0.0, y: 0.0, z: -distance } }
}

/// A frame with a screen of 3 m × 2 m at 4 m, one picture for each eye.
fn show(client: &mut Client, swapchain: &mut Swapchain) {
    client.poll().unwrap();
    if !client.is_running() {
        std::thread::sleep(Duration::from_millis(10));
        return;
    }
    client.fill(swapchain, &[RED, BLUE]).unwrap();
    client
        .frame(|space, end| {
            let quad = |layer, eye| {
                xr::CompositionLayerQuad::new()
                    .space(space)
                    .eye_visibility(eye)
                    .sub_image(swapchain.sub_image(layer))
                    .pose(straight_ahead(4.0))
                    .size(xr::Extent2Df { width: 3.0, height: 2.0 })
            };
            let (left, right) = (quad(0, xr::EyeVisibility::LEFT), quad(1, xr::EyeVisibility::RIGHT));
            end(&[&left, &right]);
        })
        .unwrap();
}

/// Shows frames until `done`, which is asked after each.
fn show_until(client: &mut Client, swapchain: &mut Swapchain, mut done: impl FnMut(&mut Client) -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done(client) {
        assert!(Instant::now() < end, "this did not come; the session is {:?}", client.state);
        show(client, swapchain);
    }
}

#[test]
fn a_session_lives_and_ends_without_a_complaint() {
    let monado = Monado::start(Compositor::Null, Devices::Simulated);
    let mut client = start(&monado);
    let mut swapchain = client.swapchain(vk::Format::R8G8B8A8_SRGB, [64, 64], 2).unwrap();
    show_until(&mut client, &mut swapchain, |client| client.state == SessionState::FOCUSED);
    for _ in 0..5 {
        show(&mut client, &mut swapchain);
    }
    client.session.request_exit().unwrap();
    let end = Instant::now() + PATIENCE;
    while client.state != SessionState::EXITING {
        assert!(Instant::now() < end, "the session stays {:?}", client.state);
        if client.is_running() {
            client.frame(|_, end| end(&[])).unwrap();
        }
        client.poll().unwrap();
    }
    drop(swapchain);
    let messages = client.vulkan.messages();
    drop(client);
    assert_eq!(messages, [""; 0]);
    assert_eq!(monado.complaints(), [""; 0]);
}

#[test]
fn a_wrong_call_is_complained_of() {
    let monado = Monado::start(Compositor::Null, Devices::Simulated);
    let client = start(&monado);
    // SAFETY: wrong on purpose; the layer stops it.
    let result = unsafe { (client.instance.fp().begin_session)(client.session.as_raw(), std::ptr::null()) };
    assert_eq!(result, xr::sys::Result::ERROR_VALIDATION_FAILURE);
    drop(client);
    let complaints = monado.complaints();
    assert!(complaints.iter().any(|line| line.contains("xrBeginSession")), "{complaints:?}");
}

#[test]
fn each_eye_sees_its_own_quad() {
    let monado = Monado::start(Compositor::Window, Devices::Simulated);
    let mut client = start(&monado);
    let mut swapchain = client.swapchain(vk::Format::R8G8B8A8_SRGB, [64, 64], 2).unwrap();
    let is = |pixel: &image::Rgb<u8>, channel: usize| {
        (0..3).all(|other| if other == channel { pixel[other] > 200 } else { pixel[other] < 50 })
    };
    // A row through the middle of each eye: how many pixels of it the quad covers.
    let covered = || {
        [(0, 0), (1, 2)].map(|(eye, channel)| {
            let seen = monado.eye(eye);
            let middle = seen.size()[1] / 2;
            (0..seen.size()[0]).filter(|x| is(seen.0.get_pixel(*x, middle), channel)).count()
        })
    };
    show_until(&mut client, &mut swapchain, |_| covered().iter().all(|count| *count > 0));
    // An eye has 320 pixels and 85° of view: 3 m at 4 m cover 131 of them, give or take the head's sway of 5 cm.
    let counts = covered();
    assert!(counts.iter().all(|count| (125..=137).contains(count)), "{counts:?} of 131");
}

#[test]
fn the_remote_hand_presses_and_points() {
    let monado = Monado::start(Compositor::Null, Devices::Remote);
    let mut remote = monado.remote();
    let mut client = start(&monado);
    let mut swapchain = client.swapchain(vk::Format::R8G8B8A8_SRGB, [64, 64], 2).unwrap();
    let path = |client: &Client, text: &str| client.instance.string_to_path(text).unwrap();
    let right = path(&client, "/user/hand/right");
    let set = client.instance.create_action_set("bed", "Bed", 0).unwrap();
    let press = set.create_action::<bool>("press", "Press", &[right]).unwrap();
    let pull = set.create_action::<f32>("pull", "Pull", &[right]).unwrap();
    let stick = set.create_action::<xr::Vector2f>("stick", "Stick", &[right]).unwrap();
    let grip = set.create_action::<xr::Posef>("grip", "Grip", &[right]).unwrap();
    let bindings = [
        xr::Binding::new(&press, path(&client, "/user/hand/right/input/a/click")),
        xr::Binding::new(&pull, path(&client, "/user/hand/right/input/trigger/value")),
        xr::Binding::new(&stick, path(&client, "/user/hand/right/input/thumbstick")),
        xr::Binding::new(&grip, path(&client, "/user/hand/right/input/grip/pose")),
    ];
    let index = path(&client, "/interaction_profiles/valve/index_controller");
    client.instance.suggest_interaction_profile_bindings(index, &bindings).unwrap();
    client.session.attach_action_sets(&[&set]).unwrap();
    let grip_space = grip.create_space(&client.session, right, xr::Posef::IDENTITY).unwrap();
    show_until(&mut client, &mut swapchain, |client| client.state == SessionState::FOCUSED);

    let pressed = |client: &mut Client| {
        client.session.sync_actions(&[xr::ActiveActionSet::new(&set)]).unwrap();
        press.state(&client.session, right).unwrap().current_state
    };
    assert!(!pressed(&mut client));
    (remote.right.a, remote.right.trigger, remote.right.thumbstick) = (true, 0.75, [-0.5, 1.0]);
    remote.right.pose.position = xr::Vector3f { x: 0.25, y: 1.5, z: -0.75 };
    remote.head.position = xr::Vector3f { x: 0.5, y: 1.7, z: 0.0 };
    remote.send();
    show_until(&mut client, &mut swapchain, pressed);
    assert_eq!(pull.state(&client.session, right).unwrap().current_state, 0.75);
    let pushed = stick.state(&client.session, right).unwrap().current_state;
    assert_eq!((pushed.x, pushed.y), (-0.5, 1.0));
    let time = client.frame(|_, end| end(&[])).unwrap().predicted_display_time;
    let hand = grip_space.locate(&client.view, time).unwrap().pose.position;
    let close = |one: f32, other: f32| (one - other).abs() < 0.01;
    assert!(close(hand.x, -0.25) && close(hand.y, -0.2) && close(hand.z, -0.75), "{hand:?}");
    remote.right.a = false;
    remote.send();
    show_until(&mut client, &mut swapchain, |client| !pressed(client));
    drop((swapchain, grip_space, press, pull, stick, grip, set, client));
    assert_eq!(monado.complaints(), [""; 0]);
}

#[test]
fn a_killed_service_is_a_loss_and_the_next_one_is_found() {
    let mut monado = Monado::start(Compositor::Null, Devices::Simulated);
    let mut client = start(&monado);
    let mut swapchain = client.swapchain(vk::Format::R8G8B8A8_SRGB, [64, 64], 2).unwrap();
    show_until(&mut client, &mut swapchain, |client| client.state == SessionState::FOCUSED);
    monado.kill();
    let end = Instant::now() + PATIENCE;
    let error = loop {
        assert!(Instant::now() < end, "nobody notices that the service is gone");
        if let Err(error) = client.frame(|_, end| end(&[])) {
            break error;
        }
    };
    assert!([xr::sys::Result::ERROR_INSTANCE_LOST, xr::sys::Result::ERROR_SESSION_LOST].contains(&error), "{error:?}");
    drop((swapchain, client, monado));
    let monado = Monado::start(Compositor::Null, Devices::Simulated);
    let client = start(&monado);
    drop(client);
}
