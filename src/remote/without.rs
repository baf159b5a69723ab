//! Systems without sockets that have a name.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::board::Board;
use super::{RemoteError, Request};

pub(super) struct Server;

impl Server {
    pub(super) fn start(path: &Path, _: &Arc<Board>, _: SyncSender<Request>) -> Result<Self, RemoteError> {
        Err(RemoteError::System { path: path.to_owned(), error: io::ErrorKind::Unsupported.into() })
    }
}
