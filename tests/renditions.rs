//! Films in HLS whose sounds are renditions of their own: all are listed, the one that plays is read, and another one comes while the pictures go on.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/heard.rs"]
mod heard;
#[path = "common/nginx.rs"]
mod nginx;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use deep3d::media::{SoundChoice, Source, SourceOptions, TrackKind, TrackOptions};
use deep3d::sink::Action;
use deep3d::time::Time;
use heard::{RATE, Room, noise, raw};
use nginx::Nginx;

const LENGTH: f64 = 20.0;

/// A server of pictures and of the noises of the seeds 1 to 3 in three languages, each in a list of pieces of its own.
fn serve() -> Nginx {
    let nginx = Nginx::start();
    let folder = tempfile::tempdir().unwrap();
    let sounds = [1, 2, 3].map(|seed| raw(folder.path(), &format!("noise{seed}"), &noise(seed, LENGTH)));
    let sounds = sounds.map(|path| format!("-f s16le -ar 48000 -ac 2 -i {}", path.display())).join(" ");
    let pieces = nginx.root().join("piece-%v-%d.ts");
    let map = "v:0,agroup:a a:0,agroup:a,language:eng,name:en,default:yes a:1,agroup:a,language:ger,name:de \
               a:2,agroup:a,language:fre,name:fr";
    // The map is one word with spaces in it.
    let mut run = std::process::Command::new("ffmpeg");
    run.args(["-nostdin", "-v", "error", "-y"]);
    let before = format!("-f lavfi -i testsrc=s=160x96:r=25:d={LENGTH} {sounds} -map 0:v -map 1:a -map 2:a -map 3:a");
    let coding = "-c:v libx264 -preset ultrafast -g 25 -bf 0 -c:a mp2 -b:a 192k -f hls -hls_time 1 -hls_list_size 0";
    run.args(before.split_whitespace()).args(coding.split_whitespace());
    run.args(["-master_pl_name", "film.m3u8", "-var_stream_map", map, "-hls_segment_filename"]);
    assert!(run.arg(pieces).arg(nginx.root().join("list-%v.m3u8")).status().unwrap().success());
    nginx
}

/// What FFmpeg makes of that rendition.
fn decoded(nginx: &Nginx, name: &str) -> Vec<[i16; 2]> {
    let mut run = std::process::Command::new("ffmpeg");
    run.args(["-nostdin", "-v", "error", "-i"]).arg(nginx.root().join(format!("list-{name}.m3u8")));
    let samples = run.args(["-f", "s16le", "-"]).output().unwrap().stdout;
    samples.chunks_exact(4).map(|b| [i16::from_le_bytes([b[0], b[1]]), i16::from_le_bytes([b[2], b[3]])]).collect()
}

/// The numbers of the pieces of a rendition that were asked for.
fn asked(nginx: &Nginx, name: &str) -> Vec<u32> {
    let piece = |line: &String| {
        let (_, rest) = line.split_once(&format!("/piece-{name}-"))?;
        rest.split('.').next()?.parse().ok()
    };
    nginx.asked().iter().filter_map(piece).collect()
}

