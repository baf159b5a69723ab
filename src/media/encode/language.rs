//! Some languages have two codes in ISO 639-2. FFmpeg's QuickTime muxer knows one of them only, mostly the older one.

use std::ffi::CStr;

/// The code that the muxer knows, where it is not the usual one (`ger` for `deu`).
pub(super) fn quicktime_code(usual: &str) -> Option<&'static CStr> {
    Some(match usual {
        "bod" => c"tib",
        "cym" => c"wel",
        "deu" => c"ger",
        "ell" => c"gre",
        "eus" => c"baq",
        "hye" => c"arm",
        "isl" => c"ice",
        "kat" => c"geo",
        "mkd" => c"mac",
        "msa" => c"may",
        "mya" => c"bur",
        "nld" => c"dut",
        "sqi" => c"alb",
        "swe" => c"sve",
        "zho" => c"chi",
        _ => return None,
    })
}
