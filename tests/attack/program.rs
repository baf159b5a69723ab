//! The program itself, run once and watched.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::said;

/// What one run was like.
pub(crate) struct Run {
    pub(crate) status: Option<ExitStatus>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) time: Duration,
    /// MiB in memory at most, as far as was seen.
    pub(crate) memory: u64,
}

/// The program with a small network; `before` are words in front of it, such as those of `prlimit`.
pub(crate) fn deep3d(before: &[&str]) -> Command {
    let program = env!("CARGO_BIN_EXE_deep3d");
    let mut command = match before {
        [] => Command::new(program),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
    };
    command.env("DEEP3D_CACHE_DIR", env!("CARGO_TARGET_TMPDIR")).env("DEEP3D_STATE_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("DEEP3D_LOG").stdin(Stdio::null());
    command
}

/// Runs it to its end, or ends it after `patience`: then there is no status.
pub(crate) fn watched(mut command: Command, patience: Duration) -> Run {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.by_ref().take(1 << 20).read_to_end(&mut bytes);
        bytes
    });
    let mut memory = 0;
    let status = loop {
        if let Ok(text) = fs::read_to_string(format!("/proc/{}/status", child.id())) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let most = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            memory = memory.max(most.unwrap_or(0) >> 10);
        }
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if began.elapsed() > patience {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    Run { status, stderr: reader.join().unwrap(), time: began.elapsed(), memory }
}

impl Run {
    /// How it ended in a word, and what is wrong with that, if anything.
    pub(crate) fn judged(&self, outputs: &Path, most_memory: u64) -> (String, Vec<(String, String)>) {
        let mut found = Vec::new();
        let said = String::from_utf8_lossy(&self.stderr).escape_debug().to_string();
        let code = self.status.and_then(|status| status.code());
        let outcome = match (self.status, code) {
            (None, _) => {
                found.push(("hang".to_owned(), format!("longer than {:?}: {said}", self.time)));
                "ended".to_owned()
            }
            (Some(status), None) => {
                found.push(("crash".to_owned(), format!("{status}: {said}")));
                "died".to_owned()
            }
            (_, Some(code @ 0..=2)) => {
                if let Err(fault) = said::stderr(&self.stderr, code) {
                    found.push(("words".to_owned(), format!("{fault}: {said}")));
                }
                ["converted", "refused", "refused as wrong usage"][code as usize].to_owned()
            }
            (_, Some(code)) => {
                found.push(("exit".to_owned(), format!("{code}: {said}")));
                format!("exit {code}")
            }
        };
        if self.memory > most_memory {
            found.push(("memory".to_owned(), format!("{} MiB at once", self.memory)));
        }
        let there: Vec<String> = fs::read_dir(outputs)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        let hidden = there.iter().any(|name| name.starts_with('.'));
        if self.status.is_some_and(|status| status.code().is_some())
            && (hidden || (code != Some(0) && !there.is_empty()))
        {
            found.push(("leftover".to_owned(), there.join(", ")));
        }
        if code == Some(0) && there.is_empty() {
            found.push(("nothing".to_owned(), "exit 0, and nothing was written".to_owned()));
        }
        (outcome, found)
    }
}
