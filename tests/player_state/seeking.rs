//! Going to other places, and back: by key frames, chapters and marks, round and round, and within a part of the film.

use deep3d::film::SeekMode;
use deep3d::player::{HrSeek, KeepOpen, Loop, Part, PlayerOptions};
use deep3d::position::Position;
use deep3d::sink::Action;
use deep3d::time::Time;

use crate::fakes::{Nature, Test};

fn minute() -> Nature {
    Nature { frames: 60 * 24, ..Nature::default() }
}

fn second(seconds: f64) -> Time {
    Time::from_seconds(seconds)
}

fn modes(test: &Test) -> Vec<SeekMode> {
    test.world.modes.borrow().clone()
}

const NEAR: SeekMode = SeekMode::KeyFrame { beyond: None };

#[test]
fn keys_seek_exactly_unless_told_otherwise() {
    for (hr_seek, by, to) in [(HrSeek::Yes, 25.0, 41.0), (HrSeek::Absolute, 24.0, 41.0), (HrSeek::No, 24.0, 40.0)] {
        let mut test = Test::new(&[minute()], PlayerOptions { hr_seek, ..PlayerOptions::default() });
        test.run(0.01);
        test.act(Action::Pause);
        test.act(Action::SeekExact(20));
        test.run(0.1);
        assert_eq!(test.shown(), 20.0);
        test.act(Action::Seek(5));
        test.run(0.1);
        assert_eq!(test.shown(), by, "{hr_seek:?}");
        test.act(Action::SeekTo(second(41.0)));
        test.run(0.1);
        assert_eq!(test.shown(), to, "{hr_seek:?}");
    }
}

#[test]
fn a_seek_forward_never_leads_back() {
    let mut test = Test::new(&[minute()], PlayerOptions { hr_seek: HrSeek::No, ..PlayerOptions::default() });
    test.run(0.01);
    test.act(Action::Pause);
    test.act(Action::SeekExact(20));
    test.run(0.1);
    // Key frames stand at 20 and 22 seconds.
    test.act(Action::SeekExact(1));
    test.run(0.1);
    test.act(Action::Seek(1));
    test.run(0.1);
    assert_eq!(test.shown(), 22.0);
    test.act(Action::SeekExact(1));
    test.run(0.1);
    test.act(Action::Seek(0));
    test.run(0.1);
    assert_eq!(test.shown(), 22.0, "a seek that goes nowhere may");
    test.act(Action::SeekExact(1));
    test.run(0.1);
    for expected in [24.0, 25.0, 26.0, 27.0, 28.0] {
        test.act(Action::Seek(1));
        test.run(0.1);
        assert_eq!(test.shown(), expected);
    }
}

#[test]
fn a_drag_shows_one_key_frame_after_the_other_and_settles_exactly() {
    let mut test =
        Test::new(&[Nature { cost: std::time::Duration::from_millis(50), ..minute() }], PlayerOptions::default());
    test.run(0.2);
    test.act(Action::Pause);
    let seen = test.seen.len();
    // The pointer moves each 10 ms, and a picture takes 50.
    for step in 0..100 {
        test.act(Action::Drag(second(10.0 + 0.2 * f64::from(step))));
        test.run(0.01);
        assert!(test.world.rests.get(), "what is gone at once needs no depth");
    }
    let shown: Vec<f64> = test.seen[seen..].iter().map(|(_, pts, _)| *pts).collect();
    assert!((10..=21).contains(&shown.len()), "{shown:?}");
    assert!(shown.is_sorted() && shown.iter().all(|pts| pts % 2.0 == 0.0), "{shown:?}");
    assert!(modes(&test).iter().all(|mode| *mode == NEAR));
    test.act(Action::SeekTo(second(29.75)));
    assert!(!test.world.rests.get());
    test.run(0.2);
    assert_eq!((test.shown(), test.player.is_paused()), (29.75, true));
    assert_eq!(modes(&test).last(), Some(&SeekMode::Exact));
    // Where the pointer is held still, that place is looked at.
    test.act(Action::Drag(second(40.0)));
    test.run(0.25);
    assert!(test.world.rests.get());
    test.run(0.1);
    assert!(!test.world.rests.get());
}

