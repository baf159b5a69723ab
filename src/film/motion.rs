//! How fast what is seen moves, where no network looks at the pictures. On the film thread.

use std::sync::Arc;

use crate::frame::{Frame, Picture};
use crate::gpu::{Buffer, BufferKind, Gpu, GpuError, Image, Recorder};
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
    input: NetworkInput,
    flow: Flow,
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
            input,
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

    /// Records what the next frame needs of its picture, which is in slot `slot`, with timestamps before and after the motion since the frame before.
    pub(super) fn record(&self, recorder: &mut Recorder<'_>, slot: usize, timestamp: u32) -> Result<(), GpuError> {
        self.input.record(recorder, slot)?;
        self.flow.record_picture(recorder, self.count)?;
        recorder.timestamp(timestamp);
        self.flow.record_motion(recorder, self.count, &self.found)?;
        recorder.timestamp(timestamp + 1);
        Ok(())
    }

    /// Takes the frame that was recorded: its number, and the seconds since the one before, where both can be of one shot.
    pub(super) fn add(&mut self, frame: &Frame<Picture>, print: &Fingerprint) -> (u64, Option<f32>) {
        let number = self.count;
        self.count += 1;
        (number, self.newest.follow(frame, print))
    }

    /// The speed of the frame that was added last and that the GPU has finished, in % of the width a second; `seconds` since the one before.
    pub(super) fn speed(&self, seconds: f32) -> Result<Option<f32>, FilmError> {
        let moved = self.found.read(|bytes| motion(self.flow.size(), bytemuck::cast_slice(bytes)))?;
        Ok(moved.map(|moved| moved / seconds.max(1e-3)))
    }
}
