//! What a container says in words: keys and values.

use std::ffi::CStr;
use std::ptr;

use ffmpeg_next::ffi::{self, AVDictionary};
use ffmpeg_next::format::context::Input;

/// A dictionary of FFmpeg's, freed when dropped.
pub(in crate::media) struct Metadata(*mut AVDictionary);

// SAFETY: the dictionary is ours alone and not changed after it is made.
unsafe impl Send for Metadata {}

impl Metadata {
    /// What `input` says of itself.
    pub(super) fn of(input: &Input) -> Self {
        // SAFETY: the context is open, the dictionary its own.
        unsafe { Self::copy((*input.as_ptr()).metadata) }
    }

    /// # Safety
    /// `from` is null or a dictionary.
    pub(in crate::media) unsafe fn copy(from: *const AVDictionary) -> Self {
        let mut copy = ptr::null_mut();
        // SAFETY: the caller vouches for `from`; the copy is new.
        unsafe { ffi::av_dict_copy(&mut copy, from, 0) };
        Self(copy)
    }

    pub(in crate::media) fn raw(&self) -> *const AVDictionary {
        self.0
    }

    /// The value of a key, whose case does not matter.
    pub(in crate::media) fn entry(&self, key: &CStr) -> Option<String> {
        // SAFETY: the dictionary is FFmpeg's own (or null, which is an empty one); its values end with a zero byte.
        unsafe {
            let found = ffi::av_dict_get(self.0, key.as_ptr(), ptr::null(), 0);
            if found.is_null() { None } else { Some(CStr::from_ptr((*found).value).to_string_lossy().into_owned()) }
        }
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        // SAFETY: made in `copy`, freed once.
        unsafe { ffi::av_dict_free(&mut self.0) }
    }
}
