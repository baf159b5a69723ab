//! What makes the disparity of a chain's scenes: a network with its filter, or a film of depth. On the film thread.

use std::sync::Arc;

use crate::depth_film::DepthAt;
use crate::frame::{Frame, Picture, Shape};
use crate::gpu::{Buffer, Gpu, GpuError, Image, Point, Recorder};
use crate::net::Weights;
use crate::stage::bars::Crop;
use crate::stage::comfort::{Comfort, Depths};
use crate::stage::cut::{Fingerprint, Passage};
use crate::stage::steady::align::Align;
use crate::trace::Trace;

use super::FilmError;
use super::chain::ChainOptions;
use super::estimate::{self, Estimate, comfort_for};
use super::kept::{Facts, Kept};
use super::scene::{Planes, Slot};
use super::writing::Nearest;

/// What chains are made for.
#[derive(Clone)]
pub(super) enum Means {
    Network(Arc<Weights>),
    DepthFilm(Facts),
}

impl Means {
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
    Estimate(Box<Estimate>),
    Kept(Box<Kept>),
}

/// What is known of a frame's disparity before the frames after it have come.
pub(super) enum Draft {
    Estimate(estimate::Draft),
    /// It is there.
    Kept {
        point: Point,
        known: bool,
        depths: Option<Depths>,
        speed: Option<f32>,
        nearest: Nearest,
    },
}

impl Draft {
    /// What of its disparity counts for comfort.
    pub(super) fn depths(&self) -> Option<Depths> {
        match self {
            Self::Estimate(draft) => draft.depths,
            Self::Kept { depths, .. } => *depths,
        }
    }

    /// How fast what is seen moves, in % of the width a second.
    pub(super) fn speed(&self) -> Option<f32> {
        match self {
            Self::Estimate(draft) => draft.speed,
            Self::Kept { speed, .. } => *speed,
        }
    }

    /// How near the nearest is in each part of the picture, and what brings that to the shot's disparity.
    pub(super) fn nearest(&self) -> (&Nearest, Align) {
        match self {
            Self::Estimate(draft) => (&draft.nearest, draft.align),
            Self::Kept { nearest, .. } => (nearest, Align::NONE),
        }
    }

    /// Whether nothing says that it goes on with the shot of the frame before.
    pub(super) fn is_step(&self) -> bool {
        match self {
            Self::Estimate(draft) => draft.step,
            Self::Kept { .. } => true,
        }
    }

    /// Whether there is any depth for it.
    pub(super) fn known(&self) -> bool {
        match self {
            Self::Estimate(_) => true,
            Self::Kept { known, .. } => *known,
        }
    }
}

impl Disparity {
    /// For `pictures` of `shape` of which `crop` is seen.
    pub(super) fn new(
        gpu: &Gpu,
        means: &Means,
        pictures: &[Arc<Image>],
        shape: &Shape,
        crop: Crop,
        options: &ChainOptions,
    ) -> Result<Self, FilmError> {
        Ok(match means {
            Means::Network(weights) => {
                let aspect = f64::from(crop.size[0]) / f64::from(crop.size[1].max(1)) * shape.pixel_aspect();
                Self::Estimate(Box::new(Estimate::new(gpu, weights, pictures, crop, aspect, options)?))
            }
            Means::DepthFilm(facts) => {
                Self::Kept(Box::new(Kept::new(gpu, facts, pictures, shape, crop, options.network_area)?))
            }
        })
    }

    /// Width and height.
    pub(super) fn size(&self) -> [u32; 2] {
        match self {
            Self::Estimate(estimate) => estimate.size(),
            Self::Kept(kept) => kept.size(),
        }
    }

    /// Frames ahead that a scene should wait for: `wanted`, or fewer where no more can be used.
    pub(super) fn look_ahead(&self, wanted: usize) -> usize {
        match self {
            Self::Estimate(estimate) => estimate.look_ahead(),
            // For cuts.
            Self::Kept(_) => wanted,
        }
    }

    /// Bytes of the softmax over the planes, where a network makes one.
    pub(super) fn planes_bytes(&self) -> Result<Option<u64>, FilmError> {
        match self {
            Self::Estimate(estimate) => estimate.planes_bytes().map(Some),
            Self::Kept(_) => Ok(None),
        }
    }

    /// The next frame does not follow the last.
    pub(super) fn forget(&mut self) {
        match self {
            Self::Estimate(estimate) => estimate.forget(),
            Self::Kept(kept) => kept.forget(),
        }
    }

    /// Takes what came with the next frame. The GPU is done with the last one.
    pub(super) fn put(&mut self, depth: Option<&DepthAt>) -> Result<(), FilmError> {
        match self {
            Self::Estimate(_) => Ok(()),
            Self::Kept(kept) => kept.put(depth),
        }
    }

    /// Records what the next frame needs, whose picture is in `slot`.
    pub(super) fn record(&self, recorder: &mut Recorder<'_>, slot: &Slot) -> Result<(), GpuError> {
        match self {
            Self::Estimate(estimate) => estimate.record(recorder, slot.index),
            Self::Kept(kept) => kept.record(recorder, slot),
        }
    }

    /// Makes what can be made of the frame that was recorded and submitted, which is ready at `point`. Waits for the GPU.
    pub(super) fn run(
        &mut self,
        gpu: &Gpu,
        frame: &Frame<Picture>,
        print: &Fingerprint,
        slot: &Slot,
        point: Point,
        trace: &mut Trace,
    ) -> Result<Draft, FilmError> {
        match self {
            Self::Estimate(estimate) => estimate.run(frame, print, slot, trace).map(Draft::Estimate),
            Self::Kept(kept) => {
                gpu.wait(point)?;
                kept.run(frame, print, point, trace)
            }
        }
    }

    /// Makes the disparity of the frame of `draft` with those after it, into `to`; ready at the point given.
    pub(super) fn finish<'a>(
        &mut self,
        draft: &Draft,
        passage: Passage,
        after: impl Iterator<Item = &'a Draft>,
        to: &Arc<Buffer>,
        trace: &mut Trace,
    ) -> Result<Point, FilmError> {
        match (self, draft) {
            (Self::Estimate(estimate), Draft::Estimate(draft)) => {
                let estimates = after.filter_map(|after| match after {
                    Draft::Estimate(draft) => Some(draft),
                    Draft::Kept { .. } => None,
                });
                estimate.finish(draft, passage, estimates, to, trace)
            }
            (_, Draft::Kept { point, .. }) => Ok(*point),
            (Self::Kept(_), Draft::Estimate(_)) => Ok(Point::default()),
        }
    }
}
