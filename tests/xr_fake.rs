//! The fake OpenXR runtime, by a minimal client: what is right passes without a fault, what is wrong is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fakexr;
#[path = "common/xr_client.rs"]
mod xr_client;

use ash::vk;
use fakexr::{Availability, Fake, Offer, Shape, pose};
use glam::Quat;
use openxr as xr;
use xr::sys::{Result as Xr, SessionState};
use xr_client::{Client, Swapchain};

const RED: [f32; 4] = [1.0, 0.0, 0.0, 1.0];
const BLUE: [f32; 4] = [0.0, 0.0, 1.0, 1.0];
const LEFT: &str = "/user/hand/left";
const RIGHT: &str = "/user/hand/right";

fn extensions(fake: &Fake) -> xr::ExtensionSet {
    fake.entry().enumerate_extensions().unwrap()
}

fn start(fake: &Fake) -> Client {
    Client::start(&fake.entry(), &extensions(fake), &[]).unwrap()
}

/// A client that has come to FOCUSED.
fn focused(fake: &Fake) -> Client {
    let mut client = start(fake);
    client.poll().unwrap();
    empty_frame(&mut client).unwrap();
    client.poll().unwrap();
    assert_eq!(client.state, SessionState::FOCUSED);
    client
}

fn empty_frame(client: &mut Client) -> xr::Result<xr::FrameState> {
    client.frame(|_, end| end(&[]))
}

fn quad<'a>(
    space: &'a xr::Space,
    swapchain: &'a Swapchain,
    layer: u32,
    eyes: xr::EyeVisibility,
) -> xr::CompositionLayerQuad<'a, xr::Vulkan> {
    xr::CompositionLayerQuad::new()
        .space(space)
        .eye_visibility(eyes)
        .sub_image(swapchain.sub_image(layer))
        .pose(pose([0.0, 0.0, -4.0], Quat::IDENTITY))
        .size(xr::Extent2Df { width: 3.0, height: 2.0 })
}

fn assert_fault(fake: &Fake, part: &str) {
    let faults = fake.take_faults();
    assert!(faults.iter().any(|fault| fault.contains(part)), "no fault about {part:?}: {faults:?}");
}

#[test]
fn frames_with_a_quad_for_each_eye() {
    let fake = Fake::new();
    fake.set_period(10_000_000);
    fake.set_time(1_000_000_000);
    fake.keep_pictures(true);
    let mut client = start(&fake);
    let ready = [SessionState::IDLE, SessionState::READY, SessionState::SYNCHRONIZED];
    assert_eq!(client.poll().unwrap(), ready);
    let mut swapchain = client.swapchain(vk::Format::R8G8B8A8_SRGB, [64, 32], 2).unwrap();
    for _ in 0..3 {
        client.fill(&mut swapchain, &[RED, BLUE]).unwrap();
        let shown = client
            .frame(|space, end| {
                let left = quad(space, &swapchain, 0, xr::EyeVisibility::LEFT);
                let right = quad(space, &swapchain, 1, xr::EyeVisibility::RIGHT);
                end(&[&left, &right]);
            })
            .unwrap();
        assert!(shown.should_render);
        client.poll().unwrap();
    }
    assert_eq!(client.state, SessionState::FOCUSED);
    let frames = fake.frames();
    let times: Vec<_> = frames.iter().map(|frame| frame.display_time).collect();
    assert_eq!(times, [1_010_000_000, 1_020_000_000, 1_030_000_000]);
    for (number, frame) in (0..).zip(&frames) {
        assert_eq!(frame.blend_mode, xr::EnvironmentBlendMode::OPAQUE);
        for (layer, (eye, colour)) in frame
            .layers
            .iter()
            .zip([(xr::EyeVisibility::LEFT, [255, 0, 0, 255]), (xr::EyeVisibility::RIGHT, [0, 0, 255, 255])])
        {
            let Shape::Quad { eyes, image, size, .. } = &layer.shape else { panic!("{layer:?}") };
            assert_eq!((*eyes, *size), (eye, [3.0, 2.0]));
            assert_eq!((image.rect, image.image, image.releases), ([0, 0, 64, 32], number, u64::from(number) + 1));
            let picture = image.picture.as_ref().unwrap();
            assert_eq!(picture.size, [64, 32]);
            assert_eq!(picture.pixel(63, 31), colour);
        }
    }
    assert_eq!(fake.picture(swapchain.chain.as_raw().into_raw_handle(), 1, 0).unwrap().pixel(0, 0), [0, 0, 255, 255]);
    drop(swapchain);
    let messages = client.vulkan.messages();
    drop(client);
    assert!(messages.is_empty(), "{messages:?}");
    assert_eq!(fake.alive(), []);
    fake.assert_no_faults();
}

