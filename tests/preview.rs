//! Small pictures out of films, for the seek bar.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use deep3d::film::{Preview, Previews};
use deep3d::media::{Info, Reading, Source, SourceOptions, StopFlag};
use deep3d::time::Time;
use ffmpeg::ffmpeg;

const SOON: Duration = Duration::from_secs(20);
const SECONDS: f64 = 9.0;

/// Three seconds each of red, green and blue, 64×48, all of it lit.
fn clip(folder: &Path, name: &str, options: &str) -> PathBuf {
    filtered(folder, name, "null", options)
}

fn filtered(folder: &Path, name: &str, filter: &str, options: &str) -> PathBuf {
    let file = folder.join(name);
    let colours = ["red", "lime", "blue"].map(|colour| format!("-f lavfi -i color={colour}:s=64x48:r=25:d=3"));
    ffmpeg(&format!("{} -filter_complex concat=n=3,{filter} -pix_fmt yuv420p {options}", colours.join(" ")), &file);
    file
}

fn info(file: &Path) -> Info {
    Source::open(file, &SourceOptions::default()).unwrap().info().clone()
}

fn previews(file: &Path) -> Previews {
    Previews::new(file.to_str().unwrap(), &info(file), Reading::default(), &StopFlag::default()).expect("previews")
}

/// Waits for the settled preview of `time`.
fn settled(previews: &Previews, time: Time) -> Preview {
    previews.want(Some(time));
    let begin = Instant::now();
    loop {
        let made = previews.made();
        if made.time == time && made.settled {
            return made;
        }
        assert!(begin.elapsed() < SOON, "no preview of {time} came: {:?}", (made.time, made.settled));
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Which of red, green and blue the middle is.
fn colour(preview: &Preview) -> usize {
    let [width, height] = preview.size.map(|side| side as usize);
    assert_eq!(preview.pixels.len(), width * height * 4);
    let pixel = &preview.pixels[(height / 2 * width + width / 2) * 4..][..4];
    assert_eq!(pixel[3], 255);
    let brightest = (0..3).max_by_key(|channel| pixel[*channel]).unwrap();
    let rest = (0..3).filter(|channel| *channel != brightest).map(|channel| pixel[channel]).max().unwrap();
    assert!(pixel[brightest] > 200 && rest < 40, "{pixel:?}");
    brightest
}

#[test]
fn the_picture_is_the_one_at_that_time() {
    let folder = tempfile::tempdir().unwrap();
    // One with a place to begin each second, one with none but its beginning, and one with another kind of samples.
    for (name, options) in [
        ("often.mp4", "-c:v libx264 -g 25"),
        ("once.mkv", "-c:v libx264 -g 999 -sc_threshold 0 -bf 3"),
        ("ten.mkv", "-c:v libx265 -x265-params log-level=error -pix_fmt yuv420p10le"),
        ("old.ts", "-c:v mpeg2video -g 12"),
    ] {
        let file = clip(folder.path(), name, options);
        let previews = previews(&file);
        for (seconds, wanted) in [(4.5, 1), (0.0, 0), (8.9, 2), (1.0, 0), (7.0, 2), (4.5, 1), (SECONDS + 100.0, 2)] {
            let preview = settled(&previews, Time::from_seconds(seconds));
            assert_eq!(preview.size, [192, 144], "{name}");
            assert_eq!(colour(&preview), wanted, "{name} at {seconds} s");
        }
    }
}

#[test]
fn of_many_wishes_the_last_is_fulfilled_and_nobody_waits() {
    let folder = tempfile::tempdir().unwrap();
    let previews = previews(&clip(folder.path(), "once.mp4", "-c:v libx264 -g 999 -sc_threshold 0"));
    let begin = Instant::now();
    for step in 0..500 {
        previews.want(Some(Time::from_seconds(f64::from(step) * SECONDS / 500.0)));
        let _ = previews.made();
    }
    previews.want(None);
    previews.want(Some(Time::from_seconds(4.5)));
    assert!(begin.elapsed() < Duration::from_millis(500), "asking took {:?}", begin.elapsed());
    assert_eq!(colour(&settled(&previews, Time::from_seconds(4.5))), 1);
    // A wish that was given up can be made again.
    previews.want(Some(Time::from_seconds(8.0)));
    previews.want(None);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(colour(&settled(&previews, Time::from_seconds(8.0))), 2);
    // It ends at once, also in the middle of its work.
    previews.want(Some(Time::from_seconds(1.0)));
    let begin = Instant::now();
    drop(previews);
    assert!(begin.elapsed() < Duration::from_millis(500), "ending took {:?}", begin.elapsed());
}

#[test]
fn the_shape_is_the_films() {
    let folder = tempfile::tempdir().unwrap();
    let wide = filtered(folder.path(), "wide.mp4", "setsar=2/1", "-c:v libx264");
    assert_eq!(settled(&previews(&wide), Time::ZERO).size, [192, 72]);
}

#[test]
fn what_cannot_be_searched_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = clip(folder.path(), "film.mp4", "-c:v libx264");
    let good = info(&file);
    let none =
        |location: &str, info: &Info| Previews::new(location, info, Reading::default(), &StopFlag::default()).is_none();
    let path = file.to_str().unwrap();
    assert!(!none(path, &good));
    assert!(none(path, &Info { duration: None, ..good.clone() }));
    assert!(none(path, &Info { duration: Some(Time::ZERO), ..good.clone() }));
    assert!(none(path, &Info { can_seek: false, ..good.clone() }));
    assert!(none(path, &Info { is_still: true, ..good.clone() }));
    assert!(none("https://example.org/film.mp4", &good));
    // A file that has gone, or was never a film: an empty preview says that no other is to come.
    let gone = Previews::new("/nowhere/film.mp4", &good, Reading::default(), &StopFlag::default()).unwrap();
    for seconds in [1.0, 2.0] {
        let preview = settled(&gone, Time::from_seconds(seconds));
        assert!(preview.pixels.is_empty() && preview.size == [0, 0]);
    }
}

#[test]
fn it_ends_when_the_film_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = clip(folder.path(), "film.mp4", "-c:v libx264");
    let stop = StopFlag::default();
    let previews = Previews::new(file.to_str().unwrap(), &info(&file), Reading::default(), &stop).unwrap();
    stop.stop();
    previews.want(Some(Time::from_seconds(4.0)));
    let preview = settled(&previews, Time::from_seconds(4.0));
    assert!(preview.pixels.is_empty(), "a stopped film is not decoded");
}
