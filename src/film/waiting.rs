//! A frame on the GPU that waits to be given, and what is known of its depth meanwhile.

use std::sync::Arc;
use std::time::Duration;

use crate::frame::Frame;
use crate::gpu::Point;
use crate::stage::comfort::Depths;
use crate::stage::cut::Fingerprint;
use crate::stage::flow::Vector;
use crate::stage::placement::Near;
use crate::stage::steady::align::Align;
use crate::time::Time;

use super::pool::Lent;
use super::scene::Slot;

/// A frame that waits for the frames after it.
#[derive(Clone)]
pub(super) struct Waiting {
    /// What travels with the picture, without it.
    pub(super) frame: Frame<Arc<Lent<Slot>>>,
    pub(super) print: Fingerprint,
    /// The picture is not turned: what the fingerprint sees is where the disparity is.
    pub(super) upright: bool,
    pub(super) depth: FrameDepth,
    /// Its number among the pictures looked at for writing.
    pub(super) look: u64,
    /// When its picture is on the GPU.
    pub(super) point: Point,
    /// Copying it there took so long.
    pub(super) copied: Duration,
    /// Which of the uploads it was.
    pub(super) upload: usize,
}

/// What is known of a frame's depth before it is given.
#[derive(Clone)]
pub(super) struct FrameDepth {
    /// Its number in the stages that count frames.
    pub(super) number: u64,
    /// Nothing says that it goes on with the shot of the frame before.
    pub(super) step: bool,
    /// Nothing is known of the frame before.
    pub(super) fresh: bool,
    /// Seconds since the frame before, where both can be of one shot.
    pub(super) seconds: Option<f32>,
    /// How fast what is seen moves, in % of the width a second.
    pub(super) speed: Option<f32>,
    /// The motion since the frame before has been read.
    pub(super) read: bool,
    /// Where its blocks were in the frame before, where both can be of one shot and it has been read.
    pub(super) flow: Option<Vec<Vector>>,
    /// Where its blocks were in the frame that the network looks at, while it does and where they are of one shot.
    pub(super) trail: Option<Vec<Vector>>,
    /// There can be depth for it.
    pub(super) known: bool,
    /// What there is.
    pub(super) own: Option<OwnDepth>,
}

impl FrameDepth {
    /// Of frame `number`, `seconds` after the one before where both can be of one shot, as long as nothing else is known.
    pub(super) fn new(number: u64, seconds: Option<f32>) -> Self {
        Self {
            number,
            step: seconds.is_none(),
            fresh: false,
            seconds,
            speed: None,
            read: false,
            flow: None,
            trail: None,
            known: true,
            own: None,
        }
    }
}

/// What a frame's own disparity says.
#[derive(Clone)]
pub(super) struct OwnDepth {
    /// What brings it to that of the shot.
    pub(super) align: Align,
    /// What of it counts for comfort, aligned.
    pub(super) depths: Option<Depths>,
    /// How near the nearest is, for writing that is found in the picture.
    pub(super) nearest: Near,
    /// The same to the last value, for text over the picture.
    pub(super) near: Near,
    /// Of which frame it was made.
    pub(super) of: Time,
    /// How long the GPU took over that, where it tells.
    pub(super) took: Option<Duration>,
}
