//! Where the depth of a film comes from, as whoever opens it chooses.

use std::sync::Arc;

use crate::depth_film::DepthFile;
use crate::net::{Network, Weights};

/// A network, or a film of depth that one made before.
#[derive(Clone)]
pub enum Origin {
    /// A network with these weights.
    Network(Arc<Weights>),
    /// A film of depth; no network runs.
    DepthFilm(DepthFile),
}

impl Origin {
    /// Its name, for reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Network(weights) => weights.metadata.network.name(),
            Self::DepthFilm(_) => "depth film",
        }
    }

    /// The network, where one runs.
    pub fn network(&self) -> Option<Network> {
        match self {
            Self::Network(weights) => Some(weights.metadata.network),
            Self::DepthFilm(_) => None,
        }
    }
}

impl From<&Arc<Weights>> for Origin {
    fn from(weights: &Arc<Weights>) -> Self {
        Self::Network(Arc::clone(weights))
    }
}

impl From<&Origin> for Origin {
    fn from(origin: &Origin) -> Self {
        origin.clone()
    }
}
