//! Sound in files of its own beside a film: heard instead of the film's, sought, changed for it and back, and written along.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/heard.rs"]
mod heard;
#[path = "common/written.rs"]
mod written;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use deep3d::film::SubAuto;
use deep3d::location::Location;
use deep3d::media::encode::TrackSource;
use deep3d::media::{SoundChoice, SoundRead, Source, SourceOptions, TrackChoice, TrackKind, TrackOptions};
use deep3d::position::Position;
use deep3d::sink::Action;
use deep3d::sink::layout::Layout;
use deep3d::time::Time;
use ffmpeg::ffmpeg;
use heard::{RATE, Room, noise, raw};

/// A small film with the noise of seed 1, and two files with other noise: that of 2 alone, and that of 3 under pictures that begin at 50 s.
fn films(folder: &Path, seconds: f64) -> [PathBuf; 3] {
    let [one, two, three] = [1, 2, 3].map(|seed| raw(folder, &format!("noise{seed}"), &noise(seed, seconds)));
    let sound = |path: &Path| format!("-f s16le -ar 48000 -ac 2 -i {}", path.display());
    let picture = format!("-f lavfi -i testsrc=s=160x96:r=25:d={seconds}");
    let coding = "-c:v libx264 -preset ultrafast -g 25 -bf 0";
    let paths = ["film.mkv", "German.flac", "other.mkv"].map(|name| folder.join(name));
    ffmpeg(&format!("{picture} {} {coding} -c:a pcm_s16le", sound(&one)), &paths[0]);
    ffmpeg(&format!("{} -c:a flac", sound(&two)), &paths[1]);
    ffmpeg(
        &format!("{picture} {} {coding} -c:a pcm_s16le -metadata:s:a language=fre -output_ts_offset 50", sound(&three)),
        &paths[2],
    );
    paths
}

fn wanted(files: &[PathBuf], audio: TrackChoice) -> TrackOptions {
    let audio_files = files.iter().cloned().map(Location::File).collect();
    TrackOptions { audio, audio_files, ..TrackOptions::default() }
}

fn room(film: &Path, wanted: TrackOptions) -> Room {
    Room::with(&[film.to_owned()], |film, _| film.wanted = wanted)
}

/// Where that noise is heard for the first time from the frame `from` of the recording on: frames of the recording, and of the noise, before it.
fn first(room: &Room, from: usize, seed: u32) -> (i64, i64) {
    let heard = room.heard();
    let found = heard::find(&heard[from..], &noise(seed, 12.0));
    let found = found.unwrap_or_else(|| panic!("noise {seed} is not heard after frame {from} of {}", heard.len()));
    (found.place + from as i64, found.source as i64)
}

#[test]
fn a_file_is_heard_instead_of_the_films_sound_and_each_is_changed_for_the_others_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let [film, german, french] = films(folder.path(), 12.0);
    let mut room = room(&film, wanted(&[german, french], TrackChoice::Auto));
    room.play_to(1.5);
    let tracks = room.player.tracks();
    let sounds: Vec<_> = tracks.iter().filter(|track| track.kind == TrackKind::Audio).collect();
    let told: Vec<_> = sounds.iter().map(|track| (track.number, track.describe())).collect();
    let names = ["pcm_s16le stereo", "German.flac, flac stereo", "French, other.mkv, pcm_s16le stereo"];
    assert_eq!(told, [1, 2, 3].map(|number| (number, names[number as usize - 1].to_owned())));
    assert_eq!(room.player.playing(TrackKind::Audio), Some(2));
    let (place, source) = first(&room, 0, 2);
    assert!(source < 480, "it begins at {source}");
    let begins = place - source;
    // All in turn, none, and round again.
    for (at, number) in [(2.5, Some(3)), (4.0, None), (4.5, Some(1)), (6.0, Some(2)), (7.5, Some(3))] {
        room.act(Action::CycleTrack(TrackKind::Audio, 1));
        let from = room.heard().len();
        assert_eq!(room.player.playing(TrackKind::Audio), number);
        room.play_to(at + 1.0);
        if let Some(number) = number {
            let (place, source) = first(&room, from, number);
            let off = (place - source) - begins;
            assert!(off.abs() < RATE / 50, "track {number} lies {off} frames off");
            let silent = place - from as i64;
            assert!(silent < RATE * 2 / 5, "track {number} is heard after {silent} frames");
        }
    }
    room.assert_even(0.12);
    assert!(!room.heard().iter().any(|frame| heard::is_wrong(*frame)));
}

