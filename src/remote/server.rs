//! The socket, and who may come to it.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rustix::fs::{Mode, fchmod};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, listen, socket};

use super::board::Board;
use super::limits::MOST_CLIENTS;
use super::{RemoteError, Request, client};

/// Programs that knock at once.
const QUEUE: i32 = 16;
/// How long the programs have to hear that all is over.
const FAREWELL: Duration = Duration::from_millis(500);

/// Takes in programs on a thread of its own until it is dropped.
pub(super) struct Server {
    path: PathBuf,
    /// Which file the socket is: another player may have made one of the same name since.
    inode: Option<(u64, u64)>,
    board: Arc<Board>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(path: &Path, board: &Arc<Board>, requests: SyncSender<Request>) -> Result<Self, RemoteError> {
        let system = |error: io::Error| RemoteError::System { path: path.to_owned(), error };
        make_room(path)?;
        let listener = open(path).map_err(system)?;
        let metadata = fs::symlink_metadata(path).map_err(system)?;
        let own = Arc::clone(board);
        let accept = move || {
            for stream in listener.incoming() {
                match stream {
                    _ if own.is_over() => return,
                    Ok(stream) => welcome(stream, &own, &requests),
                    Err(error) => {
                        tracing::debug!("the socket: {error}");
                        std::thread::sleep(Duration::from_millis(100));
                    }
                }
            }
        };
        let thread = Builder::new().name("ipc".to_owned()).spawn(accept).map_err(system)?;
        let inode = Some((metadata.dev(), metadata.ino()));
        Ok(Self { path: path.to_owned(), inode, board: Arc::clone(board), thread: Some(thread) })
    }
}

/// Whoever was there before and is gone leaves a socket that nobody answers at.
fn make_room(path: &Path) -> Result<(), RemoteError> {
    let system = |error: io::Error| RemoteError::System { path: path.to_owned(), error };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(system(error)),
        Ok(metadata) if !metadata.file_type().is_socket() => Err(RemoteError::InTheWay(path.to_owned())),
        Ok(_) => match UnixStream::connect(path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(system),
            _ => Err(RemoteError::Taken(path.to_owned())),
        },
    }
}

/// A socket that only its owner may use, from its first moment on.
fn open(path: &Path) -> io::Result<UnixListener> {
    let owner = Mode::RUSR | Mode::WUSR;
    let own = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&own, rustix::io::FdFlags::CLOEXEC)?;
    // Where a socket without a name has no mode, it gets that right afterwards.
    let early = fchmod(&own, owner);
    bind(&own, &SocketAddrUnix::new(path)?)?;
    if early.is_err() || fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    listen(&own, QUEUE)?;
    Ok(own.into())
}

/// Serves a program on a thread of its own, or lets it go where there are too many.
fn welcome(stream: UnixStream, board: &Arc<Board>, requests: &SyncSender<Request>) {
    if !board.enter(MOST_CLIENTS) {
        return;
    }
    let (own, requests) = (Arc::clone(board), requests.clone());
    let serve = move || {
        if let Err(error) = client::serve(stream, &own, &requests) {
            tracing::debug!("the socket: {error}");
        }
        own.leave();
    };
    if let Err(error) = Builder::new().name("ipc in".to_owned()).spawn(serve) {
        tracing::warn!("a program is not listened to: {error}");
        board.leave();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.board.close();
        self.board.wait_for_all_to_leave(FAREWELL);
        let is_own = fs::symlink_metadata(&self.path).ok().map(|now| (now.dev(), now.ino())) == self.inode;
        // A thread that waits for programs is woken by one.
        if is_own && UnixStream::connect(&self.path).is_ok() {
            if let Some(thread) = self.thread.take()
                && thread.join().is_err()
            {
                tracing::error!("the thread of the socket ended badly");
            }
            if let Err(error) = fs::remove_file(&self.path) {
                tracing::warn!("{}: {error}", self.path.display());
            }
        }
    }
}