/// A handle's number.
trait RawHandle {
    fn into_raw_handle(self) -> u64;
}

impl<H: xr::sys::Handle> RawHandle for H {
    fn into_raw_handle(self) -> u64 {
        self.into_raw()
    }
}

#[test]
fn the_session_ends_as_it_should() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    client.session.request_exit().unwrap();
    use SessionState as S;
    let states = client.poll().unwrap();
    assert_eq!(states, [S::VISIBLE, S::SYNCHRONIZED, S::STOPPING, S::IDLE, S::EXITING]);
    assert!(!client.is_running());
    drop(client);
    fake.assert_no_faults();
}

#[test]
fn the_test_walks_the_session() {
    let fake = Fake::with(Offer { walks_by_itself: false, ..Offer::default() });
    let mut client = start(&fake);
    assert_eq!(client.poll().unwrap(), [SessionState::IDLE]);
    fake.go(SessionState::READY);
    client.poll().unwrap();
    fake.go(SessionState::SYNCHRONIZED);
    assert!(!empty_frame(&mut client).unwrap().should_render);
    fake.go(SessionState::FOCUSED);
    assert!(empty_frame(&mut client).unwrap().should_render);
    fake.set_should_render(false);
    assert!(!empty_frame(&mut client).unwrap().should_render);
    fake.go(SessionState::STOPPING);
    client.poll().unwrap();
    assert_eq!(fake.session_state(), Some(SessionState::IDLE));
    fake.go(SessionState::READY);
    client.poll().unwrap();
    assert!(client.is_running());
    fake.assert_no_faults();
}

#[test]
fn calls_in_a_wrong_order_are_faults() {
    let fake = Fake::new();
    let mut client = start(&fake);
    assert_eq!(client.waiter.wait().unwrap_err(), Xr::ERROR_SESSION_NOT_RUNNING);
    assert_fault(&fake, "xrWaitFrame: the session does not run");
    client.poll().unwrap();
    assert_eq!(client.stream.begin().unwrap_err(), Xr::ERROR_CALL_ORDER_INVALID);
    assert_fault(&fake, "xrBeginFrame: xrWaitFrame did not come before");
    let time = xr::Time::from_nanos(1);
    let opaque = xr::EnvironmentBlendMode::OPAQUE;
    assert_eq!(client.stream.end(time, opaque, &[]).unwrap_err(), Xr::ERROR_CALL_ORDER_INVALID);
    assert_fault(&fake, "xrEndFrame: xrBeginFrame did not come before");
    client.waiter.wait().unwrap();
    client.stream.begin().unwrap();
    client.stream.end(time, opaque, &[]).unwrap();
    assert_fault(&fake, "while");
    let state = client.waiter.wait().unwrap();
    client.stream.begin().unwrap();
    let time = state.predicted_display_time;
    let blend = xr::EnvironmentBlendMode::ADDITIVE;
    assert_eq!(client.stream.end(time, blend, &[]).unwrap_err(), Xr::ERROR_ENVIRONMENT_BLEND_MODE_UNSUPPORTED);
    assert_fault(&fake, "ADDITIVE was not offered");

    let mut swapchain = client.swapchain(vk::Format::R8G8B8A8_UNORM, [8, 8], 1).unwrap();
    let show = |client: &mut Client, swapchain: &Swapchain, extent: i32| {
        let rect =
            xr::Rect2Di { offset: xr::Offset2Di { x: 0, y: 0 }, extent: xr::Extent2Di { width: extent, height: 8 } };
        let layer = quad(&client.local, swapchain, 0, xr::EyeVisibility::BOTH)
            .sub_image(swapchain.sub_image(0).image_rect(rect));
        client.stream.end(time, opaque, &[&layer])
    };
    assert_eq!(show(&mut client, &swapchain, 8).unwrap_err(), Xr::ERROR_LAYER_INVALID);
    assert_fault(&fake, "never had an image released");
    client.fill(&mut swapchain, &[RED]).unwrap();
    assert_eq!(show(&mut client, &swapchain, 9).unwrap_err(), Xr::ERROR_SWAPCHAIN_RECT_INVALID);
    assert_fault(&fake, "rectangle");
    show(&mut client, &swapchain, 8).unwrap();
    for _ in 0..3 {
        swapchain.chain.acquire_image().unwrap();
    }
    assert_eq!(swapchain.chain.acquire_image().unwrap_err(), Xr::ERROR_CALL_ORDER_INVALID);
    assert_fault(&fake, "all images are acquired");
    assert_eq!(client.session.end().unwrap_err(), Xr::ERROR_SESSION_NOT_STOPPING);
    assert_fault(&fake, "xrEndSession");
    fake.assert_no_faults();
}

