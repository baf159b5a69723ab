//! Other programs at the player's socket: mpv's protocol, and what hostile ones may do.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod desktop;
#[path = "../common/ffmpeg.rs"]
mod ffmpeg;
mod playing;
#[path = "../common/program.rs"]
mod program;
mod remembered;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use playing::{Playing, film};
use program::{deep3d, text};
use serde_json::{Value, json};

/// From a command to the changed state.
const PROMPTLY: Duration = Duration::from_millis(50);

#[test]
fn a_program_says_what_to_do_and_is_told_how_things_stand() {
    let folder = tempfile::tempdir().unwrap();
    let (film, socket) = (film(folder.path()), folder.path().join("socket"));
    let playing = Playing::start(&socket, &["--loop", film.to_str().unwrap()]);
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600, "others could use the socket");
    let mut client = playing.client();

    // What it is, in mpv's names.
    assert_eq!(client.get("filename"), "film.mkv");
    assert_eq!(client.get("path"), film.to_str().unwrap());
    client.wait_until("duration", |duration| duration.as_f64().is_some_and(|it| (it - 30.0).abs() < 0.1));
    assert_eq!(client.get("chapters"), 3);
    assert_eq!(client.get("chapter-list")[1], json!({"title": "Part 1", "time": 10.0}));
    client.wait_until("track-list", |tracks| tracks.as_array().is_some_and(|tracks| tracks.len() == 4));
    let tracks = client.get("track-list");
    let kinds: Vec<_> = tracks.as_array().unwrap().iter().map(|track| (&track["type"], &track["id"])).collect();
    let [video, audio, sub] = ["video", "audio", "sub"].map(|kind| json!(kind));
    assert_eq!(kinds, [(&video, &json!(1)), (&audio, &json!(1)), (&audio, &json!(2)), (&sub, &json!(1))]);
    assert_eq!(tracks[2]["lang"], "fra");
    assert_eq!((client.get("width"), client.get("height")), (json!(160), json!(96)));

    client.wait_until("sub-visibility", |visible| *visible == json!(true));

    // What is set is so when the answer comes.
    for (property, value) in [
        ("pause", json!(true)),
        ("volume", json!(42.0)),
        ("mute", json!(true)),
        ("speed", json!(2.0)),
        ("audio-delay", json!(0.25)),
        ("strength", json!(2.5)),
        ("convergence", json!(0.25)),
        ("layout", json!("anaglyph")),
        ("2d", json!(true)),
        ("swap-eyes", json!(true)),
        ("loop-file", json!("inf")),
        ("sub-visibility", json!(false)),
        ("sub-delay", json!(-0.5)),
        ("pause", json!(false)),
        ("speed", json!(1.0)),
    ] {
        client.does(json!(["set_property", property, value]));
        assert_eq!(client.get(property), value, "{property}");
    }
    client.does(json!(["set", "chapter", "2"]));
    assert!(client.get("time-pos").as_f64().unwrap() >= 20.0);
    client.does(json!(["seek", 5, "absolute", "exact"]));
    client.wait_until("seeking", |seeking| *seeking == json!(false));
    let position = client.get("time-pos").as_f64().unwrap();
    assert!((4.9..8.0).contains(&position), "{position}");
    client.does(json!(["cycle", "pause"]));
    assert_eq!(client.get("pause"), true);

    // What it wants to be told it is told at once, and whenever it changes.
    client.does(json!(["observe_property", 7, "volume"]));
    let is_volume = |volume: f64| move |event: &Value| event["id"] == 7 && event["data"] == volume;
    client.wait(is_volume(42.0));
    let mut other = playing.client();
    other.does(json!("add volume 8"));
    client.wait(is_volume(50.0));
    client.events.clear();
    other.does(json!(["seek", "0", "absolute"]));
    client.wait(|event| event["event"] == "seek");
    client.wait(|event| event["event"] == "playback-restart");

    // What cannot be is said in mpv's words.
    let mut wrong = |command: Value| client.ask(command)["error"].clone();
    assert_eq!(wrong(json!(["get_property", "nothing"])), "property not found");
    assert_eq!(wrong(json!(["get_property", "live-delay"])), "property unavailable");
    assert_eq!(wrong(json!(["set_property", "duration", 5])), "error accessing property");
    assert_eq!(wrong(json!(["frobnicate"])), "invalid parameter");
    // A plain line is a command, too.
    client.stream.write_all(b"set volume 60\n").unwrap();
    client.wait(is_volume(60.0));

    other.does(json!(["quit"]));
    client.wait(|event| event["event"] == "shutdown");
    let (well, said) = playing.end();
    assert!(well, "{said}");
    assert!(!socket.exists(), "the socket is left behind");
}

