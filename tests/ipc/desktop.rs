//! The desktop's player controls and its screen saver, on a session bus of the test's own.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::interface;
use zbus::zvariant::{ObjectPath, OwnedValue, Value};

use crate::playing::{PATIENCE, Playing, film};

const PLAYER: &str = "org.mpris.MediaPlayer2.Player";
const PATH: &str = "/org/mpris/MediaPlayer2";

struct Bus {
    program: Child,
    address: String,
}

impl Bus {
    fn start(folder: &Path) -> Self {
        let address = format!("unix:path={}", folder.join("bus").display());
        let program = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--address", &address])
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is needed: ./x test installs it");
        Self { program, address }
    }

    /// A connection at which there is a screen saver.
    fn connect(&self, held: &Arc<Mutex<Vec<u32>>>) -> Connection {
        wait(|| {
            let builder = Builder::address(self.address.as_str()).ok()?.method_timeout(PATIENCE);
            let builder = builder.serve_at("/org/freedesktop/ScreenSaver", Saver(Arc::clone(held))).ok()?;
            builder.name("org.freedesktop.ScreenSaver").ok()?.build().ok()
        })
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn wait<T>(mut what: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(value) = what() {
            return value;
        }
        assert!(began.elapsed() < PATIENCE, "it does not come");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A desktop's screen saver, and who holds it off.
struct Saver(Arc<Mutex<Vec<u32>>>);

#[interface(name = "org.freedesktop.ScreenSaver")]
impl Saver {
    fn inhibit(&self, _program: &str, _reason: &str) -> u32 {
        self.0.lock().unwrap().push(7);
        7
    }

    fn un_inhibit(&self, cookie: u32) {
        self.0.lock().unwrap().retain(|held| *held != cookie);
    }
}

/// A player as the desktop sees it.
struct Seen<'a>(&'a Connection, String);

impl Seen<'_> {
    fn get(&self, interface: &str, name: &str) -> Option<OwnedValue> {
        let properties = Some("org.freedesktop.DBus.Properties");
        let answer = self.0.call_method(Some(self.1.as_str()), PATH, properties, "Get", &(interface, name)).ok()?;
        answer.body().deserialize().ok()
    }

    fn is(&self, name: &str, wanted: impl Into<Value<'static>>) {
        let wanted: Value<'_> = wanted.into();
        wait(|| (*self.get(PLAYER, name)? == wanted).then_some(()));
    }

    fn position(&self) -> f64 {
        i64::try_from(self.get(PLAYER, "Position").unwrap()).unwrap() as f64 / 1e6
    }

    fn call(&self, interface: &str, method: &str, body: &(impl serde::Serialize + zbus::zvariant::DynamicType)) {
        self.0.call_method(Some(self.1.as_str()), PATH, Some(interface), method, body).unwrap();
    }
}

#[test]
fn the_desktop_steers_the_player_and_its_screen_saver_is_held_off() {
    let folder = tempfile::tempdir().unwrap();
    let film = film(folder.path());
    std::fs::write(film.with_file_name("cover.jpg"), "").unwrap();
    let bus = Bus::start(folder.path());
    let held = Arc::new(Mutex::new(Vec::new()));
    let connection = bus.connect(&held);
    let arguments = ["--loop", "--media-controls", "--stop-screensaver", film.to_str().unwrap()];
    let socket = folder.path().join("socket");
    let playing = Playing::start_with(&socket, &arguments, &bus.address);
    let mut client = playing.client();
    let seen = Seen(&connection, "org.mpris.MediaPlayer2.deep3d".to_owned());
    seen.is("PlaybackStatus", "Playing");
    wait(|| (*held.lock().unwrap() == [7]).then_some(()));
    let metadata = wait(|| {
        let all: std::collections::HashMap<String, OwnedValue> = seen.get(PLAYER, "Metadata")?.try_into().ok()?;
        all.contains_key("mpris:length").then_some(all)
    });
    let text = |name: &str| <&str>::try_from(&metadata[name]).unwrap().to_owned();
    assert_eq!(text("xesam:title"), "film.mkv");
    assert!(text("mpris:artUrl").starts_with("file:///") && text("mpris:artUrl").ends_with("/cover.jpg"));
    assert!((i64::try_from(metadata["mpris:length"].try_clone().unwrap()).unwrap() - 30_000_000).abs() < 100_000);

    seen.call(PLAYER, "Pause", &());
    seen.is("PlaybackStatus", "Paused");
    wait(|| held.lock().unwrap().is_empty().then_some(()));
    assert_eq!(client.get("pause"), true);
    seen.call(PLAYER, "SetPosition", &(ObjectPath::from_static_str_unchecked("/org/deep3d/Film"), 20_000_000_i64));
    wait(|| ((seen.position() - 20.0).abs() < 0.1).then_some(()));
    seen.call(PLAYER, "SetPosition", &(ObjectPath::from_static_str_unchecked("/some/other"), 1_000_000_i64));
    seen.call(PLAYER, "Seek", &-5_000_000_i64);
    wait(|| ((seen.position() - 15.0).abs() < 0.1).then_some(()));
    seen.call("org.freedesktop.DBus.Properties", "Set", &(PLAYER, "Volume", Value::from(0.5)));
    wait(|| (client.get("volume") == 50.0).then_some(()));
    seen.is("Volume", 0.5);
    seen.call(PLAYER, "PlayPause", &());
    seen.is("PlaybackStatus", "Playing");
    wait(|| (*held.lock().unwrap() == [7]).then_some(()));

    // A second player is there under a name of its own.
    let second = Playing::start_with(&socket.with_file_name("second"), &arguments, &bus.address);
    let name = format!("org.mpris.MediaPlayer2.deep3d.instance{}", second.program.id());
    Seen(&connection, name).is("PlaybackStatus", "Playing");
    drop(second);

    // A bus that ends is no reason to.
    seen.call("org.mpris.MediaPlayer2", "Raise", &());
    drop(bus);
    client.does(json!(["set_property", "volume", 60.0]));
    thread::sleep(Duration::from_millis(300));
    client.does(json!(["quit"]));
    let (well, said) = playing.end();
    assert!(well && said.lines().all(|line| line.contains("--quality")), "{said}");
}

#[test]
fn without_a_session_bus_nothing_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let (film, socket) = (film(folder.path()), folder.path().join("socket"));
    let arguments = ["--loop", "--media-controls", "--stop-screensaver", film.to_str().unwrap()];
    let playing = Playing::start_with(&socket, &arguments, "unix:path=/nowhere/bus");
    let mut client = playing.client();
    client.wait_until("time-pos", |time| time.as_f64().is_some_and(|time| time > 0.1));
    client.does(json!(["keypress", "SPACE"]));
    assert_eq!(client.get("pause"), true, "a key does what it does");
    client.does(json!(["quit"]));
    let (well, said) = playing.end();
    assert!(well && said.lines().all(|line| line.contains("--quality")), "{said}");
}
