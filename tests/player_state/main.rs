//! The player against films that are made up, with a clock that the test moves.
#![allow(clippy::unwrap_used)]

mod buffering;
mod fakes;
mod lists;
mod live;
mod seeking;

use std::time::Duration;

use deep3d::player::{Counts, Loop, PlayerOptions};
use deep3d::sink::Action;
use deep3d::time::Time;
use fakes::{Nature, Test};

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.005
}

#[test]
fn every_picture_comes_at_its_time_and_the_film_ends_after_the_last() {
    let mut test = Test::one(Nature::default());
    test.run(10.0);
    assert!(test.finished);
    assert_eq!(test.seen.len(), 48);
    let begin = test.seen[0].0;
    for (at, pts, _) in &test.seen {
        assert!(near(at - begin, *pts), "{pts} came at {at}");
    }
    assert!(near(test.elapsed() - begin, 2.0), "over at {}", test.elapsed());
    assert_eq!(test.player.counts(), Counts { shown: 48, dropped: 0 });
    assert!(test.ticks < 48 * 4, "{} ticks for 48 pictures", test.ticks);
}

#[test]
fn a_slow_machine_drops_pictures_but_film_time_never_slows() {
    for skips in [true, false] {
        let cost = Duration::from_millis(if skips { 400 } else { 60 });
        let mut test = Test::one(Nature { frames: 240, cost, skips, ..Nature::default() });
        test.run(5.0);
        assert!(near(test.position(), test.elapsed() - test.seen[0].0), "film time is {}", test.position());
        test.run(60.0);
        assert!(test.finished);
        let begin = test.seen[0].0;
        for pair in test.seen.windows(2) {
            let (at, pts, _) = pair[1];
            assert!(pts > pair[0].1 && pts <= at - begin + 0.005, "{pts} was seen at {at}");
            assert!(!skips || at - begin - pts < 0.5, "{pts} was seen as late as {at}");
        }
        if skips {
            assert!((20..=28).contains(&test.seen.len()), "{} seen", test.seen.len());
            assert!(near(test.elapsed() - begin, 10.0) || test.elapsed() - begin < 10.5, "over at {}", test.elapsed());
            let Counts { shown, dropped } = test.player.counts();
            assert_eq!(shown as usize, test.seen.len());
            assert!(dropped > 180 && shown + dropped <= 240, "{shown} + {dropped}");
        }
    }
}

#[test]
fn what_was_late_all_at_once_is_passed_over_for_the_newest() {
    let mut test = Test::one(Nature { gpu: Duration::from_millis(1), ..Nature::default() });
    test.run(0.5);
    let before = test.shown();
    // Nobody looks for a while: three wait in the ring and one beside it by then, and all are due.
    test.world.now.set(test.now() + Duration::from_secs(1));
    let seen = test.seen.len();
    test.tick();
    assert_eq!(test.seen.len(), seen + 1, "one picture for all of them");
    assert!(test.shown() - before > 0.15, "from {before} to {}", test.shown());
    assert!(test.player.counts().dropped >= 3);
}

#[test]
fn pictures_are_begun_by_as_much_sooner_as_painting_takes() {
    let mut test = Test::one(Nature::default());
    test.run(0.5);
    let lead = Duration::from_millis(30);
    test.player.set_lead(lead);
    test.run(0.5);
    let (at, pts, _) = *test.seen.last().unwrap();
    let due = (test.player.due().unwrap() - test.world.start).as_secs_f64();
    assert!(near(due - at, 0.03), "{pts} is begun at {at} for {due}");
    // Film time begins when the first picture after a seek is seen.
    test.act(Action::SeekStart);
    let seen = test.seen.len();
    test.run(0.5);
    let (at, pts, _) = test.seen[seen];
    assert!(near(test.position(), pts + test.elapsed() - at - 0.03), "{} after {pts} at {at}", test.position());
    test.run(3.0);
    assert!(test.finished && near(test.elapsed() - at, 2.03), "the last has its time, too: {}", test.elapsed() - at);
}

