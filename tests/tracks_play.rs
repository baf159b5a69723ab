//! Tracks that are changed while a film plays: its pictures go on, and what is heard lies where it belongs.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/heard.rs"]
mod heard;

use std::path::{Path, PathBuf};

use deep3d::media::TrackKind;
use deep3d::sink::Action;
use deep3d::time::Time;
use heard::{RATE, Room, noise, raw};

/// A small film with two sounds, each of noise of its own.
fn film(folder: &Path, seconds: f64) -> (PathBuf, [Vec<[i16; 2]>; 2]) {
    let sounds = [noise(1, seconds), noise(2, seconds)];
    let [one, two] = [raw(folder, "one", &sounds[0]), raw(folder, "two", &sounds[1])];
    let path = folder.join("film.mkv");
    let arguments = format!(
        "-f lavfi -i testsrc=s=160x96:r=25:d={seconds} -f s16le -ar 48000 -ac 2 -i {} -f s16le -ar 48000 -ac 2 -i {} \
         -map 0:v -map 1:a -map 2:a -c:v libx264 -preset ultrafast -g 25 -c:a pcm_s16le -metadata:s:a:1 language=ger",
        one.display(),
        two.display()
    );
    ffmpeg::ffmpeg(&arguments, &path);
    (path, sounds)
}

#[test]
fn another_audio_track_is_heard_where_the_first_one_was_and_pictures_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (path, [one, two]) = film(folder.path(), 9.0);
    let mut room = Room::new(&[path]);
    room.play_to(2.0);
    assert_eq!(room.player.playing(TrackKind::Audio), Some(1));
    let before = room.heard().len();
    room.act(Action::CycleTrack(TrackKind::Audio, 1));
    let said = room.player.message(std::time::Instant::now()).unwrap().text;
    assert_eq!(said, "audio track 2 of 2: German, pcm_s16le stereo");
    room.play_to(4.0);
    let after = room.heard().len();
    // None, and the first again, in another place.
    room.act(Action::CycleTrack(TrackKind::Audio, 1));
    assert_eq!(room.player.playing(TrackKind::Audio), None);
    room.play_to(5.0);
    room.act(Action::CycleTrack(TrackKind::Audio, 1));
    room.play_to(6.5);
    let heard = room.heard();
    let first = heard::find(&heard[..before], &one).expect("the first track is to be heard");
    let second = heard::find(&heard[before..after], &two).expect("the second track is to be heard");
    let third = heard::find(&heard[after..], &one).expect("the first track is to be heard again");
    // Where film time begins in the recording, in frames: the same for all, but for what film time is led by.
    let begins = first.place - first.source as i64;
    let [again, last] =
        [(second, before), (third, after)].map(|(found, cut)| found.place + cut as i64 - found.source as i64);
    assert!((begins - again).abs() < RATE / 100, "the second track lies {} frames off", again - begins);
    assert!((begins - last).abs() < RATE / 50, "the first track lies {} frames off then", last - begins);
    let silent = second.place as f64 / RATE as f64;
    assert!(silent < 0.3, "the second track is heard after {silent} s");
    room.assert_even(0.12);
    assert!(!heard[before..].iter().any(|frame| heard::is_wrong(*frame)));
}

#[test]
fn a_track_that_is_chosen_in_a_pause_or_after_a_seek_is_heard_from_there_on() {
    let folder = tempfile::tempdir().unwrap();
    let (path, [_, two]) = film(folder.path(), 12.0);
    let mut room = Room::new(&[path]);
    room.play_to(1.5);
    room.act(Action::Pause);
    room.play(0.5);
    room.act(Action::SetTrack(TrackKind::Audio, Some(2)));
    room.play(0.5);
    let paused = room.heard().len();
    room.act(Action::Pause);
    room.play_to(2.7);
    room.act(Action::SeekTo(Time::from_seconds(7.0)));
    // The device has taken what it asked for before.
    room.play(0.06);
    let sought = room.heard().len();
    room.play_to(8.0);
    let heard = room.heard();
    let on = heard::find(&heard[paused..sought], &two).expect("the second track is to be heard after the pause");
    let at = on.source as f64 / RATE as f64;
    assert!((1.0..2.0).contains(&at), "it goes on at {at}");
    let there = heard::find(&heard[sought..], &two).expect("the second track is to be heard after the seek");
    let at = there.source as f64 / RATE as f64;
    assert!((6.99..7.2).contains(&at), "it goes on at {at}");
}

#[test]
fn another_video_track_is_seen_when_it_is_there_and_the_film_goes_on_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let (source, path) = (noise(3, 12.0), folder.path().join("film.mkv"));
    let arguments = format!(
        "-f lavfi -i testsrc=s=160x96:r=25:d=12 -f lavfi -i testsrc2=s=192x108:r=25:d=12 -f s16le -ar 48000 -ac 2 -i {} \
         -map 0 -map 1 -map 2 -c:v libx264 -preset ultrafast -g 25 -c:a pcm_s16le",
        raw(folder.path(), "sound", &source).display()
    );
    ffmpeg::ffmpeg(&arguments, &path);
    let mut room = Room::new(&[path]);
    room.play_to(1.5);
    assert_eq!((room.player.size(), room.player.playing(TrackKind::Video)), (Some([160, 96]), Some(1)));
    room.act(Action::CycleTrack(TrackKind::Video, 1));
    let said = room.player.message(std::time::Instant::now()).unwrap().text;
    assert_eq!(said, "video track 2 of 2: h264 192×108");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while room.player.playing(TrackKind::Video) != Some(2) {
        assert!(std::time::Instant::now() < until, "it is never there");
        room.play(0.02);
    }
    let turned = room.heard().len();
    room.play_to(4.5);
    assert_eq!(room.player.size(), Some([192, 108]));
    let heard = room.heard();
    let first = heard::find(&heard, &source).expect("its sound is to be heard");
    let again =
        heard::find(&heard[turned + 4800..], &source).expect("its sound is to be heard with the other pictures");
    let off = (again.place + turned as i64 + 4800 - again.source as i64) - (first.place - first.source as i64);
    assert!(off.abs() < RATE / 50, "its sound lies {off} frames off");
    assert!(again.place + 4800 < RATE / 2, "it is heard again after {} frames", again.place + 4800);
    room.assert_even(0.25);
}
