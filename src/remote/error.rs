//! Why no other program can be listened to.

use std::io;
use std::path::PathBuf;

/// What is wrong with the socket.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Another player has it.
    #[error("--input-ipc-server {}: another player listens there: choose another path", .0.display())]
    Taken(PathBuf),
    /// A file that is no socket.
    #[error("--input-ipc-server {}: there is something that is no socket: choose another path", .0.display())]
    InTheWay(PathBuf),
    /// The system refuses.
    #[error("--input-ipc-server {}: {error}", path.display())]
    System {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}