#[test]
fn a_file_is_sought_to_the_sample_also_where_it_was_chosen_after_the_seek() {
    let folder = tempfile::tempdir().unwrap();
    let [film, german, french] = films(folder.path(), 12.0);
    let mut room = room(&film, wanted(&[german, french], TrackChoice::Number(3)));
    room.play_to(1.2);
    assert!(first(&room, 0, 3).1 < 480);
    let seek = |room: &mut Room, to: f64, seed: u32| {
        let sought = room.heard().len();
        room.act(Action::SeekTo(Time::from_seconds(to)));
        room.play_to(to + 0.5);
        // What lies half a second around there: nothing of it was heard before.
        let near = ((to - 0.5) * RATE as f64) as usize;
        let heard = room.heard();
        let found = heard::find(&heard[sought..], &noise(seed, 12.0)[near..near + RATE as usize]);
        let found = found.unwrap_or_else(|| panic!("noise {seed} is not heard at {to}"));
        let at = (near + found.source) as f64 / RATE as f64;
        // It begins softly, within 5 ms.
        assert!((to..to + 0.006).contains(&at), "noise {seed} goes on at {at} instead of {to}");
    };
    seek(&mut room, 2.5, 3);
    seek(&mut room, 8.0, 3);
    room.act(Action::SetTrack(TrackKind::Audio, Some(1)));
    seek(&mut room, 9.0, 1);
    // Nobody has heard it yet, and it lies where the film began.
    let from = room.heard().len();
    let place = room.player.position(Instant::now()).seconds();
    room.act(Action::SetTrack(TrackKind::Audio, Some(2)));
    room.play(0.6);
    let at = first(&room, from, 2).1 as f64 / RATE as f64;
    assert!((place - 0.05..place + 0.4).contains(&at), "it goes on at {at} instead of {place}");
    seek(&mut room, 4.0, 2);
    // Chosen in a pause, behind where it was read.
    room.act(Action::Pause);
    room.act(Action::SetTrack(TrackKind::Audio, Some(3)));
    room.play(0.2);
    let (from, place) = (room.heard().len(), room.player.position(Instant::now()).seconds());
    room.act(Action::Pause);
    room.play(0.6);
    let at = first(&room, from, 3).1 as f64 / RATE as f64;
    assert!((place - 0.05..place + 0.4).contains(&at), "it goes on at {at} instead of {place}");
}

#[test]
fn it_is_chosen_as_other_tracks_are_and_the_film_plays_without_what_cannot_be_had() {
    let folder = tempfile::tempdir().unwrap();
    let [film, german, _] = films(folder.path(), 2.0);
    let silent = folder.path().join("silent.mkv");
    ffmpeg("-f lavfi -i testsrc=s=160x96:r=25:d=1 -c:v libx264 -preset ultrafast", &silent);
    let nonsense = folder.path().join("nonsense.mp3");
    fs::write(&nonsense, "no sound at all").unwrap();
    let bad = [silent, nonsense, folder.path().join("none.mp3"), folder.path().to_owned()];
    let open = |wanted: TrackOptions, start: Option<Position>| {
        let options = SourceOptions { sound: SoundChoice::Best, wanted, start, ..SourceOptions::default() };
        Source::open(&*film, &options).unwrap()
    };
    let heard = |wanted: TrackOptions| {
        let mut source = open(wanted, None);
        (source.take_sound().map(|sound| sound.parameters().id().name()), source.info().audio_tracks)
    };
    assert_eq!(heard(wanted(&bad, TrackChoice::Auto)), (Some("pcm_s16le"), 1));
    let files = [&bad[..2], &[german]].concat();
    assert_eq!(heard(wanted(&files, TrackChoice::Auto)), (Some("flac"), 2));
    assert_eq!(heard(wanted(&files, TrackChoice::Number(1))), (Some("pcm_s16le"), 2));
    assert_eq!(heard(wanted(&files, TrackChoice::Number(2))), (Some("flac"), 2));
    assert_eq!(
        (heard(wanted(&files, TrackChoice::Number(3))), heard(wanted(&files, TrackChoice::No))),
        ((None, 2), (None, 2))
    );
    let languages = TrackOptions { audio_languages: "eng".parse().unwrap(), ..wanted(&files, TrackChoice::Auto) };
    assert_eq!(heard(languages), (Some("flac"), 2), "who names a file wants to hear it");
    // Where the film begins elsewhere, so does the file.
    let start = Time::from_seconds(1.4);
    let mut source = open(wanted(&files, TrackChoice::Auto), Some(Position::FromStart(start)));
    let mut sound = source.take_sound().unwrap();
    let SoundRead::Sought { target, .. } = sound.next(Duration::from_secs(5)) else { panic!("it begins at once") };
    assert_eq!(target, start);
}

