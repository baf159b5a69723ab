//! Films whose clocks wrap and jump, and whose sound changes in mid-film: all of it is heard, without long breaks.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/heard.rs"]
mod heard;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ffmpeg::ffmpeg;
use heard::{RATE, Room, noise, raw};

/// Two seconds of noise and pictures in a transport stream, as `arguments` say besides.
fn piece(folder: &Path, name: &str, arguments: &str) -> PathBuf {
    let sound = raw(folder, name, &noise(name.len() as u32, 2.0));
    let path = folder.join(format!("{name}.ts"));
    let arguments = format!(
        "-f lavfi -i testsrc=s=160x96:r=25:d=2 -f s16le -ar 48000 -ac 2 -i {} -c:v libx264 -preset ultrafast -g 10 -bf 0 \
         -c:a mp2 -muxdelay 0 -muxpreload 0 {arguments} -f mpegts",
        sound.display()
    );
    ffmpeg(&arguments, &path);
    path
}

fn joined(folder: &Path, parts: &[PathBuf]) -> PathBuf {
    let bytes: Vec<u8> = parts.iter().flat_map(|part| std::fs::read(part).unwrap()).collect();
    let path = folder.join("joined.ts");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Plays it to its end: for how long there was sound, and the longest break in it, in seconds.
fn play(path: &Path) -> (f64, f64) {
    let mut room = Room::new(&[path.to_owned()]);
    let until = Instant::now() + Duration::from_secs(40);
    while !room.finished && Instant::now() < until {
        room.play(0.05);
    }
    assert!(room.finished && room.player.take_failures().is_empty(), "{}", path.display());
    let heard = room.heard();
    let (mut loud, mut longest, mut last) = (0, 0, None);
    for (at, frame) in heard.iter().enumerate() {
        assert!(!heard::is_wrong(*frame));
        if frame[0].abs() > 1e-3 {
            loud += 1;
            longest = longest.max(last.map_or(0, |last| at - last));
            last = Some(at);
        }
    }
    (loud as f64 / RATE as f64, longest as f64 / RATE as f64)
}

/// All of it is heard, but for so many seconds, with no break longer than that.
fn assert_heard(name: &str, path: &Path, seconds: f64, least: f64, most: f64) {
    // Noise is nearly never silent. Where other tests hold all processors, the ring may run dry: then it is tried again.
    let tries: Vec<_> =
        (0..3).map(|_| play(path)).take_while(|(loud, gap)| *loud < seconds - least || *gap > most).collect();
    assert!(tries.len() < 3, "{name}: {tries:?}");
}

#[test]
fn a_clock_that_wraps_at_33_bits_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // 2^33 ticks of 90 kHz are 95443.7 s: that is 0.7 s after its beginning.
    let path = piece(folder.path(), "wrap", "-output_ts_offset 95443");
    assert_heard("wrap", &path, 2.0, 0.15, 0.05);
}

#[test]
fn clocks_that_jump_forward_and_back_leave_no_hole() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, offset: u32| piece(folder.path(), name, &format!("-output_ts_offset {offset}"));
    let parts = [at("a", 100), at("bb", 5000), at("ccc", 20)];
    assert_heard("jumps", &joined(folder.path(), &parts), 6.0, 0.5, 0.25);
}

#[test]
fn sound_that_changes_its_format_in_mid_film_is_heard_on() {
    let folder = tempfile::tempdir().unwrap();
    let parts = [
        piece(folder.path(), "a", "-output_ts_offset 10"),
        piece(folder.path(), "bb", "-ar 44100 -ac 1 -output_ts_offset 12"),
        piece(folder.path(), "ccc", "-ar 32000 -ac 2 -output_ts_offset 14"),
    ];
    assert_heard("formats", &joined(folder.path(), &parts), 6.0, 0.6, 0.25);
}
