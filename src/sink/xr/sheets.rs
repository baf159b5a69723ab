//! Pictures for the runtime: drawn on images of our own, then copied into the runtime's.
//!
//! The two steps are apart so that a display frame never waits for the GPU: while a picture is being drawn the runtime goes on showing the
//! one before, and the copying takes next to no time.

use std::sync::Arc;

use ash::vk::{self, Handle};
use openxr as xr;

use super::error::XrError;
use super::session::Session;
use crate::gpu::{Commands, Gpu, GpuError, Image, ImageOptions, Point, Recorder};

/// Formats that we can fill, the best first: those that hold sRGB-encoded values, then those that hold light.
const FORMATS: [vk::Format; 5] = [
    vk::Format::R8G8B8A8_SRGB,
    vk::Format::B8G8R8A8_SRGB,
    vk::Format::R16G16B16A16_SFLOAT,
    vk::Format::A2B10G10R10_UNORM_PACK32,
    vk::Format::R8G8B8A8_UNORM,
];

/// The format to use of those that the runtime offers.
pub(super) fn choose_format(offered: &[u32]) -> Option<vk::Format> {
    FORMATS.into_iter().find(|format| offered.contains(&format.as_raw().unsigned_abs()))
}

/// What a set of pictures is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SheetOptions {
    /// Its name in tools.
    pub(super) name: &'static str,
    /// Width and height in pixels.
    pub(super) size: [u32; 2],
    /// How many there are: one for each eye, or one for both.
    pub(super) count: usize,
    /// Whether they have smaller levels, for being seen from afar.
    pub(super) mips: bool,
    /// Whether the runtime gets them; otherwise they are for other pictures of ours to look at.
    pub(super) for_runtime: bool,
}

/// One of the pictures.
pub(super) struct Sheet {
    pub(super) swapchain: xr::Swapchain<xr::Vulkan>,
    images: Vec<vk::Image>,
}

/// Pictures that are drawn together and handed over together.
pub(super) struct Sheets {
    sheets: Vec<Sheet>,
    canvases: Vec<Arc<Image>>,
    bridge: Option<Arc<Image>>,
    options: SheetOptions,
    levels: u32,
    draw: Commands,
    upload: Commands,
    /// Drawn up to this point, and not handed over.
    drawn: Option<Point>,
    uploaded: Point,
    /// Something has been handed over.
    filled: bool,
    gpu: Gpu,
}

impl Sheets {
    pub(super) fn new(
        gpu: &Gpu,
        session: &Session,
        format: vk::Format,
        options: SheetOptions,
    ) -> Result<Self, XrError> {
        let SheetOptions { name, size, count, mips, for_runtime } = options;
        let levels = if mips { 32 - size[0].max(size[1]).max(1).leading_zeros() } else { 1 };
        let image = |format, mips| Image::new(gpu, name, ImageOptions { size, format, mips });
        let mut sheets = Vec::with_capacity(count);
        let mut canvases = Vec::with_capacity(count);
        for _ in 0..count {
            canvases.push(image(vk::Format::R8G8B8A8_UNORM, levels)?);
            if !for_runtime {
                continue;
            }
            let info = xr::SwapchainCreateInfo {
                create_flags: xr::SwapchainCreateFlags::EMPTY,
                usage_flags: xr::SwapchainUsageFlags::TRANSFER_SRC
                    | xr::SwapchainUsageFlags::TRANSFER_DST
                    | xr::SwapchainUsageFlags::COLOR_ATTACHMENT
                    | xr::SwapchainUsageFlags::SAMPLED,
                format: format.as_raw().unsigned_abs(),
                sample_count: 1,
                width: size[0],
                height: size[1],
                face_count: 1,
                array_size: 1,
                mip_count: levels,
            };
            let failed = XrError::while_doing("making the headset's pictures");
            let swapchain = gpu.with_queue(|_| session.handle.create_swapchain(&info)).map_err(&failed)?;
            let images = swapchain.enumerate_images().map_err(&failed)?.into_iter().map(vk::Image::from_raw).collect();
            sheets.push(Sheet { swapchain, images });
        }
        let bridge = match format {
            _ if !for_runtime => None,
            vk::Format::R8G8B8A8_SRGB => None,
            _ => Some(image(vk::Format::R8G8B8A8_SRGB, 1)?),
        };
        Ok(Self {
            sheets,
            canvases,
            bridge,
            options,
            levels,
            draw: Commands::new(gpu, name, 0)?,
            upload: Commands::new(gpu, name, 0)?,
            drawn: None,
            uploaded: Point::default(),
            filled: false,
            gpu: gpu.clone(),
        })
    }

