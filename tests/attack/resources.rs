//! What the system does not give: memory, files, room, time, bytes that were there a moment ago.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::corpus;
use crate::pool::{Figures, Finding};
use crate::program::{self, Run};

const PATIENCE: Duration = Duration::from_secs(120);
const MEMORY: u64 = 2560;

/// Words in front of the program, and whether a signal may end it (the system's own way of saying that time is up).
const LIMITS: &[(&str, &[&str], bool)] = &[
    ("400 MiB of addresses", &["prlimit", "--as=419430400"], false),
    ("700 MiB of addresses", &["prlimit", "--as=734003200"], false),
    ("1100 MiB of addresses", &["prlimit", "--as=1153433600"], false),
    ("file size 0", &["prlimit", "--fsize=0"], false),
    ("file size 1000", &["prlimit", "--fsize=1000"], false),
    ("file size 20000", &["prlimit", "--fsize=20000"], false),
    ("descriptors 8", &["prlimit", "--nofile=8"], false),
    ("descriptors 12", &["prlimit", "--nofile=12"], false),
    ("descriptors 16", &["prlimit", "--nofile=16"], false),
    ("descriptors 24", &["prlimit", "--nofile=24"], false),
    ("one second", &["prlimit", "--cpu=1"], true),
    ("no core, no locked memory", &["prlimit", "--memlock=0"], false),
    ("nobody reads stderr", &["sh", "-c", "exec \"$0\" \"$@\" 2>&-"], false),
    ("no room on stderr", &["sh", "-c", "exec \"$0\" \"$@\" 2>/dev/full"], false),
    ("no room on stdout", &["sh", "-c", "exec \"$0\" \"$@\" >/dev/full"], false),
    ("no stdin", &["sh", "-c", "exec \"$0\" \"$@\" <&-"], false),
];

/// What the input is while it is read.
const INPUTS: &[(&str, &str)] = &[
    ("cut while it is read", "cut"),
    ("overwritten while it is read", "overwritten"),
    ("removed while it is read", "removed"),
    ("grows while it is read", "grows"),
    ("cannot be read (EIO)", "eio"),
    ("a folder", "folder"),
    ("a pipe that ends early", "pipe"),
    ("no right to read", "denied"),
];

fn convert(before: &[&str], input: &Path, folder: &Path) -> Command {
    let mut command = program::deep3d(before);
    command.args(["convert", "--network-size", "64x64", "--preset", "ultrafast", "-o", "out.mkv"]).arg(input);
    command.current_dir(folder);
    command
}

fn note(figures: &mut Figures, name: &str, outcome: String, found: Vec<(String, String)>) {
    figures.findings.extend(found.into_iter().map(|(kind, text)| Finding { case: name.to_owned(), kind, text }));
    *figures.outcomes.entry(outcome).or_default() += 1;
}

fn told(figures: &mut Figures, name: &str, outcome: &str, run: &Run) {
    let words = String::from_utf8_lossy(&run.stderr).escape_debug().to_string();
    figures.said.push((name.to_owned(), format!("{outcome}: {words}")));
}

/// All of them, one after the other.
pub(crate) fn attack() -> Figures {
    let mut figures = Figures::default();
    let film = corpus::folder().join("all.mkv");
    let inputs = tempfile::tempdir().unwrap();
    let long = long_film(inputs.path());
    for (name, before, may_die) in LIMITS {
        let folder = tempfile::tempdir().unwrap();
        let film = if *may_die { &long } else { &film };
        let run = program::watched(convert(before, film, folder.path()), PATIENCE);
        let (outcome, mut found) = run.judged(folder.path(), MEMORY);
        if *may_die {
            found.retain(|(kind, _)| kind != "crash");
        }
        // What cannot be written cannot be judged, and a film that is whole stays where only its name could not be told.
        if name.contains("stderr") || name.contains("stdout") {
            found.retain(|(kind, text)| kind != "words" && (kind != "leftover" || text != "out.mkv"));
        }
        told(&mut figures, name, &outcome, &run);
        note(&mut figures, name, outcome, found);
    }
    for (name, kind) in INPUTS {
        let (folder, inputs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let run = unsteady(kind, folder.path(), inputs.path());
        let (outcome, found) = run.judged(folder.path(), MEMORY);
        told(&mut figures, name, &outcome, &run);
        note(&mut figures, name, outcome, found);
    }
    full_disk(&mut figures, &film);
    figures
}

/// Some seconds' work.
fn long_film(folder: &Path) -> PathBuf {
    let film = folder.join("film.ts");
    fs::write(&film, fs::read(corpus::folder().join("h264.ts")).unwrap().repeat(10)).unwrap();
    film
}

/// Converts a longer film that changes, or something that is none.
fn unsteady(kind: &str, folder: &Path, inputs: &Path) -> Run {
    let input = long_film(inputs);
    let whole = fs::read(&input).unwrap();
    let mut command = match kind {
        "eio" => convert(&[], Path::new("/proc/self/mem"), folder),
        "folder" => convert(&[], inputs, folder),
        "denied" => convert(&[], Path::new("/proc/1/mem"), folder),
        "pipe" => {
            let shell = format!("head -c 30000 '{}' | \"$0\" \"$@\"", input.display());
            convert(&["sh", "-c", &shell], Path::new("-"), folder)
        }
        _ => convert(&[], &input, folder),
    };
    command.env("DEEP3D_VALIDATION", "0");
    let changing = std::thread::spawn({
        let kind = kind.to_owned();
        move || {
            std::thread::sleep(Duration::from_millis(700));
            match kind.as_str() {
                "cut" => fs::OpenOptions::new().write(true).open(&input).unwrap().set_len(20_000).unwrap(),
                "overwritten" => fs::write(&input, vec![0xa5; 40_000]).unwrap(),
                "removed" => fs::remove_file(&input).unwrap(),
                "grows" => fs::write(&input, whole.repeat(3)).unwrap(),
                _ => {}
            }
        }
    });
    let run = program::watched(command, PATIENCE);
    changing.join().unwrap();
    run
}

/// A file system of 64 KiB, in a mount namespace of its own; where that is not allowed it is said and left out.
fn full_disk(figures: &mut Figures, film: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let alone = ["unshare", "--mount", "--map-root-user"];
    let allowed = Command::new(alone[0]).args(&alone[1..]).arg("true").status().is_ok_and(|status| status.success());
    if !allowed {
        println!("left out: a full disk (unshare --mount --map-root-user is not allowed here)");
        return;
    }
    let script =
        "mount -t tmpfs -o size=64k tmpfs \"$PWD\" && cd \"$PWD\" && \"$0\" \"$@\"; code=$?; ls -A; exit $code";
    let mut before = alone.to_vec();
    before.extend(["sh", "-c", script]);
    let run = program::watched(convert(&before, film, folder.path()), PATIENCE);
    let (outcome, mut found) = run.judged(folder.path(), MEMORY);
    let said = String::from_utf8_lossy(&run.stderr);
    if !said.contains("no room left") {
        found.push(("words".to_owned(), format!("not a word of the full disk: {}", said.escape_debug())));
    }
    told(figures, "full disk", &outcome, &run);
    note(figures, "full disk", outcome, found);
}
