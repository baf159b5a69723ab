//! Validation messages and object names.

use std::ffi::{CStr, CString, c_void};
use std::sync::{Mutex, PoisonError};

use ash::{ext::debug_utils, vk};

/// Whether the Khronos validation layer watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validation {
    /// No layer: what users run.
    #[default]
    Off,
    /// Core and synchronization checks; every message is kept and logged. The device fails to start without the layer.
    On,
}

impl Validation {
    /// On where the environment says DEEP3D_VALIDATION=1: any message of the layer then fails the program.
    pub fn from_environment() -> Self {
        if std::env::var_os("DEEP3D_VALIDATION").is_some_and(|value| value == "1") { Self::On } else { Self::Off }
    }
}

/// The layer's name.
pub(super) const LAYER: &CStr = c"VK_LAYER_KHRONOS_validation";

/// What the layer has said. Its address is known to the driver, so it stays boxed until the messenger is gone.
#[derive(Default)]
pub(super) struct Messages(Mutex<Vec<String>>);

impl Messages {
    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn add(&self, message: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }
}

/// The messenger's settings; also given to instance creation, so that its own messages are heard.
pub(super) fn messenger_info(messages: &Messages) -> vk::DebugUtilsMessengerCreateInfoEXT<'_> {
    vk::DebugUtilsMessengerCreateInfoEXT::default()
        .message_severity(vk::DebugUtilsMessageSeverityFlagsEXT::WARNING | vk::DebugUtilsMessageSeverityFlagsEXT::ERROR)
        .message_type(
            vk::DebugUtilsMessageTypeFlagsEXT::VALIDATION
                | vk::DebugUtilsMessageTypeFlagsEXT::PERFORMANCE
                | vk::DebugUtilsMessageTypeFlagsEXT::GENERAL,
        )
        .pfn_user_callback(Some(on_message))
        .user_data(std::ptr::from_ref(messages).cast_mut().cast())
}

unsafe extern "system" fn on_message(
    severity: vk::DebugUtilsMessageSeverityFlagsEXT,
    kind: vk::DebugUtilsMessageTypeFlagsEXT,
    data: *const vk::DebugUtilsMessengerCallbackDataEXT<'_>,
    user: *mut c_void,
) -> vk::Bool32 {
    // SAFETY: the layer passes valid data, and `user` is the boxed `Messages` that outlives the messenger.
    let (text, messages) = unsafe {
        let message = (*data).p_message;
        let text = if message.is_null() { "(no text)".into() } else { CStr::from_ptr(message).to_string_lossy() };
        (text, &*user.cast_const().cast::<Messages>())
    };
    // The loader's own remarks (a driver for other hardware that it could not load, say) are not about our calls.
    if kind == vk::DebugUtilsMessageTypeFlagsEXT::GENERAL
        && !severity.contains(vk::DebugUtilsMessageSeverityFlagsEXT::ERROR)
    {
        tracing::debug!("vulkan loader: {text}");
        return vk::FALSE;
    }
    if kind == vk::DebugUtilsMessageTypeFlagsEXT::PERFORMANCE && is_about_general_layout(&text) {
        tracing::trace!("vulkan validation: {text}");
        return vk::FALSE;
    }
    tracing::error!("vulkan validation: {text}");
    messages.add(text.into_owned());
    vk::FALSE
}

/// The layer's advice to change an image's layout for each copy. Our images stay in GENERAL on purpose: they are written and read by compute shaders, which
/// ask for it, and the copies are few.
fn is_about_general_layout(text: &str) -> bool {
    text.contains("For optimal performance") && text.contains("layout should be") && text.contains("GENERAL")
}

/// Names `handle` for validation messages and capture tools.
pub(super) fn name<T: vk::Handle>(utils: Option<&debug_utils::Device>, handle: T, name: &str) {
    let (Some(utils), Ok(name)) = (utils, CString::new(name)) else {
        return;
    };
    // SAFETY: the handle is alive and of this device, as every caller has just created it. A failure costs only the name.
    let _ = unsafe {
        utils.set_debug_utils_object_name(
            &vk::DebugUtilsObjectNameInfoEXT::default().object_handle(handle).object_name(&name),
        )
    };
}

#[cfg(test)]
mod tests {
    use super::is_about_general_layout;

    #[test]
    fn only_the_advice_on_layouts_is_passed_over() {
        let advice = "vkCmdCopyImageToBuffer: For optimal performance VkImage 0x1a[picture] layout should be \
                      VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL instead of GENERAL.";
        assert!(is_about_general_layout(advice));
        assert!(!is_about_general_layout("vkCmdDispatch: descriptor was never written"));
        assert!(!is_about_general_layout("For optimal performance destroy fewer pipelines"));
    }
}
