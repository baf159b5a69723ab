//! Facts on the FFmpeg that is linked, for `deep3d doctor`.

use std::ffi::{CStr, c_char};

use ffmpeg_next::ffi;

/// What the linked FFmpeg says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FfmpegFacts {
    /// Release, as its makers call it (`5.1.9-0+deb12u1`).
    pub version: String,
    /// Licence of this build (`GPL version 2 or later`).
    pub licence: String,
    /// The options it was configured with.
    pub configuration: String,
    /// Library names and versions (`libavcodec` `59.37.100`).
    pub libraries: Vec<(&'static str, String)>,
    /// Whether it was made with the encoders and filters under the GPL.
    pub gpl: bool,
}

/// The linked FFmpeg's version, licence and build. From any thread.
pub fn ffmpeg_version() -> FfmpegFacts {
    // SAFETY: these functions take nothing and give static strings.
    let (version, licence, configuration) =
        unsafe { (text(ffi::av_version_info()), text(ffi::avcodec_license()), text(ffi::avcodec_configuration())) };
    // SAFETY: these functions take nothing and give numbers.
    let numbers = unsafe {
        [
            ("libavutil", ffi::avutil_version()),
            ("libavcodec", ffi::avcodec_version()),
            ("libavformat", ffi::avformat_version()),
            ("libavfilter", ffi::avfilter_version()),
            ("libswscale", ffi::swscale_version()),
            ("libswresample", ffi::swresample_version()),
        ]
    };
    let libraries = numbers.map(|(name, n)| (name, format!("{}.{}.{}", n >> 16, n >> 8 & 0xff, n & 0xff))).to_vec();
    let gpl = configuration.split_whitespace().any(|option| option == "--enable-gpl");
    FfmpegFacts { version, licence, configuration, libraries, gpl }
}

/// A C string that FFmpeg owns; empty for null.
pub(super) fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: FFmpeg's names and messages end with a zero and outlive this call.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}