#[test]
fn seeks_are_undone_together_where_they_were_made_together() {
    let mut test = Test::one(minute());
    test.run(0.01);
    test.act(Action::Pause);
    test.act(Action::UndoSeek);
    test.run(0.1);
    assert_eq!(test.shown(), 0.0, "there is nothing to undo");
    test.act(Action::SeekTo(second(10.0)));
    test.run(3.0);
    for _ in 0..3 {
        test.act(Action::Seek(5));
        test.run(0.5);
    }
    assert_eq!(test.shown(), 25.0);
    for expected in [10.0, 25.0, 10.0] {
        test.act(Action::UndoSeek);
        test.run(0.1);
        assert_eq!(test.shown(), expected);
    }
    // A mark outlives seeks.
    test.act(Action::MarkSeek);
    for _ in 0..3 {
        test.act(Action::Seek(5));
        test.run(3.0);
    }
    test.act(Action::UndoSeek);
    test.run(0.1);
    assert_eq!(test.shown(), 10.0);
}

#[test]
fn chapters_follow_each_other_and_the_last_one_ends_the_film() {
    let mut test = Test::one(Nature { chapters: vec![0.0, 20.0, 40.0], ..minute() });
    test.run(1.0);
    test.act(Action::Chapter(1));
    test.run(0.1);
    assert!((20.0..20.2).contains(&test.shown()));
    test.run(6.0);
    test.act(Action::Chapter(-1));
    test.run(0.1);
    assert!((20.0..20.2).contains(&test.shown()), "back to its beginning first");
    test.act(Action::Chapter(-1));
    test.run(0.1);
    assert!(test.shown() < 0.2, "and then to the chapter before");
    test.act(Action::Chapter(-1));
    test.run(0.1);
    assert!(test.shown() < 0.2);
    test.act(Action::Chapter(2));
    test.run(0.1);
    assert!((40.0..40.2).contains(&test.shown()));
    test.act(Action::Chapter(1));
    test.run(0.1);
    assert!(test.finished);
    // Without chapters there is nowhere to go.
    let mut test = Test::one(minute());
    test.run(1.0);
    test.act(Action::Chapter(1));
    test.run(0.1);
    assert!(test.world.seeks.borrow().is_empty() && !test.finished);
}

#[test]
fn an_a_b_loop_goes_round_until_it_is_cleared() {
    let mut test = Test::one(minute());
    test.run(2.0);
    test.act(Action::AbLoop);
    test.run(1.0);
    test.act(Action::AbLoop);
    let [a, b] = test.player.ab_loop().map(|end| end.unwrap().seconds());
    assert!((1.9..2.1).contains(&a) && (2.9..3.1).contains(&b), "{a} {b}");
    let seen = test.seen.len();
    test.run(5.5);
    let times: Vec<f64> = test.seen[seen..].iter().map(|(_, pts, _)| *pts).collect();
    assert!(times.iter().all(|time| (a - 0.05..b).contains(time)), "{times:?}");
    assert_eq!(times.windows(2).filter(|pair| pair[1] < pair[0]).count(), 5, "{times:?}");
    // From beyond its end nothing is repeated, as in mpv.
    test.act(Action::SeekTo(second(10.0)));
    test.run(1.0);
    assert!((10.9..11.1).contains(&test.shown()), "{}", test.shown());
    test.act(Action::SeekTo(second(2.5)));
    test.act(Action::AbLoop);
    assert_eq!(test.player.ab_loop(), [None; 2]);
    test.run(2.0);
    assert!(test.shown() > 4.0);
}

#[test]
fn a_loop_without_its_second_end_goes_round_at_the_end_of_the_film() {
    let mut test = Test::one(Nature { frames: 48, ..Nature::default() });
    test.run(1.0);
    test.act(Action::AbLoop);
    test.run(4.0);
    assert!(!test.finished && test.shown() >= 0.9);
    test.act(Action::AbLoop);
    test.act(Action::AbLoop);
    test.run(3.0);
    assert!(test.finished);
}

#[test]
fn a_file_is_repeated_while_the_viewer_wants_it() {
    let mut test = Test::new(&[Nature::default(), Nature::default()], PlayerOptions::default());
    test.run(1.0);
    test.act(Action::LoopFile);
    assert_eq!(test.player.loop_file(), Loop::Endless);
    test.run(7.0);
    assert_eq!((test.world.opened.borrow().len(), test.player.name().as_str()), (1, "film 0"));
    test.act(Action::LoopFile);
    test.run(1.5);
    assert_eq!(test.player.name(), "film 1");
}

