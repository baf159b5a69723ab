//! What the window's mouse and keys make of the volume, and the signs over the picture, for both eyes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/display.rs"]
mod display;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use display::Display;

const START: Duration = Duration::from_secs(180);
const SOON: Duration = Duration::from_secs(30);

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

/// The program with its window; ended with the test.
struct Playing<'a> {
    display: &'a Display,
    program: Child,
    window: String,
}

impl<'a> Playing<'a> {
    fn start(display: &'a Display, film: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deep3d"));
        command.args(["play", "--quality", "full", film]);
        command.env("DEEP3D_CACHE_DIR", env!("CARGO_TARGET_TMPDIR")).env("DEEP3D_VALIDATION", "1");
        command.env_remove("WAYLAND_DISPLAY").env("DISPLAY", display.name()).env("PULSE_SERVER", "/nowhere");
        let program = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut playing = Self { display, program, window: String::new() };
        playing.wait(START, "the window", |playing| {
            playing.window = playing.display.window(playing.program.id())?;
            Some(())
        });
        playing
            .wait(START, "the first picture", |playing| playing.greys().iter().all(|grey| *grey > 100.0).then_some(()));
        playing
    }

    fn wait<T>(&mut self, patience: Duration, what: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let begin = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(self.program.try_wait().unwrap().is_none(), "the program has ended");
            assert!(begin.elapsed() < patience, "waited in vain for {what}; the title is {:?}", self.title());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn title(&self) -> String {
        self.display.xdotool(&["getwindowname", &self.window])
    }

    fn title_with(&mut self, part: &str) {
        self.wait(SOON, part, |playing| playing.title().contains(part).then_some(()));
    }

    /// How bright each eye's picture is where a sign would stand, beside its letters.
    fn greys(&self) -> [f64; 2] {
        let shot = self.display.screenshot();
        [320, 960].map(|middle| shot.part([middle - 80, 164], [16, 8]).mean())
    }

    fn sign(&mut self, what: &str, is_there: bool) {
        self.wait(SOON, what, |playing| playing.greys().iter().all(|grey| (*grey < 60.0) == is_there).then_some(()));
    }
}

impl Drop for Playing<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
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
    let mut playing = Playing::start(&display, film(folder.path()).to_str().unwrap());
    let wheel = |button| display.xdotool(&["click", button]);
    display.xdotool(&["key", "9"]);
    playing.sign("the sign", true);
    display.screenshot().0.save(Path::new(env!("CARGO_TARGET_TMPDIR")).join("volume-sign.png")).unwrap();
    playing.title_with("volume 98 %");
    playing.sign("the sign to go", false);
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
    let mut playing = Playing::start(&display, &url);
    playing.title_with("buffering");
    playing.sign("the sign", true);
    display.screenshot().0.save(Path::new(env!("CARGO_TARGET_TMPDIR")).join("buffering-sign.png")).unwrap();
    may.store(true, Ordering::Release);
    playing.sign("the sign to go", false);
    assert!(!playing.title().contains("buffering"), "{}", playing.title());
}
