//! What is read, kept and found, without a reader.

use super::super::lane::tests::{ms, packet};
use super::super::waiting::SoundTrack;
use super::*;

const LIMITS: Limits = Limits { length: Time::from_nanoseconds(1_000_000_000), ahead: 1 << 20, behind: 1 << 18 };

/// Pictures are stream 0, the sound that plays is stream 1.
fn state(limits: Limits) -> State {
    let mut sounds = Sounds::new(ms(0), 0);
    sounds.add(Lane::new(1, (1, 1000)));
    assert_eq!(sounds.choose(1, None), Some(1));
    State::new(Lane::new(0, (1, 1000)), sounds, limits, "a.mkv".to_owned())
}

/// So many pictures, 100 ms apart from that time on, of which every tenth is a key frame.
fn pictures(state: &mut State, from: i64, count: i64, size: usize) {
    (0..count).for_each(|n| state.put(packet(0, from + n * 100, size, n % 10 == 0)));
}

fn sounds(state: &mut State, from: i64, count: i64) {
    (0..count).for_each(|n| state.put(packet(1, from + n * 20, 100, true)));
}

#[test]
fn each_track_is_read_ahead_as_long_as_all_of_them_have_room() {
    let mut state = state(LIMITS);
    assert!(state.wants_more());
    pictures(&mut state, 0, 12, 1000);
    assert!(state.wants_more(), "there is no sound");
    sounds(&mut state, 0, 52);
    assert!(!state.wants_more());
    assert!(matches!(state.next_picture(), Some(Ok(Read::Packet(_)))) && !state.wants_more());
    assert!(matches!(state.next_picture(), Some(Ok(Read::Packet(_)))) && state.wants_more());
    // Pictures come and come, and no sound: up to what the memory allows.
    while state.next_sound(1).is_some() {}
    let mut at = 1200;
    while state.wants_more() {
        pictures(&mut state, at, 10, 20_000);
        at += 1000;
    }
    assert!((1 << 20..5 << 18).contains(&state.ahead()), "{}", state.ahead());
    assert!(matches!(state.next_sound(1), Some(SoundRead::End { epoch: 0 })) && state.next_sound(1).is_none());
    sounds(&mut state, 1040, 1);
    assert!(matches!(state.next_sound(1), Some(SoundRead::Packet { .. })));
}

#[test]
fn pictures_never_wait_for_who_takes_no_sound() {
    let mut state = state(Limits { ahead: 10_000, ..LIMITS });
    assert!(state.next_picture().is_none());
    sounds(&mut state, 0, 1000);
    assert!(state.wants_more() && state.ahead() < 11_000, "{}", state.ahead());
    pictures(&mut state, 20_000, 1, 5000);
    assert!(matches!(state.next_picture(), Some(Ok(Read::Packet(_)))));
    let Some(SoundRead::Packet { packet, .. }) = state.next_sound(1) else { panic!("the newest are kept") };
    assert!(packet.pts() > Some(19_000), "{:?}", packet.pts());
}

#[test]
fn what_nobody_writes_does_not_fill_the_memory() {
    let track = || SoundTrack { stream: 2, time_base: (1, 1000), last: None };
    let full = || {
        let mut state = state(LIMITS);
        state.others = Some(Waiting::new(vec![track()]));
        (0..3).for_each(|n| state.put(packet(2, n, 100 << 20, true)));
        state
    };
    let mut unattended = full();
    assert!(!unattended.wants_more() && unattended.ending.is_none(), "nobody needs more yet");
    assert!(unattended.next_picture().is_none() && !unattended.wants_more());
    assert!(matches!(unattended.next_picture(), Some(Err(MediaError::TooFarApart(_)))));
    let mut attended = full();
    if let Some(others) = &mut attended.others {
        others.attended = true;
    }
    assert!(attended.next_picture().is_none() && !attended.wants_more());
    attended.others.as_mut().and_then(Waiting::take);
    assert!(attended.wants_more() && attended.ending.is_none());
    let mut closed = full();
    closed.others.as_mut().map(Waiting::close);
    assert!(closed.next_picture().is_none() && closed.wants_more());
}

#[test]
fn what_is_at_hand_is_found_and_what_is_not_is_not() {
    let mut state = state(LIMITS);
    assert_eq!(state.leave(Place::Before(ms(10_000)), None), 1);
    assert!(matches!(state.job(), Some(Job::Go(Place::Before(_), 1))));
    pictures(&mut state, 10_000, 60, 3000);
    sounds(&mut state, 10_200, 200);
    let seek = |state: &mut State, at: i64| {
        state.sounds.begin_seek(ms(at), 1);
        state.find(ms(at))
    };
    assert_eq!(seek(&mut state, 12_050), Some(20));
    assert_eq!(seek(&mut state, 11_100), None, "the sound before it is missing");
    assert_eq!(seek(&mut state, 16_000), None, "what comes before it may not be there yet");
    assert_eq!(seek(&mut state, 9000), None);
    assert_eq!(seek(&mut state, 13_500), Some(30));
    state.go_on_at(30);
    let Some(Ok(Read::Packet(first))) = state.next_picture() else { panic!("no picture") };
    assert_eq!(first.pts(), Some(13_000));
    assert!(matches!(state.next_sound(1), Some(SoundRead::Sought { epoch: 1, .. })));
    let Some(SoundRead::Packet { packet: heard, epoch: 1 }) = state.next_sound(1) else { panic!("no sound") };
    assert_eq!(heard.pts(), Some(12_500));
    // Of what lies behind as much as fits is kept, from a key frame on.
    while let Some(Ok(Read::Packet(_))) = state.next_picture() {}
    pictures(&mut state, 16_000, 60, 3000);
    while let Some(Ok(Read::Packet(_))) = state.next_picture() {}
    assert!(state.behind() <= LIMITS.behind && state.behind() > LIMITS.behind / 2, "{}", state.behind());
    assert_eq!(seek(&mut state, 14_000), None);
    assert_eq!(state.find(ms(22_000)), None);
    state.end(Ending::End);
    assert!(state.find(ms(22_000)).is_some());
    state.end(Ending::Failed(MediaError::Stopped));
    assert_eq!(state.find(ms(21_900)), None);
}

#[test]
fn decoding_begins_at_the_last_place_for_what_is_wanted() {
    let mut state = state(LIMITS);
    state.leave(Place::Before(ms(1000)), Some(ms(2450)));
    assert!(state.job().is_some());
    pictures(&mut state, 1000, 15, 1000);
    assert!(state.next_picture().is_none() && state.wants_more());
    pictures(&mut state, 2500, 10, 1000);
    let Some(Ok(Read::Packet(first))) = state.next_picture() else { panic!("no picture") };
    assert_eq!(first.pts(), Some(2000));
}
