//! Films go on where they stood, set as they were.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::playing::{Client, PATIENCE, Playing, film};
use crate::program::{deep3d, text};

/// A film, and where what is remembered is kept.
struct Place {
    _folder: tempfile::TempDir,
    film: PathBuf,
    socket: PathBuf,
    store: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (film, at) = (film(folder.path()), |name: &str| folder.path().join(name));
        Self { film, socket: at("socket"), store: at("state/films"), _folder: folder }
    }

    /// Plays `film`, with what is remembered, until there is a picture.
    fn play(&self, film: &Path, arguments: &[&str]) -> (Playing, Client) {
        let folder = format!("--watch-later-directory={}", self.store.display());
        let mut all = vec![film.to_str().unwrap(), folder.as_str(), "--resume-playback", "--save-position-on-quit"];
        all.extend(arguments);
        let playing = Playing::start(&self.socket, &all);
        let mut client = playing.client();
        client.wait_until("shown-frame-count", |count| count.as_u64() > Some(0));
        (playing, client)
    }

    fn records(&self) -> Vec<Value> {
        let files = fs::read_dir(&self.store).into_iter().flatten().flatten();
        let read = |entry: fs::DirEntry| serde_json::from_slice(&fs::read(entry.path()).unwrap()).ok();
        files.filter_map(read).collect()
    }
}

fn number(client: &mut Client, property: &str) -> f64 {
    client.get(property).as_f64().unwrap()
}

fn quit((playing, mut client): (Playing, Client)) {
    client.does(json!(["quit"]));
    let (well, said) = playing.end();
    assert!(well && !said.contains("remembered"), "{said}");
}