#[test]
fn while_a_picture_is_painted_the_next_waits_and_is_the_newest_that_is_due() {
    let mut test = Test::one(Nature::default());
    let paint = |test: &mut Test, seconds: f64| {
        test.player.set_busy(true, test.now());
        let seen = test.seen.len();
        test.run(seconds);
        assert_eq!(test.seen.len(), seen, "none is begun meanwhile");
        test.player.set_busy(false, test.now());
    };
    test.run(0.1);
    let before = test.shown();
    paint(&mut test, 0.1);
    test.tick();
    assert!(test.shown() >= before + 2.0 / 24.0, "{} after {before}", test.shown());
    assert!(test.world.idle.borrow().last().unwrap() < &0.01, "there was no time without work");
    // A moment of work, and then nothing to do.
    paint(&mut test, 0.002);
    let told = test.world.idle.borrow().len();
    test.run(0.1);
    let idle = test.world.idle.borrow()[told];
    assert!((0.5..0.95).contains(&idle), "{idle}");
    // Where nothing is ever painted, as when nobody can see it, the film goes on all the same.
    test.player.set_busy(true, test.now());
    test.run(10.0);
    assert!(test.finished && test.elapsed() < 2.5, "over at {}", test.elapsed());
}

#[test]
fn a_scene_is_not_shown_before_the_gpu_has_made_it() {
    let gpu = Duration::from_millis(30);
    let mut test = Test::one(Nature { gpu, ..Nature::default() });
    for _ in 0..2000 {
        test.run(0.001);
        if let Some(shown) = test.player.shown() {
            assert!(shown.data <= test.now(), "shown before it was ready");
        }
    }
    assert!(test.seen.len() > 40, "{} seen", test.seen.len());
    assert!(test.seen[0].0 >= 0.031);
}

#[test]
fn pausing_stops_film_time_and_costs_nothing() {
    let mut test = Test::one(Nature::default());
    test.run(0.5);
    test.act(Action::Pause);
    let (position, shown, ticks) = (test.position(), test.shown(), test.ticks);
    assert_eq!(test.tick(), None, "nothing to wake for");
    test.run(100.0);
    assert_eq!((test.position(), test.shown()), (position, shown));
    assert!(test.ticks <= ticks + 2);
    let resumed = test.elapsed();
    test.act(Action::Pause);
    test.run(0.5);
    assert!(near(test.position(), position + 0.5) && test.shown() > shown);
    let (at, pts, _) = *test.seen.iter().find(|(_, pts, _)| *pts > shown).unwrap();
    assert!(near(at - resumed, pts - position), "the next picture waited for its time");
    assert_eq!(test.player.counts().dropped, 0);
    test.act(Action::Pause);
    test.run(5.0);
    assert!(!test.finished, "a paused film does not end");
    // Not even where the next scene is not there yet, or the GPU still works on it.
    for (gpu, seconds) in [(0, 0.5), (400, 0.9)] {
        let [cost, gpu] = [400, gpu].map(Duration::from_millis);
        let mut test = Test::one(Nature { cost, gpu, ..Nature::default() });
        test.run(seconds);
        assert_eq!(test.seen.len(), 1);
        test.act(Action::Pause);
        assert_eq!(test.tick(), None);
    }
}

#[test]
fn after_a_seek_only_pictures_from_there_are_seen_and_time_waits_for_them() {
    let cost = Duration::from_millis(35);
    let mut test = Test::one(Nature { frames: 2400, cost, ..Nature::default() });
    test.run(1.0);
    let sought = test.elapsed();
    test.act(Action::Seek(60));
    let target = test.position();
    assert!(near(target, 60.97) || near(target, 61.0 - test.seen[0].0), "{target}");
    assert_eq!(test.world.seeks.borrow().len(), 1);
    test.tick();
    assert!(test.shown() < 2.0, "the old picture stays until there is a new one");
    test.run(1.0);
    let after: Vec<_> = test.seen.iter().filter(|(at, ..)| *at > sought).collect();
    assert!(after.iter().all(|(.., epoch)| *epoch == 1), "stale pictures were shown");
    let (first_at, first, _) = *after[0];
    assert!(first <= target && target - first < 1.0 / 24.0, "{first} for {target}");
    assert!(first_at - sought >= 0.035);
    assert!(near(test.position(), first + test.elapsed() - first_at), "time began with the first picture");
    assert_eq!(test.player.counts().dropped, 0, "the wait dropped nothing");
    // Impatient viewers: each press counts from where the last one leads to.
    let position = test.position();
    for _ in 0..3 {
        test.act(Action::Seek(5));
    }
    assert!(near(test.position(), position + 15.0));
    test.act(Action::Seek(-60));
    test.act(Action::Seek(-60));
    assert_eq!(test.position(), 0.0, "not before the beginning");
    test.run(0.5);
    assert!(test.shown() < 0.6 && test.player.shown().unwrap().epoch == 6);
    test.act(Action::Seek(30));
    test.act(Action::SeekStart);
    assert_eq!(test.position(), 0.0);
}

