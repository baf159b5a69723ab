//! What is written, of every kind: films, pictures, depth, weights, shards, reports and what is remembered from one start to the next.
//!
//! [`Outputs`] knows all inputs and outputs of one command and is asked before any work is done; [`PendingFile`] is a file on its way to be one.
//! Nothing that exists is lost: a file goes only where `--force` says so, an input of the command never, and what is no file (a device, a pipe,
//! a socket) is never replaced. A link is written through: it stays, and the file that it names is replaced.

mod destination;
mod error;
mod found;
mod leftovers;
mod outputs;
mod pending;

pub use error::OutputError;
pub use outputs::Outputs;
pub use pending::{PendingFile, abandon};

/// Removes what killed runs have left in `folder`.
pub fn sweep(folder: &std::path::Path) {
    leftovers::sweep(folder, &[]);
}
