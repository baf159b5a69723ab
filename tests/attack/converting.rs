//! Changed films through whole conversions: the program itself, with network and eyes.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::corpus::Film;
use crate::mutate;
use crate::pool::{Figures, Finding};
use crate::program;
use crate::random::Random;

const PATIENCE: Duration = Duration::from_secs(120);
/// MiB. The program with its network has 300 of a small film.
const MEMORY: u64 = 2560;

/// What is asked for of pictures, at random.
const PICTURES: &[&[&str]] =
    &[&["-o", "out.png"], &["-o", "out.jpg", "--layout", "left"], &["-o", "out.png", "--layout", "depth"]];

/// What is asked for of films.
const FILMS: &[&[&str]] = &[
    &["-o", "out.mkv"],
    &["-o", "out.mkv", "--start", "0.5"],
    &["-o", "out.mp4"],
    &["-o", "out.mp4", "--layout", "half-tab", "--end", "1"],
    &["-o", "out.mov", "--layout", "anaglyph"],
    &["-o", "out.png"],
    &["--save-depth", "depth.mkv"],
];

/// Converts `count` changed films, two at a time.
pub(crate) fn attack(seed: u64, corpus: &[Film], count: u64) -> Figures {
    let figures = Mutex::new(Figures::default());
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if case >= count {
                        break;
                    }
                    let (outcome, found, time, memory) = convert(seed, corpus, case);
                    let mut figures = figures.lock().unwrap();
                    let name = case.to_string();
                    figures.slowest = figures.slowest.clone().max((time, name.clone()));
                    figures.largest = figures.largest.clone().max((memory, name.clone()));
                    figures.findings.extend(found.into_iter().map(|(kind, text)| Finding {
                        case: name.clone(),
                        kind,
                        text,
                    }));
                    *figures.outcomes.entry(outcome).or_default() += 1;
                }
            });
        }
    });
    figures.into_inner().unwrap()
}

fn convert(seed: u64, corpus: &[Film], case: u64) -> (String, Vec<(String, String)>, u64, u64) {
    let (chosen, files) = mutate::case(corpus, seed, case);
    let folder = tempfile::tempdir().unwrap();
    let (inputs, outputs) = (folder.path().join("in"), folder.path().join("out"));
    std::fs::create_dir(&inputs).unwrap();
    std::fs::create_dir(&outputs).unwrap();
    for (name, bytes) in &files {
        std::fs::write(inputs.join(name), bytes).unwrap();
    }
    let mut random = Random::new(!seed, case);
    let asked = random.of(if corpus[chosen].is_picture() { PICTURES } else { FILMS });
    let mut command = program::deep3d(&[]);
    command.args(["convert", "--network-size", "64x64", "--preset", "ultrafast"]);
    if random.one_in(4) {
        command.env("DEEP3D_VALIDATION", "1");
    }
    command.arg(inputs.join(&files[0].0)).args(asked).current_dir(&outputs);
    let run = program::watched(command, PATIENCE);
    let (outcome, mut found) = run.judged(&outputs, MEMORY);
    found.iter_mut().for_each(|(_, text)| text.insert_str(0, &format!("{}: ", asked.join(" "))));
    (outcome, found, run.time.as_millis() as u64, run.memory)
}
