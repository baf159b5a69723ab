//! What goes away, and comes back.

use openxr as xr;
use xr::sys::Result as Xr;

use crate::fakexr::{Availability, Fake, Offer};
use crate::reel::{Showing, scene, screens};

/// The scenes seen, each once, in order.
fn seen(showing: &Showing) -> Vec<u64> {
    let frames = showing.fake.frames();
    let mut ids: Vec<_> = frames.iter().filter_map(screens).map(|pictures| scene(pictures[0])).collect();
    ids.dedup();
    ids
}

#[test]
fn a_lost_session_is_begun_anew_and_the_film_goes_on_where_it_was() {
    let showing = Showing { frames: 31, ..Showing::new(Fake::new()) };
    showing.fake.keep_pictures(true);
    showing.play_well(|tick, reel| {
        if tick == 50 {
            reel.fake.lose_session();
        }
    });
    assert_eq!(showing.fake.count("xrCreateSession"), 2);
    assert_eq!(showing.fake.count("xrCreateInstance"), 1, "the runtime was there all the time");
    let ids = seen(&showing);
    assert!(ids.windows(2).all(|pair| pair[1] - pair[0] <= 1), "nothing is left out: {ids:?}");
    assert_eq!(ids.last(), Some(&30));
}

#[test]
fn a_lost_runtime_is_waited_for_and_the_film_goes_on_where_it_was() {
    let showing = Showing { frames: 31, ..Showing::new(Fake::new()) };
    showing.fake.keep_pictures(true);
    let back = std::rc::Rc::clone(&showing.fake);
    let mut gone = false;
    let shown = showing.play_well(move |tick, reel| {
        if tick == 50 && !gone {
            gone = true;
            reel.fake.lose_instance();
        }
        let _ = &back;
    });
    assert_eq!(showing.fake.count("xrCreateInstance"), 2);
    let ids = seen(&showing);
    assert!(ids.windows(2).all(|pair| pair[1] - pair[0] <= 1), "nothing is left out: {ids:?}");
    assert_eq!(ids.last(), Some(&30));
    let sought = shown.reel.seeks.borrow()[0].seconds();
    assert!((0.3..0.6).contains(&sought), "it went on at {sought} s");
}

#[test]
fn an_announced_loss_is_a_loss() {
    let showing = Showing { frames: 20, ..Showing::new(Fake::new()) };
    let shown = showing.play_well(|tick, reel| {
        if tick == 30 {
            reel.fake.announce_instance_loss(1_000_000_000);
        }
    });
    assert_eq!(showing.fake.count("xrCreateInstance"), 2);
    assert!(shown.result.is_ok());
}

#[test]
fn any_call_may_tell_of_a_loss() {
    for (function, calls) in [
        ("xrWaitFrame", 5),
        ("xrBeginFrame", 5),
        ("xrEndFrame", 5),
        ("xrAcquireSwapchainImage", 3),
        ("xrLocateViews", 5),
        ("xrLocateSpace", 0),
        ("xrCreateSwapchain", 1),
        ("xrAttachSessionActionSets", 0),
    ] {
        let showing = Showing { frames: 12, ..Showing::new(Fake::new()) };
        showing.fake.fail_after(function, calls, Xr::ERROR_SESSION_LOST);
        let shown = showing.play();
        assert!(shown.result.is_ok(), "{function}: {}", shown.result.unwrap_err());
        assert_eq!(showing.fake.count("xrCreateSession"), 2, "{function}");
        assert_eq!(showing.fake.alive(), [], "{function}");
    }
}

#[test]
fn other_failures_are_told_by_name() {
    let showing = Showing { frames: 12, ..Showing::new(Fake::new()) };
    showing.fake.fail_after("xrCreateSwapchain", 1, Xr::ERROR_OUT_OF_MEMORY);
    let error = showing.play().result.unwrap_err().to_string();
    assert!(error.contains("making the headset's pictures"), "{error}");
    assert_eq!(showing.fake.alive(), []);
}

#[test]
fn no_runtime_and_no_headset_are_sentences_with_a_cure() {
    for (availability, words) in [
        (Availability::NoRuntime, ["active OpenXR runtime", "SteamVR"]),
        (Availability::NoHeadset, ["Fake", "connect it"]),
    ] {
        let showing = Showing::new(Fake::new());
        showing.fake.set_availability(availability);
        let error = showing.play().result.unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
    let offer = Offer::default().without("XR_KHR_vulkan_enable2");
    let error = Showing::new(Fake::with(offer)).play().result.unwrap_err().to_string();
    assert!(error.contains("Vulkan"), "{error}");
}

#[test]
fn what_ends_a_film_in_the_middle_tells_where_it_stood() {
    let showing = Showing { frames: 48, ..Showing::new(Fake::new()) };
    // As a driver that was reset would have it.
    showing.fake.fail_after("xrEndFrame", 60, Xr::ERROR_RUNTIME_FAILURE);
    let error = showing.play().result.unwrap_err().to_string();
    assert!(error.contains("handing over a picture") && error.contains("--start 0:00."), "{error}");
    assert_eq!(showing.fake.alive(), []);
}

#[test]
fn a_runtime_for_a_newer_vulkan_is_refused_and_one_tested_with_an_older_is_not() {
    let offer = Offer { vulkan: [(1, 4), (1, 4)], ..Offer::default() };
    let error = Showing::new(Fake::with(offer)).play().result.unwrap_err().to_string();
    assert!(error.contains("1.4") && error.contains("choose another"), "{error}");
    let offer = Offer { vulkan: [(1, 0), (1, 1)], ..Offer::default() };
    Showing { frames: 3, ..Showing::new(Fake::with(offer)) }.play_well(|_, _| ());
}