#[test]
fn a_frame_begun_twice_is_discarded() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    client.waiter.wait().unwrap();
    client.stream.begin().unwrap();
    empty_frame(&mut client).unwrap();
    assert_eq!(fake.discarded_frames(), 1);
    fake.assert_no_faults();
}

#[test]
fn waiting_blocks_until_the_frame_before_is_begun() {
    let fake = Fake::new();
    let Client { mut waiter, mut stream, session, vulkan, local, view, .. } = focused(&fake);
    let first = waiter.wait().unwrap();
    let waits = std::thread::spawn(move || (waiter.wait().unwrap().predicted_display_time, waiter));
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert!(!waits.is_finished());
    stream.begin().unwrap();
    let (second, waiter) = waits.join().unwrap();
    assert!(second.as_nanos() > first.predicted_display_time.as_nanos());
    stream.end(first.predicted_display_time, xr::EnvironmentBlendMode::OPAQUE, &[]).unwrap();
    drop((waiter, stream, local, view, session));
    drop(vulkan);
    fake.assert_no_faults();
}

#[test]
fn time_stands_in_the_hands_of_the_test() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    fake.set_period(1_000);
    fake.set_time(5_000_000);
    let next = |client: &mut Client| empty_frame(client).unwrap().predicted_display_time.as_nanos();
    assert_eq!(next(&mut client), 5_001_000);
    fake.miss_frames(3);
    assert_eq!(next(&mut client), 5_005_000);
    assert_eq!(fake.now(), 5_004_000);
    let start = std::time::Instant::now();
    for _ in 0..1000 {
        next(&mut client);
    }
    assert!(start.elapsed().as_secs() < 5);
    fake.follow_real_clock(9_000_000_000);
    fake.set_period(20_000_000);
    let start = std::time::Instant::now();
    let (first, second) = (next(&mut client), next(&mut client));
    assert!(first > 9_000_000_000 && second - first >= 20_000_000);
    assert!(start.elapsed().as_millis() >= 20, "{:?}", start.elapsed());
    fake.assert_no_faults();
}

#[test]
fn times_convert_as_nanoseconds() {
    let fake = Fake::new();
    let client = start(&fake);
    let [before, after] = [(); 2].map(|()| client.instance.now().unwrap().as_nanos());
    assert!(before > 0 && (before..before + 1_000_000_000).contains(&after));
    fake.assert_no_faults();
}

#[test]
fn refresh_rates_are_offered_chosen_and_told() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    assert_eq!(client.session.enumerate_display_refresh_rates().unwrap(), [72.0, 90.0, 120.0]);
    assert_eq!(client.session.get_display_refresh_rate().unwrap(), 72.0);
    client.session.request_display_refresh_rate(120.0).unwrap();
    let mut buffer = xr::EventDataBuffer::new();
    let Some(xr::Event::DisplayRefreshRateChangedFB(event)) = client.instance.poll_event(&mut buffer).unwrap() else {
        panic!("no event");
    };
    assert_eq!((event.from_display_refresh_rate(), event.to_display_refresh_rate()), (72.0, 120.0));
    let [first, second] = [(); 2].map(|()| empty_frame(&mut client).unwrap().predicted_display_time.as_nanos());
    assert_eq!(second - first, 8_333_333);
    fake.assert_no_faults();
    let error = client.session.request_display_refresh_rate(100.0).unwrap_err();
    assert_eq!(error, Xr::ERROR_DISPLAY_REFRESH_RATE_UNSUPPORTED_FB);
    assert_fault(&fake, "100 Hz was not offered");
    assert_eq!(fake.requested_refresh_rates(), [120.0]);
}

