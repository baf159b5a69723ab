//! Films with their sound, through a real sound server: what is heard is what is in the file, and when it is heard the pictures are there.
#![cfg(all(feature = "media", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/program.rs"]
mod program;
#[path = "common/pulse.rs"]
mod pulse;
#[path = "common/together.rs"]
mod together;

use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use ffmpeg::ffmpeg;
use program::deep3d;
use pulse::{Pulse, RATE};
use together::{film, noise, offsets};

/// Plays the films of `source`, one after the other, and compares what is heard with it, frame by frame. The error says what differs.
fn compare(films: &[PathBuf], source: &[[i16; 2]]) -> Result<(), String> {
    let pulse = Pulse::start();
    let recorder = pulse.record("null");
    thread::sleep(Duration::from_secs(3));
    let mut command = deep3d();
    pulse.lead(&mut command);
    let run = command.args(["play", "--sink", "null", "--audio-device", "auto"]).args(films).output().unwrap();
    assert!(run.status.success(), "{}", program::text(&run.stderr));
    thread::sleep(Duration::from_millis(400));
    let recording = recorder.end();
    // After the beginning's 5 ms everything is there, once, and as it was.
    let lead = RATE / 100;
    let heard = &recording.samples;
    let same = |a: &[i16; 2], b: &[i16; 2]| a[0].abs_diff(b[0]) < 3 && a[1].abs_diff(b[1]) < 3;
    let begins = heard.windows(8).position(|window| window.iter().zip(&source[lead..]).all(|(a, b)| same(a, b)));
    let begins = begins.ok_or("the beginning is not to be heard")?;
    if let Some(wrong) = heard[begins..].iter().zip(&source[lead..]).position(|(a, b)| !same(a, b)) {
        let silent = heard[begins + wrong..].iter().take_while(|frame| **frame == [0; 2]).count();
        return Err(format!("frame {wrong} of {} is wrong: {silent} are silent there", source.len() - lead));
    }
    let end = begins + source.len() - lead;
    if heard.len() < end {
        return Err("the end is missing".to_owned());
    }
    // And silence around it.
    let silent = |frames: &[[i16; 2]]| frames.iter().all(|frame| *frame == [0; 2]);
    assert!(silent(&heard[end + RATE / 100..]) && silent(&heard[begins.saturating_sub(RATE)..begins - lead - 1]));
    Ok(())
}

#[test]
fn what_is_heard_is_what_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let source = noise(6.0);
    let path = film(folder.path(), 6.0, &source, "pcm_s16le");
    // Where other tests hold all processors for longer than the device holds sound, it runs out of it: then it is tried again.
    let films = [path];
    let tries: Vec<_> = (0..3).map_while(|_| compare(&films, &source).err()).collect();
    assert!(tries.len() < 3, "{tries:#?}");
}

#[test]
fn from_film_to_film_nothing_is_missing_and_nothing_comes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let source = noise(6.0);
    let films: Vec<_> = source
        .chunks(source.len() / 2)
        .enumerate()
        .map(|(number, part)| {
            let own = folder.path().join(number.to_string());
            std::fs::create_dir(&own).unwrap();
            film(&own, 3.0, part, "pcm_s16le")
        })
        .collect();
    let tries: Vec<_> = (0..3).map_while(|_| compare(&films, &source).err()).collect();
    assert!(tries.len() < 3, "{tries:#?}");
}

#[test]
fn a_film_goes_on_when_its_device_goes_and_another_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), 9.0, &noise(9.0), "pcm_s16le");
    let pulse = Pulse::start();
    let mut command = deep3d();
    pulse.lead(&mut command);
    let statistics = folder.path().join("events");
    command
        .args(["play", "-v", "--sink", "null", "--audio-device", "auto", "--dump-stats"])
        .arg(&statistics)
        .arg(&path);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_secs(4));
    assert!(pulse.pactl(&["load-module", "module-null-sink", "sink_name=other", "rate=44100", "channels=6"]).0);
    assert!(pulse.pactl(&["set-default-sink", "other"]).0);
    let recorder = pulse.record("other");
    thread::sleep(Duration::from_secs(1));
    pulse.pactl(&["unload-module", "module-null-sink"]);
    assert!(pulse.pactl(&["load-module", "module-null-sink", "sink_name=third", "rate=48000"]).0);
    let done = child.wait().unwrap();
    assert!(done.success());
    let loud = recorder.end().samples.iter().filter(|frame| frame[0] != 0).count();
    assert!(loud > RATE / 4, "the new default device had {loud} frames of sound");
    // All pictures are in time, but for the machine's own slowness: film time never stood and never jumped.
    let text = std::fs::read_to_string(statistics).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let shown: Vec<[f64; 2]> = events
        .filter(|event| event["event"] == "picture" && event["late"].is_number())
        .map(|event| {
            [event["wall"].as_f64().unwrap() - event["late"].as_f64().unwrap(), event["pts"].as_f64().unwrap()]
        })
        .collect();
    for pair in shown[shown.len() / 8..].windows(2) {
        let drift = (pair[1][0] - pair[0][0]) - (pair[1][1] - pair[0][1]);
        assert!(drift.abs() < 0.09, "film time stepped by {drift} s at {:?}", pair[1]);
    }
}

