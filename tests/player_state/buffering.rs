//! Films that come more slowly than they are watched.

use deep3d::media::Cached;
use deep3d::player::{CachePause, PlayerOptions};
use deep3d::sink::Action;
use deep3d::time::Time;

use crate::fakes::{Nature, Test};

fn minute(options: PlayerOptions) -> Test {
    Test::new(&[Nature { frames: 60 * 24, ..Nature::default() }], options)
}

fn at_hand(test: &Test, seconds: f64, complete: bool) {
    let cached = Cached { ahead: Time::from_seconds(seconds), complete, ..Cached::default() };
    test.world.cached.replace(Some(cached));
}

#[test]
fn film_time_stands_while_nothing_comes_and_goes_on_when_enough_is_there() {
    let mut test = minute(PlayerOptions::default());
    at_hand(&test, 5.0, false);
    test.run(2.0);
    let seen = test.seen.len();
    test.world.stalled.set(true);
    test.run(0.2);
    assert_eq!(test.player.buffering(), None, "packets wait: it is not the network that is slow");
    at_hand(&test, 0.0, false);
    test.run(10.0);
    assert_eq!(test.player.buffering(), Some(0.0));
    let stood = test.position();
    assert!((2.0..2.6).contains(&stood), "{stood}");
    test.world.stalled.set(false);
    at_hand(&test, 0.5, false);
    test.run(3.0);
    assert_eq!((test.player.buffering(), test.position()), (Some(0.5), stood));
    at_hand(&test, 1.0, false);
    test.run(2.0);
    assert_eq!(test.player.buffering(), None);
    assert!((test.position() - stood - 2.0).abs() < 0.1, "{}", test.position());
    // What was late when the stall was noticed may be left out, and nothing else.
    let times: Vec<f64> = test.seen[seen - 1..].iter().map(|(_, pts, _)| *pts).collect();
    assert!(times.windows(2).all(|pair| pair[1] > pair[0]) && test.player.counts().dropped <= 15, "{times:?}");
}

#[test]
fn what_is_complete_is_not_waited_for() {
    let mut test = minute(PlayerOptions::default());
    at_hand(&test, 0.0, true);
    test.run(1.0);
    test.world.stalled.set(true);
    test.run(3.0);
    assert!(test.player.buffering().is_none(), "its end, or a decoder that is slow");
    assert!((test.position() - 4.0).abs() < 0.01);
    at_hand(&test, 0.0, false);
    test.run(0.2);
    assert!(test.player.buffering().is_some());
    at_hand(&test, 0.3, true);
    test.run(0.2);
    assert_eq!(test.player.buffering(), None, "there will be no more");
}

#[test]
fn the_viewer_may_pause_seek_and_leave_meanwhile() {
    let mut test = minute(PlayerOptions::default());
    at_hand(&test, 0.0, false);
    test.run(1.0);
    test.world.stalled.set(true);
    test.run(1.0);
    assert!(test.player.buffering().is_some());
    test.act(Action::Pause);
    test.run(0.2);
    assert!(test.player.is_paused() && test.player.buffering().is_none());
    test.act(Action::Pause);
    test.run(0.2);
    let position = test.position();
    assert!(test.player.buffering().is_some(), "it is waited for again, and no time has passed");
    test.act(Action::Seek(5));
    test.world.stalled.set(false);
    at_hand(&test, 3.0, false);
    test.run(1.0);
    assert!(test.player.buffering().is_none() && test.position() > position + 5.5);
}

#[test]
fn nobody_has_to_wait() {
    let cache_pause = CachePause { pause: false, ..CachePause::default() };
    let mut test = minute(PlayerOptions { cache_pause, ..PlayerOptions::default() });
    at_hand(&test, 0.0, false);
    test.run(1.0);
    test.world.stalled.set(true);
    test.run(3.0);
    assert!(test.player.buffering().is_none() && (test.position() - 4.0).abs() < 0.01);
}