#[test]
fn files_that_bear_the_films_name_are_found_where_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let [film, german, _] = films(folder.path(), 3.0);
    fs::rename(german, folder.path().join("film.de.flac")).unwrap();
    for (auto, count, playing) in [(SubAuto::No, 1, 1), (SubAuto::Exact, 2, 2)] {
        let mut room = Room::with(std::slice::from_ref(&film), |film, _| film.audio_auto = auto);
        room.play_to(0.3);
        let tracks = room.player.tracks();
        let sounds = tracks.iter().filter(|track| track.kind == TrackKind::Audio).count();
        assert_eq!((sounds, room.player.playing(TrackKind::Audio)), (count, Some(playing)), "{auto:?}");
    }
}

/// The samples of that sound of `path`, decoded.
fn samples(path: &Path, map: &str) -> Vec<[i16; 2]> {
    let raw = written::ffmpeg(&["-i", written::text(path), "-map", map, "-f", "s16le", "-"]);
    raw.chunks_exact(4).map(|b| [i16::from_le_bytes([b[0], b[1]]), i16::from_le_bytes([b[2], b[3]])]).collect()
}

#[test]
fn it_is_written_along_from_where_the_film_begins() {
    let folder = tempfile::tempdir().unwrap();
    let [film, german, french] = films(folder.path(), 6.0);
    let files = [german, french];
    let write = |name: &str, audio: TrackChoice, part: Option<(f64, f64)>| {
        let output = folder.path().join(name);
        let [start, end] = [part.map_or(0.0, |part| part.0), part.map_or(6.0, |part| part.1)].map(Time::from_seconds);
        let options = SourceOptions {
            start: part.map(|_| Position::FromStart(start)),
            end: part.map(|_| Position::FromStart(end)),
            tracks: true,
            wanted: wanted(&files, audio),
            ..SourceOptions::default()
        };
        let mut source = Source::open(&*film, &options).unwrap();
        let tracks = source.take_tracks();
        while source.next().unwrap().is_some() {}
        let along = TrackSource { tracks, start, end: part.map(|_| end), ..TrackSource::default() };
        let count = ((end - start).seconds() * 25.0).round() as u32;
        written::write(&output, &written::options(Layout::Left), along, start, count);
        output
    };
    let all = write("all.mkv", TrackChoice::Auto, None);
    let probed = written::probe(&all, &[]);
    let codecs: Vec<_> = written::streams(&probed, "audio").iter().map(|stream| stream["codec_name"].clone()).collect();
    assert_eq!(codecs, ["pcm_s16le", "flac", "pcm_s16le"]);
    for (track, seed) in [(0, 1), (1, 2), (2, 3)] {
        assert!(samples(&all, &format!("0:a:{track}")) == noise(seed, 6.0), "track {track}");
    }
    let one = write("one.mkv", TrackChoice::Number(2), Some((2.0, 4.0)));
    let probed = written::probe(&one, &[]);
    assert_eq!(written::streams(&probed, "audio").len(), 1);
    // It begins with the piece, to a packet, and ends with it.
    let (cut, source) = (samples(&one, "0:a"), noise(2, 6.0));
    let from = source.windows(64).position(|frames| frames == &cut[..64]).expect("it is the file's");
    assert!(source[from..].starts_with(&cut), "all of it, and nothing else");
    assert!((95_000..96_000 + 4608).contains(&from), "it begins at {from}");
    let begins: f64 = written::streams(&probed, "audio")[0]["start_time"].as_str().unwrap().parse().unwrap();
    assert!((begins - (from as f64 / RATE as f64 - 2.0)).abs() < 0.0011, "{begins} for {from}");
    assert!((4.0 - (from + cut.len()) as f64 / RATE as f64).abs() < 0.1, "it ends at {}", from + cut.len());
}
