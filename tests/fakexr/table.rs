//! From a function's name to the function.

use std::ffi::c_void;

use openxr::sys::{self, Handle, pfn};

use super::state::State;
use super::{
    action, action_state, bindings, event, extension, frame, instance, passthrough, session, space, swapchain, system,
    vulkan,
};

/// A function as xrGetInstanceProcAddr hands it out; the prototype is checked.
macro_rules! void {
    ($prototype:ident, $function:expr) => {{
        let function: openxr::sys::pfn::$prototype = $function;
        // SAFETY: a function pointer; the client casts it back to what its name stands for.
        unsafe { std::mem::transmute::<openxr::sys::pfn::$prototype, openxr::sys::pfn::VoidFunction>(function) }
    }};
}
pub(super) use void;

/// The function of that name for that instance, or why there is none.
pub(super) fn find(state: &mut State, handle: sys::Instance, name: &str) -> Result<pfn::VoidFunction, sys::Result> {
    state.function = "xrGetInstanceProcAddr";
    if !state.instances.contains_key(&handle.into_raw()) {
        return Err(sys::Result::ERROR_HANDLE_INVALID);
    }
    let (extension, function) = match (core(name), extended(name)) {
        (Some(function), _) => return Ok(function),
        (None, Some(found)) => found,
        (None, None) => return Err(sys::Result::ERROR_FUNCTION_UNSUPPORTED),
    };
    if state.has(handle.into_raw(), extension) { Ok(function) } else { Err(sys::Result::ERROR_FUNCTION_UNSUPPORTED) }
}

