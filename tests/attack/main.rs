//! Small films and pictures of every kind, changed in thousands of ways, through all that reads them. `./x attack` runs 10,000 cases and
//! more, `cargo test` the first 300.
//!
//! Looked for are: a panic, a crash, a hang, more memory than a film of this size needs, files that are left behind, a file or an address
//! opened because a local file said so, an exit code that means nothing, and words that are not one clean sentence. Each case is told by its
//! seed and its number; what fails is kept as a file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/font.rs"]
mod font;
#[path = "../common/pgs.rs"]
mod pgs;

mod converting;
mod corpus;
mod mutate;
mod pool;
mod program;
mod random;
mod resources;
mod said;
mod saved;
mod serving;
mod subtitles;
mod worker;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use pool::{Figures, Finding};

/// Of the cases in `cargo test`.
const SEED: u64 = 14;
const FEW: u64 = 300;
const FEW_SUBTITLES: u64 = 150;

/// What `./x attack` says.
struct Wanted {
    cases: u64,
    conversions: u64,
    /// Files and films with subtitles.
    subtitles: u64,
    seed: u64,
    servers: bool,
    resources: bool,
}

/// Where failing inputs are kept.
fn findings_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("attack-findings")
}

fn summary(what: &str, figures: &Figures, began: Instant) {
    let outcomes: Vec<String> = figures.outcomes.iter().map(|(name, count)| format!("{count} {name}")).collect();
    println!("{what}: {} in {:.0} s: {}", figures.count(), began.elapsed().as_secs_f64(), outcomes.join(", "));
    figures.said.iter().for_each(|(name, text)| println!("  {name}: {text}"));
    if figures.slowest.0 > 0 {
        let ((time, slow), (memory, large)) = (&figures.slowest, &figures.largest);
        println!("  slowest {:.1} s (case {slow}), largest {memory} MiB (case {large})", *time as f64 / 1000.0);
    }
}

/// Keeps the inputs of what was found and tells of it; how many findings there are.
fn tell(seed: u64, corpus: &[corpus::Film], findings: &[Finding]) -> usize {
    for Finding { case, kind, text } in findings {
        let text: String = text.chars().take(600).collect();
        let subtitle = case.strip_prefix(subtitles::PREFIX);
        match subtitle.unwrap_or(case).parse::<u64>() {
            Ok(number) => {
                let texts;
                let (corpus, (chosen, files)) = if subtitle.is_some() {
                    texts = subtitles::all(&corpus::folder());
                    (&texts[..], subtitles::case(&texts, seed, number))
                } else {
                    (corpus, mutate::case(corpus, seed, number))
                };
                let notes = format!("{kind}: {text}\nmade of: {}\nseed {seed}, case {number}", corpus[chosen].name);
                let place = saved::keep(&findings_folder(), &format!("{seed}-{number}-{kind}"), &files, &notes);
                println!("FOUND {kind} in case {number} (of {}): {text}\n  {}", corpus[chosen].name, place.display());
            }
            Err(_) => println!("FOUND {kind} in {case}: {text}"),
        }
    }
    findings.len()
}

/// Every film as it is: what attacks only what is refused at once would find nothing.
fn originals(seed: u64, corpus: &[corpus::Film]) -> usize {
    let names: Vec<String> = corpus.iter().map(|film| film.name.clone()).collect();
    let began = Instant::now();
    let mut figures = pool::attack(seed, &names, &|_| ());
    // Tracks that a container does not take are told for most of them.
    figures.said.clear();
    summary("unchanged films", &figures, began);
    let whole = corpus.iter().filter(|film| film.is_whole()).count() as u64;
    let played = figures.outcomes.get("played").copied().unwrap_or(0);
    if played * 10 < whole * 9 {
        println!("FOUND nothing: only {played} of {whole} unchanged films can be played, so this shows little");
        return 1 + tell(seed, corpus, &figures.findings);
    }
    tell(seed, corpus, &figures.findings)
}

