//! Films with their sound for a long time: `./x test-long` plays each for ten minutes, or as many seconds as it is told.
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

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use program::deep3d;
use pulse::{Pulse, RATE};
use together::{film, noise, offsets};

/// Where every picture is shown, in seconds.
const MOST: f64 = 0.02;
/// A picture's duration in these films: as much more where pictures are left out.
const PICTURE: f64 = 0.04;

fn seconds() -> f64 {
    std::env::var("DEEP3D_LONG").map_or(600.0, |seconds| seconds.parse().expect("DEEP3D_LONG is a number of seconds"))
}

/// The process that the tests below start; alone it does nothing.
#[test]
fn player() {
    together::play();
}

/// The median is within what is allowed where all pictures are shown, and all but one in 20 within a picture's duration more.
fn assert_together(name: &str) {
    let seconds = seconds();
    let mut offsets = offsets(name, seconds as usize + 30, seconds);
    offsets.sort_by(f64::total_cmp);
    let at = |share: f64| offsets[((offsets.len() - 1) as f64 * share) as usize];
    let off = offsets.iter().filter(|off| off.abs() > MOST + PICTURE).count();
    println!(
        "{name}: {} offsets in {seconds} s: median {:.4}, 5 to 95 % {:.4} to {:.4}, all {:.4} to {:.4}; {off} farther off",
        offsets.len(),
        at(0.5),
        at(0.05),
        at(0.95),
        at(0.0),
        at(1.0)
    );
    assert!(offsets.len() as f64 >= seconds / 3.0, "{name}: only {} flashes with their beeps", offsets.len());
    assert!(at(0.5).abs() <= MOST, "{name}: the median is {}", at(0.5));
    assert!(off * 20 <= offsets.len(), "{name}: {off} of {} are off", offsets.len());
}

#[test]
fn flashes_stay_with_their_beeps() {
    assert_together("plain");
}

#[test]
fn seeks_and_pauses_leave_them_together() {
    assert_together("seeks");
}

#[test]
fn speeds_leave_them_together() {
    assert_together("speeds");
}

#[test]
fn a_network_too_slow_for_the_film_leaves_them_together() {
    assert_together("slow");
}

/// A process that takes one processor; ended with the test.
struct Busy(Child);

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn sound_never_breaks_while_another_process_takes_a_core() {
    let folder = tempfile::tempdir().unwrap();
    let seconds = seconds();
    let path = film(folder.path(), seconds, &noise(seconds), "flac");
    let pulse = Pulse::start();
    let recorder = pulse.record("null");
    thread::sleep(Duration::from_secs(1));
    let _busy = Busy(Command::new("sh").args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn().unwrap());
    let mut command = deep3d();
    pulse.lead(&mut command);
    let run = command.args(["play", "--sink", "null", "--audio-device", "auto"]).arg(&path).output().unwrap();
    assert!(run.status.success(), "{}", program::text(&run.stderr));
    thread::sleep(Duration::from_millis(400));
    let samples = recorder.end().samples;
    let loud = |frame: &[i16; 2]| *frame != [0; 2];
    let begin = samples.iter().position(loud).expect("something is heard");
    let end = samples.iter().rposition(loud).unwrap();
    // Noise is never silent for a millisecond.
    let holes: Vec<(f64, usize)> = samples[begin..end]
        .chunk_by(|one, other| loud(one) == loud(other))
        .scan(0, |at, run| {
            *at += run.len();
            Some((*at, run))
        })
        .filter(|(_, run)| !loud(&run[0]) && run.len() > RATE / 1000)
        .map(|(at, run)| (at as f64 / RATE as f64, run.len()))
        .collect();
    let heard = (end - begin) as f64 / RATE as f64;
    println!("{heard:.1} s heard, {} holes: {holes:?}", holes.len());
    assert!((heard - seconds).abs() < 0.5 && holes.is_empty());
}