#[test]
fn a_lost_session_answers_with_the_loss() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    let swapchain = client.swapchain(vk::Format::R8G8B8A8_UNORM, [8, 8], 1).unwrap();
    fake.lose_session();
    assert_eq!(client.poll().unwrap(), [SessionState::LOSS_PENDING]);
    assert_eq!(client.waiter.wait().unwrap_err(), Xr::ERROR_SESSION_LOST);
    assert_eq!(swapchain.chain.enumerate_images().unwrap_err(), Xr::ERROR_SESSION_LOST);
    drop(swapchain);
    drop(client);
    assert_eq!(fake.alive(), []);
    focused(&fake);
    fake.assert_no_faults();
}

#[test]
fn a_lost_instance_answers_with_the_loss_and_the_runtime_comes_back() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    fake.announce_instance_loss(1_000_000);
    let mut buffer = xr::EventDataBuffer::new();
    let event = client.instance.poll_event(&mut buffer).unwrap();
    assert!(matches!(event, Some(xr::Event::InstanceLossPending(_))));
    fake.lose_instance();
    assert_eq!(client.poll().unwrap_err(), Xr::ERROR_INSTANCE_LOST);
    assert_eq!(client.waiter.wait().unwrap_err(), Xr::ERROR_INSTANCE_LOST);
    drop(client);
    assert_eq!(fake.alive(), []);
    fake.set_availability(Availability::NoRuntime);
    let failed = |fake: &Fake| Client::start(&fake.entry(), &xr::ExtensionSet::default(), &[]).err();
    assert_eq!(failed(&fake), Some(Xr::ERROR_RUNTIME_UNAVAILABLE));
    fake.set_availability(Availability::NoHeadset);
    assert_eq!(failed(&fake), Some(Xr::ERROR_FORM_FACTOR_UNAVAILABLE));
    fake.set_availability(Availability::Ready);
    focused(&fake);
    fake.assert_no_faults();
}

#[test]
fn failures_come_when_ordered() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    fake.fail_next("xrEndFrame", Xr::ERROR_RUNTIME_FAILURE);
    assert_eq!(empty_frame(&mut client).unwrap_err(), Xr::ERROR_RUNTIME_FAILURE);
    fake.fail_after("xrWaitFrame", 1, Xr::ERROR_OUT_OF_MEMORY);
    empty_frame(&mut client).unwrap();
    assert_eq!(empty_frame(&mut client).unwrap_err(), Xr::ERROR_OUT_OF_MEMORY);
    empty_frame(&mut client).unwrap();
    fake.assert_no_faults();
}

#[test]
fn extensions_that_are_not_offered_are_not_there() {
    let fake = Fake::with(Offer::default().without("XR_FB_passthrough").without("XR_KHR_composition_layer_cylinder"));
    let offered = extensions(&fake);
    assert!(offered.fb_display_refresh_rate && !offered.fb_passthrough && !offered.khr_composition_layer_cylinder);
    let mut wrong = xr::ExtensionSet::default();
    wrong.fb_passthrough = true;
    assert_eq!(Client::start(&fake.entry(), &wrong, &[]).err(), Some(Xr::ERROR_EXTENSION_NOT_PRESENT));
    assert_fault(&fake, "XR_FB_passthrough was not offered");
    let mut client = focused(&fake);
    let mut swapchain = client.swapchain(vk::Format::R8G8B8A8_UNORM, [8, 8], 1).unwrap();
    client.fill(&mut swapchain, &[RED]).unwrap();
    let result = client.frame(|space, end| {
        let layer = xr::CompositionLayerCylinderKHR::new().space(space).sub_image(swapchain.sub_image(0));
        end(&[&layer]);
    });
    assert_eq!(result.unwrap_err(), Xr::ERROR_LAYER_INVALID);
    assert_fault(&fake, "XR_KHR_composition_layer_cylinder is not on");
}