#[test]
fn a_film_goes_on_where_it_stood_set_as_it_was() {
    let place = Place::new();
    let (playing, mut client) = place.play(&place.film, &["--pause"]);
    client.wait_until("track-list", |tracks| tracks.as_array().is_some_and(|tracks| tracks.len() == 4));
    client.does(json!(["seek", 12.34, "absolute", "exact"]));
    client.wait_until("seeking", |seeking| *seeking == json!(false));
    let set = [("strength", json!(2.5)), ("sub-delay", json!(0.5)), ("layout", json!("anaglyph"))];
    for (name, value) in &set {
        client.does(json!(["set_property", name, value]));
    }
    client.does(json!(["set_property", "volume", 42.0]));
    let stood = number(&mut client, "time-pos");
    quit((playing, client));
    let mut kept = place.records();
    // Whoever sets the strength keeps the convergence that the shot had.
    kept[0]["options"].as_object_mut().unwrap().remove("convergence");
    assert_eq!(kept[0]["options"], json!({"layout": "anaglyph", "strength": "2.500000", "sub-delay": "0.500000"}));

    // The same picture, however the file is called now.
    let moved = place.film.with_file_name("moved.mkv");
    fs::rename(&place.film, &moved).unwrap();
    let (playing, mut client) = place.play(&moved, &["--pause"]);
    assert!((number(&mut client, "time-pos") - stood).abs() < 1e-6);
    for (name, value) in &set {
        client.wait_until(name, |now| now == value);
    }
    assert_eq!(client.get("volume"), 100.0, "that is the room's");
    // The next seek begins from there, and is kept without the viewer's leave.
    client.does(json!(["seek", 5, "relative", "exact"]));
    client.wait_until("seeking", |seeking| *seeking == json!(false));
    client.does(json!(["set_property", "strength", 1.5]));
    let stood = number(&mut client, "time-pos");
    let began = Instant::now();
    while place.records().iter().all(|record| record["position"] != json!(stood)) {
        assert!(began.elapsed() < PATIENCE, "{:?}", place.records());
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(playing);

    // What the command line says goes before.
    let (playing, mut client) = place.play(&moved, &["--pause", "--start=5", "--strength", "3.5"]);
    assert!((number(&mut client, "time-pos") - 5.0).abs() < 0.1);
    client.wait_until("layout", |layout| *layout == json!("anaglyph"));
    assert_eq!(client.get("strength"), json!(3.5));
    client.does(json!(["delete-watch-later-config"]));
    quit((playing, client));
    assert!(place.records().is_empty(), "{:?}", place.records());

    // Where nothing is saved by itself, only Q saves.
    let (playing, mut client) = place.play(&moved, &["--pause", "--start=7", "--save-position-on-quit=no"]);
    client.does(json!(["seek", 8, "absolute", "exact"]));
    quit((playing, client));
    assert!(place.records().is_empty());
    let (playing, mut client) = place.play(&moved, &["--pause", "--start=7", "--save-position-on-quit=no"]);
    client.does(json!(["quit-watch-later"]));
    assert!(playing.end().0);
    assert!(place.records()[0]["position"].as_f64().is_some_and(|position| (position - 7.0).abs() < 0.1));
    let (playing, mut client) = place.play(&moved, &["--pause", "--no-resume-playback"]);
    assert!(number(&mut client, "time-pos") < 0.1);
    drop(playing);

    // What was seen up to its end begins at its beginning.
    let (playing, mut client) = place.play(&moved, &["--start=29.5"]);
    client.wait(|event| event["event"] == "shutdown");
    assert!(playing.end().0);
    assert_eq!((&place.records()[0]["ended"], &place.records()[0]["position"]), (&json!(true), &Value::Null));
    let (playing, mut client) = place.play(&moved, &["--pause"]);
    assert!(number(&mut client, "time-pos") < 0.1);
    quit((playing, client));
}

#[test]
fn who_is_killed_loses_a_second_at_most_and_two_players_write_whole_files() {
    let place = Place::new();
    let (mut playing, mut client) = place.play(&place.film, &["--start=3"]);
    // Another one at the same film, all the time.
    let other = Place { socket: place.socket.with_file_name("other"), film: place.film.clone(), ..Place::new() };
    let other = Place { store: place.store.clone(), ..other };
    let (_beside, mut beside) = other.play(&place.film, &["--start=20", "--loop"]);
    let mut stood = 0.0;
    let began = Instant::now();
    while stood < 6.5 {
        stood = number(&mut client, "time-pos");
        if ((stood * 50.0) as u64).is_multiple_of(7) {
            // Each of them writes at once.
            beside.does(json!(["write-watch-later-config"]));
        }
        let files = fs::read_dir(&place.store).into_iter().flatten().flatten();
        for file in files.filter(|file| file.path().extension().is_some_and(|end| end == "json")) {
            // It may have been replaced meanwhile, but it is whole.
            let bytes = fs::read(file.path()).unwrap();
            assert!(serde_json::from_slice::<Value>(&bytes).is_ok(), "{}", text(&bytes));
        }
        assert!(began.elapsed() < PATIENCE, "{stood}");
    }
    drop(_beside);
    // What the other wrote last has been overwritten within a second.
    std::thread::sleep(Duration::from_millis(1500));
    stood = number(&mut client, "time-pos");
    playing.program.kill().unwrap();
    playing.program.wait().unwrap();
    let (playing, mut client) = place.play(&place.film, &["--pause"]);
    let again = number(&mut client, "time-pos");
    assert!((stood - 1.1..stood + 0.2).contains(&again), "killed at {stood}, gone on at {again}");
    quit((playing, client));
}

#[test]
fn a_store_that_is_damaged_full_or_not_to_be_written_is_told_once() {
    let place = Place::new();
    let (playing, client) = place.play(&place.film, &["--pause", "--start=5"]);
    quit((playing, client));
    let record = fs::read_dir(&place.store).unwrap().next().unwrap().unwrap().path();
    let whole = text(&fs::read(&record).unwrap());
    let folder = format!("--watch-later-directory={}", place.store.display());
    let arguments =
        ["play", "--sink", "null", "--network-size", "64x64", "--resume-playback", "--save-position-on-quit"];
    let said = |command: &mut Command, folder: &str| {
        let output = command.args(["--end=6", "--start=4", folder]).arg(&place.film).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        // That this machine is slow is another matter.
        let said = text(&output.stderr);
        said.lines().filter(|line| !line.contains("--quality")).map(|line| format!("{line}\n")).collect::<String>()
    };
    for wrong in [whole.replace("\"version\": 1", "\"version\": 7"), whole.replace('{', "["), String::new()] {
        fs::write(&record, &wrong).unwrap();
        let said = said(deep3d().args(arguments), &folder);
        assert_eq!((said.lines().count(), said.contains("is set aside")), (1, true), "{said}");
        assert_eq!(fs::read(record.with_extension("aside")).unwrap(), wrong.as_bytes());
        assert!(record.exists(), "it is kept again");
    }
    // A folder that cannot be made, as in a home that may only be read.
    let nowhere = format!("--watch-later-directory={}", place.film.join("films").display());
    let told = said(deep3d().args(arguments), &nowhere);
    assert_eq!((told.lines().count(), told.contains("cannot be remembered")), (1, true), "{told}");
    // No room for a single byte.
    let program = deep3d();
    let mut full = Command::new("sh");
    full.args(["-c", "ulimit -f 0; exec \"$@\"", "sh"]).arg(program.get_program()).args(arguments).stdin(Stdio::null());
    full.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).env_remove("DISPLAY");
    let before = fs::read(&record).unwrap();
    let told = said(&mut full, &folder);
    let ours = told.lines().filter(|line| line.contains("cannot be remembered")).count();
    assert_eq!(ours, 1, "{told}");
    assert_eq!(fs::read(&record).unwrap(), before, "what was there is left as it was");
}
