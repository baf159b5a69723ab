//! One program that talks to the player: a thread that reads what it wants, and one that tells it what changes.

use std::io::{self, BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Request;
use super::board::Board;
use super::limits::{BURST, LONGEST_LINE, PATIENCE, RATE};
use super::observed::{Telling, value};
use super::protocol::{self, Asked, Line};
use crate::control::{CommandError, Sought};

/// How soon a thread that tells looks whether its program is still there.
const LOOK: Duration = Duration::from_millis(500);

/// What goes to a program: lines are written whole, in the order in which things were.
struct Out {
    stream: UnixStream,
    telling: Telling,
    gone: bool,
}

impl Out {
    fn say(&mut self, lines: &str) -> io::Result<()> {
        if lines.is_empty() { Ok(()) } else { self.stream.write_all(lines.as_bytes()) }
    }

    fn tell_news(&mut self, board: &Board) -> io::Result<()> {
        let Some(status) = board.latest() else { return Ok(()) };
        let news = self.telling.news(&status);
        self.say(&news)
    }
}

fn lock(out: &Mutex<Out>) -> MutexGuard<'_, Out> {
    out.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often a program may still ask.
struct Allowance {
    left: f64,
    since: Instant,
}

impl Allowance {
    fn new(now: Instant) -> Self {
        Self { left: BURST, since: now }
    }

    /// Takes one; gives how long to wait for it.
    fn take(&mut self, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        (self.left, self.since) = ((self.left + passed * RATE).min(BURST) - 1.0, now);
        Duration::from_secs_f64((-self.left).max(0.0) / RATE)
    }
}

/// Serves the program at the other end until it goes or all is over.
pub(super) fn serve(stream: UnixStream, board: &Arc<Board>, requests: &SyncSender<Request>) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let telling = Arc::new(Mutex::new(Out { stream: stream.try_clone()?, telling: Telling::default(), gone: false }));
    let (out, looked_at) = (Arc::clone(&telling), Arc::clone(board));
    let teller = Builder::new().name("ipc out".to_owned()).spawn(move || tell(&out, &looked_at))?;
    let served = listen(&stream, &telling, board, requests);
    // A socket that is gone cannot be closed once more.
    let _ = stream.shutdown(Shutdown::Both);
    lock(&telling).gone = true;
    if teller.join().is_err() {
        tracing::error!("a thread of the socket ended badly");
    }
    served
}

/// Tells what changes until the program is gone, and at last that all is over.
fn tell(out: &Mutex<Out>, board: &Board) {
    let mut seen = 0;
    loop {
        let news = board.newer(seen, LOOK);
        let mut out = lock(out);
        let told = match news {
            Some(version) => {
                let told = if version == seen { Ok(()) } else { out.tell_news(board) };
                seen = version;
                told
            }
            None => {
                let farewell = out.telling.farewell().unwrap_or_default();
                let _ = out.say(&farewell);
                Err(io::ErrorKind::BrokenPipe.into())
            }
        };
        if out.gone || told.is_err() {
            // No more is read; an answer that is on its way is still written.
            let _ = out.stream.shutdown(Shutdown::Read);
            return;
        }
    }
}

/// Reads lines and does what they say.
fn listen(stream: &UnixStream, out: &Mutex<Out>, board: &Board, requests: &SyncSender<Request>) -> io::Result<()> {
    let (mut reader, mut line) = (BufReader::new(stream), Vec::new());
    let mut allowance = Allowance::new(Instant::now());
    loop {
        line.clear();
        match next_line(&mut reader, &mut line)? {
            Next::End => return Ok(()),
            Next::Line => {}
            Next::TooLong => {
                let error = CommandError::Usage("a line of at most 65536 bytes");
                return lock(out).say(&protocol::answer(&Value::from(0), Err(error)));
            }
        }
        std::thread::sleep(allowance.take(Instant::now()));
        let Some(Line { id, asked }) = protocol::read(&String::from_utf8_lossy(&line)) else { continue };
        let observes = matches!(asked, Ok(Asked::Observe { .. }));
        let Some(done) = asked.map_or_else(|error| Some(Err(error)), |asked| answer(asked, out, board, requests))
        else {
            return Ok(());
        };
        let mut out = lock(out);
        match (id, done) {
            (Some(id), done) => out.say(&protocol::answer(&id, done))?,
            // Not louder: a program could fill the terminal with it.
            (None, Err(error)) => tracing::debug!("the socket: {error}"),
            (None, Ok(_)) => {}
        }
        if observes {
            out.tell_news(board)?;
        }
    }
}

/// What comes of a line; none where all is over.
fn answer(
    asked: Asked,
    out: &Mutex<Out>,
    board: &Board,
    requests: &SyncSender<Request>,
) -> Option<Result<Value, CommandError>> {
    let nothing = |done: Result<(), CommandError>| done.map(|()| Value::Null);
    Some(match asked {
        Asked::Do(commands) => {
            let (sender, done) = sync_channel(1);
            requests.send(Request { commands, answer: sender }).ok()?;
            board.wake();
            nothing(done.recv().ok()?)
        }
        Asked::Get { name, as_text } => {
            let status = board.status()?;
            Sought::find(&name)
                .and_then(|property| value(&property, as_text, &status).ok_or(CommandError::Unavailable(name)))
        }
        Asked::Observe { id, name, as_text } => {
            board.status()?;
            nothing(lock(out).telling.observe(id, &name, as_text))
        }
        Asked::Unobserve(id) => {
            lock(out).telling.unobserve(id);
            Ok(Value::Null)
        }
        Asked::Events { name, on } => nothing(lock(out).telling.set_event(&name, on)),
        Asked::Know(value) => Ok(value),
    })
}

enum Next {
    Line,
    TooLong,
    End,
}

/// Reads a line, without what ends it.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Next> {
    loop {
        let bytes = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if bytes.is_empty() {
            return Ok(if line.is_empty() { Next::End } else { Next::Line });
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(bytes.len(), |end| end + 1);
        if line.len() + taken > LONGEST_LINE {
            return Ok(Next::TooLong);
        }
        line.extend(&bytes[..end.unwrap_or(taken)]);
        reader.consume(taken);
        if end.is_some() {
            return Ok(Next::Line);
        }
    }
}
