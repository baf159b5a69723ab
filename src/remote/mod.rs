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
#[cfg(target_os = "linux")]
mod desktop;
#[cfg(not(target_os = "linux"))]
#[path = "desktop/without.rs"]
mod desktop;
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
pub use desktop::DesktopOptions;
pub use error::RemoteError;
pub use limits::MOST_CLIENTS;
use server::Server;

/// How long what is told may be old while nobody asks for anything.
const OLDEST: Duration = Duration::from_millis(30);
/// The same where only the desktop looks, which counts on by itself.
const CALM: Duration = Duration::from_millis(250);
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

impl Drop for Remote {
    fn drop(&mut self) {
        self.board.close();
    }
}

/// The player's end of the socket. Dropping it tells the programs that it is over, and closes it.
pub struct Remote {
    board: Arc<Board>,
    requests: Receiver<Request>,
    published: Option<Instant>,
    /// Something may have changed since.
    left_out: bool,
    _server: Option<Server>,
}

impl Remote {
    /// Listens at `path`, a socket that only its owner may use, and lets the desktop know of the player. None where nobody wants to know.
    ///
    /// # Errors
    /// There is something already, or it cannot be made.
    pub fn new(path: Option<&Path>, desktop: DesktopOptions) -> Result<Option<Self>, RemoteError> {
        if path.is_none() && desktop == DesktopOptions::default() {
            return Ok(None);
        }
        let board = Arc::<Board>::default();
        let (sender, requests) = sync_channel(WAITING);
        if desktop != DesktopOptions::default() {
            desktop::start(desktop, &board, &sender);
        }
        let server = path.map(|path| Server::start(path, &board, sender)).transpose()?;
        Ok(Some(Self { board, requests, published: None, left_out: false, _server: server }))
    }

    /// How old what is told may be now; none where nobody looks.
    fn oldest(&self) -> Option<Duration> {
        let calm = || self.board.is_watched().then_some(CALM);
        if self.board.has_clients() { Some(OLDEST) } else { calm() }
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
        let Some(oldest) = self.oldest() else { return false };
        let old = self.published.is_none_or(|last| now.saturating_duration_since(last) >= oldest);
        let due = old || self.board.is_waited_for();
        self.left_out = !due;
        due
    }

    /// When to look again although nothing happens; `running`: film time runs.
    pub fn wake(&self, running: bool) -> Option<Instant> {
        let (last, oldest) = self.published.filter(|_| running || self.left_out).zip(self.oldest())?;
        Some(last + oldest)
    }

    /// This is how the player stands.
    pub fn publish(&mut self, status: Status, now: Instant) {
        self.published = Some(now);
        self.board.publish(status);
    }
}
