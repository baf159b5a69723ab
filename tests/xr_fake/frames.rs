//! Frames, their order and their time.

use ash::vk;
use openxr as xr;
use xr::sys::{Handle as _, Result as Xr, SessionState};

use crate::fakexr::{Fake, Shape};
use crate::xr_client::{Client, Swapchain};
use crate::{BLUE, RED, assert_fault, empty_frame, focused, quad, start};

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
    assert_eq!(fake.picture(swapchain.chain.as_raw().into_raw(), 1, 0).unwrap().pixel(0, 0), [0, 0, 255, 255]);
    drop(swapchain);
    let messages = client.vulkan.messages();
    drop(client);
    assert!(messages.is_empty(), "{messages:?}");
    assert_eq!(fake.alive(), []);
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