#[test]
fn a_part_is_played_and_no_more() {
    let part = |start, end, length| Part { start, end, length, ..Part::default() };
    let at = |seconds| Some(Position::FromStart(second(seconds)));
    let cases = [
        (part(None, at(1.0), None), 24),
        (part(None, None, Some(second(0.5))), 12),
        (part(None, Some(Position::FromEnd(second(58.0))), None), 48),
        (part(None, Some(Position::Percent(5.0)), Some(second(2.5))), 60),
    ];
    for (part, frames) in cases {
        let mut test = Test::new(&[minute()], PlayerOptions { part, ..PlayerOptions::default() });
        test.run(10.0);
        assert!(test.finished, "{part:?}");
        assert_eq!(test.seen.len(), frames, "{part:?}");
        assert!((test.elapsed() - frames as f64 / 24.0).abs() < 0.05, "{part:?}: {}", test.elapsed());
    }
    // Again and again: from its beginning.
    let options =
        PlayerOptions { part: part(at(1.0), at(2.0), None), loop_playlist: Loop::Endless, ..PlayerOptions::default() };
    let mut test = Test::new(&[minute()], options);
    test.run(3.5);
    assert_eq!(*test.world.seeks.borrow(), [second(1.0), second(1.0)]);
    // An end that lies before the beginning shows nothing, and that for once only.
    let options =
        PlayerOptions { part: part(None, at(0.0), None), loop_playlist: Loop::Endless, ..PlayerOptions::default() };
    let mut test = Test::new(&[minute()], options);
    test.run(1.0);
    assert!(test.finished && test.seen.is_empty());
}

#[test]
fn a_picture_that_stands_is_made_anew_where_deinterlacing_changes() {
    let mut test = Test::one(Nature::default());
    test.run(0.5);
    test.act(Action::Deinterlace);
    assert!(test.world.seeks.borrow().is_empty(), "what comes next is made so");
    test.act(Action::Pause);
    test.run(0.1);
    let (position, shown) = (test.position(), test.shown());
    test.act(Action::Deinterlace);
    test.run(0.1);
    assert_eq!(test.world.seeks.borrow().len(), 1);
    assert!(test.player.is_paused() && test.shown() == shown && (test.position() - position).abs() < 0.05);
}

#[test]
fn a_film_that_is_kept_open_stands_at_its_last_picture() {
    let films = [Nature { frames: 24, ..Nature::default() }, Nature { frames: 48, ..Nature::default() }];
    let of = |keep_open| PlayerOptions { keep_open, ..PlayerOptions::default() };
    let mut test = Test::new(&films, of(KeepOpen::Yes));
    test.run(6.0);
    assert!(test.player.is_paused() && test.player.is_at_end() && !test.finished);
    assert_eq!((test.player.name().as_str(), test.seen.len()), ("film 1", 72), "only the last one stays");
    // Going on leads nowhere; back does.
    test.act(Action::Pause);
    test.run(0.5);
    assert!(test.player.is_paused() && test.player.is_at_end());
    test.act(Action::SeekExactTo(second(1.0)));
    test.run(0.5);
    assert!(test.player.is_paused() && !test.player.is_at_end());
    // Beyond the end there is the last picture.
    test.act(Action::SeekExactTo(second(99.0)));
    test.run(0.5);
    assert!(test.player.is_at_end() && test.player.is_paused() && !test.finished);
    assert!((test.position() - 2.0).abs() < 0.2, "{}", test.position());
    // Unless there is another one, where that is asked for.
    let mut test = Test::new(&films, of(KeepOpen::Always));
    test.run(6.0);
    assert!(test.player.is_at_end() && test.player.name() == "film 0");
    test.act(Action::File(1));
    test.run(0.2);
    assert!(!test.player.is_at_end() && test.player.name() == "film 1");
    // Something that is repeated has no end.
    let mut test = Test::new(&films[..1], of(KeepOpen::Yes));
    test.act(Action::LoopFile);
    test.run(3.0);
    assert!(!test.player.is_paused() && test.seen.len() > 60);
}
