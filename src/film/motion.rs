//! How fast what is seen moves, where no network looks at the pictures. On the film thread.

use std::sync::Arc;
use std::time::Duration;

use crate::frame::{Frame, Picture};
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, Image, Recorder};
use crate::stage::bars::Crop;
use crate::stage::cut::{Fingerprint, is_step};
use crate::stage::flow::{Flow, motion};
use crate::stage::input::{InputOptions, NetworkInput, network_size};
use crate::time::Time;

use super::FilmError;

/// Red, green and blue from 0 to 255, made small as networks have it made.
const INPUT: InputOptions = InputOptions { reversed: false, antialias: true, mean: [0.0; 3], deviation: [1.0; 3] };

/// Sides of what motion is found in are multiples of this, as the network's are.
const MULTIPLE: u32 = 32;

/// The frame before, as far as it tells whether the next one can be compared with it.
#[derive(Default)]
pub(super) struct Newest(Option<(u32, Time, Fingerprint)>);

impl Newest {
    /// Nothing is known of a frame before.
    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The next frame does not follow the last.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// Takes the next frame: the seconds since the one before, where both can be of one shot.
    pub(super) fn follow(&mut self, frame: &Frame<Picture>, print: &Fingerprint) -> Option<f32> {
        let (epoch, pts, last) = self.0.replace((frame.epoch, frame.pts, print.clone()))?;
        let same = epoch == frame.epoch && !is_step(last.distance(print));
        same.then(|| (frame.pts - pts).seconds() as f32)
    }
}

/// Finds motion in pictures of one shape.
pub(super) struct Motion {
    gpu: Gpu,
    input: NetworkInput,
    flow: Flow,
    commands: Commands,
    found: Arc<Buffer>,
    count: u64,
    newest: Newest,
}

impl Motion {
    /// For `pictures` of which `crop` is seen, `aspect` wide for its height, looked at with about `area` pixels.
    pub(super) fn new(
        gpu: &Gpu,
        pictures: &[Arc<Image>],
        crop: Crop,
        aspect: f64,
        area: u32,
    ) -> Result<Self, FilmError> {
        let size = network_size(aspect, area, MULTIPLE);
        let bytes = u64::from(size[0]) * u64::from(size[1]) * 16;
        let small = Buffer::new(gpu, "small picture", bytes, BufferKind::Device)?;
        let input = NetworkInput::new(gpu, &INPUT, pictures, &small, size)?.with_crop(crop);
        let flow = Flow::new(gpu, &small, &INPUT, size, 2)?;
        Ok(Self {
            gpu: gpu.clone(),
            input,
            commands: Commands::new(gpu, "motion", 2)?,
            found: Buffer::new(gpu, "motion read back", flow.bytes(), BufferKind::Readback)?,
            flow,
            count: 0,
            newest: Newest::default(),
        })
    }

    /// The next frame does not follow the last.
    pub(super) fn forget(&mut self) {
        self.newest.forget();
    }

    /// Records what the next frame needs of its picture, which is in slot `slot`.
    pub(super) fn record(&self, recorder: &mut Recorder<'_>, slot: usize) -> Result<(), GpuError> {
        self.input.record(recorder, slot)?;
        self.flow.record_picture(recorder, self.count)
    }

    /// The speed of the frame that was recorded, in % of the width a second, and how long the GPU took over it. `None` at the beginning of a shot.
    pub(super) fn run(
        &mut self,
        frame: &Frame<Picture>,
        print: &Fingerprint,
    ) -> Result<(Option<f32>, Option<Duration>), FilmError> {
        let number = self.count;
        self.count += 1;
        let Some(seconds) = self.newest.follow(frame, print) else { return Ok((None, None)) };
        self.commands.record::<GpuError>(|recorder| {
            recorder.timestamp(0);
            self.flow.record_motion(recorder, number, &self.found)?;
            recorder.timestamp(1);
            Ok(())
        })?;
        self.gpu.wait(self.gpu.submit(&mut self.commands)?)?;
        let moved = self.found.read(|bytes| motion(self.flow.size(), bytemuck::cast_slice(bytes)))?;
        let took = match self.commands.timestamps()?[..] {
            [Some(from), Some(to)] => Some(to.saturating_sub(from)),
            _ => None,
        };
        Ok((moved.map(|moved| moved / seconds.max(1e-3)), took))
    }
}