/// Subtitles: as they are, so that it is known that there is something to be seen, and changed.
fn with_subtitles(wanted: &Wanted) -> usize {
    let corpus = subtitles::all(&corpus::folder());
    let names: Vec<String> = corpus.iter().map(|film| format!("subtitles/{}", film.name)).collect();
    let began = Instant::now();
    let figures = pool::attack(wanted.seed, &names, &|_| ());
    summary("unchanged subtitles", &figures, began);
    let mut found = tell(wanted.seed, &corpus, &figures.findings);
    if figures.outcomes.get("seen").copied().unwrap_or(0) < corpus.len() as u64 {
        println!("FOUND nothing: not all unchanged subtitles are seen, so this shows little");
        found += 1;
    }
    let began = Instant::now();
    let mut figures = pool::attack(wanted.seed, &subtitles::names(wanted.subtitles), &|_| ());
    figures.said.clear();
    summary("subtitles", &figures, began);
    found + tell(wanted.seed, &corpus, &figures.findings)
}

fn campaign(wanted: &Wanted) -> ExitCode {
    let corpus = corpus::all(&corpus::folder());
    let mut found = originals(wanted.seed, &corpus);
    let cases: Vec<String> = (0..wanted.cases).map(|case| case.to_string()).collect();
    let began = Instant::now();
    let progress = |done: u64| {
        if done.is_multiple_of(1000) {
            eprintln!("{done} cases, {:.0} s", began.elapsed().as_secs_f64());
        }
    };
    let figures = pool::attack(wanted.seed, &cases, &progress);
    summary("cases", &figures, began);
    found += tell(wanted.seed, &corpus, &figures.findings);
    if wanted.subtitles > 0 {
        found += with_subtitles(wanted);
    }
    if wanted.conversions > 0 {
        let began = Instant::now();
        let figures = converting::attack(wanted.seed, &corpus, wanted.conversions);
        summary("conversions", &figures, began);
        found += tell(wanted.seed, &corpus, &figures.findings);
    }
    if wanted.servers {
        let began = Instant::now();
        let figures = serving::attack();
        summary("servers", &figures, began);
        found += tell(wanted.seed, &corpus, &figures.findings);
    }
    if wanted.resources {
        let began = Instant::now();
        let figures = resources::attack();
        summary("resources", &figures, began);
        found += tell(wanted.seed, &corpus, &figures.findings);
    }
    println!("seed {}: {}", wanted.seed, if found == 0 { "clean".to_owned() } else { format!("{found} findings") });
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The same input again, by file or folder, or by the name of a film in the corpus.
fn replay(path: &str) -> ExitCode {
    let figures = pool::attack(0, &[path.to_owned()], &|_| ());
    println!("{figures:#?}");
    if figures.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parsed(arguments: &[String]) -> Option<Wanted> {
    let mut wanted =
        Wanted { cases: 10_000, conversions: 300, subtitles: 2000, seed: 1, servers: true, resources: true };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--cases" => wanted.cases = words.next()?.parse().ok()?,
            "--conversions" => wanted.conversions = words.next()?.parse().ok()?,
            "--subtitles" => wanted.subtitles = words.next()?.parse().ok()?,
            "--seed" => wanted.seed = words.next()?.parse().ok()?,
            "--no-servers" => wanted.servers = false,
            "--no-resources" => wanted.resources = false,
            _ => return None,
        }
    }
    Some(wanted)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["worker", seed, folder] => {
            worker::run(seed.parse().unwrap(), PathBuf::from(folder));
            ExitCode::SUCCESS
        }
        ["campaign", "--replay", path] => replay(path),
        ["campaign", ..] => match parsed(&arguments[1..]) {
            Some(wanted) => campaign(&wanted),
            None => {
                eprintln!(
                    "attack [--cases N] [--conversions N] [--subtitles N] [--seed N] [--no-servers] [--no-resources], or attack --replay PATH"
                );
                ExitCode::from(2)
            }
        },
        // As one of `cargo test`'s: a test by the name of `attack`.
        _ => {
            let wanted = words.iter().filter(|word| !word.starts_with('-')).all(|word| "attack".contains(word));
            if words.contains(&"--list") {
                println!("attack: test");
                ExitCode::SUCCESS
            } else if wanted {
                campaign(&Wanted {
                    cases: FEW,
                    conversions: 0,
                    subtitles: FEW_SUBTITLES,
                    seed: SEED,
                    servers: false,
                    resources: false,
                })
            } else {
                ExitCode::SUCCESS
            }
        }
    }
}
