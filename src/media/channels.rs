//! The channels of sound, by FFmpeg's names.

use std::ffi::CStr;

use ffmpeg_next::ffi::*;

/// FFmpeg's name of the channels; where their places are not told, that of the usual ones.
pub(super) fn layout_name(layout: &AVChannelLayout) -> Option<String> {
    let mut name = [0u8; 256];
    // SAFETY: the layouts are valid (one of all zeros is empty, and the usual ones need no memory); the name is written with its size minded and ends
    // with a zero byte.
    let code = unsafe {
        let mut usual = std::mem::zeroed();
        let layout = match layout.order {
            AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC => {
                av_channel_layout_default(&mut usual, layout.nb_channels);
                &usual
            }
            _ => layout,
        };
        av_channel_layout_describe(layout, name.as_mut_ptr().cast(), name.len())
    };
    let name = CStr::from_bytes_until_nul(&name).ok()?;
    (code >= 0).then(|| name.to_string_lossy().into_owned())
}
