//! The desktop: its player controls and media keys (MPRIS), and its screen saver. All of it goes over the session bus, on threads of its own: where there is
//! none, or it does not answer, the film knows nothing of it.

mod cover;
mod mpris;
mod saver;

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use zbus::blocking::connection::Builder;

use super::Request;
use super::board::Board;
use crate::control::Command;
use mpris::Mpris;
use saver::Saver;

/// How soon to look again although nothing was told.
const LOOK: Duration = Duration::from_secs(5);

/// Whoever takes longer to answer does not.
const ANSWER: Duration = Duration::from_secs(5);

/// What of the player is the desktop's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DesktopOptions {
    /// The desktop's player controls.
    pub controls: bool,
    /// The screen saver is held off while a film runs.
    pub screen_saver: bool,
}

/// Lets the desktop know how the player stands, until all is over.
pub(super) fn start(options: DesktopOptions, board: &Arc<Board>, requests: &SyncSender<Request>) {
    board.watch();
    let (board, hand) = (Arc::clone(board), Hand { board: Arc::clone(board), requests: requests.clone() });
    let started = thread::Builder::new().name("desktop".to_owned()).spawn(move || tell(options, &board, hand));
    if let Err(error) = started {
        tracing::debug!("the desktop is left alone: {error}");
    }
}

/// What the desktop wants done, without waiting for it.
#[derive(Clone)]
struct Hand {
    board: Arc<Board>,
    requests: SyncSender<Request>,
}

impl Hand {
    /// A line of commands. One that comes while too many wait is left out.
    fn press(&self, line: &str) {
        let Ok(commands) = Command::parse_line(line) else { return };
        let (answer, _) = std::sync::mpsc::sync_channel(1);
        if self.requests.try_send(Request { commands, answer }).is_ok() {
            self.board.wake();
        }
    }
}

/// A connection to the session bus.
fn builder() -> zbus::Result<Builder<'static>> {
    Ok(Builder::session()?.method_timeout(ANSWER))
}

fn tell(options: DesktopOptions, board: &Board, hand: Hand) {
    let known = options.controls.then(|| Mpris::start(hand)).and_then(|started| {
        started.inspect_err(|error| tracing::debug!("the desktop's controls do not know of the player: {error}")).ok()
    });
    let (mut mpris, bus) = known.map_or((None, None), |(mpris, bus)| (Some(mpris), Some(bus)));
    let bus = bus.or_else(|| {
        let bus = builder().and_then(Builder::build);
        bus.inspect_err(|error| tracing::debug!("there is no session bus: {error}")).ok()
    });
    let Some(bus) = bus else { return };
    let mut saver = options.screen_saver.then(|| Saver::new(&bus));
    let mut seen = 0;
    while let Some(version) = board.newer(seen, LOOK) {
        let Some(status) = board.latest().filter(|_| version != seen) else { continue };
        seen = version;
        let now = Instant::now();
        if let Some(saver) = &mut saver {
            saver.follow(status.running, now);
        }
        if let Some(told) = &mut mpris
            && let Err(error) = told.tell(&status, now)
        {
            tracing::debug!("the desktop's controls are gone: {error}");
            mpris = None;
        }
    }
    if let Some(saver) = &mut saver {
        saver.follow(false, Instant::now());
    }
}
