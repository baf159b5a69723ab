//! Subtitles and messages in the window while the film is paused: each key is seen at once, without another picture.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/display.rs"]
mod display;
#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/playing.rs"]
mod playing;

use std::path::Path;
use std::time::{Duration, Instant};

use display::Display;
use playing::{Playing, SOON};

/// Longer than that nobody should have to look at the picture before, on a machine that does other things besides.
const AT_ONCE: Duration = Duration::from_secs(4);
/// Rows of the lower half.
const BELOW: [u32; 2] = [180, 360];

impl Playing<'_> {
    /// Presses a key; how many pixels of letters each eye has below, once `good` likes them.
    fn press(&mut self, key: &str, good: impl Fn([usize; 2]) -> bool) -> [usize; 2] {
        self.key(key);
        self.wait(AT_ONCE, key, |playing| Some(playing.letters(BELOW, 640)).filter(|found| good(*found)))
    }

    fn save(&self, name: &str) {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        self.display.screenshot().0.save(file).unwrap();
    }
}

fn none(found: [usize; 2]) -> bool {
    found == [0, 0]
}

fn some([left, right]: [usize; 2]) -> bool {
    left > 60 && left == right
}

#[test]
fn keys_are_seen_at_once_while_the_film_is_paused() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mkv");
    ffmpeg::ffmpeg("-f lavfi -i color=0x808080:s=640x360:r=10:d=100 -c:v libx264 -preset ultrafast", &film);
    let lines = "1\n00:00:00,050 --> 00:01:40,000\nA line of letters\n";
    std::fs::write(folder.path().join("film.srt"), lines).unwrap();
    let display = Display::start([1600, 900]);
    let shots = folder.path().join("shots");
    let named = ["--screenshot-directory", shots.to_str().unwrap(), "--screenshot-template", "%F-%wS-%n"];
    let mut playing =
        Playing::start(&display, &[&["--no-audio", "--no-osd-bar", film.to_str().unwrap()][..], &named].concat());
    playing.key("space");
    playing.title_with("paused");
    playing.press("Home", none);
    playing.message("where the film is", true);
    playing.message("the message to go", false);
    // The line begins a moment after the picture that stands.
    let usual = playing.press("z", some);
    playing.message("the delay", true);
    playing.save("paused-delay.png");
    playing.press("Z", none);
    playing.press("z", |found| found == usual);
    playing.press("v", none);
    playing.press("v", |found| found == usual);
    playing.message("the message to go", false);
    // Both eyes in a file, with the line and without it, and the window.
    let shot = |playing: &mut Playing<'_>, key: &str, number: u32| {
        playing.key(key);
        let file = shots.join(format!("film-00-{number:04}.png"));
        playing.wait(SOON, "a screenshot", |_| image::open(&file).ok()).to_rgb8()
    };
    let bright = |picture: &image::RgbImage, left: u32| {
        let below = |x: &u32, y: &u32| (left..left + 640).contains(x) && *y >= 180;
        let pixels = picture.enumerate_pixels().filter(|(x, y, _)| below(x, y));
        pixels.filter(|(.., pixel)| pixel.0.iter().all(|value| *value > 220)).count()
    };
    let with = shot(&mut playing, "s", 1);
    playing.message("where the file is", true);
    assert_eq!((with.dimensions(), [0, 640].map(|left| bright(&with, left))), ((1280, 360), usual));
    let without = shot(&mut playing, "S", 2);
    assert_eq!((without.dimensions(), [0, 640].map(|left| bright(&without, left))), ((1280, 360), [0, 0]));
    let window = shot(&mut playing, "ctrl+s", 3);
    assert_eq!([0, 640].map(|left| bright(&window, left)), usual);
    playing.message("the message to go", false);
    playing.press("G", |found| some(found) && found[0] > usual[0]);
    playing.press("F", |found| found == usual);
    playing.press("j", none);
    playing.press("j", |found| found == usual);
    // Of half the width, in both halves of a picture that is half as wide.
    playing.key("y");
    playing.wait(AT_ONCE, "half the width", |playing| {
        let shot = playing.display.screenshot();
        let edge = shot.part([0, 0], [310, 360]).mean();
        (edge == 0.0 && playing.letters(BELOW, 640).iter().all(|count| (10..usual[0] / 2).contains(count)))
            .then_some(())
    });
    playing.save("paused-half.png");
    playing.press("Y", |found| found == usual);
    // The time stays until it is sent away.
    playing.key("O");
    playing.message("the time", true);
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        assert!(playing.letters([0, 50], 320).iter().all(|count| *count > 60), "the time stays");
        std::thread::sleep(Duration::from_millis(200));
    }
    playing.key("O");
    playing.message("the time to go", false);
    playing.key("o");
    playing.message("the time for a moment", true);
    playing.message("the time to go", false);
}
