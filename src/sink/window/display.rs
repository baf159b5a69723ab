//! What the window system does with pictures: Vulkan's calls, or a stand-in's in tests.

use std::time::Duration;

use ash::khr;
use ash::vk;

use crate::gpu::Gpu;

/// A picture that is drawn once `drawn` is signalled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture {
    pub(super) chain: vk::SwapchainKHR,
    pub(super) index: u32,
    pub(super) drawn: vk::Semaphore,
    /// Its number among all that are handed over, from 1.
    pub(super) id: u64,
    /// The number of the painting that it shows, from 1: a picture may be shown again.
    pub(super) painting: u64,
}

/// Where pictures are shown. Called from several threads.
pub(super) trait Display: Send + Sync {
    /// Hands a picture over; true when the display would like another chain.
    fn present(&self, picture: &Picture) -> Result<bool, vk::Result>;

    /// Whether the display tells when a picture is seen.
    fn tells(&self) -> bool;

    /// Waits until a picture that was handed over is seen, for at most `timeout`: true once it is.
    fn wait(&self, picture: &Picture, timeout: Duration) -> Result<bool, vk::Result>;
}

/// The window system behind a GPU.
pub(super) struct WindowSystem {
    gpu: Gpu,
    swapchain: khr::swapchain::Device,
    present_wait: Option<khr::present_wait::Device>,
}

impl WindowSystem {
    pub(super) fn new(gpu: &Gpu) -> Self {
        let (_, instance, _, device, _) = gpu.handles();
        Self {
            gpu: gpu.clone(),
            swapchain: khr::swapchain::Device::new(instance, device),
            present_wait: gpu.facts().present_wait.then(|| khr::present_wait::Device::new(instance, device)),
        }
    }
}

impl Display for WindowSystem {
    fn present(&self, picture: &Picture) -> Result<bool, vk::Result> {
        let (waits, chains, indices, ids) = ([picture.drawn], [picture.chain], [picture.index], [picture.id]);
        let mut id = vk::PresentIdKHR::default().present_ids(&ids);
        let mut info =
            vk::PresentInfoKHR::default().wait_semaphores(&waits).swapchains(&chains).image_indices(&indices);
        if self.tells() {
            info = info.push_next(&mut id);
        }
        // SAFETY: the picture was acquired and a submission that signals `drawn` was made; whoever gave it leaves the chain alone until the
        // answer, and the queue is locked. The device has what a present id needs where there is one, and ids only grow.
        self.gpu.with_queue(|queue| unsafe { self.swapchain.queue_present(queue, &info) })
    }

    fn tells(&self) -> bool {
        self.present_wait.is_some()
    }

    fn wait(&self, picture: &Picture, timeout: Duration) -> Result<bool, vk::Result> {
        let Some(loader) = &self.present_wait else { return Ok(false) };
        let timeout = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        // SAFETY: the picture was handed over with this id, and its chain is neither retired nor destroyed while it is waited for: whoever does
        // that asks the waiting thread to rest before. Waiting may go on beside all other uses of the chain.
        match unsafe { loader.wait_for_present(picture.chain, picture.id, timeout) } {
            Ok(()) | Err(vk::Result::SUBOPTIMAL_KHR) => Ok(true),
            Err(vk::Result::TIMEOUT) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
