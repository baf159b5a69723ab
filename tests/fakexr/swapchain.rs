//! XrSwapchain: real images, and the order of acquire, wait and release.

use std::collections::VecDeque;

use ash::vk;
use ash::vk::Handle as _;
use openxr::sys::{self, Handle, SwapchainUsageFlags};

use super::call::{call, destroy, given, list, list_by, put, wanted};
use super::state::State;

pub(super) struct Swapchain {
    pub(super) session: u64,
    pub(super) format: vk::Format,
    pub(super) size: [u32; 2],
    pub(super) array_size: u32,
    pub(super) mip_count: u32,
    pub(super) usage: SwapchainUsageFlags,
    /// It takes one picture only.
    pub(super) still: bool,
    pub(super) images: Vec<(vk::Image, vk::DeviceMemory)>,
    /// Which images have been brought into their layout.
    pub(super) ready: Vec<bool>,
    /// Acquired and not yet released, oldest first, and whether the first of them was waited for.
    pub(super) acquired: VecDeque<u32>,
    pub(super) waited: bool,
    next: u32,
    /// The image released last.
    pub(super) released: Option<u32>,
    pub(super) releases: u64,
}

impl Swapchain {
    /// The layout that the client gets images in and gives them back in.
    pub(super) fn layout(&self) -> vk::ImageLayout {
        if self.usage.contains(SwapchainUsageFlags::DEPTH_STENCIL_ATTACHMENT) {
            vk::ImageLayout::DEPTH_STENCIL_ATTACHMENT_OPTIMAL
        } else {
            vk::ImageLayout::COLOR_ATTACHMENT_OPTIMAL
        }
    }

    pub(super) fn aspect(&self) -> vk::ImageAspectFlags {
        if self.usage.contains(SwapchainUsageFlags::DEPTH_STENCIL_ATTACHMENT) {
            vk::ImageAspectFlags::DEPTH
        } else {
            vk::ImageAspectFlags::COLOR
        }
    }
}

pub(super) unsafe extern "system" fn enumerate_swapchain_formats(
    handle: sys::Session,
    capacity: u32,
    count: *mut u32,
    formats: *mut i64,
) -> sys::Result {
    call("xrEnumerateSwapchainFormats", handle, |state, _| {
        let offered: Vec<i64> = state.offer.formats.iter().map(|format| i64::from(format.as_raw())).collect();
        // SAFETY: the client's pointers.
        unsafe { list(state, &offered, capacity, count, formats) }
    })
}

/// What the specification demands of a new swapchain.
fn check(state: &mut State, info: &sys::SwapchainCreateInfo) -> Result<vk::Format, sys::Result> {
    let format = i32::try_from(info.format).map(vk::Format::from_raw);
    let Some(format) = format.ok().filter(|format| state.offer.formats.contains(format)) else {
        let text = format!("format {} was not offered", info.format);
        return Err(state.misuse(text, sys::Result::ERROR_SWAPCHAIN_FORMAT_UNSUPPORTED));
    };
    let [width, height] = state.offer.largest_swapchain;
    if info.width == 0 || info.height == 0 || info.width > width || info.height > height {
        return Err(state.invalid(format!("{}×{} pixels, at most {width}×{height}", info.width, info.height)));
    }
    let most_mips = u32::BITS - info.width.max(info.height).leading_zeros();
    if info.array_size == 0 || info.mip_count == 0 || info.mip_count > most_mips {
        return Err(state.invalid(format!("{} layers, {} mips", info.array_size, info.mip_count)));
    }
    if info.sample_count != 1 || info.face_count != 1 {
        let text = format!("{} samples, {} faces", info.sample_count, info.face_count);
        return Err(state.misuse(text, sys::Result::ERROR_FEATURE_UNSUPPORTED));
    }
    if info.usage_flags.is_empty() {
        return Err(state.invalid("a swapchain that is used for nothing"));
    }
    Ok(format)
}

pub(super) unsafe extern "system" fn create_swapchain(
    handle: sys::Session,
    info: *const sys::SwapchainCreateInfo,
    swapchain: *mut sys::Swapchain,
) -> sys::Result {
    call("xrCreateSwapchain", handle, |state, session| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::SwapchainCreateInfo::TYPE)? };
        let format = check(state, info)?;
        let still = info.create_flags.contains(sys::SwapchainCreateFlags::STATIC_IMAGE);
        let count = if still { 1 } else { state.offer.images_per_swapchain };
        let extended = state.offer.extended_usage;
        let graphics = &state.session(session)?.graphics;
        let images = graphics.make_images(info, format, count, extended)?;
        let number = state.handle();
        // SAFETY: the client's place.
        unsafe { put(state, swapchain, sys::Swapchain::from_raw(number))? };
        let ready = vec![false; images.len()];
        let made = Swapchain {
            session,
            format,
            size: [info.width, info.height],
            array_size: info.array_size,
            mip_count: info.mip_count,
            usage: info.usage_flags,
            still,
            images,
            ready,
            acquired: VecDeque::new(),
            waited: false,
            next: 0,
            released: None,
            releases: 0,
        };
        state.swapchains.insert(number, made);
        Ok(sys::Result::SUCCESS)
    })
}

