//! Which way the batch norms' fourth array is to be read, told from the statistics of one ordinary picture.

use super::error::NetError;
use super::graph::{Graph, Layer, Network, Operation};
use super::reference;
use super::weights::Weights;

/// How far each reading is from what the picture shows: the median over all channels of |ln(S·σ)|, 0 where S is exactly 1/σ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diagnosis {
    /// With the array as 1/√(variance + ε).
    pub inverse: f64,
    /// With the array as the variance.
    pub variance: f64,
}

impl Diagnosis {
    /// Whether the reading as 1/√(variance + ε) fits better.
    pub fn is_inverse(self) -> bool {
        self.inverse <= self.variance
    }
}

/// Runs the trunk of `deep3d-2016` over one picture (planar B, G, R of 0..255 at 384×160) on the CPU and compares the poolings' true
/// variances with what the file says. Takes some seconds.
pub fn moving_variance(weights: &Weights, picture: &[f64]) -> Result<Diagnosis, NetError> {
    let mut trunk = Graph::new(Network::Deep3d2016, super::graph::DEEP3D_2016_SIZE)?;
    let last = norms(&trunk).filter_map(|layer| layer.sources.first()).max().copied().unwrap_or_default();
    trunk.layers.truncate(last + 1);
    compare(weights, &reference::run(&trunk, weights, picture)?)
}

fn norms(graph: &Graph) -> impl Iterator<Item = &Layer> {
    graph.layers.iter().filter(|layer| layer.operation == Operation::BatchNorm)
}

/// The comparison by itself, from the outputs of the trunk's layers for one picture (see [`reference::run`]).
pub fn compare(weights: &Weights, outputs: &[Vec<f64>]) -> Result<Diagnosis, NetError> {
    let graph = Graph::new(Network::Deep3d2016, super::graph::DEEP3D_2016_SIZE)?;
    let (mut inverse, mut variance) = (Vec::new(), Vec::new());
    for layer in norms(&graph) {
        let values = layer.sources.first().and_then(|source| outputs.get(*source)).map_or(&[][..], Vec::as_slice);
        let fourth = layer.parameters.get(3).map(|parameter| weights.parameter(parameter)).transpose()?;
        let fourth = fourth.map(|(_, tensor)| tensor.values()).unwrap_or_default();
        for (plane, fourth) in values.chunks_exact(layer.shape.pixels() as usize).zip(fourth.iter()) {
            let count = plane.len() as f64;
            let mean = plane.iter().sum::<f64>() / count;
            let deviation = (plane.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
            // A channel that is dead in this picture, or was in training, tells nothing.
            if deviation > 0.0 && *fourth > 0.0 {
                let fourth = f64::from(*fourth);
                inverse.push((fourth * deviation).ln().abs());
                variance.push((deviation / (fourth + 1e-3).sqrt()).ln().abs());
            }
        }
    }
    Ok(Diagnosis { inverse: median(inverse), variance: median(variance) })
}

/// The middle value; infinite where there is none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::INFINITY)
}
