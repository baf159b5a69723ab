//! One of the two players on a screen of its own, asked over its socket and driven by keys and the mouse.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::display::Display;

/// Compiling kernels for the CPU takes long where it was never done.
const START: Duration = Duration::from_secs(180);
/// For what one key does.
const SOON: Duration = Duration::from_secs(4);
/// What a program is let be for after it has changed, in case it changes more.
const SETTLED: Duration = Duration::from_millis(150);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Mpv,
    Deep3d,
}

/// A playing program; ended when it is dropped.
pub(crate) struct Player<'a> {
    pub(crate) which: Which,
    display: &'a Display,
    program: Child,
    lines: BufReader<UnixStream>,
    stream: UnixStream,
    window: String,
    asked: i64,
}

impl Which {
    /// The program as it is called where no window is wanted, and what it says is read.
    pub(crate) fn bare(self) -> Command {
        let mut command = match self {
            Self::Mpv => Command::new("mpv"),
            Self::Deep3d => Command::new(env!("CARGO_BIN_EXE_deep3d")),
        };
        command.arg("--no-config").stdin(Stdio::null()).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        for folder in ["DEEP3D_CONFIG_DIR", "DEEP3D_CACHE_DIR", "DEEP3D_STATE_DIR"] {
            command.env(folder, env!("CARGO_TARGET_TMPDIR"));
        }
        command
    }

    /// The program with what makes the two alike, on this display.
    pub(crate) fn command(self, display: &Display) -> Command {
        let mut command = match self {
            Self::Mpv => {
                let mut command = Command::new("mpv");
                command.args(["--no-config", "--vo=x11", "--ao=null", "--hr-seek=yes"]);
                command
            }
            Self::Deep3d => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_deep3d"));
                command.args([
                    "play",
                    "--no-config",
                    "--network-size",
                    "64x64",
                    "--layout",
                    "left",
                    "--resume-playback=no",
                    "--save-position-on-quit=no",
                    "--keep-window=no",
                ]);
                for folder in ["DEEP3D_CONFIG_DIR", "DEEP3D_CACHE_DIR", "DEEP3D_STATE_DIR"] {
                    command.env(folder, env!("CARGO_TARGET_TMPDIR"));
                }
                command.env("DEEP3D_VALIDATION", "1").env("PULSE_SERVER", "/nowhere");
                command
            }
        };
        command.env_remove("WAYLAND_DISPLAY").env_remove("DBUS_SESSION_BUS_ADDRESS").env("DISPLAY", display.name());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl<'a> Player<'a> {
    /// Starts it with these arguments, until a film is there or it says that it is idle.
    pub(crate) fn start(
        which: Which,
        display: &'a Display,
        folder: &Path,
        arguments: &[String],
    ) -> Result<Self, String> {
        let socket: PathBuf = folder.join(format!("{which:?}.socket"));
        let _ = std::fs::remove_file(&socket);
        let mut command = which.command(display);
        let mut server = std::ffi::OsString::from("--input-ipc-server=");
        server.push(&socket);
        let mut program =
            command.arg(server).args(arguments).current_dir(folder).spawn().map_err(|error| error.to_string())?;
        let began = Instant::now();
        let stream = loop {
            if let Ok(stream) = UnixStream::connect(&socket) {
                break stream;
            }
            if let Ok(Some(status)) = program.try_wait() {
                return Err(format!("it ends at once ({status})"));
            }
            if began.elapsed() > START {
                let _ = program.kill();
                return Err("no socket comes".to_owned());
            }
            thread::sleep(Duration::from_millis(20));
        };
        stream.set_read_timeout(Some(START)).map_err(|error| error.to_string())?;
        let lines = BufReader::new(stream.try_clone().map_err(|error| error.to_string())?);
        let mut player = Self { which, display, program, lines, stream, window: String::new(), asked: 0 };
        while player.get("idle-active") != json!(true)
            && (!["duration", "dwidth"].iter().any(|property| player.get(property).is_number())
                || player.get("seeking") == json!(true)
                || (which == Which::Deep3d && player.get("shown-frame-count") == json!(0))
                || !player.has_window())
        {
            if began.elapsed() > START {
                return Err("no film comes".to_owned());
            }
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(SETTLED);
        Ok(player)
    }

    fn has_window(&mut self) -> bool {
        self.window = self.display.window(self.program.id()).unwrap_or_default();
        !self.window.is_empty() || self.get("vid") == json!(false)
    }

    /// What it answers to a command; null where it has hung up.
    pub(crate) fn ask(&mut self, command: &Value) -> Value {
        self.asked += 1;
        let line = json!({"command": command, "request_id": self.asked}).to_string() + "\n";
        if self.stream.write_all(line.as_bytes()).is_err() {
            return Value::Null;
        }
        loop {
            let mut line = String::new();
            if !self.lines.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                return Value::Null;
            }
            let answer: Value = serde_json::from_str(&line).unwrap_or_default();
            if answer["request_id"] == json!(self.asked) {
                return answer;
            }
        }
    }

    /// A property as it is now, or what the test looks at besides: `window-size`, `window-title`, `ended`.
    pub(crate) fn get(&mut self, property: &str) -> Value {
        match property {
            "window-size" => json!(self.display.window_size(&self.window)),
            "window-title" => json!(self.display.xdotool(&["getwindowname", &self.window])),
            "ended" => json!(self.program.try_wait().ok().flatten().map(|status| status.code())),
            _ => self.ask(&json!(["get_property", property]))["data"].clone(),
        }
    }

    pub(crate) fn all(&mut self, properties: &[&str]) -> Vec<Value> {
        properties.iter().map(|property| self.get(property)).collect()
    }

    /// Does what a viewer does: `key NAME`, `click BUTTON`, `double`, as xdotool names them.
    pub(crate) fn act(&self, steps: &[&str]) {
        for step in steps {
            match step.split_once(' ') {
                Some(("click", button)) => {
                    self.point([150, 60]);
                    self.display.xdotool(&["click", button])
                }
                Some(("double", button)) => {
                    self.point([150, 60]);
                    self.display.xdotool(&["click", "--repeat", "2", "--delay", "60", button])
                }
                Some(("wait", milliseconds)) => {
                    thread::sleep(Duration::from_millis(milliseconds.parse().unwrap_or_default()));
                    String::new()
                }
                None if *step == "move" => {
                    self.point([60, 60]);
                    self.point([150, 90]);
                    String::new()
                }
                _ => self.display.xdotool(&["key", step]),
            };
        }
    }

    /// Moves the mouse there, in pixels of the window: in its upper half, where no controls lie.
    fn point(&self, at: [u32; 2]) {
        let [x, y] = at.map(|place| place.to_string());
        self.display.xdotool(&["mousemove", "--window", &self.window, &x, &y]);
    }

    /// What is seen of it.
    pub(crate) fn picture(&self) -> crate::display::Screenshot {
        self.display.screenshot()
    }

    /// Waits until one of these is no longer as it was, and then a little; gives what they are.
    pub(crate) fn changed(&mut self, properties: &[&str], before: &[Value]) -> Vec<Value> {
        let began = Instant::now();
        while began.elapsed() < SOON {
            let ended = self.get("ended") != Value::Null;
            if ended || self.all(properties) != before {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let mut now = self.all(properties);
        while began.elapsed() < 2 * SOON {
            thread::sleep(SETTLED);
            let then = std::mem::replace(&mut now, self.all(properties));
            if then == now {
                break;
            }
        }
        now
    }
}

impl Drop for Player<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
