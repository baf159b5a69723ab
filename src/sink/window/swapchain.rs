//! The swapchain: the window's pictures, made anew when the window changes its size. Vulkan's bare calls; [`super::present`] says when.

use std::collections::VecDeque;

use ash::khr;
use ash::vk;

use super::error::WindowError;
use super::host::Surface;
use crate::gpu::{Gpu, GpuError, Point};

/// What became of a call on the swapchain.
pub(super) enum Outcome<T> {
    Done(T),
    /// Not now; try again in a moment.
    Busy,
    /// The window has changed: make the swapchain anew.
    Stale,
    /// The window system took the surface away: make that anew, too.
    SurfaceLost,
}

fn outcome<T>(result: Result<T, vk::Result>, doing: &'static str) -> Result<Outcome<T>, WindowError> {
    match result {
        Ok(value) => Ok(Outcome::Done(value)),
        Err(vk::Result::NOT_READY | vk::Result::TIMEOUT) => Ok(Outcome::Busy),
        Err(vk::Result::ERROR_OUT_OF_DATE_KHR) => Ok(Outcome::Stale),
        Err(vk::Result::ERROR_SURFACE_LOST_KHR) => Ok(Outcome::SurfaceLost),
        Err(error) => Err(GpuError::while_doing(doing)(error).into()),
    }
}

/// One swapchain's handles.
struct Chain {
    handle: vk::SwapchainKHR,
    images: Vec<vk::Image>,
    /// One for each image: an image that comes back has been presented, so its semaphore has been waited for.
    drawn: Vec<vk::Semaphore>,
}

/// The chain in use, and those before it that the GPU may not have finished with.
pub(super) struct Swapchain {
    gpu: Gpu,
    loader: khr::swapchain::Device,
    chain: Option<Chain>,
    size: [u32; 2],
    retired: VecDeque<(Option<Point>, Chain)>,
}

impl Swapchain {
    pub(super) fn new(gpu: &Gpu) -> Self {
        let (_, instance, _, device, _) = gpu.handles();
        let loader = khr::swapchain::Device::new(instance, device);
        Self { gpu: gpu.clone(), loader, chain: None, size: [0, 0], retired: VecDeque::new() }
    }

    /// Width and height in physical pixels; 0×0 without a chain.
    pub(super) fn size(&self) -> [u32; 2] {
        self.size
    }

    /// Makes the chain for the surface as it is now. `Busy` while the window has no area (minimised).
    pub(super) fn renew(&mut self, surface: &Surface) -> Result<Outcome<()>, WindowError> {
        let capabilities = match outcome(surface.capabilities(), "asking for the window's size")? {
            Outcome::Done(capabilities) => capabilities,
            Outcome::SurfaceLost => return Ok(Outcome::SurfaceLost),
            Outcome::Busy | Outcome::Stale => return Ok(Outcome::Busy),
        };
        let size @ [width, height] = surface.size(&capabilities);
        if width == 0 || height == 0 {
            self.size = [0, 0];
            return Ok(Outcome::Busy);
        }
        if !capabilities.supported_usage_flags.contains(vk::ImageUsageFlags::TRANSFER_DST) {
            return Err(WindowError::NoFormat);
        }
        let format = surface.format()?;
        let most = if capabilities.max_image_count == 0 { u32::MAX } else { capabilities.max_image_count };
        let alpha = [
            vk::CompositeAlphaFlagsKHR::OPAQUE,
            vk::CompositeAlphaFlagsKHR::INHERIT,
            vk::CompositeAlphaFlagsKHR::PRE_MULTIPLIED,
        ];
        let alpha = alpha.into_iter().find(|flag| capabilities.supported_composite_alpha.contains(*flag));
        let info = vk::SwapchainCreateInfoKHR::default()
            .surface(surface.handle)
            .min_image_count((capabilities.min_image_count + 1).min(most))
            .image_format(format.format)
            .image_color_space(format.color_space)
            .image_extent(vk::Extent2D { width, height })
            .image_array_layers(1)
            .image_usage(vk::ImageUsageFlags::TRANSFER_DST)
            .pre_transform(capabilities.current_transform)
            .composite_alpha(alpha.unwrap_or(vk::CompositeAlphaFlagsKHR::POST_MULTIPLIED))
            .present_mode(vk::PresentModeKHR::FIFO)
            .clipped(true)
            .old_swapchain(self.chain.as_ref().map_or(vk::SwapchainKHR::null(), |chain| chain.handle));
        // SAFETY: the surface is alive; the old chain is of the same surface (see `forget`) and destroyed only later.
        let made = unsafe { self.loader.create_swapchain(&info, None) };
        self.retire();
        let handle = match outcome(made, "making the window's pictures")? {
            Outcome::Done(handle) => handle,
            // Native windows: the surface is still held by another chain, or is changing just now.
            Outcome::Busy | Outcome::Stale => return Ok(Outcome::Busy),
            Outcome::SurfaceLost => return Ok(Outcome::SurfaceLost),
        };
        let chain = self.chain.insert(Chain { handle, images: Vec::new(), drawn: Vec::new() });
        let (.., device, _) = self.gpu.handles();
        // SAFETY: the chain was just made; each semaphore is given to its owner at once.
        unsafe {
            let failed = GpuError::while_doing("making the window's pictures");
            chain.images = self.loader.get_swapchain_images(handle).map_err(&failed)?;
            for _ in &chain.images {
                let semaphore = device.create_semaphore(&vk::SemaphoreCreateInfo::default(), None).map_err(&failed)?;
                chain.drawn.push(semaphore);
            }
        }
        self.size = size;
        Ok(Outcome::Done(()))
    }

