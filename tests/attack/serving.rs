//! Servers that misbehave: each mode of tests/data/faults/httpd-faults.py, through whole conversions.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crate::corpus;
use crate::pool::{Figures, Finding};
use crate::program;

/// A server may be silent for half a minute before it is given up, and some modes stand still more than once.
const PATIENCE: Duration = Duration::from_secs(150);
const MEMORY: u64 = 2560;

/// The first part of the path, and whether a film has to come of it; without a word either will do.
const MODES: &[(&str, Option<bool>)] = &[
    ("ok", Some(true)),
    ("norange", None),
    ("stall", Some(false)),
    ("stallbody", Some(false)),
    ("reset", Some(false)),
    ("resetmid", Some(false)),
    ("redir", Some(false)),
    ("redirfile", Some(false)),
    ("headers", Some(false)),
    ("longheader", Some(false)),
    ("bigcl", None),
    ("smallcl", None),
    ("negcl", None),
    ("badchunk", Some(false)),
    ("gzip", Some(false)),
    ("404", Some(false)),
    ("500", Some(false)),
    ("401", Some(false)),
    ("garbage", Some(false)),
    ("html", Some(false)),
    ("endless", Some(false)),
    ("slow", None),
    ("empty", Some(false)),
    ("hlsself", Some(false)),
    ("hlsmaster", Some(false)),
    ("hlsok", Some(true)),
    ("hlsmany", Some(false)),
    ("ts", Some(true)),
    ("second", None),
    ("seconddie", None),
];

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/faults/httpd-faults.py");
        let folder = corpus::folder();
        let mut process = Command::new("python3")
            .arg(script)
            .arg(port.to_string())
            .args([folder.join("all.mp4"), folder.join("h264.ts")])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the servers need Python (Debian: apt install python3)");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All modes at once: most of the time is spent in waiting.
pub(crate) fn attack() -> Figures {
    let server = Server::start();
    let figures = Mutex::new(Figures::default());
    std::thread::scope(|scope| {
        for (mode, whole) in MODES {
            let (figures, port) = (&figures, server.port);
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                let ending = if mode.starts_with("hls") {
                    "m3u8"
                } else if mode.starts_with("s") || *mode == "ts" {
                    "ts"
                } else {
                    "mp4"
                };
                let mut command = program::deep3d(&[]);
                command.args(["convert", "--network-size", "64x64", "--preset", "ultrafast", "-o", "out.mkv"]);
                command.arg(format!("http://127.0.0.1:{port}/{mode}/x.{ending}")).current_dir(&folder);
                let run = program::watched(command, PATIENCE);
                let (outcome, mut found) = run.judged(folder.path(), MEMORY);
                let converted = outcome == "converted";
                if whole.is_some_and(|whole| whole != converted) {
                    let said = String::from_utf8_lossy(&run.stderr).escape_debug().to_string();
                    found.push(("outcome".to_owned(), format!("{outcome}: {said}")));
                }
                let mut figures = figures.lock().unwrap();
                let words = String::from_utf8_lossy(&run.stderr).escape_debug().to_string();
                figures
                    .said
                    .push(((*mode).to_owned(), format!("{outcome} in {:.0} s: {words}", run.time.as_secs_f64())));
                figures.slowest = figures.slowest.clone().max((run.time.as_millis() as u64, (*mode).to_owned()));
                figures.largest = figures.largest.clone().max((run.memory, (*mode).to_owned()));
                let findings =
                    found.into_iter().map(|(kind, text)| Finding { case: format!("server/{mode}"), kind, text });
                figures.findings.extend(findings);
                *figures.outcomes.entry(outcome).or_default() += 1;
            });
        }
    });
    figures.into_inner().unwrap()
}
