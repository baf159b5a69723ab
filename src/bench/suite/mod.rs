//! `deep3d bench-gpu`: what this GPU does with every row of the kernel table. Accuracy first, then times: a row that is wrong is not timed.
//!
//! Needs no film and no FFmpeg. One thread; nothing else should use the GPU meanwhile.

mod accuracy;
mod chain;
mod network;
mod report;
mod timing;

use crate::gpu::{Gpu, GpuError};
use crate::net::kernels::Tuning;
use crate::net::{NetError, Network, Weights, synthetic};
use crate::stage::StageError;

pub use report::{Accuracy, ChainReport, LayerTime, NetworkReport, PathReport, StageReport, SuiteReport, Timing};

use accuracy::Expected;
use report::Skipped;

/// What can stop the measuring.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The network.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The stages around it.
    #[error(transparent)]
    Stage(#[from] StageError),
}

/// How much is measured.
#[derive(Debug, Clone)]
pub struct SuiteOptions {
    /// One small size of each, a few runs, without `deep3d-2016`: whether it works, rather than how fast.
    pub quick: bool,
}

/// Sizes of pictures that the networks are timed with.
const SIZES: [[u32; 2]; 3] = [[384, 160], [768, 320], [1536, 640]];

/// Sizes of films that the chain is timed with.
const FILMS: [[u32; 2]; 3] = [[1280, 720], [1920, 1080], [3840, 2160]];

/// The same where it has to be quick.
const QUICK: ([[u32; 2]; 1], [[u32; 2]; 1]) = ([[96, 64]], [[320, 180]]);

/// Whether it is the device that cannot, rather than something that went wrong.
const fn is_limit(error: &SuiteError) -> bool {
    let gpu = match error {
        SuiteError::Gpu(error) | SuiteError::Net(NetError::Gpu(error)) | SuiteError::Stage(StageError::Gpu(error)) => {
            error
        }
        SuiteError::Net(NetError::Size { .. })
        | SuiteError::Stage(StageError::Size { .. } | StageError::Samples { .. }) => return true,
        _ => return false,
    };
    matches!(gpu, GpuError::Lacks { .. } | GpuError::ImageSize { .. } | GpuError::OutOfMemory { .. })
}

/// Measures, each row on a GPU that `start` starts for it, so that one that brings the driver down does not take the others along.
/// `deep3d` are the weights to take for that network; `deep3d-2016` gets generated ones. `tell` hears what is being done.
pub fn run(
    start: &dyn Fn() -> Result<Gpu, GpuError>,
    deep3d: &Weights,
    options: &SuiteOptions,
    tell: &mut dyn FnMut(&str),
) -> Result<SuiteReport, SuiteError> {
    let original = match options.quick {
        true => None,
        false => Some(synthetic::weights(Network::Deep3d2016, synthetic::SEED)?),
    };
    tell("copying buffers");
    let gpu = start()?;
    let facts = gpu.facts().clone();
    let bandwidth = timing::copy_bandwidth(&gpu, if options.quick { 4 << 20 } else { 256 << 20 })?;
    let mut judged = vec![(deep3d, if options.quick { QUICK.0[0] } else { SIZES[0] })];
    judged.extend(original.as_ref().map(|original| (original, crate::net::graph::DEEP3D_2016_SIZE)));
    let mut expected = Vec::with_capacity(judged.len());
    for (weights, size) in &judged {
        tell(&format!("{} in double precision on the CPU", weights.metadata.network.name()));
        expected.push(Expected::new(weights, *size)?);
    }
    let mut report = SuiteReport::new(&facts, options.quick, bandwidth);
    drop(gpu);
    let rows = Tuning::available(&facts);
    let own = rows.first().map(|row| row.tuning);
    for row in rows {
        let gpu = &start()?;
        let mut path = PathReport { name: row.name, accuracy: Vec::new(), networks: Vec::new(), chains: Vec::new() };
        let mut skipped = |what: String, error: &SuiteError| {
            let (reason, failed) = (error.to_string(), !is_limit(error));
            report.skipped.push(Skipped { path: row.name, what, reason, failed });
        };
        // On a software driver the rows that it would never be given take minutes over what a GPU does in no time.
        let quick = options.quick || (facts.is_cpu && Some(row.tuning) != own);
        let (sizes, films) = if quick { (&QUICK.0[..], &QUICK.1[..]) } else { (&SIZES[..], &FILMS[..]) };
        let judged = if quick { &judged[..1] } else { &judged[..] };
        for (expected, (weights, _)) in expected.iter().zip(judged) {
            let name = weights.metadata.network.name();
            tell(&format!("{}: {name}, accuracy", row.name));
            match accuracy::judge(gpu, weights, &row, expected) {
                Ok(accuracy) => path.accuracy.push(accuracy),
                Err(error) => skipped(format!("accuracy of {name}"), &error),
            }
        }
        let accurate =
            |network: Network| path.accuracy.iter().any(|found| found.network == network.name() && found.passed);
        let originals =
            original.as_ref().filter(|_| !quick).map(|original| (original, crate::net::graph::DEEP3D_2016_SIZE));
        for (weights, [width, height]) in sizes.iter().map(|size| (deep3d, *size)).chain(originals) {
            let network = weights.metadata.network;
            if !accurate(network) {
                continue;
            }
            let what = format!("{} at {width}×{height}", network.name());
            tell(&format!("{}: {what}", row.name));
            match network::measure(gpu, weights, [width, height], &row, quick) {
                Ok(times) => path.networks.push(times),
                Err(error) => skipped(what, &error),
            }
        }
        for size in films.iter().filter(|_| accurate(Network::Deep3d)) {
            let what = format!("a film of {}×{}", size[0], size[1]);
            tell(&format!("{}: {what}", row.name));
            match chain::measure(gpu, deep3d, *size, &row, quick) {
                Ok(times) => path.chains.push(times),
                Err(error) => skipped(what, &error),
            }
        }
        report.paths.push(path);
        report.peak_gpu_memory = report.peak_gpu_memory.max(gpu.peak_memory());
        report.validation.extend(gpu.validation_messages());
    }
    Ok(report)
}
