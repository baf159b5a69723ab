//! The session's states, what goes away, and what was never there.

use ash::vk;
use openxr as xr;
use xr::sys::{Result as Xr, SessionState};

use crate::fakexr::{Availability, Fake, Offer};
use crate::xr_client::Client;
use crate::{RED, assert_fault, empty_frame, extensions, focused, start};

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

#[test]
fn the_fake_outlives_its_handle_as_long_as_a_client_needs_it() {
    let fake = Fake::new();
    let client = focused(&fake);
    drop(fake);
    assert!(client.session.enumerate_swapchain_formats().is_ok());
    drop(client);
}