#[test]
fn seeking_while_paused_shows_one_picture_and_stays_paused() {
    let mut test = Test::one(Nature { frames: 240, ..Nature::default() });
    test.run(0.5);
    test.act(Action::Pause);
    test.act(Action::Seek(5));
    let target = test.position();
    let seen = test.seen.len();
    test.run(2.0);
    assert_eq!(test.seen.len(), seen + 1);
    assert!(near(test.shown(), test.position()) && target - test.shown() < 0.042);
    assert_eq!(test.tick(), None);
}

#[test]
fn steps_go_one_picture_on_or_back_and_pause() {
    let mut test = Test::one(Nature { frames: 240, ..Nature::default() });
    test.run(1.0);
    let frame = |test: &Test| (test.shown() * 24.0).round() as i64;
    let at = frame(&test);
    for step in 1..=3 {
        test.act(Action::Step);
        test.run(0.2);
        assert_eq!(frame(&test), at + step);
        assert!(test.player.is_paused() && near(test.position(), test.shown()));
    }
    for step in 1..=5 {
        test.act(Action::StepBack);
        test.run(0.2);
        assert_eq!(frame(&test), at + 3 - step);
    }
    // Where nothing is remembered of what came before, too.
    test.act(Action::Seek(5));
    test.run(0.2);
    let at = frame(&test);
    test.act(Action::StepBack);
    test.run(0.2);
    assert_eq!(frame(&test), at - 1);
    // A step that is wanted before the picture sought is there goes on from that.
    test.act(Action::Seek(1));
    test.act(Action::Step);
    test.run(0.2);
    assert_eq!(frame(&test), at - 1 + 24 + 1);
    test.act(Action::Seek(-1));
    test.act(Action::StepBack);
    test.run(0.2);
    test.act(Action::StepBack);
    test.run(0.2);
    let at = frame(&test) + 1;
    test.act(Action::Pause);
    test.run(1.0);
    assert_eq!(frame(&test), at - 1 + 24);
    assert_eq!(test.player.counts().dropped, 0);
}

#[test]
fn stepping_back_leaves_no_short_picture_out() {
    let mut test = Test::one(Nature { uneven: true, ..Nature::default() });
    test.run(0.6);
    let times: Vec<_> = test.seen.iter().map(|(_, pts, _)| *pts).collect();
    for expected in times.iter().rev().skip(1).take(4) {
        test.act(Action::StepBack);
        test.run(0.1);
        assert_eq!(test.shown(), *expected);
    }
}

#[test]
fn a_loop_begins_again_and_several_films_follow_each_other() {
    let options = PlayerOptions { loop_playlist: Loop::Endless, ..PlayerOptions::default() };
    let mut test = Test::new(&[Nature::default()], options.clone());
    test.run(7.0);
    assert!(!test.finished && test.seen.len() > 3 * 48);
    assert_eq!(*test.world.seeks.borrow(), [Time::ZERO; 3]);
    assert_eq!(*test.world.opened.borrow(), [0]);

    let two = [Nature { frames: 12, ..Nature::default() }, Nature { frames: 24, ..Nature::default() }];
    let mut test = Test::new(&two, PlayerOptions::default());
    test.run(10.0);
    assert!(
        test.finished && test.seen.len() == 36 && (1.5..1.55).contains(&test.elapsed()),
        "{} {}",
        test.seen.len(),
        test.elapsed()
    );
    assert_eq!(*test.world.opened.borrow(), [0, 1]);
    let mut test = Test::new(&two, options);
    test.run(2.0);
    assert_eq!(*test.world.opened.borrow(), [0, 1, 0]);
    test.act(Action::File(1));
    test.run(0.2);
    assert_eq!(test.player.name(), "film 1");
    test.act(Action::File(-1));
    test.run(0.2);
    assert_eq!(test.player.name(), "film 0");
}

