//! The depth of scenes on its way into a film of depth.

use std::path::Path;
use std::sync::Arc;

use super::ConvertError;
use crate::depth_film::{DepthMap, DepthOptions, DepthWriter, Scale, SourcePrint};
use crate::film::{FilmError, Scene};
use crate::frame::Frame;
use crate::gpu::{Buffer, BufferKind, Commands, Gpu};
use crate::location::Location;
use crate::media::encode::GreyCodec;
use crate::media::{Info, StopFlag};

/// How depth is saved.
#[derive(Debug, Clone, Copy)]
pub struct SaveOptions {
    /// How it is coded.
    pub codec: GreyCodec,
    /// Name of the network.
    pub network: &'static str,
    /// What grey is to mean.
    pub scale: Scale,
}

/// Reads the depth of scenes back and writes it. Dropped before [`DepthSaver::finish`], it leaves nothing behind.
pub(super) struct DepthSaver {
    gpu: Gpu,
    commands: Commands,
    buffer: Option<Arc<Buffer>>,
    writer: DepthWriter,
    picture: [u32; 2],
    input: Location,
}

impl DepthSaver {
    /// Into `path`, for the film of `info` whose first scene is `scene`.
    pub(super) fn new(
        gpu: &Gpu,
        path: &Path,
        (options, force): (&SaveOptions, bool),
        (input, info): (&Location, &Info),
        scene: &Scene,
        stop: &StopFlag,
    ) -> Result<Self, ConvertError> {
        let layout = &scene.layout;
        let unknown = SourcePrint { duration: info.duration, places: Vec::new() };
        // What can be read only once is being read already.
        let once = info.is_live() || !input.can_be_reopened();
        let source = if once { unknown } else { SourcePrint::of(input, stop).map_err(FilmError::from)? };
        let signed = |(a, b): (u32, u32)| Some((i32::try_from(a).ok()?, i32::try_from(b).ok()?));
        let options = DepthOptions {
            picture: layout.size,
            pixel_aspect: layout.pixel_aspect,
            disparity: layout.disparity_size,
            crop: layout.crop,
            scale: options.scale,
            network: options.network,
            source,
            codec: options.codec,
            time_base: info.time_base,
            frame_rate: info.frame_rate.and_then(signed),
            force,
        };
        Ok(Self {
            gpu: gpu.clone(),
            commands: Commands::new(gpu, "depth", 0)?,
            buffer: None,
            writer: DepthWriter::create(path, &options)?,
            picture: layout.size,
            input: input.clone(),
        })
    }

    /// Writes the depth of the next scene.
    pub(super) fn take(&mut self, scene: &Frame<Scene>) -> Result<(), ConvertError> {
        let layout = &scene.data.layout;
        if layout.size != self.picture {
            return Err(ConvertError::SizeChanged(self.input.clone()));
        }
        let disparity = Arc::clone(&scene.data.slot().disparity);
        let bytes = disparity.bytes();
        let buffer = match self.buffer.take().filter(|buffer| buffer.bytes() == bytes) {
            Some(buffer) => buffer,
            None => Buffer::new(&self.gpu, "depth read back", bytes, BufferKind::Readback)?,
        };
        self.commands.record(|recorder| recorder.copy_buffer(&disparity, 0, &buffer, 0, bytes))?;
        self.gpu.wait(self.gpu.submit(&mut self.commands)?)?;
        let values = buffer.read(|bytes| bytemuck::cast_slice(bytes).to_vec())?;
        self.buffer = Some(buffer);
        let map = DepthMap { size: layout.disparity_size, values };
        Ok(self.writer.write(&map, layout.crop, scene.pts, scene.duration)?)
    }

    /// Gives the file its name.
    pub(super) fn finish(self) -> Result<(), ConvertError> {
        Ok(self.writer.finish()?)
    }
}