    /// Puts the present chain among the old ones: it is destroyed when the GPU has finished the submission that follows.
    fn retire(&mut self) {
        self.size = [0, 0];
        if let Some(chain) = self.chain.take() {
            self.retired.push_back((None, chain));
        }
    }

    /// Waits for the GPU and destroys all chains, so that their surface can go.
    pub(super) fn forget(&mut self) {
        self.retire();
        let (.., device, _) = self.gpu.handles();
        // SAFETY: the queue is this device's, and locked while it is waited for. Should the wait fail, the device is lost and nothing runs.
        let _ = self.gpu.with_queue(|queue| unsafe { device.queue_wait_idle(queue) });
        for (_, chain) in std::mem::take(&mut self.retired) {
            self.destroy(chain);
        }
    }

    fn destroy(&self, chain: Chain) {
        let (.., device, _) = self.gpu.handles();
        // SAFETY: the GPU is done with the chain's images and semaphores: the callers have seen to it.
        unsafe {
            chain.drawn.into_iter().for_each(|semaphore| device.destroy_semaphore(semaphore, None));
            self.loader.destroy_swapchain(chain.handle, None);
        }
    }

    /// The next picture to draw to and the semaphore to signal when it is drawn; `free` is signalled when it may be drawn to. Never waits.
    pub(super) fn acquire(
        &mut self,
        free: vk::Semaphore,
    ) -> Result<Outcome<(u32, vk::Image, vk::Semaphore)>, WindowError> {
        let Some(chain) = &self.chain else { return Ok(Outcome::Stale) };
        // SAFETY: the semaphore has no operation pending: its last wait is over.
        let acquired = unsafe { self.loader.acquire_next_image(chain.handle, 0, free, vk::Fence::null()) };
        // "Suboptimal" counts as done here; `present` looks whether the size still fits.
        Ok(match outcome(acquired, "taking a picture of the window")? {
            Outcome::Done((index, _)) => match (chain.images.get(index as usize), chain.drawn.get(index as usize)) {
                (Some(image), Some(drawn)) => Outcome::Done((index, *image, *drawn)),
                _ => Outcome::Stale,
            },
            Outcome::Busy => Outcome::Busy,
            Outcome::Stale => Outcome::Stale,
            Outcome::SurfaceLost => Outcome::SurfaceLost,
        })
    }

    /// The chain in use, whose next picture is drawn by the submission that ends at `point`: whatever was retired before goes once that is over.
    pub(super) fn drawn_at(&mut self, point: Point) -> Result<Option<vk::SwapchainKHR>, WindowError> {
        for (after, _) in &mut self.retired {
            after.get_or_insert(point);
        }
        while let Some((Some(after), _)) = self.retired.front() {
            if !self.gpu.reached(*after)? {
                break;
            }
            if let Some((_, chain)) = self.retired.pop_front() {
                self.destroy(chain);
            }
        }
        Ok(self.chain.as_ref().map(|chain| chain.handle))
    }

    /// What the window system's answer to a picture means: true when it would like another chain.
    pub(super) fn presented(answer: Result<bool, vk::Result>) -> Result<Outcome<bool>, WindowError> {
        outcome(answer, "showing a picture")
    }
}

impl Drop for Swapchain {
    fn drop(&mut self) {
        self.forget();
    }
}