#[test]
fn another_rendition_is_heard_where_the_first_one_was_and_pictures_go_on() {
    let nginx = serve();
    let mut room = Room::new(&[PathBuf::from(nginx.url("film.m3u8"))]);
    room.play_to(2.0);
    let tracks = room.player.tracks();
    let sounds: Vec<_> = tracks.iter().filter(|track| track.kind == TrackKind::Audio).map(|t| t.describe()).collect();
    let told = ["English", "German", "French"].iter().enumerate();
    let told: Vec<_> = told.map(|(at, language)| format!("{language}, audio_{}, mp2 stereo", at + 1)).collect();
    assert_eq!((sounds, room.player.playing(TrackKind::Audio)), (told, Some(1)));
    let switched = room.heard().len();
    room.act(Action::CycleTrack(TrackKind::Audio, 1));
    let said = room.player.message(Instant::now()).unwrap();
    assert_eq!(said, "audio track 2 of 3: German, audio_2, mp2 stereo");
    let [first, second] = ["en", "de"].map(|name| decoded(&nginx, name));
    let until = Instant::now() + Duration::from_secs(20);
    let there = loop {
        room.play(0.1);
        if let Some(found) = heard::find(&room.heard()[switched..], &second) {
            break found;
        }
        assert!(Instant::now() < until, "it is never heard");
    };
    // Each lies where it belongs, and the first one is heard until the other is there.
    let heard = room.heard();
    let begun = heard::find(&heard[..switched], &first).expect("the first one is heard");
    let off = (there.place + switched as i64 - there.source as i64) - (begun.place - begun.source as i64);
    assert!(off.abs() < RATE / 50, "the second one lies {off} frames off");
    let silent = heard[switched..switched + there.place as usize].iter().rev().take_while(|frame| frame[0] == 0.0);
    let silent = silent.count();
    assert!(silent < RATE as usize / 3, "{silent} frames of silence before it");
    room.assert_even(0.25);
    // It goes along, forward and back.
    for to in [14.0, 5.0] {
        let sought = room.heard().len();
        room.act(Action::SeekTo(Time::from_seconds(to)));
        room.play_to(to + 0.6);
        let near = ((to - 0.5) * RATE as f64) as usize;
        let found = heard::find(&room.heard()[sought..], &second[near..near + RATE as usize]).expect("it is heard");
        let at = (near + found.source) as f64 / RATE as f64;
        // It lies a little beside the pictures, as coded.
        assert!((at - to).abs() < 0.05, "it goes on at {at} instead of {to}");
    }
    // The first one is at hand still, and what nobody has chosen was looked at alone.
    let back = room.heard().len();
    room.act(Action::SetTrack(TrackKind::Audio, Some(1)));
    room.play(0.6);
    assert!(heard::find(&room.heard()[back..], &first).is_some_and(|found| found.place < RATE / 2));
    assert!(asked(&nginx, "de").len() > 5 && asked(&nginx, "fr").iter().all(|piece| *piece < 2));
}

#[test]
fn the_rendition_in_the_language_that_is_wanted_is_the_one_that_is_read() {
    let nginx = serve();
    let wanted = TrackOptions { audio_languages: "de".parse().unwrap(), ..TrackOptions::default() };
    let options = SourceOptions { sound: SoundChoice::Best, wanted, ..SourceOptions::default() };
    let mut source = Source::open(nginx.url("film.m3u8").as_str(), &options).unwrap();
    assert_eq!(source.take_sound().map(|sound| sound.number()), Some(2));
    while source.next().unwrap().is_some() {}
    assert!(asked(&nginx, "de").contains(&19) && asked(&nginx, "0").contains(&19));
    for spared in ["en", "fr"] {
        assert!(asked(&nginx, spared).iter().all(|piece| *piece < 2), "{spared}: {:?}", asked(&nginx, spared));
    }
    let tracks = source.audio_tracks().unwrap();
    assert_eq!([1, 2, 3].map(|number| tracks.is_closed(number)), [true, false, true]);
}

#[test]
fn of_a_variant_that_is_not_shown_no_more_than_its_beginning_is_read() {
    let nginx = Nginx::start();
    let map = "v:0,a:0,name:high v:1,a:1,name:low";
    let mut run = std::process::Command::new("ffmpeg");
    run.args(["-nostdin", "-v", "error", "-y"]);
    let before = "-f lavfi -i testsrc2=s=320x180:r=25:d=10 -f lavfi -i sine=d=10 -map 0:v -map 1:a -map 0:v -map 1:a";
    let coding =
        "-c:v libx264 -preset ultrafast -g 25 -b:v:0 900k -b:v:1 200k -s:v:1 160x90 -c:a aac -f hls -hls_time 1";
    run.args(before.split_whitespace()).args(coding.split_whitespace());
    run.args(["-hls_list_size", "0", "-master_pl_name", "film.m3u8", "-var_stream_map", map, "-hls_segment_filename"]);
    run.arg(nginx.root().join("piece-%v-%d.ts")).arg(nginx.root().join("list-%v.m3u8"));
    assert!(run.status().unwrap().success());
    let options = SourceOptions { sound: SoundChoice::Best, ..SourceOptions::default() };
    let mut source = Source::open(nginx.url("film.m3u8").as_str(), &options).unwrap();
    assert_eq!((source.info().size, source.take_sound().map(|sound| sound.number())), ([320, 180], Some(1)));
    while source.next().unwrap().is_some() {}
    assert!(asked(&nginx, "high").contains(&9));
    assert!(asked(&nginx, "low").iter().all(|piece| *piece < 2), "{:?}", asked(&nginx, "low"));
}