/// The openxr crate keeps its own builder of this layer to itself.
fn passthrough_layer(layer: &xr::PassthroughLayerFB) -> xr::sys::CompositionLayerPassthroughFB {
    xr::sys::CompositionLayerPassthroughFB {
        ty: xr::sys::CompositionLayerPassthroughFB::TYPE,
        next: std::ptr::null(),
        flags: xr::CompositionLayerFlags::EMPTY,
        space: xr::sys::Space::default(),
        layer_handle: layer.as_raw(),
    }
}

fn as_layer(layer: &xr::sys::CompositionLayerPassthroughFB) -> &xr::CompositionLayerBase<'_, xr::Vulkan> {
    // SAFETY: the crate's layers are transparent around such structures, which all begin alike.
    unsafe { &*std::ptr::from_ref(layer).cast() }
}

#[test]
fn cylinders_projections_and_passthrough_are_recorded() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    let mut swapchain = client.swapchain(vk::Format::R8G8B8A8_SRGB, [32, 32], 2).unwrap();
    client.fill(&mut swapchain, &[RED, BLUE]).unwrap();
    let through = client.session.create_passthrough(xr::PassthroughFlagsFB::IS_RUNNING_AT_CREATION).unwrap();
    let (running, purpose) =
        (xr::PassthroughFlagsFB::IS_RUNNING_AT_CREATION, xr::PassthroughLayerPurposeFB::RECONSTRUCTION);
    let room = client.session.create_passthrough_layer(&through, running, purpose).unwrap();
    let stereo = xr::ViewConfigurationType::PRIMARY_STEREO;
    let (_, views) = client.session.locate_views(stereo, xr::Time::from_nanos(1), &client.local).unwrap();
    let projected: Vec<_> = (0..)
        .zip(&views)
        .map(|(layer, view)| {
            let image = swapchain.sub_image(layer);
            xr::CompositionLayerProjectionView::new().pose(view.pose).fov(view.fov).sub_image(image)
        })
        .collect();
    client
        .frame(|space, end| {
            let passthrough = passthrough_layer(&room);
            let projection = xr::CompositionLayerProjection::new().space(space).views(&projected);
            let cylinder = xr::CompositionLayerCylinderKHR::new()
                .space(space)
                .eye_visibility(xr::EyeVisibility::LEFT)
                .sub_image(swapchain.sub_image(0))
                .pose(xr::Posef::IDENTITY)
                .radius(2.0)
                .central_angle(1.0)
                .aspect_ratio(1.5);
            end(&[as_layer(&passthrough), &projection, &cylinder]);
        })
        .unwrap();
    let frame = fake.last_frame().unwrap();
    let [passthrough, projection, cylinder] = &frame.layers[..] else { panic!("{frame:?}") };
    assert!(matches!(passthrough.shape, Shape::Passthrough { .. }));
    let Shape::Projection { views } = &projection.shape else { panic!("{projection:?}") };
    assert!((views[0].pose.position.x + 0.0315).abs() < 1e-6 && (views[1].pose.position.x - 0.0315).abs() < 1e-6);
    let Shape::Cylinder { eyes, radius, angle, aspect, .. } = cylinder.shape else { panic!("{cylinder:?}") };
    assert_eq!((eyes, radius, angle, aspect), (xr::EyeVisibility::LEFT, 2.0, 1.0, 1.5));
    fake.assert_no_faults();
    through.pause().unwrap();
    let passthrough = passthrough_layer(&room);
    client.frame(|_, end| end(&[as_layer(&passthrough)])).unwrap();
    assert_fault(&fake, "is paused");
}

#[test]
fn spaces_follow_the_head_and_the_recentring() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    let turned = Quat::from_rotation_y(std::f32::consts::FRAC_PI_2);
    fake.set_head(pose([1.0, 1.6, 0.0], turned));
    let head = |client: &mut Client| {
        let time = empty_frame(client).unwrap().predicted_display_time;
        client.view.locate(&client.local, time).unwrap()
    };
    let at = head(&mut client);
    assert!(at.location_flags.contains(xr::SpaceLocationFlags::POSITION_TRACKED));
    assert!((at.pose.position.x - 1.0).abs() < 1e-6 && (at.pose.orientation.y - turned.y).abs() < 1e-6);
    let stereo = xr::ViewConfigurationType::PRIMARY_STEREO;
    let (_, views) = client.session.locate_views(stereo, xr::Time::from_nanos(1), &client.local).unwrap();
    // Turned to the left, the right eye is in front of the left one: −z.
    assert!(views[1].pose.position.z < views[0].pose.position.z);
    fake.recentre(pose([1.0, 1.6, 0.0], turned));
    let mut buffer = xr::EventDataBuffer::new();
    let event = client.instance.poll_event(&mut buffer).unwrap();
    let Some(xr::Event::ReferenceSpaceChangePending(event)) = event else { panic!("no event") };
    assert_eq!(event.reference_space_type(), xr::ReferenceSpaceType::LOCAL);
    let at = head(&mut client);
    assert!(at.pose.position.x.abs() < 1e-6 && at.pose.orientation.y.abs() < 1e-6);
    fake.assert_no_faults();
}

