//! The network: graph → plan → recorded dispatches, and the weights it runs with.
//!
//! [`graph`] is the network as data, [`weights`] and [`mxnet`] read files, [`mod@reference`] is the plain CPU twin of every kernel.

pub mod diagnose;
pub mod engine;
pub mod error;
mod file;
pub mod gemm;
pub mod graph;
pub mod kernels;
pub mod mxnet;
pub mod pack;
pub mod plan;
pub mod precision;
pub mod reference;
pub mod selection;
pub mod synthetic;
pub mod weights;
pub mod winograd;

pub use engine::Engine;
pub use error::NetError;
pub use graph::{Graph, Network, Shape};
pub use precision::Precision;
pub use weights::Weights;
