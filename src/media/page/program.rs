//! Running yt-dlp.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::media::remote_options::PageOptions;
use crate::media::stop::StopFlag;

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(60);
/// The most bytes that it may answer.
const MOST: u64 = 16 << 20;
/// The most bytes of its complaints that are read.
const COMPLAINTS: u64 = 64 << 10;
/// How often it is looked after.
const TICK: Duration = Duration::from_millis(20);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("stopped")]
    Stopped,
    #[error("it is a page and no film; install yt-dlp, which finds films in pages")]
    NotInstalled,
    #[error("{program} cannot be run: {error}; --ytdl-path names another, --ytdl no leaves it out")]
    NotRun { program: String, error: io::Error },
    #[error("yt-dlp takes longer than a minute")]
    TooSlow,
    #[error("yt-dlp answers without end")]
    TooLong,
    #[error("yt-dlp says: {0}")]
    Refused(String),
}

/// Ends with whoever looks after it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What it answers about the page at `url`.
pub(super) fn ask(url: &str, page: &PageOptions, stop: &StopFlag) -> Result<Vec<u8>, Failure> {
    let program = page.program.to_string_lossy().into_owned();
    let mut running = Command::new(&page.program)
        .args(["--no-warnings", "--dump-single-json", "--no-playlist", "--format", &page.format, "--", url])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map(Running)
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if page.program == PageOptions::default().program => Failure::NotInstalled,
            _ => Failure::NotRun { program, error },
        })?;
    let answer = running.0.stdout.take().map(|from| read(from, MOST));
    let complaints = running.0.stderr.take().map(|from| read(from, COMPLAINTS));
    let began = Instant::now();
    // One that answers too much waits for ever for somebody who reads it.
    while answer.as_ref().is_some_and(|answer| !answer.is_finished()) {
        if stop.is_stopped() {
            return Err(Failure::Stopped);
        }
        if began.elapsed() > LIMIT {
            return Err(Failure::TooSlow);
        }
        std::thread::sleep(TICK);
    }
    let answer = answer.and_then(|thread| thread.join().ok()).unwrap_or_default();
    if answer.len() as u64 > MOST {
        return Err(Failure::TooLong);
    }
    // Its answer has ended, so it is about to.
    match wait(&mut running.0, began, stop) {
        Ok(status) if status.success() => return Ok(answer),
        Ok(_) => {}
        Err(_) if stop.is_stopped() => return Err(Failure::Stopped),
        Err(_) => return Err(Failure::TooSlow),
    }
    drop(running);
    let complaints = complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
    let complaints = String::from_utf8_lossy(&complaints).into_owned();
    // The last line is what ended it.
    let last = complaints.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing").trim();
    Err(Failure::Refused(last.trim_start_matches("ERROR: ").to_owned()))
}

fn wait(child: &mut Child, began: Instant, stop: &StopFlag) -> io::Result<std::process::ExitStatus> {
    while began.elapsed() < LIMIT && !stop.is_stopped() {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(TICK);
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// Reads it to its end, or a byte more than `most`.
fn read(from: impl Read + Send + 'static, most: u64) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before it broke is all there is.
        let _ = from.take(most + 1).read_to_end(&mut bytes);
        bytes
    })
}