/// Takes the swapchain and its images away.
pub(super) fn remove(state: &mut State, handle: u64) {
    let Some(swapchain) = state.swapchains.remove(&handle) else { return };
    if let Ok(session) = state.session(swapchain.session) {
        session.graphics.free_images(&swapchain.images);
    }
}

pub(super) unsafe extern "system" fn destroy_swapchain(handle: sys::Swapchain) -> sys::Result {
    destroy("xrDestroySwapchain", handle, |state, handle| {
        remove(state, handle);
        Ok(sys::Result::SUCCESS)
    })
}

fn of(state: &mut State, handle: u64) -> Result<&mut Swapchain, sys::Result> {
    state.swapchains.get_mut(&handle).ok_or(sys::Result::ERROR_HANDLE_INVALID)
}

pub(super) unsafe extern "system" fn enumerate_swapchain_images(
    handle: sys::Swapchain,
    capacity: u32,
    count: *mut u32,
    images: *mut sys::SwapchainImageBaseHeader,
) -> sys::Result {
    call("xrEnumerateSwapchainImages", handle, |state, handle| {
        let own: Vec<u64> = of(state, handle)?.images.iter().map(|(image, _)| image.as_raw()).collect();
        let fill = |state: &mut State, index: usize, place: *mut sys::SwapchainImageVulkanKHR| {
            // SAFETY: the client's array, within its capacity.
            if let Ok(place) = unsafe { wanted(state, place, sys::SwapchainImageVulkanKHR::TYPE) } {
                place.image = own[index];
            }
        };
        // SAFETY: the client's pointers; a Vulkan session's images are of this type.
        unsafe { list_by(state, own.len(), capacity, count, images.cast(), fill) }
    })
}

pub(super) unsafe extern "system" fn acquire_swapchain_image(
    handle: sys::Swapchain,
    _info: *const sys::SwapchainImageAcquireInfo,
    index: *mut u32,
) -> sys::Result {
    call("xrAcquireSwapchainImage", handle, |state, handle| {
        let swapchain = of(state, handle)?;
        let all = swapchain.acquired.len() == swapchain.images.len();
        let spent = swapchain.still && (swapchain.releases > 0 || !swapchain.acquired.is_empty());
        if all || spent {
            let text = if spent { "a static image is acquired once" } else { "all images are acquired" };
            return Err(state.misuse(text, sys::Result::ERROR_CALL_ORDER_INVALID));
        }
        let next = swapchain.next;
        swapchain.next = (next + 1) % swapchain.images.len() as u32;
        swapchain.acquired.push_back(next);
        if !std::mem::replace(&mut swapchain.ready[next as usize], true) {
            let (session, image) = (swapchain.session, swapchain.images[next as usize].0);
            let (layout, aspect) = (swapchain.layout(), swapchain.aspect());
            state.session(session)?.graphics.bring_into(image, layout, aspect);
        }
        // SAFETY: the client's place.
        unsafe { put(state, index, next) }
    })
}

pub(super) unsafe extern "system" fn wait_swapchain_image(
    handle: sys::Swapchain,
    info: *const sys::SwapchainImageWaitInfo,
) -> sys::Result {
    call("xrWaitSwapchainImage", handle, |state, handle| {
        // SAFETY: the client's structure.
        let info = unsafe { given(state, info, sys::SwapchainImageWaitInfo::TYPE)? };
        let timeouts = state.image_timeouts;
        let swapchain = of(state, handle)?;
        if swapchain.acquired.is_empty() || swapchain.waited {
            let text = if swapchain.waited { "it is waited for already" } else { "no image is acquired" };
            return Err(state.misuse(text, sys::Result::ERROR_CALL_ORDER_INVALID));
        }
        if timeouts > 0 && info.timeout != sys::Duration::INFINITE {
            state.image_timeouts -= 1;
            return Ok(sys::Result::TIMEOUT_EXPIRED);
        }
        swapchain.waited = true;
        Ok(sys::Result::SUCCESS)
    })
}

pub(super) unsafe extern "system" fn release_swapchain_image(
    handle: sys::Swapchain,
    _info: *const sys::SwapchainImageReleaseInfo,
) -> sys::Result {
    call("xrReleaseSwapchainImage", handle, |state, handle| {
        let swapchain = of(state, handle)?;
        if !swapchain.waited {
            let text = "xrWaitSwapchainImage did not come before";
            return Err(state.misuse(text, sys::Result::ERROR_CALL_ORDER_INVALID));
        }
        swapchain.waited = false;
        swapchain.released = swapchain.acquired.pop_front();
        swapchain.releases += 1;
        Ok(sys::Result::SUCCESS)
    })
}