#[test]
fn the_session_hears_of_the_user_and_of_lost_events() {
    let fake = Fake::new();
    let client = start(&fake);
    let mut buffer = xr::EventDataBuffer::new();
    while client.instance.poll_event(&mut buffer).unwrap().is_some() {}
    fake.set_user_presence(false);
    let event = client.instance.poll_event(&mut buffer).unwrap();
    assert!(matches!(event, Some(xr::Event::UserPresenceChangedEXT(event)) if !event.is_user_present()));
    fake.lose_events(3);
    let event = client.instance.poll_event(&mut buffer).unwrap();
    assert!(matches!(event, Some(xr::Event::EventsLost(event)) if event.lost_event_count() == 3));
}

/// Actions of every type.
struct Hands {
    set: xr::ActionSet,
    select: xr::Action<bool>,
    grab: xr::Action<f32>,
    stick: xr::Action<xr::Vector2f>,
    aim: xr::Action<xr::Posef>,
    buzz: xr::Action<xr::Haptic>,
    hands: [xr::Path; 2],
}

fn hands(client: &Client) -> Hands {
    let path = |text: &str| client.instance.string_to_path(text).unwrap();
    let hands = [path(LEFT), path(RIGHT)];
    let set = client.instance.create_action_set("film", "Film", 0).unwrap();
    let made = Hands {
        select: set.create_action("select", "Select", &hands).unwrap(),
        grab: set.create_action("grab", "Grab", &hands).unwrap(),
        stick: set.create_action("stick", "Stick", &hands).unwrap(),
        aim: set.create_action("aim", "Aim", &hands).unwrap(),
        buzz: set.create_action("buzz", "Buzz", &hands).unwrap(),
        set,
        hands,
    };
    let mut touch = Vec::new();
    let mut simple = Vec::new();
    for hand in [LEFT, RIGHT] {
        let below = |rest: &str| path(&format!("{hand}/{rest}"));
        touch.push(xr::Binding::new(&made.select, below("input/trigger")));
        touch.push(xr::Binding::new(&made.grab, below("input/squeeze/value")));
        touch.push(xr::Binding::new(&made.stick, below("input/thumbstick")));
        touch.push(xr::Binding::new(&made.aim, below("input/aim/pose")));
        touch.push(xr::Binding::new(&made.buzz, below("output/haptic")));
        simple.push(xr::Binding::new(&made.select, below("input/select/click")));
    }
    let suggest = |profile: &str, bindings: &[xr::Binding<'_>]| {
        client.instance.suggest_interaction_profile_bindings(path(profile), bindings).unwrap();
    };
    suggest("/interaction_profiles/oculus/touch_controller", &touch);
    suggest("/interaction_profiles/khr/simple_controller", &simple);
    client.session.attach_action_sets(&[&made.set]).unwrap();
    made
}