#[test]
fn the_next_film_is_got_ready_before_the_end_and_no_longer_where_it_is_far_away() {
    let long = Nature { frames: 24 * 30, ..Nature::default() };
    let mut test = Test::new(&[long.clone(), long.clone()], PlayerOptions::default());
    let prepared = |test: &Test| test.world.prepared.borrow().clone();
    test.run(19.0);
    assert_eq!(prepared(&test), []);
    test.run(5.0);
    assert!(matches!(prepared(&test)[..], [(at, Some(1))] if (20.0..20.1).contains(&at)), "{:?}", prepared(&test));
    test.act(Action::SeekStart);
    test.run(5.0);
    assert_eq!(prepared(&test)[1..].iter().map(|(_, index)| *index).collect::<Vec<_>>(), [None]);
    test.act(Action::Seek(60));
    test.run(25.0);
    assert_eq!((test.player.name().as_str(), prepared(&test).len()), ("film 1", 2), "after the last film comes none");

    // In a loop the first one follows the last; alone it only goes back.
    let repeat = || PlayerOptions { loop_playlist: Loop::Endless, ..PlayerOptions::default() };
    for (films, follows) in [(2, Some(0)), (1, None)] {
        let mut test = Test::new(&vec![Nature::default(); films], repeat());
        test.run(2.0 * films as f64 - 0.5);
        assert_eq!(prepared(&test).last().and_then(|(_, film)| *film), follows);
    }
    // A picture that stays lets the next one get ready at once.
    let still = Nature { frames: 1, rate: 0, ..Nature::default() };
    let hold = PlayerOptions { hold_stills: true, ..PlayerOptions::default() };
    let mut test = Test::new(&[still, long], hold);
    test.run(1.0);
    assert!(matches!(prepared(&test)[..], [(at, Some(1))] if at < 0.1));
}

#[test]
fn seeking_beyond_the_end_ends_the_film() {
    let mut test = Test::one(Nature::default());
    test.run(0.5);
    test.act(Action::Seek(60));
    test.run(1.0);
    assert!(test.finished && test.elapsed() < 0.6);
}

#[test]
fn what_cannot_be_played_is_told_and_the_rest_is_played() {
    let missing = Nature { missing: true, ..Nature::default() };
    let broken = Nature { breaks_at: Some(10), ..Nature::default() };
    let repeat = || PlayerOptions { loop_playlist: Loop::Endless, ..PlayerOptions::default() };
    let mut test = Test::new(&[missing.clone(), broken, Nature::default()], PlayerOptions::default());
    test.run(10.0);
    assert!(test.finished);
    assert!(test.seen.len() > 48 && near(test.seen.last().unwrap().1, 47.0 / 24.0));
    let failures: Vec<_> = test.player.take_failures().iter().map(|(id, error)| format!("{id} {error}")).collect();
    assert_eq!(failures, ["1 it is missing", "2 it broke"]);
    let mut test = Test::new(&[missing.clone(), Nature::default()], repeat());
    test.run(10.0);
    assert!(test.world.opened.borrow().len() > 8, "it begins again");
    assert_eq!(test.player.take_failures().len(), 1, "rounds without an end keep no end of failures");
    let mut test = Test::new(&[missing.clone(), missing], repeat());
    test.run(10.0);
    assert!(test.finished, "a loop over nothing ends");
}

#[test]
fn a_still_is_held_until_the_viewer_goes_on() {
    let still = Nature { frames: 1, rate: 0, ..Nature::default() };
    let hold = PlayerOptions { hold_stills: true, ..PlayerOptions::default() };
    let mut test = Test::new(&[still.clone(), Nature::default()], hold);
    test.run(100.0);
    assert!(!test.finished && test.seen.len() == 1 && test.tick().is_none());
    test.act(Action::File(1));
    test.run(10.0);
    assert!(test.finished && test.seen.len() == 49);
    let mut test = Test::one(still);
    test.run(10.0);
    assert!(test.finished && test.seen.len() == 1 && test.elapsed() < 0.1, "without a viewer it is over at once");
}