#[test]
fn a_socket_is_one_players() {
    let folder = tempfile::tempdir().unwrap();
    let (film, socket) = (film(folder.path()), folder.path().join("socket"));
    let film = film.to_str().unwrap();
    let refused = |socket: &Path| {
        let output =
            deep3d().args(["play", "--sink", "null", film, "--input-ipc-server"]).arg(socket).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    let mut first = Playing::start(&socket, &["--loop", film]);
    assert!(refused(&socket).contains("another player listens there"));
    first.client().does(json!(["get_property", "volume"]));
    let precious = folder.path().join("precious");
    fs::write(&precious, "words").unwrap();
    assert!(refused(&precious).contains("no socket"));
    assert_eq!(fs::read(&precious).unwrap(), b"words");
    assert!(refused(&folder.path().join("nowhere/socket")).lines().count() == 1);

    // What a player that was killed has left is taken over.
    first.program.kill().unwrap();
    first.program.wait().unwrap();
    assert!(socket.exists());
    let second = Playing::start(&socket, &["--loop", film]);
    second.client().does(json!(["get_property", "volume"]));

    // Whoever has got the name meanwhile keeps it.
    let mut client = second.client();
    client.does(json!(["get_property", "volume"]));
    fs::remove_file(&socket).unwrap();
    let _other = UnixListener::bind(&socket).unwrap();
    client.does(json!(["quit"]));
    assert!(second.end().0 && socket.exists());
}

/// Words that programs may say, in any order.
fn random_line(random: &mut impl FnMut() -> usize) -> Vec<u8> {
    const WORDS: &[&str] = &[
        "set",
        "add",
        "cycle",
        "multiply",
        "cycle-values",
        "seek",
        "show-text",
        "get_property",
        "set_property",
        "observe_property",
        "unobserve_property",
        "volume",
        "speed",
        "time-pos",
        "pause",
        "layout",
        "strength",
        "sid",
        "aid",
        "chapter",
        "fullscreen",
        "property-list",
        "track-list",
        "1",
        "-1",
        "0",
        "1e99",
        "nan",
        "yes",
        "no",
        "${volume}",
        "absolute",
        "exact",
        "\u{e9}",
        "\\",
        "frame-step",
        "ab-loop",
        "revert-seek",
        "playlist-play-index",
        "client_name",
        "disable_event",
        "all",
    ];
    let words: Vec<&str> = (0..random() % 6).map(|_| WORDS[random() % WORDS.len()]).collect();
    let mut line = match random() % 6 {
        0 => words.join(" ").into_bytes(),
        1 => json!({"command": words}).to_string().into_bytes(),
        2 => json!({"command": words, "request_id": random(), "async": true}).to_string().into_bytes(),
        3 => {
            let numbers: Vec<Value> =
                words.iter().map(|word| word.parse::<i64>().map_or(json!(word), |it| json!(it))).collect();
            json!({"command": numbers, "request_id": words}).to_string().into_bytes()
        }
        4 => {
            let mut cut = json!({"command": words}).to_string().into_bytes();
            cut.truncate(random() % (cut.len() + 1));
            cut
        }
        _ => (0..random() % 60).map(|_| random() as u8).filter(|byte| *byte != b'\n').collect(),
    };
    line.push(b'\n');
    line
}

#[test]
fn a_program_changes_the_list_while_it_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let (film, socket) = (film(folder.path()), folder.path().join("socket"));
    for name in ["b.mkv", "sub/film 10.mkv", "sub/film 9.mkv"] {
        fs::create_dir_all(folder.path().join("sub")).unwrap();
        fs::copy(&film, folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("list.m3u"), "#EXTM3U\n#EXTINF:30,The B\nb.mkv\n/dev/zero\nsub\n").unwrap();
    let playing = Playing::start(&socket, &["--idle", film.to_str().unwrap()]);
    let mut client = playing.client();
    let at = |name: &str| folder.path().join(name).display().to_string();
    client.does(json!(["loadfile", at("b.mkv"), "append"]));
    assert_eq!((client.get("playlist-count"), client.get("playlist-pos")), (json!(2), json!(0)));
    assert_eq!(client.get("playlist/1/filename"), at("b.mkv"));
    assert_eq!((client.get("playlist/count"), client.get("playlist/0/current")), (json!(2), json!(true)));
    client.does(json!(["playlist-move", 1, 0]));
    assert_eq!((client.get("playlist-pos"), client.get("playlist/0/id")), (json!(1), json!(2)));
    assert_eq!(client.get("filename"), "film.mkv", "what plays goes on");
    // A list becomes what is in it, and a folder of it in its turn; what it may not name is passed over.
    client.does(json!(["loadfile", at("list.m3u")]));
    client.wait_until("filename", |name| name == "b.mkv");
    assert_eq!((client.get("media-title"), client.get("playlist-count")), (json!("The B"), json!(3)));
    client.does(json!(["playlist-next"]));
    client.wait_until("filename", |name| name == "film 9.mkv");
    assert_eq!(client.get("playlist/3/filename"), at("sub/film 10.mkv"));
    client.does(json!(["loadfile", at("film.mkv"), "insert-next", -1, "start=20,length=5"]));
    client.does(json!(["playlist-next"]));
    client.wait_until("time-pos", |time| time.as_f64().is_some_and(|time| time > 19.9));
    assert_eq!(client.ask(json!(["playlist-remove", 17]))["error"], "invalid parameter");
    // Where nothing is left it waits.
    client.does(json!(["stop"]));
    client.wait(|event| event["event"] == "idle");
    assert_eq!(
        (client.get("idle-active"), client.get("playlist-pos"), client.get("playlist-count")),
        (json!(true), json!(-1), json!(0))
    );
    client.does(json!(["loadfile", at("b.mkv"), "append-play"]));
    client.wait_until("time-pos", |time| time.as_f64().is_some_and(|time| time > 0.0));
    client.does(json!(["quit"]));
    let (well, said) = playing.end();
    assert!(well, "{said}");
    assert!(said.contains("may not name a device"), "{said}");
}

#[test]
fn no_program_stalls_the_film_or_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let (film, socket) = (film(folder.path()), folder.path().join("socket"));
    let mut playing = Playing::start(&socket, &["--loop", film.to_str().unwrap()]);
    playing.client().wait_until("time-pos", |time| time.as_f64().is_some_and(|time| time > 0.0));

    // One writes a line without end, one reads nothing of all that it wants to know, one comes and goes.
    let mut endless = UnixStream::connect(&socket).unwrap();
    let endless = thread::spawn(move || {
        let block = [b'x'; 1 << 16];
        let written = (0..1000).take_while(|_| endless.write_all(&block).is_ok()).count();
        assert!(written < 100, "a line without end is read to its end");
    });
    let mut deaf = UnixStream::connect(&socket).unwrap();
    let names = playing.client().get("property-list");
    for (id, name) in names.as_array().unwrap().iter().enumerate() {
        let line = json!({"command": ["observe_property", id, name]}).to_string() + "\n";
        deaf.write_all(line.as_bytes()).unwrap();
    }
    let deaf = thread::spawn(move || {
        deaf.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        let ask = json!({"command": ["get_property", "property-list"]}).to_string() + "\n";
        let asked = (0..100_000).take_while(|_| deaf.write_all(ask.as_bytes()).is_ok()).count();
        assert!(asked < 100_000, "answers that nobody reads are heaped up");
        thread::sleep(Duration::from_secs(1));
    });
    // Random lines, ten thousand of them.
    let babble = (0..8_u64).map(|seed| {
        let stream = UnixStream::connect(&socket).unwrap();
        thread::spawn(move || {
            let mut state = seed + 1;
            let mut random = move || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as usize
            };
            let mut reader = stream.try_clone().unwrap();
            let reading = thread::spawn(move || {
                let mut bytes = [0; 1 << 16];
                while reader.read(&mut bytes).is_ok_and(|count| count > 0) {}
            });
            let mut stream = stream;
            for _ in 0..1250 {
                stream.write_all(&random_line(&mut random)).unwrap();
            }
            // All of it has been dealt with when this is answered or the player has hung up.
            stream.write_all(b"{\"command\": [\"client_name\"]}\n").unwrap();
            thread::sleep(Duration::from_secs(3));
            let _ = stream.shutdown(std::net::Shutdown::Both);
            reading.join().unwrap();
        })
    });
    let babble: Vec<_> = babble.collect();

    // Meanwhile whoever behaves is answered promptly.
    let (mut client, mut took) = (playing.client(), Vec::new());
    while !babble.iter().all(thread::JoinHandle::is_finished) {
        let delay = 0.001 * (took.len() % 900) as f64;
        let began = Instant::now();
        client.does(json!(["set_property", "audio-delay", delay]));
        took.push(began.elapsed());
        thread::sleep(Duration::from_millis(4));
    }
    for thread in babble.into_iter().chain([endless, deaf]) {
        thread.join().unwrap();
    }
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!("{} requests: p50 {:?}, p99 {:?}, longest {:?}", took.len(), at(0.5), at(0.99), at(1.0));
    assert!(took.len() > 300 && at(0.99) <= PROMPTLY, "p99 {:?}", at(0.99));

    // No more than there may be at once.
    let many: Vec<_> = (0..40).map(|_| UnixStream::connect(&socket).unwrap()).collect();
    thread::sleep(Duration::from_millis(300));
    let refused = many.iter().filter(|stream| {
        stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        (&**stream).read(&mut [0]).is_ok_and(|count| count == 0)
    });
    assert!(refused.count() >= 24);
    drop(many);
    assert_eq!(client.get("filename"), "film.mkv");
    assert!(playing.program.try_wait().unwrap().is_none());
    let _ = client.ask(json!(["set_property", "pause", false]));
    client.does(json!(["quit"]));
    let (well, said) = playing.end();
    assert!(well, "{said}");
    assert!(!said.contains("panicked"), "{said}");
}
