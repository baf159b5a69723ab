//! Files with sound alone: they play with their cover or a plain picture, are searched and paused, and end where the sound does.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/heard.rs"]
mod heard;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use deep3d::media::{MediaError, SoundChoice, SoundRead, Source, SourceOptions, TrackChoice, TrackKind, TrackOptions};
use deep3d::position::Position;
use deep3d::sink::Action;
use deep3d::time::Time;
use ffmpeg::ffmpeg;
use heard::{RATE, Room, noise, raw};

fn options() -> SourceOptions {
    SourceOptions { sound: SoundChoice::Best, ..SourceOptions::default() }
}

/// Three and a half seconds of noise, coded as `codec`, with a cover of 90×70 where `covered`.
fn song(folder: &Path, name: &str, codec: &str, covered: bool) -> PathBuf {
    let sound = raw(folder, "noise", &noise(1, 3.5));
    let cover = folder.join("cover.png");
    ffmpeg("-f lavfi -i color=red:s=90x70:d=0.04 -frames:v 1", &cover);
    let path = folder.join(name);
    let with = format!("-i {} -map 0 -map 1 -c:v mjpeg -disposition:v attached_pic", cover.display());
    let cover = if covered { with.as_str() } else { "" };
    ffmpeg(&format!("-f s16le -ar 48000 -ac 2 -i {} {cover} -c:a {codec}", sound.display()), &path);
    path
}

#[test]
fn every_kind_of_song_shows_its_cover_or_a_plain_picture_for_as_long_as_there_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    for (name, codec, covered) in [
        ("a.mp3", "libmp3lame", true),
        ("b.flac", "flac", true),
        ("c.m4a", "aac", true),
        ("d.ogg", "libvorbis", false),
        ("e.opus", "libopus", false),
        ("f.wav", "pcm_s16le", false),
        ("g.aac", "aac", false),
        ("h.mka", "ac3", false),
        ("i.ts", "mp2", false),
    ] {
        let path = song(folder.path(), name, codec, covered);
        let mut source = Source::open(&*path, &options()).unwrap();
        let info = source.info().clone();
        assert!(info.sound_only && !info.is_still, "{name}");
        assert_eq!(info.size, if covered { [90, 70] } else { [640, 360] }, "{name}");
        let sound = source.take_sound().expect(name);
        let taken = std::thread::spawn(move || {
            let (mut sound, mut count) = (sound, 0);
            loop {
                match sound.next(Duration::from_secs(5)) {
                    SoundRead::Packet { .. } => count += 1,
                    SoundRead::End { .. } => return (count, sound),
                    SoundRead::Sought { .. } => {}
                    SoundRead::Yet | SoundRead::Over => panic!("its sound does not end"),
                }
            }
        });
        let mut pictures = Vec::new();
        while let Some(frame) = source.next().unwrap() {
            assert_eq!(frame.data.shape.size, info.size, "{name}");
            pictures.push((frame.pts.seconds(), (frame.pts + frame.duration).seconds()));
        }
        let starts: Vec<f64> = pictures.iter().map(|(pts, _)| *pts).collect();
        assert_eq!(starts, [0.0, 1.0, 2.0, 3.0], "{name}");
        let end = pictures.last().unwrap().1;
        assert!((3.4..3.7).contains(&end), "{name} ends at {end}");
        let (count, sound) = taken.join().unwrap();
        assert!(count > 10, "{name}: {count} packets");
        // Another place, also from behind the end; and nothing beyond it.
        source.seek(Time::from_seconds(2.25), 1).unwrap();
        let first = source.next().unwrap().expect(name);
        assert_eq!((first.pts.seconds(), first.epoch, first.duration.seconds()), (2.25, 1, 0.75), "{name}");
        source.seek(Time::from_seconds(60.0), 2).unwrap();
        assert!(source.next().unwrap().is_none(), "{name}");
        drop(sound);
        // It begins elsewhere, and nobody listens.
        let begins = SourceOptions { start: Some(Position::FromStart(Time::from_seconds(1.5))), ..options() };
        let mut source = Source::open(&*path, &begins).unwrap();
        drop(source.take_sound());
        let starts: Vec<f64> = std::iter::from_fn(|| source.next().unwrap()).map(|frame| frame.pts.seconds()).collect();
        assert_eq!(starts, [1.5, 2.0, 3.0], "{name}");
    }
}

