//! Other programs that tell the player what to do and ask how it stands: mpv's JSON protocol on a socket, so that mpv's remotes and scripts work.
//!
//! ```text
//!            lines                    Request                                    Asked
//! program ─► reading thread ─────────────────────────► channel ─► take ─► player ──────► sink
//! program ◄─ writing thread ◄─ answers, properties, events ◄─ Board ◄─ publish(Status) ─┘
//! ```
//!
//! The player takes requests when it has time, a few at once, and never waits for a program; a program waits for its answers, and whoever does not read them
//! waits alone. There are at most [`MOST_CLIENTS`] at once.

mod board;
#[cfg(unix)]
mod client;
mod error;
mod limits;
mod observed;
mod protocol;
#[cfg(unix)]
mod server;
#[cfg(not(unix))]
#[path = "without.rs"]
mod server;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::control::{Command, CommandError, Status};
use crate::sink::Waker;
use board::Board;
pub use error::RemoteError;
pub use limits::MOST_CLIENTS;
use server::Server;

/// How long what is told may be old while nobody asks for anything.
const OLDEST: Duration = Duration::from_millis(30);
/// Requests that wait at most; each program has one.
const WAITING: usize = MOST_CLIENTS;

/// What a program wants done.
pub struct Request {
    /// In order.
    pub commands: Vec<Command>,
    answer: SyncSender<Result<(), CommandError>>,
}

impl Request {
    /// Tells the program what came of it. To be called after [`Remote::publish`], so that what it asks next is answered by what is then.
    pub fn answer(self, done: Result<(), CommandError>) {
        // A program that has gone does not want to know.
        let _ = self.answer.try_send(done);
    }
}

/// The player's end of the socket. Dropping it tells the programs that it is over, and closes it.
pub struct Remote {
    board: Arc<Board>,
    requests: Receiver<Request>,
    published: Option<Instant>,
    /// Something may have changed since.
    left_out: bool,
    _server: Server,
}

impl Remote {
    /// Listens at `path`: a socket that only its owner may use.
    ///
    /// # Errors
    /// There is something already, or it cannot be made.
    pub fn listen(path: &Path) -> Result<Self, RemoteError> {
        let board = Arc::<Board>::default();
        let (sender, requests) = sync_channel(WAITING);
        let server = Server::start(path, &board, sender)?;
        Ok(Self { board, requests, published: None, left_out: false, _server: server })
    }

    /// Whom to wake when something is wanted.
    pub fn set_waker(&mut self, waker: Waker) {
        self.board.set_waker(waker);
    }

    /// The next request, where there is one.
    pub fn take(&mut self) -> Option<Request> {
        self.requests.try_recv().ok()
    }

    /// Whether programs are to be told how the player stands: when one waits for that, and else not again and again.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let old = self.published.is_none_or(|last| now.saturating_duration_since(last) >= OLDEST);
        let due = old || self.board.is_waited_for();
        self.left_out = !due;
        due && self.board.has_clients()
    }

    /// When to look again although nothing happens; `running`: film time runs.
    pub fn wake(&self, running: bool) -> Option<Instant> {
        self.published.filter(|_| (running || self.left_out) && self.board.has_clients()).map(|last| last + OLDEST)
    }

    /// This is how the player stands.
    pub fn publish(&mut self, status: Status, now: Instant) {
        self.published = Some(now);
        self.board.publish(status);
    }
}
