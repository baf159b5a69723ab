//! The network: graph → plan → recorded dispatches, and the weights it runs with.
//!
//! [`graph`] is the network as data, [`weights`] and [`mxnet`] read files, [`reference`] is the plain CPU twin of every kernel.

pub mod error;
mod file;
pub mod graph;
pub mod mxnet;
pub mod reference;
pub mod synthetic;
pub mod weights;

pub use error::NetError;
pub use graph::{Graph, Network, Shape};
pub use weights::Weights;
