//! Handing pictures to the window system, on a thread of its own: where the GPU is the processor itself, that waits until the picture is drawn.

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use ash::khr;
use ash::vk;

use super::error::WindowError;
use crate::gpu::Gpu;

/// A picture that is drawn once `drawn` is signalled.
pub(super) struct Picture {
    pub(super) chain: vk::SwapchainKHR,
    pub(super) index: u32,
    pub(super) drawn: vk::Semaphore,
}

/// What the driver answered, and when.
pub(super) type Answer = (Result<bool, vk::Result>, Instant);

/// The thread, and the one picture that it may have. Meanwhile nobody else may use the chain, and who hands something to the queue waits.
pub(super) struct HandOver {
    /// `None` once it is to end.
    pictures: Option<Sender<Picture>>,
    answers: Receiver<Answer>,
    pending: bool,
    thread: Option<JoinHandle<()>>,
}

impl HandOver {
    pub(super) fn new(gpu: &Gpu, loader: &khr::swapchain::Device) -> Result<Self, WindowError> {
        let (pictures, to_do) = channel::<Picture>();
        let (done, answers) = channel();
        let (gpu, loader) = (gpu.clone(), loader.clone());
        let run = move || {
            for Picture { chain, index, drawn } in to_do {
                let (waits, chains, indices) = ([drawn], [chain], [index]);
                let info =
                    vk::PresentInfoKHR::default().wait_semaphores(&waits).swapchains(&chains).image_indices(&indices);
                // SAFETY: the picture was acquired and a submission that signals `drawn` was made; whoever gave it leaves the chain alone until
                // the answer, and the queue is locked.
                let answer = gpu.with_queue(|queue| unsafe { loader.queue_present(queue, &info) });
                if done.send((answer, Instant::now())).is_err() {
                    return;
                }
            }
        };
        let thread = Builder::new().name("present".to_owned()).spawn(run);
        let thread = thread.map_err(|error| WindowError::NoWindow(format!("no thread could be started: {error}")))?;
        Ok(Self { pictures: Some(pictures), answers, pending: false, thread: Some(thread) })
    }

    /// Hands `picture` over; the one before has been answered.
    pub(super) fn give(&mut self, picture: Picture) {
        // A thread that has ended answers nothing, which `answer` tells.
        self.pending = self.pictures.as_ref().is_some_and(|pictures| pictures.send(picture).is_ok());
    }

    /// Whether a picture is on its way.
    pub(super) fn is_pending(&self) -> bool {
        self.pending
    }

    /// What became of the last picture, once. Never waits.
    pub(super) fn answer(&mut self) -> Option<Answer> {
        if !self.pending {
            return None;
        }
        let answer = match self.answers.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => (Err(vk::Result::ERROR_UNKNOWN), Instant::now()),
        };
        self.pending = false;
        Some(answer)
    }

    /// Waits until nothing is on its way.
    pub(super) fn settle(&mut self) {
        if std::mem::take(&mut self.pending) {
            // What became of it does not matter any more.
            let _ = self.answers.recv();
        }
    }
}

impl Drop for HandOver {
    fn drop(&mut self) {
        self.pictures = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that shows pictures ended badly");
        }
    }
}
