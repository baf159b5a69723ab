//! What ring B carries: a picture and its disparity, on the GPU, until the sink lets go of it.

use std::sync::Arc;

use crate::gpu::{Buffer, Gpu, GpuError, Image, Point};
use crate::net::Network;
use crate::stage::bars::Crop;
use crate::stage::comfort::{Chosen, Comfort, Mapping, Settings};
use crate::stage::placement::Near;
use crate::stage::plates::Plates;
use crate::time::Time;

use super::pool::Lent;
use super::subtitles::Subtitles;

/// The GPU memory of one scene. A chain has a fixed number of them, made at start.
#[derive(Clone)]
pub struct Slot {
    /// Its number in the chain, from 0.
    pub index: usize,
    /// R'G'B' at the film's full size.
    pub picture: Arc<Image>,
    /// Raw disparity, width × height `f32` as [`Layout::disparity_size`] says, more is farther.
    pub disparity: Arc<Buffer>,
    /// The network's softmax, as [`crate::net::Engine::planes`] has it; only where the chain was asked to keep it.
    pub planes: Option<Arc<Buffer>>,
}

/// What a network chose between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planes {
    /// Which network.
    pub network: Network,
    /// Number of planes.
    pub count: u32,
}

/// What all scenes of one chain have in common. A change of the film's format in mid-stream starts another chain.
pub struct Layout {
    /// Sets chains apart; counted from 1.
    pub chain: u64,
    /// Width and height of the picture in pixels, turned as it is to be seen.
    pub size: [u32; 2],
    /// Width to height of one pixel.
    pub pixel_aspect: f64,
    /// The same as a fraction, as files want it.
    pub sample_aspect: (u32, u32),
    /// What of the picture lies between its bars: the disparity is of this.
    pub crop: Crop,
    /// Width and height of the disparity.
    pub disparity_size: [u32; 2],
    /// The planes that a network chose between, where one made it.
    pub planes: Option<Planes>,
    /// All slots, so that whoever binds them can do so once.
    pub slots: Vec<Slot>,
}

/// A picture with its disparity.
#[derive(Clone)]
pub struct Scene {
    pub(super) slot: Arc<Lent<Slot>>,
    pub(super) point: Point,
    pub(super) comfort: Comfort,
    pub(super) cut: bool,
    /// Writing over the picture.
    pub(super) plates: Plates,
    pub(super) depth_of: Option<Time>,
    pub(super) shot: Time,
    pub(super) unfinished: bool,
    /// Film time of its frame.
    pub(super) time: Time,
    pub(super) subtitles: Option<Subtitles>,
    /// How near the nearest is, where it has depth.
    pub(super) near: Option<Near>,
    /// What it shares with its neighbours.
    pub layout: Arc<Layout>,
}

impl Scene {
    /// Its GPU memory. Good as long as the scene is held.
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Whether the GPU has finished it; never waits.
    pub fn ready(&self, gpu: &Gpu) -> Result<bool, GpuError> {
        gpu.reached(self.point)
    }

    /// How its disparity becomes parallax under `settings`.
    pub fn mapping(&self, settings: &Settings) -> Mapping {
        let own = self.comfort.settled(settings);
        Mapping { plates: self.plates.between(own.near, own.far), ..self.comfort.mapping(settings) }
    }

    /// What its shot has got under `settings`.
    pub fn chosen(&self, settings: &Settings) -> Option<Chosen> {
        self.comfort.chosen(settings)
    }

    /// Film time of the newest frame that its depth was made from: its own, one before it whose depth was carried to it, or one after it. `None` where it has
    /// none and is flat.
    pub fn depth_of(&self) -> Option<Time> {
        self.depth_of
    }

    /// Film time of the first frame of its shot.
    pub fn shot(&self) -> Time {
        self.shot
    }

    /// Film time of its frame.
    pub fn time(&self) -> Time {
        self.time
    }

    /// How near the nearest is in each part of what lies between its bars; known where it has depth.
    pub fn near(&self) -> Option<&Near> {
        self.near.as_ref()
    }

    /// The writing that is found in it.
    pub fn plates(&self) -> &Plates {
        &self.plates
    }

    /// The film's subtitles, where they are wanted.
    pub fn subtitles(&self) -> Option<&Subtitles> {
        self.subtitles.as_ref()
    }

    /// The same without subtitles.
    pub fn without_subtitles(self) -> Self {
        Self { subtitles: None, ..self }
    }

    /// Whether it may be given once more, with depth that it lacks now ([`super::Film::once_more`]).
    pub fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// Whether a new shot begins with it.
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}
