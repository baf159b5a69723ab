//! A network by itself: its time, what of it its layers take, and what it cannot take less than.

use super::SuiteError;
use super::report::{LayerTime, NetworkReport};
use super::timing::measure as time;
use crate::gpu::{Commands, Gpu, GpuError};
use crate::net::kernels::Row;
use crate::net::plan::Memory;
use crate::net::{Engine, Weights};

/// Layers that are named.
const SLOWEST: usize = 10;

pub(super) fn measure(
    gpu: &Gpu,
    weights: &Weights,
    size: [u32; 2],
    row: &Row,
    quick: bool,
) -> Result<NetworkReport, SuiteError> {
    let engine = Engine::with(gpu, weights, size, &row.tuning, Memory::Reuse)?;
    let mut whole = Commands::new(gpu, "network", 2)?;
    whole.record::<GpuError>(|recorder| {
        recorder.timestamp(0);
        engine.record(recorder)?;
        recorder.timestamp(1);
        Ok(())
    })?;
    let (timing, _) = time(gpu, &mut whole, 1, quick)?;
    let dispatches = engine.step_names().len();
    let mut layered = Commands::new(gpu, "network, layer by layer", dispatches as u32 + 1)?;
    layered.record(|recorder| engine.record_timed(recorder, 0))?;
    let (_, layers) = time(gpu, &mut layered, dispatches, quick)?;
    let named = engine.step_names().zip(layers);
    let mut slowest: Vec<LayerTime> =
        named.filter_map(|(layer, seconds)| Some(LayerTime { layer: layer.to_owned(), seconds: seconds? })).collect();
    slowest.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    slowest.truncate(SLOWEST);
    Ok(NetworkReport {
        network: engine.network().name(),
        size,
        dispatches,
        operations: engine.operations(),
        bytes: engine.traffic(),
        timing,
        slowest,
    })
}
