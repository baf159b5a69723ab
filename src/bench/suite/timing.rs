//! Runs something again and again, warm, and says how long it took.

use std::time::{Duration, Instant};

use super::SuiteError;
use super::report::Timing;
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError};
use crate::trace::Samples;

/// Runs that count, at least, unless [`PATIENCE`] ends first.
const RUNS: usize = 9;

/// Runs that are thrown away, at least: the first pays for compiling, the second for caches.
const WARM_UP: usize = 2;

/// For so long runs are thrown away, at least: an idle GPU takes a while to reach its clock. And so long runs count, at least.
const SETTLE: Duration = Duration::from_millis(300);

/// No more runs begin after so long; a software driver may then have had fewer than [`RUNS`].
const PATIENCE: Duration = Duration::from_secs(20);

/// Times `commands`, which take `spans + 1` timestamps: the whole (first to last), and each span by itself. Medians.
pub(super) fn measure(
    gpu: &Gpu,
    commands: &mut Commands,
    spans: usize,
    quick: bool,
) -> Result<(Timing, Vec<Option<f64>>), SuiteError> {
    let (wanted, settle) = if quick { (3, Duration::ZERO) } else { (RUNS, SETTLE) };
    let (mut wall, mut whole) = (Samples::default(), Samples::default());
    let mut parts = vec![Samples::default(); spans];
    let run = |commands: &mut Commands| -> Result<f64, GpuError> {
        let start = Instant::now();
        let point = gpu.submit(commands)?;
        gpu.wait(point)?;
        Ok(start.elapsed().as_secs_f64())
    };
    let began = Instant::now();
    for done in 0.. {
        if (done >= WARM_UP && began.elapsed() >= settle) || began.elapsed() > PATIENCE {
            break;
        }
        run(commands)?;
    }
    let began = Instant::now();
    while wall.values().len() < wanted || began.elapsed() < settle {
        wall.push(run(commands)?);
        let times = commands.timestamps()?;
        let at = |index: usize| times.get(index).copied().flatten();
        let between = |from, to| Some(at(to)?.saturating_sub(at(from)?).as_secs_f64());
        between(0, spans).into_iter().for_each(|span| whole.push(span));
        for (index, part) in parts.iter_mut().enumerate() {
            between(index, index + 1).into_iter().for_each(|span| part.push(span));
        }
        if began.elapsed() > PATIENCE {
            break;
        }
    }
    let timing = Timing {
        gpu: whole.percentile(0.5),
        wall: wall.percentile(0.5).unwrap_or_default(),
        fastest: wall.percentile(0.0).unwrap_or_default(),
        runs: wall.values().len(),
    };
    Ok((timing, parts.iter().map(|part| part.percentile(0.5)).collect()))
}

/// Bytes a second, read and written together, of copying `bytes` inside the device's memory; `None` where nothing can be timed.
pub(super) fn copy_bandwidth(gpu: &Gpu, bytes: u64) -> Result<Option<f64>, SuiteError> {
    let from = Buffer::new(gpu, "copied from", bytes, BufferKind::Device)?;
    let to = Buffer::new(gpu, "copied to", bytes, BufferKind::Device)?;
    let mut commands = Commands::new(gpu, "copies", 2)?;
    commands.record::<GpuError>(|recorder| {
        recorder.timestamp(0);
        recorder.copy_buffer(&from, 0, &to, 0, bytes)?;
        recorder.timestamp(1);
        Ok(())
    })?;
    let (timing, _) = measure(gpu, &mut commands, 1, false)?;
    Ok(timing.gpu.filter(|seconds| *seconds > 0.0).map(|seconds| 2.0 * bytes as f64 / seconds))
}
