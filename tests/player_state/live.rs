//! Live streams: their delay is kept, and seeks stay within what is at hand.

use deep3d::media::Cached;
use deep3d::player::{LiveDelay, PlayerOptions};
use deep3d::sink::Action;
use deep3d::time::Time;

use crate::fakes::{Nature, Test};

/// The newest is so far ahead of the clock, in seconds, and what was seen for ten seconds is kept.
const AHEAD: f64 = 6.0;

fn stream(live_delay: LiveDelay) -> Test {
    let nature = Nature { frames: 3600 * 24, live: true, ..Nature::default() };
    Test::new(&[nature], PlayerOptions { live_delay, ..PlayerOptions::default() })
}

/// Plays for `seconds` what has come: all but what came in the last `missing` seconds.
fn play(test: &mut Test, seconds: f64, missing: impl Fn(f64) -> f64) {
    for _ in 0..(seconds / 0.1).round() as usize {
        let latest = test.elapsed() + AHEAD - missing(test.elapsed());
        let ahead = Time::from_seconds((latest - test.position()).max(0.0));
        let range = [(test.position() - 10.0).max(0.0), latest].map(Time::from_seconds).into();
        // Where nothing waits, nothing may be at hand at all.
        let range = (ahead > Time::ZERO).then_some(range);
        test.world.cached.replace(Some(Cached { ahead, range, live: true, bound: true, ..Cached::default() }));
        test.world.stalled.set(ahead == Time::ZERO);
        test.run(0.1);
    }
}

/// Nothing comes for twenty seconds, of which the film stands for all but the first six.
fn stall(test: &mut Test) {
    let began = test.elapsed();
    play(test, 20.0, |now| now - began);
    assert!(test.player.buffering().is_some());
}

fn delay(test: &Test) -> f64 {
    test.player.live_delay().unwrap().seconds()
}

#[test]
fn after_a_stall_a_stream_is_as_near_to_its_newest_as_before() {
    let mut test = stream(LiveDelay::Hold);
    play(&mut test, 2.0, |_| 0.0);
    assert_eq!(test.player.live_delay(), None, "nobody knows yet");
    play(&mut test, 10.0, |_| 0.0);
    assert!((delay(&test) - AHEAD).abs() < 0.3, "{}", delay(&test));
    stall(&mut test);
    assert!(delay(&test) > 18.0, "it is seen how it grows: {}", delay(&test));
    play(&mut test, 10.0, |_| 0.0);
    let after = delay(&test);
    assert!((AHEAD..AHEAD + 1.6).contains(&after) && test.world.seeks.borrow().len() == 1, "{after}");
    let seen = test.elapsed() + AHEAD - test.shown();
    assert!((seen - after).abs() < 0.5, "{seen} behind");
}

#[test]
fn whoever_wants_all_of_it_gets_all() {
    let mut test = stream(LiveDelay::Free);
    play(&mut test, 12.0, |_| 0.0);
    stall(&mut test);
    play(&mut test, 30.0, |_| 0.0);
    assert!(delay(&test) > 18.0 && test.world.seeks.borrow().is_empty(), "{}", delay(&test));
    assert!(test.player.counts().dropped <= 15, "what was late when the stall was noticed");
}

#[test]
fn a_small_delay_is_made_up_for_by_playing_a_little_faster() {
    let mut test = stream(LiveDelay::Hold);
    play(&mut test, 12.0, |_| 0.0);
    let began = test.elapsed();
    play(&mut test, 9.0, |now| now - began);
    let position = test.position();
    play(&mut test, 20.0, |_| 0.0);
    let played = test.position() - position;
    assert!((20.3..21.2).contains(&played) && test.world.seeks.borrow().is_empty(), "{played}");
    play(&mut test, 30.0, |_| 0.0);
    assert!((delay(&test) - AHEAD - 1.0).abs() < 0.4, "{}", delay(&test));
}

#[test]
fn seeks_stay_within_what_is_at_hand() {
    let mut test = stream(LiveDelay::Hold);
    play(&mut test, 30.0, |_| 0.0);
    let before = test.position();
    test.act(Action::Seek(-60));
    play(&mut test, 1.0, |_| 0.0);
    assert!((test.position() - (before - 9.9)).abs() < 0.3 + 1.0, "{} of {before}", test.position());
    test.act(Action::Seek(600));
    play(&mut test, 0.2, |_| 0.0);
    let newest = test.elapsed() + AHEAD;
    assert!((newest - test.position()).abs() < 0.6, "{} of {newest}", test.position());
    // Where the viewer has gone, they stay.
    test.act(Action::Seek(-5));
    play(&mut test, 20.0, |_| 0.0);
    assert!((delay(&test) - 5.0).abs() < 1.0, "{}", delay(&test));
    assert_eq!(test.world.seeks.borrow().len(), 3);
}
