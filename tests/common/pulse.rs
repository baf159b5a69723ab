//! A PulseAudio server that belongs to one test, with a sink that is heard nowhere and can be recorded.
#![allow(dead_code)]

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

pub(crate) const RATE: usize = 48_000;

/// The server; ended with the test.
pub(crate) struct Pulse {
    server: Child,
    folder: tempfile::TempDir,
}

impl Pulse {
    pub(crate) fn start() -> Self {
        // Short: a socket's path has not much room.
        let folder = tempfile::Builder::new().prefix("pa").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let server = Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"])
            .args(["-L", "module-null-sink sink_name=null rate=48000 channels=2", "-L", "module-native-protocol-unix"])
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("HOME", folder.path())
            .env_remove("PULSE_SERVER")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the sound tests need PulseAudio (Debian: apt install pulseaudio pulseaudio-utils)");
        let pulse = Self { server, folder };
        let until = Instant::now() + Duration::from_secs(20);
        while !pulse.pactl(&["info"]).0 {
            assert!(Instant::now() < until, "pulseaudio did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        pulse
    }

    pub(crate) fn runtime(&self) -> &Path {
        self.folder.path()
    }

    /// Leads a program to this server.
    pub(crate) fn lead(&self, command: &mut Command) {
        command.env("XDG_RUNTIME_DIR", self.runtime()).env("HOME", self.runtime()).env_remove("PULSE_SERVER");
    }

    pub(crate) fn pactl(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new("pactl");
        self.lead(&mut command);
        let done = command.args(arguments).output().expect("the sound tests need pactl (Debian: pulseaudio-utils)");
        (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// Begins to record what `sink` is given.
    pub(crate) fn record(&self, sink: &str) -> Recorder {
        let mut command = Command::new("parec");
        self.lead(&mut command);
        command.args(["-d", &format!("{sink}.monitor"), "--format=s16le", "--rate=48000", "--channels=2", "--raw"]);
        command.arg("--latency-msec=10").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the sound tests need parec (Debian: pulseaudio-utils)");
        let mut out = child.stdout.take().unwrap();
        let (sender, chunks) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count) = out.read(&mut buffer) {
                if count == 0 || sender.send((SystemTime::now(), buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        Recorder { child, chunks }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

pub(crate) struct Recorder {
    child: Child,
    chunks: Receiver<(SystemTime, Vec<u8>)>,
}

/// What was recorded.
pub(crate) struct Recording {
    /// Left and right.
    pub(crate) samples: Vec<[i16; 2]>,
    /// When the first was, in seconds since 1970.
    pub(crate) began: f64,
}

impl Recorder {
    pub(crate) fn end(mut self) -> Recording {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let (mut bytes, mut moments) = (Vec::new(), Vec::new());
        while let Ok((at, chunk)) = self.chunks.recv() {
            bytes.extend(chunk);
            let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
            moments.push(at - (bytes.len() / 4) as f64 / RATE as f64);
        }
        // What comes soonest has waited least.
        moments.sort_by(f64::total_cmp);
        let samples = bytes.chunks_exact(4);
        let sample = |bytes: &[u8]| [[bytes[0], bytes[1]], [bytes[2], bytes[3]]].map(i16::from_le_bytes);
        Recording { samples: samples.map(sample).collect(), began: moments[moments.len() / 10] }
    }
}