#[test]
fn actions_follow_the_hands() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    let hands = hands(&client);
    let [left, right] = hands.hands;
    let sync = |client: &Client| client.session.sync_actions(&[xr::ActiveActionSet::new(&hands.set)]).unwrap();
    fake.set_input("/user/hand/right/input/trigger/value", 0.8);
    fake.set_input("/user/hand/left/input/squeeze/value", 0.25);
    fake.set_stick("/user/hand/right/input/thumbstick", [-1.0, 0.5]);
    let touch = client.instance.string_to_path("/interaction_profiles/oculus/touch_controller").unwrap();
    assert_eq!(client.session.current_interaction_profile(left).unwrap(), touch);
    sync(&client);
    let session = client.session.clone();
    let state = |hand| hands.select.state(&session, hand).unwrap();
    assert!(state(right).current_state && state(right).is_active && !state(left).current_state);
    assert!(state(xr::Path::NULL).current_state && !state(right).changed_since_last_sync);
    assert_eq!(hands.grab.state(&client.session, left).unwrap().current_state, 0.25);
    let stick = hands.stick.state(&client.session, right).unwrap().current_state;
    assert_eq!((stick.x, stick.y), (-1.0, 0.5));
    fake.set_input("/user/hand/right/input/trigger/value", 0.0);
    assert!(state(right).current_state, "seen before it is synchronized");
    sync(&client);
    assert!(!state(right).current_state && state(right).changed_since_last_sync);

    let aim = hands.aim.create_space(&client.session, right, xr::Posef::IDENTITY).unwrap();
    let located = |client: &Client| aim.locate(&client.local, xr::Time::from_nanos(1)).unwrap();
    assert!(located(&client).location_flags.is_empty());
    fake.set_hand("/user/hand/right/input/aim/pose", Some(pose([0.2, 1.4, -0.3], Quat::IDENTITY)));
    sync(&client);
    assert!(hands.aim.is_active(&client.session, right).unwrap());
    let at = located(&client).pose.position;
    assert!((at.x - 0.2).abs() < 1e-6 && (at.y + 0.2).abs() < 1e-6 && (at.z + 0.3).abs() < 1e-6);

    let buzz = xr::HapticVibration::new().amplitude(0.5).duration(xr::Duration::from_nanos(1_000_000));
    hands.buzz.apply_feedback(&client.session, left, &buzz).unwrap();
    let felt = fake.haptics();
    assert_eq!((felt[0].hand.as_deref(), felt[0].vibration), (Some(LEFT), Some((1_000_000, 0.0, 0.5))));

    fake.hold(LEFT, Some("/interaction_profiles/khr/simple_controller"));
    fake.hold(RIGHT, None);
    fake.set_input("/user/hand/left/input/select/click", 1.0);
    sync(&client);
    assert!(state(left).current_state && !state(right).is_active);
    assert_eq!(client.session.current_interaction_profile(right).unwrap(), xr::Path::NULL);
    let mut changed = 0;
    let mut buffer = xr::EventDataBuffer::new();
    while let Some(event) = client.instance.poll_event(&mut buffer).unwrap() {
        changed += usize::from(matches!(event, xr::Event::InteractionProfileChanged(_)));
    }
    assert_eq!(changed, 2);
    fake.go(SessionState::VISIBLE);
    client.poll().unwrap();
    sync(&client);
    assert!(!state(left).is_active && !state(left).current_state);
    fake.assert_no_faults();
}

#[test]
fn bindings_are_judged() {
    let fake = Fake::new();
    let client = start(&fake);
    let path = |text: &str| client.instance.string_to_path(text).unwrap();
    let set = client.instance.create_action_set("film", "Film", 0).unwrap();
    let select = set.create_action::<bool>("select", "Select", &[path(LEFT)]).unwrap();
    let suggest = |profile: &str, binding: &str| {
        let bindings = [xr::Binding::new(&select, path(binding))];
        client.instance.suggest_interaction_profile_bindings(path(profile), &bindings)
    };
    let simple = "/interaction_profiles/khr/simple_controller";
    let touch = "/interaction_profiles/oculus/touch_controller";
    suggest(simple, "/user/hand/left/input/select/click").unwrap();
    fake.assert_no_faults();
    let wrong = |profile: &str, binding: &str| assert_eq!(suggest(profile, binding), Err(Xr::ERROR_PATH_UNSUPPORTED));
    wrong(simple, "/user/hand/left/input/trigger/value");
    assert_fault(&fake, "has no /user/hand/left/input/trigger/value");
    wrong(touch, "/user/hand/right/input/menu/click");
    wrong("/interaction_profiles/acme/shoe", "/user/hand/left/input/select/click");
    assert_fault(&fake, "profile /interaction_profiles/acme/shoe is unknown");
    suggest(touch, "/user/hand/left/input/grip/pose").unwrap();
    assert_fault(&fake, "does not suit select");
    let again = set.create_action::<bool>("select", "Other", &[]).err();
    assert_eq!(again, Some(Xr::ERROR_NAME_DUPLICATED));
    client.session.attach_action_sets(&[&set]).unwrap();
    assert_eq!(client.session.attach_action_sets(&[&set]), Err(Xr::ERROR_ACTIONSETS_ALREADY_ATTACHED));
    assert_eq!(suggest(simple, "/user/hand/left/input/menu/click"), Err(Xr::ERROR_ACTIONSETS_ALREADY_ATTACHED));
    fake.take_faults();
    let missing = select.state(&client.session, path(RIGHT)).err();
    assert_eq!(missing, Some(Xr::ERROR_PATH_UNSUPPORTED));
    assert_fault(&fake, "was not made with subaction path /user/hand/right");
}

