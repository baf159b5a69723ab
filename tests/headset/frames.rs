//! What is shown when: cadence, missed and unseen frames, refresh rates.

use openxr as xr;

use crate::fakexr::{Fake, Offer};
use crate::reel::{PERIOD, Showing, colour, scene, screens};

/// The numbers of the film's scenes, one for each frame of the display that showed any, with the frame's time.
fn scenes(showing: &Showing) -> Vec<(i64, u64)> {
    let frames = showing.fake.frames();
    frames.iter().filter_map(|frame| Some((frame.display_time, scene(screens(frame)?[0])))).collect()
}

#[test]
fn each_eye_sees_its_own_picture() {
    let showing = Showing { frames: 6, ..Showing::new(Fake::new()) };
    showing.fake.keep_pictures(true);
    showing.play_well(|_, _| ());
    let pictures: Vec<_> = showing.fake.frames().iter().filter_map(screens).collect();
    assert!(pictures.len() > 10);
    for [left, right] in pictures {
        let id = scene(left);
        assert_eq!([left, right], [colour(id, 0), colour(id, 1)]);
    }
}

#[test]
fn twenty_four_pictures_go_evenly_into_ninety() {
    let offer = Offer { refresh_rates: vec![90.0], ..Offer::default() };
    let showing = Showing { frames: 31, ..Showing::new(Fake::with(offer)) };
    showing.fake.keep_pictures(true);
    showing.play_well(|_, _| ());
    let scenes = scenes(&showing);
    let mut runs: Vec<(u64, u32)> = Vec::new();
    for (_, id) in &scenes {
        match runs.last_mut() {
            Some((last, count)) if last == id => *count += 1,
            _ => runs.push((*id, 1)),
        }
    }
    let ids: Vec<_> = runs.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, (0..31).collect::<Vec<_>>(), "every scene, in order");
    // 90 / 24 = 3.75: three times four frames and once three. The first and the last have their own ends.
    let inner: Vec<_> = runs[1..runs.len() - 1].iter().map(|(_, count)| *count).collect();
    for four in inner.windows(4) {
        let sum: u32 = four.iter().sum();
        assert!(sum == 15 && four.iter().all(|count| (3..=4).contains(count)), "{inner:?}");
    }
    // Each comes in the first picture of the display that is not before its time.
    let firsts = scenes.iter().filter(|(_, id)| *id > 0).scan(0, |last, (time, id)| {
        Some((std::mem::replace(last, *id) != *id).then_some(*time as f64 - *id as f64 / 24.0 * 1e9))
    });
    let late: Vec<_> = firsts.flatten().collect();
    let spread = late.iter().fold(f64::MIN, |a, b| a.max(*b)) - late.iter().fold(f64::MAX, |a, b| a.min(*b));
    assert!(spread < PERIOD as f64, "{spread} ns from the earliest to the latest");
}

#[test]
fn missed_pictures_of_the_display_do_not_slow_the_film() {
    let showing = Showing { frames: 30, ..Showing::new(Fake::new()) };
    showing.fake.keep_pictures(true);
    showing.play_well(|tick, reel| {
        if tick % 20 == 0 {
            reel.fake.miss_frames(3);
        }
    });
    let scenes = scenes(&showing);
    let ((begin, first), (end, last)) = (scenes[2], scenes[scenes.len() - 1]);
    let seconds = (end - begin) as f64 / 1e9;
    let film = (last - first) as f64 / 24.0;
    assert!((seconds - film).abs() < 0.08, "{film} s of film in {seconds} s");
    let gaps = scenes.windows(2).filter(|pair| pair[1].0 - pair[0].0 > PERIOD).count();
    assert!(gaps >= 3, "frames were missed");
}

#[test]
fn what_is_late_and_missed_is_counted() {
    let showing = Showing { frames: 24, ..Showing::new(Fake::new()) };
    let shown = showing.play_well(|_, _| ());
    let (counts, statistics) = shown.result.unwrap();
    assert_eq!((counts.shown, counts.dropped), (24, 0));
    assert_eq!((statistics.film_frames, statistics.film_late, statistics.display_missed), (24, 0, 0), "{statistics:?}");
    assert_eq!((statistics.latency.times().len(), statistics.runtime.contains("Fake")), (24, true));
    let showing = Showing { frames: 24, ..Showing::new(Fake::new()) };
    let shown = showing.play_well(|step, reel| {
        if step == 40 {
            reel.fake.miss_frames(7);
        }
    });
    let (_, statistics) = shown.result.unwrap();
    assert_eq!(statistics.display_missed, 7);
    assert!((1..=2).contains(&statistics.film_late), "{statistics:?}");
}

#[test]
fn what_nobody_sees_is_not_drawn() {
    let showing = Showing { frames: 24, ..Showing::new(Fake::new()) };
    showing.play_well(|tick, reel| {
        reel.fake.set_should_render(!(20..40).contains(&tick));
    });
    let frames = showing.fake.frames();
    let unseen: Vec<_> = frames.iter().filter(|frame| !frame.should_render).collect();
    assert_eq!(unseen.len(), 20);
    assert!(unseen.iter().all(|frame| frame.layers.is_empty()));
    assert!(frames.last().unwrap().layers.len() == 2, "it is seen again afterwards");
}

#[test]
fn the_display_runs_at_a_multiple_of_the_films_rate() {
    for (film, rates, wanted) in [
        (24.0, vec![90.0, 72.0, 120.0], vec![72.0]),
        (24000.0 / 1001.0, vec![90.0, 80.0, 120.0], vec![120.0]),
        (25.0, vec![90.0, 72.0, 120.0], vec![]),
        (30.0, vec![90.0, 72.0, 120.0], vec![]),
    ] {
        let offer = Offer { refresh_rates: rates, ..Offer::default() };
        let showing = Showing { frames: 3, rate: film, ..Showing::new(Fake::with(offer)) };
        // At 90 Hz, what is right already is not asked for.
        showing.play_well(|_, _| ());
        assert_eq!(showing.fake.requested_refresh_rates(), wanted, "{film}");
    }
}

#[test]
fn a_display_that_keeps_its_rate_is_no_reason_to_stop() {
    let showing = Showing { frames: 6, ..Showing::new(Fake::new()) };
    showing.fake.fail_next("xrRequestDisplayRefreshRateFB", xr::sys::Result::ERROR_DISPLAY_REFRESH_RATE_UNSUPPORTED_FB);
    showing.play_well(|_, _| ());
}

#[test]
fn runtimes_without_any_extension_are_played_on_too() {
    let offer = Offer { extensions: vec!["XR_KHR_vulkan_enable2"], ..Offer::default() };
    let showing = Showing { frames: 30, ..Showing::new(Fake::with(offer)) };
    showing.fake.keep_pictures(true);
    // Nothing tells what its times mean, so they have to pass as ours do.
    showing.fake.follow_real_clock(1_000_000_000);
    showing.play_well(|_, _| ());
    let mut ids: Vec<_> = scenes(&showing).iter().map(|(_, id)| *id).collect();
    ids.dedup();
    // How many of them a busy machine shows is its own affair; the last ones come when the film is that far.
    assert!(ids.len() > 1 && ids.is_sorted() && *ids.last().unwrap() > 24, "{ids:?}");
}
