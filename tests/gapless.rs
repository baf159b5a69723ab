//! Lists whose films end with their sound: the next one follows without a break, nothing missing, nothing twice.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/heard.rs"]
mod heard;

use std::path::{Path, PathBuf};
use std::time::Instant;

use deep3d::sink::Action;
use ffmpeg::ffmpeg;
use heard::{RATE, Room, find_exactly, is_near, noise, raw};

/// A sweep in three pieces of that many frames.
fn pieces(folder: &Path, frames: usize) -> Vec<PathBuf> {
    let phase = |at: f64| std::f64::consts::TAU * (200.0 * at + 200.0 * at * at);
    let sample = |frame: usize| (10_000.0 * phase(frame as f64 / RATE as f64).sin()) as i16;
    let sweep: Vec<[i16; 2]> = (0..3 * frames).map(|frame| [sample(frame), -sample(frame)]).collect();
    sweep.chunks(frames).enumerate().map(|(index, piece)| raw(folder, &format!("piece{index}"), piece)).collect()
}

/// All samples of `path`, as FFmpeg decodes them.
fn decoded(path: &Path) -> Vec<[f32; 2]> {
    let out = path.with_extension("f32");
    ffmpeg(&format!("-i {} -vn -ar 48000 -ac 2 -f f32le", path.display()), &out);
    let bytes = std::fs::read(out).unwrap();
    let sample = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
    bytes.chunks_exact(8).map(|frame| [sample(&frame[..4]), sample(&frame[4..])]).collect()
}

/// Plays pieces of so many seconds made as `name` and `codec` say, and compares what is heard with what they hold, put together. The error says where it
/// differs.
fn compare(folder: &Path, name: &str, codec: &str, seconds: f64) -> Result<(), String> {
    let frames = (seconds * RATE as f64) as usize;
    let make = |(index, piece): (usize, &PathBuf)| {
        let path = folder.join(format!("{index}.{name}"));
        ffmpeg(&format!("-f s16le -ar 48000 -ac 2 -i {} {codec}", piece.display()), &path);
        path
    };
    let files: Vec<PathBuf> = pieces(folder, frames).iter().enumerate().map(make).collect();
    let whole: Vec<[f32; 2]> = files.iter().flat_map(|file| decoded(file)).collect();
    // The sweep was cut, and nothing else was done to it: encoders' silence is not in it, but for what FFmpeg leaves at the ends in MP4.
    let more = if name == "m4a" { 3 * 1024 } else { 200 };
    assert!(whole.len().abs_diff(3 * frames) < more, "{name}: {} frames", whole.len());
    let mut room = Room::new(&files);
    room.play_to(0.0);
    let until = Instant::now() + std::time::Duration::from_secs(40);
    while !room.finished && Instant::now() < until {
        room.play(0.05);
    }
    assert!(room.finished && room.player.take_failures().is_empty(), "{name}");
    let heard = room.heard();
    // After the beginning's 5 ms, up to the last 5 ms.
    let lead = 480;
    let begins = find_exactly(&heard, &whole, lead).ok_or("the beginning is not to be heard")?;
    let pairs = heard[begins..].iter().zip(&whole[lead..whole.len() - lead]);
    match pairs.clone().position(|(a, b)| !is_near(*a, *b)) {
        None if pairs.len() == whole.len() - 2 * lead => Ok(()),
        None => Err("the end is missing".to_owned()),
        Some(wrong) => {
            let silent = heard[begins + wrong..].iter().take_while(|frame| **frame == [0.0; 2]).count();
            Err(format!("{name}: frame {} of {} is wrong: {silent} are silent there", wrong + lead, whole.len()))
        }
    }
}

#[test]
fn songs_follow_one_another_without_a_break() {
    for (name, codec) in [
        ("flac", "-c:a flac"),
        ("mp3", "-c:a libmp3lame -b:a 192k"),
        ("m4a", "-c:a aac -b:a 192k"),
        ("opus", "-c:a libopus -b:a 192k"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        // Where other tests hold all processors for longer than the ring holds sound, it runs dry: then it is tried again.
        let tries: Vec<_> = (0..3).map_while(|_| compare(folder.path(), name, codec, 0.8).err()).collect();
        assert!(tries.len() < 3, "{tries:#?}");
    }
}

#[test]
fn films_that_end_with_their_sound_follow_one_another_without_a_break() {
    let folder = tempfile::tempdir().unwrap();
    let codec = "-f lavfi -i testsrc=s=160x96:r=25:d=3.2 -c:v libx264 -preset ultrafast -c:a pcm_s16le";
    let tries: Vec<_> = (0..3).map_while(|_| compare(folder.path(), "mkv", codec, 3.2).err()).collect();
    assert!(tries.len() < 3, "{tries:#?}");
}

#[test]
fn who_goes_back_shortly_before_the_end_hears_that_and_then_the_next_from_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = [noise(1, 2.0), noise(2, 2.0)];
    let song = |name: &str, samples: &[[i16; 2]]| {
        let (sound, path) = (raw(folder.path(), name, samples), folder.path().join(format!("{name}.flac")));
        ffmpeg(&format!("-f s16le -ar 48000 -ac 2 -i {} -c:a flac", sound.display()), &path);
        path
    };
    let mut room = Room::new(&[song("one", &one), song("two", &two)]);
    // By then the beginning of the second has been made, behind the end of the first.
    room.play_to(1.85);
    room.act(Action::SeekTo(deep3d::time::Time::from_seconds(0.5)));
    let sought = room.heard().len();
    room.play(0.5);
    let until = Instant::now() + std::time::Duration::from_secs(30);
    while !room.finished && Instant::now() < until {
        room.play(0.05);
    }
    let heard = room.heard();
    let found = heard::find(&heard[sought..], &one).expect("the first is to be heard again");
    assert!(found.source.abs_diff(24_000) < 500, "it goes on at {}", found.source);
    let found = heard::find(&heard[sought..], &two).expect("the second is to be heard");
    assert!(found.source < 960, "it begins at {}", found.source);
}