#[rustfmt::skip]
fn core(name: &str) -> Option<pfn::VoidFunction> {
    Some(match name {
        "xrDestroyInstance" => void!(DestroyInstance, instance::destroy_instance),
        "xrResultToString" => void!(ResultToString, instance::result_to_string),
        "xrStructureTypeToString" => void!(StructureTypeToString, instance::structure_type_to_string),
        "xrGetInstanceProperties" => void!(GetInstanceProperties, instance::get_instance_properties),
        "xrStringToPath" => void!(StringToPath, instance::string_to_path),
        "xrPathToString" => void!(PathToString, instance::path_to_string),
        "xrPollEvent" => void!(PollEvent, event::poll_event),
        "xrGetSystem" => void!(GetSystem, system::get_system),
        "xrGetSystemProperties" => void!(GetSystemProperties, system::get_system_properties),
        "xrEnumerateViewConfigurations" => void!(EnumerateViewConfigurations, system::enumerate_view_configurations),
        "xrGetViewConfigurationProperties" => void!(GetViewConfigurationProperties, system::get_view_configuration_properties),
        "xrEnumerateViewConfigurationViews" => void!(EnumerateViewConfigurationViews, system::enumerate_view_configuration_views),
        "xrEnumerateEnvironmentBlendModes" => void!(EnumerateEnvironmentBlendModes, system::enumerate_environment_blend_modes),
        "xrCreateSession" => void!(CreateSession, session::create_session),
        "xrDestroySession" => void!(DestroySession, session::destroy_session),
        "xrBeginSession" => void!(BeginSession, session::begin_session),
        "xrEndSession" => void!(EndSession, session::end_session),
        "xrRequestExitSession" => void!(RequestExitSession, session::request_exit_session),
        "xrWaitFrame" => void!(WaitFrame, frame::wait_frame),
        "xrBeginFrame" => void!(BeginFrame, frame::begin_frame),
        "xrEndFrame" => void!(EndFrame, frame::end_frame),
        "xrEnumerateReferenceSpaces" => void!(EnumerateReferenceSpaces, space::enumerate_reference_spaces),
        "xrCreateReferenceSpace" => void!(CreateReferenceSpace, space::create_reference_space),
        "xrGetReferenceSpaceBoundsRect" => void!(GetReferenceSpaceBoundsRect, space::get_reference_space_bounds_rect),
        "xrCreateActionSpace" => void!(CreateActionSpace, space::create_action_space),
        "xrDestroySpace" => void!(DestroySpace, space::destroy_space),
        "xrLocateSpace" => void!(LocateSpace, space::locate_space),
        "xrLocateViews" => void!(LocateViews, space::locate_views),
        "xrEnumerateSwapchainFormats" => void!(EnumerateSwapchainFormats, swapchain::enumerate_swapchain_formats),
        "xrCreateSwapchain" => void!(CreateSwapchain, swapchain::create_swapchain),
        "xrDestroySwapchain" => void!(DestroySwapchain, swapchain::destroy_swapchain),
        "xrEnumerateSwapchainImages" => void!(EnumerateSwapchainImages, swapchain::enumerate_swapchain_images),
        "xrAcquireSwapchainImage" => void!(AcquireSwapchainImage, swapchain::acquire_swapchain_image),
        "xrWaitSwapchainImage" => void!(WaitSwapchainImage, swapchain::wait_swapchain_image),
        "xrReleaseSwapchainImage" => void!(ReleaseSwapchainImage, swapchain::release_swapchain_image),
        "xrCreateActionSet" => void!(CreateActionSet, bindings::create_action_set),
        "xrDestroyActionSet" => void!(DestroyActionSet, bindings::destroy_action_set),
        "xrCreateAction" => void!(CreateAction, bindings::create_action),
        "xrDestroyAction" => void!(DestroyAction, bindings::destroy_action),
        "xrSuggestInteractionProfileBindings" => void!(SuggestInteractionProfileBindings, bindings::suggest_interaction_profile_bindings),
        "xrAttachSessionActionSets" => void!(AttachSessionActionSets, action::attach_session_action_sets),
        "xrSyncActions" => void!(SyncActions, action::sync_actions),
        "xrGetCurrentInteractionProfile" => void!(GetCurrentInteractionProfile, action::get_current_interaction_profile),
        "xrEnumerateBoundSourcesForAction" => void!(EnumerateBoundSourcesForAction, action::enumerate_bound_sources),
        "xrGetInputSourceLocalizedName" => void!(GetInputSourceLocalizedName, action::get_input_source_localized_name),
        "xrGetActionStateBoolean" => void!(GetActionStateBoolean, action_state::get_boolean),
        "xrGetActionStateFloat" => void!(GetActionStateFloat, action_state::get_float),
        "xrGetActionStateVector2f" => void!(GetActionStateVector2f, action_state::get_vector),
        "xrGetActionStatePose" => void!(GetActionStatePose, action_state::get_pose),
        "xrApplyHapticFeedback" => void!(ApplyHapticFeedback, action_state::apply_haptic_feedback),
        "xrStopHapticFeedback" => void!(StopHapticFeedback, action_state::stop_haptic_feedback),
        _ => return None,
    })
}

/// The prototype names libc's timespec, which is no dependency of ours: the pointer stands for it.
fn untyped_timespec(
    function: unsafe extern "system" fn(sys::Instance, *const c_void, *mut sys::Time) -> sys::Result,
) -> pfn::VoidFunction {
    // SAFETY: a function pointer; the client casts it back.
    unsafe { std::mem::transmute(function) }
}

fn untyped_time(
    function: unsafe extern "system" fn(sys::Instance, sys::Time, *mut c_void) -> sys::Result,
) -> pfn::VoidFunction {
    // SAFETY: a function pointer; the client casts it back.
    unsafe { std::mem::transmute(function) }
}

