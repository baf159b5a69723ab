//! The player left alone for an hour: a list of everything in a loop, random keys and clicks, and whether anything grows. `./x soak` runs it.
//!
//! Arguments: how long (`60m`, `90s`), the program, the folder for figures and plot, a seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/display.rs"]
mod display;
mod films;
mod flat;
mod sample;

use std::collections::VecDeque;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use display::Display;
use sample::{MEASURES, Sample};

/// A small screen: what grows does so at any size, and the more happens the better.
const SCREEN: [u32; 2] = [640, 360];
/// Between two figures.
const EVERY: Duration = Duration::from_secs(10);
/// Between two keys or clicks.
const ACT: Duration = Duration::from_millis(400);
/// Compiling kernels for the CPU takes long where it was never done.
const START: Duration = Duration::from_secs(300);

/// What is pressed, as xdotool names it, and how often. Quitting is left out; pausing ends soon, by going to the next file if by nothing else.
const KEYS: &[(&str, u32)] = &[
    ("greater", 10),
    ("less", 3),
    ("space", 4),
    ("Right", 4),
    ("Left", 4),
    ("Up", 1),
    ("Down", 1),
    ("shift+Right", 2),
    ("shift+Left", 2),
    ("Home", 2),
    ("period", 3),
    ("comma", 3),
    ("f", 1),
    ("Escape", 1),
    ("y", 3),
    ("shift+y", 2),
    ("shift+h", 2),
    ("h", 2),
    ("shift+c", 2),
    ("c", 2),
    ("a", 2),
    ("shift+m", 2),
    ("i", 1),
    ("shift+i", 1),
    ("o", 1),
    ("shift+t", 1),
    ("shift+x", 2),
    ("shift+d", 2),
    ("Tab", 2),
];

/// xorshift64*: the same seed presses the same keys.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as u32 % end
    }
}

/// The playing program, ended with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn length(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    Some(Duration::from_secs(number.parse::<u64>().ok()? * seconds))
}

/// One key, click or movement of the mouse, as xdotool is told of it.
fn action(random: &mut Random, window: &str) -> Vec<String> {
    let place = [random.below(SCREEN[0]), random.below(SCREEN[1])].map(|side| side.to_string());
    let mut words = match random.below(10) {
        0 => vec!["mousemove", &place[0], &place[1]],
        1 | 2 => {
            let button = ["1", "1", "1", "3", "4", "5"][random.below(6) as usize];
            // The panel's button to quit is at its right end, which layouts of two halves also have a little left of the middle.
            let across = if button == "1" { random.below(SCREEN[0] * 38 / 100).to_string() } else { place[0].clone() };
            return ["mousemove", &across, &place[1], "click", button].map(str::to_owned).into();
        }
        _ => vec!["key", "--window", window],
    };
    if words[0] == "key" {
        let mut chosen = random.below(KEYS.iter().map(|(_, weight)| weight).sum());
        let key = KEYS.iter().find(|(_, weight)| match chosen.checked_sub(*weight) {
            Some(rest) => {
                chosen = rest;
                false
            }
            None => true,
        });
        words.push(key.unwrap().0);
    }
    words.into_iter().map(str::to_owned).collect()
}

fn start(program: &Path, folder: &Path, films: &[PathBuf], display: &Display) -> Program {
    let log = fs::File::create(folder.join("soak.log")).unwrap();
    let child = Command::new(program)
        .args(["play", "--loop", "--network-size", "64x64", "--layout", "half-sbs"])
        .args(films)
        .env("DISPLAY", display.name())
        .env("DEEP3D_CACHE_DIR", folder.join("cache"))
        .env("DEEP3D_STATE_DIR", folder.join("state"))
        .env("DEEP3D_LOG", "deep3d=error,deep3d::gpu::memory=trace")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn();
    Program(child.expect("the program could not be started"))
}

fn run(length: Duration, program: &Path, folder: &Path, seed: u64) -> Result<Vec<Sample>, String> {
    let films = films::all(&folder.join("films"));
    let display = Display::start(SCREEN);
    let mut program = start(program, folder, &films, &display);
    let begin = Instant::now();
    let window = loop {
        if let Some(window) = display.window(program.0.id()) {
            break window;
        }
        if begin.elapsed() > START || program.0.try_wait().unwrap().is_some() {
            return Err("no window came".to_owned());
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let mut random = Random(seed);
    let mut table = fs::File::create(folder.join("soak.csv")).unwrap();
    writeln!(table, "seconds,{}", MEASURES.map(|measure| measure.name).join(",")).unwrap();
    let (begin, mut samples, mut done) = (Instant::now(), Vec::new(), VecDeque::new());
    while begin.elapsed() < length {
        let words = action(&mut random, &window);
        display.xdotool(&words.iter().map(String::as_str).collect::<Vec<_>>());
        done.push_back(words.join(" "));
        if done.len() > 10 {
            done.pop_front();
        }
        std::thread::sleep(ACT);
        if let Some(status) = program.0.try_wait().unwrap() {
            let log = folder.join("soak.log");
            return Err(format!("the program has ended ({status}): {}; done last: {done:?}", log.display()));
        }
        if begin.elapsed() >= EVERY * samples.len() as u32 {
            let sample = Sample::take(program.0.id(), begin.elapsed(), &folder.join("soak.log"));
            let sample = sample.map_err(|error| format!("no figures could be had: {error}"))?;
            writeln!(table, "{}", sample.line()).unwrap();
            samples.push(sample);
        }
    }
    Ok(samples)
}

fn plot(folder: &Path) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/soak/plot.gnuplot");
    let drawn = Command::new("gnuplot").arg(script).current_dir(folder).status();
    if !drawn.is_ok_and(|status| status.success()) {
        eprintln!("no plot: gnuplot is missing (Debian: apt install gnuplot-nox)");
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [time, program, folder, seed] = &arguments[..] else {
        eprintln!("soak: LENGTH PROGRAM FOLDER SEED; ./x soak gives them");
        return ExitCode::from(2);
    };
    let (Some(time), Ok(seed)) = (length(time), seed.parse::<u64>()) else {
        eprintln!("soak: a length is a number and h, m or s, a seed a number");
        return ExitCode::from(2);
    };
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder).unwrap();
    let samples = match run(time, Path::new(program), &folder, seed.max(1)) {
        Ok(samples) => samples,
        Err(reason) => {
            eprintln!("soak: {reason}");
            return ExitCode::FAILURE;
        }
    };
    plot(&folder);
    let mut flat = true;
    for (index, measure) in MEASURES.iter().enumerate() {
        let judged = flat::judge(&samples, index);
        flat &= judged.is_flat() || !measure.counts;
        println!("{:<12} {}", measure.name, judged.text(measure.unit));
    }
    println!("{}, seed {seed}: {}", if flat { "flat" } else { "something grows" }, folder.display());
    if flat { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
