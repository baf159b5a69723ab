//! Disparity out of a film of depth: what belongs to a picture's crop, brought to the GPU. On the film thread.

use std::sync::Arc;

use crate::depth_film::{DepthAt, DepthMap, Scale, Window};
use crate::frame::{Frame, Orientation, Picture, Shape};
use crate::gpu::{Buffer, BufferKind, Gpu, GpuError, Image, Recorder};
use crate::stage::bars::Crop;
use crate::stage::comfort::Depths;
use crate::stage::cut::Fingerprint;
use crate::stage::placement::Near;
use crate::stage::steady::align::Align;

use super::FilmError;
use super::motion::Motion;
use super::scene::Slot;
use super::waiting::{FrameDepth, OwnDepth, Waiting};

/// What is known of a film of depth before its pictures come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// Width and height of its maps.
    pub(super) size: [u32; 2],
    pub(super) scale: Scale,
}

/// The disparity of a film of depth, for pictures of one shape.
pub(super) struct Recorded {
    size: [u32; 2],
    window: Window,
    /// The part of the pictures that is seen: left, top, right, bottom, as parts of their width and height.
    seen: [f32; 4],
    upload: Arc<Buffer>,
    motion: Motion,
    known: bool,
    map: Option<DepthMap>,
    /// Memory to work in.
    values: Vec<f32>,
}

impl Recorded {
    /// For `pictures` of `shape` of which `crop` is seen; motion is looked for with about `area` pixels.
    pub(super) fn new(
        gpu: &Gpu,
        facts: &Facts,
        pictures: &[Arc<Image>],
        shape: &Shape,
        crop: Crop,
        area: u32,
    ) -> Result<Self, FilmError> {
        let picture = shape.turned_size();
        let unit = [0, 1].map(|axis| f64::from(facts.size[axis]) / f64::from(picture[axis].max(1)));
        let window = Window {
            at: [0, 1].map(|axis| f64::from(crop.at[axis]) * unit[axis]),
            size: [0, 1].map(|axis| f64::from(crop.size[axis]) * unit[axis]),
        };
        // Whole crops are whole maps, to the sample.
        let window = if crop == Crop::whole(picture) { Window::whole(facts.size) } else { window };
        let size = window.size.map(|side| (side.round() as u32).max(2));
        let bytes = u64::from(size[0]) * u64::from(size[1]) * 4;
        let upload = Buffer::new(gpu, "recorded disparity", bytes, BufferKind::Upload)?;
        let aspect = f64::from(crop.size[0]) / f64::from(crop.size[1].max(1)) * shape.pixel_aspect();
        let motion = Motion::new(gpu, pictures, crop, aspect, area)?;
        Ok(Self {
            size,
            window,
            seen: crop.part_of(picture),
            upload,
            motion,
            known: false,
            map: None,
            values: Vec::new(),
        })
    }

    /// Width and height of the disparity.
    pub(super) fn size(&self) -> [u32; 2] {
        self.size
    }

    /// The next frame does not follow the last.
    pub(super) fn forget(&mut self) {
        self.motion.forget();
    }

    /// Takes the depth of the next picture. The GPU is done with the last one.
    pub(super) fn put(&mut self, depth: Option<&DepthAt>) -> Result<(), FilmError> {
        self.known = depth.is_some_and(|depth| depth.known);
        if let Some(depth) = depth {
            let map = depth.map.seen(self.window, self.size);
            self.upload.write(0, bytemuck::cast_slice(&map.values))?;
            self.map = Some(map);
        }
        Ok(())
    }

    /// Records the copying of it into `slot`, and what is needed of the picture there.
    pub(super) fn record(&self, recorder: &mut Recorder<'_>, slot: &Slot, timestamp: u32) -> Result<(), GpuError> {
        recorder.copy_buffer(&self.upload, 0, &slot.disparity, 0, slot.disparity.bytes())?;
        self.motion.record(recorder, slot.index, timestamp)
    }

    /// What is known of the frame that was recorded.
    pub(super) fn add(&mut self, frame: &Frame<Picture>, print: &Fingerprint) -> FrameDepth {
        let (number, seconds) = self.motion.add(frame, print);
        let print = (frame.data.shape.orientation == Orientation::default()).then_some(print);
        let own = self.map.as_ref().map(|map| OwnDepth {
            align: Align::NONE,
            depths: Depths::of_picture(&map.values, map.size, print, self.seen),
            nearest: Near::but_specks(&map.values, map.size, &mut self.values),
            near: Near::of(&map.values, map.size),
            of: frame.pts,
            took: None,
        });
        FrameDepth { step: true, fresh: false, known: self.known, own, ..FrameDepth::new(number, seconds) }
    }

    /// Reads how the frame has moved, which the GPU has finished; the next one has not been recorded.
    pub(super) fn read_motion(&self, waiting: &mut Waiting) -> Result<(), FilmError> {
        waiting.depth.read = true;
        if let Some(seconds) = waiting.depth.seconds {
            waiting.depth.speed = self.motion.speed(seconds)?;
        }
        Ok(())
    }
}
