//! Disparity out of a film of depth: what belongs to a picture's crop, brought to the GPU. On the film thread.

use std::sync::Arc;

use crate::depth_film::{DepthAt, DepthMap, Scale, Window};
use crate::frame::{Frame, Orientation, Picture, Shape};
use crate::gpu::{Buffer, BufferKind, Gpu, GpuError, Image, Point, Recorder};
use crate::stage::bars::Crop;
use crate::stage::comfort::Depths;
use crate::stage::cut::Fingerprint;
use crate::trace::{Stage, Trace};

use super::FilmError;
use super::disparity::Draft;
use super::estimate::part;
use super::motion::Motion;
use super::scene::Slot;
use super::writing::Nearest;

/// What is known of a film of depth before its pictures come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// Width and height of its maps.
    pub(super) size: [u32; 2],
    pub(super) scale: Scale,
}

/// What was kept, for pictures of one shape.
pub(super) struct Kept {
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

impl Kept {
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
        let upload = Buffer::new(gpu, "kept disparity", bytes, BufferKind::Upload)?;
        let aspect = f64::from(crop.size[0]) / f64::from(crop.size[1].max(1)) * shape.pixel_aspect();
        let motion = Motion::new(gpu, pictures, crop, aspect, area)?;
        Ok(Self {
            size,
            window,
            seen: part(crop, picture),
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
    pub(super) fn record(&self, recorder: &mut Recorder<'_>, slot: &Slot) -> Result<(), GpuError> {
        recorder.copy_buffer(&self.upload, 0, &slot.disparity, 0, slot.disparity.bytes())?;
        self.motion.record(recorder, slot.index)
    }

    /// What is known of the frame that was recorded, whose disparity is ready at `point`.
    pub(super) fn run(
        &mut self,
        frame: &Frame<Picture>,
        print: &Fingerprint,
        point: Point,
        trace: &mut Trace,
    ) -> Result<Draft, FilmError> {
        let (speed, took) = self.motion.run(frame, print)?;
        if let Some(took) = took {
            trace.stamp(Stage::Steady, took);
        }
        let print = (frame.data.shape.orientation == Orientation::default()).then_some(print);
        let of = |map: &DepthMap| Depths::of_picture(&map.values, map.size, print, self.seen);
        let nearest =
            self.map.as_ref().map_or(Nearest::NONE, |map| Nearest::of(&map.values, map.size, &mut self.values));
        Ok(Draft::Kept { point, known: self.known, depths: self.map.as_ref().and_then(of), speed, nearest })
    }
}