#[test]
fn of_a_film_without_its_pictures_sound_is_heard_until_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let sound = noise(2, 8.0);
    let path = folder.path().join("film.mkv");
    let arguments = format!(
        "-f lavfi -i testsrc=s=160x96:r=25:d=8 -f s16le -ar 48000 -ac 2 -i {} -c:v libx264 -preset ultrafast -g 25 \
         -c:a pcm_s16le",
        raw(folder.path(), "noise", &sound).display()
    );
    ffmpeg(&arguments, &path);
    let wanted = TrackOptions { video: TrackChoice::No, ..TrackOptions::default() };
    let source = Source::open(&*path, &SourceOptions { wanted: wanted.clone(), ..options() }).unwrap();
    let info = source.info();
    assert!(info.sound_only && info.size == [640, 360] && info.video_track.is_none(), "{info:?}");
    assert_eq!((info.duration.unwrap().seconds().round() as u32, info.tracks.len()), (8, 2));
    let mut room = Room::with(&[path], |film, _| film.wanted = wanted);
    room.play_to(1.5);
    let playing = |room: &Room| (room.player.playing(TrackKind::Video), room.player.size());
    assert_eq!(playing(&room), (None, Some([640, 360])));
    room.act(Action::SeekTo(Time::from_seconds(3.0)));
    room.play_to(3.5);
    let begins = heard::find(&room.heard(), &sound[3 * RATE as usize..]).expect("it is to be heard after the seek");
    assert!(begins.source < 480, "it goes on {} frames after the place sought", begins.source);
    room.act(Action::CycleTrack(TrackKind::Video, 1));
    let until = Instant::now() + Duration::from_secs(20);
    while playing(&room) != (Some(1), Some([160, 96])) {
        assert!(Instant::now() < until, "its pictures never come");
        room.play(0.02);
    }
    room.play(0.5);
    assert!(!room.finished && room.player.take_failures().is_empty());
    // Of pictures alone nothing is left.
    let silent = folder.path().join("silent.mkv");
    ffmpeg("-f lavfi -i testsrc=s=160x96:r=25:d=1 -c:v libx264 -preset ultrafast", &silent);
    let wanted = TrackOptions { video: TrackChoice::No, ..TrackOptions::default() };
    let refused = Source::open(&*silent, &SourceOptions { wanted, ..options() }).err();
    assert!(matches!(refused, Some(MediaError::NoSound(_))), "{refused:?}");
}

#[test]
fn where_no_sound_is_wanted_there_is_nothing_to_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = song(folder.path(), "a.flac", "flac", true);
    let refused = Source::open(&*path, &SourceOptions::default()).err();
    assert!(matches!(refused, Some(MediaError::NoVideo { .. })), "{refused:?}");
    let none = TrackOptions { audio: TrackChoice::No, ..TrackOptions::default() };
    let mut source = Source::open(&*path, &SourceOptions { wanted: none, ..options() }).unwrap();
    assert!(source.take_sound().is_none() && std::iter::from_fn(|| source.next().unwrap()).count() == 4);
}

#[test]
fn a_song_is_heard_searched_and_paused_and_is_over_when_its_sound_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = song(folder.path(), "a.flac", "flac", true);
    let source = noise(1, 3.5);
    let mut room = Room::new(&[path]);
    room.play_to(1.0);
    assert_eq!((room.player.playing(TrackKind::Audio), room.player.playing(TrackKind::Video)), (Some(1), None));
    let first = room.heard().len();
    room.act(Action::Pause);
    room.play(0.4);
    room.act(Action::SeekTo(Time::from_seconds(2.5)));
    room.play(0.4);
    let there = room.player.position(Instant::now()).seconds();
    assert!((there - 2.5).abs() < 1e-6 && room.player.is_paused(), "{there}");
    let paused = room.heard().len();
    room.act(Action::Pause);
    room.play(3.0);
    assert!(room.finished, "it does not end");
    room.play(0.0);
    let heard = room.heard();
    let found = heard::find(&heard[..first], &source).expect("it is to be heard");
    assert!(found.source < 960, "it begins at {}", found.source);
    let found = heard::find(&heard[paused..], &source).expect("it is to be heard after the seek");
    let at = found.source as f64 / RATE as f64;
    assert!((2.5..2.51).contains(&at), "it goes on at {at}");
    // All of it, to the last sample, and the end soon after.
    let last = heard.iter().rposition(|frame| frame[0] != 0.0).unwrap();
    let length = (last + 1 - paused) as i64 - found.place + found.source as i64;
    assert!((length - source.len() as i64).abs() < RATE / 100, "{length} of {} frames", source.len());
    assert!(room.player.take_failures().is_empty());
}
