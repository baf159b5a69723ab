//! A player that nobody sees, and a program at its socket.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ffmpeg::ffmpeg;
use crate::program::deep3d;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// A player that shows a film to nobody, and its socket.
pub(crate) struct Playing {
    pub(crate) program: Child,
    pub(crate) socket: PathBuf,
}

impl Playing {
    pub(crate) fn start(socket: &Path, arguments: &[&str]) -> Self {
        Self::start_with(socket, arguments, "unix:path=/nowhere/bus")
    }

    /// The same with a session bus.
    pub(crate) fn start_with(socket: &Path, arguments: &[&str], bus: &str) -> Self {
        let program = deep3d()
            .env("DBUS_SESSION_BUS_ADDRESS", bus)
            .args(["play", "--sink", "null", "--network-size", "64x64", "--input-ipc-server"])
            .arg(socket)
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut playing = Self { program, socket: socket.to_owned() };
        let began = Instant::now();
        while UnixStream::connect(socket).is_err() {
            if let Some(status) = playing.program.try_wait().unwrap() {
                panic!("the program has ended ({status}): {}", playing.said());
            }
            assert!(began.elapsed() < PATIENCE, "there is no socket");
            thread::sleep(Duration::from_millis(20));
        }
        playing
    }

    pub(crate) fn said(&mut self) -> String {
        let mut text = String::new();
        self.program.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    pub(crate) fn client(&self) -> Client {
        Client::of(UnixStream::connect(&self.socket).unwrap())
    }

    /// Waits for its end; gives whether that was a good one, and what it said.
    pub(crate) fn end(mut self) -> (bool, String) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.program.try_wait().unwrap() {
                return (status.success(), self.said());
            }
            assert!(began.elapsed() < PATIENCE, "the program does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// One program at the socket.
pub(crate) struct Client {
    lines: BufReader<UnixStream>,
    pub(crate) stream: UnixStream,
    asked: i64,
    pub(crate) events: Vec<Value>,
}

impl Client {
    pub(crate) fn of(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { lines: BufReader::new(stream.try_clone().unwrap()), stream, asked: 0, events: Vec::new() }
    }

    pub(crate) fn line(&mut self) -> Value {
        let mut line = String::new();
        assert!(self.lines.read_line(&mut line).unwrap() > 0, "the player has hung up");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Asks, and gives the answer; events that come before it are kept.
    pub(crate) fn ask(&mut self, command: Value) -> Value {
        self.asked += 1;
        let line = json!({"command": command, "request_id": self.asked}).to_string() + "\n";
        self.stream.write_all(line.as_bytes()).unwrap();
        loop {
            let answer = self.line();
            if answer.get("event").is_some() {
                self.events.push(answer);
            } else if answer["request_id"] == json!(self.asked) {
                return answer;
            }
        }
    }

    pub(crate) fn does(&mut self, command: Value) {
        let answer = self.ask(command.clone());
        assert_eq!(answer["error"], "success", "{command}: {answer}");
    }

    pub(crate) fn get(&mut self, property: &str) -> Value {
        self.ask(json!(["get_property", property]))["data"].clone()
    }

    /// Waits until an event is as wanted.
    pub(crate) fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.events.iter().position(&wanted) {
            return self.events.remove(at);
        }
        loop {
            let event = self.line();
            if wanted(&event) {
                return event;
            }
        }
    }

    pub(crate) fn wait_until(&mut self, property: &str, wanted: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        while !wanted(&self.get(property)) {
            assert!(began.elapsed() < PATIENCE, "{property} is {}", self.get(property));
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A film of thirty seconds with chapters, two audio tracks and subtitles.
pub(crate) fn film(folder: &Path) -> PathBuf {
    let at = |name: &str| folder.join(name);
    let chapter = |number: u32| {
        let (from, to) = (number * 10_000, (number + 1) * 10_000);
        format!("[CHAPTER]\nTIMEBASE=1/1000\nSTART={from}\nEND={to}\ntitle=Part {number}\n")
    };
    fs::write(at("chapters.txt"), format!(";FFMETADATA1\n{}", (0..3).map(chapter).collect::<String>())).unwrap();
    fs::write(at("cues.srt"), "1\n00:00:01,000 --> 00:00:29,000\nGood day\n").unwrap();
    let [cues, chapters] = ["cues.srt", "chapters.txt"].map(|name| at(name).display().to_string());
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc2=s=160x96:r=24:d=30 -f lavfi -i sine=440:d=30 -f lavfi -i sine=880:d=30 -i {cues} -i {chapters} \
             -map 0 -map 1 -map 2 -map 3 -map_metadata 4 -c:v libx264 -preset veryfast -g 48 -pix_fmt yuv420p -c:a aac -c:s srt \
             -metadata:s:a:0 language=eng -metadata:s:a:1 language=fra"
        ),
        &at("film.mkv"),
    );
    at("film.mkv")
}