    pub(super) fn options(&self) -> &SheetOptions {
        &self.options
    }

    /// What is drawn on, one a picture: R8G8B8A8_UNORM, sRGB-encoded values.
    pub(super) fn canvases(&self) -> &[Arc<Image>] {
        &self.canvases
    }

    /// The runtime's side, where something has been handed over.
    pub(super) fn shown(&self, index: usize) -> Option<&Sheet> {
        self.sheets.get(index).filter(|_| self.filled)
    }

    /// Whether [`Sheets::draw`] would not wait: nothing is being drawn or still to be handed over.
    pub(super) fn is_free(&self) -> Result<bool, XrError> {
        Ok(self.drawn.is_none() && self.gpu.reached(self.uploaded)?)
    }

    /// Draws new pictures with what `paint` records.
    pub(super) fn draw<E: From<GpuError>>(
        &mut self,
        paint: impl FnOnce(&mut Recorder<'_>, &[Arc<Image>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (canvases, mips) = (&self.canvases, self.levels > 1);
        self.draw.record(|recorder| {
            paint(recorder, canvases)?;
            if mips {
                canvases.iter().for_each(|canvas| recorder.make_mips(canvas));
            }
            Ok::<(), E>(())
        })?;
        self.drawn = Some(self.gpu.submit(&mut self.draw)?);
        Ok(())
    }

    /// Hands over what has been drawn, once the GPU has finished it. True when it was handed over.
    pub(super) fn hand_over(&mut self) -> Result<bool, XrError> {
        let Some(point) = self.drawn else { return Ok(false) };
        if !self.gpu.reached(point)? {
            return Ok(false);
        }
        self.drawn = None;
        if !self.options.for_runtime {
            return Ok(true);
        }
        let mut targets = Vec::with_capacity(self.sheets.len());
        for sheet in &mut self.sheets {
            let failed = XrError::while_doing("taking a picture of the headset");
            let index = self.gpu.with_queue(|_| sheet.swapchain.acquire_image()).map_err(&failed)?;
            sheet.swapchain.wait_image(xr::Duration::INFINITE).map_err(&failed)?;
            let image = sheet.images.get(index as usize).copied();
            targets.push(image.ok_or_else(|| failed(xr::sys::Result::ERROR_VALIDATION_FAILURE))?);
        }
        let (canvases, bridge, levels) = (&self.canvases, self.bridge.as_ref(), self.levels);
        self.upload.record(|recorder| {
            for (canvas, target) in canvases.iter().zip(targets) {
                // SAFETY: the image was acquired and waited for, has these usages, size and levels, and is released only after the submission.
                unsafe { recorder.copy_to_runtime(canvas, target, levels, bridge) };
            }
            Ok::<(), GpuError>(())
        })?;
        self.uploaded = self.gpu.submit(&mut self.upload)?;
        for sheet in &mut self.sheets {
            let released = self.gpu.with_queue(|_| sheet.swapchain.release_image());
            released.map_err(XrError::while_doing("giving back a picture of the headset"))?;
        }
        self.filled = true;
        Ok(true)
    }
}

impl Drop for Sheets {
    fn drop(&mut self) {
        // The runtime's images must not be in use when their swapchain goes. Should the wait fail, the device is lost and nothing runs.
        let _ = self.gpu.wait(self.uploaded);
        let sheets = std::mem::take(&mut self.sheets);
        self.gpu.with_queue(|_| drop(sheets));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_mean_the_right_thing_come_first() {
        let raw = |formats: &[vk::Format]| formats.iter().map(|format| format.as_raw() as u32).collect::<Vec<_>>();
        use vk::Format as F;
        assert_eq!(choose_format(&raw(&[F::R8G8B8A8_UNORM, F::R8G8B8A8_SRGB])), Some(F::R8G8B8A8_SRGB));
        assert_eq!(choose_format(&raw(&[F::D32_SFLOAT, F::B8G8R8A8_SRGB])), Some(F::B8G8R8A8_SRGB));
        assert_eq!(choose_format(&raw(&[F::D32_SFLOAT])), None);
    }
}
