//! The kernels of the eyes, made ahead by a thread of its own: whoever shows pictures must not wait for them.

use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};

use ash::vk;

use super::EyesError;
use crate::gpu::{Buffer, BufferKind, Gpu, Image, ImageOptions, Kernel};
use crate::net::selection::Selection;
use crate::sink::adjust::AdjustEyes;
use crate::sink::compose::Compose;
use crate::sink::overlay::Overlays;
use crate::stage::comfort::meter::Meter;
use crate::stage::stereo::depth::Depth;
use crate::stage::stereo::layers::{Layers, PlaneStack};
use crate::stage::stereo::{Source, Stereo};

/// Width and height of the smallest eyes there are.
const SIDE: u32 = 16;
/// Planes of the smallest stack.
const PLANES: u32 = 12;

/// One of everything that eyes are made with, as small as can be: as long as it is kept, larger ones share its kernels.
type Smallest = (Stereo, Depth, Meter, Layers, Selection, (Compose, AdjustEyes), Vec<Arc<Kernel>>);

/// The kernels of one GPU, being made or made. Dropping them waits for the thread.
pub struct Kernels {
    made: Arc<OnceLock<Result<Smallest, EyesError>>>,
    thread: Option<JoinHandle<()>>,
}

impl Kernels {
    /// Starts making them.
    pub fn make_ahead(gpu: &Gpu) -> std::io::Result<Self> {
        let made = Arc::new(OnceLock::new());
        let (gpu, making) = (gpu.clone(), Arc::clone(&made));
        let thread = Builder::new().name("kernels".to_owned()).spawn(move || drop(making.set(smallest(&gpu))))?;
        Ok(Self { made, thread: Some(thread) })
    }

    /// Whether they are made, so that eyes can be recorded without waiting for any. Never waits.
    ///
    /// # Errors
    /// Why there will be none.
    pub fn are_made(&self) -> Result<bool, &EyesError> {
        self.made.get().map_or(Ok(false), |made| made.as_ref().map(|_| true))
    }
}

impl Drop for Kernels {
    fn drop(&mut self) {
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the making of kernels ended badly");
        }
    }
}

fn smallest(gpu: &Gpu) -> Result<Smallest, EyesError> {
    let size = [SIDE; 2];
    let picture = Image::new(gpu, "picture", ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 })?;
    let pixels = u64::from(SIDE * SIDE);
    let disparity = Buffer::new(gpu, "disparity", pixels * 4, BufferKind::Device)?;
    let planes = Buffer::new(gpu, "planes", pixels * u64::from(PLANES) * 4, BufferKind::Device)?;
    let stereo = Stereo::new(gpu, &[Source { picture: Arc::clone(&picture), disparity }], size)?;
    let compose = Compose::new(gpu, stereo.left(), stereo.right(), &picture);
    compose.make_all()?;
    let adjust = AdjustEyes::new(gpu, stereo.left(), stereo.right(), size)?;
    let overlays = Overlays::new(gpu).make_all()?;
    let depth = Depth::new(gpu, &stereo)?;
    let meter = Meter::new(gpu, stereo.parallax(), size)?;
    let stack = PlaneStack { size, first: 0, count: PLANES };
    let layers = Layers::new(gpu, &[(Arc::clone(&picture), Arc::clone(&planes))], stack)?;
    let selection = Selection::from_planes(gpu, &planes, size, &picture, stereo.right())?;
    Ok((stereo, depth, meter, layers, selection, (compose, adjust), overlays))
}
