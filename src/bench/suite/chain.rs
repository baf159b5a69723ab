//! From decoded planes to both eyes, in one submission: the GPU's time for a film frame.

use std::sync::Arc;

use super::SuiteError;
use super::report::{ChainReport, StageReport};
use super::timing::measure as time;
use crate::film::{MadeUp, NETWORK_AREA, comfort_for, input_options};
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError};
use crate::net::kernels::Row;
use crate::net::plan::Memory;
use crate::net::{Engine, Weights};
use crate::stage::colour::Colour;
use crate::stage::comfort::{self, Percentiles};
use crate::stage::input::{NetworkInput, network_size};
use crate::stage::stereo::{Source, SourceEye, Stereo, View};
use crate::stage::traffic;
use crate::stage::upload::Upload;

/// The stages in the order in which they are recorded.
const STAGES: [&str; 5] = ["upload", "colour", "input", "network", "stereo"];

pub(super) fn measure(
    gpu: &Gpu,
    weights: &Weights,
    size: [u32; 2],
    row: &Row,
    quick: bool,
) -> Result<ChainReport, SuiteError> {
    let picture = MadeUp::new(size).next().data;
    let shape = picture.shape;
    let area = if quick { NETWORK_AREA / 10 } else { NETWORK_AREA };
    let seen = network_size(shape.display_aspect(), area, weights.metadata.input.multiple);
    let engine = Engine::with(gpu, weights, seen, &row.tuning, Memory::Reuse)?;
    let upload = Upload::new(gpu, &shape, 1)?;
    let image = Colour::picture(gpu, &upload)?;
    let pictures = [Arc::clone(&image)];
    let colour = Colour::new(gpu, &upload, &pictures)?;
    let input = NetworkInput::new(gpu, &input_options(weights), &pictures, engine.input()?, seen)?;
    let disparity = Arc::clone(engine.parallax()?);
    let source = Source { picture: image, disparity: Arc::clone(&disparity) };
    let stereo = Stereo::new(gpu, &[source], engine.output_size())?;
    upload.put(0, &picture)?;

    // Once to see how much depth there is, as the comfort rules want to know it.
    let [width, height] = engine.output_size();
    let bytes = u64::from(width) * u64::from(height) * 4;
    let raw = Buffer::new(gpu, "disparity read back", bytes, BufferKind::Readback)?;
    let mut first = Commands::new(gpu, "first picture", 0)?;
    first.record(|recorder| {
        upload.record(recorder, 0)?;
        colour.record(recorder, 0, 0)?;
        input.record(recorder, 0)?;
        engine.record(recorder)?;
        recorder.copy_buffer(&disparity, 0, &raw, 0, bytes)
    })?;
    gpu.wait(gpu.submit(&mut first)?)?;
    let mut comfort = comfort_for(weights);
    if let Some(percentiles) = raw.read(|bytes| Percentiles::of(bytemuck::cast_slice(bytes)))? {
        comfort.follow(&comfort::Observation::of(percentiles));
    }
    let view = View { mapping: comfort.mapping(&comfort::Settings::default()), source_eye: SourceEye::Centre };

    let mut commands = Commands::new(gpu, "film frame", STAGES.len() as u32 + 1)?;
    commands.record::<GpuError>(|recorder| {
        recorder.timestamp(0);
        upload.record(recorder, 0)?;
        recorder.timestamp(1);
        colour.record(recorder, 0, 0)?;
        recorder.timestamp(2);
        input.record(recorder, 0)?;
        recorder.timestamp(3);
        engine.record(recorder)?;
        recorder.timestamp(4);
        stereo.record(recorder, 0, &view)?;
        recorder.timestamp(5);
        Ok(())
    })?;
    let (timing, seconds) = time(gpu, &mut commands, STAGES.len(), quick)?;
    let around = traffic::of(&shape, seen, engine.output_size(), gpu.facts().unified_memory());
    let [upload, colour, input, stereo] =
        [around.upload, around.colour, around.input, around.stereo].map(traffic::Traffic::bytes);
    let bytes = [upload, colour, input, engine.traffic(), stereo];
    let stages = STAGES.into_iter().zip(seconds).zip(bytes);
    Ok(ChainReport {
        size,
        network_size: seen,
        timing,
        bytes: bytes.iter().sum(),
        stages: stages.map(|((name, seconds), bytes)| StageReport { name, seconds, bytes }).collect(),
    })
}