#[test]
fn a_set_of_higher_priority_takes_its_buttons_away() {
    let fake = Fake::new();
    let client = focused(&fake);
    let path = |text: &str| client.instance.string_to_path(text).unwrap();
    let [low, high] = [("low", 0), ("high", 1)].map(|(name, priority)| {
        let set = client.instance.create_action_set(name, name, priority).unwrap();
        let action = set.create_action::<bool>("press", "Press", &[]).unwrap();
        (set, action)
    });
    let button = path("/user/hand/left/input/x/click");
    let bindings = [xr::Binding::new(&low.1, button), xr::Binding::new(&high.1, button)];
    let touch = path("/interaction_profiles/oculus/touch_controller");
    client.instance.suggest_interaction_profile_bindings(touch, &bindings).unwrap();
    client.session.attach_action_sets(&[&low.0, &high.0]).unwrap();
    fake.set_input("/user/hand/left/input/x/click", 1.0);
    let pressed = |action: &xr::Action<bool>| action.state(&client.session, xr::Path::NULL).unwrap().current_state;
    client.session.sync_actions(&[xr::ActiveActionSet::new(&low.0)]).unwrap();
    assert!(pressed(&low.1));
    client.session.sync_actions(&[xr::ActiveActionSet::new(&low.0), xr::ActiveActionSet::new(&high.0)]).unwrap();
    assert!(pressed(&high.1) && !pressed(&low.1));
    fake.assert_no_faults();
}

#[test]
fn the_fake_outlives_its_handle_as_long_as_a_client_needs_it() {
    let fake = Fake::new();
    let client = focused(&fake);
    drop(fake);
    assert!(client.session.enumerate_swapchain_formats().is_ok());
    drop(client);
}

#[test]
fn formats_and_usages_are_honoured() {
    let fake = Fake::new();
    let client = start(&fake);
    let formats = client.session.enumerate_swapchain_formats().unwrap();
    assert_eq!(formats[0], vk::Format::R8G8B8A8_SRGB.as_raw() as u32);
    let make = |format: vk::Format, usage_flags| {
        client.session.create_swapchain(&xr::SwapchainCreateInfo {
            create_flags: xr::SwapchainCreateFlags::EMPTY,
            usage_flags,
            format: format.as_raw() as u32,
            sample_count: 1,
            width: 64,
            height: 64,
            face_count: 1,
            array_size: 1,
            mip_count: 3,
        })
    };
    let storage = xr::SwapchainUsageFlags::UNORDERED_ACCESS | xr::SwapchainUsageFlags::MUTABLE_FORMAT;
    // Without VK_IMAGE_CREATE_EXTENDED_USAGE_BIT no driver here lets shaders write to sRGB images.
    let refused = make(vk::Format::R8G8B8A8_SRGB, storage).err();
    assert_eq!(refused, Some(Xr::ERROR_FEATURE_UNSUPPORTED));
    make(vk::Format::R8G8B8A8_UNORM, storage).unwrap();
    fake.offer(|offer| offer.extended_usage = true);
    make(vk::Format::R8G8B8A8_SRGB, storage).unwrap();
    fake.assert_no_faults();
    let refused = make(vk::Format::R5G6B5_UNORM_PACK16, xr::SwapchainUsageFlags::COLOR_ATTACHMENT).err();
    assert_eq!(refused, Some(Xr::ERROR_SWAPCHAIN_FORMAT_UNSUPPORTED));
    assert_fault(&fake, "was not offered");
    assert!(client.vulkan.messages().is_empty(), "{:?}", client.vulkan.messages());
}
