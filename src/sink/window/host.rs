//! What Vulkan has to know about the window: the extensions it needs, and its surface.

use std::ffi::CStr;
use std::sync::Arc;

use ash::khr;
use ash::vk;
use raw_window_handle::{HasDisplayHandle, HasWindowHandle, RawDisplayHandle, RawWindowHandle};
use winit::window::Window;

use super::error::WindowError;
use crate::gpu::{DeviceHost, Gpu, GpuError};

/// Makes [`Gpu::new`] choose a GPU that can show its pictures in this window.
pub(super) struct WindowHost {
    /// Kept alive as long as the handles below.
    _window: Arc<Window>,
    display: RawDisplayHandle,
    handle: RawWindowHandle,
    instance_extensions: Vec<&'static CStr>,
}

impl WindowHost {
    pub(super) fn new(window: &Arc<Window>) -> Result<Self, WindowError> {
        let (display, handle) = handles(window)?;
        let extensions = ash_window::enumerate_required_extensions(display).map_err(|_| {
            WindowError::NoWindow("Vulkan does not know this window system (X11, Wayland and Windows it does)".into())
        })?;
        // SAFETY: ash-window lists names that are constants, ended by a zero byte.
        let instance_extensions = extensions.iter().map(|name| unsafe { CStr::from_ptr(*name) }).collect();
        Ok(Self { _window: Arc::clone(window), display, handle, instance_extensions })
    }
}

fn handles(window: &Window) -> Result<(RawDisplayHandle, RawWindowHandle), WindowError> {
    let failed = |error: raw_window_handle::HandleError| WindowError::NoWindow(error.to_string());
    let display = window.display_handle().map_err(failed)?.as_raw();
    let handle = window.window_handle().map_err(failed)?.as_raw();
    Ok((display, handle))
}

impl DeviceHost for WindowHost {
    fn instance_extensions(&self) -> Vec<&'static CStr> {
        self.instance_extensions.clone()
    }

    fn device_extensions(&self) -> Vec<&'static CStr> {
        vec![khr::swapchain::NAME]
    }

    fn can_present(
        &self,
        entry: &ash::Entry,
        instance: &ash::Instance,
        physical: vk::PhysicalDevice,
        family: u32,
    ) -> bool {
        let loader = khr::surface::Instance::new(entry, instance);
        // SAFETY: window and display live as long as `self`, the instance has their extensions on, and the surface is destroyed at once.
        unsafe {
            let Ok(surface) = ash_window::create_surface(entry, instance, self.display, self.handle, None) else {
                return false;
            };
            let can = loader.get_physical_device_surface_support(physical, family, surface).unwrap_or(false);
            loader.destroy_surface(surface, None);
            can
        }
    }
}

/// Where a window's pictures go. Destroyed with its owner, who has to have destroyed the swapchain before.
pub(super) struct Surface {
    gpu: Gpu,
    loader: khr::surface::Instance,
    pub(super) handle: vk::SurfaceKHR,
    /// A surface must not outlive its window.
    window: Arc<Window>,
}

impl Surface {
    pub(super) fn new(gpu: &Gpu, window: &Arc<Window>) -> Result<Self, WindowError> {
        let (entry, instance, ..) = gpu.handles();
        let (display, handle) = handles(window)?;
        // SAFETY: the device was made with the extensions of this window's `WindowHost`, and window and instance are kept alive beside the surface.
        let handle = unsafe { ash_window::create_surface(entry, instance, display, handle, None) }
            .map_err(GpuError::while_doing("connecting to the window"))?;
        let loader = khr::surface::Instance::new(entry, instance);
        Ok(Self { gpu: gpu.clone(), loader, handle, window: Arc::clone(window) })
    }

    pub(super) fn capabilities(&self) -> Result<vk::SurfaceCapabilitiesKHR, vk::Result> {
        let (_, _, physical, ..) = self.gpu.handles();
        // SAFETY: the surface is alive and of the same instance.
        unsafe { self.loader.get_physical_device_surface_capabilities(physical, self.handle) }
    }

    /// The window's size in physical pixels; 0×0 while it is minimised.
    pub(super) fn size(&self, capabilities: &vk::SurfaceCapabilitiesKHR) -> [u32; 2] {
        let vk::Extent2D { width, height } = capabilities.current_extent;
        if width != u32::MAX {
            return [width, height];
        }
        // Wayland leaves the size to us.
        let (size, least, most) =
            (self.window.inner_size(), capabilities.min_image_extent, capabilities.max_image_extent);
        let fit = |side: u32, least: u32, most: u32| side.min(most).max(least);
        [fit(size.width, least.width, most.width), fit(size.height, least.height, most.height)]
    }

    /// A format that passes encoded values on as they are.
    pub(super) fn format(&self) -> Result<vk::SurfaceFormatKHR, WindowError> {
        let (_, _, physical, ..) = self.gpu.handles();
        // SAFETY: as in `capabilities`.
        let formats = unsafe { self.loader.get_physical_device_surface_formats(physical, self.handle) }
            .map_err(GpuError::while_doing("asking for the window's formats"))?;
        let known = [vk::Format::B8G8R8A8_UNORM, vk::Format::R8G8B8A8_UNORM, vk::Format::A8B8G8R8_UNORM_PACK32];
        known
            .into_iter()
            .find_map(|wanted| {
                formats
                    .iter()
                    .copied()
                    .find(|found| found.format == wanted && found.color_space == vk::ColorSpaceKHR::SRGB_NONLINEAR)
            })
            .ok_or(WindowError::NoFormat)
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        // SAFETY: this is the only owner, and swapchains on it are destroyed before.
        unsafe { self.loader.destroy_surface(self.handle, None) };
    }
}
