//! What makes the disparity of a chain's scenes: a network with its filter, or a film of depth. On the film thread.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::depth_film::DepthAt;
use crate::frame::{Frame, Picture, Shape};
use crate::gpu::{Buffer, Gpu, Image, Point, Recorder};
use crate::net::Weights;
use crate::stage::bars::Crop;
use crate::stage::comfort::Comfort;
use crate::stage::cut::{Fingerprint, Passage};
use crate::trace::Trace;

use super::FilmError;
use super::control::Control;
use super::estimate::{Estimate, Finished};
use super::network::comfort_for;
use super::options::ChainOptions;
use super::recorded::{Facts, Recorded};
use super::scene::{Planes, Slot};
use super::waiting::{FrameDepth, OwnDepth, Waiting};

/// What disparity is made from.
#[derive(Clone)]
pub(super) enum DepthSource {
    Network(Arc<Weights>),
    DepthFilm(Facts),
}

impl DepthSource {
    /// What follows the disparities.
    pub(super) fn comfort(&self) -> Comfort {
        match self {
            Self::Network(weights) => comfort_for(weights),
            Self::DepthFilm(facts) => Comfort::new(facts.scale.flat),
        }
    }

    /// The planes that a network chose between.
    pub(super) fn planes(&self) -> Option<Planes> {
        match self {
            Self::Network(weights) => {
                Some(Planes { network: weights.metadata.network, count: weights.metadata.planes.len() as u32 })
            }
            Self::DepthFilm(_) => None,
        }
    }
}

/// What makes disparity, for pictures of one shape.
pub(super) enum Disparity {
    Estimated(Box<Estimate>),
    Recorded(Box<Recorded>),
}

impl Disparity {
    /// For `pictures` of `shape` of which `crop` is seen.
    pub(super) fn new(
        gpu: &Gpu,
        source: &DepthSource,
        pictures: &[Arc<Image>],
        shape: &Shape,
        crop: Crop,
        options: &ChainOptions,
        control: &Control,
    ) -> Result<Self, FilmError> {
        Ok(match source {
            DepthSource::Network(weights) => {
                let aspect = f64::from(crop.size[0]) / f64::from(crop.size[1].max(1)) * shape.pixel_aspect();
                Self::Estimated(Box::new(Estimate::new(gpu, weights, pictures, crop, aspect, options, control)?))
            }
            DepthSource::DepthFilm(facts) => {
                Self::Recorded(Box::new(Recorded::new(gpu, facts, pictures, shape, crop, options.network_area)?))
            }
        })
    }

    /// Width and height.
    pub(super) fn size(&self) -> [u32; 2] {
        match self {
            Self::Estimated(estimate) => estimate.size(),
            Self::Recorded(recorded) => recorded.size(),
        }
    }

    /// Frames ahead that a scene should wait for: `wanted`, or fewer where no more can be used.
    pub(super) fn look_ahead(&self, wanted: usize) -> usize {
        match self {
            Self::Estimated(estimate) => wanted.min(estimate.look_ahead()),
            // For cuts.
            Self::Recorded(_) => wanted,
        }
    }

    /// So many frames may wait at once.
    pub(super) fn room(&self) -> usize {
        match self {
            Self::Estimated(estimate) => estimate.room(),
            Self::Recorded(_) => usize::MAX,
        }
    }

    /// Bytes of the softmax over the planes, where a network makes one.
    pub(super) fn planes_bytes(&self) -> Result<Option<u64>, FilmError> {
        match self {
            Self::Estimated(estimate) => estimate.planes_bytes().map(Some),
            Self::Recorded(_) => Ok(None),
        }
    }

    /// Whether a network runs beside the pictures: depth may come after its frame has been given.
    pub(super) fn is_running(&self) -> bool {
        matches!(self, Self::Estimated(estimate) if estimate.is_running())
    }

    /// The next frame does not follow the last, and those that wait are not wanted any more.
    pub(super) fn forget(&mut self) {
        match self {
            Self::Estimated(estimate) => estimate.forget(),
            Self::Recorded(recorded) => recorded.forget(),
        }
    }

    /// Takes what came with the next frame. The GPU is done with the last one.
    pub(super) fn put(&mut self, depth: Option<&DepthAt>) -> Result<(), FilmError> {
        match self {
            Self::Estimated(_) => Ok(()),
            Self::Recorded(recorded) => recorded.put(depth),
        }
    }

    /// Records what the next frame needs, whose picture is in `slot` and came by upload `upload`: timestamps before and after the motion since the frame before.
    pub(super) fn record(
        &mut self,
        recorder: &mut Recorder<'_>,
        slot: &Slot,
        upload: usize,
        timestamp: u32,
    ) -> Result<(), FilmError> {
        match self {
            Self::Estimated(estimate) => estimate.record(recorder, slot.index, upload, timestamp),
            Self::Recorded(recorded) => Ok(recorded.record(recorder, slot, timestamp)?),
        }
    }

    /// What was recorded is to be submitted after this.
    pub(super) fn after(&self) -> Point {
        match self {
            Self::Estimated(estimate) => estimate.passed(),
            Self::Recorded(_) => Point::default(),
        }
    }

    /// What is known at once of the frame that was recorded and submitted.
    pub(super) fn add(&mut self, frame: &Frame<Picture>, print: &Fingerprint) -> FrameDepth {
        match self {
            Self::Estimated(estimate) => estimate.add(frame, print),
            Self::Recorded(recorded) => recorded.add(frame, print),
        }
    }

    /// Reads what the GPU has found of the frame at `index` of `waiting`, and is done with. Frames are read in order.
    pub(super) fn read(&mut self, waiting: &mut VecDeque<Waiting>, index: usize) -> Result<(), FilmError> {
        match self {
            Self::Estimated(estimate) => estimate.read_motion(waiting, index),
            Self::Recorded(recorded) => match waiting.get_mut(index) {
                Some(waiting) => recorded.read_motion(waiting),
                None => Ok(()),
            },
        }
    }

    /// What the disparity of the present shot has said last.
    pub(super) fn shot(&self) -> Option<&OwnDepth> {
        match self {
            Self::Estimated(estimate) => estimate.shot(),
            Self::Recorded(_) => None,
        }
    }

    /// Makes the disparity of a frame that waited no longer, with those after it.
    pub(super) fn finish<'a>(
        &mut self,
        waiting: &Waiting,
        passage: Passage,
        after: impl Iterator<Item = &'a FrameDepth>,
        trace: &mut Trace,
    ) -> Result<Finished, FilmError> {
        let (depth, to): (&FrameDepth, &Arc<Buffer>) = (&waiting.depth, &waiting.frame.data.disparity);
        match self {
            Self::Estimated(estimate) => estimate.finish(depth, passage, after, to, trace),
            Self::Recorded(_) => Ok(Finished {
                point: Some(waiting.point),
                known: depth.known,
                depths: depth.own.as_ref().and_then(|own| own.depths),
                of: depth.known.then_some(waiting.frame.pts),
            }),
        }
    }
}