#[test]
fn without_a_sound_server_the_film_plays_and_one_line_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), 1.0, &noise(1.0), "pcm_s16le");
    let mut command = deep3d();
    command.env("XDG_RUNTIME_DIR", folder.path()).env("HOME", folder.path()).env_remove("PULSE_SERVER");
    let run = command.args(["play", "--sink", "null", "--audio-device", "auto"]).arg(&path).output().unwrap();
    let said = program::text(&run.stderr);
    assert!(run.status.success(), "{said}");
    let lines: Vec<_> = said.lines().filter(|line| !line.contains("full quality")).collect();
    assert!(lines.len() == 1 && lines[0].contains("the film goes on without sound"), "{said}");
}

#[test]
fn devices_are_listed() {
    let pulse = Pulse::start();
    let mut command = deep3d();
    pulse.lead(&mut command);
    let run = command.args(["play", "--audio-device", "help"]).output().unwrap();
    let said = program::text(&run.stdout);
    assert!(run.status.success() && said.starts_with("auto ") && said.contains("\nnull  "), "{said}");
}

/// The process that the tests below start; alone it does nothing.
#[test]
fn player() {
    together::play();
}

/// The most is 20 ms, and a picture's duration, as this machine does not show every one. Where other tests hold all processors for longer than the device
/// holds sound, a beep comes late: that may be one picture in `strays`.
fn assert_together(name: &str, offsets: &[f64], least: usize, strays: usize) {
    let mut sorted = offsets.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    println!(
        "{name}: {} offsets, median {median:.4}, from {:.4} to {:.4}",
        sorted.len(),
        sorted[0],
        sorted[sorted.len() - 1]
    );
    assert!(offsets.len() >= least, "{name}: only {} flashes and beeps", offsets.len());
    assert!(median.abs() <= 0.02, "{name}: {sorted:?}");
    let off = sorted.iter().filter(|off| off.abs() > 0.06).count();
    assert!(off * strays <= sorted.len(), "{name}: {off} are farther off: {sorted:?}");
}

#[test]
fn flashes_are_seen_when_their_beeps_are_heard() {
    assert_together("plain", &offsets("plain", 60, 20.0), 15, 12);
}

#[test]
fn seeks_and_pauses_leave_pictures_and_sound_together() {
    assert_together("seeks", &offsets("seeks", 60, 30.0), 15, 12);
}

#[test]
fn speeds_leave_pictures_and_sound_together() {
    assert_together("speeds", &offsets("speeds", 60, 22.0), 15, 12);
}

/// `bytes` with what follows `mark` replaced by `by`, at its first place.
fn patched(bytes: &[u8], mark: &[u8], by: &[u8]) -> Vec<u8> {
    let at = bytes.windows(mark.len()).position(|window| window == mark).expect("the mark is there") + mark.len();
    [&bytes[..at], by, &bytes[at + by.len()..]].concat()
}

#[test]
fn bad_sound_never_keeps_a_film_from_playing() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read(film(folder.path(), 2.0, &noise(2.0), "pcm_s16le")).unwrap();
    let flac = std::fs::read(film(folder.path(), 2.0, &noise(2.0), "flac")).unwrap();
    let mut damaged = flac.clone();
    let end = damaged.len();
    damaged[end / 3..].iter_mut().step_by(97).for_each(|byte| *byte ^= 0x55);
    let late = folder.path().join("late.mkv");
    let sound = folder.path().join("sound.raw");
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc=s=160x96:r=25:d=2 -itsoffset 1.2 -f s16le -ar 48000 -ac 2 -i {} -t 2 -c:v mpeg4 -c:a flac",
            sound.display()
        ),
        &late,
    );
    let far = folder.path().join("far.mkv");
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc=s=160x96:r=25:d=2 -itsoffset 7200 -f s16le -ar 48000 -ac 2 -i {} -c:v mpeg4 -c:a flac",
            sound.display()
        ),
        &far,
    );
    let cases = [
        ("0 Hz", patched(&good, b"\xb5\x88", &[0; 8]), None),
        ("infinitely many Hz", patched(&good, b"\xb5\x88", &f64::INFINITY.to_be_bytes()), None),
        ("255 channels", patched(&good, b"\x9f\x81", b"\xff"), None),
        ("no channels", patched(&good, b"\x9f\x81", b"\x00"), None),
        ("an unknown codec", patched(&flac, b"A_FL", b"UN"), Some("without sound")),
        ("damaged packets", damaged, None),
        ("sound that begins late", std::fs::read(late).unwrap(), None),
    ];
    let pulse = Pulse::start();
    for (name, bytes, said) in cases {
        let path = folder.path().join("case.mkv");
        std::fs::write(&path, bytes).unwrap();
        let began = Instant::now();
        let mut command = deep3d();
        pulse.lead(&mut command);
        let run = command.args(["play", "--sink", "null", "--audio-device", "auto"]).arg(&path).output().unwrap();
        let text = program::text(&run.stderr);
        assert!(run.status.success(), "{name}: {text}");
        assert!(began.elapsed() < Duration::from_secs(30), "{name}: {:?}", began.elapsed());
        assert!(!text.contains("panicked") && said.is_none_or(|said| text.contains(said)), "{name}: {text}");
    }
    // What begins hours later is waited for, as mpv does; whoever does not want that says where to end.
    let mut command = deep3d();
    pulse.lead(&mut command);
    let run = command.args(["play", "--sink", "null", "--audio-device", "auto", "--length", "1.5"]).arg(&far);
    assert!(run.status().unwrap().success());
}
