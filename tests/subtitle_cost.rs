//! What subtitles cost beside pictures, at 1080p: `cargo test --test subtitle_cost -- --nocapture`. One thread; times are the processor's for it.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/pgs.rs"]
mod pgs;

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use deep3d::media::StopFlag;
use deep3d::media::subtitle::{Codepage, Fonts, Renderer, Track, read};
use deep3d::overlay::Area;
use deep3d::subtitle::Settings;
use deep3d::time::Time;
use rustix::time::{ClockId, clock_gettime};

const SIZE: [u32; 2] = [1920, 1080];
const AREA: Area = Area { size: SIZE, aspect: 16.0 / 9.0 };
const FRAMES: u32 = 240;

fn spent() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}

fn time(seconds: f64) -> String {
    let milliseconds = (seconds * 1000.0) as u64;
    let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000);
    format!("{:02}:{:02}:{:02},{:03}", minutes / 60, minutes % 60, rest / 1000, rest % 1000)
}

/// So many lines, one after the other over two hours.
fn srt(count: u32) -> String {
    let step = 7200.0 / f64::from(count);
    let mut text = String::new();
    for index in 0..count {
        let from = f64::from(index) * step;
        let (from, to) = (time(from), time(from + step * 0.9));
        write!(text, "{}\n{from} --> {to}\nLine {index} of a film that has many\n\n", index + 1).unwrap();
    }
    text
}

fn karaoke() -> String {
    "[Script Info]\nScriptType: v4.00+\nPlayResX: 1920\nPlayResY: 1080\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Outline, Shadow, Alignment, MarginV\n\
     Style: Default,DejaVu Sans,60,&H00FFFFFF,&H0000FFFF,&H00202020,&H80000000,3,2,2,40\n\n[Events]\nFormat: Layer, Start, End, Style, Text\n\
     Dialogue: 0,0:00:00.00,1:00:00.00,Default,{\\kf300}Karaoke {\\kf300}changes {\\kf300}in {\\kf300}every {\\kf300}picture\n"
        .to_owned()
}

/// Draws ten seconds from `from` on; prints what it took.
fn measure(name: &str, file: Option<&Path>, from: f64) -> f64 {
    let (before, began) = (memory(), spent());
    let mut track: Option<Track> = file.map(|file| {
        read(file, Codepage::Auto, &StopFlag::default()).unwrap().remove(0).track(&Fonts::default(), SIZE).unwrap()
    });
    let opened = (spent() - began).as_secs_f64();
    let mut renderer = Renderer::default();
    let mut draw = |frame: u32| {
        let time = Time::from_seconds(from + f64::from(frame) / 24.0);
        renderer.draw([track.as_mut(), None], time, AREA, &Settings::default())
    };
    // Fonts are found once.
    draw(0);
    let (mut worst, mut sum, mut seen) = (0.0_f64, 0.0, 0);
    for frame in 0..FRAMES {
        let began = spent();
        let overlay = draw(frame);
        let took = (spent() - began).as_secs_f64() * 1000.0;
        (worst, sum) = (worst.max(took), sum + took);
        seen += usize::from(!overlay.bitmaps.is_empty());
    }
    let mean = sum / f64::from(FRAMES);
    let more = memory() - before;
    println!(
        "{name}: {mean:.3} ms a picture, {worst:.2} at most ({seen} of {FRAMES} with text); opened in {opened:.2} s; {more:.0} MiB more"
    );
    mean
}

#[test]
fn drawing_takes_no_longer_where_a_film_has_many_lines() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    measure("none", None, 0.0);
    measure("a line that stands", Some(&made("one.srt", srt(100).as_bytes())), 7.2);
    measure("a karaoke line", Some(&made("karaoke.ass", karaoke().as_bytes())), 0.5);
    measure("a picture that stands", Some(&made("one.sup", &pgs::pgs([1920, 1080], [500, 900], [900, 120]))), 0.6);
    let few = measure("10³ lines", Some(&made("few.srt", srt(1000).as_bytes())), 3600.0);
    let many = measure("10⁴ lines", Some(&made("many.srt", srt(10_000).as_bytes())), 3600.0);
    let most = std::env::var_os("DEEP3D_MOST_LINES").is_some();
    if most {
        measure("10⁶ lines", Some(&made("most.srt", srt(1_000_000).as_bytes())), 3600.0);
    }
    // Of ten times the lines ten times as many are drawn anew.
    assert!(many < few * 20.0 + 0.2, "{few} and {many} ms");
}