#[rustfmt::skip]
fn extended(name: &str) -> Option<(&'static str, pfn::VoidFunction)> {
    let (vulkan, rate, timespec) = ("XR_KHR_vulkan_enable2", "XR_FB_display_refresh_rate", "XR_KHR_convert_timespec_time");
    let (through, debug, sound) = ("XR_FB_passthrough", "XR_EXT_debug_utils", "XR_OCULUS_audio_device_guid");
    Some(match name {
        "xrCreateVulkanInstanceKHR" => (vulkan, void!(CreateVulkanInstanceKHR, vulkan::create_vulkan_instance)),
        "xrCreateVulkanDeviceKHR" => (vulkan, void!(CreateVulkanDeviceKHR, vulkan::create_vulkan_device)),
        "xrGetVulkanGraphicsDevice2KHR" => (vulkan, void!(GetVulkanGraphicsDevice2KHR, vulkan::get_vulkan_graphics_device)),
        "xrGetVulkanGraphicsRequirements2KHR" => (vulkan, void!(GetVulkanGraphicsRequirements2KHR, vulkan::get_vulkan_graphics_requirements)),
        "xrGetAudioOutputDeviceGuidOculus" => (sound, void!(GetAudioOutputDeviceGuidOculus, extension::get_audio_output_device)),
        "xrGetAudioInputDeviceGuidOculus" => (sound, void!(GetAudioInputDeviceGuidOculus, extension::get_audio_input_device)),
        "xrEnumerateDisplayRefreshRatesFB" => (rate, void!(EnumerateDisplayRefreshRatesFB, extension::enumerate_display_refresh_rates)),
        "xrGetDisplayRefreshRateFB" => (rate, void!(GetDisplayRefreshRateFB, extension::get_display_refresh_rate)),
        "xrRequestDisplayRefreshRateFB" => (rate, void!(RequestDisplayRefreshRateFB, extension::request_display_refresh_rate)),
        "xrConvertTimespecTimeToTimeKHR" => (timespec, untyped_timespec(extension::convert_timespec)),
        "xrConvertTimeToTimespecTimeKHR" => (timespec, untyped_time(extension::convert_time)),
        "xrCreatePassthroughFB" => (through, void!(CreatePassthroughFB, passthrough::create_passthrough)),
        "xrDestroyPassthroughFB" => (through, void!(DestroyPassthroughFB, passthrough::destroy_passthrough)),
        "xrPassthroughStartFB" => (through, void!(PassthroughStartFB, passthrough::start)),
        "xrPassthroughPauseFB" => (through, void!(PassthroughPauseFB, passthrough::pause)),
        "xrCreatePassthroughLayerFB" => (through, void!(CreatePassthroughLayerFB, passthrough::create_layer)),
        "xrDestroyPassthroughLayerFB" => (through, void!(DestroyPassthroughLayerFB, passthrough::destroy_layer)),
        "xrPassthroughLayerPauseFB" => (through, void!(PassthroughLayerPauseFB, passthrough::pause_layer)),
        "xrPassthroughLayerResumeFB" => (through, void!(PassthroughLayerResumeFB, passthrough::resume_layer)),
        "xrPassthroughLayerSetStyleFB" => (through, void!(PassthroughLayerSetStyleFB, passthrough::set_style)),
        "xrCreateGeometryInstanceFB" => (through, void!(CreateGeometryInstanceFB, passthrough::create_geometry)),
        "xrDestroyGeometryInstanceFB" => (through, void!(DestroyGeometryInstanceFB, passthrough::destroy_geometry)),
        "xrGeometryInstanceSetTransformFB" => (through, void!(GeometryInstanceSetTransformFB, passthrough::set_transform)),
        "xrSetDebugUtilsObjectNameEXT" => (debug, void!(SetDebugUtilsObjectNameEXT, extension::set_object_name)),
        "xrCreateDebugUtilsMessengerEXT" => (debug, void!(CreateDebugUtilsMessengerEXT, extension::create_messenger)),
        "xrDestroyDebugUtilsMessengerEXT" => (debug, void!(DestroyDebugUtilsMessengerEXT, extension::destroy_messenger)),
        "xrSubmitDebugUtilsMessageEXT" => (debug, void!(SubmitDebugUtilsMessageEXT, extension::submit_message)),
        "xrSessionBeginDebugUtilsLabelRegionEXT" => (debug, void!(SessionBeginDebugUtilsLabelRegionEXT, extension::begin_label)),
        "xrSessionEndDebugUtilsLabelRegionEXT" => (debug, void!(SessionEndDebugUtilsLabelRegionEXT, extension::end_label)),
        "xrSessionInsertDebugUtilsLabelEXT" => (debug, void!(SessionInsertDebugUtilsLabelEXT, extension::insert_label)),
        _ => return None,
    })
}
