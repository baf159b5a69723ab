//! The session's states: on and off the head, and the end.

use std::cell::Cell;
use std::rc::Rc;

use openxr::sys::SessionState;

use crate::fakexr::Fake;
use crate::reel::{Reel, Showing};

/// Takes the headset off at tick 40 by `off`, looks at film time until tick 60, and puts it on again by `on`.
fn taken_off(play_when_off: bool, off: fn(&Fake), on: fn(&Fake)) -> (bool, usize) {
    let showing = Showing { frames: 24, play_when_off, ..Showing::new(Fake::new()) };
    let stood = Rc::new(Cell::new(0));
    let counted = Rc::clone(&stood);
    showing.play_well(move |tick, reel: &Reel| {
        match tick {
            40 => off(&reel.fake),
            60 => on(&reel.fake),
            _ => {}
        }
        if (44..58).contains(&tick) && reel.told.borrow().last().unwrap().is_none() {
            counted.set(counted.get() + 1);
        }
    });
    (stood.get() >= 13, showing.fake.frames().len())
}

#[test]
fn the_film_waits_while_nobody_wears_the_headset() {
    let visible = (|fake: &Fake| fake.go(SessionState::SYNCHRONIZED), |fake: &Fake| fake.go(SessionState::FOCUSED));
    let presence = (|fake: &Fake| fake.set_user_presence(false), |fake: &Fake| fake.set_user_presence(true));
    assert!(taken_off(false, visible.0, visible.1).0, "hidden");
    assert!(taken_off(false, presence.0, presence.1).0, "taken off");
    assert!(!taken_off(true, visible.0, visible.1).0, "hidden, and it is to go on");
    assert!(!taken_off(true, presence.0, presence.1).0, "taken off, and it is to go on");
}

#[test]
fn pictures_are_made_while_another_program_has_the_hands() {
    let showing = Showing { frames: 24, ..Showing::new(Fake::new()) };
    showing.play_well(|tick, reel| {
        if tick == 20 {
            reel.fake.go(SessionState::VISIBLE);
        }
    });
    assert_eq!(showing.fake.last_frame().unwrap().layers.len(), 2);
}

#[test]
fn the_runtime_may_stop_and_start_the_session() {
    let showing = Showing { frames: 24, ..Showing::new(Fake::new()) };
    showing.play_well(|tick, reel| match tick {
        20 => reel.fake.go(SessionState::STOPPING),
        30 => reel.fake.go(SessionState::READY),
        _ => {}
    });
    assert_eq!((showing.fake.count("xrBeginSession"), showing.fake.count("xrEndSession")), (2, 2));
}

#[test]
fn the_runtime_may_send_us_away() {
    let showing = Showing { frames: 2000, ..Showing::new(Fake::new()) };
    showing.play_well(|tick, reel| match tick {
        20 => reel.fake.go(SessionState::STOPPING),
        30 => reel.fake.go(SessionState::EXITING),
        _ => {}
    });
    assert!(showing.fake.frames().len() < 100);
}

#[test]
fn ctrl_c_leaves_in_good_order() {
    let showing = Showing { frames: 2000, ..Showing::new(Fake::new()) };
    showing.play_well(|tick, reel| {
        if tick == 20 {
            reel.stop.stop();
        }
    });
    assert_eq!((showing.fake.count("xrRequestExitSession"), showing.fake.count("xrEndSession")), (1, 1));
}

#[test]
fn a_runtime_that_does_not_answer_the_farewell_is_left_all_the_same() {
    let offer = crate::fakexr::Offer { walks_by_itself: false, ..crate::fakexr::Offer::default() };
    let showing = Showing { frames: 2000, ..Showing::new(Fake::with(offer)) };
    let shown = showing.play_with(|tick, reel| {
        if tick == 3 {
            reel.stop.stop();
        }
    });
    assert!(shown.result.is_ok());
}
