//! What the window's mouse and keys make of the volume, and the messages and signs over the picture, for both eyes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/display.rs"]
mod display;
#[path = "common/playing.rs"]
mod playing;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use display::Display;
use playing::{Playing, SOON};

/// A grey film with a quiet tone.
fn film(folder: &Path) -> PathBuf {
    let path = folder.join("grey.ts");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "color=0x808080:s=640x360:r=10:d=200"])
        .args(["-f", "lavfi", "-i", "sine=r=48000:d=200,volume=0.05", "-c:v", "libx264", "-c:a", "mp2", "-g", "10"])
        .arg(&path)
        .status()
        .expect("ffmpeg makes the clips of this test: install it (Debian: apt install ffmpeg)");
    assert!(made.success());
    path
}

/// The position that a title tells, in seconds.
fn seconds(title: &str) -> f64 {
    let time = title.split(" – ").nth(1).unwrap().split(" / ").next().unwrap();
    time.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap())
}

/// The volume that a title tells, in percent.
fn volume(title: &str) -> i32 {
    title.split("volume ").nth(1).map_or(100, |rest| rest.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn the_wheel_and_the_keys_change_the_volume_which_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let display = Display::start([1600, 900]);
    let mut playing = Playing::start(&display, &[film(folder.path()).to_str().unwrap()]);
    let wheel = |button| display.xdotool(&["click", button]);
    display.xdotool(&["key", "9"]);
    playing.message("the message", true);
    // A bar of three quarters of the width, filled by as much.
    let bar = playing.letters([258, 278], 640);
    assert!(bar[0] > 2000 && bar[0] == bar[1], "{bar:?}");
    display.screenshot().0.save(Path::new(env!("CARGO_TARGET_TMPDIR")).join("volume-message.png")).unwrap();
    playing.title_with("volume 98 %");
    playing.message("the message to go", false);
    // Over the picture the wheel is the volume, to the side it seeks.
    display.xdotool(&["mousemove", "300", "60"]);
    // An X server's made-up clicks may count twice, as winit takes their beginning and their end.
    wheel("4");
    wheel("4");
    let louder = playing.wait(SOON, "more volume", |playing| Some(volume(&playing.title())).filter(|it| *it >= 102));
    wheel("5");
    wheel("5");
    wheel("5");
    playing.wait(SOON, "less volume", |playing| (volume(&playing.title()) <= louder - 6).then_some(()));
    let (before, at) = (seconds(&playing.title()), Instant::now());
    wheel("7");
    playing.wait(SOON, "ten seconds on", |playing| {
        let ahead = seconds(&playing.title()) - before - at.elapsed().as_secs_f64();
        (7.0..21.5).contains(&ahead).then_some(())
    });
    display.xdotool(&["mousemove", "300", "80"]);
    std::thread::sleep(Duration::from_millis(300));
    display.screenshot().0.save(Path::new(env!("CARGO_TARGET_TMPDIR")).join("volume-panel.png")).unwrap();
}

/// Serves `film` by HTTP, the second half only once it may.
fn serve(film: Vec<u8>, may: Arc<AtomicBool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/grey.ts", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, film, may) = (stream.unwrap(), film.clone(), Arc::clone(&may));
            std::thread::spawn(move || {
                let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let (first, second) = film.split_at(film.len() / 20);
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", film.len())?;
                stream.write_all(first)?;
                while !may.load(Ordering::Acquire) {
                    std::thread::sleep(Duration::from_millis(20));
                }
                stream.write_all(second)
            });
        }
    });
    url
}

#[test]
fn a_film_that_is_waited_for_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let display = Display::start([1600, 900]);
    let may = Arc::new(AtomicBool::new(false));
    let url = serve(std::fs::read(film(folder.path())).unwrap(), Arc::clone(&may));
    let mut playing = Playing::start(&display, &[&url]);
    playing.title_with("buffering");
    playing.sign("the sign", true);
    display.screenshot().0.save(Path::new(env!("CARGO_TARGET_TMPDIR")).join("buffering-sign.png")).unwrap();
    may.store(true, Ordering::Release);
    playing.sign("the sign to go", false);
    assert!(!playing.title().contains("buffering"), "{}", playing.title());
}
