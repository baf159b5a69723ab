//! Lists that change while they are played.

use deep3d::player::{Idle, Loop, PlayerOptions};
use deep3d::playlist::{Change, How, Place};
use deep3d::sink::Action;

use crate::fakes::{Nature, Test, entry};

/// Half a second.
fn short() -> Nature {
    Nature { frames: 12, ..Nature::default() }
}

fn films(count: usize) -> Test {
    Test::new(&vec![short(); count], PlayerOptions::default())
}

fn change(test: &mut Test, change: Change) {
    test.player.change(change, test.now()).unwrap();
}

fn add(test: &mut Test, film: usize, place: Place, play: bool) {
    change(test, Change::Add(vec![entry(film)], How { place, play }));
}

fn opened(test: &Test) -> Vec<usize> {
    test.world.opened.borrow().clone()
}

fn listed(test: &Test) -> String {
    let names = test.player.list().entries().iter().map(|entry| entry.name().trim_start_matches("film ").to_owned());
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_added_is_played_in_its_turn() {
    let mut test = films(2);
    test.run(0.2);
    add(&mut test, 7, Place::End, false);
    add(&mut test, 8, Place::Next, true);
    assert_eq!((listed(&test).as_str(), test.player.name().as_str()), ("0 8 1 7", "film 0"));
    test.run(10.0);
    assert!(test.finished);
    assert_eq!(opened(&test), [0, 8, 1, 7]);
    // Instead of all, at once.
    let mut test = films(3);
    test.run(0.2);
    add(&mut test, 9, Place::Instead, true);
    assert_eq!((listed(&test).as_str(), test.player.name().as_str()), ("9", "film 9"));
    test.run(10.0);
    assert!(test.finished && opened(&test) == [0, 9]);
}

#[test]
fn what_plays_goes_on_whatever_moves_around_it_and_its_end_leads_to_its_neighbour() {
    let mut test = films(4);
    test.act(Action::File(1));
    test.run(0.2);
    change(&mut test, Change::Move { from: 0, to: 4 });
    change(&mut test, Change::Move { from: 3, to: 1 });
    assert_eq!((listed(&test).as_str(), test.player.name().as_str()), ("1 0 2 3", "film 1"));
    change(&mut test, Change::Remove(Some(2)));
    test.run(10.0);
    assert_eq!(opened(&test), [0, 1, 0, 3]);
    let mut test = films(3);
    test.run(0.2);
    change(&mut test, Change::Clear);
    assert_eq!(listed(&test), "0");
    test.run(10.0);
    assert!(test.finished && opened(&test) == [0]);
}

#[test]
fn what_plays_and_is_taken_out_makes_room_for_the_next() {
    let mut test = films(3);
    test.run(0.2);
    change(&mut test, Change::Remove(None));
    assert_eq!((listed(&test).as_str(), test.player.name().as_str()), ("1 2", "film 1"));
    test.run(0.1);
    change(&mut test, Change::Play(1));
    test.run(0.1);
    change(&mut test, Change::Remove(Some(1)));
    test.run(1.0);
    assert!(test.finished, "there is none after the last");
    assert!(test.player.change(Change::Play(5), test.now()).is_err());
    assert!(test.player.change(Change::Remove(Some(1)), test.now()).is_err());
}

#[test]
fn steps_beyond_the_end_do_nothing_unless_forced() {
    let mut test = films(2);
    test.run(0.1);
    change(&mut test, Change::Step { by: -1, force: false });
    assert_eq!(test.player.name(), "film 0");
    change(&mut test, Change::Step { by: 1, force: false });
    change(&mut test, Change::Step { by: 1, force: false });
    assert_eq!(test.player.name(), "film 1");
    change(&mut test, Change::Step { by: 1, force: true });
    test.run(0.1);
    assert!(test.finished);
    // In a loop the ends meet.
    let options = PlayerOptions { loop_playlist: Loop::Endless, ..PlayerOptions::default() };
    let mut test = Test::new(&vec![short(); 3], options);
    test.run(0.1);
    change(&mut test, Change::Step { by: -1, force: false });
    assert_eq!(test.player.name(), "film 2");
    test.run(0.1);
    change(&mut test, Change::Step { by: 1, force: false });
    assert_eq!(test.player.name(), "film 0");
}

#[test]
fn the_next_film_that_is_got_ready_follows_the_list() {
    let mut test = films(3);
    test.run(0.1);
    let prepared = |test: &Test| test.world.prepared.borrow().last().unwrap().1;
    assert_eq!(prepared(&test), Some(1));
    for (what, wanted) in [
        (Change::Add(vec![entry(6)], How { place: Place::Next, play: false }), Some(6)),
        (Change::Remove(Some(1)), Some(1)),
        (Change::Move { from: 2, to: 1 }, Some(2)),
        (Change::Clear, None),
    ] {
        let said = format!("{what:?}");
        change(&mut test, what);
        test.run(0.01);
        assert_eq!(prepared(&test), wanted, "{said}");
    }
    let mut test = films(2);
    test.run(0.1);
    test.act(Action::SetLoopFile(None));
    test.run(0.05);
    assert_eq!(prepared(&test), None, "this one comes again");
    test.act(Action::SetLoopFile(Some(0)));
    test.run(0.05);
    assert_eq!(prepared(&test), Some(1));
    test.act(Action::File(1));
    test.act(Action::SetLoopPlaylist(None));
    test.run(0.1);
    assert_eq!(prepared(&test), Some(0), "the first comes after the last");
}

#[test]
fn loops_are_counted() {
    let options = PlayerOptions { loop_file: Loop::Times(2), ..PlayerOptions::default() };
    let mut test = Test::new(&vec![short(); 2], options);
    test.run(20.0);
    assert!(test.finished);
    assert_eq!((opened(&test), test.seen.len()), (vec![0, 1], 6 * 12), "each three times");
    let options = PlayerOptions { loop_playlist: Loop::Times(1), ..PlayerOptions::default() };
    let mut test = Test::new(&vec![short(); 2], options);
    test.run(20.0);
    assert!(test.finished);
    assert_eq!(opened(&test), [0, 1, 0, 1]);
    // What cannot be played is not tried for ever, unless that is wanted.
    let missing = Nature { missing: true, ..Nature::default() };
    let options = PlayerOptions { loop_playlist: Loop::Endless, ..PlayerOptions::default() };
    let mut test = Test::new(&[missing.clone(), missing], options);
    test.run(1.0);
    assert!(test.finished && opened(&test) == [0, 1]);
}

#[test]
fn a_list_in_the_list_becomes_its_films() {
    let list = Nature { list: vec![3, 4], ..short() };
    let mut test = Test::new(&[list.clone(), short()], PlayerOptions::default());
    assert_eq!((listed(&test).as_str(), test.player.name().as_str()), ("3 4 1", "film 3"));
    test.run(10.0);
    assert!(test.finished);
    assert_eq!(opened(&test)[1..], [3, 4, 1]);
    // The place to begin with may be in it.
    let options = PlayerOptions { playlist_start: Some(1), ..PlayerOptions::default() };
    let test = Test::new(&[list], options);
    assert_eq!(test.player.name(), "film 4");
    let options = PlayerOptions { playlist_start: Some(2), ..PlayerOptions::default() };
    assert_eq!(Test::new(&vec![short(); 3], options).player.name(), "film 2");
}

#[test]
fn without_anything_to_play_it_waits_where_it_is_told_to() {
    let options = PlayerOptions { idle: Idle::Yes, ..PlayerOptions::default() };
    let mut test = Test::new(&[], options);
    test.run(5.0);
    assert!(!test.finished && test.tick().is_none(), "and costs nothing");
    add(&mut test, 0, Place::End, true);
    test.run(0.2);
    assert_eq!(test.player.name(), "film 0");
    test.run(5.0);
    assert!(!test.finished && test.player.shown().is_none() && test.player.name().is_empty());
    assert_eq!(listed(&test), "0", "the list stays");
    add(&mut test, 1, Place::End, false);
    test.run(1.0);
    assert!(test.player.shown().is_none(), "it is not to be played yet");
    change(&mut test, Change::Play(0));
    test.run(0.2);
    change(&mut test, Change::Stop { keep: false });
    test.run(1.0);
    assert!(!test.finished && listed(&test).is_empty());
    // Once is until the first was played.
    let mut test = Test::new(&[], PlayerOptions { idle: Idle::Once, ..PlayerOptions::default() });
    test.run(5.0);
    assert!(!test.finished);
    add(&mut test, 0, Place::End, true);
    test.run(5.0);
    assert!(test.finished);
    let mut test = Test::new(&[], PlayerOptions::default());
    test.run(1.0);
    assert!(test.finished);
    let mut test = films(2);
    test.run(0.1);
    change(&mut test, Change::Stop { keep: true });
    test.run(0.1);
    assert!(test.finished);
}

#[test]
fn by_chance_all_are_played_once_and_then_all_again() {
    let options = PlayerOptions { shuffle: true, loop_playlist: Loop::Times(1), ..PlayerOptions::default() };
    let mut test = Test::new(&vec![short(); 12], options);
    test.run(30.0);
    assert!(test.finished);
    let played = opened(&test);
    for round in [&played[..12], &played[12..]] {
        let mut round = round.to_vec();
        round.sort_unstable();
        assert_eq!(round, (0..12).collect::<Vec<_>>());
    }
    let mut test = films(12);
    test.run(0.1);
    test.act(Action::Shuffle(true));
    test.act(Action::Shuffle(false));
    test.run(30.0);
    assert_eq!(opened(&test), (0..12).collect::<Vec<_>>());
}
